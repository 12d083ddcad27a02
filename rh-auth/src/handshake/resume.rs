//! A session whose link broke goes on over another connection, between the same two session keys, without asking the person again.
//!
//! ```text
//! helper                                                      sharer
//!   RESUME (resume ticket)                              ────►
//!   AuthOk                                              ◄───► AuthOk
//! ```
//!
//! Both keys were proven by code and tokens when the session began, and TLS proves again that the same keys are there. The authority's resume ticket adds that
//! the lease was renewed less than five minutes ago. The mode is the same or lower; consent is not asked for, because it was given to this helper for this mode.

use std::time::Instant;

use bytes::Bytes;
use rh_proto::credential::{AuthStep, Binding, ChannelKeys, Credential, Refusal, Role};
use rh_proto::mode::Mode;

use super::parts::End;
use super::{Admission, Admitted, Trust, refusal};
use crate::ticket::{ResumeTicket, Ticket};
use crate::value::{Digest, Id};

/// What an end remembers of the session that broke off.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// Its ticket: who the two ends are.
    pub ticket: Ticket,
    /// What both had confirmed (`Helper::transcript`, `Sharer::transcript`).
    pub transcript: [u8; 32],
    /// The mode it was in.
    pub mode: Mode,
}

/// The helper's end. `ticket` is the authority's resume ticket, as it came.
#[must_use]
pub fn helper(ticket: String, remembered: Remembered, trust: Trust) -> (Box<dyn Credential>, Admission) {
    end(Role::Helper, Some(ticket), remembered, trust)
}

/// The sharer's end. What it remembers decides; the ticket can only lower it.
#[must_use]
pub fn sharer(remembered: Remembered, trust: Trust) -> (Box<dyn Credential>, Admission) {
    end(Role::Sharer, None, remembered, trust)
}

fn end(role: Role, token: Option<String>, remembered: Remembered, trust: Trust) -> (Box<dyn Credential>, Admission) {
    let admission = Admission::default();
    let resume = Resume { end: End::new(role, trust), role, token, remembered, admission: admission.clone(), stage: Stage::Ready };
    (Box::new(resume), admission)
}

struct Resume {
    end: End,
    role: Role,
    /// Helper: what it shows.
    token: Option<String>,
    remembered: Remembered,
    admission: Admission,
    stage: Stage,
}

#[derive(Clone)]
enum Stage {
    Ready,
    /// Sharer.
    AwaitingTicket,
    Convinced,
    Refused(Refusal),
}

impl Resume {
    fn begin(&mut self, now: Instant, binding: &Binding) -> Result<Stage, Refusal> {
        self.end.start(binding, None)?;
        let ticket = &self.remembered.ticket;
        if ticket.sid != Id(binding.session_id) {
            return Err(refusal::other_resumption());
        }
        self.end.compare_keys(ticket.helper.spki, ticket.sharer.spki())?;
        match self.token.take() {
            Some(token) => {
                self.take(now, token.as_bytes())?;
                self.end.send(AuthStep::RESUME, token);
                Ok(Stage::Convinced)
            }
            None if self.role == Role::Sharer => Ok(Stage::AwaitingTicket),
            None => Err(refusal::misuse()),
        }
    }

    /// Compares a resume ticket with what is remembered.
    fn take(&self, now: Instant, token: &[u8]) -> Result<(), Refusal> {
        let now = self.end.trust.clock.at(now);
        let Remembered { ticket, transcript, mode } = &self.remembered;
        let token = std::str::from_utf8(token).map_err(|_| refusal::malformed())?;
        let resume = ResumeTicket::open(token, &self.end.trust.authority, now).map_err(|error| refusal::resume(&error))?;
        let same = resume.sid == ticket.sid
            && resume.transcript == Digest(*transcript)
            && (resume.helper, resume.sharer) == (ticket.helper.spki, ticket.sharer.spki());
        let mode = resume.mode(*mode).filter(|_| same).ok_or_else(refusal::other_resumption)?;
        self.end.use_once(resume.jti, resume.exp, now)?;
        self.admission.set(Admitted { ticket: ticket.clone(), peer: None, resumed: Some(mode) });
        Ok(())
    }
}

impl Credential for Resume {
    fn secured(&mut self, keys: &ChannelKeys) {
        self.end.secured(keys);
    }

    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal> {
        let Stage::Ready = std::mem::replace(&mut self.stage, Stage::Refused(refusal::unexpected())) else {
            return Err(refusal::unexpected());
        };
        self.stage = self.begin(now, binding)?;
        Ok(())
    }

    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        let result = match (&self.stage, step) {
            (Stage::AwaitingTicket, AuthStep::RESUME) => self.take(now, body),
            (Stage::Refused(refusal), _) => Err(refusal.clone()),
            _ => Err(refusal::unexpected()),
        };
        self.stage = result.clone().map_or_else(Stage::Refused, |()| Stage::Convinced);
        result
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        if matches!(self.stage, Stage::Refused(_)) { None } else { self.end.poll() }
    }

    fn is_complete(&self) -> bool {
        matches!(self.stage, Stage::Convinced) && self.end.is_drained()
    }

    fn abandon(&mut self, _now: Instant) {}
}
