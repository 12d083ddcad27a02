//! Two honest apps over an honest relay, and people, tenants, devices or documents that are not what they should be.

use std::sync::Arc;

use rh_auth::handshake::{OwnSignIn, Trust, resume, unattended};
use rh_auth::identity::TenantId;
use rh_auth::oidc::{ClaimIs, Commitment, Provider};
use rh_auth::ticket::{self, Ticket};
use rh_auth::value::{Id, UnixTime};
use rh_proto::credential::{AuthStep, Role};
use rh_proto::error::CloseCode;
use rh_proto::mode::Mode;
use serde_json::{Value, json};

use super::{assert_unharmed, pass, refused};
use crate::attack::net::{play, settings};
use crate::attack::scene::{Ends, Rogue, Witness};
use crate::handshake::cast::{Cast, NOW, SESSION, authority, crossing, device_ticket, key, sign_in, sign_in_with, ticket, trust};
use crate::handshake::resume::{remembered, resume_ticket};
use crate::support::epoch;
use crate::tokens::issuer::{CLIENT, ISSUER};

/// Plays it, and gives what both ends say: the one that refuses tells the other.
fn play_out(ends: Ends, what: &str) -> (CloseCode, [Witness; 2]) {
    let Ends { helper, sharer, witnesses } = ends;
    let [helper, sharer] = refused(&play(helper, sharer, pass), &witnesses, what);
    assert_eq!(helper, sharer, "{what}: both ends say the same");
    (helper, witnesses)
}

fn code_of(cast: &Cast, what: &str) -> CloseCode {
    play_out(Ends::of(cast, &settings()), what).0
}

/// Alice's sign-in with something else about it.
fn alice(change: fn(&mut Value)) -> OwnSignIn {
    sign_in_with(Role::Helper, 1, |claims| {
        claims["oid"] = json!("alice");
        change(claims);
    })
}

fn bob(change: fn(&mut Value)) -> OwnSignIn {
    sign_in_with(Role::Sharer, 2, |claims| {
        claims["oid"] = json!("bob");
        change(claims);
    })
}

#[test]
fn whoever_is_not_the_one_in_the_ticket() {
    let helper = |own| Cast { helper: own, ..Cast::new() };
    let sharer = |own| Cast { sharer: own, ..Cast::new() };
    let key_of = |role, seed: u8| Commitment::new(role, [seed; 32], key(seed).public_key());
    for (what, cast, code) in [
        ("another helper", helper(sign_in("mallory", Role::Helper, 1)), CloseCode::WRONG_PERSON),
        ("another sharer", sharer(sign_in("mallory", Role::Sharer, 2)), CloseCode::WRONG_PERSON),
        ("a guest helps", helper(alice(|claims| claims["acct"] = json!(1))), CloseCode::NOT_A_MEMBER),
        ("a guest is helped", sharer(bob(|claims| claims["acct"] = json!(1))), CloseCode::NOT_A_MEMBER),
        (
            "nobody says whether it is a guest",
            helper(alice(|claims| drop(claims.as_object_mut().unwrap().remove("acct")))),
            CloseCode::NOT_A_MEMBER,
        ),
        ("a helper of another tenant", helper(alice(|claims| claims["tid"] = json!("fabrikam"))), CloseCode::NOT_A_MEMBER),
        ("a sharer of another tenant", sharer(bob(|claims| claims["tid"] = json!("fabrikam"))), CloseCode::NOT_A_MEMBER),
        ("another issuer", helper(alice(|claims| claims["iss"] = json!("https://evil.example"))), CloseCode::NOT_A_MEMBER),
        ("a token for another app", sharer(bob(|claims| claims["aud"] = json!("another"))), CloseCode::TOKEN_REFUSED),
        ("an old token of the same key", helper(alice(|claims| claims["exp"] = json!(NOW.0 - 60))), CloseCode::TOKEN_EXPIRED),
        ("an old token of the sharer's", sharer(bob(|claims| claims["exp"] = json!(NOW.0 - 60))), CloseCode::TOKEN_EXPIRED),
        (
            "a sharer's token at the helper's place",
            helper(OwnSignIn::new(key_of(Role::Helper, 1), sign_in("alice", Role::Sharer, 1).token())),
            CloseCode::WRONG_KEY,
        ),
        (
            "a helper's token at the sharer's place",
            sharer(OwnSignIn::new(key_of(Role::Sharer, 2), sign_in("bob", Role::Helper, 2).token())),
            CloseCode::WRONG_KEY,
        ),
        (
            "a token of another sign-in",
            helper(OwnSignIn::new(key_of(Role::Helper, 1), sign_in("alice", Role::Helper, 5).token())),
            CloseCode::WRONG_KEY,
        ),
    ] {
        assert_eq!(code_of(&cast, what), code, "{what}");
    }
}

/// One organisation for everybody: helper, sharer and ticket. Here the sharer's app belongs to another one that has the same provider and authority.
#[test]
fn tenants_do_not_mix() {
    let provider =
        Provider::shared(ISSUER, CLIENT, TenantId::new("fabrikam").unwrap(), ClaimIs::new("tid", "fabrikam"), ClaimIs::new("acct", 0))
            .with_oid();
    let fabrikam = |now| Trust { provider: Arc::new(provider.clone()), ..trust(now) };
    let cast = Cast::new();
    let sharer = Cast { sharer_trust: fabrikam(cast.now), ..cast };
    assert_eq!(code_of(&sharer, "a sharer elsewhere"), CloseCode::NOT_A_MEMBER);
    let cast = Cast::new();
    let helper = Cast { helper_trust: fabrikam(cast.now), ..cast };
    assert_eq!(code_of(&helper, "a helper elsewhere"), CloseCode::NOT_A_MEMBER);
    let stranger = Cast { ticket: Ticket { tid: TenantId::new("fabrikam").unwrap(), ..ticket() }.issue(&authority()), ..Cast::new() };
    assert_eq!(code_of(&stranger, "a ticket from elsewhere"), CloseCode::NOT_A_MEMBER);
}

#[test]
fn tickets_that_are_not_for_this_session_now() {
    let cast = |ticket: Ticket| Cast { ticket: ticket.issue(&authority()), ..Cast::new() };
    let late = Ticket { iat: UnixTime(NOW.0 - 200), exp: UnixTime(NOW.0 - 140), lease: NOW, ..ticket() };
    assert_eq!(code_of(&cast(late), "too late"), CloseCode::TICKET_EXPIRED);
    assert_eq!(code_of(&cast(Ticket { sid: Id([9; 16]), ..ticket() }), "another session"), CloseCode::TICKET_REFUSED);
    let forged = Cast { ticket: ticket().issue(&key(0xb)), ..Cast::new() };
    assert_eq!(code_of(&forged, "another authority"), CloseCode::TICKET_REFUSED);
}

/// A dishonest helper keeps an unused ticket of an earlier decision for the same two keys, and uses it when the sharer has claimed another session: by going into
/// the earlier session, or by showing its ticket in the later one. The code is the later one's, which the helper knows, too.
#[test]
fn the_ticket_of_an_earlier_session_between_the_same_two() {
    let (now, later) = (epoch(), Id([9; 16]));
    let refused = |ends, what: &str, code| {
        let (found, witnesses) = play_out(ends, what);
        assert_eq!((found, witnesses[1].seen().let_go), (code, 0), "{what}");
        witnesses
    };
    let cast = Cast { claimed: later, ..Cast::new() };
    let witnesses = refused(Ends::of(&cast, &settings()), "the earlier session", CloseCode::TICKET_REFUSED);
    assert!(!witnesses[0].seen().unlocked, "the sharer does not even answer the code");

    let lock = rh_auth::code::LiveCode::new(crate::support::code(), now).credential([1; 32]);
    let shown = Ticket { sid: later, ..ticket() };
    let rogue = Rogue::boxed(Some(lock), [(AuthStep::TICKET, crossing(&shown.issue(&authority())))]);
    let ends = Ends::new(rogue, 1, Cast::new().sharer_end().0, 2, &settings());
    refused(ends, "the ticket of another session in this one", CloseCode::TICKET_REFUSED);

    let helper = unattended::helper(device_ticket().issue(&authority()), sign_in("alice", Role::Helper, 1), trust(now)).0;
    let ends = Ends::new(helper, 1, unattended::device(later, key(0xd), trust(now)).0, 2, &settings());
    let witnesses = refused(ends, "a device that was called to another session", CloseCode::TICKET_REFUSED);
    assert!(!witnesses[0].seen().unlocked, "the device does not show its proof");

    let remembering = |sid| resume::Remembered { ticket: Ticket { sid, ..ticket() }, ..remembered(Mode::FullControl) };
    let helper = resume::helper(resume_ticket().issue(&authority()), remembering(Id(SESSION)), trust(now)).0;
    let ends = Ends::new(helper, 1, resume::sharer(remembering(later), trust(now)).0, 2, &settings());
    refused(ends, "another session than the one that broke off", CloseCode::RESUME_REFUSED);
}

/// The first time it is let in, the second time not, at either end that has seen it.
#[test]
fn a_ticket_comes_twice() {
    let first = Cast::new();
    let Ends { helper, sharer, .. } = Ends::of(&first, &settings());
    assert_unharmed(&play(helper, sharer, pass), "the first time");
    let again = Cast { sharer_trust: first.sharer_trust.clone(), ..Cast::new() };
    let (code, witnesses) = play_out(Ends::of(&again, &settings()), "again at the sharer");
    assert_eq!((code, witnesses[1].seen().let_go), (CloseCode::TICKET_USED, 0));
    let again = Cast { helper_trust: first.helper_trust, ..Cast::new() };
    assert_eq!(code_of(&again, "again at the helper"), CloseCode::TICKET_USED);

    // A resume ticket, too.
    let now = epoch();
    let (remembering, used) = (|| remembered(Mode::FullControl), trust(now));
    let ends = || {
        let helper = resume::helper(resume_ticket().issue(&authority()), remembering(), trust(now)).0;
        Ends::new(helper, 1, resume::sharer(remembering(), used.clone()).0, 2, &settings())
    };
    let Ends { helper, sharer, .. } = ends();
    assert_unharmed(&play(helper, sharer, pass), "resumed once");
    assert_eq!(play_out(ends(), "resumed twice").0, CloseCode::TICKET_USED);
}

#[test]
fn a_device_that_is_another_one() {
    let now = epoch();
    let helper = || unattended::helper(device_ticket().issue(&authority()), sign_in("alice", Role::Helper, 1), trust(now)).0;
    let device = |registered: u8| unattended::device(Id(SESSION), key(registered), trust(now)).0;
    let (code, witnesses) = play_out(Ends::new(helper(), 1, device(0xe), 2, &settings()), "another key");
    assert_eq!((code, witnesses[0].seen().let_go), (CloseCode::DEVICE_REFUSED, 0), "it learns nothing of ticket and token");
    // The right key at a connection that does not end where the ticket says: moved to another machine, or a relay that has it.
    assert_eq!(play_out(Ends::new(helper(), 1, device(0xd), 4, &settings()), "another connection").0, CloseCode::WRONG_KEY);

    // A rogue helper, whose own app checks nothing, with a ticket for another device, and with one for a person.
    let ticket::Sharer::Device(named) = device_ticket().sharer else { unreachable!("a device's ticket") };
    let other = Ticket { sharer: ticket::Sharer::Device(ticket::Device { key: key(0xe).public_key(), ..named }), ..device_ticket() };
    for (shown, code) in [(other, CloseCode::WRONG_KEY), (ticket(), CloseCode::AUTH_MALFORMED)] {
        let rogue = Rogue::boxed(None, [(AuthStep::TICKET, crossing(&shown.issue(&authority())))]);
        assert_eq!(play_out(Ends::new(rogue, 1, device(0xd), 2, &settings()), "a rogue helper").0, code);
    }
}

/// A rogue helper at a person's end: with a ticket that asks nobody, and without any.
#[test]
fn a_helper_that_would_rather_ask_nobody() {
    let lock = || rh_auth::code::LiveCode::new(crate::support::code(), epoch()).credential([1; 32]);
    let says = |token: &str| vec![(AuthStep::TICKET, crossing(token))];
    for (what, says, code) in [
        ("an unattended ticket", says(&device_ticket().issue(&authority())), CloseCode::AUTH_MALFORMED),
        ("a token in place of a ticket", vec![(AuthStep::IDENTITY, vec![0; 64])], CloseCode::AUTH_MALFORMED),
        ("no JWS at all", says("nonsense"), CloseCode::AUTH_MALFORMED),
        ("a resume ticket", says(&resume_ticket().issue(&authority())), CloseCode::TICKET_REFUSED),
    ] {
        let ends = Ends::new(Rogue::boxed(Some(lock()), says), 1, Cast::new().sharer_end().0, 2, &settings());
        let (found, witnesses) = play_out(ends, what);
        assert_eq!((found, witnesses[1].seen().let_go), (code, 0), "{what}");
    }
    // Without a word after the code the sharer never is convinced, whatever the helper takes itself for.
    let ends = Ends::new(
        Rogue::boxed(Some(lock()), []),
        1,
        Cast::new().sharer_end().0,
        2,
        &crate::attack::net::hasty(std::time::Duration::from_millis(1500)),
    );
    let Ends { helper, sharer, witnesses } = ends;
    let played = play(helper, sharer, pass);
    let codes = refused(&played, &witnesses, "no ticket at all");
    assert!(matches!(codes, [CloseCode::UNEXPECTED | CloseCode::AUTH_MALFORMED | CloseCode::HANDSHAKE_TIMEOUT, _]), "{codes:?}");
}
