//! From the first byte to `Authenticated`, and every way not to get there.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rh_proto::credential::{AuthStep, Role};
use rh_proto::error::{CloseCode, Error};
use rh_proto::msg::auth::{Auth, AuthOk};
use rh_proto::msg::hello::{AppVersion, Capabilities, Extension, Hello, Profile, Version, Versions, Window};
use rh_proto::msg::{Message, MessageType};
use rh_proto::session::{AppInfo, Helper, HelperEvent, Settings, Sharer, SharerEvent};
use sha2::{Digest as _, Sha256};

use crate::sim::{MS, Pair, SECOND, SESSION_ID, Seen, Word, binding, frames, helper, open_settings, parse, sharer, wire};

fn app(name: &str, version: AppVersion) -> Settings {
    Settings { app: AppInfo { name: name.into(), version }, ..open_settings() }
}

/// All that `poll` has to send.
fn all(mut poll: impl FnMut() -> Option<Bytes>) -> Vec<u8> {
    std::iter::from_fn(&mut poll).flatten().collect()
}

/// What a helper sends first.
fn first_flight(now: Instant) -> Vec<u8> {
    let mut helper = helper(open_settings(), now);
    all(|| helper.poll_transmit())
}

fn hello(wire: &[u8]) -> Hello {
    match parse(wire).remove(0) {
        Message::Hello(hello) => hello,
        message => panic!("a hello comes first, not {message:?}"),
    }
}

/// A helper's hello, changed, at a fresh sharer: what ends it and what it sends.
fn refused_by_sharer(settings: Settings, change: impl FnOnce(&mut Hello)) -> (Error, Vec<Message>) {
    let now = Instant::now();
    let mut offer = hello(&first_flight(now));
    change(&mut offer);
    let mut sharer = sharer(settings, now);
    let error = sharer.handle_bytes(now, &wire(&offer)).unwrap_err();
    assert!(sharer.is_closed());
    (error, parse(&all(|| sharer.poll_transmit())))
}

#[test]
fn both_sides_learn_who_the_other_is_and_what_holds_between_them() {
    let native = Profile::NATIVE;
    let other = Profile(0x7777);
    let offer =
        Settings { profiles: vec![other, native], capabilities: Capabilities(0b1011), ..app("helper app", AppVersion::new(0, 3, 1)) };
    let answer =
        Settings { profiles: vec![native], capabilities: Capabilities(0b0111), ..app("sharer app", AppVersion::new(1, 0, 2_509_231)) };
    let mut pair = Pair::new(offer, answer);
    pair.run(SECOND);
    let HelperEvent::Hello { peer } = &pair.helper_events[0] else { panic!("{:?}", pair.helper_events) };
    assert_eq!((peer.name.as_str(), peer.version.to_string().as_str()), ("sharer app", "1.0.2509231"));
    assert_eq!((peer.profile, peer.capabilities, peer.protocol), (native, Capabilities(0b0011), Version::CURRENT));
    let SharerEvent::Hello { peer } = &pair.sharer_events[0] else { panic!("{:?}", pair.sharer_events) };
    assert_eq!((peer.name.as_str(), peer.profile, peer.capabilities), ("helper app", native, Capabilities(0b0011)));
    assert_eq!(pair.helper_events[1], HelperEvent::Authenticated);
    assert_eq!(pair.sharer_events[1], SharerEvent::Authenticated);
}

#[test]
fn the_transcript_is_the_hash_of_all_frames_the_helpers_first() {
    let mut pair = Pair::new(open_settings(), open_settings());
    pair.run(SECOND);
    let (up, down) = pair.sent();
    let mut hash = Sha256::new();
    let mut confirmations = Vec::new();
    for side in [up, down] {
        for (frame, message) in frames(side).into_iter().zip(parse(side)) {
            match message {
                Message::Hello(_) | Message::Auth(_) => {
                    let mut bytes = bytes::BytesMut::new();
                    frame.write(&mut bytes).unwrap();
                    hash.update(&bytes);
                }
                Message::AuthOk(ok) => confirmations.push(ok.transcript),
                _ => {}
            }
        }
    }
    let hash: [u8; 32] = hash.finalize().into();
    assert_eq!(confirmations, [hash, hash]);
    let steps = |side| frames(side).iter().map(|frame| frame.message).filter(|message| *message != MessageType::PING).collect::<Vec<_>>();
    use MessageType as M;
    assert_eq!(steps(up), [M::HELLO, M::AUTH, M::AUTH, M::AUTH_OK, M::PONG]);
    assert_eq!(steps(down), [M::HELLO, M::AUTH, M::AUTH_OK, M::PONG]);
}

#[test]
fn both_credentials_are_bound_to_the_helpers_session_id() {
    let now = Instant::now();
    let words = [Word::new(Role::Helper, b"w"), Word::new(Role::Sharer, b"w")];
    let seen = words.each_ref().map(|word| Arc::clone(&word.seen));
    let [a, b] = words;
    let helper = Helper::new(open_settings(), Box::new(a), binding(Role::Helper), now);
    let sharer = Sharer::new(open_settings(), Box::new(b), binding(Role::Sharer), now);
    let mut pair = Pair::of(now, helper, sharer);
    pair.run(SECOND);
    for seen in seen {
        let seen = seen.lock().unwrap().clone();
        assert_eq!(seen.started, Some(SESSION_ID));
        assert!(!seen.abandoned, "it succeeded");
    }
}

#[test]
fn a_version_out_of_reach_is_refused_in_words_without_reading_further() {
    let newer = Versions { min: Version(7), max: Version(9) };
    let (error, sent) = refused_by_sharer(open_settings(), |hello| hello.versions = newer);
    assert_eq!(error.close_code(), CloseCode::VERSION);
    assert_eq!(error.to_string(), "this app speaks version 1 of the protocol, the other side 7 to 9: update this app");
    let [Message::Close(close)] = sent.as_slice() else { panic!("nothing but a close, not {sent:?}") };
    assert_eq!(close.code, CloseCode::VERSION);
    let told = "this app speaks version 7 to 9 of the protocol, the other side 1: the other side's app must be updated";
    assert_eq!(close.text.as_str(), told);

    // A hello of version 9 may look like anything behind its first nine bytes.
    let now = Instant::now();
    let mut sharer = sharer(open_settings(), now);
    let future = b"\x01\x00\x00\x00\x0bRHLP\x01\x00\x07\x00\x09??";
    assert_eq!(sharer.handle_bytes(now, future).unwrap_err().close_code(), CloseCode::VERSION);
}

#[test]
fn an_app_that_is_too_old_is_told_to_update_whichever_side_it_is_on() {
    let old = AppVersion::new(0, 1, 0);
    let strict = Settings { min_peer: AppVersion::new(0, 3, 0), ..app("strict", AppVersion::new(0, 3, 0)) };
    let told = "this app 0.1.0 is too old: the other side asks for at least 0.3.0; update it";
    let here = "the other side's app 0.1.0 is too old: at least 0.3.0 is asked for here; it must be updated";

    let mut pair = Pair::new(app("old", old), strict.clone());
    pair.run(SECOND);
    let closed = pair.helper_closed().unwrap();
    assert_eq!((closed.code, closed.text.as_str(), closed.by_peer, closed.clean), (CloseCode::APP_TOO_OLD, told, true, false));
    assert_eq!(pair.sharer_closed().unwrap().text, here);

    let mut pair = Pair::new(strict, app("old", old));
    pair.run(SECOND);
    assert_eq!(pair.sharer_closed().unwrap().text, told);
    assert_eq!(pair.helper_closed().unwrap().text, here);
}

#[test]
fn two_of_a_kind_and_no_common_profile_are_refused() {
    let (error, _) = refused_by_sharer(open_settings(), |hello| hello.role = Role::Sharer);
    assert_eq!(error.close_code(), CloseCode::SAME_ROLE);
    let (error, sent) = refused_by_sharer(open_settings(), |hello| hello.profiles = vec![Profile(0x7777)]);
    assert_eq!(error.close_code(), CloseCode::NO_COMMON_PROFILE);
    assert!(matches!(sent.as_slice(), [Message::Close(_)]), "no hello, no step: {sent:?}");
}

#[test]
fn a_reflected_hello_is_refused() {
    let now = Instant::now();
    let mut helper = helper(open_settings(), now);
    let own = all(|| helper.poll_transmit());
    assert_eq!(helper.handle_bytes(now, &own).unwrap_err().close_code(), CloseCode::SAME_ROLE);
}

#[test]
fn bytes_of_another_protocol_are_refused_at_the_hello() {
    for bytes in [&b"GET / HTTP/1.1\r\n"[..], b"SSH-2.0-x\r\n", b"\x01\x00\x00\x00\x09RHLQ\x01\0\x01\0\x01", b"\x16\x03\x01\x00\x05hello"] {
        let now = Instant::now();
        let mut sharer = sharer(open_settings(), now);
        let error = sharer.handle_bytes(now, bytes).unwrap_err();
        assert!(matches!(error, Error::LimitExceeded { .. } | Error::PeerViolation { .. } | Error::Malformed { .. }), "{error:?}");
    }
}

/// The sharer's answer, changed, at the helper that asked.
fn refused_by_helper(change: impl FnOnce(&mut Hello)) -> Error {
    let now = Instant::now();
    let (mut helper, mut sharer) = (helper(open_settings(), now), sharer(open_settings(), now));
    sharer.handle_bytes(now, &all(|| helper.poll_transmit())).unwrap();
    let mut answer = hello(&all(|| sharer.poll_transmit()));
    change(&mut answer);
    helper.handle_bytes(now, &wire(&answer)).unwrap_err()
}

#[test]
fn an_answer_that_is_none_is_refused() {
    let violations: [fn(&mut Hello); 4] = [
        |hello| hello.session_id = [9; 16],
        |hello| hello.window = Window { frames: 999, bytes: 1 },
        |hello| hello.profiles = vec![Profile(0x7777)],
        |hello| hello.profiles = vec![Profile::NATIVE; 2],
    ];
    for change in violations {
        assert_eq!(refused_by_helper(change).close_code(), CloseCode::VIOLATION);
    }
    assert_eq!(refused_by_helper(|hello| hello.versions.max = Version(2)).close_code(), CloseCode::VIOLATION);
    assert_eq!(refused_by_helper(|hello| hello.versions = Versions { min: Version(2), max: Version(2) }).close_code(), CloseCode::VERSION);
}

#[test]
fn what_a_later_hello_adds_does_no_harm() {
    let now = Instant::now();
    let mut offer = hello(&first_flight(now));
    offer.extensions = vec![Extension { id: 0x4242, body: Bytes::from_static(b"from the future") }];
    offer.capabilities = Capabilities(u64::MAX);
    offer.versions.max = Version(3);
    let mut sharer = sharer(open_settings(), now);
    sharer.handle_bytes(now, &wire(&offer)).unwrap();
    let answer = hello(&all(|| sharer.poll_transmit()));
    assert_eq!((answer.versions.min, answer.versions.max), (Version(1), Version(1)), "the newest that both speak");
}

fn failing(a: &'static [u8], b: &'static [u8]) -> (Pair, [Arc<Mutex<Seen>>; 2]) {
    let now = Instant::now();
    let words = [Word::new(Role::Helper, a), Word::new(Role::Sharer, b)];
    let seen = words.each_ref().map(|word| Arc::clone(&word.seen));
    let [a, b] = words;
    let helper = Helper::new(open_settings(), Box::new(a), binding(Role::Helper), now);
    let sharer = Sharer::new(open_settings(), Box::new(b), binding(Role::Sharer), now);
    (Pair::of(now, helper, sharer), seen)
}

#[test]
fn a_credential_that_does_not_convince_ends_both_sides_with_its_code_and_words() {
    let (mut pair, seen) = failing(b"right", b"wrong");
    pair.run(SECOND);
    let (helper, sharer) = (pair.helper_closed().unwrap(), pair.sharer_closed().unwrap());
    assert_eq!((helper.code, helper.by_peer, helper.text.as_str()), (CloseCode::WRONG_CODE, false, "that is not the word"));
    assert_eq!((sharer.code, sharer.by_peer, sharer.text.as_str()), (CloseCode::WRONG_CODE, true, "that is not the word"));
    for seen in seen {
        assert!(seen.lock().unwrap().abandoned, "a one-time code is burnt by a failed attempt");
    }
    assert!(!pair.helper_events.contains(&HelperEvent::Authenticated) && !pair.sharer_events.contains(&SharerEvent::Authenticated));
}

#[test]
fn a_peer_that_walks_away_or_falls_silent_abandons_the_credential() {
    let (mut pair, seen) = failing(b"w", b"w");
    pair.run(30 * MS);
    pair.cut();
    pair.run(9 * SECOND);
    assert!(!pair.helper.is_closed() && !pair.sharer.is_closed());
    pair.run(SECOND);
    for closed in [pair.helper_closed().unwrap(), pair.sharer_closed().unwrap()] {
        assert_eq!((closed.code, closed.by_peer, closed.clean), (CloseCode::HANDSHAKE_TIMEOUT, false, false));
    }
    assert!(seen.iter().all(|seen| seen.lock().unwrap().abandoned));

    let (mut pair, seen) = failing(b"w", b"w");
    pair.run(30 * MS);
    pair.sharer.handle_closed(pair.now);
    pair.run(Duration::ZERO);
    assert_eq!(pair.sharer_closed().unwrap().code, CloseCode::TRANSPORT_GONE);
    assert!(seen[1].lock().unwrap().abandoned);
}

#[test]
fn a_changed_message_is_found_by_the_transcript_even_if_the_credential_is_content() {
    let now = Instant::now();
    let (mut helper, mut sharer) = (helper(open_settings(), now), sharer(open_settings(), now));
    // Somebody in between takes capabilities away, which no credential looks at.
    let first = all(|| helper.poll_transmit());
    let mut offer = hello(&first);
    offer.capabilities = Capabilities(0);
    sharer.handle_bytes(now, &wire(&offer)).unwrap();
    helper.handle_bytes(now, &all(|| sharer.poll_transmit())).unwrap();
    sharer.handle_bytes(now, &all(|| helper.poll_transmit())).unwrap();
    helper.handle_bytes(now, &all(|| sharer.poll_transmit())).unwrap();
    let error = sharer.handle_bytes(now, &all(|| helper.poll_transmit())).unwrap_err();
    assert_eq!(error.close_code(), CloseCode::TRANSCRIPT);
    assert!(std::iter::from_fn(|| sharer.poll_event()).all(|event| event != SharerEvent::Authenticated));
    let error = helper.handle_bytes(now, &all(|| sharer.poll_transmit())).unwrap_err();
    assert_eq!(error.close_code(), CloseCode::TRANSCRIPT, "the helper finds out by itself");
}

#[test]
fn nobody_is_authenticated_before_holding_the_others_confirmation() {
    let now = Instant::now();
    let (mut helper, mut sharer) = (helper(open_settings(), now), sharer(open_settings(), now));
    for _ in 0..2 {
        sharer.handle_bytes(now, &all(|| helper.poll_transmit())).unwrap();
        helper.handle_bytes(now, &all(|| sharer.poll_transmit())).unwrap();
    }
    let events: Vec<_> = std::iter::from_fn(|| helper.poll_event()).collect();
    assert!(!events.contains(&HelperEvent::Authenticated), "the helper is content, but has not heard the sharer say so: {events:?}");
    assert!(helper.request_mode(now, rh_proto::mode::Mode::ViewOnly).is_err());
    sharer.handle_bytes(now, &all(|| helper.poll_transmit())).unwrap();
    helper.handle_bytes(now, &all(|| sharer.poll_transmit())).unwrap();
    assert!(std::iter::from_fn(|| helper.poll_event()).any(|event| event == HelperEvent::Authenticated));
}

#[test]
fn steps_and_confirmations_out_of_order_end_the_session() {
    let now = Instant::now();
    let confirmation = wire(&AuthOk { transcript: [0; 32] });
    let step = wire(&Auth { step: AuthStep::PAKE_A, body: Bytes::new() });
    // Before the hello; a confirmation before anything was proved; a step after all was said.
    let fresh = sharer(open_settings(), now).handle_bytes(now, &step);
    assert_eq!(fresh.unwrap_err().close_code(), CloseCode::UNEXPECTED);

    let mut early = sharer(open_settings(), now);
    early.handle_bytes(now, &first_flight(now)).unwrap();
    assert_eq!(early.handle_bytes(now, &confirmation).unwrap_err().close_code(), CloseCode::UNEXPECTED);

    let (mut helper, mut sharer) = (helper(open_settings(), now), sharer(open_settings(), now));
    for _ in 0..2 {
        sharer.handle_bytes(now, &all(|| helper.poll_transmit())).unwrap();
        helper.handle_bytes(now, &all(|| sharer.poll_transmit())).unwrap();
    }
    assert_eq!(helper.handle_bytes(now, &step).unwrap_err().close_code(), CloseCode::UNEXPECTED);
}

#[test]
fn nothing_but_the_handshake_passes_before_authentication() {
    for message in (0..=255).map(MessageType) {
        use MessageType as M;
        if [M::HELLO, M::AUTH, M::AUTH_OK, M::CLOSE].contains(&message) {
            continue;
        }
        let now = Instant::now();
        let mut sharer = sharer(open_settings(), now);
        sharer.handle_bytes(now, &first_flight(now)).unwrap();
        let error = sharer.handle_bytes(now, &[message.0, 1, 0, 0, 0]).unwrap_err();
        assert_eq!(error.close_code(), CloseCode::UNEXPECTED, "{message:?}");
    }
}
