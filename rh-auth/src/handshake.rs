//! The whole proof, carried by a session that does not know what it carries: code, then ticket, then identity tokens.
//!
//! ```text
//! helper                                                      sharer
//!   PAKE_A                                              ────►
//!                                                       ◄──── PAKE_B         the code, bound to the TLS connection
//!   CONFIRM_A, TICKET, IDENTITY (rz ‖ ID token)         ────►
//!                                                       ◄──── IDENTITY
//!   AuthOk                                              ◄───► AuthOk         by the session
//! ```
//!
//! - No byte of a ticket or token leaves a side before that side is convinced that the other holds the code.
//! - The sharer shows its token only to a helper whose ticket and token it has checked.
//! - The helper's hello names the session. The sharer goes into the one that it claimed, and into no other.
//! - Each side compares: the ticket's signature, times, session, organisation and both key hashes with the connection's keys; the peer's token with the
//!   provider's keys, the organisation, the peer's key and role (by the nonce), and the person with the ticket.
//! - Whoever refuses ends the session at both ends with a stable code and a sentence.
//!
//! Without a person at the sharer's end, the device's registered key stands in for the code and the sharer's token ([`unattended`]). After a broken link, a
//! resume ticket between the same keys stands in for everything ([`resume`]).
//!
//! What was learnt is in the [`Admission`]. Believe it once the session says `Authenticated`: only then does the other side know the same.

mod exchange;
mod packed;
mod parts;
mod refusal;
pub mod resume;
pub mod unattended;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use rh_proto::credential::Credential;

use crate::clock::Clock;
use crate::jwks::KeySet;
use crate::key::PublicKey;
use crate::oidc::{Commitment, Proven, Provider};
use crate::ticket::{ReplayGuard, Ticket};
use crate::value::Id;

/// What one end believes beforehand: its organisation's authority and identity provider. The same for every session; clones are cheap.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Signs tickets.
    pub authority: PublicKey,
    /// Issues the organisation's ID tokens.
    pub provider: Arc<Provider>,
    /// Its keys, from a [`KeyCache`](crate::jwks::KeyCache) that was asked just now: a key that is missing here refuses the peer.
    pub keys: Arc<KeySet>,
    /// Tickets that were used at this end. One for all sessions.
    pub used: Arc<Mutex<ReplayGuard>>,
    /// The time.
    pub clock: Clock,
}

/// How this end's own person has signed in: what the peer is shown.
#[derive(Clone)]
pub struct OwnSignIn {
    commitment: Commitment,
    token: Arc<str>,
}

impl OwnSignIn {
    /// The token that came of an authorization request with the commitment's nonce.
    #[must_use]
    pub fn new(commitment: Commitment, token: &str) -> Self {
        Self { commitment, token: token.into() }
    }

    /// What the token's nonce commits to.
    #[must_use]
    pub const fn commitment(&self) -> &Commitment {
        &self.commitment
    }

    /// The ID token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for OwnSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnSignIn").field("commitment", &self.commitment).finish_non_exhaustive()
    }
}

/// Who was let in, once they were: a handle that the app keeps while the session holds the credential. Empty until the peer has proven itself.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    admitted: Arc<OnceLock<Admitted>>,
}

/// The peer, and on whose word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The ticket of this session; in a resumed one, that of the session that broke off.
    pub ticket: Ticket,
    /// The peer's sign-in; `None` where the peer is an unattended device, and in a resumed session.
    pub peer: Option<Proven>,
    /// In a resumed session, the highest mode to go on in.
    pub resumed: Option<rh_proto::mode::Mode>,
}

impl Admission {
    /// What the peer has proven. Wait for the session's `Authenticated` before acting on it.
    #[must_use]
    pub fn admitted(&self) -> Option<&Admitted> {
        self.admitted.get()
    }

    fn set(&self, admitted: Admitted) {
        // A credential admits at most once; a second value could only be the same one.
        let _ = self.admitted.set(admitted);
    }
}

/// The helper's end of an attended session.
///
/// `pairing` proves the code, such as [`LiveCode::credential`](crate::code::LiveCode::credential); `ticket` is the authority's, as it came.
#[must_use]
pub fn helper(pairing: Box<dyn Credential>, ticket: String, own: OwnSignIn, trust: Trust) -> (Box<dyn Credential>, Admission) {
    let admission = Admission::default();
    (Box::new(exchange::Helper::new(exchange::Lock::Code(pairing), ticket, own, trust, admission.clone())), admission)
}

/// The sharer's end of an attended session. It learns the ticket from the helper, and takes it on the authority's signature.
///
/// `claimed` is the session that the authority named when the code was claimed. A helper that goes into another one is refused before anything else is said:
/// its ticket may be as genuine, but comes of an earlier decision than the one that was just asked for. `pairing` proves the code, such as
/// [`TypedCode::credential`](crate::code::TypedCode::credential).
#[must_use]
pub fn sharer(claimed: Id, pairing: Box<dyn Credential>, own: OwnSignIn, trust: Trust) -> (Box<dyn Credential>, Admission) {
    let admission = Admission::default();
    (Box::new(exchange::Sharer::new(claimed, pairing, exchange::Present::Person(own), trust, admission.clone())), admission)
}
