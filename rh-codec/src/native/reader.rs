//! Wire bytes to operations on a surface.

use super::{
    BEGINS, SLICES, START, VERSION, VIDEO, exact,
    image::{Scratch, Window},
    range::RangeDecoder,
    syntax::{Syntax, op},
    text::Text,
    video, wave,
    writer::plain_len,
};
use crate::{
    Error, Limits, Rect,
    avc::{self, AccessUnit, Decoders, Planes, Video},
    cache::Store,
    diff::TILE,
    image::Surface,
};

/// A message, taken apart.
struct Parts<'a> {
    starts: bool,
    slices: &'a [u8],
    unit: Option<AccessUnit<'a>>,
    decisions: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts of a message that is not empty.
    fn of(head: u8, mut rest: &'a [u8]) -> Result<Self, Error> {
        if head & !(START | SLICES | VIDEO) != VERSION {
            return Err(Error::Unsupported("a version of the native profile other than 2"));
        }
        let mut piece = |mask: u32| {
            let (number, behind) = rest.split_first_chunk().ok_or(ENDS_EARLY)?;
            let number = u32::from_le_bytes(*number);
            let len = usize::try_from(number & mask).map_err(|_| ENDS_EARLY)?;
            let (piece, behind) = behind.split_at_checked(len).ok_or(ENDS_EARLY)?;
            rest = behind;
            Ok((piece, number & !mask != 0))
        };
        let slices = if head & SLICES == 0 { &[] } else { piece(u32::MAX)?.0 };
        let unit = if head & VIDEO == 0 { None } else { Some(piece(!BEGINS)?) };
        let unit = unit.map(|(bytes, begins)| AccessUnit { bytes, begins });
        Ok(Self { starts: head & START != 0, slices, unit, decisions: rest })
    }
}

pub(crate) struct Reader {
    limits: Limits,
    syntax: Syntax,
    text: Text,
    store: Store,
    scratch: Scratch,
    decoders: Decoders,
    video: Option<Video>,
    /// For each block of a video region whether it has changed; kept for its memory.
    changed: Vec<bool>,
    /// Whether the stream has started and is unbroken.
    running: bool,
}

impl Reader {
    pub(crate) fn new(limits: Limits, decoders: Decoders) -> Self {
        Self {
            limits,
            syntax: Syntax::new(),
            text: Text::new(),
            store: Store::default(),
            scratch: Scratch::default(),
            decoders,
            video: None,
            changed: Vec::new(),
            running: false,
        }
    }

    /// The access unit of a message, if it has one.
    pub(crate) fn access_unit(message: &[u8]) -> Result<Option<AccessUnit<'_>>, Error> {
        message.split_first().map_or(Ok(None), |(head, rest)| Ok(Parts::of(*head, rest)?.unit))
    }

    /// Applies one message to `surface`, collects what it touched, and returns whether the surface is a new one.
    ///
    /// `picture` is what its access unit decodes to, if somebody else has decoded it.
    pub(crate) fn read(
        &mut self,
        message: &[u8],
        picture: Option<&Planes>,
        surface: &mut Surface,
        damage: &mut Vec<Rect>,
    ) -> Result<bool, Error> {
        let Some((&head, rest)) = message.split_first() else { return Ok(false) };
        let running = std::mem::take(&mut self.running);
        let parts = Parts::of(head, rest)?;
        if parts.starts {
            self.syntax = Syntax::new();
            self.text.reset();
            self.video = None;
        } else if !running {
            return Err(Error::Malformed("the stream has not started, or broke before"));
        }
        self.syntax.begin();
        let mut message = Message {
            coder: RangeDecoder::new(parts.decisions),
            slices: parts.slices,
            unit: parts.unit,
            picture,
            syntax: &mut self.syntax,
            text: &mut self.text,
            store: &mut self.store,
            scratch: &mut self.scratch,
            decoders: &mut self.decoders,
            video: &mut self.video,
            changed: &mut self.changed,
            surface,
            damage,
            work: 0,
        };
        let resized = message.apply(&self.limits, parts.starts)?;
        self.running = true;
        Ok(resized)
    }
}

/// One message being applied.
struct Message<'a> {
    coder: RangeDecoder<'a>,
    slices: &'a [u8],
    /// Until it is used.
    unit: Option<AccessUnit<'a>>,
    /// Its picture, if somebody else has decoded it.
    picture: Option<&'a Planes>,
    syntax: &'a mut Syntax,
    text: &'a mut Text,
    store: &'a mut Store,
    scratch: &'a mut Scratch,
    decoders: &'a mut Decoders,
    video: &'a mut Option<Video>,
    changed: &'a mut Vec<bool>,
    surface: &'a mut Surface,
    damage: &'a mut Vec<Rect>,
    /// Pixels touched so far.
    work: u64,
}

impl Message<'_> {
    fn apply(&mut self, limits: &Limits, starting: bool) -> Result<bool, Error> {
        let mut resized = false;
        let mut operations = 0;
        loop {
            let code = self.syntax.code(&mut self.coder, op::END);
            self.coder.check()?;
            if code == op::END {
                break;
            }
            operations += 1;
            if operations > limits.max_operations {
                return Err(Error::LimitExceeded { what: "the number of operations in a message", limit: limits.max_operations.into() });
            }
            if starting && !resized && code != op::SIZE {
                return Err(Error::Malformed("a stream starts with a size"));
            }
            if code == op::SIZE {
                if operations > 1 {
                    return Err(Error::Malformed("a size after other operations"));
                }
                self.size(limits)?;
                resized = true;
                continue;
            }
            if code == op::KEEP {
                self.keep(limits)?;
                continue;
            }
            let rect = self.rect(limits)?;
            match code {
                op::FILL => {
                    let colour = self.coder.plain(12) | self.coder.plain(12) << 12;
                    self.surface.fill(rect, colour);
                }
                op::COPY => self.copy(rect)?,
                op::RECALL => self.recall(rect)?,
                op::WAVE | op::EXACT => self.image(rect, code)?,
                op::VIDEO => self.video(rect, limits)?,
                op::TEXT => self.text.code(&mut self.coder, self.surface, rect)?,
                _ => return Err(Error::Malformed("an unknown operation")),
            }
            if !resized {
                self.damage.push(rect);
            }
        }
        if operations == 0 {
            return Err(Error::Malformed("a message without operations"));
        }
        if !self.slices.is_empty() {
            return Err(Error::Malformed("slices that no operation uses"));
        }
        if self.unit.is_some() {
            return Err(Error::Malformed("a video frame that no operation shows"));
        }
        Ok(resized)
    }

    fn size(&mut self, limits: &Limits) -> Result<(), Error> {
        let (width, height) = (self.syntax.number(&mut self.coder, 0), self.syntax.number(&mut self.coder, 0));
        self.coder.check()?;
        if width == 0 || height == 0 {
            return Err(Error::Malformed("a picture without pixels"));
        }
        limits.check_size(width, height)?;
        self.surface.resize(width, height);
        self.store.clear();
        self.damage.push(Rect::new(0, 0, width, height));
        Ok(())
    }

    fn image(&mut self, rect: Rect, code: u32) -> Result<(), Error> {
        for mut slice in Window::new(self.surface, rect).slices() {
            let length = self.syntax.number(&mut self.coder, 0) as usize;
            let (data, rest) = self.slices.split_at_checked(length).ok_or(ENDS_EARLY)?;
            self.slices = rest;
            if code == op::WAVE {
                wave::decode(data, &mut slice, self.scratch)?;
            } else if length == plain_len(slice.rect()) {
                let mut pixels = data.as_chunks::<3>().0.iter();
                for y in 0..slice.height() {
                    slice.row_mut(y).iter_mut().zip(&mut pixels).for_each(|(pixel, &[blue, green, red])| *pixel = [blue, green, red, 255]);
                }
            } else {
                exact::decode(data, &mut slice, self.scratch)?;
            }
        }
        Ok(())
    }

    fn video(&mut self, rect: Rect, limits: &Limits) -> Result<(), Error> {
        let unit = self.unit.take().ok_or(Error::Malformed("a video region without a frame"))?;
        self.changed.clear();
        self.changed.resize(video::blocks(rect), false);
        self.syntax.changes(&mut self.coder, rect, self.changed);
        self.coder.check()?;
        let size = (rect.width, rect.height);
        let picture = match self.picture {
            Some(picture) => {
                avc::check_size(picture, size)?;
                picture
            }
            None => {
                if unit.begins {
                    *self.video = Some(Video::new(self.decoders)?);
                }
                let video = self.video.as_mut().ok_or(Error::Malformed("a video that has not begun"))?;
                video.decode(unit.bytes, size, size, limits)?
            }
        };
        video::paint(picture, rect, self.changed, self.surface);
        Ok(())
    }

    fn keep(&mut self, limits: &Limits) -> Result<(), Error> {
        let (slot, tile) = self.syntax.keep(&mut self.coder, 0, 0)?;
        self.coder.check()?;
        if slot >= limits.max_cached_tiles {
            return Err(Error::LimitExceeded { what: "the number of tiles kept", limit: limits.max_cached_tiles.into() });
        }
        let (width, height) = self.surface.size();
        let columns = width.div_ceil(TILE);
        if slot > self.store.len() || tile >= columns * height.div_ceil(TILE) {
            return Err(Error::Malformed("a tile outside the picture, or a slot out of turn"));
        }
        self.charge(u64::from(TILE * TILE), limits)?;
        let rect = Rect::new(tile % columns * TILE, tile / columns * TILE, TILE, TILE).intersection(&Rect::new(0, 0, width, height));
        self.store.keep(slot, self.surface, rect);
        Ok(())
    }

    fn recall(&mut self, part: Rect) -> Result<(), Error> {
        let slot = self.syntax.number(&mut self.coder, 0);
        let within = part.x / TILE == (part.right() - 1) / TILE && part.y / TILE == (part.bottom() - 1) / TILE;
        if slot >= self.store.len() || !within {
            return Err(Error::Malformed("a recall from an empty slot, or of more than a tile"));
        }
        self.store.recall(slot, self.surface, part);
        Ok(())
    }

    /// Reads a rectangle, and charges its area before anything is done with it.
    fn rect(&mut self, limits: &Limits) -> Result<Rect, Error> {
        let rect = self.syntax.rect(&mut self.coder, Rect::default())?;
        self.coder.check()?;
        let (width, height) = self.surface.size();
        if rect.is_empty() || !rect.fits(width, height) {
            return Err(Error::Malformed("a rectangle outside the picture"));
        }
        self.charge(rect.area(), limits)?;
        Ok(rect)
    }

    fn charge(&mut self, area: u64, limits: &Limits) -> Result<(), Error> {
        self.work += area;
        let limit = limits.max_work();
        if self.work > limit {
            return Err(Error::LimitExceeded { what: "the number of pixels that a message touches", limit });
        }
        Ok(())
    }

    fn copy(&mut self, target: Rect) -> Result<(), Error> {
        let (x, y) = (self.syntax.near(&mut self.coder, 0, target.x)?, self.syntax.near(&mut self.coder, 0, target.y)?);
        let src = Rect { x, y, ..target };
        let (width, height) = self.surface.size();
        if !src.fits(width, height) {
            return Err(Error::Malformed("a copy from outside the picture"));
        }
        self.surface.copy_within(src, target.x, target.y);
        Ok(())
    }
}

const ENDS_EARLY: Error = Error::Malformed("the message ends inside an operation");
