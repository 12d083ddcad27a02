//! The threats of a relay in the middle, played against two whole sessions: TLS, pairing, consent, pictures, input, chat.
//!
//! What must hold each time, whatever the relay does: at each end, what came out is what the other end put in, as far as it came ([`World::verdict`]); and
//! either nothing is missing, or both ends have closed with a code.

mod flips;
pub(crate) mod keys;
#[cfg(feature = "tokens")]
mod net;
pub(crate) mod relay;
#[cfg(feature = "tokens")]
pub(crate) mod scene;
mod streams;
#[cfg(feature = "tokens")]
mod threats;
pub(crate) mod world;
