//! Nobody at the sharer's end: the device's registered key.

use rh_auth::handshake::unattended::{device, helper};
use rh_auth::ticket::{Sharer, Ticket};
use rh_auth::value::Id;
use rh_proto::credential::{AuthStep, Role};
use rh_proto::error::CloseCode;

use super::cast::{End, Pair, SESSION, authority, crossing, device_ticket, key, person_id, sign_in, ticket, trust};
use crate::support::epoch;

fn pair_with(ticket: &Ticket, registered: u8) -> Pair {
    let now = epoch();
    let helper_end = helper(ticket.issue(&authority()), sign_in("alice", Role::Helper, 1), trust(now));
    Pair::new(now, End::new(helper_end, 1), End::new(device(Id(SESSION), key(registered), trust(now)), 2))
}

#[test]
fn the_device_proves_its_key_and_learns_who_helps() {
    let mut pair = pair_with(&device_ticket(), 0xd);
    pair.run(|_, _, _| {});
    assert_eq!(pair.steps(), [(Role::Sharer, AuthStep::DEVICE), (Role::Helper, AuthStep::TICKET), (Role::Helper, AuthStep::IDENTITY)]);
    assert!(pair.helper.is_convinced() && pair.sharer.is_convinced());
    assert_eq!(pair.helper.admission.admitted().unwrap().peer, None);
    assert_eq!(pair.sharer.admission.admitted().unwrap().peer.as_ref().unwrap().person, person_id("alice"));
}

#[test]
fn another_device_gets_nothing() {
    let mut pair = pair_with(&device_ticket(), 0xe);
    pair.run(|_, _, _| {});
    assert_eq!(pair.codes(), (Some(CloseCode::DEVICE_REFUSED), None));
    assert!(!pair.gave_tokens(Role::Helper));
}

#[test]
fn every_byte_of_the_proof_matters() {
    let mut honest = pair_with(&device_ticket(), 0xd);
    honest.run(|_, _, _| {});
    for at in 0..honest.crossed[0].2.len() {
        let mut pair = pair_with(&device_ticket(), 0xd);
        pair.run(|n, _, body| {
            if n == 0 {
                body[at] ^= 1;
            }
        });
        assert!(matches!(pair.helper.refused(), Some(CloseCode::DEVICE_REFUSED | CloseCode::AUTH_MALFORMED)), "byte {at}");
        assert!(!pair.gave_tokens(Role::Helper));
    }
}

/// The genuine device's proof, taken from a connection that somebody else ends.
#[test]
fn a_proof_is_worth_nothing_over_another_connection() {
    use rh_proto::credential::{Binding, ChannelKeys};
    let now = epoch();
    let proof_for = |exporter: [u8; 32], own: u8| {
        let (mut genuine, _) = device(Id(SESSION), key(0xd), trust(now));
        let spki = |seed| key(seed).public_key().spki();
        genuine.secured(&ChannelKeys { own: spki(own), peer: spki(3) });
        genuine.start(now, &Binding { role: Role::Sharer, exporter, session_id: SESSION }).unwrap();
        genuine.poll().unwrap().1
    };
    for (exporter, own) in [([0xe1; 32], 2), ([0xe0; 32], 4)] {
        let stolen = proof_for(exporter, own);
        let mut pair = pair_with(&device_ticket(), 0xd);
        pair.run(|n, _, body| {
            if n == 0 {
                *body = stolen.to_vec();
            }
        });
        assert_eq!(pair.helper.refused(), Some(CloseCode::DEVICE_REFUSED));
    }
    assert_eq!(proof_for([0xe0; 32], 2), {
        let mut honest = pair_with(&device_ticket(), 0xd);
        honest.run(|_, _, _| {});
        honest.crossed[0].2.clone()
    });
}

#[test]
fn a_device_takes_only_tickets_that_name_it() {
    let Sharer::Device(named) = device_ticket().sharer else { unreachable!("a device's ticket") };
    let other_key = Sharer::Device(rh_auth::ticket::Device { key: key(0xe).public_key(), ..named });
    let rogue = |ticket: Ticket| {
        let mut pair = pair_with(&device_ticket(), 0xd);
        let token = ticket.issue(&authority());
        pair.run(|n, _, body| {
            if n == 1 {
                *body = crossing(&token);
            }
        });
        pair.sharer.refused()
    };
    assert_eq!(rogue(Ticket { sharer: other_key, ..device_ticket() }), Some(CloseCode::WRONG_KEY));
    assert_eq!(rogue(ticket()), Some(CloseCode::AUTH_MALFORMED), "a person's ticket");
    let mut pair = pair_with(&ticket(), 0xd);
    pair.run(|_, _, _| {});
    assert_eq!(pair.helper.refused(), Some(CloseCode::INTERNAL));
    assert!(!pair.gave_tokens(Role::Helper));
}
