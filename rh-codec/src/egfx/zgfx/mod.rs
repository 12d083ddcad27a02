//! ZGFX, "RDP 8.0 bulk compression" (2.2.5, 3.1.9.1): LZ77 over 2,500,000 bytes of history with a fixed prefix code.
//!
//! A message is an `RDP_SEGMENTED_DATA`: one or several segments of at most 65,535 bytes each, compressed or not. Bits are read from the
//! upper end of each byte; the last byte of a compressed segment is the number of bits in the byte before it that mean nothing.
//!
//! | code | means |
//! |---|---|
//! | `0` + 8 bits | a byte |
//! | 25 codes of 5 to 8 bits | a byte that is frequent, see the table `LITERALS` |
//! | 14 codes of 5 to 9 bits + distance | a match: `base + bits` back, then its length |
//! | distance 0 | 15 bits of count, then, from the next whole byte on, that many bytes |
//!
//! The shortest match has 3 bytes; its length: `0` is 3; `1`, then *n* ones and a zero, is `2^(n+2)` plus the *n + 2* bits that follow.

mod compress;
mod decompress;
mod hash;

pub use compress::Compressor;
pub(super) use compress::Message;
pub use decompress::Decompressor;

/// Bytes of history that a match may refer back to (3.1.9.1.1); bytes of uncompressed segments are in it too.
pub const HISTORY: usize = 2_500_000;
/// Bytes of a segment at most, uncompressed (2.2.5.1).
pub const SEGMENT: usize = 65_535;

/// First byte of a message: one segment follows (2.2.5.1).
const SINGLE: u8 = 0xe0;
/// First byte of a message: the number of segments (u16) and of bytes uncompressed (u32) follow, then each segment behind its length (u32).
const MULTIPART: u8 = 0xe1;
/// First byte of a segment (2.2.5.3): the type of compression, the only one there is.
const RDP8: u8 = 0x04;
/// In that byte: the segment is compressed.
const COMPRESSED: u8 = 0x20;

/// Bytes with a code of their own: length of the code, code, byte (3.1.9.1.2).
#[rustfmt::skip]
const LITERALS: [(u8, u16, u8); 25] = [
    (5, 24, 0x00), (5, 25, 0x01), (6, 52, 0x02), (6, 53, 0x03), (6, 54, 0xff), (7, 110, 0x04), (7, 111, 0x05), (7, 112, 0x06), (7, 113, 0x07),
    (7, 114, 0x08), (7, 115, 0x09), (7, 116, 0x0a), (7, 117, 0x0b), (7, 118, 0x3a), (7, 119, 0x3b), (7, 120, 0x3c), (7, 121, 0x3d),
    (7, 122, 0x3e), (7, 123, 0x3f), (7, 124, 0x40), (7, 125, 0x80), (8, 252, 0x0c), (8, 253, 0x38), (8, 254, 0x39), (8, 255, 0x66),
];

/// Distances: length of the code, code, bits that follow, what they are added to (3.1.9.1.2). 0 introduces bytes that are not compressed.
#[rustfmt::skip]
const DISTANCES: [(u8, u16, u8, u32); 14] = [
    (5, 17, 5, 0), (5, 18, 7, 32), (5, 19, 9, 160), (5, 20, 10, 672), (5, 21, 12, 1696), (6, 44, 14, 5792), (6, 45, 15, 22_176),
    (7, 92, 18, 54_944), (7, 93, 20, 317_088), (8, 188, 20, 1_365_664), (8, 189, 21, 2_414_240), (9, 380, 22, 4_511_392),
    (9, 381, 23, 8_705_696), (9, 382, 24, 17_094_304),
];
