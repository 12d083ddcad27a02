//! What an access unit claims, looked at before a decoder sees it.
//!
//! A decoder of H.264 is large, and written in C++ or burnt into hardware. This module hands it only what video on a screen needs: one progressive
//! picture at 4:2:0 and 8 bits, of a size that is known before, in few slices; no extensions. What a unit may cost in memory and time is thereby bounded.
//! Sections are those of ITU-T H.264.

use crate::Error;

/// Slices of a picture at most: each may run to the picture's end again, so they multiply its time.
const MOST_SLICES: u32 = 64;
/// Parameter sets in a unit at most.
const MOST_SETS: u32 = 16;
/// Macroblocks of all reference pictures at most: `MaxDpbMbs` of level 5.2 (A.3.1).
const MOST_REFERENCES: u64 = 184_320;

/// Checks a unit in the byte stream format (Annex B) for a picture of `most` columns and rows at most, in pixels.
///
/// # Errors
/// `Malformed`, `Unsupported` or `LimitExceeded`.
pub(super) fn check(unit: &[u8], most: (u32, u32)) -> Result<(), Error> {
    let (mut slices, mut sets, mut last) = (0, 0, None);
    for nal in nals(unit) {
        let Some((head, body)) = nal.split_first() else { continue };
        match head & 31 {
            // A slice, of an IDR picture or another.
            1 | 5 => {
                slices += 1;
                let first = Bits::new(body).ue()?;
                if last.is_some_and(|last| last >= first) {
                    return Err(Error::Unsupported("several pictures in an access unit"));
                }
                last = Some(first);
            }
            7 => {
                sets += 1;
                parameters(body, most)?;
            }
            8 => sets += 1,
            // Supplemental information, delimiter, ends of sequence and stream, filler.
            6 | 9..=12 => {}
            _ => return Err(Error::Unsupported("extensions of H.264")),
        }
        if slices > MOST_SLICES {
            return Err(Error::LimitExceeded { what: "the number of slices of a picture", limit: MOST_SLICES.into() });
        }
        if sets > MOST_SETS {
            return Err(Error::LimitExceeded { what: "the number of parameter sets of an access unit", limit: MOST_SETS.into() });
        }
    }
    if slices == 0 { Err(Error::Malformed("an access unit without a picture")) } else { Ok(()) }
}

/// The units between start codes (B.1); zeros behind them stay.
fn nals(unit: &[u8]) -> impl Iterator<Item = &[u8]> {
    const START: [u8; 3] = [0, 0, 1];
    let find = |bytes: &[u8]| bytes.windows(START.len()).position(|window| window == START);
    let mut rest = find(unit).map(|at| &unit[at + START.len()..]);
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let end = find(bytes);
        rest = end.map(|at| &bytes[at + START.len()..]);
        Some(&bytes[..end.unwrap_or(bytes.len())])
    })
}

/// A sequence parameter set (7.3.2.1.1), up to the size of the picture.
fn parameters(body: &[u8], most: (u32, u32)) -> Result<(), Error> {
    let mut bits = Bits::new(body);
    let profile = bits.bits(8)?;
    // Constraints and level: what they promise is checked below.
    bits.bits(16)?;
    bits.ue()?;
    if ![66, 77, 88].contains(&profile) {
        if profile != 100 {
            return Err(Error::Unsupported("a profile of H.264 other than Baseline, Main, Extended and High"));
        }
        if (bits.ue()?, bits.ue()?, bits.ue()?) != (1, 0, 0) {
            return Err(Error::Unsupported("H.264 at other than 4:2:0 and 8 bits"));
        }
        bits.bits(1)?;
        if bits.bits(1)? == 1 {
            for list in 0..8 {
                if bits.bits(1)? == 1 {
                    scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.ue()?;
    match bits.ue()? {
        0 => {
            bits.ue()?;
        }
        1 => {
            bits.bits(1)?;
            bits.ue()?;
            bits.ue()?;
            let cycle = bits.ue()?;
            if cycle > 255 {
                return Err(Error::Malformed("an order of pictures that is too long"));
            }
            for _ in 0..cycle {
                bits.ue()?;
            }
        }
        _ => {}
    }
    let references = bits.ue()?;
    bits.bits(1)?;
    let (columns, rows) = (u64::from(bits.ue()?) + 1, u64::from(bits.ue()?) + 1);
    if bits.bits(1)? == 0 {
        return Err(Error::Unsupported("interlaced video"));
    }
    let limit = |side: u32| u64::from(side.next_multiple_of(64));
    if columns * 16 > limit(most.0) || rows * 16 > limit(most.1) {
        return Err(Error::LimitExceeded { what: "the size of a video's pictures", limit: limit(most.0).max(limit(most.1)) });
    }
    if references > 16 || u64::from(references) * columns * rows > MOST_REFERENCES {
        return Err(Error::LimitExceeded { what: "the macroblocks of a video's reference pictures", limit: MOST_REFERENCES });
    }
    Ok(())
}

/// Passes over a scaling list (7.3.2.1.1.1).
fn scaling_list(bits: &mut Bits<'_>, size: u32) -> Result<(), Error> {
    let (mut last, mut next) = (8i64, 8i64);
    for _ in 0..size {
        if next != 0 {
            let coded = i64::from(bits.ue()?);
            let delta = if coded % 2 == 1 { (coded + 1) / 2 } else { -(coded / 2) };
            next = (last + delta).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Ok(())
}

/// Bits of a payload, most significant first, without the bytes that keep start codes out of it (7.4.1).
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    zeros: u32,
    current: u8,
    left: u32,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, zeros: 0, current: 0, left: 0 }
    }

    fn bit(&mut self) -> Result<u32, Error> {
        if self.left == 0 {
            let mut byte = self.byte()?;
            if self.zeros >= 2 && byte == 3 {
                self.zeros = 0;
                byte = self.byte()?;
            }
            self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
            (self.current, self.left) = (byte, 8);
        }
        self.left -= 1;
        Ok(u32::from(self.current >> self.left & 1))
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let byte = *self.bytes.get(self.at).ok_or(Error::Malformed("an access unit that ends early"))?;
        self.at += 1;
        Ok(byte)
    }

    /// At most 32 bits.
    fn bits(&mut self, count: u32) -> Result<u32, Error> {
        (0..count).try_fold(0, |number, _| Ok(number << 1 | self.bit()?))
    }

    /// A number by its logarithm (9.1), below 2^32 - 1.
    fn ue(&mut self) -> Result<u32, Error> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros == 32 {
                return Err(Error::Malformed("a number that is too large"));
            }
        }
        let rest = self.bits(zeros)?;
        Ok((1u32 << zeros) - 1 + rest)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Bits to bytes, with the bytes that keep start codes out.
    fn nal(head: u8, bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
        let mut out = vec![0, 0, 0, 1, head];
        let mut zeros = 0;
        for byte in bits.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |sum, (i, bit)| sum | bit << (7 - i))) {
            if zeros == 2 && byte <= 3 {
                out.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            out.push(byte);
        }
        out
    }

    fn ue(number: u32) -> String {
        let bits = format!("{:b}", number + 1);
        format!("{}{bits}", "0".repeat(bits.len() - 1))
    }

    /// A parameter set of Baseline with so many reference pictures, and columns and rows of macroblocks.
    fn set(references: u32, columns: u32, rows: u32) -> Vec<u8> {
        let size = ue(columns - 1) + &ue(rows - 1);
        nal(0x67, &format!("{:08b}{:016b} {} {} {} {} {} 0 {size} 1 1 0 0 1", 66, 40, ue(0), ue(0), ue(2), ue(references), ""))
    }

    fn slice(first: u32) -> Vec<u8> {
        nal(0x65, &(ue(first) + "10000000"))
    }

    #[test]
    fn a_picture_of_the_size_that_was_agreed_passes() {
        check(&[set(1, 60, 34), nal(0x68, "1"), slice(0)].concat(), (960, 540)).unwrap();
        check(&[slice(0), slice(7), slice(100)].concat(), (960, 540)).unwrap();
    }

    #[test]
    fn larger_pictures_are_refused() {
        for (columns, rows) in [(61, 34), (60, 37), (1 << 20, 1), (1, 1 << 29)] {
            let error = check(&[set(1, columns, rows), slice(0)].concat(), (960, 540)).unwrap_err();
            assert!(matches!(error, Error::LimitExceeded { .. }), "{columns} by {rows}: {error}");
        }
        assert!(matches!(check(&[set(17, 2, 2), slice(0)].concat(), (64, 64)), Err(Error::LimitExceeded { .. })));
        assert!(matches!(check(&[set(16, 240, 135), slice(0)].concat(), (3840, 2160)), Err(Error::LimitExceeded { .. })));
    }

    #[test]
    fn more_than_a_picture_is_refused() {
        assert!(matches!(check(&[slice(0), slice(0)].concat(), (64, 64)), Err(Error::Unsupported(_))));
        assert!(matches!(check(&[slice(5), slice(3)].concat(), (64, 64)), Err(Error::Unsupported(_))));
        let many: Vec<u8> = (0..65).flat_map(slice).collect();
        assert!(matches!(check(&many, (64, 64)), Err(Error::LimitExceeded { .. })));
        let sets: Vec<u8> = (0..17).flat_map(|_| set(1, 4, 4)).collect();
        assert!(matches!(check(&sets, (64, 64)), Err(Error::LimitExceeded { .. })));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for unit in [&[][..], &[1, 2, 3], &[0, 0, 1], &set(1, 4, 4)] {
            assert!(matches!(check(unit, (64, 64)), Err(Error::Malformed(_))), "{unit:?}");
        }
        // Scalable, multi-view, partitioned.
        for head in [0x6e, 0x74, 0x6f, 0x62] {
            assert!(matches!(check(&[nal(head, "1"), slice(0)].concat(), (64, 64)), Err(Error::Unsupported(_))));
        }
    }
}
