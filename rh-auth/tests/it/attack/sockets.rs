//! The attacks once more with real time, threads and loopback TCP, and a loop at each end like an embedder's.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rh_auth::code::{Code, LiveCode};
use rh_proto::error::CloseCode;
use rh_proto::io::tls::Session;
use rh_proto::session::{Settings, Timers};

use super::keys::Middle;
use super::relay::{Leg, Packet, Records, Relay};
use super::world::{End, HelperEnd, SharerEnd, Verdict, World, verdict};
use crate::support::{code, epoch};

/// With a time-out for the handshake, and no interlock that a busy machine could trip.
fn settings(handshake: Duration) -> Settings {
    Settings { timers: Timers { handshake, interlock: Duration::from_secs(60), ..Timers::default() }, ..Settings::default() }
}

/// Gives what is read from `stream`, an empty piece at its end.
fn reader(mut stream: TcpStream) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            // A reset is an end, too.
            let count = match stream.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result.unwrap_or(0),
            };
            if sender.send(buffer[..count].to_vec()).is_err() || count == 0 {
                return;
            }
        }
    });
    receiver
}

/// What an embedder's loop is: wait for bytes or for the timer, hand over, act, send.
fn drive<S: Session>(mut end: End<S>, mut stream: TcpStream, act: impl Fn(&mut End<S>, Instant) -> bool) -> End<S> {
    stream.set_nodelay(true).unwrap();
    let incoming = reader(stream.try_clone().unwrap());
    let mut wire = Vec::new();
    loop {
        act(&mut end, epoch());
        while end.secured.poll_transmit(&mut wire) > 0 {
            if stream.write_all(&wire).is_err() {
                end.secured.handle_closed(epoch());
            }
            wire.clear();
            act(&mut end, epoch());
        }
        if end.close.is_some() {
            // Closing with bytes unread would reset the connection, and with it take back the farewell.
            drop(stream.shutdown(Shutdown::Write));
            while incoming.recv_timeout(Duration::from_millis(500)).is_ok_and(|bytes| !bytes.is_empty()) {}
            drop(stream.shutdown(Shutdown::Both));
            return end;
        }
        let wait = end.secured.poll_timeout().map_or(Duration::MAX, |due| due.saturating_duration_since(epoch()));
        match incoming.recv_timeout(wait.min(Duration::from_secs(30))) {
            Ok(bytes) if bytes.is_empty() => end.secured.handle_closed(epoch()),
            Ok(bytes) => end.secured.handle_bytes(epoch(), &bytes),
            Err(RecvTimeoutError::Timeout) => end.secured.handle_timeout(epoch()),
            Err(RecvTimeoutError::Disconnected) => end.secured.handle_closed(epoch()),
        }
    }
}

fn play(typed: Code, relay: impl Relay + Send + 'static) -> Verdict {
    play_with(&settings(Timers::default().handshake), typed, relay)
}

/// Two ends that dial a relay, as they do on the internet; `relay` sits between the two sockets.
fn play_with(settings: &Settings, typed: Code, relay: impl Relay + Send + 'static) -> Verdict {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let start = epoch();
    let live = LiveCode::new(code(), start);
    let helper_stream = TcpStream::connect(address).unwrap();
    let (to_helper, _) = listener.accept().unwrap();
    let sharer_stream = TcpStream::connect(address).unwrap();
    let (to_sharer, _) = listener.accept().unwrap();

    let shared = Arc::new(Mutex::new((relay, [to_helper.try_clone().unwrap(), to_sharer.try_clone().unwrap()])));
    let pumps = [(Leg::Helper, to_helper), (Leg::Sharer, to_sharer)].map(|(from, stream)| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            stream.set_nodelay(true).unwrap();
            for bytes in reader(stream) {
                let mut guard = shared.lock().unwrap();
                let (relay, streams) = &mut *guard;
                let mut packets = Vec::new();
                relay.forward(from, Some(&bytes[..]).filter(|bytes| !bytes.is_empty()), &mut packets);
                for Packet { to, bytes } in packets {
                    let stream = &mut streams[to.index()];
                    // An end that has gone is its own affair.
                    drop(match bytes {
                        Some(bytes) => stream.write_all(&bytes),
                        None => stream.shutdown(Shutdown::Write),
                    });
                }
            }
        })
    });

    let sharer = SharerEnd::start(typed, 2, settings.clone(), start);
    let helper = HelperEnd::start(&live, 1, settings.clone(), start);
    let sharer = thread::spawn(move || drive(sharer, sharer_stream, SharerEnd::act));
    let helper = drive(helper, helper_stream, HelperEnd::act);
    let sharer = sharer.join().unwrap();
    for pump in pumps {
        pump.join().unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(20));
    verdict(&helper, &sharer, &World::honest())
}

/// A relay that meddles with the `target`-th record from the helper.
fn at(target: usize, mut meddle: impl FnMut(&[u8], &mut Vec<Packet>) + Send + 'static) -> impl Relay + Send {
    Records::new(move |from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
        if (from, number) == (Leg::Helper, target) {
            meddle(record, out);
        } else {
            out.push(Packet::new(from.other(), record));
        }
    })
}

/// Records of the helper: 0 hello, 1 change_cipher_spec, 2 its flight; the session's begin behind. Both in the handshake and behind it.
const TARGETS: [usize; 5] = [0, 2, 3, 4, 6];

fn assert_refused(name: &str, target: usize, verdict: &Verdict) {
    let Verdict::Refused { authenticated, delivered, .. } = verdict else { panic!("{name} at record {target}: {verdict:?}") };
    // The pairing's last word from the helper is in record 5 at the earliest.
    assert!(target > 4 || !authenticated && *delivered == 0, "{name} at record {target}: {verdict:?}");
}

#[test]
fn an_honest_relay_is_not_noticed() {
    let pass = |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| out.push(Packet::pass(from, bytes));
    assert_eq!(play(code(), pass), Verdict::Unharmed);
    // Torn into small pieces, each a packet of its own.
    let tear = |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| match bytes {
        Some(bytes) => out.extend(bytes.chunks(97).map(|piece| Packet::new(from.other(), piece))),
        None => out.push(Packet::end(from.other())),
    };
    assert_eq!(play(code(), tear), Verdict::Unharmed);
}

#[test]
fn replaced_keys_and_a_wrong_code_are_refused_at_both_ends() {
    let expected = Verdict::Refused { helper: CloseCode::WRONG_CODE, sharer: CloseCode::WRONG_CODE, authenticated: false, delivered: 0 };
    assert_eq!(play(code(), Middle::new(None)), expected);
    let pass = |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| out.push(Packet::pass(from, bytes));
    assert_eq!(play(Code::from_entropy([9; 5]), pass), expected);
}

#[test]
fn replay_reflection_loss_and_injection_are_refused() {
    for target in TARGETS {
        let twice = at(target, |record, out| out.extend([Packet::new(Leg::Sharer, record), Packet::new(Leg::Sharer, record)]));
        assert_refused("replay", target, &play(code(), twice));
        let back = at(target, |record, out| out.push(Packet::new(Leg::Helper, record)));
        assert_refused("reflection", target, &play(code(), back));
        let cut = at(target, |record, out| {
            out.push(Packet::new(Leg::Sharer, &record[..record.len() / 2]));
            out.extend(Leg::BOTH.map(Packet::end));
        });
        assert_refused("truncation", target, &play(code(), cut));
        for injected in [&[23, 3, 3, 0, 0][..], &[23, 3, 3, 0, 1, 0]] {
            let inject = at(target, |record, out| out.extend([Packet::new(Leg::Sharer, injected), Packet::new(Leg::Sharer, record)]));
            assert_refused("injection", target, &play(code(), inject));
        }
        let flip = at(target, |record, out| {
            let mut record = record.to_vec();
            let last = record.len() - 1;
            record[last] ^= 0x10;
            out.push(Packet::new(Leg::Sharer, &record));
        });
        assert_refused("a flipped bit", target, &play(code(), flip));
    }
}

#[test]
fn records_out_of_order_are_refused() {
    for target in TARGETS {
        let mut held = None;
        let swap = Records::new(move |from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
            if (from, number) == (Leg::Helper, target) {
                held = Some(record.to_vec());
                return;
            }
            out.push(Packet::new(from.other(), record));
            if from == Leg::Helper {
                out.extend(held.take().map(|held| Packet::new(Leg::Sharer, &held)));
            }
        });
        // Where the helper has nothing more to say before it hears an answer, only the time-out ends it.
        assert_refused("reordering", target, &play_with(&settings(Duration::from_secs(2)), code(), swap));
    }
}

/// The helper's records of one session in place of those of another, from some record on.
#[test]
fn two_sessions_cannot_be_spliced() {
    let recorded = Arc::new(Mutex::new(Vec::new()));
    let recorder = {
        let recorded = Arc::clone(&recorded);
        Records::new(move |from: Leg, _, record: &[u8], out: &mut Vec<Packet>| {
            if from == Leg::Helper {
                recorded.lock().unwrap().push(record.to_vec());
            }
            out.push(Packet::new(from.other(), record));
        })
    };
    assert_eq!(play(code(), recorder), Verdict::Unharmed);
    for target in TARGETS {
        let foreign = recorded.lock().unwrap().clone();
        let splice = Records::new(move |from: Leg, number, record: &[u8], out: &mut Vec<Packet>| {
            let foreign = foreign.get(number).filter(|_| from == Leg::Helper && number >= target);
            out.push(Packet::new(from.other(), foreign.map_or(record, Vec::as_slice)));
        });
        assert_refused("splicing", target, &play(code(), splice));
    }
}

#[test]
fn a_relay_that_goes_silent_is_given_up() {
    let mut passed = 0;
    let silent = move |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| {
        passed += bytes.map_or(0, <[u8]>::len);
        if passed < 600 {
            out.push(Packet::pass(from, bytes));
        }
    };
    assert_eq!(
        play_with(&settings(Duration::from_secs(2)), code(), silent),
        Verdict::Refused { helper: CloseCode::HANDSHAKE_TIMEOUT, sharer: CloseCode::HANDSHAKE_TIMEOUT, authenticated: false, delivered: 0 }
    );
}
