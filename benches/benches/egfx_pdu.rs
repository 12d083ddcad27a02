//! The pipeline around the codecs: ZGFX, planar, writer and reader, on drawn pages of 1920×1080. Throughput is in bytes of pixels, for ZGFX
//! in bytes of what it compresses: the commands of such a page.

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rh_codec::{
    Effort, FrameView, Limits, PixelFormat, Rect, Surface,
    egfx::{
        Reader, Writer,
        caps::{CapSet, CapsConfirm},
        zgfx::{Compressor, Decompressor},
    },
    planar,
};

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;
const WHOLE: Rect = Rect::new(0, 0, WIDTH, HEIGHT);

fn hash(x: u32, y: u32) -> u32 {
    let h = (x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b)).wrapping_mul(0x2c1b_3c6d);
    (h ^ h >> 15).wrapping_mul(0x297a_2d39)
}

/// Letters in cells of 9×18, of an alphabet of 60, with edges of two greys, in lines of different lengths.
fn page(x: u32, y: u32) -> u32 {
    let (column, line) = (x / 9, y / 18);
    let blank = column > 20 + hash(line, 7) % 180 || hash(column, line).is_multiple_of(6);
    let letter = hash(column, line) >> 8 & 63;
    let ink = |x: u32| x % 9 < 8 && y % 18 > 2 && y % 18 < 15 && hash(x % 9 / 2 + letter * 31, y % 18 / 3) & 3 == 0;
    match (blank, ink(x), ink(x + 1)) {
        (false, true, _) => 0x20_2020,
        (false, false, true) => 0x90_9090,
        _ => 0xfa_fafa,
    }
}

/// Slow gradients with a little grain.
fn photo(x: u32, y: u32) -> u32 {
    let grain = hash(x, y) >> 20 & 7;
    let (blue, green, red) = ((x / 9 + y / 7) & 0x7f, (x / 8) & 0x7f, (y / 5) & 0x7f);
    (blue + grain) | (green + grain) << 8 | (red + grain) << 16
}

fn draw(colour: fn(u32, u32) -> u32) -> Vec<u8> {
    (0..HEIGHT).flat_map(|y| (0..WIDTH).flat_map(move |x| colour(x, y).to_le_bytes())).collect()
}

fn view(pixels: &[u8]) -> FrameView<'_> {
    FrameView::new(WIDTH, HEIGHT, WIDTH as usize * 4, PixelFormat::Bgrx, pixels).expect("drawn at that size")
}

fn writer(effort: Effort) -> (Writer, Surface) {
    let writer = Writer::new(&CapsConfirm { set: CapSet::PLAIN }, &Limits::default(), effort).expect("default limits");
    (writer, Surface::default())
}

/// A first message that paints a frame.
fn message(writer: &mut Writer, shown: &mut Surface, pixels: &[u8], out: &mut Vec<u8>) {
    writer.begin();
    writer.size(shown, WIDTH, HEIGHT).expect("a size within the limits");
    writer.text(shown, &view(pixels), WHOLE).expect("the whole frame");
    writer.finish(out);
}

/// The commands of a message.
fn commands(message: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    Decompressor::new(1 << 26).decompress(message, &mut plain).expect("a message of ours");
    plain
}

fn zgfx(c: &mut Criterion) {
    let mut group = c.benchmark_group("zgfx");
    for (name, pixels) in [("page", draw(page)), ("photo", draw(photo))] {
        let (mut writer, mut shown) = writer(Effort::Fast);
        let mut first = Vec::new();
        message(&mut writer, &mut shown, &pixels, &mut first);
        let plain = commands(&first);
        group.throughput(Throughput::Bytes(plain.len() as u64));
        for effort in [Effort::Fast, Effort::Balanced, Effort::Small] {
            let mut compressor = Compressor::new(effort);
            let mut out = Vec::new();
            group.bench_function(format!("compress a cold {name}, {effort:?}"), |b| {
                b.iter(|| {
                    compressor.reset();
                    out.clear();
                    compressor.compress(black_box(&plain), &mut out).expect("less than 4 GiB");
                });
            });
        }
        let mut wire = Vec::new();
        Compressor::new(Effort::Balanced).compress(&plain, &mut wire).expect("less than 4 GiB");
        let mut decompressor = Decompressor::new(1 << 26);
        let mut out = Vec::new();
        group.bench_function(format!("decompress a cold {name}"), |b| {
            b.iter(|| {
                decompressor.reset();
                out.clear();
                decompressor.decompress(black_box(&wire), &mut out).expect("a message of ours");
            });
        });
    }
    group.finish();
}

fn planes(c: &mut Criterion) {
    let mut group = c.benchmark_group("planar");
    group.throughput(Throughput::Bytes(WHOLE.area() * 4));
    for (name, pixels) in [("page", draw(page)), ("photo", draw(photo))] {
        let mut encoder = planar::Encoder::new();
        let mut data = Vec::new();
        group.bench_function(format!("encode a {name}"), |b| {
            b.iter(|| {
                data.clear();
                encoder.encode(black_box(&view(&pixels)), WHOLE, &mut data).expect("the whole frame");
            });
        });
        let mut decoder = planar::Decoder::new(&Limits::default());
        let mut surface = Surface::default();
        surface.resize(WIDTH, HEIGHT);
        group.bench_function(format!("decode a {name}"), |b| {
            b.iter(|| decoder.decode(black_box(&data), &mut surface, WHOLE).expect("a stream of ours"));
        });
    }
    group.finish();
}

fn pipeline(c: &mut Criterion) {
    let mut group = c.benchmark_group("pipeline");
    group.throughput(Throughput::Bytes(WHOLE.area() * 4));
    let pixels = draw(page);
    let (mut writer, mut shown) = writer(Effort::Balanced);
    let mut out = Vec::new();
    group.bench_function("write a cold page as text", |b| {
        b.iter(|| {
            writer.reset();
            out.clear();
            message(&mut writer, &mut shown, black_box(&pixels), &mut out);
        });
    });
    let (mut picture, mut damage) = (Surface::default(), Vec::new());
    group.bench_function("read a cold page of text", |b| {
        b.iter_batched(
            || Reader::new(Limits::default()).expect("default limits"),
            |mut reader| {
                damage.clear();
                reader.read(black_box(&out), &mut picture, &mut damage).expect("a message of ours");
                reader
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(4));
    targets = zgfx, planes, pipeline
}
criterion_main!(benches);
