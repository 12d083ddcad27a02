//! Both ends of a session that begins, with or without a person at the sharer's end: a first lock (the code, or the device's key), then ticket and tokens.
//!
//! The two kinds differ in the lock and in what the ticket must name. The order of things, and so what may leave when, has its one home here.

use std::time::Instant;

use bytes::Bytes;
use rh_proto::credential::{AuthStep, Binding, ChannelKeys, Credential, Refusal, Role};

use super::parts::End;
use super::unattended::AwaitedProof;
use super::{Admission, Admitted, OwnSignIn, Trust, refusal};
use crate::key::PublicKey;
use crate::ticket::{self, Ticket};
use crate::value::Id;

/// What opens the way for ticket and token at the helper.
pub(super) enum Lock {
    /// The code, as the app has it.
    Code(Box<dyn Credential>),
    /// The key of the device that the ticket names.
    DeviceKey,
}

/// The helper's end.
pub(super) struct Helper {
    end: End,
    /// The ticket, as it came.
    token: String,
    own: OwnSignIn,
    admission: Admission,
    stage: HelperStage,
}

enum HelperStage {
    Ready(Lock),
    /// The peer is at the lock; nothing else crosses.
    Locked(Locked),
    /// Ticket and token are sent, or wait to be; a person answers with a token.
    AwaitingIdentity(Box<Ticket>),
    Convinced,
    /// For good.
    Refused(Refusal),
}

struct Locked {
    lock: Box<dyn Credential>,
    ticket: Box<Ticket>,
    /// Ticket and token in the form in which they cross.
    bodies: [Bytes; 2],
}

impl Helper {
    pub(super) fn new(lock: Lock, token: String, own: OwnSignIn, trust: Trust, admission: Admission) -> Self {
        Self { end: End::new(Role::Helper, trust), token, own, admission, stage: HelperStage::Ready(lock) }
    }

    fn begin(&self, now: Instant, lock: Lock, binding: &Binding) -> Result<Locked, Refusal> {
        self.end.start(binding, Some(self.own.commitment().key()))?;
        let ticket = self.end.open_ticket(now, &self.token, binding.session_id)?;
        let mut lock: Box<dyn Credential> = match (lock, &ticket.sharer) {
            (Lock::Code(pairing), ticket::Sharer::Person(_)) => pairing,
            (Lock::DeviceKey, ticket::Sharer::Device(device)) => Box::new(AwaitedProof::new(device.key, self.end.peer_key()?)),
            (Lock::Code(_), ticket::Sharer::Device(_)) | (Lock::DeviceKey, ticket::Sharer::Person(_)) => return Err(refusal::misuse()),
        };
        let bodies = [self.end.pack_ticket(&self.token, binding.session_id)?, self.end.pack_identity(&self.own, &ticket)?];
        lock.start(now, binding)?;
        Ok(Locked { lock, ticket: Box::new(ticket), bodies })
    }

    fn advance(&mut self, now: Instant, stage: HelperStage, step: AuthStep, body: &[u8]) -> Result<HelperStage, Refusal> {
        match (stage, step) {
            (HelperStage::Locked(mut locked), step) => {
                locked.lock.handle(now, step, body)?;
                Ok(self.unlock(locked))
            }
            (HelperStage::AwaitingIdentity(ticket), AuthStep::IDENTITY) => {
                let ticket::Sharer::Person(person) = &ticket.sharer else { return Err(refusal::unexpected()) };
                let peer = self.end.take_identity(now, body, &ticket, &person.oid)?;
                self.admission.set(Admitted { ticket: *ticket, peer: Some(peer), resumed: None });
                Ok(HelperStage::Convinced)
            }
            (HelperStage::Refused(refusal), _) => Err(refusal),
            _ => Err(refusal::unexpected()),
        }
    }

    /// The one place where ticket and token are let go: the peer has opened the lock, over this connection, and the lock has said its last word.
    fn unlock(&mut self, locked: Locked) -> HelperStage {
        if !locked.lock.is_complete() {
            return HelperStage::Locked(locked);
        }
        let Locked { ticket, bodies: [ticket_body, identity], .. } = locked;
        self.end.send(AuthStep::TICKET, ticket_body);
        self.end.send(AuthStep::IDENTITY, identity);
        match ticket.sharer {
            ticket::Sharer::Person(_) => HelperStage::AwaitingIdentity(ticket),
            ticket::Sharer::Device(_) => {
                self.admission.set(Admitted { ticket: *ticket, peer: None, resumed: None });
                HelperStage::Convinced
            }
        }
    }

    /// Until the next stage is set the end stands refused, so that no way out leaves it half advanced.
    fn take_stage(&mut self) -> HelperStage {
        std::mem::replace(&mut self.stage, HelperStage::Refused(refusal::unexpected()))
    }
}

impl Credential for Helper {
    fn secured(&mut self, keys: &ChannelKeys) {
        self.end.secured(keys);
        if let HelperStage::Ready(Lock::Code(pairing)) = &mut self.stage {
            pairing.secured(keys);
        }
    }

    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal> {
        let HelperStage::Ready(lock) = self.take_stage() else { return Err(refusal::unexpected()) };
        self.stage = HelperStage::Locked(self.begin(now, lock, binding)?);
        Ok(())
    }

    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        let stage = self.take_stage();
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
        let stage = self.take_stage();
        let HelperStage::Locked(mut locked) = stage else {
            self.stage = stage;
            return if matches!(self.stage, HelperStage::Refused(_)) { None } else { self.end.poll() };
        };
        let step = locked.lock.poll();
        self.stage = self.unlock(locked);
        step
    }

    fn is_complete(&self) -> bool {
        matches!(self.stage, HelperStage::Convinced) && self.end.is_drained()
    }

    fn abandon(&mut self, now: Instant) {
        if let HelperStage::Locked(locked) = &mut self.stage {
            locked.lock.abandon(now);
        }
    }
}

/// Who, or what, the sharer's end speaks for.
pub(super) enum Present {
    /// The person who signed in there: what the helper is shown in return.
    Person(OwnSignIn),
    /// Nobody: the device, by its registered key.
    Device(PublicKey),
}

/// The sharer's end. It learns the ticket from the helper, but knows beforehand which session the ticket must be for.
pub(super) struct Sharer {
    end: End,
    /// The session that was claimed: the hello of the helper names it, or nothing more is said.
    claimed: Id,
    lock: Box<dyn Credential>,
    present: Present,
    admission: Admission,
    stage: SharerStage,
}

enum SharerStage {
    Ready,
    /// The helper is at the lock; once that is open it shows the ticket.
    AwaitingTicket,
    AwaitingIdentity(Box<Ticket>),
    /// The own token, if there is one, is sent or waits to be.
    Convinced,
    /// For good.
    Refused(Refusal),
}

impl Sharer {
    pub(super) fn new(claimed: Id, lock: Box<dyn Credential>, present: Present, trust: Trust, admission: Admission) -> Self {
        Self { end: End::new(Role::Sharer, trust), claimed, lock, present, admission, stage: SharerStage::Ready }
    }

    fn advance(&mut self, now: Instant, stage: SharerStage, step: AuthStep, body: &[u8]) -> Result<SharerStage, Refusal> {
        match (stage, step) {
            (SharerStage::AwaitingTicket, step) if !self.lock.is_complete() => {
                self.lock.handle(now, step, body)?;
                Ok(SharerStage::AwaitingTicket)
            }
            (SharerStage::AwaitingTicket, AuthStep::TICKET) => {
                let ticket = self.end.take_ticket(now, body, self.claimed.0)?;
                match (&self.present, &ticket.sharer) {
                    (Present::Person(_), ticket::Sharer::Person(_)) => Ok(SharerStage::AwaitingIdentity(Box::new(ticket))),
                    (Present::Device(own), ticket::Sharer::Device(device)) if device.key == *own => {
                        Ok(SharerStage::AwaitingIdentity(Box::new(ticket)))
                    }
                    (Present::Device(_), ticket::Sharer::Device(_)) => Err(refusal::wrong_key()),
                    // Above all a ticket without a person's consent in it, at a place where a person is.
                    (Present::Person(_), ticket::Sharer::Device(_)) | (Present::Device(_), ticket::Sharer::Person(_)) => {
                        Err(refusal::unexpected())
                    }
                }
            }
            (SharerStage::AwaitingIdentity(ticket), AuthStep::IDENTITY) => {
                let peer = self.end.take_identity(now, body, &ticket, &ticket.helper.oid)?;
                // Only to whom was just found to be the helper that the authority sent.
                if let Present::Person(own) = &self.present {
                    let identity = self.end.pack_identity(own, &ticket)?;
                    self.end.send(AuthStep::IDENTITY, identity);
                }
                self.admission.set(Admitted { ticket: *ticket, peer: Some(peer), resumed: None });
                Ok(SharerStage::Convinced)
            }
            (SharerStage::Refused(refusal), _) => Err(refusal),
            _ => Err(refusal::unexpected()),
        }
    }

    /// As with the helper.
    fn take_stage(&mut self) -> SharerStage {
        std::mem::replace(&mut self.stage, SharerStage::Refused(refusal::unexpected()))
    }
}

impl Credential for Sharer {
    fn secured(&mut self, keys: &ChannelKeys) {
        self.end.secured(keys);
        self.lock.secured(keys);
    }

    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal> {
        let SharerStage::Ready = self.take_stage() else { return Err(refusal::unexpected()) };
        let own = match &self.present {
            Present::Person(own) => Some(own.commitment().key()),
            Present::Device(_) => None,
        };
        self.end.start(binding, own)?;
        // Before the lock: who goes elsewhere gets neither a word about the code nor the device's proof.
        if self.claimed != Id(binding.session_id) {
            return Err(refusal::unclaimed_session());
        }
        self.lock.start(now, binding)?;
        self.stage = SharerStage::AwaitingTicket;
        Ok(())
    }

    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        let stage = self.take_stage();
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
            SharerStage::AwaitingTicket => self.lock.poll(),
            SharerStage::Convinced => self.end.poll(),
            SharerStage::Ready | SharerStage::AwaitingIdentity(_) | SharerStage::Refused(_) => None,
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.stage, SharerStage::Convinced) && self.end.is_drained()
    }

    fn abandon(&mut self, now: Instant) {
        self.lock.abandon(now);
    }
}
