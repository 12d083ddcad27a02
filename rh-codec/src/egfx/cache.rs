//! The bitmap cache (3.3.1.4): numbered slots that hold rectangles of pixels.

use crate::{Error, Rect, Surface, image::Pixel};

/// One slot's rectangle; of no size if nothing is kept there.
#[derive(Clone, Debug, Default)]
struct Entry {
    width: u32,
    height: u32,
    pixels: Vec<Pixel>,
}

/// Bytes of memory, which a rectangle that was larger before may have left larger.
fn bytes_of(pixels: &Vec<Pixel>) -> usize {
    pixels.capacity() * size_of::<Pixel>()
}

/// Whether memory holds so many pixels and is not far too large for them.
fn suits(pixels: &Vec<Pixel>, area: usize) -> bool {
    (area..=area.saturating_mul(2).saturating_add(1)).contains(&pixels.capacity())
}

/// Slots, counted from 1, and their pixels: the same on both sides.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    /// Grows with the highest slot in use.
    entries: Vec<Entry>,
    most_slots: u16,
    most_bytes: usize,
    /// Memory of what was evicted last: mostly as much is stored next.
    spare: Vec<Pixel>,
    /// Invariant: the sum of the bytes of entries and spare, and at most `most_bytes`.
    bytes: usize,
}

impl Cache {
    pub(super) fn new(most_slots: u16, most_bytes: usize) -> Self {
        Self { entries: Vec::new(), most_slots, most_bytes, spare: Vec::new(), bytes: 0 }
    }

    fn index(&self, slot: u16) -> Result<usize, Error> {
        if slot == 0 || slot > self.most_slots {
            return Err(Error::Malformed("a cache slot that does not exist"));
        }
        Ok(usize::from(slot) - 1)
    }

    /// Keeps a rectangle of a surface, which lies within it; what the slot held is gone, whether there is room or not.
    pub(super) fn store(&mut self, slot: u16, surface: &Surface, rect: Rect) -> Result<(), Error> {
        let index = self.index(slot)?;
        if index >= self.entries.len() {
            self.entries.resize_with(index + 1, Entry::default);
        }
        let entry = &mut self.entries[index];
        let area = usize::try_from(rect.area()).unwrap_or(usize::MAX);
        (entry.width, entry.height) = (0, 0);
        if !suits(&entry.pixels, area) {
            self.bytes -= bytes_of(&entry.pixels);
            // What is not taken is given back.
            entry.pixels = std::mem::take(&mut self.spare);
            if !suits(&entry.pixels, area) {
                self.bytes -= bytes_of(&entry.pixels);
                entry.pixels = Vec::new();
                if area.saturating_mul(size_of::<Pixel>()) > self.most_bytes - self.bytes {
                    return Err(Error::LimitExceeded { what: "the bytes of the bitmap cache", limit: self.most_bytes as u64 });
                }
                entry.pixels.reserve_exact(area);
                self.bytes += bytes_of(&entry.pixels);
            }
        }
        entry.pixels.clear();
        for y in rect.y..rect.bottom() {
            entry.pixels.extend_from_slice(surface.span(rect.x, y, rect.width));
        }
        (entry.width, entry.height) = (rect.width, rect.height);
        Ok(())
    }

    fn entry(&self, slot: u16) -> Result<&Entry, Error> {
        let index = self.index(slot)?;
        self.entries.get(index).filter(|entry| entry.width > 0).ok_or(Error::Malformed("a cache slot that holds nothing"))
    }

    /// Width and height of what a slot holds.
    pub(super) fn size(&self, slot: u16) -> Result<(u32, u32), Error> {
        let entry = self.entry(slot)?;
        Ok((entry.width, entry.height))
    }

    /// Rows of what a slot holds, from the top.
    pub(super) fn rows(&self, slot: u16) -> Result<impl Iterator<Item = &[Pixel]>, Error> {
        let entry = self.entry(slot)?;
        Ok(entry.pixels.chunks_exact(entry.width as usize))
    }

    /// Paints what a slot holds, which lies within the surface.
    pub(super) fn restore(&self, slot: u16, surface: &mut Surface, x: u32, y: u32) -> Result<(), Error> {
        let width = self.size(slot)?.0;
        for (y, row) in (y..).zip(self.rows(slot)?) {
            surface.span_mut(x, y, width).copy_from_slice(row);
        }
        Ok(())
    }

    /// Forgets what a slot holds; one that holds nothing is none the worse.
    pub(super) fn evict(&mut self, slot: u16) -> Result<(), Error> {
        let index = self.index(slot)?;
        if let Some(entry) = self.entries.get_mut(index) {
            self.bytes -= bytes_of(&self.spare);
            self.spare = std::mem::take(entry).pixels;
        }
        Ok(())
    }
}
