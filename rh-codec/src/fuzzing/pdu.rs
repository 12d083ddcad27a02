//! Oracles of the graphics pipeline: compressor, planar, commands, cache.

use super::Source;
use crate::{
    Effort, Error, FrameView, Limits, PixelFormat, Rect, Surface,
    egfx::{
        Reader, Writer,
        caps::{CapSet, CapsConfirm},
        pdu::Command,
        zgfx::{Compressor, Decompressor, SEGMENT},
    },
    planar,
};

/// Small, so that limits are reached and memory is not what is measured.
const LIMITS: Limits = Limits { max_width: 256, max_height: 256, max_area: 1 << 14, max_operations: 256, max_cached_tiles: 3 };

/// Bytes that a message may unpack to here.
const MOST: usize = 1 << 20;

/// Messages of anybody are unpacked without harm, and no further than allowed; what we compress comes back, whatever was unpacked before.
///
/// The first byte chooses; then messages of hostile bytes behind lengths of two bytes, or one compressor's messages.
pub fn zgfx(data: &[u8]) {
    let mut source = Source(data);
    let choice = source.byte();
    let mut decompressor = Decompressor::new(MOST);
    let mut compressor = Compressor::new([Effort::Fast, Effort::Balanced, Effort::Small][usize::from(choice >> 1) % 3]);
    let mut out = Vec::new();
    while !source.0.is_empty() {
        let piece = piece(&mut source);
        out.clear();
        if choice & 1 == 0 {
            let result = decompressor.decompress(piece, &mut out);
            assert!(out.len() <= MOST + SEGMENT, "unpacked too much");
            assert!(result.is_ok() || !matches!(result, Err(Error::ApiMisuse(_) | Error::Backend { .. })), "the wrong one is blamed");
        } else {
            let mut message = Vec::new();
            assert!(compressor.compress(piece, &mut message).is_ok(), "a small message");
            assert!(decompressor.decompress(&message, &mut out).is_ok(), "a message of ours is refused");
            assert_eq!(out, piece, "not what was compressed");
        }
    }
}

fn piece<'a>(source: &mut Source<'a>) -> &'a [u8] {
    let len = source.number() as usize;
    let (piece, rest) = source.0.split_at(len.min(source.0.len()));
    source.0 = rest;
    piece
}

/// A planar stream of anybody is refused or painted within its rectangle; what we write comes back.
pub fn planar(data: &[u8]) {
    let mut source = Source(data);
    let (width, height) = (1 + source.number() % 100, 1 + source.number() % 100);
    let x = source.number() % width;
    let rect = Rect::new(x, 0, width - x, height);
    let mut surface = Surface::default();
    surface.resize(width, height);
    let mut decoder = planar::Decoder::new(&LIMITS);
    let refused = decoder.decode(source.0, &mut surface, rect).is_err();
    for y in 0..height {
        let outside = if refused { width } else { x };
        assert!(surface.span(0, y, outside).iter().all(|pixel| *pixel == [0, 0, 0, 255]), "painted what it must not");
    }
    // The same bytes as a picture.
    let mut pixels = vec![0; width as usize * height as usize * 4];
    pixels.iter_mut().zip(source.0).for_each(|(to, from)| *to = *from);
    let Ok(frame) = FrameView::new(width, height, width as usize * 4, PixelFormat::Bgrx, &pixels) else { return };
    let mut stream = Vec::new();
    assert!(planar::Encoder::new().encode(&frame, rect, &mut stream).is_ok(), "a part of the frame");
    assert!(decoder.decode(&stream, &mut surface, rect).is_ok(), "a stream of ours is refused");
    let mut expected = surface.clone();
    expected.put(&frame, rect);
    assert!(same(&expected, &surface), "not what was encoded");
}

fn same(a: &Surface, b: &Surface) -> bool {
    matches!((a.view(), b.view()), (Some(a), Some(b)) if a.same_picture(&b))
}

/// Commands of anybody, in frames or not: what is understood is written again byte for byte; a reader survives them, within its limits.
///
/// A sequence of messages behind lengths of two bytes; each is taken as commands, and as a message.
pub fn commands(data: &[u8]) {
    let Ok(mut reader) = Reader::new(LIMITS) else { return };
    let (mut picture, mut damage) = (Surface::default(), Vec::new());
    let mut source = Source(data);
    while !source.0.is_empty() {
        let piece = piece(&mut source);
        let mut rest = piece;
        while let Ok(Some(command)) = Command::next(&mut rest) {
            let mut again = Vec::new();
            command.write(&mut again);
            let mut back = &again[..];
            assert_eq!(Command::next(&mut back), Ok(Some(command)), "not what was written");
        }
        // One segment that is not compressed.
        let message: Vec<u8> = [0xe0, 0x04].iter().chain(piece).copied().collect();
        for message in [&message[..], piece] {
            damage.clear();
            if reader.read(message, &mut picture, &mut damage).is_err() {
                continue;
            }
            let (width, height) = picture.size();
            assert!(width <= LIMITS.max_width && height <= LIMITS.max_height, "a picture beyond the limits");
            assert!(damage.iter().all(|rect| rect.fits(width, height)), "damage outside the picture");
        }
        while reader.poll_ack().is_some() {}
    }
}

/// Calls that are wrong are refused, and do no harm.
fn misuse(error: crate::Error) -> Result<(), crate::Error> {
    if matches!(error, crate::Error::ApiMisuse(_)) { Ok(()) } else { Err(error) }
}

/// A program of operations, cache and all: every message of the writer is read, and shows what the writer believes.
pub fn cache(data: &[u8]) {
    let mut source = Source(data);
    let confirm = CapsConfirm { set: CapSet::PLAIN };
    let (Ok(mut writer), Ok(mut reader)) = (Writer::new(&confirm, &LIMITS, Effort::Fast), Reader::new(LIMITS)) else { return };
    let (width, height) = (1 + source.number() % 120, 1 + source.number() % 120);
    let pixels: Vec<u8> = (0..width * height).flat_map(|i| (i.wrapping_mul(0x9e37_79b1) >> 5).to_le_bytes()).collect();
    let Ok(frame) = FrameView::new(width, height, width as usize * 4, PixelFormat::Bgrx, &pixels) else { return };
    let (mut shown, mut picture, mut damage, mut message) = (Surface::default(), Surface::default(), Vec::new(), Vec::new());
    writer.begin();
    assert!(writer.size(&mut shown, width, height).is_ok(), "a size within the limits");
    let mut operations = 0;
    loop {
        let choice = source.byte();
        let (slot, x, y) = (u16::from(choice >> 5), source.number() % width, source.number() % height);
        let rect = Rect::new(x, y, 1 + source.number() % (width - x), 1 + source.number() % (height - y));
        let done = match choice % 6 {
            0 => writer.fill(&mut shown, rect, u32::from(choice) * 0x01_0307),
            1 => writer.copy(&mut shown, Rect { x: width - rect.width, y: height - rect.height, ..rect }, x, y),
            2 => writer.image(&mut shown, &frame, rect),
            3 => {
                let corner = Rect::new(x / 64 * 64, y / 64 * 64, 64, 64);
                let kept = writer.keep(&shown, slot, corner.intersection(&Rect::new(0, 0, width, height)));
                kept.or_else(misuse)
            }
            // What the slot does not hold is refused.
            4 => writer.recall(&mut shown, slot, rect).or_else(misuse),
            _ => {
                writer.flush();
                Ok(())
            }
        };
        assert!(done.is_ok(), "an operation within the picture: {done:?}");
        operations += 1;
        let end = source.0.is_empty();
        if end || operations == 16 || choice & 8 == 8 {
            operations = 0;
            message.clear();
            writer.finish(&mut message);
            let read = reader.read(&message, &mut picture, &mut damage);
            assert!(read.is_ok(), "a message of ours is refused: {read:?}");
            assert!(same(&shown, &picture), "the reader shows something else");
        }
        if end {
            return;
        }
    }
}
