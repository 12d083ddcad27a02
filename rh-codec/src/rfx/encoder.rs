//! Pixels to messages.

use super::{
    Entropy, Level, block, quality,
    quant::{Edge, LL3, Planes, Quant, differ, quantize},
    rlgr,
    tile::transform,
    wire::{begin_block, end_block, length_field},
};
use crate::{Error, FrameView, Rect};

/// Encodes RemoteFX: whole pictures, each on its own. Memory: 24 KiB.
#[derive(Debug)]
pub struct Encoder {
    entropy: Entropy,
    planes: Box<Planes>,
    frame: u32,
}

impl Encoder {
    /// `entropy` is one that the client has said it knows ([MS-RDPRFX] 2.2.1.1.1.1.1). Neither is smaller as a rule.
    pub fn new(entropy: Entropy) -> Self {
        Self { entropy, planes: Box::new([[0; 4096]; 3]), frame: 0 }
    }

    /// Appends a message with what the frame shows within `rect`: the `bitmapData` of an RDPGFX_WIRE_TO_SURFACE_PDU_1 with `destRect` `rect`.
    /// Returns its length.
    ///
    /// Every message begins with the headers of a stream, 47 bytes, so that a decoder may start with any of them (image mode).
    ///
    /// # Errors
    /// `ApiMisuse` if `rect` is empty or the frame has not all of it; `LimitExceeded` if it has more than 65,535 tiles or a side of more than 65,535 pixels.
    pub fn encode(&mut self, frame: &FrameView<'_>, rect: Rect, level: Level, out: &mut Vec<u8>) -> Result<usize, Error> {
        if rect.is_empty() || !rect.fits(frame.width(), frame.height()) {
            return Err(Error::ApiMisuse("a rectangle that the frame does not have"));
        }
        let width: u16 = length_field(rect.width as usize)?;
        let height: u16 = length_field(rect.height as usize)?;
        let (columns, rows) = (width.div_ceil(64), height.div_ceil(64));
        let tiles: u16 = length_field(usize::from(columns) * usize::from(rows))?;
        let start = out.len();
        self.headers(width, height, out)?;
        self.put_block(out, block::FRAME_BEGIN, |out| {
            out.extend_from_slice(&self.frame.to_le_bytes());
            out.extend_from_slice(&1_u16.to_le_bytes());
        })?;
        self.put_block(out, block::REGION, |out| {
            // Bit 0: the last region of a list, as it always is.
            out.push(1);
            for field in [1, 0, 0, width, height, block::CBT_REGION, 1] {
                out.extend_from_slice(&field.to_le_bytes());
            }
        })?;
        let set = self.begin(out, block::EXTENSION);
        out.extend_from_slice(&block::CBT_TILESET.to_le_bytes());
        out.extend_from_slice(&0_u16.to_le_bytes());
        // As CONTEXT has them, without a gap after the flags, and bit 0 for the last set.
        out.extend_from_slice(&(self.properties() << 1 | 1).to_le_bytes());
        let factors = level.bits().map(|bits| quality::FULL.plus(bits));
        out.extend_from_slice(&[3, 64]);
        out.extend_from_slice(&tiles.to_le_bytes());
        let length = out.len();
        out.extend_from_slice(&[0; 4]);
        factors.iter().for_each(|factors| out.extend_from_slice(&factors.to_rfx()));
        let data = out.len();
        for y in 0..rows {
            for x in 0..columns {
                self.put_tile(frame, rect, (x, y), &factors, out)?;
            }
        }
        let bytes: u32 = length_field(out.len() - data)?;
        out[length..length + 4].copy_from_slice(&bytes.to_le_bytes());
        end_block(out, set)?;
        self.put_block(out, block::FRAME_END, |_| {})?;
        self.frame = self.frame.wrapping_add(1);
        Ok(out.len() - start)
    }

    fn headers(&self, width: u16, height: u16, out: &mut Vec<u8>) -> Result<(), Error> {
        let sync = begin_block(out, block::SYNC);
        out.extend_from_slice(&0xcacc_acca_u32.to_le_bytes());
        out.extend_from_slice(&0x0100_u16.to_le_bytes());
        end_block(out, sync)?;
        self.context(out)?;
        let versions = begin_block(out, block::CODEC_VERSIONS);
        out.extend_from_slice(&[1, 1, 0x00, 0x01]);
        end_block(out, versions)?;
        let channels = begin_block(out, block::CHANNELS);
        out.extend_from_slice(&[1, 0]);
        out.extend_from_slice(&width.to_le_bytes());
        out.extend_from_slice(&height.to_le_bytes());
        end_block(out, channels)
    }

    fn context(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        let context = begin_block(out, block::CONTEXT);
        // Codec 1, all channels, context 0, tiles of 64 pixels.
        out.extend_from_slice(&[1, 0xff, 0, 64, 0]);
        out.extend_from_slice(&self.properties().to_le_bytes());
        end_block(out, context)
    }

    /// Image mode, ICT colours, 5/3 wavelet, the entropy coder, scalar quantization ([MS-RDPRFX] 2.2.2.2.4).
    fn properties(&self) -> u16 {
        let entropy = match self.entropy {
            Entropy::Rlgr1 => block::RLGR1,
            Entropy::Rlgr3 => block::RLGR3,
        };
        2 | 1 << 3 | 1 << 5 | entropy << 9 | 1 << 13
    }

    /// Starts a block that names codec and channel.
    fn begin(&self, out: &mut Vec<u8>, kind: u16) -> usize {
        let start = begin_block(out, kind);
        out.extend_from_slice(&[1, 0]);
        start
    }

    fn put_block(&self, out: &mut Vec<u8>, kind: u16, fields: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
        let start = self.begin(out, kind);
        fields(out);
        end_block(out, start)
    }

    fn put_tile(
        &mut self,
        frame: &FrameView<'_>,
        rect: Rect,
        (x, y): (u16, u16),
        factors: &[Quant; 3],
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let corner = Rect::new(rect.x + u32::from(x) * 64, rect.y + u32::from(y) * 64, 64, 64);
        transform(frame, (corner.x, corner.y), corner.intersection(&rect), Edge::Mirror, &mut self.planes);
        let tile = begin_block(out, block::TILE);
        out.extend_from_slice(&[0, 1, 2]);
        out.extend_from_slice(&x.to_le_bytes());
        out.extend_from_slice(&y.to_le_bytes());
        let lengths = out.len();
        out.extend_from_slice(&[0; 6]);
        for (c, (plane, factors)) in self.planes.iter_mut().zip(factors).enumerate() {
            let from = out.len();
            quantize(plane, Edge::Mirror, *factors);
            differ(Edge::Mirror.band_mut(plane, LL3));
            rlgr::encode(self.entropy, plane, out);
            let length: u16 = length_field(out.len() - from)?;
            out[lengths + 2 * c..][..2].copy_from_slice(&length.to_le_bytes());
        }
        end_block(out, tile)
    }
}
