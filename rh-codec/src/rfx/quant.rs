//! Sub-bands, and how coarsely each is sent.
//!
//! Quantization divides by a power of two: a factor `q` of a band means steps of `2^(q - 6)` grey levels ([MS-RDPRFX] 3.1.8.1.5). Samples
//! have five fractional bits (11.5 fixed point, as in RDP 7.1 and 8.0), so that the shift is `q - 1`.

use crate::Error;

/// Coefficients of one component of a tile, band after band: HL1 LH1 HH1 HL2 LH2 HH2 HL3 LH3 HH3 LL3. Also its 64×64 samples, row by row.
pub(crate) type Plane = [i16; 4096];

/// Y, Cb and Cr of a tile.
pub(crate) type Planes = [Plane; 3];

/// Number of bands.
pub(crate) const BANDS: usize = 10;
/// The band of the means, coded as differences.
pub(crate) const LL3: usize = 9;

/// What the transform takes for the samples beyond a tile's edge, which decides the sizes of its bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// They mirror those inside: every band of a level has the same size ([MS-RDPRFX] 3.1.8.1.4).
    Mirror,
    /// A 65th sample continues the last two ([MS-RDPEGFX] 3.2.8.1.2.2, "Reduce-Extrapolate"): low bands are larger by one, and edges of
    /// tiles show less.
    Extrapolate,
}

impl Edge {
    /// Where each band starts, and after them the end.
    pub(crate) const fn offsets(self) -> &'static [usize; BANDS + 1] {
        match self {
            Self::Mirror => &[0, 1024, 2048, 3072, 3328, 3584, 3840, 3904, 3968, 4032, 4096],
            Self::Extrapolate => &[0, 1023, 2046, 3007, 3279, 3551, 3807, 3879, 3951, 4015, 4096],
        }
    }

    /// The coefficients of one band.
    pub(crate) fn band(self, plane: &Plane, band: usize) -> &[i16] {
        &plane[self.offsets()[band]..self.offsets()[band + 1]]
    }

    /// The coefficients of one band.
    pub(crate) fn band_mut(self, plane: &mut Plane, band: usize) -> &mut [i16] {
        &mut plane[self.offsets()[band]..self.offsets()[band + 1]]
    }
}

/// A number from 0 to 15 for each band, in the order of [`Plane`]: quantization factors, or bits that a progressive pass leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quant(pub(crate) [u8; BANDS]);

/// Bands in the order of RFX_COMPONENT_CODEC_QUANT ([MS-RDPEGFX] 2.2.4.2.1.5.2): LL3 HL3 LH3 HH3 HL2 LH2 HH2 HL1 LH1 HH1.
const EGFX_ORDER: [usize; BANDS] = [9, 6, 7, 8, 3, 4, 5, 0, 1, 2];
/// Bands in the order of TS_RFX_CODEC_QUANT ([MS-RDPRFX] 2.2.2.1.5): LL3 LH3 HL3 HH3 LH2 HL2 HH2 LH1 HL1 HH1.
const RFX_ORDER: [usize; BANDS] = [9, 7, 6, 8, 4, 3, 5, 1, 0, 2];

impl Quant {
    /// Both tables added up: quantization factors, and bits that are left out besides.
    pub(crate) fn plus(self, bits: Self) -> Self {
        Self(std::array::from_fn(|band| self.0[band] + bits.0[band]))
    }

    /// The same number for every band.
    pub(crate) const fn flat(value: u8) -> Self {
        Self([value; BANDS])
    }

    fn from_bytes(bytes: [u8; 5], order: &[usize; BANDS]) -> Self {
        let mut quant = Self::default();
        for (at, band) in order.iter().enumerate() {
            quant.0[*band] = bytes[at / 2] >> (at % 2 * 4) & 15;
        }
        quant
    }

    fn bytes(self, order: &[usize; BANDS]) -> [u8; 5] {
        let mut bytes = [0; 5];
        for (at, band) in order.iter().enumerate() {
            bytes[at / 2] |= (self.0[*band] & 15) << (at % 2 * 4);
        }
        bytes
    }

    /// From RFX_COMPONENT_CODEC_QUANT.
    pub(crate) fn from_egfx(bytes: [u8; 5]) -> Self {
        Self::from_bytes(bytes, &EGFX_ORDER)
    }

    /// As RFX_COMPONENT_CODEC_QUANT.
    pub(crate) fn to_egfx(self) -> [u8; 5] {
        self.bytes(&EGFX_ORDER)
    }

    /// From TS_RFX_CODEC_QUANT.
    pub(crate) fn from_rfx(bytes: [u8; 5]) -> Self {
        Self::from_bytes(bytes, &RFX_ORDER)
    }

    /// As TS_RFX_CODEC_QUANT.
    pub(crate) fn to_rfx(self) -> [u8; 5] {
        self.bytes(&RFX_ORDER)
    }

    /// Refuses what is no table of quantization factors: they are 6 to 15 ([MS-RDPRFX] 2.2.2.1.5).
    pub(crate) fn check_factors(self) -> Result<Self, Error> {
        if self.0.iter().all(|factor| (6..=15).contains(factor)) {
            Ok(self)
        } else {
            Err(Error::Malformed("a quantization factor below 6"))
        }
    }
}

/// Numbers for Y, Cb and Cr.
pub(crate) type Bits = [Quant; 3];

/// Coefficients to whole steps.
///
/// Means go to the nearest step. Of the others 5/8 of a step is needed for the next: magnitudes are distributed such that the lower part of a
/// step is the more likely one, and zeros cost least.
pub(crate) fn quantize(plane: &mut Plane, edge: Edge, factors: Quant) {
    for (band, factor) in factors.0.into_iter().enumerate() {
        let shift = u32::from(factor) - 1;
        let values = edge.band_mut(plane, band);
        if band == LL3 {
            values.iter_mut().for_each(|value| *value = to_nearest_step(*value, shift));
        } else {
            values.iter_mut().for_each(|value| *value = to_step(*value, shift));
        }
    }
}

/// A mean as a number of steps of `2^shift`.
#[inline]
pub(crate) fn to_nearest_step(value: i16, shift: u32) -> i16 {
    value.saturating_add(1 << shift >> 1) >> shift
}

/// Any other coefficient as a number of steps of `2^shift`.
#[inline]
pub(crate) fn to_step(value: i16, shift: u32) -> i16 {
    let sign = value >> 15;
    let magnitude = (value ^ sign).saturating_sub(sign);
    // At most 2^15 >> 5 steps.
    let steps = magnitude.saturating_add(3 << shift >> 3) >> shift;
    (steps ^ sign) - sign
}

/// Leaves the lowest bits of every number of steps out: magnitudes towards zero, means, which have no sign to keep, towards minus infinity ([MS-RDPEGFX]
/// 3.1.8.1.3).
pub(crate) fn truncate(plane: &mut Plane, edge: Edge, bits: Quant) {
    for (band, bits) in bits.0.into_iter().enumerate().filter(|(_, bits)| *bits > 0) {
        let values = edge.band_mut(plane, band);
        if band == LL3 {
            values.iter_mut().for_each(|value| *value >>= bits);
            continue;
        }
        for value in values {
            let sign = *value >> 15;
            *value = (((*value ^ sign).wrapping_sub(sign) >> bits) ^ sign).wrapping_sub(sign);
        }
    }
}

/// Whole steps to coefficients, the opposite of [`quantize`].
pub(crate) fn dequantize(plane: &mut Plane, edge: Edge, factors: Quant) {
    for (band, factor) in factors.0.into_iter().enumerate() {
        let shift = u32::from(factor) - 1;
        // What a stream makes too large for 16 bits loses its upper bits: nobody means it.
        edge.band_mut(plane, band).iter_mut().for_each(|value| *value <<= shift);
    }
}

/// Means to differences from the one before, within LL3 ([MS-RDPRFX] 3.1.8.1.6).
pub(crate) fn differ(means: &mut [i16]) {
    let mut last = 0;
    for value in means {
        let mean = std::mem::replace(value, value.wrapping_sub(last));
        last = mean;
    }
}

/// The opposite of [`differ`].
pub(crate) fn sum(means: &mut [i16]) {
    let mut last = 0i16;
    for value in means {
        last = last.wrapping_add(*value);
        *value = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_the_order_of_the_wire() {
        // LL3 = 1, HL3 = 2, LH3 = 3, HH3 = 4, HL2 = 5, LH2 = 6, HH2 = 7, HL1 = 8, LH1 = 9, HH1 = 10.
        let table = Quant([8, 9, 10, 5, 6, 7, 2, 3, 4, 1]);
        assert_eq!(table.to_egfx(), [0x21, 0x43, 0x65, 0x87, 0xa9]);
        assert_eq!(Quant::from_egfx(table.to_egfx()), table);
        assert_eq!(table.to_rfx(), [0x31, 0x42, 0x56, 0x97, 0xa8]);
        assert_eq!(Quant::from_rfx(table.to_rfx()), table);
        assert!(Quant::flat(5).check_factors().is_err() && Quant::flat(6).check_factors().is_ok());
    }

    #[test]
    fn means_as_differences() {
        let mut means = [64, 32, 42, 54, 50, 60, 40, 70];
        differ(&mut means);
        assert_eq!(means, [64, -32, 10, 12, -4, 10, -20, 30]);
        sum(&mut means);
        assert_eq!(means, [64, 32, 42, 54, 50, 60, 40, 70]);
    }

    #[test]
    fn steps_and_back() {
        let mut plane = [0; 4096];
        plane[..6].copy_from_slice(&[19, 20, 51, 52, -19, -20]);
        plane[4092..].copy_from_slice(&[15, 16, -16, -17]);
        quantize(&mut plane, Edge::Mirror, Quant::flat(6));
        assert_eq!((&plane[..6], &plane[4092..]), (&[0, 1, 1, 2, 0, -1][..], &[0, 1, 0, -1][..]));
        dequantize(&mut plane, Edge::Mirror, Quant::flat(6));
        assert_eq!((&plane[..6], &plane[4092..]), (&[0, 32, 32, 64, 0, -32][..], &[0, 32, 0, -32][..]));
        truncate(&mut plane, Edge::Mirror, Quant::flat(6));
        assert_eq!((&plane[..6], &plane[4092..]), (&[0, 0, 0, 1, 0, 0][..], &[0, 0, 0, -1][..]));
    }
}
