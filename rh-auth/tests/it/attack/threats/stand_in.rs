//! A relay that ends TLS itself on both legs, with keys of its own, and what it may hold beside: the code, tokens, the authority, the identity provider.

use rh_auth::code::{LiveCode, TypedCode};
use rh_auth::handshake::OwnSignIn;
use rh_auth::ticket::{Person, Sharer, Ticket};
use rh_proto::credential::{AuthStep, Credential, Role};
use rh_proto::error::CloseCode;

use super::{pass, refused};
use crate::attack::keys::Middle;
use crate::attack::net::{play, settings};
use crate::attack::relay::Leg;
use crate::attack::scene::{Ends, Rogue, Scene, assert_tells_nothing};
use crate::handshake::cast::{Cast, authority, crossing, key, person_id, sign_in, ticket};
use crate::support::{code, epoch};

/// The seed of Mallory's own key.
const MALLORY: u8 = 3;

/// The key with which [`Middle`] stands in for both.
const MIDDLE: u8 = 66;

#[test]
fn swapped_keys_are_found_by_both() {
    for (scene, code) in [
        (Scene::Code, CloseCode::WRONG_CODE),
        (Scene::Attended, CloseCode::WRONG_KEY),
        (Scene::Unattended, CloseCode::WRONG_KEY),
        (Scene::Resumed, CloseCode::WRONG_KEY),
    ] {
        let Ends { helper, sharer, witnesses } = scene.ends(&settings());
        let played = play(helper, sharer, Middle::new(None));
        assert_eq!(refused(&played, &witnesses, "swapped keys"), [code; 2], "{scene:?}");
        for (from, read) in Leg::BOTH.into_iter().zip(played.relay.read()) {
            assert!(!read.is_empty(), "{scene:?}: it has read the session's hand-shake");
            // A device shows its proof first of all; it is for this one connection, and no secret.
            if (scene, from) != (Scene::Unattended, Leg::Sharer) {
                assert_tells_nothing(read, "what crossed in clear");
            }
        }
        assert!(witnesses.iter().all(|witness| witness.seen().let_go == 0), "{scene:?}");
    }
}

/// The ticket of the cast, with other keys in it: what only a corrupt authority signs.
fn forged(helper: u8, sharer: u8) -> String {
    let Sharer::Person(person) = ticket().sharer else { unreachable!("the cast's ticket is for a person") };
    let spki = |seed| key(seed).public_key().fingerprint();
    Ticket {
        helper: Person { spki: spki(helper), ..ticket().helper },
        sharer: Sharer::Person(Person { spki: spki(sharer), ..person }),
        ..ticket()
    }
    .issue(&authority())
}

/// An identity as it crosses.
fn identity(own: &OwnSignIn) -> (AuthStep, Vec<u8>) {
    (AuthStep::IDENTITY, [own.commitment().rz().as_slice(), &crossing(own.token())].concat())
}

/// Mallory in the sharer's place, before the honest helper of `cast`; `lock` is what she makes of the code. Gives what the helper says, and whether it let
/// ticket and token go.
fn before_helper(cast: &Cast, lock: Box<dyn Credential>, says: Vec<(AuthStep, Vec<u8>)>, what: &str) -> (CloseCode, bool) {
    let Ends { helper, sharer, witnesses } = Ends::new(cast.helper_end().0, 1, Rogue::boxed(Some(lock), says), MALLORY, &settings());
    let [code, _] = refused(&play(helper, sharer, pass), &witnesses, what);
    (code, witnesses[0].seen().let_go > 0)
}

/// Mallory in the helper's place, before the honest sharer of the cast. Gives what the sharer says.
fn before_sharer(lock: Box<dyn Credential>, says: Vec<(AuthStep, Vec<u8>)>, what: &str) -> CloseCode {
    let Ends { helper, sharer, witnesses } = Ends::new(Rogue::boxed(Some(lock), says), MALLORY, Cast::new().sharer_end().0, 2, &settings());
    let [_, code] = refused(&play(helper, sharer, pass), &witnesses, what);
    assert_eq!(witnesses[1].seen().let_go, 0, "{what}: the sharer shows its token to a helper that it has checked");
    code
}

fn typed(text: &str) -> Box<dyn Credential> {
    TypedCode::new(text.parse().unwrap()).credential([9; 32])
}

fn shown(text: &str) -> Box<dyn Credential> {
    LiveCode::new(text.parse().unwrap(), epoch()).credential([9; 32])
}

const GUESS: &str = "7K3M-X9QG";

/// She stands in the middle, knows the code, is a member, and has signed in under her own name, once in each role.
#[test]
fn a_relay_with_the_stolen_code() {
    let right = || code().to_string();
    let (said, let_go) =
        before_helper(&Cast::new(), typed(&right()), vec![identity(&sign_in("mallory", Role::Sharer, MALLORY))], "code, helper");
    assert_eq!((said, let_go), (CloseCode::WRONG_KEY, false), "the helper's ticket names another key");

    // To the sharer she can show the ticket that she may have seen, or one of her own for somebody else.
    let own = {
        let helper = Person { oid: person_id("mallory"), spki: key(MALLORY).public_key().fingerprint(), ..ticket().helper };
        let Sharer::Person(carol) = ticket().sharer else { unreachable!("the cast's ticket is for a person") };
        let carol = Person { oid: person_id("carol"), spki: key(4).public_key().fingerprint(), ..carol };
        Ticket { helper, sharer: Sharer::Person(carol), ..ticket() }.issue(&authority())
    };
    for (shown_ticket, what) in [(ticket().issue(&authority()), "Alice's ticket"), (own, "a ticket of her own")] {
        let says = vec![(AuthStep::TICKET, crossing(&shown_ticket)), identity(&sign_in("mallory", Role::Helper, MALLORY))];
        assert_eq!(before_sharer(shown(&right()), says, what), CloseCode::WRONG_KEY, "{what}");
    }
}

/// Alice's ID token with its `rz`, from a session of hers; and the code.
#[test]
fn a_relay_with_a_stolen_token() {
    let stolen = sign_in("alice", Role::Helper, 1);
    let says = |ticket: &str| vec![(AuthStep::TICKET, crossing(ticket)), identity(&stolen)];
    let right = code().to_string();
    let genuine = ticket().issue(&authority());
    assert_eq!(before_sharer(shown(&right), says(&genuine), "token and code"), CloseCode::WRONG_KEY, "by the ticket");
    let forged = forged(MALLORY, 2);
    assert_eq!(before_sharer(shown(&right), says(&forged), "and a ticket"), CloseCode::WRONG_KEY, "by the token's nonce");
    assert_eq!(before_sharer(shown(GUESS), says(&forged), "without the code"), CloseCode::WRONG_CODE);

    // Bob's, shown to Alice; her ticket would have to be forged, too.
    let cast = Cast { ticket: self::forged(1, MALLORY), ..Cast::new() };
    let stolen = vec![identity(&sign_in("bob", Role::Sharer, 2))];
    let (said, _) = before_helper(&cast, typed(&right), stolen, "Bob's token");
    assert_eq!(said, CloseCode::WRONG_KEY);
}

/// They sign any ticket, for any key, to either side. They lack the code and both people's sign-ins.
#[test]
fn relay_and_authority_together() {
    // Both tickets fit the keys of the relay, and the relay is between both from the first byte on.
    let cast = Cast { ticket: forged(1, MIDDLE), ..Cast::new() };
    let Ends { helper, sharer, witnesses } = Ends::of(&cast, &settings());
    let played = play(helper, sharer, Middle::new(None));
    assert_eq!(refused(&played, &witnesses, "relay and authority"), [CloseCode::WRONG_CODE; 2]);
    assert!(witnesses.iter().all(|witness| witness.seen().let_go == 0), "not a byte of ticket or token");
    played.relay.read().iter().for_each(|read| assert_tells_nothing(read, "what crossed in clear"));

    // One guess at each side.
    let cast = || Cast { ticket: forged(1, MALLORY), ..Cast::new() };
    let mallory = |role| sign_in("mallory", role, MALLORY);
    let says = || vec![(AuthStep::TICKET, crossing(&forged(MALLORY, 2))), identity(&mallory(Role::Helper))];
    let (said, let_go) = before_helper(&cast(), typed(GUESS), vec![identity(&mallory(Role::Sharer))], "a guess at the helper");
    assert_eq!((said, let_go), (CloseCode::WRONG_CODE, false));
    assert_eq!(before_sharer(shown(GUESS), says(), "a guess at the sharer"), CloseCode::WRONG_CODE);

    // Even with the code they are nobody but themselves.
    let right = code().to_string();
    let (said, _) = before_helper(&cast(), typed(&right), vec![identity(&mallory(Role::Sharer))], "with the code, at the helper");
    assert_eq!(said, CloseCode::WRONG_PERSON);
    assert_eq!(before_sharer(shown(&right), says(), "with the code, at the sharer"), CloseCode::WRONG_PERSON);
}

/// They sign any ID token, for any key and nonce. They lack the code and a ticket.
#[test]
fn relay_and_identity_provider_together() {
    let as_bob = || vec![identity(&sign_in("bob", Role::Sharer, MALLORY))];
    let as_alice = || vec![(AuthStep::TICKET, crossing(&ticket().issue(&authority()))), identity(&sign_in("alice", Role::Helper, MALLORY))];
    assert_eq!(before_sharer(shown(GUESS), as_alice(), "a guess"), CloseCode::WRONG_CODE);
    let right = code().to_string();
    assert_eq!(before_sharer(shown(&right), as_alice(), "with the code"), CloseCode::WRONG_KEY, "the ticket names Alice's key");
    let (said, let_go) = before_helper(&Cast::new(), typed(&right), as_bob(), "with the code, at the helper");
    assert_eq!((said, let_go), (CloseCode::WRONG_KEY, false), "the ticket names Bob's key");
}

/// A guess that failed is the last: the person with the right code comes too late, and is told.
#[test]
fn a_guess_burns_the_code() {
    let live = LiveCode::new(code(), epoch());
    for (typed_code, codes) in [(GUESS, [CloseCode::WRONG_CODE; 2]), (&*code().to_string(), [CloseCode::CODE_USED; 2])] {
        let Ends { helper, sharer, witnesses } = Ends::new(live.credential([1; 32]), 1, typed(typed_code), 2, &settings());
        assert_eq!(refused(&play(helper, sharer, pass), &witnesses, typed_code), codes, "{typed_code}");
    }
}
