//! ID tokens, key sets and tickets: what is accepted, and all that must not be.

mod differential;
mod documents;
pub(crate) mod issuer;
mod jws;
mod keys;
mod oidc;
mod page;

pub(crate) use differential::Random;

/// The real time: the oracle has a clock of its own.
pub(crate) fn now() -> rh_auth::value::UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    rh_auth::value::UnixTime(since.as_secs())
}
