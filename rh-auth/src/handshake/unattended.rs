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
use rh_proto::credential::{AuthStep, Binding, ChannelKeys, Credential, Refusal};

use super::exchange::{Helper, Lock, Present, Sharer};
use super::{Admission, OwnSignIn, Trust, refusal};
use crate::key::{PublicKey, SigningKey};
use crate::ticket::DeviceProof;
use crate::value::Id;

/// The helper's end of an unattended session.
#[must_use]
pub fn helper(ticket: String, own: OwnSignIn, trust: Trust) -> (Box<dyn Credential>, Admission) {
    let admission = Admission::default();
    (Box::new(Helper::new(Lock::DeviceKey, ticket, own, trust, admission.clone())), admission)
}

/// The device's end of an unattended session.
///
/// `called` is the session that the authority called the device to: it shows its proof in no other. `key` is the one that was registered when it was enrolled.
#[must_use]
pub fn device(called: Id, key: SigningKey, trust: Trust) -> (Box<dyn Credential>, Admission) {
    let admission = Admission::default();
    let present = Present::Device(key.public_key());
    let lock = ShownProof { key, session_key: None, proof: Shown::NotYet };
    (Box::new(Sharer::new(called, Box::new(lock), present, trust, admission.clone())), admission)
}

/// The helper's lock: opened by the device's proof.
pub(super) struct AwaitedProof {
    registered: PublicKey,
    session_key: PublicKey,
    state: Awaited,
}

enum Awaited {
    NotStarted,
    Proof(DeviceProof),
    Opened,
    Refused(Refusal),
}

impl AwaitedProof {
    /// Of the device with that registered key, at the other end of a connection that shows `session_key`.
    pub(super) const fn new(registered: PublicKey, session_key: PublicKey) -> Self {
        Self { registered, session_key, state: Awaited::NotStarted }
    }

    fn check(&self, expected: &DeviceProof, body: &[u8]) -> Result<(), Refusal> {
        let token = std::str::from_utf8(body).map_err(|_| refusal::malformed())?;
        let proof = DeviceProof::open(token, &self.registered).map_err(|_| refusal::device())?;
        if proof == *expected { Ok(()) } else { Err(refusal::device()) }
    }
}

impl Credential for AwaitedProof {
    fn start(&mut self, _now: Instant, binding: &Binding) -> Result<(), Refusal> {
        self.state = Awaited::Proof(DeviceProof::of(binding, self.session_key));
        Ok(())
    }

    fn handle(&mut self, _now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        let result = match (&self.state, step) {
            (Awaited::Proof(expected), AuthStep::DEVICE) => self.check(expected, body),
            (Awaited::Refused(refusal), _) => Err(refusal.clone()),
            _ => Err(refusal::unexpected()),
        };
        self.state = result.clone().map_or_else(Awaited::Refused, |()| Awaited::Opened);
        result
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        None
    }

    fn is_complete(&self) -> bool {
        matches!(self.state, Awaited::Opened)
    }

    fn abandon(&mut self, _now: Instant) {}
}

/// The device's lock: open for whoever is at the other end, once the proof is shown. The helper's ticket and token say who that is.
struct ShownProof {
    key: SigningKey,
    session_key: Option<PublicKey>,
    proof: Shown,
}

enum Shown {
    NotYet,
    Waiting(String),
    Sent,
}

impl Credential for ShownProof {
    fn secured(&mut self, keys: &ChannelKeys) {
        self.session_key = PublicKey::from_spki(&keys.own);
    }

    fn start(&mut self, _now: Instant, binding: &Binding) -> Result<(), Refusal> {
        let session_key = self.session_key.ok_or_else(refusal::misuse)?;
        self.proof = Shown::Waiting(DeviceProof::of(binding, session_key).issue(&self.key));
        Ok(())
    }

    fn handle(&mut self, _now: Instant, _step: AuthStep, _body: &[u8]) -> Result<(), Refusal> {
        // The helper has nothing to say before it has seen the proof.
        Err(refusal::unexpected())
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        match std::mem::replace(&mut self.proof, Shown::Sent) {
            Shown::Waiting(proof) => Some((AuthStep::DEVICE, Bytes::from(proof))),
            other => {
                self.proof = other;
                None
            }
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.proof, Shown::Sent)
    }

    fn abandon(&mut self, _now: Instant) {}
}
