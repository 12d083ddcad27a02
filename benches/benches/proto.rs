//! Benchmarks: proto.
fn main() {}
