//! RemoteFX, [MS-RDPRFX]: wavelets in one pass, for thin clients.
//!
//! The codec id 3 of [MS-RDPEGFX] ("CAVIDEO"). A picture is cut into tiles of 64×64 pixels, each converted to YCbCr, transformed, quantized and coded
//! on its own; nothing is kept between messages but the kind of entropy coder. [`progressive`](crate::progressive) builds on the same
//! steps.
//!
//! ```
//! use rh_codec::{FrameView, Limits, PixelFormat, Rect, Surface, rfx::{Decoder, Encoder, Entropy, Level}};
//!
//! let pixels: Vec<u8> = (0..200 * 100 * 4).map(|i| (i / 300) as u8).collect();
//! let frame = FrameView::new(200, 100, 800, PixelFormat::Bgrx, &pixels)?;
//! let changed = Rect::new(10, 20, 100, 70);
//! let mut bytes = Vec::new();
//! Encoder::new(Entropy::Rlgr3).encode(&frame, changed, Level::Good, &mut bytes)?;
//!
//! let mut picture = Surface::default();
//! picture.resize(200, 100);
//! let mut damage = Vec::new();
//! Decoder::new(&Limits::default()).decode(&bytes, changed, &mut picture, &mut damage)?;
//! assert_eq!(damage.iter().map(Rect::area).sum::<u64>(), changed.area());
//! # Ok::<(), rh_codec::Error>(())
//! ```

pub(crate) mod bits;
pub(crate) mod colour;
mod decoder;
pub(crate) mod dwt;
mod encoder;
pub(crate) mod quality;
pub(crate) mod quant;
pub(crate) mod rlgr;
pub(crate) mod tile;
pub(crate) mod wire;

pub use decoder::Decoder;
pub use encoder::Encoder;
pub use quality::Level;
pub use rlgr::Entropy;

/// Types of blocks ([MS-RDPRFX] 2.2.2.1.1 and 2.2.2.1.2).
mod block {
    pub(super) const SYNC: u16 = 0xccc0;
    pub(super) const CODEC_VERSIONS: u16 = 0xccc1;
    pub(super) const CHANNELS: u16 = 0xccc2;
    pub(super) const CONTEXT: u16 = 0xccc3;
    pub(super) const FRAME_BEGIN: u16 = 0xccc4;
    pub(super) const FRAME_END: u16 = 0xccc5;
    pub(super) const REGION: u16 = 0xccc6;
    pub(super) const EXTENSION: u16 = 0xccc7;
    pub(super) const TILE: u16 = 0xcac3;

    /// Kind of a region's rectangles.
    pub(super) const CBT_REGION: u16 = 0xcac1;
    /// Kind of an extension: tiles.
    pub(super) const CBT_TILESET: u16 = 0xcac2;

    /// Entropy coders, as `properties` tell them.
    pub(super) const RLGR1: u16 = 1;
    pub(super) const RLGR3: u16 = 4;
}
