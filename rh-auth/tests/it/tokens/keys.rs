//! Key sets, and when they are fetched.

use std::time::{Duration, Instant};

use rh_auth::jwks::{FetchReason, KeyCache, KeySet, KeySetError, Lookup};
use rh_auth::key::Algorithm;
use serde_json::{Value, json};

use super::issuer::Issuer;

fn parse(document: &Value) -> Result<KeySet, KeySetError> {
    KeySet::parse(document.to_string().as_bytes())
}

#[test]
fn a_set_holds_what_can_check_tokens_and_nothing_else() {
    let keys = Issuer::new().keys();
    assert_eq!(keys.len(), 4);
    assert!(keys.key("encryption").is_none() && keys.key("p384").is_none() && keys.key("").is_none());
    // A key that the provider has tied to one algorithm checks no other, though it could.
    assert!(keys.allows("rs", Algorithm::Rs256) && !keys.allows("rs", Algorithm::Ps256));
    assert!(keys.allows("ps", Algorithm::Ps256) && !keys.allows("ps", Algorithm::Rs256));
    assert!(keys.allows("es", Algorithm::Es256) && !keys.allows("es", Algorithm::EdDsa));
}

#[test]
fn one_key_that_is_malformed_refuses_the_set() {
    let issuer = Issuer::new();
    let (n, e) = issuer.rsa_components();
    let (x, y) = issuer.p256_components();
    let good = json!({ "kty": "RSA", "kid": "a", "n": n, "e": e });
    assert!(parse(&json!({ "keys": [good] })).is_ok());
    for bad in [
        json!({ "kty": "RSA", "kid": "b", "n": n }),
        json!({ "kty": "RSA", "kid": "b", "n": format!("AA{n}"), "e": e }),
        json!({ "kty": "RSA", "kid": "b", "n": format!("{n}="), "e": e }),
        json!({ "kty": "RSA", "kid": "b", "n": &n[..100], "e": e }),
        json!({ "kty": "RSA", "kid": "b", "n": n.repeat(5), "e": e }),
        json!({ "kty": "RSA", "kid": "b", "n": n, "e": "AQ" }),
        json!({ "kty": "RSA", "kid": "b", "n": n, "e": "Ag" }),
        json!({ "kty": "RSA", "kid": "b", "n": n, "e": "AQABAQAB" }),
        json!({ "kty": "RSA", "kid": "b", "alg": "ES256", "n": n, "e": e }),
        json!({ "kty": "EC", "kid": "b", "crv": "P-256", "x": x }),
        json!({ "kty": "EC", "kid": "b", "crv": "P-256", "x": format!("{x}AA"), "y": y }),
        json!({ "kty": "OKP", "kid": "b", "crv": "Ed25519", "x": "AA" }),
        json!({ "kty": "RSA", "kid": "k".repeat(300), "n": n, "e": e }),
    ] {
        assert_eq!(parse(&json!({ "keys": [good, bad] })), Err(KeySetError::Key { index: 1 }), "{bad}");
    }
}

#[test]
fn what_is_for_other_uses_is_passed_over() {
    let issuer = Issuer::new();
    let (n, e) = issuer.rsa_components();
    let good = json!({ "kty": "RSA", "kid": "a", "n": n, "e": e, "key_ops": ["verify"], "x5c": ["…"], "issuer": "…" });
    for other in [
        json!({ "kty": "RSA", "n": n, "e": e }),
        json!({ "kty": "RSA", "kid": "b", "use": "enc" }),
        json!({ "kty": "RSA", "kid": "b", "key_ops": ["encrypt"] }),
        json!({ "kty": "RSA", "kid": "b", "alg": "RSA-OAEP-256" }),
        json!({ "kty": "RSA", "kid": "b", "alg": "RS512", "n": n, "e": e }),
        json!({ "kty": "EC", "kid": "b", "crv": "secp256k1" }),
        json!({ "kty": "OKP", "kid": "b", "crv": "X25519", "x": "AA" }),
        json!({ "kty": "oct", "kid": "b", "k": "c2VjcmV0" }),
        json!({ "kty": "AKP", "kid": "b" }),
    ] {
        let keys = parse(&json!({ "keys": [other, good] })).unwrap_or_else(|error| panic!("{other}: {error}"));
        assert!(keys.len() == 1 && keys.key("b").is_none(), "{other}");
    }
}

#[test]
fn a_set_is_bounded_and_says_one_thing() {
    let issuer = Issuer::new();
    let key = |kid: &str| json!({ "kty": "OKP", "kid": kid, "crv": "Ed25519", "x": issuer.ed25519_component() });
    let many = |count: usize| json!({ "keys": (0..count).map(|index| key(&index.to_string())).collect::<Vec<_>>() });
    assert_eq!(parse(&many(KeySet::MAX_KEYS)).unwrap().len(), KeySet::MAX_KEYS);
    assert_eq!(parse(&many(KeySet::MAX_KEYS + 1)), Err(KeySetError::TooMany));
    assert_eq!(parse(&json!({ "keys": [key("a"), key("a")] })), Err(KeySetError::SameName { index: 1 }));
    assert_eq!(parse(&json!({ "keys": [] })), Err(KeySetError::Empty));
    assert_eq!(KeySet::parse(&vec![b' '; KeySet::MAX_BYTES + 1]), Err(KeySetError::TooLong));
    for broken in
        ["", "{}", "[]", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, r#"{"keys":[],"keys":[]}"#, r#"{"keys":[{"kty":"RSA","kty":"EC"}]}"#]
    {
        assert!(matches!(KeySet::parse(broken.as_bytes()), Err(KeySetError::Json(_))), "{broken}");
    }
}

/// A cache and the time.
struct World {
    cache: KeyCache,
    now: Instant,
    document: Vec<u8>,
}

impl World {
    fn new() -> Self {
        Self { cache: KeyCache::new(), now: Instant::now(), document: Issuer::new().jwks().to_string().into_bytes() }
    }

    fn fetched() -> Self {
        let mut world = Self::new();
        assert_eq!(world.poll(), Some(FetchReason::Missing));
        world.cache.handle_fetched(world.now, &world.document).unwrap();
        world
    }

    fn poll(&mut self) -> Option<FetchReason> {
        self.cache.poll_fetch(self.now)
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn knows(&mut self, kid: &str) -> bool {
        matches!(self.cache.lookup(self.now, kid), Lookup::Found(_))
    }
}

#[test]
fn keys_are_fetched_at_first_and_hourly_and_believed_for_a_day() {
    let mut world = World::fetched();
    assert!(world.knows("rs"));
    assert_eq!(world.poll(), None);
    world.wait(3599);
    assert_eq!(world.poll(), None);
    world.wait(1);
    assert_eq!(world.poll(), Some(FetchReason::Refresh));
    assert_eq!(world.poll(), None, "one fetch at a time");
    world.cache.handle_failed(world.now);
    world.wait(59);
    assert_eq!(world.poll(), None);
    world.wait(1);
    assert_eq!(world.poll(), Some(FetchReason::Refresh), "after a minute again");
    world.wait(24 * 3600 - 3600 - 61);
    assert!(world.knows("rs"), "a provider that is down for less than a day locks nobody out");
    world.wait(1);
    assert!(!world.knows("rs"), "what cannot be refreshed for a day is not believed");
    assert!(world.cache.keys(world.now).is_empty());
    world.wait(60);
    assert_eq!(world.poll(), Some(FetchReason::Missing));
}

#[test]
fn a_fetch_that_is_never_reported_does_not_block_the_next() {
    let mut world = World::new();
    assert_eq!(world.poll(), Some(FetchReason::Missing));
    world.wait(59);
    assert_eq!(world.poll(), None);
    world.wait(1);
    assert_eq!(world.poll(), Some(FetchReason::Missing));
}

#[test]
fn a_flood_of_unknown_names_costs_one_fetch_in_five_minutes() {
    let mut world = World::fetched();
    let mut fetches = Vec::new();
    for second in 0..3000_u64 {
        for name in 0..10 {
            assert!(!world.knows(&format!("invented-{second}-{name}")));
        }
        if world.poll() == Some(FetchReason::UnknownKey) {
            fetches.push(second);
            world.cache.handle_fetched(world.now, &world.document).unwrap();
        }
        world.wait(1);
    }
    assert_eq!(fetches, (0..10).map(|n| n * 300).collect::<Vec<_>>());
}

#[test]
fn a_rotation_refuses_nobody() {
    let mut world = World::fetched();
    let mut rotated = Issuer::new().jwks();
    rotated["keys"].as_array_mut().unwrap()[0]["kid"] = json!("rs-2");
    world.wait(1000);
    assert!(!world.knows("rs-2"));
    assert_eq!(world.poll(), Some(FetchReason::UnknownKey), "the first token with the new key fetches it");
    world.cache.handle_fetched(world.now, rotated.to_string().as_bytes()).unwrap();
    assert!(world.knows("rs-2") && !world.knows("rs"), "and the old key is gone at once");
}

#[test]
fn a_broken_document_changes_nothing() {
    let mut world = World::fetched();
    world.wait(3600);
    assert_eq!(world.poll(), Some(FetchReason::Refresh));
    assert!(world.cache.handle_fetched(world.now, b"<html>").is_err());
    assert!(world.knows("rs"));
    assert_eq!(world.poll(), None, "it counts as a failure");
    world.wait(60);
    assert_eq!(world.poll(), Some(FetchReason::Refresh));
}
