//! 4:4:4 as two pictures at 4:2:0 ([MS-RDPEGFX] 3.3.8.3.2, 3.3.8.3.3).
//!
//! The main view is the picture at 4:2:0: each colour difference is the mean of two by two pixels. The auxiliary view holds the three of these four that
//! lie right or below; the fourth follows from the mean. Where they lie, for differences `U` and `V` of the pixel at column, row, and `w` the coded
//! picture's columns:
//!
//! | auxiliary view | version 1 | version 2 |
//! |---|---|---|
//! | brightness | of each 16 rows, 8 with the next odd rows of `U`, 8 with those of `V` | `U(2x+1, y)` at `x`, `V(2x+1, y)` at `w/2 + x` |
//! | blue difference | `U(2x+1, 2y)` | `U(4x, 2y+1)` at `x`, `V(4x, 2y+1)` at `w/4 + x` |
//! | red difference | `V(2x+1, 2y)` | `U(4x+2, 2y+1)` at `x`, `V(4x+2, 2y+1)` at `w/4 + x` |

use crate::{Error, FrameView, Rect, image::Surface};

use super::{
    colour::{paint_444_row, to_444_row},
    planes::Planes,
};

/// How the auxiliary view is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `RDPGFX_CODECID_AVC444`.
    V1,
    /// `RDPGFX_CODECID_AVC444v2`: what belongs together lies together, so that it moves together.
    V2,
}

/// What the mean must differ from the pixel that follows from it for that pixel to be believed: within this, coding noise is four times what it was.
const NOISE: i32 = 30;

/// Rows of colour differences at full width, kept for their memory.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    luma: Vec<u8>,
    /// Two rows of each difference.
    blue: [Vec<u8>; 2],
    red: [Vec<u8>; 2],
}

impl Rows {
    fn resize(&mut self, width: usize) {
        self.luma.resize(width, 0);
        self.blue.iter_mut().chain(&mut self.red).for_each(|row| row.resize(width, 0));
    }
}

/// Cuts a rectangle of a frame into both views.
///
/// # Errors
/// `ApiMisuse` if the rectangle is empty or reaches out of the frame.
pub fn split(
    frame: &FrameView<'_>,
    rect: Rect,
    layout: Layout,
    rows: &mut Rows,
    main: &mut Planes,
    auxiliary: &mut Planes,
) -> Result<(), Error> {
    if rect.is_empty() || !rect.fits(frame.width(), frame.height()) {
        return Err(Error::ApiMisuse("a rectangle lies within the frame"));
    }
    main.resize(rect.width, rect.height);
    auxiliary.resize(rect.width, rect.height);
    let (width, height) = main.size();
    rows.resize(width);
    let half = width / 2;
    for (pair, at) in (0..height / 2).zip((0..).step_by(2)) {
        let (y, u, v) = main.planes_mut();
        for (i, at) in (0..2).zip(at..) {
            to_444_row(frame, rect, at, [&mut rows.luma, &mut rows.blue[i], &mut rows.red[i]]);
            y[(2 * pair + i) * width..][..width].copy_from_slice(&rows.luma);
        }
        for (to, [above, below]) in [(u, &rows.blue), (v, &rows.red)] {
            let to = &mut to[pair * half..][..half];
            for ((to, above), below) in to.iter_mut().zip(above.as_chunks::<2>().0).zip(below.as_chunks::<2>().0) {
                let sum = above.iter().chain(below).map(|value| u16::from(*value)).sum::<u16>();
                // A mean of bytes.
                *to = u8::try_from((sum + 2) >> 2).unwrap_or(u8::MAX);
            }
        }
        store(layout, rows, pair, auxiliary);
    }
    Ok(())
}

/// Puts what the main view lacks of a pair of rows into the other.
fn store(layout: Layout, rows: &Rows, pair: usize, auxiliary: &mut Planes) {
    let width = auxiliary.size().0;
    let (half, quarter) = (width / 2, width / 4);
    let (y, u, v) = auxiliary.planes_mut();
    let pick = |to: &mut [u8], from: &[u8], first: usize, step: usize| {
        to.iter_mut().zip(from[first..].iter().step_by(step)).for_each(|(to, from)| *to = *from);
    };
    let chroma = pair * half..(pair + 1) * half;
    let (u, v) = (&mut u[chroma.clone()], &mut v[chroma]);
    let [blue, red] = [&rows.blue, &rows.red];
    match layout {
        Layout::V1 => {
            let (first, second) = odd_rows(pair);
            y[first * width..][..width].copy_from_slice(&blue[1]);
            y[second * width..][..width].copy_from_slice(&red[1]);
            pick(u, &blue[0], 1, 2);
            pick(v, &red[0], 1, 2);
        }
        Layout::V2 => {
            for i in 0..2 {
                let (left, right) = y[(2 * pair + i) * width..][..width].split_at_mut(half);
                pick(left, &blue[i], 1, 2);
                pick(right, &red[i], 1, 2);
            }
            for (to, first) in [(u, 0), (v, 2)] {
                let (left, right) = to.split_at_mut(quarter);
                pick(left, &blue[1], first, 4);
                pick(right, &red[1], first, 4);
            }
        }
    }
}

/// Where version 1 has the odd row of a pair, of the blue and of the red difference.
fn odd_rows(pair: usize) -> (usize, usize) {
    let first = pair / 8 * 16 + pair % 8;
    (first, first + 8)
}

/// The opposite of [`store`]: both differences of a pair of rows.
fn load(layout: Layout, rows: &mut Rows, pair: usize, main: &Planes, auxiliary: &Planes) {
    let width = auxiliary.size().0;
    let (half, quarter) = (width / 2, width / 4);
    let chroma = pair * half..(pair + 1) * half;
    let (u, v) = (&auxiliary.u()[chroma.clone()], &auxiliary.v()[chroma.clone()]);
    let spread = |to: &mut [u8], from: &[u8], first: usize, step: usize| {
        to[first..].iter_mut().step_by(step).zip(from).for_each(|(to, from)| *to = *from);
    };
    let y = auxiliary.y();
    match layout {
        Layout::V1 => {
            let (first, second) = odd_rows(pair);
            rows.blue[1].copy_from_slice(&y[first * width..][..width]);
            rows.red[1].copy_from_slice(&y[second * width..][..width]);
            spread(&mut rows.blue[0], u, 1, 2);
            spread(&mut rows.red[0], v, 1, 2);
        }
        Layout::V2 => {
            for i in 0..2 {
                let (left, right) = y[(2 * pair + i) * width..][..width].split_at(half);
                spread(&mut rows.blue[i], left, 1, 2);
                spread(&mut rows.red[i], right, 1, 2);
            }
            for (from, first) in [(u, 0), (v, 2)] {
                let (left, right) = from.split_at(quarter);
                spread(&mut rows.blue[1], left, first, 4);
                spread(&mut rows.red[1], right, first, 4);
            }
        }
    }
    for (rows, means) in [(&mut rows.blue, &main.u()[chroma.clone()]), (&mut rows.red, &main.v()[chroma])] {
        let [above, below] = rows;
        for ((above, below), mean) in above.as_chunks_mut::<2>().0.iter_mut().zip(below.as_chunks::<2>().0).zip(means) {
            let others = i32::from(above[1]) + i32::from(below[0]) + i32::from(below[1]);
            let follows = (4 * i32::from(*mean) - others).clamp(0, 255);
            let believed = (follows - i32::from(*mean)).abs() >= NOISE;
            above[0] = if believed { u8::try_from(follows).unwrap_or(*mean) } else { *mean };
        }
    }
}

/// Paints `part` of a picture of two views, in its own coordinates, at `(x, y)` of a surface.
///
/// The caller has seen to it that the views are of one size, that the part lies within them, and its place within the surface.
pub(crate) fn paint(
    layout: Layout,
    [main, auxiliary]: [&Planes; 2],
    rows: &mut Rows,
    part: Rect,
    surface: &mut Surface,
    (x, y): (u32, u32),
) {
    let width = main.size().0;
    rows.resize(width);
    let mut loaded = None;
    for row in 0..part.height {
        let at = (part.y + row) as usize;
        if loaded != Some(at / 2) {
            loaded = Some(at / 2);
            load(layout, rows, at / 2, main, auxiliary);
        }
        let columns = part.x as usize..part.right() as usize;
        let luma = &main.y()[at * width..][columns.clone()];
        let (blue, red) = (&rows.blue[at % 2][columns.clone()], &rows.red[at % 2][columns]);
        paint_444_row(luma, blue, red, surface.span_mut(x, y + row, part.width));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tests")]

    use super::*;
    use crate::PixelFormat;

    /// Letters in strong colours: what 4:2:0 smears.
    fn letters(width: u32, height: u32) -> Vec<u8> {
        (0..width * height)
            .flat_map(|i| {
                let (x, y) = (i % width, i / width);
                let ink = ((x / 2 * 977) ^ (y * 131)).wrapping_mul(0x9e37_79b1) >> 30 == 0;
                if ink { [230, 20, 20, 0] } else { [20, 240, 250, 0] }
            })
            .collect()
    }

    #[test]
    fn both_layouts_bring_every_colour_back() {
        let (width, height) = (70, 51);
        let pixels = letters(width, height);
        let frame = FrameView::new(width, height, width as usize * 4, PixelFormat::Bgrx, &pixels).unwrap();
        for layout in [Layout::V1, Layout::V2] {
            let (mut rows, mut main, mut auxiliary) = (Rows::default(), Planes::default(), Planes::default());
            let rect = Rect::new(1, 2, 65, 40);
            split(&frame, rect, layout, &mut rows, &mut main, &mut auxiliary).unwrap();
            let mut surface = Surface::default();
            surface.resize(width, height);
            paint(layout, [&main, &auxiliary], &mut rows, Rect::new(0, 0, 65, 40), &mut surface, (1, 2));
            for y in rect.y..rect.bottom() {
                for (x, (is, should)) in (0..).zip(surface.span(1, y, 65).iter().zip(frame.span(1, y, 65))) {
                    let off = (0..3).map(|i| is[i].abs_diff(should[i])).max().unwrap();
                    // The one of four that follows from the mean is the mean itself where they are near.
                    let limit = if x % 2 == 0 && (y - rect.y).is_multiple_of(2) { 60 } else { 4 };
                    assert!(off <= limit, "{layout:?}: {is:?} for {should:?} at {x}, {y}");
                }
            }
        }
    }

    #[test]
    fn the_main_view_is_the_picture_at_420() {
        let pixels = letters(32, 32);
        let frame = FrameView::new(32, 32, 128, PixelFormat::Bgrx, &pixels).unwrap();
        let (mut rows, mut main, mut auxiliary, mut plain) = (Rows::default(), Planes::default(), Planes::default(), Planes::default());
        let rect = Rect::new(0, 0, 32, 32);
        split(&frame, rect, Layout::V2, &mut rows, &mut main, &mut auxiliary).unwrap();
        super::super::colour::to_420(&frame, rect, &mut plain);
        assert_eq!(main.y(), plain.y());
        let near = |a: &[u8], b: &[u8]| a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= 1);
        assert!(near(main.u(), plain.u()) && near(main.v(), plain.v()), "means of differences are differences of means");
    }
}
