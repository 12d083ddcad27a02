//! Numbers and rectangles on the wire.
//!
//! Rectangles are written relative to the one before in the same message. Bands of text follow each other downwards with equal sides, so
//! most rectangles are the bytes `0 0 0 height`, which zstd finds in its history.

use crate::{Error, Rect};

/// Appends a number in LEB128: seven bits a byte, least significant first, the upper bit set in all but the last.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: u32) {
    while number > 0x7f {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// The difference `a - b` without a sign bit: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. Both are below 2^30.
pub(super) fn zigzag(a: u32, b: u32) -> u32 {
    if a >= b { (a - b) << 1 } else { ((b - a) << 1) - 1 }
}

/// The opposite of [`zigzag`]: `a` from `b` and the coded difference.
pub(super) fn unzigzag(coded: u32, b: u32) -> Result<u32, Error> {
    let half = coded.div_ceil(2);
    let a = if coded & 1 == 0 { b.checked_add(half) } else { b.checked_sub(half) };
    a.ok_or(Error::Malformed("a coordinate outside the plane"))
}

/// The last rectangle of a message, empty at its start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place(Rect);

impl Place {
    pub(super) fn put(&mut self, out: &mut Vec<u8>, rect: Rect) {
        let last = std::mem::replace(&mut self.0, rect);
        for number in [zigzag(rect.x, last.x), zigzag(rect.y, last.bottom()), zigzag(rect.width, last.width), rect.height] {
            put_number(out, number);
        }
    }

    /// The rectangle that these four numbers mean.
    pub(super) fn take(&mut self, [x, y, width, height]: [u32; 4]) -> Result<Rect, Error> {
        let last = self.0;
        let rect = Rect::new(unzigzag(x, last.x)?, unzigzag(y, last.bottom())?, unzigzag(width, last.width)?, height);
        self.0 = rect;
        Ok(rect)
    }
}
