//! Messages to pixels.

use super::{
    component::{decode_first, decode_upgrade},
    tiles::Tiles,
    wire::{CONTEXT, FRAME_BEGIN, FRAME_END, REGION, Reader, Region, SYNC, TILE_FIRST, TILE_SIMPLE, TILE_UPGRADE, Tile},
};
use crate::{
    Error, Limits, Rect, Surface,
    rfx::{
        quant::{Bits, Edge, Planes, Quant},
        tile::{Work, paint, restore},
    },
};

/// What the decoder keeps of a tile.
#[derive(Debug)]
struct State {
    /// What has come since the last first pass, in steps of the base quantization. Its signs are the tri-state of [MS-RDPEGFX] 3.3.8.2.1: no pass
    /// makes a coefficient smaller.
    values: Planes,
    /// What that adds to, if the tile is a difference.
    reference: Option<Box<Planes>>,
    difference: bool,
    edge: Edge,
    factors: [Quant; 3],
    bits: Bits,
    /// The frame that brought the last pass.
    frame: u32,
}

impl State {
    fn new() -> Box<Self> {
        Box::new(Self {
            values: [[0; 4096]; 3],
            reference: None,
            difference: false,
            edge: Edge::Mirror,
            factors: [Quant::flat(6); 3],
            bits: [Quant::flat(0); 3],
            frame: 0,
        })
    }

    /// Adds what has come to the reference, for a difference that follows.
    fn settle(&mut self) {
        let reference = self.reference.get_or_insert_with(|| Box::new([[0; 4096]; 3]));
        if self.difference {
            add(reference, &self.values);
        } else {
            reference.clone_from_slice(&self.values);
        }
    }
}

fn add(to: &mut Planes, values: &Planes) {
    for (to, values) in to.iter_mut().zip(values) {
        to.iter_mut().zip(values).for_each(|(to, value)| *to = to.wrapping_add(*value));
    }
}

/// Decodes the tiles of one surface.
///
/// Memory: 6 bytes for each pixel of the tiles that have come, 12 once they have come as differences, and 2 bytes of bookkeeping for each of all
/// pixels at most, whatever the stream is.
///
/// After an error tiles of the message may have changed or not: the peer must send them anew as originals, or the session ends.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    tiles: Tiles<State>,
    samples: Box<Planes>,
    /// Tiles to paint, and the rectangle that each is to be painted in.
    jobs: Vec<(usize, Rect)>,
}

impl Decoder {
    /// A decoder that has no tiles yet.
    pub fn new(limits: &Limits) -> Self {
        Self { limits: *limits, tiles: Tiles::default(), samples: Box::new([[0; 4096]; 3]), jobs: Vec::new() }
    }

    /// Forgets all tiles, as a new surface does.
    pub fn reset(&mut self) {
        self.tiles = Tiles::default();
    }

    /// Decodes the `bitmapData` of one RDPGFX_WIRE_TO_SURFACE_PDU_2, paints `target`, and appends to `damage` what it has painted.
    ///
    /// `frame` is the number of the frame that the message belongs to: a region may show tiles that came in earlier messages of the same
    /// frame. A `target` of another size than before is a new surface.
    ///
    /// # Errors
    /// `Malformed`, and `LimitExceeded` if the target or the work that the message asks for is too large.
    pub fn decode(&mut self, frame: u32, data: &[u8], target: &mut Surface, damage: &mut Vec<Rect>) -> Result<(), Error> {
        let (width, height) = target.size();
        if self.tiles.size() != (width, height) {
            self.tiles.resize(width, height, &self.limits)?;
        }
        let mut work = Work::new(&self.limits);
        let mut blocks = Reader::new(data);
        let mut open = false;
        while !blocks.is_empty() {
            let (kind, fields) = blocks.block()?;
            match kind {
                FRAME_BEGIN => open = true,
                FRAME_END => open = false,
                REGION if open => self.region(frame, Region::read(fields)?, &mut work, target, damage)?,
                // Nothing in them that a decoder needs, and a region outside a frame is to be ignored.
                SYNC | CONTEXT | REGION => {}
                _ => return Err(Error::Malformed("a block of unknown type")),
            }
        }
        Ok(())
    }

    fn region(
        &mut self,
        frame: u32,
        region: Region<'_>,
        work: &mut Work,
        target: &mut Surface,
        damage: &mut Vec<Rect>,
    ) -> Result<(), Error> {
        let mut blocks = Reader::new(region.data);
        let mut count = 0;
        while !blocks.is_empty() {
            let (kind, fields) = blocks.block()?;
            if !matches!(kind, TILE_SIMPLE | TILE_FIRST | TILE_UPGRADE) {
                return Err(Error::Malformed("a region has a block that is no tile"));
            }
            work.tile()?;
            self.tile(frame, &region, kind, &Tile::read(kind, fields)?)?;
            count += 1;
        }
        if count != u32::from(region.tiles) {
            return Err(Error::Malformed("a region does not have as many tiles as it says"));
        }
        self.jobs.clear();
        let (width, height) = target.size();
        for rect in region.rects {
            let [x, y, w, h] = [0, 2, 4, 6].map(|at| u32::from(u16::from_le_bytes([rect[at], rect[at + 1]])));
            let rect = Rect::new(x, y, w, h).intersection(&Rect::new(0, 0, width, height));
            if rect.is_empty() {
                continue;
            }
            for index in self.tiles.meeting(rect) {
                work.visit()?;
                if self.tiles.get(index).is_some_and(|tile| tile.frame == frame) {
                    self.jobs.push((index, rect));
                }
            }
        }
        // In the order of tiles, so that each is transformed once, however many rectangles it lies in.
        self.jobs.sort_unstable_by_key(|(index, rect)| (*index, rect.y, rect.x));
        let mut ready = None;
        for &(index, rect) in &self.jobs {
            let covered = self.tiles.rect(index);
            if ready != Some(index) {
                let Some(tile) = self.tiles.get(index) else { continue };
                work.tile()?;
                self.samples.clone_from_slice(&tile.values);
                if let (true, Some(reference)) = (tile.difference, &tile.reference) {
                    add(&mut self.samples, reference);
                }
                restore(&mut self.samples, tile.edge, &tile.factors);
                ready = Some(index);
            }
            let rect = rect.intersection(&covered);
            paint(&self.samples, (covered.x, covered.y), rect, target);
            damage.push(rect);
        }
        Ok(())
    }

    fn tile(&mut self, frame: u32, region: &Region<'_>, kind: u16, tile: &Tile<'_>) -> Result<(), Error> {
        let Some(index) = self.tiles.index(tile.x, tile.y) else {
            return Err(Error::Malformed("a tile outside the surface"));
        };
        let edge = if region.extrapolate { Edge::Extrapolate } else { Edge::Mirror };
        let bits = region.bits(tile.quality)?;
        let factors = [region.quant(tile.quants[0])?, region.quant(tile.quants[1])?, region.quant(tile.quants[2])?];
        let known = self.tiles.get(index).map(|state| state.edge);
        if (kind == TILE_UPGRADE || tile.difference) && known != Some(edge) {
            return Err(Error::Malformed("a tile refines one that was not there, or was of another kind"));
        }
        let state = self.tiles.make(index, State::new);
        if kind == TILE_UPGRADE {
            for (c, plane) in state.values.iter_mut().enumerate() {
                decode_upgrade(tile.data[c], tile.raw[c], edge, state.bits[c], bits[c], plane)?;
            }
        } else {
            if tile.difference {
                state.settle();
            }
            state.difference = tile.difference;
            for ((plane, data), bits) in state.values.iter_mut().zip(tile.data).zip(bits) {
                decode_first(data, edge, bits, plane)?;
            }
        }
        (state.edge, state.factors, state.bits, state.frame) = (edge, factors, bits, frame);
        Ok(())
    }
}
