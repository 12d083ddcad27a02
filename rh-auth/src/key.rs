//! Keys that sign and keys that check. Signing is Ed25519 only; checking takes what identity providers use as well.

use std::fmt;

use ring::signature::{self, Ed25519KeyPair, KeyPair as _, RsaPublicKeyComponents, UnparsedPublicKey};

use serde::{Deserialize, Serialize};

use crate::value::{Digest, InvalidValue, base64url, from_base64url};

/// DER of an Ed25519 `SubjectPublicKeyInfo` up to the key's 32 bytes (RFC 8410 section 4).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// An Ed25519 public key: an authority's, a device's, or the session key of one end. In documents: base64url, 43 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key of these 32 bytes (RFC 8032 section 5.1.5).
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key in a DER `SubjectPublicKeyInfo`, in its one form.
    #[must_use]
    pub fn from_spki(spki: &[u8]) -> Option<Self> {
        spki.strip_prefix(&SPKI_PREFIX).and_then(|key| key.try_into().ok()).map(Self)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The DER `SubjectPublicKeyInfo`, as the inner TLS connection shows it.
    #[must_use]
    pub fn spki(&self) -> [u8; 44] {
        let mut spki = [0; 44];
        let (prefix, key) = spki.split_at_mut(SPKI_PREFIX.len());
        prefix.copy_from_slice(&SPKI_PREFIX);
        key.copy_from_slice(&self.0);
        spki
    }

    /// `spki#`: SHA-256 of [`spki`](Self::spki), by which tickets and audit entries name the key.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.spki())
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&signature::ED25519, &self.0).verify(message, signature).is_ok()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        base64url(&key.0)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        from_base64url(text.as_bytes()).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(InvalidValue::Key)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

/// An Ed25519 key pair, from a seed that the caller draws: 32 bytes of a cryptographic random source.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// The key pair of a seed (RFC 8032 section 5.1.5). The same seed gives `rh_proto::io::tls::Identity` the same key.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let (pair, public) = key_pair(seed);
        Self { pair, public }
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign(message).as_ref().try_into().expect("an Ed25519 signature has 64 bytes")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public).finish()
    }
}

fn key_pair(seed: &[u8; 32]) -> (Ed25519KeyPair, PublicKey) {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are an Ed25519 seed");
    let public = pair.public_key().as_ref().try_into().expect("an Ed25519 public key has 32 bytes");
    (pair, PublicKey(public))
}

/// How a JWS may be signed (RFC 7518 section 3.1, RFC 8037 section 3.1). There is no other: not `none`, no shared secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what Entra ID signs with.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The algorithm that `alg` names.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "PS256" => Self::Ps256,
            "ES256" => Self::Es256,
            "EdDSA" => Self::EdDsa,
            _ => return None,
        })
    }

    /// Its `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// A key that checks signatures of an identity provider.
#[derive(Clone, PartialEq, Eq)]
pub enum VerifyingKey {
    /// 2048 to 8192 bits: modulus and exponent, big-endian, without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The public exponent.
        e: Vec<u8>,
    },
    /// An uncompressed point: `04`, x, y (SEC 1 section 2.3.3).
    P256([u8; 65]),
    /// Ed25519.
    Ed25519(PublicKey),
}

impl VerifyingKey {
    /// Whether keys of this kind check signatures of `algorithm`. The *key* decides; a token's `alg` only says what to expect of it.
    #[must_use]
    pub const fn fits(&self, algorithm: Algorithm) -> bool {
        matches!(
            (self, algorithm),
            (Self::Rsa { .. }, Algorithm::Rs256 | Algorithm::Ps256)
                | (Self::P256(_), Algorithm::Es256)
                | (Self::Ed25519(_), Algorithm::EdDsa)
        )
    }

    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa { n, e }, Algorithm::Rs256) => {
                RsaPublicKeyComponents { n, e }.verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            (Self::Rsa { n, e }, Algorithm::Ps256) => {
                RsaPublicKeyComponents { n, e }.verify(&signature::RSA_PSS_2048_8192_SHA256, message, signature).is_ok()
            }
            (Self::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            (Self::Ed25519(key), Algorithm::EdDsa) => key.verify(message, signature),
            _ => false,
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { n, .. } => write!(f, "Rsa({} bits)", n.len() * 8),
            Self::P256(_) => f.write_str("P256"),
            Self::Ed25519(key) => key.fmt(f),
        }
    }
}
