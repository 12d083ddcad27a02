//! What the transform coder promises.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "tests")]

use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{
    super::{
        image::{Scratch, Window},
        pictures::{Scene, scene},
    },
    Quality, decode, encode,
};
use crate::{FrameView, PixelFormat, Rect, Surface};

fn quality() -> impl Strategy<Value = Quality> {
    prop_oneof![Just(Quality::COARSE), Just(Quality::FIRST), Just(Quality::FINE), (0..64u8).prop_map(|n| Quality::new(n).unwrap())]
}

/// The bytes of each slice, and what the encoder says is shown afterwards.
fn pass(scene: &Scene, shown: &mut Surface, quality: Quality, refine: bool) -> Vec<Vec<u8>> {
    let mut scratch = Scratch::default();
    let slices = Window::new(shown, scene.rect).slices().map(|mut window| {
        let mut out = Vec::new();
        encode(&scene.frame(), &mut window, quality, refine, &mut scratch, &mut out);
        out
    });
    slices.collect()
}

fn mean_square(frame: &FrameView<'_>, shown: &Surface, rect: Rect) -> f64 {
    let mut total = 0.0;
    for y in rect.y..rect.bottom() {
        for (a, b) in frame.span(rect.x, y, rect.width).iter().zip(shown.span(rect.x, y, rect.width)) {
            total += (0..3).map(|i| (f64::from(a[i]) - f64::from(b[i])).powi(2)).sum::<f64>();
        }
    }
    total / (3 * rect.area()) as f64
}

proptest! {
    #[test]
    fn both_sides_show_the_same(scene in scene(), quality in quality(), refine in any::<bool>()) {
        let (mut theirs, mut ours) = (scene.shown(), scene.shown());
        let slices = pass(&scene, &mut ours, quality, refine);
        let mut scratch = Scratch::default();
        for (mut window, data) in Window::new(&mut theirs, scene.rect).slices().zip(&slices) {
            prop_assert_eq!(decode(data, &mut window, &mut scratch), Ok(()));
        }
        prop_assert!(theirs.view().unwrap().same_picture(&ours.view().unwrap()));
        prop_assert!(scene.untouched_outside(&ours));
    }

    #[test]
    fn no_block_is_far_off(scene in scene(), refine in any::<bool>()) {
        let mut shown = scene.shown();
        pass(&scene, &mut shown, Quality::FIRST, refine);
        let rect = scene.rect;
        for y in (rect.y..rect.bottom()).step_by(16) {
            for x in (rect.x..rect.right()).step_by(16) {
                let block = Rect::new(x, y, 16, 16).intersection(&rect);
                // A block that the edge cuts is judged with the pixels that it was continued with.
                if block.area() == 256 {
                    let off = mean_square(&scene.frame(), &shown, block);
                    prop_assert!(off <= 26.0, "a mean square of {off} at {block:?}");
                }
            }
        }
    }

    #[test]
    fn refinement_ends_near(scene in scene()) {
        let mut shown = scene.shown();
        for (quality, refine) in [(Quality::COARSE, true), (Quality::FIRST, true), (Quality::FINE, true), (Quality::new(0).unwrap(), true)] {
            pass(&scene, &mut shown, quality, refine);
        }
        // In a smaller rectangle a pixel may count for a two hundred and fiftieth of its block, and be off accordingly.
        if scene.rect.width >= 16 && scene.rect.height >= 16 {
            let off = mean_square(&scene.frame(), &shown, scene.rect);
            prop_assert!(off < 10.0, "a mean square of {off}");
        }
    }

    #[test]
    fn any_bytes_are_survived(scene in scene(), data in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut shown = scene.shown();
        let mut scratch = Scratch::default();
        for mut window in Window::new(&mut shown, scene.rect).slices() {
            // Whether they are refused depends on the bytes; what counts is that this returns.
            let _ = decode(&data, &mut window, &mut scratch);
        }
        prop_assert!(scene.untouched_outside(&shown));
    }

    #[test]
    fn what_is_cut_off_is_survived(scene in scene(), keep in 0..256usize) {
        let mut shown = scene.shown();
        let slices = pass(&scene, &mut shown, Quality::FINE, false);
        let mut scratch = Scratch::default();
        for (mut window, data) in Window::new(&mut shown, scene.rect).slices().zip(&slices) {
            let _ = decode(&data[..data.len() * keep / 256], &mut window, &mut scratch);
        }
    }
}

#[test]
fn nothing_to_refine_costs_nothing() {
    let pixels: Vec<u8> = (0..640 * 480u32).flat_map(|n| (n % 640 / 3 * 0x01_0101).to_le_bytes()).collect();
    let frame = FrameView::new(640, 480, 640 * 4, PixelFormat::Bgrx, &pixels).unwrap();
    let mut shown = Surface::default();
    shown.resize(640, 480);
    shown.put(&frame, Rect::new(0, 0, 640, 480));
    let (mut out, mut scratch) = (Vec::new(), Scratch::default());
    for mut window in Window::new(&mut shown, Rect::new(0, 0, 640, 480)).slices() {
        encode(&frame, &mut window, Quality::FINE, true, &mut scratch, &mut out);
    }
    assert!(out.len() < 64, "{} bytes for no change", out.len());
    assert!(shown.view().unwrap().same_picture(&frame));
}

#[test]
fn unknown_qualities_are_refused() {
    let mut shown = Surface::default();
    shown.resize(16, 16);
    let mut window = Window::new(&mut shown, Rect::new(0, 0, 16, 16));
    assert!(decode(&[], &mut window, &mut Scratch::default()).is_err());
    assert!(decode(&[64], &mut window, &mut Scratch::default()).is_err());
}
