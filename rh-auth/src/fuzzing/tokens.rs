//! Signed documents, key sets and logs that anybody might send or hand in.

use std::sync::OnceLock;

use crate::audit::{Answer, Ender, Event, Log, prune, verify};
use crate::identity::TenantId;
use crate::jwks::KeySet;
use crate::jws::{Compact, Kind};
use crate::key::{Algorithm, SigningKey};
use crate::ticket::{LeaseClaims, ModeName, Pass, ResumeTicket, Ticket};
use crate::value::{Digest, UnixTime, base64url};

const NOW: UnixTime = UnixTime(1_800_000_000);

/// Every kind of document, with the `typ` that it has.
const KINDS: [(Kind, &str); 9] = [
    (Kind::IdToken, "JWT"),
    (Kind::Ticket, "rh-ticket"),
    (Kind::Pass, "rh-pass"),
    (Kind::Lease, "rh-lease"),
    (Kind::Resume, "rh-resume"),
    (Kind::Device, "rh-device"),
    (Kind::Proof, "dpop+jwt"),
    (Kind::AuditRoot, "rh-audit-root"),
    (Kind::AuditHead, "rh-audit-head"),
];

fn key() -> SigningKey {
    SigningKey::from_seed(&[0xa; 32])
}

/// A token: of at most one kind, and signed by nobody who does not have the key.
pub fn jws(data: &[u8]) {
    let Ok(token) = std::str::from_utf8(data) else { return };
    let read: Vec<Compact<'_>> = KINDS.iter().filter_map(|(kind, _)| Compact::parse(token, *kind).ok()).collect();
    assert!(read.len() <= 1, "taken for two kinds");
    for jws in read {
        let unguessable = crate::key::VerifyingKey::Ed25519(SigningKey::from_seed(&[0x5e; 32]).public_key());
        assert!(jws.verify(&unguessable).is_err(), "a signature out of nowhere");
    }
}

/// A payload, signed as if by a broken authority: refused, or valid in every respect and unchanged on the way.
pub fn ticket(data: &[u8]) {
    let (key, now) = (key(), NOW);
    let sealed = |typ: &str| {
        let header = format!("{{\"alg\":\"EdDSA\",\"typ\":\"{typ}\"}}");
        let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(data));
        format!("{signed}.{}", base64url(&key.sign(signed.as_bytes())))
    };
    let public = key.public_key();
    if let Ok(ticket) = Ticket::open(&sealed("rh-ticket"), &public, now) {
        assert!(ticket.exp.since(ticket.iat) <= Ticket::START && ticket.lease.since(ticket.iat) <= Ticket::LEASE);
        assert!(now < ticket.exp.plus(UnixTime::SKEW) && ticket.iat <= now.plus(UnixTime::SKEW));
        assert_eq!(Ticket::open(&ticket.issue(&key), &public, now), Ok(ticket));
    }
    if let Ok(ticket) = ResumeTicket::open(&sealed("rh-resume"), &public, now) {
        assert!(now < ticket.exp && ticket.exp.since(ticket.iat) <= ResumeTicket::LIFETIME);
        assert_eq!(ResumeTicket::open(&ticket.issue(&key), &public, now), Ok(ticket));
    }
    if let Ok(claims) = crate::json::parse::<Pass>(data) {
        let opened = Pass::open(&claims.issue(&key), &public, &claims.node, now);
        assert!(opened.is_err() || opened == Ok(claims));
    }
    if let Ok(claims) = crate::json::parse::<LeaseClaims>(data) {
        assert_eq!(crate::jws::open(&claims.issue(&key), Kind::Lease, &public), Ok(claims));
    }
}

/// A key set: refused, or bounded and with no key that takes any signature.
pub fn jwks(data: &[u8]) {
    let Ok(keys) = KeySet::parse(data) else { return };
    assert!((1..=KeySet::MAX_KEYS).contains(&keys.len()));
    let algorithms = [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];
    for kid in ["rs", "ps", "es", "ed", "a", ""] {
        let Some(key) = keys.key(kid) else { continue };
        for algorithm in algorithms {
            assert!(!keys.allows(kid, algorithm) || key.fits(algorithm));
            // A signature of zeros is good under a few weak Ed25519 keys of small order, which only the provider could publish; so not zeros.
            for length in [64, 256] {
                let _ = key.verify(algorithm, b"message", &vec![0x5a; length]);
            }
        }
    }
}

/// A provider's description: refused, or of the issuer that was asked, with addresses that may be used.
#[cfg(feature = "http")]
pub fn discovery(data: &[u8]) {
    use crate::http::Endpoints;
    for issuer in ["https://login.example/contoso", "http://127.0.0.1:4000"] {
        let Ok(endpoints) = Endpoints::parse(data, issuer) else { continue };
        for address in endpoints.addresses() {
            assert!(
                address.scheme() == "https" || (issuer.starts_with("http:") && address.host_str().is_some_and(is_loopback)),
                "{address}"
            );
        }
    }
}

#[cfg(feature = "http")]
fn is_loopback(host: &str) -> bool {
    host.starts_with("127.") || host == "[::1]"
}

/// A log of three days, every line of it genuine.
fn genuine() -> &'static str {
    static LOG: OnceLock<String> = OnceLock::new();
    LOG.get_or_init(|| {
        let mut log = Log::new(key());
        let tenant = TenantId::new("contoso").expect("printable and not empty");
        let events = [
            Event::Consent { mode: ModeName::ViewOnly, answer: Answer::Allowed, shown: Digest::of(b"text") },
            Event::End { code: 1, by: Ender::Helper },
        ];
        let moments = (0..12).map(|index| NOW.plus(index * 20_000));
        moments
            .zip(events.into_iter().cycle())
            .map(|(at, event)| log.append(at, tenant.clone(), None, event).expect("a short entry").lines)
            .collect()
    })
}

/// A log file: it has a fault, or is a beginning of the one that the key has written; and then it can be gone on with.
pub fn audit_file(data: &[u8]) {
    let (key, now) = (key(), NOW.plus(3 * 86_400));
    if !verify(data, &key.public_key(), &[], now).is_intact() {
        return;
    }
    assert!(genuine().as_bytes().starts_with(data), "somebody else's log is taken for genuine");
    assert_eq!(prune(data, &key.public_key(), now).as_deref(), Ok(data), "nothing is old enough to go");
    let mut restored = Log::restore(key, data, now).expect("it has just been found intact");
    let tenant = TenantId::new("contoso").expect("printable and not empty");
    let more = restored.log.append(now, tenant, None, Event::End { code: 1, by: Ender::Link }).expect("a short entry");
    let whole = [data, more.lines.as_bytes()].concat();
    assert!(verify(&whole, &self::key().public_key(), &[&more.head], now).is_intact());
}
