//! The code as it is typed: any case, with or without gaps, with the letters that look like digits.

use super::super::{entry::Entry, plain::grouped};

/// Characters of a code.
pub(super) const LENGTH: usize = 8;

/// The line in which a code is typed.
pub(super) fn entry() -> Entry {
    Entry::new(64, Some(shape))
}

/// What is typed, as it is shown: capitals, in groups of four, no more than a code has.
///
/// Characters that no code has stay, so that the person sees what is wrong.
fn shape(typed: &str) -> String {
    let plain: String = typed.chars().filter_map(canonical).take(LENGTH).collect();
    grouped(&plain)
}

/// A character as a code spells it: Crockford's base 32 reads O as 0, and I and L as 1; gaps and hyphens mean nothing.
fn canonical(c: char) -> Option<char> {
    match c.to_ascii_uppercase() {
        'O' => Some('0'),
        'I' | 'L' => Some('1'),
        '-' | '–' | '_' | '.' | ',' => None,
        c if c.is_whitespace() => None,
        c => Some(c),
    }
}

/// The code, or what is wrong with it in words.
pub(super) fn check(typed: &str) -> Result<String, String> {
    let code: String = typed.chars().filter_map(canonical).collect();
    if code.is_empty() {
        return Err("Type the code that the helper reads to you.".to_owned());
    }
    if let Some(wrong) = code.chars().find(|c| !c.is_ascii_alphanumeric() || *c == 'U') {
        return Err(format!("A code never has “{wrong}”: it is made of digits and the letters A to Z without I, L, O and U."));
    }
    match code.chars().count() {
        LENGTH => Ok(code),
        n if n < LENGTH => Err(format!("A code has {LENGTH} characters; {} more.", LENGTH - n)),
        _ => Err(format!("A code has {LENGTH} characters; this is longer.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed_as_people_do() {
        for typed in ["7KQ2M9XB", "7kq2 m9xb", " 7kq2-m9xb ", "7kq2.m9xb"] {
            assert_eq!(check(typed).as_deref(), Ok("7KQ2M9XB"), "{typed}");
        }
        assert_eq!(check("oil0 oil0").as_deref(), Ok("01100110"));
    }

    #[test]
    fn every_wrong_code_is_told_what_is_wrong() {
        assert!(check("").is_err_and(|e| e.contains("Type the code")));
        assert!(check("7KQ2").is_err_and(|e| e.contains("4 more")));
        assert!(check("7KQ2M9XBA").is_err_and(|e| e.contains("longer")));
        assert!(check("7KQ2M9XU").is_err_and(|e| e.contains('U')));
        assert!(check("7KQ2M9Xя").is_err_and(|e| e.contains('я')));
    }

    #[test]
    fn typing_groups_and_stops_at_eight() {
        assert_eq!(shape("7kq2m"), "7KQ2 M");
        assert_eq!(shape("7kq2 "), "7KQ2");
        assert_eq!(shape("7kq2m9xbzzzz"), "7KQ2 M9XB");
    }
}
