//! Pixels to a message of ClearCodec, [MS-RDPEGFX] 2.2.4.1 and 3.3.8.1.

use super::{
    CACHE_RESET, GLYPH_HIT, GLYPH_INDEX,
    columns::{self, Columns},
    glyphs::{self, GlyphIndex, Known},
    lines::{self, Cutter, ink},
    residual::Runs,
    rlex::Palette,
    subcodec,
    wire::solid,
};
use crate::{Error, FrameView, Rect};

/// Columns that get a coder of their own.
const CELL: u32 = 128;

/// Encodes bitmaps for one decoder, exactly.
///
/// One encoder serves all surfaces of a connection, and every message must reach the decoder, once and in order: both sides
/// fill the same storages. What it writes is chosen for ZGFX, which follows: bands over lines of text first, because a letter
/// that was shown before is then a few slot numbers, and these again a match; other coders only where columns are new and
/// another is much shorter.
///
/// Memory: the decoder's storages once more, 26.6 MB that are touched as they fill, 0.4 MB of index, and the layers of the
/// largest message. Nothing is allocated once there was a message of that size.
#[derive(Debug)]
pub struct Encoder {
    sequence: u8,
    /// Flags that the next message has besides its own.
    flags: u8,
    columns: Columns,
    glyphs: GlyphIndex,
    cutter: Cutter,
    palette: Palette,
    layers: Layers,
}

/// The three layers of a message while they are written.
#[derive(Debug, Default)]
struct Layers {
    residual: Vec<u8>,
    bands: Vec<u8>,
    subcodecs: Vec<u8>,
    runs: Runs,
    /// For each cell of a band, whether the residual layer has it.
    residual_cells: Vec<bool>,
    /// What a palette makes of a cell.
    trial: Vec<u8>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// An encoder for a decoder that has seen nothing.
    pub fn new() -> Self {
        Self {
            sequence: 0,
            flags: 0,
            columns: Columns::new(),
            glyphs: GlyphIndex::new(),
            cutter: Cutter::default(),
            palette: Palette::new(),
            layers: Layers::default(),
        }
    }

    /// Begins anew, for another decoder that has seen nothing.
    pub fn reset(&mut self) {
        self.restart_storages();
        (self.sequence, self.flags) = (0, 0);
    }

    /// Forgets what the decoder has, and lets the next message reset its cursors; the sequence goes on.
    ///
    /// For when it is no longer known what the decoder's storages hold, though no message was lost: a decoder that was replaced in
    /// the middle of a connection, for instance.
    pub fn restart_storages(&mut self) {
        self.columns.clear();
        self.glyphs.clear();
        self.flags = CACHE_RESET;
    }

    /// Bytes of a message for a bitmap at most, whatever it shows.
    pub fn worst_case(rect: Rect) -> usize {
        // A cell that is not cheaper otherwise is raw, with a header; a band's, or a run or two, is no longer. A message has a head
        // of its own.
        let bands = u64::from(rect.height / lines::LEAST + 1);
        let cells = u64::from(rect.width.div_ceil(CELL));
        let most = 3 * rect.area() + bands * cells * 24 + 32;
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    /// Appends the message that shows `rect` of the frame, exactly; the `bitmapData` of a WireToSurface1 with codec 8.
    ///
    /// Any size is cut into bands between lines of text, so whole paragraphs are welcome: their lines are found better here than by a
    /// caller's grid. A bitmap of at most 1,024 pixels is kept as a glyph, and costs 4 bytes when it comes again (a caret, a key that
    /// lights up).
    ///
    /// # Errors
    /// `ApiMisuse` if `rect` is empty, outside the frame, or more than 65,535 pixels wide or high.
    pub fn encode(&mut self, frame: &FrameView<'_>, rect: Rect, out: &mut Vec<u8>) -> Result<(), Error> {
        if rect.is_empty() || !rect.fits(frame.width(), frame.height()) || rect.width.max(rect.height) > u32::from(u16::MAX) {
            return Err(Error::ApiMisuse("a ClearCodec bitmap lies within its frame and has 1 to 65535 columns and rows"));
        }
        let (mut flags, sequence) = (self.flags, self.sequence);
        self.flags = 0;
        self.sequence = sequence.wrapping_add(1);
        if glyphs::is_small(rect) {
            flags |= GLYPH_INDEX;
            match self.glyphs.take(frame, rect) {
                Known::Hit(slot) => {
                    out.extend_from_slice(&[flags | GLYPH_HIT, sequence]);
                    out.extend_from_slice(&slot.to_le_bytes());
                    return Ok(());
                }
                Known::Miss(slot) => {
                    out.extend_from_slice(&[flags, sequence]);
                    out.extend_from_slice(&slot.to_le_bytes());
                }
            }
        } else {
            out.extend_from_slice(&[flags, sequence]);
        }
        self.compose(frame, rect);
        self.layers.append(out);
        Ok(())
    }

    /// Fills the layers.
    fn compose(&mut self, frame: &FrameView<'_>, rect: Rect) {
        self.layers.clear();
        let mut y = 0;
        for height in self.cutter.cut(frame, rect) {
            let band = Rect { y: rect.y + y, height, ..rect };
            self.layers.residual_cells.clear();
            let ground = ground(frame, band);
            // Where the header of the band in progress lies.
            let mut open = None;
            for x in (0..rect.width).step_by(CELL as usize) {
                let cell = Rect { x: rect.x + x, width: CELL.min(rect.width - x), ..band };
                let at = Rect { x, y, ..cell };
                if is_flat(frame, cell) {
                    // A run that may well go on beside and below, instead of two bytes a column.
                    self.layers.residual_cells.push(true);
                    open = None;
                    continue;
                }
                let mark = self.columns.mark();
                let start = self.layers.bands.len();
                if open.is_none() {
                    columns::open(&mut self.layers.bands, at, ground);
                }
                let fresh = self.columns.write(frame, cell, ground, &mut self.layers.bands);
                // A tenth of the cell is new to the decoder: worth the time to try others.
                let spelt = self.layers.bands.len() - start;
                let elsewhere = fresh * 10 > cell.area() && self.layers.elsewhere(frame, cell, at, fresh, spelt, &mut self.palette);
                if elsewhere {
                    self.columns.unwind(mark);
                    self.layers.bands.truncate(start);
                    open = None;
                } else {
                    self.layers.residual_cells.push(false);
                    let header = *open.get_or_insert(start);
                    columns::close(&mut self.layers.bands[header..], at.right());
                }
            }
            self.layers.residual_rows(frame, band);
            y += height;
        }
    }
}

/// Whether a cell has one colour.
fn is_flat(frame: &FrameView<'_>, cell: Rect) -> bool {
    let colour = solid(u32::from_le_bytes(frame.span(cell.x, cell.y, 1)[0]));
    (cell.y..cell.bottom())
        .all(|y| frame.span(cell.x, y, cell.width).iter().fold(0, |acc, pixel| acc | (solid(u32::from_le_bytes(*pixel)) ^ colour)) == 0)
}

/// The colour that most of a band's edges have, or one of them if there is none: what stands above and below letters.
///
/// A vote in pairs (Boyer and Moore 1981), so that one pass and no table will do.
fn ground(frame: &FrameView<'_>, band: Rect) -> u32 {
    let (mut winner, mut votes) = (0, 0u32);
    for y in [band.y, band.bottom() - 1] {
        for pixel in frame.span(band.x, y, band.width) {
            let colour = solid(u32::from_le_bytes(*pixel));
            match (colour == winner, votes) {
                (true, _) => votes += 1,
                (false, 0) => (winner, votes) = (colour, 1),
                (false, _) => votes -= 1,
            }
        }
    }
    winner
}

impl Layers {
    fn clear(&mut self) {
        self.residual.clear();
        self.bands.clear();
        self.subcodecs.clear();
        self.runs = Runs::default();
    }

    /// Writes a cell in another way than as columns, if that is much shorter; says whether it did.
    ///
    /// `fresh` pixels of its columns are new to the decoder, at three bytes each, `spelt` bytes in all. Other coders must do with one
    /// byte for each: columns are matched by ZGFX where they are alike, and make the same letters cheap for all time.
    fn elsewhere(&mut self, frame: &FrameView<'_>, cell: Rect, at: Rect, fresh: u64, spelt: usize, palette: &mut Palette) -> bool {
        let few = palette.learn(frame, cell);
        self.trial.clear();
        if few {
            palette.write(&mut self.trial);
        }
        if few && (self.trial.len() as u64) < fresh {
            let start = subcodec::open(&mut self.subcodecs, at, subcodec::RLEX);
            self.subcodecs.extend_from_slice(&self.trial);
            subcodec::close(&mut self.subcodecs, start);
            self.residual_cells.push(false);
            return true;
        }
        let rows = cell.y..cell.bottom();
        let runs = || rows.clone().map(|y| u64::from(ink(frame.span(cell.x, y, cell.width))) + 1).sum::<u64>();
        if !few && runs() * 4 < fresh {
            self.residual_cells.push(true);
            return true;
        }
        // Noise would only drive letters out of the storages; and nothing need be dearer than its pixels.
        let noise = !few && fresh * 4 >= cell.area() * 3;
        if !noise && spelt as u64 <= cell.area() * 3 + subcodec::HEAD {
            return false;
        }
        let start = subcodec::open(&mut self.subcodecs, at, subcodec::RAW);
        rows.for_each(|y| subcodec::put_raw(&mut self.subcodecs, frame.span(cell.x, y, cell.width)));
        subcodec::close(&mut self.subcodecs, start);
        self.residual_cells.push(false);
        true
    }

    /// The residual layer's rows of a band: its cells' pixels, and anything where other layers paint over it.
    fn residual_rows(&mut self, frame: &FrameView<'_>, band: Rect) {
        if !self.residual_cells.contains(&true) {
            self.runs.skip(band.area());
            return;
        }
        for y in band.y..band.bottom() {
            for (cell, is_residual) in frame.span(band.x, y, band.width).chunks(CELL as usize).zip(&self.residual_cells) {
                if *is_residual {
                    self.runs.row(cell, &mut self.residual);
                } else {
                    self.runs.skip(cell.len() as u64);
                }
            }
        }
    }

    fn append(&mut self, out: &mut Vec<u8>) {
        self.runs.finish(&mut self.residual);
        let layers = [&self.residual, &self.bands, &self.subcodecs];
        for layer in layers {
            // A layer has at most 8 bytes a pixel of 65,535 × 65,535, but then memory ended long before.
            out.extend_from_slice(&u32::try_from(layer.len()).unwrap_or(u32::MAX).to_le_bytes());
        }
        layers.into_iter().for_each(|layer| out.extend_from_slice(layer));
    }
}
