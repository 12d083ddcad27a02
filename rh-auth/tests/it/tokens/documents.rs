//! What the authority signs, and what parties sign for it.

use std::time::{Duration, Instant};

use rh_auth::clock::Clock;
use rh_auth::identity::{DeviceId, PersonId, TenantId};
use rh_auth::jws::JwsError;
use rh_auth::key::{PublicKey, SigningKey};
use rh_auth::ticket::{
    Device, Lease, LeaseClaims, LeaseEnd, LeaseError, ModeName, Modes, Nonces, Pass, PassError, Person, Proof, ProofError, Replay,
    ReplayGuard, Request, ResumeError, ResumeTicket, RevocationClaims, Sharer, Side, Ticket, TicketError,
};
use rh_auth::value::{Digest, Id, Identifier, Line, StableCode, UnixTime};
use rh_proto::mode::{Mode, ModeSet};
use serde_json::{Value, json};

const NOW: UnixTime = UnixTime(1_800_000_000);

fn authority() -> SigningKey {
    SigningKey::from_seed(&[0xa; 32])
}

fn identifier(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn code(text: &str) -> StableCode {
    StableCode::new(text).unwrap()
}

fn person(oid: &str) -> Person {
    let line = |text| Line::new(text).unwrap();
    Person {
        oid: PersonId::new(oid).unwrap(),
        spki: Digest::of(oid.as_bytes()),
        name: line("Ångström, Alice"),
        title: line("مهندسة"),
        company: line("Contoso"),
        domain: line("contoso.example"),
        picture: Some(Digest::of(b"picture")),
    }
}

fn ticket() -> Ticket {
    Ticket {
        sid: Id([1; 16]),
        jti: Id([2; 16]),
        tid: TenantId::new("contoso").unwrap(),
        helper: person("alice"),
        sharer: Sharer::Person(person("bob")),
        modes: Modes(ModeSet::ATTENDED),
        warnings: vec![code("R12.not-compliant")],
        obligations: vec![code("R13.consent")],
        policy: Digest::of(b"policy"),
        matrix: identifier("open"),
        audit: String::from("head"),
        iat: NOW,
        exp: NOW.plus(60),
        lease: NOW.plus(300),
    }
}

fn device() -> Sharer {
    let key = SigningKey::from_seed(&[0xd; 32]).public_key();
    Sharer::Device(Device { id: DeviceId::new("kiosk-7").unwrap(), name: Line::new("Kiosk 7").unwrap(), key, spki: Digest::of(b"kiosk") })
}

fn open(ticket: &Ticket, now: UnixTime) -> Result<Ticket, TicketError> {
    Ticket::open(&ticket.issue(&authority()), &authority().public_key(), now)
}

/// A document of `kind` with any payload, signed by the authority: a broken authority's.
fn sealed(typ: &str, payload: &Value) -> String {
    use rh_auth::value::base64url;
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[0xa; 32]).unwrap();
    let header = json!({ "alg": "EdDSA", "typ": typ });
    let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(payload.to_string().as_bytes()));
    format!("{signed}.{}", base64url(pair.sign(signed.as_bytes()).as_ref()))
}

#[test]
fn a_ticket_survives_the_way_and_nothing_else_does() {
    let ticket = ticket();
    assert_eq!(open(&ticket, NOW), Ok(ticket.clone()));
    let token = ticket.issue(&authority());
    let other = SigningKey::from_seed(&[0xb; 32]).public_key();
    assert_eq!(Ticket::open(&token, &other, NOW), Err(JwsError::Signature.into()));
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        assert!(Ticket::open(&changed, &authority().public_key(), NOW).is_err(), "byte {at}");
    }
    assert!(Pass::open(&token, &authority().public_key(), &identifier("n"), NOW).is_err(), "a ticket is no pass");
}

#[test]
fn a_ticket_starts_a_session_for_a_minute() {
    let at = |offset: i64| open(&ticket(), UnixTime(NOW.0.checked_add_signed(offset).unwrap())).map(drop);
    assert_eq!(at(-60), Ok(()));
    assert_eq!(at(-61), Err(TicketError::NotYetValid));
    assert_eq!(at(60 + 59), Ok(()), "a minute, and a minute that clocks may differ");
    assert_eq!(at(60 + 60), Err(TicketError::Expired));
    for (exp, lease) in [(61, 300), (60, 301), (60, 59)] {
        let wrong = Ticket { exp: NOW.plus(exp), lease: NOW.plus(lease), ..ticket() };
        assert_eq!(open(&wrong, NOW), Err(TicketError::Times), "{exp} {lease}");
    }
    assert_eq!(open(&Ticket { iat: NOW.plus(61), ..ticket() }, NOW), Err(TicketError::Times));
}

#[test]
fn nobody_present_means_unattended_and_only_that() {
    let unattended = ModeSet::NONE.with(Mode::Unattended);
    for bits in 0..16_u8 {
        let modes = Mode::ALL
            .into_iter()
            .enumerate()
            .filter(|(index, _)| bits >> index & 1 == 1)
            .fold(ModeSet::NONE, |set, (_, mode)| set.with(mode));
        let person = Ticket { modes: Modes(modes), ..ticket() };
        assert_eq!(open(&person, NOW).is_ok(), bits != 0 && !modes.contains(Mode::Unattended), "{modes:?}");
        let device = Ticket { modes: Modes(modes), sharer: device(), ..ticket() };
        assert_eq!(open(&device, NOW).is_ok(), modes == unattended, "{modes:?}");
    }
}

#[test]
fn what_a_ticket_says_is_understood_as_a_whole_or_not_at_all() {
    let good = serde_json::to_value(ticket()).unwrap();
    let public = authority().public_key();
    assert!(Ticket::open(&sealed("rh-ticket", &good), &public, NOW).is_ok());
    let mut changes: Vec<(&str, Value)> = vec![
        ("modes", json!(["FullControl", "ViewOnly"])),
        ("modes", json!(["ViewOnly", "ViewOnly"])),
        ("modes", json!(["ViewOnly", "Root"])),
        ("only_on_sundays", json!(true)),
        ("sid", json!("short")),
        ("sharer", json!({ "person": good["helper"], "device": {} })),
        ("sharer", json!({})),
        ("warnings", json!(["with space"])),
        ("policy", json!("AAAA")),
        ("exp", json!(-1)),
    ];
    for member in good.as_object().unwrap().keys() {
        changes.push((member, Value::Null));
    }
    for (member, value) in changes {
        let mut ticket = good.clone();
        ticket[member] = value.clone();
        let result = Ticket::open(&sealed("rh-ticket", &ticket), &public, NOW);
        assert!(matches!(result, Err(TicketError::Jws(JwsError::Json { part: "payload", .. }))), "{member}: {value}: {result:?}");
    }
    // A name that turns the direction of what stands beside it on the trust screen.
    let mut ticket = good;
    ticket["helper"]["name"] = json!("Alice \u{202e}nimda");
    assert!(Ticket::open(&sealed("rh-ticket", &ticket), &public, NOW).is_err());
}

#[test]
fn a_pass_opens_one_relay_for_one_side() {
    let pass = Pass {
        sid: Id([1; 16]),
        jti: Id([3; 16]),
        side: Side::Helper,
        node: identifier("relay-1"),
        rate: 1 << 20,
        iat: NOW,
        exp: NOW.plus(300),
    };
    let public = authority().public_key();
    let opened = |pass: &Pass, node: &str, now| Pass::open(&pass.issue(&authority()), &public, &identifier(node), now);
    assert_eq!(opened(&pass, "relay-1", NOW), Ok(pass.clone()));
    assert_eq!(opened(&pass, "relay-2", NOW), Err(PassError::Node));
    assert_eq!(opened(&pass, "relay-1", NOW.plus(360)), Err(PassError::Expired));
    assert_eq!(opened(&pass, "relay-1", UnixTime(NOW.0 - 61)), Err(PassError::NotYetValid));
    assert_eq!(opened(&Pass { exp: NOW.plus(301), ..pass.clone() }, "relay-1", NOW), Err(PassError::Times));
    assert!(matches!(
        Pass::open(&pass.issue(&SigningKey::from_seed(&[0xb; 32])), &public, &pass.node, NOW),
        Err(PassError::Jws(JwsError::Signature))
    ));
}

#[test]
fn a_proof_is_for_one_request_by_one_key_over_a_fresh_nonce() {
    let (key, nonces) = (SigningKey::from_seed(&[1; 32]), Nonces::new([7; 32]));
    let request = Request { method: "POST", url: "https://help.example/v1/offer" };
    let nonce = nonces.issue(NOW);
    let proof = Proof::make(&key, request, &nonce, Id([4; 16]), NOW);
    let opened =
        |proof: &str, key: &SigningKey, request, now| Proof::open(proof, key.public_key(), request, &nonces, now).map(|proof| proof.jti);
    assert_eq!(opened(&proof, &key, request, NOW), Ok(Id([4; 16])));
    assert_eq!(opened(&proof, &key, request, NOW.plus(119)), Ok(Id([4; 16])));
    assert_eq!(opened(&proof, &key, request, NOW.plus(120)), Err(ProofError::Nonce));
    assert_eq!(opened(&proof, &SigningKey::from_seed(&[2; 32]), request, NOW), Err(ProofError::Key));
    assert_eq!(opened(&proof, &key, Request { method: "GET", ..request }, NOW), Err(ProofError::Request));
    assert_eq!(opened(&proof, &key, Request { url: "https://help.example/v1/claim", ..request }, NOW), Err(ProofError::Request));
    let foreign = Proof::make(&key, request, &Nonces::new([8; 32]).issue(NOW), Id([4; 16]), NOW);
    assert_eq!(opened(&foreign, &key, request, NOW), Err(ProofError::Nonce));
    for nonce in ["", "AAAA", "ä", &nonce[1..], &format!("{nonce}A")] {
        assert_eq!(opened(&Proof::make(&key, request, nonce, Id([4; 16]), NOW), &key, request, NOW), Err(ProofError::Nonce), "{nonce:?}");
    }
    let later = Proof::make(&key, request, &nonces.issue(NOW), Id([4; 16]), NOW.plus(61));
    assert_eq!(opened(&later, &key, request, NOW), Err(ProofError::Time));
    // The form that other implementations of RFC 9449 expect.
    let header = jsonwebtoken::decode_header(&proof).unwrap();
    assert_eq!((header.typ.as_deref(), header.alg), (Some("dpop+jwt"), jsonwebtoken::Algorithm::EdDSA));
    let key_of_header = jsonwebtoken::DecodingKey::from_jwk(&header.jwk.unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_required_spec_claims::<&str>(&[]);
    let claims = jsonwebtoken::decode::<Value>(&proof, &key_of_header, &validation).unwrap().claims;
    assert_eq!(
        claims,
        json!({ "htm": "POST", "htu": "https://help.example/v1/offer", "nonce": nonce, "jti": Id([4; 16]).to_string(), "iat": NOW.0 })
    );
}

#[test]
fn ten_thousand_replays_all_fail_and_memory_is_bounded() {
    let mut guard = ReplayGuard::new(10_000);
    let id = |n: u32| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        Id(id)
    };
    for n in 0..10_000 {
        assert_eq!(guard.use_once(id(n), NOW.plus(120), NOW), Ok(()));
    }
    for n in 0..10_000 {
        assert_eq!(guard.use_once(id(n), NOW.plus(120), NOW.plus(120)), Err(Replay::Used));
    }
    assert_eq!(guard.use_once(id(10_000), NOW.plus(120), NOW), Err(Replay::Full), "rather refuse than forget");
    assert_eq!(guard.use_once(id(10_000), NOW.plus(300), NOW.plus(121)), Ok(()), "what cannot be used again need not be remembered");
    assert_eq!(guard.len(), 1);
}

#[test]
fn a_resume_ticket_widens_nothing_and_lives_five_minutes() {
    let ticket = ResumeTicket {
        sid: Id([1; 16]),
        jti: Id([5; 16]),
        transcript: Digest::of(b"transcript"),
        mode: ModeName::FullControl,
        helper: Digest::of(b"helper"),
        sharer: Digest::of(b"sharer"),
        iat: NOW,
        exp: NOW.plus(300),
    };
    let opened = |ticket: &ResumeTicket, now| ResumeTicket::open(&ticket.issue(&authority()), &authority().public_key(), now);
    assert_eq!(opened(&ticket, NOW.plus(299)), Ok(ticket.clone()));
    assert_eq!(opened(&ticket, NOW.plus(300)), Err(ResumeError::Expired));
    assert_eq!(opened(&ticket, UnixTime(NOW.0 - 61)), Err(ResumeError::NotYetValid));
    assert_eq!(opened(&ResumeTicket { exp: NOW.plus(301), ..ticket.clone() }, NOW), Err(ResumeError::Times));
    for last in Mode::ALL {
        for offered in Mode::ALL {
            let resumed = ResumeTicket { mode: offered.into(), ..ticket.clone() }.mode(last);
            assert!(resumed.is_none_or(|mode| mode <= last && mode <= offered), "{last:?} {offered:?} {resumed:?}");
            assert_eq!(resumed.is_some(), (last == Mode::Unattended) == (offered == Mode::Unattended));
        }
    }
}

/// A lease and the two clocks.
struct World {
    lease: Lease,
    start: Instant,
}

impl World {
    fn new() -> Self {
        let start = Instant::now();
        Self { lease: Lease::new(&ticket(), authority().public_key(), Clock::new(start, NOW)), start }
    }

    fn at(&self, seconds: u64) -> Instant {
        self.start + Duration::from_secs(seconds)
    }

    fn renew(&mut self, seconds: u64, seq: u64) -> Result<(), LeaseError> {
        let iat = NOW.plus(seconds);
        let token = LeaseClaims { sid: Id([1; 16]), seq, iat, until: iat.plus(300) }.issue(&authority());
        self.lease.handle_renewal(self.at(seconds), &token)
    }
}

#[test]
fn a_lease_is_renewed_at_half_time_and_ends_by_silence() {
    let mut world = World::new();
    assert!(!world.lease.poll_renewal(world.at(149)));
    assert_eq!(world.lease.poll_timeout(), Some(world.at(150)));
    assert!(world.lease.poll_renewal(world.at(150)));
    assert!(!world.lease.poll_renewal(world.at(151)), "asked, not answered");
    assert!(world.lease.poll_renewal(world.at(160)));
    assert_eq!(world.renew(161, 1), Ok(()));
    assert!(!world.lease.poll_renewal(world.at(310)));
    assert!(world.lease.poll_renewal(world.at(311)));
    assert_eq!(world.lease.end(world.at(460)), None);
    assert_eq!(world.lease.end(world.at(461)), Some(LeaseEnd::Expired));
    assert_eq!(world.renew(461, 2), Err(LeaseError::Over), "too late is too late");
    assert!(!world.lease.poll_renewal(world.at(470)));
}

#[test]
fn a_revocation_ends_a_lease_at_once_and_for_good() {
    let mut world = World::new();
    let revocation = |sid| RevocationClaims { sid, reason: code("R7.no-role"), iat: NOW }.issue(&authority());
    assert_eq!(world.lease.handle_revocation(&revocation(Id([9; 16]))), Err(LeaseError::Session));
    assert_eq!(world.lease.end(world.at(0)), None);
    assert_eq!(world.lease.handle_revocation(&revocation(Id([1; 16]))), Ok(()));
    assert_eq!(world.lease.end(world.at(0)), Some(LeaseEnd::Revoked { reason: code("R7.no-role") }));
    assert_eq!(world.renew(1, 1), Err(LeaseError::Over));
    assert_eq!(world.lease.poll_timeout(), None);
}

#[test]
fn old_foreign_and_invented_renewals_change_nothing() {
    let mut world = World::new();
    assert_eq!(world.renew(10, 5), Ok(()));
    assert_eq!(world.renew(20, 5), Err(LeaseError::Old));
    assert_eq!(world.renew(20, 4), Err(LeaseError::Old));
    let now = world.at(30);
    let mut renewal =
        |sid, iat: UnixTime, until, key: &SigningKey| world.lease.handle_renewal(now, &LeaseClaims { sid, seq: 9, iat, until }.issue(key));
    assert_eq!(renewal(Id([2; 16]), NOW, NOW.plus(300), &authority()), Err(LeaseError::Session));
    assert_eq!(renewal(Id([1; 16]), NOW.plus(20), NOW.plus(321), &authority()), Err(LeaseError::Times));
    assert_eq!(renewal(Id([1; 16]), NOW.plus(100), NOW.plus(400), &authority()), Err(LeaseError::Times), "from the future");
    assert_eq!(
        renewal(Id([1; 16]), NOW.plus(30), NOW.plus(309), &authority()),
        Err(LeaseError::Old),
        "a lease is never shortened in silence"
    );
    assert!(matches!(renewal(Id([1; 16]), NOW, NOW.plus(320), &SigningKey::from_seed(&[0xb; 32])), Err(LeaseError::Jws(_))));
    assert!(matches!(world.lease.handle_renewal(now, "garbage"), Err(LeaseError::Jws(_))));
    assert_eq!(world.lease.end(world.at(309)), None);
    assert_eq!(world.lease.end(world.at(310)), Some(LeaseEnd::Expired));
}

#[test]
fn a_key_has_the_form_that_the_connection_shows() {
    let seed = [3; 32];
    let identity = rh_proto::io::tls::Identity::from_seed(seed);
    let key = SigningKey::from_seed(&seed).public_key();
    assert_eq!(key.spki(), *identity.public_key().spki());
    assert_eq!(key.fingerprint().0, identity.public_key().spki_sha256());
    assert_eq!(PublicKey::from_spki(&key.spki()), Some(key));
    assert_eq!(PublicKey::from_spki(&key.spki()[1..]), None);
}
