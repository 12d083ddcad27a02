//! A session and its connection as one: what an embedder sees when the connection is what fails.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rh_proto::credential::{AuthStep, Binding, ChannelKeys, Credential, Refusal};
use rh_proto::error::CloseCode;
use rh_proto::io::tls::{Identity, Secured, Session};
use rh_proto::mode::Mode;
use rh_proto::msg::layout::DisplayId;
use rh_proto::session::{Close, Helper, HelperEvent, Settings, Sharer, SharerEvent};

/// Convinced of anybody.
struct Trusting;

impl Credential for Trusting {
    fn start(&mut self, _: Instant, _: &Binding) -> Result<(), Refusal> {
        Ok(())
    }

    fn handle(&mut self, _: Instant, _: AuthStep, _: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        None
    }

    fn is_complete(&self) -> bool {
        true
    }

    fn abandon(&mut self, _: Instant) {}
}

#[allow(clippy::disallowed_methods, reason = "any moment will do to count from")]
fn epoch() -> Instant {
    Instant::now()
}

fn ends(now: Instant) -> (Secured<Helper>, Secured<Sharer>) {
    (
        Secured::helper(&Identity::from_seed([1; 32]), [7; 16], Settings::default(), Box::new(Trusting), now).unwrap(),
        Secured::sharer(&Identity::from_seed([2; 32]), Settings::default(), Box::new(Trusting), now).unwrap(),
    )
}

/// Everything that waits at `from`.
fn wire(from: &mut Secured<impl Session>) -> Vec<u8> {
    let mut wire = Vec::new();
    while from.poll_transmit(&mut wire) > 0 {}
    wire
}

fn events<S: Session>(end: &mut Secured<S>) -> Vec<S::Event> {
    std::iter::from_fn(|| end.poll_event()).collect()
}

/// How an end says that it has ended.
fn closing<S: Session>(end: &mut Secured<S>) -> Close {
    let mut last = events(end).pop().expect("an end says so");
    let close = S::closing(&mut last).expect("the last event is the end").clone();
    assert!(end.is_closed() && end.poll_timeout().is_none());
    close
}

/// Two ends in the middle of a session, with full control granted.
fn granted(now: Instant) -> (Secured<Helper>, Secured<Sharer>) {
    let (mut helper, mut sharer) = ends(now);
    let mut asked = false;
    loop {
        let (up, down) = (wire(&mut helper), wire(&mut sharer));
        sharer.handle_bytes(now, &up);
        helper.handle_bytes(now, &down);
        for event in events(&mut sharer) {
            if let SharerEvent::ConsentRequested { id, .. } = event {
                sharer.session_mut().unwrap().consent(now, id, true).unwrap();
            }
        }
        let happened = events(&mut helper);
        if happened.contains(&HelperEvent::Authenticated) {
            assert!(!std::mem::replace(&mut asked, true));
            helper.session_mut().unwrap().request_mode(now, Mode::FullControl).unwrap();
        }
        if happened.contains(&HelperEvent::ModeGranted(Mode::FullControl)) {
            sharer.handle_bytes(now, &wire(&mut helper));
            events(&mut sharer);
            return (helper, sharer);
        }
    }
}

#[test]
fn a_session_begins_when_tls_stands() {
    let now = epoch();
    let (mut helper, mut sharer) = ends(now);
    assert!(helper.session().is_none() && sharer.session_mut().is_none() && helper.peer_key().is_none());
    sharer.handle_bytes(now, &wire(&mut helper));
    helper.handle_bytes(now, &wire(&mut sharer));
    assert!(helper.session().is_some());
    assert_eq!(helper.peer_key(), Some(*Identity::from_seed([2; 32]).public_key()));
    sharer.handle_bytes(now, &wire(&mut helper));
    assert!(matches!(events(&mut sharer)[..], [SharerEvent::Hello { .. }]));
}

/// Notes what it is told of the connection.
struct Noting(Arc<Mutex<Vec<ChannelKeys>>>);

impl Credential for Noting {
    fn secured(&mut self, keys: &ChannelKeys) {
        self.0.lock().unwrap().push(*keys);
    }

    fn start(&mut self, _: Instant, _: &Binding) -> Result<(), Refusal> {
        assert_eq!(self.0.lock().unwrap().len(), 1, "the keys come first");
        Ok(())
    }

    fn handle(&mut self, _: Instant, _: AuthStep, _: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        None
    }

    fn is_complete(&self) -> bool {
        true
    }

    fn abandon(&mut self, _: Instant) {}
}

#[test]
fn a_credential_learns_both_keys_before_it_starts_and_the_app_the_transcript_when_both_agree() {
    let now = epoch();
    let (seen_by_helper, seen_by_sharer) = <(Arc<Mutex<Vec<_>>>, Arc<Mutex<Vec<_>>>)>::default();
    let (one, two) = (Identity::from_seed([1; 32]), Identity::from_seed([2; 32]));
    let mut helper = Secured::helper(&one, [7; 16], Settings::default(), Box::new(Noting(Arc::clone(&seen_by_helper))), now).unwrap();
    let mut sharer = Secured::sharer(&two, Settings::default(), Box::new(Noting(Arc::clone(&seen_by_sharer))), now).unwrap();
    let mut agreed = [None, None];
    while agreed[0].is_none() || agreed[1].is_none() {
        let bytes = wire(&mut helper);
        sharer.handle_bytes(now, &bytes);
        if agreed[1].is_none() && sharer.session().is_some_and(|session| session.transcript().is_some()) {
            assert!(events(&mut sharer).contains(&SharerEvent::Authenticated), "no transcript before both have confirmed it");
        }
        let bytes = wire(&mut sharer);
        helper.handle_bytes(now, &bytes);
        agreed = [helper.session().and_then(Helper::transcript), sharer.session().and_then(Sharer::transcript)];
    }
    assert_eq!(agreed[0], agreed[1]);
    let (one, two) = (*one.public_key().spki(), *two.public_key().spki());
    assert_eq!(*seen_by_helper.lock().unwrap(), [ChannelKeys { own: one, peer: two }]);
    assert_eq!(*seen_by_sharer.lock().unwrap(), [ChannelKeys { own: two, peer: one }]);
    helper.session_mut().unwrap().leave(now, "bye");
    assert_eq!(helper.session().and_then(Helper::transcript), None);
}

#[test]
fn a_stranger_that_speaks_something_else_is_shown_the_door() {
    let now = epoch();
    let (_, mut sharer) = ends(now);
    sharer.handle_bytes(now, b"GET / HTTP/1.1\r\n\r\n");
    let close = closing(&mut sharer);
    assert_eq!((close.code, close.clean, close.by_peer), (CloseCode::VIOLATION, false, false));
    assert!(close.text.contains("no Remote Help app"), "{}", close.text);
    assert_eq!(wire(&mut sharer)[0], 21, "with a TLS alert");
    sharer.handle_bytes(now, b"more");
    sharer.handle_closed(now);
    assert!(events(&mut sharer).is_empty(), "and that was all");
}

/// One time-out for everything until both ends are sure, whichever part of it a peer dawdles in.
#[test]
fn ten_seconds_cover_tls_and_what_follows() {
    let start = epoch();
    let due = start + Duration::from_secs(10);
    for far in 0..3 {
        let (mut helper, mut sharer) = ends(start);
        if far > 0 {
            sharer.handle_bytes(start + Duration::from_secs(3), &wire(&mut helper));
        }
        if far > 1 {
            helper.handle_bytes(start + Duration::from_secs(6), &wire(&mut sharer));
            assert!(helper.session().is_some(), "for the helper TLS stands, and the session waits");
        }
        for _ in 0..100 {
            let Some(timeout) = helper.poll_timeout().filter(|timeout| *timeout < due) else { break };
            helper.handle_timeout(timeout);
        }
        assert_eq!(helper.poll_timeout(), Some(due), "{far}");
        helper.handle_timeout(due - Duration::from_nanos(1));
        assert!(!helper.is_closed());
        // Also where the timer is late and bytes come first.
        helper.handle_bytes(due, b"");
        assert_eq!(closing(&mut helper).code, CloseCode::HANDSHAKE_TIMEOUT);
        sharer.handle_timeout(due);
        assert_eq!(closing(&mut sharer).code, CloseCode::HANDSHAKE_TIMEOUT);
    }
}

#[test]
fn a_connection_that_goes_before_the_session_came_is_an_end_like_any_other() {
    let now = epoch();
    let (mut helper, mut sharer) = ends(now);
    sharer.handle_bytes(now, &wire(&mut helper));
    for close in [
        {
            helper.handle_closed(now);
            closing(&mut helper)
        },
        {
            sharer.handle_closed(now);
            closing(&mut sharer)
        },
    ] {
        assert_eq!((close.code, close.clean), (CloseCode::TRANSPORT_GONE, false));
    }
}

#[test]
fn tampering_in_the_middle_of_a_session_is_named_at_both_ends_and_lets_go_of_keys() {
    let now = epoch();
    let (mut helper, mut sharer) = granted(now);
    helper.session_mut().unwrap().send_chat(now, "hello").unwrap();
    let mut up = wire(&mut helper);
    let last = up.len() - 1;
    up[last] ^= 1;
    sharer.handle_bytes(now, &up);
    let told = events(&mut sharer);
    assert!(told.contains(&SharerEvent::ReleaseAll) && !told.iter().any(|event| matches!(event, SharerEvent::Chat { .. })));
    let Some(SharerEvent::Closed(close)) = told.last() else { panic!("{told:?}") };
    assert_eq!((close.code, close.by_peer, close.clean), (CloseCode::VIOLATION, false, false));
    assert!(close.text.contains("tampered"), "{}", close.text);
    helper.handle_bytes(now, &wire(&mut sharer));
    let close = closing(&mut helper);
    assert_eq!((close.code, close.by_peer, close.clean), (CloseCode::VIOLATION, true, false));
}

#[test]
fn leaving_is_clean_at_both_ends_and_ends_the_stream_in_order() {
    let now = epoch();
    let (mut helper, mut sharer) = granted(now);
    helper.session_mut().unwrap().leave(now, "thanks");
    let up = wire(&mut helper);
    assert!(closing(&mut helper).clean);
    sharer.handle_bytes(now, &up);
    let close = closing(&mut sharer);
    assert_eq!((close.code, close.by_peer, close.clean, close.text.as_str()), (CloseCode::LEFT, true, true, "thanks"));
    // Whatever the transport does now is no news.
    helper.handle_bytes(now, &wire(&mut sharer));
    helper.handle_closed(now);
    sharer.handle_closed(now);
    assert!(events(&mut helper).is_empty() && events(&mut sharer).is_empty());
}

/// A large picture does not go to the transport in one piece, so what comes up meanwhile need not wait for all of it.
#[test]
fn what_is_urgent_overtakes_a_picture() {
    let now = epoch();
    let (mut helper, mut sharer) = granted(now);
    let session = sharer.session_mut().unwrap();
    session.beat(now);
    session.send_frame(now, DisplayId(1), Bytes::from(vec![7; 1 << 20])).unwrap();
    let mut first = Vec::new();
    let count = sharer.poll_transmit(&mut first);
    assert!(count < 64 * 1024, "{count} bytes at once");
    sharer.session_mut().unwrap().send_chat(now, "look here").unwrap();
    helper.handle_bytes(now, &first);
    let mut second = Vec::new();
    sharer.poll_transmit(&mut second);
    helper.handle_bytes(now, &second);
    assert!(matches!(events(&mut helper)[..], [HelperEvent::Chat { .. }]), "the chat is there, the picture is not");
    helper.handle_bytes(now, &wire(&mut sharer));
    assert!(matches!(&events(&mut helper)[..], [HelperEvent::Frame { payload, .. }] if payload.len() == 1 << 20));
}
