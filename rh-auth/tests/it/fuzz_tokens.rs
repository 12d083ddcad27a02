//! The seeds of the fuzz targets of tokens and logs, and every input that ever broke a promise, replayed on stable; and cuts and slips of each.

use std::path::Path;

use rh_auth::fuzzing;

fn replay(target: &str, oracle: fn(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let read = |kind: &str| -> Vec<_> {
        let folder = root.join(kind).join(target);
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    };
    let seeds = read("seeds");
    assert!(!seeds.is_empty(), "no seeds for {target}");
    for path in seeds.into_iter().chain(read("regressions")) {
        let holds = |data: &[u8]| {
            assert!(std::panic::catch_unwind(|| oracle(data)).is_ok(), "{}: {:?}", path.display(), String::from_utf8_lossy(data));
        };
        let data = std::fs::read(&path).unwrap();
        holds(&data);
        for at in (0..data.len()).step_by(data.len() / 200 + 1) {
            holds(&data[..at]);
            let mut slip = data.clone();
            slip[at] = b"\"{}[]=,\n\0x9.-"[at % 13];
            holds(&slip);
        }
    }
}

#[test]
fn seeds_and_regressions_keep_the_promises() {
    replay("jws", fuzzing::jws);
    replay("jwks", fuzzing::jwks);
    replay("ticket", fuzzing::ticket);
    replay("audit_file", fuzzing::audit_file);
    #[cfg(feature = "http")]
    replay("discovery", fuzzing::discovery);
}
