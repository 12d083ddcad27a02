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
static LIVELINESS: [u8; 256] = classes(&STARTS);

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
        let slant = fraction.unsigned_abs() as usize / 2;
        let rest = (value - near) * towards;

        let class = usize::from(BESIDES[beside.unsigned_abs().min(6) as usize]);
        if !coder.bit(rest != 0, &mut self.zero[channel][lively][class][slant]) {
            return near;
        }
        let (shift, size) = (SHIFTS[lively], rest.unsigned_abs().wrapping_sub(1));
        let more = unary(coder, size >> shift, &mut self.more[channel][lively][class]) << shift;
        let (size, negative) = if lively < SPREAD {
            let leaning = (1 + beside.signum() * towards).unsigned_abs() as usize;
            (more, coder.bit(rest < 0, &mut self.sign[channel][slant][leaning]))
        } else {
            // Between neighbours that are off by more, either side is as likely, and so are sizes near each other.
            let low = coder.plain((size & ((1 << shift) - 1)) << 1 | u32::from(rest < 0), shift + 1);
            (more | low >> 1, low & 1 == 1)
        };
        let size = (size + 1).cast_signed();
        let value = near + if negative { -size } else { size } * towards;
        // What no writer writes stays small enough to reckon with.
        value << WRAP >> WRAP
    }
}

/// Bits of a number that are not of a value: those are within ±512.
const WRAP: u32 = 22;
/// Classes of the rest beside, by its size.
static BESIDES: [u8; 7] = [0, 1, 2, 3, 3, 3, 4];
/// From this class on the sign is not learned.
const SPREAD: usize = 7;
/// How many lower digits of a size are not learned, by class; none below [`SPREAD`].
static SHIFTS: [u32; LIVELY] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3];
