//! The bands layer, decoded: columns of text by reference, [MS-RDPEGFX] 2.2.4.1.1.2.

use super::{MAX_BAND_HEIGHT, SHORT_V_BARS, V_BARS, raster::Canvas, ring::Ring, wire::Reader};
use crate::{Error, Rect};

/// Columns that are gathered before they are painted: a cache line of a row.
const LANES: u32 = 16;

/// Both storages, as the decoder keeps them.
#[derive(Debug)]
pub(super) struct Bars {
    full: Ring,
    short: Ring,
}

impl Bars {
    pub(super) fn new() -> Self {
        Self { full: Ring::new(V_BARS), short: Ring::new(SHORT_V_BARS) }
    }

    pub(super) fn clear(&mut self) {
        self.full.clear();
        self.short.clear();
    }

    pub(super) fn rewind(&mut self) {
        self.full.rewind();
        self.short.rewind();
    }

    pub(super) fn decode(&mut self, data: &[u8], canvas: &mut Canvas<'_>) -> Result<(), Error> {
        let mut reader = Reader::new(data);
        while !reader.is_empty() {
            self.band(&mut reader, canvas)?;
        }
        Ok(())
    }

    fn band(&mut self, reader: &mut Reader<'_>, canvas: &mut Canvas<'_>) -> Result<(), Error> {
        let [left, right, top, bottom] = [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?].map(u32::from);
        let ground = reader.colour()?;
        if right < left || bottom < top {
            return Err(Error::Malformed("a ClearCodec band ends before it starts"));
        }
        let height = bottom - top + 1;
        if height > u32::from(MAX_BAND_HEIGHT) {
            return Err(Error::Malformed("a ClearCodec band is higher than 52 pixels"));
        }
        let rect = canvas.claim(Rect::new(left, top, right - left + 1, height))?;
        let surface = canvas.surface();
        // Columns are written side by side here and go to the surface in rows: a write a row instead of one a pixel.
        let mut lanes = [[0u32; LANES as usize]; MAX_BAND_HEIGHT as usize];
        let lanes = &mut lanes[..height as usize];
        let mut x = rect.x;
        while x < rect.right() {
            let columns = (rect.right() - x).min(LANES);
            for lane in 0..columns as usize {
                let bar = self.column(reader, ground, height as usize)?;
                for (row, pixel) in lanes.iter_mut().zip(bar) {
                    row[lane] = *pixel;
                }
            }
            for (y, row) in (rect.y..).zip(&*lanes) {
                let span = surface.span_mut(x, y, columns);
                span.iter_mut().zip(row).for_each(|(to, from)| *to = from.to_le_bytes());
            }
            x += columns;
        }
        Ok(())
    }

    /// Reads one CLEARCODEC_VBAR (2.2.4.1.1.2.1.1): the column's pixels, which are in the storage by then.
    fn column(&mut self, reader: &mut Reader<'_>, ground: u32, height: usize) -> Result<&[u32], Error> {
        let header = reader.u16()?;
        if header & 0x8000 != 0 {
            let bar = self.full.bar(header & 0x7fff).ok_or(Error::Malformed("a ClearCodec V-bar was never sent"))?;
            return if bar.len() == height { Ok(bar) } else { Err(Error::Malformed("a ClearCodec V-bar is not as high as its band")) };
        }
        let (slot, from) = if header & 0x4000 != 0 {
            (header & 0x3fff, usize::from(reader.u8()?))
        } else {
            let (from, to) = (usize::from(header & 0xff), usize::from(header >> 8));
            if to < from || to > height {
                return Err(Error::Malformed("a ClearCodec short V-bar leaves its band"));
            }
            let slot = self.short.cursor();
            for pixel in self.short.push(to - from) {
                *pixel = reader.colour()?;
            }
            (slot, from)
        };
        let short = self.short.bar(slot).ok_or(Error::Malformed("a ClearCodec short V-bar was never sent"))?;
        if from + short.len() > height {
            return Err(Error::Malformed("a ClearCodec short V-bar leaves its band"));
        }
        let bar = self.full.push(height);
        bar[..from].fill(ground);
        bar[from..from + short.len()].copy_from_slice(short);
        bar[from + short.len()..].fill(ground);
        Ok(bar)
    }
}
