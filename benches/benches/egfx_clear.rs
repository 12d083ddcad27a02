//! ClearCodec and NSCodec on a screen of 1920×1080, one thread; throughput is that of pixels, four bytes each.
//!
//! `cargo bench -p rh-benches --bench egfx_clear`. Inputs are drawn here. Bytes are printed as ClearCodec's messages and behind ZGFX.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::print_stderr, reason = "a bench")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rh_codec::{
    Effort, FrameView, Limits, PixelFormat, Rect, Surface,
    clear::{Decoder, Encoder},
    egfx::zgfx::Compressor,
    nsc,
};

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;
const WHOLE: Rect = Rect::new(0, 0, WIDTH, HEIGHT);
/// A word of 30 letters on a line of the page.
const WORD: Rect = Rect::new(320, 17 * 30, 240, 16);

struct Picture(Vec<u8>);

impl Picture {
    fn new(colour: impl Fn(u32, u32) -> u32) -> Self {
        let pixels = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
        Self(pixels.flat_map(|(x, y)| colour(x, y).to_le_bytes()).collect())
    }

    fn view(&self) -> FrameView<'_> {
        FrameView::new(WIDTH, HEIGHT, WIDTH as usize * 4, PixelFormat::Bgrx, &self.0).unwrap()
    }
}

fn mix(value: u32) -> u32 {
    let value = (value ^ value >> 16).wrapping_mul(0x7feb_352d);
    let value = (value ^ value >> 15).wrapping_mul(0x846c_a68b);
    value ^ value >> 16
}

/// Made-up words: 40 letters of 8 columns in 4 shades, with spaces, in lines of 17 rows, margins at both sides.
fn text(x: u32, y: u32, seed: u32) -> u32 {
    let (column, row) = (x % 8, y % 17);
    let which = mix((x / 8) ^ mix((y / 17) ^ seed)) % 52;
    if !(240..1680).contains(&x) || which >= 40 || column == 0 || !(3..14).contains(&row) {
        return 0xff_ffff;
    }
    let stroke = mix(which * 64 + column / 2 * 8 + row / 3) % 5;
    [0xff_ffff, 0x20_2020, 0xff_ffff, 0x90_9090, 0xc8_c8c8][stroke as usize]
}

/// Icons and controls: a dozen colours in runs, nowhere twice.
fn controls(x: u32, y: u32) -> u32 {
    mix((x / 3) ^ mix(y / 2) ^ 77) % 12 * 0x10_1418 + 0x20_2020
}

fn encoding(c: &mut Criterion) {
    let mut group = c.benchmark_group("ClearCodec encode");
    group.sample_size(30).throughput(Throughput::Bytes(WHOLE.area() * 4));
    let pictures = [
        ("page of text", Picture::new(|x, y| text(x, y, 0))),
        ("controls", Picture::new(controls)),
        ("noise", Picture::new(|x, y| mix(y * WIDTH + x))),
        ("one colour", Picture::new(|_, _| 0x33_6699)),
    ];
    let mut encoder = Encoder::new();
    let mut message = Vec::new();
    for (name, picture) in &pictures {
        let view = picture.view();
        group.bench_function(format!("{name}, cold"), |b| {
            b.iter(|| {
                encoder.reset();
                message.clear();
                encoder.encode(black_box(&view), WHOLE, &mut message).unwrap();
            });
        });
        let mut wire = Vec::new();
        Compressor::new(Effort::Balanced).compress(&message, &mut wire).unwrap();
        eprintln!("{name}: {} bytes, {} behind ZGFX", message.len(), wire.len());
        group.bench_function(format!("{name}, again"), |b| {
            b.iter(|| {
                message.clear();
                encoder.encode(black_box(&view), WHOLE, &mut message).unwrap();
            });
        });
    }
    group.finish();
}

fn word(c: &mut Criterion) {
    let mut group = c.benchmark_group("ClearCodec encode");
    group.throughput(Throughput::Bytes(WORD.area() * 4));
    let (page, typed) = (Picture::new(|x, y| text(x, y, 0)), Picture::new(|x, y| text(x, y, 1)));
    let mut encoder = Encoder::new();
    let mut zgfx = Compressor::new(Effort::Balanced);
    let (mut message, mut wire) = (Vec::new(), Vec::new());
    encoder.encode(&page.view(), WHOLE, &mut message).unwrap();
    zgfx.compress(&message, &mut wire).unwrap();
    message.clear();
    wire.clear();
    encoder.encode(&typed.view(), WORD, &mut message).unwrap();
    zgfx.compress(&message, &mut wire).unwrap();
    eprintln!("word of 30 letters: {} bytes, {} behind ZGFX", message.len(), wire.len());
    group.bench_function("word of 30 letters", |b| {
        b.iter(|| {
            message.clear();
            encoder.encode(black_box(&typed.view()), WORD, &mut message).unwrap();
        });
    });
    group.finish();
}

fn decoding(c: &mut Criterion) {
    let mut group = c.benchmark_group("ClearCodec decode");
    group.sample_size(30).throughput(Throughput::Bytes(WHOLE.area() * 4));
    let mut surface = Surface::default();
    surface.resize(WIDTH, HEIGHT);
    let pictures = [
        ("page of text", Picture::new(|x, y| text(x, y, 0))),
        ("controls", Picture::new(controls)),
        ("noise", Picture::new(|x, y| mix(y * WIDTH + x))),
    ];
    for (name, picture) in &pictures {
        let mut message = Vec::new();
        let mut encoder = Encoder::new();
        encoder.encode(&picture.view(), WHOLE, &mut message).unwrap();
        let mut decoder = Decoder::new(&Limits::default());
        let mut sequence = 0u8;
        group.bench_function(*name, |b| {
            b.iter(|| {
                // The same message again: references in it are to what it brought itself, at the same places.
                message[0] |= 4;
                message[1] = sequence;
                sequence = sequence.wrapping_add(1);
                decoder.decode(black_box(&message), WHOLE, &mut surface).unwrap();
            });
        });
    }
    group.finish();
    let mut group = c.benchmark_group("NSCodec decode");
    group.sample_size(30).throughput(Throughput::Bytes(WHOLE.area() * 4));
    let area = WHOLE.area() as u32;
    let luma: Vec<u8> = (0..area).map(|at| mix(at) as u8).collect();
    for (name, chroma, halved) in [("whole chroma", area, 0), ("halved chroma", area / 4, 1)] {
        let plane = &luma[..chroma as usize];
        let lens = [area, chroma, chroma, 0].map(u32::to_le_bytes);
        let stream = [lens.as_flattened(), &[3, halved, 0, 0], &luma, plane, plane].concat();
        let mut decoder = nsc::Decoder::new(&Limits::default());
        group.bench_function(name, |b| b.iter(|| decoder.decode(black_box(&stream), WHOLE, &mut surface).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, encoding, word, decoding);
criterion_main!(benches);
