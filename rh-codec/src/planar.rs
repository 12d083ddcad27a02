//! The planar codec, [MS-RDPEGDI] 2.2.2.5.1 and 3.1.9: colour planes with run lengths.
//!
//! A stream is a head byte and up to four planes: alpha (if there is), red, green, blue, or, where the head names a colour loss level, luma and
//! two chromas. Planes are either raw, or each row but the first is written as differences from the row above and then as run lengths
//! (3.1.9.2): with `d = value - above` modulo 256 as a signed number, the byte is `2d` for `d >= 0`, else `-2d - 1`.
//!
//! [MS-RDPEGDI]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rdpegdi/

use crate::{Error, FrameView, Limits, Rect, Surface, image::Pixel};

/// Head (2.2.2.5.1): bits of the colour loss level; 0 means red, green and blue.
const LOSS: u8 = 0x07;
/// Head: chroma planes of half the width and height.
const SUBSAMPLED: u8 = 0x08;
/// Head: run lengths.
const RUN_LENGTHS: u8 = 0x10;
/// Head: no alpha plane.
const NO_ALPHA: u8 = 0x20;

/// Bytes of a row that follow one control byte, at most.
const MOST_RAW: usize = 15;
/// Repeats that a control byte without bytes can say (3.1.9.2.3).
const MOST_RUN: usize = 47;

/// Writes planar streams of opaque pictures, without loss.
///
/// Memory: three bytes a column.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    /// One row of one plane: differences from the row above.
    row: Vec<u8>,
    last: Vec<u8>,
    above: Vec<u8>,
}

impl Encoder {
    /// An encoder; it keeps nothing from one picture to the next.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that a stream of so many pixels has at most.
    pub const fn worst_case(area: usize) -> usize {
        area * 3 + 2
    }

    /// Appends the stream of a part of `frame`: with run lengths, or raw where these would be longer.
    ///
    /// # Errors
    /// `ApiMisuse` if the rectangle is empty or reaches out of the frame.
    pub fn encode(&mut self, frame: &FrameView<'_>, rect: Rect, out: &mut Vec<u8>) -> Result<(), Error> {
        if rect.is_empty() || !rect.fits(frame.width(), frame.height()) {
            return Err(Error::ApiMisuse("the rectangle lies within the frame"));
        }
        let start = out.len();
        let raw = usize::try_from(rect.area() * 3).map_err(|_| Error::ApiMisuse("a picture fits the memory"))?;
        let width = rect.width as usize;
        for buffer in [&mut self.row, &mut self.last, &mut self.above] {
            buffer.clear();
            buffer.resize(width, 0);
        }
        out.push(NO_ALPHA | RUN_LENGTHS);
        // Red, green, blue: the third byte of a pixel first.
        for plane in [2, 1, 0] {
            for y in rect.y..rect.bottom() {
                let pixels = frame.span(rect.x, y, rect.width);
                if y == rect.y {
                    self.last.iter_mut().zip(pixels).for_each(|(to, pixel)| *to = pixel[plane]);
                    write_runs(&self.last, out);
                } else {
                    let columns = self.last.iter_mut().zip(&self.above).zip(pixels).zip(&mut self.row);
                    for (((to, above), pixel), row) in columns {
                        *to = pixel[plane];
                        *row = fold(pixel[plane].wrapping_sub(*above));
                    }
                    write_runs(&self.row, out);
                }
                std::mem::swap(&mut self.last, &mut self.above);
            }
            if out.len() - start > raw {
                out.truncate(start);
                write_raw(frame, rect, out);
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A difference without a sign: 0, 1, 255 (-1), 2, … become 0, 2, 1, 4, …
fn fold(difference: u8) -> u8 {
    // Shifts out the sign, and flips the rest where it was set.
    difference << 1 ^ (difference.cast_signed() >> 7).cast_unsigned()
}

/// The opposite of [`fold`].
fn unfold(byte: u8) -> u8 {
    byte >> 1 ^ (byte & 1).wrapping_neg()
}

fn write_raw(frame: &FrameView<'_>, rect: Rect, out: &mut Vec<u8>) {
    out.push(NO_ALPHA);
    for plane in [2, 1, 0] {
        for y in rect.y..rect.bottom() {
            out.extend(frame.span(rect.x, y, rect.width).iter().map(|pixel| pixel[plane]));
        }
    }
    // The pad byte of raw planes.
    out.push(0);
}

/// Writes one row of a plane as segments: bytes as they are, then repeats of the last of them, 0 at the row's start (3.1.9.2.3).
fn write_runs(row: &[u8], out: &mut Vec<u8>) {
    let mut value = 0;
    // The first byte that is not written.
    let mut from = 0;
    let mut at = 0;
    while at < row.len() {
        let run = row[at..].iter().take_while(|byte| **byte == value).count();
        if run >= 3 {
            write_segment(&row[from..at], run, out);
            at += run;
            from = at;
        } else {
            at += run;
        }
        if let Some(byte) = row.get(at) {
            value = *byte;
            at += 1;
        }
    }
    if from < row.len() {
        write_segment(&row[from..], 0, out);
    }
}

/// `run` is 0 or at least 3: fewer cannot be said.
fn write_segment(raw: &[u8], mut run: usize, out: &mut Vec<u8>) {
    let tail = raw.len() - raw.len().saturating_sub(1) / MOST_RAW * MOST_RAW;
    let (whole, raw) = raw.split_at(raw.len() - tail);
    for raw in whole.chunks(MOST_RAW) {
        control(MOST_RAW, 0, out);
        out.extend_from_slice(raw);
    }
    if !raw.is_empty() || run < 16 {
        // What is left must not be 1 or 2.
        let first = if run == 16 || run == 17 { 12 } else { run.min(15) };
        control(raw.len(), first, out);
        out.extend_from_slice(raw);
        run -= first;
    }
    while run > 0 {
        let first = if run == MOST_RUN + 1 || run == MOST_RUN + 2 { MOST_RUN - 3 } else { run.min(MOST_RUN) };
        match first {
            32.. => control(first - 32, 2, out),
            16.. => control(first - 16, 1, out),
            _ => control(0, first, out),
        }
        run -= first;
    }
}

/// Both are below 16.
fn control(upper: usize, lower: usize, out: &mut Vec<u8>) {
    debug_assert!(upper < 16 && lower < 16);
    out.push((upper << 4 | lower).to_le_bytes()[0]);
}

/// Reads planar streams.
///
/// Memory: three bytes for each pixel of the largest picture so far.
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    /// Red, green and blue, or luma and chromas.
    planes: [Vec<u8>; 3],
}

impl Decoder {
    /// A decoder; it keeps nothing from one picture to the next.
    pub fn new(limits: &Limits) -> Self {
        Self { limits: *limits, planes: Default::default() }
    }

    /// Paints a stream's picture at `rect`, opaque whatever its alpha.
    ///
    /// # Errors
    /// `Malformed` if the stream does not hold a picture of that size, and nothing else (`target` is as it was); `LimitExceeded` if the rectangle
    /// is larger than a surface may be; `ApiMisuse` if it reaches out of `target` or is empty.
    pub fn decode(&mut self, data: &[u8], target: &mut Surface, rect: Rect) -> Result<(), Error> {
        let (width, height) = target.size();
        if rect.is_empty() || !rect.fits(width, height) {
            return Err(Error::ApiMisuse("the rectangle lies within the surface"));
        }
        self.limits.check_size(rect.width, rect.height)?;
        let (&head, mut rest) = data.split_first().ok_or(Error::Malformed("a planar stream of nothing"))?;
        let size = (rect.width as usize, rect.height as usize);
        let chroma = if head & SUBSAMPLED == 0 { size } else { (size.0.div_ceil(2), size.1.div_ceil(2)) };
        let loss = head & LOSS;
        if loss == 0 && head & SUBSAMPLED != 0 {
            return Err(Error::Malformed("subsampling of red, green and blue"));
        }
        if head & NO_ALPHA == 0 {
            // Read and forgotten: the first plane overwrites it.
            read_plane(&mut rest, head, size, &mut self.planes[0])?;
        }
        for (plane, size) in self.planes.iter_mut().zip([size, chroma, chroma]) {
            read_plane(&mut rest, head, size, plane)?;
        }
        // Behind raw planes there is a pad byte; some encoders leave it out.
        if rest.len() > usize::from(head & RUN_LENGTHS == 0) {
            return Err(Error::Malformed("bytes behind the planes"));
        }
        let sub = usize::from(head & SUBSAMPLED != 0);
        let [first, second, third] = &self.planes;
        for (row, y) in (rect.y..rect.bottom()).enumerate() {
            let target = target.span_mut(rect.x, y, rect.width);
            let first = &first[row * size.0..][..size.0];
            let chroma_row = (row >> sub) * chroma.0;
            let (second, third) = (&second[chroma_row..][..chroma.0], &third[chroma_row..][..chroma.0]);
            if loss == 0 {
                join_colours(first, second, third, target);
            } else {
                join_luma(first, second, third, loss, sub, target);
            }
        }
        Ok(())
    }
}

fn join_colours(red: &[u8], green: &[u8], blue: &[u8], target: &mut [Pixel]) {
    for (((pixel, red), green), blue) in target.iter_mut().zip(red).zip(green).zip(blue) {
        *pixel = [*blue, *green, *red, 255];
    }
}

/// With both chromas shifted left by the loss level (3.1.9.1.3), as signed bytes:
///
/// ```text
/// red   = luma + orange / 2 - green / 2
/// green = luma + green / 2
/// blue  = luma - orange / 2 - green / 2
/// ```
fn join_luma(luma: &[u8], orange: &[u8], green: &[u8], loss: u8, sub: usize, target: &mut [Pixel]) {
    // Shifting by one less halves.
    let half = |byte: u8| i16::from((byte << (loss - 1)).cast_signed());
    let clip = |value: i16| value.clamp(0, 255).to_le_bytes()[0];
    for (x, (pixel, luma)) in target.iter_mut().zip(luma).enumerate() {
        let (luma, orange, green) = (i16::from(*luma), half(orange[x >> sub]), half(green[x >> sub]));
        *pixel = [clip(luma - green - orange), clip(luma + green), clip(luma - green + orange), 255];
    }
}

/// Takes a plane off the front of `data`.
fn read_plane(data: &mut &[u8], head: u8, (width, height): (usize, usize), plane: &mut Vec<u8>) -> Result<(), Error> {
    let cut = Error::Malformed("a planar stream ends inside a plane");
    plane.clear();
    if head & RUN_LENGTHS == 0 {
        let (raw, rest) = data.split_at_checked(width * height).ok_or(cut)?;
        plane.extend_from_slice(raw);
        *data = rest;
        return Ok(());
    }
    // The least that such a plane can have, so that a few bytes cannot ask for much memory.
    if data.len() < width.div_ceil(MOST_RUN) * height {
        return Err(cut);
    }
    plane.resize(width * height, 0);
    let rows = plane.chunks_exact_mut(width);
    let mut above: &[u8] = &[];
    for row in rows {
        read_row(data, row, above)?;
        above = row;
    }
    Ok(())
}

/// Reads one row of segments; `above` is empty for the first row.
fn read_row(data: &mut &[u8], row: &mut [u8], above: &[u8]) -> Result<(), Error> {
    let cut = || Error::Malformed("a planar stream ends inside a plane");
    let mut at = 0;
    let mut value = 0;
    while at < row.len() {
        let (&control, rest) = data.split_first().ok_or(cut())?;
        let (upper, lower) = (usize::from(control >> 4), usize::from(control & 15));
        let (raw, run) = match lower {
            1 => (0, upper + 16),
            2 => (0, upper + 32),
            run => (upper, run),
        };
        let (raw, rest) = rest.split_at_checked(raw).ok_or(cut())?;
        *data = rest;
        let target = row.get_mut(at..at + raw.len() + run).ok_or(Error::Malformed("a run beyond its row"))?;
        let (bytes, repeats) = target.split_at_mut(raw.len());
        value = raw.last().copied().unwrap_or(value);
        if above.is_empty() {
            bytes.copy_from_slice(raw);
            repeats.fill(value);
        } else {
            let above = &above[at..at + raw.len() + run];
            bytes.iter_mut().zip(above).zip(raw).for_each(|((to, above), byte)| *to = above.wrapping_add(unfold(*byte)));
            let difference = unfold(value);
            repeats.iter_mut().zip(&above[raw.len()..]).for_each(|(to, above)| *to = above.wrapping_add(difference));
        }
        at += raw.len() + run;
    }
    Ok(())
}
