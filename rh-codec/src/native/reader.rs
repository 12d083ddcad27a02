//! Wire bytes to operations on a surface.

use super::{START, VERSION, op, zstream::Decompressor};
use crate::{
    Error, Limits, Rect,
    image::{Surface, colour},
};

/// Bytes of operations held at a time; larger ones are read in parts.
const BUFFER: usize = 64 * 1024;

pub(crate) struct Reader {
    decompressor: Decompressor,
    plain: Box<[u8]>,
    limits: Limits,
    started: bool,
}

/// What is left of one message: `wire` behind zstd, `plain[at..end]` before it.
struct Input<'a> {
    decompressor: &'a mut Decompressor,
    wire: &'a [u8],
    plain: &'a mut [u8],
    at: usize,
    end: usize,
}

impl Reader {
    pub(crate) fn new(limits: Limits) -> Result<Self, Error> {
        Ok(Self { decompressor: Decompressor::new(limits.max_window_log)?, plain: vec![0; BUFFER].into(), limits, started: false })
    }

    /// Applies one message to `surface` and collects what it touched; returns whether the surface is a new one.
    pub(crate) fn read(&mut self, message: &[u8], surface: &mut Surface, damage: &mut Vec<Rect>) -> Result<bool, Error> {
        let Some((&head, wire)) = message.split_first() else { return Ok(false) };
        if head & 0xf0 != VERSION || head & 0x0e != 0 {
            return Err(Error::Unsupported("version of the native profile"));
        }
        if head & START != 0 {
            self.decompressor.reset()?;
            self.started = true;
        } else if !self.started {
            return Err(Error::Malformed("the first message does not start a session"));
        }
        let mut input = Input { decompressor: &mut self.decompressor, wire, plain: &mut self.plain, at: 0, end: 0 };
        let mut resized = false;
        let mut operations = 0;
        let mut area = 0u64;
        while let Some(code) = input.try_byte()? {
            operations += 1;
            if operations > self.limits.max_operations {
                return Err(Error::LimitExceeded { what: "operations in a message", limit: self.limits.max_operations.into() });
            }
            let (width, height) = surface.size();
            if code == op::SIZE {
                let (width, height) = (input.number()?, input.number()?);
                if width == 0 || height == 0 {
                    return Err(Error::Malformed("a surface without pixels"));
                }
                self.limits.check_size(width, height)?;
                surface.resize(width, height);
                damage.clear();
                damage.push(Rect::new(0, 0, width, height));
                resized = true;
                continue;
            }
            let rect = Rect::new(input.number()?, input.number()?, input.number()?, input.number()?);
            if rect.is_empty() || !rect.fits(width, height) {
                return Err(Error::Malformed("a rectangle outside the surface"));
            }
            area += rect.area();
            if area > 4 * self.limits.max_area {
                return Err(Error::LimitExceeded { what: "pixels touched by a message", limit: 4 * self.limits.max_area });
            }
            let touched = match code {
                op::FILL => {
                    let pixel = [input.byte()?, input.byte()?, input.byte()?, 0];
                    surface.fill(rect, colour(pixel));
                    rect
                }
                op::COPY => {
                    let target = Rect { x: input.number()?, y: input.number()?, ..rect };
                    if !target.fits(width, height) {
                        return Err(Error::Malformed("a copy to outside the surface"));
                    }
                    surface.copy_within(rect, target.x, target.y);
                    target
                }
                op::PIXELS => {
                    for y in rect.y..rect.bottom() {
                        for pixel in surface.span_mut(rect.x, y, rect.width) {
                            *pixel = [input.byte()?, input.byte()?, input.byte()?, 255];
                        }
                    }
                    rect
                }
                _ => return Err(Error::Malformed("an unknown operation")),
            };
            damage.push(touched);
        }
        Ok(resized)
    }
}

impl Input<'_> {
    fn try_byte(&mut self) -> Result<Option<u8>, Error> {
        if self.at == self.end {
            self.at = 0;
            self.end = self.decompressor.read(&mut self.wire, self.plain)?;
            if self.end == 0 {
                return Ok(None);
            }
        }
        self.at += 1;
        Ok(Some(self.plain[self.at - 1]))
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.try_byte()?.ok_or(Error::Malformed("the message ends inside an operation"))
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
