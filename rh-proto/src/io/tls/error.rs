//! What can go wrong below the session, sorted by who must act.

use rustls::AlertDescription;

use crate::error::CloseCode;

/// Why the connection is over, or cannot be used now.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// These are not an honest peer's bytes: somebody changed, dropped, repeated or invented some on the way, or what dialled is no such app. An alert for the
    /// peer waits in [`Channel::poll_transmit`](super::Channel::poll_transmit).
    Tampered(rustls::Error),

    /// The peer ended the connection with a TLS alert: it objects to what reached it.
    Alert(AlertDescription),

    /// The transport ended without the peer's `close_notify`: a lost link, or somebody who cut the end off.
    Truncated,

    /// The embedder called something that has no meaning now. Nothing was changed.
    ApiMisuse {
        /// What is missing for the call to make sense.
        what: &'static str,
    },

    /// This machine's cryptography failed, as when it gives no random numbers.
    Backend(rustls::Error),
}

impl Error {
    /// The code under which the session's end is reported. TLS told the peer by an alert of its own.
    #[must_use]
    pub fn close_code(&self) -> CloseCode {
        match self {
            Self::Tampered(_) | Self::Alert(_) => CloseCode::VIOLATION,
            Self::Truncated => CloseCode::TRANSPORT_GONE,
            Self::ApiMisuse { .. } | Self::Backend(_) => CloseCode::INTERNAL,
        }
    }

    pub(super) fn from_records(error: rustls::Error) -> Self {
        match error {
            rustls::Error::AlertReceived(alert) => Self::Alert(alert),
            rustls::Error::FailedToGetRandomBytes => Self::Backend(error),
            other => Self::Tampered(other),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tampered(cause) => {
                write!(f, "the protected connection was tampered with, or the other end is no Remote Help app: {cause}")
            }
            Self::Alert(alert) => write!(f, "the other end refused the protected connection: {alert:?}"),
            Self::Truncated => f.write_str("the protected connection was cut off"),
            Self::ApiMisuse { what } => write!(f, "not possible now: {what}"),
            Self::Backend(cause) => write!(f, "this machine cannot protect a connection: {cause}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Tampered(cause) | Self::Backend(cause) => Some(cause),
            Self::Alert(_) | Self::Truncated | Self::ApiMisuse { .. } => None,
        }
    }
}
