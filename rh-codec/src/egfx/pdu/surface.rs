//! Commands that make surfaces and say where they are seen (2.2.2.9, 2.2.2.10, 2.2.2.14, 2.2.2.15, 2.2.2.20, 2.2.2.22, 2.2.2.23).

use super::field::{Field, Input, Monitors, layout};
use super::paint::PixelFormat;
use crate::Error;

layout! {
    /// `RDPGFX_CREATE_SURFACE_PDU` (2.2.2.9).
    CreateSurface {
        /// Its number; none of the living ones has it.
        surface: u16,
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
        /// What its pixels are.
        format: PixelFormat,
    }
}

layout! {
    /// `RDPGFX_DELETE_SURFACE_PDU` (2.2.2.10).
    DeleteSurface {
        /// Which.
        surface: u16,
    }
}

layout! {
    /// `RDPGFX_MAP_SURFACE_TO_OUTPUT_PDU` (2.2.2.15): the surface is seen there from the end of the frame on.
    MapSurfaceToOutput {
        /// Which.
        surface: u16,
        /// 0.
        reserved: u16,
        /// Column of the output.
        x: u32,
        /// Row of the output.
        y: u32,
    }
}

layout! {
    /// `RDPGFX_MAP_SURFACE_TO_SCALED_OUTPUT_PDU` (2.2.2.22).
    MapSurfaceToScaledOutput {
        /// Which.
        surface: u16,
        /// 0.
        reserved: u16,
        /// Column of the output.
        x: u32,
        /// Row of the output.
        y: u32,
        /// Columns that it fills there.
        width: u32,
        /// Rows that it fills there.
        height: u32,
    }
}

layout! {
    /// `RDPGFX_MAP_SURFACE_TO_WINDOW_PDU` (2.2.2.20): the surface is the content of a remote program's window.
    MapSurfaceToWindow {
        /// Which.
        surface: u16,
        /// The window, [MS-RDPERP].
        window: u64,
        /// Columns of the surface that count.
        width: u32,
        /// Rows of the surface that count.
        height: u32,
    }
}

layout! {
    /// `RDPGFX_MAP_SURFACE_TO_SCALED_WINDOW_PDU` (2.2.2.23).
    MapSurfaceToScaledWindow {
        /// Which.
        surface: u16,
        /// The window, [MS-RDPERP].
        window: u64,
        /// Columns of the surface that count.
        width: u32,
        /// Rows of the surface that count.
        height: u32,
        /// Columns that they fill.
        target_width: u32,
        /// Rows that they fill.
        target_height: u32,
    }
}

/// Bytes of a [`ResetGraphics`] with its header, padded (2.2.2.14).
const RESET_LENGTH: usize = 340;
/// Monitors at most; that many fill the padded size exactly.
const MONITORS: usize = 16;

/// `RDPGFX_RESET_GRAPHICS_PDU` (2.2.2.14): the output becomes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetGraphics<'a> {
    /// Columns of the output.
    pub width: u32,
    /// Rows of the output.
    pub height: u32,
    /// Its monitors, at most 16.
    pub monitors: Monitors<'a>,
}

impl<'a> Field<'a> for ResetGraphics<'a> {
    fn read(input: &mut Input<'a>) -> Result<Self, Error> {
        let reset = Self { width: Field::read(input)?, height: Field::read(input)?, monitors: Field::read(input)? };
        if reset.monitors.len() > MONITORS {
            return Err(Error::Malformed("more than 16 monitors"));
        }
        // The padding may hold anything.
        input.bytes(input.0.len())?;
        Ok(reset)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        self.width.write(out);
        self.height.write(out);
        self.monitors.write(out);
        // The header's 8 bytes are written already.
        out.resize((start + RESET_LENGTH - 8).max(out.len()), 0);
    }
}
