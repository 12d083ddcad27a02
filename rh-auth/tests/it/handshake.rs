//! Code, ticket and identity tokens in one exchange: who is let in, and who is not, and what has crossed by then.

mod attended;
mod cast;
mod refused;
mod resume;
mod sessions;
mod unattended;
