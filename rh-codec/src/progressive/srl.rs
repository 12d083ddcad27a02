//! Simplified run-length coding of what an upgrade brings to coefficients that were 0 ([MS-RDPEGFX] 3.1.8.1.5).
//!
//! Runs of zeros are coded as RLGR has them; the value that ends a run as its sign and its magnitude in unary. How many bits a magnitude may
//! have, both sides know: as many as the pass adds to its band. State and runs go on across bands.

use crate::rfx::bits::{BitReader, BitWriter};

const KP_START: u32 = 8;
const KP_MAX: u32 = 80;
const KP_UP: u32 = 4;
const KP_DOWN: u32 = 6;

/// Writes the values of one component of an upgrade.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: BitWriter<'a>,
    kp: u32,
    /// Zeros that are not written yet.
    zeros: u32,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out: BitWriter::new(out), kp: KP_START, zeros: 0 }
    }

    /// A value whose magnitude is below `2^bits`.
    #[inline]
    pub(crate) fn put(&mut self, value: i16, bits: u32) {
        if value == 0 {
            self.zeros += 1;
            return;
        }
        self.put_continued();
        self.put_rest();
        self.kp = self.kp.saturating_sub(KP_DOWN);
        let magnitude = u32::from(value.unsigned_abs());
        self.out.put(u32::from(value < 0), 1);
        self.out.repeat(false, magnitude - 1);
        if magnitude < (1 << bits) - 1 {
            self.out.put(1, 1);
        }
    }

    /// The part of a run that is told in whole steps of `2^k`.
    fn put_continued(&mut self) {
        while self.zeros >= 1 << (self.kp / 8) {
            self.zeros -= 1 << (self.kp / 8);
            self.out.put(0, 1);
            self.kp = (self.kp + KP_UP).min(KP_MAX);
        }
    }

    /// The part of a run that is left, fewer than `2^k`.
    fn put_rest(&mut self) {
        let k = self.kp / 8;
        self.out.put(1 << k | self.zeros, k + 1);
        self.zeros = 0;
    }

    /// Ends the stream. Its last run is not told further than the last value, and one byte of zeros follows.
    pub(crate) fn finish(mut self) {
        self.put_continued();
        if self.zeros > 0 {
            self.put_rest();
        }
        self.out.put(0, self.out.free());
        self.out.put(0, 8);
        self.out.finish();
    }
}

/// Reads the values of one component of an upgrade.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    data: BitReader<'a>,
    kp: u32,
    /// Zeros that come before the next value or run.
    zeros: u32,
    /// Whether a value follows the zeros, rather than another run.
    value: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { data: BitReader::new(data), kp: KP_START, zeros: 0, value: false }
    }

    /// The next value, of a magnitude below `2^bits`; `bits` is 1 to 15.
    #[inline]
    pub(crate) fn take(&mut self, bits: u32) -> i16 {
        if self.zeros == 0 && !self.value {
            self.take_run();
        }
        if self.zeros > 0 {
            self.zeros -= 1;
            return 0;
        }
        self.value = false;
        self.kp = self.kp.saturating_sub(KP_DOWN);
        let sign = self.bits(1);
        let (mut magnitude, most) = (1i16, i16::MAX >> (15 - bits));
        while magnitude < most && self.bits(1) == 0 {
            magnitude += 1;
        }
        if sign == 1 { -magnitude } else { magnitude }
    }

    /// One step of a run: `2^k` zeros and more to come, or fewer and then a value.
    fn take_run(&mut self) {
        let k = self.kp / 8;
        if self.bits(1) == 0 {
            self.zeros = 1 << k;
            self.kp = (self.kp + KP_UP).min(KP_MAX);
        } else {
            self.zeros = self.bits(k);
            self.value = true;
        }
    }

    /// Windows leaves out zeros at the end, and the byte that should follow.
    #[inline]
    fn bits(&mut self, count: u32) -> u32 {
        self.data.take_padded(count)
    }

    /// Bytes that no value has come from.
    #[cfg(any(test, feature = "__fuzzing"))]
    pub(crate) fn untouched(&self) -> usize {
        self.data.untouched()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(values: &[(i16, u32)]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        values.iter().for_each(|(value, bits)| writer.put(*value, *bits));
        writer.finish();
        out
    }

    /// [MS-RDPEGFX] 4.1.2.1.2 and 4.1.2.1.5, which leave out the last byte; as printed, the one between them lacks two bits of its first run.
    #[test]
    fn examples_of_the_specification() {
        let first = [(-13, 4), (15, 4), (-3, 4), (0, 4), (0, 2), (-3, 2), (2, 2), (-1, 2)];
        assert_eq!(written(&first), [0xa0, 0x01, 0x80, 0x00, 0xc9, 0x49, 0xe0, 0]);
        let third = [(-1, 1), (1, 1), (0, 1)];
        assert_eq!(written(&third), [0xb0, 0]);
        let mut reader = Reader::new(&[0xb0]);
        third.iter().for_each(|(value, bits)| assert_eq!(reader.take(*bits), *value));
    }

    /// FreeRDP drops a tile whose data are not used up.
    #[test]
    fn every_end_is_read_to_its_last_byte() {
        for before in 0..40_u32 {
            for zeros in 0..300 {
                let mut values = vec![(1_i16, 1); before as usize];
                values.extend(vec![(0, 1 + before % 3); zeros]);
                let bytes = written(&values);
                let mut reader = Reader::new(&bytes);
                values.iter().for_each(|(value, bits)| assert_eq!(reader.take(*bits), *value));
                assert_eq!(reader.untouched(), 1, "{before} {zeros}");
                assert_eq!(bytes.last(), Some(&0));
            }
        }
    }

    #[test]
    fn beyond_the_end_are_zeros() {
        let mut reader = Reader::new(&[0b1000_0000]);
        assert_eq!(reader.take(15), i16::MAX);
        assert!((0..5000).all(|_| reader.take(3) == 0));
    }
}
