//! The wavelet transform: 5/3 lifting, three levels ([MS-RDPRFX] 3.1.8.1.4 and 3.1.8.2.4; [MS-RDPEGFX] 3.2.8.1.2 and 3.3.8.2.2).
//!
//! Of samples `x` a level makes high values `h` and low values `l`, in columns first, then in rows; the inverse undoes rows first:
//!
//! ```text
//! h[n] = (x[2n+1] - (x[2n] + x[2n+2]) / 2) / 2          x[2n]   = l[n] - (h[n-1] + h[n]) / 2
//! l[n] = x[2n] + (h[n-1] + h[n]) / 2                    x[2n+1] = 2 h[n] + (x[2n] + x[2n+2]) / 2
//! ```
//!
//! Beyond the edge `h` and `x` are mirrored. With [`Edge::Extrapolate`] the first level has a 65th sample `x[64] = 2 x[63] - x[62]`, whose `h[31]` is 0
//! and not sent, and the others have an odd number of samples, so that all end with a low value. How the inverse rounds is
//! not told for halves; here it rounds as other decoders do: up in `(h + h) / 2` and down otherwise with [`Edge::Mirror`], towards zero with
//! [`Edge::Extrapolate`].

use super::quant::{Edge, Plane};

/// Half of `a + b`, rounded down. This and the others never overflow, as if there were more bits.
#[inline]
fn half_down(a: i16, b: i16) -> i16 {
    (a & b) + ((a ^ b) >> 1)
}

#[inline]
fn half_up(a: i16, b: i16) -> i16 {
    (a | b) - ((a ^ b) >> 1)
}

#[inline]
fn half_towards_zero(a: i16, b: i16) -> i16 {
    let half = half_down(a, b);
    half + (half >> 15 & (a ^ b) & 1)
}

/// How the inverse rounds.
trait Rounding {
    /// `(h[n-1] + h[n]) / 2`.
    fn of_high(a: i16, b: i16) -> i16;
    /// `(x[2n] + x[2n+2]) / 2`.
    fn of_samples(a: i16, b: i16) -> i16;
}

struct Mirrored;

impl Rounding for Mirrored {
    #[inline]
    fn of_high(a: i16, b: i16) -> i16 {
        half_up(a, b)
    }

    #[inline]
    fn of_samples(a: i16, b: i16) -> i16 {
        half_down(a, b)
    }
}

struct Extrapolated;

impl Rounding for Extrapolated {
    #[inline]
    fn of_high(a: i16, b: i16) -> i16 {
        half_towards_zero(a, b)
    }

    #[inline]
    fn of_samples(a: i16, b: i16) -> i16 {
        half_towards_zero(a, b)
    }
}

/// The sample after two, in a straight line.
///
/// A low value is at most 3/2 of the largest sample in each direction of each level, so that patterns made for it, and lines that go on far, reach beyond 16
/// bits: there, and nowhere else, the forward transform stops at the largest number.
#[inline]
fn go_on(first: i16, second: i16) -> i16 {
    second.saturating_add(second.saturating_sub(first))
}

/// 64×64 samples to coefficients, in place.
pub(crate) fn forward(plane: &mut Plane, edge: Edge) {
    match edge {
        Edge::Mirror => {
            forward_level::<64, 32, 32>(plane);
            forward_level::<32, 16, 16>(&mut plane[3072..]);
            forward_level::<16, 8, 8>(&mut plane[3840..]);
        }
        Edge::Extrapolate => {
            forward_level::<64, 33, 31>(plane);
            forward_level::<33, 17, 16>(&mut plane[3007..]);
            forward_level::<17, 9, 8>(&mut plane[3807..]);
        }
    }
}

/// Coefficients to 64×64 samples, in place.
pub(crate) fn inverse(plane: &mut Plane, edge: Edge) {
    match edge {
        Edge::Mirror => {
            inverse_level::<Mirrored, 16, 8, 8>(&mut plane[3840..]);
            inverse_level::<Mirrored, 32, 16, 16>(&mut plane[3072..]);
            inverse_level::<Mirrored, 64, 32, 32>(plane);
        }
        Edge::Extrapolate => {
            inverse_level::<Extrapolated, 17, 9, 8>(&mut plane[3807..]);
            inverse_level::<Extrapolated, 33, 17, 16>(&mut plane[3007..]);
            inverse_level::<Extrapolated, 64, 33, 31>(plane);
        }
    }
}

/// The largest number of low values, and one more on either side.
const PADDED: usize = 35;

/// One level: `N`×`N` samples become the bands HL, LH, HH and LL, `LOW` and `HIGH` values a line.
fn forward_level<const N: usize, const LOW: usize, const HIGH: usize>(data: &mut [i16]) {
    let mut lines = [[0i16; N]; N];
    {
        let rows = &data[..N * N].as_chunks::<N>().0;
        let (low, high) = lines.split_at_mut(LOW);
        for (n, high) in high.iter_mut().enumerate() {
            let next = rows.get(2 * n + 2).unwrap_or(&rows[2 * n]);
            for x in 0..N {
                high[x] = rows[2 * n + 1][x].saturating_sub(half_down(rows[2 * n][x], next[x])) >> 1;
            }
        }
        for (n, low) in low.iter_mut().enumerate() {
            if 2 * n >= N {
                // Only the extrapolated sample has no row.
                for x in 0..N {
                    low[x] = go_on(rows[N - 2][x], rows[N - 1][x]);
                }
                continue;
            }
            let (before, after) = (&high[n.saturating_sub(1)], high.get(n));
            for x in 0..N {
                let after = after.map_or(if LOW == HIGH + 1 { before[x] } else { 0 }, |after| after[x]);
                low[x] = rows[2 * n][x].saturating_add(half_down(before[x], after));
            }
        }
    }
    let (hl, rest) = data.split_at_mut(HIGH * LOW);
    let (lh, rest) = rest.split_at_mut(LOW * HIGH);
    let (hh, ll) = rest.split_at_mut(HIGH * HIGH);
    let (low, high) = lines.split_at(LOW);
    let halves = |lines: &[[i16; N]], into_low: &mut [i16], into_high: &mut [i16]| {
        for ((line, low), high) in lines.iter().zip(into_low.as_chunks_mut().0).zip(into_high.as_chunks_mut().0) {
            forward_line::<N, LOW, HIGH>(line, low, high);
        }
    };
    halves(low, ll, hl);
    halves(high, lh, hh);
}

#[inline]
fn forward_line<const N: usize, const LOW: usize, const HIGH: usize>(line: &[i16; N], low: &mut [i16; LOW], high: &mut [i16; HIGH]) {
    let (mut even, mut odd) = ([0i16; PADDED], [0i16; PADDED]);
    let (pairs, last) = line.as_chunks::<2>();
    for (n, pair) in pairs.iter().enumerate() {
        (even[n], odd[n]) = (pair[0], pair[1]);
    }
    even[N / 2] = match last {
        [last] => *last,
        _ if LOW == HIGH => even[N / 2 - 1],
        _ => go_on(even[N / 2 - 1], odd[N / 2 - 1]),
    };
    // around[n] and around[n + 1] are h[n - 1] and h[n].
    let mut around = [0i16; PADDED];
    for n in 0..HIGH {
        let value = odd[n].saturating_sub(half_down(even[n], even[n + 1])) >> 1;
        high[n] = value;
        around[n + 1] = value;
    }
    around[0] = around[1];
    if LOW == HIGH + 1 {
        around[LOW] = around[HIGH];
    }
    for n in 0..LOW {
        low[n] = even[n].saturating_add(half_down(around[n], around[n + 1]));
    }
}

/// The opposite of [`forward_level`].
fn inverse_level<R: Rounding, const N: usize, const LOW: usize, const HIGH: usize>(data: &mut [i16]) {
    let mut lines = [[0i16; N]; N];
    {
        let (hl, rest) = data.split_at(HIGH * LOW);
        let (lh, rest) = rest.split_at(LOW * HIGH);
        let (hh, ll) = rest.split_at(HIGH * HIGH);
        let (low, high) = lines.split_at_mut(LOW);
        let whole = |lines: &mut [[i16; N]], from_low: &[i16], from_high: &[i16]| {
            for ((line, low), high) in lines.iter_mut().zip(from_low.as_chunks().0).zip(from_high.as_chunks().0) {
                inverse_line::<R, N, LOW, HIGH>(low, high, line);
            }
        };
        whole(low, ll, hl);
        whole(high, lh, hh);
    }
    let rows = data[..N * N].as_chunks_mut::<N>().0;
    let (low, high) = lines.split_at(LOW);
    for n in 0..LOW.min(N.div_ceil(2)) {
        let (before, after) = (&high[n.saturating_sub(1)], high.get(n));
        for x in 0..N {
            let after = after.map_or(if LOW == HIGH + 1 { before[x] } else { 0 }, |after| after[x]);
            rows[2 * n][x] = low[n][x].wrapping_sub(R::of_high(before[x], after));
        }
        // The odd row between this even one and the one before.
        if n > 0 {
            let [first, odd, second] = &mut rows[2 * n - 2..][..3] else { return };
            for x in 0..N {
                odd[x] = R::of_samples(first[x], second[x]).wrapping_add(high[n - 1][x].wrapping_mul(2));
            }
        }
    }
    if N.is_multiple_of(2) {
        let [.., even, odd] = rows else { return };
        for x in 0..N {
            odd[x] =
                if LOW == HIGH { even[x].wrapping_add(high[HIGH - 1][x].wrapping_mul(2)) } else { R::of_samples(even[x], low[LOW - 1][x]) };
        }
    }
}

#[inline]
fn inverse_line<R: Rounding, const N: usize, const LOW: usize, const HIGH: usize>(
    low: &[i16; LOW],
    high: &[i16; HIGH],
    line: &mut [i16; N],
) {
    let (mut even, mut around) = ([0i16; PADDED], [0i16; PADDED]);
    around[1..=HIGH].copy_from_slice(high);
    around[0] = high[0];
    if LOW == HIGH + 1 {
        around[LOW] = high[HIGH - 1];
    }
    for n in 0..LOW {
        even[n] = low[n].wrapping_sub(R::of_high(around[n], around[n + 1]));
    }
    if LOW == HIGH {
        even[LOW] = even[LOW - 1];
    }
    let (pairs, last) = line.as_chunks_mut::<2>();
    for (n, pair) in pairs.iter_mut().enumerate() {
        // Beyond the last high value lies the zero of the extrapolated one.
        let high = if n < HIGH { around[n + 1] } else { 0 };
        *pair = [even[n], R::of_samples(even[n], even[n + 1]).wrapping_add(high.wrapping_mul(2))];
    }
    if let [last] = last {
        *last = even[N / 2];
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "tests")]
mod tests {
    use super::*;

    fn noise() -> Plane {
        let mut seed = 1u32;
        std::array::from_fn(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 19) as i16 - 4096
        })
    }

    #[test]
    fn a_tile_survives_both_ways() {
        for edge in [Edge::Mirror, Edge::Extrapolate] {
            let samples = noise();
            let mut plane = samples;
            forward(&mut plane, edge);
            inverse(&mut plane, edge);
            // A bit is lost in every halving; 32 is one grey level.
            let worst = samples.iter().zip(&plane).map(|(a, b)| (a - b).abs()).max();
            assert!(worst < Some(32), "{edge:?}: {worst:?}");
        }
    }

    #[test]
    fn one_colour_is_its_mean() {
        for edge in [Edge::Mirror, Edge::Extrapolate] {
            let mut plane = [-1234; 4096];
            forward(&mut plane, edge);
            let means = edge.offsets()[9];
            assert!(plane[..means].iter().all(|value| *value == 0) && plane[means..].iter().all(|value| *value == -1234));
        }
    }

    #[test]
    fn a_slope_has_no_detail_where_it_is_extrapolated() {
        let mut plane: Plane = std::array::from_fn(|i| (i % 64) as i16 * 64 - (i / 64) as i16 * 32);
        forward(&mut plane, Edge::Extrapolate);
        assert!(plane[..3007].iter().all(|value| value.abs() <= 1), "level 1");
    }
}
