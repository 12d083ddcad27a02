//! Exchanging a code: what it takes, and that it works once.

use rh_auth::value::from_base64url;
use rh_idp::flow::Flow;
use serde_json::Value;

use crate::support::{ISSUER, NOW, REDIRECT, REQUEST, VERIFIER, flow, query, with};

fn code(flow: &Flow, person: &str, request: &[(&str, &str)]) -> String {
    let handle = flow.authorize(&query(request), NOW).unwrap();
    let back = flow.choose(&handle, Some(person), NOW).unwrap();
    back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

fn exchange(code: &str) -> [(&str, &str); 5] {
    let grant = ("grant_type", "authorization_code");
    [grant, ("code", code), ("client_id", "remote-help"), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)]
}

fn claims(answer: &Value) -> Value {
    let token = answer["id_token"].as_str().unwrap();
    serde_json::from_slice(&from_base64url(token.split('.').nth(1).unwrap().as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_token_says_who_when_and_for_whom() {
    let flow = flow();
    let code = code(&flow, "hanna", &REQUEST);
    let answer = flow.token(&query(&exchange(&code)), NOW.plus(5)).unwrap();
    assert_eq!((answer["token_type"].as_str(), answer["expires_in"].as_u64()), (Some("Bearer"), Some(3600)));
    let expected = serde_json::json!({
        "iss": ISSUER, "aud": "remote-help", "sub": "hanna", "oid": "hanna", "tid": "contoso", "acct": 0, "acrs": ["c1"],
        "name": "Hanna Virtanen", "nonce": "n-0S6_WzA2Mj", "auth_time": NOW.0, "iat": NOW.0 + 5, "exp": NOW.0 + 3605,
    });
    assert_eq!(claims(&answer), expected);
}

#[test]
fn a_stronger_sign_in_is_there_for_who_can_and_only_when_asked_for() {
    let flow = flow();
    let mut request = REQUEST.to_vec();
    request.push(("acr_values", "c2 c3"));
    for (person, contexts) in [("hanna", serde_json::json!(["c1", "c2"])), ("sam", serde_json::json!([]))] {
        let answer = flow.token(&query(&exchange(&code(&flow, person, &request))), NOW).unwrap();
        assert_eq!(claims(&answer)["acrs"], contexts, "{person}");
    }
}

#[test]
fn a_guest_is_called_one() {
    let flow = flow();
    let answer = flow.token(&query(&exchange(&code(&flow, "gunther", &REQUEST))), NOW).unwrap();
    assert_eq!(claims(&answer)["acct"], 1);
}

#[test]
fn a_code_works_once_and_for_a_minute() {
    let flow = flow();
    let first = code(&flow, "sam", &REQUEST);
    assert!(flow.token(&query(&exchange(&first)), NOW).is_ok());
    assert_eq!(flow.token(&query(&exchange(&first)), NOW).unwrap_err().error, "invalid_grant");
    let late = code(&flow, "sam", &REQUEST);
    assert_eq!(flow.token(&query(&exchange(&late)), NOW.plus(60)).unwrap_err().error, "invalid_grant");
}

#[test]
fn a_code_that_somebody_tried_to_use_wrongly_is_used_up() {
    let flow = flow();
    for (name, value) in [("code_verifier", "guess"), ("redirect_uri", "http://127.0.0.1:4712/signed-in")] {
        let code = code(&flow, "sam", &REQUEST);
        let wrong = with(&exchange(&code), name, Some(value)).iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
        let wrong: Vec<(&str, &str)> = wrong.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(flow.token(&query(&wrong), NOW).unwrap_err().error, "invalid_grant", "{name}");
        assert_eq!(flow.token(&query(&exchange(&code)), NOW).unwrap_err().error, "invalid_grant", "{name}");
    }
}

#[test]
fn a_malformed_request_is_refused_and_costs_no_code() {
    let flow = flow();
    let code = code(&flow, "sam", &REQUEST);
    let good = exchange(&code);
    for (name, value, error) in [
        ("grant_type", None, "invalid_request"),
        ("grant_type", Some("refresh_token"), "unsupported_grant_type"),
        ("grant_type", Some("password"), "unsupported_grant_type"),
        ("grant_type", Some("urn:ietf:params:oauth:grant-type:device_code"), "unsupported_grant_type"),
        ("code", None, "invalid_request"),
        ("code", Some("guess"), "invalid_grant"),
        ("client_id", None, "invalid_request"),
        ("client_id", Some("other"), "invalid_client"),
        ("client_secret", Some("secret"), "invalid_client"),
        ("redirect_uri", None, "invalid_request"),
        ("code_verifier", None, "invalid_request"),
    ] {
        let refused = flow.token(&query(&with(&good, name, value)), NOW).unwrap_err();
        assert_eq!(refused.error, error, "{name}={value:?}");
    }
    for (name, value) in good {
        let mut twice = good.to_vec();
        twice.push((name, value));
        assert_eq!(flow.token(&query(&twice), NOW).unwrap_err().error, "invalid_request", "{name} twice");
    }
    assert!(flow.token(&query(&good), NOW).is_ok());
}
