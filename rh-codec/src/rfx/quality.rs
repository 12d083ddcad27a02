//! How much each level leaves out.
//!
//! The tables were found by descent on photographs: the step of each band of each component was changed for as long as bytes and squared error
//! of the RGB picture, weighed against each other, fell in sum; each level stands for one weight. Diagonal detail of the first level costs the
//! most bytes for what it shows and goes first, chroma is treated no worse than luma: RGB has no luma.

use super::quant::{Bits, Quant};

/// Quantization factors of [`Level::Full`]: steps of one grey level.
pub(crate) const FULL: Quant = Quant::flat(6);

/// How good a tile is, with [`Aim::Picture`](crate::progressive::Aim::Picture). Compared with JPEG (4:2:0) on photographs; figures are in
/// `docs/codec/progressive.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For links that carry nothing better: as large as JPEG of quality 50.
    Coarse,
    /// What a picture may stay at for a while: better than JPEG of quality 80, and a tenth smaller.
    Good,
    /// Hard to tell from the original: better than JPEG of quality 90, twice as large as the level before.
    Fine,
    /// Steps of one grey level, the best there is, twice as large again. Not lossless: colours are converted and rounded.
    Full,
}

impl Level {
    /// All levels, from the worst to the best.
    pub const ALL: [Self; 4] = [Self::Coarse, Self::Good, Self::Fine, Self::Full];

    /// The next better one.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Coarse => Some(Self::Good),
            Self::Good => Some(Self::Fine),
            Self::Fine => Some(Self::Full),
            Self::Full => None,
        }
    }

    /// Bits that it leaves out: Y, Cb, Cr; bands as in [`Plane`](super::quant::Plane).
    pub(crate) fn bits(self) -> Bits {
        match self {
            Self::Coarse => {
                [Quant([4, 3, 5, 3, 3, 2, 2, 2, 1, 2]), Quant([4, 4, 5, 3, 3, 3, 2, 2, 1, 2]), Quant([4, 4, 5, 3, 3, 3, 2, 2, 2, 2])]
            }
            Self::Good => {
                [Quant([2, 2, 5, 2, 2, 1, 1, 1, 1, 1]), Quant([2, 3, 5, 2, 2, 1, 1, 1, 0, 1]), Quant([3, 3, 5, 2, 2, 3, 1, 1, 1, 1])]
            }
            Self::Fine => {
                [Quant([1, 1, 3, 1, 1, 1, 0, 0, 0, 0]), Quant([1, 1, 3, 1, 0, 0, 0, 0, 0, 0]), Quant([2, 2, 3, 1, 1, 1, 0, 0, 0, 0])]
            }
            Self::Full => [Quant::flat(0); 3],
        }
    }

    /// The same between 0 and 100, for whoever shows progress ([MS-RDPEGFX] 2.2.4.2.1.5.1).
    pub(crate) fn percent(self) -> u8 {
        match self {
            Self::Coarse => 25,
            Self::Good => 50,
            Self::Fine => 75,
            Self::Full => 100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_only_ever_add_bits() {
        for pair in Level::ALL.windows(2) {
            assert_eq!(pair[0].next(), Some(pair[1]));
            for (worse, better) in pair[0].bits().iter().zip(pair[1].bits()) {
                assert!(worse.0.iter().zip(better.0).all(|(worse, better)| *worse >= better && *worse <= 8));
            }
        }
        assert_eq!(Level::Full.next(), None);
    }
}
