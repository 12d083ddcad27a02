//! Our own sign-in against it, through its page.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rh_auth::clock::Clock;
use rh_auth::http::{Client, Loopback, SignInError, check_token};
use rh_auth::jwks::KeyCache;
use rh_auth::key::SigningKey;
use rh_auth::oidc::{Commitment, Proven, TokenError};
use rh_auth::value::UnixTime;
use rh_idp::browser::{self, BrowserError};
use rh_proto::credential::Role;

use crate::support::Server;

const TIMEOUT: Duration = Duration::from_secs(30);

/// The app's result, and what the browser shows at the end.
fn sign_in(
    server: &Server,
    extra: &[(&str, &str)],
    press: impl FnOnce(&str) -> Result<String, BrowserError> + Send,
) -> (Result<Proven, SignInError>, String) {
    let provider = server.running.settings();
    let commitment = Commitment::new(Role::Helper, [1; 32], SigningKey::from_seed(&[2; 32]).public_key());
    let client = Client::new(&[]).unwrap();
    let endpoints = client.discover(&provider).unwrap();
    let loopback = Loopback::begin(&provider, &endpoints, &commitment, [3; 64], extra).unwrap();
    let address = loopback.address().to_owned();
    let unix = UnixTime(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs());
    let clock = Clock::new(Instant::now(), unix);
    thread::scope(|scope| {
        let browser = scope.spawn(move || press(&address).unwrap());
        let result = loopback.wait(&client, TIMEOUT, &AtomicBool::new(false), |token| {
            check_token(&client, &endpoints, &provider, &mut KeyCache::new(), &commitment, token, clock)
        });
        (result.map(|(_, proven)| proven), browser.join().unwrap())
    })
}

#[test]
fn hanna_signs_in() {
    let server = Server::start();
    let (proven, page) = sign_in(&server, &[("acr_values", "c2")], |address| browser::choose(address, "hanna"));
    let proven = proven.unwrap();
    assert_eq!((proven.tenant.as_str(), proven.person.as_str()), ("contoso", "hanna"));
    assert_eq!(proven.key, SigningKey::from_seed(&[2; 32]).public_key());
    assert_eq!(proven.sign_in.contexts.iter().map(|context| context.as_str()).collect::<Vec<_>>(), ["c1", "c2"]);
    assert!(proven.sign_in.at.is_some());
    assert!(page.contains("You are signed in"), "{page}");
}

#[test]
fn a_guest_does_not_get_in() {
    let (proven, page) = sign_in(&Server::start(), &[], |address| browser::choose(address, "gunther"));
    assert!(matches!(proven, Err(SignInError::Token(TokenError::NotAMember))), "{proven:?}");
    assert!(page.contains("Signing in did not work"), "{page}");
}

#[test]
fn who_cancels_is_not_signed_in() {
    let (proven, page) = sign_in(&Server::start(), &[], browser::cancel);
    assert!(matches!(&proven, Err(SignInError::Refused { error }) if error == "access_denied"), "{proven:?}");
    assert!(page.contains("Signing in did not work"), "{page}");
}

#[test]
fn a_key_of_another_provider_signs_nobody_in() {
    let (one, other) = (Server::start(), Server::start());
    let client = Client::new(&[]).unwrap();
    let keys = |server: &Server| client.keys(&client.discover(&server.running.settings()).unwrap()).unwrap();
    assert_ne!(keys(&one), keys(&other));
}
