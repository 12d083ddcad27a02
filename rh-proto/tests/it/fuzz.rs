//! Every seed and every file that ever crashed a fuzz target, replayed on stable; and a short walk at random.

use std::path::{Path, PathBuf};

use rh_proto::fuzzing;

use crate::sim::Rng;

type Oracle = fn(&[u8]);

const TARGETS: [(&str, Oracle); 4] = [
    ("proto_frame", fuzzing::frame),
    ("proto_chunking", fuzzing::chunking),
    ("proto_message", fuzzing::message),
    ("proto_session", fuzzing::session),
];

fn files(kind: &str, target: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(kind).join(target);
    std::fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn seeds_and_regressions_pass() {
    for (name, oracle) in TARGETS {
        let seeds = files("seeds", name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for path in seeds.into_iter().chain(files("regressions", name)) {
            let data = std::fs::read(&path).unwrap();
            assert!(std::panic::catch_unwind(|| oracle(&data)).is_ok(), "{}", path.display());
        }
    }
}

/// Walks `seeds`, each a session of a few hundred acts.
fn walk(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut rng = Rng::new(seed);
        let mut data: Vec<u8> = Vec::new();
        // Most walks begin with a session that works: carry, ask, consent, beat.
        if !seed.is_multiple_of(4) {
            data.extend([1, 0, 1, 0, 1, 0, 1, 0, 2, 1, 1, 0, 5, 1, 1, 0, 7, 0]);
        }
        data.extend((0..400).map(|_| u8::try_from(rng.next() & 0xff).unwrap()));
        assert!(std::panic::catch_unwind(|| fuzzing::session(&data)).is_ok(), "seed {seed}");
    }
}

#[test]
fn a_walk_at_random_through_sessions_keeps_the_promises() {
    walk(0..2000);
}

#[test]
#[ignore = "soak: two hundred thousand walks take minutes"]
fn soak_a_long_walk_at_random_keeps_the_promises() {
    walk(0..200_000);
}
