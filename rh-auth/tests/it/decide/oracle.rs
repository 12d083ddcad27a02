//! The rules again, as somebody would write them who has only the design's sentences: one mode at a time, with ifs, on the names of the case's values.

use rh_proto::mode::Mode;

use super::case::*;

/// The codes of all reasons against `mode`, sorted, each once.
pub(crate) fn reasons(case: &Case, mode: Mode) -> Vec<&'static str> {
    let v = |dimension| case.value(dimension);
    let unattended = mode == Mode::Unattended;
    let mut out: Vec<&'static str> = Vec::new();

    // R1: tenant enabled, helper and sharer entitled.
    // Each party is in its good group or not, and its groups may be unknown.
    let in_helpdesk = v(HELPER_GROUPS) == "helpdesk";
    let in_staff = v(SHARER_GROUPS) == "staff";
    let has_facts = !matches!(v(ENROLLMENT), "unenrolled" | "?");
    let in_kiosks = has_facts && v(DEVICE_GROUPS) == "kiosks";
    for (setting, code) in [(REMOTE_HELP, "R1.not-yet-on"), (ENTITLED, "R1.not-entitled")] {
        let listed = v(setting);
        if listed == "off" || listed == "all" {
            continue;
        }
        if listed == "not the helper" || !in_helpdesk {
            out.push(code);
        }
        if !unattended && v(SHARER) != "absent" && (listed == "not the sharer" || !in_staff) {
            out.push(code);
        }
        if unattended && (listed == "not the device" || !in_kiosks) {
            out.push(code);
        }
    }
    if v(REMOTE_HELP) == "off" {
        out.push("R1.tenant-off");
    }

    // R2: both proofs valid.
    if v(HELPER_PROOF) != "holds" {
        out.push("R2.not-proven");
    }
    if unattended {
        if !has_facts || v(DEVICE_PROOF) != "holds" {
            out.push("R2.not-proven");
        }
    } else if v(SHARER) == "absent" {
        out.push("R2.nobody-present");
    } else if v(SHARER) != "holds" {
        out.push("R2.not-proven");
    }

    // R3: one tid on helper, helper's device where it is managed, sharer, sharer's device, session.
    let mut tids = vec![v(SESSION_TID), v(HELPER_TID)];
    match v(HELPER_DEVICE) {
        "private" => {}
        "ours" | "? ours" => tids.push("ours"),
        "theirs" | "? theirs" => tids.push("theirs"),
        _ => tids.push("?"),
    }
    if !unattended && v(SHARER) != "absent" {
        tids.push(v(SHARER_TID));
    }
    if has_facts {
        tids.push(v(DEVICE_TID));
    }
    for tid in tids {
        match tid {
            "theirs" => out.push("R3.other-tenant"),
            "?" => out.push("R3.tenant-unknown"),
            _ => {}
        }
    }

    // R4: no guests.
    let mut members = vec![v(HELPER_MEMBER)];
    if !unattended && v(SHARER) != "absent" {
        members.push(v(SHARER_MEMBER));
    }
    for member in members {
        match member {
            "guest" => out.push("R4.guest"),
            "?" => out.push("R4.membership-unknown"),
            _ => {}
        }
    }

    // R5: facts fresh; only Unattended depends on it.
    if unattended && (v(HELPER_AGE) != "fresh" || has_facts && v(DEVICE_AGE) != "fresh") {
        out.push("R5.stale");
    }

    // R6: conditional access per mode; under Microsoft's matrix only on Windows and macOS.
    let asked = |name| v(CONDITION) == name || v(CONDITION) == "all of these";
    if v(MATRIX) == "open" || matches!(v(HELPER_PLATFORM), "windows" | "macos" | "?") {
        let context = mode == Mode::FullControl && asked("context for control") && v(CONTEXT) == "none";
        let method = asked("method for all") && v(METHOD) == "none";
        let age = mode == Mode::Elevation && asked("age for elevation") && v(SIGN_IN) != "recent";
        let network = asked("network for all") && !v(ADDRESS).ends_with("inside");
        let compliant = v(HELPER_DEVICE) == "ours" || v(HELPER_DEVICE) == "theirs" || v(HELPER_DEVICE) == "managed by ?";
        let device = unattended && asked("device for unattended") && !(compliant && v(HELPER_COMPLIANT) == "yes");
        if context || method || age || network || device {
            out.push("R6.condition");
        }
    }

    // Enrolled also means registered and, on macOS, for a person.
    let enrolled = match (v(ENROLLMENT), v(PLATFORM), v(AFFINITY)) {
        ("unenrolled", _, _) => "no",
        ("?" | "registered ?", _, _) => "?",
        (_, "macos" | "?", "?") | (_, "?", "no") => "?",
        ("not registered", _, _) => "no",
        (_, "macos", "no") => "no",
        _ => "yes",
    };

    // R7 and R8: assignments whose members hold the helper and whose scope holds the sharer or the enrolled device.
    const GATES: [&str; 2] = ["offer", "read"];
    let full: Vec<&str> = GATES.into_iter().chain(["view", "control", "elevation", "unattended"]).collect();
    let role: Vec<&str> = match v(ROLE) {
        "help desk" => full.clone(),
        "school" => full.iter().copied().filter(|p| *p != "unattended").collect(),
        "view" => [&GATES[..], &["view"]].concat(),
        "control" => [&GATES[..], &["view", "control"]].concat(),
        "gates" => GATES.to_vec(),
        "elevation without gates" => vec!["view", "control", "elevation"],
        "all but control" => [&GATES[..], &["view", "unattended"]].concat(),
        _ => vec![],
    };
    // (permissions, members, users, devices, unenrolled too)
    let mut assignments = vec![];
    if v(ROLE) != "none" {
        let (users, devices, too) = match v(SCOPE) {
            "staff and kiosks" => ("staff", "kiosks", true),
            "staff" => ("staff", "", false),
            "everybody" => ("*", "", false),
            "kiosks" => ("", "kiosks", true),
            "all devices" => ("", "*", true),
            "everything" => ("*", "*", true),
            "staff, unenrolled too" => ("staff", "", true),
            "everybody, unenrolled too" => ("*", "", true),
            _ => ("", "", true),
        };
        assignments.push((role, "helpdesk", users, devices, too));
    }
    match v(SECOND) {
        "all over others" => assignments.push((full, "helpdesk", "elsewhere", "elsewhere", true)),
        "all to others" => assignments.push((full, "elsewhere", "*", "*", true)),
        "unattended over kiosks" => assignments.push((vec!["unattended"], "helpdesk", "", "kiosks", true)),
        _ => {}
    }
    assignments.retain(|(_, members, ..)| *members == v(HELPER_GROUPS));
    let mut covered = false;
    let mut granted: Vec<&str> = vec![];
    for (permissions, _, users, devices, too) in &assignments {
        let person = v(SHARER) != "absent" && (*users == "*" || *users == v(SHARER_GROUPS));
        let device = has_facts && (*devices == "*" || *devices == v(DEVICE_GROUPS));
        let counts = match (unattended, enrolled) {
            (true, "no") => false,
            (true, _) => device,
            (false, "no") => person && *too,
            (false, _) => person || device,
        };
        if counts {
            covered = true;
            granted.extend(permissions);
        }
    }
    if v(HELPER_GROUPS) == "?" {
        out.push("R7.groups-unknown");
    } else if assignments.is_empty() {
        out.push("R7.no-role");
    } else if !covered && enrolled == "no" && !unattended {
        out.push("R9.unenrolled-scope");
    } else if !covered && enrolled != "no" {
        out.push("R7.out-of-scope");
    }
    if GATES.iter().any(|gate| !granted.contains(gate)) {
        out.push("R7.missing-gate");
    }
    let needed = match mode {
        Mode::ViewOnly => "view",
        Mode::FullControl => "control",
        Mode::Elevation => "elevation",
        Mode::Unattended => "unattended",
    };
    if !granted.contains(&needed) {
        out.push("R8.missing-permission");
    }

    // R9: unenrolled.
    if enrolled == "?" {
        out.push("R9.enrollment-unknown");
    }
    if enrolled == "no" {
        if v(UNENROLLED) == "off" {
            out.push("R9.unenrolled-off");
        }
        if !matches!(v(PLATFORM), "windows" | "macos") {
            out.push("R9.unenrolled-platform");
        }
        if unattended {
            out.push("R9.unenrolled-unattended");
        }
    }

    // R10: the matrix, as the two tables of the product page.
    let form = |app: &str| if app.starts_with("native") { "native" } else { "web" };
    if v(HELPER_PLATFORM) == "?" || v(HELPER_APP) == "?" {
        out.push("R10.app-unknown");
    }
    if v(PLATFORM) == "?" || v(APP) == "?" {
        out.push("R10.app-unknown");
    }
    if !out.contains(&"R10.app-unknown") {
        let cell = cell(v(MATRIX), (v(HELPER_PLATFORM), form(v(HELPER_APP))), (v(PLATFORM), form(v(APP))));
        let letter = match mode {
            Mode::ViewOnly => 'V',
            Mode::FullControl => 'F',
            Mode::Elevation => 'E',
            Mode::Unattended => 'U',
        };
        if !cell.contains(letter) {
            out.push("R10.no-cell");
        }
    }

    // R11: what platforms must fulfil.
    for (platform, app, os) in [(v(HELPER_PLATFORM), v(HELPER_APP), v(HELPER_OS)), (v(PLATFORM), v(APP), v(OS))] {
        let native = app.starts_with("native") || app == "?";
        let web = app.starts_with("web") || app == "?";
        let may_be = |system| platform == system || platform == "?";
        if v(MINIMUM) != "none" && platform != "linux" && native && app != "native" {
            out.push("R11.app-too-old");
        }
        if native && (may_be("windows") || may_be("macos")) && matches!(os, "old" | "?") {
            out.push("R11.os-version");
        }
        // An unknown system is given Windows' version, which is older than 13.
        if native && platform == "?" && os != "?" && os != "old" {
            out.push("R11.os-version");
        }
        if web && app != "web" {
            out.push("R11.browser");
        }
        let newest = (platform == "macos" && os == "newest") || os == "?";
        if v(MATRIX) == "intune" && native && may_be("macos") && newest && (app != "native" || os == "?") {
            out.push("R11.app-on-os");
        }
    }
    if v(START) != "code" && matches!(v(PLATFORM), "windows" | "?") && matches!(v(OS), "unpatched" | "old" | "?") {
        out.push("R11.os-patch");
    }
    if v(CAPTURE) != "yes" {
        out.push("R11.screen-capture");
    }
    if mode == Mode::Elevation && v(PROMPTS) != "yes" {
        out.push("R11.remote-prompts");
    }
    if unattended && !(has_facts && v(UNATTENDED) == "yes") {
        out.push("R11.unattended-policy");
    }
    if matches!(v(PLATFORM), "android" | "?") {
        let able = match mode {
            Mode::FullControl => matches!(v(ANDROID), "knox" | "mx 9.3" | "mx 8.3"),
            Mode::Unattended => matches!(v(ANDROID), "knox" | "mx 9.3"),
            Mode::ViewOnly | Mode::Elevation => true,
        };
        if !able {
            out.push("R11.android-control");
        }
        if unattended && !(has_facts && matches!(v(KIND), "dedicated" | "fully managed")) {
            out.push("R11.management");
        }
    }
    if matches!(v(CLOUD), "gcc high" | "dod") {
        out.push("R11.cloud");
    }
    let web_sharer = v(APP).starts_with("web") || v(APP) == "?";
    if v(CLOUD) == "gcc" && !matches!(v(HOST), "physical" | "vm") || v(MATRIX) == "intune" && web_sharer && v(HOST) != "physical" {
        out.push("R11.host");
    }

    out.sort_unstable();
    out.dedup();
    out
}

/// The product page's tables, letter by letter.
fn cell(matrix: &str, helper: (&str, &str), sharer: (&str, &str)) -> &'static str {
    if matrix == "intune" {
        return match (helper, sharer) {
            (("windows", "native"), ("windows", "native")) => "VFE",
            (("windows" | "macos", "web"), ("macos", "native")) => "VF",
            (("windows" | "macos", "web"), ("android", "native")) => "VFU",
            (("windows" | "macos", "web"), ("macos" | "windows", "web")) => "V",
            _ => "",
        };
    }
    match (helper.1, sharer) {
        ("native", ("windows" | "linux", "native")) => "VFEU",
        ("web", ("windows" | "linux", "native")) => "VFU",
        (_, ("macos", "native")) => "VF",
        (_, ("android", "native")) => "VFU",
        (_, (_, "web")) => "V",
        _ => "",
    }
}
