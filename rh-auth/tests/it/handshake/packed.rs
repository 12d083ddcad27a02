//! How documents cross: shorter than they are, and the same for the receiver.

use proptest::prelude::*;
use rh_auth::handshake::OwnSignIn;
use rh_auth::key::Algorithm;
use rh_auth::oidc::Commitment;
use rh_proto::credential::{AuthStep, Role};
use rh_proto::error::CloseCode;

use super::cast::{Cast, NOW, crossing, key};
use crate::tokens::issuer::{Issuer, claims};

/// What crossed as that step.
fn body(cast: &Cast, wanted: (Role, AuthStep)) -> Vec<u8> {
    let pair = cast.run();
    let found = pair.crossed.iter().find(|(from, step, _)| (*from, *step) == wanted);
    found.unwrap_or_else(|| panic!("{wanted:?} did not cross: {:?}", pair.codes())).2.to_vec()
}

#[test]
fn what_both_ends_know_does_not_cross() {
    let cast = Cast::new();
    let body = body(&cast, (Role::Helper, AuthStep::TICKET));
    let plain = crossing(&cast.ticket);
    assert!(body.len() * 4 < plain.len() * 3 && plain.len() * 5 < cast.ticket.len() * 4, "{} of {}", body.len(), cast.ticket.len());
    for known in [key(1).public_key().fingerprint().to_string(), key(2).public_key().fingerprint().to_string(), "jti".into()] {
        let holds = |text: &[u8]| text.windows(known.len()).any(|window| window == known.as_bytes());
        assert!(holds(&plain) && !holds(&body), "{known}");
    }
}

/// The short form is a matter of the sender: who spells everything out is understood as well.
#[test]
fn the_plain_form_is_the_same_document() {
    let cast = Cast::new();
    let mut pair = cast.pair();
    let identity = |own: &OwnSignIn| [own.commitment().rz().as_slice(), &crossing(own.token())].concat();
    pair.run(|n, _, body| match n {
        3 => *body = crossing(&cast.ticket),
        4 => *body = identity(&cast.helper),
        5 => *body = identity(&cast.sharer),
        _ => {}
    });
    assert!(pair.helper.is_convinced() && pair.sharer.is_convinced(), "{:?}", pair.codes());
}

/// A provider may lay its JSON out as it likes.
#[test]
fn line_breaks_and_tabs_inside_a_token_survive() {
    let commitment = Commitment::new(Role::Helper, [1; 32], key(1).public_key());
    let mut said = claims(NOW, &commitment.nonce());
    said["oid"] = serde_json::json!("alice");
    let payload = serde_json::to_string_pretty(&said).unwrap().replace("  ", "\r\n\t");
    let token = Issuer::new().token_of(Algorithm::EdDsa, "{\n\t\"alg\": \"EdDSA\", \"kid\": \"ed\" }", &payload);
    let pair = Cast { helper: OwnSignIn::new(commitment, &token), ..Cast::new() }.run();
    assert!(pair.sharer.is_convinced(), "{:?}", pair.codes());
}

#[test]
fn what_is_no_token_is_not_sent() {
    let own = OwnSignIn::new(Commitment::new(Role::Helper, [1; 32], key(1).public_key()), "not a token");
    let pair = Cast { helper: own, ..Cast::new() }.run();
    assert_eq!((pair.codes(), pair.crossed.len()), ((Some(CloseCode::INTERNAL), None), 0));
}

/// A byte can stand for fifty; a body of 60,000 of them stands for nothing.
#[test]
fn phrases_do_not_multiply_without_bound() {
    for number in 0..=0x20 {
        let mut pair = Cast::new().pair();
        pair.run(|n, _, body| {
            if n == 3 {
                *body = [&[0, 0][..], &[number; 60_000]].concat();
            }
        });
        assert!(matches!(pair.sharer.refused(), Some(CloseCode::AUTH_MALFORMED | CloseCode::TICKET_REFUSED)), "{number}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    /// Any bytes in place of a ticket or a token: refused, with a code of the sign-in.
    #[test]
    fn any_other_body_is_refused(at in 3_usize..=5, bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let mut pair = Cast::new().pair();
        pair.run(|n, _, body| {
            if n == at {
                body.clone_from(&bytes);
            }
        });
        let refused = if at == 5 { pair.helper.refused() } else { pair.sharer.refused() };
        prop_assert!(refused.is_some_and(|code| (0x100..0x200).contains(&code.0)), "{refused:?}");
    }
}
