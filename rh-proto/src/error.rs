//! Errors, sorted by who must act, and the close code that each puts on the wire.

/// The stable number that tells a peer why a session ended; unknown values survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(pub u16);
