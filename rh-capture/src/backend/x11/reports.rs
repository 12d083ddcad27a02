//! What the server notes as changed, taken over together with the pixels.

use x11rb::{
    NONE,
    connection::{Connection as _, SequenceNumber},
    protocol::{
        damage::{self, ConnectionExt as _, ReportLevel},
        xfixes::{self, ConnectionExt as _},
        xproto::{ConnectionExt as _, QueryPointerReply, Rectangle, Window},
    },
};

use super::{
    link::{Connection, Fail},
    picture::Picture,
};
use crate::{Rect, Stats};

/// More damaged areas than this are taken as one: going through them would cost more than reading what lies between.
const MANY_AREAS: usize = 256;

/// The server's notes of what changed on the root window.
///
/// The server sends an event whenever the box around its notes grows, so while nobody takes the notes at most one for each row and column
/// of the screen, which is 96 KB at 1920 × 1080.
#[derive(Debug)]
pub(super) struct Reports {
    root: Window,
    damage: damage::Damage,
    region: xfixes::Region,
    /// The box around what is noted, as last heard; `None` if nothing is known to be noted.
    told: Option<Rectangle>,
    /// The request that last took the notes.
    taken: SequenceNumber,
}

impl Reports {
    pub(super) fn new(connection: &Connection, root: Window) -> Result<Self, Fail> {
        let (damage, region) = (connection.generate_id()?, connection.generate_id()?);
        connection.damage_create(damage, root, ReportLevel::BOUNDING_BOX)?;
        connection.xfixes_create_region(region, &[])?;
        Ok(Self { root, damage, region, told: None, taken: 0 })
    }

    /// Hears an event. `sequence` is the last request that the server had seen when it sent it.
    pub(super) fn note(&mut self, event: &damage::NotifyEvent, sequence: SequenceNumber) {
        // An event from before the notes were taken tells of what was taken.
        if sequence >= self.taken {
            self.told = Some(event.area);
        }
    }

    /// Whether there is anything to take.
    pub(super) fn any(&self) -> bool {
        self.told.is_some()
    }

    /// Adds what the server has noted to the pictures' damage, and starts its notes anew in the same step. Returns where the pointer is, asked for along the way.
    ///
    /// Pixels are only read after that step, and whatever is drawn after it is noted anew: nothing is lost in between. The pixels of the box
    /// that the server told of are asked for in the same breath, so that most small changes take one round trip, not two. What
    /// turns out to be noted outside of it is read when the frame is taken.
    pub(super) fn take(&mut self, connection: &Connection, pictures: &mut [Picture], stats: &mut Stats) -> Result<QueryPointerReply, Fail> {
        let told = self.told.take();
        self.taken = connection.damage_subtract(self.damage, NONE, self.region)?.sequence_number();
        let areas = connection.xfixes_fetch_region(self.region)?;
        let pointer = connection.query_pointer(self.root)?;
        // The first display that it touches: boxes across several are rare, and the other displays are read later.
        let ahead =
            told.and_then(|area| pictures.iter().enumerate().find_map(|(n, picture)| Some((n, picture.part_to_read_ahead(&area)?))));
        let arrived = match ahead {
            Some((n, part)) => pictures[n].read_ahead(connection, part)?.then_some((n, part)),
            None => None,
        };
        let areas = areas.reply()?;
        let all = std::slice::from_ref(&areas.extents);
        let areas = if areas.rectangles.len() > MANY_AREAS { all } else { &areas.rectangles };
        for (n, picture) in pictures.iter_mut().enumerate() {
            let arrived = arrived.and_then(|(owner, part)| (owner == n).then_some(part));
            picture.add_damage(areas, arrived);
        }
        if let Some((_, part)) = arrived {
            stats.reads += 1;
            stats.pixels_read += Rect::area(&part);
        }
        Ok(pointer.reply()?)
    }
}
