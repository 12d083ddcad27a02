//! Operations to wire bytes.

use super::{
    START, VERSION, op,
    palette::{ESCAPE, Palette},
    place::{Place, put_number, zigzag},
    predict::residuals,
    zstream::Compressor,
};
use crate::{
    Error, FrameView, Rect,
    image::{Surface, colour},
    motion::Copy,
};

/// Plain bytes that go to zstd at once.
const CHUNK: usize = 64 * 1024;
/// Upper bound of an operation's bytes before its pixels.
const HEAD: usize = 32;

/// Writes one message after another; every message holds whole operations and can be read as soon as it has arrived.
///
/// Order: [`begin`](Self::begin), operations, [`flush`](Self::flush) (as often as wanted). Operations do to `shown` what the
/// decoder will do to its surface, so that the two are equal after every flush.
pub(crate) struct Writer {
    compressor: Compressor,
    palette: Palette,
    place: Place,
    /// Operations not yet given to zstd.
    plain: Vec<u8>,
    /// Bytes given to zstd since the last flush.
    given: usize,
    starting: bool,
}

impl Writer {
    pub(crate) fn new(level: i32, window_log: u32) -> Result<Self, Error> {
        Ok(Self {
            compressor: Compressor::new(level, window_log)?,
            palette: Palette::new(),
            place: Place::default(),
            plain: Vec::new(),
            given: 0,
            starting: true,
        })
    }

    /// The next message starts a stream.
    pub(crate) fn reset(&mut self) -> Result<(), Error> {
        self.plain.clear();
        self.given = 0;
        self.palette = Palette::new();
        self.starting = true;
        self.compressor.reset()
    }

    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) {
        self.place = Place::default();
        out.push(VERSION | if std::mem::take(&mut self.starting) { START } else { 0 });
    }

    pub(crate) fn size(&mut self, shown: &mut Surface, width: u32, height: u32) {
        self.plain.push(op::SIZE);
        put_number(&mut self.plain, width);
        put_number(&mut self.plain, height);
        shown.resize(width, height);
    }

    pub(crate) fn fill(&mut self, shown: &mut Surface, rect: Rect, colour: u32) {
        self.plain.push(op::FILL);
        self.place.put(&mut self.plain, rect);
        self.plain.extend_from_slice(&colour.to_le_bytes()[..3]);
        shown.fill(rect, colour);
    }

    pub(crate) fn copy(&mut self, shown: &mut Surface, copy: Copy) {
        self.plain.push(op::COPY);
        self.place.put(&mut self.plain, copy.target());
        put_number(&mut self.plain, zigzag(copy.src.x, copy.x));
        put_number(&mut self.plain, zigzag(copy.src.y, copy.y));
        shown.copy_within(copy.src, copy.x, copy.y);
    }

    /// Pixels as numbers of the palette, column by column.
    pub(crate) fn text(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect, out: &mut Vec<u8>) -> Result<(), Error> {
        self.plain.push(op::TEXT);
        self.place.put(&mut self.plain, rect);
        // Neighbours are mostly equal, which spares most look-ups. A repeated number is no further use of it, on either side.
        let mut last = None;
        for x in rect.x..rect.right() {
            for y in rect.y..rect.bottom() {
                let colour = colour(frame.row_pixels(y)[x as usize]);
                let number = match last {
                    Some((same, number)) if same == colour => Some(number),
                    _ => self.palette.number(colour),
                };
                if let Some(number) = number {
                    last = Some((colour, number));
                    self.plain.push(number);
                } else {
                    last = None;
                    self.plain.push(ESCAPE);
                    self.plain.extend_from_slice(&colour.to_le_bytes()[..3]);
                }
            }
            self.give(out, CHUNK)?;
        }
        shown.put(frame, rect);
        Ok(())
    }

    /// Pixels as what is left after prediction, row by row.
    pub(crate) fn image(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect, out: &mut Vec<u8>) -> Result<(), Error> {
        self.plain.push(op::IMAGE);
        self.place.put(&mut self.plain, rect);
        for y in rect.y..rect.bottom() {
            residuals(frame.span(rect.x, y, rect.width), shown.neighbours_mut(rect.x, y, rect.width).0, &mut self.plain);
            shown.put(frame, Rect { y, height: 1, ..rect });
            self.give(out, CHUNK)?;
        }
        Ok(())
    }

    /// The most bytes by which `out` can grow until it has been flushed, were another `area` pixels written before.
    pub(crate) fn worst_case(&self, area: u64) -> usize {
        let plain = usize::try_from(area * 4).unwrap_or(usize::MAX).saturating_add(self.pending() + HEAD);
        // zstd stores what it cannot compress: 3 bytes a block of up to 128 KiB, and its frame's head once.
        plain.saturating_add(plain / 256 + 64)
    }

    /// Bytes of operations that a flush would bring out, before compression.
    pub(crate) fn pending(&self) -> usize {
        self.given + self.plain.len()
    }

    /// Makes everything written so far readable for the decoder.
    pub(crate) fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.give(out, 0)?;
        self.given = 0;
        self.compressor.flush(out)
    }

    fn give(&mut self, out: &mut Vec<u8>, at_least: usize) -> Result<(), Error> {
        if self.plain.len() > at_least {
            self.compressor.write(&self.plain, out)?;
            self.given += self.plain.len();
            self.plain.clear();
        }
        Ok(())
    }
}
