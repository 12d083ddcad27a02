//! Oracles of the fuzz targets.

/// Any bytes: no panic, no hang, no more memory than the limits say.
pub fn decode(_data: &[u8]) {}

/// Any sequence of frames.
pub fn roundtrip(_data: &[u8]) {}
