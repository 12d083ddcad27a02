//! Full-range BT.709 between blue, green, red and the planes of H.264.
//!
//! [MS-RDPEGFX] 3.3.8.3.1 gives both directions, with coefficients in 2^-8:
//!
//! ```text
//! | Y |   (  |  54   183    18 | | R | )        |   0 |
//! | U | = (  | -29   -99   128 | | G | ) >> 8 + | 128 |
//! | V |   (  | 128  -116   -12 | | B | )        | 128 |
//!
//! | R |   (  | 256     0   403 | | Y       | )
//! | G | = (  | 256   -48  -120 | | U - 128 | ) >> 8
//! | B |   (  | 256   475     0 | | V - 128 | )
//! ```
//!
//! The second is what every viewer computes, so it is followed to the bit. In the first, an encoder is free: we round to the nearest where the
//! specification cuts, and have 19 for 18, so that the row's sum is 256 and white stays white.
//!
//! Everything fits 16 bits, in runs of [`LANES`] pixels with nothing carried from one to the next: loops that compilers turn into vector code.

use crate::{
    FrameView, Rect,
    image::{Pixel, Surface},
};

use super::planes::Planes;

/// Pixels that the loops below take at a time.
const LANES: usize = 32;

/// One channel of a run of pixels.
type Lane = [u16; LANES];

/// Red, green, blue.
type Run = [Lane; 3];

/// A run of pixels, one channel behind the other.
#[inline]
fn unpack(pixels: &[Pixel; LANES]) -> Run {
    let mut run = [[0; LANES]; 3];
    let [red, green, blue] = &mut run;
    for (((pixel, red), green), blue) in pixels.iter().zip(red).zip(green).zip(blue) {
        (*red, *green, *blue) = (pixel[2].into(), pixel[1].into(), pixel[0].into());
    }
    run
}

/// Brightness: at most `256 * 255 + 128`.
#[inline]
fn luma([red, green, blue]: &Run) -> [u8; LANES] {
    std::array::from_fn(|i| ((54 * red[i] + 183 * green[i] + 19 * blue[i] + 128) >> 8) as u8)
}

/// The two colour differences: the constant is 128 in 2^-8 and nearly a half, so that what is shifted lies between 255 and 65,535.
#[inline]
fn chroma([red, green, blue]: &Run) -> [[u8; LANES]; 2] {
    const BASE: u16 = (128 << 8) + 127;
    [
        std::array::from_fn(|i| ((BASE + 128 * blue[i] - (29 * red[i] + 99 * green[i])) >> 8) as u8),
        std::array::from_fn(|i| ((BASE + 128 * red[i] - (116 * green[i] + 12 * blue[i])) >> 8) as u8),
    ]
}

/// The mean of each two pixels of two rows, in the first half of the run.
#[inline]
fn halve(above: &Run, below: &Run) -> Run {
    std::array::from_fn(|channel| {
        let sums: Lane = std::array::from_fn(|i| above[channel][i] + below[channel][i]);
        std::array::from_fn(|i| if i < LANES / 2 { (sums[2 * i] + sums[2 * i + 1] + 2) >> 2 } else { 0 })
    })
}

/// The pixels of a rectangle's row from column `x` on; behind its end, the last one again.
#[inline]
fn run_of(row: &[Pixel], x: usize) -> Run {
    match row.get(x..x + LANES).and_then(|run| run.first_chunk()) {
        Some(run) => unpack(run),
        None => unpack(&std::array::from_fn(|i| row[(x + i).min(row.len() - 1)])),
    }
}

fn put(plane: &mut [u8], x: usize, run: &[u8]) {
    let end = plane.len().min(x + run.len());
    plane[x..end].copy_from_slice(&run[..end - x]);
}

/// A rectangle of a frame, which is not empty, at 4:2:0. Around it its edge goes on.
pub(crate) fn to_420(frame: &FrameView<'_>, rect: Rect, planes: &mut Planes) {
    planes.resize(rect.width, rect.height);
    let (width, _) = planes.size();
    let (y, u, v) = planes.planes_mut();
    let rows = y.chunks_exact_mut(2 * width).zip(u.chunks_exact_mut(width / 2)).zip(v.chunks_exact_mut(width / 2));
    for (((y, u), v), at) in rows.zip((0..).step_by(2)) {
        let [above, below] = [at, at + 1].map(|at: u32| frame.span(rect.x, rect.y + at.min(rect.height - 1), rect.width));
        let (upper, lower) = y.split_at_mut(width);
        for x in (0..width).step_by(LANES) {
            let (above, below) = (run_of(above, x), run_of(below, x));
            put(upper, x, &luma(&above));
            put(lower, x, &luma(&below));
            let [blue, red] = chroma(&halve(&above, &below));
            put(u, x / 2, &blue[..LANES / 2]);
            put(v, x / 2, &red[..LANES / 2]);
        }
    }
}

/// One row of a rectangle of a frame at 4:4:4, into rows of any length; behind the rectangle's end its last pixel goes on.
pub(super) fn to_444_row(frame: &FrameView<'_>, rect: Rect, at: u32, [y, u, v]: [&mut [u8]; 3]) {
    let row = frame.span(rect.x, rect.y + at.min(rect.height - 1), rect.width);
    for x in (0..y.len()).step_by(LANES) {
        let run = run_of(row, x);
        let [blue, red] = chroma(&run);
        put(y, x, &luma(&run));
        put(u, x, &blue);
        put(v, x, &red);
    }
}

/// Pixels from as many bytes of each plane.
///
/// In 16 bits: `403 v >> 8` is `v + (147 v >> 8)`, and `475 u >> 8` is `2 u + (-37 u >> 8)`.
#[inline]
#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
fn paint_run(y: &[u8; LANES], u: &[u8; LANES], v: &[u8; LANES], out: &mut [Pixel; LANES]) {
    for (((pixel, y), u), v) in out.iter_mut().zip(y).zip(u).zip(v) {
        let (y, u, v) = (i16::from(*y), i16::from(*u) - 128, i16::from(*v) - 128);
        let red = y + v + ((147 * v) >> 8);
        let green = y + ((-48 * u - 120 * v) >> 8);
        let blue = y + 2 * u + ((-37 * u) >> 8);
        let [blue, green, red] = [blue, green, red].map(|value| value.clamp(0, 255) as u8);
        *pixel = [blue, green, red, 255];
    }
}

/// A row of pixels from rows of the three planes, each as long at least.
pub(super) fn paint_444_row(y: &[u8], u: &[u8], v: &[u8], out: &mut [Pixel]) {
    let len = out.len();
    let (runs, rest) = out.as_chunks_mut::<LANES>();
    let (ys, us, vs) = (y[..len].as_chunks::<LANES>(), u[..len].as_chunks::<LANES>(), v[..len].as_chunks::<LANES>());
    for (((out, y), u), v) in runs.iter_mut().zip(ys.0).zip(us.0).zip(vs.0) {
        paint_run(y, u, v, out);
    }
    if !rest.is_empty() {
        let mut out = [[0; 4]; LANES];
        paint_run(&padded(ys.1), &padded(us.1), &padded(vs.1), &mut out);
        rest.copy_from_slice(&out[..rest.len()]);
    }
}

fn padded(rest: &[u8]) -> [u8; LANES] {
    let mut run = [0; LANES];
    run[..rest.len()].copy_from_slice(rest);
    run
}

/// Paints `part` of a picture, in its own coordinates, at `(x, y)` of a surface. Each colour difference holds for two by two pixels, as
/// decoders of RDP have it.
///
/// The caller has seen to it that the part lies within the picture, and its place within the surface.
pub(crate) fn paint_420(planes: &Planes, part: Rect, surface: &mut Surface, x: u32, y: u32) {
    let width = planes.size().0;
    // Runs begin at even columns, so that differences belong to whole pairs.
    let (first, end) = (part.x as usize & !1, part.right() as usize);
    for row in 0..part.height {
        let at = (part.y + row) as usize;
        let luma = &planes.y()[at * width..][..width];
        let half = at / 2 * (width / 2)..(at / 2 + 1) * (width / 2);
        let (u, v) = (&planes.u()[half.clone()], &planes.v()[half]);
        let out = surface.span_mut(x, y + row, part.width);
        let mut run = [[0; 4]; LANES];
        for start in (first..end).step_by(LANES) {
            paint_run(&taken(luma, start), &doubled(&taken(u, start / 2)), &doubled(&taken(v, start / 2)), &mut run);
            let (from, until) = (start.max(part.x as usize), end.min(start + LANES));
            out[from - part.x as usize..until - part.x as usize].copy_from_slice(&run[from - start..until - start]);
        }
    }
}

/// So many bytes from there, with zeros behind the end.
#[inline]
fn taken<const N: usize>(row: &[u8], start: usize) -> [u8; N] {
    match row.get(start..).and_then(|row| row.first_chunk()) {
        Some(run) => *run,
        None => {
            let mut run = [0; N];
            let rest = &row[start.min(row.len())..];
            run[..rest.len()].copy_from_slice(rest);
            run
        }
    }
}

/// Each byte twice.
#[inline]
fn doubled(half: &[u8; LANES / 2]) -> [u8; LANES] {
    std::array::from_fn(|i| half[i / 2])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tests")]

    use super::*;
    use crate::PixelFormat;

    /// The specification's formula, in whole numbers.
    fn shown(y: u8, u: u8, v: u8) -> [u8; 3] {
        let (y, u, v) = (256 * i32::from(y), i32::from(u) - 128, i32::from(v) - 128);
        [y + 475 * u, y - 48 * u - 120 * v, y + 403 * v].map(|value| (value >> 8).clamp(0, 255) as u8)
    }

    #[test]
    fn every_colour_is_shown_as_the_specification_says() {
        for u in 0..=255u8 {
            for v in 0..=255u8 {
                let y: Vec<u8> = (0..=255).collect();
                let mut out = vec![[0; 4]; 256];
                paint_444_row(&y, &[u; 256], &[v; 256], &mut out);
                for (y, pixel) in (0..=255).zip(&out) {
                    assert_eq!((pixel[..3].try_into().unwrap(), pixel[3]), (shown(y, u, v), 255), "of {y}, {u}, {v}");
                }
            }
        }
    }

    #[test]
    fn colours_come_back_nearly_as_they_were() {
        let mut worst = 0;
        for red in (0..=255u8).step_by(5) {
            for green in (0..=255u8).step_by(5) {
                for blue in (0..=255u8).step_by(5) {
                    let run = unpack(&[[blue, green, red, 9]; LANES]);
                    let [u, v] = chroma(&run);
                    let back = shown(luma(&run)[0], u[0], v[0]);
                    worst = [blue, green, red].iter().zip(back).map(|(a, b)| a.abs_diff(b)).fold(worst, u8::max);
                }
            }
        }
        assert!(worst <= 3, "{worst} away");
        for grey in [0, 1, 128, 254, 255] {
            let run = unpack(&[[grey, grey, grey, 0]; LANES]);
            assert_eq!(luma(&run)[0], grey, "white stays white, and black black");
            assert_eq!(chroma(&run).map(|difference| difference[0]), [128; 2], "grey has no colour");
        }
    }

    #[test]
    fn any_part_is_painted_like_the_whole() {
        let (width, height) = (77, 45);
        let pixels: Vec<u8> = (0..width * height * 4u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let frame = FrameView::new(width, height, width as usize * 4, PixelFormat::Bgrx, &pixels).unwrap();
        let rect = Rect::new(3, 2, 70, 41);
        let mut planes = Planes::default();
        to_420(&frame, rect, &mut planes);
        assert_eq!(planes.size(), (80, 48));
        let (mut whole, mut parts) = (Surface::default(), Surface::default());
        whole.resize(width, height);
        parts.resize(width, height);
        paint_420(&planes, Rect::new(0, 0, 70, 41), &mut whole, 3, 2);
        for (x, y, w, h) in [(0, 0, 33, 41), (33, 0, 1, 41), (34, 0, 36, 7), (34, 7, 36, 34)] {
            paint_420(&planes, Rect::new(x, y, w, h), &mut parts, 3 + x, 2 + y);
        }
        assert!(whole.view().unwrap().same_picture(&parts.view().unwrap()));
        for (x, y) in [(0, 0), (69, 40), (35, 20), (1, 39)] {
            let half = y as usize / 2 * 40 + x as usize / 2;
            let expected = shown(planes.y()[y as usize * 80 + x as usize], planes.u()[half], planes.v()[half]);
            assert_eq!(whole.span(3 + x, 2 + y, 1)[0][..3], expected);
        }
    }
}
