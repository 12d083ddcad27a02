//! What it costs until both ends are sure of each other (TLS, hellos, pairing, confirmation), and what a record costs from then on.

use std::time::{Duration, Instant};

use rh_auth::code::LiveCode;
use rh_proto::io::tls::{Channel, Identity};
use rh_proto::session::{HelperEvent, Settings, SharerEvent};

use crate::allocations;
use crate::attack::world::{HelperEnd, SharerEnd};
use crate::support::{code, epoch};

/// One handshake on one thread. Gives the bytes from helper and sharer, and the time.
fn handshake() -> ([usize; 2], Duration) {
    let start = Instant::now();
    let live = LiveCode::new(code(), start);
    let helper = HelperEnd::start(&live, 1, Settings::default(), start);
    let bytes = between(helper, SharerEnd::start(code(), 2, Settings::default(), start));
    (bytes, start.elapsed())
}

/// Runs two ends until both are authenticated. Gives the bytes from helper and sharer.
pub(crate) fn between(helper: HelperEnd, sharer: SharerEnd) -> [usize; 2] {
    let (mut helper, mut sharer) = (helper.secured, sharer.secured);
    let (mut bytes, mut sure, mut wire) = ([0; 2], [false; 2], Vec::new());
    while sure != [true; 2] {
        helper.poll_transmit(&mut wire);
        bytes[0] += wire.len();
        sharer.handle_bytes(epoch(), &wire);
        wire.clear();
        sharer.poll_transmit(&mut wire);
        bytes[1] += wire.len();
        helper.handle_bytes(epoch(), &wire);
        wire.clear();
        assert!(!helper.is_closed() && !sharer.is_closed(), "{:?} {:?}", helper.poll_event(), sharer.poll_event());
        sure[0] |= std::iter::from_fn(|| helper.poll_event()).any(|event| event == HelperEvent::Authenticated);
        sure[1] |= std::iter::from_fn(|| sharer.poll_event()).any(|event| event == SharerEvent::Authenticated);
    }
    bytes
}

#[test]
fn the_handshake_takes_at_most_four_kilobytes() {
    let ([helper, sharer], _) = handshake();
    assert!(helper + sharer <= 4096, "{helper} + {sharer} bytes");
}

/// `cargo test --release -p rh-auth --test it cost -- --ignored --nocapture`
#[test]
#[ignore = "soak: measures 1,000 handshakes"]
#[allow(clippy::print_stderr, reason = "its purpose is a figure")]
fn soak_the_handshake_takes_milliseconds() {
    let mut times: Vec<_> = (0..1000).map(|_| handshake().1).collect();
    times.sort_unstable();
    let ([helper, sharer], _) = handshake();
    eprintln!("both ends together: p50 {:?}, p99 {:?}; {helper} bytes from the helper, {sharer} from the sharer", times[500], times[990]);
    if !cfg!(debug_assertions) {
        assert!(times[500] <= Duration::from_millis(10), "half of the handshakes take {:?}", times[500]);
    }
}

/// Inside rustls: one allocation a record at the sender and one at the receiver, whose buffer also grows in steps of 4 KiB and shrinks again.
#[test]
fn once_the_handshake_is_over_a_record_costs_few_allocations() {
    let mut client = Channel::client(&Identity::from_seed([1; 32])).unwrap();
    let mut server = Channel::server(&Identity::from_seed([2; 32])).unwrap();
    let mut wire = Vec::with_capacity(Channel::SEND_BUFFER * 2);
    let carry = |from: &mut Channel, to: &mut Channel, wire: &mut Vec<u8>| {
        wire.clear();
        from.poll_transmit(wire);
        let mut rest = &wire[..];
        while !rest.is_empty() {
            let taken = to.handle_records(rest).unwrap();
            rest = &rest[taken..];
            let count = to.plaintext().len();
            to.consume_plaintext(count);
        }
    };
    while client.is_handshaking() || server.is_handshaking() {
        carry(&mut client, &mut server, &mut wire);
        carry(&mut server, &mut client, &mut wire);
    }
    let mut send = |plaintext: &[u8]| {
        assert_eq!(client.send_plaintext(plaintext), Ok(plaintext.len()));
        carry(&mut client, &mut server, &mut wire);
    };
    for (size, allowed) in [(1, 2), (100, 2), (4000, 2), (16_000, 5)] {
        let plaintext = vec![7; size];
        (0..10).for_each(|_| send(&plaintext));
        let count = allocations::count(|| (0..1000).for_each(|_| send(&plaintext)));
        assert!(count <= allowed * 1000, "{count} allocations for 1,000 records of {size} bytes");
    }
}
