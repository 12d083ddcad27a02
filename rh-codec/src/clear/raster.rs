//! Where a layer paints: a rectangle of the surface, and how much more may be painted in this message.

use crate::{Error, Rect, Surface, image::Pixel};

/// Pixels that a message may paint, in multiples of its bitmap: three layers, and one more for regions that overlap.
///
/// Without it, 21 bytes of RLEX paint a whole surface, and a message of a megabyte as many of them as would take minutes.
const OVERDRAW: u64 = 4;

/// The bitmap of one message.
pub(super) struct Canvas<'a> {
    surface: &'a mut Surface,
    rect: Rect,
    /// Pixels that may still be painted.
    left: u64,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(surface: &'a mut Surface, rect: Rect) -> Result<Self, Error> {
        let (width, height) = surface.size();
        if rect.is_empty() || !rect.fits(width, height) {
            return Err(Error::Malformed("a ClearCodec bitmap lies outside its surface, or is empty"));
        }
        Ok(Self { surface, rect, left: rect.area() * OVERDRAW })
    }

    pub(super) fn rect(&self) -> Rect {
        self.rect
    }

    /// The surface's rectangle for a region of the bitmap, once it is known to lie inside and is paid for.
    pub(super) fn claim(&mut self, region: Rect) -> Result<Rect, Error> {
        if !region.fits(self.rect.width, self.rect.height) {
            return Err(Error::Malformed("a ClearCodec region lies outside its bitmap"));
        }
        self.left = self
            .left
            .checked_sub(region.area())
            .ok_or(Error::LimitExceeded { what: "pixels that a ClearCodec message paints", limit: self.rect.area() * OVERDRAW })?;
        Ok(Rect { x: self.rect.x + region.x, y: self.rect.y + region.y, ..region })
    }

    pub(super) fn surface(&mut self) -> &mut Surface {
        self.surface
    }

    /// A pen over a claimed region, row by row from its top left.
    pub(super) fn pen(&mut self, region: Rect) -> Result<Pen<'_>, Error> {
        let rect = self.claim(region)?;
        let stride = self.surface.size().0 as usize;
        let at = rect.y as usize * stride + rect.x as usize;
        Ok(Pen {
            pixels: self.surface.pixels_mut(),
            at,
            skip: stride - rect.width as usize,
            width: rect.width as usize,
            room: rect.width as usize,
            left: rect.area(),
        })
    }
}

/// Paints runs along the rows of a region.
pub(super) struct Pen<'a> {
    pixels: &'a mut [Pixel],
    /// Where the next pixel goes.
    at: usize,
    /// From the end of a row to the start of the next.
    skip: usize,
    width: usize,
    /// Pixels left in this row; never 0.
    room: usize,
    /// Pixels left in the region.
    left: u64,
}

impl Pen<'_> {
    pub(super) fn run(&mut self, colour: u32, count: u32) -> Result<(), Error> {
        self.left = self.left.checked_sub(u64::from(count)).ok_or(Error::Malformed("ClearCodec runs overflow their region"))?;
        if count == 0 {
            // Also of a region without columns, where no room is ever left.
            return Ok(());
        }
        let pixel = colour.to_le_bytes();
        let mut count = count as usize;
        while count >= self.room {
            self.pixels[self.at..self.at + self.room].fill(pixel);
            self.at += self.room + self.skip;
            count -= self.room;
            self.room = self.width;
            if count == 0 {
                return Ok(());
            }
        }
        self.pixels[self.at..self.at + count].fill(pixel);
        self.at += count;
        self.room -= count;
        Ok(())
    }

    /// Every pixel of the region must have been painted.
    pub(super) fn finish(self) -> Result<(), Error> {
        if self.left == 0 { Ok(()) } else { Err(Error::Malformed("ClearCodec runs end before their region")) }
    }
}
