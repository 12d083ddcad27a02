//! A person signs in at `oidc-provider`; the token says who, and is bound to the session key.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use rh_auth::clock::Clock;
use rh_auth::http::{Client, Loopback, SignInError, check_token};
use rh_auth::jwks::KeyCache;
use rh_auth::key::SigningKey;
use rh_auth::oidc::{Commitment, Expected, Proven, Provider, TokenError, check};
use rh_proto::credential::Role;

use super::browser::Browser;
use super::glewlwyd::Glewlwyd;
use super::provider::Npm;
use crate::tokens::now;

pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

fn commitment(seed: u8) -> Commitment {
    Commitment::new(Role::Helper, [seed; 32], SigningKey::from_seed(&[seed; 32]).public_key())
}

/// One sign-in, with the last page that the browser showed. `browser` is what the person does at the address that the app opens.
fn sign_in(
    provider: &Provider,
    keys: &mut KeyCache,
    seed: u8,
    browser: impl FnOnce(&str) -> String + Send,
) -> (Result<(String, Proven), SignInError>, String) {
    let client = Client::new(&[]).unwrap();
    let endpoints = client.discover(provider).unwrap();
    let commitment = commitment(seed);
    let loopback = Loopback::begin(provider, &endpoints, &commitment, [seed; 64], &[]).unwrap();
    let address = loopback.address().to_owned();
    thread::scope(|scope| {
        let browser = scope.spawn(move || browser(&address));
        let clock = Clock::new(Instant::now(), now());
        let result = loopback.wait(&client, TIMEOUT, &AtomicBool::new(false), |token| {
            check_token(&client, &endpoints, provider, keys, &commitment, token, clock)
        });
        (result, browser.join().unwrap())
    })
}

fn sign_in_at_npm(npm: &Npm, keys: &mut KeyCache, person: &str, seed: u8) -> (Result<(String, Proven), SignInError>, String) {
    sign_in(&npm.settings(), keys, seed, |address| Browser::new().sign_in(address, person))
}

/// What must arrive of Alice: organisation, account, authentication contexts, and the key that the nonce commits to.
fn assert_alice(person: &Proven, contexts: &[&str], seed: u8) {
    assert_eq!((person.tenant.as_str(), person.person.as_str()), ("contoso", "oid-of-alice"));
    assert_eq!(person.sign_in.contexts.iter().map(|context| context.as_str()).collect::<Vec<_>>(), contexts);
    assert_eq!(person.key, commitment(seed).key());
}

#[test]
fn a_person_signs_in_with_every_algorithm() {
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let npm = Npm::start(algorithm);
        let (result, page) = sign_in_at_npm(&npm, &mut KeyCache::new(), "alice", 1);
        let (_, person) = result.unwrap_or_else(|error| panic!("{algorithm}: {error}"));
        assert_alice(&person, &["c1"], 1);
        assert!(page.contains("You are signed in"), "{page}");
    }
}

#[test]
fn a_guest_is_refused_and_told_so() {
    let npm = Npm::start("ES256");
    let (result, page) = sign_in_at_npm(&npm, &mut KeyCache::new(), "gunther", 1);
    assert!(matches!(result, Err(SignInError::Token(TokenError::NotAMember))), "{result:?}");
    assert!(page.contains("Signing in did not work") && !page.contains("You are signed in"), "{page}");
}

#[test]
fn who_takes_the_token_has_no_use_for_it() {
    let npm = Npm::start("ES256");
    let mut keys = KeyCache::new();
    let (token, _) = sign_in_at_npm(&npm, &mut keys, "alice", 1).0.unwrap();
    let (provider, keys) = (npm.settings(), keys.keys(Instant::now()));
    let as_other =
        |commitment: Commitment| check(&token, &Expected { provider: &provider, keys: &keys, commitment: &commitment, now: now() });
    assert!(as_other(commitment(1)).is_ok());
    assert_eq!(as_other(commitment(2)), Err(TokenError::Nonce));
    assert_eq!(as_other(Commitment::new(Role::Sharer, [1; 32], commitment(1).key())), Err(TokenError::Nonce));
}

#[test]
fn keys_that_change_in_the_middle_refuse_nobody() {
    let mut npm = Npm::start("ES256");
    let mut keys = KeyCache::new();
    for round in 0..3 {
        let (result, _) = sign_in_at_npm(&npm, &mut keys, "alice", round);
        assert!(result.is_ok(), "round {round}: {result:?}");
        if round == 0 {
            npm.rotate();
        }
    }
}

#[test]
fn a_person_who_cancels_is_not_signed_in() {
    let npm = Npm::start("ES256");
    let provider = npm.settings();
    let client = Client::new(&[]).unwrap();
    let endpoints = client.discover(&provider).unwrap();
    let loopback = Loopback::begin(&provider, &endpoints, &commitment(1), [1; 64], &[]).unwrap();
    let address = loopback.address().to_owned();
    let browser = thread::spawn(move || Browser::new().cancel(&address));
    let result = loopback.wait(&client, TIMEOUT, &AtomicBool::new(false), |_| Ok(()));
    assert!(matches!(&result, Err(SignInError::Refused { error }) if error == "access_denied"), "{result:?}");
    assert!(browser.join().unwrap().contains("Signing in did not work"));
}

/// A provider that shares no line of code with the other: discovery, keys, PKCE, nonce, `azp`, the tenant's claims, and keys that change in the middle.
#[test]
fn people_sign_in_at_glewlwyd_before_and_after_its_keys_change() {
    let mut glewlwyd = Glewlwyd::start();
    let provider = glewlwyd.settings();
    let mut keys = KeyCache::new();
    for round in 0..2 {
        let (result, page) = sign_in(&provider, &mut keys, round, |address| glewlwyd.sign_in(address, "alice"));
        let (token, person) = result.unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert_alice(&person, &["c1", "c2"], round);
        assert!(person.sign_in.at.is_some(), "when she signed in");
        assert!(page.contains("You are signed in"), "{page}");
        let thief = Expected { provider: &provider, keys: &keys.keys(Instant::now()), commitment: &commitment(9), now: now() };
        assert_eq!(check(&token, &thief), Err(TokenError::Nonce));
        if round == 0 {
            glewlwyd.rotate();
        }
    }
    let (result, page) = sign_in(&provider, &mut keys, 7, |address| glewlwyd.sign_in(address, "gunther"));
    assert!(matches!(result, Err(SignInError::Token(TokenError::NotAMember))), "{result:?}");
    assert!(page.contains("Signing in did not work"), "{page}");
}
