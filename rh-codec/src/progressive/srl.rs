//! Simplified run-length coding of what an upgrade brings to coefficients that were 0 ([MS-RDPEGFX] 3.1.8.1.5).
//!
//! Runs of zeros are coded as RLGR has them; the value that ends a run as its sign and its magnitude in unary. How many bits a magnitude may
//! have, both sides know: as many as the pass adds to its band. State and runs go on across bands.

use crate::{
    Error,
    rfx::bits::{BitReader, BitWriter},
};

const KP_START: u32 = 8;
const KP_MAX: u32 = 80;
const KP_UP: u32 = 4;
const KP_DOWN: u32 = 6;

/// Writes the values of one component of an upgrade.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    out: BitWriter<'a>,
    kp: u32,
    /// Zeros that are not written yet.
    zeros: u32,
    /// Bits that the magnitude of the last value could have had.
    bits: u32,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out: BitWriter::new(out), kp: KP_START, zeros: 0, bits: 1 }
    }

    /// A value whose magnitude is below `2^bits`.
    #[inline]
    pub(super) fn put(&mut self, value: i16, bits: u32) {
        self.bits = bits;
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

    /// Ends the stream with its byte of zero. Returns whether the last value, a zero, had to become one of magnitude 1, negative if `negative`.
    ///
    /// Decoders disagree about a run that ends the stream after whole steps: some know then that all values are there (FreeRDP, which refuses
    /// the tile if anything but padding follows), others want to read how many zeros are left, none (IronRDP, which refuses the tile if
    /// that is missing). Mostly the padding has room for it. Else the run must not end the stream: its last zero becomes the smallest
    /// value there is, an error of one step of this pass, in one coefficient.
    pub(super) fn finish(mut self, negative: bool) -> bool {
        let (steps, k) = self.whole_steps();
        let Some(steps) = steps else {
            if self.zeros > 0 {
                self.put_continued();
                self.put_rest();
            }
            self.end();
            return false;
        };
        let free = (8 + self.out.free() - steps % 8) % 8;
        if k < free {
            self.put_continued();
            self.put_rest();
            self.end();
            return false;
        }
        self.zeros -= 1;
        self.put(if negative { -1 } else { 1 }, self.bits);
        self.end();
        true
    }

    /// Number of whole steps that the run at hand has, and `k` after them; `None` instead of the number if something is left then, or if there is no run.
    fn whole_steps(&self) -> (Option<u32>, u32) {
        let (mut kp, mut zeros, mut steps) = (self.kp, self.zeros, 0);
        while zeros >= 1 << (kp / 8) {
            zeros -= 1 << (kp / 8);
            kp = (kp + KP_UP).min(KP_MAX);
            steps += 1;
        }
        ((zeros == 0 && steps > 0).then_some(steps), kp / 8)
    }

    fn end(mut self) {
        self.out.put(0, self.out.free());
        self.out.put(0, 8);
        self.out.finish();
    }
}

/// Reads the values of one component of an upgrade.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    data: BitReader<'a>,
    kp: u32,
    /// Zeros that come before the next value or run.
    zeros: u32,
    /// Whether a value follows the zeros, rather than another run.
    value: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data: BitReader::new(data), kp: KP_START, zeros: 0, value: false }
    }

    /// The next value, of a magnitude below `2^bits`; `bits` is 1 to 15.
    ///
    /// # Errors
    /// `Malformed` if the data are used up.
    #[inline]
    pub(super) fn take(&mut self, bits: u32) -> Result<i16, Error> {
        if self.zeros == 0 && !self.value {
            self.take_run()?;
        }
        if self.zeros > 0 {
            self.zeros -= 1;
            return Ok(0);
        }
        self.value = false;
        self.kp = self.kp.saturating_sub(KP_DOWN);
        let sign = self.bit()?;
        let (mut magnitude, most) = (1i16, i16::MAX >> (15 - bits));
        while magnitude < most && self.bit()? == 0 {
            magnitude += 1;
        }
        Ok(if sign == 1 { -magnitude } else { magnitude })
    }

    /// One step of a run: `2^k` zeros and more to come, or fewer and then a value.
    fn take_run(&mut self) -> Result<(), Error> {
        let k = self.kp / 8;
        if self.bit()? == 0 {
            self.zeros = 1 << k;
            self.kp = (self.kp + KP_UP).min(KP_MAX);
        } else {
            self.zeros = self.data.take(k).ok_or(SHORT)?;
            self.value = true;
        }
        Ok(())
    }

    #[inline]
    fn bit(&mut self) -> Result<u32, Error> {
        self.data.take(1).ok_or(SHORT)
    }

    /// Bytes that no value has come from.
    #[cfg(test)]
    pub(super) fn untouched(&self) -> usize {
        self.data.untouched()
    }
}

const SHORT: Error = Error::Malformed("an upgrade has fewer values than coefficients");

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn written(values: &[(i16, u32)], negative: bool) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        values.iter().for_each(|(value, bits)| writer.put(*value, *bits));
        let raised = writer.finish(negative);
        (out, raised)
    }

    /// [MS-RDPEGFX] 4.1.2.1.2 and 4.1.2.1.5; as printed, the one between them lacks two bits of its first run.
    #[test]
    fn examples_of_the_specification() {
        let first = [(-13, 4), (15, 4), (-3, 4), (0, 4), (0, 2), (-3, 2), (2, 2), (-1, 2)];
        assert_eq!(written(&first, false), (vec![0xa0, 0x01, 0x80, 0x00, 0xc9, 0x49, 0xe0, 0], false), "4.1.2.1.2");
        let third = [(-1, 1), (1, 1), (0, 1)];
        let mut reader = Reader::new(&[0xb0]);
        third.iter().for_each(|(value, bits)| assert_eq!(reader.take(*bits).unwrap(), *value, "4.1.2.1.5"));
        // Its run ends the stream after one whole step; what follows is padding to us, and a run of no zeros to others.
        assert_eq!(written(&third, false), (vec![0b1011_0010, 0], false));
    }

    #[test]
    fn every_end_is_read_to_its_last_byte() {
        for before in 0..40u32 {
            for zeros in 0..300 {
                let mut values = vec![(1i16, 1); before as usize];
                values.extend(vec![(0, 1 + before % 3); zeros]);
                let (bytes, raised) = written(&values, true);
                if raised {
                    values.last_mut().unwrap().0 = -1;
                }
                let mut reader = Reader::new(&bytes);
                values.iter().for_each(|(value, bits)| assert_eq!(reader.take(*bits).unwrap(), *value));
                assert_eq!(reader.untouched(), 1, "{before} {zeros}");
                assert_eq!(bytes.last(), Some(&0));
            }
        }
    }

    #[test]
    fn data_that_end_too_soon_are_an_error() {
        let mut reader = Reader::new(&[0x80]);
        assert!(reader.take(15).is_err());
    }
}
