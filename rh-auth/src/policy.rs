//! An organisation's policy: its settings, roles, assignments and conditions, checked as a whole before anything is decided by it.
//!
//! A [`Draft`] is filled by hand, from TOML or from Microsoft Graph (feature `policy-files`), and [`Policy::new`] makes a policy of it or says what is wrong. A
//! service keeps its policy in an [`InForce`], so that a broken change leaves the old one standing.

mod digest;
#[cfg(feature = "policy-files")]
pub mod files;
mod in_force;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rh_proto::mode::ModeSet;
use rh_proto::msg::hello::AppVersion;

pub use in_force::{InForce, ReplaceError};

use crate::conditions::{Condition, Requirement};
use crate::device::Platform;
use crate::identity::{AssignmentId, GroupId, Groups, RoleId, TenantId};
use crate::matrix::{Cloud, Matrix, OPEN};
use crate::rbac::{Assignment, BUILT_IN, Cover, Permissions, Role, Scope};

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// What identity tokens call it.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
    /// What its administrators have set.
    pub settings: Settings,
}

/// Whether remote help is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteHelp {
    /// For nobody.
    Off,
    /// For these people, and in Unattended for these devices: a roll-out begins with groups.
    On(Cover),
}

/// What an organisation's administrators can set. The default is the careful one: remote help is off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether remote help is on, and for whom.
    pub remote_help: RemoteHelp,
    /// Who is covered by the organisation's licence or contract, helpers and sharers alike; in Unattended, devices.
    pub entitled: Cover,
    /// Whether unenrolled devices may be helped.
    pub unenrolled: bool,
    /// Whether the two people may write to each other.
    pub chat: bool,
    /// Whether clipboard text crosses.
    pub clipboard: bool,
    /// Which app can help which.
    pub matrix: &'static Matrix,
    /// Where the organisation's directory is hosted.
    pub cloud: Cloud,
    /// Seconds after which a directory's facts are stale.
    pub fact_age: u64,
    /// Seconds without any input or chat after which a session ends.
    pub idle_limit: u64,
    /// Seconds after which a session ends.
    pub length_limit: u64,
    /// The oldest installed app that is taken, by operating system. Web apps come from the service and are never old.
    pub min_app: BTreeMap<Platform, AppVersion>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            remote_help: RemoteHelp::Off,
            entitled: Cover::All,
            unenrolled: false,
            chat: true,
            clipboard: false,
            matrix: &OPEN,
            cloud: Cloud::Commercial,
            fact_age: 24 * 60 * 60,
            idle_limit: 30 * 60,
            length_limit: 8 * 60 * 60,
            min_app: BTreeMap::new(),
        }
    }
}

/// What a policy is made of, not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The organisation and its settings.
    pub tenant: Tenant,
    /// Its own roles. A built-in role may be listed with less than it has, never with more.
    pub roles: Vec<Role>,
    /// Who has which role over what.
    pub assignments: Vec<Assignment>,
    /// Conditional access.
    pub conditions: Vec<Condition>,
}

impl Draft {
    /// An organisation with the default settings and no role given to anybody.
    #[must_use]
    pub fn new(id: TenantId, name: &str) -> Self {
        let tenant = Tenant { id, name: name.to_owned(), settings: Settings::default() };
        Self { tenant, roles: Vec::new(), assignments: Vec::new(), conditions: Vec::new() }
    }
}

/// Which part of a draft is wrong: the index into its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// In [`Draft::roles`].
    Role(usize),
    /// In [`Draft::assignments`].
    Assignment(usize),
    /// In [`Draft::conditions`].
    Condition(usize),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, index) = match self {
            Self::Role(index) => ("role", index),
            Self::Assignment(index) => ("assignment", index),
            Self::Condition(index) => ("condition", index),
        };
        write!(f, "{what} {}", index + 1)
    }
}

/// Why a draft is no policy. The administrator can put it right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {fault}")]
pub struct Invalid {
    /// The part that is wrong.
    pub part: Part,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a part of a draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Two parts of a kind have one id; which of them an administrator means cannot be told.
    #[error("{0:?} is defined twice")]
    Duplicate(String),
    /// A role with a built-in id has more than the built-in one.
    #[error("{0:?} is a built-in role and cannot be given {1:?}")]
    Widened(String, Permissions),
    /// An assignment names a role that there is not.
    #[error("role {0} is not defined")]
    UnknownRole(RoleId),
    /// A condition that guards no mode looks as if it protected something.
    #[error("{0:?} guards no mode")]
    NoMode(String),
    /// A condition without requirements holds always.
    #[error("{0:?} requires nothing")]
    NoRequirement(String),
    /// A condition that names no network can never hold.
    #[error("{0:?} lists no network")]
    NoNetwork(String),
}

/// A policy that decisions can be made by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    tenant: Tenant,
    /// In ascending order of their ids.
    grants: Vec<Grant>,
    /// Each member group with the index of a grant. Invariant: sorted; every index lies within `grants`.
    members: Vec<(GroupId, usize)>,
    conditions: Vec<Condition>,
    digest: [u8; 32],
}

/// What an assignment gives, its role looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) assignment: AssignmentId,
    pub(crate) permissions: Permissions,
    pub(crate) scope: Scope,
}

impl Policy {
    /// Checks a draft.
    ///
    /// # Errors
    /// The first part that is wrong, and why.
    pub fn new(draft: Draft) -> Result<Self, Invalid> {
        let roles = resolve_roles(&draft.roles)?;
        let mut grants = Vec::with_capacity(draft.assignments.len());
        let mut seen = BTreeSet::new();
        for (index, assignment) in draft.assignments.into_iter().enumerate() {
            let invalid = |fault| Invalid { part: Part::Assignment(index), fault };
            if !seen.insert(assignment.id.clone()) {
                return Err(invalid(Fault::Duplicate(assignment.id.to_string())));
            }
            let Some(permissions) = roles.get(assignment.role.as_str()).copied() else {
                return Err(invalid(Fault::UnknownRole(assignment.role)));
            };
            grants.push((assignment.members, Grant { assignment: assignment.id, permissions, scope: assignment.scope }));
        }
        check_conditions(&draft.conditions)?;
        // The order in a file means nothing, so the digest must not depend on it.
        grants.sort_by(|(_, a), (_, b)| a.assignment.cmp(&b.assignment));
        let mut conditions = draft.conditions;
        conditions.sort_by(|a, b| a.name.cmp(&b.name));

        let digest = digest::digest(&draft.tenant, &grants, &conditions);
        let mut members: Vec<(GroupId, usize)> =
            grants.iter().enumerate().flat_map(|(index, (members, _))| members.iter().map(move |group| (group.clone(), index))).collect();
        members.sort_unstable();
        let grants = grants.into_iter().map(|(_, grant)| grant).collect();
        Ok(Self { tenant: draft.tenant, grants, members, conditions, digest })
    }

    /// The organisation that it is for.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// SHA-256 of all that a decision depends on, whatever the order and the layout of the file; names for people do not count.
    ///
    /// Equal digests mean equal decisions. In every decision, ticket and audit entry.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    pub(crate) fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// What is given to whoever is in these groups, over whatever scope. One that several of the groups are given comes several times.
    pub(crate) fn grants_of(&self, groups: &Groups) -> impl Iterator<Item = &Grant> {
        groups.iter().flat_map(|group| {
            let start = self.members.partition_point(|(member, _)| member < group);
            let given = self.members.iter().skip(start).take_while(move |(member, _)| member == group);
            given.filter_map(|(_, index)| self.grants.get(*index))
        })
    }
}

/// The permissions of every role, the built-in ones among them.
fn resolve_roles(own: &[Role]) -> Result<BTreeMap<&str, Permissions>, Invalid> {
    let mut roles = BTreeMap::new();
    for (index, role) in own.iter().enumerate() {
        let invalid = |fault| Invalid { part: Part::Role(index), fault };
        let permissions = role.permissions();
        let most = BUILT_IN.iter().find(|built_in| built_in.id == role.id.as_str()).map_or(Permissions::ALL, |found| found.permissions);
        if !most.contains_all(permissions) {
            let more = permissions.iter().filter(|permission| !most.contains(*permission)).collect();
            return Err(invalid(Fault::Widened(role.id.to_string(), more)));
        }
        if roles.insert(role.id.as_str(), permissions).is_some() {
            return Err(invalid(Fault::Duplicate(role.id.to_string())));
        }
    }
    for built_in in &BUILT_IN {
        roles.entry(built_in.id).or_insert(built_in.permissions);
    }
    Ok(roles)
}

fn check_conditions(conditions: &[Condition]) -> Result<(), Invalid> {
    let mut seen = BTreeSet::new();
    for (index, condition) in conditions.iter().enumerate() {
        let name = || condition.name.to_string();
        let fault = if !seen.insert(&condition.name) {
            Fault::Duplicate(name())
        } else if condition.modes == ModeSet::NONE {
            Fault::NoMode(name())
        } else if condition.requires.is_empty() {
            Fault::NoRequirement(name())
        } else if condition.requires.iter().any(|requirement| matches!(requirement, Requirement::Networks(list) if list.is_empty())) {
            Fault::NoNetwork(name())
        } else {
            continue;
        };
        return Err(Invalid { part: Part::Condition(index), fault });
    }
    Ok(())
}
