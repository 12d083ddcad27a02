//! Operations, numbers and rectangles as decisions.
//!
//! Rectangles are written relative to the one before in the same message: pieces follow each other to the right or downwards, mostly
//! with equal sides.

use super::{
    coder::{Coder, Number},
    range::Chance,
    video::Changes,
};
use crate::{Error, Rect};

/// Operation codes.
pub(super) mod op {
    pub(in crate::native) const END: u32 = 0;
    pub(in crate::native) const SIZE: u32 = 1;
    pub(in crate::native) const FILL: u32 = 2;
    pub(in crate::native) const COPY: u32 = 3;
    pub(in crate::native) const TEXT: u32 = 4;
    pub(in crate::native) const WAVE: u32 = 5;
    pub(in crate::native) const EXACT: u32 = 6;
    pub(in crate::native) const KEEP: u32 = 7;
    pub(in crate::native) const RECALL: u32 = 8;
    pub(in crate::native) const VIDEO: u32 = 9;
    pub(super) const BITS: u32 = 4;
}

/// What has been learned of operations; the same on both sides.
pub(super) struct Syntax {
    /// By the operation before.
    codes: [[Chance; 1 << op::BITS]; 1 << op::BITS],
    rectangles: [[Number; 4]; 1 << op::BITS],
    numbers: [Number; 1 << op::BITS],
    changes: Changes,
    last_code: u32,
    last: Rect,
    last_kept: (u32, u32),
}

impl Syntax {
    pub(super) fn new() -> Self {
        Self {
            codes: [[Chance::EVEN; 1 << op::BITS]; 1 << op::BITS],
            rectangles: std::array::from_fn(|_| [const { Number::NEW }; 4]),
            numbers: [const { Number::NEW }; 1 << op::BITS],
            changes: Changes::NEW,
            last_code: op::END,
            last: Rect::default(),
            last_kept: (0, 0),
        }
    }

    /// A message begins.
    pub(super) fn begin(&mut self) {
        (self.last_code, self.last) = (op::END, Rect::default());
    }

    pub(super) fn code(&mut self, coder: &mut impl Coder, code: u32) -> u32 {
        self.last_code = coder.tree(code, op::BITS, &mut self.codes[self.last_code as usize]);
        self.last_code
    }

    /// A rectangle of the operation whose code was last.
    pub(super) fn rect(&mut self, coder: &mut impl Coder, rect: Rect) -> Result<Rect, Error> {
        let last = self.last;
        let numbers =
            [zigzag(rect.x, last.x), zigzag(rect.y, last.bottom()), zigzag(rect.width, last.width), zigzag(rect.height, last.height)];
        let [x, y, width, height] = std::array::from_fn(|i| coder.number(numbers[i], &mut self.rectangles[self.last_code as usize][i]));
        self.last =
            Rect::new(unzigzag(x, last.x)?, unzigzag(y, last.bottom())?, unzigzag(width, last.width)?, unzigzag(height, last.height)?);
        Ok(self.last)
    }

    /// Which blocks of a video region have changed.
    pub(super) fn changes(&mut self, coder: &mut impl Coder, rect: Rect, changed: &mut [bool]) {
        self.changes.code(coder, rect, changed);
    }

    /// A slot and the tile that it takes in, mostly the ones behind the last.
    pub(super) fn keep(&mut self, coder: &mut impl Coder, slot: u32, tile: u32) -> Result<(u32, u32), Error> {
        let (last_slot, last_tile) = self.last_kept;
        let slot = self.near(coder, slot, last_slot)?;
        let tile = self.near(coder, tile, last_tile)?;
        self.last_kept = (slot + 1, tile + 1);
        Ok((slot, tile))
    }

    /// Another number of the operation whose code was last.
    pub(super) fn number(&mut self, coder: &mut impl Coder, number: u32) -> u32 {
        coder.number(number, &mut self.numbers[self.last_code as usize])
    }

    /// A coordinate of the operation whose code was last, near `base`.
    pub(super) fn near(&mut self, coder: &mut impl Coder, coordinate: u32, base: u32) -> Result<u32, Error> {
        unzigzag(self.number(coder, zigzag(coordinate, base)), base)
    }
}

/// The difference `a - b` without a sign bit: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. Both are below 2^28.
fn zigzag(a: u32, b: u32) -> u32 {
    if a >= b { (a - b) << 1 } else { ((b - a) << 1) - 1 }
}

/// The opposite of [`zigzag`]: `a` from the coded difference and `b`.
fn unzigzag(coded: u32, b: u32) -> Result<u32, Error> {
    let half = coded.div_ceil(2);
    let a = if coded & 1 == 0 { b.checked_add(half) } else { b.checked_sub(half) };
    a.filter(|a| *a < 1 << 28).ok_or(Error::Malformed("a coordinate outside the plane"))
}
