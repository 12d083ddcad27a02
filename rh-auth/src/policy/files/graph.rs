//! What Microsoft Graph answers, as it answers it: settings, role definitions, role assignments, managed devices.
//!
//! Shapes: Graph's Intune reference, v1.0 and beta (`remoteAssistanceSettings`, `deviceAndAppManagementRoleDefinition`, `deviceAndAppManagementRoleAssignment`
//! with `$expand=roleDefinition`, `managedDevice`). Lists come in pages; each call takes one and returns the address of the next.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::words::{Read, Word, groups};
use super::{FileError, Source, check_size, line_at};
use crate::device::{Compliance, Device, Enrollment, Managed, ManagementKind, Ownership, Platform, Version};
use crate::identity::{AssignmentId, DeviceId, GroupId, RoleId, TenantId, UnixTime};
use crate::policy::{Draft, Part, Policy, RemoteHelp};
use crate::rbac::{Assignment, Cover, Permission, Permissions, Role, Scope};

/// A policy that is put together from Graph's answers. What Graph does not have (matrix, conditions, limits, which assignments cover unenrolled devices) is
/// set in the draft, before or after.
///
/// ```
/// use rh_auth::identity::TenantId;
/// use rh_auth::policy::{Draft, files::graph::Import};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut import = Import::new(Draft::new(TenantId::new("9188040d-6c67-4c5b-b112-36a304b66dad")?, "Contoso"));
/// import.settings(r#"{"remoteAssistanceState": "enabled", "allowSessionsToUnenrolledDevices": false, "blockChat": false}"#)?;
/// let next = import.role_assignments(r#"{"value": [{
///     "id": "a-1", "members": ["helpdesk"], "resourceScopes": ["staff"], "roleDefinition": {"id": "9e0cc482-82df-4ab2-a24c-0c23a3f52e1e"}
/// }]}"#)?;
/// assert_eq!(next, None, "this was the only page");
/// let policy = import.policy()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Import {
    /// What has been read so far.
    pub draft: Draft,
    roles: Lines,
    assignments: Lines,
}

/// Where the parts of a list were read.
#[derive(Debug, Clone, Default)]
struct Lines {
    pages: usize,
    /// Page and line of each part that was read from Graph.
    at: Vec<(usize, usize)>,
    /// Parts that were in the draft before.
    before: usize,
}

impl Lines {
    fn of(&self, index: usize) -> (usize, usize) {
        index.checked_sub(self.before).and_then(|index| self.at.get(index)).copied().unwrap_or((self.pages, 1))
    }
}

/// The address of the next page, for a list that goes on.
pub type NextLink = Option<String>;

impl Import {
    /// Begins with this draft; what it holds stays.
    #[must_use]
    pub fn new(draft: Draft) -> Self {
        let before = |before| Lines { before, ..Lines::default() };
        Self { roles: before(draft.roles.len()), assignments: before(draft.assignments.len()), draft }
    }

    /// Reads `remoteAssistanceSettings`. Every state but `enabled` is off, so that a state of the future is, too.
    ///
    /// # Errors
    /// The line and the reason; nothing is changed then.
    pub fn settings(&mut self, json: &str) -> Result<(), FileError> {
        let settings: Settings = parse(Source::Settings, json)?;
        let target = &mut self.draft.tenant.settings;
        target.remote_help = if settings.state == "enabled" { RemoteHelp::On(Cover::All) } else { RemoteHelp::Off };
        target.unenrolled = settings.allow_unenrolled.unwrap_or(false);
        target.chat = !settings.block_chat.unwrap_or(true);
        Ok(())
    }

    /// Reads a page of `roleDefinitions`. Actions of other products are passed over.
    ///
    /// # Errors
    /// The line and the reason; nothing is changed then.
    pub fn role_definitions(&mut self, json: &str) -> Result<NextLink, FileError> {
        self.roles.pages += 1;
        let (items, next) = page::<RoleDefinition>(Source::RoleDefinitions(self.roles.pages), json)?;
        for (line, item) in items {
            self.roles.at.push((self.roles.pages, line));
            self.draft.roles.push(item.into());
        }
        Ok(next)
    }

    /// Reads a page of `roleAssignments`, expanded by `roleDefinition`. None of them covers unenrolled devices until it is marked so in the draft.
    ///
    /// # Errors
    /// The line and the reason; nothing is changed then.
    pub fn role_assignments(&mut self, json: &str) -> Result<NextLink, FileError> {
        self.assignments.pages += 1;
        let (items, next) = page::<RoleAssignment>(Source::RoleAssignments(self.assignments.pages), json)?;
        for (line, item) in items {
            self.assignments.at.push((self.assignments.pages, line));
            self.draft.assignments.push(item.into());
        }
        Ok(next)
    }

    /// Checks all that was read.
    ///
    /// # Errors
    /// What does not fit together, with the page and the line where it was read.
    pub fn policy(self) -> Result<Policy, FileError> {
        let (roles, assignments) = (self.roles, self.assignments);
        Policy::new(self.draft).map_err(|invalid| {
            let (source, line) = match invalid.part {
                Part::Role(index) => (Source::RoleDefinitions(roles.of(index).0), roles.of(index).1),
                Part::Assignment(index) => (Source::RoleAssignments(assignments.of(index).0), assignments.of(index).1),
                // Graph has none: it stood in the draft.
                Part::Condition(_) => (Source::Policy, 1),
            };
            FileError::new(source, line, &invalid.fault)
        })
    }
}

/// Reads a page of `managedDevices` of this organisation. What the app on a device reports (host, policies in force) and its proof stay unknown.
///
/// # Errors
/// The line and the reason.
pub fn managed_devices(tenant: &TenantId, json: &str) -> Result<(Vec<Device>, NextLink), FileError> {
    let (items, next) = page::<ManagedDevice>(Source::ManagedDevices, json)?;
    Ok((items.into_iter().map(|(_, item)| item.read(tenant)).collect(), next))
}

fn parse<'a, T: Deserialize<'a>>(source: Source, json: &'a str) -> Result<T, FileError> {
    check_size(source, json)?;
    serde_json::from_str(json).map_err(|error| FileError::new(source, error.line().max(1), without_position(&error)))
}

/// serde_json ends its sentences with the position, which is told apart here.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text.get(..end).unwrap_or_default().to_owned()
}

/// The items of a list with the line that each begins in, and the next page.
fn page<'a, T: Deserialize<'a>>(source: Source, json: &'a str) -> Result<(Vec<(usize, T)>, NextLink), FileError> {
    #[derive(Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        value: Vec<&'a RawValue>,
        #[serde(rename = "@odata.nextLink")]
        next: Option<String>,
    }
    let list: Page<'a> = parse(source, json)?;
    let mut items = Vec::with_capacity(list.value.len());
    for raw in list.value {
        // The item is a part of `json`, so the distance of the two addresses is its offset.
        let offset = raw.get().as_ptr().addr().saturating_sub(json.as_ptr().addr());
        let line = line_at(json, offset);
        let item = serde_json::from_str(raw.get())
            .map_err(|error| FileError::new(source, line + error.line().saturating_sub(1), without_position(&error)))?;
        items.push((line, item));
    }
    Ok((items, list.next))
}

#[derive(Deserialize)]
struct Settings {
    #[serde(rename = "remoteAssistanceState")]
    state: String,
    #[serde(rename = "allowSessionsToUnenrolledDevices")]
    allow_unenrolled: Option<bool>,
    #[serde(rename = "blockChat")]
    block_chat: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleDefinition {
    id: Word<RoleId>,
    display_name: Option<String>,
    role_permissions: Vec<RolePermission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RolePermission {
    #[serde(default)]
    resource_actions: Vec<ResourceAction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceAction {
    allowed_resource_actions: Option<Vec<String>>,
    not_allowed_resource_actions: Option<Vec<String>>,
}

/// The permissions that `actions` name. Graph does not tell letters' case apart.
fn permissions(actions: &[String]) -> Permissions {
    let named = |permission: &Permission| actions.iter().any(|action| action.eq_ignore_ascii_case(permission.action()));
    Permission::ALL.into_iter().filter(named).collect()
}

/// What `actions` take away: those that they name, and all where a wildcard might mean any.
fn denied(actions: &[String]) -> Permissions {
    if actions.iter().any(|action| action.contains('*')) { Permissions::ALL } else { permissions(actions) }
}

impl From<RoleDefinition> for Role {
    fn from(definition: RoleDefinition) -> Self {
        let mut role = Self {
            name: definition.display_name.unwrap_or_else(|| definition.id.0.to_string()),
            id: definition.id.0,
            allowed: Permissions::NONE,
            denied: Permissions::NONE,
        };
        for actions in definition.role_permissions.iter().flat_map(|permission| &permission.resource_actions) {
            role.allowed = role.allowed.union(permissions(actions.allowed_resource_actions.as_deref().unwrap_or_default()));
            role.denied = role.denied.union(denied(actions.not_allowed_resource_actions.as_deref().unwrap_or_default()));
        }
        role
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleAssignment {
    id: Word<AssignmentId>,
    role_definition: RoleReference,
    members: Vec<Word<GroupId>>,
    resource_scopes: Option<Vec<Word<GroupId>>>,
    scope_members: Option<Vec<Word<GroupId>>>,
    scope_type: Option<String>,
}

#[derive(Deserialize)]
struct RoleReference {
    id: Word<RoleId>,
}

impl From<RoleAssignment> for Assignment {
    fn from(assignment: RoleAssignment) -> Self {
        // A group can hold people and devices, so it is a scope of both.
        let named = || Cover::Groups(groups(assignment.resource_scopes.or(assignment.scope_members).unwrap_or_default()));
        let (users, devices) = match assignment.scope_type.as_deref() {
            None | Some("resourceScope") => {
                let named = named();
                (named.clone(), named)
            }
            Some("allDevices") => (Cover::none(), Cover::All),
            Some("allLicensedUsers") => (Cover::All, Cover::none()),
            Some("allDevicesAndLicensedUsers") => (Cover::All, Cover::All),
            Some(_) => (Cover::none(), Cover::none()),
        };
        let scope = Scope { users, devices, unenrolled: false };
        Self { id: assignment.id.0, role: assignment.role_definition.id.0, members: groups(assignment.members), scope }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManagedDevice {
    id: Word<DeviceId>,
    operating_system: Option<String>,
    os_version: Option<String>,
    compliance_state: Option<String>,
    management_agent: Option<String>,
    managed_device_owner_type: Option<String>,
    #[serde(rename = "azureADRegistered")]
    azure_ad_registered: Option<bool>,
    device_enrollment_type: Option<String>,
    last_sync_date_time: Option<String>,
}

impl ManagedDevice {
    fn read(self, tenant: &TenantId) -> Device {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let enrollment_type = text(&self.device_enrollment_type);
        let managed = || Managed {
            tid: Some(tenant.clone()),
            registered: self.azure_ad_registered,
            user_affinity: match enrollment_type.as_str() {
                "appleBulkWithoutUser" => Some(false),
                "userEnrollment" | "appleBulkWithUser" | "appleUserEnrollment" | "appleUserEnrollmentWithServiceAccount" => Some(true),
                // Of other systems it is not asked.
                _ => None,
            },
            // Graph's `unknown`, and what it may say one day, is unknown.
            compliance: Compliance::read(&text(&self.compliance_state)).ok(),
            ownership: Ownership::read(&text(&self.managed_device_owner_type)).ok(),
            kind: match enrollment_type.as_str() {
                "" | "unknown" => None,
                "androidEnterpriseDedicatedDevice" => Some(ManagementKind::Dedicated),
                "androidEnterpriseFullyManaged" => Some(ManagementKind::FullyManaged),
                "androidEnterpriseCorporateWorkProfile" => Some(ManagementKind::WorkProfile),
                _ => Some(ManagementKind::Other),
            },
            // A device that never reported says year 1, which lies before all times.
            as_of: UnixTime::read(&text(&self.last_sync_date_time)).ok(),
            ..Managed::default()
        };
        Device {
            platform: platform(&text(&self.operating_system)),
            // macOS adds its build: "14.2.1 (23C71)".
            os: text(&self.os_version).split_whitespace().next().and_then(|version| Version::read(version).ok()),
            enrollment: match self.management_agent.as_deref() {
                Some(
                    "mdm"
                    | "easMdm"
                    | "intuneClient"
                    | "easIntuneClient"
                    | "configurationManagerClientMdm"
                    | "configurationManagerClientMdmEas"
                    | "googleCloudDevicePolicyController",
                ) => Some(Enrollment::Enrolled(managed())),
                // Mail and inventory only.
                Some("eas" | "configurationManagerClient") => Some(Enrollment::Unenrolled),
                _ => None,
            },
            ..Device::unknown(self.id.0)
        }
    }
}

fn platform(system: &str) -> Option<Platform> {
    let system = system.to_ascii_lowercase();
    let names = [("windows", Platform::Windows), ("macos", Platform::MacOs), ("android", Platform::Android), ("linux", Platform::Linux)];
    names.into_iter().find(|(name, _)| system.starts_with(name)).map(|(_, platform)| platform)
}
