//! Pixels to the three planes of a block, and back.
//!
//! ```text
//! Y = r + 2g + b      Co = 2(r - b)      Cg = 2g - r - b
//! 4r = Y - Cg + Co    4g = Y + Cg        4b = Y - Cg - Co
//! ```
//!
//! that is 4 times the luma of YCoCg (Malvar, Sullivan, "YCoCg-R: a color space with RGB reversibility and low dynamic range", JVT-I014, 2003), and
//! twice its chroma. In this scale an error of 1 weighs alike in all three, three to two to three in the sum of squares over red,
//! green and blue.

use super::dct::{Block, SIDE};
use crate::image::Pixel;

/// Y, Co, Cg of a block.
pub(super) type Planes = [Block; 3];

/// A row of a block.
pub(super) type Row = [Pixel; SIDE];

/// What a row is the difference to, when it is not the difference to what is shown.
pub(super) const GREY: Row = [[128, 128, 128, 255]; SIDE];

/// `pixels - base`, each value within ±1020, becomes row `y`.
#[inline(always)]
pub(super) fn subtract(pixels: &Row, base: &Row, out: &mut Planes, y: usize) {
    let [luma, orange, green] = out;
    for x in 0..SIDE {
        let (pixel, base) = (channels(pixels[x]), channels(base[x]));
        let [b, g, r] = [pixel[0] - base[0], pixel[1] - base[1], pixel[2] - base[2]];
        luma[y][x] = r + 2 * g + b;
        orange[y][x] = 2 * (r - b);
        green[y][x] = 2 * g - r - b;
    }
}

/// `base` and an eighth of row `y` of the values, which are twice those of [`subtract`].
#[inline(always)]
pub(super) fn add(values: &Planes, base: &Row, y: usize) -> Row {
    let [luma, orange, green] = values;
    std::array::from_fn(|x| {
        let base = channels(base[x]);
        let (l, o, g) = (luma[y][x].wrapping_add(4), orange[y][x], green[y][x]);
        let rest = l.wrapping_sub(g);
        let level = |base: i16, change: i16| base.wrapping_add(change >> 3).clamp(0, 255).cast_unsigned();
        let low = level(base[0], rest.wrapping_sub(o)) | level(base[1], l.wrapping_add(g)) << 8;
        let high = level(base[2], rest.wrapping_add(o)) | 0xff00;
        (u32::from(low) | u32::from(high) << 16).to_le_bytes()
    })
}

/// Blue, green and red. By halves of a pixel, for vector units whose lanes are as wide.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the two halves")]
fn channels(pixel: Pixel) -> [i16; 3] {
    let pixel = u32::from_le_bytes(pixel);
    let (low, high) = (pixel as u16, (pixel >> 16) as u16);
    [low & 0xff, low >> 8, high & 0xff].map(u16::cast_signed)
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "tests")]
mod tests {
    use super::{GREY, Planes, Row, SIDE, add, subtract};

    #[test]
    fn what_is_subtracted_is_added() {
        for seed in 0..100 {
            let row: Row = std::array::from_fn(|x| [(x * 17) as u8, (seed * 17) as u8, ((x * 31 + seed * 57) % 256) as u8, 255]);
            for base in [GREY, [[0, 255, 0, 255]; SIDE]] {
                let mut planes: Planes = [[[0; SIDE]; SIDE]; 3];
                subtract(&row, &base, &mut planes, 7);
                planes.as_flattened_mut().as_flattened_mut().iter_mut().for_each(|value| *value *= 2);
                assert_eq!(add(&planes, &base, 7), row);
            }
        }
    }
}
