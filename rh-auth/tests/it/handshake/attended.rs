//! The attended exchange as it should go, and what of it may cross when.

use rh_auth::code::Code;
use rh_proto::credential::{AuthStep, Binding, Role};
use rh_proto::error::CloseCode;

use super::cast::{Cast, SESSION, person_id, ticket};

#[test]
fn both_sides_learn_who_the_other_is() {
    let pair = Cast::new().run();
    use Role::{Helper, Sharer};
    let steps = [
        (Helper, AuthStep::PAKE_A),
        (Sharer, AuthStep::PAKE_B),
        (Helper, AuthStep::CONFIRM_A),
        (Helper, AuthStep::TICKET),
        (Helper, AuthStep::IDENTITY),
        (Sharer, AuthStep::IDENTITY),
    ];
    assert_eq!(pair.steps(), steps);
    assert!(pair.helper.is_convinced() && pair.sharer.is_convinced());
    for (end, other) in [(&pair.helper, "bob"), (&pair.sharer, "alice")] {
        let admitted = end.admission.admitted().unwrap();
        assert_eq!(admitted.ticket, ticket());
        let peer = admitted.peer.as_ref().unwrap();
        assert_eq!(peer.person, person_id(other));
        assert_eq!(admitted.resumed, None);
    }
}

#[test]
fn with_a_wrong_code_no_byte_of_a_ticket_or_token_crosses() {
    let pair = Cast { typed: Code::parse("7K3M-X9QG").unwrap(), ..Cast::new() }.run();
    assert_eq!(pair.codes(), (Some(CloseCode::WRONG_CODE), None));
    assert!(!pair.gave_tokens(Role::Helper) && !pair.gave_tokens(Role::Sharer));
}

/// Whatever the relay does to the code's own three steps, tokens stay where they are.
#[test]
fn no_change_to_the_pairing_lets_a_token_out() {
    for (step, length) in [(0, 33), (1, 65), (2, 32)] {
        for at in 0..length {
            let mut pair = Cast::new().pair();
            pair.run(|n, _, body| {
                if n == step {
                    body[at] ^= 1;
                }
            });
            assert!(!pair.sharer.is_convinced() && !pair.helper.is_convinced(), "step {step} byte {at}");
            // By its last step the helper has been convinced that the sharer holds the code; the sharer is not, and shows nothing.
            assert!(!pair.gave_tokens(Role::Sharer), "step {step} byte {at}");
            assert!(!pair.gave_tokens(Role::Helper) || step == 2, "step {step} byte {at}");
        }
    }
}

#[test]
fn the_sharers_token_is_for_a_helper_that_has_been_checked() {
    for changed in [3, 4] {
        let length = Cast::new().run().crossed[changed].2.len();
        // Each byte of a signed document matters; of the sixteen thousand bits, one of each byte.
        for at in (0..length).step_by(7) {
            let mut pair = Cast::new().pair();
            pair.run(|n, _, body| {
                if n == changed {
                    body[at] ^= 1;
                }
            });
            assert!(pair.sharer.refused().is_some(), "step {changed} byte {at}");
            assert!(!pair.gave_tokens(Role::Sharer) && !pair.sharer.is_convinced() && !pair.helper.is_convinced());
            assert!(pair.sharer.admission.admitted().is_none() && pair.helper.admission.admitted().is_none());
        }
    }
}

#[test]
fn any_other_step_at_any_point_is_out_of_order() {
    for at in 0..6 {
        for wrong in (0..=8).chain([255]).map(AuthStep) {
            let mut changed = false;
            let mut pair = Cast::new().pair();
            pair.run(|n, step, _| {
                if n == at && *step != wrong {
                    *step = wrong;
                    changed = true;
                }
            });
            if changed {
                let code = if matches!(at, 1 | 5) { pair.helper.refused() } else { pair.sharer.refused() };
                assert_eq!(code, Some(CloseCode::AUTH_MALFORMED), "{wrong:?} in place of step {at}");
            }
        }
    }
}

#[test]
fn a_refused_end_stays_refused_and_silent() {
    let cast = Cast::new();
    let good = cast.run();
    let mut pair = Cast::new().pair();
    pair.run(|n, _, body| {
        if n == 4 {
            body[40] ^= 1;
        }
    });
    let refusal = pair.sharer.result.clone().unwrap_err();
    let (_, step, body) = &good.crossed[4];
    assert_eq!(pair.sharer.credential.handle(pair.now, *step, body).unwrap_err(), refusal);
    assert_eq!(pair.sharer.credential.poll(), None);
    let binding = Binding { role: Role::Sharer, exporter: [0; 32], session_id: SESSION };
    assert!(pair.sharer.credential.start(pair.now, &binding).is_err(), "and does not start again");
    assert!(pair.sharer.credential.handle(pair.now, *step, body).is_err());
}

#[test]
fn a_credential_that_was_not_told_the_connections_keys_refuses() {
    let cast = Cast::new();
    for (mut credential, role) in [(cast.helper_end().0, Role::Helper), (cast.sharer_end().0, Role::Sharer)] {
        let refusal = credential.start(cast.now, &Binding { role, exporter: [0; 32], session_id: SESSION }).unwrap_err();
        assert_eq!(refusal.code, CloseCode::INTERNAL);
        assert_eq!(credential.poll(), None);
    }
}
