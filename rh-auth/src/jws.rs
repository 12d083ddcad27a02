//! Signed documents: JSON Web Signatures in compact form (RFC 7515), read strictly and written in one way.
//!
//! What is looser in the standard than safe is not taken: no `none`, no shared secrets, one signature, base64url in its one spelling, no member twice, no
//! header that brings its own key (`jwk`, `jku`, `x5u`, `x5c`) or changes the rules (`crit`, `b64`, `zip`, `enc`), no type but the expected one.
//!
//! A payload comes out of [`Compact::verify`] only, so nothing can be read before it is checked.

use serde::{Deserialize, Serialize};

use crate::json::{self, JsonError, Present};
use crate::key::{Algorithm, PublicKey, SigningKey, VerifyingKey};
use crate::value::{base64url, from_base64url};

/// Bytes of a token at most. Entra ID's longest, with 200 groups, have about 9 KB.
pub const MAX_TOKEN: usize = 16 * 1024;

/// Bytes of a decoded header at most.
const MAX_HEADER: usize = 1024;

/// Bytes of a `kid` at most.
pub(crate) const MAX_KID: usize = 256;

/// What a document claims to be. Keeps a document of one kind from being taken for another that the same key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An identity provider's ID token: `typ` `JWT` in any case, or none at all.
    IdToken,
    /// `rh-ticket`: who may help whom, from the authority.
    Ticket,
    /// `rh-pass`: passage through a relay.
    Pass,
    /// `rh-lease`: a session may go on.
    Lease,
    /// `rh-revoke`: a session must end.
    Revocation,
    /// `rh-resume`: a session whose link broke may go on over another.
    Resume,
    /// `rh-device`: a device holds its registered key.
    Device,
    /// `dpop+jwt`: who calls holds the key (RFC 9449). The only kind whose header carries a key.
    Proof,
    /// `rh-audit-root`: what a day's audit log held.
    AuditRoot,
    /// `rh-audit-head`: what the audit log held at a moment.
    AuditHead,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::IdToken => "JWT",
            Self::Ticket => "rh-ticket",
            Self::Pass => "rh-pass",
            Self::Lease => "rh-lease",
            Self::Revocation => "rh-revoke",
            Self::Resume => "rh-resume",
            Self::Device => "rh-device",
            Self::Proof => "dpop+jwt",
            Self::AuditRoot => "rh-audit-root",
            Self::AuditHead => "rh-audit-head",
        }
    }

    fn matches(self, typ: Option<&str>) -> bool {
        match (self, typ) {
            (Self::IdToken, typ) => typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT")),
            (kind, typ) => typ == Some(kind.name()),
        }
    }
}

/// Why a document is not one. Nothing in it may be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// Longer than [`MAX_TOKEN`], or its header longer than 1 KiB.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts with two dots between them.
    #[error("the token is no compact JWS of three parts")]
    NotCompact,
    /// A part is not canonical base64url.
    #[error("the token's {part} is not canonical base64url")]
    Encoding {
        /// `header`, `payload` or `signature`.
        part: &'static str,
    },
    /// A part is not the JSON that it should be.
    #[error("the token's {part}: {fault}")]
    Json {
        /// `header` or `payload`.
        part: &'static str,
        /// Where and why.
        fault: JsonError,
    },
    /// `alg` is none of those taken.
    #[error("the token is signed in a way that is not accepted")]
    Algorithm,
    /// The header holds something that must not be there.
    #[error("the token's header holds {name:?}, which is not accepted")]
    Header {
        /// The member.
        name: &'static str,
    },
    /// A token of another kind.
    #[error("the token is not of the expected kind {expected:?}")]
    Type {
        /// The `typ` that should be there.
        expected: &'static str,
    },
    /// The key cannot check this algorithm.
    #[error("the token's algorithm is not that of the key")]
    KeyMismatch,
    /// Not signed by this key, or changed since.
    #[error("the token's signature is wrong")]
    Signature,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    jwk: Option<HeaderKey>,
    #[serde(default)]
    jku: Present,
    #[serde(default)]
    x5u: Present,
    #[serde(default)]
    x5c: Present,
    #[serde(default)]
    crit: Present,
    #[serde(default)]
    b64: Present,
    #[serde(default)]
    zip: Present,
    #[serde(default)]
    enc: Present,
}

/// The key inside a proof's header. A private part must never be there (RFC 9449 section 4.2).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderKey {
    kty: String,
    crv: String,
    x: String,
}

impl HeaderKey {
    fn public_key(&self) -> Option<PublicKey> {
        if self.kty != "OKP" || self.crv != "Ed25519" {
            return None;
        }
        from_base64url(self.x.as_bytes())?.try_into().ok().map(PublicKey::new)
    }
}

/// A document whose form is right and whose signature is still to be checked.
#[derive(Debug)]
pub struct Compact<'a> {
    /// What is signed: header, dot, payload, as they crossed.
    signed: &'a str,
    algorithm: Algorithm,
    kid: Option<String>,
    header_key: Option<PublicKey>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Takes a document apart.
    ///
    /// # Errors
    /// Every [`JwsError`] but [`KeyMismatch`](JwsError::KeyMismatch) and [`Signature`](JwsError::Signature).
    pub fn parse(token: &'a str, kind: Kind) -> Result<Self, JwsError> {
        if token.len() > MAX_TOKEN {
            return Err(JwsError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::NotCompact)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::NotCompact)?;
        if payload.contains('.') || header.is_empty() {
            return Err(JwsError::NotCompact);
        }
        let header = read_header(header, kind)?;
        let algorithm = Algorithm::from_name(&header.alg).ok_or(JwsError::Algorithm)?;
        let header_key = match &header.jwk {
            Some(key) => Some(key.public_key().ok_or(JwsError::Header { name: "jwk" })?),
            None => None,
        };
        let payload = from_base64url(payload.as_bytes()).ok_or(JwsError::Encoding { part: "payload" })?;
        let signature = from_base64url(signature.as_bytes()).ok_or(JwsError::Encoding { part: "signature" })?;
        Ok(Self { signed, algorithm, kid: header.kid, header_key, payload, signature })
    }

    /// The name of the key that is said to have signed.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// How it is said to be signed.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key that a proof brings; `None` in every other kind.
    #[must_use]
    pub const fn header_key(&self) -> Option<PublicKey> {
        self.header_key
    }

    /// Checks the signature and gives the payload.
    ///
    /// # Errors
    /// [`JwsError::KeyMismatch`], [`JwsError::Signature`].
    pub fn verify(self, key: &VerifyingKey) -> Result<Vec<u8>, JwsError> {
        if !key.fits(self.algorithm) {
            return Err(JwsError::KeyMismatch);
        }
        if key.verify(self.algorithm, self.signed.as_bytes(), &self.signature) { Ok(self.payload) } else { Err(JwsError::Signature) }
    }
}

fn read_header(encoded: &str, kind: Kind) -> Result<Header, JwsError> {
    let bytes = from_base64url(encoded.as_bytes()).ok_or(JwsError::Encoding { part: "header" })?;
    if bytes.len() > MAX_HEADER {
        return Err(JwsError::TooLong);
    }
    let header: Header = json::parse(&bytes).map_err(|fault| JwsError::Json { part: "header", fault })?;
    let forbidden = [
        ("jwk", header.jwk.is_some() != (kind == Kind::Proof)),
        ("jku", header.jku.0),
        ("x5u", header.x5u.0),
        ("x5c", header.x5c.0),
        ("crit", header.crit.0),
        ("b64", header.b64.0),
        ("zip", header.zip.0),
        ("enc", header.enc.0),
        ("kid", header.kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID)),
    ];
    if let Some((name, _)) = forbidden.into_iter().find(|(_, found)| *found) {
        return Err(JwsError::Header { name });
    }
    if !kind.matches(header.typ.as_deref()) {
        return Err(JwsError::Type { expected: kind.name() });
    }
    Ok(header)
}

/// Checks a document of ours under the one key that may have signed it, and reads its payload.
pub(crate) fn open<T: serde::de::DeserializeOwned>(token: &str, kind: Kind, key: &PublicKey) -> Result<T, JwsError> {
    let payload = Compact::parse(token, kind)?.verify(&VerifyingKey::Ed25519(*key))?;
    json::parse(&payload).map_err(|fault| JwsError::Json { part: "payload", fault })
}

#[derive(Serialize)]
struct OurHeader<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwk: Option<&'a HeaderKey>,
}

/// Signs `payload` as a document of `kind`.
pub(crate) fn seal<T: Serialize>(payload: &T, kind: Kind, key: &SigningKey) -> String {
    let jwk =
        (kind == Kind::Proof).then(|| HeaderKey { kty: "OKP".into(), crv: "Ed25519".into(), x: base64url(key.public_key().as_bytes()) });
    let header = OurHeader { alg: Algorithm::EdDsa.name(), typ: kind.name(), jwk: jwk.as_ref() };
    let encode = |json: Result<Vec<u8>, serde_json::Error>| base64url(&json.expect("our documents are structs of strings and numbers"));
    let mut token = encode(serde_json::to_vec(&header));
    token.push('.');
    token.push_str(&encode(serde_json::to_vec(payload)));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    token.push_str(&base64url(&signature));
    token
}
