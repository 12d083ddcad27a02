//! Messages to bytes.

use super::{COMPRESSED, DISTANCES, HISTORY, LITERALS, MULTIPART, RDP8, SEGMENT, SINGLE};
use crate::Error;

/// Room for segments behind the history, before the history is moved to the front again.
const ROOM: usize = 1 << 20;
/// Bytes that a copy may write beyond its end, where they do no harm.
const OVERSHOOT: usize = 16;

/// The longest code.
const CODE_BITS: u32 = 9;

/// What the next bits mean.
#[derive(Clone, Copy)]
struct Code {
    /// Bits of the code.
    length: u8,
    /// Bits of distance behind it, or one of the constants below.
    extra: u8,
    /// A byte, or the least distance.
    base: u32,
}

/// [`Code::extra`]: `base` is a byte.
const LITERAL: u8 = 0xff;
/// [`Code::extra`]: nothing has this code.
const INVALID: u8 = 0xfe;

/// What each value of the next nine bits begins with.
const CODES: [Code; 1 << CODE_BITS] = codes();

const fn codes() -> [Code; 1 << CODE_BITS] {
    let mut codes = [Code { length: 0, extra: INVALID, base: 0 }; 1 << CODE_BITS];
    let mut byte = 0;
    while byte < 256 {
        codes[byte as usize] = Code { length: 9, extra: LITERAL, base: byte };
        byte += 1;
    }
    let mut i = 0;
    while i < LITERALS.len() {
        let (length, code, byte) = LITERALS[i];
        fill(&mut codes, code, Code { length, extra: LITERAL, base: byte as u32 });
        i += 1;
    }
    i = 0;
    while i < DISTANCES.len() {
        let (length, code, extra, base) = DISTANCES[i];
        fill(&mut codes, code, Code { length, extra, base });
        i += 1;
    }
    codes
}

const fn fill(codes: &mut [Code; 1 << CODE_BITS], prefix: u16, code: Code) {
    let free = CODE_BITS - code.length as u32;
    let mut i = (prefix as usize) << free;
    let end = (prefix as usize + 1) << free;
    while i < end {
        codes[i] = code;
        i += 1;
    }
}

/// The receiving side of ZGFX.
///
/// Feed it every message of the channel, in order. Memory: 3.5 MB, and what it unpacks to, which the caller bounds.
pub struct Decompressor {
    /// History, then what is being unpacked. Invariant: `at + OVERSHOOT <= window.len()`.
    window: Box<[u8]>,
    /// Where the next byte goes; everything before it is history as far as [`HISTORY`] reaches.
    at: usize,
    /// Bytes that a message may unpack to.
    most: usize,
}

impl std::fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decompressor").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Decompressor {
    /// A decompressor without history, of messages that unpack to at most `most` bytes.
    pub fn new(most: usize) -> Self {
        Self { window: vec![0; HISTORY + ROOM + OVERSHOOT].into_boxed_slice(), at: 0, most }
    }

    /// Forgets the history.
    pub fn reset(&mut self) {
        self.at = 0;
    }

    /// Appends to `out` what one `RDP_SEGMENTED_DATA` holds.
    ///
    /// # Errors
    /// `Malformed` if it is none; `LimitExceeded` if it unpacks to too much. After either the history is broken: only a message of a compressor
    /// that has begun anew can be read, after [`reset`](Self::reset). `out` holds what came before the fault.
    pub fn decompress(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let cut = || Error::Malformed("a message ends inside its head");
        let (&descriptor, rest) = message.split_first().ok_or(cut())?;
        match descriptor {
            SINGLE => self.segment(rest, self.most, out),
            MULTIPART => {
                let (count, rest) = rest.split_first_chunk().ok_or(cut())?;
                let (total, mut rest) = rest.split_first_chunk().ok_or(cut())?;
                let total = usize::try_from(u32::from_le_bytes(*total)).unwrap_or(usize::MAX);
                if total > self.most {
                    return Err(self.too_much());
                }
                let end = out.len() + total;
                for _ in 0..u16::from_le_bytes(*count) {
                    let (length, tail) = rest.split_first_chunk().ok_or(cut())?;
                    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
                    let (segment, tail) = tail.split_at_checked(length).ok_or(Error::Malformed("a message ends inside a segment"))?;
                    rest = tail;
                    self.segment(segment, end - out.len(), out)?;
                }
                if out.len() != end || !rest.is_empty() {
                    return Err(Error::Malformed("segments that do not add up to their message"));
                }
                Ok(())
            }
            _ => Err(Error::Malformed("a message that is neither one segment nor several")),
        }
    }

    fn too_much(&self) -> Error {
        Error::LimitExceeded { what: "the bytes that a message unpacks to", limit: self.most as u64 }
    }

    /// Unpacks one segment that may have `room` bytes.
    fn segment(&mut self, segment: &[u8], room: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        let (&head, body) = segment.split_first().ok_or(Error::Malformed("a segment of nothing"))?;
        if head & 0x0f != RDP8 {
            return Err(Error::Unsupported("a compression other than RDP 8.0's"));
        }
        if self.at + SEGMENT > HISTORY + ROOM {
            self.window.copy_within(self.at - HISTORY..self.at, 0);
            self.at = HISTORY;
        }
        let start = self.at;
        if head & COMPRESSED == 0 {
            let target = self.window.get_mut(start..start + body.len()).filter(|_| body.len() <= SEGMENT);
            target.ok_or(Error::Malformed("a segment of more than 65535 bytes"))?.copy_from_slice(body);
            self.at += body.len();
        } else {
            self.unpack(body)?;
        }
        if self.at - start > room {
            return Err(self.too_much());
        }
        out.extend_from_slice(&self.window[start..self.at]);
        Ok(())
    }

    fn unpack(&mut self, body: &[u8]) -> Result<(), Error> {
        let (&unused, coded) = body.split_last().ok_or(Error::Malformed("a compressed segment of nothing"))?;
        let mut bits = Bits::new(coded, unused)?;
        let too_long = || Error::Malformed("a segment of more than 65535 bytes");
        let end = self.at + SEGMENT;
        while bits.left > 0 {
            let code = CODES[bits.peek(CODE_BITS)];
            bits.skip(code.length.into())?;
            match code.extra {
                LITERAL => {
                    if self.at == end {
                        return Err(too_long());
                    }
                    self.window[self.at] = code.base.to_le_bytes()[0];
                    self.at += 1;
                }
                INVALID => return Err(Error::Malformed("a code that nothing has")),
                extra => {
                    let distance = code.base as usize + bits.take(extra.into())?;
                    if distance == 0 {
                        let count = bits.take(15)?;
                        let bytes = bits.bytes(count)?;
                        if bytes.len() > end - self.at {
                            return Err(too_long());
                        }
                        self.window[self.at..self.at + bytes.len()].copy_from_slice(bytes);
                        self.at += bytes.len();
                    } else {
                        let length = bits.length()?;
                        if distance > self.at.min(HISTORY) {
                            return Err(Error::Malformed("a match before the start of the history"));
                        }
                        if length > end - self.at {
                            return Err(too_long());
                        }
                        self.repeat(distance, length);
                    }
                }
            }
        }
        Ok(())
    }

    /// Copies `length` bytes from `distance` bytes back, which may lie among those being written.
    fn repeat(&mut self, distance: usize, length: usize) {
        let (mut from, mut to) = (self.at - distance, self.at);
        let end = to + length;
        self.at = end;
        if distance >= OVERSHOOT {
            // Whole blocks; the last one may write beyond the end, over what is not there yet.
            while to < end {
                let block: [u8; OVERSHOOT] = *self.window[from..].first_chunk().expect("the source lies before the target, which has room");
                self.window[to..to + OVERSHOOT].copy_from_slice(&block);
                (from, to) = (from + OVERSHOOT, to + OVERSHOOT);
            }
        } else if distance == 1 {
            let byte = self.window[from];
            self.window[to..end].fill(byte);
        } else {
            for to in to..end {
                self.window[to] = self.window[to - distance];
            }
        }
    }
}

/// Bits from the upper end of each byte.
struct Bits<'a> {
    coded: &'a [u8],
    /// The first byte that is not in `word` yet.
    next: usize,
    /// The next bits, from the top; zeros below the `held` ones.
    word: u64,
    held: u32,
    /// Bits that mean something, those in `word` included. Invariant: `held >= min(left, 32)`.
    left: usize,
}

impl<'a> Bits<'a> {
    fn new(coded: &'a [u8], unused: u8) -> Result<Self, Error> {
        let left = (coded.len() * 8).checked_sub(usize::from(unused)).filter(|_| unused < 8);
        let left = left.ok_or(Error::Malformed("a segment with more unused bits than it has"))?;
        let mut bits = Self { coded, next: 0, word: 0, held: 0, left };
        bits.refill();
        Ok(bits)
    }

    /// Holds at least 56 bits afterwards, or all there are.
    #[inline]
    fn refill(&mut self) {
        let rest = &self.coded[self.next..];
        if let Some(word) = rest.first_chunk() {
            let bytes = (63 - self.held) / 8;
            self.word |= u64::from_be_bytes(*word) >> self.held;
            self.held += bytes * 8;
            self.next += bytes as usize;
            // Bits that are not accounted for yet come again next time.
            self.word &= u64::MAX << (64 - self.held);
        } else {
            for &byte in rest.iter().take(((64 - self.held) / 8) as usize) {
                self.word |= u64::from(byte) << (56 - self.held);
                self.held += 8;
                self.next += 1;
            }
        }
    }

    /// The next 1 to 31 bits, zeros behind the end.
    #[inline]
    fn peek(&self, count: u32) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "at most 31 bits")]
        let value = (self.word >> (64 - count)) as usize;
        value
    }

    #[inline]
    fn skip(&mut self, count: u32) -> Result<(), Error> {
        self.left = self.left.checked_sub(count as usize).ok_or(Error::Malformed("a segment ends inside a code"))?;
        self.word <<= count;
        self.held -= count;
        if self.held < 32 {
            self.refill();
        }
        Ok(())
    }

    /// Takes 1 to 31 bits.
    #[inline]
    fn take(&mut self, count: u32) -> Result<usize, Error> {
        let value = self.peek(count);
        self.skip(count)?;
        Ok(value)
    }

    /// The length of a match.
    #[inline]
    fn length(&mut self) -> Result<usize, Error> {
        let ones = self.word.leading_ones();
        if ones == 0 {
            self.skip(1)?;
            return Ok(3);
        }
        // 2^16 is more than a segment holds.
        if ones > 14 {
            return Err(Error::Malformed("a match longer than a segment"));
        }
        self.skip(ones + 1)?;
        Ok((1 << (ones + 1)) + self.take(ones + 1)?)
    }

    /// Takes whole bytes, from the next boundary on.
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let cut = || Error::Malformed("a segment ends inside bytes that are not compressed");
        let start = self.next - self.held as usize / 8;
        let bytes = self.coded.get(start..start + count).ok_or(cut())?;
        let passed = self.held as usize % 8 + count * 8;
        self.left = self.left.checked_sub(passed).ok_or(cut())?;
        (self.next, self.word, self.held) = (start + count, 0, 0);
        self.refill();
        Ok(bytes)
    }
}
