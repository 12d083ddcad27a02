//! Each wrong ticket, token and key: the end that finds it, its code, and that the other end never takes itself for authenticated.

use rh_auth::handshake::{OwnSignIn, Trust};
use rh_auth::identity::TenantId;
use rh_auth::jwks::KeySet;
use rh_auth::oidc::Commitment;
use rh_auth::ticket::{Person, Sharer, Ticket};
use rh_auth::value::{Id, UnixTime};
use rh_proto::credential::Role;
use rh_proto::error::CloseCode;
use serde_json::json;

use super::cast::{Cast, NOW, authority, crossing, device_ticket, key, sign_in, sign_in_with, ticket, trust};

/// What each end refuses with, after checking that neither is convinced by an end that refuses.
fn codes(cast: &Cast) -> (Option<CloseCode>, Option<CloseCode>) {
    let pair = cast.run();
    assert!(!(pair.helper.is_convinced() && pair.sharer.is_convinced()));
    assert!(pair.codes() != (None, None));
    if pair.sharer.refused().is_some() {
        assert!(!pair.gave_tokens(Role::Sharer), "the sharer shows its token to a helper that it accepts, and to no other");
        assert!(!pair.helper.is_convinced());
    }
    pair.codes()
}

fn with_ticket(ticket: &Ticket) -> (Option<CloseCode>, Option<CloseCode>) {
    codes(&Cast { ticket: ticket.issue(&authority()), ..Cast::new() })
}

/// A helper that does not check its own ticket, as a rogue one would not: only the sharer's checks count.
fn rogue_ticket(token: String) -> Option<CloseCode> {
    let good = Cast::new();
    let mut pair = good.pair();
    pair.run(|n, _, body| {
        if n == 3 {
            *body = crossing(&token);
        }
    });
    assert!(!pair.gave_tokens(Role::Sharer) && !pair.helper.is_convinced());
    pair.sharer.refused()
}

#[test]
fn a_wrong_ticket_is_refused_by_both() {
    let other_person = |seed: u8| {
        let Sharer::Person(person) = ticket().sharer else { unreachable!("the cast's ticket is for a person") };
        Sharer::Person(Person { spki: key(seed).public_key().fingerprint(), ..person })
    };
    let wrong = [
        (Ticket { sid: Id([9; 16]), ..ticket() }, CloseCode::TICKET_REFUSED),
        (Ticket { tid: TenantId::new("fabrikam").unwrap(), ..ticket() }, CloseCode::NOT_A_MEMBER),
        (Ticket { helper: Person { spki: key(3).public_key().fingerprint(), ..ticket().helper }, ..ticket() }, CloseCode::WRONG_KEY),
        (Ticket { sharer: other_person(3), ..ticket() }, CloseCode::WRONG_KEY),
        (Ticket { iat: UnixTime(NOW.0 - 200), exp: UnixTime(NOW.0 - 140), lease: NOW, ..ticket() }, CloseCode::TICKET_EXPIRED),
        (Ticket { iat: NOW.plus(100), exp: NOW.plus(160), lease: NOW.plus(400), ..ticket() }, CloseCode::TICKET_EXPIRED),
        (Ticket { exp: NOW.plus(3600), lease: NOW.plus(7200), ..ticket() }, CloseCode::TICKET_REFUSED),
    ];
    for (ticket, code) in wrong {
        assert_eq!(with_ticket(&ticket).0, Some(code), "the helper's own check: {ticket:?}");
        assert_eq!(rogue_ticket(ticket.issue(&authority())), Some(code), "the sharer's: {ticket:?}");
    }
    assert_eq!(rogue_ticket(ticket().issue(&key(0xb))), Some(CloseCode::TICKET_REFUSED), "another authority");
    assert_eq!(
        rogue_ticket(device_ticket().issue(&authority())),
        Some(CloseCode::AUTH_MALFORMED),
        "an unattended ticket where a person is"
    );
    assert_eq!(with_ticket(&device_ticket()).0, Some(CloseCode::INTERNAL));
    assert_eq!(rogue_ticket(String::new()), Some(CloseCode::AUTH_MALFORMED));
    assert_eq!(rogue_ticket("x".repeat(60_000)), Some(CloseCode::AUTH_MALFORMED));
    assert_eq!(rogue_ticket(String::from("e30.e30.AA")), Some(CloseCode::TICKET_REFUSED), "two empty objects and a byte");
}

#[test]
fn a_ticket_is_good_for_one_session() {
    let first = Cast::new();
    assert!(first.run().sharer.is_convinced());
    let again = Cast { sharer_trust: first.sharer_trust.clone(), ..Cast::new() };
    assert_eq!(codes(&again), (None, Some(CloseCode::TICKET_USED)), "at the sharer");
    let again = Cast { helper_trust: first.helper_trust, ..Cast::new() };
    assert_eq!(codes(&again).0, Some(CloseCode::TICKET_USED), "at the helper");
}

#[test]
fn a_wrong_helper_is_refused_by_the_sharer() {
    let at_sharer = |helper: OwnSignIn| codes(&Cast { helper, ..Cast::new() });
    let helper = |change: fn(&mut serde_json::Value)| {
        sign_in_with(Role::Helper, 1, |claims| {
            claims["oid"] = json!("alice");
            change(claims);
        })
    };
    let refused = |code| (None, Some(code));
    assert_eq!(at_sharer(sign_in("mallory", Role::Helper, 1)), refused(CloseCode::WRONG_PERSON));
    assert_eq!(at_sharer(helper(|claims| claims["acct"] = json!(1))), refused(CloseCode::NOT_A_MEMBER), "a guest");
    assert_eq!(at_sharer(helper(|claims| claims["tid"] = json!("fabrikam"))), refused(CloseCode::NOT_A_MEMBER), "another tenant");
    assert_eq!(at_sharer(helper(|claims| claims["iss"] = json!("https://evil.example"))), refused(CloseCode::NOT_A_MEMBER));
    assert_eq!(at_sharer(helper(|claims| claims["aud"] = json!("another app"))), refused(CloseCode::TOKEN_REFUSED));
    assert_eq!(at_sharer(helper(|claims| claims["exp"] = json!(NOW.0 - 60))), refused(CloseCode::TOKEN_EXPIRED));
    assert_eq!(at_sharer(helper(|claims| claims["nonce"] = json!("x"))), refused(CloseCode::WRONG_KEY));
    // A token that Alice made for another key of hers, or that was stolen from her: the connection's key is not the token's.
    let stolen = OwnSignIn::new(Commitment::new(Role::Helper, [3; 32], key(1).public_key()), sign_in("alice", Role::Helper, 3).token());
    assert_eq!(at_sharer(stolen), refused(CloseCode::WRONG_KEY));
    // Alice's token as a sharer is not one as a helper.
    let other_role = OwnSignIn::new(Commitment::new(Role::Helper, [1; 32], key(1).public_key()), sign_in("alice", Role::Sharer, 1).token());
    assert_eq!(at_sharer(other_role), refused(CloseCode::WRONG_KEY));
}

#[test]
fn a_wrong_sharer_is_refused_by_the_helper() {
    let at_helper = |sharer: OwnSignIn| codes(&Cast { sharer, ..Cast::new() }).0;
    assert_eq!(at_helper(sign_in("mallory", Role::Sharer, 2)), Some(CloseCode::WRONG_PERSON));
    let guest = sign_in_with(Role::Sharer, 2, |claims| {
        claims["oid"] = json!("bob");
        claims["acct"] = json!(1);
    });
    assert_eq!(at_helper(guest), Some(CloseCode::NOT_A_MEMBER));
    let reflected = OwnSignIn::new(Commitment::new(Role::Sharer, [2; 32], key(2).public_key()), sign_in("bob", Role::Helper, 2).token());
    assert_eq!(at_helper(reflected), Some(CloseCode::WRONG_KEY), "role confusion");
}

/// As it crossed it says nothing here, since it is put in terms of the other role; put in plain terms it is a token of the helper's key and role.
#[test]
fn the_helpers_own_identity_sent_back_is_not_the_sharers() {
    let own = Cast::new().helper;
    let plain = [own.commitment().rz().as_slice(), &crossing(own.token())].concat();
    for (in_plain_terms, code) in [(false, CloseCode::TOKEN_REFUSED), (true, CloseCode::WRONG_KEY)] {
        let mut pair = Cast::new().pair();
        let mut own = Vec::new();
        pair.run(|n, _, body| match n {
            4 => own.clone_from(body),
            5 => body.clone_from(if in_plain_terms { &plain } else { &own }),
            _ => {}
        });
        assert_eq!(pair.helper.refused(), Some(code));
    }
}

/// Relay, stolen code and a genuine insider together: Mallory is a member, signs in under her true name, knows the code, and stands in the middle. C alone would
/// let her in; the ticket does not name her.
#[test]
fn an_insider_who_stole_the_code_is_stopped_by_the_ticket() {
    // At the sharer: Mallory's connection (key 3), her own genuine token, Alice's ticket taken from the relay's view, the right code.
    let at_sharer = Cast { helper: sign_in("mallory", Role::Helper, 3), helper_key: 3, ..Cast::new() };
    // Her own app would refuse at its start; a rogue one does not.
    let rogue = Cast { ticket: ticket_for_key(3).issue(&authority()), ..at_sharer };
    let mut pair = rogue.pair();
    let alices = ticket().issue(&authority());
    pair.run(|n, _, body| {
        if n == 3 {
            *body = crossing(&alices);
        }
    });
    assert_eq!(pair.sharer.refused(), Some(CloseCode::WRONG_KEY));
    assert!(!pair.gave_tokens(Role::Sharer));

    // At the helper: Mallory in Bob's place, with the right code and her own genuine token.
    let at_helper = Cast { sharer: sign_in("mallory", Role::Sharer, 3), sharer_key: 3, ..Cast::new() };
    assert_eq!(at_helper.run().helper.refused(), Some(CloseCode::WRONG_KEY), "before anything is sent");
    assert!(at_helper.run().crossed.is_empty());
}

/// A ticket that only a corrupt authority would sign: the helper's name with another key.
fn ticket_for_key(seed: u8) -> Ticket {
    Ticket { helper: Person { spki: key(seed).public_key().fingerprint(), ..ticket().helper }, ..ticket() }
}

/// Relay and authority together: they sign whatever they like, and lack the code and Alice's sign-in.
#[test]
fn a_corrupt_authority_is_stopped_by_code_and_token() {
    let forged = ticket_for_key(3).issue(&authority());
    let mallory = || Cast { ticket: forged.clone(), helper: sign_in("mallory", Role::Helper, 3), helper_key: 3, ..Cast::new() };
    assert_eq!(codes(&mallory()), (None, Some(CloseCode::WRONG_PERSON)), "with the code: the token is not Alice's");
    let without_code = Cast { typed: "7K3M-X9QG".parse().unwrap(), ..mallory() };
    assert_eq!(codes(&without_code).0, Some(CloseCode::WRONG_CODE));
}

/// Relay and identity provider together: they sign any token, and lack the code and the ticket.
#[test]
fn a_corrupt_provider_is_stopped_by_the_ticket() {
    let mallory =
        Cast { helper: sign_in("alice", Role::Helper, 3), helper_key: 3, ticket: ticket_for_key(3).issue(&authority()), ..Cast::new() };
    let mut pair = mallory.pair();
    let genuine = ticket().issue(&authority());
    pair.run(|n, _, body| {
        if n == 3 {
            *body = crossing(&genuine);
        }
    });
    assert_eq!(pair.sharer.refused(), Some(CloseCode::WRONG_KEY));
}

#[test]
fn a_key_set_that_does_not_hold_the_key_refuses() {
    let cast = Cast::new();
    let sharer_trust = Trust { keys: std::sync::Arc::new(KeySet::default()), ..trust(cast.now) };
    assert_eq!(codes(&Cast { sharer_trust, ..cast }), (None, Some(CloseCode::TOKEN_REFUSED)));
}
