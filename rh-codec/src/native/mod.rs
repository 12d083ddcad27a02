//! The native profile: operations in one zstd stream that lasts as long as the session.
//!
//! The wire format is in `docs/CODEC.md`, byte by byte.

mod palette;
mod place;
mod predict;
#[allow(dead_code, reason = "its users are being written")]
mod range;
mod reader;
mod writer;
mod zstream;

pub(crate) use predict::Neighbours;
pub(crate) use reader::Reader;
pub(crate) use writer::Writer;

/// First byte of a message: the format's version in the upper half, flags in the lower.
const VERSION: u8 = 1 << 4;
/// Flag: everything that came before is void. The picture, the history and the colour table start anew.
const START: u8 = 1;

/// Operation codes, the first byte of every operation.
mod op {
    pub(super) const SIZE: u8 = 0;
    pub(super) const FILL: u8 = 1;
    pub(super) const COPY: u8 = 2;
    pub(super) const TEXT: u8 = 3;
    pub(super) const IMAGE: u8 = 4;
}
