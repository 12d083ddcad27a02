//! Why a mode is refused: stable codes, and a sentence each that names what is missing.

use std::fmt;

use rh_proto::msg::hello::AppVersion;

use crate::device::Platform;
use crate::identity::Claim;
use crate::matrix::{Demand, Endpoint, Side};
use crate::rbac::Permission;

/// Whom or what a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// The person who wants to help.
    Helper,
    /// The device that this person uses.
    HelperDevice,
    /// The person who is to be helped.
    Sharer,
    /// The device that is to be seen or controlled.
    Device,
    /// The session itself.
    Session,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Helper => "the helper",
            Self::HelperDevice => "the helper's device",
            Self::Sharer => "the sharer",
            Self::Device => "the sharer's device",
            Self::Session => "the session",
        })
    }
}

/// What a condition lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmet {
    /// This authentication context.
    Context(Claim),
    /// This method.
    Method(Claim),
    /// A credential entered at most so many seconds ago.
    SignInAge(u64),
    /// An address in one of the networks that are listed.
    Network,
    /// A managed, compliant device of the helper's.
    CompliantDevice,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Context(context) => write!(f, "a sign-in with authentication context {context}"),
            Self::Method(method) => write!(f, "a sign-in with method {method}"),
            Self::SignInAge(most) => write!(f, "a sign-in that is at most {most} s old"),
            Self::Network => f.write_str("a helper in one of the networks that it lists"),
            Self::CompliantDevice => f.write_str("a helper's device that the organisation manages and calls compliant"),
        }
    }
}

/// Why a mode is refused. The sentence is for people; what it is made of is there for translation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// An update comes before all else: an old app may not even understand the other reasons.
    #[error("{side}'s app is too old: on {platform} at least version {least} is asked for; update it")]
    AppTooOld {
        /// Whose app.
        side: Side,
        /// What it runs on.
        platform: Platform,
        /// What the organisation asks for.
        least: AppVersion,
    },

    /// R1
    #[error("remote help is switched off for this organisation")]
    TenantOff,
    /// R1
    #[error("remote help is not switched on for {0} yet")]
    NotYetOn(Party),
    /// R1
    #[error("{0} is not entitled to remote help")]
    NotEntitled(Party),

    /// R2
    #[error("{0} has not proven who that is")]
    NotProven(Party),
    /// R2
    #[error("nobody is signed in at the sharer's device")]
    NobodyPresent,

    /// R3
    #[error("{0} belongs to another organisation")]
    OtherTenant(Party),
    /// R3
    #[error("it is not known which organisation {0} belongs to")]
    TenantUnknown(Party),

    /// R4
    #[error("{0} is a guest of the organisation; only members can take part")]
    Guest(Party),
    /// R4
    #[error("it is not known whether {0} is a member of the organisation")]
    MembershipUnknown(Party),

    /// R5
    #[error("what the directory says about {about} is older than {most} s, or of unknown age")]
    Stale {
        /// About whom.
        about: Party,
        /// What the organisation allows, in seconds.
        most: u64,
    },

    /// R6
    #[error("condition {name} is not met: it asks for {unmet}")]
    Condition {
        /// What the administrator called it.
        name: Claim,
        /// What is missing.
        unmet: Unmet,
    },

    /// R7
    #[error("the helper's groups are not known, so neither are its roles")]
    GroupsUnknown,
    /// R7
    #[error("no role is assigned to the helper")]
    NoRole,
    /// R7
    #[error("none of the helper's assignments covers this person or this device")]
    OutOfScope,
    /// R7
    #[error("over this person and device the helper lacks the permission \"{}\" ({}), which every session needs", .0.title(), .0.name())]
    MissingGate(Permission),
    /// R8
    #[error("over this person and device the helper lacks the permission \"{}\" ({})", .0.title(), .0.name())]
    MissingPermission(Permission),

    /// R9
    #[error("it is not known whether the sharer's device is enrolled")]
    EnrollmentUnknown,
    /// R9
    #[error("the sharer's device is not enrolled, and the organisation does not allow help for such devices")]
    UnenrolledOff,
    /// R9
    #[error("the sharer's device is not enrolled, and only Windows and macOS devices can be helped so")]
    UnenrolledPlatform,
    /// R9
    #[error("the sharer's device is not enrolled, and no assignment of the helper covers this person at such devices")]
    UnenrolledScope,
    /// R9
    #[error("the sharer's device is not enrolled, so it cannot be controlled with nobody present")]
    UnenrolledUnattended,

    /// R10
    #[error("it is not known which app {0} uses on which system")]
    AppUnknown(Side),
    /// R10
    #[error("a {helper} helper and a {sharer} sharer cannot use this mode together (matrix {matrix})")]
    NoCell {
        /// The matrix that says so.
        matrix: &'static str,
        /// The helper's end.
        helper: Endpoint,
        /// The sharer's end.
        sharer: Endpoint,
    },

    /// R11
    #[error("{side}'s {demand}")]
    Platform {
        /// Whose platform.
        side: Side,
        /// What it must fulfil.
        demand: &'static Demand,
    },
}

impl Reason {
    /// Stable: the rule and a word. For logs, tests and translation.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AppTooOld { .. } => "R11.app-too-old",
            Self::TenantOff => "R1.tenant-off",
            Self::NotYetOn(_) => "R1.not-yet-on",
            Self::NotEntitled(_) => "R1.not-entitled",
            Self::NotProven(_) => "R2.not-proven",
            Self::NobodyPresent => "R2.nobody-present",
            Self::OtherTenant(_) => "R3.other-tenant",
            Self::TenantUnknown(_) => "R3.tenant-unknown",
            Self::Guest(_) => "R4.guest",
            Self::MembershipUnknown(_) => "R4.membership-unknown",
            Self::Stale { .. } => "R5.stale",
            Self::Condition { .. } => "R6.condition",
            Self::GroupsUnknown => "R7.groups-unknown",
            Self::NoRole => "R7.no-role",
            Self::OutOfScope => "R7.out-of-scope",
            Self::MissingGate(_) => "R7.missing-gate",
            Self::MissingPermission(_) => "R8.missing-permission",
            Self::EnrollmentUnknown => "R9.enrollment-unknown",
            Self::UnenrolledOff => "R9.unenrolled-off",
            Self::UnenrolledPlatform => "R9.unenrolled-platform",
            Self::UnenrolledScope => "R9.unenrolled-scope",
            Self::UnenrolledUnattended => "R9.unenrolled-unattended",
            Self::AppUnknown(_) => "R10.app-unknown",
            Self::NoCell { .. } => "R10.no-cell",
            Self::Platform { demand, .. } => demand.code(),
        }
    }

    /// Whether a new sign-in of the helper can take it away.
    #[must_use]
    pub const fn can_step_up(&self) -> bool {
        matches!(self, Self::Condition { unmet: Unmet::Context(_) | Unmet::Method(_) | Unmet::SignInAge(_), .. })
    }
}

/// What a new sign-in must bring: the parameters of the authorization request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepUp {
    /// Authentication contexts (`acrs` in a claims request, or `acr_values`).
    pub contexts: Vec<Claim>,
    /// Methods.
    pub methods: Vec<Claim>,
    /// The oldest that the sign-in may be, in seconds (`max_age`).
    pub max_age: Option<u64>,
}

impl<'a> FromIterator<&'a Reason> for StepUp {
    /// Of all conditions among the reasons; other reasons add nothing.
    fn from_iter<I: IntoIterator<Item = &'a Reason>>(reasons: I) -> Self {
        let mut step_up = Self::default();
        for reason in reasons {
            let Reason::Condition { unmet, .. } = reason else { continue };
            match unmet {
                Unmet::Context(context) if !step_up.contexts.contains(context) => step_up.contexts.push(context.clone()),
                Unmet::Method(method) if !step_up.methods.contains(method) => step_up.methods.push(method.clone()),
                Unmet::SignInAge(most) => step_up.max_age = Some(step_up.max_age.map_or(*most, |age| age.min(*most))),
                Unmet::Context(_) | Unmet::Method(_) | Unmet::Network | Unmet::CompliantDevice => {}
            }
        }
        step_up
    }
}
