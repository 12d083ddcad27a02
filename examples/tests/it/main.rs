//! End to end: the real programs, on real X servers, with real programs on them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_lossless,
    reason = "tests: a failure is a panic, and says what it saw"
)]
#![allow(missing_docs, unreachable_pub, reason = "a test binary has no users")]

#[path = "../support/hardware.rs"]
mod hardware;
#[path = "../support/xserver.rs"]
mod xserver;

mod audit;
mod codes;
mod demo;
mod desktop;
mod displays;
mod door;
mod endings;
mod ends;
mod interlock;
mod memory;
mod own_input;
mod pair;
mod picture;
mod programs;
mod prompt;
mod rogue;
mod scratch;
mod service;
mod slow;
mod terminal;
mod ui;
mod vouched;
mod xproxy;
