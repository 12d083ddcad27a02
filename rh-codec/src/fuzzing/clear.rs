//! ClearCodec.

use std::cell::RefCell;

use super::{Canvas, LIMITS, Source};
use crate::{
    Rect, Surface,
    clear::{Decoder, Encoder},
};

thread_local! {
    /// Kept from input to input: to claim 50 MB for each would take most of a fuzzer's time.
    static CODERS: RefCell<(Encoder, Decoder)> = RefCell::new((Encoder::new(), Decoder::new(&LIMITS)));
}

/// Runs with coders that have seen nothing.
fn with_coders(run: impl FnOnce(&mut Encoder, &mut Decoder)) {
    CODERS.with_borrow_mut(|(encoder, decoder)| {
        encoder.reset();
        decoder.reset();
        run(encoder, decoder);
    });
}

/// A session of hostile messages, each behind two bytes of length and four of rectangle: no panic, no hang, nothing painted
/// outside the rectangle.
///
/// Their numbers are put right, so that a fuzzer gets further than the first message.
pub fn decode(data: &[u8]) {
    with_coders(|_, decoder| hostile(data, decoder));
}

fn hostile(data: &[u8], decoder: &mut Decoder) {
    const SIDE: u32 = 80;
    let mut surface = Surface::default();
    surface.resize(SIDE, SIDE);
    let mut sequence = 0u8;
    let mut rest = data;
    while let Some(([low, high, rect @ ..], tail)) = rest.split_first_chunk::<6>() {
        let (message, tail) = tail.split_at(usize::from(u16::from_le_bytes([*low, *high])).min(tail.len()));
        rest = tail;
        let [x, y, width, height] = rect.map(u32::from);
        let rect = Rect::new(x, y, width, height);
        let mut message = message.to_vec();
        if let Some(number) = message.get_mut(1) {
            *number = sequence;
        }
        let before = surface.clone();
        let decoded = decoder.decode(&message, rect, &mut surface);
        // A message too short to have a number, or without a place, is not counted.
        if message.len() >= 2 && !rect.is_empty() && rect.fits(SIDE, SIDE) {
            sequence = sequence.wrapping_add(1);
        } else {
            assert!(decoded.is_err(), "a message without number or place");
        }
        for y in 0..SIDE {
            let (left, right) = if y >= rect.y && y < rect.bottom() { (rect.x.min(SIDE), rect.right().min(SIDE)) } else { (SIDE, SIDE) };
            assert!(surface.span(0, y, left) == before.span(0, y, left), "painted left of the bitmap");
            assert!(surface.span(right, y, SIDE - right) == before.span(right, y, SIDE - right), "painted right of the bitmap");
            assert!(surface.row_pixels(y).iter().all(|pixel| pixel[3] == 255), "a pixel is not opaque");
        }
    }
}

/// A program that draws and sends parts, restarts storages and viewers: every message decodes to what was drawn.
pub fn roundtrip(data: &[u8]) {
    with_coders(|encoder, decoder| program(data, encoder, decoder));
}

fn program(data: &[u8], encoder: &mut Encoder, decoder: &mut Decoder) {
    let mut source = Source(data);
    let mut canvas = Canvas::new(1 + source.number() % 300, 1 + source.number() % 150);
    let mut surface = Surface::default();
    surface.resize(canvas.width, canvas.height);
    let mut message = Vec::new();
    while !source.0.is_empty() {
        match source.byte() % 8 {
            0 => drop(canvas.draw(&mut source, |seed, _, _| seed * 0x1234)),
            1 => drop(canvas.draw(&mut source, |seed, x, y| (x * 7919 + y * 104_729).wrapping_mul(seed | 1) >> 3)),
            2 => drop(canvas.draw(&mut source, |seed, x, y| (x + y + seed % 3) * 0x01_0101)),
            3 => drop(canvas.draw(&mut source, |seed, x, y| [0, 0xff_ffff, 0x80_8080, seed][((((x * 5) ^ (y * 3)) >> 1) & 3) as usize])),
            4 => drop(canvas.shift(&mut source)),
            5 => match source.byte() {
                0 => encoder.restart_storages(),
                1 => {
                    encoder.reset();
                    decoder.reset();
                }
                _ => {}
            },
            _ => {
                let rect = canvas.rect(&mut source);
                let frame = canvas.view();
                message.clear();
                let encoded = encoder.encode(&frame, rect, &mut message);
                assert!(message.len() <= Encoder::worst_case(rect), "{} bytes for {rect:?}", message.len());
                assert_eq!(encoded.is_err(), rect.is_empty(), "encoding {rect:?}: {encoded:?}");
                if rect.is_empty() {
                    continue;
                }
                let decoded = decoder.decode(&message, rect, &mut surface);
                assert!(decoded.is_ok(), "a message of ours is refused: {decoded:?}");
                for y in rect.y..rect.bottom() {
                    let (shown, drawn) = (surface.span(rect.x, y, rect.width), frame.span(rect.x, y, rect.width));
                    assert!(crate::image::same_colours(shown, drawn), "row {y} of {rect:?} shows something else");
                }
            }
        }
    }
}
