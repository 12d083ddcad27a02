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
    colour::{GREY, Planes, Row, add, subtract},
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
    /// The values of a row of blocks: first those to code, then those shown.
    row: Vec<Planes>,
}

/// The levels of a block, as they are coded.
struct Levels {
    /// How many times its steps are halved.
    sharper: usize,
    planes: [Plane; 3],
}

/// The levels of a plane of a block.
struct Plane {
    levels: Block,
    /// The outermost diagonal that holds a level other than zero, 0 if there is none but the mean's.
    reach: usize,
    /// Whether there may be levels of an earlier block behind those of low frequencies.
    wide: bool,
}

impl Levels {
    const NONE: Self = Self { sharper: 0, planes: [const { Plane { levels: [[0; SIDE]; SIDE], reach: 0, wide: false } }; 3] };

    /// Becomes [`Self::NONE`].
    fn clear(&mut self) {
        self.sharper = 0;
        for plane in &mut self.planes {
            plane.levels[0][0] = 0;
            if plane.reach > 0 {
                plane.levels = [[0; SIDE]; SIDE];
            }
            plane.reach = 0;
        }
    }
}

impl Plane {
    /// Only levels of low frequencies will be set.
    fn narrow(&mut self) {
        if self.wide {
            self.levels = [[0; SIDE]; SIDE];
            self.wide = false;
        }
    }
}

/// Codes `frame` within the window's rectangle, and makes the window what a viewer will show.
///
/// With `refine` the difference to what the window shows is coded, else the picture itself. No block of 16×16 pixels ends further
/// away than the tolerance of its quality (at [`Quality::FIRST`] and finer a mean square of 24, that is 34.3 dB) unless even a step
/// eight times finer does not suffice. Appends to `out`; the length is for the caller to tell.
#[inline(always)]
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
    let source = |window: &Window<'_>, y: usize, row: &mut [Planes]| {
        for i in 0..SIDE {
            let y = (y + i).min(window.height() - 1);
            let pixels = Padded::new(row_of(frame, rect, 0, y));
            if refine {
                let base = Padded::new(window.row(y));
                row.iter_mut().zip(pixels).zip(base).for_each(|((block, pixels), base)| subtract(&pixels, &base, block, i));
            } else {
                row.iter_mut().zip(pixels).for_each(|(block, pixels)| subtract(&pixels, &GREY, block, i));
            }
        }
    };
    let divide = |values: &Planes, means, levels: &mut Levels| steps.divide(values, means, levels);
    let written = walk(&mut coder, &steps, refine, window, &mut scratch.wave, source, divide);
    debug_assert!(written.is_ok(), "only reading fails");
    range.finish(out);
}

/// The opposite of [`encode`], for a window that shows what the encoder's showed.
///
/// # Errors
/// `Malformed` if these bytes are no slice, or not all of one. The window may then show anything.
#[inline(always)]
pub(crate) fn decode(data: &[u8], window: &mut Window<'_>, scratch: &mut Scratch) -> Result<(), Error> {
    let (head, data) = data.split_first().ok_or(Error::Malformed("an image without a quality"))?;
    let quality = Quality::new(head & !REFINES).ok_or(Error::Malformed("an image of unknown quality"))?;
    let (mut coder, refine) = (RangeDecoder::new(data), head & REFINES != 0);
    let divide = |_: &Planes, _, levels: &mut Levels| levels.clear();
    walk(&mut coder, &Steps::new(quality), refine, window, &mut scratch.wave, |_, _, _| (), divide)
}

/// Codes a row of blocks after the other. `source` brings the values of the row at some height, and `divide` makes levels of a
/// block's values, given its expected means; a reader has neither.
#[inline(always)]
fn walk(
    coder: &mut impl Coder,
    steps: &Steps,
    refine: bool,
    window: &mut Window<'_>,
    memory: &mut Memory,
    source: impl Fn(&Window<'_>, usize, &mut [Planes]),
    divide: impl Fn(&Planes, [i32; 3], &mut Levels),
) -> Result<(), Error> {
    let columns = window.width().div_ceil(SIDE);
    memory.row.resize(columns, [[[0; SIDE]; SIDE]; 3]);
    memory.past.clear();
    memory.past.resize(columns + 1, Past::NONE);
    let mut model = Model::FRESH;
    let mut levels = Levels::NONE;
    for y in (0..window.height()).step_by(SIDE) {
        source(window, y, &mut memory.row);
        let mut corner = [0; 3];
        for (column, values) in memory.row.iter_mut().enumerate() {
            let (before, here) = memory.past.split_at_mut(column + 1);
            let (left, here) = (&before[column], &mut here[0]);
            let above = here.means;
            let mut means = [0; 3];
            if !refine {
                means = std::array::from_fn(|i| expect(column > 0, left.means[i], y > 0, above[i], corner[i]));
            }
            corner = above;
            divide(values, means, &mut levels);
            model.block(coder, &mut levels, left, here);
            steps.restore(&levels, &mut means, values);
            here.means = means;
        }
        coder.check()?;
        for i in 0..SIDE.min(window.height() - y) {
            let (rows, rest) = window.row_mut(y + i).as_chunks_mut();
            for (row, block) in rows.iter_mut().zip(&memory.row) {
                *row = add(block, if refine { row } else { &GREY }, i);
            }
            if let (false, Some(block)) = (rest.is_empty(), memory.row.last()) {
                let mut row = GREY;
                if refine {
                    row[..rest.len()].copy_from_slice(rest);
                }
                rest.copy_from_slice(&add(block, &row, i)[..rest.len()]);
            }
        }
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

/// Pixels by the rows of blocks; those behind the last are like it.
struct Padded<'a>(&'a [Pixel]);

impl<'a> Padded<'a> {
    /// There is at least one pixel.
    fn new(pixels: &'a [Pixel]) -> Self {
        Self(pixels)
    }
}

impl Iterator for Padded<'_> {
    type Item = Row;

    #[inline]
    fn next(&mut self) -> Option<Row> {
        if let Some((row, rest)) = self.0.split_first_chunk() {
            self.0 = rest;
            return Some(*row);
        }
        let mut row = [*self.0.last()?; SIDE];
        row[..self.0.len()].copy_from_slice(self.0);
        self.0 = &[];
        Some(row)
    }
}
