//! RemoteFX Progressive, [MS-RDPEGFX] 2.2.4.2 and 3.1.8.1: wavelets that sharpen in passes.
//!
//! A picture is cut into tiles of 64×64 pixels, on a grid from its corner. A tile's first pass tells it at some [`Level`], upgrades
//! bring it to better ones; only what differs is sent. The transform is that of [`rfx`](crate::rfx).
//!
//! ```
//! use rh_codec::{FrameView, Limits, PixelFormat, Surface, progressive::{Aim, Decoder, Encoder, Level}};
//!
//! let pixels: Vec<u8> = (0..200 * 100 * 4).map(|i| (i / 300) as u8).collect();
//! let frame = FrameView::new(200, 100, 800, PixelFormat::Bgrx, &pixels)?;
//! let limits = Limits::default();
//! let (mut encoder, mut decoder, mut picture) = (Encoder::new(&limits), Decoder::new(&limits), Surface::default());
//! encoder.resize(200, 100)?;
//! picture.resize(200, 100);
//!
//! let (mut bytes, mut damage) = (Vec::new(), Vec::new());
//! let mut message = encoder.message(&mut bytes);
//! for (x, y) in [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (1, 1), (2, 1), (3, 1)] {
//!     message.first(&frame, x, y, Level::Good, Aim::Picture)?;
//! }
//! message.finish()?;
//! decoder.decode(1, &bytes, &mut picture, &mut damage)?;
//!
//! // Later, when there is time: one tile at the next level.
//! bytes.clear();
//! let mut message = encoder.message(&mut bytes);
//! assert_eq!(message.upgrade(3, 1)?, Some(Level::Fine));
//! message.finish()?;
//! decoder.decode(2, &bytes, &mut picture, &mut damage)?;
//! # Ok::<(), rh_codec::Error>(())
//! ```

mod component;
mod decoder;
mod encoder;
mod message;
pub(crate) mod srl;
mod tiles;
mod wire;

pub use decoder::Decoder;
pub use encoder::{Aim, Encoder};
pub use message::Message;

pub use crate::rfx::Level;
