//! The seeds of the fuzz target `policy_file`, and every file that ever broke a promise, replayed on stable; and cuts and slips of each.

use std::path::{Path, PathBuf};

use rh_auth::fuzzing::policy_file;

fn files(kind: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(kind).join("policy_file");
    std::fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn holds(path: &Path, data: &[u8]) {
    assert!(std::panic::catch_unwind(|| policy_file(data)).is_ok(), "{}: {:?}", path.display(), String::from_utf8_lossy(data));
}

#[test]
fn seeds_and_regressions_keep_the_promises() {
    let seeds = files("seeds");
    assert!(!seeds.is_empty(), "no seeds");
    for path in seeds.into_iter().chain(files("regressions")) {
        holds(&path, &std::fs::read(&path).unwrap());
    }
}

#[test]
fn a_file_that_is_cut_or_has_a_slip_keeps_the_promises() {
    for path in files("seeds") {
        let data = std::fs::read(&path).unwrap();
        for at in 1..data.len() {
            holds(&path, &data[..at]);
            let mut slip = data.clone();
            slip[at] = b"\"{}[]=,\n\0x9.-"[at % 13];
            holds(&path, &slip);
        }
    }
}
