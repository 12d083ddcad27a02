//! The inner TLS 1.3 connection between the two apps: raw public keys (RFC 7250) both ways, without I/O.
//!
//! It makes whatever lies between the two, a relay above all, blind and powerless; it does *not* say who the other end is. Any Ed25519 key is accepted here,
//! with proof that the peer holds it. Who that is, the [`Credential`](crate::credential::Credential) decides afterwards, over the
//! [`exporter`](Channel::exporter) that ties its proof to this one connection. There is no plaintext variant.
//!
//! One policy, not a negotiation: TLS 1.3 only; X25519; AES-256-GCM, or ChaCha20-Poly1305 from a peer without the other; Ed25519 signatures; no certificates,
//! no resumption, no tickets, no early data, no server name, no ALPN. Post-quantum key exchange waits for ring to have one.
//!
//! [`Identity`] is the key that one side shows. [`Channel`] is the connection alone. [`Secured`] is a session inside its connection, which is what an embedder
//! wants: network bytes in, network bytes out. The helper is always the TLS client, whoever dialled.

mod channel;
mod error;
mod identity;
mod secured;

pub use channel::Channel;
pub use error::Error;
pub use identity::{Identity, PublicKey};
pub use secured::{Secured, Session};
