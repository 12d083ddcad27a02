//! Benchmarks: codec.
fn main() {}
