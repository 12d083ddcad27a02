//! One attempt, and everything that can be done to it on the way.

use rh_auth::code::{Code, LiveCode, Status, TypedCode};
use rh_proto::credential::{AuthStep, Binding, Role};
use rh_proto::error::CloseCode;

use crate::support::{Pair, binding, code, epoch};

/// What `result` was refused with.
fn refused<T: std::fmt::Debug>(result: Result<T, rh_proto::credential::Refusal>) -> CloseCode {
    result.unwrap_err().code
}

#[test]
fn the_same_code_pairs_in_three_steps() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    let mut pair = Pair::new(&live, code(), now);
    let outcome = pair.run(|_, _, _| {});
    assert_eq!((outcome.helper, outcome.sharer), (Ok(()), Ok(())));
    let steps: Vec<_> = outcome.steps.iter().map(|(step, body)| (*step, body.len())).collect();
    assert_eq!(steps, [(AuthStep::PAKE_A, 33), (AuthStep::PAKE_B, 65), (AuthStep::CONFIRM_A, 32)]);
    assert!(pair.helper.is_complete() && pair.sharer.is_complete());
    assert_eq!(live.status(now), Status::Used);
}

#[test]
fn a_side_is_complete_only_when_the_other_has_convinced_it() {
    let now = epoch();
    let mut pair = Pair::new(&LiveCode::new(code(), now), code(), now);
    assert!(!pair.helper.is_complete() && !pair.sharer.is_complete());
    let (step, body) = pair.helper.poll().unwrap();
    pair.sharer.handle(now, step, &body).unwrap();
    assert!(!pair.sharer.is_complete());
    let (step, body) = pair.sharer.poll().unwrap();
    assert!(!pair.sharer.is_complete(), "it has shown its key, the helper has not");
    pair.helper.handle(now, step, &body).unwrap();
    assert!(!pair.helper.is_complete(), "its confirmation is still to be sent");
    let (step, body) = pair.helper.poll().unwrap();
    assert!(pair.helper.is_complete() && !pair.sharer.is_complete());
    pair.sharer.handle(now, step, &body).unwrap();
    assert!(pair.sharer.is_complete());
}

#[test]
fn each_wrong_character_is_a_wrong_code() {
    let now = epoch();
    let shown = code().to_string();
    for position in shown.char_indices().filter(|(_, c)| *c != '-').map(|(position, _)| position) {
        let mut typed = shown.clone();
        let other = if &shown[position..=position] == "A" { "B" } else { "A" };
        typed.replace_range(position..=position, other);
        let live = LiveCode::new(code(), now);
        let mut pair = Pair::new(&live, Code::parse(&typed).unwrap(), now);
        let outcome = pair.run(|_, _, _| {});
        assert_eq!(refused(outcome.helper), CloseCode::WRONG_CODE, "{typed}");
        assert_eq!(outcome.steps.len(), 2, "the helper's confirmation is not sent to a sharer that has the wrong code");
        assert!(!pair.sharer.is_complete() && !pair.helper.is_complete());
        assert_eq!(live.status(now), Status::Burnt);
    }
}

#[test]
fn every_bit_of_every_step_matters() {
    let now = epoch();
    for (flipped_step, length) in [(0, 33), (1, 65), (2, 32)] {
        for bit in 0..length * 8 {
            let mut pair = Pair::new(&LiveCode::new(code(), now), code(), now);
            let outcome = pair.run(|step, _, body| {
                if step == flipped_step {
                    body[bit / 8] ^= 1 << (bit % 8);
                }
            });
            let code = if flipped_step == 2 || outcome.helper.is_ok() { refused(outcome.sharer) } else { refused(outcome.helper) };
            assert!(matches!(code, CloseCode::WRONG_CODE | CloseCode::AUTH_MALFORMED), "step {flipped_step} bit {bit}: {code:?}");
            assert!(!pair.sharer.is_complete(), "step {flipped_step} bit {bit}");
            // The last step tells the sharer; by then the helper has been convinced. `AuthOk` closes that gap in the session.
            assert_eq!(pair.helper.is_complete(), flipped_step == 2, "step {flipped_step} bit {bit}");
        }
    }
}

#[test]
fn every_other_length_of_a_step_is_malformed() {
    let now = epoch();
    for (changed_step, length) in [(0, 33), (1, 65), (2, 32)] {
        for wrong in (0..length).chain([length + 1, 1000, 65_536]) {
            let mut pair = Pair::new(&LiveCode::new(code(), now), code(), now);
            let outcome = pair.run(|step, _, body| {
                if step == changed_step {
                    body.resize(wrong, 0);
                }
            });
            let result = if changed_step == 1 { outcome.helper } else { outcome.sharer };
            assert_eq!(refused(result), CloseCode::AUTH_MALFORMED, "step {changed_step}, {wrong} bytes");
        }
    }
}

#[test]
fn a_side_takes_one_kind_of_step_at_a_time_and_each_once() {
    let now = epoch();
    for wrong in (0..=u8::MAX).map(AuthStep) {
        for at in 0..3 {
            let mut pair = Pair::new(&LiveCode::new(code(), now), code(), now);
            let mut changed = false;
            let outcome = pair.run(|n, step, _| {
                if n == at && *step != wrong {
                    *step = wrong;
                    changed = true;
                }
            });
            if changed {
                let result = if at == 1 { outcome.helper } else { outcome.sharer };
                assert_eq!(refused(result), CloseCode::AUTH_MALFORMED, "{wrong:?} in place of step {at}");
                assert!(!pair.sharer.is_complete());
            }
        }
    }
    // A repetition, of any step, is refused too, and does not undo or redo anything.
    for again in 0..3 {
        let mut pair = Pair::new(&LiveCode::new(code(), now), code(), now);
        let outcome = pair.run(|_, _, _| {});
        let (step, body) = outcome.steps[again].clone();
        let receiver = if again == 1 { &mut pair.helper } else { &mut pair.sharer };
        assert_eq!(refused(receiver.handle(now, step, &body)), CloseCode::AUTH_MALFORMED);
        assert_eq!(receiver.poll(), None);
    }
}

#[test]
fn a_refused_side_stays_refused() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    let mut honest = Pair::new(&LiveCode::new(code(), now), code(), now);
    let good = honest.run(|_, _, _| {}).steps;
    let mut pair = Pair::new(&live, code(), now);
    let (step, body) = good[1].clone();
    let mut wrong = body.to_vec();
    wrong[64] ^= 1;
    let first = pair.helper.handle(now, step, &wrong).unwrap_err();
    assert_eq!(first.code, CloseCode::WRONG_CODE);
    // The right answer comes too late: one attempt, one guess.
    assert_eq!(refused(pair.helper.handle(now, step, &body)), CloseCode::CODE_USED);
    assert_eq!(pair.helper.poll(), None);
    assert!(!pair.helper.is_complete());

    let mut sharer = TypedCode::new(code()).credential([2; 32]);
    sharer.start(now, &binding(Role::Sharer)).unwrap();
    let refusal = sharer.handle(now, AuthStep::PAKE_A, b"short").unwrap_err();
    assert_eq!(sharer.handle(now, good[0].0, &good[0].1).unwrap_err(), refusal);
    assert_eq!(sharer.poll(), None);
}

#[test]
fn a_side_does_not_pair_with_its_own_reflection() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    let mut pair = Pair::new(&live, code(), now);
    let (_, own) = pair.helper.poll().unwrap();
    let mut reflected = own.to_vec();
    reflected.extend_from_slice(&[0; 32]);
    assert_eq!(refused(pair.helper.handle(now, AuthStep::PAKE_B, &reflected)), CloseCode::AUTH_MALFORMED);
    assert_eq!(live.status(now), Status::Burnt);

    let mut pair = Pair::new(&LiveCode::new(code(), now), code(), now);
    let (step, body) = pair.helper.poll().unwrap();
    pair.sharer.handle(now, step, &body).unwrap();
    let (_, reply) = pair.sharer.poll().unwrap();
    assert_eq!(refused(pair.sharer.handle(now, AuthStep::CONFIRM_A, &reply[33..])), CloseCode::WRONG_CODE, "B's confirmation is not A's");
    assert!(!pair.sharer.is_complete());
}

#[test]
fn a_credential_in_the_wrong_role_is_refused_and_costs_nothing() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    assert_eq!(refused(live.credential([1; 32]).start(now, &binding(Role::Sharer))), CloseCode::INTERNAL);
    assert!(matches!(live.status(now), Status::Waiting { .. }));
    assert_eq!(refused(TypedCode::new(code()).credential([2; 32]).start(now, &binding(Role::Helper))), CloseCode::INTERNAL);
}

#[test]
fn a_step_before_the_start_is_refused() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    let mut helper = live.credential([1; 32]);
    assert_eq!(refused(helper.handle(now, AuthStep::PAKE_B, &[0; 65])), CloseCode::AUTH_MALFORMED);
    assert!(matches!(live.status(now), Status::Waiting { .. }), "nobody has tried the code");
    let mut sharer = TypedCode::new(code()).credential([2; 32]);
    assert_eq!(refused(sharer.handle(now, AuthStep::PAKE_A, &[0; 33])), CloseCode::AUTH_MALFORMED);
    for credential in [&mut helper, &mut sharer] {
        assert_eq!(credential.poll(), None);
        assert!(!credential.is_complete());
    }
}

/// The right code at both ends of two *different* connections, as when a relay ends TLS itself on either side: refused.
#[test]
fn the_pairing_is_bound_to_the_connection_and_the_session() {
    let now = epoch();
    for part in 0..2 {
        for byte in 0..if part == 0 { 32 } else { 16 } {
            let live = LiveCode::new(code(), now);
            let mut other: Binding = binding(Role::Sharer);
            match part {
                0 => other.exporter[byte] ^= 1,
                _ => other.session_id[byte] ^= 1,
            }
            let mut helper = live.credential([1; 32]);
            let mut sharer = TypedCode::new(code()).credential([2; 32]);
            helper.start(now, &binding(Role::Helper)).unwrap();
            sharer.start(now, &other).unwrap();
            let mut pair = Pair { now, helper, sharer };
            let outcome = pair.run(|_, _, _| {});
            assert_eq!(refused(outcome.helper), CloseCode::WRONG_CODE);
            assert!(!pair.sharer.is_complete());
            assert_eq!(live.status(now), Status::Burnt);
        }
    }
}

/// A caller's mistake that must not cost the secret: with one scalar x and two codes, X* would give away the difference of the codes.
#[test]
fn a_seed_used_twice_gives_unrelated_messages() {
    let now = epoch();
    let message = |code: Code, exporter: u8| {
        let mut helper = LiveCode::new(code, now).credential([7; 32]);
        helper.start(now, &Binding { exporter: [exporter; 32], ..binding(Role::Helper) }).unwrap();
        helper.poll().unwrap().1
    };
    assert_ne!(message(code(), 1), message(code(), 2));
    assert_eq!(message(code(), 1), message(code(), 1), "and nothing else is random");
}

/// Points of small order, and 32 bytes that are no point: no panic, no pairing.
#[test]
fn degenerate_points_do_not_pair() {
    let now = epoch();
    let mut bodies: Vec<[u8; 32]> = vec![[0; 32], [0xff; 32]];
    let mut one = [0; 32];
    one[0] = 1;
    bodies.push(one);
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    minus_one[31] = 0x7f;
    bodies.push(minus_one);
    for last in [0x80, 0x7f] {
        let mut body = [0; 32];
        body[31] = last;
        bodies.push(body);
    }
    for body in bodies {
        let live = LiveCode::new(code(), now);
        let mut pair = Pair::new(&live, code(), now);
        let point = |side: u8| [&[side][..], &body].concat();
        if pair.sharer.handle(now, AuthStep::PAKE_A, &point(b'A')).is_ok() {
            assert_eq!(refused(pair.sharer.handle(now, AuthStep::CONFIRM_A, &[0; 32])), CloseCode::WRONG_CODE);
        }
        let answer = [point(b'B'), vec![0; 32]].concat();
        let refusal = refused(pair.helper.handle(now, AuthStep::PAKE_B, &answer));
        assert!(matches!(refusal, CloseCode::WRONG_CODE | CloseCode::AUTH_MALFORMED));
        assert_eq!(live.status(now), Status::Burnt);
    }
}
