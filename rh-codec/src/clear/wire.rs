//! Numbers, colours and run lengths as ClearCodec writes them: little-endian, colours as blue, green, red.

use crate::{Error, image::COLOUR};

const TRUNCATED: Error = Error::Malformed("a ClearCodec layer ends within a field");

/// A colour with the fourth byte set, as surfaces have it.
pub(super) const fn solid(colour: u32) -> u32 {
    colour | !COLOUR
}

/// Takes fields off the front of a layer.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn bytes(&mut self, len: u32) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(len as usize).ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn colour(&mut self) -> Result<u32, Error> {
        self.array().map(|[blue, green, red]| u32::from_le_bytes([blue, green, red, 0xff]))
    }

    /// A run length: one byte; 255 is followed by two, and 65,535 in these by four ([MS-RDPEGFX] 2.2.4.1.1.1.1).
    pub(super) fn run(&mut self) -> Result<u32, Error> {
        match self.u8()? {
            0xff => match self.u16()? {
                0xffff => self.u32(),
                run => Ok(u32::from(run)),
            },
            run => Ok(u32::from(run)),
        }
    }
}

pub(super) fn put_colour(out: &mut Vec<u8>, colour: u32) {
    let [blue, green, red, _] = colour.to_le_bytes();
    out.extend_from_slice(&[blue, green, red]);
}

#[expect(clippy::cast_possible_truncation, reason = "each arm's range fits its width")]
pub(super) fn put_run(out: &mut Vec<u8>, run: u32) {
    match run {
        0..0xff => out.push(run as u8),
        0xff..0xffff => {
            out.push(0xff);
            out.extend_from_slice(&(run as u16).to_le_bytes());
        }
        _ => {
            out.extend_from_slice(&[0xff; 3]);
            out.extend_from_slice(&run.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_lengths_have_three_widths() -> Result<(), Error> {
        for (run, len) in [(0, 1), (254, 1), (255, 3), (65_534, 3), (65_535, 7), (u32::MAX, 7)] {
            let mut out = Vec::new();
            put_run(&mut out, run);
            assert_eq!(out.len(), len);
            let mut reader = Reader::new(&out);
            assert_eq!(reader.run()?, run);
            assert!(reader.is_empty());
        }
        Ok(())
    }
}
