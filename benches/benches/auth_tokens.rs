//! Tokens, tickets and the audit log.
//!
//! `cargo bench -p rh-benches --bench auth_tokens`; one thread.
#![allow(missing_docs, reason = "criterion's macros make items without documentation")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rh_auth::audit::{Ender, Event, Log, verify};
use rh_auth::identity::{PersonId, TenantId};
use rh_auth::jwks::KeySet;
use rh_auth::key::{PublicKey, SigningKey};
use rh_auth::oidc::{ClaimIs, Commitment, Expected, Provider, check};
use rh_auth::ticket::{Modes, Nonces, Person, Proof, Request, Sharer, Ticket};
use rh_auth::value::{Digest, Id, Identifier, Line, UnixTime, base64url};
use rh_proto::credential::Role;
use rh_proto::mode::ModeSet;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

const NOW: UnixTime = UnixTime(1_800_000_000);
const TENANT: &str = "7a1e5f3c-0000-4000-8000-00000000c0de";

fn commitment() -> Commitment {
    Commitment::new(Role::Helper, [1; 32], SigningKey::from_seed(&[1; 32]).public_key())
}

/// What Entra ID says of a person: about as many claims, and as long.
fn claims() -> Value {
    json!({
        "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3", "tid": TENANT,
        "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474", "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "acct": 0, "acrs": ["c1"], "ver": "2.0",
        "nonce": commitment().nonce(), "iat": NOW.0, "nbf": NOW.0, "exp": NOW.0 + 3900, "name": "Abe Lincoln",
        "preferred_username": "abeli@contoso.example", "rh": "0.AAAA…", "uti": "fqiBqXLPj0eQa82S-IYFAA", "email": "abeli@contoso.example",
    })
}

fn signed(header: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims().to_string().as_bytes()));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", base64url(&signature))
}

fn id_tokens(c: &mut Criterion) {
    let random = SystemRandom::new();
    let rsa = RsaKeyPair::from_pkcs8(include_bytes!("../../rh-auth/tests/data/keys/rsa-1.pk8")).unwrap();
    let p256 = include_bytes!("../../rh-auth/tests/data/keys/p256.pk8");
    let p256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256, &random).unwrap();
    let ed25519 = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
    let components: PublicKeyComponents<Vec<u8>> = rsa.public().into();
    let point = p256.public_key().as_ref();
    let keys = json!({ "keys": [
        { "kty": "RSA", "kid": "RS256", "n": base64url(&components.n), "e": base64url(&components.e) },
        { "kty": "EC", "kid": "ES256", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..]) },
        { "kty": "OKP", "kid": "EdDSA", "crv": "Ed25519", "x": base64url(ed25519.public_key().as_ref()) },
    ]});
    let keys = KeySet::parse(keys.to_string().as_bytes()).unwrap();
    let header = |alg: &str| json!({ "typ": "JWT", "alg": alg, "kid": alg });
    let tokens = [
        (
            "RS256",
            signed(&header("RS256"), |message| {
                let mut signature = vec![0; rsa.public().modulus_len()];
                rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }),
        ),
        ("ES256", signed(&header("ES256"), |message| p256.sign(&random, message).unwrap().as_ref().to_vec())),
        ("EdDSA", signed(&header("EdDSA"), |message| ed25519.sign(message).as_ref().to_vec())),
    ];
    let provider = Provider::entra(TENANT, "6e74172b-be56-4843-9ff4-e66a39bb12e3").unwrap();
    let commitment = commitment();
    let mut group = c.benchmark_group("id token");
    group.throughput(Throughput::Elements(1));
    for (name, token) in &tokens {
        group.bench_function(*name, |b| {
            b.iter(|| check(black_box(token), &Expected { provider: &provider, keys: &keys, commitment: &commitment, now: NOW }).unwrap());
        });
    }
    let single = Provider::single("https://other.example", "app", TenantId::new("t").unwrap(), ClaimIs::new("acct", 0));
    group.bench_function("of another issuer", |b| {
        b.iter(|| {
            check(black_box(&tokens[2].1), &Expected { provider: &single, keys: &keys, commitment: &commitment, now: NOW }).unwrap_err()
        });
    });
    group.finish();
}

fn person() -> Person {
    let line = |text| Line::new(text).unwrap();
    Person {
        oid: PersonId::new("690222be-ff1a-4d56-abd1-7e4f7d38e474").unwrap(),
        spki: Digest::of(b"key"),
        name: line("Abe Lincoln"),
        title: line("Support engineer"),
        company: line("Contoso"),
        domain: line("contoso.example"),
        picture: Some(Digest::of(b"picture")),
    }
}

fn documents(c: &mut Criterion) {
    let authority = SigningKey::from_seed(&[2; 32]);
    let public: PublicKey = authority.public_key();
    let ticket = Ticket {
        sid: Id([1; 16]),
        jti: Id([2; 16]),
        tid: TenantId::new(TENANT).unwrap(),
        helper: person(),
        sharer: Sharer::Person(person()),
        modes: Modes(ModeSet::ATTENDED),
        warnings: Vec::new(),
        obligations: Vec::new(),
        policy: Digest::of(b"policy"),
        matrix: Identifier::new("open").unwrap(),
        audit: Log::new(SigningKey::from_seed(&[3; 32])).head(),
        iat: NOW,
        exp: NOW.plus(60),
        lease: NOW.plus(300),
    };
    let token = ticket.issue(&authority);
    let mut group = c.benchmark_group("ticket");
    group.throughput(Throughput::Elements(1));
    group.bench_function("issue", |b| b.iter(|| black_box(&ticket).issue(&authority)));
    group.bench_function("open", |b| b.iter(|| Ticket::open(black_box(&token), &public, NOW).unwrap()));
    group.finish();

    let nonces = Nonces::new([4; 32]);
    let request = Request { method: "POST", url: "https://help.example/v1/claim" };
    let proof = Proof::make(&authority, request, &nonces.issue(NOW), Id([5; 16]), NOW);
    c.bench_function("proof of possession", |b| b.iter(|| Proof::open(black_box(&proof), public, request, &nonces, NOW).unwrap()));
}

fn audit(c: &mut Criterion) {
    let event = || Event::End { code: 1, by: Ender::Helper };
    let tenant = TenantId::new(TENANT).unwrap();
    let mut log = Log::new(SigningKey::from_seed(&[3; 32]));
    let mut file = String::new();
    for _ in 0..1000 {
        file.push_str(&log.append(NOW, tenant.clone(), Some(Id([1; 16])), event()).unwrap().lines);
    }
    let key = SigningKey::from_seed(&[3; 32]).public_key();
    let mut group = c.benchmark_group("audit");
    group.throughput(Throughput::Elements(1));
    let mut day = 1;
    group.bench_function("append", |b| {
        b.iter_batched(
            || {
                // A day is bounded; a new one begins for each sample.
                day += 1;
                NOW.plus(day * 86_400)
            },
            |now| log.append(now, tenant.clone(), Some(Id([1; 16])), event()).unwrap(),
            criterion::BatchSize::SmallInput,
        );
    });
    group.throughput(Throughput::Elements(1000));
    group.bench_function("verify", |b| b.iter(|| assert!(verify(black_box(file.as_bytes()), &key, &[], NOW).is_intact())));
    group.finish();
}

criterion_group!(benches, id_tokens, documents, audit);
criterion_main!(benches);
