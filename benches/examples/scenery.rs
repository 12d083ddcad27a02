//! Draws the "photographs" and the film that the recorded clips show: landscapes of our own, from nothing but noise.
//!
//! `cargo run --release -p rh-benches --example scenery -- FOLDER` writes `photo-0.png` … `photo-3.png` of 1280×720, and `film-000.png` … of 480×270: a
//! flight over the first landscape. `benches/data/make.sh` shows them on a screen.
//!
//! A photograph, to a codec, is light that changes slowly, edges at all scales, texture, and a sensor's grain. Here: a height field of fractal noise,
//! seen in perspective column by column from the nearest row to the farthest, lit from a side, with haze, clouds, water that mirrors, and grain.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "drawing")]
#![allow(clippy::print_stderr, reason = "a command-line program talks on its standard streams")]

use std::{
    fs::File,
    io::{self, BufWriter},
    path::{Path, PathBuf},
    process::ExitCode,
};

type Colour = [f32; 3];

const FILM_FRAMES: u32 = 72;
/// Height of the water.
const WATER: f32 = 62.0;
/// How far is seen.
const FAR: f32 = 900.0;
/// Towards the sun, in the ground's plane.
const SUN: [f32; 2] = [0.8, -0.45];

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: scenery FOLDER");
        return ExitCode::from(2);
    };
    match draw_all(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("scenery: {}: {e}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn draw_all(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for seed in 0..4u8 {
        let camera = Camera { x: f32::from(seed) * 700.0, y: 40.0, heading: f32::from(seed) * 1.3, lift: 30.0 };
        write(&folder.join(format!("photo-{seed}.png")), &Scene::new(1280, 720, seed).render(&camera, 0.9))?;
    }
    for frame in 0..FILM_FRAMES {
        let t = frame as f32;
        let camera = Camera { x: t * 1.7, y: 40.0 + t * 4.0, heading: 0.3 + t * 0.006, lift: 30.0 + (t * 0.05).sin() * 8.0 };
        write(&folder.join(format!("film-{frame:03}.png")), &Scene::new(480, 270, 0).render(&camera, 0.4))?;
    }
    Ok(())
}

struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

fn write(path: &Path, picture: &Picture) -> io::Result<()> {
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.rgb)?;
    Ok(writer.finish()?)
}

struct Camera {
    x: f32,
    y: f32,
    heading: f32,
    /// Above the ground, or the water.
    lift: f32,
}

struct Scene {
    width: u32,
    height: u32,
    seed: u32,
}

impl Scene {
    fn new(width: u32, height: u32, seed: u8) -> Self {
        Self { width, height, seed: u32::from(seed) }
    }

    /// `grain` is its standard deviation, in levels.
    fn render(&self, camera: &Camera, grain: f32) -> Picture {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut light = vec![[0.0; 3]; width * height];
        for column in 0..width {
            self.column(camera, column, &mut light);
        }
        let mut rgb = Vec::with_capacity(width * height * 3);
        for (at, colour) in (0u32..).zip(&light) {
            // A lens is darker towards its corners.
            let (x, y) = ((at % self.width) as f32 / width as f32 - 0.5, (at / self.width) as f32 / height as f32 - 0.5);
            let shade = 1.0 - 0.35 * (x * x + y * y);
            for (value, channel) in colour.iter().zip(0u32..) {
                // Twelve uniform values add up to nearly a normal one.
                let noise = (0..12).map(|n| unit(hash(at, channel * 12 + n, self.seed + 900))).sum::<f32>() - 6.0;
                rgb.push((value * shade + noise * grain).round().clamp(0.0, 255.0) as u8);
            }
        }
        Picture { width: self.width, height: self.height, rgb }
    }

    /// Draws one column from its foot upwards: whatever is nearer hides what is behind.
    fn column(&self, camera: &Camera, column: usize, light: &mut [Colour]) {
        let (width, height) = (self.width as usize, self.height as usize);
        let angle = camera.heading + (column as f32 / width as f32 - 0.5) * 1.1;
        let (sin, cos) = angle.sin_cos();
        let eye = self.ground(camera.x, camera.y).max(WATER) + camera.lift;
        let horizon = height as f32 * 0.42;
        let scale = height as f32 * 1.1;
        let row_of = |ground: f32, distance: f32| horizon + (eye - ground) / distance * scale;
        let mut free = height;
        let mut distance = 4.0;
        while distance < FAR && free > 0 {
            let (x, y) = (camera.x + sin * distance, camera.y + cos * distance);
            let ground = self.ground(x, y);
            let top = row_of(ground.max(WATER), distance).max(0.0) as usize;
            if top < free {
                let haze = 1.0 - (-distance / 420.0).exp();
                let colour = if ground < WATER { self.water(x, y, angle) } else { self.land(x, y, ground) };
                let seen = blend(colour, self.sky(angle, 0.02), haze);
                for row in top..free {
                    light[row * width + column] = seen;
                }
                free = top;
            }
            distance *= 1.0 + 0.9 / scale * 2.0;
            distance += 0.02;
        }
        for row in 0..free {
            light[row * width + column] = self.sky(angle, (horizon - row as f32) / height as f32);
        }
    }

    fn ground(&self, x: f32, y: f32) -> f32 {
        let ridge = 1.0 - (fractal(x / 260.0, y / 260.0, 5, self.seed) * 2.0 - 1.0).abs();
        ridge * ridge * 120.0 + fractal(x / 31.0, y / 31.0, 4, self.seed + 7) * 14.0
    }

    fn land(&self, x: f32, y: f32, ground: f32) -> Colour {
        let rise = [self.ground(x + 0.7, y) - ground, self.ground(x, y + 0.7) - ground];
        let lit = (0.75 - (rise[0] * SUN[0] + rise[1] * SUN[1]) * 0.9).clamp(0.25, 1.35);
        let leaves = fractal(x * 1.3, y * 1.3, 3, self.seed + 20);
        let grass = blend([52.0, 74.0, 30.0], [112.0, 118.0, 52.0], leaves);
        let rock = blend([88.0, 80.0, 74.0], [140.0, 132.0, 122.0], fractal(x / 3.0, y / 1.5, 4, self.seed + 30));
        let steep = ((rise[0].abs() + rise[1].abs()) * 0.9 - 0.2).clamp(0.0, 1.0);
        let snow = ((ground - 118.0) / 14.0 + leaves - 0.5).clamp(0.0, 1.0);
        let sand = ((WATER + 3.0 - ground) / 3.0).clamp(0.0, 1.0);
        let bare = blend(blend(grass, rock, steep), [178.0, 160.0, 120.0], sand);
        blend(bare, [232.0, 236.0, 244.0], snow).map(|value| value * lit)
    }

    fn water(&self, x: f32, y: f32, angle: f32) -> Colour {
        let wave = fractal(x / 5.0, y / 1.4, 3, self.seed + 40) - 0.5;
        blend(self.sky(angle, 0.25 + wave * 0.5), [24.0, 52.0, 66.0], 0.55)
    }

    /// At this height above the horizon, in heights of the picture.
    fn sky(&self, angle: f32, above: f32) -> Colour {
        let above = above.max(0.0);
        let blue = blend([206.0, 214.0, 222.0], [70.0, 116.0, 180.0], (above * 2.6).min(1.0));
        let depth = 1.0 / (above + 0.12);
        let clouds = fractal(angle * 2.2 * depth + 50.0, depth * 2.0, 6, self.seed + 60);
        blend(blue, [244.0, 242.0, 238.0], ((clouds - 0.5) * 3.2).clamp(0.0, 0.92) * (above * 6.0).min(1.0))
    }
}

fn blend(a: Colour, b: Colour, share: f32) -> Colour {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * share)
}

fn hash(x: u32, y: u32, seed: u32) -> u32 {
    let mut h = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b) ^ seed.wrapping_mul(0xc2b2_ae35);
    h = (h ^ h >> 15).wrapping_mul(0x2c1b_3c6d);
    (h ^ h >> 12).wrapping_mul(0x297a_2d39) ^ h >> 15
}

/// 0 to 1.
fn unit(hash: u32) -> f32 {
    (hash >> 8) as f32 / 16_777_215.0
}

/// Values at whole places, joined smoothly.
fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let at = |dx: f32, dy: f32| unit(hash((column + dx) as i32 as u32, (row + dy) as i32 as u32, seed));
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (u, v) = (ease(x - column), ease(y - row));
    let (top, bottom) = (at(0.0, 0.0) + (at(1.0, 0.0) - at(0.0, 0.0)) * u, at(0.0, 1.0) + (at(1.0, 1.0) - at(0.0, 1.0)) * u);
    top + (bottom - top) * v
}

/// Noise of ever smaller and weaker detail; 0 to 1.
fn fractal(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut weight, mut total, mut scale) = (0.0, 1.0, 0.0, 1.0);
    for octave in 0..octaves {
        sum += noise(x * scale, y * scale, seed * 31 + octave) * weight;
        total += weight;
        weight *= 0.52;
        scale *= 2.03;
    }
    sum / total
}
