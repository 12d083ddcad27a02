//! Every message survives a round trip, with values that this version does not know too.

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use rh_proto::credential::{AuthStep, Role};
use rh_proto::error::{CloseCode, DenyCode, Error};
use rh_proto::frame::{Flags, Frame};
use rh_proto::limits::Limits;
use rh_proto::msg::auth::{Auth, AuthOk};
use rh_proto::msg::chat::{Chat, ChatAck};
use rh_proto::msg::clipboard::Clipboard;
use rh_proto::msg::control::{Close, Denied, Pause, PauseReason, Ping, Pong};
use rh_proto::msg::cursor::{CursorHidden, CursorPosition, CursorShape};
use rh_proto::msg::graphics::{Fragment, FragmentFlags, FrameAck, FrameId, MAX_FRAGMENT, Refresh};
use rh_proto::msg::hello::{AppVersion, Capabilities, Extension, Hello, Profile, Version, Versions, Window};
use rh_proto::msg::input::{Button, HidUsage, Input, InputBatch, Locks, WheelAxis};
use rh_proto::msg::layout::{Display, DisplayId, Generation, Layout, Rotation};
use rh_proto::msg::mode::{
    ConsentPending, DeclineReason, ModeCancel, ModeDecline, ModeDowngrade, ModeGrant, ModeId, ModeRequest, ModeRevoke, RequestId,
};
use rh_proto::msg::pointer::{Erase, Laser, LaserOff, Point, Stroke};
use rh_proto::msg::profile::Portrait;
use rh_proto::msg::{Message, MessageType};
use rh_proto::wire::Text;

use crate::sim::{frames, parse, wire};

fn bytes(max: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..max).prop_map(Bytes::from)
}

fn text() -> impl Strategy<Value = Text> {
    ".{0,40}".prop_map(Text::from)
}

fn app_version() -> impl Strategy<Value = AppVersion> {
    any::<(u16, u16, u32)>().prop_map(|(major, minor, patch)| AppVersion { major, minor, patch })
}

fn hello() -> impl Strategy<Value = Message> {
    let extension = (any::<u16>(), bytes(50)).prop_map(|(id, body)| Extension { id, body });
    (
        prop_oneof![Just(Role::Helper), Just(Role::Sharer)],
        any::<(u16, u16)>().prop_map(|(a, b)| Versions { min: Version(a.min(b)), max: Version(a.max(b)) }),
        any::<u64>().prop_map(Capabilities),
        any::<[u8; 16]>(),
        any::<(u16, u32)>().prop_map(|(frames, bytes)| Window { frames, bytes }),
        (app_version(), app_version(), text()),
        vec(any::<u16>().prop_map(Profile), 0..10),
        vec(extension, 0..10),
    )
        .prop_map(|(role, versions, capabilities, session_id, window, (version, min_peer, name), profiles, extensions)| {
            Hello { role, versions, capabilities, session_id, window, version, min_peer, name, profiles, extensions }.into()
        })
}

fn display() -> impl Strategy<Value = Display> {
    (any::<(u32, i32, i32, u32, u32)>(), any::<(u32, u8, bool)>(), text()).prop_map(
        |((id, x, y, width, height), (scale, rotation, primary), name)| Display {
            id: DisplayId(id),
            x,
            y,
            width,
            height,
            scale,
            rotation: Rotation(rotation),
            primary,
            name,
        },
    )
}

pub(crate) fn act() -> impl Strategy<Value = Input> {
    // U+0000 stands for no character, as no key types it.
    let character = any::<char>().prop_map(|c| (c != '\0').then_some(c));
    prop_oneof![
        (any::<(u16, u16, bool)>(), character).prop_map(|((page, id, down), text)| Input::Key { usage: HidUsage { page, id }, down, text }),
        text().prop_map(Input::Text),
        any::<(u32, u32, i32, i32)>().prop_map(|(display, generation, x, y)| Input::MoveTo {
            display: DisplayId(display),
            generation: Generation(generation),
            x,
            y
        }),
        any::<(i32, i32)>().prop_map(|(dx, dy)| Input::MoveBy { dx, dy }),
        any::<(u8, bool)>().prop_map(|(button, down)| Input::Button { button: Button(button), down }),
        any::<(u8, i16)>().prop_map(|(axis, v120)| Input::Wheel { axis: WheelAxis(axis), v120 }),
        any::<u8>().prop_map(|locks| Input::Locks(Locks(locks))),
        Just(Input::Attention),
        Just(Input::ReleaseAll),
        (10_u8.., bytes(40)).prop_map(|(kind, body)| Input::Other { kind, body }),
    ]
}

fn modes() -> impl Strategy<Value = Message> {
    prop_oneof![
        any::<(u32, u8)>().prop_map(|(id, mode)| ModeRequest { id: RequestId(id), mode: ModeId(mode) }.into()),
        any::<u32>().prop_map(|id| ModeCancel { id: RequestId(id) }.into()),
        any::<u32>().prop_map(|id| ConsentPending { id: RequestId(id) }.into()),
        any::<(u32, u8)>().prop_map(|(id, mode)| ModeGrant { id: RequestId(id), mode: ModeId(mode) }.into()),
        any::<(u32, u8)>().prop_map(|(id, reason)| ModeDecline { id: RequestId(id), reason: DeclineReason(reason) }.into()),
        any::<u8>().prop_map(|mode| ModeDowngrade { mode: ModeId(mode) }.into()),
        any::<u8>().prop_map(|mode| ModeRevoke { mode: ModeId(mode) }.into()),
    ]
}

fn cursor() -> impl Strategy<Value = Message> {
    (1_u16..20, 1_u16..20)
        .prop_flat_map(|(width, height)| {
            let area = usize::from(width) * usize::from(height) * 4;
            (Just((width, height)), 0..width, 0..height, vec(any::<u8>(), area))
        })
        .prop_map(|((width, height), hot_x, hot_y, pixels)| CursorShape { width, height, hot_x, hot_y, pixels: pixels.into() }.into())
}

fn other() -> impl Strategy<Value = Message> {
    (any::<u8>(), any::<u8>(), bytes(100)).prop_filter_map("a known type", |(message, flags, body)| {
        let message = MessageType(message);
        message.name().is_none().then_some(Message::Other(Frame { message, flags: Flags(flags), body }))
    })
}

/// Any message of any type.
pub(crate) fn message() -> impl Strategy<Value = Message> {
    let point = any::<(i32, i32)>().prop_map(|(x, y)| Point { x, y });
    let graphics = prop_oneof![
        (any::<(u32, u32, u8)>(), bytes(200)).prop_map(|((display, frame, flags), payload)| Fragment {
            display: DisplayId(display),
            frame: FrameId(frame),
            flags: FragmentFlags(flags),
            payload
        }
        .into()),
        any::<(u32, u32, u16)>()
            .prop_map(|(frame, decode_micros, queued)| FrameAck { frame: FrameId(frame), decode_micros, queued }.into()),
        Just(Refresh.into()),
        (any::<u32>(), vec(display(), 0..6))
            .prop_map(|(generation, displays)| Layout { generation: Generation(generation), displays }.into()),
        cursor(),
        any::<(u32, i32, i32)>().prop_map(|(display, x, y)| CursorPosition { display: DisplayId(display), x, y }.into()),
        Just(CursorHidden.into()),
    ];
    let words = prop_oneof![
        (any::<u32>(), text()).prop_map(|(id, text)| Chat { id, text }.into()),
        any::<u32>().prop_map(|id| ChatAck { id }.into()),
        (any::<u32>(), text()).prop_map(|(id, text)| Clipboard { id, text }.into()),
        bytes(300).prop_map(|file| Portrait { file }.into()),
        (any::<u16>(), text()).prop_map(|(code, text)| Close { code: CloseCode(code), text }.into()),
    ];
    let control = prop_oneof![
        any::<u64>().prop_map(|time| Ping { time }.into()),
        any::<u64>().prop_map(|time| Pong { time }.into()),
        any::<(u8, u16, u32)>().prop_map(|(message, code, id)| Denied { message: MessageType(message), code: DenyCode(code), id }.into()),
        any::<(bool, u8)>().prop_map(|(paused, reason)| Pause { paused, reason: PauseReason(reason) }.into()),
        (any::<u8>(), bytes(100)).prop_map(|(step, body)| Auth { step: AuthStep(step), body }.into()),
        any::<[u8; 32]>().prop_map(|transcript| AuthOk { transcript }.into()),
    ];
    let hand = prop_oneof![
        (any::<u32>(), vec(act(), 0..20)).prop_map(|(id, acts)| InputBatch::new(id, &acts, &Limits::default()).unwrap().into()),
        any::<(u32, i32, i32)>().prop_map(|(display, x, y)| Laser { display: DisplayId(display), x, y }.into()),
        Just(LaserOff.into()),
        (any::<(u32, u32, [u8; 3], u8)>(), vec(point, 0..20)).prop_map(|((id, display, colour, width), points)| {
            Stroke { id, display: DisplayId(display), colour, width, points }.into()
        }),
        Just(Erase.into()),
    ];
    prop_oneof![hello(), modes(), graphics, words, control, hand, other()]
}

proptest! {
    #[test]
    fn every_message_survives_a_round_trip(message in message()) {
        let mut first = BytesMut::new();
        message.encode(&mut first).unwrap();
        let decoded = parse(&first);
        prop_assert_eq!(&decoded, std::slice::from_ref(&message));
        let mut second = BytesMut::new();
        decoded[0].encode(&mut second).unwrap();
        prop_assert_eq!(first, second, "what was decoded encodes to the very same bytes");
    }

    #[test]
    fn any_body_is_refused_or_survives_a_round_trip(message in any::<u8>(), body in bytes(100)) {
        let frame = Frame { message: MessageType(message), flags: Flags::default(), body };
        let mut original = BytesMut::new();
        frame.write(&mut original).unwrap();
        if let Ok(message) = Message::decode(frame, &Limits::default()) {
            let mut again = BytesMut::new();
            message.encode(&mut again).unwrap();
            prop_assert_eq!(original, again);
        }
    }

    #[test]
    fn a_batch_reads_as_the_acts_it_was_made_from(acts in vec(act(), 0..50)) {
        let batch = InputBatch::new(7, &acts, &Limits::default()).unwrap();
        prop_assert_eq!(batch.len(), acts.len());
        prop_assert_eq!(batch.iter().collect::<Vec<_>>(), acts);
    }
}

#[test]
fn every_type_is_covered_by_the_round_trip() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = message();
    let seen: std::collections::BTreeSet<MessageType> =
        (0..3000).map(|_| strategy.new_tree(&mut runner).unwrap().current().message_type()).collect();
    let missing: Vec<_> = MessageType::ALL.iter().filter(|message| !seen.contains(message)).collect();
    assert_eq!(missing, Vec::<&MessageType>::new());
}

/// The body of the one frame in `wire`, changed, decoded.
fn tampered(wire: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Result<Message, Error> {
    let mut frame = frames(wire).remove(0);
    let mut body = frame.body.to_vec();
    change(&mut body);
    frame.body = body.into();
    Message::decode(frame, &Limits::default())
}

#[test]
fn bodies_neither_end_early_nor_late() {
    let pong = wire(&Pong { time: 1 });
    assert!(matches!(tampered(&pong, |body| body.push(0)), Err(Error::Malformed { .. })));
    assert!(matches!(tampered(&pong, |body| body.truncate(7)), Err(Error::Malformed { .. })));
}

#[test]
fn text_is_kept_byte_for_byte_and_must_be_utf8() {
    // Decomposed and composed, right to left with an override, a joined emoji, a NUL: none of it is touched.
    let typed = "e\u{301} \u{e9} \u{202e}\u{05e9}\u{05dc}\u{202c} 👩‍🔧 \0 \r\n ";
    let chat = wire(&Chat { id: 1, text: typed.into() });
    let Message::Chat(chat) = &parse(&chat)[0] else { panic!("a chat message") };
    assert_eq!(chat.text.as_str().as_bytes(), typed.as_bytes());
    let bad = wire(&Chat { id: 1, text: "ab".into() });
    assert!(matches!(tampered(&bad, |body| body[4] = 0xff), Err(Error::Malformed { .. })));
}

#[test]
fn lists_and_texts_are_charged_before_they_are_read() {
    let limits = Limits::default();
    let exceeded = |wire: Vec<u8>| {
        let result = Message::decode(frames(&wire).remove(0), &limits);
        assert!(matches!(result, Err(Error::LimitExceeded { .. })), "{result:?}");
    };
    let exact = wire(&Chat { id: 1, text: "x".repeat(limits.chat).into() });
    assert!(Message::decode(frames(&exact).remove(0), &limits).is_ok());
    exceeded(wire(&Chat { id: 1, text: "x".repeat(limits.chat + 1).into() }));
    exceeded(wire(&Clipboard { id: 1, text: "x".repeat(limits.clipboard + 1).into() }));
    let payload = Bytes::from(vec![0; MAX_FRAGMENT + 1]);
    exceeded(wire(&Fragment { display: DisplayId(0), frame: FrameId(1), flags: FragmentFlags::LAST, payload }));
    let side = u16::try_from(limits.cursor_side).unwrap() + 1;
    let pixels = Bytes::from(vec![0; usize::from(side) * 4]);
    exceeded(wire(&CursorShape { width: side, height: 1, hot_x: 0, hot_y: 0, pixels }));
    // Counts that promise more than there is: the count is refused, not the missing items.
    let empty = Layout { generation: Generation(1), displays: vec![] };
    let result = tampered(&wire(&empty), |body| body[4..6].copy_from_slice(&[0xff, 0xff]));
    assert!(matches!(result, Err(Error::LimitExceeded { .. })), "{result:?}");
    assert!(matches!(InputBatch::new(1, &vec![Input::Attention; limits.batch + 1], &limits), Err(Error::LimitExceeded { .. })));
}

#[test]
fn a_cursor_shape_has_all_its_pixels_and_points_with_one_of_them() {
    let good = CursorShape { width: 2, height: 3, hot_x: 1, hot_y: 2, pixels: Bytes::from_static(&[0; 24]) };
    assert_eq!(parse(&wire(&good)), [good.clone().into()]);
    for bad in [
        CursorShape { hot_x: 2, ..good.clone() },
        CursorShape { hot_y: 3, ..good.clone() },
        CursorShape { pixels: Bytes::from_static(&[0; 23]), ..good.clone() },
        CursorShape { width: 0, height: 0, hot_x: 0, hot_y: 0, pixels: Bytes::new() },
    ] {
        assert!(matches!(Message::decode(frames(&wire(&bad)).remove(0), &Limits::default()), Err(Error::Malformed { .. })), "{bad:?}");
    }
}

#[test]
fn what_people_type_is_not_in_debug_output() {
    let batch = InputBatch::new(1, &[Input::Text("hunter2".into())], &Limits::default()).unwrap();
    let printed = format!("{:?} {:?}", Message::from(batch), Chat { id: 1, text: "hunter2".into() });
    assert!(!printed.contains("hunter2"), "{printed}");
}
