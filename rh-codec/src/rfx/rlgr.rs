//! Adaptive run-length and Golomb-Rice coding of coefficients ([MS-RDPRFX] 3.1.8.1.7.3).
//!
//! Two parameters follow the data: `k = kp / 8`, the length of the runs of zeros to expect, and `kr = krp / 8`, the size of the values. While
//! `k` is not 0, a symbol is a run of zeros and the value that ends it; while it is 0, one value (RLGR1) or two (RLGR3). Both variants code
//! runs alike.

use super::bits::{BitReader, BitWriter};
use crate::Error;

/// Which variant of the coder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entropy {
    /// One value a symbol; the only one in RemoteFX Progressive.
    Rlgr1,
    /// Two values a symbol.
    Rlgr3,
}

const KP_MAX: u32 = 80;
/// A run that had to be continued makes longer ones likely.
const KP_UP: u32 = 4;
/// A run that ended does the opposite.
const KP_DOWN: u32 = 6;
/// What a zero and a value do to `kp` outside runs.
const KP_ALONE: u32 = 3;
/// Largest code that a value has: twice a magnitude of 15 bits, plus a sign.
const CODE_MAX: u32 = 0xffff;

struct State {
    kp: u32,
    krp: u32,
}

impl State {
    fn new() -> Self {
        Self { kp: 8, krp: 8 }
    }

    fn k(&self) -> u32 {
        self.kp / 8
    }

    fn longer(&mut self, by: u32) {
        self.kp = (self.kp + by).min(KP_MAX);
    }

    fn shorter(&mut self, by: u32) {
        self.kp = self.kp.saturating_sub(by);
    }

    /// Learns from the unary part of a Golomb-Rice code.
    fn adapt(&mut self, unary: u32) {
        match unary {
            0 => self.krp = self.krp.saturating_sub(2),
            1 => {}
            _ => self.krp = self.krp.saturating_add(unary).min(KP_MAX),
        }
    }

    #[inline]
    fn put_code(&mut self, out: &mut BitWriter<'_>, code: u32) {
        let kr = self.krp / 8;
        let (unary, rest) = (code >> kr, code & ((1 << kr) - 1));
        if unary + 1 + kr <= 32 {
            out.put(((1 << unary) - 1) << (kr + 1) | rest, unary + 1 + kr);
        } else {
            out.repeat(true, unary);
            out.put(rest, 1 + kr);
        }
        self.adapt(unary);
    }

    #[inline]
    fn take_code(&mut self, data: &mut BitReader<'_>) -> Result<Option<u32>, Error> {
        let kr = self.krp / 8;
        let Some(unary) = data.run(true) else { return Ok(None) };
        let Some(rest) = data.take(kr) else { return Ok(None) };
        if unary > CODE_MAX >> kr {
            return Err(Error::Malformed("a coefficient beyond 15 bits"));
        }
        self.adapt(unary);
        Ok(Some(unary << kr | rest))
    }
}

/// Twice the magnitude, less one for negative values: 0, -1, 1, -2, ... become 0, 1, 2, 3, ...
fn fold(value: i16) -> u32 {
    2 * u32::from(value.unsigned_abs()) - u32::from(value < 0)
}

/// The opposite of [`fold`] for codes up to 16 bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a code has 16 bits, so that half of it, rounded up, is 2^15 at most, which wraps to -2^15"
)]
fn unfold(code: u32) -> i16 {
    let half = (code.div_ceil(2)) as u16;
    let magnitude = half.cast_signed();
    if code % 2 == 1 { magnitude.wrapping_neg() } else { magnitude }
}

/// Index of the first value from `from` on that is not 0, or the length.
#[inline]
fn next_value(values: &[i16], mut from: usize) -> usize {
    while let Some(block) = values[from..].first_chunk::<16>() {
        if block.iter().fold(0, |all, value| all | value) != 0 {
            break;
        }
        from += 16;
    }
    values[from..].iter().position(|value| *value != 0).map_or(values.len(), |at| from + at)
}

/// Appends the code of `values`, filled up to whole bytes.
pub(crate) fn encode(entropy: Entropy, values: &[i16], out: &mut Vec<u8>) {
    let mut out = BitWriter::new(out);
    let mut state = State::new();
    let mut at = 0;
    while at < values.len() {
        if state.k() > 0 {
            let end = next_value(values, at);
            let mut zeros = end - at;
            while zeros >= 1 << state.k() {
                zeros -= 1 << state.k();
                out.put(0, 1);
                state.longer(KP_UP);
            }
            #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^k zeros are left, and k is 10 at most")]
            out.put(1 << state.k() | zeros as u32, state.k() + 1);
            // A run that reaches the end is followed by a value too, which has no place any more and is dropped by decoders: some read it
            // before they look where it goes, and must not run out of bits.
            let value = values.get(end).copied().unwrap_or(1);
            out.put(u32::from(value < 0), 1);
            state.put_code(&mut out, u32::from(value.unsigned_abs()) - 1);
            state.shorter(KP_DOWN);
            at = end + 1;
            continue;
        }
        let first = fold(values[at]);
        at += 1;
        match entropy {
            Entropy::Rlgr1 => {
                state.put_code(&mut out, first);
                if first == 0 { state.longer(KP_ALONE) } else { state.shorter(KP_ALONE) }
            }
            Entropy::Rlgr3 => {
                let second = values.get(at).copied().map_or(0, fold);
                at += 1;
                let sum = first + second;
                state.put_code(&mut out, sum);
                out.put(first, u32::BITS - sum.leading_zeros());
                match (first, second) {
                    (0, 0) => state.longer(2 * KP_ALONE),
                    (0, _) | (_, 0) => {}
                    _ => state.shorter(2 * KP_ALONE),
                }
            }
        }
    }
    out.finish();
}

/// Fills `values` from its code; what the code does not reach becomes 0, as other decoders have it.
///
/// # Errors
/// `Malformed` if there is no data at all, or a value that no encoder can mean.
pub(crate) fn decode(entropy: Entropy, data: &[u8], values: &mut [i16]) -> Result<(), Error> {
    if data.is_empty() {
        return Err(Error::Malformed("a component without data"));
    }
    values.fill(0);
    let mut data = BitReader::new(data);
    let mut state = State::new();
    let mut at = 0;
    while at < values.len() {
        if state.k() > 0 {
            let Some(continued) = data.run(false) else { return Ok(()) };
            let mut zeros = 0;
            for _ in 0..continued {
                zeros += 1 << state.k();
                state.longer(KP_UP);
                if zeros >= values.len() - at {
                    return Ok(());
                }
            }
            let Some(rest) = data.take(state.k()) else { return Ok(()) };
            at += zeros + rest as usize;
            if at >= values.len() {
                return Ok(());
            }
            let Some(sign) = data.take(1) else { return Ok(()) };
            let Some(code) = state.take_code(&mut data)? else { return Ok(()) };
            state.shorter(KP_DOWN);
            let Ok(magnitude) = i16::try_from(code + 1) else {
                return Err(Error::Malformed("a coefficient beyond 15 bits"));
            };
            values[at] = if sign == 1 { -magnitude } else { magnitude };
            at += 1;
            continue;
        }
        let Some(code) = state.take_code(&mut data)? else { return Ok(()) };
        match entropy {
            Entropy::Rlgr1 => {
                if code == 0 {
                    state.longer(KP_ALONE)
                } else {
                    state.shorter(KP_ALONE)
                }
                values[at] = unfold(code);
                at += 1;
            }
            Entropy::Rlgr3 => {
                let Some(first) = data.take(u32::BITS - code.leading_zeros()) else { return Ok(()) };
                let Some(second) = code.checked_sub(first) else {
                    return Err(Error::Malformed("the first of two coefficients is larger than their sum"));
                };
                match (first, second) {
                    (0, 0) => state.longer(2 * KP_ALONE),
                    (0, _) | (_, 0) => {}
                    _ => state.shorter(2 * KP_ALONE),
                }
                values[at] = unfold(first);
                if let Some(place) = values.get_mut(at + 1) {
                    *place = unfold(second);
                }
                at += 2;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn coded(entropy: Entropy, values: &[i16]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(entropy, values, &mut out);
        let mut back = vec![1; values.len()];
        decode(entropy, &out, &mut back).unwrap();
        assert_eq!(back, values);
        out
    }

    /// [MS-RDPEGFX] 4.1.2.1.1 and 4.1.2.1.3.
    #[test]
    fn examples_of_the_specification() {
        let first = [-2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 1, -7, 6];
        assert_eq!(coded(Entropy::Rlgr1, &first), [0xa8, 0x62, 0x6d, 0xff, 0xf7, 0x00]);
        let second = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, -4, 8, -9];
        assert_eq!(coded(Entropy::Rlgr1, &second), [0x88, 0x76, 0xbd, 0xff, 0xfe, 0xf2]);
    }

    #[test]
    fn runs_to_the_end_and_large_values() {
        for entropy in [Entropy::Rlgr1, Entropy::Rlgr3] {
            for zeros in 1..200 {
                let mut values = vec![0; zeros];
                coded(entropy, &values);
                values.extend([-16_383, 1, 0, 16_383, 0, 0]);
                coded(entropy, &values);
            }
            coded(entropy, &[0; 4096]);
        }
    }

    #[test]
    fn data_that_end_too_soon_stand_for_zeros() {
        let mut values = [7; 64];
        decode(Entropy::Rlgr1, &[0xa8], &mut values).unwrap();
        assert_eq!(values[..3], [-2, 0, 0]);
        assert!(values[3..].iter().all(|value| *value == 0));
        assert!(decode(Entropy::Rlgr3, &[], &mut values).is_err());
        // A unary code of thousands of bits.
        let mut endless = vec![0xff; 9000];
        endless[0] = 0b1101_1111;
        assert!(decode(Entropy::Rlgr1, &[&endless[..], &[0, 0, 0]].concat(), &mut values).is_err());
    }
}
