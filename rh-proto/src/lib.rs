#![doc = include_str!("../README.md")]

pub mod credential;
pub mod error;
pub mod io;
