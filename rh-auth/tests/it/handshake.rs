//! Code, ticket and identity tokens in one exchange: who is let in, and who is not, and what has crossed by then.

mod attended;
pub(crate) mod cast;
mod entra;
mod packed;
mod refused;
pub(crate) mod resume;
mod sessions;
mod unattended;
