//! A relay without keys, which plays with the bytes of the exchange: replay, reorder, drop, truncate, reflect, inject, flip, splice, downgrade, re-chunk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rh_proto::error::CloseCode;

use super::{assert_unharmed, halted, pass, refused};
use crate::attack::net::{Switch, drive, hasty, play, serve, settings};
use crate::attack::relay::{Leg, Packet, Records, Relay};
use crate::attack::scene::{Ends, Scene, assert_tells_nothing};
use crate::attack::world::{HelperEnd, SharerEnd, Verdict, World, verdict};
use crate::tokens::Random;

/// What the relay does with one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attack {
    Replay,
    Reflect,
    Truncate,
    InjectEmpty,
    InjectByte,
    Flip,
    Drop,
    Reorder,
}

impl Attack {
    const ALL: [Self; 8] =
        [Self::Replay, Self::Reflect, Self::Truncate, Self::InjectEmpty, Self::InjectByte, Self::Flip, Self::Drop, Self::Reorder];

    /// The relay that does it to the `target`-th record from `leg`.
    fn relay(self, leg: Leg, target: usize) -> impl Relay + Send + 'static {
        let mut held: Option<Vec<u8>> = None;
        let mut cut = false;
        Records::new(move |from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
            let to = from.other();
            if cut {
                return;
            }
            if (from, number) != (leg, target) {
                out.push(Packet::new(to, record));
                if from == leg {
                    out.extend(held.take().map(|held| Packet::new(to, &held)));
                }
                return;
            }
            match self {
                Self::Replay => out.extend([Packet::new(to, record), Packet::new(to, record)]),
                Self::Reflect => out.push(Packet::new(from, record)),
                Self::Truncate => {
                    out.push(Packet::new(to, &record[..record.len() / 2]));
                    out.extend(Leg::BOTH.map(Packet::end));
                    cut = true;
                }
                Self::InjectEmpty => out.extend([Packet::new(to, &[23, 3, 3, 0, 0]), Packet::new(to, record)]),
                Self::InjectByte => out.extend([Packet::new(to, &[23, 3, 3, 0, 1, 0]), Packet::new(to, record)]),
                Self::Flip => {
                    let mut record = record.to_vec();
                    *record.last_mut().expect("a record has a header") ^= 0x10;
                    out.push(Packet::new(to, &record));
                }
                Self::Drop => {}
                Self::Reorder => held = Some(record.to_vec()),
            }
        })
    }

    /// What the two ends may say of it. A record that TLS refuses is a violation; the end that hears of it from the other says the same; one that finds the
    /// line cut says that; where both wait for what will not come, time ends it.
    fn codes(self) -> &'static [CloseCode] {
        match self {
            Self::Truncate => &[CloseCode::TRANSPORT_GONE],
            Self::Drop | Self::Reorder => &[CloseCode::VIOLATION, CloseCode::TRANSPORT_GONE, CloseCode::HANDSHAKE_TIMEOUT],
            _ => &[CloseCode::VIOLATION, CloseCode::TRANSPORT_GONE],
        }
    }
}

/// TLS drops one such record each way, for the sake of old middleboxes (RFC 8446 section 5).
const CHANGE_CIPHER_SPEC: u8 = 20;

/// The records of the exchange from either end that come before the one that holds its `AuthOk`.
fn records(scene: Scene) -> Vec<(Leg, usize)> {
    let Ends { helper, sharer, witnesses } = scene.ends(&settings());
    let found = Arc::new(Mutex::new(Vec::new()));
    let relay = Records::new({
        let found = Arc::clone(&found);
        move |from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
            if record[0] != CHANGE_CIPHER_SPEC && !witnesses[from.index()].seen().convinced {
                found.lock().unwrap().push((from, number));
            }
            out.push(Packet::new(from.other(), record));
        }
    });
    assert_unharmed(&play(helper, sharer, relay), "while counting records");
    Arc::into_inner(found).expect("the relay has gone").into_inner().unwrap()
}

/// Plays one attack and checks it; gives what the helper and the sharer said.
fn attack(scene: Scene, attack: Attack, (leg, target): (Leg, usize)) -> [CloseCode; 2] {
    let what = format!("{scene:?}: {attack:?} at record {target} from the {leg:?}");
    // Where nothing more comes in either direction only the time-out ends it.
    let settings = if matches!(attack, Attack::Drop | Attack::Reorder) { hasty(Duration::from_millis(1500)) } else { settings() };
    let Ends { helper, sharer, witnesses } = scene.ends(&settings);
    let played = play(helper, sharer, attack.relay(leg, target));
    // A record that is there twice has been there once: the answer to it may be under way when the second is found out.
    let codes = if attack == Attack::Replay { halted(&played, &witnesses, &what) } else { refused(&played, &witnesses, &what) };
    assert!(codes.iter().all(|code| attack.codes().contains(code)), "{what}: {codes:?}");
    codes
}

/// In as many threads as it takes to wait for time-outs side by side.
fn side_by_side<T: Send>(tasks: Vec<T>, run: impl Fn(T) + Sync) {
    let tasks = Mutex::new(VecDeque::from(tasks));
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let Some(task) = tasks.lock().unwrap().pop_front() else { return };
                    run(task);
                }
            });
        }
    });
}

#[test]
fn every_record_of_the_exchange_matters() {
    let mut tasks = Vec::new();
    for scene in Scene::ALL {
        let records = records(scene);
        assert!(records.len() >= 4, "{scene:?}: {records:?}");
        for (index, record) in records.into_iter().enumerate() {
            // All of it for the longest exchange; of the others, which share its beginning, the last words of either side.
            let kept = Attack::ALL.into_iter().enumerate().filter(|(number, _)| scene == Scene::Attended || (number + index) % 4 == 0);
            tasks.extend(kept.map(|(_, attack)| (scene, attack, record)));
        }
    }
    side_by_side(tasks, |(scene, kind, record)| {
        attack(scene, kind, record);
    });
}

/// The same attack gets the same answer, and each end says of it what it found.
#[test]
fn the_codes_are_stable() {
    for kind in [Attack::Flip, Attack::Replay, Attack::InjectEmpty, Attack::Truncate] {
        let first = attack(Scene::Attended, kind, (Leg::Helper, 2));
        assert_eq!(attack(Scene::Attended, kind, (Leg::Helper, 2)), first, "{kind:?}");
        assert!(first[1] == kind.codes()[0], "{kind:?}: the end that it happened to: {first:?}");
    }
}

#[test]
fn an_honest_relay_and_one_that_tears_everything_up_change_nothing_and_see_nothing() {
    for scene in Scene::ALL {
        let Ends { helper, sharer, witnesses } = scene.ends(&settings());
        assert_unharmed(&play(helper, sharer, pass), &format!("{scene:?}"));
        let let_go = witnesses.map(|witness| witness.seen().let_go > 0);
        let expected = match scene {
            Scene::Attended => [true, true],
            Scene::Unattended => [true, false],
            Scene::Code | Scene::Resumed => [false, false],
        };
        assert_eq!(let_go, expected, "{scene:?}: tickets and tokens did cross");
        for size in [7, 1000] {
            let tear = move |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| match bytes {
                Some(bytes) => out.extend(bytes.chunks(size).map(|piece| Packet::new(from.other(), piece))),
                None => out.push(Packet::end(from.other())),
            };
            let Ends { helper, sharer, .. } = scene.ends(&settings());
            assert_unharmed(&play(helper, sharer, tear), &format!("{scene:?} in pieces of {size}"));
        }
    }
}

/// Everything that one session's ends said, said again to two others that wait with the same code, keys, ticket and tokens.
#[test]
fn a_recorded_session_cannot_be_played_again() {
    for scene in Scene::ALL {
        let recorded = Arc::new(Mutex::new([Vec::new(), Vec::new()]));
        let recorder = {
            let recorded = Arc::clone(&recorded);
            move |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
                recorded.lock().unwrap()[from.index()].extend_from_slice(bytes.unwrap_or_default());
                pass(from, bytes, out);
            }
        };
        let Ends { helper, sharer, .. } = scene.ends(&settings());
        assert_unharmed(&play(helper, sharer, recorder), "while recording");
        let mut replayed = false;
        let replay = move |_: Leg, _: Option<&[u8]>, out: &mut Vec<Packet>| {
            if !std::mem::replace(&mut replayed, true) {
                let recorded = recorded.lock().unwrap();
                out.extend(Leg::BOTH.map(|from| Packet::new(from.other(), &recorded[from.index()])));
            }
        };
        let Ends { helper, sharer, witnesses } = scene.ends(&hasty(Duration::from_millis(1500)));
        let codes = refused(&play(helper, sharer, replay), &witnesses, &format!("{scene:?} again"));
        // The helper's own hello is new, so that the answers do not fit; the sharer, whose first message is not asked for, waits for a flight that fits.
        assert!(codes.iter().all(|code| matches!(*code, CloseCode::VIOLATION | CloseCode::HANDSHAKE_TIMEOUT)), "{scene:?}: {codes:?}");
    }
}

/// A relay with four connections: from some record of either helper on, it joins each helper with the other's sharer.
struct Splice {
    at: usize,
    pending: [Vec<u8>; 4],
    count: [usize; 4],
}

impl Switch<4> for Splice {
    fn switch(&mut self, from: usize, bytes: Option<&[u8]>, out: &mut Vec<(usize, Option<Vec<u8>>)>) {
        // 0 and 1 are a helper and its sharer, 2 and 3 the others.
        let Some(bytes) = bytes else {
            out.extend((0..4).filter(|to| *to != from).map(|to| (to, None)));
            return;
        };
        self.pending[from].extend_from_slice(bytes);
        while let Some(header) = self.pending[from].first_chunk::<5>() {
            let length = 5 + usize::from(u16::from_be_bytes([header[3], header[4]]));
            if self.pending[from].len() < length {
                break;
            }
            let record = self.pending[from].drain(..length).collect();
            let crossed = self.count[from] >= self.at;
            self.count[from] += 1;
            out.push(((from ^ 1) ^ if crossed { 2 } else { 0 }, Some(record)));
        }
    }
}

#[test]
fn two_sessions_cannot_be_spliced() {
    for scene in [Scene::Code, Scene::Attended, Scene::Unattended, Scene::Resumed] {
        // From the first record on the two pairs are whole, only other ones; so it begins behind the hellos of TLS.
        for at in 1..5 {
            let what = format!("{scene:?}: spliced at record {at}");
            let (one, other) = (scene.ends(&hasty(Duration::from_millis(1500))), scene.ends(&hasty(Duration::from_millis(1500))));
            let (serving, [a, b, c, d]) = serve(Splice { at, pending: Default::default(), count: [0; 4] });
            let join = |ends: Ends, helper, sharer| {
                let sharer = thread::spawn(move || drive(ends.sharer, sharer, SharerEnd::act));
                let helper = thread::spawn(move || drive(ends.helper, helper, HelperEnd::act));
                (helper, sharer, ends.witnesses)
            };
            let pairs = [join(one, a, b), join(other, c, d)];
            let pairs = pairs.map(|(helper, sharer, witnesses)| (helper.join().unwrap(), sharer.join().unwrap(), witnesses));
            let (_, view) = serving.end();
            assert_tells_nothing(&view, &what);
            for (helper, sharer, witnesses) in pairs {
                assert!(!helper.authenticated && !sharer.authenticated && helper.log.is_empty() && sharer.log.is_empty(), "{what}");
                assert!(witnesses.iter().all(|witness| witness.seen().early == 0), "{what}");
                for close in [helper.close.unwrap(), sharer.close.unwrap()] {
                    let expected = [CloseCode::VIOLATION, CloseCode::TRANSPORT_GONE, CloseCode::HANDSHAKE_TIMEOUT];
                    assert!(expected.contains(&close.code), "{what}: {close:?}");
                }
            }
        }
    }
}

/// The versions that the helper offers in its first message, TLS 1.3 alone, replaced by TLS 1.2, or hidden: extension 43 of RFC 8446 section 4.2.1.
#[test]
fn tls_cannot_be_talked_down() {
    for (find, put) in [([0, 43, 0, 3, 2, 3, 4], [0, 43, 0, 3, 2, 3, 3]), ([0, 43, 0, 3, 2, 3, 4], [0x5a, 43, 0, 3, 2, 3, 4])] {
        let downgrade = Records::new(move |from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
            let mut record = record.to_vec();
            if (from, number) == (Leg::Helper, 0) {
                let at = record.windows(find.len()).position(|window| window == find).expect("the offer of TLS 1.3");
                record[at..at + put.len()].copy_from_slice(&put);
            }
            out.push(Packet::new(from.other(), &record));
        });
        let Ends { helper, sharer, witnesses } = Scene::Attended.ends(&settings());
        let codes = refused(&play(helper, sharer, downgrade), &witnesses, "downgrade");
        assert_eq!(codes, [CloseCode::VIOLATION; 2], "the sharer has nothing below TLS 1.3, and its alert says so to the helper");
    }
}

/// The relay joins two helpers, or two sharers.
#[test]
fn two_of_one_role_do_not_meet() {
    let settings = hasty(Duration::from_millis(1500));
    let ends = [Scene::Attended.ends(&settings), Scene::Attended.ends(&settings)];
    let [one, other] = ends.map(|ends| (ends.helper, ends.sharer));
    let (helpers, [a, b]) = serve(pass as fn(Leg, Option<&[u8]>, &mut Vec<Packet>));
    let first = thread::spawn(move || drive(one.0, a, HelperEnd::act));
    let second = drive(other.0, b, HelperEnd::act);
    let closes = [first.join().unwrap(), second].map(|end| (end.authenticated, end.close.unwrap().code));
    assert!(closes.iter().all(|(authenticated, code)| !authenticated && *code == CloseCode::VIOLATION), "two TLS clients: {closes:?}");
    helpers.end();

    let (sharers, [a, b]) = serve(pass as fn(Leg, Option<&[u8]>, &mut Vec<Packet>));
    let first = thread::spawn(move || drive(one.1, a, SharerEnd::act));
    let second = drive(other.1, b, SharerEnd::act);
    let closes = [first.join().unwrap(), second].map(|end| (end.authenticated, end.close.unwrap().code));
    let expected = [CloseCode::HANDSHAKE_TIMEOUT, CloseCode::TRANSPORT_GONE];
    assert!(closes.iter().all(|(authenticated, code)| !authenticated && expected.contains(code)), "each waits: {closes:?}");
    sharers.end();
}

/// A relay that floods either end with what is no TLS, in place of the other: refused at once, whatever the amount.
#[test]
fn a_flood_of_garbage_is_refused() {
    for to in Leg::BOTH {
        let mut flooded = false;
        let flood = move |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
            if !std::mem::replace(&mut flooded, true) {
                out.push(Packet::new(to, &[0x5a; 1 << 20]));
            }
            pass(from, bytes, out);
        };
        let Ends { helper, sharer, witnesses } = Scene::Attended.ends(&settings());
        let codes = refused(&play(helper, sharer, flood), &witnesses, "a flood");
        assert_eq!(codes[to.index()], CloseCode::VIOLATION, "{codes:?}");
    }
}

/// Single bits over the wire; ten thousand of them, and in every scene, are flipped in `attack::flips`, where time is virtual.
#[test]
fn a_flipped_bit_is_refused_or_changes_nothing() {
    let mut random = Random(0x5eed);
    let flips: Vec<_> = (0..48).map(|_| (Leg::BOTH[random.below(2)], random.below(1200), random.below(8))).collect();
    side_by_side(flips, |(leg, at, bit)| {
        let mut passed = 0;
        let flip = move |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
            let mut packet = Packet::pass(from, bytes);
            if let Some(bytes) = packet.bytes.as_mut().filter(|_| from == leg) {
                if (passed..passed + bytes.len()).contains(&at) {
                    bytes[at - passed] ^= 1 << bit;
                }
                passed += bytes.len();
            }
            out.push(packet);
        };
        let Ends { helper, sharer, witnesses } = Scene::Attended.ends(&hasty(Duration::from_secs(3)));
        let played = play(helper, sharer, flip);
        let what = format!("byte {at} bit {bit} from the {leg:?}");
        assert_tells_nothing(&played.view, &what);
        assert!(witnesses.iter().all(|witness| witness.seen().early == 0), "{what}");
        if let Verdict::Refused { delivered, .. } = verdict(&played.helper, &played.sharer, &World::honest()) {
            assert!(delivered == 0 || played.helper.authenticated && played.sharer.authenticated, "{what}");
        }
    });
}
