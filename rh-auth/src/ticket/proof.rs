//! Proof of possession: whoever calls the authority holds the session key that its ID token is bound to (RFC 9449, "DPoP").

use std::fmt;

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::jws::{self, Compact, JwsError, Kind};
use crate::key::{PublicKey, SigningKey, VerifyingKey};
use crate::value::{Id, UnixTime, base64url, from_base64url};

/// The claims of a proof. Made for one request and good for no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The request's method, such as `POST`.
    pub htm: String,
    /// The request's address without query and fragment.
    pub htu: String,
    /// What the server asked to see: fresh, from [`Nonces`].
    pub nonce: String,
    /// This document; taken once.
    pub jti: Id,
    /// When it was signed.
    pub iat: UnixTime,
}

/// The request that a proof must be for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Method, in capitals.
    pub method: &'a str,
    /// Address as the server is known to its clients, without query and fragment. Compared byte for byte.
    pub url: &'a str,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// Not a proof, or not signed by the key in its header.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// Signed by another key than the caller's session key.
    #[error("the proof is by another key")]
    Key,
    /// For another request.
    #[error("the proof is for another request")]
    Request,
    /// Its nonce is not the server's, or too old. Answer with a new one (`DPoP-Nonce`); the caller tries once more.
    #[error("the proof's nonce is not a fresh one of this server")]
    Nonce,
    /// Its time is not now.
    #[error("the proof is not of now")]
    Time,
}

impl Proof {
    /// Seconds that a proof can be used, and so how long a [`ReplayGuard`](super::ReplayGuard) must remember its `jti`.
    pub const LIFETIME: u64 = Nonces::LIFETIME + UnixTime::SKEW;

    /// Signs a proof. `jti`: 16 random bytes.
    #[must_use]
    pub fn make(key: &SigningKey, request: Request<'_>, nonce: &str, jti: Id, now: UnixTime) -> String {
        let proof = Self { htm: request.method.into(), htu: request.url.into(), nonce: nonce.into(), jti, iat: now };
        jws::seal(&proof, Kind::Proof, key)
    }

    /// Checks that `token` is a proof by `key` for `request`, over a fresh nonce of `nonces`. That its `jti` is new is the replay guard's.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn open(token: &str, key: PublicKey, request: Request<'_>, nonces: &Nonces, now: UnixTime) -> Result<Self, ProofError> {
        let jws = Compact::parse(token, Kind::Proof)?;
        if jws.header_key() != Some(key) {
            return Err(ProofError::Key);
        }
        let payload = jws.verify(&VerifyingKey::Ed25519(key))?;
        let proof: Self = crate::json::parse(&payload).map_err(|fault| JwsError::Json { part: "payload", fault })?;
        if proof.htm != request.method || proof.htu != request.url {
            return Err(ProofError::Request);
        }
        if !nonces.accepts(&proof.nonce, now) {
            return Err(ProofError::Nonce);
        }
        // The nonce bounds the age; the caller's own clock must not be ahead, or the proof could be stored for later.
        if proof.iat > now.plus(UnixTime::SKEW) || now.since(proof.iat) >= Self::LIFETIME {
            return Err(ProofError::Time);
        }
        Ok(proof)
    }
}

/// The server's nonces: each says when it was made, under a key that only the server has, so that none need be remembered.
pub struct Nonces {
    key: Zeroizing<[u8; 32]>,
}

impl Nonces {
    /// Seconds that a nonce is fresh.
    pub const LIFETIME: u64 = 120;

    /// Bytes of the authenticator.
    const TAG: usize = 16;

    /// `key`: 32 random bytes, drawn when the server starts, the same on all nodes that stand in for each other.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key: Zeroizing::new(key) }
    }

    /// A nonce of `now`.
    #[must_use]
    pub fn issue(&self, now: UnixTime) -> String {
        let time = now.0.to_be_bytes();
        base64url(&[&time[..], &self.tag(time)].concat())
    }

    /// Whether it is one of ours, and fresh.
    #[must_use]
    pub fn accepts(&self, nonce: &str, now: UnixTime) -> bool {
        let Some(bytes) = from_base64url(nonce.as_bytes()) else { return false };
        let Some((time, tag)) = bytes.split_first_chunk::<8>() else { return false };
        let ours: bool = self.tag(*time).as_slice().ct_eq(tag).into();
        let issued = UnixTime(u64::from_be_bytes(*time));
        ours && issued <= now.plus(UnixTime::SKEW) && now.since(issued) < Self::LIFETIME
    }

    fn tag(&self, time: [u8; 8]) -> [u8; Self::TAG] {
        let mut mac = <Hmac<Sha256>>::new_from_slice(&*self.key).expect("HMAC takes keys of any length");
        mac.update(b"rh-proof-nonce-v1");
        mac.update(&time);
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        *full.first_chunk().expect("16 is less than 32")
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nonces").finish_non_exhaustive()
    }
}
