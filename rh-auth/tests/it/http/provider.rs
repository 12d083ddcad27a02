//! npm's `oidc-provider`, started by the test. Missing, it fails: `cargo xtask setup` installs it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rh_auth::identity::TenantId;
use rh_auth::oidc::{ClaimIs, Provider};

/// A provider that runs until it is dropped.
pub(crate) struct Npm {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    pub(crate) issuer: String,
}

impl Npm {
    pub(crate) fn start(algorithm: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let entry = root.join("../target/npm/node_modules/oidc-provider/lib/index.js");
        assert!(entry.exists(), "{} is missing: run `cargo xtask setup`", entry.display());
        let mut process = Command::new("node")
            .arg(root.join("tests/data/provider.mjs"))
            .arg(entry)
            .arg(algorithm)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("node cannot be started ({error}): run `cargo xtask setup`"));
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut npm = Self { process, input, output, issuer: String::new() };
        let port = npm.wait_for("listening ");
        npm.issuer = format!("http://127.0.0.1:{port}");
        npm
    }

    /// Makes new keys and publishes them in place of the old.
    pub(crate) fn rotate(&mut self) {
        self.input.as_mut().unwrap().write_all(b"rotate\n").unwrap();
        self.wait_for("rotated");
    }

    fn wait_for(&mut self, word: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the provider has ended");
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().to_owned();
            }
        }
    }

    /// As a tenant would be configured to use it.
    pub(crate) fn settings(&self) -> Provider {
        let tenant = TenantId::new("contoso").unwrap();
        Provider::shared(&self.issuer, "remote-help", tenant, ClaimIs::new("tid", "contoso"), ClaimIs::new("acct", 0)).with_oid()
    }
}

impl Drop for Npm {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
