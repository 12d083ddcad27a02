//! Policies and directories from files: what is understood, and what is refused with line and reason.

use rh_auth::device::{Compliance, Enrollment, ManagementKind, Ownership, Platform, Version};
use rh_auth::identity::{DeviceId, PersonId, Principal, TenantId, UnixTime};
use rh_auth::matrix::OPEN;
use rh_auth::policy::files::graph::{Import, managed_devices};
use rh_auth::policy::files::{Directory, FileError, MAX_BYTES, Source};
use rh_auth::policy::{Draft, Policy, RemoteHelp};
use rh_auth::rbac::Cover;

fn tenant() -> TenantId {
    TenantId::new("contoso").unwrap()
}

fn refusal(text: &str) -> (usize, String) {
    let error = Policy::from_toml(text).unwrap_err();
    assert_eq!(error.source_file, Source::Policy);
    (error.line, error.reason)
}

const HEAD: &str = "version = 1\n[tenant]\nid = \"contoso\"\nname = \"Contoso\"\n";

/// Each file is right but for one thing in line 6 or later.
#[test]
fn every_slip_in_a_policy_is_refused_with_its_line() {
    let role = "[[role]]\nid = \"first\"\nname = \"First line\"\nallow = [\"ViewScreen\"]\n";
    let assignment = "[[assignment]]\nid = \"a\"\nrole = \"first\"\nmembers = [\"helpdesk\"]\nusers = \"all\"\n";
    let cases = [
        (format!("{HEAD}\nremote_hepl = \"all\"\n"), 6, "unknown field `remote_hepl`"),
        (format!("{HEAD}\nmatrix = \"intune\"\n"), 6, "\"intune\" is none of open, intune-2025-10"),
        (format!("{HEAD}\ncloud = \"gov\"\n"), 6, "\"gov\" is none of commercial, gcc, gcc-high, dod"),
        (format!("{HEAD}\nentitled = \"off\"\n"), 6, "\"off\" is not possible here"),
        (format!("{HEAD}\nentitled = [\"staff\", \"\"]\n"), 6, "\"\" is no id: it is empty"),
        (format!("{HEAD}\nfact_age_seconds = -1\n"), 6, "invalid value"),
        (format!("{HEAD}\nchat = \"yes\"\n"), 6, "expected a boolean"),
        (format!("{HEAD}\nmin_app.windows = \"1.0\"\n"), 6, "\"1.0\" is no app version"),
        (format!("{HEAD}\nmin_app.ios = \"1.0.0\"\n"), 6, "\"ios\" is none of windows, macos, linux, android"),
        (format!("{HEAD}\nchat = true\nchat = false\n"), 7, "duplicate key"),
        (format!("{HEAD}\nid = \n"), 6, ""),
        (
            format!("{HEAD}\n[[role]]\nid = \"r\"\nname = \"R\"\nallow = [\"ViewScreens\"]\n"),
            9,
            "\"ViewScreens\" is none of ViewScreen, TakeFull",
        ),
        (format!("{HEAD}\n{role}\n{role}"), 11, "\"first\" is defined twice"),
        (format!("{HEAD}\n{role}\n{assignment}\n{assignment}"), 17, "\"a\" is defined twice"),
        (format!("{HEAD}\n{}", assignment), 6, "role first is not defined"),
        (
            format!("{HEAD}\n[[role]]\nid = \"2f9f4f7e-2d13-427b-adf2-361a1eef7ae8\"\nname = \"School\"\nallow = [\"Unattended\"]\n"),
            6,
            "\"2f9f4f7e-2d13-427b-adf2-361a1eef7ae8\" is a built-in role and cannot be given {Unattended}",
        ),
        (format!("{HEAD}\n[[condition]]\nname = \"mfa\"\nmodes = []\nmethods = [\"mfa\"]\n"), 6, "\"mfa\" guards no mode"),
        (format!("{HEAD}\n[[condition]]\nname = \"mfa\"\nmodes = [\"ViewOnly\"]\n"), 6, "\"mfa\" requires nothing"),
        (format!("{HEAD}\n[[condition]]\nname = \"net\"\nmodes = [\"ViewOnly\"]\nnetworks = []\n"), 6, "\"net\" lists no network"),
        (
            format!("{HEAD}\n[[condition]]\nname = \"net\"\nmodes = [\"ViewOnly\"]\nnetworks = [\"10.1.2.3/8\"]\n"),
            9,
            "\"10.1.2.3/8\" has bits beyond its length; is 10.0.0.0/8 meant?",
        ),
        (
            format!("{HEAD}\n[[condition]]\nname = \"x\"\nmodes = [\"View\"]\n"),
            8,
            "\"View\" is none of ViewOnly, FullControl, Elevation, Unattended",
        ),
        (HEAD.replace("version = 1", "version = 2"), 1, "this version of the file is not known here; 1 is"),
        (HEAD.replace("name = \"Contoso\"\n", ""), 2, "missing field `name`"),
    ];
    for (text, line, reason) in cases {
        let (found, told) = refusal(&text);
        assert!(told.contains(reason) && !told.contains('\n'), "{told:?} should say {reason:?}, for\n{text}");
        assert_eq!(found, line, "{told:?}, for\n{text}");
    }
}

#[test]
fn a_file_that_is_too_large_is_not_parsed() {
    let text = format!("{HEAD}# {}\n", "x".repeat(MAX_BYTES));
    assert_eq!(refusal(&text), (1, format!("the file is larger than {MAX_BYTES} bytes")));
}

#[test]
fn what_is_left_out_is_the_careful_default() {
    let policy = Policy::from_toml(HEAD).unwrap();
    let settings = &policy.tenant().settings;
    assert_eq!(settings.remote_help, RemoteHelp::Off);
    assert_eq!(settings.entitled, Cover::All);
    assert!(!settings.unenrolled && settings.chat && !settings.clipboard);
    assert_eq!(settings.matrix, &OPEN);
    assert_eq!((settings.fact_age, settings.idle_limit, settings.length_limit), (86_400, 1_800, 28_800));
    assert!(settings.min_app.is_empty());
}

#[test]
fn the_digest_depends_on_what_is_decided_and_on_nothing_else() {
    let a = "[[assignment]]\nid = \"a\"\nrole = \"9e0cc482-82df-4ab2-a24c-0c23a3f52e1e\"\nmembers = [\"x\", \"y\"]\nusers = \"all\"\n";
    let b = a.replace("\"a\"", "\"b\"");
    let digest = |text: &str| Policy::from_toml(text).unwrap().digest();
    let base = digest(&format!("{HEAD}{a}{b}"));
    assert_eq!(base, digest(&format!("# a comment\n{HEAD}{b}\n\n{a}")), "order and layout");
    assert_eq!(base, digest(&format!("{HEAD}{b}{a}").replace("[\"x\", \"y\"]", "[\"y\", \"x\", \"y\"]")), "order within a list");
    assert_eq!(base, digest(&format!("{}{a}{b}", HEAD.replace("Contoso", "Other name"))), "names for people");
    let changes = [
        ("contoso", "fabrikam"),
        ("\"x\"", "\"z\""),
        ("users = \"all\"", "users = [\"staff\"]"),
        ("users = \"all\"", "devices = \"all\""),
        ("users = \"all\"", "users = \"all\"\nunenrolled = true"),
        ("9e0cc482-82df-4ab2-a24c-0c23a3f52e1e", "2f9f4f7e-2d13-427b-adf2-361a1eef7ae8"),
        ("name = \"Contoso\"", "name = \"Contoso\"\nremote_help = \"all\""),
        ("name = \"Contoso\"", "name = \"Contoso\"\nmatrix = \"intune-2025-10\""),
        ("name = \"Contoso\"", "name = \"Contoso\"\nmin_app.linux = \"1.0.0\""),
        ("name = \"Contoso\"", "name = \"Contoso\"\nfact_age_seconds = 1"),
        ("name = \"Contoso\"", "name = \"Contoso\"\nclipboard = true"),
    ];
    let mut seen = vec![base];
    for (from, to) in changes {
        let changed = digest(&format!("{HEAD}{a}{b}").replace(from, to));
        assert!(!seen.contains(&changed), "{from:?} to {to:?}");
        seen.push(changed);
    }
    let condition = "[[condition]]\nname = \"c\"\nmodes = [\"ViewOnly\"]\n";
    for requirement in
        ["contexts = [\"c1\"]", "methods = [\"c1\"]", "sign_in_age_seconds = 9", "networks = [\"10.0.0.0/8\"]", "compliant_device = true"]
    {
        let changed = digest(&format!("{HEAD}{a}{b}{condition}{requirement}\n"));
        assert!(!seen.contains(&changed), "{requirement}");
        seen.push(changed);
    }
}

const DIRECTORY: &str = r#"
version = 1
tenant = "contoso"
as_of = 2026-11-23T08:00:00Z

[[person]]
id = "ada"
member = true
groups = ["helpdesk"]

[[person]]
id = "guest"
member = false
as_of = 2026-11-23T10:00:00+02:00

[[device]]
id = "laptop"
platform = "windows"
os = "10.0.22631"
enrolled = true
[device.management]
registered = true
compliance = "noncompliant"
groups = ["laptops"]

[[device]]
id = "byod"
platform = "macos"
enrolled = false
"#;

#[test]
fn a_directory_completes_what_a_token_proves() {
    let directory = Directory::from_toml(DIRECTORY).unwrap();
    let principal = |tid: &str, oid: &str, member| {
        let mut principal = Principal::unknown(PersonId::new(oid).unwrap());
        principal.tid = Some(TenantId::new(tid).unwrap());
        principal.member = member;
        directory.complete(&mut principal);
        principal
    };
    let ada = principal("contoso", "ada", None);
    assert_eq!(ada.member, Some(true));
    assert_eq!(ada.as_of, Some(UnixTime(1_795_420_800)));
    assert_eq!(ada.groups.unwrap().iter().map(|group| group.as_str()).collect::<Vec<_>>(), ["helpdesk"]);
    assert_eq!(principal("contoso", "ada", Some(false)).member, Some(false), "a guest is whom either calls one");
    assert_eq!(principal("contoso", "guest", Some(true)).member, Some(false));
    assert_eq!(principal("contoso", "guest", None).as_of, Some(UnixTime(1_795_420_800)), "the same moment, written with an offset");
    assert_eq!(principal("fabrikam", "ada", None).groups, None, "somebody else's Ada");
    assert_eq!(principal("contoso", "nobody", None).groups, None);

    let laptop = &directory.devices[&DeviceId::new("laptop").unwrap()];
    assert_eq!(laptop.enrolled(), Some(true));
    let managed = laptop.managed().unwrap();
    assert_eq!((managed.compliance, managed.proven), (Some(Compliance::NonCompliant), None));
    assert_eq!(managed.as_of, Some(UnixTime(1_795_420_800)));
    let byod = &directory.devices[&DeviceId::new("byod").unwrap()];
    assert_eq!((byod.platform, byod.enrolled()), (Some(Platform::MacOs), Some(false)));
}

#[test]
fn every_slip_in_a_directory_is_refused_with_its_line() {
    let cases = [
        ("member = true", "member = \"yes\"", 8, "expected a boolean"),
        ("id = \"guest\"", "id = \"ada\"", 11, "person ada is listed twice"),
        ("id = \"byod\"", "id = \"laptop\"", 26, "device laptop is listed twice"),
        ("enrolled = true", "enrolled = false", 16, "only an enrolled device has `management`"),
        ("enrolled = true\n", "", 16, "only an enrolled device has `management`"),
        ("noncompliant", "fine", 23, "\"fine\" is none of compliant, noncompliant"),
        ("as_of = 2026-11-23T08:00:00Z", "as_of = 2026-11-23T08:00:00", 1, "no time with an offset"),
        ("10.0.22631", "10.0.22631.1.2", 19, "one to four numbers"),
        ("version = 1", "version = 7", 2, "this version of the file is not known here; 1 is"),
    ];
    for (from, to, line, reason) in cases {
        let error = Directory::from_toml(&DIRECTORY.replace(from, to)).unwrap_err();
        assert!(error.reason.contains(reason), "{error} should say {reason:?}");
        assert_eq!((error.source_file, error.line), (Source::Directory, line), "{error}");
    }
}

/// As Graph writes them, with properties that mean nothing here.
const SETTINGS: &str = r##"{
    "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/remoteAssistanceSettings/$entity",
    "id": "9e0cc482-0000-0000-0000-000000000000",
    "remoteAssistanceState": "enabled",
    "allowSessionsToUnenrolledDevices": true,
    "blockChat": false
}"##;

const ROLES: &str = r##"{
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#deviceManagement/roleDefinitions",
    "value": [
        {
            "@odata.type": "#microsoft.graph.deviceAndAppManagementRoleDefinition",
            "id": "9e0cc482-82df-4ab2-a24c-0c23a3f52e1e",
            "displayName": "Help Desk Operator",
            "isBuiltIn": true,
            "rolePermissions": [{"resourceActions": [{
                "allowedResourceActions": [
                    "Microsoft.Intune_Organization_Read",
                    "Microsoft.Intune_RemoteAssistanceApp_ViewScreen",
                    "Microsoft.Intune_RemoteAssistanceApp_TakeFullControl",
                    "Microsoft.Intune_RemoteAssistanceApp_Elevation",
                    "Microsoft.Intune_RemoteAssistanceApp_Unattended",
                    "Microsoft.Intune_RemoteTasks_RequestRemoteAssistance",
                    "Microsoft.Intune_RemoteAssistance_Read"
                ],
                "notAllowedResourceActions": []
            }]}]
        },
        {
            "id": "0c0b2d8e-tier-one",
            "displayName": "Tier 1",
            "rolePermissions": [{"resourceActions": [{
                "allowedResourceActions": ["microsoft.intune_remoteassistanceapp_viewscreen"],
                "notAllowedResourceActions": null
            }]}]
        }
    ]
}"##;

const ASSIGNMENTS: &str = r##"{
    "value": [
        {
            "id": "a-1",
            "displayName": "Help desk over staff",
            "members": ["helpdesk"],
            "resourceScopes": ["staff"],
            "scopeType": "resourceScope",
            "roleDefinition": {"id": "9e0cc482-82df-4ab2-a24c-0c23a3f52e1e"}
        },
        {
            "id": "a-2",
            "members": ["tier-1"],
            "resourceScopes": [],
            "scopeType": "allDevicesAndLicensedUsers",
            "roleDefinition": {"id": "0c0b2d8e-tier-one"}
        }
    ],
    "@odata.nextLink": "https://graph.microsoft.com/v1.0/deviceManagement/roleAssignments?$skiptoken=2"
}"##;

fn import() -> Import {
    Import::new(Draft::new(tenant(), "Contoso"))
}

#[test]
fn an_organisation_comes_over_from_graph() {
    let mut graph = import();
    graph.settings(SETTINGS).unwrap();
    assert_eq!(graph.role_definitions(ROLES).unwrap(), None);
    assert!(graph.role_assignments(ASSIGNMENTS).unwrap().unwrap().ends_with("$skiptoken=2"), "there is another page");
    assert_eq!(graph.role_assignments(r#"{"value": []}"#).unwrap(), None);
    assert!(graph.draft.assignments.iter().all(|assignment| !assignment.scope.unenrolled), "that is for the organisation to mark");
    let imported = graph.policy().unwrap();

    let by_hand = Policy::from_toml(
        r#"
        version = 1
        [tenant]
        id = "contoso"
        name = "Contoso"
        remote_help = "all"
        unenrolled = true

        [[role]]
        id = "tier-one"
        name = "Tier 1"
        allow = ["ViewScreen"]

        [[assignment]]
        id = "a-1"
        role = "9e0cc482-82df-4ab2-a24c-0c23a3f52e1e"
        members = ["helpdesk"]
        users = ["staff"]
        devices = ["staff"]

        [[assignment]]
        id = "a-2"
        role = "tier-one"
        members = ["tier-1"]
        users = "all"
        devices = "all"
        "#,
    );
    assert_eq!(imported.digest(), by_hand.unwrap().digest());
}

#[test]
fn what_graph_does_not_say_is_read_as_what_allows_least() {
    let state = |json: &str| {
        let mut graph = import();
        graph.settings(json).unwrap();
        let settings = graph.draft.tenant.settings;
        (settings.remote_help, settings.unenrolled, settings.chat)
    };
    assert_eq!(state(r#"{"remoteAssistanceState": "unknownFutureValue"}"#), (RemoteHelp::Off, false, false));
    assert_eq!(state(r#"{"remoteAssistanceState": "disabled", "blockChat": null}"#), (RemoteHelp::Off, false, false));

    let scope = |json: &str| {
        let mut graph = import();
        graph.role_assignments(json).unwrap();
        graph.draft.assignments.remove(0).scope
    };
    let assignment = |rest: &str| format!(r#"{{"value": [{{"id": "a", "members": [], "roleDefinition": {{"id": "r"}} {rest}}}]}}"#);
    assert_eq!(scope(&assignment("")).users, Cover::none());
    assert_eq!(scope(&assignment(r#", "scopeType": "everything", "resourceScopes": ["x"]"#)).users, Cover::none());
    let devices = scope(&assignment(r#", "scopeType": "allDevices""#));
    assert_eq!((devices.users, devices.devices), (Cover::none(), Cover::All));

    let denied =
        ROLES.replace("\"notAllowedResourceActions\": []", "\"notAllowedResourceActions\": [\"Microsoft.Intune_RemoteAssistanceApp_*\"]");
    let mut graph = import();
    graph.role_definitions(&denied).unwrap();
    assert_eq!(graph.draft.roles[0].permissions().iter().count(), 0, "a wildcard denies whatever it may mean");
}

#[test]
fn every_slip_in_graphs_answers_is_refused_with_its_line() {
    type Load = fn(&str) -> Result<(), FileError>;
    let settings: Load = |json| import().settings(json);
    let roles: Load = |json| import().role_definitions(json).map(drop);
    let assignments: Load = |json| import().role_assignments(json).map(drop);
    let devices: Load = |json| managed_devices(&tenant(), json).map(drop);
    let cases: [(Load, String, usize, &str); 9] = [
        (settings, SETTINGS.replace("\"enabled\"", "1"), 4, "expected a string"),
        (settings, SETTINGS.replace("true", "\"true\""), 5, "expected a boolean"),
        (settings, "{}".into(), 1, "missing field `remoteAssistanceState`"),
        (settings, SETTINGS.replace("\"blockChat\"", "\"remoteAssistanceState\": \"disabled\", \"blockChat\""), 6, "duplicate field"),
        (roles, ROLES.replace("\"0c0b2d8e-tier-one\"", "\"\""), 23, "\"\" is no id: it is empty"),
        (roles, ROLES.replace("null", "5"), 27, "invalid type"),
        (assignments, ASSIGNMENTS.replace("\"members\": [\"tier-1\"],", ""), 17, "missing field `members`"),
        (assignments, ASSIGNMENTS.replace("\"tier-1\"", "7"), 13, "expected a string"),
        (devices, "[1,\n2".into(), 1, "invalid type"),
    ];
    for (load, json, line, reason) in cases {
        let error = load(&json).unwrap_err();
        assert!(error.reason.contains(reason) && !error.reason.contains(" at line "), "{error} should say {reason:?}");
        assert_eq!(error.line, line, "{error}");
    }

    let mut graph = import();
    graph.role_assignments(ASSIGNMENTS).unwrap();
    let error = graph.policy().unwrap_err();
    assert_eq!(error.to_string(), "role assignments, page 1, line 11: role 0c0b2d8e-tier-one is not defined");
}

#[test]
fn managed_devices_are_read_with_all_that_graph_knows_and_no_more() {
    let json = r##"{"value": [
        {"id": "pc", "operatingSystem": "Windows", "osVersion": "10.0.19045.3393", "complianceState": "compliant", "managementAgent": "mdm",
         "managedDeviceOwnerType": "company", "azureADRegistered": true, "lastSyncDateTime": "2026-11-23T08:00:00Z",
         "deviceEnrollmentType": "windowsAzureADJoin", "serialNumber": "unused"},
        {"id": "mac", "operatingSystem": "macOS", "osVersion": "14.2.1 (23C71)", "complianceState": "unknown", "managementAgent": "mdm",
         "azureADRegistered": true, "deviceEnrollmentType": "appleBulkWithoutUser", "lastSyncDateTime": "0001-01-01T00:00:00Z"},
        {"id": "kiosk", "operatingSystem": "AndroidEnterprise", "osVersion": "13", "managementAgent": "googleCloudDevicePolicyController",
         "azureADRegistered": null, "deviceEnrollmentType": "androidEnterpriseDedicatedDevice"},
        {"id": "mail", "operatingSystem": "iOS", "managementAgent": "eas"},
        {"id": "new", "operatingSystem": "Windows", "managementAgent": "unknownFutureValue"}
    ]}"##;
    let (devices, next) = managed_devices(&tenant(), json).unwrap();
    assert_eq!(next, None);
    let [pc, mac, kiosk, mail, new] = devices.as_slice() else { panic!("five devices: {devices:?}") };

    assert_eq!((pc.platform, pc.os, pc.enrolled()), (Some(Platform::Windows), Some(Version([10, 0, 19045, 3393])), Some(true)));
    let managed = pc.managed().unwrap();
    assert_eq!((managed.compliance, managed.ownership), (Some(Compliance::Compliant), Some(Ownership::Company)));
    assert_eq!((managed.as_of, managed.tid.as_ref(), managed.proven), (Some(UnixTime(1_795_420_800)), Some(&tenant()), None));
    assert_eq!((pc.host, pc.capture_allowed), (None, None), "that is for the app on it to report");

    assert_eq!((mac.os, mac.enrolled()), (Some(Version([14, 2, 1, 0])), Some(false)), "a Mac without a person counts as unenrolled");
    assert_eq!((mac.managed().unwrap().compliance, mac.managed().unwrap().as_of), (None, None));
    assert_eq!((kiosk.platform, kiosk.enrolled()), (Some(Platform::Android), None), "not known whether it is registered");
    assert_eq!(kiosk.managed().unwrap().kind, Some(ManagementKind::Dedicated));
    assert_eq!((mail.platform, &mail.enrollment), (None, &Some(Enrollment::Unenrolled)), "mail only");
    assert_eq!(new.enrollment, None);
}
