//! A surface's tiles, and what is known of each.

use crate::{Error, Limits, Rect};

/// Side of a tile, in pixels.
pub(super) const SIDE: u32 = 64;

/// One `T` for each tile that has one; its allocation is kept for as long as the surface has its size.
#[derive(Debug)]
pub(super) struct Tiles<T> {
    width: u32,
    height: u32,
    tiles: Vec<Option<Box<T>>>,
}

impl<T> Default for Tiles<T> {
    fn default() -> Self {
        Self { width: 0, height: 0, tiles: Vec::new() }
    }
}

impl<T> Tiles<T> {
    /// Size of the surface, in pixels.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Forgets every tile.
    pub(super) fn resize(&mut self, width: u32, height: u32, limits: &Limits) -> Result<(), Error> {
        limits.check_size(width, height)?;
        (self.width, self.height) = (width, height);
        let count = width.div_ceil(SIDE) as usize * height.div_ceil(SIDE) as usize;
        self.tiles.clear();
        self.tiles.resize_with(count, || None);
        Ok(())
    }

    /// Number of a tile, row by row; `None` if it lies outside the surface.
    pub(super) fn index(&self, x: u16, y: u16) -> Option<usize> {
        let columns = self.width.div_ceil(SIDE);
        let (x, y) = (u32::from(x), u32::from(y));
        (x < columns && y < self.height.div_ceil(SIDE)).then(|| y as usize * columns as usize + x as usize)
    }

    /// What a tile covers of the surface.
    pub(super) fn rect(&self, index: usize) -> Rect {
        let columns = self.width.div_ceil(SIDE).max(1) as usize;
        // Both are at most 2^16 / 64.
        let at = |tiles: usize| u32::try_from(tiles).unwrap_or(u32::MAX / SIDE) * SIDE;
        Rect::new(at(index % columns), at(index / columns), SIDE, SIDE).intersection(&Rect::new(0, 0, self.width, self.height))
    }

    /// Numbers of the tiles that a rectangle within the surface meets.
    pub(super) fn meeting(&self, rect: Rect) -> impl Iterator<Item = usize> + use<T> {
        let columns = self.width.div_ceil(SIDE);
        let rows = rect.y / SIDE..rect.bottom().div_ceil(SIDE);
        rows.flat_map(move |y| (rect.x / SIDE..rect.right().div_ceil(SIDE)).map(move |x| y as usize * columns as usize + x as usize))
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.tiles.get(index)?.as_deref()
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.tiles.get_mut(index)?.as_deref_mut()
    }

    /// The tile, made if there is none; `index` comes from [`index`](Self::index).
    pub(super) fn make(&mut self, index: usize, new: impl FnOnce() -> Box<T>) -> &mut T {
        self.tiles[index].get_or_insert_with(new)
    }
}
