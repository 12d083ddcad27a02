#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "tokens")]
pub mod audit;
#[cfg(feature = "tokens")]
pub mod clock;
pub mod code;
pub mod conditions;
pub mod decision;
pub mod device;
pub mod enforce;
#[cfg(feature = "__fuzzing")]
pub mod fuzzing;
#[cfg(feature = "tokens")]
pub mod handshake;
#[cfg(feature = "http")]
pub mod http;
pub mod identity;
#[cfg(feature = "tokens")]
pub mod json;
#[cfg(feature = "tokens")]
pub mod jwks;
#[cfg(feature = "tokens")]
pub mod jws;
#[cfg(feature = "tokens")]
pub mod key;
pub mod matrix;
mod modes;
#[cfg(feature = "tokens")]
pub mod oidc;
pub mod policy;
pub mod rbac;
#[cfg(feature = "tokens")]
pub mod ticket;
#[cfg(feature = "tokens")]
pub mod value;
