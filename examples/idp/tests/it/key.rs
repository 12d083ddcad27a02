//! The signing key: made once, private, and kept.

use rh_idp::{KeyError, People, SigningKey, flow::Flow};

use crate::support::{ISSUER, Scratch};

fn key_set(state: &Scratch) -> serde_json::Value {
    Flow::new(ISSUER, People::built_in(), SigningKey::open(state.path()).unwrap()).key_set()
}

#[test]
fn the_key_is_made_at_the_first_start_and_stays() {
    let (one, other) = (Scratch::new(), Scratch::new());
    let first = key_set(&one);
    assert_eq!(key_set(&one), first);
    assert_ne!(key_set(&other), first, "every provider has its own");
    assert_eq!(std::fs::read_dir(one.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[cfg(unix)]
#[test]
fn the_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let state = Scratch::new();
    let inside = state.path().join("new").join("deep");
    drop(SigningKey::open(&inside).unwrap());
    let file = inside.join("signing-key.pk8");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&inside), mode(&file)), (0o700, 0o600));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = SigningKey::open(&inside).unwrap_err();
    assert!(matches!(error, KeyError::Exposed { .. }) && error.to_string().contains("remove it"), "{error}");
}

#[test]
fn a_file_that_is_no_key_is_named() {
    for content in [&b""[..], b"hello", &[0x30; 5000]] {
        let state = Scratch::new();
        drop(SigningKey::open(state.path()).unwrap());
        std::fs::write(state.path().join("signing-key.pk8"), content).unwrap();
        assert!(matches!(SigningKey::open(state.path()), Err(KeyError::Broken { .. })));
    }
}

#[test]
fn two_first_starts_at_once_agree() {
    let state = Scratch::new();
    let keys: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| SigningKey::open(state.path()).map(drop))).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(keys.iter().all(Result::is_ok), "{keys:?}");
}
