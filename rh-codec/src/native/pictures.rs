//! Pictures and rectangles that the tests of the image coders are made of.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tests")]

use proptest::prelude::{Just, Strategy, any, prop};

use crate::{FrameView, PixelFormat, Rect, Surface, image::Pixel};

/// What a picture shows.
#[derive(Clone, Copy, Debug)]
enum Content {
    Noise,
    Gradient,
    Flat,
    Text,
    Waves,
}

/// A picture to code, the one that is shown, and a rectangle of them.
#[derive(Clone)]
pub(super) struct Scene {
    contents: [Content; 2],
    seed: u32,
    width: u32,
    height: u32,
    pub(super) rect: Rect,
    pixels: Vec<u8>,
    shown: Surface,
}

impl std::fmt::Debug for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} from seed {} in {:?} of {} by {}", self.contents, self.seed, self.rect, self.width, self.height)
    }
}

impl Scene {
    pub(super) fn frame(&self) -> FrameView<'_> {
        FrameView::new(self.width, self.height, self.width as usize * 4, PixelFormat::Bgrx, &self.pixels).unwrap()
    }

    /// What is shown before.
    pub(super) fn shown(&self) -> Surface {
        self.shown.clone()
    }

    /// Whether `shown` is what it was before, but for the rectangle.
    pub(super) fn untouched_outside(&self, shown: &Surface) -> bool {
        (0..self.height).all(|y| {
            let inside = (self.rect.y..self.rect.bottom()).contains(&y);
            let (is, was) = (shown.span(0, y, self.width), self.shown.span(0, y, self.width));
            let (left, right) = if inside { (self.rect.x as usize, self.rect.right() as usize) } else { (0, 0) };
            is[..left] == was[..left] && is[right..] == was[right..]
        })
    }

    /// Whether `shown` has the frame's pixels in the rectangle.
    pub(super) fn exact_inside(&self, shown: &Surface) -> bool {
        let frame = self.frame();
        let rect = self.rect;
        (rect.y..rect.bottom()).all(|y| {
            let pairs = shown.span(rect.x, y, rect.width).iter().zip(frame.span(rect.x, y, rect.width));
            pairs.into_iter().all(|(is, should)| is[..3] == should[..3] && is[3] == 255)
        })
    }
}

pub(super) fn scene() -> impl Strategy<Value = Scene> {
    let content = || prop::sample::select(vec![Content::Noise, Content::Gradient, Content::Flat, Content::Text, Content::Waves]);
    let part = |limit: u32| (1..=limit).prop_flat_map(move |size| (0..=limit - size, 1..=size));
    (1u32..80, 1u32..80)
        .prop_flat_map(move |(width, height)| (part(width), part(height), content(), content(), any::<u32>(), Just((width, height))))
        .prop_map(|((x, w), (y, h), content, shown, seed, (width, height))| {
            let pixels = draw(content, width, height, seed);
            let mut surface = Surface::default();
            surface.resize(width, height);
            surface.pixels_mut().copy_from_slice(draw(shown, width, height, seed / 3).as_chunks().0);
            surface.pixels_mut().iter_mut().for_each(|pixel| pixel[3] = 255);
            Scene { contents: [content, shown], seed, width, height, rect: Rect::new(x, y, w, h), pixels, shown: surface }
        })
}

fn draw(content: Content, width: u32, height: u32, seed: u32) -> Vec<u8> {
    let mix = |n: u32| (n ^ n >> 15).wrapping_mul(0x2c1b_3c6d) ^ n.wrapping_mul(0x297a_2d39) >> 12;
    let pixel = |x: u32, y: u32| -> Pixel {
        let colour = match content {
            Content::Noise => mix(mix(x ^ seed).wrapping_add(y)),
            Content::Gradient => (x + 2 * y + seed % 90) % 256 * 0x01_0101 + (x % 5) * 0x1000,
            Content::Flat => seed,
            Content::Text => [seed, 0, 0xff_ffff, 0x80_8080][(mix(x / 2 * 977 + y / 3) % 4) as usize],
            Content::Waves => {
                let wave = |n: u32| ((f64::from(n + seed % 100) / 7.0).sin() * 100.0 + 128.0) as u32;
                wave(x) | wave(y) << 8 | wave(x + y) << 16
            }
        };
        // Frames carry anything in the fourth byte.
        (colour & 0xff_ffff | seed << 24).to_le_bytes()
    };
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
}
