//! Operations to wire bytes.

use super::{START, VERSION, op, zstream::Compressor};
use crate::{Error, FrameView, Rect};

/// Writes one message after another; every message holds whole operations and can be read when it has arrived.
pub(crate) struct Writer {
    compressor: Compressor,
    /// Operations not yet given to zstd.
    plain: Vec<u8>,
    starting: bool,
}

impl Writer {
    pub(crate) fn new(level: i32, window_log: u32) -> Result<Self, Error> {
        Ok(Self { compressor: Compressor::new(level, window_log)?, plain: Vec::new(), starting: true })
    }

    pub(crate) fn reset(&mut self) -> Result<(), Error> {
        self.plain.clear();
        self.starting = true;
        self.compressor.reset()
    }

    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) {
        out.push(VERSION | if std::mem::take(&mut self.starting) { START } else { 0 });
    }

    pub(crate) fn size(&mut self, width: u32, height: u32) {
        self.plain.push(op::SIZE);
        self.numbers(&[width, height]);
    }

    pub(crate) fn fill(&mut self, rect: Rect, colour: u32) {
        self.plain.push(op::FILL);
        self.numbers(&[rect.x, rect.y, rect.width, rect.height]);
        self.plain.extend_from_slice(&colour.to_le_bytes()[..3]);
    }

    pub(crate) fn copy(&mut self, src: Rect, x: u32, y: u32) {
        self.plain.push(op::COPY);
        self.numbers(&[src.x, src.y, src.width, src.height, x, y]);
    }

    pub(crate) fn pixels(&mut self, frame: &FrameView<'_>, rect: Rect, out: &mut Vec<u8>) -> Result<(), Error> {
        self.plain.push(op::PIXELS);
        self.numbers(&[rect.x, rect.y, rect.width, rect.height]);
        for y in rect.y..rect.bottom() {
            for pixel in frame.span(rect.x, y, rect.width) {
                self.plain.extend_from_slice(&pixel[..3]);
            }
        }
        self.compressor.write(&self.plain, out)?;
        self.plain.clear();
        Ok(())
    }

    pub(crate) fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.compressor.write(&self.plain, out)?;
        self.plain.clear();
        self.compressor.flush(out)
    }

    /// LEB128: seven bits a byte, least significant first.
    fn numbers(&mut self, numbers: &[u32]) {
        for &number in numbers {
            let mut rest = number;
            while rest > 0x7f {
                self.plain.push(rest.to_le_bytes()[0] | 0x80);
                rest >>= 7;
            }
            self.plain.push(rest.to_le_bytes()[0]);
        }
    }
}
