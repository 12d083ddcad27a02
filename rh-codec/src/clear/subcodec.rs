//! The subcodec layer: regions with a coding of their own, [MS-RDPEGFX] 2.2.4.1.1.3.

use super::{raster::Canvas, rlex, wire::Reader};
use crate::{Error, Rect, image::Pixel, nsc};

pub(super) const RAW: u8 = 0;
pub(super) const NSCODEC: u8 = 1;
pub(super) const RLEX: u8 = 2;

/// Bytes before a region's bitmap.
pub(super) const HEAD: u64 = 13;

pub(super) fn decode(data: &[u8], canvas: &mut Canvas<'_>, nsc: &mut nsc::Decoder) -> Result<(), Error> {
    let mut reader = Reader::new(data);
    while !reader.is_empty() {
        let [x, y, width, height] = [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?].map(u32::from);
        let region = Rect::new(x, y, width, height);
        let len = reader.u32()?;
        let id = reader.u8()?;
        let bitmap = reader.bytes(len)?;
        match id {
            RAW => raw(bitmap, region, canvas)?,
            NSCODEC => {
                let rect = canvas.claim(region)?;
                nsc.decode(bitmap, rect, canvas.surface())?;
            }
            RLEX => rlex::decode(bitmap, region, canvas)?,
            _ => return Err(Error::Malformed("a ClearCodec subcodec id is none of raw, NSCodec and RLEX")),
        }
    }
    Ok(())
}

fn raw(bitmap: &[u8], region: Rect, canvas: &mut Canvas<'_>) -> Result<(), Error> {
    let rect = canvas.claim(region)?;
    if bitmap.len() as u64 != rect.area() * 3 {
        return Err(Error::Malformed("a raw ClearCodec region has not three bytes a pixel"));
    }
    let surface = canvas.surface();
    for (y, row) in (rect.y..rect.bottom()).zip(bitmap.chunks_exact((rect.width as usize * 3).max(1))) {
        let (from, _) = row.as_chunks::<3>();
        surface.span_mut(rect.x, y, rect.width).iter_mut().zip(from).for_each(|(to, [b, g, r])| *to = [*b, *g, *r, 0xff]);
    }
    Ok(())
}

/// Opens a region in an encoder's layer, and says where its coder's bytes begin; [`close`] then fills in their number.
pub(super) fn open(out: &mut Vec<u8>, region: Rect, id: u8) -> usize {
    for side in [region.x, region.y, region.width, region.height] {
        out.extend_from_slice(&side.to_le_bytes()[..2]);
    }
    out.extend_from_slice(&[0, 0, 0, 0, id]);
    out.len()
}

pub(super) fn close(out: &mut [u8], start: usize) {
    // A region has at most 65,535 × 52 pixels, and a coder at most 8 bytes for each.
    let len = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    out[start - 5..start - 1].copy_from_slice(&len.to_le_bytes());
}

/// Appends a row as the raw subcodec has it.
pub(super) fn put_raw(out: &mut Vec<u8>, row: &[Pixel]) {
    out.extend(row.iter().flat_map(|[blue, green, red, _]| [*blue, *green, *red]));
}
