//! How coarse: steps of quantisation.

use super::{
    Levels, Plane,
    colour::Planes,
    dct::{Block, LOW, SIDE, forward, forward_low, inverse, inverse_low},
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
    pub(crate) const FIRST: Self = Self(32);
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
struct Quantiser {
    step: i16,
    /// `2^16 / step`.
    reciprocal: u16,
    /// Added before the division: what rounds up.
    bias: u16,
    /// Taken from what is multiplied back: values are likelier near zero.
    inset: i16,
    /// The square of what is just not divided to zero.
    silence: u32,
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
        let bias = step * 90 / 256;
        Self {
            step: step as i16,
            reciprocal: ((1 << 16) / step) as u16,
            bias: bias as u16,
            inset: (step / 24) as i16,
            silence: (step - bias).pow(2),
        }
    }

    /// The levels of a plane, from its values and the expected mean. Returns the sum of the squares that they are off.
    ///
    /// Most planes have few frequencies. Squares tell without a transform of all whether there are more: those of the values and of
    /// the coefficients have the same sum, but for the scale.
    #[inline(always)]
    fn plane(&self, values: &Block, mean: i32, plane: &mut Plane) -> u64 {
        let sum = sum(values);
        let total = squares(values.as_flattened());
        // Coefficients are twice the orthonormal ones, the first of which is a sixteenth of the sum.
        plane.levels[0][0] = 0;
        let remainder = 4 * (i64::from(total) - i64::from(sum) * i64::from(sum) / 256);
        let mut error = remainder.unsigned_abs();
        plane.reach = 0;
        if error > 5 * u64::from(self.silence) {
            let mut low = [[0; LOW]; LOW];
            forward_low(values, &mut low);
            low[0][0] = 0;
            let beyond = remainder - i64::from(squares(low.as_flattened()));
            if beyond <= 5 * i64::from(self.silence) {
                plane.narrow();
                let (off, reach) = self.divide(&low, &mut plane.levels);
                (error, plane.reach) = (u64::from(off) + beyond.max(0).unsigned_abs(), reach);
            } else {
                let mut all = [[0; SIDE]; SIDE];
                forward(values, &mut all);
                all[0][0] = 0;
                let (off, reach) = self.divide(&all, &mut plane.levels);
                plane.wide = true;
                (error, plane.reach) = (u64::from(off), reach);
            }
        }
        plane.levels[0][0] = self.nearest(((sum + 4) >> 3) - mean);
        error
    }

    /// Coefficients to levels. Returns the sum of the squares that the levels are off, and the outermost diagonal that holds a level
    /// other than zero.
    #[inline(always)]
    fn divide<const N: usize>(&self, coefficients: &[[i16; N]; N], levels: &mut Block) -> (u32, usize) {
        let (mut total, mut furthest) = (0i32, 0i16);
        for ((from, to), diagonals) in coefficients.iter().zip(levels).zip(&DIAGONALS) {
            for x in 0..N {
                let value = from[x];
                let sign = value >> 15;
                let size = (value ^ sign).wrapping_sub(sign);
                let rounded = (size as u16).wrapping_add(self.bias);
                let level = ((u32::from(rounded) * u32::from(self.reciprocal)) >> 16) as u16 as i16;
                let some = level.wrapping_neg() >> 15;
                let off = i32::from(size.wrapping_sub(level.wrapping_mul(self.step)).wrapping_add(self.inset & some));
                total = total.wrapping_add(off * off);
                furthest = furthest.max(diagonals[x] & some);
                to[x] = (level ^ sign).wrapping_sub(sign);
            }
        }
        (total.unsigned_abs(), usize::from(furthest.unsigned_abs()))
    }

    /// The level nearest to what is left of a mean.
    fn nearest(&self, rest: i32) -> i16 {
        let step = i32::from(self.step);
        let size = (rest.abs() + step / 2) / step;
        (size.min(i32::from(i16::MAX)) * rest.signum()) as i16
    }

    /// Levels to coefficients.
    #[inline(always)]
    fn multiply<const N: usize>(&self, levels: &Block) -> [[i16; N]; N] {
        let mut coefficients = [[0; N]; N];
        for (to, from) in coefficients.iter_mut().zip(levels) {
            for x in 0..N {
                let level = from[x];
                // Minus one, zero or one.
                let sign = (level >> 15) - (level.wrapping_neg() >> 15);
                to[x] = level.wrapping_mul(self.step).wrapping_sub(self.inset.wrapping_mul(sign));
            }
        }
        coefficients
    }

    /// From the expected mean to the one shown; within 16 bits.
    fn add_mean(&self, level: i16, mean: &mut i32) {
        *mean = (*mean + i32::from(level) * i32::from(self.step)).clamp(-32_640, 32_640);
    }
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

    /// A block's levels, from its values and the expected means.
    #[inline(always)]
    pub(super) fn divide(&self, values: &Planes, means: [i32; 3], levels: &mut Levels) {
        for (sharper, quantisers) in self.quantisers.iter().enumerate() {
            let mut error = 0;
            for (i, weight) in [3, 2, 3].into_iter().enumerate() {
                error += weight * quantisers[i].plane(&values[i], means[i], &mut levels.planes[i]);
            }
            levels.sharper = sharper;
            // The transform keeps squares, but for its scale of 8.
            if error <= self.tolerance * 64 {
                break;
            }
        }
    }

    /// A block's values from its levels; `means` are those expected, and become those shown.
    #[inline(always)]
    pub(super) fn restore(&self, levels: &Levels, means: &mut [i32; 3], values: &mut Planes) {
        let quantisers = &self.quantisers[levels.sharper];
        for (((values, plane), mean), quantiser) in values.iter_mut().zip(&levels.planes).zip(means).zip(quantisers) {
            quantiser.add_mean(plane.levels[0][0], mean);
            if plane.reach == 0 {
                // Exactly even, which the transform's rounding would not be.
                *values = [[((*mean + 8) >> 4) as i16; SIDE]; SIDE];
            } else if plane.reach < LOW {
                let mut coefficients = quantiser.multiply::<LOW>(&plane.levels);
                coefficients[0][0] = *mean as i16;
                inverse_low(&coefficients, values);
            } else {
                let mut coefficients = quantiser.multiply::<SIDE>(&plane.levels);
                coefficients[0][0] = *mean as i16;
                inverse(&coefficients, values);
            }
        }
    }
}

/// The sum of values within ±1020.
#[inline(always)]
fn sum(values: &Block) -> i32 {
    // Sixteen of them still have 16 bits.
    let mut columns = [0i16; SIDE];
    for row in values {
        for x in 0..SIDE {
            columns[x] = columns[x].wrapping_add(row[x]);
        }
    }
    columns.into_iter().map(i32::from).sum()
}

/// The sum of the squares of at most 2^14.
#[inline(always)]
fn squares(values: &[i16]) -> i32 {
    values.iter().fold(0, |total: i32, value| total.wrapping_add(i32::from(*value) * i32::from(*value)))
}
