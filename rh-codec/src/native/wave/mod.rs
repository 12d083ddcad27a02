//! Photographs and films, coarsely: a transform coder.
//!
//! A slice is cut into blocks of 16×16 pixels from its top left corner; blocks at the right and lower edge go on with their last
//! column and row. A block is taken as three planes ([`colour`]), either as it is or as the difference to what is shown; it is
//! transformed ([`dct`]) and divided ([`quality`]), and the levels go through a binary range coder with learned chances
//! ([`levels`]). What the decoder makes of them is what the encoder leaves in the window, bit for bit: all arithmetic is of
//! integers.
//!
//! As the difference to what is shown, every pass is a refinement of whatever there is: an earlier pass, a piece of one that was
//! scrolled, a film's last picture.
//!
//! A slice is one byte, the number of its [`Quality`], plus 128 if it is a difference; then the range coder's bytes.

mod colour;
mod dct;
mod levels;
mod quality;
#[cfg(test)]
mod tests;

pub(crate) use self::quality::Quality;
use self::{
    colour::{GREY, Tile},
    dct::{Block, SIDE},
    levels::{Model, Past},
    quality::Steps,
};
use super::{
    coder::{Coder, Write},
    image::{Scratch, Window, row_of},
    range::{RangeDecoder, RangeEncoder},
};
use crate::{Error, FrameView, image::Pixel};

/// In the first byte of a slice: it is a difference to what is shown.
const REFINES: u8 = 0x80;

/// What blocks leave behind for their neighbours, a row of them.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Entry `i + 1` is the block above column `i` until column `i` is coded, and then that; entry 0 stays without a past.
    past: Vec<Past>,
}

/// The levels of a block, as they are coded.
struct Levels {
    /// How many times its steps are halved.
    sharper: usize,
    /// Of each plane the outermost diagonal that holds a level other than zero, 0 if there is none but the mean's.
    reach: [usize; 3],
    planes: [Block; 3],
}

impl Levels {
    const NONE: Self = Self { sharper: 0, reach: [0; 3], planes: [[[0; SIDE]; SIDE]; 3] };
}

/// Codes `frame` within the window's rectangle, and makes the window what a viewer will show.
///
/// With `refine` the difference to what the window shows is coded, else the picture itself. No block of 16×16 pixels ends further
/// away than the tolerance of its quality (at [`Quality::FIRST`] and finer a mean square of 24, that is 34.3 dB) unless even a step
/// eight times finer does not suffice. Appends to `out`; the length is for the caller to tell.
pub(crate) fn encode(
    frame: &FrameView<'_>,
    window: &mut Window<'_>,
    quality: Quality,
    refine: bool,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) {
    out.push(quality.index() | if refine { REFINES } else { 0 });
    let (steps, rect) = (Steps::new(quality), window.rect());
    let mut range = RangeEncoder::new();
    let mut coder = Write { range: &mut range, out };
    let written = walk(&mut coder, &steps, refine, window, &mut scratch.wave, |x, y, base, predicted| {
        let mut tile = GREY;
        load(&mut tile, rect.height as usize - y, |row| row_of(frame, rect, x, y + row));
        steps.divide(&tile, base, predicted)
    });
    debug_assert!(written.is_ok(), "only reading fails");
    range.finish(out);
}

/// The opposite of [`encode`], for a window that shows what the encoder's showed.
///
/// # Errors
/// `Malformed` if these bytes are no slice, or not all of one. The window may then show anything.
pub(crate) fn decode(data: &[u8], window: &mut Window<'_>, scratch: &mut Scratch) -> Result<(), Error> {
    let (head, data) = data.split_first().ok_or(Error::Malformed("an image without a quality"))?;
    let quality = Quality::new(head & !REFINES).ok_or(Error::Malformed("an image of unknown quality"))?;
    let (mut coder, refine) = (RangeDecoder::new(data), head & REFINES != 0);
    walk(&mut coder, &Steps::new(quality), refine, window, &mut scratch.wave, |_, _, _, _| Levels::NONE)
}

/// Codes block after block. `divide` says what is to be written for the one at a place, given what it is the difference to and
/// what its means are expected to be; a reader has nothing to write.
fn walk<D: Coder>(
    coder: &mut D,
    steps: &Steps,
    refine: bool,
    window: &mut Window<'_>,
    memory: &mut Memory,
    mut divide: impl FnMut(usize, usize, &Tile, [i32; 3]) -> Levels,
) -> Result<(), Error> {
    let (width, height) = (window.width(), window.height());
    memory.past.clear();
    memory.past.resize(width.div_ceil(SIDE) + 1, Past::NONE);
    let mut model = Model::FRESH;
    let (mut base, mut tile) = (GREY, GREY);
    for y in (0..height).step_by(SIDE) {
        let mut corner = [0; 3];
        for (column, x) in (0..width).step_by(SIDE).enumerate() {
            let (before, here) = memory.past.split_at_mut(column + 1);
            let (left, here) = (&before[column], &mut here[0]);
            let above = here.means;
            let mut means = [0; 3];
            if refine {
                load(&mut base, height - y, |row| &window.row(y + row)[x..]);
            } else {
                means = std::array::from_fn(|i| expect(column > 0, left.means[i], y > 0, above[i], corner[i]));
            }
            corner = above;

            let mut levels = divide(x, y, &base, means);
            let quiet = model.block(coder, &mut levels, left, here);
            if !(quiet && refine) {
                steps.restore(&levels, &base, &mut means, &mut tile);
                for (row, from) in tile.iter().take(height - y).enumerate() {
                    let to = &mut window.row_mut(y + row)[x..];
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                }
            }
            here.means = means;
        }
        coder.check()?;
    }
    Ok(())
}

/// A block's mean from those left of it, above, and above left, as in LOCO-I.
fn expect(has_left: bool, left: i32, has_above: bool, above: i32, corner: i32) -> i32 {
    match (has_left, has_above) {
        (false, false) => 0,
        (true, false) => left,
        (false, true) => above,
        (true, true) if corner >= left.max(above) => left.min(above),
        (true, true) if corner <= left.min(above) => left.max(above),
        (true, true) => left + above - corner,
    }
}

/// The pixels of a block; what lies outside is like the nearest inside. Every row has one pixel at least, and `height` is positive.
fn load<'a>(tile: &mut Tile, height: usize, row: impl Fn(usize) -> &'a [Pixel]) {
    for (y, to) in tile.iter_mut().enumerate() {
        let from = row(y.min(height - 1));
        if let Some(from) = from.first_chunk() {
            *to = *from;
        } else {
            to[..from.len()].copy_from_slice(from);
            to[from.len()..].fill(from[from.len() - 1]);
        }
    }
}
