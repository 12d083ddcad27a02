//! A binary arithmetic coder with adaptive probabilities.
//!
//! An interval `low..=high` of 64 bits is cut at each decision in proportion to its probability; the upper 32 bits leave as soon
//! as both ends agree on them (Witten, Neal, Cleary, "Arithmetic coding for data compression", CACM 30(6), 1987, without its
//! carries: an interval that straddles a boundary and has become small gives up its lesser side, at most a bit, once in a
//! thousand bytes). Behind its last byte a stream goes on with zeros, so that short streams are short.

use crate::Error;

/// How likely a decision is "yes", learned from those before it.
///
/// The mean of a fast and a slow estimate: the one follows changes, the other is exact where nothing changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chance {
    fast: u16,
    slow: u16,
}

impl Chance {
    /// Nothing known.
    pub(crate) const EVEN: Self = Self::new(1 << 15);

    const FAST: u32 = 4;
    const SLOW: u32 = 7;

    /// Starts with a probability in 2^-16.
    pub(crate) const fn new(yes: u16) -> Self {
        Self { fast: yes, slow: yes }
    }

    /// Learns from a decision, and returns how likely "yes" was before, in 2^-16.
    #[inline]
    pub(crate) fn decided(&mut self, yes: bool) -> u16 {
        let likely = self.yes();
        self.learn(yes);
        likely
    }

    /// In 2^-16, never 0 and never 1.
    fn yes(self) -> u16 {
        // What is learned stops short of certainty: a shift to the right leaves nothing of less than 2^FAST and 2^SLOW.
        debug_assert!(self.fast.min(self.slow) > 0, "a chance that started as certain");
        self.fast.midpoint(self.slow)
    }

    fn learn(&mut self, yes: bool) {
        if yes {
            self.fast += (u16::MAX - self.fast) >> Self::FAST;
            self.slow += (u16::MAX - self.slow) >> Self::SLOW;
        } else {
            self.fast -= self.fast >> Self::FAST;
            self.slow -= self.slow >> Self::SLOW;
        }
    }
}

/// Decisions to bytes.
#[derive(Debug)]
pub(crate) struct RangeEncoder {
    low: u64,
    high: u64,
}

impl RangeEncoder {
    pub(crate) const fn new() -> Self {
        Self { low: 0, high: u64::MAX }
    }

    /// Codes a decision, and learns from it.
    #[inline]
    pub(crate) fn bit(&mut self, yes: bool, chance: &mut Chance, out: &mut Vec<u8>) {
        self.decision(yes, chance.decided(yes), out);
    }

    /// Codes a decision that was so likely "yes", in 2^-16.
    #[inline]
    pub(crate) fn decision(&mut self, yes: bool, likely: u16, out: &mut Vec<u8>) {
        let middle = cut(self.low, self.high, likely.into());
        if yes {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
        if self.high - self.low < WIDE {
            self.widen(out);
        }
    }

    #[inline(never)]
    fn widen(&mut self, out: &mut Vec<u8>) {
        while give_up(&mut self.low, &mut self.high) {
            out.extend_from_slice(&self.high.to_be_bytes()[..4]);
            self.low <<= 32;
            self.high = self.high << 32 | 0xffff_ffff;
        }
    }

    /// Codes the lower `count` bits of a number, at most 16, each as likely as not.
    #[inline]
    pub(crate) fn plain(&mut self, number: u32, count: u32, out: &mut Vec<u8>) {
        debug_assert!(count <= 16 && number >> count == 0);
        let part = (self.high - self.low) >> count;
        self.low += part * u64::from(number);
        // The last part takes what division left over.
        if number + 1 != 1 << count {
            self.high = self.low + part - 1;
        }
        if self.high - self.low < WIDE {
            self.widen(out);
        }
    }

    /// Ends the stream with as few bytes as tell it from all others, and is as new.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        let ends = (0..=8u32).find_map(|count| {
            let rest = u64::MAX.checked_shr(8 * count).unwrap_or(0);
            self.low.checked_add(rest).map(|n| n & !rest).filter(|n| *n <= self.high).map(|n| (n, count as usize))
        });
        // With 8 bytes the number is `low` itself.
        let (number, count) = ends.unwrap_or((self.low, 8));
        out.extend_from_slice(&number.to_be_bytes()[..count]);
        *self = Self::new();
    }
}

/// Below this width an interval may have upper halves that agree.
const WIDE: u64 = 1 << 32;
/// Below this width it must not stay, lest its parts become coarse.
const NARROW: u64 = 1 << 24;

fn cut(low: u64, high: u64, yes: u64) -> u64 {
    low + ((high - low) >> 16) * yes
}

/// Whether the upper halves agree, made so where the interval has become narrow.
fn give_up(low: &mut u64, high: &mut u64) -> bool {
    if (*low ^ *high) >> 32 != 0 {
        if *high - *low >= NARROW {
            return false;
        }
        let boundary = *high & !0xffff_ffff;
        if *high - boundary >= boundary - *low {
            *low = boundary;
        } else {
            *high = boundary - 1;
        }
    }
    true
}

/// Bytes to decisions.
#[derive(Debug)]
pub(crate) struct RangeDecoder<'a> {
    low: u64,
    high: u64,
    code: u64,
    data: &'a [u8],
    /// Words read that were not there.
    beyond: u32,
    broken: bool,
}

impl<'a> RangeDecoder<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        let mut decoder = Self { low: 0, high: u64::MAX, code: 0, data, beyond: 0, broken: false };
        decoder.code = u64::from(decoder.word()) << 32 | u64::from(decoder.word());
        decoder
    }

    fn word(&mut self) -> u32 {
        if let Some((word, rest)) = self.data.split_first_chunk() {
            self.data = rest;
            return u32::from_be_bytes(*word);
        }
        let mut word = [0; 4];
        word[..self.data.len()].copy_from_slice(self.data);
        self.beyond += u32::from(self.data.is_empty());
        self.data = &[];
        u32::from_be_bytes(word)
    }

    /// The opposite of [`RangeEncoder::bit`].
    #[inline]
    pub(crate) fn bit(&mut self, chance: &mut Chance) -> bool {
        let middle = cut(self.low, self.high, u64::from(chance.yes()));
        let yes = self.code <= middle;
        chance.learn(yes);
        if yes {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
        if self.high - self.low < WIDE {
            self.widen();
        }
        yes
    }

    #[inline(never)]
    fn widen(&mut self) {
        while give_up(&mut self.low, &mut self.high) {
            // No encoder goes on in the side that was given up.
            self.broken |= self.code < self.low || self.code > self.high;
            self.code = self.code.clamp(self.low, self.high);
            self.low <<= 32;
            self.high = self.high << 32 | 0xffff_ffff;
            self.code = self.code << 32 | u64::from(self.word());
        }
    }

    /// The opposite of [`RangeEncoder::plain`].
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 2^16 - 1")]
    pub(crate) fn plain(&mut self, count: u32) -> u32 {
        debug_assert!(count <= 16);
        let part = (self.high - self.low) >> count;
        let last = (1 << count) - 1;
        let number = ((self.code - self.low) / part).min(last);
        self.low += part * number;
        if number != last {
            self.high = self.low + part - 1;
        }
        if self.high - self.low < WIDE {
            self.widen();
        }
        number as u32
    }

    /// Whether the decisions so far can have come from this many bytes: an encoder never writes less.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.broken || self.beyond > 2 { Err(Error::Malformed("the message ends inside an operation")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop, prop_assert_eq, proptest};

    use super::{Chance, RangeDecoder, RangeEncoder};

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Bit(usize, bool),
        Plain(u32, u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        (any::<bool>(), 0usize..4, any::<u16>(), 0u32..=16).prop_map(|(bit, context, number, count)| {
            if bit {
                Step::Bit(context, number & ((1 << (4 * context)) - 1) == 0)
            } else {
                Step::Plain(u32::from(number) & ((1 << count) - 1), count)
            }
        })
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(steps in prop::collection::vec(step(), 0..2000)) {
            let (mut encoder, mut out, mut chances) = (RangeEncoder::new(), Vec::new(), [Chance::EVEN; 4]);
            for step in &steps {
                match *step {
                    Step::Bit(context, yes) => encoder.bit(yes, &mut chances[context], &mut out),
                    Step::Plain(number, count) => encoder.plain(number, count, &mut out),
                }
            }
            encoder.finish(&mut out);
            let (mut decoder, mut chances) = (RangeDecoder::new(&out), [Chance::EVEN; 4]);
            for step in &steps {
                match *step {
                    Step::Bit(context, yes) => prop_assert_eq!(decoder.bit(&mut chances[context]), yes),
                    Step::Plain(number, count) => prop_assert_eq!(decoder.plain(count), number),
                }
            }
            prop_assert_eq!(decoder.check(), Ok(()));
        }
    }

    #[test]
    fn the_expected_costs_next_to_nothing() {
        let (mut encoder, mut out, mut chance) = (RangeEncoder::new(), Vec::new(), Chance::EVEN);
        for _ in 0..100_000 {
            encoder.bit(true, &mut chance, &mut out);
        }
        encoder.finish(&mut out);
        assert!(out.len() < 40, "{} bytes for 100,000 times the same", out.len());
    }

    #[test]
    fn bytes_that_were_cut_off_are_missed() {
        let (mut encoder, mut out, mut chance) = (RangeEncoder::new(), Vec::new(), Chance::EVEN);
        (0..100u32).for_each(|n| encoder.plain(n * 511 % 65_536, 16, &mut out));
        encoder.bit(true, &mut chance, &mut out);
        encoder.finish(&mut out);
        let mut decoder = RangeDecoder::new(&out[..out.len() / 2]);
        (0..100).for_each(|_| {
            decoder.plain(16);
        });
        assert!(decoder.check().is_err());
    }
}
