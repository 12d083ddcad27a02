//! Frames: whole, in order, never queued for a slow helper, never in the way of something more urgent.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rh_proto::error::{CloseCode, Error};
use rh_proto::mode::Mode;
use rh_proto::msg::cursor::CursorPosition;
use rh_proto::msg::graphics::{Fragment, FragmentFlags, FrameAck, FrameId, MAX_FRAGMENT};
use rh_proto::msg::hello::Window;
use rh_proto::msg::input::{HidUsage, Input};
use rh_proto::msg::layout::DisplayId;
use rh_proto::msg::{Message, MessageType};
use rh_proto::session::{HelperEvent, Settings, SharerEvent};

use crate::sim::{MS, Pair, Rng, SECOND, open_settings, parse, wire};

fn noise(length: usize) -> Bytes {
    let mut rng = Rng::new(7);
    (0..length).map(|_| u8::try_from(rng.next() & 0xff).unwrap()).collect::<Vec<u8>>().into()
}

fn shown(pair: &Pair) -> Vec<(FrameId, bool, Bytes)> {
    let frame = |event: &HelperEvent| match event {
        HelperEvent::Frame { id, anew, payload, .. } => Some((*id, *anew, payload.clone())),
        _ => None,
    };
    pair.helper_events.iter().filter_map(frame).collect()
}

fn with_window(window: Window) -> Pair {
    let mut pair = Pair::ready_with(Settings { window, ..open_settings() }, open_settings());
    pair.enter(Mode::ViewOnly);
    pair
}

#[test]
fn frames_of_any_size_arrive_whole_and_in_order_however_the_bytes_are_cut() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    pair.chunks = Some(Rng::new(3));
    let sizes = [0, 1, MAX_FRAGMENT - 1, MAX_FRAGMENT, MAX_FRAGMENT + 1, 3 * MAX_FRAGMENT, 1_000_000];
    for size in sizes {
        pair.sharer.send_frame(pair.now, DisplayId(2), noise(size)).unwrap();
        pair.run(SECOND);
    }
    let shown = shown(&pair);
    assert_eq!(shown.iter().map(|frame| frame.2.clone()).collect::<Vec<_>>(), sizes.map(noise));
    assert!(shown.iter().zip(1..).all(|(frame, id)| frame.0 == FrameId(id)));
    assert_eq!(
        shown.iter().map(|frame| frame.1).collect::<Vec<_>>(),
        [true, false, false, false, false, false, false],
        "only the first starts anew"
    );
    let acked: Vec<_> = pair
        .sharer_events
        .iter()
        .filter_map(|event| if let SharerEvent::FrameAcked { id, rtt, decode, .. } = event { Some((id.0, *rtt, *decode)) } else { None })
        .collect();
    assert_eq!(acked, (1..=7).map(|id| (id, 40 * MS, 3 * MS)).collect::<Vec<_>>(), "there and back is twice 20 ms");
}

#[test]
fn a_slow_helper_never_makes_the_sharer_queue_frames() {
    let mut pair = with_window(Window { frames: 3, bytes: 1 << 20 });
    pair.decoding = false;
    let mut sent = 0;
    for _ in 0..1000 {
        if pair.sharer.can_send_frame(pair.now) {
            pair.sharer.send_frame(pair.now, DisplayId(0), noise(5000)).unwrap();
            sent += 1;
        } else {
            assert!(matches!(pair.sharer.send_frame(pair.now, DisplayId(0), noise(1)), Err(Error::ApiMisuse { .. })));
        }
        pair.run(10 * MS);
    }
    assert_eq!((sent, shown(&pair).len()), (3, 3), "the window, and not one more in ten seconds");
    // The acknowledgement of the newest is one of all before it.
    pair.helper.ack_frame(pair.now, FrameId(3), MS).unwrap();
    pair.run(30 * MS);
    assert!(pair.sharer.can_send_frame(pair.now));
    assert!(pair.helper.ack_frame(pair.now, FrameId(9), MS).is_err(), "a frame that never came");
    assert_eq!(pair.helper.ack_frame(pair.now, FrameId(2), MS), Ok(()), "one that is acknowledged already");
}

#[test]
fn a_slow_link_holds_at_most_one_frame_in_the_session() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    pair.bandwidth = Some(32_000);
    pair.sharer.send_frame(pair.now, DisplayId(0), noise(200_000)).unwrap();
    for _ in 0..50 {
        pair.run(100 * MS);
        assert!(!pair.sharer.can_send_frame(pair.now), "the one before is still leaving");
    }
    pair.run(3 * SECOND);
    assert!(pair.sharer.can_send_frame(pair.now));
    assert_eq!(shown(&pair).len(), 1);
}

#[test]
fn bytes_on_their_way_are_bounded_but_one_frame_may_always_go() {
    let mut pair = with_window(Window { frames: 100, bytes: 10_000 });
    pair.decoding = false;
    pair.sharer.send_frame(pair.now, DisplayId(0), noise(1_000_000)).unwrap();
    pair.run(MS);
    assert!(!pair.sharer.can_send_frame(pair.now));
    pair.decoding = true;
    pair.run(SECOND);
    pair.helper.ack_frame(pair.now, FrameId(1), MS).unwrap();
    pair.run(SECOND);
    pair.decoding = false;
    for _ in 0..3 {
        assert!(pair.sharer.can_send_frame(pair.now));
        pair.sharer.send_frame(pair.now, DisplayId(0), noise(4000)).unwrap();
        pair.run(MS);
    }
    assert!(!pair.sharer.can_send_frame(pair.now), "12,000 bytes wait");
}

/// When `done` holds, from now, in steps of 5 ms.
fn time_until(pair: &mut Pair, done: impl Fn(&Pair) -> bool) -> Duration {
    let start: Instant = pair.now;
    while !done(pair) {
        pair.run(5 * MS);
        assert!(pair.now - start < 60 * SECOND, "never");
    }
    pair.now - start
}

#[test]
fn a_word_overtakes_a_picture_and_waits_for_one_fragment_at_most() {
    // 256 kbit/s: the picture takes 31 s, a fragment one.
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.bandwidth = Some(32_000);
    pair.sharer.send_frame(pair.now, DisplayId(0), noise(1_000_000)).unwrap();
    pair.run(3 * SECOND);
    pair.sharer.send_chat(pair.now, "one moment").unwrap();
    let position = CursorPosition { display: DisplayId(0), x: 1, y: 2 };
    pair.sharer.send_cursor_position(pair.now, Some(position)).unwrap();
    let waited = time_until(&mut pair, |pair| {
        pair.helper_events.iter().any(|event| matches!(event, HelperEvent::Chat { .. }))
            && pair.helper_events.contains(&HelperEvent::CursorPosition(Some(position)))
    });
    assert!(waited <= 1100 * MS, "{waited:?}");
    assert!(shown(&pair).is_empty(), "the picture is still on its way");
}

#[test]
fn control_leaves_before_input_and_input_before_what_only_its_newest_state_matters_of() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    let now = pair.now;
    for x in 0..5 {
        pair.helper.send_laser(now, Some(rh_proto::msg::pointer::Laser { display: DisplayId(0), x, y: 0 })).unwrap();
    }
    pair.helper.send_input(now, &[Input::Key { usage: HidUsage::keyboard(4), down: true, text: None }]).unwrap();
    pair.helper.send_chat(now, "x").unwrap();
    let order: Vec<Message> = std::iter::from_fn(|| pair.helper.poll_transmit()).flat_map(|bytes| parse(&bytes)).collect();
    let types: Vec<MessageType> = order.iter().map(Message::message_type).collect();
    assert_eq!(types, [MessageType::CHAT, MessageType::INPUT, MessageType::LASER]);
    assert!(matches!(&order[2], Message::Laser(laser) if laser.x == 4), "the newest position alone");
}

#[test]
fn a_refresh_starts_the_picture_anew_and_skips_what_was_on_its_way() {
    let mut pair = with_window(Window { frames: 4, bytes: 1 << 20 });
    pair.sharer.send_frame(pair.now, DisplayId(0), noise(10)).unwrap();
    pair.run(SECOND);
    pair.forget();
    // One frame on the link, and the request crosses it.
    pair.sharer.send_frame(pair.now, DisplayId(0), noise(20)).unwrap();
    pair.helper.request_refresh(pair.now).unwrap();
    pair.run(SECOND);
    assert_eq!(shown(&pair), [], "the decoder could not use it");
    assert!(pair.sharer_events.contains(&SharerEvent::RefreshRequested));
    pair.sharer.send_frame(pair.now, DisplayId(0), noise(30)).unwrap();
    pair.run(SECOND);
    assert_eq!(shown(&pair), [(FrameId(3), true, noise(30))]);
    assert!(pair.sharer.can_send_frame(pair.now), "skipped frames do not fill the window");
}

#[test]
fn a_picture_that_was_cut_off_by_a_revocation_starts_anew_with_the_next_grant() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    pair.bandwidth = Some(32_000);
    pair.sharer.send_frame(pair.now, DisplayId(0), noise(200_000)).unwrap();
    pair.run(2 * SECOND);
    pair.sharer.revoke(pair.now, None).unwrap();
    pair.run(2 * SECOND);
    let before = pair.sent().1.len();
    pair.run(SECOND);
    assert!(pair.sent().1.len() - before < 200, "no further piece of the picture leaves");
    pair.bandwidth = None;
    pair.enter(Mode::ViewOnly);
    pair.sharer.send_frame(pair.now, DisplayId(0), noise(100)).unwrap();
    pair.run(SECOND);
    assert_eq!(shown(&pair), [(FrameId(2), true, noise(100))]);
}

#[test]
fn no_fragment_leaves_a_second_after_the_indicator_died() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    pair.bandwidth = Some(32_000);
    pair.sharer.send_frame(pair.now, DisplayId(0), noise(1_000_000)).unwrap();
    pair.beating = false;
    pair.run(1000 * MS);
    let fragments = |pair: &Pair| crate::sim::frames(pair.sent().1).iter().filter(|frame| frame.message == MessageType::FRAGMENT).count();
    let before = fragments(&pair);
    pair.run(20 * SECOND);
    assert!(!pair.sharer.can_send_frame(pair.now));
    assert_eq!(fragments(&pair), before);
    // It is the same picture that goes on when the indicator is back.
    pair.beating = true;
    pair.run(60 * SECOND);
    assert_eq!(shown(&pair), [(FrameId(1), true, noise(1_000_000))]);
}

#[test]
fn before_the_first_beat_nothing_is_shown() {
    let mut pair = Pair::new(open_settings(), open_settings());
    pair.beating = false;
    pair.run(SECOND);
    let id = pair.helper.request_mode(pair.now, Mode::ViewOnly).unwrap();
    pair.run(SECOND);
    pair.sharer.consent(pair.now, id, true).unwrap();
    assert!(!pair.sharer.can_send_frame(pair.now));
    assert!(pair.sharer.send_frame(pair.now, DisplayId(0), noise(1)).is_err());
    pair.sharer.beat(pair.now);
    assert!(pair.sharer.can_send_frame(pair.now));
    assert!(!pair.sharer.can_send_frame(pair.now + SECOND), "by the time alone, also when no timer ran");
}

fn fragment(frame: u32, flags: FragmentFlags, payload: Bytes) -> Vec<u8> {
    wire(&Fragment { display: DisplayId(0), frame: FrameId(frame), flags, payload })
}

#[test]
fn a_sharer_that_breaks_the_rules_of_frames_is_left() {
    let whole = FragmentFlags::LAST.union(FragmentFlags::ANEW);
    let first = FragmentFlags::ANEW;
    let cases: [(&str, Vec<Vec<u8>>, CloseCode); 4] = [
        ("an id twice", vec![fragment(5, whole, noise(1)), fragment(5, whole, noise(1))], CloseCode::VIOLATION),
        ("overlapping frames", vec![fragment(5, first, noise(1)), fragment(6, whole, noise(1))], CloseCode::VIOLATION),
        ("more than the window", (1..=9).map(|id| fragment(id, whole, noise(1))).collect(), CloseCode::VIOLATION),
        ("an unknown flag", vec![fragment(5, FragmentFlags(0x80), noise(1))], CloseCode::UNSUPPORTED),
    ];
    for (name, wires, code) in cases {
        let mut pair = Pair::in_mode(Mode::ViewOnly);
        pair.decoding = false;
        let (last, before) = wires.split_last().unwrap();
        for wire in before {
            pair.helper.handle_bytes(pair.now, wire).unwrap();
        }
        assert_eq!(pair.helper.handle_bytes(pair.now, last).unwrap_err().close_code(), code, "{name}");
        assert!(pair.helper.is_closed());
    }
}

#[test]
fn a_frame_without_end_is_refused_at_the_limit() {
    let mut settings = open_settings();
    settings.limits.picture = 100_000;
    let mut pair = Pair::ready_with(settings, open_settings());
    pair.enter(Mode::ViewOnly);
    let piece = fragment(5, FragmentFlags::ANEW, noise(MAX_FRAGMENT));
    let refused = (0..10).find_map(|count| pair.helper.handle_bytes(pair.now, &piece).err().map(|error| (count, error)));
    let (count, error) = refused.unwrap();
    assert_eq!((count, error), (3, Error::LimitExceeded { what: "frame", limit: 100_000 }));
}

#[test]
fn an_acknowledgement_of_a_frame_that_was_not_sent_ends_the_session() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    let ack = wire(&FrameAck { frame: FrameId(1), decode_micros: 0, queued: 0 });
    assert_eq!(pair.sharer.handle_bytes(pair.now, &ack).unwrap_err().close_code(), CloseCode::VIOLATION);
}
