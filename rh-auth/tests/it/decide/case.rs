//! A decision's input as a handful of small numbers: what can be enumerated, and what the oracle reads.

use std::collections::HashMap;
use std::net::IpAddr;

use rh_auth::conditions::{Condition, Requirement};
use rh_auth::decision::{Decision, Helper, Input, Sharer, decide};
use rh_auth::device::{
    AndroidControl, App, Browser, Compliance, Device, Enrollment, HelperDevice, Host, Managed, ManagementKind, Platform, Version,
};
use rh_auth::identity::{AssignmentId, Claim, DeviceId, GroupId, Groups, PersonId, Principal, RoleId, SignIn, TenantId, UnixTime};
use rh_auth::matrix::{Cloud, INTUNE_2025_10, OPEN, Start};
use rh_auth::policy::{Draft, Policy, RemoteHelp};
use rh_auth::rbac::{Assignment, Cover, Permission, Permissions, Role, Scope};
use rh_proto::mode::{Mode, ModeSet};
use rh_proto::msg::hello::AppVersion;

/// A part of the input that varies by itself.
pub(crate) struct Dimension {
    pub(crate) name: &'static str,
    /// What each value stands for. The first is what a good day looks like.
    pub(crate) values: &'static [&'static str],
    /// From a value to one that takes a fact away, makes it unknown, or fails what held: never wider.
    pub(crate) weaker: &'static [(u8, u8)],
}

macro_rules! dimensions {
    ($($name:ident [$($value:literal)*] $(($from:literal > $to:literal))*)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "the numbers of the constants below")]
        enum Number { $($name),* }
        $(pub(crate) const $name: usize = Number::$name as usize;)*
        pub(crate) const DIMENSIONS: &[Dimension] = &[
            $(Dimension { name: stringify!($name), values: &[$($value),*], weaker: &[$(($from, $to)),*] }),*
        ];
    };
}

dimensions! {
    REMOTE_HELP ["all" "groups of all" "not the helper" "not the sharer" "not the device" "off"] (0 > 5) (1 > 2) (1 > 3) (1 > 4) (2 > 5) (3 > 5)
    ENTITLED ["all" "groups of all" "not the helper" "not the sharer" "not the device"] (1 > 2) (1 > 3) (1 > 4)
    HELPER_PROOF ["holds" "fails" "?" "no key"] (0 > 1) (0 > 2) (1 > 2) (0 > 3)
    SHARER ["holds" "fails" "?" "absent"] (0 > 1) (0 > 2) (1 > 2) (0 > 3) (1 > 3) (2 > 3)
    DEVICE_PROOF ["holds" "fails" "?"] (0 > 1) (0 > 2) (1 > 2)
    SESSION_TID ["ours" "theirs" "?"] (0 > 1) (0 > 2) (1 > 2)
    HELPER_TID ["ours" "theirs" "?"] (0 > 1) (0 > 2) (1 > 2)
    HELPER_DEVICE ["private" "ours" "theirs" "managed by ?" "? ours" "? theirs" "?"] (0 > 6) (1 > 3) (1 > 4) (1 > 6) (2 > 5) (2 > 3) (3 > 6) (4 > 6) (5 > 6)
    HELPER_COMPLIANT ["yes" "no" "?"] (0 > 1) (0 > 2) (1 > 2)
    SHARER_TID ["ours" "theirs" "?"] (0 > 1) (0 > 2) (1 > 2)
    DEVICE_TID ["ours" "theirs" "?"] (0 > 1) (0 > 2) (1 > 2)
    HELPER_MEMBER ["member" "guest" "?"] (0 > 1) (0 > 2) (1 > 2)
    SHARER_MEMBER ["member" "guest" "?"] (0 > 1) (0 > 2) (1 > 2)
    HELPER_AGE ["fresh" "stale" "?" "future"] (0 > 1) (0 > 2) (1 > 2) (3 > 2)
    SHARER_AGE ["fresh" "stale" "?"] (0 > 1) (0 > 2) (1 > 2)
    DEVICE_AGE ["fresh" "stale" "?"] (0 > 1) (0 > 2) (1 > 2)
    CONDITION ["none" "context for control" "method for all" "age for elevation" "network for all" "device for unattended" "all of these"]
    CONTEXT ["c1" "none"] (0 > 1)
    METHOD ["mfa" "none"] (0 > 1)
    SIGN_IN ["recent" "old" "?"] (0 > 1) (0 > 2) (1 > 2)
    ADDRESS ["inside" "mapped inside" "outside" "?"] (0 > 2) (0 > 3) (1 > 3) (2 > 3)
    HELPER_PLATFORM ["windows" "macos" "linux" "android" "?"] (0 > 4) (1 > 4) (2 > 4) (3 > 4)
    HELPER_APP ["native" "native old" "native ?" "web" "web old" "web other" "web ?" "?"] (0 > 1) (0 > 2) (1 > 2) (3 > 4) (3 > 6) (4 > 6) (5 > 6) (0 > 7) (3 > 7) (6 > 7)
    HELPER_OS ["recent" "newest" "old" "?"] (0 > 2) (0 > 3) (1 > 3) (2 > 3)
    HELPER_GROUPS ["helpdesk" "others" "?"] (0 > 1) (0 > 2) (1 > 2)
    SHARER_GROUPS ["staff" "others" "?"] (0 > 1) (0 > 2) (1 > 2)
    DEVICE_GROUPS ["kiosks" "others" "?"] (0 > 1) (0 > 2) (1 > 2)
    ROLE ["help desk" "school" "view" "control" "gates" "elevation without gates" "all but control" "none"] (0 > 1) (1 > 3) (3 > 2) (2 > 4) (0 > 5) (0 > 6) (0 > 7) (1 > 7) (2 > 7) (4 > 7)
    SCOPE ["staff and kiosks" "staff" "everybody" "kiosks" "all devices" "everything" "staff, unenrolled too" "everybody, unenrolled too" "nothing"] (0 > 1) (0 > 3) (5 > 2) (5 > 4) (2 > 1) (4 > 3) (6 > 1) (7 > 2) (7 > 6) (1 > 8) (3 > 8) (6 > 8)
    SECOND ["none" "all over others" "all to others" "unattended over kiosks"] (1 > 0) (2 > 0) (3 > 0)
    ENROLLMENT ["enrolled" "not registered" "registered ?" "unenrolled" "?"] (0 > 2) (0 > 4) (1 > 2) (1 > 4) (2 > 4) (3 > 4)
    AFFINITY ["yes" "no" "?"] (0 > 2) (1 > 2)
    UNENROLLED ["on" "off"] (0 > 1)
    PLATFORM ["windows" "macos" "linux" "android" "?"] (0 > 4) (1 > 4) (2 > 4) (3 > 4)
    APP ["native" "native old" "native ?" "web" "web old" "web other" "web ?" "?"] (0 > 1) (0 > 2) (1 > 2) (3 > 4) (3 > 6) (4 > 6) (5 > 6) (0 > 7) (3 > 7) (6 > 7)
    OS ["recent" "newest" "unpatched" "old" "?"] (0 > 2) (2 > 3) (0 > 4) (1 > 4) (2 > 4) (3 > 4)
    HOST ["physical" "vm" "vdi" "?"] (0 > 1) (1 > 2) (0 > 3) (1 > 3) (2 > 3)
    ANDROID ["knox" "mx 9.3" "mx 8.3" "mx 8.2" "neither" "?"] (1 > 2) (2 > 3) (3 > 4) (0 > 5) (1 > 5) (2 > 5) (3 > 5) (4 > 5)
    CAPTURE ["yes" "no" "?"] (0 > 1) (0 > 2) (1 > 2)
    PROMPTS ["yes" "no" "?"] (0 > 1) (0 > 2) (1 > 2)
    UNATTENDED ["yes" "no" "?"] (0 > 1) (0 > 2) (1 > 2)
    KIND ["dedicated" "fully managed" "other" "?"] (0 > 2) (0 > 3) (1 > 3) (2 > 3)
    CLOUD ["commercial" "gcc" "gcc high" "dod"] (0 > 1) (1 > 2) (1 > 3)
    START ["code" "launch" "?"] (0 > 1) (0 > 2) (1 > 2)
    MATRIX ["open" "intune"]
    MINIMUM ["none" "1.0.0 but on linux"] (0 > 1)
    COMPLIANCE ["compliant" "no" "?"]
}

/// One input: a value for each dimension.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Case(pub(crate) [u8; DIMENSIONS.len()]);

impl Case {
    /// All is well: everything is allowed, by code, between two Windows machines.
    pub(crate) const GOOD: Self = Self([0; DIMENSIONS.len()]);

    pub(crate) fn with(mut self, dimension: usize, value: &str) -> Self {
        let values = DIMENSIONS[dimension].values;
        let found = values.iter().position(|known| *known == value);
        self.0[dimension] =
            u8::try_from(found.unwrap_or_else(|| panic!("{value:?} is no value of {}", DIMENSIONS[dimension].name))).unwrap();
        self
    }

    /// The value, by name.
    pub(crate) fn value(&self, dimension: usize) -> &'static str {
        DIMENSIONS[dimension].values[usize::from(self.0[dimension])]
    }
}

impl std::fmt::Debug for Case {
    /// What differs from a good day.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut map = f.debug_map();
        for (index, dimension) in DIMENSIONS.iter().enumerate().filter(|(index, _)| self.0[*index] != 0) {
            map.entry(&dimension.name, &self.value(index));
        }
        map.finish()
    }
}

pub(crate) const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;

pub(crate) fn group(name: &str) -> Groups {
    std::iter::once(GroupId::new(name).unwrap()).collect()
}

fn groups(names: &[&str]) -> Groups {
    names.iter().map(|name| GroupId::new(name).unwrap()).collect()
}

pub(crate) fn tenant(name: &str) -> TenantId {
    TenantId::new(name).unwrap()
}

fn tri(value: &str) -> Option<bool> {
    match value {
        "yes" | "holds" | "member" | "no key" => Some(true),
        "no" | "fails" | "guest" => Some(false),
        "?" => None,
        other => panic!("{other:?} is no truth value"),
    }
}

fn tid(value: &str) -> Option<TenantId> {
    match value {
        "ours" => Some(tenant("ours")),
        "theirs" => Some(tenant("theirs")),
        _ => None,
    }
}

fn age(value: &str) -> Option<UnixTime> {
    match value {
        "fresh" => Some(UnixTime(NOW - 100)),
        "stale" => Some(UnixTime(NOW - DAY - 1)),
        "future" => Some(UnixTime(NOW + 3600)),
        _ => None,
    }
}

fn platform(value: &str) -> Option<Platform> {
    match value {
        "windows" => Some(Platform::Windows),
        "macos" => Some(Platform::MacOs),
        "linux" => Some(Platform::Linux),
        "android" => Some(Platform::Android),
        _ => None,
    }
}

fn os(platform: &str, value: &str) -> Option<Version> {
    let text = match (platform, value) {
        (_, "?") => return None,
        ("macos", "recent" | "unpatched") => "15.1",
        ("macos", "newest") => "26.0",
        ("macos", "old") => "12.7.6",
        (_, "unpatched") => "10.0.19044.2074",
        (_, "old") => "6.3",
        _ => "10.0.22631.4",
    };
    Some(text.parse().unwrap())
}

fn app(value: &str) -> Option<App> {
    let chrome = |major| Some((Browser::Chrome, Version([major, 0, 0, 0])));
    match value {
        "native" => Some(App::Native { version: Some(AppVersion::new(1, 0, 2_509_231)) }),
        "native old" => Some(App::Native { version: Some(AppVersion::new(0, 9, 9)) }),
        "native ?" => Some(App::Native { version: None }),
        "web" => Some(App::Web { browser: chrome(109) }),
        "web old" => Some(App::Web { browser: chrome(108) }),
        "web other" => Some(App::Web { browser: Some((Browser::Other, Version([999, 0, 0, 0]))) }),
        "web ?" => Some(App::Web { browser: None }),
        _ => None,
    }
}

/// Policies are few; checking and hashing one for every case would take most of the time.
#[derive(Default)]
pub(crate) struct Policies(HashMap<Vec<u8>, Policy>);

const OF_POLICY: [usize; 10] = [REMOTE_HELP, ENTITLED, CONDITION, ROLE, SCOPE, SECOND, UNENROLLED, CLOUD, MATRIX, MINIMUM];

impl Policies {
    pub(crate) fn of(&mut self, case: &Case) -> &Policy {
        let key = OF_POLICY.iter().map(|dimension| case.0[*dimension]).collect();
        self.0.entry(key).or_insert_with(|| Policy::new(draft(case)).unwrap())
    }

    pub(crate) fn decide(&mut self, case: &Case) -> Decision {
        decide_by(self.of(case), case)
    }
}

/// Who is covered, each party being alone in its group.
fn cover(value: &str) -> Cover {
    Cover::Groups(match value {
        "groups of all" => groups(&["helpdesk", "staff", "kiosks"]),
        "not the helper" => groups(&["staff", "kiosks"]),
        "not the sharer" => groups(&["helpdesk", "kiosks"]),
        "not the device" => groups(&["helpdesk", "staff"]),
        _ => return Cover::All,
    })
}

fn role(value: &str) -> Role {
    use Permission::{ConnectorRead, Elevation, OfferRemoteAssistance, TakeFullControl, ViewScreen};
    let own = |allowed: &[Permission], denied: &[Permission]| Role {
        id: RoleId::new("own").unwrap(),
        name: "own".into(),
        allowed: Permissions::of(allowed),
        denied: Permissions::of(denied),
    };
    match value {
        "view" => own(&[ViewScreen, OfferRemoteAssistance, ConnectorRead], &[]),
        "control" => own(&[TakeFullControl, OfferRemoteAssistance, ConnectorRead], &[]),
        "gates" => own(&[OfferRemoteAssistance, ConnectorRead], &[]),
        "elevation without gates" => own(&[Elevation], &[]),
        "all but control" => own(&Permission::ALL, &[TakeFullControl]),
        _ => own(&[], &[]),
    }
}

fn draft(case: &Case) -> Draft {
    let mut draft = Draft::new(tenant("ours"), "Ours");
    let settings = &mut draft.tenant.settings;
    settings.remote_help = match case.value(REMOTE_HELP) {
        "off" => RemoteHelp::Off,
        value => RemoteHelp::On(cover(value)),
    };
    settings.entitled = cover(case.value(ENTITLED));
    settings.unenrolled = case.value(UNENROLLED) == "on";
    settings.matrix = if case.value(MATRIX) == "open" { &OPEN } else { &INTUNE_2025_10 };
    settings.cloud = [Cloud::Commercial, Cloud::Gcc, Cloud::GccHigh, Cloud::Dod][usize::from(case.0[CLOUD])];
    if case.value(MINIMUM) != "none" {
        let asked = [Platform::Windows, Platform::MacOs, Platform::Android];
        settings.min_app = asked.into_iter().map(|platform| (platform, AppVersion::new(1, 0, 0))).collect();
    }
    draft.conditions = conditions(case.value(CONDITION));
    draft.roles = vec![role(case.value(ROLE))];

    let everybody = || (Cover::All, Cover::none(), false);
    let named = |name: &str| Cover::Groups(group(name));
    let (users, devices, unenrolled) = match case.value(SCOPE) {
        "staff and kiosks" => (named("staff"), named("kiosks"), true),
        "staff" => (named("staff"), Cover::none(), false),
        "everybody" => everybody(),
        "kiosks" => (Cover::none(), named("kiosks"), true),
        "all devices" => (Cover::none(), Cover::All, true),
        "everything" => (Cover::All, Cover::All, true),
        "staff, unenrolled too" => (named("staff"), Cover::none(), true),
        "everybody, unenrolled too" => (Cover::All, Cover::none(), true),
        _ => (Cover::none(), Cover::none(), true),
    };
    let role = match case.value(ROLE) {
        "help desk" => "9e0cc482-82df-4ab2-a24c-0c23a3f52e1e",
        "school" => "2f9f4f7e-2d13-427b-adf2-361a1eef7ae8",
        _ => "own",
    };
    let assignment = |id: &str, role: &str, members: &str, scope| Assignment {
        id: AssignmentId::new(id).unwrap(),
        role: RoleId::new(role).unwrap(),
        members: group(members),
        scope,
    };
    if case.value(ROLE) != "none" {
        draft.assignments.push(assignment("first", role, "helpdesk", Scope { users, devices, unenrolled }));
    }
    let all = "9e0cc482-82df-4ab2-a24c-0c23a3f52e1e";
    match case.value(SECOND) {
        "all over others" => {
            let scope = Scope { users: named("elsewhere"), devices: named("elsewhere"), unenrolled: true };
            draft.assignments.push(assignment("second", all, "helpdesk", scope));
        }
        "all to others" => {
            draft.assignments.push(assignment(
                "second",
                all,
                "elsewhere",
                Scope { users: Cover::All, devices: Cover::All, unenrolled: true },
            ));
        }
        "unattended over kiosks" => {
            let only = Role {
                id: RoleId::new("unattended").unwrap(),
                name: String::new(),
                allowed: Permissions::of(&[Permission::Unattended]),
                denied: Permissions::NONE,
            };
            draft.roles.push(only);
            let scope = Scope { users: Cover::none(), devices: named("kiosks"), unenrolled: true };
            draft.assignments.push(assignment("second", "unattended", "helpdesk", scope));
        }
        _ => {}
    }
    draft
}

/// The help desk's two assignments: over the good day's people and devices, and over everybody else's.
pub(crate) fn two_scopes(here: Permissions, elsewhere: Permissions) -> Policy {
    let mut draft = Draft::new(tenant("ours"), "Ours");
    draft.tenant.settings.remote_help = RemoteHelp::On(Cover::All);
    for (name, allowed, users, devices) in [("here", here, "staff", "kiosks"), ("elsewhere", elsewhere, "others", "other devices")] {
        let id = RoleId::new(name).unwrap();
        draft.roles.push(Role { id: id.clone(), name: name.into(), allowed, denied: Permissions::NONE });
        let scope = Scope { users: Cover::Groups(group(users)), devices: Cover::Groups(group(devices)), unenrolled: true };
        draft.assignments.push(Assignment { id: AssignmentId::new(name).unwrap(), role: id, members: group("helpdesk"), scope });
    }
    Policy::new(draft).unwrap()
}

fn conditions(value: &str) -> Vec<Condition> {
    let modes = |listed: &[Mode]| listed.iter().copied().fold(ModeSet::NONE, ModeSet::with);
    let claim = |text: &str| Claim::new(text).unwrap();
    let all = [
        ("context for control", modes(&[Mode::FullControl]), Requirement::Context(claim("c1"))),
        ("method for all", modes(&Mode::ALL), Requirement::Method(claim("mfa"))),
        ("age for elevation", modes(&[Mode::Elevation]), Requirement::SignInAge(3600)),
        (
            "network for all",
            modes(&Mode::ALL),
            Requirement::Networks(vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()]),
        ),
        ("device for unattended", modes(&[Mode::Unattended]), Requirement::CompliantDevice),
    ];
    let picked = all.into_iter().filter(|(name, ..)| value == "all of these" || value == *name);
    picked.map(|(name, modes, requirement)| Condition { name: claim(name), modes, requires: vec![requirement] }).collect()
}

fn person(name: &str, case: &Case, dimensions: [usize; 5]) -> Principal {
    let [proof, tid_, member, age_, group_] = dimensions.map(|dimension| case.value(dimension));
    Principal {
        tid: tid(tid_),
        member: tri(member),
        proven: tri(proof),
        spki: (proof != "no key").then_some([7; 32]),
        groups: (group_ != "?").then(|| group(group_)),
        as_of: age(age_),
        ..Principal::unknown(PersonId::new(name).unwrap())
    }
}

fn managed(case: &Case) -> Managed {
    Managed {
        tid: tid(case.value(DEVICE_TID)),
        registered: match case.value(ENROLLMENT) {
            "enrolled" => Some(true),
            "not registered" => Some(false),
            _ => None,
        },
        user_affinity: tri(case.value(AFFINITY)),
        compliance: match case.value(COMPLIANCE) {
            "compliant" => Some(Compliance::Compliant),
            "no" => Some(Compliance::NonCompliant),
            _ => None,
        },
        ownership: None,
        kind: match case.value(KIND) {
            "dedicated" => Some(ManagementKind::Dedicated),
            "fully managed" => Some(ManagementKind::FullyManaged),
            "other" => Some(ManagementKind::Other),
            _ => None,
        },
        unattended_allowed: tri(case.value(UNATTENDED)),
        proven: tri(case.value(DEVICE_PROOF)),
        groups: (case.value(DEVICE_GROUPS) != "?").then(|| group(case.value(DEVICE_GROUPS))),
        as_of: age(case.value(DEVICE_AGE)),
    }
}

fn device(case: &Case) -> Device {
    Device {
        id: DeviceId::new("device").unwrap(),
        platform: platform(case.value(PLATFORM)),
        os: os(case.value(PLATFORM), case.value(OS)),
        host: match case.value(HOST) {
            "physical" => Some(Host::Physical),
            "vm" => Some(Host::VirtualMachine),
            "vdi" => Some(Host::VirtualDesktop),
            _ => None,
        },
        android: match case.value(ANDROID) {
            "knox" => Some(AndroidControl::Knox),
            "neither" => Some(AndroidControl::Neither),
            "?" => None,
            mx => Some(AndroidControl::ZebraMx(mx.trim_start_matches("mx ").parse().unwrap())),
        },
        capture_allowed: tri(case.value(CAPTURE)),
        remote_prompts_allowed: tri(case.value(PROMPTS)),
        enrollment: match case.value(ENROLLMENT) {
            "unenrolled" => Some(Enrollment::Unenrolled),
            "?" => None,
            _ => Some(Enrollment::Enrolled(managed(case))),
        },
    }
}

/// The input that a case stands for, decided.
pub(crate) fn decide_by(policy: &Policy, case: &Case) -> Decision {
    let mut helper = person("helper", case, [HELPER_PROOF, HELPER_TID, HELPER_MEMBER, HELPER_AGE, HELPER_GROUPS]);
    helper.sign_in = SignIn {
        contexts: if case.value(CONTEXT) == "c1" { vec![Claim::new("c1").unwrap()] } else { vec![] },
        methods: if case.value(METHOD) == "mfa" { vec![Claim::new("mfa").unwrap()] } else { vec![] },
        at: match case.value(SIGN_IN) {
            "recent" => Some(UnixTime(NOW - 3600)),
            "old" => Some(UnixTime(NOW - 3601)),
            _ => None,
        },
    };
    let (managed, of) = match case.value(HELPER_DEVICE) {
        "private" => (Some(false), None),
        "ours" => (Some(true), tid("ours")),
        "theirs" => (Some(true), tid("theirs")),
        "managed by ?" => (Some(true), None),
        "? ours" => (None, tid("ours")),
        "? theirs" => (None, tid("theirs")),
        _ => (None, None),
    };
    let helper_device = HelperDevice {
        platform: platform(case.value(HELPER_PLATFORM)),
        os: os(case.value(HELPER_PLATFORM), case.value(HELPER_OS)),
        managed,
        tid: of,
        compliant: tri(case.value(HELPER_COMPLIANT)),
    };
    let sharer =
        (case.value(SHARER) != "absent").then(|| person("sharer", case, [SHARER, SHARER_TID, SHARER_MEMBER, SHARER_AGE, SHARER_GROUPS]));
    let device = device(case);
    let address: Option<IpAddr> = match case.value(ADDRESS) {
        "inside" => Some("192.0.2.7".parse().unwrap()),
        "mapped inside" => Some("::ffff:192.0.2.7".parse().unwrap()),
        "outside" => Some("198.51.100.1".parse().unwrap()),
        _ => None,
    };
    let session = tid(case.value(SESSION_TID));
    decide(&Input {
        now: UnixTime(NOW),
        policy,
        session: session.as_ref(),
        start: match case.value(START) {
            "code" => Some(Start::Code),
            "launch" => Some(Start::Launch),
            _ => None,
        },
        helper: Helper { person: &helper, device: &helper_device, app: app(case.value(HELPER_APP)), address },
        sharer: Sharer { person: sharer.as_ref(), device: &device, app: app(case.value(APP)) },
    })
}
