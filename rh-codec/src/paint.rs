//! The ways to paint a piece of the picture, and the parts that a large one is cut into.

use crate::{FrameView, Rect, classify, diff::TILE, native};

/// For images so busy that coarseness does not show: 36 dB.
pub(crate) const BUSY: native::Quality = match native::Quality::new(37) {
    Some(quality) => quality,
    None => native::Quality::FIRST,
};

/// How a piece is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Fill(u32),
    Text,
    /// An image for the first time.
    Coarse,
    Exact,
    /// An image of which a coarse version is shown.
    Finer,
    ExactFromCoarse,
}

impl Paint {
    pub(crate) fn image(self, frame: &FrameView<'_>, rect: Rect) -> native::Paint {
        match self {
            Self::Coarse => {
                let quality = match classify::steepness(frame, rect) {
                    // Nothing fine is lost in what is smooth, and in what is busy nobody sees it.
                    0..12 => native::Quality::COARSE,
                    12..64 => native::Quality::FIRST,
                    _ => BUSY,
                };
                native::Paint::Wave { quality, refine: false }
            }
            Self::Finer => native::Paint::Wave { quality: native::Quality::FINE, refine: true },
            _ => native::Paint::Exact { side: self == Self::ExactFromCoarse },
        }
    }

    /// What [`Owed`](crate::owed::Owed) counts: 0 for exact.
    pub(crate) fn passes(self) -> u8 {
        match self {
            Self::Coarse => 1,
            Self::Finer => 2,
            _ => 0,
        }
    }

    pub(crate) fn most_bytes(self, frame: &FrameView<'_>, rect: Rect) -> usize {
        match self {
            Self::Fill(_) => 0,
            Self::Text => classify::most_bytes(frame, rect),
            Self::Exact | Self::ExactFromCoarse => most_bytes(rect.area()) / 2,
            // A byte a pixel is far more than a coarse version ever takes.
            Self::Coarse | Self::Finer => most_bytes(rect.area()) / 6,
        }
    }
}

/// Bytes that pixels take at most, whatever they are: an escape for each.
pub(crate) fn most_bytes(area: u64) -> usize {
    usize::try_from(area * 6).unwrap_or(usize::MAX / 2)
}

/// The least part that a piece is cut into when the budget is short: a tile wide, and high enough for a line of text.
pub(crate) const PART: (u32, u32) = (TILE, 16);

/// Pixels that one message refines.
pub(crate) const REFINED_AT_ONCE: u64 = 1 << 17;

/// Cuts a rectangle into strips of rows of blocks, so wide that several are refined at once.
pub(crate) fn strips(rect: Rect) -> impl Iterator<Item = Rect> {
    let rows = u32::try_from(REFINED_AT_ONCE / 2 / u64::from(rect.width)).unwrap_or(u32::MAX).max(TILE) / PART.1 * PART.1;
    (rect.y..rect.bottom()).step_by(rows as usize).map(move |y| Rect { y, height: rows, ..rect }.intersection(&rect))
}

/// Cuts a rectangle in two along the grid of parts, across its longer side; `None` if it is one part.
pub(crate) fn halves(rect: Rect) -> Option<(Rect, Rect)> {
    let cut = |start: u32, len: u32, grid: u32| {
        let middle = (start + len / 2).next_multiple_of(grid);
        let middle = if middle < start + len { middle } else { (start + len - 1) / grid * grid };
        (middle > start).then(|| middle - start)
    };
    let across = cut(rect.y, rect.height, PART.1)
        .map(|above| (Rect { height: above, ..rect }, Rect { y: rect.y + above, height: rect.height - above, ..rect }));
    across.or_else(|| {
        cut(rect.x, rect.width, PART.0)
            .map(|left| (Rect { width: left, ..rect }, Rect { x: rect.x + left, width: rect.width - left, ..rect }))
    })
}
