//! What the guesses leave over, as decisions.

use super::{
    super::{coder::Coder, range::Chance, unary::unary},
    CHANNELS,
    guess::FRACTION,
};

/// Classes of how large rests are around.
const LIVELY: usize = 16;
/// Classes of how large the rests of the pixel's channels before were.
const BESIDE: usize = 5;
const MORE: usize = 20;

const STARTS: [u32; LIVELY] = [0, 1, 2, 3, 4, 6, 8, 10, 13, 17, 22, 29, 40, 56, 84, 140];
/// Class by a weighted sum of sizes.
const LIVELINESS: [u8; 256] = classes(&STARTS);

#[expect(clippy::cast_possible_truncation, reason = "few classes")]
const fn classes<const N: usize>(starts: &[u32; N]) -> [u8; 256] {
    let mut table = [0; 256];
    let (mut n, mut class) = (0, 0);
    while n < 256 {
        if class + 1 < N && n as u32 == starts[class + 1] {
            class += 1;
        }
        table[n] = class as u8;
        n += 1;
    }
    table
}

/// How lively the neighbourhood is, from a weighted sum of the rests' sizes.
pub(super) fn lively(sum: u32) -> usize {
    usize::from(LIVELINESS[sum.min(255) as usize])
}

/// What is learned in the course of a slice.
#[derive(Debug)]
pub(super) struct Model {
    same: [Chance; 4],
    zero: [[[[Chance; 3]; BESIDE]; LIVELY]; CHANNELS],
    sign: [[[Chance; 3]; 3]; CHANNELS],
    more: [[[[Chance; MORE]; BESIDE]; LIVELY]; CHANNELS],
}

impl Model {
    pub(super) const fn new() -> Self {
        Self {
            same: [Chance::EVEN; 4],
            zero: [[[[Chance::EVEN; 3]; BESIDE]; LIVELY]; CHANNELS],
            sign: [[[Chance::EVEN; 3]; 3]; CHANNELS],
            more: [[[[Chance::EVEN; MORE]; BESIDE]; LIVELY]; CHANNELS],
        }
    }

    /// Whether a pixel between equal neighbours is like them.
    pub(super) fn same(&mut self, coder: &mut impl Coder, yes: bool, calm: usize) -> bool {
        coder.bit(yes, &mut self.same[calm])
    }

    /// The difference of a value to its guess; the guess is in eighths. `beside` is the rest of the channel before.
    pub(super) fn code(&mut self, coder: &mut impl Coder, channel: usize, value: i32, guess: i32, lively: usize, beside: i32) -> i32 {
        let half = 1 << (FRACTION - 1);
        let near = (guess + half) >> FRACTION;
        let fraction = guess - (near << FRACTION);
        let towards = if fraction < 0 { -1 } else { 1 };
        let slant = [0, 0, 1, 1, 2][fraction.unsigned_abs() as usize];
        let rest = (value - near) * towards;

        let class = [0, 1, 2, 3, 3, 3, 4][beside.unsigned_abs().min(6) as usize];
        if !coder.bit(rest != 0, &mut self.zero[channel][lively][class][slant]) {
            return near;
        }
        let leaning = (1 + beside.signum() * towards).unsigned_abs() as usize;
        let negative = coder.bit(rest < 0, &mut self.sign[channel][slant][leaning]);
        let size = 1 + unary(coder, rest.unsigned_abs().wrapping_sub(1), &mut self.more[channel][lively][class]);
        let size = i32::try_from(size).unwrap_or(0);
        near + if negative { -size } else { size } * towards
    }
}
