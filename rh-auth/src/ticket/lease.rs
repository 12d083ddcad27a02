//! How long a session may go on: renewed by the authority, ended by its word or its silence.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Ticket;
use crate::clock::Clock;
use crate::jws::{self, JwsError, Kind};
use crate::key::{PublicKey, SigningKey};
use crate::value::{Id, StableCode, UnixTime};

/// `rh-lease`: the session may go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseClaims {
    /// The session.
    pub sid: Id,
    /// Counts up from 1 within the session, so that an old renewal cannot stand in for a new one.
    pub seq: u64,
    /// When it was signed.
    pub iat: UnixTime,
    /// The session ends then unless renewed again; at most [`Ticket::LEASE`] after `iat`.
    pub until: UnixTime,
}

impl LeaseClaims {
    /// Signs it.
    #[must_use]
    pub fn issue(&self, authority: &SigningKey) -> String {
        jws::seal(self, Kind::Lease, authority)
    }
}

/// `rh-revoke`: the session must end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationClaims {
    /// The session.
    pub sid: Id,
    /// The stable code of the decision's reason.
    pub reason: StableCode,
    /// When it was signed.
    pub iat: UnixTime,
}

impl RevocationClaims {
    /// Signs it.
    #[must_use]
    pub fn issue(&self, authority: &SigningKey) -> String {
        jws::seal(self, Kind::Revocation, authority)
    }
}

/// Why a document changes nothing about a lease. The session goes on as before: a relay must not be able to end it with garbage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// Not signed by the authority, or of another kind.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// For another session.
    #[error("it is for another session")]
    Session,
    /// Not newer than the last.
    #[error("a newer renewal has been seen")]
    Old,
    /// Its times contradict the rules, or lie in the future.
    #[error("its times are not as the rules have them")]
    Times,
    /// The lease is over: a renewal that comes too late starts nothing.
    #[error("the lease is over")]
    Over,
}

/// How a lease ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseEnd {
    /// It was not renewed in time: the authority is silent, or somebody keeps it from being heard.
    Expired,
    /// The authority took the decision back.
    Revoked {
        /// The stable code of the reason.
        reason: StableCode,
    },
}

/// One session's lease, at either end.
///
/// When [`poll_renewal`](Self::poll_renewal) says so, ask the authority to renew. Give what it sends to [`handle_renewal`](Self::handle_renewal) and
/// [`handle_revocation`](Self::handle_revocation). Wake at [`poll_timeout`](Self::poll_timeout), and end the session once [`end`](Self::end) says that the
/// lease is over.
#[derive(Debug)]
pub struct Lease {
    sid: Id,
    authority: PublicKey,
    clock: Clock,
    seq: u64,
    until: UnixTime,
    /// When to ask for renewal next.
    ask: Instant,
    revoked: Option<StableCode>,
}

impl Lease {
    /// Seconds of a full lease after which it is renewed: half of [`Ticket::LEASE`].
    pub const RENEW: u64 = 150;

    /// Between two requests for renewal, while the first is not answered.
    pub const RETRY: Duration = Duration::from_secs(10);

    /// The lease that comes with a ticket.
    #[must_use]
    pub fn new(ticket: &Ticket, authority: PublicKey, clock: Clock) -> Self {
        let ask = clock.instant(UnixTime(ticket.lease.0.saturating_sub(Ticket::LEASE - Self::RENEW)));
        Self { sid: ticket.sid, authority, clock, seq: 0, until: ticket.lease, ask, revoked: None }
    }

    /// Whether to ask for renewal now. Answers yes once in [`RETRY`](Self::RETRY).
    pub fn poll_renewal(&mut self, now: Instant) -> bool {
        let due = now >= self.ask && self.end(now).is_none();
        if due {
            self.ask = now + Self::RETRY;
        }
        due
    }

    /// The authority renewed.
    ///
    /// # Errors
    /// [`LeaseError`]; nothing has changed.
    pub fn handle_renewal(&mut self, now: Instant, token: &str) -> Result<(), LeaseError> {
        let claims: LeaseClaims = jws::open(token, Kind::Lease, &self.authority)?;
        if claims.sid != self.sid {
            return Err(LeaseError::Session);
        }
        if self.end(now).is_some() {
            return Err(LeaseError::Over);
        }
        if claims.seq <= self.seq || claims.until < self.until {
            return Err(LeaseError::Old);
        }
        let too_long = claims.until < claims.iat || claims.until.since(claims.iat) > Ticket::LEASE;
        if too_long || claims.iat > self.clock.at(now).plus(UnixTime::SKEW) {
            return Err(LeaseError::Times);
        }
        self.seq = claims.seq;
        self.until = claims.until;
        self.ask = self.clock.instant(UnixTime(claims.until.0.saturating_sub(Ticket::LEASE - Self::RENEW))).max(now);
        Ok(())
    }

    /// The authority took the decision back. There is no way to undo it.
    ///
    /// # Errors
    /// [`LeaseError::Jws`] and [`LeaseError::Session`]; nothing has changed.
    pub fn handle_revocation(&mut self, token: &str) -> Result<(), LeaseError> {
        let claims: RevocationClaims = jws::open(token, Kind::Revocation, &self.authority)?;
        if claims.sid != self.sid {
            return Err(LeaseError::Session);
        }
        self.revoked.get_or_insert(claims.reason);
        Ok(())
    }

    /// How the lease has ended; `None` while it lasts.
    #[must_use]
    pub fn end(&self, now: Instant) -> Option<LeaseEnd> {
        if let Some(reason) = &self.revoked {
            return Some(LeaseEnd::Revoked { reason: reason.clone() });
        }
        (self.clock.at(now) >= self.until).then_some(LeaseEnd::Expired)
    }

    /// When to ask [`poll_renewal`](Self::poll_renewal) and [`end`](Self::end) again; `None` once it is over by the authority's word.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.revoked.is_none().then(|| self.ask.min(self.clock.instant(self.until)))
    }
}
