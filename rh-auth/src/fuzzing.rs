//! Oracles of the fuzz targets: each takes any bytes and panics if a promise is broken.

#![expect(clippy::missing_panics_doc, reason = "panicking is what an oracle is for")]

mod policy;
mod tokens;

pub use policy::policy_file;
#[cfg(feature = "http")]
pub use tokens::discovery;
pub use tokens::{audit_file, jwks, jws, ticket};
