//! What all four ends have in common: the connection that the proof is for, what waits to be sent, and the checks.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Instant;

use bytes::Bytes;
use rh_proto::credential::{AuthStep, Binding, ChannelKeys, Refusal, Role};

use super::packed::Phrases;
use super::{OwnSignIn, Trust, refusal};
use crate::identity::PersonId;
use crate::key::PublicKey;
use crate::oidc::{self, Commitment, Expected, Proven};
use crate::ticket::{Sharer, Ticket};
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

    pub(super) fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        self.outgoing.pop_front()
    }

    pub(super) fn is_drained(&self) -> bool {
        self.outgoing.is_empty()
    }

    /// A ticket in the form in which it crosses.
    pub(super) fn pack_ticket(&self, token: &str, session_id: [u8; 16]) -> Result<Bytes, Refusal> {
        let connection = self.connection(session_id)?;
        let body = Phrases::ticket(connection.each_ref().map(String::as_str)).pack(token);
        body.map(Bytes::from).ok_or_else(refusal::misuse)
    }

    /// Takes a ticket of the peer.
    pub(super) fn take_ticket(&self, now: Instant, body: &[u8], session_id: [u8; 16]) -> Result<Ticket, Refusal> {
        let connection = self.connection(session_id)?;
        let token = Phrases::ticket(connection.each_ref().map(String::as_str)).unpack(body).ok_or_else(refusal::malformed)?;
        self.open_ticket(now, &token, session_id)
    }

    /// What a ticket for this connection says of it: session, helper's key, sharer's key.
    fn connection(&self, session_id: [u8; 16]) -> Result<[String; 3], Refusal> {
        let (own, peer) = (self.own_key()?.fingerprint().to_string(), self.peer_key()?.fingerprint().to_string());
        let sid = Id(session_id).to_string();
        Ok(match self.role {
            Role::Helper => [sid, own, peer],
            Role::Sharer => [sid, peer, own],
        })
    }

    /// Opens a ticket for this connection: genuine, of this session and organisation, with both keys, and never used here before.
    pub(super) fn open_ticket(&self, now: Instant, token: &str, session_id: [u8; 16]) -> Result<Ticket, Refusal> {
        let now = self.trust.clock.at(now);
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

    /// `rz`, then this end's own token in the form in which it crosses.
    pub(super) fn pack_identity(&self, own: &OwnSignIn, ticket: &Ticket) -> Result<Bytes, Refusal> {
        let commitment = own.commitment();
        let nonce = commitment.nonce();
        let token = self.phrases(self.role, ticket, &nonce).pack(own.token()).ok_or_else(refusal::misuse)?;
        Ok(Bytes::from([commitment.rz().as_slice(), &token].concat()))
    }

    /// Checks the peer's identity: its token is for its key and its role, and it is the person that the ticket names.
    pub(super) fn take_identity(&self, now: Instant, body: &[u8], ticket: &Ticket, person: &PersonId) -> Result<Proven, Refusal> {
        let (rz, token) = body.split_first_chunk::<32>().ok_or_else(refusal::malformed)?;
        let peer = match self.role {
            Role::Helper => Role::Sharer,
            Role::Sharer => Role::Helper,
        };
        let commitment = Commitment::new(peer, *rz, self.peer_key()?);
        let nonce = commitment.nonce();
        let token = self.phrases(peer, ticket, &nonce).unpack(token).ok_or_else(refusal::malformed)?;
        let Trust { provider, keys, clock, .. } = &self.trust;
        let expected = Expected { provider, keys, commitment: &commitment, now: clock.at(now) };
        let proven = oidc::check(&token, &expected).map_err(|error| refusal::token(&error))?;
        if proven.person == *person { Ok(proven) } else { Err(refusal::wrong_person()) }
    }

    /// What both ends know of the token of the person in that role.
    fn phrases<'a>(&'a self, role: Role, ticket: &'a Ticket, nonce: &'a str) -> Phrases<'a> {
        let (oid, name) = match (role, &ticket.sharer) {
            (Role::Helper, _) => (ticket.helper.oid.as_str(), ticket.helper.name.as_str()),
            (Role::Sharer, Sharer::Person(person)) => (person.oid.as_str(), person.name.as_str()),
            (Role::Sharer, Sharer::Device(_)) => ("", ""),
        };
        let provider = &self.trust.provider;
        Phrases::id_token([provider.issuer(), provider.client_id(), provider.tenant().as_str(), nonce, oid, name])
    }
}
