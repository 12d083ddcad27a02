//! Floods: a peer costs what `Limits` say and no more.

use bytes::Bytes;
use rh_proto::error::{CloseCode, Error};
use rh_proto::mode::Mode;
use rh_proto::msg::chat::Chat;
use rh_proto::msg::control::Ping;
use rh_proto::msg::input::{HidUsage, Input};
use rh_proto::msg::mode::{ModeCancel, ModeId, ModeRequest, RequestId};
use rh_proto::session::{HelperEvent, Settings, SharerEvent};

use crate::sim::{MS, Pair, SECOND, open_settings, wire};

/// How many of `messages` the sharer takes at one moment.
fn taken(pair: &mut Pair, messages: impl Iterator<Item = Vec<u8>>) -> (usize, Option<Error>) {
    for (count, message) in messages.enumerate() {
        if let Err(error) = pair.sharer.handle_bytes(pair.now, &message) {
            return (count, Some(error));
        }
        // A peer that reads, and an app that looks at its events.
        while pair.sharer.poll_transmit().is_some() {}
        while pair.sharer.poll_event().is_some() {}
    }
    (usize::MAX, None)
}

#[test]
fn twice_the_rate_at_once_and_not_more() {
    let limits = open_settings().limits;
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    let (count, error) = taken(&mut pair, (1..).map(|id| wire(&Chat { id, text: "x".into() })));
    assert_eq!(count, 2 * usize::try_from(limits.chats_per_second).unwrap());
    assert_eq!(error.unwrap().close_code(), CloseCode::LIMIT_EXCEEDED);

    let mut pair = Pair::in_mode(Mode::ViewOnly);
    let (count, error) = taken(&mut pair, (0..).map(|time| wire(&Ping { time })));
    assert!((7990..=8000).contains(&count), "{count}: the pair's own messages count");
    assert_eq!(error.unwrap().close_code(), CloseCode::LIMIT_EXCEEDED);

    let mut pair = Pair::ready();
    let ask = |id| {
        let request = wire(&ModeRequest { id: RequestId(id), mode: ModeId::VIEW_ONLY });
        let cancel = wire(&ModeCancel { id: RequestId(id) });
        [request, cancel].concat()
    };
    let (count, _) = taken(&mut pair, (1..).map(ask));
    assert_eq!(count, 10, "nobody clicks away a hundred questions a second");
}

#[test]
fn the_rate_itself_is_fine_forever() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    for id in 1..200 {
        pair.sharer.handle_bytes(pair.now, &wire(&Chat { id, text: "x".into() })).unwrap();
        // The helper did not send it and need not see it acknowledged.
        while pair.sharer.poll_transmit().is_some() {}
        pair.run(100 * MS);
    }
    assert!(!pair.sharer.is_closed());
}

#[test]
fn a_peer_that_does_not_read_the_answers_it_causes_is_left() {
    let mut settings = open_settings();
    settings.limits.queued = 1000;
    let mut pair = Pair::ready_with(open_settings(), settings);
    let error = (0..1000).find_map(|time| pair.sharer.handle_bytes(pair.now, &wire(&Ping { time })).err()).unwrap();
    assert_eq!(error, Error::LimitExceeded { what: "answers that the peer does not read", limit: 1000 });
    let queued: usize = std::iter::from_fn(|| pair.sharer.poll_transmit()).map(|bytes| bytes.len()).sum();
    assert!(queued <= 1100, "the limit and a close: {queued}");
}

#[test]
fn a_transport_that_takes_nothing_makes_calls_fail_and_changes_nothing() {
    let mut settings = open_settings();
    settings.limits.queued = 2000;
    let mut pair = Pair::ready_with(settings, open_settings());
    pair.enter(Mode::FullControl);
    let press = [Input::Key { usage: HidUsage::keyboard(4), down: true, text: None }];
    let sent = (0..).take_while(|_| pair.helper.send_input(pair.now, &press).is_ok()).count();
    assert_eq!(pair.helper.send_input(pair.now, &press), Err(Error::Busy));
    let erased = (0..).take_while(|_| pair.helper.send_erase(pair.now).is_ok()).count();
    assert!(sent > 10 && erased > 10);
    assert!(!pair.helper.is_closed());
    pair.run(SECOND);
    let arrived = pair.sharer_events.iter().filter(|event| matches!(event, SharerEvent::Input(_))).count();
    assert_eq!(arrived, sent, "what was taken arrives; what was refused was not half sent");
    pair.helper.send_input(pair.now, &press).unwrap();
}

#[test]
fn a_batch_over_the_limit_is_refused_at_both_ends() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    let limits = open_settings().limits;
    let acts = vec![Input::Attention; limits.batch + 1];
    assert!(matches!(pair.helper.send_input(pair.now, &acts), Err(Error::LimitExceeded { .. })));
    let text = Input::Text("x".repeat(limits.text + 1).into());
    assert!(matches!(pair.helper.send_input(pair.now, &[text]), Err(Error::LimitExceeded { .. })));

    let generous = Settings { limits: rh_proto::limits::Limits { batch: 1000, ..limits }, ..open_settings() };
    let mut pair = Pair::ready_with(generous, open_settings());
    pair.enter(Mode::FullControl);
    pair.helper.send_input(pair.now, &acts).unwrap();
    pair.run(SECOND);
    assert_eq!(pair.sharer_closed().unwrap().code, CloseCode::LIMIT_EXCEEDED);
    assert_eq!(pair.helper_closed().unwrap().code, CloseCode::LIMIT_EXCEEDED);
}

#[test]
fn before_authentication_less_is_taken() {
    let limits = open_settings().limits;
    let now = std::time::Instant::now();
    let long = u32::try_from(limits.handshake_frame + 1).unwrap().to_be_bytes();
    let header = [1, 0, long[1], long[2], long[3]];
    let error = crate::sim::sharer(open_settings(), now).handle_bytes(now, &header).unwrap_err();
    assert_eq!(error, Error::LimitExceeded { what: "wire frame", limit: limits.handshake_frame });

    // Endless steps, each of them small enough.
    struct Patient;
    impl rh_proto::credential::Credential for Patient {
        fn start(&mut self, _: std::time::Instant, _: &rh_proto::credential::Binding) -> Result<(), rh_proto::credential::Refusal> {
            Ok(())
        }
        fn handle(
            &mut self,
            _: std::time::Instant,
            _: rh_proto::credential::AuthStep,
            _: &[u8],
        ) -> Result<(), rh_proto::credential::Refusal> {
            Ok(())
        }
        fn poll(&mut self) -> Option<(rh_proto::credential::AuthStep, Bytes)> {
            None
        }
        fn is_complete(&self) -> bool {
            false
        }
        fn abandon(&mut self, _: std::time::Instant) {}
    }
    let binding = crate::sim::binding(rh_proto::credential::Role::Sharer);
    let mut sharer = rh_proto::session::Sharer::new(open_settings(), Box::new(Patient), binding, now);
    let hello: Vec<u8> = std::iter::from_fn({
        let mut helper = crate::sim::helper(open_settings(), now);
        move || helper.poll_transmit()
    })
    .flatten()
    .collect();
    sharer.handle_bytes(now, &hello).unwrap();
    let step = rh_proto::credential::AuthStep(99);
    let step = wire(&rh_proto::msg::auth::Auth { step, body: Bytes::from(vec![0; 60_000]) });
    let count = (0..100).take_while(|_| sharer.handle_bytes(now, &step).is_ok()).count();
    assert_eq!(count, 4, "256 KiB in all");
}

#[test]
fn answers_to_denied_floods_are_bounded_too() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    let flood = wire(&rh_proto::msg::input::InputBatch::new(1, &[Input::Attention], &open_settings().limits).unwrap());
    let mut refused = 0;
    for _ in 0..20_000 {
        refused += usize::from(pair.sharer.handle_bytes(pair.now, &flood).is_err());
    }
    assert_eq!(refused, 1);
    pair.run(SECOND);
    assert_eq!(pair.helper_closed().unwrap().code, CloseCode::LIMIT_EXCEEDED);
    let denied = pair.helper_events.iter().filter(|event| matches!(event, HelperEvent::Denied { .. })).count();
    assert!(denied < 6000, "{denied}");
}
