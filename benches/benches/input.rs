//! Benchmarks: input.
fn main() {}
