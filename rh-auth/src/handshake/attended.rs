//! Both ends of an attended session: a person at each.

use std::time::Instant;

use bytes::Bytes;
use rh_proto::credential::{AuthStep, Binding, ChannelKeys, Credential, Refusal, Role};

use super::parts::End;
use super::{Admission, Admitted, OwnSignIn, Trust, refusal};
use crate::ticket::{self, Ticket};

/// The helper's end.
pub(super) struct Helper {
    end: End,
    pairing: Box<dyn Credential>,
    token: String,
    own: OwnSignIn,
    admission: Admission,
    stage: HelperStage,
}

enum HelperStage {
    Ready,
    /// The code is being proven; nothing else crosses.
    Pairing(Box<Ticket>),
    /// Ticket and token are sent, or wait to be.
    AwaitingIdentity(Box<Ticket>),
    Convinced,
    /// For good.
    Refused(Refusal),
}

impl Helper {
    pub(super) fn new(pairing: Box<dyn Credential>, token: String, own: OwnSignIn, trust: Trust, admission: Admission) -> Self {
        Self { end: End::new(Role::Helper, trust), pairing, token, own, admission, stage: HelperStage::Ready }
    }

    fn advance(&mut self, now: Instant, stage: HelperStage, step: AuthStep, body: &[u8]) -> Result<HelperStage, Refusal> {
        match (stage, step) {
            (HelperStage::Pairing(ticket), step) => {
                self.pairing.handle(now, step, body)?;
                Ok(HelperStage::Pairing(ticket))
            }
            (HelperStage::AwaitingIdentity(ticket), AuthStep::IDENTITY) => {
                let ticket::Sharer::Person(person) = &ticket.sharer else { return Err(refusal::unexpected()) };
                let peer = self.end.take_identity(now, body, &person.oid)?;
                self.admission.set(Admitted { ticket: *ticket, peer: Some(peer), resumed: None });
                Ok(HelperStage::Convinced)
            }
            (HelperStage::Refused(refusal), _) => Err(refusal),
            _ => Err(refusal::unexpected()),
        }
    }
}

impl Credential for Helper {
    fn secured(&mut self, keys: &ChannelKeys) {
        self.end.secured(keys);
        self.pairing.secured(keys);
    }

    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal> {
        let HelperStage::Ready = std::mem::replace(&mut self.stage, HelperStage::Refused(refusal::unexpected())) else {
            return Err(refusal::unexpected());
        };
        self.end.start(binding, Some(self.own.commitment().key()))?;
        let ticket = self.end.take_ticket(now, self.token.as_bytes(), binding.session_id)?;
        if matches!(ticket.sharer, ticket::Sharer::Device(_)) {
            return Err(refusal::misuse());
        }
        self.pairing.start(now, binding)?;
        self.stage = HelperStage::Pairing(Box::new(ticket));
        Ok(())
    }

    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        let stage = std::mem::replace(&mut self.stage, HelperStage::Refused(refusal::unexpected()));
        match self.advance(now, stage, step, body) {
            Ok(stage) => {
                self.stage = stage;
                Ok(())
            }
            Err(refusal) => {
                self.stage = HelperStage::Refused(refusal.clone());
                Err(refusal)
            }
        }
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        if let HelperStage::Pairing(_) = self.stage {
            if let Some(step) = self.pairing.poll() {
                return Some(step);
            }
            if !self.pairing.is_complete() {
                return None;
            }
            // The one place where the tokens are let go: the peer holds the code, over this connection.
            if let HelperStage::Pairing(ticket) = std::mem::replace(&mut self.stage, HelperStage::Convinced) {
                self.end.send(AuthStep::TICKET, std::mem::take(&mut self.token));
                self.end.send_identity(&self.own);
                self.stage = HelperStage::AwaitingIdentity(ticket);
            }
        }
        if matches!(self.stage, HelperStage::Refused(_)) { None } else { self.end.poll() }
    }

    fn is_complete(&self) -> bool {
        matches!(self.stage, HelperStage::Convinced) && self.end.is_drained()
    }

    fn abandon(&mut self, now: Instant) {
        self.pairing.abandon(now);
    }
}

/// The sharer's end.
pub(super) struct Sharer {
    end: End,
    pairing: Box<dyn Credential>,
    own: OwnSignIn,
    admission: Admission,
    stage: SharerStage,
}

enum SharerStage {
    Ready,
    /// The code is being proven; nothing else crosses.
    Pairing {
        session_id: [u8; 16],
    },
    AwaitingTicket {
        session_id: [u8; 16],
    },
    AwaitingIdentity(Box<Ticket>),
    /// The own token is sent, or waits to be.
    Convinced,
    /// For good.
    Refused(Refusal),
}

impl Sharer {
    pub(super) fn new(pairing: Box<dyn Credential>, own: OwnSignIn, trust: Trust, admission: Admission) -> Self {
        Self { end: End::new(Role::Sharer, trust), pairing, own, admission, stage: SharerStage::Ready }
    }

    fn advance(&mut self, now: Instant, stage: SharerStage, step: AuthStep, body: &[u8]) -> Result<SharerStage, Refusal> {
        match (stage, step) {
            (SharerStage::Pairing { session_id }, step) => {
                self.pairing.handle(now, step, body)?;
                let done = self.pairing.is_complete();
                Ok(if done { SharerStage::AwaitingTicket { session_id } } else { SharerStage::Pairing { session_id } })
            }
            (SharerStage::AwaitingTicket { session_id }, AuthStep::TICKET) => {
                let ticket = self.end.take_ticket(now, body, session_id)?;
                if matches!(ticket.sharer, ticket::Sharer::Device(_)) {
                    // A ticket without a person's consent in it, at a place where a person is.
                    return Err(refusal::unexpected());
                }
                Ok(SharerStage::AwaitingIdentity(Box::new(ticket)))
            }
            (SharerStage::AwaitingIdentity(ticket), AuthStep::IDENTITY) => {
                let peer = self.end.take_identity(now, body, &ticket.helper.oid)?;
                // Only to whom was just found to be the helper that the authority sent.
                self.end.send_identity(&self.own);
                self.admission.set(Admitted { ticket: *ticket, peer: Some(peer), resumed: None });
                Ok(SharerStage::Convinced)
            }
            (SharerStage::Refused(refusal), _) => Err(refusal),
            _ => Err(refusal::unexpected()),
        }
    }
}

impl Credential for Sharer {
    fn secured(&mut self, keys: &ChannelKeys) {
        self.end.secured(keys);
        self.pairing.secured(keys);
    }

    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal> {
        let SharerStage::Ready = std::mem::replace(&mut self.stage, SharerStage::Refused(refusal::unexpected())) else {
            return Err(refusal::unexpected());
        };
        self.end.start(binding, Some(self.own.commitment().key()))?;
        self.pairing.start(now, binding)?;
        self.stage = SharerStage::Pairing { session_id: binding.session_id };
        Ok(())
    }

    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        let stage = std::mem::replace(&mut self.stage, SharerStage::Refused(refusal::unexpected()));
        match self.advance(now, stage, step, body) {
            Ok(stage) => {
                self.stage = stage;
                Ok(())
            }
            Err(refusal) => {
                self.stage = SharerStage::Refused(refusal.clone());
                Err(refusal)
            }
        }
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        match self.stage {
            SharerStage::Pairing { .. } => self.pairing.poll(),
            SharerStage::Convinced => self.end.poll(),
            SharerStage::Ready | SharerStage::AwaitingTicket { .. } | SharerStage::AwaitingIdentity(_) | SharerStage::Refused(_) => None,
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.stage, SharerStage::Convinced) && self.end.is_drained()
    }

    fn abandon(&mut self, now: Instant) {
        self.pairing.abandon(now);
    }
}
