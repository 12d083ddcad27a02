//! Pointer annotations: laser and pen. Drawn over the picture at the sharer, never injected; allowed in view only.

use crate::error::Error;
use crate::limits::charge;
use crate::msg::layout::DisplayId;
use crate::wire::{Decode, Encode, Reader, Writer};

/// The helper points at a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Laser {
    /// The display.
    pub display: DisplayId,
    /// Pixels from its left edge.
    pub x: i32,
    /// Pixels from its upper edge.
    pub y: i32,
}

impl Encode for Laser {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u32(self.display.0);
        out.i32(self.x);
        out.i32(self.y);
        Ok(())
    }
}

impl Decode for Laser {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { display: DisplayId(input.u32("laser")?), x: input.i32("laser")?, y: input.i32("laser")? })
    }
}

/// The helper no longer points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaserOff;

super::empty!(LaserOff);

/// A corner of a stroke, in pixels of the stroke's display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Pixels from the left edge.
    pub x: i32,
    /// Pixels from the upper edge.
    pub y: i32,
}

/// A piece of a line drawn with the pen. Pieces with the same id continue each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stroke {
    /// Which line.
    pub id: u32,
    /// The display.
    pub display: DisplayId,
    /// Red, green, blue.
    pub colour: [u8; 3],
    /// Width in pixels.
    pub width: u8,
    /// Corners in order, at most [`Limits::batch`](crate::limits::Limits::batch) a piece.
    pub points: Vec<Point>,
}

impl Encode for Stroke {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u32(self.id);
        out.u32(self.display.0);
        out.bytes(&self.colour);
        out.u8(self.width);
        out.len16(self.points.len(), "stroke")?;
        for point in &self.points {
            out.i32(point.x);
            out.i32(point.y);
        }
        Ok(())
    }
}

impl Decode for Stroke {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        let id = input.u32("stroke")?;
        let display = DisplayId(input.u32("stroke")?);
        let colour = input.array("stroke")?;
        let width = input.u8("stroke")?;
        let count = usize::from(input.u16("stroke")?);
        charge("points of a stroke", count, input.limits().batch)?;
        let points = (0..count).map(|_| Ok(Point { x: input.i32("stroke")?, y: input.i32("stroke")? })).collect::<Result<_, Error>>()?;
        Ok(Self { id, display, colour, width, points })
    }
}

/// All strokes go away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erase;

super::empty!(Erase);
