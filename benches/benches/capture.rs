//! Benchmarks: capture.
fn main() {}
