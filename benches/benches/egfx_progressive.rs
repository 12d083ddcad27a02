//! RemoteFX Progressive and RemoteFX on a drawn photograph, 1920×1080, one thread.
//!
//! `cargo bench -p rh-benches --bench egfx_progressive`; throughput counts bytes of BGRX pixels. Bytes and PSNR of each level are printed first.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::print_stderr, reason = "a bench")]

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use rh_codec::{
    FrameView, Limits, PixelFormat, Rect, Surface,
    progressive::{Aim, Decoder, Encoder, Level},
    rfx::{self, Entropy},
};

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;
const ALL: Rect = Rect::new(0, 0, WIDTH, HEIGHT);

/// Light that falls off, round objects with edges, and grain.
fn photograph() -> Vec<u8> {
    let mut pixels = Vec::with_capacity((WIDTH * HEIGHT * 4) as usize);
    let mut seed = 1_u32;
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // The sum of two is likelier in the middle, as noise of a sensor is.
            let grain = (seed >> 30) + (seed >> 28 & 3);
            let light = 40 + x / 16 + y / 20;
            let (dx, dy) = ((x % 397).abs_diff(200), (y % 311).abs_diff(150));
            let object = if dx * dx + dy * dy < 14_000 { 60 + (dx + dy) / 8 } else { 0 };
            let fine = if object > 0 && (x / 3 + y / 5) % 7 == 0 { 12 } else { 0 };
            let value = light + grain;
            pixels.extend([value + object / 3, value + object - fine.min(object), value + fine, 0].map(|value| value.min(255) as u8));
        }
    }
    pixels
}

fn view(pixels: &[u8]) -> FrameView<'_> {
    FrameView::new(WIDTH, HEIGHT, WIDTH as usize * 4, PixelFormat::Bgrx, pixels).unwrap()
}

fn surface() -> Surface {
    let mut surface = Surface::default();
    surface.resize(WIDTH, HEIGHT);
    surface
}

fn tiles() -> impl Iterator<Item = (u16, u16)> {
    (0..HEIGHT.div_ceil(64) as u16).flat_map(|y| (0..WIDTH.div_ceil(64) as u16).map(move |x| (x, y)))
}

fn psnr(surface: &Surface, pixels: &[u8]) -> f64 {
    let shown = surface.view().unwrap();
    let pairs = shown.pixels().chunks(4).zip(pixels.chunks(4));
    let squares: u64 = pairs.flat_map(|(a, b)| (0..3).map(|c| u64::from(a[c].abs_diff(b[c])).pow(2))).sum();
    10.0 * (255.0_f64.powi(2) / (squares as f64 / f64::from(WIDTH * HEIGHT * 3))).log10()
}

fn first(encoder: &mut Encoder, pixels: &[u8], level: Level, aim: Aim, out: &mut Vec<u8>) {
    out.clear();
    let mut message = encoder.message(out);
    tiles().for_each(|(x, y)| message.first(&view(pixels), x, y, level, aim).unwrap());
    message.finish().unwrap();
}

fn progressive(c: &mut Criterion) {
    let pixels = photograph();
    let mut group = c.benchmark_group("progressive");
    group.throughput(Throughput::Bytes(pixels.len() as u64)).sample_size(20);
    let limits = Limits::default();
    for level in Level::ALL {
        // The picture is another each time, in what the encoder knows of it, so that none is sent as a difference.
        let (mut encoder, mut out) = (Encoder::new(&limits), Vec::new());
        let (mut decoder, mut surface, mut damage, mut frame) = (Decoder::new(&limits), surface(), Vec::new(), 0);
        encoder.resize(WIDTH, HEIGHT).unwrap();
        first(&mut encoder, &pixels, level, Aim::Picture, &mut out);
        decoder.decode(frame, &out, &mut surface, &mut damage).unwrap();
        eprintln!("first pass, {level:?}: {} bytes, {:.1} dB", out.len(), psnr(&surface, &pixels));
        decode(&mut group, &format!("decode first pass, {level:?}"), || {
            frame += 1;
            damage.clear();
            decoder.decode(frame, &out, &mut surface, &mut damage).unwrap();
        });
        let mut other = Vec::new();
        group.bench_function(format!("encode first pass, {level:?}"), |b| {
            b.iter(|| first(&mut encoder, &pixels, level, Aim::Passes, &mut other))
        });
    }
    upgrades(&mut group, &pixels, &limits);
    group.finish();
}

fn decode(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mut once: impl FnMut()) {
    group.bench_function(name, |b| b.iter(&mut once));
}

fn upgrades(group: &mut BenchmarkGroup<'_, WallTime>, pixels: &[u8], limits: &Limits) {
    for aim in [Aim::Picture, Aim::Passes] {
        let mut encoder = Encoder::new(limits);
        encoder.resize(WIDTH, HEIGHT).unwrap();
        let (mut decoder, mut surface, mut out, mut frame) = (Decoder::new(limits), surface(), Vec::new(), 0);
        first(&mut encoder, pixels, Level::Coarse, aim, &mut out);
        decoder.decode(frame, &out, &mut surface, &mut Vec::new()).unwrap();
        while encoder.level(0, 0) != Some(Level::Full) {
            frame += 1;
            out.clear();
            let mut message = encoder.message(&mut out);
            for (x, y) in tiles() {
                message.upgrade(x, y).unwrap();
            }
            message.finish().unwrap();
            decoder.decode(frame, &out, &mut surface, &mut Vec::new()).unwrap();
            eprintln!("upgrade, {aim:?}, to {:?}: {} bytes, {:.1} dB", encoder.level(0, 0), out.len(), psnr(&surface, pixels));
        }
    }
    // A whole ladder, less what its first pass takes by itself.
    let (mut encoder, mut out) = (Encoder::new(limits), Vec::new());
    encoder.resize(WIDTH, HEIGHT).unwrap();
    group.bench_function("encode first pass and three upgrades", |b| {
        b.iter(|| {
            first(&mut encoder, pixels, Level::Coarse, Aim::Passes, &mut out);
            for _ in 0..3 {
                out.clear();
                let mut message = encoder.message(&mut out);
                for (x, y) in tiles() {
                    message.upgrade(x, y).unwrap();
                }
                message.finish().unwrap();
            }
        });
    });
}

fn one_pass(c: &mut Criterion) {
    let pixels = photograph();
    let mut group = c.benchmark_group("rfx");
    group.throughput(Throughput::Bytes(pixels.len() as u64)).sample_size(20);
    for entropy in [Entropy::Rlgr1, Entropy::Rlgr3] {
        let (mut encoder, mut out) = (rfx::Encoder::new(entropy), Vec::new());
        let (mut decoder, mut surface, mut damage) = (rfx::Decoder::new(&Limits::default()), surface(), Vec::new());
        group.bench_function(format!("encode {entropy:?}"), |b| {
            b.iter(|| {
                out.clear();
                encoder.encode(&view(&pixels), ALL, Level::Good, &mut out).unwrap()
            });
        });
        decoder.decode(&out, ALL, &mut surface, &mut damage).unwrap();
        eprintln!("one pass, {entropy:?}: {} bytes, {:.1} dB", out.len(), psnr(&surface, &pixels));
        decode(&mut group, &format!("decode {entropy:?}"), || {
            damage.clear();
            decoder.decode(&out, ALL, &mut surface, &mut damage).unwrap();
        });
    }
    group.finish();
}

criterion_group!(benches, progressive, one_pass);
criterion_main!(benches);
