//! One attempt: SPAKE2 over the Ed25519 group, then key confirmation, both ways. The exchange knows nothing of lifetimes; `live` adds them.
//!
//! ```text
//! helper (A)                                        sharer (B)
//!    PAKE_A     'A' ‖ X*                     ────►
//!               ◄────    PAKE_B     'B' ‖ Y* ‖ HMAC(Kb, 'A' ‖ X* ‖ 'B' ‖ Y*)
//!    CONFIRM_A  HMAC(Ka, 'A' ‖ X* ‖ 'B' ‖ Y*) ───►
//! ```

use std::fmt;

use bytes::Bytes;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use rand_core::{CryptoRng, RngCore};
use rh_proto::credential::{AuthStep, Binding, Refusal, Role};
use sha2::Sha256;
use spake2::{Ed25519Group, Identity, Password, Spake2};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Code, refusal};

/// Side octet, then a compressed Edwards point.
const MESSAGE: usize = 33;
/// HMAC-SHA256.
const CONFIRMATION: usize = 32;

/// One side of one exchange.
pub(super) struct Exchange {
    state: State,
    outgoing: Option<(AuthStep, Bytes)>,
}

enum State {
    /// Helper: `PAKE_A` is sent.
    AwaitingB { spake: Box<Spake2<Ed25519Group>>, message_a: Bytes },
    /// Sharer: nothing is sent yet; `message_b` waits for the helper's message, so that the confirmation can go with it.
    AwaitingA { spake: Box<Spake2<Ed25519Group>>, message_b: Bytes },
    /// Sharer: `PAKE_B` is sent.
    AwaitingConfirmation { expected: Zeroizing<[u8; CONFIRMATION]> },
    /// The peer's confirmation was right.
    Convinced,
    /// For good: an exchange gives one answer to one guess.
    Refused(Refusal),
}

impl Exchange {
    /// Starts an exchange in the binding's role. `seed` is secret randomness.
    pub(super) fn start(code: &Code, seed: &[u8; 32], binding: &Binding) -> Self {
        let password = Password::new(code.password());
        let helper = Identity::new(&identity(b"rh-helper", binding));
        let sharer = Identity::new(&identity(b"rh-sharer", binding));
        let random = SeededRandom::new(seed, code, binding);
        match binding.role {
            Role::Helper => {
                let (spake, message) = Spake2::start_a_with_rng(&password, &helper, &sharer, random);
                let message_a = Bytes::from(message);
                let outgoing = Some((AuthStep::PAKE_A, message_a.clone()));
                Self { state: State::AwaitingB { spake: Box::new(spake), message_a }, outgoing }
            }
            Role::Sharer => {
                let (spake, message) = Spake2::start_b_with_rng(&password, &helper, &sharer, random);
                Self { state: State::AwaitingA { spake: Box::new(spake), message_b: Bytes::from(message) }, outgoing: None }
            }
        }
    }

    /// Takes a step of the peer. After a refusal every further step gets that same refusal.
    pub(super) fn handle(&mut self, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        // The state is replaced below on success only, so whatever goes wrong on the way leaves the exchange refused.
        let state = std::mem::replace(&mut self.state, State::Refused(refusal::unexpected()));
        match advance(state, step, body) {
            Ok((state, outgoing)) => {
                self.state = state;
                self.outgoing = outgoing;
                Ok(())
            }
            Err(refusal) => {
                self.state = State::Refused(refusal.clone());
                self.outgoing = None;
                Err(refusal)
            }
        }
    }

    pub(super) fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        self.outgoing.take()
    }

    /// The peer's confirmation was right; a step of ours may still wait in [`poll`](Self::poll).
    pub(super) fn is_convinced(&self) -> bool {
        matches!(self.state, State::Convinced)
    }

    /// Convinced, and everything is sent.
    pub(super) fn is_complete(&self) -> bool {
        self.is_convinced() && self.outgoing.is_none()
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::AwaitingB { .. } => "AwaitingB",
            State::AwaitingA { .. } => "AwaitingA",
            State::AwaitingConfirmation { .. } => "AwaitingConfirmation",
            State::Convinced => "Convinced",
            State::Refused(_) => "Refused",
        })
    }
}

fn advance(state: State, step: AuthStep, body: &[u8]) -> Result<(State, Option<(AuthStep, Bytes)>), Refusal> {
    match (state, step) {
        (State::AwaitingB { spake, message_a }, AuthStep::PAKE_B) => {
            let (message_b, theirs) = body.split_first_chunk::<MESSAGE>().ok_or_else(refusal::malformed)?;
            if theirs.len() != CONFIRMATION {
                return Err(refusal::malformed());
            }
            let confirmations = finish(*spake, message_b, &message_a, message_b)?;
            if !bool::from(confirmations.b.as_slice().ct_eq(theirs)) {
                return Err(refusal::wrong_code());
            }
            Ok((State::Convinced, Some((AuthStep::CONFIRM_A, Bytes::copy_from_slice(&*confirmations.a)))))
        }
        (State::AwaitingA { spake, message_b }, AuthStep::PAKE_A) => {
            let confirmations = finish(*spake, body, body, &message_b)?;
            let reply = [&*message_b, &*confirmations.b].concat();
            Ok((State::AwaitingConfirmation { expected: confirmations.a }, Some((AuthStep::PAKE_B, Bytes::from(reply)))))
        }
        (State::AwaitingConfirmation { expected }, AuthStep::CONFIRM_A) => {
            if body.len() != CONFIRMATION {
                return Err(refusal::malformed());
            }
            if !bool::from(expected.as_slice().ct_eq(body)) {
                return Err(refusal::wrong_code());
            }
            Ok((State::Convinced, None))
        }
        (State::Refused(refusal), _) => Err(refusal),
        _ => Err(refusal::unexpected()),
    }
}

struct Confirmations {
    a: Zeroizing<[u8; CONFIRMATION]>,
    b: Zeroizing<[u8; CONFIRMATION]>,
}

/// The key of both messages and what each side must show to have it. `theirs` is the one of the two that the peer sent.
fn finish(spake: Spake2<Ed25519Group>, theirs: &[u8], message_a: &[u8], message_b: &[u8]) -> Result<Confirmations, Refusal> {
    // Wrong length, the sender's own side octet (a reflection), or no point of the curve: nothing that a right code could mend.
    let key = Zeroizing::new(spake.finish(theirs).map_err(|_| refusal::malformed())?);
    Ok(Confirmations {
        a: confirmation(&key, b"rh-confirm-A", message_a, message_b),
        b: confirmation(&key, b"rh-confirm-B", message_a, message_b),
    })
}

fn confirmation(key: &[u8], info: &[u8], message_a: &[u8], message_b: &[u8]) -> Zeroizing<[u8; CONFIRMATION]> {
    let mut mac_key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, key).expand(info, &mut *mac_key).expect("HKDF-SHA256 gives up to 8,160 bytes");
    let mut mac = hmac(&*mac_key);
    mac.update(message_a);
    mac.update(message_b);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// `name ‖ E ‖ sid`: a key agreed over another connection, or in another session, differs.
fn identity(name: &[u8], binding: &Binding) -> Vec<u8> {
    [name, &binding.exporter, &binding.session_id].concat()
}

/// The caller's seed, stretched: block *i* is HMAC-SHA256(HMAC-SHA256(seed, "rh-pake-seed-v1" ‖ role ‖ E ‖ sid ‖ code), i as u64 big-endian).
///
/// SPAKE2 hides the code behind the random scalar, so one scalar with two codes would give away their difference. Mixing in what the attempt is about makes a
/// caller's mistake of using a seed twice harmless, as RFC 6979 does for signatures.
struct SeededRandom {
    key: Zeroizing<[u8; 32]>,
    block: u64,
}

impl SeededRandom {
    fn new(seed: &[u8; 32], code: &Code, binding: &Binding) -> Self {
        let mut mac = hmac(seed);
        mac.update(b"rh-pake-seed-v1");
        mac.update(match binding.role {
            Role::Helper => b"A",
            Role::Sharer => b"B",
        });
        mac.update(&binding.exporter);
        mac.update(&binding.session_id);
        mac.update(code.password());
        Self { key: Zeroizing::new(mac.finalize().into_bytes().into()), block: 0 }
    }
}

impl RngCore for SeededRandom {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, destination: &mut [u8]) {
        for chunk in destination.chunks_mut(32) {
            let mut mac = hmac(&*self.key);
            mac.update(&self.block.to_be_bytes());
            self.block += 1;
            let mut block: [u8; 32] = mac.finalize().into_bytes().into();
            chunk.copy_from_slice(&block[..chunk.len()]);
            block.zeroize();
        }
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(destination);
        Ok(())
    }
}

impl CryptoRng for SeededRandom {}
