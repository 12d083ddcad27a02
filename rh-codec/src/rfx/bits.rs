//! Bit strings, most significant bit first, as every entropy coder of the RemoteFX family writes them.

/// Reads bits from a slice; after its end there are none, which is never an error here: each coder has its own opinion on that.
#[derive(Clone, Debug)]
pub(crate) struct BitReader<'a> {
    rest: &'a [u8],
    /// The next bits, at the top. Below the top `left` bits lie zeros or bits that are still in `rest` too, so that a refill may
    /// put them there again.
    acc: u64,
    /// Invariant: `left <= 63`.
    left: u32,
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { rest: data, acc: 0, left: 0 }
    }

    /// Afterwards at least 56 bits are at hand, or all there are.
    #[inline]
    fn refill(&mut self) {
        if let Some(head) = self.rest.first_chunk() {
            self.acc |= u64::from_be_bytes(*head) >> self.left;
            let bytes = (63 - self.left) / 8;
            self.rest = &self.rest[bytes as usize..];
            self.left += bytes * 8;
            return;
        }
        while self.left < 56 {
            let Some((byte, rest)) = self.rest.split_first() else { return };
            self.acc |= u64::from(*byte) << (56 - self.left);
            self.left += 8;
            self.rest = rest;
        }
    }

    #[inline]
    fn skip(&mut self, bits: u32) {
        debug_assert!(bits <= self.left);
        self.acc <<= bits;
        self.left -= bits;
    }

    /// The next `bits` bits as a number, at most 32; `None` if fewer are left.
    #[inline]
    pub(crate) fn take(&mut self, bits: u32) -> Option<u32> {
        debug_assert!(bits <= 32);
        if self.left < bits {
            self.refill();
            if self.left < bits {
                return None;
            }
        }
        Some(self.shift_out(bits))
    }

    /// The next `bits` bits as a number, at most 32, as if the data went on with zeros.
    #[inline]
    pub(crate) fn take_padded(&mut self, bits: u32) -> u32 {
        debug_assert!(bits <= 32);
        if self.left < bits {
            self.refill();
            // Below what is left lie zeros now, if it is not enough.
            self.left = self.left.max(bits);
        }
        self.shift_out(bits)
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 32 bits")]
    fn shift_out(&mut self, bits: u32) -> u32 {
        // Two shifts, since one by 64 is none.
        let value = self.acc >> 1 >> (63 - bits);
        self.skip(bits);
        value as u32
    }

    /// How many bits equal `bit` before the first that does not, which is taken too; `None` if the data end before that.
    #[inline]
    pub(crate) fn run(&mut self, bit: bool) -> Option<u32> {
        let flip = if bit { u64::MAX } else { 0 };
        let mut count = 0;
        loop {
            if self.left < 32 {
                self.refill();
            }
            let same = (self.acc ^ flip).leading_zeros();
            if same < self.left {
                self.skip(same + 1);
                return Some(count + same);
            }
            if self.left == 0 {
                return None;
            }
            count += self.left;
            self.skip(self.left);
        }
    }

    /// Bytes of which no bit has been taken.
    #[cfg(any(test, feature = "__fuzzing"))]
    pub(crate) fn untouched(&self) -> usize {
        self.rest.len() + self.left as usize / 8
    }
}

/// Appends bits to a vector.
#[derive(Debug)]
pub(crate) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    /// The last bits, at the bottom; above the lowest `held` lie bits that are out already.
    acc: u64,
    /// Invariant: `held < 32`.
    held: u32,
}

impl<'a> BitWriter<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, acc: 0, held: 0 }
    }

    /// The lowest `bits` bits of `value`, at most 32; the others are zero.
    #[inline]
    pub(crate) fn put(&mut self, value: u32, bits: u32) {
        debug_assert!(bits <= 32 && u64::from(value) >> bits == 0);
        self.acc = self.acc << bits | u64::from(value);
        self.held += bits;
        if self.held >= 32 {
            self.held -= 32;
            #[expect(clippy::cast_possible_truncation, reason = "the bits above are out already")]
            let word = (self.acc >> self.held) as u32;
            self.out.extend_from_slice(&word.to_be_bytes());
        }
    }

    /// The same bit `count` times.
    pub(crate) fn repeat(&mut self, bit: bool, mut count: u32) {
        while count > 0 {
            let bits = count.min(31);
            self.put(if bit { (1 << bits) - 1 } else { 0 }, bits);
            count -= bits;
        }
    }

    /// Bits of the last byte that are still free.
    pub(crate) fn free(&self) -> u32 {
        self.held.wrapping_neg() % 8
    }

    /// Fills the last byte with zeros and writes what is held.
    pub(crate) fn finish(mut self) {
        self.put(0, self.free());
        let bytes = (self.held / 8) as usize;
        #[expect(clippy::cast_possible_truncation, reason = "the bits above are out already")]
        let word = (self.acc as u32).to_be_bytes();
        self.out.extend_from_slice(&word[4 - bytes..]);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn lowest(bits: u32) -> u32 {
        0xdead_beef_u32.checked_rem(1u32.checked_shl(bits).unwrap_or(0)).unwrap_or(0xdead_beef)
    }

    #[test]
    fn what_is_written_is_read() {
        let mut out = vec![7];
        let mut writer = BitWriter::new(&mut out);
        for bits in 0..=32u32 {
            writer.put(lowest(bits), bits);
            writer.repeat(true, bits * 5);
            writer.put(0, 1);
        }
        writer.finish();
        assert_eq!(out[0], 7, "what was there stays");
        let mut reader = BitReader::new(&out[1..]);
        for bits in 0..=32u32 {
            assert_eq!(reader.take(bits), Some(lowest(bits)));
            assert_eq!(reader.run(true).unwrap(), bits * 5);
        }
        assert_eq!(reader.untouched(), 0);
        while let Some(bit) = reader.take(1) {
            assert_eq!(bit, 0, "padding");
        }
        assert_eq!((reader.run(false), reader.run(true), reader.take(0)), (None, None, Some(0)));
        let mut reader = BitReader::new(&[0b1010_0101]);
        assert_eq!((reader.take(3), reader.take(6), reader.take_padded(6), reader.take_padded(32)), (Some(0b101), None, 0b001010, 0));
    }
}
