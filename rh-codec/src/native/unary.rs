//! Sizes: numbers of which small ones are likelier.

use super::{coder::Coder, range::Chance};

/// A number below 2^15 + `chances.len()`: so many times "more", then "no more".
///
/// Where all of `chances` are used up, the rest follows as one less than a number whose count of binary digits is in unary, and
/// then its digits behind the first (Elias's gamma code).
#[inline]
pub(super) fn unary(coder: &mut impl Coder, number: u32, chances: &mut [Chance]) -> u32 {
    let mut found = 0;
    for chance in chances {
        if !coder.bit(number > found, chance) {
            return found;
        }
        found += 1;
    }
    found + gamma(coder, number.saturating_sub(found))
}

/// A number below 2^15 of which nothing is known.
#[cold]
fn gamma(coder: &mut impl Coder, number: u32) -> u32 {
    // A reader passes any number, and its digits must be as few as `plain` takes.
    let number = number.min((1 << 15) - 1) + 1;
    let digits = number.ilog2();
    let mut count = 0;
    while count < 15 && coder.plain(u32::from(digits > count), 1) == 1 {
        count += 1;
    }
    let rest = coder.plain(number & ((1 << count) - 1), count);
    (1 << count) + rest - 1
}
