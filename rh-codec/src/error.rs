//! What can go wrong, sorted by who must act.

/// An error of the encoder or the decoder.
///
/// After `Malformed`, `LimitExceeded` or `Unsupported` from [`Decoder::decode`](crate::Decoder::decode) the stream cannot
/// be continued: ask the sharer to start anew ([`Encoder::reset`](crate::Encoder::reset)) or end the session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer's bytes are not a stream of this codec, or damaged: the peer, or the link, is at fault.
    #[error("malformed codec data: {0}")]
    Malformed(&'static str),
    /// The peer (or the captured screen) asks for more than [`Limits`](crate::Limits) allow.
    #[error("{what} exceeds the limit of {limit}")]
    LimitExceeded {
        /// What is too large, in words.
        what: &'static str,
        /// The limit that applies, in the unit of the field of `Limits`.
        limit: u64,
    },
    /// The peer uses a version or a feature that this build does not have.
    #[error("unsupported by this version: {0}")]
    Unsupported(&'static str),
    /// The peer broke the rules with well-formed data, such as acknowledging a frame that was never sent.
    #[error("peer violation: {0}")]
    PeerViolation(&'static str),
    /// The embedder's call cannot be right; the text says what to change.
    #[error("wrong use: {0}")]
    ApiMisuse(&'static str),
    /// The compression library failed for a reason that is neither the input nor the caller, in practice for want of memory.
    #[error("{op} failed with code {code}")]
    Backend {
        /// What was attempted.
        op: &'static str,
        /// The library's own error code.
        code: i32,
    },
}
