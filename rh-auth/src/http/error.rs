//! What can go wrong on the way to an identity, sorted by who must act.

use super::DiscoveryError;
use crate::jwks::KeySetError;
use crate::oidc::TokenError;

/// Why the identity provider could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The operating system's trust store cannot be read, or a certificate that was given is none. Whoever administers this computer must act.
    #[error("this computer's trusted certificates cannot be used: {0}")]
    Trust(String),
    /// An address that may not be used: not `https`, and not on this computer.
    #[error("{what} must be an https address")]
    Address {
        /// Whose address.
        what: &'static str,
    },
    /// Not reached, not trusted, not in time. The network, its proxy or the provider.
    #[error("{what} cannot be reached: {cause}")]
    Transport {
        /// What was asked for.
        what: &'static str,
        /// Why.
        cause: Box<ureq::Error>,
    },
    /// Reached, and refused.
    #[error("{what} was refused with status {status}")]
    Status {
        /// What was asked for.
        what: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The provider's description of itself is wrong.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// The provider's keys are wrong.
    #[error(transparent)]
    Keys(#[from] KeySetError),
}

/// Why nobody has signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// This computer gives no port on its loopback address.
    #[error("cannot wait for the browser: {0}")]
    Listener(#[from] std::io::Error),
    /// The person did not finish in time.
    #[error("nobody signed in in time")]
    TimedOut,
    /// The app gave up waiting.
    #[error("signing in was cancelled")]
    Cancelled,
    /// The provider, or the person, said no: the code of RFC 6749 section 4.1.2.1 or OpenID Connect Core section 3.1.2.6.
    #[error("the identity provider refused: {error}")]
    Refused {
        /// Such as `access_denied`.
        error: String,
    },
    /// The answer came from another issuer than the one that was asked (RFC 9207): somebody mixes two providers up.
    #[error("the answer is from another identity provider")]
    Issuer,
    /// The code could not be exchanged for a token.
    #[error("the sign-in could not be completed: {0}")]
    Exchange(String),
    /// The provider gave no ID token: the app is registered for something else.
    #[error("the identity provider gave no identity token")]
    NoToken,
    /// The provider could not be asked.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The token does not prove who signed in.
    #[error(transparent)]
    Token(#[from] TokenError),
}
