//! NSCodec, [MS-RDPNSC]: luma and chroma planes with run lengths; here as a subcodec of ClearCodec.
//!
//! A lossy coding for areas of many colours: chroma loses up to six bits (`ColorLossLevel`), and half its columns and rows if the
//! stream says so. Only decoded: what this crate sends is exact, or RemoteFX Progressive.

use crate::{Error, Limits, Rect, Surface};

/// Bytes before the planes (2.2.2).
const HEADER: usize = 20;

/// The last bytes of a plane, which are never part of a run (2.2.2.1).
const END_DATA: u64 = 4;

/// Decodes NSCodec bitmaps, each of which stands alone.
///
/// Memory: three rows of a bitmap, at most `3 × (max_width + 7)` bytes.
#[derive(Debug)]
pub struct Decoder {
    max_width: u32,
    luma: Vec<u8>,
    orange: Vec<u8>,
    green: Vec<u8>,
}

impl Decoder {
    /// A decoder for bitmaps up to the limits' `max_width`; their height is that of the surface at most.
    pub fn new(limits: &Limits) -> Self {
        Self { max_width: limits.max_width, luma: Vec::new(), orange: Vec::new(), green: Vec::new() }
    }

    /// Paints one `NSCODEC_BITMAP_STREAM` (2.2.2) into `rect` of the target, opaque: an alpha plane is passed over.
    ///
    /// # Errors
    /// `Malformed` for bytes that are no such stream, or for a `rect` outside the target; `LimitExceeded` for one that is too wide.
    /// Rows before the fault may be painted.
    pub fn decode(&mut self, data: &[u8], rect: Rect, target: &mut Surface) -> Result<(), Error> {
        let (width, height) = target.size();
        if rect.is_empty() || !rect.fits(width, height) {
            return Err(Error::Malformed("an NSCodec bitmap lies outside its surface, or is empty"));
        }
        if rect.width > self.max_width {
            return Err(Error::LimitExceeded { what: "the width of an NSCodec bitmap", limit: self.max_width.into() });
        }
        let (header, mut planes) = data.split_first_chunk::<HEADER>().ok_or(Error::Malformed("an NSCodec stream has no header"))?;
        let loss = header[16];
        let halved = match header[17] {
            0 => false,
            1 => true,
            _ => return Err(Error::Malformed("an NSCodec chroma subsampling level is neither 0 nor 1")),
        };
        if !(1..=7).contains(&loss) {
            return Err(Error::Malformed("an NSCodec colour loss level lies between 1 and 7"));
        }
        // With halved chroma the planes are padded: luma to 8 columns, chroma to the half of that (3.1.8.1.3).
        let (luma_width, chroma_width, chroma_height) = if halved {
            (rect.width.next_multiple_of(8), rect.width.next_multiple_of(8) / 2, rect.height.div_ceil(2))
        } else {
            (rect.width, rect.width, rect.height)
        };
        let mut plane = |index: usize, area: u64| {
            let (lens, _) = header.as_chunks::<4>();
            let len = u32::from_le_bytes(lens[index]) as usize;
            let (bytes, rest) = planes.split_at_checked(len).ok_or(Error::Malformed("an NSCodec plane is longer than its stream"))?;
            planes = rest;
            Plane::new(bytes, area)
        };
        let mut luma = plane(0, u64::from(luma_width) * u64::from(rect.height))?;
        let mut orange = plane(1, u64::from(chroma_width) * u64::from(chroma_height))?;
        let mut green = plane(2, u64::from(chroma_width) * u64::from(chroma_height))?;
        self.luma.resize(luma_width as usize, 0);
        self.orange.resize(luma_width as usize, 0);
        self.green.resize(luma_width as usize, 0);
        for (row, y) in (rect.y..rect.bottom()).enumerate() {
            luma.read(&mut self.luma)?;
            if !halved || row % 2 == 0 {
                for (plane, values) in [(&mut orange, &mut self.orange), (&mut green, &mut self.green)] {
                    plane.read(&mut values[..chroma_width as usize])?;
                    if halved {
                        double(values);
                    }
                }
            }
            let span = target.span_mut(rect.x, y, rect.width);
            let planes = self.luma.iter().zip(&self.orange).zip(&self.green);
            span.iter_mut().zip(planes).for_each(|(pixel, ((luma, orange), green))| *pixel = convert(*luma, *orange, *green, loss));
        }
        Ok(())
    }
}

/// Puts each value of the first half twice, over the whole row.
fn double(row: &mut [u8]) {
    for at in (0..row.len()).rev() {
        row[at] = row[at / 2];
    }
}

/// From Y, Co and Cg to blue, green, red: `R = Y + Co/2 - Cg/2, G = Y + Cg/2, B = Y - Co/2 - Cg/2` ([MS-RDPEGDI] 3.1.9.1.2).
///
/// Chroma was shifted right by `loss` bits (3.1.9.1.4). One of these is the division by two above, so that `loss - 1` remain to be undone,
/// in a signed byte that wraps.
fn convert(luma: u8, orange: u8, green: u8, loss: u8) -> [u8; 4] {
    let restore = |chroma: u8| i16::from((chroma << (loss - 1)).cast_signed());
    let (luma, orange, green) = (i16::from(luma), restore(orange), restore(green));
    let clamp = |value: i16| value.clamp(0, 255).to_le_bytes()[0];
    [clamp(luma - orange - green), clamp(luma + green), clamp(luma + orange - green), 0xff]
}

/// A plane that is read row by row, so that no plane is ever held unpacked.
enum Plane<'a> {
    /// As many bytes as the plane has values.
    Raw(&'a [u8]),
    /// Run lengths (3.1.8.3.2): a value twice, then how often it comes beyond these two; 255 is followed by the whole count, in four bytes.
    Runs {
        data: &'a [u8],
        value: u8,
        /// How many of `value` are still to be handed out.
        run: u64,
        /// Values of the plane that no run at hand covers yet.
        left: u64,
    },
}

impl<'a> Plane<'a> {
    fn new(data: &'a [u8], area: u64) -> Result<Self, Error> {
        match (data.len() as u64).cmp(&area) {
            std::cmp::Ordering::Equal => Ok(Self::Raw(data)),
            std::cmp::Ordering::Less => Ok(Self::Runs { data, value: 0, run: 0, left: area }),
            std::cmp::Ordering::Greater => Err(Error::Malformed("an NSCodec plane is longer than its bitmap")),
        }
    }

    fn read(&mut self, row: &mut [u8]) -> Result<(), Error> {
        const SHORT: Error = Error::Malformed("an NSCodec plane ends before its bitmap");
        match self {
            Self::Raw(data) => {
                let (taken, rest) = data.split_at_checked(row.len()).ok_or(SHORT)?;
                row.copy_from_slice(taken);
                *data = rest;
            }
            Self::Runs { data, value, run, left } => {
                let mut row = row;
                while !row.is_empty() {
                    if *run == 0 {
                        let (first, rest) = data.split_first().ok_or(SHORT)?;
                        (*value, *data) = (*first, rest);
                        // The last four stand as they are, and one before them cannot be a run.
                        *run = if *left > END_DATA + 1 { run_length(*value, data).ok_or(SHORT)? } else { 1 };
                        let most = if *left > END_DATA { *left - END_DATA } else { *left };
                        if *run == 0 || *run > most {
                            return Err(Error::Malformed("an NSCodec run has no length, or leaves its plane"));
                        }
                        *left -= *run;
                    }
                    let count = usize::try_from(*run).unwrap_or(usize::MAX).min(row.len());
                    let (filled, rest) = row.split_at_mut(count);
                    filled.fill(*value);
                    *run -= count as u64;
                    row = rest;
                }
            }
        }
        Ok(())
    }
}

/// The length of the run that a value starts; `None` if the plane ends within it.
fn run_length(value: u8, data: &mut &[u8]) -> Option<u64> {
    let Some(rest) = data.strip_prefix(&[value]) else {
        return Some(1);
    };
    let (count, rest) = rest.split_first()?;
    if *count < 0xff {
        *data = rest;
        return Some(u64::from(*count) + 2);
    }
    let (count, rest) = rest.split_first_chunk()?;
    *data = rest;
    Some(u32::from_le_bytes(*count).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(data: &[u8], area: u64) -> Result<Vec<u8>, Error> {
        let mut row = vec![0; usize::try_from(area).unwrap_or(0)];
        Plane::new(data, area)?.read(&mut row)?;
        Ok(row)
    }

    #[test]
    fn planes_have_literals_runs_and_four_last_values() -> Result<(), Error> {
        assert_eq!(values(&[7, 8, 9], 3)?, [7, 8, 9]);
        // 1, then five of 2, then the last four.
        assert_eq!(values(&[1, 2, 2, 3, 9, 9, 9, 9], 10)?, [1, 2, 2, 2, 2, 2, 9, 9, 9, 9]);
        // A single value before the last four is no run, though the next one equals it.
        assert_eq!(values(&[6, 6, 2, 5, 5, 2, 3, 4], 9)?, [6, 6, 6, 6, 5, 5, 2, 3, 4]);
        let mut long = vec![3, 3, 255];
        long.extend_from_slice(&300u32.to_le_bytes());
        long.extend_from_slice(&[1, 2, 3, 4]);
        let plane = values(&long, 304)?;
        assert!(plane[..300].iter().all(|value| *value == 3) && plane[300..] == [1, 2, 3, 4]);
        Ok(())
    }

    #[test]
    fn chroma_wraps_in_a_signed_byte() {
        // Y 93, Co 40 and Cg 63 at loss level 3: 160 is -96 and 252 is -4.
        assert_eq!(convert(93, 40, 63, 3), [193, 89, 1, 255]);
        assert_eq!(convert(100, 10, 0, 1), [90, 100, 110, 255]);
    }
}
