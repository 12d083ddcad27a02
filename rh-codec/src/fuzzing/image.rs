//! Oracles of the image coders: hostile slices, and pictures that must come out as the encoder says.

use super::Source;
use crate::{
    FrameView, PixelFormat, Rect, Surface,
    native::{
        exact,
        image::{Scratch, Window},
        wave::{self, Quality},
    },
};

/// A picture, what is shown, and a rectangle of both; what is left of the input is content.
struct Scene {
    width: u32,
    rect: Rect,
    pixels: Vec<u8>,
    shown: Surface,
}

impl Scene {
    fn new(source: &mut Source<'_>) -> Self {
        let (width, height) = (1 + u32::from(source.byte()) % 50, 1 + u32::from(source.byte()) % 50);
        let (x, y) = (u32::from(source.byte()) % width, u32::from(source.byte()) % height);
        let rect = Rect::new(x, y, 1 + u32::from(source.byte()) % (width - x), 1 + u32::from(source.byte()) % (height - y));
        let mut shown = Surface::default();
        shown.resize(width, height);
        let (step, start) = (source.byte(), source.byte());
        for (pixel, n) in shown.pixels_mut().iter_mut().zip(0u32..) {
            let shade = n.to_le_bytes()[0].wrapping_mul(step).wrapping_add(start);
            *pixel = [shade, start, shade.rotate_left(3), 255];
        }
        // Bytes of the input repeat, so that a few of them fill a picture.
        let content = if source.0.is_empty() { &[0x80][..] } else { source.0 };
        let pixels = content.iter().cycle().take(width as usize * height as usize * 4).copied().collect();
        Self { width, rect, pixels, shown }
    }

    #[expect(clippy::expect_used, reason = "an oracle: a failure here is a find")]
    fn frame(&self) -> FrameView<'_> {
        let (width, height) = self.shown.size();
        FrameView::new(width, height, self.width as usize * 4, PixelFormat::Bgrx, &self.pixels).expect("as many pixels as that")
    }

    fn outside_is_as_before(&self, shown: &Surface) -> bool {
        let (width, height) = self.shown.size();
        (0..height).all(|y| {
            let inside = (self.rect.y..self.rect.bottom()).contains(&y);
            let columns = if inside { (self.rect.x as usize, self.rect.right() as usize) } else { (0, 0) };
            let (is, was) = (shown.span(0, y, width), self.shown.span(0, y, width));
            is[..columns.0] == was[..columns.0] && is[columns.1..] == was[columns.1..]
        })
    }
}

/// Any bytes as a slice of the coarse coder; and a picture, whose slice must decode to what the encoder shows.
pub fn wave(data: &[u8]) {
    let mut source = Source(data);
    let how = source.byte();
    let scene = Scene::new(&mut source);
    let mut scratch = Scratch::default();
    let mut shown = scene.shown.clone();
    // Refused or not, nothing else may change.
    let _ = wave::decode(source.0, &mut Window::new(&mut shown, scene.rect), &mut scratch);
    assert!(scene.outside_is_as_before(&shown), "a slice changed something beside its rectangle");

    let Some(quality) = Quality::new(how & 63) else { return };
    let (mut ours, mut theirs, mut slice) = (scene.shown.clone(), scene.shown.clone(), Vec::new());
    wave::encode(&scene.frame(), &mut Window::new(&mut ours, scene.rect), quality, how & 64 != 0, &mut scratch, &mut slice);
    let decoded = wave::decode(&slice, &mut Window::new(&mut theirs, scene.rect), &mut scratch);
    assert!(decoded.is_ok(), "a slice of ours is refused: {decoded:?}");
    assert!(ours.pixels_mut() == theirs.pixels_mut(), "the encoder is wrong about what is shown");
    assert!(scene.outside_is_as_before(&ours), "a slice changed something beside its rectangle");
}

/// Any bytes as a slice of the exact coder; and a picture, whose slice must decode to it.
pub fn exact(data: &[u8]) {
    let mut source = Source(data);
    let how = source.byte();
    let scene = Scene::new(&mut source);
    let mut scratch = Scratch::default();
    let mut shown = scene.shown.clone();
    let _ = exact::decode(source.0, &mut Window::new(&mut shown, scene.rect), &mut scratch);
    assert!(scene.outside_is_as_before(&shown), "a slice changed something beside its rectangle");

    let (mut ours, mut theirs, mut slice) = (scene.shown.clone(), scene.shown.clone(), Vec::new());
    exact::encode(&scene.frame(), &mut Window::new(&mut ours, scene.rect), how & 1 != 0, &mut scratch, &mut slice);
    let decoded = exact::decode(&slice, &mut Window::new(&mut theirs, scene.rect), &mut scratch);
    assert!(decoded.is_ok(), "a slice of ours is refused: {decoded:?}");
    assert!(ours.pixels_mut() == theirs.pixels_mut(), "the encoder is wrong about what is shown");
    let mut expected = scene.shown.clone();
    expected.put(&scene.frame(), scene.rect);
    assert!(ours.pixels_mut() == expected.pixels_mut(), "an exact slice is not exact");
}
