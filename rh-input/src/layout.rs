/// Names a display within a [`Layout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisplayId(pub u32);

/// A rectangle in the desktop's own coordinates, where displays left of or above the main one are negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// One display: where it lies on the desktop, and how many pixels its picture has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Display {
    /// Its name in [`Input::MoveTo`](crate::Input::MoveTo).
    pub id: DisplayId,
    /// Where it lies on the desktop.
    pub rect: Rect,
    /// Size of its picture in pixels (width, height); differs from `rect` where the desktop scales.
    pub pixels: (u32, u32),
}

impl Display {
    /// A display that is not scaled.
    pub fn new(id: DisplayId, rect: Rect) -> Self {
        Self { id, rect, pixels: (rect.width, rect.height) }
    }
}

/// Every display of the desktop at one moment. The embedder takes it from its capture backend, so that a position means to
/// the injector what it meant in the picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Grows with each change of the displays.
    pub generation: u64,
    /// The displays, in any order.
    pub displays: Vec<Display>,
}

/// Why a position was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It was measured on another generation of the layout than the current one, or no layout is known.
    Stale,
    /// The display is unknown, or the position is not on it.
    Outside,
}

impl Layout {
    /// The point of the desktop that shows pixel (`x`, `y`) of a display.
    ///
    /// # Errors
    /// [`Refusal`] says why there is none. A position outside its display is refused rather than clamped: clamped, a
    /// faulty sender would click on what lies at the edge.
    pub fn locate(&self, display: DisplayId, generation: u64, x: i32, y: i32) -> Result<(i32, i32), Refusal> {
        if generation != self.generation {
            return Err(Refusal::Stale);
        }
        let found = self.displays.iter().find(|d| d.id == display).ok_or(Refusal::Outside)?;
        let x = along(x, found.pixels.0, found.rect.x, found.rect.width).ok_or(Refusal::Outside)?;
        let y = along(y, found.pixels.1, found.rect.y, found.rect.height).ok_or(Refusal::Outside)?;
        Ok((x, y))
    }
}

/// The desktop coordinate that holds the centre of pixel `at` of `pixels`, where these are spread over `extent` from `origin`.
fn along(at: i32, pixels: u32, origin: i32, extent: u32) -> Option<i32> {
    let at = u64::from(u32::try_from(at).ok().filter(|at| *at < pixels)?);
    // (at + 1/2) * extent / pixels, in whole numbers; `at < pixels` keeps the result below `extent`.
    let offset = (2 * at + 1) * u64::from(extent) / (2 * u64::from(pixels));
    i32::try_from(i64::from(origin) + i64::try_from(offset).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{Display, DisplayId, Layout, Rect, Refusal};

    fn layout(rect: Rect, pixels: (u32, u32)) -> Layout {
        Layout { generation: 3, displays: vec![Display { id: DisplayId(1), rect, pixels }] }
    }

    #[test]
    fn unscaled_positions_are_exact_also_left_of_the_origin() {
        let l = layout(Rect { x: -1920, y: 40, width: 1920, height: 1080 }, (1920, 1080));
        for (x, y) in [(0, 0), (1, 1), (959, 540), (1919, 1079)] {
            assert_eq!(l.locate(DisplayId(1), 3, x, y), Ok((x - 1920, y + 40)));
        }
    }

    #[test]
    fn scaled_pixels_land_on_the_unit_that_shows_them() {
        // 2880x1620 pixels on 1920x1080 units: 3 pixels to 2 units.
        let l = layout(Rect { x: 0, y: 0, width: 1920, height: 1080 }, (2880, 1620));
        assert_eq!(l.locate(DisplayId(1), 3, 0, 0), Ok((0, 0)));
        assert_eq!(l.locate(DisplayId(1), 3, 2, 2), Ok((1, 1)));
        assert_eq!(l.locate(DisplayId(1), 3, 2879, 1619), Ok((1919, 1079)));
    }

    #[test]
    fn refused_when_stale_unknown_or_outside() {
        let l = layout(Rect { x: 0, y: 0, width: 10, height: 10 }, (10, 10));
        assert_eq!(l.locate(DisplayId(1), 2, 5, 5), Err(Refusal::Stale));
        assert_eq!(l.locate(DisplayId(2), 3, 5, 5), Err(Refusal::Outside));
        for (x, y) in [(-1, 0), (0, -1), (10, 0), (0, 10), (i32::MAX, 0), (0, i32::MIN)] {
            assert_eq!(l.locate(DisplayId(1), 3, x, y), Err(Refusal::Outside));
        }
        let empty = layout(Rect { x: 0, y: 0, width: 0, height: 0 }, (0, 0));
        assert_eq!(empty.locate(DisplayId(1), 3, 0, 0), Err(Refusal::Outside));
    }
}
