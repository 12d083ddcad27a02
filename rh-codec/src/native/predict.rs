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

/// What lies left of, above, and above left of a span of pixels; black outside the picture.
#[derive(Clone, Copy)]
pub(crate) struct Neighbours<'a> {
    pub(crate) left: Pixel,
    pub(crate) corner: Pixel,
    /// As long as the span; `None` in the picture's first row.
    pub(crate) above: Option<&'a [Pixel]>,
}

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

fn guess_pixel(left: Pixel, up: Pixel, corner: Pixel) -> [u8; 3] {
    [guess(left[0], up[0], corner[0]), guess(left[1], up[1], corner[1]), guess(left[2], up[2], corner[2])]
}

/// Appends the three bytes of each pixel.
pub(super) fn residuals(span: &[Pixel], near: Neighbours<'_>, out: &mut Vec<u8>) {
    let (mut left, mut corner) = (near.left, near.corner);
    let start = out.len();
    out.resize(start + span.len() * 3, 0);
    let out = out[start..].as_chunks_mut::<3>().0;
    for (i, (&pixel, out)) in span.iter().zip(out).enumerate() {
        let up = near.above.map_or([0; 4], |above| above[i]);
        let guess = guess_pixel(left, up, corner);
        let green = pixel[1].wrapping_sub(guess[1]);
        *out = [pixel[0].wrapping_sub(guess[0]).wrapping_sub(green), green, pixel[2].wrapping_sub(guess[2]).wrapping_sub(green)];
        (left, corner) = (pixel, up);
    }
}

/// The opposite of [`residuals`]: turns three bytes a pixel into pixels.
pub(super) fn restore(residuals: &[[u8; 3]], near: Neighbours<'_>, span: &mut [Pixel]) {
    let (mut left, mut corner) = (near.left, near.corner);
    for (i, (pixel, &[blue, green, red])) in span.iter_mut().zip(residuals).enumerate() {
        let up = near.above.map_or([0; 4], |above| above[i]);
        let guess = guess_pixel(left, up, corner);
        *pixel = [
            guess[0].wrapping_add(blue).wrapping_add(green),
            guess[1].wrapping_add(green),
            guess[2].wrapping_add(red).wrapping_add(green),
            255,
        ];
        (left, corner) = (*pixel, up);
    }
}
