//! An identity provider's keys (RFC 7517), and how long they may be believed.
//!
//! Fetching is the caller's; [`KeyCache`] says when.

mod cache;

use serde::Deserialize;

pub use cache::{FetchReason, KeyCache, Lookup};

use crate::json::{self, JsonError};
use crate::jws::MAX_KID;
use crate::key::{Algorithm, PublicKey, VerifyingKey};
use crate::value::from_base64url;

/// The keys of one provider that can check an ID token's signature.
///
/// Keys of other kinds, for other uses, or without a name are left out: a provider may publish what this crate has no use for. What *is* for this use must be
/// well formed, or the whole set is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySet {
    keys: Vec<Named>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    kid: String,
    /// The only algorithm to use it with, where the provider says so.
    algorithm: Option<Algorithm>,
    key: VerifyingKey,
}

/// Why a document is no key set. The provider, or who stands in for it, must act; the keys known before stay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// Longer than [`KeySet::MAX_BYTES`].
    #[error("the key set is longer than {} bytes", KeySet::MAX_BYTES)]
    TooLong,
    /// More than [`KeySet::MAX_KEYS`].
    #[error("the key set has more than {} keys", KeySet::MAX_KEYS)]
    TooMany,
    /// Not the JSON of a key set.
    #[error("the key set: {0}")]
    Json(#[from] JsonError),
    /// A key that is meant for signatures has parts that no such key has.
    #[error("key {index} of the key set is malformed")]
    Key {
        /// From 0.
        index: usize,
    },
    /// Two keys under one name: which one checks a token must not depend on order.
    #[error("key {index} of the key set has the name of an earlier one")]
    SameName {
        /// From 0.
        index: usize,
    },
    /// Nothing in it can check a token.
    #[error("the key set has no key that can check an ID token")]
    Empty,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    key_ops: Option<Vec<String>>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

impl KeySet {
    /// Bytes of a document at most. Entra ID's have about 15 KB.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// Keys at most, of all kinds.
    pub const MAX_KEYS: usize = 64;

    /// Reads a JWK Set (RFC 7517 section 5).
    ///
    /// # Errors
    /// [`KeySetError`].
    pub fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        if document.len() > Self::MAX_BYTES {
            return Err(KeySetError::TooLong);
        }
        let document: Document = json::parse(document)?;
        if document.keys.len() > Self::MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        let mut keys: Vec<Named> = Vec::new();
        for (index, jwk) in document.keys.iter().enumerate() {
            let Some(named) = jwk.for_signatures().ok_or(KeySetError::Key { index })? else { continue };
            if keys.iter().any(|key| key.kid == named.kid) {
                return Err(KeySetError::SameName { index });
            }
            keys.push(named);
        }
        if keys.is_empty() { Err(KeySetError::Empty) } else { Ok(Self { keys }) }
    }

    /// The key of this name. Whether it fits a token's algorithm is asked apart, by [`allows`](Self::allows).
    #[must_use]
    pub fn key(&self, kid: &str) -> Option<&VerifyingKey> {
        self.find(kid).map(|named| &named.key)
    }

    /// Whether the key of this name may check a signature of `algorithm`: it is of the right kind, and the provider has not tied it to another.
    #[must_use]
    pub fn allows(&self, kid: &str, algorithm: Algorithm) -> bool {
        self.find(kid).is_some_and(|named| named.key.fits(algorithm) && named.algorithm.is_none_or(|only| only == algorithm))
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it knows no key at all, as before the first fetch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn find(&self, kid: &str) -> Option<&Named> {
        self.keys.iter().find(|named| named.kid == kid)
    }
}

impl Jwk {
    /// `Some(None)`: not for this use. `None`: for this use, and malformed.
    fn for_signatures(&self) -> Option<Option<Named>> {
        let other_use = self.usage.as_deref().is_some_and(|usage| usage != "sig");
        let other_operation = self.key_ops.as_ref().is_some_and(|operations| !operations.iter().any(|operation| operation == "verify"));
        let Some(kid) = self.kid.as_ref().filter(|_| !other_use && !other_operation) else { return Some(None) };
        let algorithm = match self.alg.as_deref().map(Algorithm::from_name) {
            Some(None) => return Some(None),
            Some(Some(algorithm)) => Some(algorithm),
            None => None,
        };
        let key = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => self.rsa()?,
            ("EC", Some("P-256")) => self.p256()?,
            ("OKP", Some("Ed25519")) => VerifyingKey::Ed25519(PublicKey::new(bytes(self.x.as_ref())?.try_into().ok()?)),
            _ => return Some(None),
        };
        let tied_to_another_kind = algorithm.is_some_and(|algorithm| !key.fits(algorithm));
        (kid.len() <= MAX_KID && !tied_to_another_kind).then(|| Some(Named { kid: kid.clone(), algorithm, key }))
    }

    fn rsa(&self) -> Option<VerifyingKey> {
        let (n, e) = (bytes(self.n.as_ref())?, bytes(self.e.as_ref())?);
        // RFC 7518 section 6.3.1: no leading zeros. The exponent is odd, at least 3 and at most 33 bits, which is what `ring` takes.
        let modulus = (256..=1024).contains(&n.len()) && n.first() != Some(&0);
        let exponent = (1..=5).contains(&e.len()) && e.first() != Some(&0) && e.last().is_some_and(|last| last % 2 == 1) && e != [1];
        (modulus && exponent).then_some(VerifyingKey::Rsa { n, e })
    }

    fn p256(&self) -> Option<VerifyingKey> {
        let (x, y): ([u8; 32], [u8; 32]) = (bytes(self.x.as_ref())?.try_into().ok()?, bytes(self.y.as_ref())?.try_into().ok()?);
        let mut point = [4; 65];
        let (_, coordinates) = point.split_at_mut(1);
        let (first, second) = coordinates.split_at_mut(32);
        first.copy_from_slice(&x);
        second.copy_from_slice(&y);
        Some(VerifyingKey::P256(point))
    }
}

fn bytes(text: Option<&String>) -> Option<Vec<u8>> {
    from_base64url(text?.as_bytes())
}
