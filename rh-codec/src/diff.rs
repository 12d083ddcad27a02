//! Which rows of which tiles differ.

use crate::{
    FrameView, Rect,
    image::{Surface, same_colours},
};

/// Side of a tile, in pixels; the rows of a tile fit the bits of a `u64`.
pub(crate) const TILE: u32 = 64;

/// For every tile a mask of its rows that differ from what the viewer shows; bit 0 is the tile's top row.
#[derive(Debug, Default)]
pub(crate) struct TileMap {
    columns: u32,
    rows: u32,
    masks: Vec<u64>,
}

impl TileMap {
    /// Becomes clean, for a picture of this size.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        (self.columns, self.rows) = (width.div_ceil(TILE), height.div_ceil(TILE));
        self.masks.clear();
        self.masks.resize(self.columns as usize * self.rows as usize, 0);
    }

    pub(crate) fn columns(&self) -> u32 {
        self.columns
    }

    pub(crate) fn len(&self) -> u32 {
        self.columns * self.rows
    }

    pub(crate) fn mask(&self, tile: u32) -> u64 {
        self.masks[tile as usize]
    }

    pub(crate) fn set_mask(&mut self, tile: u32, mask: u64) {
        self.masks[tile as usize] = mask;
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.masks.iter().all(|&mask| mask == 0)
    }

    /// Compares rows of `area`, widened to whole tiles sideways, and sets or clears their bits.
    ///
    /// In row order over the whole width: tile order costs about half as much again, for the memory's sake.
    pub(crate) fn compare(&mut self, frame: &FrameView<'_>, shown: &Surface, area: Rect) {
        let columns = area.x / TILE..area.right().div_ceil(TILE);
        for y in area.y..area.bottom() {
            let (new, old) = (frame.row_pixels(y), shown.row_pixels(y));
            let bit = 1 << (y % TILE);
            let first = (y / TILE * self.columns) as usize;
            for column in columns.clone() {
                let start = (column * TILE) as usize;
                let end = new.len().min(start + TILE as usize);
                let mask = &mut self.masks[first + column as usize];
                if same_colours(&new[start..end], &old[start..end]) { *mask &= !bit } else { *mask |= bit }
            }
        }
    }
}
