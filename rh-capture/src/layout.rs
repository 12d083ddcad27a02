//! Which displays there are and where.

use std::{fmt, sync::Arc};

/// A display's name for the life of a capture: stable while the display is there, across changes of the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DisplayId(pub u32);

impl fmt::Display for DisplayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Columns and rows, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// `width` columns, `height` rows.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }
}

/// Where a display lies on the desktop, in the desktop's own units (pixels on X11, logical units on Wayland and macOS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Placement {
    /// Left edge; negative for a display left of the origin.
    pub x: i32,
    /// Top edge; negative for a display above the origin.
    pub y: i32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Placement {
    /// Whether a point of the desktop lies on the display.
    pub fn contains(&self, x: i32, y: i32) -> bool {
        let (dx, dy) = (i64::from(x) - i64::from(self.x), i64::from(y) - i64::from(self.y));
        (0..i64::from(self.width)).contains(&dx) && (0..i64::from(self.height)).contains(&dy)
    }
}

/// How far the panel is turned, clockwise. Captured pixels are always upright; this is for telling people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// As built.
    #[default]
    None,
    /// 90°.
    Quarter,
    /// 180°.
    Half,
    /// 270°.
    ThreeQuarters,
}

/// One display.
#[derive(Clone, Debug, PartialEq)]
pub struct Display {
    /// Its name towards [`Capture`](crate::Capture).
    pub id: DisplayId,
    /// Where it lies on the desktop.
    pub rect: Placement,
    /// Size of its frames. Differs from `rect` where the desktop scales.
    pub pixels: Size,
    /// Pixels per desktop unit.
    pub scale: f64,
    /// How the panel is turned.
    pub rotation: Rotation,
    /// What people call it, such as `DP-1`.
    pub name: String,
    /// Whether the desktop treats it as the main one.
    pub primary: bool,
}

/// All displays at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Grows by at least one with each change; a position on a display is only meaningful together with it.
    pub generation: u32,
    /// The displays, the primary one first where there is one. Empty if everything is unplugged.
    pub displays: Vec<Display>,
}

impl Layout {
    /// The display with this id.
    pub fn display(&self, id: DisplayId) -> Option<&Display> {
        self.displays.iter().find(|d| d.id == id)
    }

    /// The display that shows this point of the desktop, and the point in that display's pixels.
    pub fn locate(&self, x: i32, y: i32) -> Option<(&Display, u32, u32)> {
        let display = self.displays.iter().find(|d| d.rect.contains(x, y))?;
        let across = |at: i32, from: i32, pixels: u32, units: u32| {
            let offset = u64::from(at.abs_diff(from)) * u64::from(pixels) / u64::from(units.max(1));
            u32::try_from(offset).unwrap_or(u32::MAX).min(pixels.saturating_sub(1))
        };
        let left = across(x, display.rect.x, display.pixels.width, display.rect.width);
        let top = across(y, display.rect.y, display.pixels.height, display.rect.height);
        Some((display, left, top))
    }

    /// The same displays with the next generation, ready to be announced.
    pub(crate) fn succeed(&self, displays: Vec<Display>) -> Arc<Self> {
        Arc::new(Self { generation: self.generation.wrapping_add(1), displays })
    }
}
