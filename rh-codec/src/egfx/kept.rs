//! What the client's cache holds.

use crate::{Rect, Surface, cache::Store};

/// Tiles in slots counted from 0, as the client shows them.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pixels: Store,
    /// Columns and rows up to the last slot in use; 0 by 0 is nothing.
    sizes: Vec<(u32, u32)>,
}

impl Kept {
    /// A slot takes a tile; says whether it held one before.
    pub(super) fn put(&mut self, slot: u16, shown: &Surface, tile: Rect) -> bool {
        self.pixels.keep(slot.into(), shown, tile);
        let slot = usize::from(slot);
        if self.sizes.len() <= slot {
            self.sizes.resize(slot + 1, (0, 0));
        }
        std::mem::replace(&mut self.sizes[slot], (tile.width, tile.height)) != (0, 0)
    }

    /// Columns and rows of what a slot holds.
    pub(super) fn size(&self, slot: u16) -> Option<(u32, u32)> {
        self.sizes.get(usize::from(slot)).copied().filter(|size| *size != (0, 0))
    }

    /// Copies to a part of a tile what a slot, which holds that much, has at the same place of its own.
    pub(super) fn recall(&self, slot: u16, shown: &mut Surface, part: Rect) {
        self.pixels.recall(slot.into(), shown, part);
    }
}
