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
use crate::image::{Pixel, opaque};

/// Y, Co, Cg of a block.
pub(super) type Planes = [Block; 3];

/// Pixels of a block.
pub(super) type Tile = [[Pixel; SIDE]; SIDE];

/// What a block is the difference to, when it is not the difference to what is shown.
pub(super) const GREY: Tile = [[[128, 128, 128, 255]; SIDE]; SIDE];

/// `tile - base`, each value within ±1020.
pub(super) fn subtract(tile: &Tile, base: &Tile, out: &mut Planes) {
    let [luma, orange, green] = out;
    for y in 0..SIDE {
        let (tile, base) = (tile[y].map(u32::from_le_bytes), base[y].map(u32::from_le_bytes));
        for x in 0..SIDE {
            let [b, g, r] = [0, 8, 16].map(|shift| channel(tile[x], shift) - channel(base[x], shift));
            luma[y][x] = r + 2 * g + b;
            orange[y][x] = 2 * (r - b);
            green[y][x] = 2 * g - r - b;
        }
    }
}

/// `base` and an eighth of what the values stand for, into `tile`: the values are twice those of [`subtract`].
pub(super) fn add(values: &Planes, base: &Tile, tile: &mut Tile) {
    let [luma, orange, green] = values;
    for y in 0..SIDE {
        let base = base[y].map(u32::from_le_bytes);
        for x in 0..SIDE {
            let (l, o, g) = (luma[y][x].wrapping_add(4), orange[y][x], green[y][x]);
            let rest = l.wrapping_sub(g);
            let level = |shift: u32, change: i16| {
                u32::from(channel(base[x], shift).wrapping_add(change >> 3).clamp(0, 255).cast_unsigned()) << shift
            };
            let colour = level(0, rest.wrapping_sub(o)) | level(8, l.wrapping_add(g)) | level(16, rest.wrapping_add(o));
            tile[y][x] = opaque(colour);
        }
    }
}

#[inline(always)]
fn channel(pixel: u32, shift: u32) -> i16 {
    (pixel >> shift & 0xff) as i16
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "tests")]
mod tests {
    use super::{GREY, Planes, SIDE, Tile, add, subtract};

    #[test]
    fn what_is_subtracted_is_added() {
        let tile: Tile =
            std::array::from_fn(|y| std::array::from_fn(|x| [(x * 17) as u8, (y * 17) as u8, ((x * 31 + y * 57) % 256) as u8, 255]));
        for base in [GREY, [[[0, 255, 0, 255]; SIDE]; SIDE]] {
            let mut planes: Planes = [[[0; SIDE]; SIDE]; 3];
            subtract(&tile, &base, &mut planes);
            planes.as_flattened_mut().as_flattened_mut().iter_mut().for_each(|value| *value *= 2);
            let mut back = GREY;
            add(&planes, &base, &mut back);
            assert_eq!(back, tile);
        }
    }
}
