//! The alpha codec (2.2.4.3): the transparency of a surface.

use super::pdu::{Field, Input};
use crate::{Error, Rect};

/// `alphaSig`: "AL".
const SIGNATURE: u16 = 0x414c;

/// Reads the alpha of a rectangle, and tells `each` run of equal values, row by row: value and number of pixels.
///
/// Nothing of ours is transparent, so the pipeline only checks the data; an embedder that composes windows can do more.
///
/// # Errors
/// `Malformed` if the data are not as many values as the rectangle has pixels. Runs before the fault have been told.
pub fn decode(data: &[u8], rect: Rect, mut each: impl FnMut(u8, u64)) -> Result<(), Error> {
    let mut input = Input(data);
    if u16::read(&mut input)? != SIGNATURE {
        return Err(Error::Malformed("alpha without its signature"));
    }
    let compressed = u16::read(&mut input)? != 0;
    let mut left = rect.area();
    while left > 0 {
        let value = u8::read(&mut input)?;
        let run = if compressed { run_length(&mut input)? } else { 1 };
        left = left.checked_sub(run).ok_or(Error::Malformed("more alpha than pixels"))?;
        each(value, run);
    }
    if input.0.is_empty() { Ok(()) } else { Err(Error::Malformed("bytes behind the alpha")) }
}

/// A number of one byte; 255 is followed by one of two, 65,535 there by one of four (2.2.4.3.1.1).
fn run_length(input: &mut Input<'_>) -> Result<u64, Error> {
    let short = u8::read(input)?;
    if short < 0xff {
        return Ok(short.into());
    }
    let middle = u16::read(input)?;
    if middle < 0xffff {
        return Ok(middle.into());
    }
    Ok(u32::read(input)?.into())
}
