//! A policy in TOML.

use std::collections::BTreeMap;

use ipnet::IpNet;
use rh_proto::mode::{Mode, ModeSet};
use rh_proto::msg::hello::AppVersion;
use serde::Deserialize;
use toml::Spanned;

use super::words::{Covered, Everyone, Word, groups, words};
use super::{FileError, Source, from_toml, line_at};
use crate::conditions::{Condition, Requirement};
use crate::device::Platform;
use crate::identity::{AssignmentId, Claim, GroupId, RoleId, TenantId};
use crate::matrix::{Cloud, Matrix};
use crate::policy::{Draft, Part, Policy, RemoteHelp, Settings, Tenant};
use crate::rbac::{Assignment, Cover, Permission, Role, Scope};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<u32>,
    tenant: TenantTable,
    #[serde(default)]
    role: Vec<Spanned<RoleTable>>,
    #[serde(default)]
    assignment: Vec<Spanned<AssignmentTable>>,
    #[serde(default)]
    condition: Vec<Spanned<ConditionTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TenantTable {
    id: Word<TenantId>,
    name: String,
    remote_help: Option<Covered>,
    entitled: Option<Everyone>,
    unenrolled: Option<bool>,
    chat: Option<bool>,
    clipboard: Option<bool>,
    matrix: Option<Word<&'static Matrix>>,
    cloud: Option<Word<Cloud>>,
    fact_age_seconds: Option<u64>,
    idle_limit_seconds: Option<u64>,
    length_limit_seconds: Option<u64>,
    #[serde(default)]
    min_app: BTreeMap<Word<Platform>, Word<AppVersion>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleTable {
    id: Word<RoleId>,
    name: String,
    allow: Vec<Word<Permission>>,
    #[serde(default)]
    deny: Vec<Word<Permission>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssignmentTable {
    id: Word<AssignmentId>,
    role: Word<RoleId>,
    members: Vec<Word<GroupId>>,
    users: Option<Everyone>,
    devices: Option<Everyone>,
    #[serde(default)]
    unenrolled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionTable {
    name: Word<Claim>,
    modes: Vec<Word<Mode>>,
    #[serde(default)]
    contexts: Vec<Word<Claim>>,
    #[serde(default)]
    methods: Vec<Word<Claim>>,
    sign_in_age_seconds: Option<u64>,
    networks: Option<Vec<Word<IpNet>>>,
    #[serde(default)]
    compliant_device: bool,
}

impl From<TenantTable> for Tenant {
    fn from(table: TenantTable) -> Self {
        let default = Settings::default();
        let settings = Settings {
            remote_help: match table.remote_help {
                None | Some(Covered::Off) => RemoteHelp::Off,
                Some(Covered::Some(cover)) => RemoteHelp::On(cover),
            },
            entitled: table.entitled.map_or(default.entitled, |Everyone(cover)| cover),
            unenrolled: table.unenrolled.unwrap_or(default.unenrolled),
            chat: table.chat.unwrap_or(default.chat),
            clipboard: table.clipboard.unwrap_or(default.clipboard),
            matrix: table.matrix.map_or(default.matrix, |Word(matrix)| matrix),
            cloud: table.cloud.map_or(default.cloud, |Word(cloud)| cloud),
            fact_age: table.fact_age_seconds.unwrap_or(default.fact_age),
            idle_limit: table.idle_limit_seconds.unwrap_or(default.idle_limit),
            length_limit: table.length_limit_seconds.unwrap_or(default.length_limit),
            min_app: table.min_app.into_iter().map(|(Word(platform), Word(version))| (platform, version)).collect(),
        };
        Self { id: table.id.0, name: table.name, settings }
    }
}

impl From<RoleTable> for Role {
    fn from(table: RoleTable) -> Self {
        Self { id: table.id.0, name: table.name, allowed: words(table.allow), denied: words(table.deny) }
    }
}

impl From<AssignmentTable> for Assignment {
    fn from(table: AssignmentTable) -> Self {
        let cover = |covered: Option<Everyone>| covered.map_or_else(Cover::none, |Everyone(cover)| cover);
        let scope = Scope { users: cover(table.users), devices: cover(table.devices), unenrolled: table.unenrolled };
        Self { id: table.id.0, role: table.role.0, members: groups(table.members), scope }
    }
}

impl From<ConditionTable> for Condition {
    fn from(table: ConditionTable) -> Self {
        let mut requires: Vec<Requirement> = table.contexts.into_iter().map(|Word(context)| Requirement::Context(context)).collect();
        requires.extend(table.methods.into_iter().map(|Word(method)| Requirement::Method(method)));
        requires.extend(table.sign_in_age_seconds.map(Requirement::SignInAge));
        requires.extend(table.networks.map(words).map(Requirement::Networks));
        requires.extend(table.compliant_device.then_some(Requirement::CompliantDevice));
        let modes = table.modes.into_iter().map(|Word(mode)| mode).fold(ModeSet::NONE, ModeSet::with);
        Self { name: table.name.0, modes, requires }
    }
}

impl Policy {
    /// Reads a policy in TOML; `docs/POLICY.md` describes it.
    ///
    /// # Errors
    /// The line and the reason: no TOML, a key or a word that is not known, or parts that do not fit together.
    pub fn from_toml(text: &str) -> Result<Self, FileError> {
        let file: File = from_toml(Source::Policy, text)?;
        let error = |offset, reason: &dyn std::fmt::Display| FileError::new(Source::Policy, line_at(text, offset), reason);
        if *file.version.get_ref() != 1 {
            return Err(error(file.version.span().start, &"this version of the file is not known here; 1 is"));
        }
        let starts = |spans: Vec<std::ops::Range<usize>>| spans.into_iter().map(|span| span.start).collect::<Vec<_>>();
        let roles = starts(file.role.iter().map(Spanned::span).collect());
        let assignments = starts(file.assignment.iter().map(Spanned::span).collect());
        let conditions = starts(file.condition.iter().map(Spanned::span).collect());
        let draft = Draft {
            tenant: file.tenant.into(),
            roles: file.role.into_iter().map(|table| table.into_inner().into()).collect(),
            assignments: file.assignment.into_iter().map(|table| table.into_inner().into()).collect(),
            conditions: file.condition.into_iter().map(|table| table.into_inner().into()).collect(),
        };
        Self::new(draft).map_err(|invalid| {
            let (starts, index) = match invalid.part {
                Part::Role(index) => (&roles, index),
                Part::Assignment(index) => (&assignments, index),
                Part::Condition(index) => (&conditions, index),
            };
            error(starts.get(index).copied().unwrap_or_default(), &invalid.fault)
        })
    }
}
