//! Colours that a session has seen lately, as numbers of one byte.
//!
//! One byte instead of three triples the history that zstd's window holds. The table lasts as long as the stream: were it built
//! anew for every tile, the same text would be different bytes each time and match nothing.

/// Stands in the place of a number for a colour that is not in the table: three bytes of blue, green and red follow.
pub(super) const ESCAPE: u8 = 255;

const SETS: usize = 16;
const WAYS: usize = 16;

/// 255 colours in 16 sets of 16 (the last of 15), black at first.
///
/// A colour belongs to one set, by a hash. A new colour takes the place of one not used since the set's hand last passed it
/// (the clock algorithm), so that the colours of a text keep their numbers through a photograph. Encoder and decoder do the same to their
/// tables, and these are always equal.
#[derive(Clone, Debug)]
pub(super) struct Palette {
    colours: [[u32; WAYS]; SETS],
    used: [u16; SETS],
    hands: [u8; SETS],
}

impl Palette {
    pub(super) fn new() -> Self {
        Self { colours: [[0; WAYS]; SETS], used: [0; SETS], hands: [0; SETS] }
    }

    fn set_of(colour: u32) -> usize {
        // Fibonacci hashing: the upper bits of the product depend on all bits of the colour.
        (colour.wrapping_mul(0x9e37_79b1) >> 28) as usize
    }

    /// The number of a colour, which counts as a use of it; `None` if it is new, and then it is in the table from here on.
    pub(super) fn number(&mut self, colour: u32) -> Option<u8> {
        let set = Self::set_of(colour);
        let found = self.colours[set].iter().enumerate().fold(0u32, |mask, (way, &other)| mask | u32::from(other == colour) << way);
        let way = found.trailing_zeros();
        let number = set * WAYS + way as usize;
        if found == 0 || number == usize::from(ESCAPE) {
            self.insert(colour);
            return None;
        }
        self.used[set] |= 1 << way;
        u8::try_from(number).ok()
    }

    /// The colour of a number other than [`ESCAPE`], which counts as a use of it.
    pub(super) fn colour(&mut self, number: u8) -> u32 {
        let (set, way) = (usize::from(number) / WAYS, usize::from(number) % WAYS);
        self.used[set] |= 1 << way;
        self.colours[set][way]
    }

    /// Takes in a colour that came behind [`ESCAPE`].
    pub(super) fn insert(&mut self, colour: u32) {
        let set = Self::set_of(colour);
        let ways = if set == SETS - 1 { WAYS - 1 } else { WAYS };
        loop {
            let way = usize::from(self.hands[set]);
            // Less than WAYS, which fits.
            self.hands[set] = ((way + 1) % ways) as u8;
            if self.used[set] >> way & 1 == 0 {
                self.colours[set][way] = colour;
                return;
            }
            self.used[set] &= !(1 << way);
        }
    }
}
