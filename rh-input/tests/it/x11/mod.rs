//! A real X server, real applications.

mod keys;
mod pointer;
mod support;
mod typing;
mod watchdog;
#[allow(unreachable_pub, reason = "one file for the tests of several crates")]
#[path = "../../../../examples/tests/support/xserver.rs"]
mod xserver;
