//! Decisions: every reason is found, nothing else is, and taking something away never allows more.

mod case;
mod oracle;

use std::collections::BTreeSet;

use case::*;
use rh_auth::decision::{Decision, Outcome};
use rh_auth::rbac::{Permission, Permissions};
use rh_proto::mode::Mode;

/// What a person would notice of a decision: for each mode, the reasons against it.
fn codes(decision: &Decision, mode: Mode) -> Vec<&'static str> {
    let codes: BTreeSet<&'static str> = decision.reasons(mode).map(|reason| reason.code()).collect();
    codes.into_iter().collect()
}

fn check(policies: &mut Policies, case: &Case) -> u8 {
    let decision = policies.decide(case);
    let mut allowed = 0;
    for (bit, mode) in Mode::ALL.into_iter().enumerate() {
        let ours = codes(&decision, mode);
        let theirs = oracle::reasons(case, mode);
        assert_eq!(ours, theirs, "{mode:?} in {case:?}");
        assert_eq!(decision.allowed().contains(mode), ours.is_empty(), "{mode:?} in {case:?}");
        assert_eq!(decision.outcome(mode) == Outcome::Allowed, ours.is_empty(), "{mode:?} in {case:?}");
        allowed |= u8::from(ours.is_empty()) << bit;
    }
    allowed
}

/// Goes through every combination of `dimensions`, the others being as in `base`: both implementations agree, and no step to a weaker value allows more.
fn enumerate(base: Case, dimensions: &[usize]) -> usize {
    let counts: Vec<usize> = dimensions.iter().map(|dimension| DIMENSIONS[*dimension].values.len()).collect();
    let total: usize = counts.iter().product();
    let mut policies = Policies::default();
    let case_of = |mut number: usize| {
        let mut case = base;
        for (dimension, count) in dimensions.iter().zip(&counts) {
            case.0[*dimension] = u8::try_from(number % count).unwrap();
            number /= count;
        }
        case
    };
    let allowed: Vec<u8> = (0..total).map(|number| check(&mut policies, &case_of(number))).collect();
    let mut stride = 1;
    for (dimension, count) in dimensions.iter().zip(&counts) {
        for (from, to) in DIMENSIONS[*dimension].weaker {
            let (from, to) = (usize::from(*from), usize::from(*to));
            for number in (0..total).filter(|number| number / stride % count == from) {
                let weaker = number - from * stride + to * stride;
                let gained = allowed[weaker] & !allowed[number];
                assert_eq!(gained, 0, "{} widens: {:?} to {:?}", DIMENSIONS[*dimension].name, case_of(number), case_of(weaker));
            }
        }
        stride *= count;
    }
    total
}

/// Days on which different modes are possible, for different reasons: where a rule's answer shows.
fn bases() -> Vec<Case> {
    let web = Case::GOOD.with(APP, "web").with(PLATFORM, "macos");
    let android = Case::GOOD.with(PLATFORM, "android").with(HELPER_APP, "web").with(MATRIX, "intune").with(HELPER_DEVICE, "ours");
    let unenrolled = Case::GOOD.with(ENROLLMENT, "unenrolled").with(CONDITION, "all of these");
    let launched = Case::GOOD
        .with(START, "launch")
        .with(CLOUD, "gcc")
        .with(MINIMUM, "1.0.0 but on linux")
        .with(CONDITION, "all of these")
        .with(HELPER_DEVICE, "ours");
    let unattended =
        Case::GOOD.with(SHARER, "absent").with(SCOPE, "kiosks").with(REMOTE_HELP, "groups of all").with(ENTITLED, "groups of all");
    let new_mac = Case::GOOD.with(PLATFORM, "macos").with(OS, "newest").with(HELPER_APP, "web").with(MATRIX, "intune");
    vec![Case::GOOD, web, android, unenrolled, launched, unattended, new_mac]
}

#[test]
fn a_good_day_allows_everything() {
    let decision = Policies::default().decide(&Case::GOOD);
    assert!(Mode::ALL.iter().all(|mode| decision.allowed().contains(*mode)), "{:?}", decision.bars());
}

#[test]
fn every_pair_of_circumstances_agrees_with_the_oracle() {
    for base in bases() {
        for first in 0..DIMENSIONS.len() {
            for second in 0..first {
                enumerate(base, &[first, second]);
            }
        }
    }
}

#[test]
fn identity_is_enumerated() {
    for base in [Case::GOOD, Case::GOOD.with(ENROLLMENT, "unenrolled")] {
        enumerate(base, &[REMOTE_HELP, ENTITLED, HELPER_PROOF, SHARER, DEVICE_PROOF, HELPER_MEMBER, SHARER_MEMBER]);
    }
}

#[test]
fn tenants_are_enumerated() {
    enumerate(Case::GOOD, &[SESSION_TID, HELPER_TID, HELPER_DEVICE, SHARER_TID, DEVICE_TID, SHARER, ENROLLMENT]);
}

#[test]
fn freshness_is_enumerated() {
    enumerate(Case::GOOD, &[HELPER_AGE, SHARER_AGE, DEVICE_AGE, SHARER, ENROLLMENT, COMPLIANCE, PLATFORM]);
}

#[test]
fn conditional_access_is_enumerated() {
    enumerate(Case::GOOD, &[CONDITION, CONTEXT, METHOD, SIGN_IN, ADDRESS, HELPER_DEVICE, HELPER_COMPLIANT, MATRIX, HELPER_PLATFORM]);
}

#[test]
fn roles_and_scopes_are_enumerated() {
    enumerate(Case::GOOD, &[ROLE, SCOPE, SECOND, HELPER_GROUPS, SHARER_GROUPS, DEVICE_GROUPS, ENROLLMENT]);
    enumerate(Case::GOOD.with(PLATFORM, "macos"), &[ROLE, SCOPE, SHARER, SHARER_GROUPS, ENROLLMENT, AFFINITY, UNENROLLED]);
}

#[test]
fn apps_are_enumerated() {
    enumerate(Case::GOOD, &[HELPER_PLATFORM, HELPER_APP, PLATFORM, APP, MATRIX, ENROLLMENT, MINIMUM]);
}

#[test]
fn platforms_are_enumerated() {
    enumerate(Case::GOOD, &[PLATFORM, APP, OS, HOST, CLOUD, START, MATRIX]);
    enumerate(Case::GOOD, &[PLATFORM, ANDROID, CAPTURE, PROMPTS, UNATTENDED, KIND, ENROLLMENT]);
    enumerate(Case::GOOD, &[HELPER_PLATFORM, HELPER_APP, HELPER_OS, MATRIX, MINIMUM, CLOUD, START]);
}

/// Two assignments of the same helper, with every pair of permission sets: in either scope, what the other one gives is not there.
#[test]
fn a_permission_over_one_scope_never_counts_in_another() {
    let here = Case::GOOD.with(SCOPE, "staff and kiosks");
    let sets =
        || (0..1_u32 << Permission::ALL.len()).map(|bits| Permission::ALL.into_iter().filter(|it| bits >> *it as u32 & 1 == 1).collect());
    let alone: Vec<Decision> = sets().map(|here_only| decide_by(&two_scopes(here_only, Permissions::NONE), &here)).collect();
    for elsewhere in sets() {
        for (given, alone) in sets().zip(&alone) {
            let both = decide_by(&two_scopes(given, elsewhere), &here);
            assert_eq!(both.bars(), alone.bars(), "{given:?} here, {elsewhere:?} elsewhere");
        }
    }
    let all = &alone[alone.len() - 1];
    assert!(Mode::ALL.iter().all(|mode| all.allowed().contains(*mode)), "{:?}", all.bars());
}

/// Cases drawn from all dimensions at once, each good with a probability that varies.
fn sample(cases: u32) {
    let mut policies = Policies::default();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        // SplitMix64: the sample is the same everywhere.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % u64::try_from(below).unwrap()).unwrap()
    };
    let bases = bases();
    for _ in 0..cases {
        let mut case = bases[next(bases.len())];
        let changes = next(12);
        for _ in 0..changes {
            let dimension = next(DIMENSIONS.len());
            case.0[dimension] = u8::try_from(next(DIMENSIONS[dimension].values.len())).unwrap();
        }
        let before = check(&mut policies, &case);
        let dimension = next(DIMENSIONS.len());
        for (_, to) in DIMENSIONS[dimension].weaker.iter().filter(|(from, _)| *from == case.0[dimension]) {
            let mut weaker = case;
            weaker.0[dimension] = *to;
            assert_eq!(check(&mut policies, &weaker) & !before, 0, "{case:?} to {weaker:?}");
        }
    }
}

#[test]
fn any_mixture_of_circumstances_agrees_with_the_oracle() {
    sample(20_000);
}

#[test]
#[ignore = "soak: ten million mixtures"]
fn soak_mixtures() {
    sample(10_000_000);
}

/// The codes that one change to a good day can bring about.
#[cfg(feature = "policy-files")]
pub(crate) fn every_code() -> BTreeSet<&'static str> {
    let mut policies = Policies::default();
    let mut seen = BTreeSet::new();
    for base in bases() {
        for (dimension, Dimension { values, .. }) in DIMENSIONS.iter().enumerate() {
            for value in *values {
                let decision = policies.decide(&base.with(dimension, value));
                seen.extend(decision.bars().iter().map(|bar| bar.reason.code()));
            }
        }
    }
    seen
}
