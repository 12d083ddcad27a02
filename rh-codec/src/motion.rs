//! What has moved: scrolled text, dragged windows.
//!
//! Pieces of rows (32 pixels, one dimension) of the shown picture are hashed on a grid; the new frame's rows are searched for them
//! with a rolling hash at every column. Each find is a vote for a vector, and the vector with the most votes is tried:
//! wherever rows of tiles, moved by it, equal the frame, pixel by pixel, they become copies. A wrong vector costs time, never
//! a wrong picture.

use crate::{
    FrameView, Move, Rect,
    diff::{TILE, TileMap},
    image::{Pixel, Surface, colour, same_colours},
};

/// Pixels of a hashed piece.
const PIECE: usize = 32;
/// Pixels of a piece beyond the tile that it starts in.
const OVERLAP: u32 = 31;
/// One piece in so many columns of the shown picture is hashed.
const GRID: usize = 64;
/// Slots of the table of pieces, as a power of two: 2^16 slots of 8 bytes.
const TABLE_BITS: u32 = 16;
const VOTE_SLOTS: usize = 1024;
/// Votes below which a vector is chance.
const QUORUM: u32 = 16;
/// Dirty rows of tiles below which a search costs more than it saves: two tiles.
const WORTH_SEARCHING: u32 = 128;
/// Dirty rows that a copy must explain; a smaller one costs as much as its pixels.
const WORTH_COPYING: u32 = 8;
/// Rows that match nothing and are dirty anyway may lie in a copy: splitting it would cost another operation.
const GAP: u32 = 16;

const FACTOR: u32 = 0x2c1b_3c6d;

/// `FACTOR` to the powers 31..0: the hash of a piece is the sum of its pixels times these.
const POWERS: [u32; PIECE] = {
    let mut powers = [1u32; PIECE];
    let mut i = PIECE - 1;
    while i > 0 {
        powers[i - 1] = powers[i].wrapping_mul(FACTOR);
        i -= 1;
    }
    powers
};
/// What a pixel weighs when it leaves the rolling hash.
const LEAVING: u32 = POWERS[0].wrapping_mul(FACTOR);

/// A rectangle of the shown picture and where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copy {
    pub(crate) src: Rect,
    pub(crate) x: u32,
    pub(crate) y: u32,
}

impl Copy {
    pub(crate) fn target(&self) -> Rect {
        Rect { x: self.x, y: self.y, ..self.src }
    }
}

/// From a place in the frame to where its pixels are shown now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Vector {
    dx: i32,
    dy: i32,
}

impl Vector {
    const ZERO: Self = Self { dx: 0, dy: 0 };

    /// `rect` moved by the vector, if it stays within the picture.
    fn apply(self, rect: Rect, (width, height): (u32, u32)) -> Option<Rect> {
        let moved = Rect { x: rect.x.checked_add_signed(self.dx)?, y: rect.y.checked_add_signed(self.dy)?, ..rect };
        moved.fits(width, height).then_some(moved)
    }
}

#[derive(Clone, Copy)]
struct Piece {
    hash: u32,
    x: u16,
    y: u16,
}

/// A free slot of the table, and one whose hash occurs more than once: no piece lies there, for it would leave the picture.
const FREE: u16 = u16::MAX;
const AMBIGUOUS: u16 = u16::MAX - 1;

/// Copies in a frame at most. A scrolled page takes a few; a pattern that would take more is better sent as pixels.
const MOST_COPIES: usize = 256;

/// Stands for the column of a run that a copy has taken in.
const TAKEN: u32 = u32::MAX;

/// Rows `top..bottom` of a tile column that a copy can make right.
#[derive(Clone, Copy)]
struct Run {
    column: u32,
    top: u32,
    bottom: u32,
}

impl Run {
    fn is_empty(&self) -> bool {
        self.top == self.bottom
    }
}

/// Finds copies; owns the memory that it takes (544 KiB and the runs of one frame).
pub(crate) struct Search {
    table: Vec<Piece>,
    votes: Vec<(Vector, u32)>,
    runs: Vec<Run>,
    /// For each tile column the run that may go on, and its dirty rows.
    open: Vec<(Run, u32)>,
}

impl Search {
    pub(crate) fn new() -> Self {
        Self { table: Vec::new(), votes: Vec::new(), runs: Vec::new(), open: Vec::new() }
    }

    /// Puts into `copies` what is best done by copying, to be done in this order; `moves` are tried before anything is searched.
    pub(crate) fn find(&mut self, copies: &mut Vec<Copy>, tiles: &TileMap, frame: &FrameView<'_>, shown: &Surface, moves: &[Move]) {
        copies.clear();
        for hint in moves {
            let vector = hint.dx.checked_neg().zip(hint.dy.checked_neg()).map(|(dx, dy)| Vector { dx, dy });
            if let Some(vector) = vector.filter(|vector| *vector != Vector::ZERO) {
                self.try_vector(copies, tiles, frame, shown, vector);
            }
            if !copies.is_empty() {
                return;
            }
        }
        let dirty = tiles.dirty_count();
        if dirty < WORTH_SEARCHING {
            return;
        }
        let bounds = tiles.dirty_bounds();
        self.index(shown, bounds);
        // Looking at every row of a full screen would find the same vector eight times.
        let step = (dirty / 1024).clamp(1, 8);
        self.vote(tiles, frame, bounds, step);
        if let Some(&(vector, votes)) = self.votes.iter().max_by_key(|(_, votes)| *votes)
            && votes >= QUORUM
        {
            self.try_vector(copies, tiles, frame, shown, vector);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "coordinates and their differences are below 2^16, by `FrameView`")]
    fn index(&mut self, shown: &Surface, bounds: Rect) {
        self.table.clear();
        self.table.resize(1 << TABLE_BITS, Piece { hash: 0, x: FREE, y: 0 });
        let first = bounds.x as usize / GRID * GRID;
        for y in bounds.y..bounds.bottom() {
            let row = &shown.row_pixels(y)[..bounds.right() as usize];
            for x in (first..row.len()).step_by(GRID) {
                let Some(piece) = row[x..].first_chunk::<PIECE>() else { break };
                let above = y.checked_sub(1).map(|y| &shown.row_pixels(y)[x..x + PIECE]);
                if same_colours(&piece[1..], &piece[..PIECE - 1]) || above.is_some_and(|above| same_colours(above, piece)) {
                    // One colour is everywhere, and of rows that repeat (scaled pictures, stems of letters) only the first tells its place.
                    continue;
                }
                let hash =
                    piece.iter().zip(&POWERS).fold(0u32, |sum, (pixel, power)| sum.wrapping_add(colour(*pixel).wrapping_mul(*power)));
                let slot = &mut self.table[slot_of(hash)];
                if slot.x == FREE {
                    *slot = Piece { hash, x: x as u16, y: y as u16 };
                } else if slot.hash == hash {
                    slot.x = AMBIGUOUS;
                }
            }
        }
    }

    fn vote(&mut self, tiles: &TileMap, frame: &FrameView<'_>, bounds: Rect, step: u32) {
        self.votes.clear();
        self.votes.resize(VOTE_SLOTS, (Vector::ZERO, 0));
        for y in (bounds.y..bounds.bottom()).step_by(step as usize) {
            for column in bounds.x / TILE..bounds.right().div_ceil(TILE) {
                if tiles.is_dirty(column, y) {
                    let start = column * TILE;
                    let width = (TILE + OVERLAP).min(frame.width() - start);
                    let above = y.checked_sub(1).map(|y| frame.span(start, y, width));
                    self.vote_span(frame.span(start, y, width), above, start, y);
                }
            }
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "coordinates and their differences are below 2^16, by `FrameView`"
    )]
    fn vote_span(&mut self, span: &[Pixel], above: Option<&[Pixel]>, start: u32, y: u32) {
        let mut hash = 0u32;
        for (i, pixel) in span.iter().enumerate() {
            let leaving = if i < PIECE { 0 } else { colour(span[i - PIECE]).wrapping_mul(LEAVING) };
            hash = hash.wrapping_mul(FACTOR).wrapping_add(colour(*pixel).wrapping_sub(leaving));
            if i + 1 < PIECE {
                continue;
            }
            let piece = self.table[slot_of(hash)];
            let repeats = || above.is_some_and(|above| same_colours(&above[i + 1 - PIECE..=i], &span[i + 1 - PIECE..=i]));
            if piece.hash == hash && piece.x < AMBIGUOUS && !repeats() {
                let x = start + (i + 1 - PIECE) as u32;
                let vector = Vector { dx: i32::from(piece.x) - x as i32, dy: i32::from(piece.y) - y as i32 };
                if vector != Vector::ZERO {
                    self.count(vector);
                }
            }
        }
    }

    fn count(&mut self, vector: Vector) {
        let hash = vector.dx.cast_unsigned().wrapping_mul(0x9e37_79b1) ^ vector.dy.cast_unsigned().wrapping_mul(0x85eb_ca6b);
        // A vector that finds eight others in its place loses its vote: the winner has many.
        for i in 0..8 {
            let slot = &mut self.votes[(hash as usize + i) % VOTE_SLOTS];
            if slot.1 == 0 || slot.0 == vector {
                *slot = (vector, slot.1 + 1);
                return;
            }
        }
    }

    /// Adds copies for all that `vector` explains.
    fn try_vector(&mut self, copies: &mut Vec<Copy>, tiles: &TileMap, frame: &FrameView<'_>, shown: &Surface, vector: Vector) {
        let bounds = tiles.dirty_bounds();
        self.collect_runs(bounds, tiles, frame, shown, vector);
        // Each rectangle starts with the leftmost run and takes in the next column's where that is about as high or higher; what
        // stands out above and below remains a run of its own.
        self.runs.sort_unstable_by_key(|run| (run.column, run.top));
        let mut first = 0;
        while let Some(&(mut rect)) = self.runs.get(first) {
            first += 1;
            if rect.column == TAKEN || copies.len() == MOST_COPIES {
                continue;
            }
            let mut columns = 1;
            let shared = |run: &Run, rect: Run, columns| {
                let (top, bottom) = (rect.top.max(run.top), rect.bottom.min(run.bottom));
                let meets = run.column == rect.column + columns && top < bottom;
                (meets && (bottom - top) * 8 >= (rect.bottom - rect.top) * 7).then_some((top, bottom))
            };
            while let Some((next, (top, bottom))) =
                (first..self.runs.len()).find_map(|next| shared(&self.runs[next], rect, columns).map(|rows| (next, rows)))
            {
                let run = std::mem::replace(&mut self.runs[next], Run { column: TAKEN, top, bottom });
                let above = Run { bottom: top, ..run };
                let below = Run { top: bottom, ..run };
                self.runs.extend([above, below].into_iter().filter(|rest| rest.bottom - rest.top >= WORTH_COPYING));
                (rect.top, rect.bottom) = (top, bottom);
                columns += 1;
            }
            let x = rect.column * TILE;
            let target = Rect::new(x, rect.top, (columns * TILE).min(frame.width() - x), rect.bottom - rect.top);
            let target = widen(target, frame, shown, vector);
            if let Some(src) = vector.apply(target, shown.size()) {
                copies.push(Copy { src, x: target.x, y: target.y });
            }
        }
        // What is read must not have been overwritten: against the direction of the movement.
        copies.sort_unstable_by_key(|copy| {
            let (x, y) = (i64::from(copy.x), i64::from(copy.y));
            (if vector.dy < 0 { -y } else { y }, if vector.dx < 0 { -x } else { x })
        });
    }

    /// Finds the runs of all tile columns, going over both pictures in row order: down a column, every row is a wait for memory.
    fn collect_runs(&mut self, bounds: Rect, tiles: &TileMap, frame: &FrameView<'_>, shown: &Surface, vector: Vector) {
        self.runs.clear();
        self.open.clear();
        self.open.extend((bounds.x / TILE..bounds.right().div_ceil(TILE)).map(|column| (Run { column, top: 0, bottom: 0 }, 0)));
        for y in bounds.y..bounds.bottom() {
            for (run, explained) in &mut self.open {
                let (x, dirty) = (run.column * TILE, tiles.is_dirty(run.column, y));
                let width = TILE.min(frame.width() - x);
                let matches = vector
                    .apply(Rect::new(x, y, width, 1), shown.size())
                    .is_some_and(|src| same_colours(frame.span(x, y, width), shown.span(src.x, src.y, width)));
                if matches {
                    if run.is_empty() {
                        run.top = y;
                    }
                    run.bottom = y + 1;
                    *explained += u32::from(dirty);
                } else if !run.is_empty() && (!dirty || y - run.bottom >= GAP) {
                    if *explained >= WORTH_COPYING {
                        self.runs.push(*run);
                    }
                    (run.top, run.bottom, *explained) = (0, 0, 0);
                }
            }
        }
        self.runs.extend(self.open.iter().filter(|(_, explained)| *explained >= WORTH_COPYING).map(|(run, _)| *run));
    }
}

fn slot_of(hash: u32) -> usize {
    (hash.wrapping_mul(0x9e37_79b1) >> (32 - TABLE_BITS)) as usize
}

/// Grows a copy's target sideways by up to a tile, as far as every row that matches inside matches there too.
fn widen(target: Rect, frame: &FrameView<'_>, shown: &Surface, vector: Vector) -> Rect {
    let Some(src) = vector.apply(target, shown.size()) else { return target };
    // Both sides stay within the picture.
    let mut left = TILE.min(target.x).min(src.x);
    let mut right = TILE.min(frame.width() - target.right()).min(frame.width() - src.right());
    for y in 0..target.height {
        if left == 0 && right == 0 {
            break;
        }
        let new = |x: u32, width: u32| frame.span(x, target.y + y, width);
        let old = |x: u32, width: u32| shown.span(x, src.y + y, width);
        let differ = |(a, b): (&Pixel, &Pixel)| colour(*a) != colour(*b);
        let from_left = new(target.x - left, left).iter().zip(old(src.x - left, left)).rev().position(differ);
        let from_right = new(target.right(), right).iter().zip(old(src.right(), right)).position(differ);
        let narrower = from_left.is_some() || from_right.is_some();
        if narrower && same_colours(new(target.x, target.width), old(src.x, src.width)) {
            // Below the side's length.
            left = from_left.and_then(|side| u32::try_from(side).ok()).unwrap_or(left);
            right = from_right.and_then(|side| u32::try_from(side).ok()).unwrap_or(right);
        }
    }
    Rect { x: target.x - left, width: target.width + left + right, ..target }
}
