//! The last word of the exchange is lost, damaged, or cut off: one side may hold success for a while, and nothing comes of it.

use std::time::Duration;

use rh_proto::session::Settings;

use super::assert_silent;
use crate::attack::net::{hasty, play};
use crate::attack::relay::{Leg, Packet, Records, Relay};
use crate::attack::scene::{Ends, Scene, Witness, assert_tells_nothing};
use crate::attack::world::{End, World};
use crate::support::epoch;

/// What happens to the record that holds an end's `AuthOk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    /// A bit of it is flipped.
    Damaged,
    /// It goes missing, and what follows does not.
    Lost,
    /// The line is cut in the middle of it.
    Cut,
    /// From then on nothing comes through in either direction, not even the end of the transport.
    Silence,
}

/// The relay to which it happens at the end on `leg`, beside which `witness` stands.
fn relay(mishap: Mishap, leg: Leg, witness: Witness) -> impl Relay + Send + 'static {
    let mut over = false;
    let mut done = false;
    let mut records = Records::new(move |from: Leg, _, record: &[u8], out: &mut Vec<Packet>| {
        if over {
            return;
        }
        if done || from != leg || !witness.seen().convinced {
            out.push(Packet::new(from.other(), record));
            return;
        }
        done = true;
        match mishap {
            Mishap::Damaged => {
                let mut record = record.to_vec();
                *record.last_mut().expect("a record has a header") ^= 1;
                out.push(Packet::new(from.other(), &record));
            }
            Mishap::Lost => {}
            Mishap::Cut => {
                out.push(Packet::new(from.other(), &record[..record.len() - 1]));
                out.extend(Leg::BOTH.map(Packet::end));
                over = true;
            }
            Mishap::Silence => over = true,
        }
    });
    move |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
        if bytes.is_some() || mishap != Mishap::Silence {
            records.forward(from, bytes, out);
        }
    }
}

/// The end that lacks the other's word never takes the session for authenticated, and at neither end has anything come out.
fn assert_half<H, S>(leg: Leg, helper: &End<H>, sharer: &End<S>, what: &str) {
    assert!(helper.log.is_empty() && sharer.log.is_empty(), "{what}: {:?} {:?}", helper.log, sharer.log);
    match leg {
        Leg::Helper => assert_silent(sharer, what),
        Leg::Sharer => assert_silent(helper, what),
    }
    for close in [helper.close.as_ref(), sharer.close.as_ref()] {
        let close = close.unwrap_or_else(|| panic!("{what}: an end has not closed"));
        assert!(!close.clean && close.code.0 >= 0x10, "{what}: {close:?}");
    }
}

#[test]
fn without_the_others_word_nothing_begins() {
    for scene in Scene::ALL {
        for leg in Leg::BOTH {
            for mishap in [Mishap::Damaged, Mishap::Lost, Mishap::Cut] {
                let what = format!("{scene:?}: the {leg:?}'s AuthOk: {mishap:?}");
                let Ends { helper, sharer, witnesses } = scene.ends(&hasty(Duration::from_millis(1500)));
                let relay = relay(mishap, leg, witnesses[leg.index()].clone());
                let played = play(helper, sharer, relay);
                assert_half(leg, &played.helper, &played.sharer, &what);
                assert_tells_nothing(&played.view, &what);
                assert!(witnesses[leg.index()].seen().convinced, "{what}: it did come to that");
            }
        }
    }
}

/// With the usual time-outs, in virtual time: whoever holds success gives up within ten seconds.
#[test]
fn whoever_holds_success_alone_gives_up_within_ten_seconds() {
    for scene in Scene::ALL {
        for leg in Leg::BOTH {
            for mishap in [Mishap::Damaged, Mishap::Lost, Mishap::Cut, Mishap::Silence] {
                let what = format!("{scene:?}: the {leg:?}'s AuthOk: {mishap:?}");
                let Ends { helper, sharer, witnesses } = scene.ends(&Settings::default());
                let mut world = World::of(helper, sharer, epoch());
                world.run(&mut relay(mishap, leg, witnesses[leg.index()].clone()));
                assert_half(leg, &world.helper, &world.sharer, &what);
                assert!(world.now - world.start <= Duration::from_secs(10), "{what}: {:?}", world.now - world.start);
            }
        }
    }
}
