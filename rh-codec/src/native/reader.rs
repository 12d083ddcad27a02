//! Wire bytes to operations on a surface.

use super::{
    START, VERSION, op,
    palette::{ESCAPE, Palette},
    place::{Place, unzigzag},
    predict::restore,
    zstream::Decompressor,
};
use crate::{
    Error, Limits, Rect,
    image::{Surface, colour, opaque},
};

/// Plain bytes held at a time; an operation may be longer.
const BUFFER: usize = 64 * 1024;

/// Pixels of an image's row that are restored at a time.
const SPAN: u32 = 256;

pub(crate) struct Reader {
    limits: Limits,
    decompressor: Decompressor,
    palette: Palette,
    plain: Box<[u8]>,
    /// Whether the stream has started and is unbroken.
    running: bool,
}

impl Reader {
    pub(crate) fn new(limits: Limits) -> Result<Self, Error> {
        Ok(Self {
            limits,
            decompressor: Decompressor::new(limits.max_window_log)?,
            palette: Palette::new(),
            plain: vec![0; BUFFER].into_boxed_slice(),
            running: false,
        })
    }

    /// Applies one message to `surface`, collects what it touched, and returns whether the surface is a new one.
    pub(crate) fn read(&mut self, message: &[u8], surface: &mut Surface, damage: &mut Vec<Rect>) -> Result<bool, Error> {
        let Some((&head, wire)) = message.split_first() else { return Ok(false) };
        if head & !START != VERSION {
            self.running = false;
            return Err(Error::Unsupported("a version of the native profile other than 1"));
        }
        if head & START != 0 {
            self.decompressor.reset()?;
            self.palette = Palette::new();
        } else if !self.running {
            return Err(Error::Malformed("the stream has not started, or broke before"));
        }
        self.running = false;
        let input = Input { decompressor: &mut self.decompressor, wire, plain: &mut self.plain, at: 0, end: 0 };
        let mut message = Message { input, palette: &mut self.palette, place: Place::default(), surface, damage, work: 0 };
        let resized = message.apply(&self.limits, head & START != 0)?;
        self.running = true;
        Ok(resized)
    }
}

/// One message being applied.
struct Message<'a> {
    input: Input<'a>,
    palette: &'a mut Palette,
    place: Place,
    surface: &'a mut Surface,
    damage: &'a mut Vec<Rect>,
    /// Pixels touched so far.
    work: u64,
}

impl Message<'_> {
    fn apply(&mut self, limits: &Limits, starting: bool) -> Result<bool, Error> {
        let mut resized = false;
        let mut operations = 0;
        while let Some(code) = self.input.try_byte()? {
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
            let rect = self.rect(limits)?;
            match code {
                op::FILL => {
                    let pixel = [self.input.byte()?, self.input.byte()?, self.input.byte()?, 255];
                    self.surface.fill(rect, colour(pixel));
                }
                op::COPY => self.copy(rect)?,
                op::TEXT => self.text(rect)?,
                op::IMAGE => self.image(rect)?,
                _ => return Err(Error::Malformed("an unknown operation")),
            }
            if !resized {
                self.damage.push(rect);
            }
        }
        if operations == 0 {
            return Err(Error::Malformed("a message without operations"));
        }
        Ok(resized)
    }

    fn size(&mut self, limits: &Limits) -> Result<(), Error> {
        let (width, height) = (self.input.number()?, self.input.number()?);
        if width == 0 || height == 0 {
            return Err(Error::Malformed("a picture without pixels"));
        }
        limits.check_size(width, height)?;
        self.surface.resize(width, height);
        self.damage.push(Rect::new(0, 0, width, height));
        Ok(())
    }

    /// Reads a rectangle, and charges its area before anything is done with it.
    fn rect(&mut self, limits: &Limits) -> Result<Rect, Error> {
        let numbers = [self.input.number()?, self.input.number()?, self.input.number()?, self.input.number()?];
        let rect = self.place.take(numbers)?;
        let (width, height) = self.surface.size();
        if rect.is_empty() || !rect.fits(width, height) {
            return Err(Error::Malformed("a rectangle outside the picture"));
        }
        self.work += rect.area();
        let limit = limits.max_work();
        if self.work > limit {
            return Err(Error::LimitExceeded { what: "the number of pixels that a message touches", limit });
        }
        Ok(rect)
    }

    fn copy(&mut self, target: Rect) -> Result<(), Error> {
        let (x, y) = (unzigzag(self.input.number()?, target.x)?, unzigzag(self.input.number()?, target.y)?);
        let src = Rect { x, y, ..target };
        let (width, height) = self.surface.size();
        if !src.fits(width, height) {
            return Err(Error::Malformed("a copy from outside the picture"));
        }
        self.surface.copy_within(src, target.x, target.y);
        Ok(())
    }

    fn text(&mut self, rect: Rect) -> Result<(), Error> {
        let mut last = (ESCAPE, 0);
        for x in rect.x..rect.right() {
            for pixel in self.surface.column_mut(x, rect.y, rect.height) {
                let number = self.input.byte()?;
                if number == ESCAPE {
                    let colour = colour([self.input.byte()?, self.input.byte()?, self.input.byte()?, 0]);
                    self.palette.ask(colour);
                    last = (ESCAPE, colour);
                } else if number != last.0 {
                    last = (number, self.palette.colour(number));
                }
                *pixel = opaque(last.1);
            }
        }
        Ok(())
    }

    fn image(&mut self, rect: Rect) -> Result<(), Error> {
        let mut bytes = [[0; 3]; SPAN as usize];
        for y in rect.y..rect.bottom() {
            let mut x = rect.x;
            while x < rect.right() {
                let width = SPAN.min(rect.right() - x);
                let bytes = &mut bytes[..width as usize];
                self.input.exact(bytes.as_flattened_mut())?;
                let (near, span) = self.surface.neighbours_mut(x, y, width);
                restore(bytes, near, span);
                x += width;
            }
        }
        Ok(())
    }
}

/// What is left of a message: `wire` is compressed, `plain[at..end]` no longer.
struct Input<'a> {
    decompressor: &'a mut Decompressor,
    wire: &'a [u8],
    plain: &'a mut [u8],
    at: usize,
    end: usize,
}

impl Input<'_> {
    /// The next byte, or `None` at the end of the message.
    fn try_byte(&mut self) -> Result<Option<u8>, Error> {
        if self.at == self.end {
            self.refill()?;
        }
        let byte = self.plain[..self.end].get(self.at).copied();
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.try_byte()?.ok_or(ENDS_EARLY)
    }

    fn exact(&mut self, mut bytes: &mut [u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            if self.at == self.end {
                self.refill()?;
                if self.end == 0 {
                    return Err(ENDS_EARLY);
                }
            }
            let count = bytes.len().min(self.end - self.at);
            let (now, later) = bytes.split_at_mut(count);
            now.copy_from_slice(&self.plain[self.at..self.at + count]);
            self.at += count;
            bytes = later;
        }
        Ok(())
    }

    #[cold]
    fn refill(&mut self) -> Result<(), Error> {
        self.at = 0;
        self.end = 0;
        self.end = self.decompressor.read(&mut self.wire, self.plain)?;
        Ok(())
    }

    fn number(&mut self) -> Result<u32, Error> {
        let mut number = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Error::Malformed("a number of more than 28 bits"))
    }
}

const ENDS_EARLY: Error = Error::Malformed("the message ends inside an operation");
