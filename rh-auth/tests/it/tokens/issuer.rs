//! An identity provider that signs whatever a test wants, well and badly. Signs with ring; what it means is the test's business.

use rh_auth::identity::TenantId;
use rh_auth::jwks::KeySet;
use rh_auth::key::{Algorithm, SigningKey};
use rh_auth::oidc::{ClaimIs, Commitment, Provider};
use rh_auth::value::{UnixTime, base64url};
use rh_proto::credential::Role;
use ring::rand::SystemRandom;
use ring::rsa;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://login.example/contoso";
pub(crate) const CLIENT: &str = "remote-help";
pub(crate) const TENANT: &str = "7a1e5f3c-0000-4000-8000-00000000c0de";
pub(crate) const ALICE: &str = "a11ce";
pub(crate) const ALGORITHMS: [Algorithm; 4] = [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

/// One key of each kind, and a second RSA key that the provider has not published.
pub(crate) struct Issuer {
    random: SystemRandom,
    rsa: RsaKeyPair,
    stranger: RsaKeyPair,
    p256: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let p256 = include_bytes!("../../data/keys/p256.pk8");
        Self {
            rsa: RsaKeyPair::from_pkcs8(include_bytes!("../../data/keys/rsa-1.pk8")).unwrap(),
            stranger: RsaKeyPair::from_pkcs8(include_bytes!("../../data/keys/rsa-2.pk8")).unwrap(),
            p256: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256, &random).unwrap(),
            ed25519: Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap(),
            random,
        }
    }

    pub(crate) const fn kid(algorithm: Algorithm) -> &'static str {
        match algorithm {
            Algorithm::Rs256 => "rs",
            Algorithm::Ps256 => "ps",
            Algorithm::Es256 => "es",
            Algorithm::EdDsa => "ed",
        }
    }

    /// Modulus and exponent of the published RSA key, base64url.
    pub(crate) fn rsa_components(&self) -> (String, String) {
        let components: rsa::PublicKeyComponents<Vec<u8>> = self.rsa.public().into();
        (base64url(&components.n), base64url(&components.e))
    }

    /// x and y.
    pub(crate) fn p256_components(&self) -> (String, String) {
        let point = self.p256.public_key().as_ref();
        (base64url(&point[1..33]), base64url(&point[33..]))
    }

    pub(crate) fn ed25519_component(&self) -> String {
        base64url(self.ed25519.public_key().as_ref())
    }

    pub(crate) fn jwks(&self) -> Value {
        let (n, e) = self.rsa_components();
        let (x, y) = self.p256_components();
        json!({ "keys": [
            { "kty": "RSA", "kid": "rs", "use": "sig", "alg": "RS256", "n": n, "e": e },
            { "kty": "RSA", "kid": "ps", "use": "sig", "alg": "PS256", "n": n, "e": e },
            { "kty": "EC", "kid": "es", "use": "sig", "crv": "P-256", "x": x, "y": y },
            { "kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": self.ed25519_component() },
            { "kty": "RSA", "kid": "encryption", "use": "enc", "n": n, "e": e },
            { "kty": "EC", "kid": "p384", "crv": "P-384", "x": "AA", "y": "AA" },
        ]})
    }

    pub(crate) fn keys(&self) -> KeySet {
        KeySet::parse(self.jwks().to_string().as_bytes()).unwrap()
    }

    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let rsa = |key: &RsaKeyPair, padding| {
            let mut signature = vec![0; key.public().modulus_len()];
            key.sign(padding, &self.random, message, &mut signature).unwrap();
            signature
        };
        match algorithm {
            Algorithm::Rs256 => rsa(&self.rsa, &RSA_PKCS1_SHA256),
            Algorithm::Ps256 => rsa(&self.rsa, &RSA_PSS_SHA256),
            Algorithm::Es256 => self.p256.sign(&self.random, message).unwrap().as_ref().to_vec(),
            Algorithm::EdDsa => self.ed25519.sign(message).as_ref().to_vec(),
        }
    }

    /// RS256 by a key that is not the provider's.
    pub(crate) fn sign_as_stranger(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.stranger.public().modulus_len()];
        self.stranger.sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature).unwrap();
        signature
    }

    /// A well-signed token of any header and payload, given as text.
    pub(crate) fn token_of(&self, algorithm: Algorithm, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(payload.as_bytes()));
        let signature = self.sign(algorithm, signed.as_bytes());
        format!("{signed}.{}", base64url(&signature))
    }

    /// A well-signed token of these claims.
    pub(crate) fn token(&self, algorithm: Algorithm, claims: &Value) -> String {
        let header = json!({ "alg": algorithm.name(), "typ": "JWT", "kid": Self::kid(algorithm) });
        self.token_of(algorithm, &header.to_string(), &claims.to_string())
    }
}

pub(crate) fn provider() -> Provider {
    Provider::shared(ISSUER, CLIENT, TenantId::new(TENANT).unwrap(), ClaimIs::new("tid", TENANT), ClaimIs::new("acct", 0)).with_oid()
}

pub(crate) fn commitment() -> Commitment {
    Commitment::new(Role::Helper, [0x5a; 32], SigningKey::from_seed(&[1; 32]).public_key())
}

/// What an honest provider says of Alice.
pub(crate) fn claims(now: UnixTime, nonce: &str) -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "pairwise-1", "tid": TENANT, "oid": ALICE, "acct": 0, "nonce": nonce,
        "iat": now.0 - 5, "nbf": now.0 - 5, "exp": now.0 + 3600, "auth_time": now.0 - 100,
        "acrs": ["c1", "c2"], "amr": ["pwd", "mfa"], "name": "Alice Ångström", "preferred_username": "alice@contoso.example",
    })
}
