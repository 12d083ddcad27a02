//! Layout: which displays the sharer has.

use crate::error::Error;
use crate::limits::charge;
use crate::wire::{Decode, Encode, Reader, Text, Writer};

/// Names a display for as long as it is plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DisplayId(pub u32);

/// Counts layouts. A position names the generation it was measured in; one of an older generation points at something else by now and is not injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Generation(pub u32);

/// How the display is turned, in quarter turns clockwise; unknown values survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rotation(pub u8);

/// One display. Positions and sizes are in pixels of the frame buffer, after rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Display {
    /// Names it in frames and positions.
    pub id: DisplayId,
    /// Left edge on the desktop; may be negative.
    pub x: i32,
    /// Upper edge on the desktop; may be negative.
    pub y: i32,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Scale factor times 1000.
    pub scale: u32,
    /// Already applied to the pixels.
    pub rotation: Rotation,
    /// Where new windows open.
    pub primary: bool,
    /// For people.
    pub name: Text,
}

/// All displays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Larger than that of the layout before.
    pub generation: Generation,
    /// In the sharer's order.
    pub displays: Vec<Display>,
}

impl Encode for Layout {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u32(self.generation.0);
        out.len16(self.displays.len(), "displays")?;
        for display in &self.displays {
            out.u32(display.id.0);
            out.i32(display.x);
            out.i32(display.y);
            out.u32(display.width);
            out.u32(display.height);
            out.u32(display.scale);
            out.u8(display.rotation.0);
            out.bool(display.primary);
            out.text16(&display.name, "display name")?;
        }
        Ok(())
    }
}

impl Decode for Layout {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        let generation = Generation(input.u32("layout")?);
        let count = usize::from(input.u16("layout")?);
        charge("displays", count, input.limits().displays)?;
        let displays = (0..count)
            .map(|_| {
                Ok(Display {
                    id: DisplayId(input.u32("display")?),
                    x: input.i32("display")?,
                    y: input.i32("display")?,
                    width: input.u32("display")?,
                    height: input.u32("display")?,
                    scale: input.u32("display")?,
                    rotation: Rotation(input.u8("display")?),
                    primary: input.bool("display")?,
                    name: input.text16(input.limits().text, "display name")?,
                })
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self { generation, displays })
    }
}
