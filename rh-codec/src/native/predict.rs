//! Photographs: what remains of each pixel after a guess from its neighbours.
//!
//! The guess is the median edge detector of LOCO-I (Weinberger, Seroussi, Sapiro, "The LOCO-I lossless image compression
//! algorithm", IEEE Transactions on Image Processing 9(8), 2000), a channel at a time:
//!
//! ```text
//! guess = min(left, up)           if corner >= max(left, up)
//!         max(left, up)           if corner <= min(left, up)
//!         left + up - corner      otherwise
//! ```
//!
//! Since channels change together, blue and red are sent less green: with `d = pixel - guess` modulo 256, the bytes of a pixel
//! are `d.blue - d.green`, `d.green`, `d.red - d.green`.

use crate::image::Pixel;

fn guess(left: u8, up: u8, corner: u8) -> u8 {
    let (low, high) = (left.min(up), left.max(up));
    if corner >= high {
        low
    } else if corner <= low {
        high
    } else {
        // Between low and high, so the sum lies there too and wrapping does no harm.
        left.wrapping_add(up).wrapping_sub(corner)
    }
}

pub(super) fn guess_pixel(left: Pixel, up: Pixel, corner: Pixel) -> [u8; 3] {
    [guess(left[0], up[0], corner[0]), guess(left[1], up[1], corner[1]), guess(left[2], up[2], corner[2])]
}
