//! ZGFX: what is compressed comes back, what is no message is refused.

use proptest::prelude::*;
use rh_codec::{
    Effort, Error,
    egfx::zgfx::{Compressor, Decompressor, HISTORY, SEGMENT},
};

use crate::screen::Noise;

const EFFORTS: [Effort; 3] = [Effort::Fast, Effort::Balanced, Effort::Small];

const FOX: &[u8] = b"The quick brown fox jumps over the lazy dog";

#[test]
fn the_examples_of_the_specification_unpack() {
    // [MS-RDPEGFX] 4.2.1: one segment, not compressed; 4.2.2: three, the last one compressed.
    let mut single = vec![0xe0, 0x04];
    single.extend_from_slice(FOX);
    let mut several = vec![0xe1, 3, 0, 0x2b, 0, 0, 0, 0x11, 0, 0, 0, 0x04];
    several.extend_from_slice(b"The quick brown ");
    several.extend_from_slice(&[0x0e, 0, 0, 0, 0x04]);
    several.extend_from_slice(b"fox jumps ove");
    several.extend_from_slice(&[
        0x10, 0, 0, 0, 0x24, 0x39, 0x08, 0x0e, 0x91, 0xf8, 0xd8, 0x61, 0x3d, 0x1e, 0x44, 0x06, 0x43, 0x79, 0x9c, 0x02,
    ]);
    for message in [single, several] {
        let mut plain = Vec::new();
        Decompressor::new(1000).decompress(&message, &mut plain).unwrap();
        assert_eq!(plain, FOX);
    }
}

/// Text-like lines, runs, noise and repetitions from far away, `len` bytes of them.
fn material(len: usize, seed: u32) -> Vec<u8> {
    let mut noise = Noise(u64::from(seed) + 1);
    let mut bytes = Vec::with_capacity(len + 4096);
    while bytes.len() < len {
        match noise.below(5) {
            0 => {
                let count = noise.below(300);
                bytes.extend((0..count).map(|_| noise.next() as u8));
            }
            1 => {
                let byte = noise.next() as u8;
                bytes.extend(std::iter::repeat_n(byte, noise.below(3000) as usize));
            }
            2 => bytes.extend((0..noise.below(60)).flat_map(|i| [0xf8, 0xf8, (i as u8) & 3, 0x20])),
            _ if bytes.len() > 10 => {
                let from = noise.below(bytes.len() as u32) as usize;
                let count = (noise.below(2000) as usize).min(bytes.len() - from);
                bytes.extend_from_within(from..from + count);
            }
            _ => bytes.extend_from_slice(FOX),
        }
    }
    bytes.truncate(len);
    bytes
}

#[test]
fn a_session_longer_than_the_history_comes_back() {
    let all = material(3 * HISTORY, 3);
    for effort in EFFORTS {
        let (mut compressor, mut decompressor) = (Compressor::new(effort), Decompressor::new(all.len()));
        let (mut message, mut plain, mut sent) = (Vec::new(), Vec::new(), 0);
        let mut rest = &all[..];
        let mut noise = Noise(9);
        while !rest.is_empty() {
            let len = [1, 500, SEGMENT, SEGMENT + 1, 400_000][noise.below(5) as usize].min(rest.len());
            message.clear();
            compressor.compress(&rest[..len], &mut message).unwrap();
            decompressor.decompress(&message, &mut plain).unwrap();
            sent += message.len();
            rest = &rest[len..];
        }
        assert!(plain == all, "{effort:?} is not what was sent");
        assert!(sent * 3 < all.len(), "{effort:?}: {sent} of {} bytes", all.len());
    }
}

#[test]
fn what_was_sent_before_costs_little() {
    for effort in EFFORTS {
        let mut compressor = Compressor::new(effort);
        let text = material(100_000, 5);
        let mut sizes = Vec::new();
        for _ in 0..2 {
            let mut message = Vec::new();
            compressor.compress(&text, &mut message).unwrap();
            sizes.push(message.len());
        }
        assert!(sizes[1] * 50 < sizes[0], "{effort:?}: {sizes:?}");
    }
}

#[test]
fn noise_grows_by_its_heads_only() {
    let mut noise = Noise(1);
    let bytes: Vec<u8> = (0..200_000).map(|_| noise.next() as u8).collect();
    for effort in EFFORTS {
        let mut message = Vec::new();
        Compressor::new(effort).compress(&bytes, &mut message).unwrap();
        assert!(message.len() <= bytes.len() + 7 + 4 * 5, "{effort:?}: {}", message.len());
    }
}

#[test]
fn no_bytes_are_a_message_too() {
    let mut message = Vec::new();
    Compressor::new(Effort::Fast).compress(&[], &mut message).unwrap();
    let mut plain = Vec::new();
    Decompressor::new(0).decompress(&message, &mut plain).unwrap();
    assert!(plain.is_empty());
}

#[test]
fn a_compressor_that_begins_anew_is_read_with_and_without_history() {
    let (old, new) = (material(50_000, 1), material(50_000, 2));
    let mut compressor = Compressor::new(Effort::Balanced);
    let mut first = Vec::new();
    compressor.compress(&old, &mut first).unwrap();
    compressor.reset();
    let mut second = Vec::new();
    compressor.compress(&new, &mut second).unwrap();

    let mut running = Decompressor::new(1 << 20);
    running.decompress(&first, &mut Vec::new()).unwrap();
    for decompressor in [&mut running, &mut Decompressor::new(1 << 20)] {
        let mut plain = Vec::new();
        decompressor.decompress(&second, &mut plain).unwrap();
        assert_eq!(plain, new);
    }
}

#[test]
fn refusals_name_what_is_wrong() {
    let mut bomb = vec![0xe1, 2, 0, 0xff, 0xff, 0xff, 0x7f];
    bomb.extend([2, 0, 0, 0, 4, 1]);
    for (name, message, expected) in [
        ("nothing", vec![], "head"),
        ("neither", vec![0xe2, 4], "neither"),
        ("no segment", vec![0xe0], "segment of nothing"),
        ("other compression", vec![0xe0, 0x05, 1], "RDP 8.0"),
        ("compressed nothing", vec![0xe0, 0x24], "compressed segment of nothing"),
        ("unused bits", vec![0xe0, 0x24, 0, 8], "unused bits"),
        ("unused bits of nothing", vec![0xe0, 0x24, 1], "unused bits"),
        ("no code", vec![0xe0, 0x24, 0b1000_0000, 0], "code that nothing has"),
        // Distance 5 with nothing before, length 3.
        ("before the start", vec![0xe0, 0x24, 0b1000_1001, 0b0100_0000, 5], "before the start"),
        ("cut code", vec![0xe0, 0x24, 0b1111_1000, 4], "inside a code"),
        ("cut bytes", vec![0xe0, 0x24, 0b1000_1000, 0b0000_0000, 0b0000_0001, 0b0000_0000, 1, 0], "not compressed"),
        ("too much", bomb, "exceeds the limit"),
        ("total too large", vec![0xe1, 1, 0, 9, 0, 0, 0, 2, 0, 0, 0, 4, 1], "add up"),
        ("total too small", vec![0xe1, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 4, 1], "exceeds the limit"),
        ("bytes behind", vec![0xe1, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 1, 7], "add up"),
        ("cut segment", vec![0xe1, 1, 0, 1, 0, 0, 0, 9, 0, 0, 0, 4, 1], "inside a segment"),
    ] {
        let error = Decompressor::new(1000).decompress(&message, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
}

#[test]
fn a_segment_never_unpacks_to_more_than_65535_bytes() {
    // A zero byte, then matches of 2^14 bytes of it. Codes: 11000; 10001 00001 (distance 1), thirteen ones, a zero, 14 bits of zero.
    let mut bits = String::from("11000");
    for _ in 0..5 {
        bits += "1000100001";
        bits += "11111111111110";
        bits += "00000000000000";
    }
    let unused = bits.len().wrapping_neg() % 8;
    bits += &"0".repeat(unused);
    let mut message = vec![0xe0, 0x24];
    message.extend(bits.as_bytes().chunks(8).map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap()));
    message.push(unused as u8);
    let error = Decompressor::new(1 << 20).decompress(&message, &mut Vec::new()).unwrap_err();
    assert!(matches!(error, Error::Malformed("a segment of more than 65535 bytes")), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn anything_comes_back(pieces in prop::collection::vec((any::<u32>(), 0usize..5000), 1..6), effort in 0usize..3) {
        let (mut compressor, mut decompressor) = (Compressor::new(EFFORTS[effort]), Decompressor::new(1 << 20));
        for (seed, len) in pieces {
            let plain = material(len, seed % 7);
            let (mut message, mut back) = (Vec::new(), Vec::new());
            compressor.compress(&plain, &mut message).unwrap();
            decompressor.decompress(&message, &mut back).unwrap();
            prop_assert_eq!(back, plain);
        }
    }

    #[test]
    fn damage_is_survived(seed in 0u32..4, edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5), cut in any::<prop::sample::Index>()) {
        let mut message = Vec::new();
        Compressor::new(Effort::Balanced).compress(&material(3000, seed), &mut message).unwrap();
        for (at, value) in edits {
            let at = at.index(message.len());
            message[at] = value;
        }
        let mut decompressor = Decompressor::new(100_000);
        let mut plain = Vec::new();
        let _ = decompressor.decompress(&message, &mut plain);
        prop_assert!(plain.len() <= 100_000 + SEGMENT);
        let _ = decompressor.decompress(&message[..cut.index(message.len())], &mut Vec::new());
    }
}
