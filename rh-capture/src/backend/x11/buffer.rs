//! A display's picture on our side, and the ways pixels get into it.

use std::io;

use x11rb::{
    connection::Connection as _,
    cookie::Cookie,
    protocol::{
        shm::{self, ConnectionExt as _},
        xproto::{ConnectionExt as _, GetImageReply, ImageFormat, Window},
    },
};

use super::{
    link::{Connection, Fail},
    sys::Segment,
};
use crate::{Error, Rect, Size, Transfer, damage::Damage};

/// Rows that [`Buffer::look`] reads.
pub(super) const BAND: u32 = 64;

/// Most pixels of a display: half a gigabyte in memory.
const MAX_PIXELS: u64 = 1 << 27;

/// Where a display is on the root window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) root: Window,
    pub(super) x: i16,
    pub(super) y: i16,
}

/// The whole picture as we last read it, and room beside it where parts arrive.
///
/// Whole rows are read straight into the picture: that is where `ShmGetImage` puts them, one row after the other. Narrower areas
/// arrive packed in the room behind the picture and are copied to their rows.
///
/// Invariant: `memory` holds `picture + room` bytes; `room` is 0, or at least a quarter of the picture and at least [`BAND`] rows.
pub(super) struct Buffer {
    memory: Memory,
    segment: Option<shm::Seg>,
    size: Size,
    picture: usize,
    room: usize,
}

enum Memory {
    Shared(Segment),
    Own(Vec<u8>),
}

impl Memory {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Shared(segment) => segment.bytes(),
            Self::Own(bytes) => bytes,
        }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Shared(segment) => segment.bytes_mut(),
            Self::Own(bytes) => bytes,
        }
    }
}

/// The fastest way that works with this server, tried with a page of memory.
pub(super) fn choose(connection: &Connection, local: bool, wanted: Transfer) -> Result<Transfer, Fail> {
    let ways: &[Transfer] = match wanted {
        Transfer::Auto if local => &[Transfer::SharedMemory, Transfer::SharedMemorySysV, Transfer::Socket],
        Transfer::Auto => &[Transfer::Socket],
        _ => &[wanted],
    };
    let mut failure = "the server is on another machine".to_owned();
    for way in ways {
        let shares = !matches!(way, Transfer::Socket);
        if shares && !local {
            continue;
        }
        match Buffer::new(connection, *way, Size::new(16, 16), false) {
            Ok(buffer) => {
                buffer.release(connection);
                return Ok(*way);
            }
            Err(fail @ Fail::Gone(_)) => return Err(fail),
            Err(fail) => failure = Error::from(fail).to_string(),
        }
    }
    Err(Error::Unsupported { kind: crate::Kind::X11, what: format!("no way to share memory: {failure}") }.into())
}

impl Buffer {
    /// With room beside the picture if `parts` are to be read; without, only all of it can be.
    pub(super) fn new(connection: &Connection, way: Transfer, size: Size, parts: bool) -> Result<Self, Fail> {
        if u64::from(size.width) * u64::from(size.height) > MAX_PIXELS {
            return Err(Error::LimitExceeded { what: "pixels of a display", limit: MAX_PIXELS }.into());
        }
        let stride = size.width as usize * 4;
        let picture = stride * size.height as usize;
        let room = if parts { (picture / 4).max(stride * BAND.min(size.height) as usize) } else { 0 };
        let (memory, segment) = match way {
            Transfer::SharedMemory => {
                // `ShmAttachFd` came with MIT-SHM 1.2; older servers would answer with an error, but not before keeping the descriptor.
                let version = connection.shm_query_version()?.reply()?;
                if (version.major_version, version.minor_version) < (1, 2) {
                    return Err(Error::Unsupported { kind: crate::Kind::X11, what: "MIT-SHM is older than 1.2".into() }.into());
                }
                let (segment, fd) = Segment::memfd(picture + room).map_err(|e| memory_error("memfd", &e))?;
                let id = connection.generate_id()?;
                connection.shm_attach_fd(id, fd, false)?.check()?;
                (Memory::Shared(segment), Some(id))
            }
            Transfer::SharedMemorySysV => {
                let (segment, shared) = Segment::sysv(picture + room).map_err(|e| memory_error("shmget", &e))?;
                let id = connection.generate_id()?;
                connection.shm_attach(id, shared.number(), false)?.check()?;
                (Memory::Shared(segment), Some(id))
            }
            Transfer::Auto | Transfer::Socket => (Memory::Own(vec![0; picture + room]), None),
        };
        Ok(Self { memory, segment, size, picture, room })
    }

    /// Lets the server unmap the memory too. Without this it would do so when the connection closes.
    pub(super) fn release(self, connection: &Connection) {
        if let Some(segment) = self.segment {
            // A connection that fails here is found out at the next request.
            let _ = connection.shm_detach(segment);
        }
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    pub(super) fn stride(&self) -> usize {
        self.size.width as usize * 4
    }

    /// The picture, rows without gaps.
    pub(super) fn pixels(&self) -> &[u8] {
        &self.memory.bytes()[..self.picture]
    }

    /// Reads these areas anew. If they are so many that they do not fit the room, all of the picture; `damage` then says so.
    ///
    /// All requests go out before the first reply is awaited.
    pub(super) fn read(&mut self, connection: &Connection, place: Place, damage: &mut Damage) -> Result<(), Fail> {
        let row = self.stride();
        let narrow = |rect: &&Rect| rect.width != self.size.width;
        let needed: u64 = damage.rects().iter().filter(narrow).map(|rect| rect.area() * 4).sum();
        if needed > self.room as u64 {
            damage.clear();
            damage.add(Rect::whole(self.size));
        }
        let mut asked: [Option<(Rect, usize, Asked<'_>)>; Damage::MAX] = [const { None }; Damage::MAX];
        let mut free = self.picture;
        let mut result = Ok(());
        for (rect, slot) in damage.rects().iter().zip(&mut asked) {
            let offset = if rect.width == self.size.width {
                rect.y as usize * row
            } else {
                let at = free;
                free += rect.width as usize * rect.height as usize * 4;
                at
            };
            match self.ask(connection, place, *rect, offset) {
                Ok(sent) => *slot = Some((*rect, offset, sent)),
                Err(fail) => {
                    result = Err(fail);
                    break;
                }
            }
        }
        for (rect, offset, asked) in asked.into_iter().flatten() {
            // After a failure the other replies are still awaited, so that nothing is written here later.
            match (self.receive(rect, offset, asked), &result) {
                (Ok(()), Ok(())) if offset >= self.picture => self.settle(rect, offset, rect),
                (Err(fail), Ok(())) => result = Err(fail),
                _ => {}
            }
        }
        result
    }

    /// Reads all of the picture.
    pub(super) fn read_all(&mut self, connection: &Connection, place: Place) -> Result<(), Fail> {
        let whole = Rect::whole(self.size);
        let asked = self.ask(connection, place, whole, 0)?;
        self.receive(whole, 0, asked)
    }

    /// Whether an area can be read beside the picture.
    pub(super) fn has_room(&self, rect: Rect) -> bool {
        rect.area() * 4 <= self.room as u64
    }

    /// Reads an area for which there is room, without touching the picture.
    pub(super) fn read_ahead(&mut self, connection: &Connection, place: Place, rect: Rect) -> Result<(), Fail> {
        let asked = self.ask(connection, place, rect, self.picture)?;
        self.receive(rect, self.picture, asked)
    }

    /// Takes `part` of the area just read ahead into the picture.
    pub(super) fn settle_ahead(&mut self, rect: Rect, part: Rect) {
        self.settle(rect, self.picture, part);
    }

    /// Reads [`BAND`] rows from `y` on (fewer at the bottom) without touching the picture, and returns the picture's rows and the ones just read.
    pub(super) fn look(&mut self, connection: &Connection, place: Place, y: u32) -> Result<(&[u8], &[u8]), Fail> {
        let height = BAND.min(self.size.height.saturating_sub(y));
        self.read_ahead(connection, place, Rect::new(0, y, self.size.width, height))?;
        let (from, len) = (y as usize * self.stride(), height as usize * self.stride());
        let bytes = self.memory.bytes();
        Ok((&bytes[from..from + len], &bytes[self.picture..self.picture + len]))
    }

    /// Takes what [`look`](Self::look) just read from `y` on into the picture.
    pub(super) fn accept(&mut self, y: u32) {
        let height = BAND.min(self.size.height.saturating_sub(y));
        let (to, len) = (y as usize * self.stride(), height as usize * self.stride());
        let picture = self.picture;
        self.memory.bytes_mut().copy_within(picture..picture + len, to);
    }

    fn ask<'c>(&self, connection: &'c Connection, place: Place, rect: Rect, offset: usize) -> Result<Asked<'c>, Fail> {
        // Sides of displays come from the protocol as 16-bit numbers, and `rect` lies within; the places are checked anew.
        let side = |length: u32| u16::try_from(length).map_err(|_| Fail::Refused(0));
        let along = |at: i16, by: u32| i16::try_from(i64::from(at) + i64::from(by)).map_err(|_| Fail::Refused(0));
        let (x, y) = (along(place.x, rect.x)?, along(place.y, rect.y)?);
        let (width, height) = (side(rect.width)?, side(rect.height)?);
        let format = ImageFormat::Z_PIXMAP;
        Ok(match self.segment {
            Some(segment) => {
                let offset = u32::try_from(offset).map_err(|_| Fail::Refused(0))?;
                Asked::Shared(connection.shm_get_image(place.root, x, y, width, height, !0, format.into(), segment, offset)?)
            }
            None => Asked::Sent(connection.get_image(format, place.root, x, y, width, height, !0)?),
        })
    }

    fn receive(&mut self, rect: Rect, offset: usize, asked: Asked<'_>) -> Result<(), Fail> {
        let len = rect.width as usize * rect.height as usize * 4;
        let sent = match asked {
            Asked::Shared(cookie) => {
                let size = cookie.reply()?.size as usize;
                return if size == len { Ok(()) } else { Err(wrong_size(len, size)) };
            }
            Asked::Sent(cookie) => cookie.reply()?.data,
        };
        if sent.len() != len {
            return Err(wrong_size(len, sent.len()));
        }
        self.memory.bytes_mut()[offset..offset + len].copy_from_slice(&sent);
        Ok(())
    }

    /// Copies `part` of an area that arrived packed at `offset` to its rows.
    fn settle(&mut self, rect: Rect, offset: usize, part: Rect) {
        let (row, packed, columns) = (self.stride(), rect.width as usize * 4, part.width as usize * 4);
        let (picture, room) = self.memory.bytes_mut().split_at_mut(self.picture);
        let from = offset - self.picture + (part.y - rect.y) as usize * packed + (part.x - rect.x) as usize * 4;
        let to = part.y as usize * row + part.x as usize * 4;
        let rows = room[from..].chunks(packed).zip(picture[to..].chunks_mut(row)).take(part.height as usize);
        for (from, to) in rows {
            to[..columns].copy_from_slice(&from[..columns]);
        }
    }
}

#[cfg(test)]
impl Buffer {
    /// A black picture without a server.
    pub(super) fn blank(size: Size) -> Self {
        let picture = size.width as usize * size.height as usize * 4;
        Self { memory: Memory::Own(vec![0; 2 * picture]), segment: None, size, picture, room: picture }
    }

    /// What a server would send beside the picture.
    pub(super) fn arrive(&mut self, pixels: &[u8]) {
        let at = self.picture;
        self.memory.bytes_mut()[at..at + pixels.len()].copy_from_slice(pixels);
    }
}

/// A request for pixels that was sent.
enum Asked<'c> {
    Shared(Cookie<'c, Connection, shm::GetImageReply>),
    Sent(Cookie<'c, Connection, GetImageReply>),
}

fn memory_error(op: &'static str, error: &io::Error) -> Fail {
    Error::Backend { op, code: error.raw_os_error().map_or(0, i64::from), detail: error.to_string() }.into()
}

fn wrong_size(wanted: usize, got: usize) -> Fail {
    Error::Backend { op: "GetImage", code: 0, detail: format!("{got} bytes instead of {wanted}") }.into()
}
