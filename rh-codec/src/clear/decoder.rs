//! A message of ClearCodec to pixels, [MS-RDPEGFX] 2.2.4.1 and 3.3.8.1.

use super::{
    CACHE_RESET, GLYPH_HIT, GLYPH_INDEX,
    bands::Bars,
    glyphs::{self, Glyphs},
    raster::Canvas,
    residual, subcodec,
    wire::Reader,
};
use crate::{Error, Limits, Rect, Surface, nsc};

/// Decodes the ClearCodec messages of one connection, in order.
///
/// One decoder serves all surfaces of a connection, for its storages are shared among them; they outlive ResetGraphics, too.
///
/// Memory, whatever it is fed: 32,768 V-bars and 16,384 short V-bars of 52 pixels, and 4,000 glyphs of 1,024 pixels, 4 bytes each:
/// 10.2 MB + 16.4 MB, claimed at once but touched only as they fill; 0.1 MB of tables; and three rows for NSCodec. Nothing is allocated
/// later.
#[derive(Debug)]
pub struct Decoder {
    max_area: u64,
    /// The number that the next message must have; `None` before the first.
    sequence: Option<u8>,
    bars: Bars,
    glyphs: Glyphs,
    nsc: nsc::Decoder,
}

impl Decoder {
    /// A decoder that has seen nothing. Of the limits, `max_area` bounds a bitmap.
    pub fn new(limits: &Limits) -> Self {
        Self { max_area: limits.max_area, sequence: None, bars: Bars::new(), glyphs: Glyphs::new(), nsc: nsc::Decoder::new(limits) }
    }

    /// Becomes as new, for another connection, without another allocation.
    pub fn reset(&mut self) {
        self.sequence = None;
        self.bars.clear();
        self.glyphs.clear();
    }

    /// Paints one message (the `bitmapData` of a WireToSurface1 with codec 8) into `rect` of the target.
    ///
    /// Layers paint over each other; pixels that none of them covers keep what they showed, as they do in libfreerdp. After an error
    /// `rect` may be half painted and the storages no longer match the encoder's: drop the connection.
    ///
    /// # Errors
    /// `Malformed` for bytes that are no ClearCodec message, refer to what was never sent, or lie outside `rect`, and for a `rect` outside
    /// the target; `PeerViolation` for a message out of sequence; `LimitExceeded` for a `rect` beyond `max_area`, and for a message that
    /// paints more than four times its pixels.
    pub fn decode(&mut self, data: &[u8], rect: Rect, target: &mut Surface) -> Result<(), Error> {
        if rect.area() > self.max_area {
            return Err(Error::LimitExceeded { what: "the area of a ClearCodec bitmap", limit: self.max_area });
        }
        let mut canvas = Canvas::new(target, rect)?;
        let mut reader = Reader::new(data);
        let (flags, sequence) = (reader.u8()?, reader.u8()?);
        // The specification starts at 0. libfreerdp lets the first message have any number, and so does this: servers count on
        // while a client begins anew.
        if self.sequence.is_some_and(|expected| expected != sequence) {
            return Err(Error::PeerViolation("a ClearCodec message is out of sequence"));
        }
        self.sequence = Some(sequence.wrapping_add(1));
        if flags & CACHE_RESET != 0 {
            self.bars.rewind();
        }
        let glyph = if flags & GLYPH_INDEX != 0 {
            let index = reader.u16()?;
            glyphs::check(index, rect)?;
            Some(index)
        } else {
            None
        };
        if flags & GLYPH_HIT != 0 {
            let index = glyph.ok_or(Error::Malformed("a ClearCodec glyph hit has no index"))?;
            return self.glyphs.show(index, target, rect);
        }
        // A message that only resets the cursors may end here.
        if !reader.is_empty() {
            let [residual, bands, subcodecs] = [reader.u32()?, reader.u32()?, reader.u32()?];
            let [residual, bands, subcodecs] = [reader.bytes(residual)?, reader.bytes(bands)?, reader.bytes(subcodecs)?];
            if !residual.is_empty() {
                residual::decode(residual, &mut canvas)?;
            }
            self.bars.decode(bands, &mut canvas)?;
            subcodec::decode(subcodecs, &mut canvas, &mut self.nsc)?;
        }
        if let Some(index) = glyph {
            self.glyphs.store(index, target, rect);
        }
        Ok(())
    }
}
