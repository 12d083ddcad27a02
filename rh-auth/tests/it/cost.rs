//! What it costs until both ends are sure of each other: TLS, hellos, pairing, confirmation.

use std::time::{Duration, Instant};

use rh_auth::code::LiveCode;
use rh_proto::session::{HelperEvent, Settings, SharerEvent};

use crate::attack::world::{HelperEnd, SharerEnd};
use crate::support::{code, epoch};

/// One handshake on one thread. Gives the bytes from helper and sharer, and the time.
fn handshake() -> ([usize; 2], Duration) {
    let start = Instant::now();
    let live = LiveCode::new(code(), start);
    let mut helper = HelperEnd::start(&live, 1, Settings::default(), start).secured;
    let mut sharer = SharerEnd::start(code(), 2, Settings::default(), start).secured;
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
        sure[0] |= std::iter::from_fn(|| helper.poll_event()).any(|event| event == HelperEvent::Authenticated);
        sure[1] |= std::iter::from_fn(|| sharer.poll_event()).any(|event| event == SharerEvent::Authenticated);
    }
    (bytes, start.elapsed())
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
fn the_handshake_takes_milliseconds() {
    let mut times: Vec<_> = (0..1000).map(|_| handshake().1).collect();
    times.sort_unstable();
    let ([helper, sharer], _) = handshake();
    eprintln!("both ends together: p50 {:?}, p99 {:?}; {helper} bytes from the helper, {sharer} from the sharer", times[500], times[990]);
    if !cfg!(debug_assertions) {
        assert!(times[500] <= Duration::from_millis(10), "half of the handshakes take {:?}", times[500]);
    }
}
