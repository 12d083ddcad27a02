//! The codec on what screens do, 1920×1080, one thread.
//!
//! `cargo bench -p rh-benches --bench codec`. Inputs are drawn here, so that nothing but this file is needed; what recorded
//! clips cost is measured by `replay`. `memcmp` stands beside the unchanged frame because reading two frames is what that takes
//! at least; compare within one run.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::print_stderr, reason = "a bench")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rh_codec::{Budget, Decoder, Encoder, FrameView, Hints, Limits, PixelFormat, Rect, Settings};

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;
const BYTES: usize = (WIDTH * HEIGHT * 4) as usize;
const PAGE: Rect = Rect::new(200, 60, 1300, 960);
/// Height of a line of the page's text.
const LINE: u32 = 17;

#[derive(Clone)]
struct Picture(Vec<u8>);

impl Picture {
    fn new(mut colour: impl FnMut(u32, u32) -> u32) -> Self {
        let mut picture = Self(vec![0; BYTES]);
        picture.draw(Rect::new(0, 0, WIDTH, HEIGHT), &mut colour);
        picture
    }

    fn draw(&mut self, rect: Rect, mut colour: impl FnMut(u32, u32) -> u32) {
        for y in rect.y..rect.bottom() {
            for x in rect.x..rect.right() {
                let at = ((y * WIDTH + x) * 4) as usize;
                self.0[at..at + 4].copy_from_slice(&colour(x, y).to_le_bytes());
            }
        }
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

/// A pixel of made-up words: 40 letters of 8 columns in 4 shades, with spaces, in lines of 17 rows.
fn letter(x: u32, y: u32, text: u32) -> u32 {
    let (column, row) = (x % 8, y % LINE);
    let which = mix((x / 8) ^ mix((y / LINE) ^ text)) % 52;
    if which >= 40 || column == 0 || !(3..14).contains(&row) {
        return 0xff_ffff;
    }
    // Strokes are two pixels wide, so that neighbours are often equal.
    let stroke = mix(which * 64 + column / 2 * 8 + row / 3) % 5;
    [0xff_ffff, 0x20_2020, 0xff_ffff, 0x90_9090, 0xc8_c8c8][stroke as usize]
}

/// A desktop with a page of text whose first line is `scroll`; the rest is flat.
fn page(scroll: u32) -> Picture {
    let mut picture = Picture::new(|_, y| if y < 30 { 0x33_3a48 } else { 0xe4_e6e8 });
    picture.draw(PAGE, |x, y| letter(x - PAGE.x, y - PAGE.y + scroll * LINE, 0));
    picture
}

/// Light that changes slowly over the picture, with grain.
fn photo() -> Picture {
    Picture::new(|x, y| {
        let grain = mix(y * WIDTH + x);
        let channel = |a: u32, b: u32, shift: u32| ((x * a + y * b) / 16 + (grain >> shift) % 6) & 0xff;
        channel(1, 2, 0) | channel(2, 1, 8) << 8 | channel(2, 3, 16) << 16
    })
}

/// An encoder and a decoder that show `picture`.
fn showing(picture: &Picture) -> (Encoder, Decoder) {
    let mut encoder = Encoder::new(Settings::default()).unwrap();
    let mut decoder = Decoder::new(Limits::default()).unwrap();
    decoder.decode(&encode(&mut encoder, picture, None)).unwrap();
    (encoder, decoder)
}

fn encode(encoder: &mut Encoder, picture: &Picture, damage: Option<&[Rect]>) -> Vec<u8> {
    let mut message = Vec::with_capacity(1 << 16);
    encoder.encode(&picture.view(), &Hints { damage, moves: &[] }, Budget::UNLIMITED, &mut message).unwrap();
    message
}

fn unchanged(c: &mut Criterion) {
    let mut group = c.benchmark_group("unchanged");
    group.throughput(Throughput::Bytes(2 * BYTES as u64));
    let picture = page(0);
    let copy = picture.clone();
    group.bench_function("memcmp", |b| b.iter(|| black_box(&picture.0) == black_box(&copy.0)));
    let (mut encoder, _) = showing(&picture);
    group.bench_function("encode, no hint", |b| b.iter(|| encode(&mut encoder, black_box(&copy), None)));
    let damage = [Rect::new(300, 300, 240, 16)];
    group.bench_function("encode, hint of 240x16", |b| b.iter(|| encode(&mut encoder, black_box(&copy), Some(&damage))));
    group.finish();
}

/// A session that goes on: every iteration codes the next picture, which the session has not seen before.
fn session(c: &mut Criterion, name: &str, damage: Option<&[Rect]>, picture: impl Fn(u32) -> Picture) {
    let mut group = c.benchmark_group(name);
    group.sample_size(20).throughput(Throughput::Elements(1));
    let mut number = 0;
    let mut next = || {
        number += 1;
        picture(number)
    };
    let (mut encoder, mut decoder) = showing(&picture(0));
    let mut sizes = Vec::new();
    group.bench_function("encode", |b| {
        b.iter_batched(
            &mut next,
            |picture| {
                let message = encode(&mut encoder, &picture, damage);
                sizes.push(message.len());
                // Returned, so that freeing it is not measured.
                (picture, message)
            },
            BatchSize::PerIteration,
        );
    });
    encoder.reset();
    decoder.decode(&encode(&mut encoder, &picture(0), None)).unwrap();
    group.bench_function("decode", |b| {
        b.iter_batched(
            || encode(&mut encoder, &next(), None),
            |message| decoder.decode(&message).map(|update| update.damage.len()).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.finish();
    sizes.sort_unstable();
    eprintln!("{name}: {} bytes a message (median)", sizes.get(sizes.len() / 2).unwrap_or(&0));
}

fn typed(c: &mut Criterion) {
    let word = Rect::new(PAGE.x + 80, PAGE.y + 20 * LINE, 240, 16);
    let page = page(0);
    session(c, "typed word", Some(&[word]), |number| {
        let mut picture = page.clone();
        picture.draw(word, |x, y| letter(x - PAGE.x, y - PAGE.y, number));
        picture
    });
}

fn scrolled(c: &mut Criterion) {
    session(c, "scroll by three lines", None, |number| page(number * 3));
}

/// First paints, each by a new stream.
fn cold(c: &mut Criterion) {
    let mut group = c.benchmark_group("first paint");
    group.sample_size(20).throughput(Throughput::Bytes(BYTES as u64));
    for (name, picture) in [("text page", page(0)), ("photograph", photo())] {
        let mut encoder = Encoder::new(Settings::default()).unwrap();
        let mut size = 0;
        group.bench_function(format!("encode, {name}"), |b| {
            b.iter(|| {
                encoder.reset();
                let message = encode(&mut encoder, &picture, None);
                size = message.len();
                message
            });
        });
        encoder.reset();
        let message = encode(&mut encoder, &picture, None);
        let mut decoder = Decoder::new(Limits::default()).unwrap();
        group.bench_function(format!("decode, {name}"), |b| b.iter(|| decoder.decode(&message).map(|update| update.resized).unwrap()));
        eprintln!("first paint, {name}: {} bytes", message.len());
    }
    group.finish();
}

criterion_group!(benches, unchanged, typed, scrolled, cold);
criterion_main!(benches);
