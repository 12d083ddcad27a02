//! A directory in TOML: people and devices, for organisations and tests that have no directory service.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::words::{Read, Word, groups};
use super::{FileError, Source, from_toml, line_at};
use crate::device::{AndroidControl, Compliance, Device, Enrollment, Host, Managed, ManagementKind, Ownership, Platform, Version};
use crate::identity::{DeviceId, GroupId, Groups, PersonId, Principal, TenantId, UnixTime};

/// What an organisation's directory says about people and devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The organisation.
    pub tenant: TenantId,
    /// Its people.
    pub people: BTreeMap<PersonId, Person>,
    /// Its devices, and others that it knows.
    pub devices: BTreeMap<DeviceId, Device>,
}

/// What a directory says about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Whether the person is a member; `Some(false)` for a guest.
    pub member: Option<bool>,
    /// The groups that the person is in.
    pub groups: Option<Groups>,
    /// When that was last confirmed.
    pub as_of: Option<UnixTime>,
}

impl Directory {
    /// Reads a directory in TOML; `docs/POLICY.md` describes it.
    ///
    /// # Errors
    /// The line and the reason.
    pub fn from_toml(text: &str) -> Result<Self, FileError> {
        let file: File = from_toml(Source::Directory, text)?;
        let error = |offset, reason: String| FileError::new(Source::Directory, line_at(text, offset), reason);
        if *file.version.get_ref() != 1 {
            return Err(error(file.version.span().start, "this version of the file is not known here; 1 is".to_owned()));
        }
        let general = file.as_of.map(time).transpose().map_err(|reason| error(0, reason))?;
        let tenant = file.tenant.0;
        let mut people = BTreeMap::new();
        for entry in file.person {
            let start = entry.span().start;
            let table = entry.into_inner();
            let as_of = table.as_of.map(time).transpose().map_err(|reason| error(start, reason))?.or(general);
            let person = Person { member: table.member, groups: table.groups.map(groups), as_of };
            if people.insert(table.id.0.clone(), person).is_some() {
                return Err(error(start, format!("person {} is listed twice", table.id.0)));
            }
        }
        let mut devices = BTreeMap::new();
        for entry in file.device {
            let start = entry.span().start;
            let device = entry.into_inner().read(&tenant, general).map_err(|reason| error(start, reason))?;
            let id = device.id.clone();
            if devices.insert(id.clone(), device).is_some() {
                return Err(error(start, format!("device {id} is listed twice")));
            }
        }
        Ok(Self { tenant, people, devices })
    }

    /// Adds what the directory says to what a token has proven. A person of another organisation, or one who is not listed, is left as it is.
    ///
    /// A guest is whom either calls one.
    pub fn complete(&self, principal: &mut Principal) {
        if principal.tid.as_ref() != Some(&self.tenant) {
            return;
        }
        let Some(person) = self.people.get(&principal.oid) else { return };
        principal.member = match (principal.member, person.member) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (member, listed) => member.or(listed),
        };
        principal.groups.clone_from(&person.groups);
        principal.as_of = person.as_of;
    }
}

/// TOML has times of its own; they are read by the same rule as all others.
fn time(written: Datetime) -> Result<UnixTime, String> {
    UnixTime::read(&written.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<u32>,
    tenant: Word<TenantId>,
    /// For all that have none of their own.
    as_of: Option<Datetime>,
    #[serde(default)]
    person: Vec<Spanned<PersonTable>>,
    #[serde(default)]
    device: Vec<Spanned<DeviceTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonTable {
    id: Word<PersonId>,
    member: Option<bool>,
    groups: Option<Vec<Word<GroupId>>>,
    as_of: Option<Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceTable {
    id: Word<DeviceId>,
    platform: Option<Word<Platform>>,
    os: Option<Word<Version>>,
    host: Option<Word<Host>>,
    android: Option<Word<AndroidControl>>,
    capture_allowed: Option<bool>,
    remote_prompts_allowed: Option<bool>,
    enrolled: Option<bool>,
    management: Option<ManagementTable>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ManagementTable {
    registered: Option<bool>,
    user_affinity: Option<bool>,
    compliance: Option<Word<Compliance>>,
    ownership: Option<Word<Ownership>>,
    kind: Option<Word<ManagementKind>>,
    unattended_allowed: Option<bool>,
    groups: Option<Vec<Word<GroupId>>>,
    as_of: Option<Datetime>,
}

impl DeviceTable {
    fn read(self, tenant: &TenantId, general: Option<UnixTime>) -> Result<Device, String> {
        let enrollment = match (self.enrolled, self.management) {
            (Some(true), management) => Some(Enrollment::Enrolled(management.unwrap_or_default().read(tenant, general)?)),
            (Some(false), None) => Some(Enrollment::Unenrolled),
            (None, None) => None,
            (Some(false) | None, Some(_)) => return Err("only an enrolled device has `management`".to_owned()),
        };
        Ok(Device {
            id: self.id.0,
            platform: self.platform.map(|Word(platform)| platform),
            os: self.os.map(|Word(version)| version),
            host: self.host.map(|Word(host)| host),
            android: self.android.map(|Word(control)| control),
            capture_allowed: self.capture_allowed,
            remote_prompts_allowed: self.remote_prompts_allowed,
            enrollment,
        })
    }
}

impl ManagementTable {
    fn read(self, tenant: &TenantId, general: Option<UnixTime>) -> Result<Managed, String> {
        Ok(Managed {
            tid: Some(tenant.clone()),
            registered: self.registered,
            user_affinity: self.user_affinity,
            compliance: self.compliance.map(|Word(state)| state),
            ownership: self.ownership.map(|Word(owner)| owner),
            kind: self.kind.map(|Word(kind)| kind),
            unattended_allowed: self.unattended_allowed,
            // Only the device itself can prove that, when it asks.
            proven: None,
            groups: self.groups.map(groups),
            as_of: self.as_of.map(time).transpose()?.or(general),
        })
    }
}
