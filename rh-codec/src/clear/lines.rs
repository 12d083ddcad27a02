//! Where to cut a bitmap into bands: between lines of text.

use super::MAX_BAND_HEIGHT;
use crate::{
    FrameView, Rect,
    image::{COLOUR, Pixel},
};

/// Bitmaps up to this height are one band: a single line of ordinary text.
const ONE_LINE: u32 = 24;

/// Rows of a band at least, where there is a choice.
pub(super) const LEAST: u32 = 4;

/// Cuts bitmaps into bands of at most 52 rows.
///
/// A letter gives the same columns again only if bands lie the same way on every line of its text. Rows between lines are told
/// by their ink: how many pixels differ from their left neighbour. They need not be of one colour, for something else may stand
/// beside the text.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    ink: Vec<u32>,
}

impl Cutter {
    /// The heights of the bands of `rect`, from the top.
    pub(super) fn cut(&mut self, frame: &FrameView<'_>, rect: Rect) -> Bands<'_> {
        self.ink.clear();
        if rect.height <= ONE_LINE {
            return Bands { ink: &[], quiet: 0, rest: rect.height };
        }
        self.ink.extend((rect.y..rect.bottom()).map(|y| ink(frame.span(rect.x, y, rect.width))));
        let total: u64 = self.ink.iter().copied().map(u64::from).sum();
        // A fifth of the mean, a figure tried on recorded screens; 4 is a line down both edges.
        let quiet = u32::try_from(total / u64::from(rect.height) / 5).unwrap_or(u32::MAX).max(4);
        Bands { ink: &self.ink, quiet, rest: rect.height }
    }
}

/// Pixels that differ from their left neighbour.
pub(super) fn ink(row: &[Pixel]) -> u32 {
    let right = row.get(1..).unwrap_or_default();
    right.iter().zip(row).map(|(a, b)| u32::from((u32::from_le_bytes(*a) ^ u32::from_le_bytes(*b)) & COLOUR != 0)).sum()
}

/// Heights of bands, one after another.
pub(super) struct Bands<'a> {
    /// Of the rows that are left; empty where none needs to be cut.
    ink: &'a [u32],
    /// The most ink of a row between lines.
    quiet: u32,
    rest: u32,
}

impl Iterator for Bands<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.rest == 0 {
            return None;
        }
        let height = if self.ink.is_empty() { self.rest } else { self.first() };
        self.ink = self.ink.get(height as usize..).unwrap_or_default();
        self.rest -= height;
        Some(height)
    }
}

impl Bands<'_> {
    #[expect(clippy::cast_possible_truncation, reason = "at most 52")]
    fn first(&self) -> u32 {
        let most = usize::from(MAX_BAND_HEIGHT).min(self.ink.len());
        // Up to the next line's first row, so that bands begin with what their letters begin with.
        let line = (LEAST as usize..most).find(|&row| self.ink[row - 1] <= self.quiet && self.ink[row] > self.quiet);
        (match line {
            Some(row) => row,
            None if self.ink.len() == most => most,
            // Large letters, or none: where least is cut through.
            None => (most / 2..most).min_by_key(|&row| self.ink[row]).unwrap_or(most),
        }) as u32
    }
}
