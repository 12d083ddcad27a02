//! ClearCodec: lossless text and controls, [MS-RDPEGFX] 2.2.4.1 and 3.3.8.1.

mod bands;
mod columns;
mod decoder;
mod encoder;
mod glyphs;
mod lines;
mod raster;
mod residual;
mod ring;
mod rlex;
mod subcodec;
mod wire;

pub use decoder::Decoder;
pub use encoder::Encoder;

/// The bitmap has a place in the glyph storage, whose number follows; its area is at most 1,024 pixels.
const GLYPH_INDEX: u8 = 1;
/// The bitmap is what that place holds; nothing follows.
const GLYPH_HIT: u8 = 2;
/// Both V-bar storages are filled from their start again, over what is there.
const CACHE_RESET: u8 = 4;

/// Rows of a band at most (2.2.4.1.1.2.1).
const MAX_BAND_HEIGHT: u8 = 52;
/// Slots for V-bars: columns of a band, whole (3.3.1.10).
const V_BARS: u16 = 32_768;
/// Slots for short V-bars: columns without the ground above and below (3.3.1.12).
const SHORT_V_BARS: u16 = 16_384;
/// Slots for glyphs (2.2.4.1).
const GLYPHS: u16 = 4000;
/// Pixels of a glyph at most (2.2.4.1).
const MAX_GLYPH_AREA: u32 = 1024;
