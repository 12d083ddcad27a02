//! RemoteFX in one pass.

use rh_codec::{
    Error, FrameView, Limits, PixelFormat, Rect, Surface,
    rfx::{Decoder, Encoder, Entropy, Level},
};

use crate::screen::Noise;

/// [MS-RDPRFX] 4.2: the headers, and a frame of one tile.
const EXAMPLE: &[u8] = include_bytes!("../data/rfx_example.bin");
/// What FreeRDP 2.11 shows of it (BGRX).
const EXAMPLE_PICTURE: &[u8] = include_bytes!("../data/rfx_example_picture.bin");

fn surface(width: u32, height: u32) -> Surface {
    let mut surface = Surface::default();
    surface.resize(width, height);
    surface
}

fn decode(message: &[u8]) -> Result<(Surface, Vec<Rect>), Error> {
    let (mut surface, mut damage) = (surface(64, 64), Vec::new());
    Decoder::new(&Limits::default()).decode(message, Rect::new(0, 0, 64, 64), &mut surface, &mut damage)?;
    Ok((surface, damage))
}

#[test]
fn the_example_of_the_specification_decodes() {
    let (surface, damage) = decode(EXAMPLE).unwrap();
    assert_eq!(damage, [Rect::new(0, 0, 64, 64)]);
    let worst = surface.view().unwrap().pixels().iter().zip(EXAMPLE_PICTURE).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(1), "{worst:?}");
}

#[test]
fn pictures_survive_both_entropy_coders() {
    let mut noise = Noise(3);
    let pixels: Vec<u8> =
        (0..150 * 100u32).flat_map(|i| [i % 150, i / 150 + noise.next() % 4, i / 99 % 200, 0].map(|value| value as u8)).collect();
    let frame = FrameView::new(150, 100, 600, PixelFormat::Bgrx, &pixels).unwrap();
    for entropy in [Entropy::Rlgr1, Entropy::Rlgr3] {
        let (mut encoder, mut decoder) = (Encoder::new(entropy), Decoder::new(&Limits::default()));
        for (level, allowed) in [(Level::Coarse, 40), (Level::Full, 8)] {
            for rect in [Rect::new(0, 0, 150, 100), Rect::new(7, 9, 1, 1), Rect::new(70, 30, 80, 70)] {
                let (mut message, mut surface, mut damage) = (Vec::new(), surface(150, 100), Vec::new());
                assert_eq!(encoder.encode(&frame, rect, level, &mut message).unwrap(), message.len());
                decoder.decode(&message, rect, &mut surface, &mut damage).unwrap();
                assert_eq!(damage.iter().map(Rect::area).sum::<u64>(), rect.area());
                for y in rect.y..rect.bottom() {
                    let columns = rect.x as usize * 4..rect.right() as usize * 4;
                    let pairs = surface.view().unwrap().row(y)[columns.clone()].iter().zip(&frame.row(y)[columns]);
                    let worst = pairs.enumerate().filter(|(i, _)| i % 4 != 3).map(|(_, (a, b))| a.abs_diff(*b)).max();
                    assert!(worst <= Some(allowed), "{level:?} {rect:?} row {y}: {worst:?}");
                }
            }
        }
    }
}

#[test]
fn wrong_use_is_told() {
    let pixels = [0; 64 * 64 * 4];
    let frame = FrameView::new(64, 64, 256, PixelFormat::Bgrx, &pixels).unwrap();
    let mut out = Vec::new();
    let mut encoder = Encoder::new(Entropy::Rlgr1);
    for rect in [Rect::new(0, 0, 65, 1), Rect::new(3, 3, 0, 4)] {
        assert!(matches!(encoder.encode(&frame, rect, Level::Good, &mut out), Err(Error::ApiMisuse(_))));
    }
    assert!(out.is_empty());
    let place = Rect::new(1, 0, 64, 64);
    let decoded = Decoder::new(&Limits::default()).decode(EXAMPLE, place, &mut surface(64, 64), &mut Vec::new());
    assert!(matches!(decoded, Err(Error::ApiMisuse(_))));
}

#[test]
fn damaged_messages_are_refused_or_drawn() {
    let pixels = [40, 50, 60, 0].repeat(64 * 64);
    let frame = FrameView::new(64, 64, 256, PixelFormat::Bgrx, &pixels).unwrap();
    let mut message = Vec::new();
    Encoder::new(Entropy::Rlgr3).encode(&frame, Rect::new(0, 0, 64, 64), Level::Good, &mut message).unwrap();
    let whole = decode(&message).unwrap();
    assert_eq!(whole.1.len(), 1);
    for length in 0..message.len() {
        if let Ok((_, damage)) = decode(&message[..length]) {
            assert!(damage.is_empty() || length == message.len() - 8, "{length}");
        }
    }
    for at in 0..message.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bad = message.clone();
            bad[at] ^= flip;
            let _ = decode(&bad);
        }
    }
}

#[test]
fn what_a_stream_may_not_say() {
    let refused = |at: usize, byte: u8, why: &str| {
        let mut message = EXAMPLE.to_vec();
        message[at] = byte;
        assert!(matches!(decode(&message), Err(Error::Malformed(_) | Error::Unsupported(_))), "{why}");
    };
    refused(0, 0xc9, "an unknown block");
    refused(12 + 9, 32, "tiles of 32 pixels");
    refused(12 + 12, 0xac, "an entropy coder that nobody knows");
    let set = EXAMPLE.windows(2).position(|pair| pair == [0xc7, 0xcc]).unwrap();
    refused(set + 8, 0xc3, "no set of tiles");
    refused(set + 15, 32, "tiles of 32 pixels");
    refused(set + 16, 2, "two tiles where one is");
    refused(set + 22, 0x65, "a factor below 6");
    refused(set + 27, 0xc4, "no tile");
    refused(set + 33, 1, "the second of one table");
    // Tiles before a context, and before a region.
    assert!(matches!(decode(&EXAMPLE[set..]), Err(Error::Malformed(_))));
    // The same tile over and over: bounded by what a message may ask for.
    let mut endless = EXAMPLE.to_vec();
    (0..4).for_each(|_| endless.extend_from_slice(&EXAMPLE[set..EXAMPLE.len() - 8]));
    let limits = Limits { max_area: 64 * 64, ..Limits::default() };
    let decoded = Decoder::new(&limits).decode(&endless, Rect::new(0, 0, 64, 64), &mut surface(64, 64), &mut Vec::new());
    assert!(matches!(decoded, Err(Error::LimitExceeded { .. })));
}
