//! What ties a token to a session key: the OpenPubkey idea.

use rh_proto::credential::Role;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::key::PublicKey;
use crate::value::{base64url, length_prefixed};

/// What a sign-in commits to: `base64url(SHA-256(lp("rh-nonce-v1") ‖ lp(role) ‖ lp(rz) ‖ lp(spki)))`, with `lp` a `u32` big-endian length prefix, role
/// `helper` or `sharer`, `rz` 32 random bytes and `spki` the DER `SubjectPublicKeyInfo` of the session key.
///
/// The role is part of it so that a helper's token is not good at a sharer's place. `rz` keeps providers, who see the nonce, from recognising keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Commitment {
    role: Role,
    rz: [u8; 32],
    key: PublicKey,
}

impl Commitment {
    /// The commitment of `role` to `key`. `rz`: 32 bytes of a cryptographic random source, one draw a sign-in.
    #[must_use]
    pub const fn new(role: Role, rz: [u8; 32], key: PublicKey) -> Self {
        Self { role, rz, key }
    }

    /// The random bytes: told, with the token, to whoever is to check it.
    #[must_use]
    pub const fn rz(&self) -> &[u8; 32] {
        &self.rz
    }

    /// The session key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// Who commits.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The `nonce` of the authorization request, 43 characters.
    #[must_use]
    pub fn nonce(&self) -> String {
        let role: &[u8] = match self.role {
            Role::Helper => b"helper",
            Role::Sharer => b"sharer",
        };
        let mut hash = Sha256::new();
        for part in [b"rh-nonce-v1", role, &self.rz, &self.key.spki()] {
            length_prefixed(&mut hash, part);
        }
        base64url(&hash.finalize())
    }

    pub(super) fn matches(&self, nonce: &str) -> bool {
        self.nonce().as_bytes().ct_eq(nonce.as_bytes()).into()
    }
}

impl std::fmt::Debug for Commitment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Commitment").field("role", &self.role).field("key", &self.key).finish_non_exhaustive()
    }
}
