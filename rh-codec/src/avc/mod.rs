//! H.264 for the parts of a screen that are films: its bitmap streams ([MS-RDPEGFX] 2.2.4.4 to 2.2.4.6), its colours (3.3.8.3), and the codec behind it.
//!
//! [`Avc420`] and [`Avc444`] are what a command holds, [`Planes`] a picture, [`split`] the two pictures of 4:4:4, [`H264Decoder`] whoever decodes. Feature
//! `h264` brings openh264 as [`Encoder`] and [`Decoder`]. The formulas are on the project's page `docs/codec/video.md`.
//!
//! [MS-RDPEGFX]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rdpegfx/

mod colour;
mod decoder;
#[cfg(feature = "h264")]
mod openh264;
mod planes;
mod unit;
mod views;
mod wire;

pub use decoder::{AccessUnit, H264Decoder, H264Factory};
#[cfg(feature = "h264")]
pub use openh264::{Decoder, Encoder};
pub use planes::Planes;
pub use views::{Layout, Rows, split};
pub use wire::{Avc420, Avc444, QuantQuality, Views};

pub(crate) use colour::{paint_420, to_420};
pub(crate) use decoder::{Decoders, Video, check_size};
pub(crate) use views::paint as paint_444;

use crate::{Error, FrameView, Rect};

/// Converts a rectangle of a frame to 4:2:0, for an encoder.
///
/// # Errors
/// `ApiMisuse` if the rectangle is empty or reaches out of the frame.
pub fn convert(frame: &FrameView<'_>, rect: Rect, planes: &mut Planes) -> Result<(), Error> {
    if rect.is_empty() || !rect.fits(frame.width(), frame.height()) {
        return Err(Error::ApiMisuse("a rectangle lies within the frame"));
    }
    to_420(frame, rect, planes);
    Ok(())
}
