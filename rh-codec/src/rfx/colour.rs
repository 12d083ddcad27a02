//! RGB to YCbCr and back ([MS-RDPRFX] 3.1.8.1.3 and 3.1.8.2.5), in 11.5 fixed point, luma less 128.
//!
//! ```text
//! Y  =  0.299    R + 0.587    G + 0.114    B - 128     R = Y + 128                + 1.402525 Cr
//! Cb = -0.168935 R - 0.331665 G + 0.50059  B           G = Y + 128 - 0.343730 Cb - 0.714401 Cr
//! Cr =  0.499813 R - 0.418531 G - 0.081282 B           B = Y + 128 + 1.769905 Cb
//! ```
//!
//! All of it in 16-bit lanes, by the upper half of products, which every vector unit has: factors with 15 fractional bits times samples with 7
//! forwards, with 14 times 6 backwards. Each product is rounded down, at most a sixteenth of a grey level in sum.
//!
//! Decoders drop the fraction of a colour (FreeRDP, IronRDP, ours), so that a picture of whole numbers would come back darker by half a level on average:
//! the encoder adds that half to luma.

use super::quant::{Plane, Planes};
use crate::image::Pixel;

/// Side of a tile, in pixels.
pub(crate) const SIDE: usize = 64;

/// The upper half of a product, rounded down.
#[inline]
fn upper(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b)) >> 16) as i16
}

/// One row of pixels to row `y` of the planes.
pub(crate) fn forward(pixels: &[Pixel; SIDE], planes: &mut Planes, y: usize) {
    let [luma, blue, red] = planes;
    let (luma, blue, red) = (row_mut(luma, y), row_mut(blue, y), row_mut(red, y));
    for x in 0..SIDE {
        let pixel = u32::from_le_bytes(pixels[x]);
        let [b, g, r] = [pixel & 0xff, pixel >> 8 & 0xff, pixel >> 16 & 0xff].map(|byte| {
            #[expect(clippy::cast_possible_truncation, reason = "at most 255 × 128 < 2^15")]
            let scaled = (byte << 7) as i16;
            scaled
        });
        // Six fractional bits, each sum too small by 1.5 on average; then five.
        let half_sum = |r: i16, g: i16, b: i16| (r + g + b + 2) >> 1;
        luma[x] = half_sum(upper(r, 9798), upper(g, 19235), upper(b, 3735)) - (128 * 32 - 16);
        blue[x] = half_sum(upper(r, -5536), upper(g, -10868), upper(b, 16403));
        red[x] = half_sum(upper(r, 16378), upper(g, -13714), upper(b, -2663));
    }
}

/// Row `y` of the planes to pixels.
pub(crate) fn inverse(planes: &Planes, y: usize, pixels: &mut [Pixel; SIDE]) {
    let [luma, blue, red] = planes;
    let (luma, blue, red) = (row(luma, y), row(blue, y), row(red, y));
    for x in 0..SIDE {
        // Four fractional bits. Samples that no encoder means wrap around.
        let (y, cb, cr) = (luma[x].wrapping_add(128 * 32) >> 1, blue[x] << 1, red[x] << 1);
        let byte = |value: i16| u32::from((value >> 4).clamp(0, 255).cast_unsigned());
        let b = byte(y.wrapping_add(upper(cb, 28998)));
        let g = byte(y.wrapping_add(upper(cb, -5632)).wrapping_add(upper(cr, -11705)));
        let r = byte(y.wrapping_add(upper(cr, 22979)));
        pixels[x] = (b | g << 8 | r << 16 | 0xff00_0000).to_le_bytes();
    }
}

fn row(plane: &Plane, y: usize) -> &[i16; SIDE] {
    &plane.as_chunks().0[y]
}

fn row_mut(plane: &mut Plane, y: usize) -> &mut [i16; SIDE] {
    &mut plane.as_chunks_mut().0[y]
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn colours_survive() {
        let mut planes: Planes = [[0; 4096]; 3];
        for block in 0..4096usize {
            // All combinations of steps of 4 and their neighbours.
            let row: [Pixel; SIDE] =
                std::array::from_fn(|x| [(block % 64 * 4 + x % 3) as u8, (block / 64 * 4 + x % 2) as u8, (x * 4 + block % 4) as u8, 255]);
            forward(&row, &mut planes, block % 64);
            let mut back = [[0; 4]; SIDE];
            inverse(&planes, block % 64, &mut back);
            for (before, after) in row.iter().zip(&back) {
                let worst = before.iter().zip(after).map(|(a, b)| a.abs_diff(*b)).max();
                assert!(worst <= Some(1), "{before:?} became {after:?}");
            }
        }
    }
}
