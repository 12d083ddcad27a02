//! The bitmap streams around H.264 ([MS-RDPEGFX] 2.2.4.4 to 2.2.4.6): which parts of the picture to show, and access units.

use crate::{
    Error, Limits, Rect,
    egfx::pdu::{Rect16, Rects},
};

/// Bytes of a rectangle, and of what is said of its quality.
const RECT: usize = 8;
const QUALITY: usize = 2;

/// `RDPGFX_AVC420_QUANT_QUALITY` (2.2.4.4.2): for the viewer's statistics, decoders need neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantQuality {
    /// H.264's quantiser, 0 to 51, in the lower six bits; bit 7: the picture grows finer over several frames.
    pub quant: u8,
    /// 0 to 100.
    pub quality: u8,
}

/// `RFX_AVC420_BITMAP_STREAM` (2.2.4.4): a metablock and an access unit in the byte stream format (ITU-T H.264, Annex B).
#[derive(Clone, Copy, Debug)]
pub struct Avc420<'a> {
    rects: Rects<'a>,
    qualities: &'a [[u8; QUALITY]],
    /// The access unit.
    pub unit: &'a [u8],
}

impl<'a> Avc420<'a> {
    /// Reads a stream.
    ///
    /// # Errors
    /// `Malformed` if it ends early, `LimitExceeded` if it has more rectangles than a message may have operations, or than 65,535.
    pub fn parse(data: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let (count, rest) = data.split_first_chunk().ok_or(ENDS_EARLY)?;
        let count = u32::from_le_bytes(*count);
        let limit = limits.max_operations.min(u16::MAX.into());
        if count > limit {
            return Err(Error::LimitExceeded { what: "the number of rectangles of a video frame", limit: limit.into() });
        }
        let count = count as usize;
        let (rects, rest) = rest.split_at_checked(count * RECT).ok_or(ENDS_EARLY)?;
        let (qualities, unit) = rest.split_at_checked(count * QUALITY).ok_or(ENDS_EARLY)?;
        Ok(Self { rects: Rects::new(rects.as_chunks().0)?, qualities: qualities.as_chunks().0, unit })
    }

    /// The parts of the picture that are to be shown, where they lie in it and on the surface alike.
    pub fn rects(&self) -> impl Iterator<Item = Rect16> + use<'a> {
        self.rects.iter()
    }

    /// What is said of each rectangle.
    pub fn qualities(&self) -> impl Iterator<Item = QuantQuality> + use<'a> {
        self.qualities.iter().map(|[quant, quality]| QuantQuality { quant: *quant, quality: *quality })
    }

    /// Appends a stream of which all `rects` have the same quality.
    ///
    /// # Errors
    /// `ApiMisuse` if a rectangle lies beyond 65,535.
    pub fn write(rects: &[Rect], quality: QuantQuality, unit: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let start = out.len();
        let count = u32::try_from(rects.len()).map_err(|_| Error::ApiMisuse("a picture has fewer than 2^32 parts"))?;
        out.extend_from_slice(&count.to_le_bytes());
        for rect in rects {
            match Rect16::new(*rect) {
                Ok(rect) => out.extend_from_slice(&rect.to_bytes()),
                Err(error) => {
                    out.truncate(start);
                    return Err(error);
                }
            }
        }
        rects.iter().for_each(|_| out.extend_from_slice(&[quality.quant, quality.quality]));
        out.extend_from_slice(unit);
        Ok(())
    }
}

/// What the streams of an [`Avc444`] are: the field `LC` (2.2.4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Views<'a> {
    /// The main view and then the one that completes its colours.
    Both(Avc420<'a>, Avc420<'a>),
    /// The main view alone: its colours are shown at 4:2:0 until the other comes.
    Main(Avc420<'a>),
    /// The other view alone, for the main view before it.
    Auxiliary(Avc420<'a>),
}

/// `RFX_AVC444_BITMAP_STREAM` and `RFX_AVC444V2_BITMAP_STREAM` (2.2.4.5, 2.2.4.6), which have the same layout.
#[derive(Clone, Copy, Debug)]
pub struct Avc444;

impl Avc444 {
    /// Reads a stream.
    ///
    /// # Errors
    /// See [`Avc420::parse`]; `Malformed` too if it says that it holds neither view.
    pub fn parse<'a>(data: &'a [u8], limits: &Limits) -> Result<Views<'a>, Error> {
        let (head, rest) = data.split_first_chunk().ok_or(ENDS_EARLY)?;
        let head = u32::from_le_bytes(*head);
        let first = (head & LENGTH) as usize;
        match head >> 30 {
            0 => {
                let (main, auxiliary) = rest.split_at_checked(first).ok_or(ENDS_EARLY)?;
                Ok(Views::Both(Avc420::parse(main, limits)?, Avc420::parse(auxiliary, limits)?))
            }
            1 => Ok(Views::Main(Avc420::parse(rest, limits)?)),
            2 => Ok(Views::Auxiliary(Avc420::parse(rest, limits)?)),
            _ => Err(Error::Malformed("a video frame without views")),
        }
    }

    /// Appends a stream of both views, in the same rectangles.
    ///
    /// # Errors
    /// See [`Avc420::write`]; `LimitExceeded` if the main view has 2^30 bytes or more.
    pub fn write(rects: &[Rect], quality: QuantQuality, main: &[u8], auxiliary: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        let written = Avc420::write(rects, quality, main, out).and_then(|()| {
            let length = u32::try_from(out.len() - start - 4).ok().filter(|length| *length <= LENGTH);
            let length = length.ok_or(Error::LimitExceeded { what: "the bytes of a view", limit: LENGTH.into() })?;
            out[start..start + 4].copy_from_slice(&length.to_le_bytes());
            Avc420::write(rects, quality, auxiliary, out)
        });
        if written.is_err() {
            out.truncate(start);
        }
        written
    }
}

impl PartialEq for Avc420<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.rects.iter().eq(other.rects.iter()) && self.qualities == other.qualities && self.unit == other.unit
    }
}

impl Eq for Avc420<'_> {}

/// The bits of the head that are the length of the first stream.
const LENGTH: u32 = (1 << 30) - 1;

const ENDS_EARLY: Error = Error::Malformed("a video frame that ends early");
