//! Oracles of the fuzz targets: each takes any bytes and panics if a promise is broken.

pub mod clear;
pub mod image;
pub mod pdu;
pub mod wavelets;

use crate::{Budget, Decoder, Effort, Encoder, FirstPaint, FrameView, Hints, Limits, PixelFormat, Rect, Settings};

/// Small, so that limits are reached and memory is not what is measured.
const LIMITS: Limits = Limits { max_width: 512, max_height: 512, max_area: 1 << 16, max_operations: 512, max_cached_tiles: 8 };

/// Takes bytes off the front, zeros once they are used up.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> u32 {
        u32::from(self.byte()) << 8 | u32::from(self.byte())
    }
}

/// A session of hostile messages, each behind its length of two bytes: no panic, no hang, no picture beyond the limits.
pub fn decode(data: &[u8]) {
    let mut decoder = new_decoder();
    let mut rest = data;
    while let Some((len, tail)) = rest.split_first_chunk() {
        let (message, tail) = tail.split_at(usize::from(u16::from_le_bytes(*len)).min(tail.len()));
        rest = tail;
        let update = decoder.decode(message);
        if let Ok(update) = update {
            let damage: Vec<Rect> = update.damage.to_vec();
            let Some(surface) = decoder.surface() else {
                assert!(damage.is_empty(), "damage without a picture");
                continue;
            };
            assert!(surface.width() <= LIMITS.max_width && surface.height() <= LIMITS.max_height, "a picture beyond the limits");
            assert!(damage.iter().all(|rect| rect.fits(surface.width(), surface.height())), "damage outside the picture");
        }
    }
}

/// A program that draws, moves, resizes, limits, hints and resets: every message decodes, the encoder knows whether the viewer
/// shows the frame, and in the end it does.
pub fn roundtrip(data: &[u8]) {
    let mut source = Source(data);
    let effort = [Effort::Fast, Effort::Balanced, Effort::Small][usize::from(source.byte()) % 3];
    let images = if source.byte() & 1 == 0 { FirstPaint::Exact } else { FirstPaint::Coarse };
    let settings = Settings { limits: LIMITS, effort, images, ..Settings::default() };
    let Ok(mut encoder) = Encoder::new(settings) else { return };
    let mut decoder = new_decoder();
    let mut canvas = Canvas::new(1 + source.number() % 200, 1 + source.number() % 200);
    let mut message = Vec::new();
    // Drawn since the last frame that the encoder saw.
    let mut damage = Vec::new();
    let mut send = |canvas: &Canvas, damage: Option<&[Rect]>, budget, reset| {
        if reset {
            // A new viewer: the old one goes on showing what it has, and the encoder would know nothing of that.
            encoder.reset();
            decoder = new_decoder();
        }
        message.clear();
        let frame = canvas.view();
        let encoded = encoder.encode(&frame, &Hints { damage, moves: &[] }, budget, &mut message);
        assert!(encoded.is_ok_and(|encoded| encoded.bytes == message.len()), "encoding failed");
        let update = decoder.decode(&message);
        assert!(update.is_ok(), "a message of ours is refused: {update:?}");
        let shown = decoder.surface().is_some_and(|shown| shown.same_picture(&frame));
        assert!(!encoder.is_settled() || shown, "the encoder is wrong about what is shown");
        encoder.is_settled()
    };
    while !source.0.is_empty() {
        match source.byte() % 8 {
            0 => damage.push(canvas.draw(&mut source, |_, _, _| 0x33_6699)),
            1 => damage.push(canvas.draw(&mut source, |seed, x, y| (x * 7919 + y * 104_729).wrapping_mul(seed | 1) >> 3)),
            2 => damage.push(canvas.draw(&mut source, |seed, x, y| (x + y + seed % 3) * 0x01_0101)),
            3 => damage
                .push(canvas.draw(&mut source, |seed, x, y| [0, 0xff_ffff, 0x80_8080, seed][((((x * 5) ^ (y * 3)) >> 1) & 3) as usize])),
            4 => damage.push(canvas.shift(&mut source)),
            5 => {
                canvas = Canvas::new(1 + source.number() % 256, 1 + source.number() % 256);
                // The same size again is possible, and then damage counts.
                damage.push(Rect::new(0, 0, canvas.width, canvas.height));
            }
            choice => {
                let how = source.byte();
                let budget = if how & 1 == 0 { Budget::UNLIMITED } else { Budget::bytes(source.number() as usize % 4096) };
                send(&canvas, (choice == 6).then_some(&damage), budget, how & 0xf0 == 0xf0);
                damage.clear();
            }
        }
    }
    // One message holds 512 operations; the largest canvas has 256 rows and 4 columns of tiles.
    let settled = (0..100).any(|_| send(&canvas, None, Budget::UNLIMITED, false));
    assert!(settled, "never settles");
}

#[expect(clippy::expect_used, reason = "an oracle: a failure here is a find")]
fn new_decoder() -> Decoder {
    Decoder::new(LIMITS).expect("the limits agree with each other, and there is memory for a small window")
}

struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![0x20; width as usize * height as usize * 4] }
    }

    #[expect(clippy::expect_used, reason = "an oracle: a failure here is a find")]
    fn view(&self) -> FrameView<'_> {
        FrameView::new(self.width, self.height, self.width as usize * 4, PixelFormat::Bgrx, &self.pixels)
            .expect("the canvas is as large as it says")
    }

    fn rect(&self, source: &mut Source<'_>) -> Rect {
        let rect = Rect::new(source.number() % self.width, source.number() % self.height, source.number(), source.number());
        rect.intersection(&Rect::new(0, 0, self.width, self.height))
    }

    fn at(&self, x: u32, y: u32) -> usize {
        (y as usize * self.width as usize + x as usize) * 4
    }

    fn draw(&mut self, source: &mut Source<'_>, colour: impl Fn(u32, u32, u32) -> u32) -> Rect {
        let (rect, seed) = (self.rect(source), source.number());
        for y in rect.y..rect.bottom() {
            for x in rect.x..rect.right() {
                let at = self.at(x, y);
                self.pixels[at..at + 4].copy_from_slice(&colour(seed, x, y).to_le_bytes());
            }
        }
        rect
    }

    /// Moves a rectangle's content up and left within it.
    fn shift(&mut self, source: &mut Source<'_>) -> Rect {
        let (rect, dx, dy) = (self.rect(source), u32::from(source.byte() % 16), u32::from(source.byte() % 64));
        for y in rect.y..rect.bottom().saturating_sub(dy) {
            for x in rect.x..rect.right().saturating_sub(dx) {
                let (from, to) = (self.at(x + dx, y + dy), self.at(x, y));
                self.pixels.copy_within(from..from + 4, to);
            }
        }
        rect
    }
}
