//! What the benches, `replay`, `record`, `peers` and the oracle share: recorded clips, and how close a picture is to its source.

pub mod clip;
pub mod quality;
