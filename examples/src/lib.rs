//! Glue shared by the programs `sharer`, `helper` and `demo`: what an embedder would copy.
//!
//! [`helper`] and [`sharer`] join the crates to one end of a session each; everything else serves these two.

pub mod args;
pub mod authority;
pub mod camera;
pub mod contoso;
pub mod convert;
pub mod demo;
pub mod entropy;
pub mod failure;
pub mod hand;
pub mod helper;
pub mod logging;
pub mod png;
pub mod program;
pub mod screen;
pub mod script;
pub mod service;
pub mod sharer;
pub mod sign_in;
pub mod stats;
pub mod terminal;
pub mod trust;
pub mod typing_window;
pub mod ui;
pub mod vouched;
pub mod windows;
pub mod wire;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
