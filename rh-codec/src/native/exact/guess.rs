//! What a value will be: several guesses, and how far to trust each.
//!
//! Each guess weighs the more the less it was off at the neighbours that are known (the idea of the weighted predictor of JPEG XL,
//! ISO/IEC 18181-1). What the blend is off in the mean, in surroundings of the same kind, is added to it (as in LOCO-I; Weinberger,
//! Seroussi, Sapiro, IEEE Transactions on Image Processing 9(8), 2000).

/// Guesses in binary fractions of a level.
pub(super) const FRACTION: u32 = 3;

/// Most guesses that are blended.
const GUESSES: usize = 8;

/// How far each guess was off at a pixel, in eighths.
pub(super) type Off = [u16; GUESSES];

/// A channel of the neighbours, in levels: by compass, doubled letters two away.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    pub(super) w: i32,
    pub(super) n: i32,
    pub(super) nw: i32,
    pub(super) ne: i32,
    pub(super) ww: i32,
    pub(super) nn: i32,
}

/// Weights by how far off a guess was around, in eighths.
const WEIGHTS: [u16; 1 << 11] = weights();

#[expect(clippy::cast_possible_truncation, reason = "at most 2^12")]
const fn weights() -> [u16; 1 << 11] {
    let mut weights = [0; 1 << 11];
    let mut off = 0;
    while off < weights.len() {
        let near = off as u64 + 12;
        weights[off] = ((4096 * 144) / (near * near) + 1) as u16;
        off += 1;
    }
    weights
}

/// The guesses for a value whose neighbours are `a`, in eighths.
pub(super) fn cold(a: Around) -> [i32; GUESSES] {
    let Around { w, n, nw, ne, ww, nn } = a;
    [
        8 * (w + ne - n),
        8 * (w + n - nw),
        8 * median(w, n, nw),
        4 * (w + n) + 2 * (ne - nw),
        8 * n + 4 * (n - nn),
        8 * w + 4 * (w - ww),
        8 * n,
        8 * w,
    ]
}

/// The guesses where `s` was shown at the place itself, and `t` around it.
pub(super) fn warm(a: Around, s: i32, t: Around) -> [i32; GUESSES] {
    let Around { w, n, nw, ne, .. } = a;
    // How far what was shown is off around.
    let (dw, dn, dnw, dne) = (w - t.w, n - t.n, nw - t.nw, ne - t.ne);
    [
        8 * (w + ne - n),
        8 * median(w, n, nw),
        4 * (w + n) + 2 * (ne - nw),
        8 * s,
        8 * s + 2 * (dw + dn) + dnw + dne,
        8 * s + 6 * dw,
        8 * s + 6 * dn,
        8 * s + 4 * (dw + dn),
    ]
}

fn median(w: i32, n: i32, nw: i32) -> i32 {
    let (low, high) = (w.min(n), w.max(n));
    if nw >= high {
        low
    } else if nw <= low {
        high
    } else {
        w + n - nw
    }
}

/// The guesses as one, given how far each was off at some neighbours together.
pub(super) fn blend(guesses: &[i32; GUESSES], off: &[u32; GUESSES]) -> i32 {
    let (mut total, mut sum) = (0, 0);
    for i in 0..GUESSES {
        let weight = i32::from(WEIGHTS[off[i].min((1 << 11) - 1) as usize]);
        total += weight;
        sum += weight * guesses[i];
    }
    // Rounded down either side of zero; the bias learns what that is off.
    sum.div_euclid(total)
}

/// How far each guess was off, now that the value is known.
#[expect(clippy::cast_possible_truncation, reason = "a guess is off by less than 2^12 levels, in eighths")]
pub(super) fn measure(guesses: &[i32; GUESSES], value: i32) -> Off {
    guesses.map(|guess| (guess - (value << FRACTION)).unsigned_abs().min(u32::from(u16::MAX)) as u16)
}

/// What blends are off in the mean, by kind of surroundings.
#[derive(Debug)]
pub(super) struct Bias([i32; 1 << 10]);

impl Bias {
    pub(super) const fn new() -> Self {
        Self([0; 1 << 10])
    }

    /// In eighths.
    pub(super) fn of(&self, kind: usize) -> i32 {
        self.0[kind] >> 10
    }

    /// The blend with its bias was off by so many eighths.
    pub(super) fn learn(&mut self, kind: usize, off: i32) {
        let bias = &mut self.0[kind];
        *bias += off.clamp(-256, 256) << 4;
    }
}
