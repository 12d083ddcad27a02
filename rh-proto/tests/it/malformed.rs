//! Valid traffic with every byte changed, and cut short everywhere: an error or what it would have been, never a panic.

use std::time::Instant;

use bytes::Bytes;
use rh_proto::mode::Mode;
use rh_proto::msg::clipboard::Clipboard;
use rh_proto::msg::control::{Denied, Pause, PauseReason};
use rh_proto::msg::cursor::CursorShape;
use rh_proto::msg::input::{Button, HidUsage, Input, Locks, WheelAxis};
use rh_proto::msg::layout::{Display, DisplayId, Generation, Layout, Rotation};
use rh_proto::msg::pointer::{Laser, Point, Stroke};
use rh_proto::session::{Helper, Sharer};

use crate::sim::{Pair, SECOND, helper, open_settings, sharer, wire};

/// A session that says a bit of everything; the bytes of both directions, in the pieces they were sent in.
fn traffic() -> (Vec<u8>, Vec<u8>) {
    let mut pair = Pair::new(open_settings(), open_settings());
    pair.run(SECOND);
    pair.enter(Mode::FullControl);
    let now = pair.now;
    let acts = [
        Input::Key { usage: HidUsage::keyboard(4), down: true, text: Some('é') },
        Input::Text("日".into()),
        Input::MoveTo { display: DisplayId(0), generation: Generation(1), x: 1, y: 2 },
        Input::MoveBy { dx: 1, dy: -1 },
        Input::Button { button: Button::LEFT, down: true },
        Input::Wheel { axis: WheelAxis::VERTICAL, v120: -120 },
        Input::Locks(Locks::CAPS),
        Input::Attention,
        Input::ReleaseAll,
    ];
    pair.helper.send_input(now, &acts).unwrap();
    pair.helper.send_chat(now, "é日🙂").unwrap();
    pair.helper.send_clipboard(now, "copied").unwrap();
    pair.helper.send_laser(now, Some(Laser { display: DisplayId(0), x: 1, y: 2 })).unwrap();
    let stroke = Stroke { id: 1, display: DisplayId(0), colour: [1, 2, 3], width: 2, points: vec![Point { x: 1, y: 1 }] };
    pair.helper.send_stroke(now, &stroke).unwrap();
    let display = Display {
        id: DisplayId(0),
        x: 0,
        y: 0,
        width: 80,
        height: 60,
        scale: 1000,
        rotation: Rotation(0),
        primary: true,
        name: "A".into(),
    };
    pair.sharer.send_layout(now, &Layout { generation: Generation(1), displays: vec![display] }).unwrap();
    let shape = CursorShape { width: 2, height: 2, hot_x: 0, hot_y: 1, pixels: Bytes::from_static(&[9; 16]) };
    pair.sharer.send_cursor_shape(now, &shape).unwrap();
    pair.sharer.send_cursor_position(now, None).unwrap();
    pair.sharer.send_frame(now, DisplayId(0), Bytes::from_static(&[5; 40])).unwrap();
    pair.sharer.send_chat(now, "sí").unwrap();
    pair.run(SECOND);
    pair.helper.request_refresh(pair.now).unwrap();
    pair.sharer.pause(pair.now, true).unwrap();
    pair.run(SECOND);
    pair.sharer.pause(pair.now, false).unwrap();
    pair.sharer.revoke(pair.now, Mode::ViewOnly).unwrap();
    pair.run(SECOND);
    pair.helper.leave(pair.now, "bye");
    pair.run(SECOND);
    let (up, down) = pair.sent();
    (up.to_vec(), down.to_vec())
}

/// A helper and a sharer that got as far as full control, to be fed what their peer would send next.
fn in_control() -> (Instant, Helper, Sharer) {
    let pair = Pair::in_mode(Mode::FullControl);
    (pair.now, pair.helper, pair.sharer)
}

/// Feeds `bytes` and does all that an app does; whether it ended in an error.
fn survives<S>(now: Instant, session: &mut S, bytes: &[u8], handle: fn(&mut S, Instant, &[u8]) -> bool, drain: fn(&mut S)) -> bool {
    let failed = handle(session, now, bytes);
    drain(session);
    // Whatever it was, what follows is taken or ignored.
    handle(session, now, b"\x06\x00\x00\x00\x08\0\0\0\0\0\0\0\0");
    drain(session);
    failed
}

fn at_helper(now: Instant, helper: &mut Helper, bytes: &[u8]) -> bool {
    survives(
        now,
        helper,
        bytes,
        |helper, now, bytes| helper.handle_bytes(now, bytes).is_err(),
        |helper| {
            while helper.poll_event().is_some() {}
            while helper.poll_transmit().is_some() {}
        },
    )
}

fn at_sharer(now: Instant, sharer: &mut Sharer, bytes: &[u8]) -> bool {
    survives(
        now,
        sharer,
        bytes,
        |sharer, now, bytes| sharer.handle_bytes(now, bytes).is_err(),
        |sharer| {
            while sharer.poll_event().is_some() {}
            while sharer.poll_transmit().is_some() {}
        },
    )
}

/// Every message that a peer sends in control, one by one.
fn after_consent(side: &[u8]) -> Vec<Vec<u8>> {
    use rh_proto::msg::MessageType as M;
    crate::sim::frames(side)
        .iter()
        .filter(|frame| ![M::HELLO, M::AUTH, M::AUTH_OK].contains(&frame.message))
        .map(|frame| {
            let mut out = bytes::BytesMut::new();
            frame.write(&mut out).unwrap();
            out.to_vec()
        })
        .collect()
}

fn sweep(messages: &[Vec<u8>], mut feed: impl FnMut(&[u8]) -> bool) -> (usize, usize) {
    let (mut refused, mut taken) = (0, 0);
    for message in messages {
        for at in 0..message.len() {
            for change in [0x01, 0x80, 0xff, 0x55] {
                let mut changed = message.clone();
                changed[at] ^= change;
                *if feed(&changed) { &mut refused } else { &mut taken } += 1;
            }
            // Cut short, with the next message in its place.
            feed(&message[..at]);
            let mut shortened = message.clone();
            shortened.remove(at);
            feed(&shortened);
        }
    }
    (refused, taken)
}

#[test]
fn every_changed_byte_after_consent_is_refused_or_harmless() {
    let (up, down) = traffic();
    let mut up = after_consent(&up);
    up.push(wire(&Clipboard { id: 1, text: "x".into() }));
    let mut down = after_consent(&down);
    down.push(wire(&Denied { message: rh_proto::msg::MessageType::CHAT, code: rh_proto::error::DenyCode::NO_MODE, id: 1 }));
    down.push(wire(&Pause { paused: true, reason: PauseReason(9) }));
    let (refused, taken) = sweep(&up, |bytes| {
        let (now, _, mut sharer) = in_control();
        at_sharer(now, &mut sharer, bytes)
    });
    assert!(refused > 200 && taken > 200, "{refused} refused, {taken} taken");
    let (refused, taken) = sweep(&down, |bytes| {
        let (now, mut helper, _) = in_control();
        at_helper(now, &mut helper, bytes)
    });
    assert!(refused > 200 && taken > 200, "{refused} refused, {taken} taken");
}

#[test]
fn every_changed_byte_of_the_handshake_keeps_the_peer_out() {
    // The sharer's own answers do not depend on the changed bytes, so a recorded helper serves.
    let (up, down) = traffic();
    let head = |side: &[u8]| {
        let frames = crate::sim::frames(side);
        let count = frames.iter().take_while(|frame| frame.message != rh_proto::msg::MessageType::AUTH_OK).count() + 1;
        frames[..count].iter().map(|frame| frame.body.len() + 5).sum::<usize>()
    };
    let (up, down) = (&up[..head(&up)], &down[..head(&down)]);
    let authenticated_sharer = |bytes: &[u8]| {
        let now = Instant::now();
        let mut sharer = sharer(open_settings(), now);
        let _ = sharer.handle_bytes(now, bytes);
        std::iter::from_fn(|| sharer.poll_event()).any(|event| event == rh_proto::session::SharerEvent::Authenticated)
    };
    let authenticated_helper = |bytes: &[u8]| {
        let now = Instant::now();
        let mut helper = helper(open_settings(), now);
        let _ = helper.handle_bytes(now, bytes);
        std::iter::from_fn(|| helper.poll_event()).any(|event| event == rh_proto::session::HelperEvent::Authenticated)
    };
    assert!(authenticated_sharer(up) && authenticated_helper(down), "the recording itself works");
    for (side, authenticated) in [(up, &authenticated_sharer as &dyn Fn(&[u8]) -> bool), (down, &authenticated_helper)] {
        for at in 0..side.len() {
            for bit in 0..8 {
                let mut changed = side.to_vec();
                changed[at] ^= 1 << bit;
                assert!(!authenticated(&changed), "bit {bit} of byte {at}");
            }
            assert!(!authenticated(&side[..at]), "cut at {at}");
        }
    }
}
