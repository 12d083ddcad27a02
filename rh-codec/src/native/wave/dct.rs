//! The transform: a cosine transform of 16×16 values in 16-bit integers.
//!
//! In one dimension, for `k` in `0..16`:
//!
//! ```text
//! X[k] = √8 · √(1/8) · c[k] · Σ x[i] · cos((2i + 1) k π / 32)      c[0] = √½, else 1
//! ```
//!
//! that is √8 times the orthonormal DCT-II. It is computed by the rotations of Chen, Smith and Fralick ("A fast computational
//! algorithm for the discrete cosine transform", IEEE Transactions on Communications 25(9), 1977), and undone by the transposed
//! rotations in the opposite order. The two dimensions together have a gain of 8, and the shift by 2 between them leaves
//! **2 × orthonormal**.
//!
//! Every operation is a sum modulo 2^16 or the upper half of a product, so that a vector unit computes 8, 16 or 32 columns at a
//! time, and every machine the same. With inputs within ±1020 no sum overflows; a hostile stream's sums wrap, which is harmless.

/// Values or coefficients, row by row.
pub(super) type Block = [[i16; SIDE]; SIDE];

/// Columns and rows of a block.
pub(super) const SIDE: usize = 16;

/// The coefficients of the lower half of the frequencies in either direction: all that most blocks have.
pub(super) type Low = [[i16; LOW]; LOW];
pub(super) const LOW: usize = SIDE / 2;

/// `cos(jπ/32)` in 2^-16, for `j` in `1..16`; entry 0 stands for 1 and is not used.
const COS: [i32; SIDE] =
    [0, 65_220, 64_277, 62_714, 60_547, 57_798, 54_491, 50_660, 46_341, 41_576, 36_410, 30_893, 25_080, 19_024, 12_785, 6_424];

/// `x · cos(Jπ/32)`, rounded down.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the upper half of a product of 16 bits each; factors above one half are 1 minus the rest"
)]
fn cos<const J: usize>(x: i16) -> i16 {
    let (factor, whole) = if COS[J] < 1 << 15 { (COS[J] as i16, 0) } else { ((COS[J] - (1 << 16)) as i16, x) };
    whole.wrapping_add(((i32::from(x) * i32::from(factor)) >> 16) as i16)
}

#[inline(always)]
fn sum(a: i16, b: i16) -> (i16, i16) {
    (a.wrapping_add(b), a.wrapping_sub(b))
}

/// Turns the point `(a, b)`: `(a cos + b sin, b cos - a sin)`, where the sine is `cos(Sπ/32)`.
///
/// Two products rounded down are 1 too small together in the mean, and their difference is not: 1 more makes up for it. Without, the
/// errors of all coefficients would meet in the first row and column of a block.
#[inline(always)]
fn turn<const C: usize, const S: usize>(a: i16, b: i16) -> (i16, i16) {
    (cos::<C>(a).wrapping_add(cos::<S>(b)).wrapping_add(1), cos::<C>(b).wrapping_sub(cos::<S>(a)))
}

/// The opposite of [`turn`].
#[inline(always)]
fn back<const C: usize, const S: usize>(a: i16, b: i16) -> (i16, i16) {
    (cos::<C>(a).wrapping_sub(cos::<S>(b)), cos::<C>(b).wrapping_add(cos::<S>(a)).wrapping_add(1))
}

/// One column forward.
#[inline(always)]
fn forward_16(x: [i16; SIDE]) -> [i16; SIDE] {
    // Halves: what is even about the middle, and what is odd.
    let (a0, b0) = sum(x[0], x[15]);
    let (a1, b1) = sum(x[1], x[14]);
    let (a2, b2) = sum(x[2], x[13]);
    let (a3, b3) = sum(x[3], x[12]);
    let (a4, b4) = sum(x[4], x[11]);
    let (a5, b5) = sum(x[5], x[10]);
    let (a6, b6) = sum(x[6], x[9]);
    let (a7, b7) = sum(x[7], x[8]);

    // The even half is a transform of 8, halved again: 0, 4, 8, 12 from c, 2, 6, 10, 14 from d.
    let (c0, d0) = sum(a0, a7);
    let (c1, d1) = sum(a1, a6);
    let (c2, d2) = sum(a2, a5);
    let (c3, d3) = sum(a3, a4);
    let (e0, e3) = sum(c0, c3);
    let (e1, e2) = sum(c1, c2);
    let (y0, y8) = turn::<8, 8>(e1, e0);
    let (y4, y12) = turn::<12, 4>(e2, e3);
    let (d1, d2) = turn::<8, 8>(d1, d2);
    let (f0, f1) = sum(d3, d2.wrapping_neg());
    let (f3, f2) = sum(d0, d1);
    let (y2, y14) = turn::<14, 2>(f0, f3);
    let (y10, y6) = turn::<6, 10>(f1, f2);

    // The odd half.
    let (b2, b5) = turn::<8, 8>(b2, b5);
    let (b3, b4) = turn::<8, 8>(b3, b4);
    let (g0, g3) = sum(b7, b4.wrapping_neg());
    let (g1, g2) = sum(b6, b5.wrapping_neg());
    let (g7, g4) = sum(b0, b3);
    let (g6, g5) = sum(b1, b2);
    let (g6, g1) = turn::<4, 12>(g6, g1);
    let (g2, g5) = turn::<12, 4>(g2, g5);
    let (h0, h1) = sum(g0, g1.wrapping_neg());
    let (h3, h2) = sum(g3, g2.wrapping_neg());
    let (h4, h5) = sum(g4, g5);
    let (h7, h6) = sum(g7, g6);
    let (y1, y15) = turn::<15, 1>(h0, h7);
    let (y9, y7) = turn::<7, 9>(h1, h6);
    let (y5, y11) = turn::<11, 5>(h2, h5);
    let (y13, y3) = turn::<3, 13>(h3, h4);
    [y0, y1, y2, y3, y4, y5, y6, y7, y8, y9, y10, y11, y12, y13, y14, y15]
}

/// One column backwards.
#[inline(always)]
fn inverse_16(y: [i16; SIDE]) -> [i16; SIDE] {
    let (h0, h7) = back::<15, 1>(y[1], y[15]);
    let (h1, h6) = back::<7, 9>(y[9], y[7]);
    let (h2, h5) = back::<11, 5>(y[5], y[11]);
    let (h3, h4) = back::<3, 13>(y[13], y[3]);
    let (g7, g6) = sum(h7, h6);
    let (g4, g5) = sum(h4, h5);
    let (g3, g2) = sum(h3, h2);
    let (g0, g1) = sum(h0, h1);
    let (g2, g5) = back::<12, 4>(g2.wrapping_neg(), g5);
    let (g6, g1) = back::<4, 12>(g6, g1.wrapping_neg());
    let (b1, b2) = sum(g6, g5);
    let (b0, b3) = sum(g7, g4);
    let (b6, b5) = sum(g1, g2);
    let (b7, b4) = sum(g0, g3);
    let (b3, b4) = back::<8, 8>(b3, b4.wrapping_neg());
    let (b2, b5) = back::<8, 8>(b2, b5.wrapping_neg());

    let (f0, f3) = back::<14, 2>(y[2], y[14]);
    let (f1, f2) = back::<6, 10>(y[10], y[6]);
    let (d0, d1) = sum(f3, f2);
    let (d3, d2) = sum(f0, f1);
    let (d1, d2) = back::<8, 8>(d1, d2.wrapping_neg());
    let (e1, e0) = back::<8, 8>(y[0], y[8]);
    let (e2, e3) = back::<12, 4>(y[4], y[12]);
    let (c1, c2) = sum(e1, e2);
    let (c0, c3) = sum(e0, e3);
    let (a3, a4) = sum(c3, d3);
    let (a2, a5) = sum(c2, d2);
    let (a1, a6) = sum(c1, d1);
    let (a0, a7) = sum(c0, d0);

    let (x0, x15) = sum(a0, b0);
    let (x1, x14) = sum(a1, b1);
    let (x2, x13) = sum(a2, b2);
    let (x3, x12) = sum(a3, b3);
    let (x4, x11) = sum(a4, b4);
    let (x5, x10) = sum(a5, b5);
    let (x6, x9) = sum(a6, b6);
    let (x7, x8) = sum(a7, b7);
    [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15]
}

/// All columns of the first `LANES`, then a shift to the right that rounds; rows beyond `INPUTS` are taken for zero, and rows beyond
/// `OUTPUTS` are not computed.
///
/// Choosing the pass by a constant, not by a function argument, lets it be inlined into the loop, and the loop become vector code.
#[inline(always)]
fn columns<const FORWARD: bool, const LANES: usize, const INPUTS: usize, const OUTPUTS: usize>(
    from: &[[i16; LANES]; INPUTS],
    to: &mut [[i16; LANES]; OUTPUTS],
    shift: u32,
) {
    let half = (1 << shift) >> 1;
    for x in 0..LANES {
        let column = std::array::from_fn(|y| if y < INPUTS { from[y][x] } else { 0 });
        let column = if FORWARD { forward_16(column) } else { inverse_16(column) };
        for y in 0..OUTPUTS {
            to[y][x] = column[y].wrapping_add(half) >> shift;
        }
    }
}

/// Deals a pack of `PARTS` equal parts like cards: one from each in turn, which compilers turn into vector shuffles.
///
/// Rows become columns by dealing as many parts as there are rows, or in several rounds whose parts multiply to that.
#[inline(always)]
fn deal<const PARTS: usize>(from: &[i16], to: &mut [i16]) {
    let part = from.len() / PARTS;
    let to = to.as_chunks_mut::<PARTS>().0;
    for i in 0..part {
        for j in 0..PARTS {
            to[i][j] = from[j * part + i];
        }
    }
}

#[inline(always)]
fn transpose(block: &mut Block) {
    let mut dealt = [0; SIDE * SIDE];
    deal::<4>(block.as_flattened(), &mut dealt);
    deal::<4>(&dealt, block.as_flattened_mut());
}

/// Values within ±1020 become coefficients, which lie transposed: rows are horizontal frequencies.
#[inline(always)]
pub(super) fn forward(values: &Block, coefficients: &mut Block) {
    let mut half = [[0; SIDE]; SIDE];
    columns::<true, SIDE, SIDE, SIDE>(values, &mut half, 2);
    transpose(&mut half);
    columns::<true, SIDE, SIDE, SIDE>(&half, coefficients, 0);
}

/// The lower half of the coefficients in either direction, which [`forward`] would leave in the same places.
#[inline(always)]
pub(super) fn forward_low(values: &Block, coefficients: &mut Low) {
    let (mut half, mut dealt, mut turned) = ([[0; SIDE]; LOW], [0; SIDE * LOW], [[0; LOW]; SIDE]);
    columns::<true, SIDE, SIDE, LOW>(values, &mut half, 2);
    deal::<4>(half.as_flattened(), &mut dealt);
    deal::<2>(&dealt, turned.as_flattened_mut());
    columns::<true, LOW, SIDE, LOW>(&turned, coefficients, 0);
}

/// The opposite of [`forward`], with one more binary digit: values come out doubled.
#[inline(always)]
pub(super) fn inverse(coefficients: &Block, values: &mut Block) {
    let mut half = [[0; SIDE]; SIDE];
    columns::<false, SIDE, SIDE, SIDE>(coefficients, &mut half, 3);
    transpose(&mut half);
    columns::<false, SIDE, SIDE, SIDE>(&half, values, 0);
}

/// [`inverse`] where all coefficients but the lower half in either direction are zero; the values are the same.
#[inline(always)]
pub(super) fn inverse_low(coefficients: &Low, values: &mut Block) {
    let (mut half, mut dealt, mut turned) = ([[0; LOW]; SIDE], [0; SIDE * LOW], [[0; SIDE]; LOW]);
    columns::<false, LOW, LOW, SIDE>(coefficients, &mut half, 3);
    deal::<4>(half.as_flattened(), &mut dealt);
    deal::<4>(&dealt, turned.as_flattened_mut());
    columns::<false, SIDE, LOW, SIDE>(&turned, values, 0);
}

#[cfg(test)]
#[allow(clippy::cast_precision_loss, reason = "tests")]
mod tests {
    use std::f64::consts::PI;

    use super::{Block, LOW, SIDE, forward, forward_low, inverse, inverse_low};

    fn noise(seed: u32) -> impl FnMut() -> i16 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::try_from(state >> 16).unwrap_or(0)
        }
    }

    /// The definition, with the layout and the scale of [`forward`].
    fn reference(block: &Block) -> [[f64; SIDE]; SIDE] {
        let basis = |k: usize, i: usize| {
            let c = if k == 0 { 0.25 } else { (1.0 / 8.0_f64).sqrt() };
            c * ((2 * i + 1) as f64 * k as f64 * PI / 32.0).cos()
        };
        std::array::from_fn(|u| {
            std::array::from_fn(|v| {
                let mut total = 0.0;
                for (y, row) in block.iter().enumerate() {
                    for (x, value) in row.iter().enumerate() {
                        total += f64::from(*value) * basis(u, x) * basis(v, y);
                    }
                }
                2.0 * total
            })
        })
    }

    #[test]
    fn is_the_cosine_transform() {
        let mut next = noise(1);
        for limit in [4, 100, 1020] {
            let values: Block = std::array::from_fn(|_| std::array::from_fn(|_| next() % (limit + 1)));
            let mut block = values;
            forward(&values, &mut block);
            for (row, expected) in block.iter().zip(reference(&values)) {
                for (value, expected) in row.iter().zip(expected) {
                    assert!((f64::from(*value) - expected).abs() < 8.0, "{value} for {expected}");
                }
            }
            let mut back = block;
            inverse(&block, &mut back);
            for (value, was) in back.as_flattened().iter().zip(values.as_flattened()) {
                assert!((value - 2 * was).abs() <= 12, "{value} for twice {was}");
            }
        }
    }

    #[test]
    fn low_frequencies_alone_are_the_same() {
        let mut next = noise(2);
        let values: Block = std::array::from_fn(|_| std::array::from_fn(|_| next() % 1021));
        let (mut all, mut low) = ([[0; SIDE]; SIDE], [[0; LOW]; LOW]);
        forward(&values, &mut all);
        forward_low(&values, &mut low);
        for (row, (low, all)) in all.iter_mut().enumerate().map(|(y, all)| (y, (low.get(y), all))) {
            assert!(low.is_none_or(|low| low[..] == all[..LOW]), "row {row}");
            all[if low.is_some() { LOW } else { 0 }..].fill(0);
        }
        let (mut one, mut other) = (values, values);
        inverse(&all, &mut one);
        inverse_low(&low, &mut other);
        assert_eq!(one, other);
    }

    #[test]
    fn extremes_stay_inside_16_bits() {
        for value in [-1020, 1020] {
            let (values, mut block, mut back) = ([[value; SIDE]; SIDE], [[0; SIDE]; SIDE], [[0; SIDE]; SIDE]);
            forward(&values, &mut block);
            assert!((i32::from(block[0][0]) - 32 * i32::from(value)).abs() < 64, "{}", block[0][0]);
            inverse(&block, &mut back);
            assert!(back.as_flattened().iter().all(|v| (v - 2 * value).abs() <= 12), "{back:?}");
        }
    }
}
