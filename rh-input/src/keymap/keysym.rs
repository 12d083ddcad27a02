use super::legacy::LEGACY;

/// What X adds to a code point from U+0100 on to make a keysym of it.
const UNICODE: u32 = 0x0100_0000;

/// The keysym that stands for a character; `None` for control characters that no key gives.
///
/// Enter, Tab, Backspace, Escape and Delete have keysyms of their own; Latin-1 is itself; older alphabets keep the numbers that
/// layouts use; everything else follows the Unicode rule.
pub fn char_to_keysym(c: char) -> Option<u32> {
    let code = u32::from(c);
    match code {
        0x08 | 0x09 | 0x0d | 0x1b => Some(0xff00 | code),
        0x0a => Some(0xff0d),
        0x7f => Some(0xffff),
        0x20..=0x7e | 0xa0..=0xff => Some(code),
        0..=0x1f | 0x80..=0x9f => None,
        _ => {
            let legacy = u16::try_from(code).ok().and_then(|code| LEGACY.iter().find(|entry| entry.1 == code));
            Some(legacy.map_or(UNICODE | code, |entry| u32::from(entry.0)))
        }
    }
}

/// The character that a keysym types; `None` for keys that type none, dead keys among them.
///
/// The keypad's digits and signs are characters here, as they are what an application sees.
pub fn keysym_to_char(keysym: u32) -> Option<char> {
    match keysym {
        0x20..=0x7e | 0xa0..=0xff => char::from_u32(keysym),
        0xff08 | 0xff09 | 0xff0d | 0xff1b => char::from_u32(keysym & 0x7f),
        0xffff => Some('\u{7f}'),
        // KP_Enter, KP_Space, KP_Equal, then KP_Multiply to KP_9 in ASCII's order.
        0xff8d => Some('\r'),
        0xff80 => Some(' '),
        0xffbd => Some('='),
        0xffaa..=0xffb9 => char::from_u32(keysym - 0xff80),
        0x0100_0100..=0x0110_ffff => char::from_u32(keysym - UNICODE),
        _ => {
            let keysym = u16::try_from(keysym).ok()?;
            let at = LEGACY.binary_search_by_key(&keysym, |entry| entry.0).ok()?;
            char::from_u32(u32::from(LEGACY[at].1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LEGACY, char_to_keysym, keysym_to_char};

    #[test]
    fn known_pairs() {
        // X Window System Protocol, Appendix A.
        for (c, keysym) in [
            ('a', 0x61),
            ('é', 0xe9),
            ('€', 0x20ac),
            ('Ж', 0x6f6),
            ('щ', 0x6dd),
            ('Ω', 0x7d9),
            ('š', 0x1b9),
            ('œ', 0x13bd),
            ('ア', 0x4b1),
            ('א', 0xce0),
            ('日', 0x0100_65e5),
            ('🙂', 0x0101_f642),
        ] {
            assert_eq!(char_to_keysym(c), Some(keysym), "{c}");
            assert_eq!(keysym_to_char(keysym), Some(c), "{c}");
        }
        assert_eq!(char_to_keysym('\n'), Some(0xff0d));
        assert_eq!(char_to_keysym('\u{3}'), None);
        // Dead acute, Shift, F1, a surrogate and a number that is no keysym.
        for keysym in [0xfe51, 0xffe1, 0xffbe, 0x0100_d800, u32::MAX] {
            assert_eq!(keysym_to_char(keysym), None, "{keysym:x}");
        }
        assert_eq!([0xffaa, 0xffab, 0xffb0, 0xffb9].map(keysym_to_char), ['*', '+', '0', '9'].map(Some));
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(LEGACY.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn every_character_survives_the_way_there_and_back() {
        for c in (' '..='\u{10ffff}').filter(|c| !c.is_control()) {
            // The legacy search is linear; above the BMP the rule is one addition, so a sample is enough.
            if c > '\u{ffff}' && u32::from(c) % 997 != 0 {
                continue;
            }
            let keysym = char_to_keysym(c);
            assert_eq!(keysym.and_then(keysym_to_char), Some(c), "{c:?} {keysym:x?}");
        }
    }
}
