//! What the viewer shows inexactly and is owed.

use crate::{
    FrameView, Rect,
    image::{Pixel, Surface, colour, same_colours},
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
    /// Kept for its memory only.
    candidates: Vec<Candidate>,
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

    /// What is inexact in the rectangle was painted again, in so many passes; what is exact was left alone.
    pub(crate) fn refined(&mut self, rect: Rect, passes: u8) {
        for (column, row) in touched(rect) {
            if self.passes[self.index(column, row)] > 0 {
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

    /// The part of `rect`, in whole blocks, that may be inexact after so many passes at most. Blocks that turn out to be exact are noted so, if what was
    /// sent and what is shown of it are `known` to the bit.
    pub(crate) fn bounds(&mut self, rect: Rect, passes: u8, known: Option<(&Surface, &Surface)>) -> Rect {
        let (mut left, mut top, mut right, mut bottom) = (u32::MAX, u32::MAX, 0, 0);
        for (column, row) in touched(rect) {
            if !(1..=passes).contains(&self.passes[self.index(column, row)]) {
                continue;
            }
            let block = self.block(column, row);
            if known.is_some_and(|(sent, shown)| same(sent, shown, block)) {
                self.set(column, row, 0);
                continue;
            }
            (left, top) = (left.min(block.x), top.min(block.y));
            (right, bottom) = (right.max(block.right()), bottom.max(block.bottom()));
        }
        if right == 0 { Rect::default() } else { Rect::new(left, top, right - left, bottom - top).intersection(&rect) }
    }

    /// Adds to `runs` the inexact blocks that look like text in the frame, of those that `changed` names and that do not show what was
    /// sent by chance, joined to the right.
    ///
    /// Blocks are ruled out together, in the order of the frame's rows: most have too many colours after a few of them, and going down
    /// each block alone would wait for memory at every row.
    pub(crate) fn sharp_runs(
        &mut self,
        runs: &mut Vec<Rect>,
        frame: &FrameView<'_>,
        (sent, shown): (&Surface, &Surface),
        changed: impl Fn(Rect) -> bool,
    ) {
        let mut candidates = std::mem::take(&mut self.candidates);
        for row in 0..self.height.div_ceil(BLOCK) {
            candidates.clear();
            let inexact = (0..self.columns).filter(|column| self.passes[self.index(*column, row)] > 0);
            candidates.extend(
                inexact.map(|column| self.block(column, row)).filter(|block| changed(*block)).map(|block| Candidate { block, bits: 0 }),
            );
            for y in row * BLOCK..self.height.min(row * BLOCK + BLOCK) {
                if candidates.is_empty() {
                    break;
                }
                let pixels = frame.row_pixels(y);
                candidates.retain_mut(|candidate| {
                    let Rect { x, width, .. } = candidate.block;
                    candidate.look(&pixels[x as usize..][..width as usize]);
                    candidate.bits.count_ones() <= FEW
                });
            }
            let wanted = |block: &Rect| sharp(frame, *block) && !same(sent, shown, *block);
            for block in candidates.iter().map(|candidate| candidate.block).filter(wanted) {
                match runs.last_mut() {
                    Some(run) if run.right() == block.x && run.y == block.y => run.width += block.width,
                    _ => runs.push(block),
                }
            }
        }
        self.candidates = candidates;
    }

    fn block(&self, column: u32, row: u32) -> Rect {
        let (x, y) = (column * BLOCK, row * BLOCK);
        Rect::new(x, y, BLOCK.min(self.width - x), BLOCK.min(self.height - y))
    }
}

/// Whether both show the same within a block.
pub(crate) fn same(sent: &Surface, shown: &Surface, block: Rect) -> bool {
    (block.y..block.bottom()).all(|y| same_colours(sent.span(block.x, y, block.width), shown.span(block.x, y, block.width)))
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

/// Colours of a block of text, at most.
const FEW: u32 = 24;
/// Least difference in a channel between neighbours that are letter and ground.
const APART: u8 = 48;

/// Whether a block of the frame is text by the measure of the project's benchmarks: 2 to 24 colours, and neighbours far apart.
///
/// Inside of pictures such blocks (letters over a photograph, sharp edges on a flat ground) are painted exactly at once.
fn sharp(frame: &FrameView<'_>, block: Rect) -> bool {
    let mut seen = [0u32; FEW as usize];
    let (mut count, mut apart) = (0, false);
    for y in block.y..block.bottom() {
        let row = frame.span(block.x, y, block.width);
        let mut last = None;
        for pixel in row {
            let colour = colour(*pixel);
            if last != Some(colour) {
                if !seen[..count].contains(&colour) {
                    if count == seen.len() {
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

/// A block that may be text, and the colours seen in its first rows: each sets one of 128 bits, so that there are at least as many
/// colours as bits.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    block: Rect,
    bits: u128,
}

impl Candidate {
    fn look(&mut self, row: &[Pixel]) {
        self.bits = row.iter().fold(self.bits, |bits, pixel| bits | 1 << (colour(*pixel).wrapping_mul(0x9e37_79b1) >> 25));
    }
}
