//! Photographs, exactly.
//!
//! Pixel after pixel, row after row, each channel is guessed ([`guess`]) from what lies left and above, and what the guess leaves
//! over goes through a binary range coder ([`rest`]) with chances chosen by how large the rests around were. Where a coarse
//! picture is shown already ([`wave`](super::wave), a film's last picture), it takes part in the guesses: how far it was off at the
//! neighbours tells how far it will be here.
//!
//! Green goes first, then red and blue as their differences to it.
//!
//! A slice is one byte, 1 if the picture shown takes part and 0 if not; then the range coder's bytes.

mod guess;
mod rest;
#[cfg(test)]
mod tests;

use self::{
    guess::{Around, Bias, Guesses, Off, blend, cold, measure, warm},
    rest::{Model, lively},
};
use super::{
    coder::{Coder, Write},
    image::{Scratch, Window, row_of},
    range::{RangeDecoder, RangeEncoder},
};
use crate::{Error, FrameView, image::Pixel};

/// Green, and red and blue less green.
type Colour = [i16; CHANNELS];
const CHANNELS: usize = 3;

/// Columns kept on either side of a row.
const MARGIN: usize = 2;

/// A difference of bytes, or of such.
#[expect(clippy::cast_possible_truncation, reason = "within ±510")]
fn narrow(value: i32) -> i16 {
    value as i16
}

fn split(pixel: Pixel) -> Colour {
    let [b, g, r] = [pixel[0], pixel[1], pixel[2]].map(i16::from);
    [g, r - g, b - g]
}

#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
fn join([g, r, b]: Colour) -> Pixel {
    let byte = |value: i16| value.clamp(0, 255) as u8;
    [byte(b.wrapping_add(g)), byte(g), byte(r.wrapping_add(g)), 255]
}

/// What is known of a pixel.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    colour: Colour,
    /// What the guesses left over, up to 255.
    rest: [u8; CHANNELS],
    /// How far each guess was off.
    off: [Off; CHANNELS],
}

/// What is expected of a channel before it is known.
struct Guessed {
    guesses: Guesses,
    /// In eighths.
    guess: i32,
    lively: usize,
    kind: u8,
}

/// The pixels around one to be coded.
#[derive(Clone, Copy)]
struct Near<'a> {
    west: &'a Cell,
    north: &'a Cell,
    northwest: &'a Cell,
    northeast: &'a Cell,
}

impl Near<'_> {
    /// What a channel is likely to be. `shown` is what was shown there before, and west, north, north-west and north-east of it.
    #[inline(always)]
    fn guess(self, channel: usize, shown: Option<[Colour; 5]>, bias: &Bias) -> Guessed {
        let Self { west, north, northwest, northeast } = self;
        let pick = |cell: &Cell| i32::from(cell.colour[channel]);
        let around = Around { w: pick(west), n: pick(north), nw: pick(northwest), ne: pick(northeast) };
        let guesses = if let Some(shown) = shown {
            let [s, w, n, nw, ne] = shown.map(|colour| i32::from(colour[channel]));
            warm(around, s, Around { w, n, nw, ne })
        } else {
            cold(around)
        };
        let blended = blend(&guesses, [west, north, northwest, northeast].map(|cell| &cell.off[channel]));
        let size = |cell: &Cell| u32::from(cell.rest[channel]);
        let lively = lively(2 * (size(west) + size(north)) + size(northwest) + size(northeast));
        let kind = bias.kind(channel, lively, around, blended);
        Guessed { guesses, guess: blended + bias.of(kind), lively, kind }
    }
}

fn near_shown([row, above]: &[Vec<Colour>; 2], x: usize) -> [Colour; 5] {
    [row[x], row[x - 1], above[x], above[x - 1], above[x + 1]]
}

/// Rows in the making, each with [`MARGIN`] columns more on either side.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The row being coded, and the one above.
    known: [Vec<Cell>; 2],
    /// What was shown before: in the row being coded, and in the one above.
    shown: [Vec<Colour>; 2],
}

impl Memory {
    fn start(&mut self, width: usize) {
        let len = width + 2 * MARGIN;
        for row in &mut self.known {
            row.clear();
            row.resize(len, Cell { colour: [128, 0, 0], ..Cell::default() });
        }
        for row in &mut self.shown {
            row.clear();
            row.resize(len, [128, 0, 0]);
        }
    }
}

/// Codes `frame` within the window's rectangle, and makes the window equal to it.
///
/// With `side`, what the window shows takes part in the guesses: right for a coarse first pass, wrong for another picture.
/// Appends to `out`; the length is for the caller to tell.
pub(crate) fn encode(frame: &FrameView<'_>, window: &mut Window<'_>, side: bool, scratch: &mut Scratch, out: &mut Vec<u8>) {
    out.push(u8::from(side));
    let rect = window.rect();
    let mut range = RangeEncoder::new();
    let mut coder = Write { range: &mut range, out };
    let source = |y| row_of(frame, rect, 0, y);
    let written = if side {
        walk::<_, true>(&mut coder, window, &mut scratch.exact, source)
    } else {
        walk::<_, false>(&mut coder, window, &mut scratch.exact, source)
    };
    debug_assert!(written.is_ok(), "only reading fails");
    range.finish(out);
}

/// The opposite of [`encode`], for a window that shows what the encoder's showed.
///
/// # Errors
/// `Malformed` if these bytes are no slice, or not all of one. The window may then show anything.
pub(crate) fn decode(data: &[u8], window: &mut Window<'_>, scratch: &mut Scratch) -> Result<(), Error> {
    let (head, data) = data.split_first().ok_or(Error::Malformed("an exact image without a head"))?;
    let mut coder = RangeDecoder::new(data);
    match head {
        0 => walk::<_, false>(&mut coder, window, &mut scratch.exact, |_| &[]),
        1 => walk::<_, true>(&mut coder, window, &mut scratch.exact, |_| &[]),
        _ => Err(Error::Malformed("an exact image of unknown kind")),
    }
}

/// Codes row after row. `source` gives what is to be written; a reader has nothing.
fn walk<'a, D: Coder, const SIDE: bool>(
    coder: &mut D,
    window: &mut Window<'_>,
    memory: &mut Memory,
    source: impl Fn(usize) -> &'a [Pixel],
) -> Result<(), Error> {
    let (width, height) = (window.width(), window.height());
    memory.start(width);
    let Memory { known, shown } = memory;
    let mut model = Model::new();
    let mut bias = Bias::new();
    for y in 0..height {
        known.swap(0, 1);
        if SIDE {
            shown.swap(0, 1);
            fill(&mut shown[0], window.row(y));
            if y == 0 {
                fill(&mut shown[1], window.row(0));
            }
        }
        let from = source(y);
        let [row, above] = known;
        // What lies left of the first pixel is like the one above it.
        row[..MARGIN].fill(above[MARGIN]);
        for x in MARGIN..width + MARGIN {
            let actual = from.get(x - MARGIN).map_or([0; CHANNELS], |pixel| split(*pixel));
            let [west2, west, here] = &mut row[x - 2..=x] else { break };
            let [northwest, north, northeast] = &above[x - 1..=x + 1] else { break };
            let flat = west.colour == north.colour && west.colour == northwest.colour && west.colour == northeast.colour;
            if flat && model.same(coder, actual == west.colour, usize::from(west2.colour == west.colour)) {
                *here = Cell { colour: west.colour, ..Cell::default() };
                continue;
            }
            // First all that needs no decision of this pixel, so that a processor can do it for the three channels at once.
            let near = Near { west, north, northwest, northeast };
            let lossy = if SIDE { Some(near_shown(shown, x)) } else { None };
            let guessed = [near.guess(0, lossy, &bias), near.guess(1, lossy, &bias), near.guess(2, lossy, &bias)];
            let mut beside = 0;
            for (channel, Guessed { guesses, guess, lively, kind }) in guessed.into_iter().enumerate() {
                // Green is a byte, and so is what the others are with green added.
                let low = if channel == 0 { 0 } else { -i32::from(here.colour[0]) };
                let guess = guess.clamp(low << guess::FRACTION, (low + 255) << guess::FRACTION);
                let value = model.code(coder, channel, i32::from(actual[channel]), guess, lively, beside);
                bias.learn(kind, (value << guess::FRACTION) - guess);
                beside = value - ((guess + 4) >> guess::FRACTION);
                here.colour[channel] = narrow(value);
                here.rest[channel] = u8::try_from(beside.unsigned_abs()).unwrap_or(u8::MAX);
                here.off[channel] = measure(&guesses, value);
            }
        }
        let last = row[width + MARGIN - 1];
        row[width + MARGIN..].fill(last);
        for (to, from) in window.row_mut(y).iter_mut().zip(&row[MARGIN..]) {
            *to = join(from.colour);
        }
        coder.check()?;
    }
    Ok(())
}

fn fill(row: &mut [Colour], pixels: &[Pixel]) {
    let end = MARGIN + pixels.len();
    row[MARGIN..end].iter_mut().zip(pixels).for_each(|(to, from)| *to = split(*from));
    let (first, last) = (row[MARGIN], row[end - 1]);
    row[..MARGIN].fill(first);
    row[end..].fill(last);
}
