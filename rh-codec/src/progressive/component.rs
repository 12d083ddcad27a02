//! One component of a tile in one pass ([MS-RDPEGFX] 3.2.8.1.5 and 3.3.8.2.1).
//!
//! A pass leaves out the lowest `bits` of every quantized coefficient, a number for each band. A *first* pass tells what
//! remains, as original or as difference to what the decoder has; an *upgrade* adds bits below those that were there: raw where
//! the sign is known, and in LL3, which has none; by SRL where so far there was only 0.

use super::srl;
use crate::{
    Error,
    rfx::{
        Entropy,
        bits::{BitReader, BitWriter},
        quality,
        quant::{BANDS, Edge, LL3, Plane, Quant, differ, quantize, sum, to_nearest_step, to_step, truncate},
        rlgr,
    },
};

/// The transform of all our streams: upgrades of FreeRDP assume it.
pub(super) const EDGE: Edge = Edge::Extrapolate;

/// Quantization factors of everything sent; passes leave out bits besides.
pub(super) const FACTORS: Quant = quality::FULL;
/// Bits of a coefficient below a step of these.
pub(super) const STEP: u32 = 5;

/// Largest coefficient sent: 1000 steps. What rounding adds to it, half a step of the coarsest band, still fits 16 bits.
const MOST: i16 = 1000 << STEP;

/// How a first pass leaves out bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// Those of whole steps, as upgrades need it: they only ever add to a magnitude.
    Down,
    /// By rounding to what is left: half the error, but only a difference can refine it.
    Nearest,
}

/// Appends a first pass of `target`, which are coefficients. `reference` is what the decoder has before, and what it has afterwards, in steps; an original starts
/// from nothing.
pub(super) fn encode_first(
    target: &Plane,
    reference: &mut Plane,
    difference: bool,
    bits: Quant,
    rounding: Rounding,
    scratch: &mut Plane,
    out: &mut Vec<u8>,
) {
    if !difference {
        reference.fill(0);
    }
    for (value, (target, reference)) in scratch.iter_mut().zip(target.iter().zip(reference.iter())) {
        *value = (*target).clamp(-MOST, MOST).saturating_sub(*reference << STEP);
    }
    match rounding {
        Rounding::Nearest => quantize(scratch, EDGE, FACTORS.plus(bits)),
        Rounding::Down => {
            quantize(scratch, EDGE, FACTORS);
            truncate(scratch, EDGE, bits);
        }
    }
    for (band, bits) in bits.0.into_iter().enumerate() {
        let values = EDGE.band(scratch, band);
        EDGE.band_mut(reference, band).iter_mut().zip(values).for_each(|(reference, value)| *reference += *value << bits);
    }
    differ(EDGE.band_mut(scratch, LL3));
    rlgr::encode(Entropy::Rlgr1, scratch, out);
}

/// Reads a first pass into `values`, in steps of the base quantization.
pub(super) fn decode_first(data: &[u8], edge: Edge, bits: Quant, values: &mut Plane) -> Result<(), Error> {
    rlgr::decode(Entropy::Rlgr1, data, values)?;
    sum(edge.band_mut(values, LL3));
    for (band, bits) in bits.0.into_iter().enumerate().filter(|(_, bits)| *bits > 0) {
        edge.band_mut(values, band).iter_mut().for_each(|value| *value <<= bits);
    }
    Ok(())
}

/// Appends an upgrade from `from` to `to` bits left out: first the SRL data, then the raw bits; `sent` is what the decoder has of
/// this tile since its first pass, before and afterwards. Returns the length of the SRL data.
///
/// `sent` comes from a first pass rounded down, or an upgrade.
pub(super) fn encode_upgrade(
    target: &Plane,
    sent: &mut Plane,
    from: Quant,
    to: Quant,
    raw_bytes: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> usize {
    let start = out.len();
    raw_bytes.clear();
    let mut raw = BitWriter::new(raw_bytes);
    let mut srl = srl::Writer::new(out);
    for band in 0..BANDS {
        let (count, left) = (u32::from(from.0[band] - to.0[band]), u32::from(to.0[band]));
        if count == 0 {
            continue;
        }
        let range = EDGE.offsets()[band]..EDGE.offsets()[band + 1];
        for (target, sent) in target[range.clone()].iter().zip(&mut sent[range]) {
            let target = if band == LL3 { to_nearest_step(*target, STEP) } else { to_step(*target, STEP) };
            if band != LL3 && *sent == 0 {
                let sign = target >> 15;
                let magnitude = (target ^ sign) - sign;
                let value = ((magnitude >> left) ^ sign) - sign;
                srl.put(value, count);
                *sent = value << left;
                continue;
            }
            let sign = if band == LL3 { 0 } else { *sent >> 15 };
            let value = (((target - *sent) ^ sign) - sign) >> left;
            raw.put(u32::from(value.unsigned_abs()), count);
            *sent += ((value << left) ^ sign) - sign;
        }
    }
    srl.finish();
    raw.finish();
    let length = out.len() - start;
    out.extend_from_slice(raw_bytes);
    length
}

/// Adds an upgrade to the values that have come since the tile's first pass.
pub(super) fn decode_upgrade(srl: &[u8], raw: &[u8], edge: Edge, from: Quant, to: Quant, values: &mut Plane) -> Result<(), Error> {
    let (mut srl, mut raw) = (srl::Reader::new(srl), BitReader::new(raw));
    for band in 0..BANDS {
        let Some(count) = from.0[band].checked_sub(to.0[band]) else {
            return Err(Error::Malformed("an upgrade that takes bits away"));
        };
        let (count, left) = (u32::from(count), u32::from(to.0[band]));
        if count == 0 {
            continue;
        }
        for value in edge.band_mut(values, band) {
            if band != LL3 && *value == 0 {
                *value = srl.take(count) << left;
                continue;
            }
            let more = raw.take_padded(count);
            #[expect(clippy::cast_possible_truncation, reason = "at most 15 bits")]
            let more = (more as u16).cast_signed() << left;
            *value = if band != LL3 && *value < 0 { value.wrapping_sub(more) } else { value.wrapping_add(more) };
        }
    }
    Ok(())
}
