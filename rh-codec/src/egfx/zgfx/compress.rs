//! Bytes to messages.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "lengths, distances and positions are below 2^31; the writer of bits means what it cuts off"
)]

use super::{
    COMPRESSED, DISTANCES, HISTORY, LITERALS, MULTIPART, RDP8, SEGMENT, SINGLE,
    hash::{KEY, Key, Places, Search},
};
use crate::{Effort, Error};

/// Room for segments behind the history, before the history is moved to the front again.
const ROOM: usize = 1 << 20;
/// Bytes of a segment after which it is given up, if they have not become fewer.
const TRIAL: usize = 16 * 1024;

/// The code of each byte, and its length in bits.
const BYTES: [(u16, u8); 256] = bytes();

const fn bytes() -> [(u16, u8); 256] {
    let mut table = [(0, 9); 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte as usize].0 = byte;
        byte += 1;
    }
    let mut i = 0;
    while i < LITERALS.len() {
        let (length, code, byte) = LITERALS[i];
        table[byte as usize] = (code, length);
        i += 1;
    }
    table
}

/// The index in [`DISTANCES`] of a distance.
#[inline]
fn class(distance: usize) -> usize {
    // From the far end: most matches of four bytes or more are far away.
    (0..11).rev().find(|&i| DISTANCES[i].3 as usize <= distance).unwrap_or(0)
}

/// Bits that a match costs.
#[inline]
fn cost(distance: usize, length: usize) -> u32 {
    let (code, _, extra, _) = DISTANCES[class(distance)];
    u32::from(code) + u32::from(extra) + if length == 3 { 1 } else { 2 * length.ilog2() }
}

/// A place that begins like the bytes at hand.
#[derive(Clone, Copy, Debug)]
struct Match {
    distance: usize,
    length: usize,
    /// Bits saved.
    gain: i32,
}

/// What a byte costs, more or less: some have shorter codes.
const BYTE_BITS: usize = 8;
/// How far back three to five bytes are worth looking for: the distance costs 22 bits there, and as much as they do beyond.
const NEAR: usize = 54_943;
/// Bits that a match must save to show that the data are worth searching.
const WORTH: i32 = 16;

/// The sending side of ZGFX.
///
/// Send every message, in order, to one [`Decompressor`](super::Decompressor). Memory: 3.5 MB of history, and, by effort, 0.5, 2 or 4 MB of places.
pub struct Compressor {
    search: Search,
    places: Places,
    /// History, then the segment at hand.
    window: Box<[u8]>,
    /// Where the next segment begins.
    at: usize,
    /// The number of bytes before `at` since the start, modulo 2^32.
    position: u32,
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compressor").field("search", &self.search).finish_non_exhaustive()
    }
}

impl Compressor {
    /// A compressor without history.
    pub fn new(effort: Effort) -> Self {
        let search = match effort {
            Effort::Fast => Search { ways: 1, buckets: 16, enough: 32, lazy: false, patience: 4 },
            Effort::Balanced => Search { ways: 2, buckets: 17, enough: 48, lazy: true, patience: 5 },
            Effort::Small => Search { ways: 4, buckets: 16, enough: 256, lazy: true, patience: 7 },
        };
        Self {
            search,
            places: Places::new(search),
            window: vec![0; HISTORY + ROOM + size_of::<Key>()].into_boxed_slice(),
            at: 0,
            position: 0,
        }
    }

    /// Forgets the history: what follows can be read by a decompressor that is new.
    pub fn reset(&mut self) {
        self.places.clear();
        (self.at, self.position) = (0, 0);
    }

    /// Appends one `RDP_SEGMENTED_DATA` (2.2.5.1) that holds `plain`.
    ///
    /// # Errors
    /// `ApiMisuse` if `plain` is 4 GiB or more, which no message holds.
    pub fn compress(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        if u32::try_from(plain.len()).is_err() {
            return Err(Error::ApiMisuse("a message holds less than 4 GiB"));
        }
        let mut message = Message::begin(out);
        message.add(self, plain, out);
        message.end(out);
        Ok(())
    }

    /// Appends one segment (2.2.5.3) that holds `plain`, at most [`SEGMENT`] bytes.
    fn segment(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        debug_assert!(plain.len() <= SEGMENT);
        if self.at + plain.len() > HISTORY + ROOM {
            self.window.copy_within(self.at - HISTORY..self.at, 0);
            self.at = HISTORY;
        }
        self.window[self.at..self.at + plain.len()].copy_from_slice(plain);
        let start = out.len();
        out.push(RDP8 | COMPRESSED);
        let mut bits = Bits { out, word: 0, held: 0 };
        let whole = self.code(plain.len(), &mut bits);
        bits.end();
        if !whole || out.len() - start > plain.len() {
            out.truncate(start);
            out.push(RDP8);
            out.extend_from_slice(plain);
        }
        self.at += plain.len();
        self.position = self.position.wrapping_add(plain.len() as u32);
    }

    /// Writes the segment's codes; gives up, and says so, where they become no fewer.
    fn code(&mut self, len: usize, bits: &mut Bits<'_>) -> bool {
        let (start, end) = (self.at, self.at + len);
        let written = bits.out.len();
        let mut trial = start + TRIAL;
        let mut at = start;
        let mut misses = 0usize;
        // Found at `at` while the position before was looked at.
        let mut waiting = None;
        while at + 4 <= end {
            if at >= trial {
                if bits.out.len() - written > at - start {
                    return false;
                }
                trial += TRIAL;
            }
            let Some(found) = waiting.take().or_else(|| self.find(at, end)) else {
                misses += 1;
                let skip = 1 + (misses >> self.search.patience);
                let stop = (at + skip).min(end);
                self.window[at..stop].iter().for_each(|&byte| bits.byte(byte));
                at = stop;
                continue;
            };
            misses = if found.gain < WORTH { misses / 2 } else { 0 };
            if self.search.lazy && found.length < self.search.enough && at + 5 <= end {
                waiting = self.find(at + 1, end).filter(|next| next.gain > found.gain);
                if waiting.is_some() {
                    bits.byte(self.window[at]);
                    at += 1;
                    continue;
                }
                self.enter(at + 2, at + found.length, end);
            } else {
                self.enter(at + 1, at + found.length, end);
            }
            bits.repeat(found.distance, found.length);
            at += found.length;
        }
        self.window[at..end].iter().for_each(|&byte| bits.byte(byte));
        true
    }

    fn position_of(&self, at: usize) -> u32 {
        // Within a segment.
        self.position.wrapping_add((at - self.at) as u32)
    }

    /// Remembers what a match passes over; of a long one the ends, and a place here and there.
    fn enter(&mut self, from: usize, to: usize, end: usize) {
        let to = to.min(end.saturating_sub(3));
        let step = if to.saturating_sub(from) > 64 { 7 } else { 1 };
        let mut at = from;
        while at < to {
            if let Some(bytes) = self.window[at..].first_chunk() {
                self.places.enter(*bytes, self.position_of(at));
            }
            at += if at < from + 16 || at + 16 > to { 1 } else { step };
        }
    }

    /// Remembers the place `at`, and looks for the match that saves most. There are at least three bytes until `end`.
    #[inline]
    fn find(&mut self, at: usize, end: usize) -> Option<Match> {
        // Behind the segment there is room, and whatever was there before.
        let key: Key = *self.window[at..].first_chunk()?;
        let position = self.position_of(at);
        let best = self.longer(key, position, at, end).or_else(|| self.short(key, position, at, end));
        self.places.enter(key, position);
        best
    }

    /// A match of six bytes or more.
    #[inline]
    fn longer(&self, key: Key, position: u32, at: usize, end: usize) -> Option<Match> {
        let reach = at.min(HISTORY);
        let mut best: Option<Match> = None;
        let mut longest = KEY - 1;
        for distance in self.places.distances(key, position) {
            // One that is to be longer agrees at the byte that would make it so.
            if distance == 0 || distance > reach || at + longest >= end || self.window[at - distance + longest] != self.window[at + longest]
            {
                continue;
            }
            let length = same(&self.window[at - distance..], &self.window[at..end]);
            if length > longest {
                longest = length;
                let gain = self.gain(at, length, distance);
                if gain > best.map_or(0, |best| best.gain) {
                    best = Some(Match { distance, length, gain });
                }
                if length >= self.search.enough {
                    break;
                }
            }
        }
        best
    }

    /// A match of three bytes or more that is near enough to be worth it.
    #[inline]
    fn short(&self, key: Key, position: u32, at: usize, end: usize) -> Option<Match> {
        let distance = self.places.short_distance(key, position);
        if distance == 0 || distance > at.min(NEAR) {
            return None;
        }
        let length = same(&self.window[at - distance..], &self.window[at..end]);
        let gain = self.gain(at, length, distance);
        (gain > 0).then_some(Match { distance, length, gain })
    }

    /// Bits that a match saves; exact as far as it is short, when it matters.
    #[inline]
    fn gain(&self, at: usize, length: usize, distance: usize) -> i32 {
        if length < 3 {
            return 0;
        }
        let short = length.min(8);
        let bytes: i32 = self.window[at..at + short].iter().map(|byte| i32::from(BYTES[usize::from(*byte)].1)).sum();
        // Lengths are below 2^16.
        bytes + ((length - short) * BYTE_BITS) as i32 - cost(distance, length) as i32
    }
}

/// How far two slices agree; `b` is the shorter one.
#[inline]
fn same(a: &[u8], b: &[u8]) -> usize {
    let a = &a[..b.len()];
    let ((a_words, a_rest), (b_words, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (i, (a, b)) in a_words.iter().zip(b_words).enumerate() {
        let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differ != 0 {
            return i * 8 + (differ.trailing_zeros() / 8) as usize;
        }
    }
    a_words.len() * 8 + a_rest.iter().zip(b_rest).take_while(|(a, b)| a == b).count()
}

/// Writes bits from the upper end of each byte.
struct Bits<'a> {
    out: &'a mut Vec<u8>,
    /// The last `held` bits.
    word: u64,
    held: u32,
}

impl Bits<'_> {
    /// Writes the lower `count` bits of `value`, at most 32, none above them set.
    #[inline]
    fn put(&mut self, value: u32, count: u32) {
        self.word = self.word << count | u64::from(value);
        self.held += count;
        if self.held >= 32 {
            self.held -= 32;
            // The upper half has been written before.
            self.out.extend_from_slice(&((self.word >> self.held) as u32).to_be_bytes());
        }
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        let (code, length) = BYTES[usize::from(byte)];
        self.put(code.into(), length.into());
    }

    fn repeat(&mut self, distance: usize, length: usize) {
        let (bits, code, extra, base) = DISTANCES[class(distance)];
        // Distances are below 2^22, lengths below 2^16.
        self.put(u32::from(code) << extra | (distance as u32 - base), u32::from(bits) + u32::from(extra));
        if length == 3 {
            self.put(0, 1);
        } else {
            let power = length.ilog2();
            // power - 1 ones and a zero, then what is beyond the power of two.
            self.put((1 << power) - 2, power);
            self.put(length as u32 - (1 << power), power);
        }
    }

    /// Writes what is held, and how many bits of the last byte mean nothing.
    fn end(self) {
        let unused = self.held.wrapping_neg() % 8;
        let bytes = self.held.div_ceil(8);
        let word = (self.word << unused).to_be_bytes();
        self.out.extend_from_slice(&word[8 - bytes as usize..]);
        self.out.push(unused.to_le_bytes()[0]);
    }
}

/// One `RDP_SEGMENTED_DATA` in the making, for those who write it bit by bit.
#[derive(Clone, Copy, Debug)]
pub(in crate::egfx) struct Message {
    start: usize,
    segments: u16,
    plain: u32,
}

/// Bytes before the first segment of several: descriptor, number, total; and the first one's length.
const HEAD: usize = 7 + 4;

impl Message {
    /// Bytes by which a message of `plain` bytes added at once can be longer than they are.
    pub(in crate::egfx) fn overhead(plain: usize) -> usize {
        HEAD + 1 + (plain / SEGMENT + 1) * 5
    }

    pub(in crate::egfx) fn begin(out: &mut Vec<u8>) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0; HEAD - 4]);
        Self { start, segments: 0, plain: 0 }
    }

    /// Adds bytes, which can be unpacked as soon as the message has been ended.
    pub(in crate::egfx) fn add(&mut self, compressor: &mut Compressor, plain: &[u8], out: &mut Vec<u8>) {
        for plain in plain.chunks(SEGMENT) {
            let start = out.len();
            out.extend_from_slice(&[0; 4]);
            compressor.segment(plain, out);
            let length = u32::try_from(out.len() - start - 4).expect("a segment is at most one byte longer than what it holds");
            out[start..start + 4].copy_from_slice(&length.to_le_bytes());
            self.segments = self.segments.saturating_add(1);
            // A segment holds at most 65,535 bytes.
            self.plain = self.plain.saturating_add(plain.len() as u32);
        }
    }

    /// Enters the head.
    pub(in crate::egfx) fn end(self, out: &mut Vec<u8>) {
        if self.segments == 1 {
            // The shorter form: descriptor and segment.
            out.drain(self.start + 1..self.start + HEAD);
            out[self.start] = SINGLE;
        } else {
            out[self.start] = MULTIPART;
            out[self.start + 1..self.start + 3].copy_from_slice(&self.segments.to_le_bytes());
            out[self.start + 3..self.start + 7].copy_from_slice(&self.plain.to_le_bytes());
        }
    }
}
