//! Errors, sorted by who must act, and the close code that each puts on the wire.

/// The stable number that tells a peer why a session ended; unknown values survive a round trip.
///
/// Ranges: `0x0000` ends in order, `0x0010` faults of the bytes, `0x0020` what the two apps cannot agree on, `0x0030` time, `0x0100` authentication;
/// from `0x8000` on the apps' own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The person left.
    pub const LEFT: Self = Self(0x0001);
    /// The person at the device pressed Stop.
    pub const STOPPED: Self = Self(0x0002);
    /// The organisation's idle or length limit was reached.
    pub const SESSION_LIMIT: Self = Self(0x0003);
    /// The decision that carried the session was withdrawn.
    pub const REVOKED: Self = Self(0x0004);
    /// The authority did not renew the session's lease in time.
    pub const LEASE_EXPIRED: Self = Self(0x0005);

    /// Bytes that no version of the protocol writes.
    pub const MALFORMED: Self = Self(0x0010);
    /// Something is larger, or comes more often, than this side takes.
    pub const LIMIT_EXCEEDED: Self = Self(0x0011);
    /// A message, flag or value that must not be ignored and is not known here.
    pub const UNSUPPORTED: Self = Self(0x0012);
    /// A known message that has no place in the present state.
    pub const UNEXPECTED: Self = Self(0x0013);
    /// A rule between messages was broken, such as an acknowledgement of a frame that was never sent.
    pub const VIOLATION: Self = Self(0x0014);
    /// A fault of the closing side itself.
    pub const INTERNAL: Self = Self(0x0015);

    /// No protocol version in common.
    pub const VERSION: Self = Self(0x0020);
    /// The app is older than the other side's minimum.
    pub const APP_TOO_OLD: Self = Self(0x0021);
    /// No codec profile in common.
    pub const NO_COMMON_PROFILE: Self = Self(0x0022);
    /// Both ends are helpers, or both are sharers.
    pub const SAME_ROLE: Self = Self(0x0023);

    /// The handshake did not finish in time.
    pub const HANDSHAKE_TIMEOUT: Self = Self(0x0030);
    /// Nothing was heard from the peer for too long.
    pub const LINK_DEAD: Self = Self(0x0031);
    /// The transport ended without a word.
    pub const TRANSPORT_GONE: Self = Self(0x0032);

    /// The peer could not prove who it is, without a more exact code.
    pub const AUTH_REFUSED: Self = Self(0x0100);
    /// The pairing code is not the one shown.
    pub const WRONG_CODE: Self = Self(0x0101);
    /// The pairing code is older than its lifetime.
    pub const CODE_EXPIRED: Self = Self(0x0102);
    /// The pairing code was used, or burnt by a failed attempt.
    pub const CODE_USED: Self = Self(0x0103);
    /// An authentication step is malformed or out of order.
    pub const AUTH_MALFORMED: Self = Self(0x0104);
    /// The two sides did not see the same authentication messages.
    pub const TRANSCRIPT: Self = Self(0x0105);

    /// The authority's ticket is not one that this side may act on: not signed by its authority, or for other people, keys, or another session.
    pub const TICKET_REFUSED: Self = Self(0x0110);
    /// The ticket's time to start, or a lease, has run out.
    pub const TICKET_EXPIRED: Self = Self(0x0111);
    /// The ticket has been used before.
    pub const TICKET_USED: Self = Self(0x0112);
    /// The connection's key is not the one that the ticket or the token names.
    pub const WRONG_KEY: Self = Self(0x0113);
    /// The identity token is not one that this side accepts.
    pub const TOKEN_REFUSED: Self = Self(0x0120);
    /// The identity token's time is not now.
    pub const TOKEN_EXPIRED: Self = Self(0x0121);
    /// The person belongs to another organisation, or is its guest.
    pub const NOT_A_MEMBER: Self = Self(0x0122);
    /// The person signed in is not the one that the ticket names.
    pub const WRONG_PERSON: Self = Self(0x0123);
    /// The device did not prove that it holds its registered key.
    pub const DEVICE_REFUSED: Self = Self(0x0130);
    /// The session cannot be resumed: too late, another session, or a higher mode.
    pub const RESUME_REFUSED: Self = Self(0x0140);
}

/// Why one message was not acted on although the session goes on; unknown values survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DenyCode(pub u16);

impl DenyCode {
    /// No mode is granted yet, or any more.
    pub const NO_MODE: Self = Self(1);
    /// The mode is view only.
    pub const VIEW_ONLY: Self = Self(2);
    /// The session is paused.
    pub const PAUSED: Self = Self(3);
    /// The sharer's indicator is not alive.
    pub const NO_INDICATOR: Self = Self(4);
    /// The person at the device is using it.
    pub const LOCAL_INPUT: Self = Self(5);
    /// Chat is switched off by a setting of the receiver.
    pub const CHAT_OFF: Self = Self(6);
    /// Clipboard text is switched off by a setting of the receiver, or was not negotiated.
    pub const CLIPBOARD_OFF: Self = Self(7);
    /// Pointing at the screen was not negotiated.
    pub const ANNOTATION_OFF: Self = Self(8);
}

/// What went wrong, sorted by who must act.
///
/// Everything but [`ApiMisuse`](Self::ApiMisuse) and [`Busy`](Self::Busy) has ended the session by the time it is returned: its `Close` is in the transmit
/// queue and `Closed` among the events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer's software is broken, or these are not its bytes.
    #[error("malformed {what}")]
    Malformed {
        /// The field or message.
        what: &'static str,
    },
    /// The peer sends more than [`Limits`](crate::limits::Limits) allow, or the embedder asked to send more than they allow.
    #[error("{what} exceeds the limit of {limit}")]
    LimitExceeded {
        /// What was counted.
        what: &'static str,
        /// The limit, in the unit of `what`.
        limit: usize,
    },
    /// The peer needs something that this version lacks: one of the two must be updated.
    #[error("{what} is not supported by this version")]
    Unsupported {
        /// What is missing.
        what: &'static str,
    },
    /// Well-formed, but against the rules of the protocol at this point.
    #[error("the peer broke the protocol: {what}")]
    PeerViolation {
        /// Stable code for the wire.
        code: CloseCode,
        /// The rule.
        what: &'static str,
    },
    /// The two ends cannot, or may not, talk to each other. The sentences are for people.
    #[error("{here}")]
    Refused {
        /// Stable code for the wire.
        code: CloseCode,
        /// One sentence that says what is wrong and what to do, for the person at this side.
        here: String,
        /// The same for the person at the other side; sent to it.
        there: String,
    },
    /// The embedder called something that has no meaning now. Nothing was changed.
    #[error("not possible now: {what}")]
    ApiMisuse {
        /// What is missing for the call to make sense.
        what: &'static str,
    },
    /// The transport does not take what is queued already. Nothing was changed; try again after `poll_transmit` has been drained.
    #[error("the send queue is full")]
    Busy,
}

impl Error {
    /// The code that the peer is told. The one place where errors become wire codes.
    #[must_use]
    pub fn close_code(&self) -> CloseCode {
        match self {
            Self::Malformed { .. } => CloseCode::MALFORMED,
            Self::LimitExceeded { .. } => CloseCode::LIMIT_EXCEEDED,
            Self::Unsupported { .. } => CloseCode::UNSUPPORTED,
            Self::PeerViolation { code, .. } | Self::Refused { code, .. } => *code,
            Self::ApiMisuse { .. } | Self::Busy => CloseCode::INTERNAL,
        }
    }
}

impl From<crate::nego::Mismatch> for Error {
    fn from(mismatch: crate::nego::Mismatch) -> Self {
        Self::Refused { code: mismatch.code, here: mismatch.here, there: mismatch.there }
    }
}

impl From<crate::credential::Refusal> for Error {
    fn from(refusal: crate::credential::Refusal) -> Self {
        Self::Refused { code: refusal.code, here: refusal.text.into(), there: refusal.text.into() }
    }
}
