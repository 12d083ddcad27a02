//! Passage through a relay: what a relay needs to know, and all it gets to know.

use serde::{Deserialize, Serialize};

use crate::jws::{self, JwsError, Kind};
use crate::key::{PublicKey, SigningKey};
use crate::value::{Id, Identifier, UnixTime};

/// Which of the two streams of a session a pass is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The helper's.
    Helper,
    /// The sharer's.
    Sharer,
}

/// A relay's leave to join one side of one session. Holds no people: a relay need not know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    /// The session whose other side it is joined with.
    pub sid: Id,
    /// This document; each opens one stream.
    pub jti: Id,
    /// Which side.
    pub side: Side,
    /// The only relay that takes it.
    pub node: Identifier,
    /// Bytes per second that the relay carries for this side at most.
    pub rate: u64,
    /// When it was signed.
    pub iat: UnixTime,
    /// No stream is opened from then on; at most [`Pass::LIFETIME`] after `iat`.
    pub exp: UnixTime,
}

/// Why a relay does not let somebody pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PassError {
    /// Not a pass, or not signed by this authority.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// Its times contradict the rules.
    #[error("the pass is valid for longer than a pass may be")]
    Times,
    /// From the future.
    #[error("the pass is from the future")]
    NotYetValid,
    /// Its time is over.
    #[error("the pass has expired")]
    Expired,
    /// For another relay.
    #[error("the pass is for another relay")]
    Node,
}

impl Pass {
    /// Seconds that a pass can be used. Covers a start (60 s) and a reconnection within the lease.
    pub const LIFETIME: u64 = 300;

    /// Signs it.
    #[must_use]
    pub fn issue(&self, authority: &SigningKey) -> String {
        jws::seal(self, Kind::Pass, authority)
    }

    /// Checks a pass at relay `node`, offline: with the authority's key and nothing else.
    ///
    /// # Errors
    /// [`PassError`].
    pub fn open(token: &str, authority: &PublicKey, node: &Identifier, now: UnixTime) -> Result<Self, PassError> {
        let pass: Self = jws::open(token, Kind::Pass, authority)?;
        if pass.exp < pass.iat || pass.exp.since(pass.iat) > Self::LIFETIME {
            return Err(PassError::Times);
        }
        if pass.iat > now.plus(UnixTime::SKEW) {
            return Err(PassError::NotYetValid);
        }
        if now >= pass.exp.plus(UnixTime::SKEW) {
            return Err(PassError::Expired);
        }
        if pass.node != *node {
            return Err(PassError::Node);
        }
        Ok(pass)
    }
}
