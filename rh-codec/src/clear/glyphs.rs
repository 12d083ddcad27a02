//! The glyph storage: bitmaps of at most 1,024 pixels by number, [MS-RDPEGFX] 3.3.1.9.

use super::{GLYPHS, MAX_GLYPH_AREA, wire::solid};
use crate::{Error, FrameView, Rect, Surface, image::Pixel};

const SLOT: usize = MAX_GLYPH_AREA as usize;

/// Bitmaps by number: 4,000 × 1,024 × 4 bytes, claimed at once so that nothing is allocated later; systems that hand out memory by page
/// take it only as slots fill.
#[derive(Debug)]
struct Storage {
    pixels: Vec<u32>,
    /// Width and height; 0 by 0 where there is no glyph.
    sizes: Vec<(u32, u32)>,
}

impl Storage {
    fn new() -> Self {
        let slots = usize::from(GLYPHS);
        Self { pixels: vec![0; slots * SLOT], sizes: vec![(0, 0); slots] }
    }

    fn store(&mut self, slot: usize, frame: &FrameView<'_>, rect: Rect) {
        self.sizes[slot] = (rect.width, rect.height);
        let pixels = (rect.y..rect.bottom()).flat_map(|y| frame.span(rect.x, y, rect.width));
        self.pixels[slot * SLOT..][..SLOT].iter_mut().zip(pixels).for_each(|(to, from)| *to = solid(u32::from_le_bytes(*from)));
    }

    /// The rows of a glyph, if it has the rectangle's size.
    fn rows(&self, slot: usize, rect: Rect) -> Option<impl Iterator<Item = &[u32]>> {
        let (width, height) = *self.sizes.get(slot)?;
        let fits = !rect.is_empty() && (width, height) == (rect.width, rect.height);
        fits.then(|| self.pixels[slot * SLOT..].chunks_exact(width as usize).take(height as usize))
    }
}

/// Whether a bitmap may be a glyph.
pub(super) fn is_small(rect: Rect) -> bool {
    rect.area() <= u64::from(MAX_GLYPH_AREA)
}

/// The decoder's storage.
#[derive(Debug)]
pub(super) struct Glyphs(Storage);

impl Glyphs {
    pub(super) fn new() -> Self {
        Self(Storage::new())
    }

    pub(super) fn clear(&mut self) {
        self.0.sizes.fill((0, 0));
    }

    /// Keeps what `rect` of the surface shows.
    pub(super) fn store(&mut self, index: u16, surface: &Surface, rect: Rect) {
        // A surface without a view has no rectangle to keep.
        if let Some(view) = surface.view() {
            self.0.store(usize::from(index), &view, rect);
        }
    }

    /// Shows a glyph in a rectangle of its own size.
    pub(super) fn show(&self, index: u16, surface: &mut Surface, rect: Rect) -> Result<(), Error> {
        let rows =
            self.0.rows(usize::from(index), rect).ok_or(Error::Malformed("a ClearCodec glyph was never sent, or has another size"))?;
        for (y, row) in (rect.y..).zip(rows) {
            surface.span_mut(rect.x, y, rect.width).iter_mut().zip(row).for_each(|(to, from)| *to = from.to_le_bytes());
        }
        Ok(())
    }
}

/// Refuses a number or a bitmap that no glyph may have.
pub(super) fn check(index: u16, rect: Rect) -> Result<(), Error> {
    if index >= GLYPHS {
        return Err(Error::Malformed("a ClearCodec glyph index is 4000 or more"));
    }
    if !is_small(rect) {
        return Err(Error::Malformed("a ClearCodec glyph has more than 1024 pixels"));
    }
    Ok(())
}

/// Buckets of the index; each knows the newest glyph that hashed there.
const BUCKETS: usize = 1 << 13;

/// The encoder's copy of the decoder's storage, filled in turn, and an index over it.
#[derive(Debug)]
pub(super) struct GlyphIndex {
    storage: Storage,
    /// A slot and 1; 0 for none.
    newest: Vec<u16>,
    next: u16,
}

/// What a small bitmap is to the decoder.
pub(super) enum Known {
    /// The glyph of this number.
    Hit(u16),
    /// To be kept as this number.
    Miss(u16),
}

impl GlyphIndex {
    pub(super) fn new() -> Self {
        Self { storage: Storage::new(), newest: vec![0; BUCKETS], next: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.newest.fill(0);
        self.next = 0;
    }

    /// Looks a small bitmap up; keeps it if it is new.
    pub(super) fn take(&mut self, frame: &FrameView<'_>, rect: Rect) -> Known {
        let rows = || (rect.y..rect.bottom()).map(|y| frame.span(rect.x, y, rect.width));
        let mut hash = rect.width << 16 | rect.height;
        for pixel in rows().flatten() {
            hash = (hash.rotate_left(5) ^ solid(u32::from_le_bytes(*pixel))).wrapping_mul(0x9E37_79B1);
        }
        let bucket = &mut self.newest[(hash >> (32 - BUCKETS.trailing_zeros())) as usize];
        if let Some(slot) = bucket.checked_sub(1)
            && let Some(mut known) = self.storage.rows(usize::from(slot), rect)
        {
            let same = |(row, known): (&[Pixel], &[u32])| row.iter().zip(known).all(|(a, b)| solid(u32::from_le_bytes(*a)) == *b);
            if rows().all(|row| known.next().is_some_and(|known| same((row, known)))) {
                return Known::Hit(slot);
            }
        }
        let slot = self.next;
        self.next = (self.next + 1) % GLYPHS;
        *bucket = slot + 1;
        self.storage.store(usize::from(slot), frame, rect);
        Known::Miss(slot)
    }
}
