//! Pictures painted inexactly: RemoteFX Progressive, or RemoteFX in one pass for those who ask for it.

use super::{
    caps::Features,
    pdu::{CodecId, CommandId, PixelFormat, Rect16, close, open},
    writer::{SURFACE, close_wire, enter_length, open_wire},
};
use crate::{
    Error, FrameView, Limits, Rect, Surface,
    image::same_colours,
    progressive::{self, Aim, Level},
    rfx,
};

/// Side of a tile.
const TILE: u32 = 64;
/// Side of a block that is refined or left alone.
const BLOCK: u32 = 16;

/// The coders that the client's capabilities allow.
pub(super) struct Images {
    progressive: progressive::Encoder,
    /// For thin clients, with the decoder that says what they will show.
    thin: Option<(rfx::Encoder, rfx::Decoder)>,
    /// What is painted, and what our decoder says that it has painted; kept for their memory only.
    clip: Vec<Rect>,
    damage: Vec<Rect>,
}

impl Images {
    pub(super) fn new(features: &Features, limits: &Limits) -> Self {
        let thin = features.thin_client.then(|| (rfx::Encoder::new(rfx::Entropy::Rlgr3), rfx::Decoder::new(limits)));
        Self { progressive: progressive::Encoder::new(limits), thin, clip: Vec::new(), damage: Vec::new() }
    }

    pub(super) fn resize(&mut self, width: u32, height: u32) -> Result<(), Error> {
        self.progressive.resize(width, height)
    }

    pub(super) fn progressive(&mut self) -> &mut progressive::Encoder {
        &mut self.progressive
    }

    /// Appends what paints a rectangle of the frame inexactly.
    pub(super) fn coarse(
        &mut self,
        out: &mut Vec<u8>,
        shown: &mut Surface,
        frame: &FrameView<'_>,
        rect: Rect,
        level: Level,
    ) -> Result<(), Error> {
        let Some((encoder, decoder)) = &mut self.thin else {
            self.clip.clear();
            self.clip.push(rect);
            return self.paint(out, shown, frame, level);
        };
        let start = open_wire(out, CodecId::REMOTE_FX, Rect16::new(rect)?);
        let data = out.len();
        encoder.encode(frame, rect, level, out)?;
        self.damage.clear();
        decoder.decode(&out[data..], rect, shown, &mut self.damage)?;
        close_wire(out, start);
        Ok(())
    }

    /// Appends what brings the blocks of a rectangle that are not shown exactly to a better level.
    pub(super) fn finer(
        &mut self,
        out: &mut Vec<u8>,
        shown: &mut Surface,
        frame: &FrameView<'_>,
        rect: Rect,
        level: Level,
    ) -> Result<(), Error> {
        if self.thin.is_some() {
            return Err(Error::ApiMisuse("RemoteFX has one pass"));
        }
        self.clip.clear();
        for y in blocks(rect.y, rect.bottom()) {
            for x in blocks(rect.x, rect.right()) {
                let block = Rect::new(x, y, BLOCK, BLOCK).intersection(&rect);
                let same = |y| same_colours(shown.span(block.x, y, block.width), frame.span(block.x, y, block.width));
                if (block.y..block.bottom()).all(same) {
                    continue;
                }
                match self.clip.last_mut() {
                    Some(run) if (run.right(), run.y) == (block.x, block.y) => run.width += block.width,
                    _ => self.clip.push(block),
                }
            }
        }
        self.paint(out, shown, frame, level)
    }

    /// Appends a first pass of all tiles that what is painted meets.
    fn paint(&mut self, out: &mut Vec<u8>, shown: &mut Surface, frame: &FrameView<'_>, level: Level) -> Result<(), Error> {
        let Self { progressive, clip, .. } = self;
        let Some(bounds) = clip.iter().copied().reduce(union) else { return Ok(()) };
        let start = open_progressive(out);
        let data = out.len();
        let mut message = progressive.message(out);
        let mut passed = Ok(());
        for (x, y) in tiles(bounds) {
            let tile = Rect::new(u32::from(x) * TILE, u32::from(y) * TILE, TILE, TILE);
            let part = clip.iter().map(|rect| rect.intersection(&tile)).filter(|part| !part.is_empty()).reduce(union);
            if let Some(part) = part {
                passed = passed.and_then(|()| message.first_of(frame, x, y, part, level, Aim::Picture));
            }
        }
        clip.iter().for_each(|rect| message.show(*rect));
        let finished = message.finish();
        passed.and(finished)?;
        close_progressive(out, start, data);
        for (x, y) in tiles(bounds) {
            progressive.paint_within(x, y, clip, shown)?;
        }
        Ok(())
    }

    /// Appends passes of whole tiles, by column and row.
    pub(super) fn passes(
        &mut self,
        out: &mut Vec<u8>,
        shown: &mut Surface,
        tiles: &[(u16, u16)],
        mut pass: impl FnMut(&mut progressive::Message<'_>, u16, u16) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let start = open_progressive(out);
        let data = out.len();
        let mut message = self.progressive.message(out);
        let passed = tiles.iter().try_for_each(|(x, y)| pass(&mut message, *x, *y));
        let finished = message.finish();
        if passed.is_err() || finished.is_err() || out.len() == data {
            // A wrong call, or no tile had anything to say.
            out.truncate(start);
            return passed.and(finished.map(|_| ()));
        }
        close_progressive(out, start, data);
        for (x, y) in tiles {
            self.progressive.paint(*x, *y, shown)?;
        }
        Ok(())
    }
}

/// Appends a `WireToSurface2` up to its data.
fn open_progressive(out: &mut Vec<u8>) -> usize {
    let start = open(out, CommandId::WIRE_TO_SURFACE_2);
    for field in [&SURFACE.to_le_bytes()[..], &CodecId::PROGRESSIVE.0.to_le_bytes(), &[0; 4], &[PixelFormat::XRGB.0], &[0; 4]] {
        out.extend_from_slice(field);
    }
    start
}

fn close_progressive(out: &mut [u8], start: usize, data: usize) {
    enter_length(out, data);
    close(out, start);
}

/// Where the blocks of a grid begin that a side from `start` to `end` meets.
fn blocks(start: u32, end: u32) -> impl Iterator<Item = u32> {
    (start / BLOCK * BLOCK..end).step_by(BLOCK as usize)
}

/// Column and row of the tiles that a rectangle meets; both are below 2^10, as pictures have fewer than 2^16 columns and rows.
fn tiles(rect: Rect) -> impl Iterator<Item = (u16, u16)> {
    let place = |tile: u32| u16::try_from(tile).unwrap_or(u16::MAX);
    let columns = place(rect.x / TILE)..place(rect.right().div_ceil(TILE));
    (place(rect.y / TILE)..place(rect.bottom().div_ceil(TILE))).flat_map(move |y| columns.clone().map(move |x| (x, y)))
}

/// The least rectangle that has both.
fn union(a: Rect, b: Rect) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    Rect::new(x, y, a.right().max(b.right()) - x, a.bottom().max(b.bottom()) - y)
}
