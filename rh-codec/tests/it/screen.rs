//! A picture to draw on, with rows further apart than they are long.

use rh_codec::{Budget, Decoder, Encoded, Encoder, FirstPaint, FrameView, Hints, Limits, PixelFormat, Rect, Settings};

/// A source of numbers that is the same in every run.
#[derive(Clone, Debug)]
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Screen {
    pub(crate) width: u32,
    pub(crate) height: u32,
    stride: usize,
    bytes: Vec<u8>,
}

impl Screen {
    /// Grey, with rubbish in the bytes that no pixel owns and in those that carry no colour.
    pub(crate) fn new(width: u32, height: u32, padding: usize) -> Self {
        let stride = width as usize * 4 + padding;
        let mut screen = Self { width, height, stride, bytes: vec![0xaa; stride * height as usize] };
        screen.fill(screen.whole(), 0x40_4040);
        screen
    }

    pub(crate) fn whole(&self) -> Rect {
        Rect::new(0, 0, self.width, self.height)
    }

    pub(crate) fn view(&self) -> FrameView<'_> {
        FrameView::new(self.width, self.height, self.stride, PixelFormat::Bgrx, &self.bytes).unwrap()
    }

    pub(crate) fn put(&mut self, x: u32, y: u32, colour: u32) {
        let at = y as usize * self.stride + x as usize * 4;
        self.bytes[at..at + 3].copy_from_slice(&colour.to_le_bytes()[..3]);
        self.bytes[at + 3] = (x ^ y) as u8;
    }

    pub(crate) fn get(&self, x: u32, y: u32) -> u32 {
        let at = y as usize * self.stride + x as usize * 4;
        u32::from_le_bytes([self.bytes[at], self.bytes[at + 1], self.bytes[at + 2], 0])
    }

    pub(crate) fn draw(&mut self, rect: Rect, mut colour: impl FnMut(u32, u32) -> u32) {
        let rect = rect.intersection(&self.whole());
        for y in rect.y..rect.bottom() {
            for x in rect.x..rect.right() {
                self.put(x, y, colour(x, y));
            }
        }
    }

    pub(crate) fn fill(&mut self, rect: Rect, colour: u32) {
        self.draw(rect, |_, _| colour);
    }

    /// Every pixel its own colour.
    pub(crate) fn noise(&mut self, rect: Rect, noise: &mut Noise) {
        self.draw(rect, |_, _| noise.next() & 0xff_ffff);
    }

    /// A photograph's worth: colours that flow, with grain.
    pub(crate) fn photo(&mut self, rect: Rect, noise: &mut Noise) {
        self.draw(rect, |x, y| {
            let grain = noise.below(6);
            let channel = |phase: u32| ((x * (2 + phase) + y * 3) / 7 + phase * 40 + grain) & 0xff;
            channel(0) | channel(1) << 8 | channel(2) << 16
        });
    }

    /// Lines of made-up words, 17 rows each, in a few shades: 26 letters of 8 columns.
    pub(crate) fn text(&mut self, rect: Rect, noise: &mut Noise) {
        self.fill(rect, 0xff_ffff);
        for top in (rect.y..rect.bottom().saturating_sub(16)).step_by(17) {
            for left in (rect.x..rect.right().saturating_sub(7)).step_by(8) {
                let letter = noise.below(32);
                if letter < 26 {
                    let mut shape = Noise(u64::from(letter) + 77);
                    for y in top + 2..top + 14 {
                        for x in left + 1..left + 7 {
                            let shade = [0xff_ffff, 0xff_ffff, 0xff_ffff, 0x20_2020, 0x90_9090][shape.below(5) as usize];
                            self.put(x, y, shade);
                        }
                    }
                }
            }
        }
    }

    /// Moves the content of `rect` by whole pixels; what comes in is what was there.
    pub(crate) fn shift(&mut self, rect: Rect, dx: i32, dy: i32) {
        let old = self.clone();
        for y in rect.y..rect.bottom() {
            for x in rect.x..rect.right() {
                let from = x.checked_add_signed(-dx).zip(y.checked_add_signed(-dy));
                if let Some((fx, fy)) = from.filter(|&(x, y)| x >= rect.x && y >= rect.y && x < rect.right() && y < rect.bottom()) {
                    self.put(x, y, old.get(fx, fy));
                }
            }
        }
    }
}

/// An encoder and the decoder at the other end.
pub(crate) struct Link {
    pub(crate) encoder: Encoder,
    pub(crate) decoder: Decoder,
    pub(crate) message: Vec<u8>,
    /// Images are exact at once, so that being settled and showing the frame are the same.
    exact: bool,
}

impl Link {
    pub(crate) fn new() -> Self {
        Self::with(exact_settings())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self {
            encoder: Encoder::new(settings).unwrap(),
            decoder: Decoder::of(settings.profile, settings.limits).unwrap(),
            message: Vec::new(),
            exact: settings.images == FirstPaint::Exact,
        }
    }

    /// One frame without a budget; the viewer must show it.
    pub(crate) fn show(&mut self, screen: &Screen) -> Encoded {
        self.show_hinted(screen, &Hints::default())
    }

    pub(crate) fn show_hinted(&mut self, screen: &Screen, hints: &Hints<'_>) -> Encoded {
        let encoded = self.send(screen, hints, Budget::UNLIMITED);
        assert!(self.encoder.is_settled());
        assert!(self.shows(screen), "the viewer shows something else");
        encoded
    }

    /// One frame; the message must decode, and be right about whether the viewer shows the frame.
    pub(crate) fn send(&mut self, screen: &Screen, hints: &Hints<'_>, budget: Budget) -> Encoded {
        self.message.clear();
        let encoded = self.encoder.encode(&screen.view(), hints, budget, &mut self.message).unwrap();
        assert_eq!(encoded.bytes, self.message.len());
        self.decoder.decode(&self.message).unwrap();
        if self.exact {
            assert_eq!(self.encoder.is_settled(), self.shows(screen));
        } else {
            assert!(!self.encoder.is_settled() || self.shows(screen), "settled without showing the frame");
        }
        encoded
    }

    pub(crate) fn shows(&self, screen: &Screen) -> bool {
        self.decoder.surface().is_some_and(|shown| shown.same_picture(&screen.view()))
    }
}

/// Small limits, for tests that reach them.
pub(crate) fn small_limits() -> Limits {
    Limits { max_width: 256, max_height: 256, max_area: 128 * 128, max_operations: 64, max_cached_tiles: 8 }
}

/// Every frame exact at once.
pub(crate) fn exact_settings() -> Settings {
    Settings { images: FirstPaint::Exact, ..Settings::default() }
}
