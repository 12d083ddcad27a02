//! How a peer proves who it is: steps that the session carries without knowing what they mean.
//!
//! The embedder fills [`Credential`] from `rh-auth`. The session decides *when* a step may cross (after the hello, before anything else) and hashes all of
//! them into the transcript that both sides confirm with `AuthOk`; the credential decides what a step says and whether it convinces.

use std::time::Instant;

use bytes::Bytes;

use crate::error::CloseCode;

/// Which end of the session a party is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sees, and when allowed controls. Always the inner TLS client.
    Helper,
    /// Shows its screen and decides. Always the inner TLS server.
    Sharer,
}

/// What ties a proof to this one connection.
#[derive(Clone)]
pub struct Binding {
    /// Whose proof is being made.
    pub role: Role,
    /// `E`: the inner TLS 1.3 exporter with label `EXPORTER-rh-pake-v1`, no context, 32 bytes.
    pub exporter: [u8; 32],
    /// The session id, drawn by the helper and carried in its hello.
    pub session_id: [u8; 16],
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The exporter is key material.
        f.debug_struct("Binding").field("role", &self.role).field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

/// The keys that the two ends of the TLS connection have proven to hold, each as the DER `SubjectPublicKeyInfo` of an Ed25519 key (RFC 8410).
///
/// A credential that names keys compares them with these: nothing else says whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelKeys {
    /// This side's.
    pub own: [u8; 44],
    /// The peer's.
    pub peer: [u8; 44],
}

/// The kind of an authentication step; unknown values survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuthStep(pub u8);

impl AuthStep {
    /// Helper → sharer: its SPAKE2 message.
    pub const PAKE_A: Self = Self(1);
    /// Sharer → helper: its SPAKE2 message, then its key confirmation.
    pub const PAKE_B: Self = Self(2);
    /// Helper → sharer: its key confirmation.
    pub const CONFIRM_A: Self = Self(3);
    /// Either direction: the authority's signed ticket.
    pub const TICKET: Self = Self(4);
    /// Either direction: the party's identity token with what its nonce commits to.
    pub const IDENTITY: Self = Self(5);
    /// Either direction: proof of a device's registered key.
    pub const DEVICE: Self = Self(6);
    /// Helper → sharer: a resume ticket.
    pub const RESUME: Self = Self(7);
}

/// Why a credential does not convince. Ends the session on both sides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// Stable code, sent to the peer.
    pub code: CloseCode,
    /// One sentence that names what is wrong and what to do; sent to the peer, so it holds no secret.
    pub text: &'static str,
}

/// One side's part of the authentication. Driven by the session in this order: [`start`](Self::start) once, then [`handle`](Self::handle) for every step
/// received and [`poll`](Self::poll) until it gives nothing, until [`is_complete`](Self::is_complete). The session calls [`abandon`](Self::abandon) if it ends
/// before that, so that a one-time code is burnt by a peer that walks away.
pub trait Credential: Send {
    /// The TLS connection stands between these two keys. `io::tls::Secured` calls it once, before [`start`](Self::start); who drives a
    /// session without it does the same.
    ///
    /// A pairing by code has no use for the keys, since the exporter already tells connections apart. A credential that names keys refuses at its start if it
    /// was not told them.
    fn secured(&mut self, keys: &ChannelKeys) {
        let _ = keys;
    }

    /// The hello is exchanged; steps may follow.
    ///
    /// # Errors
    /// When the credential cannot be used (any more), such as an expired code.
    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal>;

    /// The peer sent a step.
    ///
    /// # Errors
    /// When the step is out of order, malformed, or does not convince.
    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal>;

    /// The next step to send, if any.
    fn poll(&mut self) -> Option<(AuthStep, Bytes)>;

    /// Whether the peer has convinced this side and nothing is left to send.
    fn is_complete(&self) -> bool;

    /// The session ended before completion.
    fn abandon(&mut self, now: Instant);
}
