//! The storages of V-bars: rings that both sides fill in the same order, [MS-RDPEGFX] 3.3.1.10 to 3.3.1.13.

use super::MAX_BAND_HEIGHT;

/// Pixels reserved for a bar, whatever its length.
const SLOT: usize = MAX_BAND_HEIGHT as usize;

/// A length that no bar has: the slot holds none.
const EMPTY: u8 = 0xff;

/// Bars by slot: `capacity` × (52 × 4 + 1) bytes, claimed at once so that nothing is allocated later; systems that hand out
/// memory by page take it only as slots fill.
#[derive(Debug)]
pub(super) struct Ring {
    pixels: Vec<u32>,
    lens: Vec<u8>,
    /// Invariant: `cursor <= last`.
    cursor: u16,
    /// The last slot: capacities are powers of two, so this is a mask as well.
    last: u16,
}

impl Ring {
    pub(super) fn new(capacity: u16) -> Self {
        debug_assert!(capacity.is_power_of_two());
        let slots = usize::from(capacity);
        Self { pixels: vec![0; slots * SLOT], lens: vec![EMPTY; slots], cursor: 0, last: capacity - 1 }
    }

    /// The slot that the next bar fills.
    pub(super) fn cursor(&self) -> u16 {
        self.cursor
    }

    /// The slot `steps` before the cursor.
    pub(super) fn before(&self, steps: u16) -> u16 {
        self.cursor.wrapping_sub(steps) & self.last
    }

    /// What CACHE_RESET does: the bars stay until they are overwritten.
    pub(super) fn rewind(&mut self) {
        self.cursor = 0;
    }

    /// Becomes as new.
    pub(super) fn clear(&mut self) {
        self.lens.fill(EMPTY);
        self.cursor = 0;
    }

    /// The bar in a slot, if there ever was one.
    pub(super) fn bar(&self, slot: u16) -> Option<&[u32]> {
        let slot = usize::from(slot);
        let len = *self.lens.get(slot).filter(|len| **len != EMPTY)?;
        Some(&self.pixels[slot * SLOT..][..usize::from(len)])
    }

    /// Fills the slot at the cursor with a bar of `len` pixels (at most 52), and moves the cursor on.
    #[expect(clippy::cast_possible_truncation, reason = "a bar has at most 52 pixels")]
    pub(super) fn push(&mut self, len: usize) -> &mut [u32] {
        let slot = usize::from(self.cursor);
        self.lens[slot] = len as u8;
        self.cursor = (self.cursor + 1) & self.last;
        &mut self.pixels[slot * SLOT..][..len]
    }

    /// Takes back what was pushed since the cursor stood at `slot`: those bars are gone, and so are the ones that they overwrote.
    pub(super) fn unwind(&mut self, slot: u16) {
        while self.cursor != slot {
            self.cursor = self.before(1);
            self.lens[usize::from(self.cursor)] = EMPTY;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_kept_until_the_ring_comes_round() {
        let mut ring = Ring::new(4);
        for len in 0..4u32 {
            ring.push(len as usize).fill(len);
        }
        assert_eq!(ring.bar(0), Some(&[][..]));
        assert_eq!(ring.bar(3), Some(&[3, 3, 3][..]));
        ring.push(1).fill(9);
        assert_eq!((ring.bar(0), ring.cursor(), ring.before(2)), (Some(&[9][..]), 1, 3));
        assert_eq!(ring.bar(4), None);
    }

    #[test]
    fn what_is_taken_back_is_not_there() {
        let mut ring = Ring::new(4);
        (0..3).for_each(|_| ring.push(1).fill(1));
        (0..2).for_each(|_| ring.push(1).fill(2));
        ring.unwind(3);
        assert_eq!((ring.cursor(), ring.bar(3), ring.bar(0)), (3, None, None));
        assert_eq!(ring.bar(1), Some(&[1][..]));
    }
}
