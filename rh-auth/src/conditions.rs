//! Conditional access: what a helper's sign-in must have been for a mode.
//!
//! A condition that a new sign-in can satisfy asks for step-up; one that it cannot (network, device) refuses.

use std::net::IpAddr;

use ipnet::IpNet;
use rh_proto::mode::ModeSet;

use crate::device::HelperDevice;
use crate::identity::{Claim, SignIn, UnixTime};

/// Conditions for some modes. All of them must hold, and so must all others for the same mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// For people: what the administrator called it.
    pub name: Claim,
    /// The modes that it guards.
    pub modes: ModeSet,
    /// What must hold.
    pub requires: Vec<Requirement>,
}

/// One thing that must hold for a helper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// The token proves this authentication context. An identity provider may issue one that no policy of its own protects, so an organisation names here the
    /// ones that mean something.
    Context(Claim),
    /// The sign-in used this method (RFC 8176).
    Method(Claim),
    /// A credential was entered at most so many seconds ago.
    SignInAge(u64),
    /// The service sees the helper come from one of these networks.
    Networks(Vec<IpNet>),
    /// The helper's device is managed by the organisation and compliant.
    CompliantDevice,
}

impl Requirement {
    /// Whether it holds. What is not known does not.
    #[must_use]
    pub fn holds(&self, now: UnixTime, sign_in: &SignIn, device: &HelperDevice, address: Option<IpAddr>) -> bool {
        match self {
            Self::Context(context) => sign_in.contexts.contains(context),
            Self::Method(method) => sign_in.methods.contains(method),
            Self::SignInAge(most) => sign_in.at.and_then(|at| at.age(now)).is_some_and(|age| age <= *most),
            // An IPv4 peer of a dual-stack listener looks like ::ffff:a.b.c.d.
            Self::Networks(networks) => {
                address.is_some_and(|address| networks.iter().any(|network| network.contains(&address.to_canonical())))
            }
            Self::CompliantDevice => device.managed == Some(true) && device.compliant == Some(true),
        }
    }

    /// Whether signing in anew can make it hold.
    #[must_use]
    pub const fn can_step_up(&self) -> bool {
        match self {
            Self::Context(_) | Self::Method(_) | Self::SignInAge(_) => true,
            Self::Networks(_) | Self::CompliantDevice => false,
        }
    }
}
