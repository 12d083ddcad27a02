//! Going on after the link broke, without asking the person again.

use rh_proto::mode::Mode;
use serde::{Deserialize, Serialize};

use super::ModeName;
use crate::jws::{self, JwsError, Kind};
use crate::key::{PublicKey, SigningKey};
use crate::value::{Digest, Id, UnixTime};

/// The authority's leave to go on with one session over another connection, between the same two keys, in the same mode or a lower one.
///
/// It widens nothing: the sharer compares it with what it remembers of the session and takes the lower of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeTicket {
    /// The session.
    pub sid: Id,
    /// This document; taken once.
    pub jti: Id,
    /// What both sides had confirmed over the connection that broke (`rh_proto::session::Sharer::transcript`).
    pub transcript: Digest,
    /// The highest mode to go on in.
    pub mode: ModeName,
    /// `spki#` of the helper's session key.
    pub helper: Digest,
    /// `spki#` of the sharer's session key.
    pub sharer: Digest,
    /// The last renewal of the lease.
    pub iat: UnixTime,
    /// Not from then on; at most [`ResumeTicket::LIFETIME`] after `iat`.
    pub exp: UnixTime,
}

/// Why a session is not resumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// Not a resume ticket, or not signed by this authority.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// Its times contradict the rules.
    #[error("the resume ticket is valid for longer than one may be")]
    Times,
    /// From the future.
    #[error("the resume ticket is from the future")]
    NotYetValid,
    /// More than five minutes since the lease was renewed.
    #[error("the session was interrupted for too long")]
    Expired,
}

impl ResumeTicket {
    /// Seconds from the last renewal in which a session can be resumed.
    pub const LIFETIME: u64 = 300;

    /// Signs it.
    #[must_use]
    pub fn issue(&self, authority: &SigningKey) -> String {
        jws::seal(self, Kind::Resume, authority)
    }

    /// Checks a resume ticket. No skew is granted at its end: both sides' clocks were set by the lease.
    ///
    /// # Errors
    /// [`ResumeError`].
    pub fn open(token: &str, authority: &PublicKey, now: UnixTime) -> Result<Self, ResumeError> {
        let ticket: Self = jws::open(token, Kind::Resume, authority)?;
        if ticket.exp < ticket.iat || ticket.exp.since(ticket.iat) > Self::LIFETIME {
            return Err(ResumeError::Times);
        }
        if ticket.iat > now.plus(UnixTime::SKEW) {
            return Err(ResumeError::NotYetValid);
        }
        if now >= ticket.exp {
            return Err(ResumeError::Expired);
        }
        Ok(ticket)
    }

    /// The highest mode to go on in, for a session that was in `last`: never more than either.
    #[must_use]
    pub fn mode(&self, last: Mode) -> Option<Mode> {
        rh_proto::mode::lower(Some(last), Some(self.mode.into()))
    }
}
