//! What an authorization request may say, and who learns what is wrong with it.

use rh_idp::flow::{Denied, Refused};

use crate::support::{ISSUER, NOW, REDIRECT, REQUEST, flow, query, with};

/// What the app is sent: the error, the state, the issuer.
fn sent_back(denied: Denied) -> (String, Option<String>) {
    let Denied::Back(url) = denied else { panic!("shown instead of sent back: {denied:?}") };
    assert!(url.as_str().starts_with(&format!("{REDIRECT}?")), "{url}");
    let get = |name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    assert_eq!(get("iss").as_deref(), Some(ISSUER));
    assert_eq!(get("code"), None);
    (get("error").unwrap(), get("state"))
}

#[test]
fn a_request_in_order_is_put_to_the_person() {
    let flow = flow();
    let handle = flow.authorize(&query(&REQUEST), NOW).unwrap();
    let back = flow.choose(&handle, Some("hanna"), NOW).unwrap();
    let pairs: Vec<(String, String)> = back.query_pairs().into_owned().collect();
    assert_eq!(pairs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["code", "iss", "state"]);
    assert_eq!((pairs[0].1.len(), pairs[1].1.as_str(), pairs[2].1.as_str()), (43, ISSUER, "af0ifjsldkj"));
}

#[test]
fn without_a_trustworthy_app_the_person_is_told_and_nobody_else() {
    let flow = flow();
    for client in [None, Some("other"), Some("")] {
        assert_eq!(flow.authorize(&query(&with(&REQUEST, "client_id", client)), NOW), Err(Denied::Page(Refused::Client)));
    }
    let mut twice = REQUEST.to_vec();
    twice.push(("client_id", "remote-help"));
    assert_eq!(flow.authorize(&query(&twice), NOW), Err(Denied::Page(Refused::Client)));

    let mut two_ways = REQUEST.to_vec();
    two_ways.push(("redirect_uri", REDIRECT));
    assert_eq!(flow.authorize(&query(&two_ways), NOW), Err(Denied::Page(Refused::Redirect)));
    for redirect in [
        None,
        Some("https://127.0.0.1:4711/signed-in"),
        Some("http://127.0.0.1/signed-in"),
        Some("http://localhost:4711/signed-in"),
        Some("http://127.0.0.1.example:4711/"),
        Some("http://192.168.1.2:4711/signed-in"),
        Some("http://127.0.0.2:4711/signed-in"),
        Some("http://[::1]:4711/signed-in"),
        Some("http://0x7f.1:4711/signed-in"),
        Some("http://user@127.0.0.1:4711/signed-in"),
        Some("http://127.0.0.1:4711/signed-in?a=b"),
        Some("http://127.0.0.1:4711/signed-in#f"),
        Some("javascript:alert(1)"),
        Some("//127.0.0.1:4711/"),
    ] {
        let denied = flow.authorize(&query(&with(&REQUEST, "redirect_uri", redirect)), NOW);
        assert_eq!(denied, Err(Denied::Page(Refused::Redirect)), "{redirect:?}");
    }
}

#[test]
fn everything_else_that_is_wrong_goes_back_to_the_app() {
    let flow = flow();
    let long = "x".repeat(2000);
    for (name, value, error) in [
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", Some("code id_token"), "unsupported_response_type"),
        ("response_mode", Some("fragment"), "invalid_request"),
        ("response_mode", Some("form_post"), "invalid_request"),
        ("scope", None, "invalid_scope"),
        ("scope", Some("profile"), "invalid_scope"),
        ("scope", Some("openidx"), "invalid_scope"),
        ("nonce", None, "invalid_request"),
        ("nonce", Some(long.as_str()), "invalid_request"),
        ("nonce", Some("new\nline"), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("prompt", Some("none"), "login_required"),
        ("prompt", Some("dance"), "invalid_request"),
        ("request", Some("eyJ"), "request_not_supported"),
        ("request_uri", Some("https://example/"), "request_uri_not_supported"),
        ("acr_values", Some(" \u{7} "), "invalid_request"),
    ] {
        let denied = flow.authorize(&query(&with(&REQUEST, name, value)), NOW).unwrap_err();
        assert_eq!(sent_back(denied), (error.to_owned(), Some("af0ifjsldkj".to_owned())), "{name}={value:?}");
    }
    for name in ["response_type", "scope", "nonce", "code_challenge", "code_challenge_method"] {
        let mut twice = REQUEST.to_vec();
        twice.push((name, "again"));
        assert_eq!(sent_back(flow.authorize(&query(&twice), NOW).unwrap_err()).0, "invalid_request", "{name} twice");
    }
    let mut two_states = REQUEST.to_vec();
    two_states.push(("state", "another"));
    assert_eq!(sent_back(flow.authorize(&query(&two_states), NOW).unwrap_err()), ("invalid_request".to_owned(), None));
    assert_eq!(sent_back(flow.authorize(&query(&with(&REQUEST, "state", Some(&long))), NOW).unwrap_err()).1, None);
}

#[test]
fn a_state_is_not_necessary_and_more_parameters_do_no_harm() {
    let flow = flow();
    let mut request = with(&REQUEST, "state", None);
    request.extend([("login_hint", "sam"), ("claims", "{}"), ("ui_locales", "fi")]);
    let handle = flow.authorize(&query(&request), NOW).unwrap();
    let back = flow.choose(&handle, None, NOW).unwrap();
    assert_eq!(back.query(), Some(format!("error=access_denied&iss={}", ISSUER.replace(':', "%3A").replace('/', "%2F")).as_str()));
}

#[test]
fn a_page_is_answered_once_and_in_time_by_somebody_on_it() {
    let flow = flow();
    let handle = flow.authorize(&query(&REQUEST), NOW).unwrap();
    assert_eq!(flow.choose(&handle, Some("mallory"), NOW), Err(Refused::Nobody));
    assert_eq!(flow.choose("guess", Some("sam"), NOW), Err(Refused::TooLate));
    assert!(flow.choose(&handle, Some("sam"), NOW).is_ok(), "a slip does not use the page up");
    assert_eq!(flow.choose(&handle, Some("sam"), NOW), Err(Refused::TooLate));
    let handle = flow.authorize(&query(&REQUEST), NOW).unwrap();
    assert_eq!(flow.choose(&handle, Some("sam"), NOW.plus(600)), Err(Refused::TooLate));
}

#[test]
fn what_waits_is_bounded_and_makes_room_when_it_is_old() {
    let flow = flow();
    let handles: Vec<String> = (0..1000).map_while(|_| flow.authorize(&query(&REQUEST), NOW).ok()).collect();
    assert_eq!(handles.len(), 256);
    assert_eq!(flow.authorize(&query(&REQUEST), NOW), Err(Denied::Page(Refused::Busy)));
    assert!(flow.choose(&handles[0], Some("sam"), NOW).is_ok(), "those that wait are not disturbed");
    assert!(flow.authorize(&query(&REQUEST), NOW.plus(600)).is_ok());
}
