//! A watched display: its picture, and what the consumer does not have of it yet.

use std::time::{Duration, Instant};

use x11rb::protocol::xproto::{Rectangle, Screen};

use super::{
    buffer::{BAND, Buffer, Place},
    link::{Connection, Fail},
    tiles::Tiles,
};
use crate::{Display, DisplayId, Rect, Size, Stats, Transfer, damage::Damage};

/// Largest area that is read before it is known how much of it has changed. Reading this much (1 MB) takes the server about as
/// long as the round trip that it saves.
const AHEAD: u64 = 1 << 18;

/// A watched display.
pub(super) struct Picture {
    pub(super) id: DisplayId,
    pub(super) place: Place,
    pub(super) buffer: Buffer,
    /// What changed since the consumer's last frame.
    pub(super) pending: Damage,
    /// The damage of that frame.
    pub(super) taken: Damage,
    pub(super) announced: bool,
    pub(super) seq: u64,
    /// Whether the buffer has the pixels of everything in `pending`, as they were when that was noted or later.
    current: bool,
    /// When pixels were last read.
    pub(super) at: Instant,
    /// Where the server reports no damage: what finds it.
    finder: Option<Finder>,
}

/// Finds changes by reading everything and comparing the hashes of its tiles.
struct Finder {
    tiles: Tiles,
    /// When it last looked; `None` if what it saw then is not to be relied on.
    looked: Option<Instant>,
}

impl Picture {
    /// `reported`: whether the server reports what changes.
    pub(super) fn new(connection: &Connection, way: Transfer, reported: bool, screen: &Screen, display: &Display) -> Result<Self, Fail> {
        let mut picture = Self {
            id: display.id,
            place: place(screen, display),
            buffer: Buffer::new(connection, way, display.pixels, reported)?,
            pending: Damage::new(),
            taken: Damage::new(),
            announced: false,
            seq: 0,
            current: false,
            at: Instant::now(),
            finder: (!reported).then(|| Finder { tiles: Tiles::new(display.pixels), looked: None }),
        };
        picture.forget();
        Ok(picture)
    }

    /// Makes the next frame whole, announced and read anew.
    pub(super) fn forget(&mut self) {
        self.pending.add(Rect::whole(self.buffer.size()));
        self.announced = false;
        self.current = false;
        if let Some(finder) = &mut self.finder {
            finder.looked = None;
        }
    }

    /// Fits it to what has become of its display.
    pub(super) fn refit(&mut self, connection: &Connection, way: Transfer, screen: &Screen, display: &Display) -> Result<(), Fail> {
        self.place = place(screen, display);
        if self.buffer.size() != display.pixels {
            let buffer = Buffer::new(connection, way, display.pixels, self.finder.is_none())?;
            std::mem::replace(&mut self.buffer, buffer).release(connection);
            if let Some(finder) = &mut self.finder {
                finder.tiles = Tiles::new(display.pixels);
            }
            self.pending.clear();
        }
        self.forget();
        Ok(())
    }

    /// The part of an area of the root window that lies on this display.
    fn part(&self, area: &Rectangle) -> Rect {
        let Size { width, height } = self.buffer.size();
        let span = |at: i16, length: u16, origin: i16, limit: u32| {
            let start = i64::from(at) - i64::from(origin);
            let end = (start + i64::from(length)).clamp(0, i64::from(limit));
            let start = start.clamp(0, i64::from(limit));
            // Both were just clamped to a display's side.
            (u32::try_from(start).unwrap_or(0), u32::try_from(end - start).unwrap_or(0))
        };
        let (x, width) = span(area.x, area.width, self.place.x, width);
        let (y, height) = span(area.y, area.height, self.place.y, height);
        Rect::new(x, y, width, height)
    }

    /// The part of the box around what changed that is worth reading before the changes in it are known.
    pub(super) fn part_to_read_ahead(&self, area: &Rectangle) -> Option<Rect> {
        let part = self.part(area);
        // What else is pending and was not read has to be read with the frame anyway, and this along with it.
        let worth = (1..=AHEAD).contains(&part.area()) && self.buffer.has_room(part) && (self.current || self.pending.is_empty());
        worth.then_some(part)
    }

    /// Reads that part. Not if the server refuses: the display has just changed, and its event is on its way.
    pub(super) fn read_ahead(&mut self, connection: &Connection, part: Rect) -> Result<bool, Fail> {
        match self.buffer.read_ahead(connection, self.place, part) {
            Ok(()) => self.at = Instant::now(),
            Err(Fail::Refused(_)) => return Ok(false),
            Err(fail) => return Err(fail),
        }
        Ok(true)
    }

    /// Adds what changed. `arrived` is the part that was read ahead, after these changes were noted.
    ///
    /// Only what changed is taken from that part into the picture: beside it there may already be changes that the server noted
    /// after these, and a frame shows nothing new outside its damage.
    pub(super) fn add_damage(&mut self, areas: &[Rectangle], arrived: Option<Rect>) {
        self.current |= self.pending.is_empty();
        for area in areas {
            let part = self.part(area);
            if part.is_empty() {
                continue;
            }
            self.pending.add(part);
            match arrived {
                Some(whole) if whole.intersection(&part) == part => self.buffer.settle_ahead(whole, part),
                _ => self.current = false,
            }
        }
    }

    /// Brings the picture up to date and makes what is pending the damage of the frame that is taken now.
    ///
    /// Where the server reports no damage, the frame shows the display as it was at most `poll` ago.
    pub(super) fn take(&mut self, connection: &Connection, poll: Duration, stats: &mut Stats) -> Result<(), Fail> {
        let result = self.refresh(connection, poll, stats);
        if result.is_err() {
            self.forget();
            return result;
        }
        std::mem::swap(&mut self.pending, &mut self.taken);
        self.pending.clear();
        self.announced = false;
        self.seq += 1;
        stats.frames += 1;
        Ok(())
    }

    fn refresh(&mut self, connection: &Connection, poll: Duration, stats: &mut Stats) -> Result<(), Fail> {
        if let Some(finder) = &self.finder {
            return if finder.looked.is_none_or(|at| at.elapsed() >= poll) { self.look(connection, stats) } else { Ok(()) };
        }
        if !self.current && !self.pending.is_empty() {
            self.buffer.read(connection, self.place, &mut self.pending)?;
            stats.reads += self.pending.rects().len() as u64;
            stats.pixels_read += self.pending.rects().iter().map(Rect::area).sum::<u64>();
            self.at = Instant::now();
        }
        self.current = true;
        Ok(())
    }

    /// Reads everything and adds the tiles that changed, where the server does not report what does.
    pub(super) fn look(&mut self, connection: &Connection, stats: &mut Stats) -> Result<(), Fail> {
        let Some(finder) = &mut self.finder else { return Ok(()) };
        self.buffer.read_all(connection, self.place)?;
        finder.tiles.update(self.buffer.pixels(), |tile| self.pending.add(tile));
        self.at = Instant::now();
        finder.looked = Some(self.at);
        stats.reads += 1;
        stats.pixels_read += Rect::whole(self.buffer.size()).area();
        Ok(())
    }

    /// Compares everything with the server, takes over what the frame's damage lacks, and returns how many pixels did.
    ///
    /// Where the server reports no damage there is nothing to check.
    pub(super) fn verify(&mut self, connection: &Connection) -> Result<u64, Fail> {
        let mut missed = 0;
        if self.finder.is_some() {
            return Ok(missed);
        }
        let Size { width, height } = self.buffer.size();
        for y in (0..height).step_by(BAND as usize) {
            let (before, after) = self.buffer.look(connection, self.place, y)?;
            let (before, after) = (before.as_chunks::<4>().0, after.as_chunks::<4>().0);
            let differing: u64 = before.iter().zip(after).map(|(old, new)| u64::from(old != new)).sum();
            if differing > 0 {
                self.taken.add(Rect::new(0, y, width, BAND.min(height - y)));
                self.buffer.accept(y);
                missed += differing;
            }
        }
        Ok(missed)
    }
}

pub(super) fn place(screen: &Screen, display: &Display) -> Place {
    // Displays lie on the root window, whose coordinates the protocol keeps in 16 bits.
    let along = |at: i32| i16::try_from(at).unwrap_or(i16::MAX);
    Place { root: screen.root, x: along(display.rect.x), y: along(display.rect.y) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(pixels: Size) -> Picture {
        Picture {
            id: DisplayId(0),
            place: Place { root: 0, x: 1000, y: 0 },
            buffer: Buffer::blank(pixels),
            pending: Damage::new(),
            taken: Damage::new(),
            announced: false,
            seq: 0,
            current: true,
            at: Instant::now(),
            finder: None,
        }
    }

    #[test]
    fn of_what_was_read_ahead_only_what_changed_enters_the_picture() {
        let mut picture = picture(Size::new(40, 30));
        let told = Rectangle { x: 1010, y: 10, width: 20, height: 10 };
        let ahead = picture.part_to_read_ahead(&told);
        assert_eq!(ahead, Some(Rect::new(10, 10, 20, 10)));
        picture.buffer.arrive(&[7; 20 * 10 * 4]);
        let areas = [Rectangle { x: 1012, y: 11, width: 3, height: 2 }, Rectangle { x: 1029, y: 19, width: 1, height: 1 }];
        picture.add_damage(&areas, ahead);
        assert!(picture.current);
        let changed = [Rect::new(12, 11, 3, 2), Rect::new(29, 19, 1, 1)];
        for (pixel, n) in picture.buffer.pixels().as_chunks::<4>().0.iter().zip(0u32..) {
            let inside = changed.iter().any(|rect| rect.contains(n % 40, n / 40));
            assert_eq!(*pixel, if inside { [7; 4] } else { [0; 4] }, "pixel {n}");
        }
    }

    #[test]
    fn what_changed_beside_the_part_read_ahead_is_read_with_the_frame() {
        let told = Rectangle { x: 1000, y: 0, width: 10, height: 10 };
        for (area, current) in [((1000, 10), true), ((1001, 10), false), ((990, 20), true), ((900, 50), true)] {
            let mut picture = picture(Size::new(40, 30));
            let ahead = picture.part_to_read_ahead(&told);
            picture.add_damage(&[Rectangle { x: area.0, y: 0, width: area.1, height: 1 }], ahead);
            assert_eq!(picture.current, current, "{area:?}");
            // What is pending and was not read is read along with whatever else has changed by then.
            assert_eq!(picture.part_to_read_ahead(&told).is_some(), current, "{area:?}");
        }
    }

    #[test]
    fn too_much_is_not_read_ahead() {
        let picture = picture(Size::new(1000, 1000));
        let told = |width| Rectangle { x: 1000, y: 0, width, height: 512 };
        assert!(picture.part_to_read_ahead(&told(400)).is_some());
        assert!(picture.part_to_read_ahead(&told(513)).is_none());
        assert!(picture.part_to_read_ahead(&Rectangle { x: 0, ..told(1000) }).is_none(), "it lies on another display");
    }
}
