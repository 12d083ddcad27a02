//! Messages to pixels.

use super::{
    Entropy, block,
    quant::{Edge, LL3, Planes, Quant, sum},
    rlgr,
    tile::{Work, paint, restore},
    wire::Reader,
};
use crate::{Error, Limits, Rect, Surface};

/// Decodes RemoteFX. Memory: 24 KiB, whatever the stream is.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    /// What CONTEXT said; it may come once, with the first message, or with each.
    entropy: Option<Entropy>,
    samples: Box<Planes>,
}

impl Decoder {
    /// A decoder for one stream of messages.
    pub fn new(limits: &Limits) -> Self {
        Self { limits: *limits, entropy: None, samples: Box::new([[0; 4096]; 3]) }
    }

    /// Decodes the `bitmapData` of one RDPGFX_WIRE_TO_SURFACE_PDU_1 whose `destRect` is `place`, paints `target` within it, and appends to
    /// `damage` what it has painted.
    ///
    /// # Errors
    /// `Malformed`, with part of the tiles painted; `LimitExceeded` if the message asks for more work than its limits allow;
    /// `Unsupported` if it names an entropy coder that nobody knows; `ApiMisuse` if the surface has not all of `place`.
    pub fn decode(&mut self, data: &[u8], place: Rect, target: &mut Surface, damage: &mut Vec<Rect>) -> Result<(), Error> {
        let (width, height) = target.size();
        if !place.fits(width, height) {
            return Err(Error::ApiMisuse("the place of a picture lies outside the surface"));
        }
        let mut work = Work::new(&self.limits);
        let mut blocks = Reader::new(data);
        let mut rects: Option<&[[u8; 8]]> = None;
        while !blocks.is_empty() {
            let (kind, mut fields) = blocks.block()?;
            match kind {
                block::CONTEXT => {
                    // Codec, channel and context have one number each.
                    fields.bytes(3)?;
                    if fields.u16()? != 64 {
                        return Err(Error::Malformed("tiles that are not 64 pixels wide"));
                    }
                    self.entropy = Some(match fields.u16()? >> 9 & 15 {
                        block::RLGR1 => Entropy::Rlgr1,
                        block::RLGR3 => Entropy::Rlgr3,
                        _ => return Err(Error::Unsupported("an entropy coder of RemoteFX")),
                    });
                }
                block::REGION => {
                    // Codec, channel, and flags that say nothing.
                    fields.bytes(3)?;
                    let count = usize::from(fields.u16()?);
                    rects = Some(fields.array(count)?);
                }
                block::EXTENSION => {
                    let Some(rects) = rects else { return Err(Error::Malformed("tiles without a region")) };
                    self.tiles(fields, rects, place, &mut work, target, damage)?;
                }
                block::SYNC | block::CODEC_VERSIONS | block::CHANNELS | block::FRAME_BEGIN | block::FRAME_END => {}
                _ => return Err(Error::Malformed("a block of unknown type")),
            }
        }
        Ok(())
    }

    /// TS_RFX_TILESET ([MS-RDPRFX] 2.2.2.3.4).
    fn tiles(
        &mut self,
        mut fields: Reader<'_>,
        rects: &[[u8; 8]],
        place: Rect,
        work: &mut Work,
        target: &mut Surface,
        damage: &mut Vec<Rect>,
    ) -> Result<(), Error> {
        fields.bytes(2)?;
        if fields.u16()? != block::CBT_TILESET {
            return Err(Error::Malformed("an extension that is no set of tiles"));
        }
        let entropy = self.entropy.ok_or(Error::Malformed("tiles before a context"))?;
        // An index, and properties that CONTEXT has told.
        fields.bytes(4)?;
        let (quants, tile_size, count) = (usize::from(fields.u8()?), fields.u8()?, fields.u16()?);
        if count == 0 {
            // Windows Server 2012 sends such sets, cut short.
            return Ok(());
        }
        if tile_size != 64 {
            return Err(Error::Malformed("tiles that are not 64 pixels wide"));
        }
        let length = fields.u32()? as usize;
        let quants: &[[u8; 5]] = fields.array(quants)?;
        let mut tiles = Reader::new(fields.bytes(length)?);
        for _ in 0..count {
            let (kind, tile) = tiles.block()?;
            if kind != block::TILE {
                return Err(Error::Malformed("a set of tiles has a block that is none"));
            }
            work.tile()?;
            let corner = self.tile(tile, entropy, quants)?;
            let covered = Rect::new(corner.0, corner.1, 64, 64);
            let mut show = |rect: Rect| -> Result<(), Error> {
                work.visit()?;
                let rect = rect.intersection(&covered).intersection(&Rect::new(0, 0, place.width, place.height));
                if !rect.is_empty() {
                    work.tile()?;
                    // Within `place`, which fits the surface.
                    let moved = Rect { x: place.x + rect.x, y: place.y + rect.y, ..rect };
                    paint(&self.samples, (place.x + corner.0, place.y + corner.1), moved, target);
                    damage.push(moved);
                }
                Ok(())
            };
            if rects.is_empty() {
                // No rectangle stands for all ([MS-RDPRFX] 2.2.2.3.3).
                show(covered)?;
            }
            for rect in rects {
                let [x, y, w, h] = [0, 2, 4, 6].map(|at| u32::from(u16::from_le_bytes([rect[at], rect[at + 1]])));
                show(Rect::new(x, y, w, h))?;
            }
        }
        Ok(())
    }

    /// Transforms a TS_RFX_TILE; returns its corner, in pixels.
    fn tile(&mut self, mut fields: Reader<'_>, entropy: Entropy, quants: &[[u8; 5]]) -> Result<(u32, u32), Error> {
        let numbers = [fields.u8()?, fields.u8()?, fields.u8()?];
        let corner = (u32::from(fields.u16()?) * 64, u32::from(fields.u16()?) * 64);
        let lengths = [fields.u16()?, fields.u16()?, fields.u16()?];
        let mut factors = [Quant::default(); 3];
        for ((plane, factors), (number, length)) in self.samples.iter_mut().zip(&mut factors).zip(numbers.into_iter().zip(lengths)) {
            let bytes = quants.get(usize::from(number)).ok_or(Error::Malformed("a tile names a table that is not there"))?;
            *factors = Quant::from_rfx(*bytes).check_factors()?;
            rlgr::decode(entropy, fields.bytes(length.into())?, plane)?;
            sum(Edge::Mirror.band_mut(plane, LL3));
        }
        restore(&mut self.samples, Edge::Mirror, &factors);
        Ok(corner)
    }
}
