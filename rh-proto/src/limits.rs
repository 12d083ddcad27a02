//! What a peer may cost: every length and rate that it chooses is charged here before memory is spent on it.

/// Upper bounds, checked before allocation. A peer that exceeds one is closed with [`CloseCode::LIMIT_EXCEEDED`](crate::error::CloseCode::LIMIT_EXCEEDED).
///
/// Memory that a peer can make a session hold: `frame` (the incomplete wire frame) + `picture` (the incomplete frame) + `handshake` twice (until
/// authenticated) + `queued` (answers that it does not read), beside the events that the embedder has not polled yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body of one wire frame. At most 2^24 − 1, what the header can say.
    pub frame: usize,
    /// Bytes of the body of one wire frame before the peer is authenticated.
    pub handshake_frame: usize,
    /// Bytes of all wire frames of one direction before the peer is authenticated.
    pub handshake: usize,
    /// Bytes of one frame of the screen, all fragments together.
    pub picture: usize,
    /// Bytes of one chat message.
    pub chat: usize,
    /// Bytes of one clipboard text.
    pub clipboard: usize,
    /// Bytes of a profile picture.
    pub portrait: usize,
    /// Bytes of a short text: names, reasons, typed text.
    pub text: usize,
    /// Displays in a layout.
    pub displays: usize,
    /// Pixels along one side of a cursor shape.
    pub cursor_side: usize,
    /// Acts in one input batch, points in one stroke.
    pub batch: usize,
    /// Profiles and extensions in a hello, each.
    pub offers: usize,
    /// Bytes that wait to be sent beside graphics. At 256 kbit/s 64 KiB leave in 2 s, so that a `Close` behind them still arrives in time.
    pub queued: usize,
    /// Messages per second other than fragments, sustained; twice as many at once.
    pub messages_per_second: u32,
    /// Chat messages per second, sustained; twice as many at once.
    pub chats_per_second: u32,
    /// Mode requests per second, sustained; twice as many at once.
    pub requests_per_second: u32,
}

impl Limits {
    /// What [`Default`] gives.
    pub const DEFAULT: Self = Self {
        frame: 512 * 1024,
        handshake_frame: 64 * 1024,
        handshake: 256 * 1024,
        picture: 32 * 1024 * 1024,
        chat: 4096,
        clipboard: 256 * 1024,
        portrait: 64 * 1024,
        text: 1024,
        displays: 16,
        cursor_side: 256,
        batch: 256,
        offers: 32,
        queued: 64 * 1024,
        messages_per_second: 4000,
        chats_per_second: 10,
        requests_per_second: 5,
    };

    /// For reading again what was charged when it arrived.
    pub(crate) const CHECKED: Self = Self { text: usize::MAX, ..Self::DEFAULT };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// `Ok` when `actual` is within `limit`.
pub(crate) fn charge(what: &'static str, actual: usize, limit: usize) -> Result<(), crate::error::Error> {
    if actual > limit { Err(crate::error::Error::LimitExceeded { what, limit }) } else { Ok(()) }
}
