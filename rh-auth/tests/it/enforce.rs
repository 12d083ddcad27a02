//! At the sharer: mode table ∧ ticket ∧ consent ∧ policy. Nothing that one of them withholds is given by the others.

use std::time::{Duration, Instant};

use rh_auth::enforce::{Agreement, Authority, Lease, Masking, Phase, Prompt, Shield, Unattended};
use rh_auth::identity::UnixTime;
use rh_proto::error::DenyCode;
use rh_proto::frame::Flags;
use rh_proto::mode::{Action, Direction, Gates, Mode, ModeSet, State, Subject, TABLE, action};
use rh_proto::msg::MessageType;
use rh_proto::msg::mode::DeclineReason;

const NOW: UnixTime = UnixTime(1_800_000_000);
const AGREEMENTS: [Agreement; 6] = [
    Agreement::None,
    Agreement::Person(Mode::ViewOnly),
    Agreement::Person(Mode::FullControl),
    Agreement::Person(Mode::Elevation),
    Agreement::Person(Mode::Unattended),
    Agreement::Device,
];

fn set(bits: u32) -> ModeSet {
    let modes = Mode::ALL.into_iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
    modes.fold(ModeSet::NONE, |set, (_, mode)| set.with(mode))
}

fn modes() -> impl Iterator<Item = Option<Mode>> {
    std::iter::once(None).chain(Mode::ALL.into_iter().map(Some))
}

/// Every ticket, in force, at its last second and just over, or none.
fn leases() -> impl Iterator<Item = Option<Lease>> {
    let tickets = (0..16).flat_map(|bits| [NOW.0 + 1, NOW.0].map(|until| Some(Lease { modes: set(bits), until: UnixTime(until) })));
    std::iter::once(None).chain(tickets)
}

fn authorities() -> impl Iterator<Item = Authority> {
    let policies = (0..16).map(set);
    policies.flat_map(|policy| {
        leases().flat_map(move |lease| AGREEMENTS.into_iter().map(move |agreement| Authority { lease, agreement, policy }))
    })
}

/// The modes that an agreement is good for, listed.
fn agreed(agreement: Agreement) -> &'static [Mode] {
    match agreement {
        Agreement::None | Agreement::Person(Mode::Unattended) => &[],
        Agreement::Person(Mode::ViewOnly) => &[Mode::ViewOnly],
        Agreement::Person(Mode::FullControl) => &[Mode::ViewOnly, Mode::FullControl],
        Agreement::Person(Mode::Elevation) => &[Mode::ViewOnly, Mode::FullControl, Mode::Elevation],
        Agreement::Device => &[Mode::Unattended],
    }
}

/// What a mode lets a helper do: see, control, answer prompts, be alone.
fn rights(mode: Option<Mode>) -> u8 {
    match mode {
        None => 0b0000,
        Some(Mode::ViewOnly) => 0b0001,
        Some(Mode::FullControl) => 0b0011,
        Some(Mode::Elevation) => 0b0111,
        Some(Mode::Unattended) => 0b1011,
    }
}

#[test]
fn what_is_left_of_a_mode_is_what_all_agree_to() {
    for authority in authorities() {
        for granted in modes() {
            let left = authority.mode(NOW, granted);
            let ticket = authority.lease.filter(|lease| NOW < lease.until).map_or(ModeSet::NONE, |lease| lease.modes);
            let possible: Vec<Mode> = Mode::ALL
                .into_iter()
                .filter(|mode| ticket.contains(*mode) && authority.policy.contains(*mode) && agreed(authority.agreement).contains(mode))
                .filter(|mode| match granted {
                    Some(Mode::Unattended) => *mode == Mode::Unattended,
                    granted => *mode != Mode::Unattended && rights(Some(*mode)) & !rights(granted) == 0,
                })
                .collect();
            assert_eq!(left, possible.last().copied(), "{granted:?} under {authority:?}");
        }
    }
}

#[test]
fn taking_anything_from_an_authority_never_gives_a_right() {
    for authority in authorities() {
        let mut weaker = vec![Authority { lease: None, ..authority }, Authority { agreement: Agreement::None, ..authority }];
        for dropped in Mode::ALL {
            let without = |modes: ModeSet| {
                Mode::ALL.into_iter().filter(|mode| modes.contains(*mode) && *mode != dropped).fold(ModeSet::NONE, ModeSet::with)
            };
            weaker.push(Authority { policy: without(authority.policy), ..authority });
            weaker.extend(
                authority.lease.map(|lease| Authority { lease: Some(Lease { modes: without(lease.modes), ..lease }), ..authority }),
            );
        }
        weaker.extend(authority.lease.map(|lease| Authority { lease: Some(Lease { until: NOW, ..lease }), ..authority }));
        match authority.agreement {
            Agreement::Person(Mode::Elevation) => weaker.push(Authority { agreement: Agreement::Person(Mode::FullControl), ..authority }),
            Agreement::Person(Mode::FullControl) => weaker.push(Authority { agreement: Agreement::Person(Mode::ViewOnly), ..authority }),
            _ => {}
        }
        for granted in modes() {
            let before = rights(authority.mode(NOW, granted));
            assert_eq!(before & !rights(granted), 0, "more than was granted: {granted:?} under {authority:?}");
            for weaker in &weaker {
                assert_eq!(rights(weaker.mode(NOW, granted)) & !before, 0, "{granted:?}: {authority:?} to {weaker:?}");
            }
        }
    }
}

/// An authority under which exactly `mode` is left of itself.
fn only(mode: Option<Mode>) -> Authority {
    let Some(mode) = mode else { return Authority::NONE };
    let agreement = if mode == Mode::Unattended { Agreement::Device } else { Agreement::Person(mode) };
    let only = ModeSet::NONE.with(mode);
    Authority { lease: Some(Lease { modes: only, until: UnixTime(NOW.0 + 1) }), agreement, policy: only }
}

fn every_message() -> impl Iterator<Item = (Subject, Direction, Gates)> {
    let gates = (0..8).map(|bits| Gates { chat: bits & 1 == 1, clipboard: bits & 2 == 2, annotation: bits & 4 == 4 });
    gates.flat_map(|gates| TABLE.iter().map(move |row| (row.subject, row.direction, gates)))
}

/// States in which a session has a mode, openly or hidden behind a pause.
fn in_session(state: State) -> bool {
    !matches!(state, State::Greeting | State::Authenticating | State::Ready | State::Closed)
}

#[test]
fn a_message_is_acted_on_only_where_the_table_and_the_authority_agree() {
    for (subject, direction, gates) in every_message() {
        for state in State::ALL {
            for granted in modes() {
                for left in modes() {
                    let authority = only(left);
                    let in_force = authority.mode(NOW, granted);
                    let done = authority.action(NOW, state, granted, direction, subject, gates);
                    let by_table = action(state, direction, subject, gates);
                    let by_authority = action(in_force.map_or(State::Ready, State::from), direction, subject, gates);
                    let expected = by_table == Action::Accept && (!in_session(state) || by_authority == Action::Accept);
                    assert_eq!(
                        done == Action::Accept,
                        expected,
                        "{subject:?} {direction:?} in {state:?}, {granted:?} of which {left:?} is left"
                    );
                    // What the table refuses is refused in the table's words.
                    assert!(by_table == Action::Accept || done == by_table, "{subject:?} {direction:?} in {state:?}");
                }
            }
        }
    }
}

#[test]
fn with_full_authority_the_table_alone_decides() {
    for (subject, direction, gates) in every_message() {
        for mode in Mode::ALL {
            let state = State::from(mode);
            assert_eq!(
                only(Some(mode)).action(NOW, state, Some(mode), direction, subject, gates),
                action(state, direction, subject, gates)
            );
        }
    }
}

#[test]
fn input_ends_with_the_lease_and_frames_do_too() {
    let input = Subject::of(MessageType::INPUT, Flags(0));
    let control = Some(Mode::FullControl);
    let authority = only(control);
    let act = |now| authority.action(now, State::FullControl, control, Direction::ToSharer, input, Gates::default());
    assert_eq!(act(NOW), Action::Accept);
    assert!(authority.lets_frames_out(NOW, State::FullControl, control));
    let over = UnixTime(NOW.0 + 1);
    assert_eq!(act(over), Action::Deny(DenyCode::NO_MODE));
    assert!(!authority.lets_frames_out(over, State::FullControl, control));
}

#[test]
fn no_frames_leave_while_paused_frozen_or_without_a_mode() {
    for mode in Mode::ALL {
        for state in State::ALL {
            let shown = state == State::from(mode)
                || state == State::Yielding
                || in_session(state) && !matches!(state, State::Paused | State::Frozen);
            assert_eq!(only(Some(mode)).lets_frames_out(NOW, state, Some(mode)), shown, "{mode:?} in {state:?}");
            assert!(!Authority::NONE.lets_frames_out(NOW, state, Some(mode)), "{mode:?} in {state:?}");
        }
    }
}

#[test]
fn the_person_is_not_asked_for_what_ticket_or_policy_do_not_allow() {
    let mut authority = only(Some(Mode::FullControl));
    authority.agreement = Agreement::None;
    assert_eq!(authority.may_ask(NOW, Mode::FullControl), Ok(()));
    assert_eq!(authority.may_ask(NOW, Mode::Elevation), Err(DeclineReason::NOT_ALLOWED));
    assert_eq!(authority.may_ask(UnixTime(NOW.0 + 1), Mode::FullControl), Err(DeclineReason::NOT_ALLOWED));
}

#[test]
fn a_prompt_is_seen_and_answered_only_with_elevation() {
    let regions = ["prompt"];
    let prompts = [Prompt::Absent, Prompt::Shown(&regions[..]), Prompt::Shown(&[]), Prompt::Unknown];
    for mode in modes() {
        for prompt in prompts {
            let shield = Shield::new(mode, prompt);
            let (masking, keys) = match (mode, prompt) {
                (None, _) => (Masking::Everything, false),
                (Some(Mode::Elevation), _) => (Masking::Nothing, true),
                (_, Prompt::Absent) => (Masking::Nothing, true),
                (_, Prompt::Shown([_])) => (Masking::Regions(&regions[..]), false),
                // Not knowing where it is, is not knowing.
                (_, Prompt::Shown(_) | Prompt::Unknown) => (Masking::Everything, false),
            };
            assert_eq!(shield, Shield { masking, keys }, "{mode:?} {prompt:?}");
        }
    }
}

fn after(start: Instant, seconds: u64) -> Instant {
    start + Duration::from_secs(seconds)
}

#[test]
fn unattended_counts_down_and_freezes_on_every_touch() {
    let start = Instant::now();
    let left = Duration::from_secs;
    let mut session = Unattended::begin("  patch day  ", start).unwrap();
    assert_eq!(session.reason(), "patch day");
    assert_eq!(session.agreement(start), Agreement::None, "nothing before the countdown is over");
    assert_eq!(session.phase(after(start, 29)), Phase::Countdown { left: left(1) });
    assert_eq!(session.poll_timeout(start), Some(after(start, 30)));

    // Somebody comes to the device: they get the whole countdown to read who it is.
    session.handle_touch(after(start, 20));
    assert_eq!(session.phase(after(start, 49)), Phase::Countdown { left: left(1) });
    assert_eq!(session.agreement(after(start, 50)), Agreement::Device);
    assert_eq!(session.poll_timeout(after(start, 50)), None);

    session.handle_touch(after(start, 100));
    assert_eq!(session.agreement(after(start, 100)), Agreement::None);
    session.handle_touch(after(start, 120));
    assert_eq!(session.phase(after(start, 149)), Phase::Frozen { left: left(1) });
    assert_eq!(session.phase(after(start, 150)), Phase::Running);
    // A touch that is reported late takes nothing away from one that came after it.
    session.handle_touch(after(start, 200));
    session.handle_touch(after(start, 190));
    assert_eq!(session.phase(after(start, 229)), Phase::Frozen { left: left(1) });
}

#[test]
fn unattended_needs_a_reason_that_an_auditor_can_read() {
    let now = Instant::now();
    for reason in ["", "   ", "two\nlines", "\u{7}", &"x".repeat(Unattended::REASON + 1)] {
        assert!(Unattended::begin(reason, now).is_err(), "{reason:?}");
    }
    assert!(Unattended::begin(&"ü".repeat(Unattended::REASON), now).is_ok());
}
