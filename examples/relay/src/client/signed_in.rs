//! A person who has signed in on this computer: what proves it to the service, and to the other end.

use std::fmt;

use rh_auth::handshake::OwnSignIn;
use rh_auth::identity::TenantId;
use rh_auth::key::SigningKey;
use rh_auth::oidc::Commitment;
use rh_proto::credential::Role;
use zeroize::Zeroizing;

/// A sign-in: the ID token, and the session key that its nonce commits to. In memory only, and gone with the last of it.
pub struct SignedIn {
    tenant: TenantId,
    seed: Zeroizing<[u8; 32]>,
    key: SigningKey,
    commitment: Commitment,
    token: String,
}

impl SignedIn {
    /// `token` came of an authorization request whose nonce was `commitment.nonce()`, where the commitment was to the key of `seed`; `None` when it is another's.
    ///
    /// The same seed gives `rh_proto::io::tls::Identity` the key that the inner connection shows.
    #[must_use]
    pub fn new(tenant: TenantId, seed: Zeroizing<[u8; 32]>, commitment: Commitment, token: String) -> Option<Self> {
        let key = SigningKey::from_seed(&seed);
        (key.public_key() == commitment.key()).then_some(Self { tenant, seed, key, commitment, token })
    }

    /// The organisation.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The session key's seed.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// What the other end is shown (`rh_auth::handshake`).
    #[must_use]
    pub fn own(&self) -> OwnSignIn {
        OwnSignIn::new(self.commitment, &self.token)
    }

    /// As whom.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.commitment.role()
    }

    pub(super) const fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) const fn rz(&self) -> &[u8; 32] {
        self.commitment.rz()
    }

    /// The key alone, which is all that a control channel asks for.
    pub(super) fn channel_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.seed)
    }
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("tenant", &self.tenant).field("commitment", &self.commitment).finish_non_exhaustive()
    }
}
