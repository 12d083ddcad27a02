//! A directory that goes away, a running provider, and requests that make sense.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rh_auth::value::UnixTime;
use rh_idp::flow::{Flow, Parameters};
use rh_idp::{Config, People, Running, SigningKey};

pub(crate) const NOW: UnixTime = UnixTime(1_800_000_000);
pub(crate) const ISSUER: &str = "http://127.0.0.1:7480";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:4711/signed-in";

/// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A directory of this test's own; removed with everything in it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("rh-idp-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The flow without a socket.
pub(crate) fn flow() -> Flow {
    let state = Scratch::new();
    Flow::new(ISSUER, People::built_in(), SigningKey::open(state.path()).unwrap())
}

/// A query of these parameters.
pub(crate) fn query(pairs: &[(&str, &str)]) -> Parameters {
    Parameters::read(&encode(pairs))
}

pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// An authorization request in order.
pub(crate) const REQUEST: [(&str, &str); 8] = [
    ("client_id", "remote-help"),
    ("redirect_uri", REDIRECT),
    ("response_type", "code"),
    ("scope", "openid profile"),
    ("state", "af0ifjsldkj"),
    ("nonce", "n-0S6_WzA2Mj"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

/// `base` with one parameter replaced, or without it.
pub(crate) fn with<'a>(base: &[(&'a str, &'a str)], name: &'a str, value: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let rest = base.iter().copied().filter(|(other, _)| *other != name);
    rest.chain(value.map(|value| (name, value))).collect()
}

/// A server in a runtime of its own, so that blocking clients can be used.
pub(crate) struct Server {
    pub(crate) running: Running,
    _runtime: tokio::runtime::Runtime,
    _state: Scratch,
}

impl Server {
    pub(crate) fn start() -> Self {
        let state = Scratch::new();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = Config { port: 0, state: state.path().to_owned(), people: People::built_in() };
        let running = runtime.block_on(rh_idp::start(config)).unwrap();
        Self { running, _runtime: runtime, _state: state }
    }
}
