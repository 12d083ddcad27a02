//! Planar: what is written comes back, what is no stream is refused.

use proptest::prelude::*;
use rh_codec::{
    Limits, Rect, Surface,
    planar::{Decoder, Encoder},
};

use crate::screen::{Noise, Screen, small_limits};

/// The pixels of a black surface of 8×4 on which a stream has painted `rect`.
fn painted(data: &[u8], rect: Rect) -> Vec<[u8; 4]> {
    let mut surface = Surface::default();
    surface.resize(8, 4);
    Decoder::new(&Limits::default()).decode(data, &mut surface, rect).unwrap();
    surface.view().unwrap().pixels().as_chunks().0.to_vec()
}

const BLACK: [u8; 4] = [0, 0, 0, 255];

#[test]
fn streams_by_hand_decode() {
    // Raw red, green, blue of two pixels, and the pad byte.
    let pixels = painted(&[0x20, 1, 2, 3, 4, 5, 6, 0], Rect::new(6, 3, 2, 1));
    assert_eq!(pixels[24 + 6..], [[5, 3, 1, 255], [6, 4, 2, 255]]);
    assert_eq!(pixels[..24 + 6], [BLACK; 30]);

    // Raw alpha comes first and is not shown.
    assert_eq!(painted(&[0x00, 9, 1, 3, 5, 0], Rect::new(0, 0, 1, 1))[0], [5, 3, 1, 255]);

    // Run lengths: [MS-RDPEGDI] 3.1.9.2: 2 bytes and their last one 3 times; below, differences 0 (5 times), 1, -1, 2, -2, ….
    let plane: &[u8] = &[0x23, 10, 20, 0x50, 0, 2, 1, 4, 3];
    let stream: Vec<u8> = [&[0x30], plane, plane, plane].concat();
    let pixels = painted(&stream, Rect::new(0, 0, 5, 2));
    let grey = |value| [value, value, value, 255];
    assert_eq!(pixels[..5], [10, 20, 20, 20, 20].map(grey));
    assert_eq!(pixels[8..13], [10, 21, 19, 22, 18].map(grey));

    // Luma 100, orange chroma 20, green chroma -10, of level 1: red 100 + 20 + 10, green 100 - 10, blue 100 - 20 + 10.
    assert_eq!(painted(&[0x21, 100, 20, 0xf6, 0], Rect::new(0, 0, 1, 1))[0], [90, 90, 130, 255]);
    // The same, subsampled: one chroma for 2×2.
    let pixels = painted(&[0x29, 100, 100, 100, 100, 20, 0xf6, 0], Rect::new(0, 0, 2, 2));
    assert_eq!([pixels[0], pixels[1], pixels[8], pixels[9]], [[90, 90, 130, 255]; 4]);
}

#[test]
fn long_runs_of_every_length_come_back() {
    for width in 1..200 {
        let mut screen = Screen::new(width, 3, 0);
        screen.fill(Rect::new(width / 3, 0, width, 3), 0x12_3456);
        screen.fill(Rect::new(width / 2, 1, 1, 1), 0xff_ffff);
        round_trip(&screen, screen.whole());
    }
}

fn round_trip(screen: &Screen, rect: Rect) -> usize {
    let mut data = vec![7];
    Encoder::new().encode(&screen.view(), rect, &mut data).unwrap();
    assert!(data.len() - 1 <= Encoder::worst_case(rect.area() as usize));
    let mut surface = Surface::default();
    surface.resize(screen.view().width(), screen.view().height());
    Decoder::new(&Limits::default()).decode(&data[1..], &mut surface, rect).unwrap();
    let shown = surface.view().unwrap();
    for y in 0..shown.height() {
        for x in 0..shown.width() {
            let inside = x >= rect.x && x < rect.right() && y >= rect.y && y < rect.bottom();
            let at = (y * shown.width() + x) as usize * 4;
            let pixel = u32::from_le_bytes(shown.pixels()[at..at + 4].try_into().unwrap());
            assert_eq!(pixel, if inside { screen.get(x, y) | 0xff00_0000 } else { 0xff00_0000 }, "at {x}, {y}");
        }
    }
    data.len() - 1
}

#[test]
fn refusals_name_what_is_wrong() {
    let mut surface = Surface::default();
    surface.resize(8, 4);
    let mut decoder = Decoder::new(&small_limits());
    for (name, data, expected) in [
        ("nothing", vec![], "nothing"),
        ("cut raw plane", vec![0x20, 1, 2], "inside a plane"),
        ("cut run", vec![0x30, 0x04, 0x04], "inside a plane"),
        ("cut bytes", vec![0x30, 0x04, 0x04, 0x40, 1], "inside a plane"),
        ("run beyond its row", vec![0x30, 0x05, 0x04, 0x04], "beyond its row"),
        ("run of a whole screen", vec![0x30, 0xf2, 0x04, 0x04], "beyond its row"),
        ("bytes behind", vec![0x30, 0x04, 0x04, 0x04, 0], "behind"),
        ("bytes behind raw planes", [&[0x20][..], &[0; 12], &[0, 0]].concat(), "behind"),
        ("subsampled colours", vec![0x28, 1, 2, 3], "subsampling"),
    ] {
        let error = decoder.decode(&data, &mut surface, Rect::new(1, 1, 4, 1)).unwrap_err();
        assert!(error.to_string().contains(expected), "{name}: {error}");
        assert!(surface.view().unwrap().pixels().as_chunks::<4>().0.iter().all(|pixel| *pixel == BLACK), "{name} painted");
    }
    for rect in [Rect::new(0, 0, 9, 1), Rect::new(0, 4, 1, 1), Rect::default()] {
        assert!(matches!(decoder.decode(&[0x30], &mut surface, rect), Err(rh_codec::Error::ApiMisuse(_))));
        assert!(matches!(Encoder::new().encode(&surface.view().unwrap(), rect, &mut Vec::new()), Err(rh_codec::Error::ApiMisuse(_))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn anything_comes_back(width in 1u32..90, height in 1u32..40, seed in any::<u64>(), kind in 0..4) {
        let mut screen = Screen::new(width, height, 12);
        let mut noise = Noise(seed | 1);
        match kind {
            0 => screen.text(screen.whole(), &mut noise),
            1 => screen.photo(screen.whole(), &mut noise),
            2 => screen.noise(screen.whole(), &mut noise),
            _ => screen.noise(Rect::new(width / 2, height / 2, 20, 20).intersection(&screen.whole()), &mut noise),
        }
        round_trip(&screen, screen.whole());
        round_trip(&screen, Rect::new(width / 3, height / 3, 1 + width / 3, 1 + height / 3));
    }

    #[test]
    fn damage_is_survived(head in any::<u8>(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5), cut in any::<prop::sample::Index>()) {
        let mut screen = Screen::new(30, 20, 0);
        screen.text(screen.whole(), &mut Noise(3));
        let mut data = Vec::new();
        Encoder::new().encode(&screen.view(), screen.whole(), &mut data).unwrap();
        if edits.len() > 3 {
            data[0] = head;
        }
        for (at, value) in edits {
            let at = at.index(data.len());
            data[at] = value;
        }
        let mut surface = Surface::default();
        surface.resize(30, 20);
        let mut decoder = Decoder::new(&small_limits());
        let _ = decoder.decode(&data, &mut surface, screen.whole());
        prop_assert!(decoder.decode(&data[..cut.index(data.len())], &mut surface, screen.whole()).is_err() || head & 0x10 == 0);
    }
}
