//! The bands layer, encoded: which columns the decoder already has.

use super::{
    MAX_BAND_HEIGHT, SHORT_V_BARS, V_BARS,
    ring::Ring,
    wire::{put_colour, solid},
};
use crate::{FrameView, Rect, image::Pixel};

/// Columns that are read at a time: a cache line of a row.
const LANES: usize = 16;
/// The same, for arithmetic with columns.
const STEP: u32 = 16;

const ROWS: usize = MAX_BAND_HEIGHT as usize;

/// No slot: both storages have fewer.
const NONE: u16 = u16::MAX;

/// Slots that a search looks at. Bars with equal hashes are rare unless somebody makes them, and then they only cost compression.
const LOOKS: usize = 8;

/// A copy of one of the decoder's storages, with an index over what it holds.
///
/// Chains run from the newest slot of a bucket to older ones. The ring overwrites the oldest first, so a chain is good as far as its
/// slots grow older and are of its bucket; nothing is ever unlinked.
#[derive(Debug)]
struct Index {
    ring: Ring,
    /// For each slot, the hash of its bar.
    hashes: Vec<u32>,
    /// For each slot, the one before in its chain.
    older: Vec<u16>,
    /// For each bucket, its newest slot.
    newest: Vec<u16>,
}

impl Index {
    fn new(capacity: u16) -> Self {
        let slots = usize::from(capacity);
        Self { ring: Ring::new(capacity), hashes: vec![0; slots], older: vec![NONE; slots], newest: vec![NONE; slots] }
    }

    fn clear(&mut self) {
        self.ring.clear();
        self.newest.fill(NONE);
    }

    fn bucket(&self, hash: u32) -> usize {
        // As many as slots, a power of two; the upper bits of a product mix best.
        (hash >> (32 - self.newest.len().trailing_zeros())) as usize
    }

    /// How many bars were pushed since this slot was filled.
    fn age(&self, slot: u16) -> u16 {
        self.ring.before(slot + 1)
    }

    fn find(&self, hash: u32, bar: &[u32]) -> Option<u16> {
        let bucket = self.bucket(hash);
        let mut slot = self.newest[bucket];
        for _ in 0..LOOKS {
            if slot == NONE || self.bucket(self.hashes[usize::from(slot)]) != bucket {
                return None;
            }
            if self.hashes[usize::from(slot)] == hash && self.ring.bar(slot) == Some(bar) {
                return Some(slot);
            }
            let older = self.older[usize::from(slot)];
            if older == NONE || self.age(older) <= self.age(slot) {
                return None;
            }
            slot = older;
        }
        None
    }

    fn insert(&mut self, hash: u32, bar: &[u32]) {
        let (slot, bucket) = (self.ring.cursor(), self.bucket(hash));
        self.ring.push(bar.len()).copy_from_slice(bar);
        self.hashes[usize::from(slot)] = hash;
        self.older[usize::from(slot)] = self.newest[bucket];
        self.newest[bucket] = slot;
    }

    /// Takes back the insertions since the cursor stood at `slot`.
    fn unwind(&mut self, slot: u16) {
        let mut steps = 0;
        while self.ring.before(steps) != slot {
            steps += 1;
            let last = usize::from(self.ring.before(steps));
            let bucket = self.bucket(self.hashes[last]);
            self.newest[bucket] = self.older[last];
        }
        self.ring.unwind(slot);
    }
}

/// One step of a hash over pixels: cheap on vectors of 32-bit lanes, and it mixes upwards and downwards.
fn mix(hash: u32, pixel: u32) -> u32 {
    let mixed = hash ^ pixel;
    mixed.rotate_left(11).wrapping_add(mixed)
}

/// Spreads a hash over the upper bits, which choose the bucket.
#[expect(clippy::cast_possible_truncation, reason = "a bar has at most 52 pixels")]
fn finish(hash: u32, len: usize) -> u32 {
    (hash ^ len as u32).wrapping_mul(0x9E37_79B1)
}

/// Where both storages stood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    full: u16,
    short: u16,
}

/// What the decoder's V-bar storages hold, and the coder of bands over them.
#[derive(Debug)]
pub(super) struct Columns {
    full: Index,
    short: Index,
}

impl Columns {
    pub(super) fn new() -> Self {
        Self { full: Index::new(V_BARS), short: Index::new(SHORT_V_BARS) }
    }

    pub(super) fn clear(&mut self) {
        self.full.clear();
        self.short.clear();
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { full: self.full.ring.cursor(), short: self.short.ring.cursor() }
    }

    /// Forgets the columns written since; fewer than a storage has slots.
    pub(super) fn unwind(&mut self, mark: Mark) {
        self.full.unwind(mark.full);
        self.short.unwind(mark.short);
    }

    /// Appends the columns of `rect` (at most 52 rows) to an open band; returns how many pixels of them had to be spelt out.
    pub(super) fn write(&mut self, frame: &FrameView<'_>, rect: Rect, ground: u32, out: &mut Vec<u8>) -> u64 {
        let height = rect.height as usize;
        let mut rows = [[0u32; LANES]; ROWS];
        let rows = &mut rows[..height];
        let blank = [ground; ROWS];
        let mut bar = [0; ROWS];
        let mut fresh = 0;
        for left in (rect.x..rect.right()).step_by(LANES) {
            let columns = (rect.right() - left).min(STEP);
            // What differs from the ground in each column, and each column's hash: row by row, which is vector code.
            let (mut inked, mut hashes) = ([0u32; LANES], [0u32; LANES]);
            for (row, y) in rows.iter_mut().zip(rect.y..) {
                let span = frame.span(left, y, columns);
                match <&[Pixel; LANES]>::try_from(span) {
                    Ok(span) => *row = span.map(|pixel| solid(u32::from_le_bytes(pixel))),
                    Err(_) => row.iter_mut().zip(span).for_each(|(to, from)| *to = solid(u32::from_le_bytes(*from))),
                }
                for lane in 0..LANES {
                    inked[lane] |= row[lane] ^ ground;
                    hashes[lane] = mix(hashes[lane], row[lane]);
                }
            }
            for lane in 0..columns as usize {
                let hash = finish(hashes[lane], height);
                if inked[lane] == 0 {
                    self.column(hash, &blank[..height], ground, out);
                } else {
                    bar.iter_mut().zip(&*rows).for_each(|(to, row)| *to = row[lane]);
                    fresh += self.column(hash, &bar[..height], ground, out);
                }
            }
        }
        fresh
    }

    /// Appends one column; returns how many pixels of it had to be spelt out.
    #[expect(clippy::cast_possible_truncation, reason = "rows of a band are at most 52")]
    fn column(&mut self, hash: u32, bar: &[u32], ground: u32, out: &mut Vec<u8>) -> u64 {
        if let Some(slot) = self.full.find(hash, bar) {
            out.extend_from_slice(&(0x8000 | slot).to_le_bytes());
            return 0;
        }
        self.full.insert(hash, bar);
        let from = bar.iter().position(|pixel| *pixel != ground).unwrap_or(bar.len());
        let to = bar.iter().rposition(|pixel| *pixel != ground).map_or(from, |last| last + 1);
        let short = &bar[from..to];
        let hash = finish(short.iter().fold(0, |hash, pixel| mix(hash, *pixel)), short.len());
        let [from, to] = [from, to].map(|row| row as u8);
        if let Some(slot) = self.short.find(hash, short) {
            let [low, high] = (0x4000 | slot).to_le_bytes();
            out.extend_from_slice(&[low, high, from]);
            return 0;
        }
        self.short.insert(hash, short);
        out.extend_from_slice(&[from, to]);
        short.iter().for_each(|pixel| put_colour(out, *pixel));
        short.len() as u64
    }
}

/// Starts a band at `at` of the bitmap; [`close`] says where it ends.
pub(super) fn open(out: &mut Vec<u8>, at: Rect, ground: u32) {
    for edge in [at.x, at.x, at.y, at.bottom() - 1] {
        out.extend_from_slice(&edge.to_le_bytes()[..2]);
    }
    put_colour(out, ground);
}

/// Lets the band that starts with `header` end before column `right` of the bitmap.
pub(super) fn close(header: &mut [u8], right: u32) {
    header[2..4].copy_from_slice(&(right - 1).to_le_bytes()[..2]);
}
