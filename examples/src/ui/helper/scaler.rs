//! Copies the sharer's pixels into the window at any size.
//!
//! Every window pixel is the average of exactly the area of the picture it covers: sharp at whole multiples, free of
//! flicker when small, and the picture itself, bit for bit, at its own size. All sums are whole numbers; nothing is
//! allocated once the sizes are known.

use super::super::{
    canvas::Brush,
    picture::{Area, Picture, at, side},
};

/// The weights of what one window pixel covers add up to this, along each axis: 255 * 256 fits 16 bits, which is what makes
/// the sums quick, and 255 * 256 * 256 fits 32.
const UNIT: u16 = 256;

/// Along one axis: what of the picture each window pixel covers.
#[derive(Debug, Default)]
struct Axis {
    source: usize,
    target: usize,
    spans: Vec<Span>,
    /// The spans' weights, one after the other.
    weights: Vec<u16>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    /// First source pixel.
    first: usize,
    /// First weight, in [`Axis::weights`].
    at: usize,
    /// Source pixels.
    count: usize,
}

impl Axis {
    fn prepare(&mut self, source: usize, target: usize) {
        if (self.source, self.target) == (source, target) {
            return;
        }
        (self.source, self.target) = (source, target);
        self.spans.clear();
        self.weights.clear();
        for d in 0..target {
            // In units of 1/target of a source pixel: this one covers [from, to), a source pixel is `target` long.
            let (from, to) = (d * source, (d + 1) * source);
            let (first, last) = (from / target, (to - 1) / target);
            self.spans.push(Span { first, at: self.weights.len(), count: last - first + 1 });
            let mut before = 0;
            for s in first..=last {
                // Rounded sums, not rounded weights: so they add up to UNIT exactly.
                let covered = to.min((s + 1) * target) - from;
                let sum = u16::try_from(covered * usize::from(UNIT) / source).unwrap_or(UNIT);
                self.weights.push(sum - before);
                before = sum;
            }
        }
    }

    fn weights(&self, span: Span) -> &[u16] {
        &self.weights[span.at..span.at + span.count]
    }
}

/// Scales pictures; keeps its tables and its scratch row between frames.
#[derive(Debug, Default)]
pub(super) struct Scaler {
    x: Axis,
    y: Axis,
    /// One row of the picture, summed over the rows that a window row covers: each pixel's bytes apart.
    sums: Vec<[u16; 4]>,
}

impl Scaler {
    /// Paints what of the picture lies in the brush's clip, with the whole picture at `target`.
    pub(super) fn paint(&mut self, brush: &mut Brush<'_>, picture: &Picture, target: Area) {
        let clip = brush.clip().intersect(&target);
        if clip.is_empty() || picture.pixels().is_empty() {
            return;
        }
        let (width, stride) = (picture.width(), picture.width());
        if (side(width), side(picture.height())) == (target.w, target.h) {
            let (x, w) = (at(clip.x - target.x), at(clip.w));
            for y in clip.y..clip.bottom() {
                let start = at(y - target.y) * stride + x;
                brush.row(y, clip.x, clip.w).copy_from_slice(&picture.pixels()[start..start + w]);
            }
            return;
        }
        self.x.prepare(width, at(target.w));
        self.y.prepare(picture.height(), at(target.h));
        let spans = &self.x.spans[at(clip.x - target.x)..at(clip.right() - target.x)];
        let first = spans.first().map_or(0, |span| span.first);
        let end = spans.last().map_or(0, |span| span.first + span.count);
        self.sums.resize(width, [0; 4]);
        for y in clip.y..clip.bottom() {
            let span = self.y.spans[at(y - target.y)];
            let sums = &mut self.sums[first..end];
            sums.fill([0; 4]);
            for (row, weight) in (span.first..).zip(self.y.weights(span)) {
                let row = &picture.pixels()[row * stride + first..row * stride + end];
                for (sum, pixel) in sums.iter_mut().zip(row) {
                    for (sum, byte) in sum.iter_mut().zip(pixel.to_le_bytes()) {
                        *sum += u16::from(byte) * weight;
                    }
                }
            }
            for (out, span) in brush.row(y, clip.x, clip.w).iter_mut().zip(spans) {
                let mut total = [u32::from(UNIT) * u32::from(UNIT) / 2; 4];
                for (sum, weight) in self.sums[span.first..span.first + span.count].iter().zip(self.x.weights(*span)) {
                    for (total, sum) in total.iter_mut().zip(sum) {
                        *total += u32::from(*sum) * u32::from(*weight);
                    }
                }
                // Byte 2 of each sum is its 65536th part.
                *out = u32::from_le_bytes(total.map(|sum| sum.to_le_bytes()[2]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::canvas::Canvas, *};

    fn picture(w: usize, h: usize, pixel: impl Fn(usize, usize) -> u32) -> Picture {
        let mut picture = Picture::new(w, h);
        for (index, out) in picture.pixels_mut().iter_mut().enumerate() {
            *out = pixel(index % w, index / w);
        }
        picture
    }

    fn scale(picture: &Picture, w: i32, h: i32) -> Vec<u32> {
        let mut canvas = Canvas::default();
        canvas.resize(at(w), at(h));
        let area = canvas.area();
        Scaler::default().paint(&mut canvas.brush(area), picture, area);
        canvas.pixels().to_vec()
    }

    fn noise(x: usize, y: usize) -> u32 {
        u32::try_from((x * 7919 + y * 104_729) % 0x0100_0000).unwrap_or(0)
    }

    #[test]
    fn at_its_own_size_the_picture_is_itself() {
        let picture = picture(37, 23, noise);
        assert_eq!(scale(&picture, 37, 23), picture.pixels());
    }

    #[test]
    fn twice_as_large_every_pixel_is_four() {
        let picture = picture(11, 5, noise);
        let scaled = scale(&picture, 22, 10);
        for (index, pixel) in scaled.iter().enumerate() {
            assert_eq!(*pixel, noise(index % 22 / 2, index / 22 / 2));
        }
    }

    #[test]
    fn half_as_large_every_pixel_is_the_mean_of_four() {
        let picture = picture(4, 2, |x, y| [0x0000_0000, 0x00ff_8040][(x + y) % 2]);
        assert_eq!(scale(&picture, 2, 1), [0x0080_4020; 2]);
    }

    #[test]
    fn one_colour_stays_that_colour_at_any_size() {
        for (w, h) in [(1, 1), (3, 100), (63, 41), (64, 40), (65, 39), (1000, 7)] {
            for colour in [0x00ff_ffff, 0x0001_0203, 0] {
                let picture = picture(64, 40, |_, _| colour);
                assert!(scale(&picture, w, h).iter().all(|p| *p == colour), "{colour:06x} at {w}x{h}");
            }
        }
    }

    #[test]
    fn a_part_is_painted_as_it_is_in_the_whole() {
        let picture = picture(120, 90, noise);
        let whole = scale(&picture, 77, 51);
        let mut canvas = Canvas::default();
        canvas.resize(77, 51);
        let target = canvas.area();
        let mut scaler = Scaler::default();
        for part in [Area::new(0, 0, 30, 51), Area::new(30, 0, 47, 20), Area::new(30, 20, 47, 31)] {
            scaler.paint(&mut canvas.brush(part), &picture, target);
        }
        assert_eq!(canvas.pixels(), whole);
    }
}
