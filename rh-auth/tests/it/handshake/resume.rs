//! Going on after a broken link: the same two keys, the same or a lower mode, five minutes.

use std::time::{Duration, Instant};

use rh_auth::handshake::resume::{Remembered, helper, sharer};
use rh_auth::ticket::{ModeName, ResumeTicket};
use rh_auth::value::{Digest, Id};
use rh_proto::credential::{AuthStep, Role};
use rh_proto::error::CloseCode;
use rh_proto::mode::Mode;

use super::cast::{End, NOW, Pair, SESSION, authority, key, ticket, trust};
use crate::support::epoch;

const TRANSCRIPT: [u8; 32] = [0x77; 32];

pub(crate) fn remembered(mode: Mode) -> Remembered {
    Remembered { ticket: ticket(), transcript: TRANSCRIPT, mode }
}

pub(crate) fn resume_ticket() -> ResumeTicket {
    ResumeTicket {
        sid: Id(SESSION),
        jti: Id([8; 16]),
        transcript: Digest(TRANSCRIPT),
        mode: ModeName::FullControl,
        helper: key(1).public_key().fingerprint(),
        sharer: key(2).public_key().fingerprint(),
        iat: NOW,
        exp: NOW.plus(300),
    }
}

struct Case {
    start: Instant,
    now: Instant,
    ticket: ResumeTicket,
    helper_key: u8,
    sharer_key: u8,
    mode: Mode,
}

impl Case {
    fn new() -> Self {
        let start = epoch();
        Self { start, now: start, ticket: resume_ticket(), helper_key: 1, sharer_key: 2, mode: Mode::FullControl }
    }

    fn run(&self) -> Pair {
        let helper_end = helper(self.ticket.issue(&authority()), remembered(self.mode), trust(self.start));
        let sharer_end = sharer(remembered(self.mode), trust(self.start));
        let mut pair = Pair::new(self.now, End::new(helper_end, self.helper_key), End::new(sharer_end, self.sharer_key));
        pair.run(|_, _, _| {});
        pair
    }
}

#[test]
fn a_session_goes_on_between_the_same_two() {
    let pair = Case::new().run();
    assert_eq!(pair.steps(), [(Role::Helper, AuthStep::RESUME)]);
    assert!(pair.helper.is_convinced() && pair.sharer.is_convinced());
    for end in [&pair.helper, &pair.sharer] {
        let admitted = end.admission.admitted().unwrap();
        assert_eq!((&admitted.ticket, admitted.resumed), (&ticket(), Some(Mode::FullControl)));
    }
}

#[test]
fn the_mode_is_the_lower_of_what_was_and_what_may_be() {
    for (was, may, is) in [
        (Mode::ViewOnly, ModeName::FullControl, Some(Mode::ViewOnly)),
        (Mode::FullControl, ModeName::ViewOnly, Some(Mode::ViewOnly)),
        (Mode::Elevation, ModeName::FullControl, Some(Mode::FullControl)),
        (Mode::Unattended, ModeName::FullControl, None),
        (Mode::FullControl, ModeName::Unattended, None),
    ] {
        let pair = Case { mode: was, ticket: ResumeTicket { mode: may, ..resume_ticket() }, ..Case::new() }.run();
        assert_eq!(pair.sharer.admission.admitted().and_then(|admitted| admitted.resumed), is, "{was:?} {may:?}");
        assert_eq!(pair.helper.refused(), is.is_none().then_some(CloseCode::RESUME_REFUSED));
    }
}

#[test]
fn five_minutes_from_the_last_renewal_and_no_longer() {
    let start = epoch();
    let at = |seconds| Case { start, now: start + Duration::from_secs(seconds), ..Case::new() }.run();
    assert!(at(299).sharer.is_convinced());
    assert_eq!(at(300).helper.refused(), Some(CloseCode::RESUME_REFUSED));
}

#[test]
fn other_sessions_keys_and_transcripts_are_refused_at_each_end() {
    for ticket in [
        ResumeTicket { sid: Id([2; 16]), ..resume_ticket() },
        ResumeTicket { transcript: Digest([0; 32]), ..resume_ticket() },
        ResumeTicket { helper: key(3).public_key().fingerprint(), ..resume_ticket() },
        ResumeTicket { sharer: key(3).public_key().fingerprint(), ..resume_ticket() },
    ] {
        let token = ticket.issue(&authority());
        assert_eq!(Case { ticket, ..Case::new() }.run().helper.refused(), Some(CloseCode::RESUME_REFUSED));
        // A rogue helper sends it all the same.
        let start = epoch();
        let honest = helper(resume_ticket().issue(&authority()), remembered(Mode::FullControl), trust(start));
        let mut pair = Pair::new(start, End::new(honest, 1), End::new(sharer(remembered(Mode::FullControl), trust(start)), 2));
        pair.run(|_, _, body| *body = token.clone().into_bytes());
        assert_eq!(pair.sharer.refused(), Some(CloseCode::RESUME_REFUSED));
        assert!(pair.sharer.admission.admitted().is_none());
    }
    let stranger = Case { helper_key: 3, ..Case::new() }.run();
    assert_eq!(stranger.codes(), (Some(CloseCode::WRONG_KEY), Some(CloseCode::WRONG_KEY)), "a stolen resume ticket");
    assert_eq!(Case { sharer_key: 3, ..Case::new() }.run().helper.refused(), Some(CloseCode::WRONG_KEY));
}

#[test]
fn a_resume_ticket_is_good_once() {
    let start = epoch();
    let shared = trust(start);
    let run = || {
        let helper_end = helper(resume_ticket().issue(&authority()), remembered(Mode::FullControl), trust(start));
        let sharer_end = sharer(remembered(Mode::FullControl), shared.clone());
        let mut pair = Pair::new(start, End::new(helper_end, 1), End::new(sharer_end, 2));
        pair.run(|_, _, _| {});
        pair.sharer.refused()
    };
    assert_eq!((run(), run()), (None, Some(CloseCode::TICKET_USED)));
}
