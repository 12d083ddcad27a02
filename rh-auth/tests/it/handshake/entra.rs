//! What the whole exchange takes with documents as long as Entra ID's and an authority's really are.

use std::sync::Arc;

use rh_auth::audit::{Ender, Event, Log};
use rh_auth::handshake::{OwnSignIn, Trust};
use rh_auth::identity::{PersonId, TenantId};
use rh_auth::key::Algorithm;
use rh_auth::oidc::{Commitment, Provider};
use rh_auth::ticket::{Person, Sharer, Ticket};
use rh_auth::value::{Digest, Identifier, Line, StableCode};
use rh_proto::credential::Role;
use rh_proto::session::Settings;

use super::cast::{Cast, NOW, authority, key, ticket, trust};
use crate::attack::scene::Ends;
use crate::cost::between;
use crate::tokens::issuer::{ALGORITHMS, Issuer, TENANT};

const CLIENT: &str = "6e74172b-be56-4843-9ff4-e66a39bb12e3";

/// Name, account and the key's seed of the two.
const PEOPLE: [(&str, &str, u8); 2] =
    [("Abe Lincoln", "690222be-ff1a-4d56-abd1-7e4f7d38e474", 1), ("Grace Brewster Hopper", "0d1f0a53-51b8-4ad7-90ae-2f8f6a1d7c3e", 2)];

/// An ID token with the claims of Entra ID's v2.0 endpoint in their order, at their lengths: `aio`, `rh`, `uti` and `sid` are Microsoft's own business.
fn sign_in(algorithm: Algorithm, role: Role, (name, oid, seed): (&str, &str, u8)) -> OwnSignIn {
    let commitment = Commitment::new(role, [seed; 32], key(seed).public_key());
    // Entra ID's `kid` is a thumbprint of 27 characters; this issuer's keys have short names.
    let header = format!(r#"{{"typ":"JWT","alg":"{}","kid":"{}"}}"#, algorithm.name(), Issuer::kid(algorithm));
    let payload = format!(
        r#"{{"aud":"{CLIENT}","iss":"https://login.microsoftonline.com/{TENANT}/v2.0","iat":{iat},"nbf":{iat},"exp":{exp},"acct":0,"acrs":["c1"],"aio":"AXQAi/8TAAAAFm2q0ZpDq7L4yFaVYJ0zVQ7lq0n6bJm0o5sSBrKqLxZ3nYQ6t2w1Gf8qg1F5uJ3k0VZ7i2bqfYd8oYt5o2l4tq0=","auth_time":{auth},"name":"{name}","nonce":"{nonce}","oid":"{oid}","preferred_username":"{user}@contoso.example","rh":"1.AVEAPFwee-sAQACAAAAAAMDeKxd0bla-Q0if9OZqObsS4wAAAAAAAA.","sid":"0045f1a2-5d2b-4a3a-9a3c-8a6c9f8a1b2c","sub":"HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ","tid":"{TENANT}","uti":"fqiBqXLPj0eQa82S-IYFAA","ver":"2.0"}}"#,
        iat = NOW.0 - 5,
        exp = NOW.0 + 3900,
        auth = NOW.0 - 600,
        nonce = commitment.nonce(),
        user = name.to_lowercase().replace(' ', "."),
    );
    OwnSignIn::new(commitment, &Issuer::new().token_of(algorithm, &header, &payload))
}

fn person((name, oid, seed): (&str, &str, u8)) -> Person {
    let line = |text: &str| Line::new(text).unwrap();
    Person {
        oid: PersonId::new(oid).unwrap(),
        spki: key(seed).public_key().fingerprint(),
        name: line(name),
        title: line("Senior support engineer"),
        company: line("Contoso Pharmaceuticals"),
        domain: line("contoso.example"),
        picture: Some(Digest::of(name.as_bytes())),
    }
}

fn cast(algorithm: Algorithm) -> Cast {
    let mut log = Log::new(key(0xc));
    let event = || Event::End { code: 1, by: Ender::Helper };
    let [.., last] = [(); 3].map(|()| log.append(NOW, TenantId::new(TENANT).unwrap(), None, event()).unwrap());
    let code = |text| StableCode::new(text).unwrap();
    let ticket = Ticket {
        helper: person(PEOPLE[0]),
        sharer: Sharer::Person(person(PEOPLE[1])),
        warnings: vec![code("R12.not-compliant")],
        obligations: ["R13.consent", "R13.indicator", "R13.sign-out"].map(code).into(),
        matrix: Identifier::new("intune-2025-10").unwrap(),
        audit: last.head,
        ..ticket()
    };
    let cast = Cast::new();
    let entra = || Trust { provider: Arc::new(Provider::entra(TENANT, CLIENT).unwrap()), ..trust(cast.now) };
    Cast {
        ticket: ticket.issue(&authority()),
        helper: sign_in(algorithm, Role::Helper, PEOPLE[0]),
        sharer: sign_in(algorithm, Role::Sharer, PEOPLE[1]),
        helper_trust: entra(),
        sharer_trust: entra(),
        ..cast
    }
}

/// From the first byte of TLS to the second `AuthOk`, both directions, every record's overhead included.
fn bytes(algorithm: Algorithm) -> usize {
    let ends = Ends::of(&cast(algorithm), &Settings::default());
    between(ends.helper, ends.sharer).iter().sum()
}

#[test]
fn the_whole_exchange_with_tokens_of_entras_length_takes_at_most_four_kilobytes() {
    for algorithm in ALGORITHMS {
        let total = bytes(algorithm);
        assert!(total <= 4096, "{}: {total} bytes", algorithm.name());
    }
}

/// `cargo test -p rh-auth --features tokens --test it soak_where -- --ignored --nocapture`
#[test]
#[ignore = "soak: prints a table for the documentation"]
#[allow(clippy::print_stderr, reason = "its purpose is figures")]
fn soak_where_the_bytes_of_the_exchange_go() {
    for algorithm in ALGORITHMS {
        let cast = cast(algorithm);
        let documents = [cast.ticket.len(), cast.helper.token().len(), cast.sharer.token().len()];
        let crossed: Vec<_> = cast.run().crossed.iter().map(|(from, step, body)| (*from, step.0, body.len())).collect();
        eprintln!("{}: {} bytes in all; documents {documents:?}, steps {crossed:?}", algorithm.name(), bytes(algorithm));
    }
}
