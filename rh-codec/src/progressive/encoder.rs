//! Pixels to coefficients, and what the decoder has of them.

use super::{
    component::{EDGE, FACTORS, STEP},
    message::Message,
    tiles::Tiles,
};
use crate::{
    Error, FrameView, Limits, Rect, Surface,
    rfx::{
        Level,
        quant::{LL3, Planes},
        tile::{paint, restore, transform},
    },
};

/// What a tile's first pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aim {
    /// The best picture for its bytes: coefficients are rounded to the nearest step, 3 to 6 dB better than if bits were cut off. Upgrades are
    /// differences to it.
    Picture,
    /// The fewest bytes for all passes in sum, by a fifth: bits are cut off, and each upgrade brings the next of them.
    Passes,
}

/// What the encoder keeps of a tile.
#[derive(Debug)]
pub(super) struct State {
    /// Coefficients of the picture.
    pub(super) target: Planes,
    /// What the decoder has of it, in steps.
    pub(super) sent: Planes,
    /// Of the last pass; `None` after [`Encoder::forget`].
    pub(super) level: Option<Level>,
    pub(super) aim: Aim,
    /// The message of the last pass.
    pub(super) message: u64,
}

impl State {
    fn new() -> Box<Self> {
        Box::new(Self { target: [[0; 4096]; 3], sent: [[0; 4096]; 3], level: None, aim: Aim::Picture, message: 0 })
    }

    /// Whether a difference to what the decoder has leaves more zeros than the picture itself ([MS-RDPEGFX] 3.2.8.1.4).
    pub(super) fn difference_is_cheaper(&self, level: Level) -> bool {
        let bits = level.bits()[0];
        let (mut original, mut difference) = (0_u32, 0);
        for band in 0..LL3 {
            // What is less comes out as 0.
            let one = 5 << (STEP + u32::from(bits.0[band])) >> 3;
            for (target, sent) in EDGE.band(&self.target[0], band).iter().zip(EDGE.band(&self.sent[0], band)) {
                original += u32::from(target.unsigned_abs() < one);
                difference += u32::from(target.saturating_sub(sent << STEP).unsigned_abs() < one);
            }
        }
        difference > original
    }
}

/// Encodes tiles of one surface, in passes.
///
/// Order: [`resize`](Self::resize) at the start and for every new surface; then messages, each of which begins with [`message`](Self::message). The peer
/// decodes every message, in order.
///
/// What a pass shows is known to the bit for this crate's decoder: [`paint`](Self::paint). Others round differently, by a few grey levels.
///
/// Memory: 12 bytes for each pixel of the tiles that were ever sent of the surface, 48 KiB, and the message at hand.
#[derive(Debug)]
pub struct Encoder {
    limits: Limits,
    pub(super) tiles: Tiles<State>,
    /// Number of the message at hand, from 1.
    pub(super) messages: u64,
    pub(super) scratch: Box<Planes>,
    pub(super) raw: Vec<u8>,
    /// The message's tiles, and what they cover.
    pub(super) body: Vec<u8>,
    pub(super) covered: Vec<Rect>,
    /// What is to be shown of it; everything if there is none.
    pub(super) clip: Vec<Rect>,
}

impl Encoder {
    /// An encoder that has no surface yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            tiles: Tiles::default(),
            messages: 0,
            scratch: Box::new([[0; 4096]; 3]),
            raw: Vec::new(),
            body: Vec::new(),
            covered: Vec::new(),
            clip: Vec::new(),
        }
    }

    /// Forgets all tiles: the surface is new.
    ///
    /// # Errors
    /// `LimitExceeded` if it is larger than the limits allow.
    pub fn resize(&mut self, width: u32, height: u32) -> Result<(), Error> {
        self.tiles.resize(width, height, &self.limits)
    }

    /// The level of the tile's last pass; `None` before the first, after [`forget`](Self::forget), and outside the surface.
    pub fn level(&self, x: u16, y: u16) -> Option<Level> {
        self.tiles.get(self.tiles.index(x, y)?)?.level
    }

    /// The tile needs no upgrade any more: something else was painted there.
    pub fn forget(&mut self, x: u16, y: u16) {
        if let Some(state) = self.tiles.index(x, y).and_then(|index| self.tiles.get_mut(index)) {
            state.level = None;
        }
    }

    /// Paints the tile as a decoder shows it after its last pass. Returns what it covers: nothing if it has no level.
    ///
    /// # Errors
    /// `ApiMisuse` if the surface has another size than was told.
    pub fn paint(&mut self, x: u16, y: u16, target: &mut Surface) -> Result<Rect, Error> {
        let whole = Rect::new(0, 0, target.size().0, target.size().1);
        self.paint_within(x, y, &[whole], target)
    }

    /// The same, but only what lies within these rectangles, as after [`Message::show`]; returns the tile all the same.
    ///
    /// # Errors
    /// See [`paint`](Self::paint).
    pub fn paint_within(&mut self, x: u16, y: u16, rects: &[Rect], target: &mut Surface) -> Result<Rect, Error> {
        if target.size() != self.tiles.size() {
            return Err(Error::ApiMisuse("the surface has another size than the encoder's"));
        }
        let Some(index) = self.tiles.index(x, y) else { return Ok(Rect::default()) };
        let Some(state) = self.tiles.get(index).filter(|state| state.level.is_some()) else { return Ok(Rect::default()) };
        self.scratch.clone_from_slice(&state.sent);
        restore(&mut self.scratch, EDGE, &[FACTORS; 3]);
        let tile = self.tiles.rect(index);
        for part in rects.iter().map(|rect| rect.intersection(&tile)).filter(|part| !part.is_empty()) {
            paint(&self.scratch, (tile.x, tile.y), part, target);
        }
        Ok(tile)
    }

    /// Begins a message, which [`Message::finish`] appends to `out`.
    pub fn message<'a>(&'a mut self, out: &'a mut Vec<u8>) -> Message<'a> {
        self.messages += 1;
        Message::new(self, out)
    }

    /// Takes a tile's picture from what a frame shows of it within `part`. Returns its state, and whether the decoder has the tile from before.
    pub(super) fn take(&mut self, frame: &FrameView<'_>, index: usize, part: Rect) -> (&mut State, bool) {
        let tile = self.tiles.rect(index);
        let known = self.tiles.get(index).is_some();
        let state = self.tiles.make(index, State::new);
        transform(frame, (tile.x, tile.y), part, EDGE, &mut state.target);
        (state, known)
    }
}
