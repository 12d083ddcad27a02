//! The policy in force, and how another takes its place.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::Policy;
use crate::identity::TenantId;

/// The policy that decisions are made by. A change that is refused leaves it as it is.
///
/// Cheap to read: a decision that is under way keeps the policy that it began with.
///
/// ```
/// use rh_auth::identity::TenantId;
/// use rh_auth::policy::{Draft, InForce, Policy};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tenant = TenantId::new("contoso")?;
/// let mut policy = InForce::new(Policy::new(Draft::new(tenant.clone(), "Contoso"))?);
/// let before = policy.current().digest();
///
/// let mut draft = Draft::new(tenant, "Contoso");
/// draft.tenant.settings.chat = false;
/// assert!(policy.try_replace(Policy::new(draft))?);
/// assert_ne!(policy.current().digest(), before);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct InForce {
    policy: Arc<Policy>,
}

impl InForce {
    /// Begins with this policy.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy: Arc::new(policy) }
    }

    /// The policy in force.
    #[must_use]
    pub fn current(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Puts `loaded` in force if it is a policy, and one of the same organisation. Says whether anything that is decided by has changed.
    ///
    /// # Errors
    /// Why it is not put in force. The old one stays.
    pub fn try_replace<E: Error>(&mut self, loaded: Result<Policy, E>) -> Result<bool, ReplaceError<E>> {
        let policy = loaded.map_err(ReplaceError::Load)?;
        if policy.tenant().id != self.policy.tenant().id {
            return Err(ReplaceError::OtherTenant { ours: self.policy.tenant().id.clone(), theirs: policy.tenant().id.clone() });
        }
        let changed = policy.digest() != self.policy.digest();
        self.policy = Arc::new(policy);
        Ok(changed)
    }
}

/// Why a policy was not put in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplaceError<E> {
    /// It could not be loaded.
    Load(E),
    /// It is another organisation's.
    OtherTenant {
        /// The organisation whose policy is in force.
        ours: TenantId,
        /// The one that the refused policy is for.
        theirs: TenantId,
    },
}

impl<E: fmt::Display> fmt::Display for ReplaceError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => write!(f, "{error}; the policy in force stays"),
            Self::OtherTenant { ours, theirs } => {
                write!(f, "the policy is for organisation {theirs}, not {ours}; the policy in force stays")
            }
        }
    }
}

impl<E: Error> Error for ReplaceError<E> {}
