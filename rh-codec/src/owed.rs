//! What the viewer shows inexactly and is owed.

use crate::{
    FrameView, Rect,
    image::{Surface, same_colours},
};

/// Side of a block, in pixels.
const BLOCK: u32 = 16;

/// For each block of the picture whether it is exact, and if not, how it was painted last.
///
/// On the safe side: a block that is said to be exact is.
#[derive(Debug, Default)]
pub(crate) struct Owed {
    width: u32,
    height: u32,
    columns: u32,
    /// 0 for exact.
    passes: Vec<u8>,
    inexact: usize,
}

impl Owed {
    /// Everything is exact, for a picture of this size.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        (self.width, self.height, self.columns) = (width, height, width.div_ceil(BLOCK));
        self.passes.clear();
        self.passes.resize(self.columns as usize * height.div_ceil(BLOCK) as usize, 0);
        self.inexact = 0;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.inexact == 0
    }

    fn index(&self, column: u32, row: u32) -> usize {
        row as usize * self.columns as usize + column as usize
    }

    fn set(&mut self, column: u32, row: u32, passes: u8) {
        let index = self.index(column, row);
        let before = std::mem::replace(&mut self.passes[index], passes);
        self.inexact = self.inexact + usize::from(passes > 0) - usize::from(before > 0);
    }

    /// The rectangle was painted in so many passes, 0 for exactly.
    pub(crate) fn painted(&mut self, rect: Rect, passes: u8) {
        if passes == 0 && self.inexact == 0 {
            return;
        }
        for (column, row) in touched(rect) {
            let block = self.block(column, row);
            // Of a block that is painted in part, the rest stays as it was.
            if passes > 0 || block.intersection(&rect) == block {
                self.set(column, row, passes);
            }
        }
    }

    /// The rectangle was copied: what is owed at the source is owed at the target too.
    pub(crate) fn copy(&mut self, src: Rect, x: u32, y: u32) {
        if self.inexact == 0 {
            return;
        }
        let target = Rect { x, y, ..src };
        // As with pixels: nothing is overwritten before it has been read.
        let rows = target.y / BLOCK..target.bottom().div_ceil(BLOCK);
        let mut row_of = |row: u32| {
            let columns = target.x / BLOCK..target.right().div_ceil(BLOCK);
            let mut column_of = |column: u32| {
                let part = self.block(column, row).intersection(&target);
                let from = Rect { x: part.x - x + src.x, y: part.y - y + src.y, ..part };
                let owed = touched(from).map(|(column, row)| self.passes[self.index(column, row)]).fold(0, least);
                let whole = part == self.block(column, row);
                let owed = if whole { owed } else { least(owed, self.passes[self.index(column, row)]) };
                self.set(column, row, owed);
            };
            if x > src.x { columns.rev().for_each(&mut column_of) } else { columns.for_each(&mut column_of) }
        };
        if y > src.y { rows.rev().for_each(&mut row_of) } else { rows.for_each(&mut row_of) }
    }

    /// The passes of the block that has had the fewest, of those that `rect` touches and that are not exact; 0 if all are.
    pub(crate) fn passes(&self, rect: Rect) -> u8 {
        if self.inexact == 0 { 0 } else { touched(rect).map(|(column, row)| self.passes[self.index(column, row)]).fold(0, least) }
    }

    /// The part of `rect`, in whole blocks, that may be inexact after so many passes at most; blocks that turn out to be exact are noted so.
    pub(crate) fn bounds(&mut self, rect: Rect, passes: u8, sent: &Surface, shown: &Surface) -> Rect {
        let (mut left, mut top, mut right, mut bottom) = (u32::MAX, u32::MAX, 0, 0);
        for (column, row) in touched(rect) {
            if !(1..=passes).contains(&self.passes[self.index(column, row)]) {
                continue;
            }
            let block = self.block(column, row);
            let same = |y| same_colours(sent.span(block.x, y, block.width), shown.span(block.x, y, block.width));
            if (block.y..block.bottom()).all(same) {
                self.set(column, row, 0);
                continue;
            }
            (left, top) = (left.min(block.x), top.min(block.y));
            (right, bottom) = (right.max(block.right()), bottom.max(block.bottom()));
        }
        if right == 0 { Rect::default() } else { Rect::new(left, top, right - left, bottom - top).intersection(&rect) }
    }

    /// The inexact blocks that `rect` touches, in rows from left to right.
    pub(crate) fn blocks(&self, rect: Rect) -> impl Iterator<Item = Rect> {
        touched(rect).filter(|(column, row)| self.passes[self.index(*column, *row)] > 0).map(|(column, row)| self.block(column, row))
    }

    fn block(&self, column: u32, row: u32) -> Rect {
        let (x, y) = (column * BLOCK, row * BLOCK);
        Rect::new(x, y, BLOCK.min(self.width - x), BLOCK.min(self.height - y))
    }
}

/// The lesser number of passes, where 0 is exact and so the most.
fn least(a: u8, b: u8) -> u8 {
    match (a, b) {
        (0, other) | (other, 0) => other,
        _ => a.min(b),
    }
}

/// The blocks that a rectangle touches.
fn touched(rect: Rect) -> impl Iterator<Item = (u32, u32)> {
    (rect.y / BLOCK..rect.bottom().div_ceil(BLOCK))
        .flat_map(move |row| (rect.x / BLOCK..rect.right().div_ceil(BLOCK)).map(move |column| (column, row)))
}

/// Whether a block of the frame is text by the measure of the project's benchmarks: 2 to 24 colours, and neighbours far apart.
///
/// Inside of pictures such blocks (letters over a photograph, sharp edges on a flat ground) are painted exactly at once.
pub(crate) fn sharp(frame: &FrameView<'_>, block: Rect) -> bool {
    const FEW: usize = 24;
    const APART: u8 = 48;
    let mut seen = [0u32; FEW];
    let (mut count, mut apart) = (0, false);
    for y in block.y..block.bottom() {
        let row = frame.span(block.x, y, block.width);
        let mut last = None;
        for pixel in row {
            let colour = crate::image::colour(*pixel);
            if last != Some(colour) {
                if !seen[..count].contains(&colour) {
                    if count == FEW {
                        return false;
                    }
                    seen[count] = colour;
                    count += 1;
                }
                if let Some(last) = last {
                    let last = u32::to_le_bytes(last);
                    apart |= (0..3).any(|i| last[i].abs_diff(pixel[i]) >= APART);
                }
                last = Some(colour);
            }
        }
    }
    apart
}
