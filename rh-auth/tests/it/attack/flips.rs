//! Single bits, anywhere in what crosses, in virtual time: either both ends close with a code, at the latest at the hand-shake time-out, or the session is what
//! it would have been.

#[cfg(feature = "tokens")]
use rh_proto::session::Settings;

use super::relay::{Leg, Packet};
#[cfg(feature = "tokens")]
use super::scene::Scene;
use super::world::{Verdict, World};

/// xorshift64*, so that a failure can be played again from its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let value = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        usize::try_from(value).unwrap() % bound
    }
}

/// What came of many flips.
#[derive(Debug, Default)]
struct Tally {
    unharmed: usize,
    /// Refused before either end took the session for authenticated.
    refused_before: usize,
    /// Refused afterwards: what had come out by then is genuine.
    refused_after: usize,
}

impl Tally {
    const fn refused(&self) -> usize {
        self.refused_before + self.refused_after
    }
}

/// Bytes that cross from each end: until both are authenticated, and in all.
fn lengths(mut world: World) -> [[usize; 2]; 2] {
    let (mut all, mut exchange) = ([0; 2], [0; 2]);
    let mut quiet = |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
        all[from.index()] += bytes.map_or(0, <[u8]>::len);
        out.push(Packet::pass(from, bytes));
    };
    world.run_until_authenticated(&mut quiet);
    exchange.copy_from_slice(&all);
    let mut rest = |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
        all[from.index()] += bytes.map_or(0, <[u8]>::len);
        out.push(Packet::pass(from, bytes));
    };
    world.run(&mut rest);
    [exchange, all]
}

/// Flips one bit in each of `count` sessions: three of four in the exchange, evenly over its bytes, the others anywhere.
fn flip(count: usize, seed: u64, make: impl Fn() -> World) -> Tally {
    let honest = World::honest();
    let [exchange, all] = lengths(make());
    let mut random = Random(seed);
    let mut tally = Tally::default();
    for round in 0..count {
        let bounds = if round % 4 == 3 { all } else { exchange };
        let place = random.below(bounds[0] + bounds[1]);
        let (leg, at) = if place < bounds[0] { (Leg::Helper, place) } else { (Leg::Sharer, place - bounds[0]) };
        let bit = random.below(8);
        let (mut passed, mut flipped) = (0, false);
        let mut world = make();
        world.run(&mut |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
            let mut packet = Packet::pass(from, bytes);
            if let Some(bytes) = packet.bytes.as_mut().filter(|_| from == leg) {
                if (passed..passed + bytes.len()).contains(&at) {
                    bytes[at - passed] ^= 1 << bit;
                    flipped = true;
                }
                passed += bytes.len();
            }
            out.push(packet);
        });
        let what = format!("byte {at} bit {bit} from the {leg:?}, seed {seed}");
        assert!(flipped, "{what}: it does cross");
        let elapsed = world.now - world.start;
        assert!(elapsed.as_secs() <= 10, "{what}: {elapsed:?}");
        match world.verdict(&honest) {
            Verdict::Unharmed => tally.unharmed += 1,
            Verdict::Refused { helper, sharer, authenticated, .. } => {
                assert!(helper.0 >= 0x10 && sharer.0 >= 0x10, "{what}: a fault's code at both ends: {helper:?} {sharer:?}");
                *if authenticated { &mut tally.refused_after } else { &mut tally.refused_before } += 1;
            }
        }
    }
    tally
}

#[cfg(feature = "tokens")]
fn scene(scene: Scene) -> World {
    let ends = scene.ends(&Settings::default());
    World::of(ends.helper, ends.sharer, crate::support::epoch())
}

/// TLS ignores a record's version and, with rustls, which of its types an encrypted record claims to be: some flips are harmless, not many.
fn assert_few_harmless(tally: &Tally) {
    assert!(tally.refused() > tally.unharmed * 4, "{tally:?}");
}

#[test]
fn a_flipped_bit_is_refused_or_changes_nothing() {
    assert_few_harmless(&flip(300, 0x5eed, World::new));
}

#[cfg(feature = "tokens")]
#[test]
fn with_tickets_and_tokens_it_is_no_different() {
    assert_few_harmless(&flip(300, 0x5eed, || scene(Scene::Attended)));
    assert_few_harmless(&flip(60, 0x5eed, || scene(Scene::Unattended)));
    assert_few_harmless(&flip(60, 0x5eed, || scene(Scene::Resumed)));
}

/// `cargo test --release -p rh-auth --all-features --test it soak_ten_thousand -- --ignored --nocapture`
#[cfg(feature = "tokens")]
#[test]
#[ignore = "soak: 10,000 sessions of the whole exchange, and 2,000 of each other kind"]
#[allow(clippy::print_stderr, reason = "its purpose is a figure")]
fn soak_ten_thousand_flipped_bits_are_refused_or_change_nothing() {
    for (kind, count) in [(Scene::Attended, 10_000), (Scene::Code, 2000), (Scene::Unattended, 2000), (Scene::Resumed, 2000)] {
        let tally = flip(count, 0x10_000, || scene(kind));
        eprintln!("{kind:?}: {count} flips: {tally:?}");
        assert_few_harmless(&tally);
    }
}
