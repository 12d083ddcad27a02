//! The blocks of a message ([MS-RDPEGFX] 2.2.4.2.1): a type, a length that counts both, and fields, all little-endian.

use crate::{
    Error,
    rfx::quant::{Bits, Quant},
};

pub(super) const SYNC: u16 = 0xccc0;
pub(super) const FRAME_BEGIN: u16 = 0xccc1;
pub(super) const FRAME_END: u16 = 0xccc2;
pub(super) const CONTEXT: u16 = 0xccc3;
pub(super) const REGION: u16 = 0xccc4;
pub(super) const TILE_SIMPLE: u16 = 0xccc5;
pub(super) const TILE_FIRST: u16 = 0xccc6;
pub(super) const TILE_UPGRADE: u16 = 0xccc7;

/// In CONTEXT: RFX_SUBBAND_DIFFING.
pub(super) const SUBBAND_DIFFING: u8 = 1;
/// In REGION: RFX_DWT_REDUCE_EXTRAPOLATE.
pub(super) const REDUCE_EXTRAPOLATE: u8 = 1;
/// In TILE_SIMPLE and TILE_FIRST: RFX_TILE_DIFFERENCE.
pub(super) const DIFFERENCE: u8 = 1;
/// Quality of a tile without progressive quantization.
pub(super) const FULL: u8 = 0xff;
/// Most tables of quantization factors in a region.
pub(super) const MAX_QUANTS: usize = 7;

pub(super) use crate::rfx::wire::{Reader, begin_block, end_block, length_field};

/// RFX_PROGRESSIVE_REGION up to its tiles; the tables are read on demand.
pub(super) struct Region<'a> {
    pub(super) extrapolate: bool,
    pub(super) tiles: u16,
    pub(super) rects: &'a [[u8; 8]],
    quants: &'a [[u8; 5]],
    bits: &'a [[u8; 16]],
    pub(super) data: &'a [u8],
}

impl<'a> Region<'a> {
    pub(super) fn read(mut fields: Reader<'a>) -> Result<Self, Error> {
        let tile_size = fields.u8()?;
        let (rects, quants, bits) = (fields.u16()?, fields.u8()?, fields.u8()?);
        let flags = fields.u8()?;
        let tiles = fields.u16()?;
        let length = fields.u32()?;
        if tile_size != 64 {
            return Err(Error::Malformed("tiles that are not 64 pixels wide"));
        }
        if rects == 0 || usize::from(quants) > MAX_QUANTS {
            return Err(Error::Malformed("a region without rectangles, or with too many tables"));
        }
        Ok(Self {
            extrapolate: flags & REDUCE_EXTRAPOLATE != 0,
            tiles,
            rects: fields.array(usize::from(rects))?,
            quants: fields.array(usize::from(quants))?,
            bits: fields.array(usize::from(bits))?,
            data: fields.bytes(length as usize)?,
        })
    }

    /// Quantization factors by their number.
    pub(super) fn quant(&self, index: u8) -> Result<Quant, Error> {
        let bytes = self.quants.get(usize::from(index)).ok_or(Error::Malformed("a tile names a table that is not there"))?;
        Quant::from_egfx(*bytes).check_factors()
    }

    /// The bits that a quality leaves out.
    pub(super) fn bits(&self, quality: u8) -> Result<Bits, Error> {
        if quality == FULL {
            return Ok([Quant::flat(0); 3]);
        }
        let [_, tables @ ..] = self.bits.get(usize::from(quality)).ok_or(Error::Malformed("a tile names a quality that is not there"))?;
        let (y, chroma) = tables.split_first_chunk::<5>().unwrap_or((&[0; 5], &[]));
        let (cb, cr) = chroma.split_first_chunk::<5>().unwrap_or((&[0; 5], &[]));
        let cr = cr.first_chunk::<5>().unwrap_or(&[0; 5]);
        Ok([*y, *cb, *cr].map(Quant::from_egfx))
    }
}

/// Tables, place and data of a tile; of TILE_UPGRADE each component has SRL data and raw data, else both lie in the first.
pub(super) struct Tile<'a> {
    pub(super) quants: [u8; 3],
    pub(super) x: u16,
    pub(super) y: u16,
    pub(super) difference: bool,
    pub(super) quality: u8,
    pub(super) data: [&'a [u8]; 3],
    pub(super) raw: [&'a [u8]; 3],
}

impl<'a> Tile<'a> {
    pub(super) fn read(kind: u16, mut fields: Reader<'a>) -> Result<Self, Error> {
        let quants = [fields.u8()?, fields.u8()?, fields.u8()?];
        let (x, y) = (fields.u16()?, fields.u16()?);
        let (mut difference, mut quality) = (false, FULL);
        if kind == TILE_UPGRADE {
            quality = fields.u8()?;
            let mut lengths = [0; 6];
            for length in &mut lengths {
                *length = usize::from(fields.u16()?);
            }
            let mut parts = [&[][..]; 6];
            for (part, length) in parts.iter_mut().zip(lengths) {
                *part = fields.bytes(length)?;
            }
            let [y_srl, y_raw, cb_srl, cb_raw, cr_srl, cr_raw] = parts;
            return Ok(Self { quants, x, y, difference, quality, data: [y_srl, cb_srl, cr_srl], raw: [y_raw, cb_raw, cr_raw] });
        }
        difference |= fields.u8()? & DIFFERENCE != 0;
        if kind == TILE_FIRST {
            quality = fields.u8()?;
        }
        let lengths = [fields.u16()?, fields.u16()?, fields.u16()?].map(usize::from);
        // The tail is nobody's data: servers put a signature there.
        fields.u16()?;
        let mut data = [&[][..]; 3];
        for (part, length) in data.iter_mut().zip(lengths) {
            *part = fields.bytes(length)?;
        }
        Ok(Self { quants, x, y, difference, quality, data, raw: [&[]; 3] })
    }
}
