//! Input, pause, the person at the device, the indicator: what is injected and what is not.

use std::time::Duration;

use rh_proto::error::{DenyCode, Error};
use rh_proto::mode::{Mode, State};
use rh_proto::msg::MessageType;
use rh_proto::msg::clipboard::Clipboard;
use rh_proto::msg::control::PauseReason;
use rh_proto::msg::input::{HidUsage, Input, InputBatch};
use rh_proto::msg::layout::{DisplayId, Generation};
use rh_proto::msg::pointer::{Laser, Point, Stroke};
use rh_proto::session::{HelperEvent, Settings, SharerEvent};

use crate::sim::{MS, Pair, SECOND, open_settings, wire};

fn key(id: u16, down: bool) -> Input {
    Input::Key { usage: HidUsage::keyboard(id), down, text: down.then_some('é') }
}

/// What a peer without our checks would send.
fn raw(id: u32) -> Vec<u8> {
    wire(&InputBatch::new(id, &[key(4, true)], &rh_proto::limits::Limits::default()).unwrap())
}

fn injected(pair: &Pair) -> Vec<Input> {
    pair.sharer_events
        .iter()
        .filter_map(|event| if let SharerEvent::Input(batch) = event { Some(batch.iter()) } else { None })
        .flatten()
        .collect()
}

fn denials(pair: &Pair) -> Vec<(MessageType, DenyCode, u32)> {
    let denied = |event: &HelperEvent| match event {
        HelperEvent::Denied { message, code, id } => Some((*message, *code, *id)),
        _ => None,
    };
    pair.helper_events.iter().filter_map(denied).collect()
}

#[test]
fn what_the_helper_does_arrives_as_it_was_done_and_in_order() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    let acts = [
        Input::MoveTo { display: DisplayId(1), generation: Generation(3), x: -5, y: 700 },
        key(4, true),
        key(4, false),
        Input::Text("日🙂".into()),
    ];
    assert_eq!(pair.helper.send_input(pair.now, &acts[..2]), Ok(1));
    assert_eq!(pair.helper.send_input(pair.now, &acts[2..]), Ok(2));
    pair.run(SECOND);
    assert_eq!(injected(&pair), acts);
}

#[test]
fn in_view_only_input_is_denied_and_the_session_goes_on() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    assert!(matches!(pair.helper.send_input(pair.now, &[key(4, true)]), Err(Error::ApiMisuse { .. })));
    pair.sharer.handle_bytes(pair.now, &raw(42)).unwrap();
    pair.run(SECOND);
    assert_eq!(denials(&pair), [(MessageType::INPUT, DenyCode::VIEW_ONLY, 42)]);
    assert_eq!(injected(&pair), []);
    assert!(!pair.sharer_events.contains(&SharerEvent::ReleaseAll), "nothing was ever pressed");
    pair.enter(Mode::FullControl);
    pair.helper.send_input(pair.now, &[key(4, true)]).unwrap();
    pair.run(SECOND);
    assert_eq!(injected(&pair), [key(4, true)]);
}

#[test]
fn without_a_mode_input_is_denied() {
    let mut pair = Pair::ready();
    pair.sharer.handle_bytes(pair.now, &raw(1)).unwrap();
    pair.run(SECOND);
    assert_eq!(denials(&pair), [(MessageType::INPUT, DenyCode::NO_MODE, 1)]);
    assert_eq!(injected(&pair), []);
}

#[test]
fn after_a_downgrade_nothing_that_was_on_its_way_is_injected() {
    // Received, not polled yet.
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.sharer.handle_bytes(pair.now, &raw(1)).unwrap();
    pair.sharer.revoke(pair.now, Mode::ViewOnly).unwrap();
    pair.drain();
    assert_eq!(injected(&pair), []);
    assert_eq!(pair.sharer_events, [SharerEvent::ReleaseAll, SharerEvent::ModeChanged(Some(Mode::ViewOnly))]);

    // On the link.
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.helper.send_input(pair.now, &[key(4, true)]).unwrap();
    pair.drain();
    pair.sharer.revoke(pair.now, Mode::ViewOnly).unwrap();
    pair.run(SECOND);
    assert_eq!(injected(&pair), []);
    assert_eq!(denials(&pair), [(MessageType::INPUT, DenyCode::VIEW_ONLY, 1)]);

    // Queued at the helper, until the mode is granted anew.
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.helper.send_input(pair.now, &[key(4, true)]).unwrap();
    pair.helper.downgrade(pair.now, Mode::ViewOnly).unwrap();
    pair.enter(Mode::FullControl);
    assert_eq!(injected(&pair), []);
    pair.run(SECOND);
    assert_eq!(injected(&pair), []);
}

#[test]
fn everything_is_released_when_the_mode_ends_on_pause_and_at_the_end() {
    type End = fn(&mut Pair);
    let ends: [(&str, End); 9] = [
        ("revoke", |pair| pair.sharer.revoke(pair.now, Mode::ViewOnly).unwrap()),
        ("revoke all", |pair| pair.sharer.revoke(pair.now, None).unwrap()),
        ("downgrade", |pair| pair.helper.downgrade(pair.now, Mode::ViewOnly).unwrap()),
        ("pause by sharer", |pair| pair.sharer.pause(pair.now, true).unwrap()),
        ("pause by helper", |pair| pair.helper.pause(pair.now, true).unwrap()),
        ("leave by sharer", |pair| pair.sharer.leave(pair.now, "enough")),
        ("leave by helper", |pair| pair.helper.leave(pair.now, "done")),
        ("transport gone", |pair| pair.sharer.handle_closed(pair.now)),
        ("nonsense", |pair| drop(pair.sharer.handle_bytes(pair.now, &[0xee, 0, 0, 0, 0]))),
    ];
    for (name, end) in ends {
        let mut pair = Pair::in_mode(Mode::FullControl);
        pair.helper.send_input(pair.now, &[key(4, true)]).unwrap();
        pair.run(SECOND);
        end(&mut pair);
        pair.run(SECOND);
        let press = pair.sharer_events.iter().position(|event| matches!(event, SharerEvent::Input(_))).unwrap();
        let release = pair.sharer_events.iter().rposition(|event| *event == SharerEvent::ReleaseAll).unwrap_or_else(|| panic!("{name}"));
        assert!(press < release, "{name}");
    }
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.cut();
    pair.run(11 * SECOND);
    assert!(pair.sharer_events.contains(&SharerEvent::ReleaseAll), "dead link");
}

#[test]
fn the_person_at_the_device_wins_for_a_second() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.sharer.handle_bytes(pair.now, &raw(1)).unwrap();
    pair.sharer.local_input(pair.now);
    pair.drain();
    assert_eq!(injected(&pair), [], "what was not injected yet is not");
    assert_eq!(pair.sharer_events, [SharerEvent::ReleaseAll]);
    assert_eq!(pair.sharer.state(), State::Yielding);
    for _ in 0..3 {
        // Each touch starts the second anew, and releases nothing twice.
        pair.run(900 * MS);
        pair.sharer.local_input(pair.now);
        pair.helper.send_input(pair.now, &[key(5, true)]).unwrap();
    }
    pair.run(900 * MS);
    assert_eq!(injected(&pair), []);
    assert_eq!(denials(&pair).iter().map(|denied| denied.1).collect::<Vec<_>>(), [DenyCode::LOCAL_INPUT; 3]);
    assert_eq!(pair.sharer_events.iter().filter(|event| **event == SharerEvent::ReleaseAll).count(), 1);
    pair.run(200 * MS);
    pair.helper.send_input(pair.now, &[key(6, true)]).unwrap();
    pair.run(SECOND);
    assert_eq!(injected(&pair), [key(6, true)]);
}

#[test]
fn while_either_side_has_paused_nothing_is_injected_and_nothing_is_shown() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.sharer.pause(pair.now, true).unwrap();
    pair.helper.send_input(pair.now, &[key(4, true)]).unwrap();
    pair.run(SECOND);
    assert!(pair.helper_events.contains(&HelperEvent::Paused { paused: true, reason: PauseReason::PERSON }));
    assert_eq!(denials(&pair), [(MessageType::INPUT, DenyCode::PAUSED, 1)], "it crossed the pause");
    assert!(pair.helper.send_input(pair.now, &[key(4, true)]).is_err());
    assert!(!pair.sharer.can_send_frame(pair.now));

    pair.helper.pause(pair.now, true).unwrap();
    pair.run(SECOND);
    pair.sharer.pause(pair.now, false).unwrap();
    pair.run(SECOND);
    assert!(!pair.sharer.can_send_frame(pair.now), "the helper's own pause still holds");
    pair.helper.pause(pair.now, false).unwrap();
    pair.run(SECOND);
    assert!(pair.sharer.can_send_frame(pair.now));
    assert_eq!(pair.sharer.mode(), Some(Mode::FullControl), "a pause changes no mode");
    assert_eq!(injected(&pair), []);
    // Words cross all the time.
    pair.sharer.pause(pair.now, true).unwrap();
    pair.helper.send_chat(pair.now, "still there?").unwrap();
    pair.run(SECOND);
    assert!(pair.sharer_events.iter().any(|event| matches!(event, SharerEvent::Chat { .. })));
}

#[test]
fn without_a_living_indicator_nothing_is_injected_and_both_sides_are_told() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.beating = false;
    pair.run(1300 * MS);
    assert!(pair.sharer_events.contains(&SharerEvent::InterlockLost));
    assert!(pair.sharer_events.contains(&SharerEvent::ReleaseAll));
    assert!(pair.helper_events.contains(&HelperEvent::Paused { paused: true, reason: PauseReason::NO_INDICATOR }));
    pair.sharer.handle_bytes(pair.now, &raw(7)).unwrap();
    pair.run(SECOND);
    assert_eq!(denials(&pair), [(MessageType::INPUT, DenyCode::NO_INDICATOR, 7)]);
    pair.beating = true;
    pair.run(SECOND);
    assert_eq!(pair.helper.state(), State::FullControl, "told that it goes on");
    pair.helper.send_input(pair.now, &[key(4, true)]).unwrap();
    pair.run(SECOND);
    assert_eq!(injected(&pair), [key(4, true)]);
}

#[test]
fn a_late_timer_does_not_let_input_through() {
    // The app slept for three seconds: no beat, no handle_timeout, and then bytes.
    let mut pair = Pair::in_mode(Mode::FullControl);
    let late = pair.now + 3 * SECOND;
    pair.sharer.handle_bytes(late, &raw(1)).unwrap();
    let events: Vec<_> = std::iter::from_fn(|| pair.sharer.poll_event()).collect();
    assert!(!events.iter().any(|event| matches!(event, SharerEvent::Input(_))), "{events:?}");
}

#[test]
fn pointing_is_possible_in_view_only_and_is_never_input() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    let laser = Laser { display: DisplayId(0), x: 10, y: 20 };
    let stroke =
        Stroke { id: 1, display: DisplayId(0), colour: [255, 0, 0], width: 3, points: vec![Point { x: 1, y: 2 }, Point { x: 3, y: 4 }] };
    pair.helper.send_laser(pair.now, Some(laser)).unwrap();
    pair.run(30 * MS);
    pair.helper.send_laser(pair.now, None).unwrap();
    pair.helper.send_stroke(pair.now, &stroke).unwrap();
    pair.run(30 * MS);
    pair.helper.send_erase(pair.now).unwrap();
    pair.run(SECOND);
    let seen: Vec<_> = pair.sharer_events.iter().filter(|event| !matches!(event, SharerEvent::Rtt(_))).cloned().collect();
    assert_eq!(seen[0], SharerEvent::Laser(Some(laser)));
    assert!(seen.contains(&SharerEvent::Laser(None)) && seen.contains(&SharerEvent::Stroke(stroke)) && seen.contains(&SharerEvent::Erase));
    assert_eq!(injected(&pair), []);
}

#[test]
fn clipboard_text_crosses_only_in_control_and_only_where_both_sides_allow_it() {
    let clip = |event: &SharerEvent| matches!(event, SharerEvent::Clipboard(text) if text.as_str() == "copied\0é");
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.helper.send_clipboard(pair.now, "copied\0é").unwrap();
    pair.sharer.send_clipboard(pair.now, "back").unwrap();
    pair.run(SECOND);
    assert!(pair.sharer_events.iter().any(clip));
    assert!(pair.helper_events.contains(&HelperEvent::Clipboard("back".into())));

    let raw = wire(&Clipboard { id: 9, text: "copied\0é".into() });
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    assert!(pair.helper.send_clipboard(pair.now, "x").is_err() && pair.sharer.send_clipboard(pair.now, "x").is_err());
    pair.sharer.handle_bytes(pair.now, &raw).unwrap();
    pair.run(SECOND);
    assert_eq!(denials(&pair), [(MessageType::CLIPBOARD, DenyCode::VIEW_ONLY, 9)]);

    let off = Settings { clipboard: false, ..open_settings() };
    for (helper, sharer) in [(open_settings(), off.clone()), (off, open_settings())] {
        let mut pair = Pair::ready_with(helper, sharer);
        pair.enter(Mode::FullControl);
        assert!(pair.helper.send_clipboard(pair.now, "x").is_err() && pair.sharer.send_clipboard(pair.now, "x").is_err());
        pair.sharer.handle_bytes(pair.now, &raw).unwrap();
        pair.run(SECOND);
        assert_eq!(denials(&pair), [(MessageType::CLIPBOARD, DenyCode::CLIPBOARD_OFF, 9)]);
        assert!(!pair.sharer_events.iter().any(clip));
    }
}

#[test]
fn chat_crosses_as_typed_and_is_confirmed() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    let typed = "é日🙂 e\u{301} \u{202e}שלום\u{202c} 👩‍🔧";
    let id = pair.helper.send_chat(pair.now, typed).unwrap();
    let back = pair.sharer.send_chat(pair.now, "نعم").unwrap();
    pair.run(SECOND);
    assert!(pair.sharer_events.contains(&SharerEvent::Chat { id, text: typed.into() }));
    assert!(pair.helper_events.contains(&HelperEvent::ChatDelivered { id }));
    assert!(pair.helper_events.contains(&HelperEvent::Chat { id: back, text: "نعم".into() }));
    assert!(pair.sharer_events.contains(&SharerEvent::ChatDelivered { id: back }));
    let long = "x".repeat(open_settings().limits.chat + 1);
    assert!(matches!(pair.helper.send_chat(pair.now, &long), Err(Error::LimitExceeded { .. })), "told here, not by a closed session");
}

#[test]
fn chat_can_be_switched_off() {
    let mut pair = Pair::ready_with(open_settings(), Settings { chat: false, ..open_settings() });
    pair.enter(Mode::ViewOnly);
    let id = pair.helper.send_chat(pair.now, "hello?").unwrap();
    assert!(pair.sharer.send_chat(pair.now, "x").is_err());
    pair.run(SECOND);
    assert_eq!(denials(&pair), [(MessageType::CHAT, DenyCode::CHAT_OFF, id)]);
    assert!(!pair.sharer_events.iter().any(|event| matches!(event, SharerEvent::Chat { .. })));
    assert!(!pair.sharer.is_closed());
}

#[test]
fn an_unknown_act_reaches_the_app_and_the_rest_of_the_batch_too() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    let acts = [Input::Other { kind: 200, body: (&b"touch"[..]).into() }, Input::Attention];
    pair.helper.send_input(pair.now, &acts).unwrap();
    pair.run(Duration::from_millis(30));
    assert_eq!(injected(&pair), acts);
}
