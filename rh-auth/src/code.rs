//! The pairing code, and the exchange that proves both people hold it.
//!
//! The helper's app draws a [`Code`], wraps it in a [`LiveCode`] and shows it; the helper reads it out; the sharer types it into a [`TypedCode`]. Each side
//! hands its credential to the session, which carries the three steps of a SPAKE2 exchange bound to the inner TLS connection. Nobody between the two, and
//! neither side itself, learns more from one attempt than whether one guess was right.
//!
//! Wire format, test vectors and threat notes: `docs/PAIRING.md`.

mod live;
mod pake;
mod refusal;

use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

pub use live::{LiveCode, Status, TypedCode};

/// Crockford's base 32: no I, L, O (read as 1, 1, 0) and no U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A pairing code: eight characters of Crockford base 32, shown in two groups of four.
///
/// The first [`ROUTING`](Self::ROUTING) characters find the session at an authority and may be known to it; the other five are the secret, 25 bits. The
/// value is wiped from memory when dropped. `Debug` shows the routing half only; `Display` shows all of it, for the helper's screen.
///
/// ```
/// use rh_auth::code::Code;
///
/// let code = Code::from_entropy([0x2d, 0x6f, 0x01, 0xc4, 0x9b]);
/// assert_eq!(code.to_string(), "5NQG-3H4V");
/// assert_eq!("5nqg 3h4v".parse(), Ok(code));
/// ```
#[derive(Clone)]
pub struct Code {
    /// Characters of [`ALPHABET`] only, so valid ASCII.
    characters: [u8; Self::LENGTH],
}

impl Code {
    /// Characters in a code.
    pub const LENGTH: usize = 8;

    /// Leading characters that may be told to an authority to find the session; the rest never leaves the two apps.
    pub const ROUTING: usize = 3;

    /// Draws a code from 40 bits of the caller's randomness, five bits a character: every code is equally likely.
    ///
    /// The bytes must come from a cryptographic random source; anyone who can predict them can pair.
    #[must_use]
    pub fn from_entropy(mut entropy: [u8; 5]) -> Self {
        let mut bits = entropy.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        entropy.zeroize();
        let mut characters = [0; Self::LENGTH];
        for character in characters.iter_mut().rev() {
            let [low, ..] = (bits & 31).to_le_bytes();
            *character = ALPHABET[usize::from(low)];
            bits >>= 5;
        }
        Self { characters }
    }

    /// Reads a code as a person types or pastes it: either case, O for 0, I or L for 1, any spaces and hyphens.
    ///
    /// # Errors
    /// [`ParseCodeError`], in words to show beside the field where it was typed.
    pub fn parse(typed: &str) -> Result<Self, ParseCodeError> {
        // Filled in place: a string built up on the side would leave the secret in freed memory.
        let mut code = Self { characters: [0; Self::LENGTH] };
        let mut found = 0;
        for character in typed.chars().filter(|character| !is_separator(*character)) {
            let value = normalise(character).ok_or(ParseCodeError::Character { character })?;
            if let Some(slot) = code.characters.get_mut(found) {
                *slot = value;
            }
            found += 1;
        }
        if found == Self::LENGTH { Ok(code) } else { Err(ParseCodeError::Length { found }) }
    }

    /// The routing half, to look the session up with.
    #[must_use]
    pub fn routing(&self) -> &str {
        ascii(&self.characters[..Self::ROUTING])
    }

    /// The normalised eight characters: the SPAKE2 password.
    fn password(&self) -> &[u8; Self::LENGTH] {
        &self.characters
    }
}

fn ascii(characters: &[u8]) -> &str {
    std::str::from_utf8(characters).expect("a code holds characters of ALPHABET only, which is ASCII")
}

/// White space, and the hyphens and dashes that writing aids put in place of `-`.
fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn normalise(character: char) -> Option<u8> {
    let upper = u8::try_from(character.to_ascii_uppercase()).ok()?;
    let value = match upper {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.contains(&value).then_some(value)
}

impl FromStr for Code {
    type Err = ParseCodeError;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        Self::parse(typed)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.characters.split_at(Self::LENGTH / 2);
        write!(f, "{}-{}", ascii(first), ascii(second))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({}*-****)", self.routing())
    }
}

impl PartialEq for Code {
    /// In constant time: a comparison must not tell how far a guess is right.
    fn eq(&self, other: &Self) -> bool {
        self.characters.ct_eq(&other.characters).into()
    }
}

impl Eq for Code {}

impl Drop for Code {
    fn drop(&mut self) {
        self.characters.zeroize();
    }
}

/// Why what was typed is no code. The person who typed it can put it right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseCodeError {
    /// A character that no code has.
    #[error("{character:?} cannot be part of a code: a code has digits and letters, but no U")]
    Character {
        /// The first such character, as typed.
        character: char,
    },

    /// Too few or too many characters, not counting spaces and hyphens.
    #[error("a code has 8 characters, this one has {found}")]
    Length {
        /// How many were typed.
        found: usize,
    },
}
