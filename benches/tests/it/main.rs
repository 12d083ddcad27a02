//! The tools from outside.
#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation, reason = "tests")]

mod clip;
mod peers;
mod record;
mod replay;

use std::path::{Path, PathBuf};

#[allow(unreachable_pub, reason = "one file for the tests of several crates")]
#[path = "../../../examples/tests/support/xserver.rs"]
mod xserver;

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rh-benches-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
