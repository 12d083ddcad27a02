//! What both ends of the API must agree on beside its types: headers, the WebSocket's limits, the clock.

use std::time::SystemTime;

use hyper::header::HeaderName;
use rh_auth::value::UnixTime;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// The proof of possession (RFC 9449 section 4).
pub(crate) const PROOF: &str = "dpop";

/// A fresh nonce for the next proof (RFC 9449 section 8).
pub(crate) const NONCE: &str = "dpop-nonce";

/// `rz` of the sign-in, base64url: with the proof's key, what the ID token's nonce commits to.
pub(crate) const COMMITMENT: &str = "rh-commitment";

/// The scheme of `Authorization` that carries a relay pass.
pub(crate) const PASS: &str = "RH-Pass";

/// Bytes of a message on the relay, and of one on a control channel. A tenth of a second at 5 Mbit/s.
pub(crate) const MAX_MESSAGE: usize = 64 * 1024;

/// Bytes that wait in a WebSocket until the socket takes them; a sender waits itself beyond that.
const MAX_WAITING: usize = 4 * MAX_MESSAGE;

/// A header's name.
pub(crate) const fn header(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// No message longer than it may be, and nothing held back to be sent with what comes later.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_WAITING)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

/// The time, by this computer's clock.
pub(crate) fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UnixTime(since.map_or(0, |since| since.as_secs()))
}
