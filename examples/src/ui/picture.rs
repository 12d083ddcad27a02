//! The sharer's screen as the helper's window shows it, shared between the thread that decodes and the window's.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

/// A rectangle in whole pixels; `x` and `y` count from the top left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width; nothing is inside an area of width 0 or less.
    pub w: i32,
    /// Height; likewise.
    pub h: i32,
}

impl Area {
    /// An area by its top left corner and size.
    pub const fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        Self { x, y, w, h }
    }

    /// Whether no pixel is inside.
    pub const fn is_empty(&self) -> bool {
        self.w <= 0 || self.h <= 0
    }

    /// Whether the pixel at the point is inside.
    pub const fn contains(&self, x: i32, y: i32) -> bool {
        x >= self.x && y >= self.y && x < self.right() && y < self.bottom()
    }

    /// First column right of the area.
    pub const fn right(&self) -> i32 {
        self.x.saturating_add(self.w)
    }

    /// First row below the area.
    pub const fn bottom(&self) -> i32 {
        self.y.saturating_add(self.h)
    }

    /// What both areas have in common; empty when they do not touch.
    pub fn intersect(&self, other: &Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let (w, h) = (self.right().min(other.right()) - x, self.bottom().min(other.bottom()) - y);
        if w <= 0 || h <= 0 { Self::default() } else { Self { x, y, w, h } }
    }

    /// The smallest area that holds both.
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self { x, y, w: self.right().max(other.right()) - x, h: self.bottom().max(other.bottom()) - y }
    }

    /// This area with `margin` taken off every side.
    pub(super) const fn inset(&self, margin: i32) -> Self {
        Self { x: self.x + margin, y: self.y + margin, w: self.w - 2 * margin, h: self.h - 2 * margin }
    }

    fn pixels(&self) -> i64 {
        if self.is_empty() { 0 } else { i64::from(self.w) * i64::from(self.h) }
    }
}

/// Areas that changed since somebody last looked: a fixed number, joined where that adds least.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Damage {
    areas: [Area; Damage::MAX],
    /// Invariant: `len <= MAX`, and no area below it is empty.
    len: usize,
}

impl Damage {
    pub(super) const MAX: usize = 16;

    pub(super) fn add(&mut self, area: Area) {
        if area.is_empty() {
            return;
        }
        // Areas that overlap so much that one draws no more than two become one.
        for known in &mut self.areas[..self.len] {
            let joined = known.union(&area);
            if joined.pixels() <= known.pixels() + area.pixels() {
                *known = joined;
                return;
            }
        }
        if self.len < Self::MAX {
            self.areas[self.len] = area;
            self.len += 1;
            return;
        }
        let cheapest = self.areas.iter_mut().min_by_key(|known| known.union(&area).pixels() - known.pixels());
        if let Some(known) = cheapest {
            *known = known.union(&area);
        }
    }

    pub(super) fn areas(&self) -> &[Area] {
        &self.areas[..self.len]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

/// The picture: rows of `0x00RRGGBB`, top first, without padding, and what of it changed since the window last drew.
///
/// Write with [`blit`](Self::blit), or with [`pixels_mut`](Self::pixels_mut) and [`mark`](Self::mark), then send the
/// helper's window [`HelperUpdate::Picture`](super::helper::HelperUpdate::Picture): only what was marked is drawn again.
#[derive(Default)]
pub struct Picture {
    width: usize,
    height: usize,
    /// Invariant: `pixels.len() == width * height`.
    pixels: Vec<u32>,
    damage: Damage,
}

/// A picture that the decoding thread writes and the window reads.
pub type SharedPicture = Arc<Mutex<Picture>>;

impl Picture {
    /// Most pixels a side, so that every coordinate fits what windows count in.
    pub const MAX_SIDE: usize = 1 << 15;

    /// A black picture.
    pub fn new(width: usize, height: usize) -> Self {
        let mut picture = Self::default();
        picture.resize(width, height);
        picture
    }

    /// Gives the picture another size and makes it black; sides beyond [`MAX_SIDE`](Self::MAX_SIDE) are cut to it.
    pub fn resize(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width.min(Self::MAX_SIDE), height.min(Self::MAX_SIDE));
        self.pixels.clear();
        self.pixels.resize(self.width * self.height, 0);
        self.mark(self.area());
    }

    /// Width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// The pixels, to be written; [`mark`](Self::mark) what was.
    pub fn pixels_mut(&mut self) -> &mut [u32] {
        &mut self.pixels
    }

    /// Says that an area changed; what lies outside of the picture is ignored.
    pub fn mark(&mut self, area: Area) {
        self.damage.add(area.intersect(&self.area()));
    }

    /// Copies rows of `stride` pixels to an area and marks it. What does not fit the picture or is missing in `rows` is left out.
    pub fn blit(&mut self, area: Area, rows: &[u32], stride: usize) {
        let inside = area.intersect(&self.area());
        if inside.is_empty() || stride == 0 {
            return;
        }
        let (skip_x, skip_y) = (at(inside.x - area.x), at(inside.y - area.y));
        let (x, y, w, h) = (at(inside.x), at(inside.y), at(inside.w), at(inside.h));
        for (row, source) in rows.chunks(stride).skip(skip_y).take(h).enumerate() {
            let source = source.get(skip_x..).unwrap_or_default();
            let w = w.min(source.len());
            let start = (y + row) * self.width + x;
            self.pixels[start..start + w].copy_from_slice(&source[..w]);
        }
        self.mark(inside);
    }

    pub(super) fn area(&self) -> Area {
        Area::new(0, 0, side(self.width), side(self.height))
    }

    pub(super) fn take_damage(&mut self) -> Damage {
        self.damage.take()
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("width", &self.width).field("height", &self.height).finish_non_exhaustive()
    }
}

/// A coordinate as an index; those left of or above everything count as 0.
pub(super) fn at(coordinate: i32) -> usize {
    usize::try_from(coordinate).unwrap_or(0)
}

/// A length as a coordinate.
pub(super) fn side(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blit_cuts_what_hangs_over_every_edge() {
        let mut picture = Picture::new(4, 3);
        picture.take_damage();
        let rows: Vec<u32> = (1..=9).collect();
        picture.blit(Area::new(-1, -1, 3, 3), &rows, 3);
        picture.blit(Area::new(3, 2, 3, 3), &rows, 3);
        assert_eq!(picture.pixels(), [5, 6, 0, 0, 8, 9, 0, 0, 0, 0, 0, 1]);
        assert_eq!(picture.take_damage().areas(), [Area::new(0, 0, 2, 2), Area::new(3, 2, 1, 1)]);
    }

    #[test]
    fn blit_survives_rows_that_are_too_short() {
        let mut picture = Picture::new(4, 4);
        picture.blit(Area::new(0, 0, 4, 4), &[7, 7, 7], 4);
        picture.blit(Area::new(0, 1, 4, 4), &[7, 7, 7], 0);
        assert_eq!(picture.pixels()[..5], [7, 7, 7, 0, 0]);
    }

    #[test]
    fn damage_covers_all_that_was_marked_however_much() {
        let mut damage = Damage::default();
        let marked: Vec<Area> = (0..200).map(|n| Area::new(n * 37 % 500, n * 91 % 400, 3, 2)).collect();
        marked.iter().for_each(|area| damage.add(*area));
        for area in &marked {
            assert!(damage.areas().iter().any(|known| known.intersect(area) == *area), "{area:?}");
        }
        assert!(damage.areas().len() <= Damage::MAX);
    }
}
