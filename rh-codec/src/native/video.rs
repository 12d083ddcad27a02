//! Frames of a video region: one access unit of H.264 a message, and which blocks of its picture are shown.
//!
//! Blocks that have not changed keep what they show, exact or coarse, so that what stands still within a film is not spoilt.

use super::{coder::Coder, range::Chance};
use crate::{
    Rect,
    avc::{Planes, paint_420},
    image::Surface,
};

/// Side of a block; blocks count from the upper left corner of the region.
pub(crate) const BLOCK: u32 = 16;

/// One frame of a video region, to be written.
#[cfg(feature = "h264")]
pub(crate) struct VideoFrame<'a> {
    pub(crate) unit: &'a [u8],
    /// The unit needs none before it, and is the first of its decoder.
    pub(crate) begins: bool,
    /// What the unit decodes to.
    pub(crate) picture: &'a Planes,
    /// For each block, row by row, whether it is shown.
    pub(crate) changed: &'a mut [bool],
}

/// What has been learned of blocks, by how many of the left and the upper one have changed.
#[derive(Clone, Debug)]
pub(super) struct Changes([Chance; 3]);

impl Changes {
    pub(super) const NEW: Self = Self([Chance::EVEN; 3]);

    /// Says which blocks of a region have changed; a reader fills `changed`.
    pub(super) fn code(&mut self, coder: &mut impl Coder, rect: Rect, changed: &mut [bool]) {
        let columns = rect.width.div_ceil(BLOCK) as usize;
        for index in 0..changed.len() {
            let left = index % columns > 0 && changed[index - 1];
            let above = index >= columns && changed[index - columns];
            changed[index] = coder.bit(changed[index], &mut self.0[usize::from(left) + usize::from(above)]);
        }
    }
}

/// Blocks of a region.
pub(crate) fn blocks(rect: Rect) -> usize {
    rect.width.div_ceil(BLOCK) as usize * rect.height.div_ceil(BLOCK) as usize
}

/// Shows the blocks of a picture that have changed.
pub(super) fn paint(picture: &Planes, rect: Rect, changed: &[bool], surface: &mut Surface) {
    let whole = Rect::new(0, 0, rect.width, rect.height);
    for (row, y) in changed.chunks(rect.width.div_ceil(BLOCK) as usize).zip((0..).step_by(BLOCK as usize)) {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            // Blocks of a row of a picture.
            let width = u32::try_from(run.len()).unwrap_or(u32::MAX / BLOCK) * BLOCK;
            if run[0] {
                let part = Rect::new(x, y, width, BLOCK).intersection(&whole);
                paint_420(picture, part, surface, rect.x + part.x, rect.y + part.y);
            }
            x += width;
        }
    }
}
