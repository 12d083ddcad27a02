//! Finds films: where images are painted again and again, and nothing scrolls.

use crate::{FrameView, Rect, avc, classify, diff::TILE};

/// Frames that are remembered: half a second, about.
const WINDOW: u32 = 8;
/// A tile may show a film if so many of them painted an image there. A photograph appears in one, and the next one later.
const OFTEN: u32 = 2;
/// A film smaller than `LARGE` must have been painted so often.
const OFTEN_ENOUGH: u32 = 4;
const LARGE: u64 = 1 << 17;
/// Pixels of a film at least: less is left to the image coder, which needs no key frame.
const LEAST: u64 = 1 << 14;
/// Frames without a change, after which a film is over; before that it has paused.
const PAUSE: u32 = 64;
/// Frames without images in them, one after another, after which what moves is no film any more.
const STRIKES: u32 = 3;
/// Frames after which a film is given up in which less than three quarters of its area have changed.
const REVIEW: u32 = 48;

/// What was painted in a tile.
#[derive(Clone, Copy, Debug, Default)]
struct Tile {
    /// Whether an image was painted, the latest frame in the lowest bit.
    painted: u8,
    /// Where, in all of these frames.
    bounds: Rect,
}

/// Watches where images are painted, and says where a film is.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    columns: u32,
    tiles: Vec<Tile>,
    region: Option<Rect>,
    /// Frames since the region last changed.
    idle: u32,
    /// Frames one after another in which it looked like something else.
    strikes: u32,
    /// Frames since its size was last thought about, and where it has changed since.
    reviewed: u32,
    changed: Rect,
    // Kept for their memory only.
    component: Vec<usize>,
    seen: Vec<bool>,
}

impl Watch {
    /// Forgets everything, for a picture of this size.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        self.columns = width.div_ceil(TILE);
        self.tiles.clear();
        self.tiles.resize(self.columns as usize * height.div_ceil(TILE) as usize, Tile::default());
        self.give_up();
    }

    /// The film, if there is one.
    pub(crate) fn region(&self) -> Option<Rect> {
        self.region
    }

    /// There is no film, or nobody to code it.
    pub(crate) fn give_up(&mut self) {
        self.region = None;
    }

    /// An image was painted, which the viewer has not seen before.
    ///
    /// Of a new picture everything is painted, and where the film in it ends is not seen.
    pub(crate) fn painted(&mut self, rect: Rect, new: bool) {
        for row in rect.y / TILE..rect.bottom().div_ceil(TILE) {
            for column in rect.x / TILE..rect.right().div_ceil(TILE) {
                let tile = &mut self.tiles[row as usize * self.columns as usize + column as usize];
                let part = Rect::new(column * TILE, row * TILE, TILE, TILE).intersection(&rect);
                let before = if tile.painted == 0 { Rect::default() } else { tile.bounds };
                tile.bounds = if new { before } else { union(before, part) };
                tile.painted |= 1;
            }
        }
    }

    /// Whether what has changed in the region looks like a film: a frame of it is due. `changed` is where.
    ///
    /// Only an eighth of the region is looked at, another one in each frame.
    pub(crate) fn is_film(&mut self, frame: &FrameView<'_>, changed: Rect, now: u64) -> bool {
        let Some(region) = self.region else { return false };
        if changed.is_empty() {
            self.idle += 1;
            if self.idle > PAUSE {
                self.give_up();
            }
            return false;
        }
        self.idle = 0;
        let (mut cells, mut images) = (0, 0);
        for row in region.y / TILE..region.bottom().div_ceil(TILE) {
            for column in region.x / TILE..region.right().div_ceil(TILE) {
                let cell = Rect::new(column * TILE, row * TILE, TILE, TILE).intersection(&changed);
                if (u64::from(column + row * 3) + now).is_multiple_of(8) && cell.width.min(cell.height) >= TILE / 2 {
                    cells += 1;
                    images += u32::from(classify::is_image(frame, cell));
                }
            }
        }
        // Dark and plain parts of a film look like anything.
        if images * 4 < cells {
            self.strikes += 1;
            if self.strikes == STRIKES {
                self.give_up();
            }
            return false;
        }
        self.strikes = 0;
        self.changed = union(self.changed, changed);
        self.reviewed += 1;
        if self.reviewed >= REVIEW {
            self.reviewed = 0;
            let changed = std::mem::take(&mut self.changed);
            if changed.area() * 4 < region.area() * 3 {
                self.give_up();
                return false;
            }
        }
        true
    }

    /// A frame is over. Returns whether a film was found, or found to be larger.
    ///
    /// While a page scrolls, what comes in at its edge is painted in every frame, and no film.
    pub(crate) fn end_frame(&mut self, scrolled: bool) -> bool {
        if scrolled {
            self.tiles.iter_mut().for_each(|tile| tile.painted &= !1);
        }
        let painted = self.tiles.iter().any(|tile| tile.painted & 1 != 0);
        let found = if painted { self.largest() } else { None };
        for tile in &mut self.tiles {
            tile.painted <<= 1;
        }
        let Some(found) = found else { return false };
        let found = match self.region {
            None => found,
            Some(region) if near(region, found) => union(region, found),
            Some(region) if found.area() > region.area() => found,
            Some(_) => return false,
        };
        if self.region == Some(found) || !avc::Encoder::takes(found.width, found.height) {
            return false;
        }
        self.region = Some(found);
        (self.idle, self.strikes, self.reviewed, self.changed) = (0, 0, 0, Rect::default());
        self.tiles.iter_mut().for_each(|tile| tile.painted = 0);
        true
    }

    /// The largest rectangle around tiles that touch and are painted often; half of it at least is such tiles.
    fn largest(&mut self) -> Option<Rect> {
        const { assert!(WINDOW == u8::BITS, "a tile remembers as many frames as a byte has bits") };
        let often = |tile: &Tile| tile.painted.count_ones() >= OFTEN;
        if !self.tiles.iter().any(often) {
            return None;
        }
        let mut largest: Option<Rect> = None;
        self.seen.clear();
        self.seen.resize(self.tiles.len(), false);
        let columns = self.columns as usize;
        for start in 0..self.tiles.len() {
            if self.seen[start] || !often(&self.tiles[start]) {
                continue;
            }
            self.seen[start] = true;
            self.component.clear();
            self.component.push(start);
            let (mut bounds, mut area, mut times, mut next) = (Rect::default(), 0, 0, 0);
            while let Some(&index) = self.component.get(next) {
                next += 1;
                bounds = union(bounds, self.tiles[index].bounds);
                area += self.tiles[index].bounds.area();
                times = times.max(self.tiles[index].painted.count_ones());
                let column = index % columns;
                let beside = [(column > 0).then(|| index - 1), (column + 1 < columns).then_some(index + 1)];
                for neighbour in beside.into_iter().chain([index.checked_sub(columns), Some(index + columns)]).flatten() {
                    if neighbour < self.tiles.len() && !self.seen[neighbour] && often(&self.tiles[neighbour]) {
                        self.seen[neighbour] = true;
                        self.component.push(neighbour);
                    }
                }
            }
            let enough = times >= OFTEN_ENOUGH || bounds.area() >= LARGE;
            if enough && bounds.area() >= LEAST && area * 2 >= bounds.area() && largest.is_none_or(|largest| bounds.area() > largest.area())
            {
                largest = Some(bounds);
            }
        }
        largest
    }
}

/// The rectangle around both.
fn union(a: Rect, b: Rect) -> Rect {
    if a.is_empty() {
        return b;
    }
    if b.is_empty() {
        return a;
    }
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    Rect::new(x, y, a.right().max(b.right()) - x, a.bottom().max(b.bottom()) - y)
}

/// Whether two rectangles are less than a tile apart.
fn near(a: Rect, b: Rect) -> bool {
    let wide = Rect::new(a.x.saturating_sub(TILE), a.y.saturating_sub(TILE), 0, 0);
    let wide = Rect { width: a.right() + TILE - wide.x, height: a.bottom() + TILE - wide.y, ..wide };
    !wide.intersection(&b).is_empty()
}
