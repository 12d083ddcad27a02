//! One description of a syntax for both directions.
//!
//! Whoever codes a value passes what it is; the writer takes it and returns it, the reader ignores it and returns what the
//! stream says. So a model is written once, and encoder and decoder cannot drift apart.

use super::range::{Chance, RangeDecoder, RangeEncoder};
use crate::Error;

pub(super) trait Coder {
    /// A decision.
    fn bit(&mut self, yes: bool, chance: &mut Chance) -> bool;

    /// `count` bits, at most 16, that nothing is known of.
    fn plain(&mut self, number: u32, count: u32) -> u32;

    /// Whether the stream is what a writer can have written, as far as it has been read.
    fn check(&self) -> Result<(), Error>;

    /// A number of `count` bits, most significant first; `nodes` has 2^count chances, the first of which is not used.
    #[inline]
    fn tree(&mut self, number: u32, count: u32, nodes: &mut [Chance]) -> u32 {
        let mut node = 1;
        for i in (0..count).rev() {
            node = node << 1 | u32::from(self.bit(number >> i & 1 != 0, &mut nodes[node as usize]));
        }
        node - (1 << count)
    }

    /// A number below 2^30: first how many bits it has, one decision each, then the bits.
    fn number(&mut self, number: u32, chances: &mut Number) -> u32 {
        let (number, mut bits) = (number + 1, 0);
        let actual = number.ilog2();
        while bits < 30 && self.bit(actual > bits, &mut chances.longer[bits as usize]) {
            bits += 1;
        }
        let mut rest = 1;
        let mut left = bits;
        while left > 0 {
            let count = left.min(16);
            left -= count;
            rest = rest << count | self.plain(number >> left & ((1 << count) - 1), count);
        }
        rest - 1
    }
}

/// What is known of the sizes of numbers of one kind.
#[derive(Clone, Debug)]
pub(super) struct Number {
    longer: [Chance; 30],
}

impl Number {
    pub(super) const NEW: Self = Self { longer: [Chance::EVEN; 30] };
}

pub(super) struct Write<'a> {
    pub(super) range: &'a mut RangeEncoder,
    pub(super) out: &'a mut Vec<u8>,
}

impl Coder for Write<'_> {
    #[inline]
    fn bit(&mut self, yes: bool, chance: &mut Chance) -> bool {
        self.range.bit(yes, chance, self.out);
        yes
    }

    #[inline]
    fn plain(&mut self, number: u32, count: u32) -> u32 {
        self.range.plain(number, count, self.out);
        number
    }

    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// Writes down what is to be coded, to be coded later, or meanwhile.
///
/// A decision is 0, whether it is "yes", and in 16 bits how likely that was; a plain number is 1, its count of bits in 5, and itself.
/// Lower bits first.
pub(super) struct Note<'a>(pub(super) &'a mut Vec<u32>);

impl Note<'_> {
    /// Codes what was noted.
    pub(super) fn code(notes: &[u32], range: &mut RangeEncoder, out: &mut Vec<u8>) {
        for note in notes {
            if note & 1 == 0 {
                // Fifteen bits are left above the chance, and are 0.
                range.decision(note & 2 != 0, (note >> 2 & 0xffff) as u16, out);
            } else {
                range.plain(note >> 6, note >> 1 & 0x1f, out);
            }
        }
    }
}

impl Coder for Note<'_> {
    #[inline]
    fn bit(&mut self, yes: bool, chance: &mut Chance) -> bool {
        self.0.push(u32::from(chance.decided(yes)) << 2 | u32::from(yes) << 1);
        yes
    }

    #[inline]
    fn plain(&mut self, number: u32, count: u32) -> u32 {
        self.0.push(number << 6 | count << 1 | 1);
        number
    }

    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl Coder for RangeDecoder<'_> {
    #[inline]
    fn bit(&mut self, _: bool, chance: &mut Chance) -> bool {
        self.bit(chance)
    }

    #[inline]
    fn plain(&mut self, _: u32, count: u32) -> u32 {
        self.plain(count)
    }

    fn check(&self) -> Result<(), Error> {
        self.check()
    }
}
