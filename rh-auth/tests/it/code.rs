//! The code as people see and type it.

use proptest::prelude::*;
use rh_auth::code::{Code, ParseCodeError};

const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[test]
fn five_bits_make_a_character_so_every_code_is_equally_likely() {
    assert_eq!(Code::from_entropy([0; 5]).to_string(), "0000-0000");
    assert_eq!(Code::from_entropy([0xff; 5]).to_string(), "ZZZZ-ZZZZ");
    for (value, expected) in ALPHABET.bytes().enumerate() {
        let mut bits = 0_u64;
        for _ in 0..8 {
            bits = bits << 5 | u64::try_from(value).unwrap();
        }
        let [_, _, _, entropy @ ..] = bits.to_be_bytes();
        let group = char::from(expected).to_string().repeat(4);
        assert_eq!(Code::from_entropy(entropy).to_string(), format!("{group}-{group}"));
    }
    // Every bit of the entropy reaches the code.
    for bit in 0..40 {
        let [_, _, _, entropy @ ..] = (1_u64 << bit).to_be_bytes();
        assert_ne!(Code::from_entropy(entropy), Code::from_entropy([0; 5]), "bit {bit}");
    }
}

#[test]
fn people_may_type_what_they_heard() {
    let code = Code::parse("10AB-C1D0").unwrap();
    for typed in
        ["10ABC1D0", "10ab-c1d0", "IOAB-CLDO", "loab cido", " 10 AB\tC1-D0\n", "1-0-A-B-C-1-D-0", "10AB\u{2013}C1D0", "10AB\u{a0}C1D0"]
    {
        assert_eq!(Code::parse(typed), Ok(code.clone()), "{typed:?}");
        assert_eq!(typed.parse(), Ok(code.clone()), "{typed:?}");
    }
}

#[test]
fn what_is_no_code_is_named() {
    let length = |found| Err(ParseCodeError::Length { found });
    let character = |character| Err(ParseCodeError::Character { character });
    assert_eq!(Code::parse(""), length(0));
    assert_eq!(Code::parse("- -"), length(0));
    assert_eq!(Code::parse("7K3M-X9Q"), length(7));
    assert_eq!(Code::parse("7K3M-X9QF-0"), length(9));
    assert_eq!(Code::parse(&"7".repeat(100_000)), length(100_000));
    assert_eq!(Code::parse("7K3M-X9QU"), character('U'));
    assert_eq!(Code::parse("7K3M_X9QF"), character('_'));
    assert_eq!(Code::parse("7K3M-X9Q\u{1d7db}"), character('\u{1d7db}'));
    assert_eq!(Code::parse("７K3M-X9QF"), character('７'));

    assert_eq!(Code::parse("7K3M").unwrap_err().to_string(), "a code has 8 characters, this one has 4");
    assert_eq!(Code::parse("7K3M-X9Q!").unwrap_err().to_string(), "'!' cannot be part of a code: a code has digits and letters, but no U");
}

#[test]
fn logs_never_hold_the_secret_half() {
    let code = Code::parse("7K3M-X9QF").unwrap();
    assert_eq!(format!("{code:?}"), "Code(7K3*-****)");
    assert_eq!(code.routing(), "7K3");
    let live = rh_auth::code::LiveCode::new(code.clone(), crate::support::epoch());
    let typed = rh_auth::code::TypedCode::new(code);
    for text in [format!("{live:?}"), format!("{typed:?}"), format!("{live:#?}")] {
        assert!(!text.contains("X9QF") && !text.contains("7K3M"), "{text}");
    }
}

proptest! {
    #[test]
    fn every_code_survives_being_shown_and_typed(entropy: [u8; 5]) {
        let code = Code::from_entropy(entropy);
        let shown = code.to_string();
        prop_assert_eq!(shown.len(), 9);
        prop_assert!(shown.chars().filter(|c| *c != '-').all(|c| ALPHABET.contains(c)));
        prop_assert_eq!(Code::parse(&shown), Ok(code.clone()));
        prop_assert_eq!(Code::parse(&shown.to_lowercase()), Ok(code));
    }

    #[test]
    fn case_look_alikes_and_separators_change_nothing(entropy: [u8; 5], choices in prop::collection::vec(0_u8..4, 8), gaps in prop::collection::vec("[ \\t-]{0,3}", 9)) {
        let code = Code::from_entropy(entropy);
        let mut typed = gaps[8].clone();
        for ((character, choice), gap) in code.to_string().chars().filter(|c| *c != '-').zip(choices).zip(&gaps) {
            let heard = match (character, choice) {
                ('0', 1) => 'O',
                ('0', 2) => 'o',
                ('1', 1) => 'I',
                ('1', 2) => 'l',
                ('1', 3) => 'i',
                (other, 1) => other.to_ascii_lowercase(),
                (other, _) => other,
            };
            typed.push(heard);
            typed.push_str(gap);
        }
        prop_assert_eq!(Code::parse(&typed), Ok(code));
    }

    #[test]
    fn anything_typed_gives_a_code_or_a_reason(typed: String) {
        match Code::parse(&typed) {
            Ok(code) => prop_assert_eq!(Code::parse(&code.to_string()), Ok(code)),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
