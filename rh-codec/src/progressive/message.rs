//! Passes of tiles to bytes.

use super::{
    component::{FACTORS, Rounding, encode_first, encode_upgrade},
    encoder::{Aim, Encoder},
    tiles::SIDE,
    wire::{
        CONTEXT, DIFFERENCE, FRAME_BEGIN, FRAME_END, FULL, REDUCE_EXTRAPOLATE, REGION, SUBBAND_DIFFING, SYNC, TILE_FIRST, TILE_SIMPLE,
        TILE_UPGRADE, begin_block, end_block, length_field,
    },
};
use crate::{Error, FrameView, Rect, rfx::Level};

/// A message being written: passes of tiles, each tile at most once.
///
/// To drop it without [`finish`](Self::finish) is to lose passes that the encoder believes are sent: [`Encoder::resize`] is then the way back.
#[derive(Debug)]
#[must_use = "the encoder takes passes for sent"]
pub struct Message<'a> {
    encoder: &'a mut Encoder,
    out: &'a mut Vec<u8>,
    tiles: u16,
    /// Levels that its tiles name, in the order of its tables.
    levels: [Option<Level>; Level::ALL.len()],
}

impl<'a> Message<'a> {
    pub(super) fn new(encoder: &'a mut Encoder, out: &'a mut Vec<u8>) -> Self {
        encoder.body.clear();
        encoder.covered.clear();
        encoder.clip.clear();
        Self { encoder, out, tiles: 0, levels: [None; Level::ALL.len()] }
    }

    /// Bytes of the tiles so far. The message adds 70, 8 for each row of neighbours, and 16 for each level but the best.
    pub fn bytes(&self) -> usize {
        self.encoder.body.len()
    }

    /// What `frame` shows in a tile, at `level`. The tile starts over, whatever it was before.
    ///
    /// With [`Aim::Picture`] it is sent as the difference to what the decoder has of it, if that leaves more zeros.
    ///
    /// # Errors
    /// `ApiMisuse` if the frame has another size than the surface, if the tile lies outside, or if the message has it already.
    pub fn first(&mut self, frame: &FrameView<'_>, x: u16, y: u16, level: Level, aim: Aim) -> Result<(), Error> {
        let whole = Rect::new(0, 0, frame.width(), frame.height());
        self.first_of(frame, x, y, whole, level, aim)
    }

    /// The same for a tile of which only what lies within `rect` matters; for the rest of it goes whatever is cheapest. Meant to be followed by
    /// [`show`](Self::show).
    ///
    /// # Errors
    /// See [`first`](Self::first); also `ApiMisuse` if `rect` is not within the frame, or does not meet the tile.
    pub fn first_of(&mut self, frame: &FrameView<'_>, x: u16, y: u16, rect: Rect, level: Level, aim: Aim) -> Result<(), Error> {
        if (frame.width(), frame.height()) != self.encoder.tiles.size() {
            return Err(Error::ApiMisuse("the frame has another size than the surface"));
        }
        let index = self.enter(x, y)?;
        let part = self.encoder.tiles.rect(index).intersection(&rect);
        if part.is_empty() {
            return Err(Error::ApiMisuse("nothing of the tile matters"));
        }
        let (state, known) = self.encoder.take(frame, index, part);
        state.aim = aim;
        let difference = known && aim == Aim::Picture && state.difference_is_cheaper(level);
        self.put_first(index, (x, y), level, difference)
    }

    /// Brings a tile to the next level; of the picture that its first pass was of. Returns that level, `None` if the tile is at the last, or has none.
    ///
    /// # Errors
    /// `ApiMisuse` if the tile lies outside the surface, or if the message has it already.
    pub fn upgrade(&mut self, x: u16, y: u16) -> Result<Option<Level>, Error> {
        let Some(from) = self.encoder.level(x, y) else { return Ok(None) };
        let Some(to) = from.next() else { return Ok(None) };
        let index = self.enter(x, y)?;
        match self.encoder.tiles.get(index).map(|state| state.aim) {
            Some(Aim::Passes) => self.put_upgrade(index, (x, y), from, to)?,
            _ => self.put_first(index, (x, y), to, true)?,
        }
        Ok(Some(to))
    }

    /// Shows only what lies within the rectangles that this is called with, instead of the tiles whole. Rectangles lie within the surface.
    pub fn show(&mut self, rect: Rect) {
        self.encoder.clip.push(rect);
    }

    /// The number of a tile that comes into the message now.
    fn enter(&mut self, x: u16, y: u16) -> Result<usize, Error> {
        let encoder = &mut *self.encoder;
        let index = encoder.tiles.index(x, y).ok_or(Error::ApiMisuse("a tile outside the surface"))?;
        if encoder.tiles.get(index).is_some_and(|state| state.message == encoder.messages) {
            return Err(Error::ApiMisuse("a tile comes twice in a message"));
        }
        self.tiles = self.tiles.checked_add(1).ok_or(Error::LimitExceeded { what: "tiles of a message", limit: u16::MAX.into() })?;
        Ok(index)
    }

    fn put_first(&mut self, index: usize, place: (u16, u16), level: Level, difference: bool) -> Result<(), Error> {
        let quality = self.quality(level);
        let kind = if quality == FULL { TILE_SIMPLE } else { TILE_FIRST };
        let start = self.begin_tile(kind, place);
        let encoder = &mut *self.encoder;
        let body = &mut encoder.body;
        body.push(if difference { DIFFERENCE } else { 0 });
        if kind == TILE_FIRST {
            body.push(quality);
        }
        let lengths = body.len();
        body.extend_from_slice(&[0; 8]);
        let Some(state) = encoder.tiles.get_mut(index) else { return Err(LOST) };
        let rounding = if state.aim == Aim::Passes { Rounding::Down } else { Rounding::Nearest };
        let scratch = &mut encoder.scratch[0];
        for (c, bits) in level.bits().into_iter().enumerate() {
            let from = body.len();
            encode_first(&state.target[c], &mut state.sent[c], difference, bits, rounding, scratch, body);
            let length = body.len() - from;
            put_length(body, lengths + 2 * c, length)?;
        }
        (state.level, state.message) = (Some(level), encoder.messages);
        self.end_tile(index, start)
    }

    fn put_upgrade(&mut self, index: usize, place: (u16, u16), from: Level, to: Level) -> Result<(), Error> {
        let quality = self.quality(to);
        let start = self.begin_tile(TILE_UPGRADE, place);
        let encoder = &mut *self.encoder;
        let body = &mut encoder.body;
        body.push(quality);
        let lengths = body.len();
        body.extend_from_slice(&[0; 12]);
        let Some(state) = encoder.tiles.get_mut(index) else { return Err(LOST) };
        for (c, (from, to)) in from.bits().into_iter().zip(to.bits()).enumerate() {
            let start = body.len();
            let srl = encode_upgrade(&state.target[c], &mut state.sent[c], from, to, &mut encoder.raw, body);
            let raw = body.len() - start - srl;
            put_length(body, lengths + 4 * c, srl)?;
            put_length(body, lengths + 4 * c + 2, raw)?;
        }
        (state.level, state.message) = (Some(to), encoder.messages);
        self.end_tile(index, start)
    }

    /// The number that tiles of this message have for a level.
    fn quality(&mut self, level: Level) -> u8 {
        if level == Level::Full {
            return FULL;
        }
        for (number, slot) in (0..).zip(&mut self.levels) {
            if *slot.get_or_insert(level) == level {
                return number;
            }
        }
        // There are as many slots as levels.
        FULL
    }

    fn begin_tile(&mut self, kind: u16, (x, y): (u16, u16)) -> usize {
        let body = &mut self.encoder.body;
        let start = begin_block(body, kind);
        // All components have the first table of factors.
        body.extend_from_slice(&[0; 3]);
        body.extend_from_slice(&x.to_le_bytes());
        body.extend_from_slice(&y.to_le_bytes());
        start
    }

    fn end_tile(&mut self, index: usize, start: usize) -> Result<(), Error> {
        end_block(&mut self.encoder.body, start)?;
        let rect = self.encoder.tiles.rect(index);
        match self.encoder.covered.last_mut() {
            Some(last) if last.right() == rect.x && (last.y, last.height) == (rect.y, rect.height) => last.width += rect.width,
            _ => self.encoder.covered.push(rect),
        }
        Ok(())
    }

    /// Appends the message, which is the `bitmapData` of an RDPGFX_WIRE_TO_SURFACE_PDU_2; returns its length. Nothing is appended if no tile came.
    ///
    /// # Errors
    /// `LimitExceeded` if the message is longer than its fields can tell.
    pub fn finish(self) -> Result<usize, Error> {
        let Self { encoder, out, tiles, levels } = self;
        if tiles == 0 {
            return Ok(0);
        }
        let start = out.len();
        let block = begin_block(out, SYNC);
        out.extend_from_slice(&0xcacc_acca_u32.to_le_bytes());
        out.extend_from_slice(&0x0100_u16.to_le_bytes());
        end_block(out, block)?;
        let block = begin_block(out, CONTEXT);
        // IronRDP takes the same bit for the kind of transform, which we always want too.
        out.extend_from_slice(&[0, 64, 0, SUBBAND_DIFFING]);
        end_block(out, block)?;
        let block = begin_block(out, FRAME_BEGIN);
        #[expect(clippy::cast_possible_truncation, reason = "decoders ignore it")]
        out.extend_from_slice(&(encoder.messages as u32).to_le_bytes());
        out.extend_from_slice(&1_u16.to_le_bytes());
        end_block(out, block)?;
        let block = begin_block(out, REGION);
        let tables = levels.iter().flatten();
        let rects = if encoder.clip.is_empty() { &encoder.covered } else { &encoder.clip };
        out.push(64);
        out.extend_from_slice(&length_field::<u16>(rects.len())?.to_le_bytes());
        out.extend_from_slice(&[1, length_field(tables.clone().count())?, REDUCE_EXTRAPOLATE]);
        out.extend_from_slice(&tiles.to_le_bytes());
        out.extend_from_slice(&length_field::<u32>(encoder.body.len())?.to_le_bytes());
        for rect in rects {
            for side in [rect.x, rect.y, rect.width, rect.height] {
                out.extend_from_slice(&length_field::<u16>(side as usize)?.to_le_bytes());
            }
        }
        out.extend_from_slice(&FACTORS.to_egfx());
        for level in tables {
            out.push(level.percent());
            level.bits().iter().for_each(|bits| out.extend_from_slice(&bits.to_egfx()));
        }
        out.extend_from_slice(&encoder.body);
        end_block(out, block)?;
        let block = begin_block(out, FRAME_END);
        end_block(out, block)?;
        Ok(out.len() - start)
    }
}

const LOST: Error = Error::ApiMisuse("a tile that has had no first pass");

fn put_length(body: &mut [u8], at: usize, length: usize) -> Result<(), Error> {
    body[at..at + 2].copy_from_slice(&length_field::<u16>(length)?.to_le_bytes());
    Ok(())
}

const _: () = assert!(SIDE == 64, "what CONTEXT and REGION say");
