//! `docs/PROTOCOL.md` against the code: its test vectors both ways, its numbers, its mode table.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use rh_proto::credential::{AuthStep, Role};
use rh_proto::error::{CloseCode, DenyCode};
use rh_proto::mode::{Action, Direction, State, TABLE};
use rh_proto::msg::auth::{Auth, AuthOk};
use rh_proto::msg::chat::{Chat, ChatAck};
use rh_proto::msg::clipboard::Clipboard;
use rh_proto::msg::control::{Close, Denied, Pause, PauseReason, Ping, Pong};
use rh_proto::msg::cursor::{CursorHidden, CursorPosition, CursorShape};
use rh_proto::msg::graphics::{Fragment, FragmentFlags, FrameAck, FrameId, Refresh};
use rh_proto::msg::hello::{AppVersion, Capabilities, Extension, Hello, Profile, Version, Versions, Window};
use rh_proto::msg::input::{Button, HidUsage, Input, InputBatch, Locks, WheelAxis};
use rh_proto::msg::layout::{Display, DisplayId, Generation, Layout, Rotation};
use rh_proto::msg::mode::{
    ConsentPending, DeclineReason, ModeCancel, ModeDecline, ModeDowngrade, ModeGrant, ModeId, ModeRequest, ModeRevoke, RequestId,
};
use rh_proto::msg::pointer::{Erase, Laser, LaserOff, Point, Stroke};
use rh_proto::msg::profile::Portrait;
use rh_proto::msg::{Message, MessageType};
use sha2::{Digest as _, Sha256};

use crate::sim::parse;

fn document() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/PROTOCOL.md");
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("docs/PROTOCOL.md: {error}"))
}

/// What the document's `hex` blocks stand for, by the name behind the fence.
fn vectors() -> BTreeMap<&'static str, Message> {
    let hello = Hello {
        role: Role::Helper,
        versions: Versions { min: Version(1), max: Version(1) },
        capabilities: Capabilities::CLIPBOARD.union(Capabilities::ANNOTATION),
        session_id: *b"0123456789abcdef",
        window: Window { frames: 8, bytes: 4 * 1024 * 1024 },
        version: AppVersion::new(0, 1, 0),
        min_peer: AppVersion::new(0, 1, 0),
        name: "helper".into(),
        profiles: vec![Profile::NATIVE],
        extensions: vec![],
    };
    let answer = Hello {
        role: Role::Sharer,
        capabilities: Capabilities::ANNOTATION,
        name: "sharer".into(),
        extensions: vec![Extension { id: 0x7f01, body: Bytes::from_static(b"later") }],
        ..hello.clone()
    };
    let acts = [
        Input::MoveTo { display: DisplayId(0), generation: Generation(1), x: 640, y: 400 },
        Input::Button { button: Button::LEFT, down: true },
        Input::Button { button: Button::LEFT, down: false },
        Input::Key { usage: HidUsage::keyboard(0x1f), down: true, text: Some('é') },
        Input::Text("日🙂".into()),
        Input::MoveBy { dx: -3, dy: 4 },
        Input::Wheel { axis: WheelAxis::VERTICAL, v120: -120 },
        Input::Locks(Locks::CAPS),
        Input::Attention,
        Input::ReleaseAll,
    ];
    let display = Display {
        id: DisplayId(0),
        x: -1280,
        y: 0,
        width: 1280,
        height: 800,
        scale: 1500,
        rotation: Rotation(0),
        primary: true,
        name: "eDP-1".into(),
    };
    let id = RequestId(1);
    BTreeMap::from([
        ("HELLO from the helper", hello.into()),
        ("HELLO from the sharer", answer.into()),
        ("AUTH", Auth { step: AuthStep::PAKE_A, body: Bytes::from_static(b"opaque") }.into()),
        ("CLOSE", Close { code: CloseCode::LEFT, text: "Bye".into() }.into()),
        ("PING", Ping { time: 1_500_000 }.into()),
        ("PONG", Pong { time: 1_500_000 }.into()),
        ("DENIED", Denied { message: MessageType::INPUT, code: DenyCode::VIEW_ONLY, id: 7 }.into()),
        ("PAUSE", Pause { paused: true, reason: PauseReason::PERSON }.into()),
        ("MODE_REQUEST", ModeRequest { id, mode: ModeId::FULL_CONTROL }.into()),
        ("MODE_CANCEL", ModeCancel { id }.into()),
        ("CONSENT_PENDING", ConsentPending { id }.into()),
        ("MODE_GRANT", ModeGrant { id, mode: ModeId::FULL_CONTROL }.into()),
        ("MODE_DECLINE", ModeDecline { id, reason: DeclineReason::SILENCE }.into()),
        ("MODE_DOWNGRADE", ModeDowngrade { mode: ModeId::VIEW_ONLY }.into()),
        ("MODE_REVOKE", ModeRevoke { mode: ModeId::NONE }.into()),
        (
            "FRAGMENT",
            Fragment {
                display: DisplayId(0),
                frame: FrameId(1),
                flags: FragmentFlags::LAST.union(FragmentFlags::ANEW),
                payload: Bytes::from_static(&[0xde, 0xad, 0xbe, 0xef]),
            }
            .into(),
        ),
        ("FRAME_ACK", FrameAck { frame: FrameId(1), decode_micros: 3200, queued: 0 }.into()),
        ("REFRESH", Refresh.into()),
        ("LAYOUT", Layout { generation: Generation(1), displays: vec![display] }.into()),
        (
            "CURSOR_SHAPE",
            CursorShape { width: 2, height: 1, hot_x: 1, hot_y: 0, pixels: Bytes::from_static(&[0, 0, 0, 255, 64, 64, 64, 128]) }.into(),
        ),
        ("CURSOR_POSITION", CursorPosition { display: DisplayId(0), x: 640, y: 400 }.into()),
        ("CURSOR_HIDDEN", CursorHidden.into()),
        ("INPUT", InputBatch::new(7, &acts, &rh_proto::limits::Limits::default()).unwrap().into()),
        ("LASER", Laser { display: DisplayId(0), x: 640, y: 400 }.into()),
        ("LASER_OFF", LaserOff.into()),
        (
            "STROKE",
            Stroke {
                id: 1,
                display: DisplayId(0),
                colour: [0xff, 0x20, 0x20],
                width: 4,
                points: vec![Point { x: 10, y: 10 }, Point { x: 20, y: -1 }],
            }
            .into(),
        ),
        ("ERASE", Erase.into()),
        ("CHAT", Chat { id: 1, text: "é日🙂".into() }.into()),
        ("CHAT_ACK", ChatAck { id: 1 }.into()),
        ("CLIPBOARD", Clipboard { id: 1, text: "copied".into() }.into()),
        ("PORTRAIT", Portrait { file: Bytes::from_static(b"\x89PNG") }.into()),
    ])
}

/// The document's `hex` blocks: name and bytes. A `;` starts a comment.
fn blocks(document: &str) -> BTreeMap<String, Vec<u8>> {
    let mut blocks = BTreeMap::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("```hex ") else { continue };
        let mut bytes = Vec::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            let digits: String = line.split(';').next().unwrap().split_whitespace().collect();
            assert!(digits.len().is_multiple_of(2), "{name}: {line}");
            bytes.extend((0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()));
        }
        assert!(blocks.insert(name.to_owned(), bytes).is_none(), "{name} twice");
    }
    blocks
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_test_vectors_hold_both_ways() {
    let mut blocks = blocks(&document());
    let confirmation = blocks.remove("AUTH_OK").expect("the transcript's vector");
    let transcript: Vec<u8> =
        ["HELLO from the helper", "AUTH", "HELLO from the sharer"].iter().flat_map(|name| blocks[*name].clone()).collect();
    let transcript: [u8; 32] = Sha256::digest(transcript).into();
    let mut ok = BytesMut::new();
    Message::from(AuthOk { transcript }).encode(&mut ok).unwrap();
    assert_eq!(hex(&confirmation), hex(&ok), "AUTH_OK");

    for (name, message) in vectors() {
        let mut encoded = BytesMut::new();
        message.encode(&mut encoded).unwrap();
        let documented = blocks.remove(name).unwrap_or_default();
        assert_eq!(hex(&documented), hex(&encoded), "{name}");
        assert_eq!(parse(&documented), [message], "{name}");
    }
    assert_eq!(blocks.keys().collect::<Vec<_>>(), Vec::<&String>::new(), "blocks that no test knows");
}

#[test]
fn every_message_type_has_its_number_and_a_vector() {
    let document = document();
    for message in MessageType::ALL {
        let name = message.name().unwrap();
        assert!(document.contains(&format!("### {name} (0x{:02x})", message.0)), "{name} has no heading");
        assert!(document.contains(&format!("```hex {name}")), "{name} has no vector");
    }
}

/// The table as the document prints it: one line a row.
fn table() -> String {
    let mut out = String::from("| message | to | ");
    out.push_str(&State::ALL.map(|state| format!("{state:?}")).join(" | "));
    out.push_str(" | gate |\n|---|---|");
    out.push_str(&"---|".repeat(State::ALL.len() + 1));
    for row in TABLE {
        let to = if row.direction == Direction::ToSharer { "sharer" } else { "helper" };
        let cells = row.actions.map(|action| match action {
            Action::Accept => "A".to_owned(),
            Action::Ignore => "–".to_owned(),
            Action::Deny(code) => format!("D{}", code.0),
            Action::Close(CloseCode::UNEXPECTED) => "X".to_owned(),
            Action::Close(_) => "U".to_owned(),
        });
        let gate = row.gate.map_or(String::new(), |gate| format!("{gate:?}"));
        out.push_str(&format!("\n| {} | {to} | {} | {gate} |", row.subject.name(), cells.join(" | ")));
    }
    out
}

#[test]
fn the_printed_table_is_the_table() {
    let table = table();
    assert!(document().contains(&table), "docs/PROTOCOL.md should hold:\n{table}");
}
