//! Debian's `glewlwyd`, started by the test with a database, a configuration and a port of its own. Missing, it fails: `cargo xtask setup` installs it.
//!
//! Set up as an administrator would, through its API; signed in at as its own front end does (`login.js`), since that is a program for a real browser.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rh_auth::identity::TenantId;
use rh_auth::oidc::{ClaimIs, Provider};
use rh_auth::value::base64url;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use ureq::{Agent, ResponseExt as _};

use super::loopback::parameter;

const SCHEMA: &str = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3";
const PASSWORD: &str = "correct horse";

/// A provider that runs until it is dropped.
pub(crate) struct Glewlwyd {
    process: Child,
    folder: PathBuf,
    root: String,
    administrator: Agent,
    generation: u32,
}

impl Glewlwyd {
    pub(crate) fn start() -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let name = format!("rh-glewlwyd-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let database = folder.join("database");
        create(&database);
        // It cannot pick a port itself. Nobody else takes this one in the moment in between: the system hands ports out in turn.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = format!("http://127.0.0.1:{port}");
        let configuration = folder.join("configuration");
        fs::write(&configuration, settings(port, &root, &database)).unwrap();
        let mut process = Command::new("glewlwyd")
            .arg(format!("--config-file={}", configuration.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("glewlwyd cannot be started ({error}): run `cargo xtask setup`"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let is_up = |line: std::io::Result<String>| line.is_ok_and(|line| line.contains("Glewlwyd started on port"));
        assert!(lines.by_ref().any(is_up), "glewlwyd ended while starting");
        // It says so a moment before it listens, and nothing tells when it does.
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(since.elapsed() < Duration::from_secs(20), "glewlwyd does not listen");
            std::thread::yield_now();
        }
        // It goes on writing, and must not find the pipe closed.
        std::thread::spawn(move || lines.for_each(drop));
        let mut glewlwyd = Self { process, folder, root, administrator: agent(), generation: 0 };
        glewlwyd.set_up();
        glewlwyd
    }

    fn call(&self, method: &str, path: &str, body: &Value) {
        call(&self.administrator, method, &format!("{}/api/{path}", self.root), body);
    }

    fn set_up(&mut self) {
        self.call("POST", "auth/", &json!({ "username": "admin", "password": "password" }));
        // Properties that people have beside name and password.
        let one = json!({ "multiple": false, "read": true, "write": true, "profile-read": true, "profile-write": false });
        let several = json!({ "multiple": true, "read": true, "write": true, "profile-read": true, "profile-write": false });
        let format = json!({ "tid": one, "oid": one, "acct": one, "acrs": several });
        self.call(
            "PUT",
            "mod/user/database",
            &json!({
                "display_name": "people", "readonly": false, "enabled": true, "multiple_passwords": false,
                "parameters": { "use-glewlwyd-connection": true, "data-format": format },
            }),
        );
        self.call("PUT", "mod/user/database/reset", &json!({}));
        for (person, acct) in [("alice", "0"), ("gunther", "1")] {
            self.call(
                "POST",
                "user/",
                &json!({
                    "username": person, "name": person, "password": PASSWORD, "enabled": true, "scope": ["openid"],
                    "tid": "contoso", "oid": format!("oid-of-{person}"), "acct": acct, "acrs": ["c1", "c2"],
                }),
            );
        }
        let plugin = self.plugin();
        self.call("POST", "mod/plugin/", &plugin);
    }

    /// The OpenID Connect plugin with new keys.
    fn plugin(&self) -> Value {
        let claim = |name: &str, kind: &str| json!({ "name": name, "user-property": name, "type": kind, "mandatory": true, "scope": [] });
        json!({ "module": "oidc", "name": "oidc", "display_name": "oidc", "enabled": true, "parameters": {
            "iss": self.issuer(), "jwt-type": "ecdsa", "jwt-key-size": "256", "jwks-private": new_keys(self.generation).to_string(), "jwks-show": true,
            "access-token-duration": 3600, "refresh-token-duration": 3600, "code-duration": 600, "refresh-token-rolling": false,
            "auth-type-code-enabled": true, "auth-type-token-enabled": false, "auth-type-id-token-enabled": true, "auth-type-none-enabled": false,
            "auth-type-password-enabled": false, "auth-type-client-enabled": false, "auth-type-device-enabled": false, "auth-type-refresh-enabled": false,
            "allow-non-oidc": false, "subject-type": "public", "pkce-allowed": true, "pkce-method-plain-allowed": false,
            "claims": [claim("tid", "string"), claim("oid", "string"), claim("acct", "number"), claim("acrs", "string")],
        } })
    }

    /// Makes new keys and publishes them in place of the old.
    pub(crate) fn rotate(&mut self) {
        self.generation += 1;
        let plugin = self.plugin();
        self.call("PUT", "mod/plugin/oidc", &plugin);
        self.call("PUT", "mod/plugin/oidc/reset", &json!({}));
    }

    fn issuer(&self) -> String {
        format!("{}/api/oidc", self.root)
    }

    /// As a tenant would be configured to use it.
    pub(crate) fn settings(&self) -> Provider {
        let tenant = TenantId::new("contoso").unwrap();
        Provider::shared(&self.issuer(), "remote-help", tenant, ClaimIs::new("tid", "contoso"), ClaimIs::new("acct", 0)).with_oid()
    }

    /// Opens the address of a sign-in, and does what the login page does for `person`. Gives the last page.
    pub(crate) fn sign_in(&self, address: &str, person: &str) -> String {
        // It knows redirect addresses by heart, port and all: this sign-in's is registered first, as the app's administrator would.
        let client = json!({
            "client_id": "remote-help", "name": "Remote Help", "redirect_uri": [decoded(&parameter(address, "redirect_uri"))],
            "confidential": false, "authorization_type": ["code"], "enabled": true, "scope": [],
        });
        let known = self.administrator.get(format!("{}/api/client/remote-help", self.root)).call().unwrap().status() == 200;
        let (method, path) = if known { ("PUT", "client/remote-help") } else { ("POST", "client/") };
        self.call(method, path, &client);

        let browser = agent();
        let page = browser.get(address).call().unwrap();
        let login = page.get_uri().to_string();
        assert!(login.starts_with(&format!("{}/login.html?", self.root)), "{login}");
        let api = |method: &str, path: &str, body: &Value| call(&browser, method, &format!("{}/api/{path}", self.root), body);
        api("POST", "auth/", &json!({ "username": person, "password": PASSWORD }));
        api("PUT", "auth/grant/remote-help", &json!({ "scope": "openid" }));
        let back = format!("{}&g_continue", decoded(&parameter(&login, "callback_url")));
        browser.get(back).call().unwrap().into_body().read_to_string().unwrap()
    }
}

impl Drop for Glewlwyd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

fn call(agent: &Agent, method: &str, address: &str, body: &Value) {
    let request = ureq::http::Request::builder().method(method).uri(address).header("content-type", "application/json");
    let answer = agent.run(request.body(body.to_string()).unwrap()).unwrap();
    let status = answer.status();
    assert!(status.is_success(), "{method} {address}: {status} {}", answer.into_body().read_to_string().unwrap_or_default());
}

/// The database as the package makes it.
fn create(database: &Path) {
    let schema = fs::read(SCHEMA).unwrap_or_else(|error| panic!("{SCHEMA} ({error}): run `cargo xtask setup`"));
    let mut sqlite = Command::new("sqlite3")
        .arg(database)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("sqlite3 cannot be started ({error}): run `cargo xtask setup`"));
    sqlite.stdin.take().unwrap().write_all(&schema).unwrap();
    assert!(sqlite.wait().unwrap().success());
}

fn settings(port: u16, root: &str, database: &Path) -> String {
    let modules = "/usr/lib/glewlwyd";
    format!(
        r#"
port={port}
bind_address="127.0.0.1"
external_url="{root}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="INFO"
cookie_secure=0
session_expiration=3600
session_key="SESSION"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
login_api_enabled=true
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{modules}/user"
client_module_path="{modules}/client"
user_auth_scheme_module_path="{modules}/scheme"
plugin_module_path="{modules}/plugin"
static_files_path="/usr/share/glewlwyd/webapp"
use_secure_connection=false
secure_connection_key_file="none"
secure_connection_pem_file="none"
hash_algorithm="SHA512"
database = {{ type = "sqlite3"; path = "{}"; }};
"#,
        database.display()
    )
}

/// A new P-256 key, with its private part, as the plugin wants it.
fn new_keys(generation: u32) -> Value {
    let random = ring::rand::SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
    let point = pair.public_key().as_ref();
    // The scalar stands at a fixed place of the document that ring writes (RFC 5915 in RFC 5208).
    let scalar = &document.as_ref()[36..68];
    json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": format!("key-{generation}"),
        "x": base64url(&point[1..33]), "y": base64url(&point[33..]), "d": base64url(scalar),
    }] })
}

/// Undoes percent-encoding (RFC 3986 section 2.1).
fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("v={text}").as_bytes()).next().unwrap().1.into_owned()
}
