//! The server's side of the bitmap cache: which slot holds what, and which is given up for something new.

use super::cache::Cache;
use crate::{Error, FrameView, Rect, Surface, image::same_colours};

/// Places of the table from keys to slots: more than twice the slots of the large cache.
const PLACES: usize = 1 << 16;

/// Rectangles by their keys, and the order in which they were used last.
///
/// Holds the client's cache once more, pixel by pixel, so that a rectangle is compared before it is shown: a key alone could lie.
#[derive(Debug)]
pub(super) struct Slots {
    cache: Cache,
    keys: Vec<u64>,
    /// Circular list through the slots in use, from the one used last to the one used least; 0 is its head, as slots count from 1.
    next: Vec<u16>,
    previous: Vec<u16>,
    most: u16,
    /// Slots that were given up and hold nothing.
    free: Vec<u16>,
    /// Slots by the hash of their key, 0 where there is none; a taken place sends to the one behind.
    table: Box<[u16]>,
}

impl Slots {
    /// The cache of a client: `most` slots, and so many bytes.
    pub(super) fn new(most: u16, bytes: usize) -> Self {
        Self {
            cache: Cache::new(most, bytes),
            keys: vec![0],
            next: vec![0],
            previous: vec![0],
            most,
            free: Vec::new(),
            table: vec![0; PLACES].into_boxed_slice(),
        }
    }

    fn place(key: u64) -> usize {
        // Fibonacci hashing: the upper bits of the product depend on all of the key.
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as u16 as usize
    }

    /// Where in the table the key is, or would be.
    fn search(&self, key: u64) -> usize {
        let mut place = Self::place(key);
        // There are fewer slots than places.
        while self.table[place] != 0 && self.keys[usize::from(self.table[place])] != key {
            place = (place + 1) % PLACES;
        }
        place
    }

    /// The slot that holds `key`.
    pub(super) fn find(&self, key: u64) -> Option<u16> {
        Some(self.table[self.search(key)]).filter(|slot| *slot != 0)
    }

    /// The slot that holds `key` and shows what the frame has at `x`, `y`; the area it covers.
    pub(super) fn matches(&self, key: u64, frame: &FrameView<'_>, x: u32, y: u32) -> Option<(u16, Rect)> {
        let slot = self.find(key)?;
        let (width, height) = self.cache.size(slot).ok()?;
        let rect = Rect::new(x, y, width, height);
        let same = rect.fits(frame.width(), frame.height())
            && (y..).zip(self.cache.rows(slot).ok()?).all(|(y, row)| same_colours(row, frame.span(x, y, width)));
        same.then_some((slot, rect))
    }

    /// Paints what a slot holds, which was used by this.
    pub(super) fn restore(&mut self, slot: u16, surface: &mut Surface, x: u32, y: u32) -> Result<(), Error> {
        self.unlink(slot);
        self.link(slot);
        self.cache.restore(slot, surface, x, y)
    }

    /// Keeps a rectangle; says which slot is to take it, after those that `evicted` is told have been given up. `None` if it is too large.
    pub(super) fn store(&mut self, key: u64, surface: &Surface, rect: Rect, mut evicted: impl FnMut(u16)) -> Option<u16> {
        if !self.cache.could_hold(rect) {
            return None;
        }
        let (mut slot, mut filled) = self.unused();
        // What does not fit beside the others takes the place of those that were used least. The last one of them is replaced, which needs no
        // word, nor new memory if it had the same size.
        while self.cache.store(slot, surface, rect).is_err() {
            if filled {
                evicted(slot);
            }
            self.free.push(slot);
            (slot, filled) = (self.previous[0], true);
            if slot == 0 {
                return None;
            }
            self.forget(slot);
        }
        self.keys[usize::from(slot)] = key;
        let place = self.search(key);
        self.table[place] = slot;
        self.link(slot);
        Some(slot)
    }

    /// A slot that is free, new, or was used least; and whether the client has something there.
    fn unused(&mut self) -> (u16, bool) {
        if let Some(slot) = self.free.pop() {
            return (slot, false);
        }
        let new = u16::try_from(self.keys.len()).unwrap_or(u16::MAX);
        if new <= self.most {
            self.keys.push(0);
            self.next.push(0);
            self.previous.push(0);
            return (new, false);
        }
        let last = self.previous[0];
        self.forget(last);
        (last, true)
    }

    /// Takes a slot out of table and list.
    fn forget(&mut self, slot: u16) {
        self.unlink(slot);
        let mut hole = self.search(self.keys[usize::from(slot)]);
        let mut place = hole;
        // Those behind move up, unless that would bring them before their own place.
        loop {
            place = (place + 1) % PLACES;
            let other = self.table[place];
            if other == 0 {
                break;
            }
            let home = Self::place(self.keys[usize::from(other)]);
            if (place + PLACES - home) % PLACES >= (place + PLACES - hole) % PLACES {
                self.table[hole] = other;
                hole = place;
            }
        }
        self.table[hole] = 0;
    }

    fn unlink(&mut self, slot: u16) {
        let (next, previous) = (self.next[usize::from(slot)], self.previous[usize::from(slot)]);
        self.next[usize::from(previous)] = next;
        self.previous[usize::from(next)] = previous;
    }

    fn link(&mut self, slot: u16) {
        let first = self.next[0];
        self.next[usize::from(slot)] = first;
        self.previous[usize::from(slot)] = 0;
        self.previous[usize::from(first)] = slot;
        self.next[0] = slot;
    }
}
