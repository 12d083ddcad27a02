//! Where the bytes at hand have occurred before.
//!
//! A table of buckets, each the latest places of the bytes with its hash: one look-up touches one or two lines of the cache, where a chain through the
//! history touches one for each place. Some further bits of the hash lie beside each place and spare most looks into the history. Six bytes are
//! hashed: four or five that are far away save next to nothing, but noise is full of them.

use super::HISTORY;

/// How hard to look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    /// Base-2 logarithm of the places in a bucket: 1, 2 or 4.
    pub(super) ways: u32,
    /// Base-2 logarithm of the number of buckets.
    pub(super) buckets: u32,
    /// A match of this length is good enough: nothing better is looked for.
    pub(super) enough: usize,
    /// Whether the next position is tried before a match is taken.
    pub(super) lazy: bool,
    /// Base-2 logarithm of the misses in a row after which every second position is passed over, then every third, …
    pub(super) patience: u32,
}

/// Bytes that are looked at to tell where they have been.
pub(super) type Key = [u8; 8];
/// How many of them count.
pub(super) const KEY: usize = 6;

/// Bits of a position; positions are counted modulo two to that, which is more than the history has.
const POSITION: u32 = 22;
const POSITIONS: u32 = (1 << POSITION) - 1;
const _: () = assert!(HISTORY < 1 << POSITION);

/// Bits of the hash of three bytes.
const SHORT: u32 = 13;

/// Positions at which six bytes, and three, have begun. What it tells may be wrong, and is compared before it is believed.
pub(super) struct Places {
    search: Search,
    /// Each place: upper bits from the hash, lower ones the position. The latest first.
    buckets: Box<[u32]>,
    short: Box<[u32]>,
}

impl Places {
    pub(super) fn new(search: Search) -> Self {
        let table = |len: usize| vec![0; len].into_boxed_slice();
        Self { search, buckets: table(1 << (search.buckets + search.ways)), short: table(1 << SHORT) }
    }

    pub(super) fn clear(&mut self) {
        self.buckets.fill(0);
        self.short.fill(0);
    }

    /// The bucket of six bytes, and the bits that are kept beside their places.
    #[inline]
    fn hash(&self, key: Key) -> (usize, u32) {
        // Fibonacci hashing: the upper bits of the product depend on all bits of the six bytes. The tag is from below those of the bucket.
        let hash = ((u64::from_le_bytes(key) << 16).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32;
        let bucket = hash >> (32 - self.search.buckets);
        ((bucket as usize) << self.search.ways, hash << self.search.buckets & !POSITIONS)
    }

    #[inline]
    fn short_hash([a, b, c, ..]: Key) -> usize {
        (u32::from_le_bytes([0, a, b, c]).wrapping_mul(0x9e37_79b1) >> (32 - SHORT)) as usize
    }

    /// Remembers `position`, where the key begins.
    #[inline]
    pub(super) fn enter(&mut self, key: Key, position: u32) {
        let (start, tag) = self.hash(key);
        let place = tag | position & POSITIONS;
        // Known sizes are moved by a few vector instructions.
        match self.search.ways {
            1 => push::<2>(&mut self.buckets[start..], place),
            2 => push::<4>(&mut self.buckets[start..], place),
            _ => push::<16>(&mut self.buckets[start..], place),
        }
        self.short[Self::short_hash(key)] = position;
    }

    /// How far back from `position` the key's six bytes may have begun, the nearest first.
    #[inline]
    pub(super) fn distances(&self, key: Key, position: u32) -> impl Iterator<Item = usize> {
        let (start, tag) = self.hash(key);
        let bucket = &self.buckets[start..start + (1 << self.search.ways)];
        let same = bucket.iter().filter(move |place| **place & !POSITIONS == tag);
        same.map(move |place| (position.wrapping_sub(*place) & POSITIONS) as usize)
    }

    /// How far back the key's first three bytes began last.
    #[inline]
    pub(super) fn short_distance(&self, key: Key, position: u32) -> usize {
        position.wrapping_sub(self.short[Self::short_hash(key)]) as usize
    }
}

/// Puts a place before the others of a bucket; the last one is lost.
#[inline]
fn push<const WAYS: usize>(buckets: &mut [u32], place: u32) {
    if let Some(bucket) = buckets.first_chunk_mut::<WAYS>() {
        let before = *bucket;
        bucket[1..].copy_from_slice(&before[..WAYS - 1]);
        bucket[0] = place;
    }
}
