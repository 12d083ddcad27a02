//! Behaviour of the captures as a consumer sees it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "tests fail by panicking, and their numbers are small"
)]

mod mirror;
mod selection;
mod virtual_desktop;
mod virtual_random;

#[cfg(all(target_os = "linux", feature = "x11"))]
mod x11;
#[cfg(all(target_os = "linux", feature = "x11"))]
#[allow(unreachable_pub, reason = "the file is a module of many crates")]
#[path = "../../../examples/tests/support/xserver.rs"]
mod xserver;
