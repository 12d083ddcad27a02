//! A watched display: its picture, and what the consumer does not have of it yet.

use x11rb::protocol::xproto::{Rectangle, Screen};

use super::{
    buffer::{Buffer, Place, TILE},
    compare,
    link::{Connection, Fail},
};
use crate::{Display, DisplayId, Rect, Size, Transfer, damage::Damage};

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
}

impl Picture {
    pub(super) fn new(connection: &Connection, way: Transfer, screen: &Screen, display: &Display) -> Result<Self, Fail> {
        let mut picture = Self {
            id: display.id,
            place: place(screen, display),
            buffer: Buffer::new(connection, way, display.pixels)?,
            pending: Damage::new(),
            taken: Damage::new(),
            announced: false,
            seq: 0,
        };
        picture.forget();
        Ok(picture)
    }

    /// Makes the next frame whole, and announced.
    pub(super) fn forget(&mut self) {
        self.pending.add(Rect::whole(self.buffer.size()));
        self.announced = false;
    }

    /// The part of an area of the root window that lies on this display.
    pub(super) fn part(&self, area: &Rectangle) -> Rect {
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

    /// Compares everything with the server, takes over what differs, and returns how many pixels did.
    pub(super) fn verify(&mut self, connection: &Connection) -> Result<u64, Fail> {
        let mut missed = 0;
        for y in (0..self.buffer.size().height).step_by(TILE as usize) {
            let stride = self.buffer.stride();
            let (before, after) = self.buffer.look(connection, self.place, y)?;
            let mut found = 0;
            compare::tiles(before, after, stride, y, |tile, pixels| {
                self.taken.add(tile);
                found += pixels;
            });
            if found > 0 {
                self.buffer.accept(y);
            }
            missed += found;
        }
        Ok(missed)
    }
}

pub(super) fn place(screen: &Screen, display: &Display) -> Place {
    // Displays lie on the root window, whose coordinates the protocol keeps in 16 bits.
    let along = |at: i32| i16::try_from(at).unwrap_or(i16::MAX);
    Place { root: screen.root, x: along(display.rect.x), y: along(display.rect.y) }
}
