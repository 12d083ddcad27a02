//! What the exact coder promises.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

use super::{
    super::{
        image::{Scratch, Window},
        pictures::{Scene, scene},
    },
    decode, encode,
};
use crate::{FrameView, PixelFormat, Rect, Surface};

fn pass(scene: &Scene, shown: &mut Surface, side: bool) -> Vec<Vec<u8>> {
    let mut scratch = Scratch::default();
    let slices = Window::new(shown, scene.rect).slices().map(|mut window| {
        let mut out = Vec::new();
        encode(&scene.frame(), &mut window, side, &mut scratch, &mut out);
        out
    });
    slices.collect()
}

proptest! {
    #[test]
    fn both_sides_show_the_frame(scene in scene(), side in any::<bool>()) {
        let (mut theirs, mut ours) = (scene.shown(), scene.shown());
        let slices = pass(&scene, &mut ours, side);
        prop_assert!(scene.exact_inside(&ours));
        let mut scratch = Scratch::default();
        for (mut window, data) in Window::new(&mut theirs, scene.rect).slices().zip(&slices) {
            prop_assert_eq!(decode(data, &mut window, &mut scratch), Ok(()));
        }
        prop_assert!(scene.exact_inside(&theirs));
        prop_assert!(scene.untouched_outside(&ours));
        prop_assert!(scene.untouched_outside(&theirs));
    }

    #[test]
    fn any_bytes_are_survived(scene in scene(), data in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut shown = scene.shown();
        let mut scratch = Scratch::default();
        for mut window in Window::new(&mut shown, scene.rect).slices() {
            let _ = decode(&data, &mut window, &mut scratch);
        }
        prop_assert!(scene.untouched_outside(&shown));
    }

    #[test]
    fn what_is_cut_off_is_survived(scene in scene(), side in any::<bool>(), keep in 0..256usize) {
        let mut shown = scene.shown();
        let slices = pass(&scene, &mut shown, side);
        let mut scratch = Scratch::default();
        for (mut window, data) in Window::new(&mut shown, scene.rect).slices().zip(&slices) {
            let _ = decode(&data[..data.len() * keep / 256], &mut window, &mut scratch);
        }
    }
}

#[test]
fn flat_areas_are_nearly_free() {
    let pixels: Vec<u8> = (0..1920 * 540u32).flat_map(|n| (if n % 1920 < 960 { 0x20_3040u32 } else { 0xf0_f0f0 }).to_le_bytes()).collect();
    let frame = FrameView::new(1920, 540, 1920 * 4, PixelFormat::Bgrx, &pixels).unwrap();
    let rect = Rect::new(0, 0, 1920, 540);
    let mut shown = Surface::default();
    shown.resize(1920, 540);
    let (mut out, mut scratch) = (Vec::new(), Scratch::default());
    for mut window in Window::new(&mut shown, rect).slices() {
        encode(&frame, &mut window, false, &mut scratch, &mut out);
    }
    assert!(out.len() < 400, "{} bytes for two colours", out.len());
    assert!(shown.view().unwrap().same_picture(&frame));
}

#[test]
fn unknown_kinds_are_refused() {
    let mut shown = Surface::default();
    shown.resize(16, 16);
    let mut window = Window::new(&mut shown, Rect::new(0, 0, 16, 16));
    assert!(decode(&[], &mut window, &mut Scratch::default()).is_err());
    assert!(decode(&[2], &mut window, &mut Scratch::default()).is_err());
}
