//! What a provider may say of itself.

use rh_auth::http::{DiscoveryError, Endpoints};
use serde_json::{Value, json};

const ISSUER: &str = "https://login.example/contoso";

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://login.example/authorize",
        "token_endpoint": "https://tokens.example/token",
        "jwks_uri": "https://keys.example/jwks",
        "response_types_supported": ["code", "id_token"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "anything_else": { "is": ["ignored"] },
    })
}

fn parse(document: &Value, issuer: &str) -> Result<(), DiscoveryError> {
    Endpoints::parse(document.to_string().as_bytes(), issuer).map(drop)
}

#[test]
fn the_issuer_is_the_one_that_was_asked() {
    assert_eq!(parse(&document(), ISSUER), Ok(()));
    for other in ["https://login.example/contoso/", "https://login.example/fabrikam", "https://LOGIN.example/contoso", ""] {
        assert_eq!(parse(&document(), other), Err(DiscoveryError::Issuer), "{other}");
    }
}

#[test]
fn endpoints_are_https_or_on_this_computer() {
    for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        for bad in [
            "http://login.example/x",
            "http://127.0.0.1/x",
            "ftp://login.example/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://user:password@login.example/",
            "https://login.example/#fragment",
            "//login.example/x",
            "",
        ] {
            let mut document = document();
            document[endpoint] = json!(bad);
            assert_eq!(parse(&document, ISSUER), Err(DiscoveryError::Address { endpoint }), "{bad}");
        }
    }
    // A provider for development, and one that only looks like it.
    for (issuer, good) in [
        ("http://127.0.0.1:4000", true),
        ("http://[::1]:4000", true),
        ("http://localhost:4000", false),
        ("http://127.0.0.1.example", false),
    ] {
        let endpoint = format!("{issuer}/x");
        let document = json!({ "issuer": issuer, "authorization_endpoint": endpoint, "token_endpoint": endpoint, "jwks_uri": endpoint });
        assert_eq!(parse(&document, issuer).is_ok(), good, "{issuer}");
    }
}

#[test]
fn what_is_needed_is_supported_or_not_spoken_of() {
    for (member, value, what) in [
        ("response_types_supported", json!(["id_token"]), "response_type=code"),
        ("code_challenge_methods_supported", json!(["plain"]), "code_challenge_method=S256"),
    ] {
        let mut document = document();
        document[member] = value;
        assert_eq!(parse(&document, ISSUER), Err(DiscoveryError::Unsupported { what }));
        document.as_object_mut().unwrap().remove(member);
        assert_eq!(parse(&document, ISSUER), Ok(()), "Entra ID does not list its code challenge methods");
    }
}

#[test]
fn a_document_is_bounded_and_says_one_thing() {
    assert_eq!(Endpoints::parse(&vec![b' '; Endpoints::MAX_BYTES + 1], ISSUER), Err(DiscoveryError::TooLong));
    let twice = document().to_string().replacen('{', "{\"jwks_uri\":\"https://evil.example/\",", 1);
    for broken in [twice.as_str(), "", "{}", "[]", "<html>"] {
        assert!(matches!(Endpoints::parse(broken.as_bytes(), ISSUER), Err(DiscoveryError::Json(_))), "{broken}");
    }
}
