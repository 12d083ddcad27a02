//! Finding changes by looking, for servers without DAMAGE: a hash of every tile, instead of a copy of the picture.

use std::hash::{BuildHasher as _, RandomState};

use crate::{Rect, Size};

/// Side of a tile in pixels.
const SIDE: u32 = 64;

/// Bytes of a tile's row.
const ROW: usize = SIDE as usize * 4;

/// Bytes of two words, which one multiplication takes in.
const PAIR: usize = 16;

/// Hashes of a picture's tiles.
///
/// The hash is NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: *UMAC*, CRYPTO '99, section 4), with 64-bit words and a key as long as a
/// tile: the sum of `(a + k) × (b + k')` over the tile's pairs of words, modulo 2^128. By its theorem 4.2 two different tiles have
/// the same hash for at most one key in 2^64, whatever the tiles are. The key is random and never shown, so nobody can draw
/// two pictures that we mistake for one another.
pub(super) struct Tiles {
    size: Size,
    /// Two words for each pair of a tile's, row by row.
    keys: Box<[[u64; 2]]>,
    /// Empty until the first update.
    hashes: Vec<u128>,
    /// The sums of one row of tiles while they grow.
    sums: Box<[u128]>,
}

impl Tiles {
    pub(super) fn new(size: Size) -> Self {
        let (across, down) = (size.width.div_ceil(SIDE) as usize, size.height.div_ceil(SIDE) as usize);
        // SipHash with a random key, applied to a counter: the standard library's only source of random numbers.
        let random = RandomState::new();
        let keys = (0..SIDE as usize * ROW / PAIR).map(|n| [random.hash_one((n, 0)), random.hash_one((n, 1))]).collect();
        Self { size, keys, hashes: Vec::with_capacity(across * down), sums: vec![0; across].into() }
    }

    /// Hashes a picture (four bytes a pixel, rows without gaps) and reports the tiles that are not what they were at the last update; at first all.
    pub(super) fn update(&mut self, pixels: &[u8], mut changed: impl FnMut(Rect)) {
        let stride = self.size.width as usize * 4;
        let across = self.sums.len();
        let bands = pixels.chunks(stride.max(1) * SIDE as usize).zip((0..self.size.height).step_by(SIDE as usize));
        for ((band, y), first) in bands.zip((0..).step_by(across.max(1))) {
            self.sums.fill(0);
            // Row by row through memory, because that is how it is read fastest.
            for (row, keys) in band.chunks_exact(stride).zip(self.keys.chunks_exact(ROW / PAIR)) {
                for (bytes, sum) in row.chunks(ROW).zip(&mut self.sums) {
                    *sum = sum.wrapping_add(nh(bytes, keys));
                }
            }
            for (n, (sum, x)) in self.sums.iter().zip((0..self.size.width).step_by(SIDE as usize)).enumerate() {
                match self.hashes.get_mut(first + n) {
                    Some(hash) if hash == sum => continue,
                    Some(hash) => *hash = *sum,
                    None => self.hashes.push(*sum),
                }
                let side = |length: u32, at: u32| (length - at).min(SIDE);
                changed(Rect::new(x, y, side(self.size.width, x), side(self.size.height, y)));
            }
        }
    }
}

/// What a piece of a tile's row adds to the tile's hash.
fn nh(bytes: &[u8], keys: &[[u64; 2]]) -> u128 {
    let (pairs, rest) = bytes.as_chunks::<PAIR>();
    let sum = pairs.iter().zip(keys).fold(0, |sum: u128, (pair, key)| sum.wrapping_add(product(pair, *key)));
    match keys.get(pairs.len()) {
        // The last tile of a row has a rest of the same length every time, so zeros behind it make no two of them alike.
        Some(key) if !rest.is_empty() => {
            let mut pair = [0; PAIR];
            pair[..rest.len()].copy_from_slice(rest);
            sum.wrapping_add(product(&pair, *key))
        }
        _ => sum,
    }
}

fn product(pair: &[u8; PAIR], key: [u64; 2]) -> u128 {
    let words = pair.as_chunks::<8>().0;
    let word = |n: usize| u128::from(u64::from_le_bytes(words[n]).wrapping_add(key[n]));
    word(0) * word(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tile that a byte of a picture lies in.
    fn tile_of(size: Size, byte: usize) -> Rect {
        let pixel = u32::try_from(byte / 4).expect("the pictures here are small");
        let (x, y) = (pixel % size.width / SIDE * SIDE, pixel / size.width / SIDE * SIDE);
        Rect::new(x, y, SIDE.min(size.width - x), SIDE.min(size.height - y))
    }

    fn update(tiles: &mut Tiles, pixels: &[u8]) -> Vec<Rect> {
        let mut changed = Vec::new();
        tiles.update(pixels, |tile| changed.push(tile));
        changed
    }

    /// A picture of any size up to a few tiles, with ragged edges, and bits of it.
    fn pictures() -> impl Strategy<Value = (Size, Vec<u8>, Vec<(usize, u8)>)> {
        (1u32..200, 1u32..150).prop_flat_map(|(width, height)| {
            let len = (width * height * 4) as usize;
            // Screens are mostly flat; noise would hide a hash that is blind to zeros.
            let pixels = prop_oneof![Just(vec![0; len]), Just(vec![0xff; len]), proptest::collection::vec(any::<u8>(), len)];
            (Just(Size::new(width, height)), pixels, proptest::collection::vec((0..len, 0u8..8), 1..20))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_single_bit_is_reported_as_its_tile_and_nothing_else((size, mut pixels, bits) in pictures()) {
            let mut tiles = Tiles::new(size);
            update(&mut tiles, &pixels);
            for (byte, bit) in bits {
                pixels[byte] ^= 1 << bit;
                prop_assert_eq!(update(&mut tiles, &pixels), [tile_of(size, byte)]);
                prop_assert_eq!(update(&mut tiles, &pixels), []);
            }
        }

        #[test]
        fn what_changed_together_is_reported_together((size, before, bits) in pictures()) {
            let mut tiles = Tiles::new(size);
            update(&mut tiles, &before);
            let mut after = before.clone();
            bits.iter().for_each(|(byte, bit)| after[*byte] ^= 1 << bit);
            let mut expected: Vec<Rect> = (0..after.len()).filter(|byte| before[*byte] != after[*byte]).map(|byte| tile_of(size, byte)).collect();
            expected.sort_by_key(|tile| (tile.y, tile.x));
            expected.dedup();
            prop_assert_eq!(update(&mut tiles, &after), expected);
            // What was then comes back as a change too.
            prop_assert_eq!(update(&mut tiles, &before).is_empty(), before == after);
        }

        #[test]
        fn at_first_everything_is_reported_once((size, pixels, _) in pictures()) {
            let reported = update(&mut Tiles::new(size), &pixels);
            prop_assert_eq!(reported.iter().map(Rect::area).sum::<u64>(), Rect::whole(size).area());
            prop_assert!((0..pixels.len()).step_by(4).all(|byte| reported.contains(&tile_of(size, byte))));
        }
    }

    #[test]
    fn the_hash_is_the_one_of_the_paper() {
        let words = |words: [u64; 4]| words.map(u64::to_le_bytes).concat();
        assert_eq!(nh(&words([1, 2, 3, 4]), &[[10, 20], [30, 40]]), 11 * 22 + 33 * 44);
        // Words wrap around when their key is added; sums when they pass 128 bits.
        assert_eq!(nh(&words([u64::MAX, 7, 0, 0]), &[[1, 0], [5, 6]]), 30);
        let all = u128::from(u64::MAX) * u128::from(u64::MAX);
        assert_eq!(nh(&words([u64::MAX; 4]), &[[0, 0], [0, 0]]), all.wrapping_add(all));
        // A rest counts as if zeros came behind it.
        assert_eq!(nh(&words([1, 2, 3, 0])[..20], &[[10, 20], [30, 40]]), 11 * 22 + 33 * 40);
    }

    #[test]
    fn every_capture_has_a_key_of_its_own() {
        let size = Size::new(64, 64);
        let [one, two] = [(); 2].map(|()| {
            let mut tiles = Tiles::new(size);
            update(&mut tiles, &vec![1; 64 * 64 * 4]);
            tiles.hashes
        });
        assert_ne!(one, two);
    }
}
