//! A tenant's identity provider: who it is, and which claims prove what.

use crate::identity::{IdError, TenantId};

/// A claim and the one value that it must have, compared as JSON: `0` is not `"0"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimIs {
    name: String,
    value: serde_json::Value,
}

impl ClaimIs {
    /// `name` must be exactly `value`. Text, a number or a truth value; anything else is never met.
    #[must_use]
    pub fn new(name: &str, value: impl Into<serde_json::Value>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// The claim.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn value(&self) -> &serde_json::Value {
        &self.value
    }
}

/// Who issues a tenant's ID tokens, for which app, and how they prove tenant, person and membership.
///
/// Every part is pinned for the tenant beforehand; nothing is learnt from a token. In particular there is no issuer for "any tenant".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    issuer: String,
    client_id: String,
    tenant: TenantId,
    tenant_claim: Option<ClaimIs>,
    person_claim: &'static str,
    member_claim: ClaimIs,
}

impl Provider {
    /// Microsoft Entra ID for one tenant.
    ///
    /// `directory` is the tenant's id (a GUID, never `common` or `organizations`), `client_id` the app registration's. The registration must be told to add the
    /// optional claim `acct` to ID tokens: only with `acct` 0 is somebody a member, and without the claim nobody can tell a guest from one. `preferred_username`,
    /// `email` and `upn` are never looked at, since they can change hands.
    ///
    /// # Errors
    /// [`IdError`] when `directory` is no GUID in small letters, which is how the issuer spells it.
    pub fn entra(directory: &str, client_id: &str) -> Result<Self, IdError> {
        if !is_guid(directory) {
            return Err(IdError::Character);
        }
        Ok(Self {
            issuer: format!("https://login.microsoftonline.com/{directory}/v2.0"),
            client_id: client_id.into(),
            tenant: TenantId::new(directory)?,
            tenant_claim: Some(ClaimIs::new("tid", directory)),
            person_claim: "oid",
            member_claim: ClaimIs::new("acct", 0),
        })
    }

    /// Any other OpenID Connect provider that serves one organisation alone: its issuer is the proof of the tenant, `sub` is the person.
    ///
    /// `member`: the claim that only members have with that value. There is no default, because without proof of membership nobody is let in.
    #[must_use]
    pub fn single(issuer: &str, client_id: &str, tenant: TenantId, member: ClaimIs) -> Self {
        Self { issuer: issuer.into(), client_id: client_id.into(), tenant, tenant_claim: None, person_claim: "sub", member_claim: member }
    }

    /// Any other provider that serves several organisations under one issuer: `tenant_claim` tells them apart.
    #[must_use]
    pub fn shared(issuer: &str, client_id: &str, tenant: TenantId, tenant_claim: ClaimIs, member: ClaimIs) -> Self {
        Self { tenant_claim: Some(tenant_claim), ..Self::single(issuer, client_id, tenant, member) }
    }

    /// Reads the person from `oid` instead of `sub`: for providers modelled on Entra's claims.
    #[must_use]
    pub fn with_oid(self) -> Self {
        Self { person_claim: "oid", ..self }
    }

    /// The only `iss` that is accepted, byte for byte; discovery starts from it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The only `aud` that is accepted.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Whose provider it is.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub(super) const fn tenant_claim(&self) -> Option<&ClaimIs> {
        self.tenant_claim.as_ref()
    }

    pub(super) const fn person_claim(&self) -> &'static str {
        self.person_claim
    }

    pub(super) const fn member_claim(&self) -> &ClaimIs {
        &self.member_claim
    }
}

/// 8-4-4-4-12 hexadecimal digits in small letters.
fn is_guid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}
