//! What a capture hands out: a borrowed picture and what changed in it.

use std::{fmt, time::Instant};

use crate::Size;

/// A rectangle of pixels within a display, origin at the top left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Rect {
    /// A rectangle from its left and top edge, width and height.
    pub const fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self { x, y, width, height }
    }

    /// All of a picture.
    pub const fn whole(size: Size) -> Self {
        Self { x: 0, y: 0, width: size.width, height: size.height }
    }

    /// Whether it covers no pixel.
    pub const fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Number of pixels.
    pub const fn area(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The column right of the last one; saturates.
    pub const fn right(&self) -> u32 {
        self.x.saturating_add(self.width)
    }

    /// The row below the last one; saturates.
    pub const fn bottom(&self) -> u32 {
        self.y.saturating_add(self.height)
    }

    /// Whether it covers this pixel.
    pub const fn contains(&self, x: u32, y: u32) -> bool {
        x >= self.x && y >= self.y && x < self.right() && y < self.bottom()
    }

    /// What both cover; empty where they do not meet.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let width = self.right().min(other.right()).saturating_sub(x);
        let height = self.bottom().min(other.bottom()).saturating_sub(y);
        if width == 0 || height == 0 { Self::default() } else { Self { x, y, width, height } }
    }

    /// The smallest rectangle that covers both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Self { x, y, width: right - x, height: bottom - y }
    }
}

/// A part of the picture that has moved.
///
/// A hint that lets an encoder send a copy instead of pixels. The places it moved to are in the damage too, so a consumer that
/// ignores moves is right. A backend reports a move only if the consumer's frame before had exactly these pixels at `src`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where the pixels were in the frame before.
    pub src: Rect,
    /// Columns moved, to the right if positive.
    pub dx: i32,
    /// Rows moved, downwards if positive.
    pub dy: i32,
}

/// How a pixel lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PixelFormat {
    /// Four bytes: blue, green, red, and one without meaning.
    Bgrx,
}

/// The current picture of a display, borrowed until the capture's next call.
///
/// `pixels` always holds the whole picture; `damage` says where it may differ from the frame that this consumer took before
/// (everywhere, on the first frame and after a change of size).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// Counts this display's frames that this consumer took, from 1.
    pub seq: u64,
    /// Generation of the layout in which it was taken.
    pub generation: u32,
    /// When the pixels were read.
    pub at: Instant,
    /// Columns and rows.
    pub size: Size,
    /// Bytes from the start of a row to the start of the next.
    pub stride: usize,
    /// How a pixel lies in memory.
    pub format: PixelFormat,
    /// Every pixel that differs from the frame before lies in one of these. A superset; the rectangles may overlap. Empty if nothing changed.
    pub damage: &'a [Rect],
    /// Parts that moved, to be read all at once against the frame before.
    pub moves: &'a [Move],
    /// `stride × height` bytes.
    pub pixels: &'a [u8],
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("seq", &self.seq)
            .field("generation", &self.generation)
            .field("size", &self.size)
            .field("damage", &self.damage)
            .field("moves", &self.moves)
            .finish_non_exhaustive()
    }
}
