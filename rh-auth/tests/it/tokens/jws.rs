//! The form of a document: RFC 7515, strictly.

use rh_auth::jws::{Compact, JwsError, Kind, MAX_TOKEN};
use rh_auth::key::Algorithm;
use rh_auth::value::base64url;
use serde_json::json;

use super::issuer::{ALGORITHMS, Issuer, claims};
use crate::tokens::now;

fn parse(token: &str) -> Result<(), JwsError> {
    Compact::parse(token, Kind::IdToken).map(drop)
}

#[test]
fn every_algorithm_is_checked_and_gives_the_payload() {
    let issuer = Issuer::new();
    let keys = issuer.keys();
    for algorithm in ALGORITHMS {
        let token = issuer.token_of(algorithm, &format!(r#"{{"alg":"{}","kid":"k"}}"#, algorithm.name()), r#"{"a":1}"#);
        let jws = Compact::parse(&token, Kind::IdToken).unwrap();
        assert_eq!((jws.kid(), jws.algorithm()), (Some("k"), algorithm));
        assert_eq!(jws.verify(keys.key(Issuer::kid(algorithm)).unwrap()), Ok(br#"{"a":1}"#.to_vec()));
    }
}

#[test]
fn a_key_checks_only_the_algorithms_of_its_kind() {
    let issuer = Issuer::new();
    let keys = issuer.keys();
    for signed in ALGORITHMS {
        for (key, kind) in [("rs", 0), ("ps", 0), ("es", 1), ("ed", 2)] {
            let own = match signed {
                Algorithm::Rs256 | Algorithm::Ps256 => 0,
                Algorithm::Es256 => 1,
                Algorithm::EdDsa => 2,
            };
            let token = issuer.token(signed, &json!({}));
            let result = Compact::parse(&token, Kind::IdToken).unwrap().verify(keys.key(key).unwrap());
            assert_eq!(result.is_ok(), own == kind, "{signed:?} by {key}");
            assert!(result.is_ok() || result == Err(JwsError::KeyMismatch));
        }
    }
}

#[test]
fn other_algorithms_do_not_exist_here() {
    for alg in
        ["none", "None", "", "HS256", "HS512", "RS384", "RS512", "PS512", "ES384", "ES256K", "EdDSA ", "eddsa", "RSA-OAEP", "Ed25519"]
    {
        let token = format!("{}.e30.AA", base64url(json!({ "alg": alg }).to_string().as_bytes()));
        assert_eq!(parse(&token), Err(JwsError::Algorithm), "{alg:?}");
    }
}

#[test]
fn exactly_three_parts() {
    let header = base64url(br#"{"alg":"EdDSA"}"#);
    assert_eq!(parse(&format!("{header}.e30.AA")), Ok(()));
    for token in
        ["", ".", "..", &header, &format!("{header}.e30"), &format!("{header}.e30.AA.AA"), &format!("{header}.e30.AA.AA.AA"), ".e30.AA"]
    {
        assert_eq!(parse(token), Err(JwsError::NotCompact), "{token:?}");
    }
    // The JSON serialisation, which may hold several signatures.
    let json = json!({ "payload": "e30", "signatures": [{ "protected": header, "signature": "AA" }] }).to_string();
    assert!(parse(&json).is_err());
}

#[test]
fn one_spelling_of_base64() {
    let issuer = Issuer::new();
    let token = issuer.token(Algorithm::Rs256, &claims(now(), "n"));
    let parts: Vec<&str> = token.split('.').collect();
    for (index, part) in ["header", "payload", "signature"].into_iter().enumerate() {
        // Padding, white space, the other alphabet, bits that no byte holds (256 bytes leave four of them).
        let last = parts[index].chars().last().unwrap();
        for other in [
            format!("{}=", parts[index]),
            format!("{}\n", parts[index]),
            format!(" {}", parts[index]),
            parts[index].replacen(last, "+", 1),
            format!("{}/", parts[index]),
        ] {
            let mut changed = parts.clone();
            changed[index] = &other;
            assert_eq!(parse(&changed.join(".")), Err(JwsError::Encoding { part }), "{part}: {other:?}");
        }
    }
    let signature = parts[2];
    assert!(!signature.len().is_multiple_of(4), "the last character has spare bits");
    let (head, tail) = signature.split_at(signature.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = alphabet.find(tail).unwrap();
    let sibling = &alphabet[(value ^ 1)..=(value ^ 1)];
    assert_eq!(parse(&format!("{}.{}.{head}{sibling}", parts[0], parts[1])), Err(JwsError::Encoding { part: "signature" }));
}

#[test]
fn headers_that_bring_keys_or_change_the_rules_are_refused() {
    for name in ["jku", "x5u", "x5c", "crit", "b64", "zip", "enc"] {
        for value in [json!(null), json!("x"), json!(["x"]), json!(true)] {
            let mut header = json!({ "alg": "EdDSA", "kid": "ed" });
            header[name] = value;
            let token = format!("{}.e30.AA", base64url(header.to_string().as_bytes()));
            assert!(matches!(parse(&token), Err(JwsError::Header { name: found }) if found == name), "{header}");
        }
    }
    let jwk = json!({ "alg": "EdDSA", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": base64url(&[1; 32]) } });
    assert_eq!(parse(&format!("{}.e30.AA", base64url(jwk.to_string().as_bytes()))), Err(JwsError::Header { name: "jwk" }));
    // What tells nothing about the key is passed over: Entra ID's older tokens have `x5t`.
    let harmless = json!({ "alg": "EdDSA", "x5t": "abc", "cty": "JWT", "something": { "new": 1 } });
    assert_eq!(parse(&format!("{}.e30.AA", base64url(harmless.to_string().as_bytes()))), Ok(()));
}

#[test]
fn a_document_of_one_kind_is_none_of_another() {
    let kinds = [
        (Kind::Ticket, "rh-ticket"),
        (Kind::Pass, "rh-pass"),
        (Kind::Lease, "rh-lease"),
        (Kind::Revocation, "rh-revoke"),
        (Kind::Resume, "rh-resume"),
        (Kind::Device, "rh-device"),
        (Kind::AuditRoot, "rh-audit-root"),
        (Kind::AuditHead, "rh-audit-head"),
    ];
    let token = |typ: Option<&str>| {
        let header = typ.map_or(json!({ "alg": "EdDSA" }), |typ| json!({ "alg": "EdDSA", "typ": typ }));
        format!("{}.e30.AA", base64url(header.to_string().as_bytes()))
    };
    for (kind, name) in kinds {
        for (_, other) in kinds {
            assert_eq!(Compact::parse(&token(Some(other)), kind).is_ok(), name == other);
        }
        for other in [None, Some("JWT"), Some("at+jwt"), Some(""), Some(&*name.to_uppercase())] {
            assert_eq!(Compact::parse(&token(other), kind).unwrap_err(), JwsError::Type { expected: name });
        }
        assert!(parse(&token(Some(name))).is_err(), "no ID token");
    }
    for typ in [None, Some("JWT"), Some("jwt")] {
        assert_eq!(parse(&token(typ)), Ok(()));
    }
    // An access token is no ID token (RFC 9068 section 2.1).
    assert_eq!(parse(&token(Some("at+jwt"))), Err(JwsError::Type { expected: "JWT" }));
}

#[test]
fn members_that_appear_twice_are_refused_wherever_they_are() {
    let issuer = Issuer::new();
    for header in [
        r#"{"alg":"EdDSA","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","x":1,"x":1}"#,
        r#"{"alg":"EdDSA","x":{"y":1,"y":2}}"#,
        r#"{"alg":"EdDSA","\u0061lg":"none"}"#,
    ] {
        let token = issuer.token_of(Algorithm::EdDsa, header, "{}");
        assert!(matches!(parse(&token), Err(JwsError::Json { part: "header", .. })), "{header}");
    }
}

#[test]
fn size_is_bounded_before_anything_is_decoded() {
    let header = base64url(br#"{"alg":"EdDSA"}"#);
    let fitting = format!("{header}.{}.AA", "e".repeat((MAX_TOKEN - header.len() - 4) / 4 * 4));
    assert_eq!(parse(&fitting), Ok(()));
    assert_eq!(parse(&format!("{header}.{}.AA", "e".repeat(MAX_TOKEN))), Err(JwsError::TooLong));
    let long_header = json!({ "alg": "EdDSA", "x": "y".repeat(1024) }).to_string();
    assert_eq!(parse(&format!("{}.e30.AA", base64url(long_header.as_bytes()))), Err(JwsError::TooLong));
    let long_name = json!({ "alg": "EdDSA", "kid": "k".repeat(257) }).to_string();
    assert_eq!(parse(&format!("{}.e30.AA", base64url(long_name.as_bytes()))), Err(JwsError::Header { name: "kid" }));
    let deep = format!(r#"{{"alg":"EdDSA","x":{}{}}}"#, "[".repeat(400), "]".repeat(400));
    assert!(matches!(parse(&format!("{}.e30.AA", base64url(deep.as_bytes()))), Err(JwsError::Json { .. })), "no stack is used up");
}

#[test]
fn every_bit_of_a_token_matters() {
    let issuer = Issuer::new();
    let keys = issuer.keys();
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let token = issuer.token(algorithm, &json!({ "oid": "a" }));
        let key = keys.key(Issuer::kid(algorithm)).unwrap();
        for at in 0..token.len() {
            for bit in 0..8 {
                let mut changed = token.clone().into_bytes();
                changed[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(changed) else { continue };
                let result = Compact::parse(&changed, Kind::IdToken).and_then(|jws| jws.verify(key));
                assert!(result.is_err(), "{algorithm:?}, byte {at}, bit {bit}");
            }
        }
    }
}
