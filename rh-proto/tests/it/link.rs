//! Leaving, dead links, keep-alive, and that the cutting of bytes changes nothing.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rh_proto::error::{CloseCode, Error};
use rh_proto::frame::{Flags, Frame};
use rh_proto::mode::{Mode, State};
use rh_proto::msg::MessageType;
use rh_proto::msg::hello::{AppVersion, Window};
use rh_proto::msg::input::{HidUsage, Input};
use rh_proto::msg::layout::{Display, DisplayId, Generation, Layout, Rotation};
use rh_proto::session::{AppInfo, HelperEvent, Settings, SharerEvent, Timers};

use crate::sim::{MS, Pair, Rng, SECOND, open_settings, sharer, wire};

#[test]
fn the_peer_learns_of_a_leave_as_soon_as_the_bytes_arrive() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.helper.leave(pair.now, "solved, bye");
    pair.run(21 * MS);
    let closed = pair.sharer_closed().unwrap();
    assert_eq!((closed.code, closed.text.as_str(), closed.by_peer, closed.clean), (CloseCode::LEFT, "solved, bye", true, true));
    let closed = pair.helper_closed().unwrap();
    assert_eq!((closed.code, closed.by_peer, closed.clean), (CloseCode::LEFT, false, true));
    assert!(pair.helper.is_closed() && pair.sharer.is_closed());
}

#[test]
fn a_leave_arrives_within_two_seconds_on_a_slow_link_in_the_middle_of_a_picture() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    pair.bandwidth = Some(32_000);
    pair.sharer.send_frame(pair.now, DisplayId(0), Bytes::from(vec![7; 1_000_000])).unwrap();
    pair.run(3 * SECOND);
    pair.sharer.send_chat(pair.now, "bye").unwrap();
    pair.sharer.close(pair.now, CloseCode::STOPPED, "stopped");
    pair.run(2 * SECOND);
    assert_eq!(pair.helper_closed().unwrap().code, CloseCode::STOPPED);
    assert!(pair.helper_events.iter().any(|event| matches!(event, HelperEvent::Chat { .. })), "the last word arrives, too");
}

#[test]
fn a_dead_link_is_noticed_within_ten_seconds_by_both_sides() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.run(7 * SECOND);
    pair.cut();
    pair.run(10 * SECOND);
    for closed in [pair.helper_closed().unwrap(), pair.sharer_closed().unwrap()] {
        assert_eq!((closed.code, closed.by_peer, closed.clean), (CloseCode::LINK_DEAD, false, false));
    }
    assert!(pair.sharer_events.contains(&SharerEvent::ReleaseAll));
    assert_eq!(pair.helper.poll_timeout(), None, "nothing more will happen");
}

#[test]
fn a_quiet_session_lives_on_and_measures_the_round_trip() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    pair.delay = 35 * MS;
    pair.run(3600 * SECOND);
    assert!(!pair.helper.is_closed() && !pair.sharer.is_closed());
    assert_eq!(pair.helper_events.last(), Some(&HelperEvent::Rtt(70 * MS)));
    assert_eq!(pair.sharer_events.last(), Some(&SharerEvent::Rtt(70 * MS)));
}

#[test]
fn an_invented_pong_measures_nothing() {
    let mut pair = Pair::ready();
    pair.helper.handle_bytes(pair.now, &wire(&rh_proto::msg::control::Pong { time: 1 })).unwrap();
    pair.drain();
    assert_eq!(pair.helper_events, []);
}

#[test]
fn a_transport_that_ends_without_a_word_is_told_apart_from_a_leave() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.helper.handle_closed(pair.now);
    pair.drain();
    let closed = pair.helper_closed().unwrap();
    assert_eq!((closed.code, closed.clean), (CloseCode::TRANSPORT_GONE, false));
    assert_eq!(pair.helper.poll_transmit(), None, "there is nobody to tell");

    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.sharer.leave(pair.now, "bye");
    pair.run(SECOND);
    pair.helper.handle_closed(pair.now);
    pair.drain();
    assert_eq!(pair.helper_events.iter().filter(|event| matches!(event, HelperEvent::Closed(_))).count(), 1, "the leave stands");
    assert!(pair.helper_closed().unwrap().clean);
}

#[test]
fn after_the_end_everything_is_inert() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    pair.helper.leave(pair.now, "bye");
    pair.run(SECOND);
    pair.forget();
    let now = pair.now;
    for bytes in [&wire(&rh_proto::msg::control::Ping { time: 1 })[..], &[0xff; 100]] {
        assert_eq!(pair.helper.handle_bytes(now, bytes), Ok(()));
        assert_eq!(pair.sharer.handle_bytes(now, bytes), Ok(()));
    }
    let misuse = |result: Result<(), Error>| assert!(matches!(result, Err(Error::ApiMisuse { .. })), "{result:?}");
    misuse(pair.helper.request_mode(now, Mode::ViewOnly).map(drop));
    misuse(pair.helper.cancel_request(now));
    misuse(pair.helper.send_input(now, &[Input::Attention]).map(drop));
    misuse(pair.helper.send_chat(now, "x").map(drop));
    misuse(pair.helper.pause(now, true));
    misuse(pair.sharer.revoke(now, None));
    misuse(pair.sharer.pause(now, true));
    misuse(pair.sharer.send_frame(now, DisplayId(0), Bytes::new()).map(drop));
    pair.sharer.beat(now);
    pair.sharer.local_input(now);
    pair.helper.leave(now, "again");
    pair.sharer.handle_closed(now);
    pair.run(60 * SECOND);
    assert_eq!((pair.helper.state(), pair.sharer.state()), (State::Closed, State::Closed));
    assert_eq!((pair.helper_events.len(), pair.sharer_events.len()), (0, 0));
    assert_eq!((pair.helper.poll_transmit(), pair.sharer.poll_transmit()), (None, None));
    assert_eq!((pair.helper.poll_timeout(), pair.sharer.poll_timeout()), (None, None));
}

#[test]
fn what_ends_a_session_is_told_to_the_peer_in_words() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    let error = pair.sharer.handle_bytes(pair.now, &[0xee, 0, 0, 0, 0]).unwrap_err();
    assert_eq!(error, Error::Unsupported { what: "a message type" });
    pair.run(SECOND);
    let closed = pair.helper_closed().unwrap();
    assert_eq!((closed.code, closed.text.as_str()), (CloseCode::UNSUPPORTED, "a message type is not supported by this version"));
}

#[test]
fn unknown_messages_that_may_be_skipped_are_skipped_and_unknown_header_flags_are_not() {
    let frame = |message, flags| {
        let mut out = bytes::BytesMut::new();
        Frame { message: MessageType(message), flags: Flags(flags), body: Bytes::from_static(b"from the future") }.write(&mut out).unwrap();
        out
    };
    let mut pair = Pair::in_mode(Mode::FullControl);
    for flags in [0x01, 0x81] {
        assert_eq!(pair.sharer.handle_bytes(pair.now, &frame(0xee, flags)), Ok(()));
    }
    for flags in [0x01, 0x02, 0x80] {
        let mut pair = Pair::in_mode(Mode::FullControl);
        let known = frame(MessageType::CHAT.0, flags);
        assert!(matches!(pair.sharer.handle_bytes(pair.now, &known), Err(Error::Unsupported { .. })), "it may change what the body means");
    }
}

#[test]
fn a_long_reason_is_cut_between_characters() {
    let mut pair = Pair::ready();
    pair.helper.leave(pair.now, &"日".repeat(1000));
    pair.run(SECOND);
    let closed = pair.sharer_closed().unwrap();
    assert_eq!(closed.text, "日".repeat(341), "1024 bytes hold 341 characters of three");
}

#[test]
fn the_layout_arrives_as_it_was_sent() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    let layout = Layout {
        generation: Generation(4),
        displays: vec![Display {
            id: DisplayId(9),
            x: -1920,
            y: 30,
            width: 1920,
            height: 1080,
            scale: 1500,
            rotation: Rotation(1),
            primary: true,
            name: "Écran 1".into(),
        }],
    };
    pair.sharer.send_layout(pair.now, &layout).unwrap();
    pair.run(SECOND);
    assert!(pair.helper_events.contains(&HelperEvent::Layout(layout)));
}

/// A whole session, with the link's bytes cut by `seed`; everything both sides saw.
fn scripted(seed: Option<u64>) -> (Vec<HelperEvent>, Vec<SharerEvent>) {
    // The clock starts anywhere: only differences matter.
    let mut pair = Pair::new(open_settings(), open_settings());
    pair.chunks = seed.map(Rng::new);
    pair.run(SECOND);
    for mode in [Mode::ViewOnly, Mode::FullControl] {
        let id = pair.helper.request_mode(pair.now, mode).unwrap();
        pair.run(SECOND);
        pair.sharer.consent(pair.now, id, true).unwrap();
        pair.run(SECOND);
    }
    let mut rng = Rng::new(1);
    for step in 0..50 {
        if pair.sharer.can_send_frame(pair.now) {
            pair.sharer.send_frame(pair.now, DisplayId(0), Bytes::from(vec![step; rng.below(100_000)])).unwrap();
        }
        let usage = HidUsage::keyboard(4 + u16::from(step % 26));
        pair.helper.send_input(pair.now, &[Input::Key { usage, down: step % 2 == 0, text: Some('é') }]).unwrap();
        if step % 5 == 0 {
            pair.helper.send_chat(pair.now, "日🙂").unwrap();
        }
        pair.run(50 * MS);
    }
    pair.sharer.leave(pair.now, "done");
    pair.run(SECOND);
    (pair.helper_events, pair.sharer_events)
}

#[test]
fn a_session_does_not_depend_on_how_its_bytes_are_cut() {
    let whole = scripted(None);
    assert!(whole.0.len() > 60 && whole.1.len() > 60);
    for seed in 0..20 {
        assert_eq!(scripted(Some(seed)), whole, "seed {seed}");
    }
}

#[test]
fn a_byte_at_a_time_is_the_same_as_all_at_once() {
    let now = Instant::now();
    let mut helper = crate::sim::helper(open_settings(), now);
    let mut sharer = sharer(open_settings(), now);
    for _ in 0..4 {
        let up: Vec<u8> = std::iter::from_fn(|| helper.poll_transmit()).flatten().collect();
        up.chunks(1).for_each(|byte| sharer.handle_bytes(now, byte).unwrap());
        let down: Vec<u8> = std::iter::from_fn(|| sharer.poll_transmit()).flatten().collect();
        down.chunks(1).for_each(|byte| helper.handle_bytes(now, byte).unwrap());
    }
    assert!(std::iter::from_fn(|| helper.poll_event()).any(|event| event == HelperEvent::Authenticated));
    assert_eq!(helper.handle_bytes(now, &[]), Ok(()));
}

#[test]
fn time_that_stands_still_or_jumps_is_no_reason_to_panic() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    let earlier = pair.now - 500 * MS;
    pair.helper.handle_timeout(earlier);
    pair.sharer.handle_bytes(earlier, &wire(&rh_proto::msg::control::Ping { time: u64::MAX })).unwrap();
    pair.sharer.beat(pair.now + Duration::from_secs(86_400 * 365));
    assert!(pair.sharer.is_closed(), "a year without a byte");
}

#[test]
fn settings_that_make_no_sense_neither_hang_nor_panic() {
    let timers = Timers { keep_alive: Duration::ZERO, interlock: Duration::ZERO, local_input_pause: Duration::ZERO, ..Timers::default() };
    let app = AppInfo { name: "日".repeat(30_000), version: AppVersion::default() };
    let window = Window { frames: 0, bytes: 0 };
    let settings = || Settings { timers: timers.clone(), app: app.clone(), window, ..open_settings() };
    let mut pair = Pair::ready_with(settings(), settings());
    pair.enter(Mode::FullControl);
    pair.sharer.local_input(pair.now);
    pair.run(SECOND);
    assert!(!pair.sharer.can_send_frame(pair.now), "an indicator that may never be silent never shows life");

    // Time-outs longer than time itself never come.
    let timers = Timers { dead: Duration::MAX, handshake: Duration::MAX, ..Timers::default() };
    let mut pair = Pair::ready_with(Settings { timers: timers.clone(), ..open_settings() }, Settings { timers, ..open_settings() });
    pair.cut();
    pair.run(100 * SECOND);
    assert!(!pair.helper.is_closed());

    // Nothing in common.
    let mut pair = Pair::new(Settings { profiles: vec![], ..open_settings() }, open_settings());
    pair.run(SECOND);
    assert_eq!(pair.helper_closed().unwrap().code, CloseCode::NO_COMMON_PROFILE);
}
