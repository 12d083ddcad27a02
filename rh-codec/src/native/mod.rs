//! The native profile: operations and text in one stream of arithmetic-coded decisions, images in slices beside it.
//!
//! The wire format is in `docs/CODEC.md`, byte by byte.

mod coder;
pub(crate) mod exact;
pub(crate) mod image;
mod palette;
#[cfg(test)]
mod pictures;
mod predict;
mod range;
mod reader;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod unary;
pub(crate) mod video;
pub(crate) mod wave;
mod writer;

pub(crate) use reader::Reader;
pub(crate) use wave::Quality;
pub(crate) use writer::{Paint, Writer};

/// First byte of a message: the format's version in the upper half, flags in the lower.
const VERSION: u8 = 2 << 4;
/// Flag: everything that came before is void. The picture and all that was learned start anew.
const START: u8 = 1;
/// Flag: slices of images follow, behind their length of four bytes, least significant first.
const SLICES: u8 = 2;
/// Flag: an access unit of H.264 follows, behind its length of four bytes, least significant first, whose uppermost bit says that it
/// is the first of a video.
const VIDEO: u8 = 4;

/// The uppermost bit of an access unit's length.
const BEGINS: u32 = 1 << 31;
