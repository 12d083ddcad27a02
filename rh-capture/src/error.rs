//! One flat error for every backend, sorted by who must act.

use crate::{DisplayId, Kind};

/// Why capturing failed. The same variants on every operating system; each says how to react.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something that capturing needs is not there: no display named, no server behind the name. Show the text to the person at the device; trying again helps only after that is mended.
    #[error("{what} is missing")]
    Missing {
        /// What is missing, as a noun phrase.
        what: String,
    },
    /// The system refuses access. Show both texts; do not retry by yourself, because some systems prompt at each attempt.
    #[error("access denied: {what}; {fix}")]
    Denied {
        /// What was refused.
        what: String,
        /// What the person at the device can do about it.
        fix: String,
    },
    /// This backend cannot capture here, and trying again will not change that. Choose another backend ([`Select::Order`](crate::Select::Order)).
    #[error("{kind} cannot capture here: {what}")]
    Unsupported {
        /// The backend that gave up.
        kind: Kind,
        /// What it cannot do.
        what: String,
    },
    /// No such display in the current layout, usually because it was just unplugged. Read [`Capture::layout`](crate::Capture::layout) and start anew with what is there.
    #[error("display {0} is not there")]
    NoSuchDisplay(DisplayId),
    /// Something is larger than this crate is willing to hold. Lower the resolution or capture another display.
    #[error("{what} exceeds the limit of {limit}")]
    LimitExceeded {
        /// What is too large.
        what: &'static str,
        /// The limit, in the unit that `what` names.
        limit: u64,
    },
    /// The caller broke the contract of a method, which its documentation states. Mend the program.
    #[error("wrong use: {0}")]
    ApiMisuse(&'static str),
    /// The source has ended ([`State::Ended`](crate::State::Ended) was reported, or would be by the next call). Drop this capture; open a new one when the source is back.
    #[error("the source of the picture has ended")]
    Ended,
    /// The operating system failed where it should not. Log it, drop this capture and open a new one; after a few failures in a row choose another backend.
    #[error("{op} failed: {detail} (code {code})")]
    Backend {
        /// The operation that failed.
        op: &'static str,
        /// The system's own number (errno, X error code), 0 where there is none.
        code: i64,
        /// The system's words.
        detail: String,
    },
}
