//! What an organisation tells its apps before anybody has signed in: `GET /v1/tenants/{tenant}`, and `GET /v1/tenant` where the service has one only.

use std::collections::BTreeMap;

use rh_auth::identity::{IdError, TenantId};
use rh_auth::key::PublicKey;
use rh_auth::oidc::{ClaimIs, Provider};
use serde::{Deserialize, Serialize};

use super::facts::{AppVersionText, PlatformName};

/// An organisation, as its apps need to know it. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id, as tickets and tokens spell it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where its people sign in.
    pub provider: ProviderFacts,
    /// The key that tickets, leases, revocations and resume tickets of this organisation are signed with.
    ///
    /// An app keeps it: a service that shows another one later has been replaced, or somebody is in between.
    pub ticket_key: PublicKey,
    /// The key of its audit log.
    pub audit_key: PublicKey,
    /// The oldest installed app that is taken, by operating system. An older one says so, in words, before anybody signs in.
    pub min_app: BTreeMap<PlatformName, AppVersionText>,
    /// Whether the two people may write to each other.
    pub chat: bool,
    /// Whether clipboard text crosses.
    pub clipboard: bool,
    /// Seconds without input or chat after which a session ends.
    pub idle_limit: u64,
    /// Seconds after which a session ends.
    pub length_limit: u64,
}

/// An OpenID Connect provider, and which claims prove what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderFacts {
    /// The issuer; discovery starts from it.
    pub issuer: String,
    /// What the apps are registered as there.
    pub client_id: String,
    /// What proves the organisation, where the issuer serves several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_claim: Option<ClaimValue>,
    /// What proves that somebody is a member and no guest.
    pub member_claim: ClaimValue,
    /// The person is `oid`, not `sub`.
    #[serde(default)]
    pub oid: bool,
}

/// A claim and the value that it must have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimValue {
    /// The claim.
    pub name: String,
    /// Text, a number or a truth value.
    pub value: serde_json::Value,
}

impl ClaimValue {
    fn check(&self) -> ClaimIs {
        ClaimIs::new(&self.name, self.value.clone())
    }
}

impl ProviderFacts {
    /// The provider, pinned for `tenant`.
    #[must_use]
    pub fn provider(&self, tenant: TenantId) -> Provider {
        let member = self.member_claim.check();
        let provider = match &self.tenant_claim {
            Some(claim) => Provider::shared(&self.issuer, &self.client_id, tenant, claim.check(), member),
            None => Provider::single(&self.issuer, &self.client_id, tenant, member),
        };
        if self.oid { provider.with_oid() } else { provider }
    }
}

impl Tenant {
    /// Its id.
    ///
    /// # Errors
    /// The service sent one that cannot be.
    pub fn tenant_id(&self) -> Result<TenantId, IdError> {
        TenantId::new(&self.id)
    }

    /// Its identity provider, for `rh_auth::http`.
    ///
    /// # Errors
    /// As [`tenant_id`](Self::tenant_id).
    pub fn provider(&self) -> Result<Provider, IdError> {
        Ok(self.provider.provider(self.tenant_id()?))
    }
}
