//! `docs/POLICY.md`: its worked examples are decided as it says, and its codes are those that there are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use rh_auth::decision::{Decision, Helper, Input, Obligation, Outcome, Sharer, StepUp, Warning, decide};
use rh_auth::device::{App, Browser, Enrollment, HelperDevice, Platform};
use rh_auth::identity::{Claim, DeviceId, PersonId, Principal, UnixTime};
use rh_auth::matrix::Start;
use rh_auth::policy::Policy;
use rh_auth::policy::files::Directory;
use rh_proto::mode::Mode;
use serde::Deserialize;
use toml::value::Datetime;

use crate::decide::every_code;

const PAGE: &str = include_str!("../../../docs/POLICY.md");

/// 2026-11-23T09:00:00Z: when all examples take place.
const NOW: UnixTime = UnixTime(1_795_424_400);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    start: Option<String>,
    helper: HelperTable,
    sharer: SharerTable,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HelperTable {
    person: String,
    platform: String,
    os: Option<String>,
    app: String,
    address: Option<IpAddr>,
    #[serde(default)]
    contexts: Vec<String>,
    signed_in: Option<Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SharerTable {
    person: Option<String>,
    device: String,
    #[serde(default)]
    device_proven: bool,
    app: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    allowed: Vec<String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    refused: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    sentences: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    obligations: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    step_up: BTreeMap<String, StepUpTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepUpTable {
    contexts: Vec<String>,
    max_age_seconds: u64,
}

/// The page's code blocks in order: what they are, the line they begin in, and their text.
fn blocks() -> Vec<(&'static str, usize, String)> {
    let mut blocks: Vec<(&str, usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in PAGE.lines().enumerate() {
        match (open, line.strip_prefix("```")) {
            (false, Some(kind)) => {
                blocks.push((kind, number + 2, String::new()));
                open = true;
            }
            (true, Some(_)) => open = false,
            (true, None) => {
                let (_, _, text) = blocks.last_mut().unwrap();
                text.push_str(line);
                text.push('\n');
            }
            (false, None) => {}
        }
    }
    blocks
}

fn platform(word: &str) -> Platform {
    Platform::ALL.into_iter().find(|platform| platform.to_string().eq_ignore_ascii_case(word)).unwrap()
}

/// "native 1.2.0" or "web chrome 128".
fn app(words: &str) -> App {
    match words.split(' ').collect::<Vec<_>>()[..] {
        ["native", version] => App::Native { version: Some(version.parse().unwrap()) },
        ["web", browser, version] => {
            let makers = [Browser::Safari, Browser::Chrome, Browser::Edge, Browser::Firefox];
            let maker = makers.into_iter().find(|maker| maker.to_string().eq_ignore_ascii_case(browser)).unwrap();
            App::Web { browser: Some((maker, version.parse().unwrap())) }
        }
        _ => panic!("{words:?} is no app"),
    }
}

fn mode(name: &str) -> Mode {
    Mode::ALL.into_iter().find(|mode| format!("{mode:?}") == name).unwrap_or_else(|| panic!("{name:?} is no mode"))
}

fn seconds(time: Datetime) -> UnixTime {
    UnixTime(u64::try_from(time.to_string().parse::<jiff::Timestamp>().unwrap().as_second()).unwrap())
}

fn decided(policy: &Policy, directory: &Directory, request: &Request) -> Decision {
    let person = |name: &str| {
        let mut person = Principal::unknown(PersonId::new(name).unwrap());
        person.tid = Some(directory.tenant.clone());
        person.proven = Some(true);
        person.spki = Some([0; 32]);
        directory.complete(&mut person);
        person
    };
    let mut helper = person(&request.helper.person);
    helper.sign_in.contexts = request.helper.contexts.iter().map(|context| Claim::new(context).unwrap()).collect();
    helper.sign_in.at = request.helper.signed_in.map(seconds);
    let helper_device = HelperDevice {
        platform: Some(platform(&request.helper.platform)),
        os: request.helper.os.as_ref().map(|os| os.parse().unwrap()),
        managed: Some(false),
        ..HelperDevice::default()
    };
    let sharer = request.sharer.person.as_deref().map(person);
    let mut device = directory.devices[&DeviceId::new(&request.sharer.device).unwrap()].clone();
    if let Some(Enrollment::Enrolled(managed)) = &mut device.enrollment {
        managed.proven = Some(request.sharer.device_proven);
    }
    decide(&Input {
        now: NOW,
        policy,
        session: Some(&directory.tenant),
        start: Some(if request.start.as_deref() == Some("launch") { Start::Launch } else { Start::Code }),
        helper: Helper { person: &helper, device: &helper_device, app: Some(app(&request.helper.app)), address: request.helper.address },
        sharer: Sharer { person: sharer.as_ref(), device: &device, app: Some(app(&request.sharer.app)) },
    })
}

/// Each once, in the order of first appearance.
fn once<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    items.into_iter().fold(Vec::new(), |mut seen, item| {
        if !seen.contains(&item) {
            seen.push(item);
        }
        seen
    })
}

fn same_set(ours: &[String], page: &[String]) -> bool {
    ours.iter().collect::<BTreeSet<_>>() == page.iter().collect::<BTreeSet<_>>()
}

fn compare(decision: &Decision, expect: &Expect, line: usize) {
    let allowed: Vec<String> =
        Mode::ALL.iter().filter(|mode| decision.allowed().contains(**mode)).map(|mode| format!("{mode:?}")).collect();
    assert_eq!(allowed, expect.allowed, "line {line}: {:?}", decision.bars());
    let warnings: Vec<&str> = decision.warnings.iter().map(Warning::code).collect();
    assert_eq!(warnings, expect.warnings, "line {line}");
    for (name, codes) in &expect.refused {
        let found = once(decision.reasons(mode(name)).map(|reason| reason.code().to_owned()));
        assert!(same_set(&found, codes), "line {line}, {name}: decided {found:?}, the page says {codes:?}");
    }
    for (name, sentences) in &expect.sentences {
        let found: Vec<String> = decision.reasons(mode(name)).map(ToString::to_string).collect();
        assert_eq!(&found, sentences, "line {line}, {name}");
    }
    for (name, codes) in &expect.obligations {
        let found: Vec<&str> = decision.obligations(mode(name)).iter().map(Obligation::code).collect();
        assert_eq!(&found, codes, "line {line}, {name}");
    }
    for mode in Mode::ALL {
        let expected = expect.step_up.get(&format!("{mode:?}")).map(|table| StepUp {
            contexts: table.contexts.iter().map(|context| Claim::new(context).unwrap()).collect(),
            methods: vec![],
            max_age: Some(table.max_age_seconds),
        });
        assert_eq!(decision.outcome(mode) == Outcome::StepUp, expected.is_some(), "line {line}, {mode:?}");
        assert_eq!(decision.step_up(mode), expected, "line {line}, {mode:?}");
    }
}

#[test]
fn the_worked_examples_are_decided_as_the_page_says() {
    let (mut policy, mut directory, mut requests) = (None, None, 0);
    for (kind, line, text) in blocks() {
        match kind {
            "toml policy" => policy = Some(Policy::from_toml(&text).unwrap_or_else(|error| panic!("block at line {line}: {error}"))),
            "toml directory" => {
                directory = Some(Directory::from_toml(&text).unwrap_or_else(|error| panic!("block at line {line}: {error}")))
            }
            "toml request" => {
                let request: Request = toml::from_str(&text).unwrap_or_else(|error| panic!("block at line {line}: {error}"));
                compare(&decided(policy.as_ref().unwrap(), directory.as_ref().unwrap(), &request), &request.expect, line);
                requests += 1;
            }
            other => panic!("line {line}: what is a {other:?} block?"),
        }
    }
    assert_eq!(requests, 13, "an example was lost");
}

#[test]
fn the_page_lists_every_code_and_no_other() {
    let words = PAGE.split('`').skip(1).step_by(2);
    let listed: BTreeSet<&str> = words.filter(|word| word.starts_with('R') && word.contains('.')).collect();
    let mut known = every_code();
    known.extend(Warning::ALL.map(Warning::code));
    known.extend(Obligation::ALL.map(Obligation::code));
    assert_eq!(listed, known);
}
