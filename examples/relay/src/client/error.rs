//! What can go wrong between an app and the service, sorted by who must act.

use crate::api::Problem;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The service's address, or the proxy's, cannot be one. Whoever configured it must act.
    #[error("{what}: {reason}")]
    Address {
        /// Which.
        what: &'static str,
        /// Why, and what would be right.
        reason: String,
    },
    /// This computer's trusted certificates cannot be read.
    #[error("this computer's trusted certificates cannot be used: {0}")]
    Trust(String),
    /// The service, or the proxy on the way, is not reached.
    #[error("{what} cannot be reached: {reason}; check the network and the address")]
    Unreachable {
        /// `host:port`.
        what: String,
        /// Why.
        reason: String,
    },
    /// The proxy does not let it through.
    #[error("the proxy {proxy} refuses to connect to {target}: {status}")]
    Proxy {
        /// The proxy.
        proxy: String,
        /// The service.
        target: String,
        /// Its status line.
        status: String,
    },
    /// The service does not prove to be the one that is trusted.
    #[error("{what} is not trusted: {reason}")]
    NotTrusted {
        /// `host:port`.
        what: String,
        /// Why.
        reason: String,
    },
    /// What answers is not this service, or another version of it.
    #[error("what answers at this address is no Remote Help service of version 1: {0}")]
    NotTheService(String),
    /// The service says no, and why.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// No answer in time.
    #[error("the service did not answer in time")]
    TimedOut,
    /// The session's control channel has ended.
    #[error("the session is over at the service")]
    Over,
    /// This computer gives no random numbers.
    #[error("the operating system gives no random numbers: {0}")]
    Random(getrandom::Error),
}
