//! Request, consent, grant, decline, downgrade, revoke: who may do what, and when.

use std::time::Duration;

use bytes::Bytes;
use rh_proto::error::{CloseCode, Error};
use rh_proto::mode::{Mode, ModeSet, State};
use rh_proto::msg::layout::{DisplayId, Generation, Layout};
use rh_proto::msg::mode::{DeclineReason, ModeGrant, ModeId, ModeRequest, RequestId};
use rh_proto::msg::profile::Portrait;
use rh_proto::session::{HelperEvent, Settings, SharerEvent};

use crate::sim::{MS, Pair, SECOND, open_settings, wire};

#[test]
fn a_mode_is_granted_when_the_person_agrees_and_not_before() {
    let mut pair = Pair::ready();
    let id = pair.helper.request_mode(pair.now, Mode::ViewOnly).unwrap();
    pair.run(SECOND);
    assert!(pair.helper_events.contains(&HelperEvent::ConsentPending { id }));
    assert!(pair.sharer_events.contains(&SharerEvent::ConsentRequested { id, mode: Mode::ViewOnly }));
    assert_eq!((pair.helper.mode(), pair.sharer.mode()), (None, None));
    assert!(!pair.sharer.can_send_frame(pair.now), "nothing is shown while the person thinks");
    pair.sharer.consent(pair.now, id, true).unwrap();
    pair.run(SECOND);
    assert!(pair.helper_events.contains(&HelperEvent::ModeGranted(Mode::ViewOnly)));
    assert!(pair.sharer_events.contains(&SharerEvent::ModeChanged(Some(Mode::ViewOnly))));
    assert!(pair.sharer.can_send_frame(pair.now));
}

#[test]
fn a_request_is_declined_for_another_reason_than_a_persons_word() {
    let mut pair = Pair::ready();
    let id = pair.helper.request_mode(pair.now, Mode::FullControl).unwrap();
    pair.run(SECOND);
    pair.sharer.decline(pair.now, id, DeclineReason::NOT_ALLOWED).unwrap();
    assert!(pair.sharer.consent(pair.now, id, true).is_err(), "what was declined is not granted any more");
    pair.run(SECOND);
    assert!(pair.helper_events.contains(&HelperEvent::ModeDeclined { id, reason: DeclineReason::NOT_ALLOWED }));
    assert_eq!((pair.helper.mode(), pair.sharer.mode()), (None, None));
}

#[test]
fn each_side_shows_its_face_once_and_needs_no_mode_for_it() {
    let mut pair = Pair::ready();
    let (hers, his) = (Bytes::from_static(b"hers"), Bytes::from(vec![7; 64 * 1024]));
    pair.helper.send_portrait(pair.now, hers.clone()).unwrap();
    pair.sharer.send_portrait(pair.now, his.clone()).unwrap();
    pair.run(SECOND);
    assert!(pair.sharer_events.contains(&SharerEvent::Portrait(hers.clone())));
    assert!(pair.helper_events.contains(&HelperEvent::Portrait(his.clone())));
    assert!(pair.helper.send_portrait(pair.now, hers).is_err());
    let mut other = Pair::ready();
    assert!(matches!(other.helper.send_portrait(other.now, [&his[..], b"!"].concat().into()), Err(Error::LimitExceeded { .. })));
    let portrait = wire(&Portrait { file: his });
    other.sharer.handle_bytes(other.now, &portrait).unwrap();
    let error = other.sharer.handle_bytes(other.now, &portrait).unwrap_err();
    assert_eq!(error.close_code(), CloseCode::VIOLATION);
}

#[test]
fn no_means_no() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    let id = pair.helper.request_mode(pair.now, Mode::FullControl).unwrap();
    pair.run(SECOND);
    pair.sharer.consent(pair.now, id, false).unwrap();
    pair.run(SECOND);
    assert!(pair.helper_events.contains(&HelperEvent::ModeDeclined { id, reason: DeclineReason::PERSON }));
    assert_eq!((pair.helper.mode(), pair.sharer.mode()), (Some(Mode::ViewOnly), Some(Mode::ViewOnly)), "what was granted stays");
}

#[test]
fn five_minutes_of_silence_decline() {
    let mut pair = Pair::ready();
    let id = pair.helper.request_mode(pair.now, Mode::FullControl).unwrap();
    pair.run(299 * SECOND);
    assert!(!pair.helper_events.iter().any(|event| matches!(event, HelperEvent::ModeDeclined { .. })));
    pair.run(2 * SECOND);
    assert!(pair.helper_events.contains(&HelperEvent::ModeDeclined { id, reason: DeclineReason::SILENCE }));
    assert!(pair.sharer_events.contains(&SharerEvent::ConsentWithdrawn { id }));
    let late = pair.sharer.consent(pair.now, id, true);
    assert!(matches!(late, Err(Error::ApiMisuse { .. })), "a click that comes too late grants nothing");
    assert_eq!(pair.sharer.mode(), None);
    assert!(!pair.helper.is_closed() && !pair.sharer.is_closed(), "the session goes on");
}

#[test]
fn every_upgrade_asks_again_and_a_downgrade_never_does() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    for mode in [Mode::FullControl, Mode::Elevation] {
        let id = pair.helper.request_mode(pair.now, mode).unwrap();
        pair.run(SECOND);
        assert!(pair.sharer_events.contains(&SharerEvent::ConsentRequested { id, mode }));
        pair.sharer.consent(pair.now, id, true).unwrap();
        pair.run(SECOND);
        pair.forget();
    }
    for mode in [Mode::FullControl, Mode::ViewOnly] {
        pair.helper.downgrade(pair.now, mode).unwrap();
        pair.run(SECOND);
        assert_eq!((pair.helper.mode(), pair.sharer.mode()), (Some(mode), Some(mode)));
        assert!(pair.sharer_events.contains(&SharerEvent::ModeChanged(Some(mode))));
        assert!(!pair.sharer_events.iter().any(|event| matches!(event, SharerEvent::ConsentRequested { .. })));
    }
    // What was given up must be asked for again.
    let id = pair.helper.request_mode(pair.now, Mode::FullControl).unwrap();
    pair.run(SECOND);
    assert!(pair.sharer_events.contains(&SharerEvent::ConsentRequested { id, mode: Mode::FullControl }));
    assert_eq!(pair.sharer.mode(), Some(Mode::ViewOnly));
}

#[test]
fn either_side_takes_rights_away_at_once() {
    let mut pair = Pair::in_mode(Mode::Elevation);
    pair.sharer.revoke(pair.now, Mode::ViewOnly).unwrap();
    assert_eq!(pair.sharer.state(), State::ViewOnly, "before the helper knows");
    pair.run(21 * MS);
    assert!(pair.helper_events.contains(&HelperEvent::ModeRevoked { now: Some(Mode::ViewOnly) }));
    pair.helper.downgrade(pair.now, None).unwrap();
    assert_eq!(pair.helper.state(), State::Ready);
    pair.run(21 * MS);
    assert_eq!(pair.sharer.state(), State::Ready);
    assert!(!pair.sharer.is_closed() && !pair.helper.is_closed());
}

#[test]
fn taking_away_more_than_there_is_is_a_mistake_of_the_caller() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    for to in [Mode::ViewOnly, Mode::FullControl, Mode::Unattended] {
        assert!(matches!(pair.sharer.revoke(pair.now, to), Err(Error::ApiMisuse { .. })), "{to:?}");
        assert!(matches!(pair.helper.downgrade(pair.now, to), Err(Error::ApiMisuse { .. })), "{to:?}");
    }
    assert_eq!((pair.helper.mode(), pair.sharer.mode()), (Some(Mode::ViewOnly), Some(Mode::ViewOnly)));
}

#[test]
fn only_modes_that_policy_allows_are_asked_about() {
    let sharer = Settings { modes: ModeSet::NONE.with(Mode::ViewOnly), ..open_settings() };
    let mut pair = Pair::ready_with(open_settings(), sharer);
    let id = pair.helper.request_mode(pair.now, Mode::FullControl).unwrap();
    pair.run(SECOND);
    assert!(pair.helper_events.contains(&HelperEvent::ModeDeclined { id, reason: DeclineReason::NOT_ALLOWED }));
    assert!(!pair.sharer_events.iter().any(|event| matches!(event, SharerEvent::ConsentRequested { .. })), "the person is not bothered");
}

#[test]
fn a_withdrawn_request_disappears_from_the_screen() {
    let mut pair = Pair::ready();
    let id = pair.helper.request_mode(pair.now, Mode::ViewOnly).unwrap();
    pair.run(SECOND);
    pair.helper.cancel_request(pair.now).unwrap();
    pair.run(SECOND);
    assert!(pair.sharer_events.contains(&SharerEvent::ConsentWithdrawn { id }));
    assert!(pair.sharer.consent(pair.now, id, true).is_err());
}

#[test]
fn a_withdrawal_undoes_the_grant_that_it_crosses() {
    for (before, wanted) in [(None, Mode::ViewOnly), (Some(Mode::ViewOnly), Mode::FullControl)] {
        let mut pair = before.map_or_else(Pair::ready, Pair::in_mode);
        let id = pair.helper.request_mode(pair.now, wanted).unwrap();
        pair.run(SECOND);
        pair.sharer.consent(pair.now, id, true).unwrap();
        pair.helper.cancel_request(pair.now).unwrap();
        pair.run(SECOND);
        assert_eq!((pair.helper.mode(), pair.sharer.mode()), (before, before));
        assert!(!pair.helper_events.contains(&HelperEvent::ModeGranted(wanted)));
        // And it can be asked for anew.
        pair.enter(wanted);
    }
}

#[test]
fn a_downgrade_and_a_revocation_that_cross_leave_the_lower_of_the_two() {
    for (helper, sharer) in [(Some(Mode::ViewOnly), None), (None, Some(Mode::ViewOnly)), (Some(Mode::ViewOnly), Some(Mode::FullControl))] {
        let mut pair = Pair::in_mode(Mode::Elevation);
        pair.helper.downgrade(pair.now, helper).unwrap();
        pair.sharer.revoke(pair.now, sharer).unwrap();
        pair.run(SECOND);
        let lower = if helper.is_none() || sharer.is_none() { None } else { Some(Mode::ViewOnly) };
        assert_eq!((pair.helper.mode(), pair.sharer.mode()), (lower, lower), "{helper:?} {sharer:?}");
    }
}

#[test]
fn a_revocation_declines_the_request_that_waits() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    let id = pair.helper.request_mode(pair.now, Mode::Elevation).unwrap();
    pair.run(SECOND);
    pair.sharer.revoke(pair.now, Mode::ViewOnly).unwrap();
    pair.run(SECOND);
    assert!(pair.helper_events.contains(&HelperEvent::ModeDeclined { id, reason: DeclineReason::REVOKED }));
    assert!(pair.sharer.consent(pair.now, id, true).is_err(), "an answer to the old question grants nothing");
}

#[test]
fn unattended_is_entered_only_at_the_start_and_left_only_by_ending() {
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    assert!(pair.helper.request_mode(pair.now, Mode::Unattended).is_err());
    pair.helper.downgrade(pair.now, None).unwrap();
    assert!(pair.helper.request_mode(pair.now, Mode::Unattended).is_err(), "not even from no mode, once there was one");

    let mut pair = Pair::in_mode(Mode::Unattended);
    assert!(pair.helper.downgrade(pair.now, Mode::ViewOnly).is_err());
    assert!(pair.helper.request_mode(pair.now, Mode::Elevation).is_err());
    assert!(pair.sharer.revoke(pair.now, Mode::ViewOnly).is_err());
    pair.sharer.revoke(pair.now, None).unwrap();
    pair.run(SECOND);
    assert!(pair.sharer_events.contains(&SharerEvent::ReleaseAll));
    let closed = pair.helper_closed().unwrap();
    assert_eq!((closed.code, closed.by_peer, closed.clean), (CloseCode::REVOKED, true, true));
}

#[test]
fn a_helper_that_does_not_keep_the_rules_gets_nothing() {
    // Unattended after the start, a mode this version does not know, and two requests at once, from a peer without our checks.
    let mut pair = Pair::in_mode(Mode::ViewOnly);
    let now = pair.now;
    for (id, mode, reason) in [
        (10, ModeId::UNATTENDED, DeclineReason::NOT_POSSIBLE),
        (11, ModeId(77), DeclineReason::NOT_POSSIBLE),
        (12, ModeId::VIEW_ONLY, DeclineReason::NOT_POSSIBLE),
    ] {
        pair.sharer.handle_bytes(now, &wire(&ModeRequest { id: RequestId(id), mode })).unwrap();
        let sent = crate::sim::parse(&std::iter::from_fn(|| pair.sharer.poll_transmit()).flatten().collect::<Vec<_>>());
        let declined = rh_proto::msg::mode::ModeDecline { id: RequestId(id), reason };
        assert_eq!(sent, [declined.into()]);
    }
    pair.sharer.handle_bytes(now, &wire(&ModeRequest { id: RequestId(13), mode: ModeId::FULL_CONTROL })).unwrap();
    pair.sharer.handle_bytes(now, &wire(&ModeRequest { id: RequestId(14), mode: ModeId::ELEVATION })).unwrap();
    assert!(pair.sharer.consent(now, RequestId(14), true).is_err(), "only one question at a time is put to the person");
    let again = pair.sharer.handle_bytes(now, &wire(&ModeRequest { id: RequestId(13), mode: ModeId::ELEVATION }));
    assert_eq!(again.unwrap_err().close_code(), CloseCode::VIOLATION, "consent to one request is not consent to another of the same id");
}

#[test]
fn a_sharer_cannot_push_a_mode_that_was_not_asked_for() {
    let mut pair = Pair::ready();
    let id = pair.helper.request_mode(pair.now, Mode::ViewOnly).unwrap();
    let grant = wire(&ModeGrant { id, mode: ModeId::FULL_CONTROL });
    assert_eq!(pair.helper.handle_bytes(pair.now, &grant).unwrap_err().close_code(), CloseCode::VIOLATION);
    assert_eq!(pair.helper.mode(), None);
}

#[test]
fn nothing_of_the_screen_is_sent_without_a_mode() {
    let mut pair = Pair::ready();
    let now = pair.now;
    assert!(pair.sharer.send_frame(now, DisplayId(0), Bytes::from_static(b"x")).is_err());
    assert!(pair.sharer.send_layout(now, &Layout { generation: Generation(1), displays: vec![] }).is_err());
    assert!(pair.sharer.send_cursor_position(now, None).is_err());
    assert!(pair.sharer.send_chat(now, "x").is_err() && pair.helper.send_chat(now, "x").is_err());
    let before = pair.sent().1.len();
    pair.run(Duration::from_millis(1));
    assert_eq!(pair.sent().1.len(), before);
}
