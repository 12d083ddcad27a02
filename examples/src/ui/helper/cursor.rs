//! The sharer's pointer: drawn over the picture where the sharer has it, and worn by the helper's own pointer, so that
//! moving it never waits for the network.

use std::time::{Duration, Instant};

use winit::window::{Cursor, CustomCursor};

use super::{
    super::{canvas::Brush, picture::Area, shell::Desk},
    CursorShape,
};

/// How long after one's own last move the sharer's pointer may lag behind without being shown apart.
const LAG: Duration = Duration::from_millis(400);

/// Sides of a pointer that is worn or drawn; larger ones are not.
const MOST: u16 = 256;

#[derive(Debug, Default)]
pub(super) struct SharerPointer {
    shape: CursorShape,
    worn: Option<CustomCursor>,
    at: Option<(i32, i32)>,
    /// Where the helper moved it last, and when.
    sent: Option<((i32, i32), Instant)>,
}

impl SharerPointer {
    /// Takes on another look; one that makes no sense is none.
    pub(super) fn set_shape(&mut self, desk: &Desk<'_>, shape: CursorShape) {
        let bytes = usize::from(shape.width) * usize::from(shape.height) * 4;
        let sound = shape.width > 0
            && shape.height > 0
            && shape.width <= MOST
            && shape.height <= MOST
            && shape.bgra.len() == bytes
            && shape.hot_x < shape.width
            && shape.hot_y < shape.height;
        self.shape = if sound { shape } else { CursorShape::default() };
        self.worn = sound.then(|| self.custom(desk)).flatten();
    }

    fn custom(&self, desk: &Desk<'_>) -> Option<CustomCursor> {
        let CursorShape { width, height, hot_x, hot_y, bgra } = &self.shape;
        // Windows take plain alpha, the session's shapes are premultiplied.
        let rgba: Vec<u8> = bgra
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|[b, g, r, a]| {
                let plain = |c: u8| u8::try_from((u32::from(c) * 255).checked_div(u32::from(*a)).unwrap_or(0)).unwrap_or(255);
                [plain(*r), plain(*g), plain(*b), *a]
            })
            .collect();
        let source = CustomCursor::from_rgba(rgba, *width, *height, *hot_x, *hot_y).ok()?;
        Some(desk.events.create_custom_cursor(source))
    }

    /// What the helper's own pointer looks like over the picture in control.
    pub(super) fn worn(&self) -> Cursor {
        self.worn.clone().map_or_else(Cursor::default, Cursor::Custom)
    }

    pub(super) fn set_at(&mut self, at: Option<(i32, i32)>) {
        self.at = at;
    }

    /// The helper moved the sharer's pointer.
    pub(super) fn sent(&mut self, to: (i32, i32), now: Instant) {
        self.sent = Some((to, now));
    }

    /// Where the helper moved it last.
    pub(super) fn last_sent(&self) -> Option<(i32, i32)> {
        self.sent.map(|(to, _)| to)
    }

    /// Where to draw it, in the sharer's pixels; `None` while it is where the helper's own pointer is, or follows it.
    pub(super) fn shown_at(&self, now: Instant) -> Option<(i32, i32)> {
        let at = self.at?;
        let follows = self.sent.is_some_and(|(to, when)| to == at || now.duration_since(when) < LAG);
        (!follows && !self.shape.bgra.is_empty()).then_some(at)
    }

    /// The area it takes with its hot spot at a point of the window.
    pub(super) fn area(&self, (x, y): (i32, i32)) -> Area {
        let CursorShape { width, height, hot_x, hot_y, .. } = self.shape;
        Area::new(x - i32::from(hot_x), y - i32::from(hot_y), i32::from(width), i32::from(height))
    }

    /// Draws it with its hot spot at a point of the window.
    pub(super) fn paint(&self, brush: &mut Brush<'_>, at: (i32, i32)) {
        let area = self.area(at);
        let pixels = self.shape.bgra.as_chunks::<4>().0;
        for (y, row) in (area.y..).zip(pixels.chunks(usize::from(self.shape.width).max(1))) {
            for (x, pixel) in (area.x..).zip(row) {
                brush.over(x, y, u32::from_le_bytes(*pixel));
            }
        }
    }
}

/// The pointer that says "this is the laser".
pub(super) fn laser(desk: &Desk<'_>) -> Cursor {
    const SIDE: u16 = 15;
    let middle = i32::from(SIDE / 2);
    let mut rgba = Vec::with_capacity(usize::from(SIDE) * usize::from(SIDE) * 4);
    for y in 0..i32::from(SIDE) {
        for x in 0..i32::from(SIDE) {
            let far = (x - middle).pow(2) + (y - middle).pow(2);
            let pixel = if far <= 25 {
                [255, 32, 32, 255]
            } else if far <= 49 {
                [255, 255, 255, 255]
            } else {
                [0; 4]
            };
            rgba.extend_from_slice(&pixel);
        }
    }
    match CustomCursor::from_rgba(rgba, SIDE, SIDE, SIDE / 2, SIDE / 2) {
        Ok(source) => Cursor::Custom(desk.events.create_custom_cursor(source)),
        Err(_) => winit::window::CursorIcon::Crosshair.into(),
    }
}
