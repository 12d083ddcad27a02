//! Adapters between the pure core and the outside world's traits. Each sits behind a feature; none opens a socket.

#[cfg(feature = "codec")]
pub mod codec;
#[cfg(feature = "tls")]
pub mod tls;
