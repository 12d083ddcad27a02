//! Signing in: discovery, key sets, and the person's browser. The only part of this crate that does I/O; blocking, for a thread of its own.
//!
//! Authorization code with PKCE on a loopback redirect (RFC 8252), never the device code flow: that is phishable, and providers carry no nonce through it. The
//! nonce is the [`Commitment`](crate::oidc::Commitment) to the session key, so what comes back is of use to nobody else.
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//! use std::time::{Duration, Instant, SystemTime};
//! use rh_auth::clock::Clock;
//! use rh_auth::http::{Client, Loopback, check_token, open_browser, present};
//! use rh_auth::jwks::KeyCache;
//! use rh_auth::key::SigningKey;
//! use rh_auth::oidc::{Commitment, Provider};
//! use rh_auth::value::UnixTime;
//! use rh_proto::credential::Role;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (seed, rz, secrets) = ([1; 32], [2; 32], [3; 64]);
//! let provider = Provider::entra("7a1e5f3c-0000-4000-8000-00000000c0de", "the app's client id")?;
//! let commitment = Commitment::new(Role::Helper, rz, SigningKey::from_seed(&seed).public_key());
//! let unix = UnixTime(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs());
//! let clock = Clock::new(Instant::now(), unix);
//!
//! let client = Client::new(&[])?;
//! let endpoints = client.discover(&provider)?;
//! let loopback = Loopback::begin(&provider, &endpoints, &commitment, secrets, &[])?;
//! present(loopback.address(), open_browser, &mut std::io::stderr())?;
//!
//! let mut keys = KeyCache::new();
//! let (token, person) = loopback.wait(&client, Duration::from_secs(300), &AtomicBool::new(false), |token| {
//!     check_token(&client, &endpoints, &provider, &mut keys, &commitment, token, clock)
//! })?;
//! # Ok(())
//! # }
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the crate's one adapter: it has sockets, a clock and a browser, and nothing outside this module has"
)]

mod client;
mod discovery;
mod error;
mod loopback;
mod page;

pub use client::{Client, check_token};
pub use discovery::{DiscoveryError, Endpoints};
pub use error::{HttpError, SignInError};
pub use loopback::{Loopback, open_browser, present};
