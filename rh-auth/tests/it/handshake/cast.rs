//! The people, the keys and the documents of a session, and two ends that are joined by hand.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use rh_auth::clock::Clock;
use rh_auth::code::{Code, LiveCode, TypedCode};
use rh_auth::handshake::{self, Admission, OwnSignIn, Trust};
use rh_auth::identity::{DeviceId, PersonId, TenantId};
use rh_auth::key::{Algorithm, SigningKey};
use rh_auth::oidc::Commitment;
use rh_auth::ticket::{Device, Modes, Person, ReplayGuard, Sharer, Ticket};
use rh_auth::value::{Digest, Id, Identifier, Line, StableCode, UnixTime, from_base64url};
use rh_proto::credential::{AuthStep, Binding, ChannelKeys, Credential, Refusal, Role};
use rh_proto::error::CloseCode;
use rh_proto::mode::{Mode, ModeSet};
use serde_json::{Value, json};

use crate::support::{code, epoch};
use crate::tokens::issuer::{Issuer, TENANT, claims, provider};

pub(crate) const NOW: UnixTime = UnixTime(1_800_000_000);
pub(crate) const SESSION: [u8; 16] = [1; 16];

pub(crate) fn person_id(text: &str) -> PersonId {
    PersonId::new(text).unwrap()
}

/// A compact JWS as it may cross, without any of the phrases that would make it shorter (`docs/TOKENS.md`, "The exchange"); what is none crosses as it is.
pub(crate) fn crossing(token: &str) -> Vec<u8> {
    let parts: Option<Vec<_>> = token.split('.').map(|part| from_base64url(part.as_bytes())).collect();
    let Some([header, payload, signature]) = parts.as_deref() else { return token.as_bytes().to_vec() };
    let length = u16::try_from(signature.len()).unwrap().to_be_bytes();
    [&length, signature.as_slice(), header, &[1], payload].concat()
}

/// The key of a seed byte: 1 is Alice's, who helps, 2 Bob's, who shares, as `attack::world` has them.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

pub(crate) fn authority() -> SigningKey {
    key(0xa)
}

fn person(oid: &str, seed: u8) -> Person {
    let line = |text| Line::new(text).unwrap();
    Person {
        oid: PersonId::new(oid).unwrap(),
        spki: key(seed).public_key().fingerprint(),
        name: line(&format!("{oid} Ångström")),
        title: line("Support engineer"),
        company: line("Contoso"),
        domain: line("contoso.example"),
        picture: Some(Digest::of(oid.as_bytes())),
    }
}

pub(crate) fn ticket() -> Ticket {
    Ticket {
        sid: Id(SESSION),
        jti: Id([7; 16]),
        tid: TenantId::new(TENANT).unwrap(),
        helper: person("alice", 1),
        sharer: Sharer::Person(person("bob", 2)),
        modes: Modes(ModeSet::ATTENDED),
        warnings: Vec::new(),
        obligations: vec![StableCode::new("R13.consent").unwrap()],
        policy: Digest::of(b"policy"),
        matrix: Identifier::new("open").unwrap(),
        audit: String::new(),
        iat: NOW,
        exp: NOW.plus(60),
        lease: NOW.plus(300),
    }
}

/// The same helper, and a device with nobody at it. Its registered key has the seed 0xd.
pub(crate) fn device_ticket() -> Ticket {
    let device = Device {
        id: DeviceId::new("kiosk-7").unwrap(),
        name: Line::new("Kiosk 7").unwrap(),
        key: key(0xd).public_key(),
        spki: key(2).public_key().fingerprint(),
    };
    Ticket { sharer: Sharer::Device(device), modes: Modes(ModeSet::NONE.with(Mode::Unattended)), ..ticket() }
}

/// A sign-in of `oid` at the tenant's provider, in a role and with a session key.
pub(crate) fn sign_in(oid: &str, role: Role, seed: u8) -> OwnSignIn {
    sign_in_with(role, seed, |claims| claims["oid"] = json!(oid))
}

pub(crate) fn sign_in_with(role: Role, seed: u8, change: impl FnOnce(&mut Value)) -> OwnSignIn {
    let commitment = Commitment::new(role, [seed; 32], key(seed).public_key());
    let mut claims = claims(NOW, &commitment.nonce());
    change(&mut claims);
    OwnSignIn::new(commitment, &Issuer::new().token(Algorithm::Es256, &claims))
}

pub(crate) fn trust(now: Instant) -> Trust {
    Trust {
        authority: authority().public_key(),
        provider: Arc::new(provider()),
        keys: Arc::new(Issuer::new().keys()),
        used: Arc::new(Mutex::new(ReplayGuard::new(100))),
        clock: Clock::new(now, NOW),
    }
}

/// One end, and what it has come to.
pub(crate) struct End {
    pub(crate) credential: Box<dyn Credential>,
    pub(crate) admission: Admission,
    /// Its TLS key, by seed.
    pub(crate) key: u8,
    pub(crate) result: Result<(), Refusal>,
}

impl End {
    pub(crate) fn new((credential, admission): (Box<dyn Credential>, Admission), key: u8) -> Self {
        Self { credential, admission, key, result: Ok(()) }
    }

    pub(crate) fn refused(&self) -> Option<CloseCode> {
        self.result.as_ref().err().map(|refusal| refusal.code)
    }

    /// Convinced: what a session takes for its cue to send `AuthOk`.
    pub(crate) fn is_convinced(&self) -> bool {
        self.result.is_ok() && self.credential.is_complete()
    }
}

/// Both ends of one connection, and all that crossed.
pub(crate) struct Pair {
    pub(crate) now: Instant,
    pub(crate) helper: End,
    pub(crate) sharer: End,
    /// Who sent which step, in order.
    pub(crate) crossed: Vec<(Role, AuthStep, Bytes)>,
}

/// The parts of an attended session, each of which a test may replace.
pub(crate) struct Cast {
    pub(crate) now: Instant,
    pub(crate) typed: Code,
    pub(crate) ticket: String,
    /// The session that the sharer claimed.
    pub(crate) claimed: Id,
    pub(crate) helper: OwnSignIn,
    pub(crate) helper_key: u8,
    pub(crate) sharer: OwnSignIn,
    pub(crate) sharer_key: u8,
    pub(crate) helper_trust: Trust,
    pub(crate) sharer_trust: Trust,
}

impl Cast {
    pub(crate) fn new() -> Self {
        let now = epoch();
        Self {
            now,
            typed: code(),
            ticket: ticket().issue(&authority()),
            claimed: Id(SESSION),
            helper: sign_in("alice", Role::Helper, 1),
            helper_key: 1,
            sharer: sign_in("bob", Role::Sharer, 2),
            sharer_key: 2,
            helper_trust: trust(now),
            sharer_trust: trust(now),
        }
    }

    pub(crate) fn helper_end(&self) -> (Box<dyn Credential>, Admission) {
        let pairing = LiveCode::new(code(), self.now).credential([1; 32]);
        handshake::helper(pairing, self.ticket.clone(), self.helper.clone(), self.helper_trust.clone())
    }

    pub(crate) fn sharer_end(&self) -> (Box<dyn Credential>, Admission) {
        let pairing = TypedCode::new(self.typed.clone()).credential([2; 32]);
        handshake::sharer(self.claimed, pairing, self.sharer.clone(), self.sharer_trust.clone())
    }

    pub(crate) fn pair(&self) -> Pair {
        Pair::new(self.now, End::new(self.helper_end(), self.helper_key), End::new(self.sharer_end(), self.sharer_key))
    }

    /// Runs it without anybody in between.
    pub(crate) fn run(&self) -> Pair {
        let mut pair = self.pair();
        pair.run(|_, _, _| {});
        pair
    }
}

impl Pair {
    pub(crate) fn new(now: Instant, helper: End, sharer: End) -> Self {
        let mut pair = Self { now, helper, sharer, crossed: Vec::new() };
        pair.start([0xe0; 32], SESSION);
        pair
    }

    fn start(&mut self, exporter: [u8; 32], session_id: [u8; 16]) {
        let keys = [self.helper.key, self.sharer.key].map(|seed| key(seed).public_key().spki());
        for (end, role, own, peer) in [(&mut self.helper, Role::Helper, 0, 1), (&mut self.sharer, Role::Sharer, 1, 0)] {
            end.credential.secured(&ChannelKeys { own: keys[own], peer: keys[peer] });
            end.result = end.credential.start(self.now, &Binding { role, exporter, session_id });
        }
    }

    /// Carries steps until both are silent, or one refuses. `meddle` may change the *n*-th (from 0).
    pub(crate) fn run(&mut self, mut meddle: impl FnMut(usize, &mut AuthStep, &mut Vec<u8>)) {
        while self.helper.result.is_ok() && self.sharer.result.is_ok() {
            let next = self.helper.credential.poll().map(|step| (Role::Helper, step));
            let Some((from, (mut step, body))) = next.or_else(|| self.sharer.credential.poll().map(|step| (Role::Sharer, step))) else {
                return;
            };
            self.crossed.push((from, step, body.clone()));
            let mut body = body.to_vec();
            meddle(self.crossed.len() - 1, &mut step, &mut body);
            let receiver = if from == Role::Helper { &mut self.sharer } else { &mut self.helper };
            receiver.result = receiver.credential.handle(self.now, step, &body);
        }
    }

    pub(crate) fn steps(&self) -> Vec<(Role, AuthStep)> {
        self.crossed.iter().map(|(from, step, _)| (*from, *step)).collect()
    }

    /// Whether any ticket or token has left either side.
    pub(crate) fn gave_tokens(&self, from: Role) -> bool {
        self.crossed.iter().any(|(sender, step, _)| *sender == from && matches!(*step, AuthStep::TICKET | AuthStep::IDENTITY))
    }

    /// What each side refused with.
    pub(crate) fn codes(&self) -> (Option<CloseCode>, Option<CloseCode>) {
        (self.helper.refused(), self.sharer.refused())
    }
}
