//! Ten minutes, one use, one guess.

use std::time::Duration;

use rh_auth::code::{LiveCode, Status};
use rh_proto::credential::{AuthStep, Role};
use rh_proto::error::CloseCode;

use crate::support::{Pair, after, binding, code, epoch};

#[test]
fn a_code_lives_ten_minutes() {
    let start = epoch();
    let live = LiveCode::new(code(), start);
    assert_eq!(live.status(start), Status::Waiting { remaining: Duration::from_secs(600) });
    assert_eq!(live.status(after(start, 599)), Status::Waiting { remaining: Duration::from_secs(1) });
    assert_eq!(live.status(after(start, 600)), Status::Expired);
    let refusal = live.credential([1; 32]).start(after(start, 600), &binding(Role::Helper)).unwrap_err();
    assert_eq!(refusal.code, CloseCode::CODE_EXPIRED);
    assert!(refusal.text.contains("expired") && refusal.text.contains("new code"));

    let last_moment = after(start, 600) - Duration::from_nanos(1);
    let outcome = Pair::new(&live, code(), last_moment).run(|_, _, _| {});
    assert_eq!((outcome.helper, outcome.sharer), (Ok(()), Ok(())));
}

#[test]
fn an_organisation_can_make_it_shorter_or_longer() {
    let start = epoch();
    for seconds in [0, 1, 60, 3600] {
        let live = LiveCode::with_lifetime(code(), Duration::from_secs(seconds), start);
        assert_eq!(live.status(after(start, seconds)), Status::Expired, "{seconds}");
        let refusal = live.credential([1; 32]).start(after(start, seconds), &binding(Role::Helper)).unwrap_err();
        assert_eq!(refusal.code, CloseCode::CODE_EXPIRED);
        if seconds > 0 {
            assert_eq!(live.status(start), Status::Waiting { remaining: Duration::from_secs(seconds) });
            assert_eq!(live.credential([1; 32]).start(after(start, seconds - 1), &binding(Role::Helper)), Ok(()));
        }
    }
}

#[test]
fn an_attempt_that_outlives_the_code_fails() {
    let start = epoch();
    let live = LiveCode::new(code(), start);
    let mut pair = Pair::new(&live, code(), after(start, 599));
    pair.now = after(start, 600);
    let outcome = pair.run(|_, _, _| {});
    assert_eq!(outcome.helper.unwrap_err().code, CloseCode::CODE_EXPIRED);
    assert!(!pair.helper.is_complete() && !pair.sharer.is_complete());
    assert_eq!(live.status(pair.now), Status::Burnt);
}

#[test]
fn a_code_works_once() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    let pair = {
        let mut pair = Pair::new(&live, code(), now);
        assert_eq!(pair.run(|_, _, _| {}).helper, Ok(()));
        pair
    };
    for later in [now, after(now, 700)] {
        assert_eq!(live.credential([3; 32]).start(later, &binding(Role::Helper)).unwrap_err().code, CloseCode::CODE_USED);
        assert_eq!(live.status(later), Status::Used);
    }
    // Ending the session it paired, even at once, does not turn the use into a failure.
    drop(pair);
    assert_eq!(live.status(now), Status::Used);
}

#[test]
fn a_failed_attempt_kills_the_code() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    let wrong = rh_auth::code::Code::parse("0000-0000").unwrap();
    assert_eq!(Pair::new(&live, wrong, now).run(|_, _, _| {}).helper.unwrap_err().code, CloseCode::WRONG_CODE);
    let refusal = live.credential([3; 32]).start(now, &binding(Role::Helper)).unwrap_err();
    assert_eq!(refusal.code, CloseCode::CODE_USED);
    assert!(refusal.text.contains("attempt that failed"));
}

#[test]
fn walking_away_from_an_attempt_kills_the_code() {
    let now = epoch();
    for by_drop in [false, true] {
        let live = LiveCode::new(code(), now);
        let mut helper = live.credential([1; 32]);
        helper.start(now, &binding(Role::Helper)).unwrap();
        assert_eq!(live.status(now), Status::InUse);
        if by_drop {
            drop(helper);
        } else {
            helper.abandon(now);
            assert_eq!(helper.handle(now, AuthStep::PAKE_B, &[0; 65]).unwrap_err().code, CloseCode::CODE_USED);
        }
        assert_eq!(live.status(now), Status::Burnt);
        assert_eq!(live.credential([1; 32]).start(now, &binding(Role::Helper)).unwrap_err().code, CloseCode::CODE_USED);
    }
}

#[test]
fn a_connection_that_never_starts_costs_nothing() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    let mut idle = live.credential([1; 32]);
    idle.abandon(now);
    drop(idle);
    assert!(matches!(live.status(now), Status::Waiting { .. }));
    let outcome = Pair::new(&live, code(), now).run(|_, _, _| {});
    assert_eq!(outcome.helper, Ok(()));
}

#[test]
fn of_several_connections_the_first_to_start_has_the_attempt() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    let mut late = live.clone().credential([9; 32]);
    let mut pair = Pair::new(&live, code(), now);
    let refusal = late.start(now, &binding(Role::Helper)).unwrap_err();
    assert_eq!(refusal.code, CloseCode::CODE_USED);
    assert!(refusal.text.contains("another connection"));
    // The loser's end does not disturb the winner.
    late.abandon(now);
    drop(late);
    assert_eq!(pair.run(|_, _, _| {}).helper, Ok(()));
    assert!(pair.helper.is_complete() && pair.sharer.is_complete());
}

#[test]
fn one_of_many_threads_gets_the_attempt() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    let started: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|seed| {
                let live = live.clone();
                scope.spawn(move || {
                    let mut credential = live.credential([seed; 32]);
                    credential.start(now, &binding(Role::Helper)).map(|()| credential)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter_map(Result::ok).collect()
    });
    assert_eq!(started.len(), 1);
}

#[test]
fn a_helper_can_take_the_code_back() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    live.withdraw();
    assert_eq!(live.status(now), Status::Burnt);
    assert_eq!(live.credential([1; 32]).start(now, &binding(Role::Helper)).unwrap_err().code, CloseCode::CODE_USED);

    // Also in the middle of an attempt.
    let live = LiveCode::new(code(), now);
    let mut pair = Pair::new(&live, code(), now);
    live.withdraw();
    assert_eq!(pair.run(|_, _, _| {}).helper.unwrap_err().code, CloseCode::CODE_USED);
    assert!(!pair.sharer.is_complete());

    // But what is paired stays paired.
    let live = LiveCode::new(code(), now);
    let mut pair = Pair::new(&live, code(), now);
    assert_eq!(pair.run(|_, _, _| {}).helper, Ok(()));
    live.withdraw();
    assert_eq!(live.status(now), Status::Used);
}
