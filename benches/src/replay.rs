//! Measures the codec on raw frames from standard input.
fn main() {}
