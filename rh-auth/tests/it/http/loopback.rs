//! What waits for the browser, and everybody else who knocks.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rh_auth::http::{Client, Endpoints, Loopback, SignInError, present};
use rh_auth::identity::TenantId;
use rh_auth::key::SigningKey;
use rh_auth::oidc::{ClaimIs, Commitment, Provider};
use rh_proto::credential::Role;
use serde_json::json;

use super::sign_in::TIMEOUT;

const ISSUER: &str = "http://127.0.0.1:9";

/// Waits for an answer from a provider that cannot be reached.
fn waiting() -> Loopback {
    let provider = Provider::single(ISSUER, "app", TenantId::new("contoso").unwrap(), ClaimIs::new("acct", 0));
    let endpoint = format!("{ISSUER}/x?kept=1");
    let document = json!({ "issuer": ISSUER, "authorization_endpoint": endpoint, "token_endpoint": endpoint, "jwks_uri": endpoint });
    let endpoints = Endpoints::parse(document.to_string().as_bytes(), ISSUER).unwrap();
    let commitment = Commitment::new(Role::Helper, [1; 32], SigningKey::from_seed(&[1; 32]).public_key());
    Loopback::begin(&provider, &endpoints, &commitment, [7; 64], &[("acr_values", "c2")]).unwrap()
}

/// A parameter of the address, and the port that it leads back to.
pub(crate) fn parameter(address: &str, name: &str) -> String {
    let (_, query) = address.split_once('?').unwrap();
    let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or_else(|| panic!("{name} in {address}"));
    found.to_owned()
}

fn port(address: &str) -> u16 {
    parameter(address, "redirect_uri").split("%3A").last().unwrap().split("%2F").next().unwrap().parse().unwrap()
}

/// Sends a request as it stands and gives the answer.
fn knock(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn the_address_asks_for_what_the_protocol_needs() {
    let address = waiting().address().to_owned();
    assert!(address.starts_with("http://127.0.0.1:9/x?kept=1&"), "{address}");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "app"),
        ("code_challenge_method", "S256"),
        ("scope", "openid+profile"),
        ("acr_values", "c2"),
    ] {
        assert_eq!(parameter(&address, name), value);
    }
    let commitment = Commitment::new(Role::Helper, [1; 32], SigningKey::from_seed(&[1; 32]).public_key());
    assert_eq!(parameter(&address, "nonce"), commitment.nonce());
    assert_eq!(parameter(&address, "state").len(), 43);
    assert!(!address.contains("prompt=none"));
}

#[test]
fn only_this_sign_ins_answer_counts() {
    let waiting = waiting();
    let address = waiting.address().to_owned();
    let (port, state) = (port(&address), parameter(&address, "state"));
    let strangers = thread::spawn(move || {
        let get = |target: &str| format!("GET {target} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
        for request in [
            get("/"),
            get("/favicon.ico"),
            get("/signed-in"),
            get("/signed-in?code=x"),
            get("/signed-in?code=x&state=guess"),
            get(&format!("/signed-in?code=x&state={state}&state={state}")),
            get(&format!("/signed-in?state={state}")),
            format!("POST /signed-in?code=x&state={state} HTTP/1.1\r\n\r\n"),
            String::from("\0\u{1}\u{2}\r\n\r\n"),
            format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(20_000)),
        ] {
            let answer = knock(port, &request);
            assert!(!answer.starts_with("HTTP/1.1 200"), "{request}: {answer}");
        }
        // A connection that a browser opens in advance and says nothing on.
        let silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let answer = knock(port, &get(&format!("/signed-in?error=access_denied<script>&state={state}")));
        drop(silent);
        answer
    });
    let result = waiting.wait(&Client::new(&[]).unwrap(), TIMEOUT, &AtomicBool::new(false), |_| Ok(()));
    assert!(matches!(&result, Err(SignInError::Refused { error }) if error == "access_deniedscript"), "{result:?}");
    let answer = strangers.join().unwrap();
    assert!(answer.contains("Signing in did not work") && !answer.contains("<script"), "{answer}");
}

#[test]
fn an_answer_of_another_issuer_is_a_mix_up() {
    let waiting = waiting();
    let address = waiting.address().to_owned();
    let (port, state) = (port(&address), parameter(&address, "state"));
    let stranger =
        thread::spawn(move || knock(port, &format!("GET /signed-in?code=x&state={state}&iss=https%3A%2F%2Fevil.example HTTP/1.1\r\n\r\n")));
    let result = waiting.wait(&Client::new(&[]).unwrap(), TIMEOUT, &AtomicBool::new(false), |_| Ok(()));
    assert!(matches!(result, Err(SignInError::Issuer)), "{result:?}");
    stranger.join().unwrap();
}

#[test]
fn a_provider_that_is_gone_is_an_error_on_both_screens() {
    let waiting = waiting();
    let address = waiting.address().to_owned();
    let (port, state) = (port(&address), parameter(&address, "state"));
    let browser = thread::spawn(move || knock(port, &format!("GET /signed-in?code=x&state={state} HTTP/1.1\r\n\r\n")));
    let result = waiting.wait(&Client::new(&[]).unwrap(), TIMEOUT, &AtomicBool::new(false), |_| Ok(()));
    assert!(matches!(result, Err(SignInError::Exchange(_))), "{result:?}");
    assert!(browser.join().unwrap().contains("Signing in did not work"));
}

#[test]
fn waiting_ends_by_itself_and_on_demand() {
    let client = Client::new(&[]).unwrap();
    let late = waiting().wait(&client, Duration::from_millis(50), &AtomicBool::new(false), |_| Ok(()));
    assert!(matches!(late, Err(SignInError::TimedOut)));
    let cancelled = AtomicBool::new(false);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| waiting().wait(&client, TIMEOUT, &cancelled, |_| Ok(())));
        cancelled.store(true, Ordering::Relaxed);
        assert!(matches!(waiting.join().unwrap(), Err(SignInError::Cancelled)));
    });
}

#[test]
fn without_a_browser_the_address_is_in_words() {
    for opened in [true, false] {
        let mut console = Vec::new();
        present("https://login.example/x", |_| opened, &mut console).unwrap();
        let text = String::from_utf8(console).unwrap();
        assert!(text.ends_with("\nhttps://login.example/x\n"), "{text}");
        assert_eq!(text.contains("has been opened"), opened);
    }
}
