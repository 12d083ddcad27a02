//! Photographs, exactly.
//!
//! Pixel after pixel, row after row, each channel is guessed ([`guess`]) from what lies left and above, and what the guess leaves
//! over goes through a binary range coder ([`rest`]) with chances chosen by how large the rests around were. Where a coarse
//! picture is shown already ([`wave`](super::wave), a film's last picture), it takes part in the guesses: there it is known what
//! lies right and below, too.
//!
//! Green goes first, then red and blue as their differences to it.
//!
//! A slice is one byte, 1 if the picture shown takes part and 0 if not; then the range coder's bytes.

mod guess;
mod rest;
#[cfg(test)]
mod tests;

use self::{
    guess::{Around, Bias, blend, cold, measure, warm},
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

/// Rows in the making, each with [`MARGIN`] columns more on either side.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What is known: the row being coded and the two above.
    known: [Vec<Colour>; 3],
    /// What was shown before: the row above, the one being coded, and the one below.
    shown: [Vec<Colour>; 3],
    /// How far each guess was off: the row being coded, and the one above.
    off: [Vec<[guess::Off; CHANNELS]>; 2],
    /// What the guesses left over, likewise.
    rests: [Vec<[i16; CHANNELS]>; 2],
}

impl Memory {
    fn start(&mut self, width: usize) {
        let len = width + 2 * MARGIN;
        for row in self.known.iter_mut().chain(&mut self.shown) {
            row.clear();
            row.resize(len, [128, 0, 0]);
        }
        for row in &mut self.off {
            row.clear();
            row.resize(len, Default::default());
        }
        for row in &mut self.rests {
            row.clear();
            row.resize(len, [0; CHANNELS]);
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
    let Memory { known, shown, off, rests } = memory;
    let mut model = Model::new();
    let mut bias = Bias::new();
    if SIDE {
        for (row, y) in shown.iter_mut().zip([0, 0, 1.min(height - 1)]) {
            fill(row, window.row(y));
        }
    }
    for y in 0..height {
        // Row 0 is the one being coded.
        known.rotate_right(1);
        off.swap(0, 1);
        rests.swap(0, 1);
        if SIDE && y > 0 {
            shown.rotate_left(1);
            fill(&mut shown[2], window.row((y + 1).min(height - 1)));
        }
        let from = source(y);
        let [row, above, above2] = known;
        // What lies left of the first pixel is like the one above it.
        row[..MARGIN].fill(above[MARGIN]);
        for x in MARGIN..width + MARGIN {
            let actual = from.get(x - MARGIN).map_or([0; CHANNELS], |pixel| split(*pixel));
            let [w, n, nw, ne] = [row[x - 1], above[x], above[x - 1], above[x + 1]];
            let flat = w == n && w == nw && w == ne;
            if flat && model.same(coder, actual == w, usize::from(row[x - 2] == w) * 2 + usize::from(above2[x] == w)) {
                row[x] = w;
                off[0][x] = Default::default();
                rests[0][x] = [0; CHANNELS];
                continue;
            }
            let mut here = [0; CHANNELS];
            let mut left_over = [0; CHANNELS];
            let mut how_far = [guess::Off::default(); CHANNELS];
            let mut beside = 0;
            for channel in 0..CHANNELS {
                let pick = |row: &[Colour], x: usize| i32::from(row[x][channel]);
                let around = Around {
                    w: pick(row, x - 1),
                    n: pick(above, x),
                    nw: pick(above, x - 1),
                    ne: pick(above, x + 1),
                    ww: pick(row, x - 2),
                    nn: pick(above2, x),
                };
                let guesses = if SIDE {
                    let [before, now, below] = &*shown;
                    let shown = Around {
                        w: pick(now, x - 1),
                        n: pick(before, x),
                        nw: pick(before, x - 1),
                        ne: pick(before, x + 1),
                        ww: pick(now, x + 1),
                        nn: pick(below, x),
                    };
                    warm(around, pick(now, x), shown)
                } else {
                    cold(around)
                };
                let total: [u32; 8] = std::array::from_fn(|i| {
                    [off[0][x - 1], off[1][x], off[1][x - 1], off[1][x + 1]].iter().map(|o| u32::from(o[channel][i])).sum()
                });
                let blended = blend(&guesses, &total);
                let size = |row: &[[i16; CHANNELS]], x: usize| u32::from(row[x][channel].unsigned_abs());
                let (now, before) = (&rests[0], &rests[1]);
                let alive = lively(2 * (size(now, x - 1) + size(before, x)) + size(before, x - 1) + size(before, x + 1));
                let level = blended >> guess::FRACTION;
                let kind = [around.w, around.n, around.nw, around.ne]
                    .into_iter()
                    .fold(channel * 4 + alive / 4, |kind, value| kind * 2 + usize::from(value > level));
                let guess = blended + bias.of(kind);
                // Green is a byte, and so is what the others are with green added.
                let low = if channel == 0 { 0 } else { -i32::from(here[0]) };
                let guess = guess.clamp(low << guess::FRACTION, (low + 255) << guess::FRACTION);
                let value = model.code(coder, channel, i32::from(actual[channel]), guess, alive, beside).clamp(low, low + 255);
                bias.learn(kind, (value << guess::FRACTION) - guess);
                here[channel] = narrow(value);
                beside = value - ((guess + 4) >> guess::FRACTION);
                left_over[channel] = narrow(beside);
                how_far[channel] = measure(&guesses, value);
            }
            off[0][x] = how_far;
            rests[0][x] = left_over;
            row[x] = here;
        }
        let last = row[width + MARGIN - 1];
        row[width + MARGIN..].fill(last);
        for (to, from) in window.row_mut(y).iter_mut().zip(&row[MARGIN..]) {
            *to = join(*from);
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
