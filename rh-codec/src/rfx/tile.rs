//! Pixels to coefficients and back, a tile at a time.

use super::{
    colour::{self, SIDE},
    dwt,
    quant::{Edge, Planes, Quant, dequantize},
};
use crate::{
    Error, FrameView, Limits, Rect, Surface,
    image::{Pixel, opaque},
};

/// What is within `rect` of a picture, which lies in the tile whose corner is `(x, y)`, to coefficients.
///
/// A tile that shows more than that, or is cut by the picture's edge, continues with the nearest columns and rows: the decoder throws that
/// away, and nothing is cheaper to send.
pub(crate) fn transform(frame: &FrameView<'_>, (x, y): (u32, u32), rect: Rect, edge: Edge, planes: &mut Planes) {
    let mut row = [[0; 4]; SIDE];
    let left = (rect.x - x) as usize;
    for (i, line) in (0..SIDE).zip(y..) {
        let span = frame.span(rect.x, line.clamp(rect.y, rect.bottom() - 1), rect.width);
        if let Ok(whole) = <&[Pixel; SIDE]>::try_from(span) {
            colour::forward(whole, planes, i);
        } else if let (Some(first), Some(last)) = (span.first(), span.last()) {
            row[..left].fill(*first);
            row[left..left + span.len()].copy_from_slice(span);
            row[left + span.len()..].fill(*last);
            colour::forward(&row, planes, i);
        }
    }
    planes.iter_mut().for_each(|plane| dwt::forward(plane, edge));
}

/// Coefficients in steps of `factors` to samples.
pub(crate) fn restore(planes: &mut Planes, edge: Edge, factors: &[Quant; 3]) {
    for (plane, factors) in planes.iter_mut().zip(factors) {
        dequantize(plane, edge, *factors);
        dwt::inverse(plane, edge);
    }
}

/// Paints of a tile whose corner is `(x, y)` what lies within `rect`, which the tile covers and the surface has.
pub(crate) fn paint(samples: &Planes, (x, y): (u32, u32), rect: Rect, target: &mut Surface) {
    let mut row = [opaque(0); SIDE];
    let left = (rect.x - x) as usize;
    for line in rect.y..rect.bottom() {
        let span = target.span_mut(rect.x, line, rect.width);
        if let Ok(whole) = <&mut [Pixel; SIDE]>::try_from(&mut *span) {
            colour::inverse(samples, (line - y) as usize, whole);
        } else {
            colour::inverse(samples, (line - y) as usize, &mut row);
            span.copy_from_slice(&row[left..left + rect.width as usize]);
        }
    }
}

/// What a message may still ask for.
pub(crate) struct Work {
    /// In pixels.
    left: u64,
    limit: u64,
}

impl Work {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { left: limits.max_work(), limit: limits.max_work() }
    }

    fn spend(&mut self, pixels: u64) -> Result<(), Error> {
        self.left = self.left.checked_sub(pixels).ok_or(Error::LimitExceeded { what: "pixels of a message's tiles", limit: self.limit })?;
        Ok(())
    }

    /// A tile is decoded or transformed.
    pub(crate) fn tile(&mut self) -> Result<(), Error> {
        self.spend(4096)
    }

    /// A tile is looked at, in search of those that a rectangle meets.
    pub(crate) fn visit(&mut self) -> Result<(), Error> {
        self.spend(16)
    }
}
