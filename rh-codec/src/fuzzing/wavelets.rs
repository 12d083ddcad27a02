//! RemoteFX and RemoteFX Progressive.

use super::{LIMITS, Source};
use crate::{
    FrameView, PixelFormat, Rect, Surface,
    progressive::{self, Aim, Level, srl},
    rfx::{self, Entropy, rlgr},
};

fn surface(width: u32, height: u32) -> Surface {
    let mut surface = Surface::default();
    surface.resize(width, height);
    surface
}

/// Messages of one surface, each behind its length of two bytes: no panic, no hang, nothing painted outside.
pub fn progressive_decode(data: &[u8]) {
    let mut decoder = progressive::Decoder::new(&LIMITS);
    let mut surface = surface(150, 100);
    let (mut damage, mut rest) = (Vec::new(), data);
    while let Some((length, tail)) = rest.split_first_chunk() {
        let (message, tail) = tail.split_at(usize::from(u16::from_le_bytes(*length)).min(tail.len()));
        rest = tail;
        damage.clear();
        // Every other message belongs to the frame of the one before.
        let frame = u32::try_from(rest.len() / 2).unwrap_or(0);
        let _ = decoder.decode(frame, message, &mut surface, &mut damage);
        assert!(damage.iter().all(|rect| rect.fits(150, 100) && !rect.is_empty()), "painted outside");
    }
}

/// A session of pictures that change: the decoder takes every message and shows what the encoder says.
pub fn progressive_roundtrip(data: &[u8]) {
    let mut source = Source(data);
    let (width, height) = (1 + source.number() % 140, 1 + source.number() % 140);
    let (mut encoder, mut decoder) = (progressive::Encoder::new(&LIMITS), progressive::Decoder::new(&LIMITS));
    assert!(encoder.resize(width, height).is_ok(), "within the limits");
    let (mut shown, mut believed) = (surface(width, height), surface(width, height));
    let mut pixels = vec![0; width as usize * height as usize * 4];
    let (mut message, mut damage, mut frame) = (Vec::new(), Vec::new(), 0);
    while !source.0.is_empty() {
        let what = source.byte();
        let (x, y) = (u16::from(source.byte() % 3), u16::from(source.byte() % 3));
        if what % 4 == 0 {
            draw(&mut pixels, width, &mut source);
            continue;
        }
        let Ok(view) = FrameView::new(width, height, width as usize * 4, PixelFormat::Bgrx, &pixels) else { return };
        message.clear();
        let mut writer = encoder.message(&mut message);
        let inside = u32::from(x) * 64 < width && u32::from(y) * 64 < height;
        let sent = match what % 4 {
            1 => writer.upgrade(x, y).map(drop),
            _ => {
                let aim = if what & 4 == 0 { Aim::Picture } else { Aim::Passes };
                writer.first(&view, x, y, Level::ALL[usize::from(what >> 3) % Level::ALL.len()], aim)
            }
        };
        assert!(sent.is_ok() || !inside, "a tile is refused: {sent:?}");
        assert!(writer.finish().is_ok(), "a message of one tile is too large");
        frame += 1;
        let decoded = decoder.decode(frame, &message, &mut shown, &mut damage);
        assert!(decoded.is_ok(), "a message of ours is refused: {decoded:?}");
        assert!(encoder.paint(x, y, &mut believed).is_ok(), "the same size");
        let same = shown.view().zip(believed.view()).is_some_and(|(a, b)| a.same_picture(&b));
        assert!(same, "the encoder is wrong about what is shown");
    }
}

/// Extreme as well as smooth: a rectangle of bytes, repeated.
fn draw(pixels: &mut [u8], width: u32, source: &mut Source<'_>) {
    let (start, length, step) = (source.number() as usize, source.number() as usize % 4096, 1 + usize::from(source.byte()));
    let pattern: [u8; 8] = std::array::from_fn(|_| source.byte());
    let row = width as usize * 4;
    let start = start * row / 64 % pixels.len();
    for (i, byte) in pixels[start..].iter_mut().take(length * 4).enumerate() {
        *byte = pattern[i / step % 8];
    }
}

/// A message of any bytes: no panic, no hang, nothing painted outside its place.
pub fn rfx_decode(data: &[u8]) {
    let mut surface = surface(150, 100);
    let place = Rect::new(10, 5, 130, 90);
    let mut damage = Vec::new();
    let _ = rfx::Decoder::new(&LIMITS).decode(data, place, &mut surface, &mut damage);
    assert!(damage.iter().all(|rect| rect.intersection(&place) == *rect), "painted outside");
}

/// Coefficients through the entropy coders and back; and any bytes through the decoders.
pub fn entropy(data: &[u8]) {
    let (head, data) = data.split_first().unwrap_or((&0, &[]));
    let coder = if head & 1 == 0 { Entropy::Rlgr1 } else { Entropy::Rlgr3 };
    let mut values = [0; 4096];
    let _ = rlgr::decode(coder, data, &mut values);
    let mut reader = srl::Reader::new(data);
    for i in 0..4096 {
        let bits = 1 + (i / 512) % 8;
        assert!(reader.take(bits).unsigned_abs() < 1 << bits, "a magnitude of too many bits");
    }
    // Runs of zeros are what both are made for: a byte of the upper half stands for as many.
    let mut input = Vec::new();
    for byte in data {
        match byte {
            0..128 => input.push((i16::from(*byte) - 64) * if *byte % 16 == 0 { 100 } else { 1 }),
            _ => input.extend(std::iter::repeat_n(0, usize::from(*byte) - 127)),
        }
    }
    input.truncate(4096);
    if input.is_empty() {
        return;
    }
    let (mut coded, mut back) = (Vec::new(), vec![1; input.len()]);
    rlgr::encode(coder, &input, &mut coded);
    assert!(rlgr::decode(coder, &coded, &mut back).is_ok() && back == input, "RLGR");
    coded.clear();
    let bits = 13;
    let mut writer = srl::Writer::new(&mut coded);
    input.iter().for_each(|value| writer.put(*value, bits));
    writer.finish();
    let mut reader = srl::Reader::new(&coded);
    assert!(input.iter().all(|value| reader.take(bits) == *value), "SRL");
    assert_eq!(reader.untouched(), 1, "SRL data that nothing reads");
}
