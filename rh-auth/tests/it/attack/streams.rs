//! A relay that has no keys and plays with the bytes: replay, reorder, drop, truncate, reflect, splice, inject, re-chunk, listen.

use rh_auth::code::{Code, LiveCode};
use rh_proto::error::CloseCode;
use rh_proto::session::Settings;

use super::relay::{Leg, Packet, Records, Relay};
use super::world::{HELPER_SAYS, HelperEnd, PICTURE, SHARER_SAYS, SharerEnd, TYPED, Verdict, World};
use crate::support::{CODE, epoch};

/// Records in each direction of the honest session.
fn record_counts() -> [usize; 2] {
    let mut counts = [0; 2];
    World::new().run(&mut Records::new(|from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
        counts[from.index()] = number + 1;
        out.push(Packet::new(from.other(), record));
    }));
    counts
}

/// RFC 8446 section 5: a record of this type with one byte 0x01 is dropped during the handshake, for the sake of old middleboxes. One each way crosses, and
/// means nothing.
const CHANGE_CIPHER_SPEC: u8 = 20;

/// One session with one attack in it.
struct Played {
    /// Where the record came from.
    leg: Leg,
    /// Its number in its direction.
    target: usize,
    /// Its type.
    kind: u8,
    /// How many records come behind it in its direction. None behind `close_notify`: the session was over in order before it.
    behind: usize,
    verdict: Verdict,
}

/// Plays `attack` at each record of each direction.
fn at_every_record(mut attack: impl FnMut(&[u8], Leg, &mut Vec<Packet>)) -> Vec<Played> {
    let honest = World::honest();
    let counts = record_counts();
    let mut all = Vec::new();
    for leg in Leg::BOTH {
        for target in 0..counts[leg.index()] {
            let mut kind = 0;
            let mut world = World::new();
            world.run(&mut Records::new(|from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
                if (from, number) == (leg, target) {
                    kind = record[0];
                    attack(record, from, out);
                } else {
                    out.push(Packet::new(from.other(), record));
                }
            }));
            let behind = counts[leg.index()] - target - 1;
            all.push(Played { leg, target, kind, behind, verdict: world.verdict(&honest) });
        }
    }
    assert!(all.len() > 20, "the session has that many records");
    all
}

fn assert_refused(all: &[Played], except: impl Fn(&Played) -> bool) {
    for played in all {
        let ignored = played.behind == 0 || except(played);
        let Played { leg, target, verdict, .. } = played;
        assert!(ignored || matches!(verdict, Verdict::Refused { .. }), "record {target} from the {leg:?}: {verdict:?}");
    }
}

#[test]
fn a_record_that_comes_twice_is_refused() {
    let all = at_every_record(|record, from, out| {
        out.push(Packet::new(from.other(), record));
        out.push(Packet::new(from.other(), record));
    });
    // On the last picture the helper leaves, and on its `Close` the sharer: neither listens for more.
    assert_refused(&all, |played| played.kind == CHANGE_CIPHER_SPEC || played.behind == 1);
}

#[test]
fn a_record_that_goes_missing_is_refused() {
    assert_refused(&at_every_record(|_, _, _| {}), |played| played.kind == CHANGE_CIPHER_SPEC);
}

#[test]
fn records_out_of_order_are_refused() {
    let honest = World::honest();
    let counts = record_counts();
    for leg in Leg::BOTH {
        for target in 0..counts[leg.index()] - 1 {
            let mut held: Option<Vec<u8>> = None;
            let mut world = World::new();
            world.run(&mut Records::new(|from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
                if (from, number) == (leg, target) {
                    held = Some(record.to_vec());
                    return;
                }
                out.push(Packet::new(from.other(), record));
                if from == leg {
                    out.extend(held.take().map(|held| Packet::new(from.other(), &held)));
                }
            }));
            let verdict = world.verdict(&honest);
            assert!(matches!(verdict, Verdict::Refused { .. }) || target + 2 >= counts[leg.index()], "{leg:?} {target}: {verdict:?}");
        }
    }
}

#[test]
fn a_record_sent_back_to_its_sender_is_refused() {
    assert_refused(&at_every_record(|record, from, out| out.push(Packet::new(from, record))), |played| played.kind == CHANGE_CIPHER_SPEC);
}

/// The stream ends, for both or for one end, in front of each record and in the middle of it.
#[test]
fn a_stream_that_is_cut_off_is_not_taken_for_one_that_ended() {
    for (kept_of_record, tell_both) in [(0, true), (3, true), (9, false), (0, false)] {
        let honest = World::honest();
        let counts = record_counts();
        for leg in Leg::BOTH {
            for target in 0..counts[leg.index()] {
                let mut cut = false;
                let mut world = World::new();
                world.run(&mut Records::new(|from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
                    if cut {
                        return;
                    }
                    if (from, number) != (leg, target) {
                        out.push(Packet::new(from.other(), record));
                        return;
                    }
                    cut = true;
                    out.push(Packet::new(from.other(), &record[..kept_of_record.min(record.len() - 1)]));
                    out.push(Packet::end(from.other()));
                    if tell_both {
                        out.push(Packet::end(from));
                    }
                }));
                match world.verdict(&honest) {
                    Verdict::Refused { .. } => {}
                    // Cut behind `Close` and in front of `close_notify`: both sides had said all.
                    Verdict::Unharmed => assert!(target + 2 >= counts[leg.index()], "{leg:?} {target}"),
                }
            }
        }
    }
}

/// A relay that swallows everything from some record on, without a word: the time-outs end it.
#[test]
fn silence_ends_in_time() {
    let honest = World::honest();
    let counts = record_counts();
    for leg in Leg::BOTH {
        for target in 0..counts[leg.index()] {
            let mut cut = false;
            let mut world = World::new();
            let mut records = Records::new(|from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
                cut |= (from, number) == (leg, target);
                if !cut {
                    out.push(Packet::new(from.other(), record));
                }
            });
            world.run(&mut |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
                // Not even the end of a transport comes through.
                if bytes.is_some() {
                    records.forward(from, bytes, out);
                }
            });
            let elapsed = world.now - world.start;
            assert!(elapsed.as_secs() <= 10, "{leg:?} {target}: {elapsed:?}");
            if let Verdict::Refused { authenticated: false, helper, sharer, .. } = world.verdict(&honest) {
                let expected = [CloseCode::HANDSHAKE_TIMEOUT; 2];
                assert_eq!([helper, sharer], expected, "{leg:?} {target}");
            }
        }
    }
}

/// Records without a body and with one byte, of every type, in front of every record, towards either end.
#[test]
fn injected_empty_and_one_byte_records_are_refused() {
    for kind in [0, 20, 21, 22, 23, 24, 255] {
        for body in [&[][..], &[0], &[1]] {
            let injected = [&[kind, 3, 3, 0, u8::try_from(body.len()).unwrap()], body].concat();
            for to_sender in [false, true] {
                let all = at_every_record(|record, from, out| {
                    out.push(Packet::new(if to_sender { from } else { from.other() }, &injected));
                    out.push(Packet::new(from.other(), record));
                });
                assert_refused(&all, |played| {
                    // Towards an end that has left and listens to nothing any more, or where TLS drops it.
                    let deaf = to_sender && played.leg == Leg::Helper && played.behind == 1;
                    deaf || (kind, body) == (CHANGE_CIPHER_SPEC, &[1][..]) && played.target <= 3
                });
            }
        }
    }
}

/// The whole stream of one session, played again to an end that waits with the same code.
#[test]
fn a_recorded_session_cannot_be_played_again() {
    let mut recorded = [Vec::new(), Vec::new()];
    World::new().run(&mut |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
        recorded[from.index()].extend_from_slice(bytes.unwrap_or_default());
        out.push(Packet::pass(from, bytes));
    });
    let honest = World::honest();
    let mut world = World::new();
    let mut replayed = false;
    world.run(&mut |_: Leg, _: Option<&[u8]>, out: &mut Vec<Packet>| {
        if !std::mem::replace(&mut replayed, true) {
            out.push(Packet::new(Leg::Sharer, &recorded[Leg::Helper.index()]));
            out.push(Packet::new(Leg::Helper, &recorded[Leg::Sharer.index()]));
        }
    });
    let Verdict::Refused { authenticated: false, delivered: 0, .. } = world.verdict(&honest) else { panic!() };
}

/// Two sessions through one relay, which from some record on joins the helper of the one with the sharer of the other.
#[test]
fn two_sessions_cannot_be_spliced() {
    let honest = World::honest();
    let counts = record_counts();
    for (at, same_code) in (0..counts[0] - 1).flat_map(|at| [(at, true), (at, false)]) {
        // The first session up to the splice; its sharer's side then never hears of the helper again.
        let mut world = World::new();
        let mut other = World::new();
        if !same_code {
            let now = epoch();
            other.helper = HelperEnd::start(&LiveCode::new(Code::from_entropy([9; 5]), now), 3, Settings::default(), now);
            other.sharer = SharerEnd::start(Code::from_entropy([9; 5]), 4, Settings::default(), now);
        }
        let mut foreign: Vec<Vec<u8>> = Vec::new();
        other.run(&mut Records::new(|from: Leg, _, record: &[u8], out: &mut Vec<Packet>| {
            if from == Leg::Helper {
                foreign.push(record.to_vec());
            }
            out.push(Packet::new(from.other(), record));
        }));
        world.run(&mut Records::new(|from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
            let record = if from == Leg::Helper && number >= at { foreign.get(number).map_or(record, Vec::as_slice) } else { record };
            out.push(Packet::new(from.other(), record));
        }));
        let verdict = world.verdict(&honest);
        assert!(matches!(verdict, Verdict::Refused { .. }), "from record {at} on: {verdict:?}");
        if at < 3 {
            assert!(matches!(verdict, Verdict::Refused { authenticated: false, delivered: 0, .. }));
        }
    }
}

/// Joined from the first byte on, the two strangers do talk TLS to each other, and that is all.
#[test]
fn a_helper_joined_with_a_stranger_learns_nothing_and_does_nothing() {
    let honest = World::honest();
    let mut world = World::new();
    world.sharer = SharerEnd::start(Code::from_entropy([9; 5]), 4, Settings::default(), world.now);
    world.run(&mut |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| out.push(Packet::pass(from, bytes)));
    assert_eq!(
        world.verdict(&honest),
        Verdict::Refused { helper: CloseCode::WRONG_CODE, sharer: CloseCode::WRONG_CODE, authenticated: false, delivered: 0 }
    );
    assert!(world.sharer.close.as_ref().unwrap().text.contains("new code"), "the sharer is told what to do");
}

#[test]
fn chunking_changes_nothing() {
    let honest = World::honest();
    for size in [1, 2, 3, 5, 16, 100, 1000, 4096, 16_000] {
        let mut world = World::new();
        world.run(&mut |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| match bytes {
            Some(bytes) => out.extend(bytes.chunks(size).map(|piece| Packet::new(from.other(), piece))),
            None => out.push(Packet::pass(from, None)),
        });
        assert_eq!(world.verdict(&honest), Verdict::Unharmed, "in pieces of {size}");
        assert_eq!((&world.helper.close, &world.sharer.close), (&honest.helper.close, &honest.sharer.close));
    }
}

#[test]
fn a_relay_that_listens_sees_nothing() {
    let mut seen = Vec::new();
    let mut world = World::new();
    world.run(&mut |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
        seen.extend_from_slice(bytes.unwrap_or_default());
        out.push(Packet::pass(from, bytes));
    });
    // All of it did cross.
    let told = format!("{:?} {:?}", world.helper.log, world.sharer.log);
    assert!(told.contains("payroll") && told.contains("systemctl") && told.contains("print service") && told.contains("it prints again"));
    assert!(seen.len() > 3 * 1500 * PICTURE.len());
    let shown = CODE.replace('-', "");
    let secrets = [TYPED.as_bytes(), HELPER_SAYS.as_bytes(), SHARER_SAYS.as_bytes(), PICTURE, CODE.as_bytes(), shown.as_bytes(), &[1; 16]];
    for secret in secrets {
        // Also not a part of it: eight bytes are too many to occur by chance.
        for part in secret.windows(8) {
            assert!(!seen.windows(8).any(|window| window == part), "the relay saw {:?}", String::from_utf8_lossy(part));
        }
    }
}
