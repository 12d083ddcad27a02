//! What tiles showed before: windows that are closed or moved uncover what was there.
//!
//! The encoder says which tiles to keep, and where; the decoder follows, and both hold the same pixels in the same slots. The steps are the same for all
//! wire formats; a format's writer keeps what the viewer shows.

use crate::{
    FrameView, Rect,
    diff::{TILE, TileMap},
    image::{Pixel, Surface, same_colours},
};

/// Pixels of a slot, a whole tile.
const PIXELS: usize = (TILE * TILE) as usize;

/// Slots of a tile that are remembered, the latest first.
const DEPTH: usize = 4;

/// Frames that a tile must have stood still to be worth keeping: what moves all the time never comes back.
const STILL: u64 = 6;

/// Rows that must differ for a tile to be kept: a letter typed uncovers nothing.
const MANY: u32 = 12;

/// Tiles in numbered slots.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pixels: Vec<Box<[Pixel]>>,
    used: u32,
}

impl Store {
    /// Copies a tile to a slot; slots are used from 0 on.
    pub(crate) fn keep(&mut self, slot: u32, surface: &Surface, tile: Rect) {
        self.used = self.used.max(slot + 1);
        let slot = slot as usize;
        while self.pixels.len() <= slot {
            self.pixels.push(vec![[0; 4]; PIXELS].into_boxed_slice());
        }
        for (y, row) in (tile.y..tile.bottom()).zip(self.pixels[slot].chunks_mut(TILE as usize)) {
            row[..tile.width as usize].copy_from_slice(surface.span(tile.x, y, tile.width));
        }
    }

    /// How many slots are in use.
    pub(crate) fn len(&self) -> u32 {
        self.used
    }

    /// Forgets everything; the memory is kept.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// Copies part of a tile back to where it was.
    pub(crate) fn recall(&self, slot: u32, surface: &mut Surface, part: Rect) {
        for y in part.y..part.bottom() {
            surface.span_mut(part.x, y, part.width).copy_from_slice(self.span(slot, part.x, y, part.width));
        }
    }

    fn span(&self, slot: u32, x: u32, y: u32, width: u32) -> &[Pixel] {
        let start = (y % TILE * TILE + x % TILE) as usize;
        &self.pixels[slot as usize][start..start + width as usize]
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    tile: u32,
    /// Fewest passes of what is inexact in it, 0 if nothing is.
    passes: u8,
    /// Recalled since its turn to be overwritten came last.
    wanted: bool,
}

/// Pixels that must differ for a recall to be worth its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Least {
    /// Where a part of the slot comes back.
    pub(crate) part: u64,
    /// Where all of it does; chosen before a part if it may be less.
    pub(crate) whole: u64,
}

/// The encoder's side: which slot holds what.
#[derive(Debug)]
pub(crate) struct Cache {
    most: u32,
    least: Least,
    slots: Vec<Slot>,
    next: u32,
    /// For each tile its slots, the latest first; `NO_SLOT` where there are fewer.
    of_tile: Vec<[u32; DEPTH]>,
    /// What was sent of them; what is shown is the writer's to keep.
    sent: Store,
}

const NO_SLOT: u32 = u32::MAX;

/// A part of the picture that a slot holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Find {
    pub(crate) slot: u32,
    pub(crate) part: Rect,
    pub(crate) passes: u8,
}

impl Cache {
    pub(crate) fn new(most: u32, least: Least) -> Self {
        Self { most, least, slots: Vec::new(), next: 0, of_tile: Vec::new(), sent: Store::default() }
    }

    /// Forgets everything, for a picture of so many tiles.
    pub(crate) fn clear(&mut self, tiles: u32) {
        self.slots.clear();
        self.next = 0;
        self.of_tile.clear();
        self.of_tile.resize(tiles as usize, [NO_SLOT; DEPTH]);
    }

    /// Whether a tile that is about to change is worth a slot.
    pub(crate) fn wants(&self, tiles: &TileMap, column: u32, row: u32, now: u64, sent: &Surface) -> bool {
        if self.most == 0 || tiles.dirty_rows(column, row).count_ones() < MANY || now < tiles.changed(column, row) + STILL {
            return false;
        }
        let rect = tiles.tile_rect(column, row);
        let first = sent.span(rect.x, rect.y, 1)[0];
        // One colour costs less to fill.
        if (rect.y..rect.bottom()).all(|y| sent.span(rect.x, y, rect.width).iter().all(|pixel| *pixel == first)) {
            return false;
        }
        let [latest, ..] = self.of_tile[tiles.index(column, row)];
        !(self.holds(latest, tiles.index(column, row))
            && (rect.y..rect.bottom())
                .all(|y| same_colours(sent.span(rect.x, y, rect.width), self.sent.span(latest, rect.x, y, rect.width))))
    }

    fn holds(&self, slot: u32, tile: usize) -> bool {
        self.slots.get(slot as usize).is_some_and(|slot| slot.tile as usize == tile)
    }

    /// Keeps a tile, and says where.
    pub(crate) fn keep(&mut self, index: usize, tile: Rect, passes: u8, sent: &Surface) -> u32 {
        while (self.next as usize) < self.slots.len() && std::mem::take(&mut self.slots[self.next as usize].wanted) {
            self.next = (self.next + 1) % self.most;
        }
        let slot = self.next;
        self.next = (slot + 1) % self.most;
        // A picture has fewer than 2^32 tiles.
        let entry = Slot { tile: u32::try_from(index).unwrap_or(u32::MAX), passes, wanted: false };
        match self.slots.get_mut(slot as usize) {
            Some(old) => *old = entry,
            None => self.slots.push(entry),
        }
        let list = &mut self.of_tile[index];
        list.rotate_right(1);
        list[0] = slot;
        self.sent.keep(slot, sent, tile);
        slot
    }

    /// The largest part of what differs in a tile that one of its slots holds.
    pub(crate) fn find(&mut self, tiles: &TileMap, column: u32, row: u32, frame: &FrameView<'_>, sent: &Surface) -> Option<Find> {
        let index = tiles.index(column, row);
        let mut best: Option<Find> = None;
        for slot in self.of_tile[index] {
            if !self.holds(slot, index) {
                continue;
            }
            let tile = tiles.tile_rect(column, row);
            let differs = differing_columns(tile, tiles.dirty_rows(column, row), frame, sent);
            if differs.is_empty() {
                return None;
            }
            let same = |x: u32, y: u32, width: u32| same_colours(frame.span(x, y, width), self.sent.span(slot, x, y, width));
            let matches = |y: u32| same(differs.x, y, differs.width);
            let passes = self.slots[slot as usize].passes;
            if self.least.whole < self.least.part
                && differs.area() > self.least.whole
                && passes == 0
                && (tile.y..tile.bottom()).all(|y| same(tile.x, y, tile.width))
            {
                best = Some(Find { slot, part: tile, passes });
                break;
            }
            let mut y = differs.y;
            while y < differs.bottom() {
                let top = y;
                while y < differs.bottom() && matches(y) {
                    y += 1;
                }
                let part = Rect { y: top, height: y - top, ..differs };
                if part.area() > best.map_or(self.least.part, |best| best.part.area()) {
                    best = Some(Find { slot, part, passes });
                }
                y += 1;
            }
        }
        if let Some(find) = best {
            self.slots[find.slot as usize].wanted = true;
        }
        best
    }

    /// Copies a find to what was sent.
    pub(crate) fn recall(&self, find: &Find, sent: &mut Surface) {
        self.sent.recall(find.slot, sent, find.part);
    }
}

/// The columns of a tile in which any of its dirty rows differs, from the first of these rows to the last.
fn differing_columns(tile: Rect, rows: u64, frame: &FrameView<'_>, sent: &Surface) -> Rect {
    let (mut left, mut right) = (tile.width as usize, 0);
    for y in (0..tile.height).filter(|y| rows >> y & 1 != 0) {
        let (new, old) = (frame.span(tile.x, tile.y + y, tile.width), sent.span(tile.x, tile.y + y, tile.width));
        let differs = |x: &usize| crate::image::colour(new[*x]) != crate::image::colour(old[*x]);
        left = (0..left).find(differs).unwrap_or(left);
        right = (right..tile.width as usize).rev().find(differs).map_or(right, |x| x + 1);
    }
    if left >= right {
        return Rect::default();
    }
    let (top, bottom) = (rows.trailing_zeros(), u64::BITS - rows.leading_zeros());
    // Columns and rows of a tile.
    let (left, right) = (u32::try_from(left).unwrap_or(0), u32::try_from(right).unwrap_or(0));
    Rect::new(tile.x + left, tile.y + top, right - left, bottom.min(tile.height) - top)
}
