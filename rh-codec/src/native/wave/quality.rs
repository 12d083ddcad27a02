//! How coarse: steps of quantisation.

use super::{
    Levels,
    colour::{Tile, add, subtract},
    dct::{Block, SIDE, forward, inverse},
};

/// Divisor of the coefficients, by steps of an eighth of an octave.
///
/// The step of luma, in brightness levels of an orthonormal transform, is `2^(index / 8)`: 0 is a step of 1 level, which changes
/// few pixels by more than 1; 63 is a step of 235, mere shades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quality(u8);

impl Quality {
    /// For a first look at the cost of a few kilobytes: about 36 dB on photographs.
    pub(crate) const COARSE: Self = Self(41);
    /// For a first paint: about 40 dB, at a quarter of the bytes of JPEG's quality 80.
    pub(crate) const FIRST: Self = Self(33);
    /// For refinement on the way to exact: about 45 dB.
    pub(crate) const FINE: Self = Self(18);

    /// The coarsest.
    const MAX: u8 = 63;

    /// By its number, if it has that meaning.
    pub(crate) const fn new(index: u8) -> Option<Self> {
        if index <= Self::MAX { Some(Self(index)) } else { None }
    }

    /// Its number, from 0 (fine) to 63.
    pub(crate) const fn index(self) -> u8 {
        self.0
    }

    /// The step of luma in coefficient units, of which 8 are one level: `8 · 2^(index / 8)`.
    const fn step(self) -> u32 {
        const EIGHTH: [u32; 8] = [32_768, 35_734, 38_968, 42_495, 46_341, 50_535, 55_109, 60_097];
        (EIGHTH[(self.0 % 8) as usize] << (self.0 / 8)).div_ceil(1 << 12)
    }
}

/// Finest sharpening of a block: its steps are divided by 2 to this power.
pub(super) const SHARPEST: usize = 3;

/// What one plane's coefficients are divided by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantiser {
    step: i16,
    /// `2^16 / step`.
    reciprocal: u16,
    /// Added before the division: what rounds up.
    bias: u16,
    /// Taken from what is multiplied back: values are likelier near zero.
    inset: i16,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "steps have 12 bits, coefficients 16"
)]
impl Quantiser {
    fn new(step: u32) -> Self {
        let step = step.clamp(4, 1 << 12);
        Self { step: step as i16, reciprocal: ((1 << 16) / step) as u16, bias: (step * 90 / 256) as u16, inset: (step / 24) as i16 }
    }

    /// Coefficients to levels.
    fn divide(&self, block: &Block, levels: &mut Block) {
        for (level, value) in levels.as_flattened_mut().iter_mut().zip(block.as_flattened()) {
            let sign = value >> 15;
            let size = ((value ^ sign).wrapping_sub(sign) as u16).wrapping_add(self.bias);
            let size = ((u32::from(size) * u32::from(self.reciprocal)) >> 16) as u16 as i16;
            *level = (size ^ sign).wrapping_sub(sign);
        }
    }

    /// The level nearest to what is left of a mean.
    fn nearest(&self, rest: i32) -> i16 {
        let step = i32::from(self.step);
        let size = (rest.abs() + step / 2) / step;
        (size.min(i32::from(i16::MAX)) * rest.signum()) as i16
    }

    /// What a level stands for.
    #[inline(always)]
    fn value(&self, level: i16) -> i16 {
        // Minus one, zero or one.
        let sign = (level >> 15) - (level.wrapping_neg() >> 15);
        level.wrapping_mul(self.step).wrapping_sub(self.inset.wrapping_mul(sign))
    }

    /// Levels to coefficients.
    fn multiply(&self, levels: &Block, block: &mut Block) {
        for (value, level) in block.as_flattened_mut().iter_mut().zip(levels.as_flattened()) {
            *value = self.value(*level);
        }
    }

    /// From the expected mean to the one shown; within 16 bits.
    fn add_mean(&self, level: i16, mean: &mut i32) {
        *mean = (*mean + i32::from(level) * i32::from(self.step)).clamp(-32_640, 32_640);
    }

    /// The sum of squares that the levels are off. The mean's part is that of its level, which is not what is coded.
    fn error(&self, block: &Block, levels: &Block) -> u64 {
        let mut total = 0i32;
        for (value, level) in block.as_flattened().iter().zip(levels.as_flattened()) {
            let off = value.wrapping_sub(self.value(*level));
            total = total.wrapping_add(i32::from(off) * i32::from(off));
        }
        u64::from(total.unsigned_abs())
    }
}

/// The outermost diagonal that holds a level other than zero; the mean does not count.
fn outermost(levels: &Block) -> usize {
    let mut furthest = [0; SIDE];
    for (levels, diagonals) in levels.iter().zip(&DIAGONALS) {
        for x in 0..SIDE {
            furthest[x] = furthest[x].max(if levels[x] == 0 { 0 } else { diagonals[x] });
        }
    }
    usize::from(furthest.into_iter().max().unwrap_or(0).unsigned_abs())
}

/// The diagonal of each place.
const DIAGONALS: Block = diagonals();

const fn diagonals() -> Block {
    let mut diagonals = [[0; SIDE]; SIDE];
    let (mut y, mut row) = (0, 0);
    while y < SIDE {
        let (mut x, mut diagonal) = (0, row);
        while x < SIDE {
            diagonals[y][x] = diagonal;
            x += 1;
            diagonal += 1;
        }
        y += 1;
        row += 1;
    }
    diagonals
}

/// How a slice is quantised.
#[derive(Debug)]
pub(super) struct Steps {
    /// For each sharpening those of Y, Co and Cg.
    quantisers: [[Quantiser; 3]; SHARPEST + 1],
    /// How far a block may be off before it is sharpened: the sum of squared differences over its pixels and three channels.
    tolerance: u64,
}

#[expect(clippy::cast_possible_truncation, reason = "a mean is within 16 bits")]
impl Steps {
    /// Co's step is larger by √1.5: it weighs 2 where the others weigh 3 (see [`colour`](super::colour)).
    pub(super) fn new(quality: Quality) -> Self {
        let quantisers = std::array::from_fn(|sharper| {
            let step = quality.step() >> sharper;
            [step, step * 314 / 256, step].map(Quantiser::new)
        });
        // A mean square of 24 for steps up to 18 levels; beyond, in proportion to the step's own.
        let step = u64::from(quality.step() / 8);
        Self { quantisers, tolerance: 24.max(step * step * 24 / 324) * 768 }
    }

    /// A block's levels, from its pixels, what they are the difference to, and the expected means.
    pub(super) fn divide(&self, tile: &Tile, base: &Tile, means: [i32; 3]) -> Levels {
        let mut planes = [[[0; SIDE]; SIDE]; 3];
        subtract(tile, base, &mut planes);
        planes.iter_mut().for_each(forward);
        let mut levels = Levels::NONE;
        loop {
            let mut error = 0;
            for (i, weight) in [3, 2, 3].into_iter().enumerate() {
                let quantiser = &self.quantisers[levels.sharper][i];
                let to = &mut levels.planes[i];
                quantiser.divide(&planes[i], to);
                error += weight * quantiser.error(&planes[i], to);
                levels.reach[i] = outermost(to);
                to[0][0] = quantiser.nearest(i32::from(planes[i][0][0]) - means[i]);
            }
            // The transform keeps squares, but for its scale of 8.
            if error <= self.tolerance * 64 || levels.sharper == SHARPEST {
                return levels;
            }
            levels.sharper += 1;
        }
    }

    /// A block's pixels from its levels; `means` are those expected, and become those shown.
    pub(super) fn restore(&self, levels: &Levels, base: &Tile, means: &mut [i32; 3], tile: &mut Tile) {
        let mut planes = [[[0; SIDE]; SIDE]; 3];
        for (i, plane) in planes.iter_mut().enumerate() {
            let quantiser = &self.quantisers[levels.sharper][i];
            quantiser.add_mean(levels.planes[i][0][0], &mut means[i]);
            if levels.reach[i] == 0 {
                // Exactly even, which the transform's rounding would not be.
                *plane = [[((means[i] + 8) >> 4) as i16; SIDE]; SIDE];
            } else {
                quantiser.multiply(&levels.planes[i], plane);
                plane[0][0] = means[i] as i16;
                inverse(plane);
            }
        }
        add(&planes, base, tile);
    }
}
