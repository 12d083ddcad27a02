//! Colours that a session uses, as numbers of one byte.
//!
//! The table lasts as long as the stream, and resists: a photograph does not drive out the colours of the text beside it.

const SETS: usize = 16;
const WAYS: usize = 16;

/// 256 colours in 16 sets of 16, black at first.
///
/// A colour belongs to one set, by a hash, and counts its uses. A new colour asks the set's hand for a place: it gets that of a
/// colour whose count is 0; else that colour's count is halved, the hand moves on, and the new colour stays outside until it comes again. So the
/// colours that matter keep their numbers, and with them what they have written to the history, through a photograph and
/// through text of more shades than the table holds. Encoder and decoder do the same to their tables, which are always equal.
#[derive(Clone, Debug)]
pub(super) struct Palette {
    colours: [[u32; WAYS]; SETS],
    uses: [[u8; WAYS]; SETS],
    hands: [u8; SETS],
}

impl Palette {
    pub(super) fn new() -> Self {
        Self { colours: [[0; WAYS]; SETS], uses: [[0; WAYS]; SETS], hands: [0; SETS] }
    }

    fn set_of(colour: u32) -> usize {
        // Fibonacci hashing: the upper bits of the product depend on all bits of the colour.
        (colour.wrapping_mul(0x9e37_79b1) >> 28) as usize
    }

    /// The number of a colour, if it has one.
    pub(super) fn find(&self, colour: u32) -> Option<u8> {
        let set = Self::set_of(colour);
        // Without a branch a way, for the sake of vector code.
        let found = self.colours[set].iter().enumerate().fold(0u32, |mask, (way, &other)| mask | u32::from(other == colour) << way);
        u8::try_from(set * WAYS + found.trailing_zeros() as usize).ok().filter(|_| found != 0)
    }

    /// The colour of a number, which counts as a use of it.
    pub(super) fn colour(&mut self, number: u32) -> u32 {
        let (set, way) = (number as usize / WAYS, number as usize % WAYS);
        self.uses[set][way] = self.uses[set][way].saturating_add(1);
        self.colours[set][way]
    }

    /// A colour that came behind [`ESCAPE`] asks for a place.
    pub(super) fn ask(&mut self, colour: u32) {
        let set = Self::set_of(colour);
        let hand = self.hands[set];
        self.hands[set] = (hand + 1) % 16;
        let uses = &mut self.uses[set][usize::from(hand)];
        if *uses == 0 {
            self.colours[set][usize::from(hand)] = colour;
        }
        *uses /= 2;
    }
}
