//! Drawing into a picture in memory: areas, colours, text.

use super::glyphs;
use crate::{Rect, Size};

/// One pixel: blue, green, red, and a byte without meaning.
pub(super) type Pixel = [u8; 4];

/// The colour `0xRRGGBB`.
pub(super) const fn rgb(colour: u32) -> Pixel {
    let [blue, green, red, _] = colour.to_le_bytes();
    [blue, green, red, 0xff]
}

/// A rectangle that may lie partly outside the picture.
///
/// Invariant: coordinates stay within ± 2^20, because displays are at most 2^14 wide and nothing is placed further out than a display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) w: i32,
    pub(super) h: i32,
}

impl Area {
    pub(super) const fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        Self { x, y, w, h }
    }

    pub(super) fn whole(size: Size) -> Self {
        Self::new(0, 0, int(size.width), int(size.height))
    }

    pub(super) fn contains(&self, x: i32, y: i32) -> bool {
        x >= self.x && y >= self.y && x < self.x + self.w && y < self.y + self.h
    }

    pub(super) fn inset(&self, by: i32) -> Self {
        Self::new(self.x + by, self.y + by, (self.w - 2 * by).max(0), (self.h - 2 * by).max(0))
    }

    pub(super) fn moved(&self, dx: i32, dy: i32) -> Self {
        Self::new(self.x + dx, self.y + dy, self.w, self.h)
    }

    /// What both cover; where they do not meet, nothing, at the origin.
    pub(super) fn clip(&self, to: &Self) -> Self {
        let (x, y) = (self.x.max(to.x), self.y.max(to.y));
        let w = ((self.x + self.w).min(to.x + to.w) - x).max(0);
        let h = ((self.y + self.h).min(to.y + to.h) - y).max(0);
        if w == 0 || h == 0 { Self::default() } else { Self::new(x, y, w, h) }
    }

    /// The part within a picture of this size.
    pub(super) fn rect(&self, size: Size) -> Rect {
        let a = self.clip(&Self::whole(size));
        if a.w == 0 || a.h == 0 {
            Rect::default()
        } else {
            Rect::new(a.x.unsigned_abs(), a.y.unsigned_abs(), a.w.unsigned_abs(), a.h.unsigned_abs())
        }
    }
}

impl From<Rect> for Area {
    fn from(rect: Rect) -> Self {
        Self::new(int(rect.x), int(rect.y), int(rect.width), int(rect.height))
    }
}

/// A length of at most a display's side as a signed number.
pub(super) fn int(length: u32) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// Columns and rows of a character cell.
pub(super) const CELL_W: i32 = 8;
pub(super) const CELL_H: i32 = 16;

/// How many cells a character takes: one for what the font has, two for the box that stands for everything else.
pub(super) fn cells(character: char) -> i32 {
    match character {
        '\t' => 4,
        c if glyphs::glyph(c).is_some() => 1,
        _ => 2,
    }
}

/// A picture that can be drawn into, within a clip.
pub(super) struct Painter<'a> {
    pixels: &'a mut [Pixel],
    width: i32,
    clip: Area,
}

impl<'a> Painter<'a> {
    /// `pixels` are `size.width × size.height`, rows without gaps.
    pub(super) fn new(pixels: &'a mut [Pixel], size: Size, clip: Area) -> Self {
        Self { pixels, width: int(size.width), clip: clip.clip(&Area::whole(size)) }
    }

    /// Runs `draw` with the clip narrowed to `area`.
    pub(super) fn within(&mut self, area: Area, draw: impl FnOnce(&mut Painter<'_>)) {
        let clip = self.clip.clip(&area);
        if clip.w > 0 && clip.h > 0 {
            draw(&mut Painter { pixels: &mut *self.pixels, width: self.width, clip });
        }
    }

    fn row(&mut self, y: i32, x: i32, w: i32) -> &mut [Pixel] {
        let start = (y * self.width + x).unsigned_abs() as usize;
        &mut self.pixels[start..start + w.unsigned_abs() as usize]
    }

    pub(super) fn fill(&mut self, area: Area, colour: Pixel) {
        let a = area.clip(&self.clip);
        for y in a.y..a.y + a.h {
            self.row(y, a.x, a.w).fill(colour);
        }
    }

    /// Fills with `from` at the top blending into `to` at the bottom of `area`.
    pub(super) fn gradient(&mut self, area: Area, from: Pixel, to: Pixel) {
        let a = area.clip(&self.clip);
        for y in a.y..a.y + a.h {
            let (at, of) = ((y - area.y).unsigned_abs(), area.h.unsigned_abs().max(1));
            let mix = |a: u8, b: u8| u8::try_from((u32::from(a) * (of - at) + u32::from(b) * at) / of).unwrap_or(u8::MAX);
            let colour = [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2]), 0xff];
            self.row(y, a.x, a.w).fill(colour);
        }
    }

    /// The outline of `area`, one pixel wide, inside it.
    pub(super) fn outline(&mut self, area: Area, colour: Pixel) {
        let Area { x, y, w, h } = area;
        self.fill(Area::new(x, y, w, 1), colour);
        self.fill(Area::new(x, y + h - 1, w, 1), colour);
        self.fill(Area::new(x, y, 1, h), colour);
        self.fill(Area::new(x + w - 1, y, 1, h), colour);
    }

    /// One line of text whose first cell has its top left at `x`, `y`.
    pub(super) fn text(&mut self, x: i32, y: i32, text: &str, colour: Pixel) {
        let mut x = x;
        for character in text.chars() {
            self.character(x, y, character, colour);
            x += cells(character) * CELL_W;
        }
    }

    pub(super) fn character(&mut self, x: i32, y: i32, character: char, colour: Pixel) {
        if let Some(rows) = glyphs::glyph(character) {
            self.bits(x, y + 2, rows, colour);
        } else if character != '\t' {
            self.missing(x, y, character, colour);
        }
    }

    /// A box with the hexadecimal code point, four or six digits in two lines.
    fn missing(&mut self, x: i32, y: i32, character: char, colour: Pixel) {
        self.outline(Area::new(x + 1, y + 1, 14, 14), colour);
        let code = u32::from(character);
        let digits = if code > 0xffff { 3 } else { 2 };
        let left = x + 8 - digits * 2;
        for place in 0..2 * digits {
            let digit = (code >> (4 * (2 * digits - 1 - place))) & 0xf;
            let rows = DIGITS[digit as usize].map(|bits| bits << 5);
            self.bits(left + place % digits * 4, y + 3 + place / digits * 6, &rows, colour);
        }
    }

    /// Draws rows of eight pixels, leftmost bit highest.
    fn bits(&mut self, x: i32, y: i32, rows: &[u8], colour: Pixel) {
        for (bits, y) in rows.iter().zip(y..) {
            for column in 0..8 {
                if bits & (0x80 >> column) != 0 && self.clip.contains(x + column, y) {
                    self.row(y, x + column, 1)[0] = colour;
                }
            }
        }
    }
}

/// The hexadecimal digits, 3 × 5 pixels.
const DIGITS: [[u8; 5]; 16] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
    [0b111, 0b101, 0b111, 0b101, 0b101],
    [0b110, 0b101, 0b110, 0b101, 0b110],
    [0b111, 0b100, 0b100, 0b100, 0b111],
    [0b110, 0b101, 0b101, 0b101, 0b110],
    [0b111, 0b100, 0b111, 0b100, 0b111],
    [0b111, 0b100, 0b111, 0b100, 0b100],
];
