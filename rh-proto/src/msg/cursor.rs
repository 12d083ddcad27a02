//! Cursor: shape and position apart from the picture, so that the pointer moves without a frame.

use bytes::Bytes;

use crate::error::Error;
use crate::limits::charge;
use crate::msg::layout::DisplayId;
use crate::wire::{Decode, Encode, Reader, Writer};

/// What the pointer looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorShape {
    /// Pixels across, at most [`Limits::cursor_side`](crate::limits::Limits::cursor_side).
    pub width: u16,
    /// Pixels down, likewise.
    pub height: u16,
    /// Column of the pixel that points. Invariant: `hot_x < width`, checked when decoded.
    pub hot_x: u16,
    /// Row of the pixel that points. Invariant: `hot_y < height`, checked when decoded.
    pub hot_y: u16,
    /// Blue, green, red, alpha; colours multiplied by alpha; rows without padding. Invariant: `width × height × 4` bytes, checked when decoded.
    pub pixels: Bytes,
}

impl CursorShape {
    /// Whether the invariants hold and the size is within `side`.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] or [`Error::Malformed`].
    pub fn check(&self, side: usize) -> Result<(), Error> {
        charge("cursor side", usize::from(self.width.max(self.height)), side)?;
        let bytes = usize::from(self.width).saturating_mul(usize::from(self.height)).saturating_mul(4);
        if self.hot_x >= self.width || self.hot_y >= self.height || self.pixels.len() != bytes {
            return Err(Error::Malformed { what: "cursor shape" });
        }
        Ok(())
    }
}

impl Encode for CursorShape {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u16(self.width);
        out.u16(self.height);
        out.u16(self.hot_x);
        out.u16(self.hot_y);
        out.bytes(&self.pixels);
        Ok(())
    }
}

impl Decode for CursorShape {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        let shape = Self {
            width: input.u16("cursor shape")?,
            height: input.u16("cursor shape")?,
            hot_x: input.u16("cursor shape")?,
            hot_y: input.u16("cursor shape")?,
            pixels: input.take_rest(),
        };
        shape.check(input.limits().cursor_side)?;
        Ok(shape)
    }
}

/// Where the pointer's hot spot is, in pixels of a display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorPosition {
    /// The display.
    pub display: DisplayId,
    /// Pixels from its left edge.
    pub x: i32,
    /// Pixels from its upper edge.
    pub y: i32,
}

impl Encode for CursorPosition {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u32(self.display.0);
        out.i32(self.x);
        out.i32(self.y);
        Ok(())
    }
}

impl Decode for CursorPosition {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { display: DisplayId(input.u32("cursor position")?), x: input.i32("cursor position")?, y: input.i32("cursor position")? })
    }
}

/// There is no pointer to show until the next position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorHidden;

super::empty!(CursorHidden);
