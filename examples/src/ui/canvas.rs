//! Pixels in memory and the few shapes that windows are made of.

use super::{
    picture::{Area, at, side},
    theme::Colour,
};

/// A window's pixels, `0x00RRGGBB`, kept between frames so that only what changed is drawn again.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    /// Invariant: `pixels.len() == width * height`.
    pixels: Vec<u32>,
}

impl Canvas {
    pub(super) fn resize(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.pixels.clear();
        self.pixels.resize(width * height, 0);
    }

    pub(super) fn area(&self) -> Area {
        Area::new(0, 0, side(self.width), side(self.height))
    }

    #[cfg(test)]
    pub(super) fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// The pixels of an area, row by row; nothing outside of the canvas.
    pub(super) fn rows(&self, area: Area) -> impl Iterator<Item = (usize, &[u32])> {
        let area = area.intersect(&self.area());
        (at(area.y)..at(area.bottom())).map(move |y| {
            let start = y * self.width + at(area.x);
            (start, &self.pixels[start..start + at(area.w)])
        })
    }

    /// A brush that paints inside of an area only.
    pub(super) fn brush(&mut self, clip: Area) -> Brush<'_> {
        let clip = clip.intersect(&self.area());
        Brush { canvas: self, clip }
    }
}

/// Paints on a canvas inside of a clip.
#[derive(Debug)]
pub(super) struct Brush<'a> {
    canvas: &'a mut Canvas,
    /// Invariant: inside of the canvas.
    clip: Area,
}

impl Brush<'_> {
    pub(super) fn clip(&self) -> Area {
        self.clip
    }

    /// The same brush on a smaller area.
    pub(super) fn clipped(&mut self, area: Area) -> Brush<'_> {
        let clip = self.clip.intersect(&area);
        Brush { canvas: self.canvas, clip }
    }

    /// One row of pixels inside of the clip, to be written.
    ///
    /// Empty where the row is outside.
    pub(super) fn row(&mut self, y: i32, x: i32, w: i32) -> &mut [u32] {
        let area = Area::new(x, y, w, 1).intersect(&self.clip);
        if area.is_empty() {
            return &mut [];
        }
        let start = at(area.y) * self.canvas.width + at(area.x);
        &mut self.canvas.pixels[start..start + at(area.w)]
    }

    pub(super) fn fill(&mut self, area: Area, colour: Colour) {
        let area = area.intersect(&self.clip);
        for y in area.y..area.bottom() {
            self.row(y, area.x, area.w).fill(colour);
        }
    }

    /// A filled rectangle with round corners.
    pub(super) fn rounded(&mut self, area: Area, radius: i32, colour: Colour) {
        let radius = radius.clamp(0, area.w.min(area.h).max(0) / 2);
        for y in area.y..area.bottom() {
            let edge = (y - area.y).min(area.bottom() - 1 - y);
            if edge >= radius {
                self.row(y, area.x, area.w).fill(colour);
                continue;
            }
            self.row(y, area.x + radius, area.w - 2 * radius).fill(colour);
            for x in 0..radius {
                let alpha = corner(radius, x, edge);
                self.blend(area.x + x, y, colour, alpha);
                self.blend(area.right() - 1 - x, y, colour, alpha);
            }
        }
    }

    /// A rounded rectangle with an outline inside of its edge.
    pub(super) fn outlined(&mut self, area: Area, radius: i32, stroke: i32, inside: Colour, outline: Colour) {
        self.rounded(area, radius, outline);
        self.rounded(area.inset(stroke), (radius - stroke).max(0), inside);
    }

    /// A ring inside of an area's edge; what it encloses stays.
    pub(super) fn ring(&mut self, area: Area, stroke: i32, colour: Colour) {
        self.fill(Area { h: stroke, ..area }, colour);
        self.fill(Area { y: area.bottom() - stroke, h: stroke, ..area }, colour);
        self.fill(Area { w: stroke, ..area }, colour);
        self.fill(Area { x: area.right() - stroke, w: stroke, ..area }, colour);
    }

    /// Puts a colour over one pixel, `alpha` of 255.
    pub(super) fn blend(&mut self, x: i32, y: i32, colour: Colour, alpha: u8) {
        if self.clip.contains(x, y) && alpha > 0 {
            let pixel = &mut self.canvas.pixels[at(y) * self.canvas.width + at(x)];
            *pixel = mix(*pixel, colour, alpha);
        }
    }

    /// Puts a pixel with premultiplied alpha (`0xAARRGGBB`) over one pixel.
    pub(super) fn over(&mut self, x: i32, y: i32, argb: u32) {
        let alpha = argb >> 24;
        if self.clip.contains(x, y) && alpha > 0 {
            let pixel = &mut self.canvas.pixels[at(y) * self.canvas.width + at(x)];
            let keep = 255 - alpha;
            let channel = |shift: u32| (((argb >> shift) & 255) + (((*pixel >> shift) & 255) * keep + 127) / 255).min(255) << shift;
            *pixel = channel(16) | channel(8) | channel(0);
        }
    }
}

/// How much of a corner's pixel is inside: 0 to 255. `x` and `y` count from the area's edges.
fn corner(radius: i32, x: i32, y: i32) -> u8 {
    // Distances in halves of a pixel from the corner circle's centre to the pixel's.
    let (dx, dy) = (f64::from(2 * (radius - x) - 1) / 2.0, f64::from(2 * (radius - y) - 1) / 2.0);
    let inside = (f64::from(radius) - dx.hypot(dy) + 0.5).clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1 before")]
    let alpha = (inside * 255.0).round() as u8;
    alpha
}

/// One colour over another.
pub(super) fn mix(under: Colour, over: Colour, alpha: u8) -> Colour {
    let alpha = u32::from(alpha);
    let channel = |shift: u32| {
        let (under, over) = ((under >> shift) & 255, (over >> shift) & 255);
        ((over * alpha + under * (255 - alpha) + 127) / 255) << shift
    };
    channel(16) | channel(8) | channel(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_painted_outside_of_the_clip() {
        let mut canvas = Canvas::default();
        canvas.resize(20, 20);
        let clip = Area::new(5, 5, 4, 4);
        let mut brush = canvas.brush(clip);
        brush.fill(Area::new(-100, -100, 300, 300), 0x00ff_ffff);
        brush.rounded(Area::new(-3, -3, 40, 40), 9, 0x00ff_ffff);
        brush.ring(Area::new(0, 0, 20, 20), 6, 0x00ff_ffff);
        brush.over(50, 50, 0xffff_ffff);
        for (index, pixel) in canvas.pixels().iter().enumerate() {
            let (x, y) = (side(index % 20), side(index / 20));
            assert_eq!(*pixel == 0x00ff_ffff, clip.contains(x, y), "{x},{y}");
        }
    }

    #[test]
    fn areas_without_size_or_beyond_all_numbers_are_harmless() {
        let mut canvas = Canvas::default();
        canvas.resize(3, 3);
        let whole = canvas.area();
        let mut brush = canvas.brush(whole);
        brush.rounded(Area::new(1, 1, 0, 0), 5, 1);
        brush.rounded(Area::new(1, 1, -4, 2), 5, 1);
        brush.fill(Area::new(i32::MAX - 1, 0, i32::MAX, 1), 1);
        assert!(canvas.pixels().iter().all(|p| *p == 0));
    }

    #[test]
    fn full_alpha_replaces_and_none_keeps() {
        assert_eq!(mix(0x0012_3456, 0x00ab_cdef, 255), 0x00ab_cdef);
        assert_eq!(mix(0x0012_3456, 0x00ab_cdef, 0), 0x0012_3456);
    }
}
