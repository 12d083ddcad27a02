//! Where the bytes at hand have occurred before.
#![expect(clippy::cast_possible_truncation, reason = "sizes of tables and of the history are below 2^31")]

use super::HISTORY;

/// How hard to look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    /// Places tried for each position.
    pub(super) depth: u32,
    /// A match of this length is good enough: nothing better is looked for.
    pub(super) enough: usize,
    /// Whether the next position is tried before a match is taken.
    pub(super) lazy: bool,
    /// Base-2 logarithm of the misses in a row after which every second position is passed over, then every third, …
    pub(super) patience: u32,
    /// Whether three bytes that are near are looked for.
    pub(super) short: bool,
}

/// Bits of the hash of four bytes.
const HEADS: u32 = 16;
/// Bits of the hash of three bytes.
const SHORT_HEADS: u32 = 12;
/// Places remembered one after another: the longest chain reaches that far back. Less than [`HISTORY`] for the sake of memory.
const CHAIN: usize = 1 << 21;

/// Positions at which four bytes, and three, have begun.
///
/// Positions are counted from [`FIRST`](Self::FIRST) on, over the whole stream, modulo 2^32; one is at least [`HISTORY`] away from those
/// never set.
pub(super) struct Places {
    heads: Box<[u32]>,
    short: Box<[u32]>,
    /// The place before, of each place, modulo [`CHAIN`]. Empty if chains are not followed.
    chain: Box<[u32]>,
}

impl Places {
    pub(super) const FIRST: u32 = HISTORY as u32 + 1;

    pub(super) fn new(search: Search) -> Self {
        let table = |len: usize| vec![0; len].into_boxed_slice();
        Self {
            heads: table(1 << HEADS),
            short: table(if search.short { 1 << SHORT_HEADS } else { 0 }),
            chain: table(if search.depth > 1 { CHAIN } else { 0 }),
        }
    }

    pub(super) fn clear(&mut self) {
        self.heads.fill(0);
        self.short.fill(0);
    }

    fn hash4(bytes: [u8; 4]) -> usize {
        // Fibonacci hashing: the upper bits of the product depend on all bits of the four bytes.
        (u32::from_le_bytes(bytes).wrapping_mul(0x9e37_79b1) >> (32 - HEADS)) as usize
    }

    fn hash3([a, b, c, _]: [u8; 4]) -> usize {
        (u32::from_le_bytes([0, a, b, c]).wrapping_mul(0x9e37_79b1) >> (32 - SHORT_HEADS)) as usize
    }

    /// Remembers `position`, where `bytes` begin; returns where they began last, and where the first three did.
    #[inline]
    pub(super) fn enter(&mut self, bytes: [u8; 4], position: u32) -> (u32, u32) {
        let head = &mut self.heads[Self::hash4(bytes)];
        let last = std::mem::replace(head, position);
        if !self.chain.is_empty() {
            self.chain[position as usize % CHAIN] = last;
        }
        let short = self.short.get_mut(Self::hash3(bytes)).map_or(0, |short| std::mem::replace(short, position));
        (last, short)
    }

    /// The place before `place` with the same hash; far away if there is none.
    #[inline]
    pub(super) fn before(&self, place: u32) -> u32 {
        self.chain.get(place as usize % CHAIN).copied().unwrap_or(0)
    }

    /// How far back places are worth asking for.
    pub(super) fn reach(&self) -> u32 {
        // One less than the chain's length, lest a place be taken for the one that replaced it.
        if self.chain.is_empty() { HISTORY as u32 } else { CHAIN as u32 - 1 }
    }
}
