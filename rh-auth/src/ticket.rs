//! What the authority signs: tickets, relay passes, leases, revocations, resume tickets. And what the parties sign: proofs of possession, device proofs.
//!
//! All are compact JWS by Ed25519 keys ([`jws`]), each with a `typ` of its own. Members that this version does not know are refused, not skipped:
//! a ticket restricts, so what is not understood might be a restriction.

mod device;
mod lease;
mod pass;
mod proof;
mod replay;
mod resume;

use rh_proto::mode::{Mode, ModeSet};
use serde::{Deserialize, Serialize};

pub use device::DeviceProof;
pub use lease::{Lease, LeaseClaims, LeaseEnd, LeaseError, RevocationClaims};
pub use pass::{Pass, PassError, Side};
pub use proof::{Nonces, Proof, ProofError, Request};
pub use replay::{Replay, ReplayGuard};
pub use resume::{ResumeError, ResumeTicket};

use crate::identity::{DeviceId, PersonId, TenantId};
use crate::jws::{self, JwsError, Kind};
use crate::key::{PublicKey, SigningKey};
use crate::value::{Digest, Id, Identifier, Line, StableCode, UnixTime};

/// The authority's word that this helper may help this sharer now, and how far.
///
/// Whoever acts on it compares both key hashes with the connection, the people with their ID tokens, and uses each `jti` once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// The session; the one in the helper's hello.
    pub sid: Id,
    /// This document. No ticket is taken twice.
    pub jti: Id,
    /// The organisation of everybody concerned.
    pub tid: TenantId,
    /// Who helps.
    pub helper: Person,
    /// Who, or what, is helped.
    pub sharer: Sharer,
    /// What the helper may ask for; the sharer enforces it.
    pub modes: Modes,
    /// Stable codes of what the helper is warned of before it chooses.
    pub warnings: Vec<StableCode>,
    /// Stable codes of what the apps owe, such as asking for consent.
    pub obligations: Vec<StableCode>,
    /// The policy that was decided by.
    pub policy: Digest,
    /// The matrix that was decided by.
    pub matrix: Identifier,
    /// The audit log's signed head (`rh-audit-head`) with the decision in it, for both ends to keep: what was shown to them cannot be taken back.
    pub audit: String,
    /// When it was signed.
    pub iat: UnixTime,
    /// The session starts before that or not at all; at most [`Ticket::START`] after `iat`.
    pub exp: UnixTime,
    /// Unless renewed, the session ends then; at most [`Ticket::LEASE`] after `iat`.
    pub lease: UnixTime,
}

/// A person in a ticket: account, session key, and what the trust screen shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The account, as ID tokens of the tenant name it.
    pub oid: PersonId,
    /// [`PublicKey::fingerprint`] of the session key.
    pub spki: Digest,
    /// Full name.
    pub name: Line,
    /// Job title; may be empty.
    pub title: Line,
    /// May be empty.
    pub company: Line,
    /// The organisation's verified domain.
    pub domain: Line,
    /// SHA-256 of the picture, which crosses inside the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Digest>,
}

/// Who, or what, is helped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sharer {
    /// A person who signed in at the device.
    Person(Person),
    /// A device with nobody at it: an unattended session.
    Device(Device),
}

impl Sharer {
    /// `spki#` of the session key.
    #[must_use]
    pub const fn spki(&self) -> Digest {
        match self {
            Self::Person(person) => person.spki,
            Self::Device(device) => device.spki,
        }
    }
}

/// A device in a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Its id in the organisation's directory.
    pub id: DeviceId,
    /// For the helper's screen.
    pub name: Line,
    /// The key that was registered for it when it was enrolled.
    pub key: PublicKey,
    /// [`PublicKey::fingerprint`] of the session key.
    pub spki: Digest,
}

/// A set of modes, in documents a list of `ViewOnly`, `FullControl`, `Elevation`, `Unattended` in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ModeName>", into = "Vec<ModeName>")]
pub struct Modes(pub ModeSet);

/// A mode's name in documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModeName {
    /// [`Mode::ViewOnly`].
    ViewOnly,
    /// [`Mode::FullControl`].
    FullControl,
    /// [`Mode::Elevation`].
    Elevation,
    /// [`Mode::Unattended`].
    Unattended,
}

impl From<Mode> for ModeName {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::ViewOnly => Self::ViewOnly,
            Mode::FullControl => Self::FullControl,
            Mode::Elevation => Self::Elevation,
            Mode::Unattended => Self::Unattended,
        }
    }
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::ViewOnly => Self::ViewOnly,
            ModeName::FullControl => Self::FullControl,
            ModeName::Elevation => Self::Elevation,
            ModeName::Unattended => Self::Unattended,
        }
    }
}

impl From<Modes> for Vec<ModeName> {
    fn from(modes: Modes) -> Self {
        Mode::ALL.into_iter().filter(|mode| modes.0.contains(*mode)).map(ModeName::from).collect()
    }
}

impl TryFrom<Vec<ModeName>> for Modes {
    type Error = &'static str;

    fn try_from(names: Vec<ModeName>) -> Result<Self, Self::Error> {
        let modes = Self(names.iter().fold(ModeSet::NONE, |set, name| set.with((*name).into())));
        if Vec::from(modes) == names { Ok(modes) } else { Err("modes are listed once each, in order") }
    }
}

/// Why a ticket is not acted on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TicketError {
    /// Not a ticket, or not signed by this authority.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// Its times contradict each other or the rules: the authority is broken.
    #[error("the ticket's times are not as the rules have them")]
    Times,
    /// From the future.
    #[error("the ticket is from the future; check this computer's clock")]
    NotYetValid,
    /// The time to start has passed.
    #[error("the ticket's time to start has passed; start again")]
    Expired,
    /// Unattended for a person, anything else for a device, or no mode at all.
    #[error("the ticket's modes do not go with who is helped")]
    Modes,
}

impl Ticket {
    /// Seconds in which a session must start.
    pub const START: u64 = 60;

    /// Seconds that a lease lasts.
    pub const LEASE: u64 = 300;

    /// Signs it.
    #[must_use]
    pub fn issue(&self, authority: &SigningKey) -> String {
        jws::seal(self, Kind::Ticket, authority)
    }

    /// Checks a ticket at its use. What it says is then the authority's word; that it concerns this connection is still to be compared.
    ///
    /// # Errors
    /// [`TicketError`].
    pub fn open(token: &str, authority: &PublicKey, now: UnixTime) -> Result<Self, TicketError> {
        let ticket: Self = jws::open(token, Kind::Ticket, authority)?;
        let ordered = ticket.iat <= ticket.exp && ticket.exp <= ticket.lease;
        if !ordered || ticket.exp.since(ticket.iat) > Self::START || ticket.lease.since(ticket.iat) > Self::LEASE {
            return Err(TicketError::Times);
        }
        if ticket.iat > now.plus(UnixTime::SKEW) {
            return Err(TicketError::NotYetValid);
        }
        if now >= ticket.exp.plus(UnixTime::SKEW) {
            return Err(TicketError::Expired);
        }
        if !ticket.has_fitting_modes() {
            return Err(TicketError::Modes);
        }
        Ok(ticket)
    }

    /// Nobody is there to agree to an attended mode at a device, and nobody's own session is taken over unattended.
    fn has_fitting_modes(&self) -> bool {
        let unattended = ModeSet::NONE.with(Mode::Unattended);
        match self.sharer {
            Sharer::Person(_) => self.modes.0 != ModeSet::NONE && !self.modes.0.contains(Mode::Unattended),
            Sharer::Device(_) => self.modes.0 == unattended,
        }
    }
}
