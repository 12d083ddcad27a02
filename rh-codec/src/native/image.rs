//! What the two coders of images share: slices, the window on the picture that they write to, and their memory.
//!
//! [`wave`](super::wave) paints coarsely and [`exact`](super::exact) exactly. Both are functions of a frame, a rectangle, and what
//! the viewer shows there; neither remembers anything from one call to the next. A rectangle is cut into *slices* by its size
//! alone, and a slice is bytes of its own: any number of threads may code them, in any order, each with a [`Scratch`] of its own,
//! and the bytes are the same.
//!
//! ```text
//! for slice in Window::new(&mut shown, rect).slices() {        // or: hand them to threads
//!     let start = out.len();
//!     wave::encode(&frame, slice, Quality::FIRST, false, &mut scratch, &mut out);
//!     lengths.push(out.len() - start);
//! }
//! ```

use super::{exact, wave};
use crate::{
    FrameView, Rect,
    image::{Pixel, Surface},
};

/// Pixels of a slice, about: coding one takes milliseconds, and what the adaptive chances have to learn anew costs less than a
/// hundredth.
const SLICE: u64 = 1 << 19;

/// Slices start at multiples of this many rows within their rectangle: the height of a block of [`wave`](super::wave).
const GRAIN: u32 = 16;

/// Memory that the coders use during a call, and nothing else: what is in it before does not matter.
///
/// It grows to what the widest rectangle needs and then stays.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(super) wave: wave::Memory,
    pub(super) exact: exact::Memory,
}

/// Rows of each slice of a rectangle but the last, which has the rest.
///
/// With `n = max(1, round(area / 2^19))`: `height / n` rounded up to a multiple of 16.
pub(crate) fn slice_height(rect: Rect) -> u32 {
    let count = ((rect.area() + SLICE / 2) / SLICE).max(1);
    let rows = u64::from(rect.height).div_ceil(count);
    u32::try_from(rows).unwrap_or(rect.height).next_multiple_of(GRAIN)
}

/// Row `y` of a rectangle of a frame, from its column `x`.
#[expect(clippy::cast_possible_truncation, reason = "rows of a rectangle, whose height has 32 bits")]
pub(super) fn row_of<'a>(frame: &FrameView<'a>, rect: Rect, x: usize, y: usize) -> &'a [Pixel] {
    &frame.span(rect.x, rect.y + y as u32, rect.width)[x..]
}

/// A rectangle of a picture, to read and to write.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    rect: Rect,
    /// Whole rows of the picture, from the rectangle's first.
    rows: &'a mut [Pixel],
    stride: usize,
}

impl<'a> Window<'a> {
    /// The caller has seen to it that the rectangle is not empty and lies inside the picture.
    pub(crate) fn new(shown: &'a mut Surface, rect: Rect) -> Self {
        let (width, height) = shown.size();
        debug_assert!(!rect.is_empty() && rect.fits(width, height), "{rect:?} in a picture of {width} by {height}");
        let stride = width as usize;
        let rows = &mut shown.pixels_mut()[rect.y as usize * stride..rect.bottom() as usize * stride];
        Self { rect, rows, stride }
    }

    /// Cuts it into the slices that the format prescribes, from the top.
    pub(crate) fn slices(self) -> impl Iterator<Item = Self> {
        let (rect, stride, height) = (self.rect, self.stride, slice_height(self.rect));
        (rect.y..rect.bottom()).step_by(height as usize).zip(self.rows.chunks_mut(height as usize * stride)).map(move |(y, rows)| {
            let height = height.min(rect.bottom() - y);
            Self { rect: Rect { y, height, ..rect }, rows, stride }
        })
    }

    /// Where it is, in the coordinates of the picture.
    pub(crate) fn rect(&self) -> Rect {
        self.rect
    }

    pub(super) fn width(&self) -> usize {
        self.rect.width as usize
    }

    pub(super) fn height(&self) -> usize {
        self.rect.height as usize
    }

    /// Row `y` of the window.
    pub(super) fn row(&self, y: usize) -> &[Pixel] {
        &self.rows[y * self.stride + self.rect.x as usize..][..self.rect.width as usize]
    }

    pub(super) fn row_mut(&mut self, y: usize) -> &mut [Pixel] {
        &mut self.rows[y * self.stride + self.rect.x as usize..][..self.rect.width as usize]
    }
}
