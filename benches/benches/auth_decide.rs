//! Decisions of a middle-sized organisation: 40 assignments, a helper in 12 groups of whom 6 are given something, three conditions.
//!
//! `cargo bench -p rh-benches --bench auth_decide`; one thread. Measured in the thread's processor time: what else runs on the machine counts less.
#![allow(missing_docs, reason = "criterion's macros make items without documentation")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::{hint::black_box, time::Duration};

use criterion::{
    Criterion, Throughput, criterion_group, criterion_main,
    measurement::{Measurement, ValueFormatter, WallTime},
};
use rh_auth::conditions::{Condition, Requirement};
use rh_auth::decision::{Helper, Input, Sharer, decide};
use rh_auth::device::{App, Device, Enrollment, HelperDevice, Host, Managed, Platform, Version};
use rh_auth::identity::{AssignmentId, Claim, DeviceId, GroupId, Groups, PersonId, Principal, RoleId, SignIn, TenantId, UnixTime};
use rh_auth::matrix::Start;
use rh_auth::policy::{Draft, Policy, RemoteHelp};
use rh_auth::rbac::{Assignment, BUILT_IN, Cover, Scope};
use rh_proto::mode::{Mode, ModeSet};
use rh_proto::msg::hello::AppVersion;
use rustix::time::{ClockId, clock_gettime};

/// The time that this thread had a processor.
struct ProcessorTime;

impl Measurement for ProcessorTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
    }

    fn end(&self, start: Duration) -> Duration {
        self.start() - start
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

const NOW: UnixTime = UnixTime(1_800_000_000);

/// Groups as Entra names them: 36 characters that differ late.
fn groups(numbers: impl IntoIterator<Item = u32>) -> Groups {
    numbers.into_iter().map(|number| GroupId::new(&format!("8f2b1c3d-0000-4000-8000-{number:012}")).unwrap()).collect()
}

fn policy() -> Policy {
    let mut draft = Draft::new(TenantId::new("72f988bf-86f1-41af-91ab-2d7cd011db47").unwrap(), "Contoso");
    draft.tenant.settings.remote_help = RemoteHelp::On(Cover::All);
    for number in 0..40 {
        draft.assignments.push(Assignment {
            id: AssignmentId::new(&format!("assignment {number}")).unwrap(),
            role: RoleId::new(BUILT_IN[0].id).unwrap(),
            members: groups([number * 2, 200]),
            scope: Scope {
                users: Cover::Groups(groups(number * 10..number * 10 + 4)),
                devices: Cover::Groups(groups([500 + number])),
                unenrolled: false,
            },
        });
    }
    let condition = |name: &str, modes: &[Mode], requirement| Condition {
        name: Claim::new(name).unwrap(),
        modes: modes.iter().copied().fold(ModeSet::NONE, ModeSet::with),
        requires: vec![requirement],
    };
    draft.conditions = vec![
        condition("strong", &Mode::ALL, Requirement::Method(Claim::new("mfa").unwrap())),
        condition("context", &[Mode::Elevation], Requirement::Context(Claim::new("c1").unwrap())),
        condition("recent", &[Mode::Elevation], Requirement::SignInAge(3600)),
    ];
    Policy::new(draft).unwrap()
}

fn person(policy: &Policy, name: &str, groups: Groups) -> Principal {
    Principal {
        tid: Some(policy.tenant().id.clone()),
        member: Some(true),
        proven: Some(true),
        spki: Some([7; 32]),
        groups: Some(groups),
        as_of: Some(UnixTime(NOW.0 - 60)),
        sign_in: SignIn {
            contexts: vec![Claim::new("c1").unwrap()],
            methods: vec![Claim::new("pwd").unwrap(), Claim::new("mfa").unwrap()],
            at: Some(UnixTime(NOW.0 - 600)),
        },
        ..Principal::unknown(PersonId::new(name).unwrap())
    }
}

fn decisions(c: &mut Criterion<ProcessorTime>) {
    let policy = policy();
    let helper = person(&policy, "helper", groups((0..12).map(|number| number * 5)));
    let sharer = person(&policy, "sharer", groups([101, 102, 777]));
    let stranger = Principal::unknown(PersonId::new("stranger").unwrap());
    let helper_device = HelperDevice {
        platform: Some(Platform::Windows),
        os: Some(Version([10, 0, 22631, 0])),
        managed: Some(false),
        ..HelperDevice::default()
    };
    let device = Device {
        platform: Some(Platform::Windows),
        os: Some(Version([10, 0, 22631, 0])),
        host: Some(Host::Physical),
        capture_allowed: Some(true),
        remote_prompts_allowed: Some(true),
        enrollment: Some(Enrollment::Enrolled(Managed {
            tid: Some(policy.tenant().id.clone()),
            registered: Some(true),
            unattended_allowed: Some(true),
            proven: Some(true),
            groups: Some(groups([510])),
            as_of: Some(UnixTime(NOW.0 - 60)),
            ..Managed::default()
        })),
        ..Device::unknown(DeviceId::new("device").unwrap())
    };
    let app = Some(App::Native { version: Some(AppVersion::new(1, 0, 0)) });
    let allowed = Input {
        now: NOW,
        policy: &policy,
        session: Some(&policy.tenant().id),
        start: Some(Start::Code),
        helper: Helper { person: &helper, device: &helper_device, app, address: None },
        sharer: Sharer { person: Some(&sharer), device: &device, app },
    };
    assert!(Mode::ALL.iter().all(|mode| decide(&allowed).allowed().contains(*mode)), "{:?}", decide(&allowed).bars());
    let web = Input { sharer: Sharer { app: Some(App::Web { browser: None }), ..allowed.sharer }, ..allowed };
    let unknown = Input { helper: Helper { person: &stranger, ..allowed.helper }, ..allowed };

    let mut group = c.benchmark_group("decide");
    group.throughput(Throughput::Elements(1));
    for (name, input) in [("everything allowed", allowed), ("an unfit app", web), ("an unknown helper", unknown)] {
        group.bench_function(format!("{name}, {} reasons", decide(&input).bars().len()), |b| b.iter(|| decide(black_box(&input))));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ProcessorTime);
    targets = decisions
}
criterion_main!(benches);
