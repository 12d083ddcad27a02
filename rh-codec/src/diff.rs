//! Which rows of which tiles differ from what the viewer shows, and since when.

use crate::{
    FrameView, Rect,
    image::{Pixel, Surface, colour, same_colours},
};

/// Side of a tile, in pixels; the rows of a tile fit the bits of a `u64`.
pub(crate) const TILE: u32 = 64;

#[derive(Clone, Copy, Debug, Default)]
struct Tile {
    /// Rows that differ; bit 0 is the tile's top row.
    rows: u64,
    /// Number of the frame that brought the content now waiting; 0 if nothing waits.
    since: u64,
    /// Number of the frame that changed it last.
    changed: u64,
    /// Hash of that content, to tell a tile that waits from a tile that changes again while it waits.
    hash: u64,
}

/// The tiles of a picture and what of them the viewer does not show yet.
#[derive(Debug, Default)]
pub(crate) struct TileMap {
    width: u32,
    height: u32,
    columns: u32,
    tiles: Vec<Tile>,
}

impl TileMap {
    /// Becomes clean, for a picture of this size.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        (self.width, self.height) = (width, height);
        self.columns = width.div_ceil(TILE);
        self.tiles.clear();
        self.tiles.resize(self.columns as usize * height.div_ceil(TILE) as usize, Tile::default());
    }

    /// Tiles in a row.
    pub(crate) fn columns(&self) -> u32 {
        self.columns
    }

    /// Tiles in a column.
    pub(crate) fn rows(&self) -> u32 {
        self.height.div_ceil(TILE)
    }

    pub(crate) fn index(&self, column: u32, row: u32) -> usize {
        row as usize * self.columns as usize + column as usize
    }

    /// The rows of a tile that differ, as bits.
    pub(crate) fn dirty_rows(&self, column: u32, row: u32) -> u64 {
        self.tiles[self.index(column, row)].rows
    }

    /// Number of the frame that changed a tile last.
    pub(crate) fn changed(&self, column: u32, row: u32) -> u64 {
        self.tiles[self.index(column, row)].changed
    }

    /// Whether picture row `y` differs within the tile column.
    pub(crate) fn is_dirty(&self, column: u32, y: u32) -> bool {
        self.dirty_rows(column, y / TILE) >> (y % TILE) & 1 != 0
    }

    /// Whether any row of any tile that `rect` touches differs within the rectangle's height.
    pub(crate) fn is_dirty_in(&self, rect: Rect) -> bool {
        (rect.y / TILE..rect.bottom().div_ceil(TILE)).any(|row| {
            let rows = rows_within(rect, row);
            (rect.x / TILE..rect.right().div_ceil(TILE)).any(|column| self.dirty_rows(column, row) & rows != 0)
        })
    }

    /// Whether the tile waits with content of frame `since`.
    pub(crate) fn waits_since(&self, column: u32, row: u32, since: u64) -> bool {
        let tile = &self.tiles[self.index(column, row)];
        tile.rows != 0 && tile.since == since
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.tiles.iter().all(|tile| tile.rows == 0)
    }

    /// Rows of tiles that differ, a measure of the work ahead in units of 64 pixels.
    pub(crate) fn dirty_count(&self) -> u32 {
        self.tiles.iter().map(|tile| tile.rows.count_ones()).sum()
    }

    /// The tiles that differ lie in this rectangle; empty if there are none.
    pub(crate) fn dirty_bounds(&self) -> Rect {
        let (mut left, mut top, mut right, mut bottom) = (u32::MAX, u32::MAX, 0, 0);
        for row in 0..self.rows() {
            for column in 0..self.columns {
                if self.dirty_rows(column, row) != 0 {
                    (left, top) = (left.min(column), top.min(row));
                    (right, bottom) = (right.max(column + 1), bottom.max(row + 1));
                }
            }
        }
        if right == 0 {
            return Rect::default();
        }
        let tiles = Rect::new(left * TILE, top * TILE, (right - left) * TILE, (bottom - top) * TILE);
        tiles.intersection(&Rect::new(0, 0, self.width, self.height))
    }

    /// Compares `area`, widened to whole tiles sideways, and notes which of its rows differ.
    ///
    /// In row order over the whole width: going tile by tile costs about half as much again, for the memory's sake. Rows whose
    /// bytes are equal are not looked at closer.
    pub(crate) fn compare(&mut self, frame: &FrameView<'_>, sent: &Surface, area: Rect) {
        if area.is_empty() {
            return;
        }
        let columns = (area.x / TILE) as usize..area.right().div_ceil(TILE) as usize;
        let span = columns.start * TILE as usize..(columns.end * TILE as usize).min(self.width as usize);
        for y in area.y..area.bottom() {
            let bit = 1 << (y % TILE);
            let first = self.index(0, y / TILE);
            let tiles = &mut self.tiles[first..][columns.clone()];
            let (new, old) = (&frame.row_pixels(y)[span.clone()], &sent.row_pixels(y)[span.clone()]);
            if new == old {
                tiles.iter_mut().for_each(|tile| tile.rows &= !bit);
                continue;
            }
            for (tile, (new, old)) in tiles.iter_mut().zip(new.chunks(TILE as usize).zip(old.chunks(TILE as usize))) {
                if same_colours(new, old) {
                    tile.rows &= !bit;
                } else {
                    tile.rows |= bit;
                }
            }
        }
    }

    /// Compares again what was found different before, wherever it lies.
    pub(crate) fn compare_dirty(&mut self, frame: &FrameView<'_>, sent: &Surface) {
        for row in 0..self.rows() {
            for column in 0..self.columns {
                if self.dirty_rows(column, row) != 0 {
                    let tile = self.tile_rect(column, row);
                    self.compare(frame, sent, tile);
                }
            }
        }
    }

    /// Where a tile lies, cut to the picture.
    pub(crate) fn tile_rect(&self, column: u32, row: u32) -> Rect {
        let (x, y) = (column * TILE, row * TILE);
        Rect::new(x, y, TILE.min(self.width - x), TILE.min(self.height - y))
    }

    /// What differs changed with frame `now`.
    pub(crate) fn touch(&mut self, now: u64) {
        self.tiles.iter_mut().filter(|tile| tile.rows != 0).for_each(|tile| tile.changed = now);
    }

    /// A rectangle was painted over with frame `now`, whether it differed or not.
    pub(crate) fn touch_all(&mut self, rect: Rect, now: u64) {
        for row in rect.y / TILE..rect.bottom().div_ceil(TILE) {
            for column in rect.x / TILE..rect.right().div_ceil(TILE) {
                let index = self.index(column, row);
                self.tiles[index].changed = now;
            }
        }
    }

    /// Dates what differs: content that waits unchanged keeps its date, everything else is of frame `now`.
    pub(crate) fn date(&mut self, frame: &FrameView<'_>, now: u64) {
        for row in 0..self.rows() {
            for column in 0..self.columns {
                let index = self.index(column, row);
                let tile = self.tiles[index];
                self.tiles[index].since = match (tile.rows, tile.since) {
                    (0, _) => 0,
                    (_, 0) => now,
                    (_, since) if hash(frame, self.tile_rect(column, row)) == tile.hash => since,
                    _ => now,
                };
            }
        }
    }

    /// The newest date before `before` that something waits since.
    pub(crate) fn newest_before(&self, before: u64) -> Option<u64> {
        self.tiles.iter().filter(|tile| tile.rows != 0 && tile.since < before).map(|tile| tile.since).max()
    }

    /// The latest date before `before` at which a tile changed that waits for nothing and is one of those asked for.
    pub(crate) fn latest_change(&self, before: u64, wanted: impl Fn(Rect) -> bool) -> Option<u64> {
        self.places().filter(|(tile, rect)| tile.rows == 0 && tile.changed < before && wanted(*rect)).map(|(tile, _)| tile.changed).max()
    }

    /// The tiles that changed at that date last and wait for nothing.
    pub(crate) fn clean_since(&self, date: u64) -> impl Iterator<Item = Rect> {
        self.places().filter(move |(tile, _)| tile.rows == 0 && tile.changed == date).map(|(_, rect)| rect)
    }

    fn places(&self) -> impl Iterator<Item = (&Tile, Rect)> {
        let places = (0..self.rows()).flat_map(|row| (0..self.columns).map(move |column| (column, row)));
        self.tiles.iter().zip(places).map(|(tile, (column, row))| (tile, self.tile_rect(column, row)))
    }

    /// Remembers the content of what still waits, for [`date`](Self::date).
    pub(crate) fn remember(&mut self, frame: &FrameView<'_>) {
        for row in 0..self.rows() {
            for column in 0..self.columns {
                let index = self.index(column, row);
                if self.tiles[index].rows != 0 {
                    self.tiles[index].hash = hash(frame, self.tile_rect(column, row));
                } else {
                    self.tiles[index].since = 0;
                }
            }
        }
    }

    /// The viewer shows `rect` of the frame now.
    ///
    /// A tile that the rectangle's side cuts is compared again: what differs beyond the cut still waits.
    pub(crate) fn settle(&mut self, frame: &FrameView<'_>, sent: &Surface, rect: Rect) {
        let whole = rect.x.div_ceil(TILE)..if rect.right() == self.width { self.columns } else { rect.right() / TILE };
        for row in rect.y / TILE..rect.bottom().div_ceil(TILE) {
            let rows = rows_within(rect, row);
            for column in whole.clone() {
                let index = self.index(column, row);
                self.tiles[index].rows &= !rows;
            }
        }
        let (first, last) = (rect.x / TILE, (rect.right() - 1) / TILE);
        for column in [first, last] {
            if !whole.contains(&column) {
                self.compare(frame, sent, Rect::new(column * TILE, rect.y, 1, rect.height));
            }
        }
    }
}

/// The rows of a row of tiles that a rectangle touches, which it does, as bits.
fn rows_within(rect: Rect, row: u32) -> u64 {
    let top = row * TILE;
    let (from, until) = (rect.y.max(top) - top, rect.bottom().min(top + TILE) - top);
    u64::MAX >> (TILE - (until - from)) << from
}

/// FNV-1a over colours, four lanes wide so that a multiplication need not wait for the one before.
fn hash(frame: &FrameView<'_>, rect: Rect) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut lanes = [0xcbf2_9ce4_8422_2325_u64; 4];
    let step = |lane: &mut u64, pixel: &Pixel| *lane = (*lane ^ u64::from(colour(*pixel))).wrapping_mul(PRIME);
    for y in rect.y..rect.bottom() {
        let (blocks, rest) = frame.span(rect.x, y, rect.width).as_chunks::<4>();
        for block in blocks {
            lanes.iter_mut().zip(block).for_each(|(lane, pixel)| step(lane, pixel));
        }
        lanes.iter_mut().zip(rest).for_each(|(lane, pixel)| step(lane, pixel));
    }
    lanes.iter().fold(0, |hash, lane| (hash ^ lane).wrapping_mul(PRIME))
}
