//! The residual layer: runs of colours over the whole bitmap, row by row, [MS-RDPEGFX] 2.2.4.1.1.1.

use super::{
    raster::Canvas,
    wire::{Reader, put_colour, put_run, solid},
};
use crate::{
    Error, Rect,
    image::{Pixel, colour},
};

pub(super) fn decode(data: &[u8], canvas: &mut Canvas<'_>) -> Result<(), Error> {
    let Rect { width, height, .. } = canvas.rect();
    let mut pen = canvas.pen(Rect::new(0, 0, width, height))?;
    let mut reader = Reader::new(data);
    while !reader.is_empty() {
        let colour = reader.colour()?;
        pen.run(colour, reader.run()?)?;
    }
    pen.finish()
}

/// Writes the layer: runs of one colour, over rows' ends.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Of the run in progress; 0, which no solid colour is, until there is one.
    colour: u32,
    count: u64,
}

impl Runs {
    /// Continues with a row's pixels.
    pub(super) fn row(&mut self, pixels: &[Pixel], out: &mut Vec<u8>) {
        for run in pixels.chunk_by(|a, b| colour(*a) == colour(*b)) {
            let colour = solid(u32::from_le_bytes(run[0]));
            if self.colour != colour {
                if self.colour != 0 {
                    self.flush(out);
                }
                self.colour = colour;
            }
            self.count += run.len() as u64;
        }
    }

    /// Continues the run in progress over pixels that a later layer covers.
    pub(super) fn skip(&mut self, count: u64) {
        self.count += count;
    }

    /// Writes the last run, unless nothing but skipped pixels was seen: then there is no layer.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.colour != 0 {
            self.flush(out);
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        while self.count > 0 {
            // More than 2^32 pixels take more than one run.
            let count = u32::try_from(self.count).unwrap_or(u32::MAX);
            put_colour(out, self.colour);
            put_run(out, count);
            self.count -= u64::from(count);
        }
    }
}
