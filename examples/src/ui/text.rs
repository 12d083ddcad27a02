//! Text: shaping, bidirectional order, line breaks and fall-back fonts by cosmic-text; glyphs blended onto a canvas.

use std::collections::HashMap;

use cosmic_text::{
    Align, Attrs, Buffer, Ellipsize, EllipsizeHeightLimit, Family, FontSystem, Metrics, Shaping, SwashCache, SwashContent, Weight, Wrap,
    fontdb::Source,
};

use super::{
    canvas::Brush,
    picture::{Area, side},
    theme::Colour,
};

/// Glyph images that are kept at most: a peer's chat could otherwise fill memory with ever new ones.
const GLYPHS: usize = 4096;

/// The height of a line, as a multiple of the text's size. Leaves room for marks above and below in most scripts.
const LINE: f32 = 1.4;

/// How a text is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    /// Size in pixels.
    pub(super) size: f32,
    pub(super) bold: bool,
    /// Break lines at the width, or else end the one line in an ellipsis.
    pub(super) wrap: bool,
    /// In the middle; else at the side where the text's own direction starts.
    pub(super) centred: bool,
}

/// All fonts there are, and what was set with them lately.
pub(super) struct Fonts {
    system: FontSystem,
    glyphs: SwashCache,
    blocks: HashMap<Key, Block>,
    generation: u64,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    text: Box<str>,
    size: u32,
    width: Option<i32>,
    bold: bool,
    wrap: bool,
    centred: bool,
}

struct Block {
    buffer: Buffer,
    size: (i32, i32),
    used: u64,
}

impl Fonts {
    /// The system's fonts, and a font of our own: the first choice, so that windows look alike everywhere and have letters
    /// even where no font is installed.
    pub(super) fn new() -> Self {
        let own = [dejavu::sans::regular(), dejavu::sans::bold()].map(|font| Source::Binary(std::sync::Arc::new(font)));
        Self::with(FontSystem::new_with_fonts(own))
    }

    /// Our own font alone, as on a machine without any.
    #[cfg(test)]
    fn bare() -> Self {
        let mut db = cosmic_text::fontdb::Database::new();
        db.load_font_data(dejavu::sans::regular().to_vec());
        Self::with(FontSystem::new_with_locale_and_db("en-US".to_owned(), db))
    }

    fn with(mut system: FontSystem) -> Self {
        system.db_mut().set_sans_serif_family("DejaVu Sans");
        Self { system, glyphs: SwashCache::new(), blocks: HashMap::new(), generation: 0 }
    }

    /// cosmic-text's own handle, for text that is being edited.
    pub(super) fn system(&mut self) -> &mut FontSystem {
        &mut self.system
    }

    /// What every text is set with.
    pub(super) fn attrs(bold: bool) -> Attrs<'static> {
        Attrs::new().family(Family::SansSerif).weight(if bold { Weight::BOLD } else { Weight::NORMAL })
    }

    /// Size and line height in pixels.
    pub(super) fn metrics(size: f32) -> Metrics {
        Metrics::relative(size.max(1.0), LINE)
    }

    /// The height of one line.
    pub(super) fn line_height(size: f32) -> i32 {
        ceil(Self::metrics(size).line_height)
    }

    /// Forgets what was not drawn since the last call but one. To be called once a frame.
    pub(super) fn next_frame(&mut self) {
        self.generation += 1;
        let oldest = self.generation.saturating_sub(2);
        self.blocks.retain(|_, block| block.used >= oldest);
        if self.glyphs.image_cache.len() > GLYPHS {
            self.glyphs.image_cache.clear();
        }
    }

    /// Width and height of a text, broken at `width` where its style says so.
    pub(super) fn measure(&mut self, text: &str, style: Style, width: Option<i32>) -> (i32, i32) {
        self.block(text, style, width).size
    }

    /// Draws a text into an area, vertically in the middle; a text that is higher than the area starts at its top.
    pub(super) fn draw(&mut self, brush: &mut Brush<'_>, area: Area, text: &str, style: Style, colour: Colour) {
        let (_, height) = self.block(text, style, Some(area.w)).size;
        let key = Key::new(text, style, Some(area.w));
        let Self { system, glyphs, blocks, .. } = self;
        let Some(block) = blocks.get(&key) else { return };
        let top = area.y + ((area.h - height) / 2).max(0);
        draw_buffer(system, glyphs, &block.buffer, &mut brush.clipped(area), (area.x, top), colour);
    }

    /// Draws a buffer of the caller's with its top left corner at a point.
    pub(super) fn draw_buffer(&mut self, buffer: &Buffer, brush: &mut Brush<'_>, origin: (i32, i32), colour: Colour) {
        draw_buffer(&mut self.system, &mut self.glyphs, buffer, brush, origin, colour);
    }

    fn block(&mut self, text: &str, style: Style, width: Option<i32>) -> &Block {
        let used = self.generation;
        let system = &mut self.system;
        let block = self.blocks.entry(Key::new(text, style, width)).or_insert_with(|| {
            let mut buffer = Buffer::new_empty(Self::metrics(style.size));
            let width = width.map(|w| px(w.max(1)));
            if style.wrap {
                buffer.set_wrap(Wrap::WordOrGlyph);
            } else {
                buffer.set_wrap(Wrap::None);
                if width.is_some() {
                    buffer.set_ellipsize(Ellipsize::End(EllipsizeHeightLimit::Lines(1)));
                }
            }
            buffer.set_size(width, None);
            let align = style.centred.then_some(Align::Center);
            buffer.set_text(text, &Self::attrs(style.bold), Shaping::Advanced, align);
            buffer.shape_until_scroll(system, false);
            let size = extent(&buffer);
            Block { buffer, size, used }
        });
        block.used = used;
        block
    }
}

impl Key {
    fn new(text: &str, style: Style, width: Option<i32>) -> Self {
        Self { text: text.into(), size: style.size.to_bits(), width, bold: style.bold, wrap: style.wrap, centred: style.centred }
    }
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fonts").field("blocks", &self.blocks.len()).finish_non_exhaustive()
    }
}

/// Width and height of what a buffer shows, in whole pixels.
fn extent(buffer: &Buffer) -> (i32, i32) {
    let (mut width, mut height) = (0.0f32, 0.0f32);
    for run in buffer.layout_runs() {
        width = width.max(run.line_w);
        height = height.max(run.line_top + run.line_height);
    }
    (ceil(width), ceil(height))
}

fn draw_buffer(
    system: &mut FontSystem,
    glyphs: &mut SwashCache,
    buffer: &Buffer,
    brush: &mut Brush<'_>,
    origin: (i32, i32),
    colour: Colour,
) {
    let clip = brush.clip();
    for run in buffer.layout_runs() {
        let top = origin.1 + ceil(run.line_top);
        if top > clip.bottom() || top + ceil(2.0 * run.line_height) < clip.y {
            continue;
        }
        for glyph in run.glyphs {
            let place = glyph.physical((px(origin.0), px(origin.1) + run.line_y), 1.0);
            let Some(image) = glyphs.get_image(system, place.cache_key) else { continue };
            let (left, top) = (place.x + image.placement.left, place.y - image.placement.top);
            let width = image.placement.width as usize;
            if width == 0 {
                continue;
            }
            match image.content {
                SwashContent::Mask => {
                    for (y, row) in image.data.chunks_exact(width).enumerate() {
                        for (x, alpha) in row.iter().enumerate() {
                            brush.blend(left + side(x), top + side(y), colour, *alpha);
                        }
                    }
                }
                SwashContent::Color => {
                    for (y, row) in image.data.chunks_exact(width * 4).enumerate() {
                        for (x, rgba) in row.as_chunks::<4>().0.iter().enumerate() {
                            let [r, g, b, a] = *rgba;
                            brush.blend(left + side(x), top + side(y), u32::from_be_bytes([0, r, g, b]), a);
                        }
                    }
                }
                // Asked of swash by nobody: cosmic-text requests plain alpha.
                SwashContent::SubpixelMask => {}
            }
        }
    }
}

/// Pixels for text layout.
#[expect(clippy::cast_precision_loss, reason = "windows are far smaller than 2^24 pixels")]
pub(super) fn px(value: i32) -> f32 {
    value as f32
}

/// Whole pixels that hold a length.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and lengths of text are far smaller")]
pub(super) fn ceil(value: f32) -> i32 {
    value.ceil() as i32
}

#[cfg(test)]
mod tests {
    use super::{super::canvas::Canvas, *};

    const STYLE: Style = Style { size: 20.0, bold: false, wrap: false, centred: false };

    /// How many pixels a text colours, and the leftmost and rightmost column.
    fn ink(fonts: &mut Fonts, text: &str) -> (usize, i32, i32) {
        let mut canvas = Canvas::default();
        canvas.resize(600, 60);
        let area = canvas.area();
        fonts.draw(&mut canvas.brush(area), area, text, STYLE, 0x00ff_ffff);
        let columns: Vec<usize> = canvas.pixels().iter().enumerate().filter(|(_, p)| **p != 0).map(|(i, _)| i % 600).collect();
        let edge = |c: Option<&usize>| c.map_or(0, |c| side(*c));
        (columns.len(), edge(columns.iter().min()), edge(columns.iter().max()))
    }

    #[test]
    fn every_script_leaves_ink_and_starts_at_its_own_side() {
        let mut fonts = Fonts::new();
        for text in ["Hello", "Привет", "日本語", "한국어", "สวัสดี"] {
            let (count, left, _) = ink(&mut fonts, text);
            assert!(count > 50 && left < 20, "{text}: {count} pixels from {left}");
        }
        for text in ["مرحبا", "שלום"] {
            let (count, _, right) = ink(&mut fonts, text);
            assert!(count > 50 && right > 580, "{text}: {count} pixels to {right}");
        }
        assert!(ink(&mut fonts, "🙂").0 > 20);
    }

    #[test]
    fn arabic_letters_are_joined() {
        // Joined forms are narrower than the same letters kept apart by zero-width non-joiners.
        let mut fonts = Fonts::new();
        let joined = fonts.measure("ههه", STYLE, None).0;
        let apart = fonts.measure("ه\u{200c}ه\u{200c}ه", STYLE, None).0;
        assert!(joined < apart, "{joined} {apart}");
    }

    #[test]
    fn a_machine_without_fonts_still_shows_letters_and_survives_all_others() {
        let mut fonts = Fonts::bare();
        assert!(ink(&mut fonts, "Allow").0 > 50);
        assert!(ink(&mut fonts, "Разрешить").0 > 50);
        ink(&mut fonts, "日本 🙂 \u{10ffff} \u{0}");
    }

    #[test]
    fn a_long_text_is_cut_or_broken_at_the_width() {
        let mut fonts = Fonts::new();
        let text = "one two three four five six seven eight nine ten eleven twelve";
        let (width, height) = fonts.measure(text, STYLE, Some(150));
        assert!(width <= 150 && height <= Fonts::line_height(STYLE.size), "{width}x{height}");
        let (width, height) = fonts.measure(text, Style { wrap: true, ..STYLE }, Some(150));
        assert!(width <= 150 && height >= 4 * Fonts::line_height(STYLE.size) - 4, "{width}x{height}");
    }

    #[test]
    fn what_is_no_longer_drawn_is_forgotten() {
        let mut fonts = Fonts::new();
        for n in 0..100 {
            fonts.measure(&n.to_string(), STYLE, None);
            fonts.next_frame();
        }
        assert!(fonts.blocks.len() <= 3, "{}", fonts.blocks.len());
    }
}
