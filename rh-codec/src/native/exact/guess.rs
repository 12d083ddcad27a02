//! What a value will be: several guesses, and how far to trust each.
//!
//! Each guess weighs the more the less it was off at the neighbours that are known (the idea of the weighted predictor of JPEG XL,
//! ISO/IEC 18181-1). What the blend is off in the mean, in surroundings of the same kind, is added to it (as in LOCO-I; Weinberger,
//! Seroussi, Sapiro, IEEE Transactions on Image Processing 9(8), 2000).

/// Guesses in binary fractions of a level.
pub(super) const FRACTION: u32 = 3;

/// Guesses that are blended.
const GUESSES: usize = 6;

/// Several guesses for a value, in eighths.
pub(super) type Guesses = [i32; GUESSES];

/// How far each guess was off at a pixel, in eighths, up to [`FAR`].
pub(super) type Off = [u16; GUESSES];

const FAR: u32 = (1 << 13) - 1;

/// A channel of the neighbours, in levels: by compass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    pub(super) w: i32,
    pub(super) n: i32,
    pub(super) nw: i32,
    pub(super) ne: i32,
}

/// Weights by how far off a guess was at four neighbours together, in quarters: one over its square.
static WEIGHTS: [u16; FURTHEST as usize + 1] = weights();
const FURTHEST: u16 = (1 << 10) - 1;

#[expect(clippy::cast_possible_truncation, reason = "at most 2^12")]
const fn weights() -> [u16; FURTHEST as usize + 1] {
    let mut weights = [0; FURTHEST as usize + 1];
    let mut off = 0;
    while off < weights.len() {
        let near = 2 * off as u64 + 12;
        weights[off] = ((4096 * 144) / (near * near) + 1) as u16;
        off += 1;
    }
    weights
}

/// The guesses for a value whose neighbours are `a`.
#[inline(always)]
pub(super) fn cold(a: Around) -> Guesses {
    let Around { w, n, nw, ne } = a;
    [8 * (w + ne - n), 4 * (w + n) + 2 * (ne - nw), 8 * (w + n - nw), 8 * n, 8 * w, 8 * (w + n - nw).clamp(w.min(n), w.max(n))]
}

/// The guesses where `s` was shown at the place itself, and `t` around it.
#[inline(always)]
pub(super) fn warm(a: Around, s: i32, t: Around) -> Guesses {
    let Around { w, n, nw, ne } = a;
    // How far what was shown is off around.
    let (dw, dn, dnw, dne) = (w - t.w, n - t.n, nw - t.nw, ne - t.ne);
    [
        8 * (w + ne - n),
        4 * (w + n) + 2 * (ne - nw),
        8 * (w + n - nw),
        8 * s + 2 * (dw + dn) + dnw + dne,
        8 * s + 4 * (dw + dn),
        8 * (s + dw + dn - dnw),
    ]
}

/// The guesses as one, given how far each was off at four neighbours.
#[inline(always)]
pub(super) fn blend(guesses: &Guesses, off: [&Off; 4]) -> i32 {
    let mut far = *off[0];
    for off in &off[1..] {
        for i in 0..GUESSES {
            far[i] += off[i];
        }
    }
    let (mut total, mut sum) = (0, 0);
    for i in 0..GUESSES {
        let weight = i32::from(WEIGHTS[usize::from((far[i] >> 1).min(FURTHEST))]);
        total += weight;
        sum += weight * guesses[i];
    }
    // Towards zero; the bias learns what that is off.
    sum / total
}

/// How far each guess was off, now that the value is known.
#[inline(always)]
pub(super) fn measure(guesses: &Guesses, value: i32) -> Off {
    guesses.map(|guess| (guess - (value << FRACTION)).unsigned_abs().min(FAR) as u16)
}

/// What blends are off in the mean, by kind of surroundings.
#[derive(Debug)]
pub(super) struct Bias([i16; KINDS]);

/// Kinds of surroundings.
const KINDS: usize = 256;

impl Bias {
    pub(super) const fn new() -> Self {
        Self([0; KINDS])
    }

    /// Which kind the surroundings are: the channel, how lively, and which neighbours are above the blend.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "three channels, four classes, sixteen patterns")]
    pub(super) fn kind(&self, channel: usize, lively: usize, around: Around, blend: i32) -> u8 {
        let level = blend >> FRACTION;
        let above = |value: i32, bit: u8| u8::from(value > level) << bit;
        (channel as u8 * 4 + lively as u8 / 4) << 4 | above(around.w, 0) | above(around.n, 1) | above(around.nw, 2) | above(around.ne, 3)
    }

    /// In eighths.
    #[inline(always)]
    pub(super) fn of(&self, kind: u8) -> i32 {
        i32::from(self.0[usize::from(kind)] >> 6)
    }

    /// The blend with its bias was off by so many eighths.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "an average of what is clamped")]
    pub(super) fn learn(&mut self, kind: u8, off: i32) {
        let bias = &mut self.0[usize::from(kind)];
        *bias = bias.saturating_add(off.clamp(-255, 255) as i16);
    }
}
