//! Nobody at the sharer's end: the device's registered key stands in for the code and for the sharer's sign-in.
//!
//! ```text
//! helper                                                      device
//!                                                       ◄──── DEVICE (proof over E, session and session key)
//!   TICKET, IDENTITY                                    ────►
//!   AuthOk                                              ◄───► AuthOk
//! ```
//!
//! Weaker than an attended session against an authority that lies: it alone says which key belongs to which device, and no person's code contradicts it. The
//! key is in the ticket and in the log, so the lie stays on record.

use std::time::Instant;

use bytes::Bytes;
use rh_proto::credential::{AuthStep, Binding, ChannelKeys, Credential, Refusal, Role};

use super::parts::End;
use super::{Admission, Admitted, OwnSignIn, Trust, refusal};
use crate::key::SigningKey;
use crate::ticket::{DeviceProof, Sharer, Ticket};

/// The helper's end of an unattended session.
#[must_use]
pub fn helper(ticket: String, own: OwnSignIn, trust: Trust) -> (Box<dyn Credential>, Admission) {
    let admission = Admission::default();
    let end = End::new(Role::Helper, trust);
    (Box::new(Helper { end, token: ticket, own, admission: admission.clone(), stage: HelperStage::Ready }), admission)
}

/// The device's end of an unattended session. `key` is the one that was registered when it was enrolled.
#[must_use]
pub fn device(key: SigningKey, trust: Trust) -> (Box<dyn Credential>, Admission) {
    let admission = Admission::default();
    let end = End::new(Role::Sharer, trust);
    (Box::new(Device { end, key, admission: admission.clone(), stage: DeviceStage::Ready }), admission)
}

struct Helper {
    end: End,
    token: String,
    own: OwnSignIn,
    admission: Admission,
    stage: HelperStage,
}

enum HelperStage {
    Ready,
    AwaitingDevice(Box<(Ticket, Binding)>),
    Convinced,
    Refused(Refusal),
}

impl Helper {
    fn advance(&mut self, stage: HelperStage, step: AuthStep, body: &[u8]) -> Result<HelperStage, Refusal> {
        match (stage, step) {
            (HelperStage::AwaitingDevice(awaited), AuthStep::DEVICE) => {
                let (ticket, binding) = *awaited;
                let Sharer::Device(device) = &ticket.sharer else { return Err(refusal::misuse()) };
                let token = std::str::from_utf8(body).map_err(|_| refusal::malformed())?;
                let proof = DeviceProof::open(token, &device.key).map_err(|_| refusal::device())?;
                if proof != DeviceProof::of(&binding, self.end.peer_key()?) {
                    return Err(refusal::device());
                }
                self.end.send(AuthStep::TICKET, std::mem::take(&mut self.token));
                self.end.send_identity(&self.own);
                self.admission.set(Admitted { ticket, peer: None, resumed: None });
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
    }

    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal> {
        let HelperStage::Ready = std::mem::replace(&mut self.stage, HelperStage::Refused(refusal::unexpected())) else {
            return Err(refusal::unexpected());
        };
        self.end.start(binding, Some(self.own.commitment().key()))?;
        let ticket = self.end.take_ticket(now, self.token.as_bytes(), binding.session_id)?;
        if matches!(ticket.sharer, Sharer::Person(_)) {
            return Err(refusal::misuse());
        }
        self.stage = HelperStage::AwaitingDevice(Box::new((ticket, binding.clone())));
        Ok(())
    }

    fn handle(&mut self, _now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        let stage = std::mem::replace(&mut self.stage, HelperStage::Refused(refusal::unexpected()));
        match self.advance(stage, step, body) {
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
        if matches!(self.stage, HelperStage::Convinced) { self.end.poll() } else { None }
    }

    fn is_complete(&self) -> bool {
        matches!(self.stage, HelperStage::Convinced) && self.end.is_drained()
    }

    fn abandon(&mut self, _now: Instant) {}
}

struct Device {
    end: End,
    key: SigningKey,
    admission: Admission,
    stage: DeviceStage,
}

enum DeviceStage {
    Ready,
    AwaitingTicket { session_id: [u8; 16] },
    AwaitingIdentity(Box<Ticket>),
    Convinced,
    Refused(Refusal),
}

impl Device {
    fn advance(&self, now: Instant, stage: DeviceStage, step: AuthStep, body: &[u8]) -> Result<DeviceStage, Refusal> {
        match (stage, step) {
            (DeviceStage::AwaitingTicket { session_id }, AuthStep::TICKET) => {
                let ticket = self.end.take_ticket(now, body, session_id)?;
                match &ticket.sharer {
                    Sharer::Device(device) if device.key == self.key.public_key() => Ok(DeviceStage::AwaitingIdentity(Box::new(ticket))),
                    Sharer::Device(_) => Err(refusal::wrong_key()),
                    Sharer::Person(_) => Err(refusal::unexpected()),
                }
            }
            (DeviceStage::AwaitingIdentity(ticket), AuthStep::IDENTITY) => {
                let peer = self.end.take_identity(now, body, &ticket.helper.oid)?;
                self.admission.set(Admitted { ticket: *ticket, peer: Some(peer), resumed: None });
                Ok(DeviceStage::Convinced)
            }
            (DeviceStage::Refused(refusal), _) => Err(refusal),
            _ => Err(refusal::unexpected()),
        }
    }
}

impl Credential for Device {
    fn secured(&mut self, keys: &ChannelKeys) {
        self.end.secured(keys);
    }

    fn start(&mut self, _now: Instant, binding: &Binding) -> Result<(), Refusal> {
        let DeviceStage::Ready = std::mem::replace(&mut self.stage, DeviceStage::Refused(refusal::unexpected())) else {
            return Err(refusal::unexpected());
        };
        self.end.start(binding, None)?;
        let proof = DeviceProof::of(binding, self.end.own_key()?).issue(&self.key);
        self.end.send(AuthStep::DEVICE, proof);
        self.stage = DeviceStage::AwaitingTicket { session_id: binding.session_id };
        Ok(())
    }

    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        let stage = std::mem::replace(&mut self.stage, DeviceStage::Refused(refusal::unexpected()));
        match self.advance(now, stage, step, body) {
            Ok(stage) => {
                self.stage = stage;
                Ok(())
            }
            Err(refusal) => {
                self.stage = DeviceStage::Refused(refusal.clone());
                Err(refusal)
            }
        }
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        if matches!(self.stage, DeviceStage::Refused(_)) { None } else { self.end.poll() }
    }

    fn is_complete(&self) -> bool {
        matches!(self.stage, DeviceStage::Convinced) && self.end.is_drained()
    }

    fn abandon(&mut self, _now: Instant) {}
}
