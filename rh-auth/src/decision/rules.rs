//! The rules R1 to R12, one function each. Each looks at its own part of the input and bars modes; none looks at what another did.

use rh_proto::mode::{Mode, ModeSet};

use super::obligation::{Warning, Warnings};
use super::reason::{Party, Reason, Unmet};
use super::{Bar, Input};
use crate::conditions::Requirement;
use crate::device::{App, Compliance, Enrollment, Platform};
use crate::identity::{Groups, Principal, TenantId, UnixTime};
use crate::matrix::{Endpoint, Side, Surface};
use crate::modes::{self, ALL, ATTENDED, UNATTENDED};
use crate::policy::RemoteHelp;
use crate::rbac::{Permission, Permissions};

struct Bars<'b>(&'b mut Vec<Bar>);

impl Bars<'_> {
    fn bar(&mut self, modes: ModeSet, reason: Reason) {
        if modes != ModeSet::NONE {
            self.0.push(Bar { reason, modes });
        }
    }

    fn unless(&mut self, holds: bool, modes: ModeSet, reason: Reason) {
        if !holds {
            self.bar(modes, reason);
        }
    }
}

/// Asks every rule.
pub(super) fn bar(input: &Input<'_>, bars: &mut Vec<Bar>) {
    let bars = &mut Bars(bars);
    minimum_apps(input, bars);
    r1_enabled_and_entitled(input, bars);
    r2_proven(input, bars);
    r3_one_tenant(input, bars);
    r4_no_guests(input, bars);
    r5_fresh(input, bars);
    r6_conditions(input, bars);
    r7_r8_grant(input, bars);
    r9_unenrolled(input, bars);
    r10_matrix(input, bars);
    r11_platform(input, bars);
}

/// Those whom the session is about, and the modes in which it is about them: somebody at the device in the attended modes, the device itself in Unattended.
fn parties<'a>(input: &Input<'a>) -> impl Iterator<Item = (Party, ModeSet, Option<&'a Groups>)> {
    let sharer = input.sharer.person.map(|person| (Party::Sharer, ATTENDED, person.groups.as_ref()));
    let device = input.sharer.device.managed().and_then(|managed| managed.groups.as_ref());
    let others = [(Party::Helper, ALL, input.helper.person.groups.as_ref()), (Party::Device, UNATTENDED, device)];
    others.into_iter().chain(sharer)
}

/// The two people, as far as they are there.
fn people<'a>(input: &Input<'a>) -> impl Iterator<Item = (Party, ModeSet, &'a Principal)> {
    let sharer = input.sharer.person.map(|person| (Party::Sharer, ATTENDED, person));
    [(Party::Helper, ALL, input.helper.person)].into_iter().chain(sharer)
}

fn surfaces<'a>(input: &Input<'a>) -> [Surface<'a>; 2] {
    let (helper, sharer) = (&input.helper, &input.sharer);
    let cloud = input.policy.tenant().settings.cloud;
    [
        Surface {
            side: Side::Helper,
            platform: helper.device.platform,
            os: helper.device.os,
            app: helper.app,
            start: input.start,
            cloud,
            device: None,
        },
        Surface {
            side: Side::Sharer,
            platform: sharer.device.platform,
            os: sharer.device.os,
            app: sharer.app,
            start: input.start,
            cloud,
            device: Some(sharer.device),
        },
    ]
}

/// The part of R11 that an organisation sets itself.
fn minimum_apps(input: &Input<'_>, bars: &mut Bars<'_>) {
    for end in surfaces(input) {
        let version = match end.app {
            Some(App::Web { .. }) => continue,
            Some(App::Native { version }) => version,
            None => None,
        };
        for (&platform, &least) in &input.policy.tenant().settings.min_app {
            // On an unknown system every minimum counts.
            let counts = end.platform.is_none_or(|known| known == platform);
            bars.unless(
                !counts || version.is_some_and(|version| version >= least),
                ALL,
                Reason::AppTooOld { side: end.side, platform, least },
            );
        }
    }
}

fn r1_enabled_and_entitled(input: &Input<'_>, bars: &mut Bars<'_>) {
    let settings = &input.policy.tenant().settings;
    match &settings.remote_help {
        RemoteHelp::Off => bars.bar(ALL, Reason::TenantOff),
        RemoteHelp::On(on_for) => {
            for (party, modes, groups) in parties(input) {
                bars.unless(on_for.holds(groups), modes, Reason::NotYetOn(party));
            }
        }
    }
    for (party, modes, groups) in parties(input) {
        bars.unless(settings.entitled.holds(groups), modes, Reason::NotEntitled(party));
    }
}

fn r2_proven(input: &Input<'_>, bars: &mut Bars<'_>) {
    for (party, modes, person) in people(input) {
        bars.unless(person.proven == Some(true) && person.spki.is_some(), modes, Reason::NotProven(party));
    }
    bars.unless(input.sharer.person.is_some(), ATTENDED, Reason::NobodyPresent);
    let device = input.sharer.device.managed().and_then(|managed| managed.proven);
    bars.unless(device == Some(true), UNATTENDED, Reason::NotProven(Party::Device));
}

fn r3_one_tenant(input: &Input<'_>, bars: &mut Bars<'_>) {
    let ours = &input.policy.tenant().id;
    let mut same = |party, modes, tid: Option<&TenantId>| match tid {
        Some(tid) if tid == ours => {}
        Some(_) => bars.bar(modes, Reason::OtherTenant(party)),
        None => bars.bar(modes, Reason::TenantUnknown(party)),
    };
    same(Party::Session, ALL, input.session);
    for (party, modes, person) in people(input) {
        same(party, modes, person.tid.as_ref());
    }
    if input.helper.device.managed != Some(false) {
        same(Party::HelperDevice, ALL, input.helper.device.tid.as_ref());
    }
    if let Some(managed) = input.sharer.device.managed() {
        same(Party::Device, ALL, managed.tid.as_ref());
    }
}

fn r4_no_guests(input: &Input<'_>, bars: &mut Bars<'_>) {
    for (party, modes, person) in people(input) {
        match person.member {
            Some(true) => {}
            Some(false) => bars.bar(modes, Reason::Guest(party)),
            None => bars.bar(modes, Reason::MembershipUnknown(party)),
        }
    }
}

/// Whose facts are older than the organisation wants.
fn stale<'a>(input: &Input<'a>) -> impl Iterator<Item = Party> + use<'a> {
    let (now, most) = (input.now, input.policy.tenant().settings.fact_age);
    let managed = input.sharer.device.managed().map(|managed| (Party::Device, managed.as_of));
    let people: [Option<(Party, Option<UnixTime>)>; 2] =
        [Some((Party::Helper, input.helper.person.as_of)), input.sharer.person.map(|person| (Party::Sharer, person.as_of))];
    let known = people.into_iter().chain([managed]).flatten();
    known.filter(move |(_, as_of)| as_of.and_then(|as_of| as_of.age(now)).is_none_or(|age| age > most)).map(|(party, _)| party)
}

fn r5_fresh(input: &Input<'_>, bars: &mut Bars<'_>) {
    let most = input.policy.tenant().settings.fact_age;
    for about in stale(input).filter(|party| *party != Party::Sharer) {
        bars.bar(UNATTENDED, Reason::Stale { about, most });
    }
}

fn r6_conditions(input: &Input<'_>, bars: &mut Bars<'_>) {
    let helper = &input.helper;
    let asked_on = input.policy.tenant().settings.matrix.conditional_access;
    if helper.device.platform.is_some_and(|platform| !asked_on.contains(&platform)) {
        return;
    }
    for condition in input.policy.conditions() {
        for requirement in &condition.requires {
            if requirement.holds(input.now, &helper.person.sign_in, helper.device, helper.address) {
                continue;
            }
            let unmet = match requirement {
                Requirement::Context(context) => Unmet::Context(context.clone()),
                Requirement::Method(method) => Unmet::Method(method.clone()),
                Requirement::SignInAge(most) => Unmet::SignInAge(*most),
                Requirement::Networks(_) => Unmet::Network,
                Requirement::CompliantDevice => Unmet::CompliantDevice,
            };
            bars.bar(condition.modes, Reason::Condition { name: condition.name.clone(), unmet });
        }
    }
}

/// What the helper's assignments give over whom this session is about. `None` where no assignment covers it.
struct Grants {
    attended: Option<Permissions>,
    unattended: Option<Permissions>,
}

impl Grants {
    /// Only an assignment whose scope holds the sharer or the device adds anything, so that what is given over others does not count here.
    fn collect(input: &Input<'_>, groups: &Groups, enrolled: Option<bool>) -> Option<Self> {
        let (person, device) = (input.sharer.person, input.sharer.device);
        let mut grants = Self { attended: None, unattended: None };
        let mut any = false;
        for grant in input.policy.grants_of(groups) {
            any = true;
            let users = person.is_some_and(|person| grant.scope.users.holds(person.groups.as_ref()));
            let (attended, unattended) = if enrolled == Some(false) {
                (users && grant.scope.unenrolled, false)
            } else {
                let devices = device.managed().is_some_and(|managed| grant.scope.devices.holds(managed.groups.as_ref()));
                (users || devices, devices)
            };
            for (covers, given) in [(attended, &mut grants.attended), (unattended, &mut grants.unattended)] {
                if covers {
                    *given = Some(given.unwrap_or_default().union(grant.permissions));
                }
            }
        }
        any.then_some(grants)
    }
}

fn r7_r8_grant(input: &Input<'_>, bars: &mut Bars<'_>) {
    let enrolled = input.sharer.device.enrolled();
    let grants = match &input.helper.person.groups {
        None => {
            bars.bar(ALL, Reason::GroupsUnknown);
            None
        }
        Some(groups) => {
            let grants = Grants::collect(input, groups, enrolled);
            bars.unless(grants.is_some(), ALL, Reason::NoRole);
            grants
        }
    };
    if let Some(Grants { attended, unattended }) = &grants {
        // Why an unenrolled device is not covered in Unattended is R9's to say.
        let (attended_reason, unattended_modes) =
            if enrolled == Some(false) { (Reason::UnenrolledScope, ModeSet::NONE) } else { (Reason::OutOfScope, UNATTENDED) };
        bars.unless(attended.is_some(), ATTENDED, attended_reason);
        bars.unless(unattended.is_some(), unattended_modes, Reason::OutOfScope);
    }
    let grants = grants.unwrap_or(Grants { attended: None, unattended: None });

    let given = |mode| if mode == Mode::Unattended { grants.unattended } else { grants.attended }.unwrap_or_default();
    for gate in Permission::GATES {
        let modes = modes::iter(ALL).filter(|mode| !given(*mode).contains(gate)).fold(ModeSet::NONE, ModeSet::with);
        bars.bar(modes, Reason::MissingGate(gate));
    }
    for mode in Mode::ALL {
        let needed = Permission::for_mode(mode);
        bars.unless(given(mode).contains(needed), ModeSet::NONE.with(mode), Reason::MissingPermission(needed));
    }
}

fn r9_unenrolled(input: &Input<'_>, bars: &mut Bars<'_>) {
    let device = input.sharer.device;
    match device.enrolled() {
        Some(true) => {}
        None => bars.bar(ALL, Reason::EnrollmentUnknown),
        Some(false) => {
            bars.unless(input.policy.tenant().settings.unenrolled, ALL, Reason::UnenrolledOff);
            let helped = matches!(device.platform, Some(Platform::Windows | Platform::MacOs));
            bars.unless(helped, ALL, Reason::UnenrolledPlatform);
            bars.bar(UNATTENDED, Reason::UnenrolledUnattended);
        }
    }
}

fn r10_matrix(input: &Input<'_>, bars: &mut Bars<'_>) {
    let matrix = input.policy.tenant().settings.matrix;
    let ends = surfaces(input).map(|end| {
        let endpoint = end.platform.zip(end.app).map(|(platform, app)| Endpoint { platform, form: app.form() });
        bars.unless(endpoint.is_some(), ALL, Reason::AppUnknown(end.side));
        endpoint
    });
    if let [Some(helper), Some(sharer)] = ends {
        let barred = modes::without(ALL, matrix.modes(helper, sharer));
        bars.bar(barred, Reason::NoCell { matrix: matrix.name, helper, sharer });
    }
}

fn r11_platform(input: &Input<'_>, bars: &mut Bars<'_>) {
    let ends = surfaces(input);
    for condition in input.policy.tenant().settings.matrix.conditions() {
        for end in ends.iter().filter(|end| condition.applies(end)) {
            bars.unless(condition.demand.holds(end), condition.modes, Reason::Platform { side: end.side, demand: &condition.demand });
        }
    }
}

/// R12. A device that nobody manages has no compliance to warn about; being unenrolled is the warning.
pub(super) fn warnings(input: &Input<'_>) -> Warnings {
    let mut warnings = Warnings::NONE;
    let device = input.sharer.device;
    if device.enrolled() == Some(false) {
        warnings = warnings.with(Warning::Unenrolled);
    }
    match &device.enrollment {
        Some(Enrollment::Unenrolled) => {}
        Some(Enrollment::Enrolled(managed)) => match managed.compliance {
            Some(Compliance::Compliant) => {}
            Some(Compliance::NonCompliant | Compliance::InGracePeriod) => warnings = warnings.with(Warning::NotCompliant),
            Some(Compliance::Conflict | Compliance::Error | Compliance::ConfigManager) | None => {
                warnings = warnings.with(Warning::ComplianceUnknown);
            }
        },
        None => warnings = warnings.with(Warning::ComplianceUnknown),
    }
    if stale(input).next().is_some() {
        warnings = warnings.with(Warning::StaleFacts);
    }
    warnings
}
