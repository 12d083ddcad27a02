//! What all four ends have in common: the connection that the proof is for, what waits to be sent, and the checks.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Instant;

use bytes::Bytes;
use rh_proto::credential::{AuthStep, Binding, ChannelKeys, Refusal, Role};

use super::{OwnSignIn, Trust, refusal};
use crate::identity::PersonId;
use crate::key::PublicKey;
use crate::oidc::{self, Commitment, Expected, Proven};
use crate::ticket::Ticket;
use crate::value::{Digest, Id, UnixTime};

/// One end of one connection.
pub(super) struct End {
    pub(super) trust: Trust,
    role: Role,
    keys: Option<Keys>,
    outgoing: VecDeque<(AuthStep, Bytes)>,
}

#[derive(Clone, Copy)]
struct Keys {
    own: PublicKey,
    peer: PublicKey,
}

impl End {
    pub(super) const fn new(role: Role, trust: Trust) -> Self {
        Self { trust, role, keys: None, outgoing: VecDeque::new() }
    }

    pub(super) fn secured(&mut self, keys: &ChannelKeys) {
        let [own, peer] = [&keys.own, &keys.peer].map(|spki| PublicKey::from_spki(spki));
        self.keys = own.zip(peer).map(|(own, peer)| Keys { own, peer });
    }

    /// Whether the session is the one that this credential was made for: the right role, over a connection whose keys are known, this side's among them.
    pub(super) fn start(&self, binding: &Binding, own: Option<PublicKey>) -> Result<(), Refusal> {
        let fits = binding.role == self.role && self.keys.is_some_and(|keys| own.is_none_or(|own| own == keys.own));
        if fits { Ok(()) } else { Err(refusal::misuse()) }
    }

    /// The session key that this side shows.
    pub(super) fn own_key(&self) -> Result<PublicKey, Refusal> {
        self.keys.map(|keys| keys.own).ok_or_else(refusal::misuse)
    }

    pub(super) fn peer_key(&self) -> Result<PublicKey, Refusal> {
        self.keys.map(|keys| keys.peer).ok_or_else(refusal::misuse)
    }

    pub(super) fn send(&mut self, step: AuthStep, body: impl Into<Bytes>) {
        self.outgoing.push_back((step, body.into()));
    }

    /// `rz`, then the token.
    pub(super) fn send_identity(&mut self, own: &OwnSignIn) {
        let body = [own.commitment().rz().as_slice(), own.token().as_bytes()].concat();
        self.send(AuthStep::IDENTITY, body);
    }

    pub(super) fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        self.outgoing.pop_front()
    }

    pub(super) fn is_drained(&self) -> bool {
        self.outgoing.is_empty()
    }

    /// Takes a ticket for this connection: genuine, of this session and organisation, with both keys, and never used here before.
    pub(super) fn take_ticket(&self, now: Instant, token: &[u8], session_id: [u8; 16]) -> Result<Ticket, Refusal> {
        let now = self.trust.clock.at(now);
        let token = std::str::from_utf8(token).map_err(|_| refusal::malformed())?;
        let ticket = Ticket::open(token, &self.trust.authority, now).map_err(|error| refusal::ticket(&error))?;
        if ticket.sid != Id(session_id) {
            return Err(refusal::other_session());
        }
        if ticket.tid != *self.trust.provider.tenant() {
            return Err(refusal::other_tenant());
        }
        self.compare_keys(ticket.helper.spki, ticket.sharer.spki())?;
        self.use_once(ticket.jti, ticket.exp.plus(UnixTime::SKEW), now)?;
        Ok(ticket)
    }

    /// Takes a document that was found good, unless it was taken before.
    pub(super) fn use_once(&self, jti: Id, until: UnixTime, now: UnixTime) -> Result<(), Refusal> {
        // The guard's own calls do not panic, so a poisoned lock still guards a whole value.
        let mut used = self.trust.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.use_once(jti, until, now).map_err(refusal::replay)
    }

    /// Whether the connection lies between these two keys.
    pub(super) fn compare_keys(&self, helper: Digest, sharer: Digest) -> Result<(), Refusal> {
        let (own, peer) = (self.own_key()?.fingerprint(), self.peer_key()?.fingerprint());
        let expected = match self.role {
            Role::Helper => (helper, sharer),
            Role::Sharer => (sharer, helper),
        };
        if (own, peer) == expected { Ok(()) } else { Err(refusal::wrong_key()) }
    }

    /// Checks the peer's identity: its token is for its key and its role, and it is the person that the ticket names.
    pub(super) fn take_identity(&self, now: Instant, body: &[u8], person: &PersonId) -> Result<Proven, Refusal> {
        let (rz, token) = body.split_first_chunk::<32>().ok_or_else(refusal::malformed)?;
        let token = std::str::from_utf8(token).map_err(|_| refusal::malformed())?;
        let peer = match self.role {
            Role::Helper => Role::Sharer,
            Role::Sharer => Role::Helper,
        };
        let commitment = Commitment::new(peer, *rz, self.peer_key()?);
        let Trust { provider, keys, clock, .. } = &self.trust;
        let expected = Expected { provider, keys, commitment: &commitment, now: clock.at(now) };
        let proven = oidc::check(token, &expected).map_err(|error| refusal::token(&error))?;
        if proven.person == *person { Ok(proven) } else { Err(refusal::wrong_person()) }
    }
}
