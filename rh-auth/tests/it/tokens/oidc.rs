//! What a token must say, one claim at a time.

use rh_auth::identity::{Claim, PersonId, SignIn, TenantId};
use rh_auth::jws::JwsError;
use rh_auth::key::{Algorithm, SigningKey};
use rh_auth::oidc::{ClaimIs, Commitment, Expected, Proven, Provider, TokenError, check};
use rh_auth::value::UnixTime;
use rh_proto::credential::Role;
use serde_json::{Value, json};

use super::issuer::{ALGORITHMS, ALICE, CLIENT, ISSUER, Issuer, TENANT, claims, commitment, provider};

const NOW: UnixTime = UnixTime(1_800_000_000);

fn checked_by(provider: &Provider, claims: &Value) -> Result<Proven, TokenError> {
    let issuer = Issuer::new();
    let token = issuer.token(Algorithm::EdDsa, claims);
    check(&token, &Expected { provider, keys: &issuer.keys(), commitment: &commitment(), now: NOW })
}

fn checked(claims: &Value) -> Result<Proven, TokenError> {
    checked_by(&provider(), claims)
}

fn honest() -> Value {
    claims(NOW, &commitment().nonce())
}

/// The honest token with one claim changed, or taken out by `null`.
fn with(claim: &str, value: &Value) -> Value {
    let mut claims = honest();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(claim);
    } else {
        claims[claim] = value.clone();
    }
    claims
}

#[test]
fn an_honest_token_names_the_person() {
    let issuer = Issuer::new();
    for algorithm in ALGORITHMS {
        let token = issuer.token(algorithm, &honest());
        let commitment = commitment();
        let sign_in = check(&token, &Expected { provider: &provider(), keys: &issuer.keys(), commitment: &commitment, now: NOW }).unwrap();
        let claim = |text| Claim::new(text).unwrap();
        assert_eq!(
            sign_in,
            Proven {
                tenant: TenantId::new(TENANT).unwrap(),
                person: PersonId::new(ALICE).unwrap(),
                sign_in: SignIn {
                    contexts: vec![claim("c1"), claim("c2")],
                    methods: vec![claim("pwd"), claim("mfa")],
                    at: Some(UnixTime(NOW.0 - 100)),
                },
                expires: UnixTime(NOW.0 + 3600),
                key: commitment.key(),
            }
        );
    }
}

#[test]
fn each_claim_that_is_wrong_or_missing_is_refused_by_name() {
    let missing = |claim| TokenError::Claim { claim };
    let refused = [
        ("iss", json!(null), missing("iss")),
        ("iss", json!("https://login.example/fabrikam"), TokenError::Issuer),
        ("iss", json!("https://login.example/contoso/"), TokenError::Issuer),
        ("iss", json!([ISSUER]), missing("iss")),
        ("aud", json!(null), missing("aud")),
        ("aud", json!("another"), TokenError::Audience),
        ("aud", json!([CLIENT, "another"]), TokenError::Audience),
        ("aud", json!(["another"]), TokenError::Audience),
        ("aud", json!([]), missing("aud")),
        ("aud", json!(7), missing("aud")),
        ("azp", json!("another"), TokenError::AuthorizedParty),
        ("azp", json!(7), missing("azp")),
        ("exp", json!(null), missing("exp")),
        ("exp", json!("1900000000"), missing("exp")),
        ("exp", json!(1.9e9), missing("exp")),
        ("exp", json!(-1), missing("exp")),
        ("iat", json!(null), missing("iat")),
        ("nbf", json!("soon"), missing("nbf")),
        ("nonce", json!(null), missing("nonce")),
        ("nonce", json!(""), TokenError::Nonce),
        ("tid", json!(null), TokenError::Tenant),
        ("tid", json!("9188040d-6c67-4c5b-b112-36a304b66dad"), TokenError::Tenant),
        ("tid", json!(TENANT.to_uppercase()), TokenError::Tenant),
        ("acct", json!(null), TokenError::NotAMember),
        ("acct", json!(1), TokenError::NotAMember),
        ("acct", json!("0"), TokenError::NotAMember),
        ("acct", json!(0.0), TokenError::NotAMember),
        ("acct", json!(false), TokenError::NotAMember),
        ("oid", json!(null), missing("oid")),
        ("oid", json!(""), missing("oid")),
        ("oid", json!("a\u{7}b"), missing("oid")),
        ("oid", json!("x".repeat(257)), missing("oid")),
        ("acrs", json!(7), missing("acrs")),
        ("acrs", json!([["c1"]]), missing("acrs")),
        ("acrs", json!(vec!["c1"; 65]), missing("acrs")),
        ("auth_time", json!("now"), missing("auth_time")),
    ];
    for (claim, value, error) in refused {
        assert_eq!(checked(&with(claim, &value)), Err(error), "{claim}: {value}");
    }
    // Nobody is who they are by an address, which can change hands.
    assert!(checked(&with("preferred_username", &json!("mallory@contoso.example"))).is_ok());
    for (claim, value) in [
        ("aud", json!([CLIENT])),
        ("azp", json!(CLIENT)),
        ("nbf", json!(null)),
        ("acrs", json!(null)),
        ("acrs", json!("c1")),
        ("amr", json!(null)),
    ] {
        assert!(checked(&with(claim, &value)).is_ok(), "{claim}: {value}");
    }
}

#[test]
fn clocks_may_differ_by_a_minute_and_no_more() {
    let at = |claim: &str, offset: i64| checked(&with(claim, &json!(NOW.0.checked_add_signed(offset).unwrap()))).map(drop);
    assert_eq!(at("exp", -59), Ok(()));
    assert_eq!(at("exp", -60), Err(TokenError::Expired));
    for claim in ["iat", "nbf"] {
        assert_eq!(at(claim, 60), Ok(()), "{claim}");
        assert_eq!(at(claim, 61), Err(TokenError::NotYetValid), "{claim}");
    }
    assert_eq!(checked(&with("exp", &json!(u64::MAX))).map(drop), Ok(()), "no overflow");
    assert_eq!(checked(&with("nbf", &json!(u64::MAX))).map(drop), Err(TokenError::NotYetValid));
}

/// The nonce of the security page, computed here once more from its words.
#[test]
fn the_nonce_commits_to_role_randomness_and_key() {
    use ring::digest::{SHA256, digest};
    let key = SigningKey::from_seed(&[7; 32]).public_key();
    for (role, word) in [(Role::Helper, "helper"), (Role::Sharer, "sharer")] {
        let mut input = Vec::new();
        for part in [b"rh-nonce-v1".as_slice(), word.as_bytes(), &[3; 32], &key.spki()] {
            input.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
            input.extend(part);
        }
        let expected = rh_auth::value::base64url(digest(&SHA256, &input).as_ref());
        assert_eq!(Commitment::new(role, [3; 32], key).nonce(), expected);
    }
}

#[test]
fn a_token_of_another_key_role_or_draw_is_somebody_elses() {
    let own = commitment();
    let issuer = Issuer::new();
    let token = issuer.token(Algorithm::Es256, &honest());
    let check_with = |commitment: Commitment| {
        check(&token, &Expected { provider: &provider(), keys: &issuer.keys(), commitment: &commitment, now: NOW }).map(drop)
    };
    assert_eq!(check_with(own), Ok(()));
    assert_eq!(
        check_with(Commitment::new(Role::Sharer, *own.rz(), own.key())),
        Err(TokenError::Nonce),
        "a helper's token at the sharer's place"
    );
    assert_eq!(check_with(Commitment::new(Role::Helper, [0; 32], own.key())), Err(TokenError::Nonce));
    let thief = SigningKey::from_seed(&[66; 32]).public_key();
    assert_eq!(check_with(Commitment::new(Role::Helper, *own.rz(), thief)), Err(TokenError::Nonce), "a stolen token");
}

#[test]
fn the_key_must_be_the_providers_and_for_that_algorithm() {
    let issuer = Issuer::new();
    let checked = |token: &str| {
        check(token, &Expected { provider: &provider(), keys: &issuer.keys(), commitment: &commitment(), now: NOW }).map(drop)
    };
    let payload = honest().to_string();
    let token = |algorithm, header: Value| issuer.token_of(algorithm, &header.to_string(), &payload);
    assert_eq!(checked(&token(Algorithm::EdDsa, json!({ "alg": "EdDSA" }))), Err(TokenError::NoKeyName));
    assert_eq!(checked(&token(Algorithm::EdDsa, json!({ "alg": "EdDSA", "kid": "other" }))), Err(TokenError::UnknownKey));
    assert_eq!(checked(&token(Algorithm::EdDsa, json!({ "alg": "EdDSA", "kid": "es" }))), Err(JwsError::KeyMismatch.into()));
    assert_eq!(checked(&token(Algorithm::Ps256, json!({ "alg": "PS256", "kid": "rs" }))), Err(JwsError::KeyMismatch.into()));
    assert_eq!(checked(&token(Algorithm::Rs256, json!({ "alg": "ES256", "kid": "es" }))), Err(JwsError::Signature.into()));
    let signed = token(Algorithm::Rs256, json!({ "alg": "RS256", "kid": "rs" }));
    let (signed, _) = signed.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", rh_auth::value::base64url(&issuer.sign_as_stranger(signed.as_bytes())));
    assert_eq!(checked(&forged), Err(JwsError::Signature.into()));
}

#[test]
fn entra_is_pinned_to_one_directory() {
    let entra = Provider::entra(TENANT, CLIENT).unwrap();
    assert_eq!(entra.issuer(), format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    let mut token = with("iss", &json!(entra.issuer()));
    assert_eq!(checked_by(&entra, &token).unwrap().person.as_str(), ALICE);
    token["iss"] = json!("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0");
    assert_eq!(checked_by(&entra, &token), Err(TokenError::Issuer), "another tenant of the same provider");
    for wrong in [
        "common",
        "organizations",
        "consumers",
        "",
        "contoso.onmicrosoft.com",
        &TENANT.to_uppercase(),
        "7a1e5f3c-0000-4000-8000-00000000c0dé",
    ] {
        assert!(Provider::entra(wrong, CLIENT).is_err(), "{wrong}");
    }
}

#[test]
fn other_providers_prove_membership_by_a_claim_that_the_tenant_names() {
    let tenant = TenantId::new("contoso").unwrap();
    let google =
        Provider::shared(ISSUER, CLIENT, tenant.clone(), ClaimIs::new("hd", "contoso.example"), ClaimIs::new("email_verified", true));
    let mut token = honest();
    token["hd"] = json!("contoso.example");
    token["email_verified"] = json!(true);
    let sign_in = checked_by(&google, &token).unwrap();
    assert_eq!((sign_in.tenant, sign_in.person.as_str()), (tenant.clone(), "pairwise-1"));
    token["email_verified"] = json!(false);
    assert_eq!(checked_by(&google, &token), Err(TokenError::NotAMember));
    // A claim that cannot be met, such as `null` for one that is missing, lets nobody in.
    let careless = Provider::single(ISSUER, CLIENT, tenant, ClaimIs::new("missing", Value::Null));
    assert_eq!(checked_by(&careless, &token), Err(TokenError::NotAMember));
}
