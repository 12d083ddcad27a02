#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod code;
pub mod conditions;
pub mod decision;
pub mod device;
pub mod enforce;
pub mod identity;
pub mod matrix;
mod modes;
pub mod policy;
pub mod rbac;
