//! From winit's physical keys to usages of the USB HID Keyboard/Keypad page (HID Usage Tables 1.5, section 10, page 0x07).

use winit::keyboard::{KeyCode, PhysicalKey};

/// The usage of a key, or `None` for keys that page 7 does not have (such as brightness or browser keys).
pub(super) fn usage(key: PhysicalKey) -> Option<u16> {
    match key {
        PhysicalKey::Code(code) => code_usage(code),
        PhysicalKey::Unidentified(_) => None,
    }
}

fn code_usage(code: KeyCode) -> Option<u16> {
    Some(match code {
        KeyCode::KeyA => 0x04,
        KeyCode::KeyB => 0x05,
        KeyCode::KeyC => 0x06,
        KeyCode::KeyD => 0x07,
        KeyCode::KeyE => 0x08,
        KeyCode::KeyF => 0x09,
        KeyCode::KeyG => 0x0a,
        KeyCode::KeyH => 0x0b,
        KeyCode::KeyI => 0x0c,
        KeyCode::KeyJ => 0x0d,
        KeyCode::KeyK => 0x0e,
        KeyCode::KeyL => 0x0f,
        KeyCode::KeyM => 0x10,
        KeyCode::KeyN => 0x11,
        KeyCode::KeyO => 0x12,
        KeyCode::KeyP => 0x13,
        KeyCode::KeyQ => 0x14,
        KeyCode::KeyR => 0x15,
        KeyCode::KeyS => 0x16,
        KeyCode::KeyT => 0x17,
        KeyCode::KeyU => 0x18,
        KeyCode::KeyV => 0x19,
        KeyCode::KeyW => 0x1a,
        KeyCode::KeyX => 0x1b,
        KeyCode::KeyY => 0x1c,
        KeyCode::KeyZ => 0x1d,
        KeyCode::Digit1 => 0x1e,
        KeyCode::Digit2 => 0x1f,
        KeyCode::Digit3 => 0x20,
        KeyCode::Digit4 => 0x21,
        KeyCode::Digit5 => 0x22,
        KeyCode::Digit6 => 0x23,
        KeyCode::Digit7 => 0x24,
        KeyCode::Digit8 => 0x25,
        KeyCode::Digit9 => 0x26,
        KeyCode::Digit0 => 0x27,
        KeyCode::Enter => 0x28,
        KeyCode::Escape => 0x29,
        KeyCode::Backspace => 0x2a,
        KeyCode::Tab => 0x2b,
        KeyCode::Space => 0x2c,
        KeyCode::Minus => 0x2d,
        KeyCode::Equal => 0x2e,
        KeyCode::BracketLeft => 0x2f,
        KeyCode::BracketRight => 0x30,
        // 0x32, "non-US # and ~", sits at the same place on ISO boards; systems report both as this one.
        KeyCode::Backslash => 0x31,
        KeyCode::Semicolon => 0x33,
        KeyCode::Quote => 0x34,
        KeyCode::Backquote => 0x35,
        KeyCode::Comma => 0x36,
        KeyCode::Period => 0x37,
        KeyCode::Slash => 0x38,
        KeyCode::CapsLock => 0x39,
        KeyCode::F1 => 0x3a,
        KeyCode::F2 => 0x3b,
        KeyCode::F3 => 0x3c,
        KeyCode::F4 => 0x3d,
        KeyCode::F5 => 0x3e,
        KeyCode::F6 => 0x3f,
        KeyCode::F7 => 0x40,
        KeyCode::F8 => 0x41,
        KeyCode::F9 => 0x42,
        KeyCode::F10 => 0x43,
        KeyCode::F11 => 0x44,
        KeyCode::F12 => 0x45,
        KeyCode::PrintScreen => 0x46,
        KeyCode::ScrollLock => 0x47,
        KeyCode::Pause => 0x48,
        KeyCode::Insert => 0x49,
        KeyCode::Home => 0x4a,
        KeyCode::PageUp => 0x4b,
        KeyCode::Delete => 0x4c,
        KeyCode::End => 0x4d,
        KeyCode::PageDown => 0x4e,
        KeyCode::ArrowRight => 0x4f,
        KeyCode::ArrowLeft => 0x50,
        KeyCode::ArrowDown => 0x51,
        KeyCode::ArrowUp => 0x52,
        KeyCode::NumLock => 0x53,
        KeyCode::NumpadDivide => 0x54,
        KeyCode::NumpadMultiply | KeyCode::NumpadStar => 0x55,
        KeyCode::NumpadSubtract => 0x56,
        KeyCode::NumpadAdd => 0x57,
        KeyCode::NumpadEnter => 0x58,
        KeyCode::Numpad1 => 0x59,
        KeyCode::Numpad2 => 0x5a,
        KeyCode::Numpad3 => 0x5b,
        KeyCode::Numpad4 => 0x5c,
        KeyCode::Numpad5 => 0x5d,
        KeyCode::Numpad6 => 0x5e,
        KeyCode::Numpad7 => 0x5f,
        KeyCode::Numpad8 => 0x60,
        KeyCode::Numpad9 => 0x61,
        KeyCode::Numpad0 => 0x62,
        KeyCode::NumpadDecimal => 0x63,
        KeyCode::IntlBackslash => 0x64,
        KeyCode::ContextMenu => 0x65,
        KeyCode::Power => 0x66,
        KeyCode::NumpadEqual => 0x67,
        KeyCode::F13 => 0x68,
        KeyCode::F14 => 0x69,
        KeyCode::F15 => 0x6a,
        KeyCode::F16 => 0x6b,
        KeyCode::F17 => 0x6c,
        KeyCode::F18 => 0x6d,
        KeyCode::F19 => 0x6e,
        KeyCode::F20 => 0x6f,
        KeyCode::F21 => 0x70,
        KeyCode::F22 => 0x71,
        KeyCode::F23 => 0x72,
        KeyCode::F24 => 0x73,
        KeyCode::Open => 0x74,
        KeyCode::Help => 0x75,
        KeyCode::Props => 0x76,
        KeyCode::Select => 0x77,
        KeyCode::Again => 0x79,
        KeyCode::Undo => 0x7a,
        KeyCode::Cut => 0x7b,
        KeyCode::Copy => 0x7c,
        KeyCode::Paste => 0x7d,
        KeyCode::Find => 0x7e,
        KeyCode::AudioVolumeMute => 0x7f,
        KeyCode::AudioVolumeUp => 0x80,
        KeyCode::AudioVolumeDown => 0x81,
        KeyCode::NumpadComma => 0x85,
        // International1 to 5.
        KeyCode::IntlRo => 0x87,
        KeyCode::KanaMode => 0x88,
        KeyCode::IntlYen => 0x89,
        KeyCode::Convert => 0x8a,
        KeyCode::NonConvert => 0x8b,
        KeyCode::Lang1 => 0x90,
        KeyCode::Lang2 => 0x91,
        KeyCode::Lang3 | KeyCode::Katakana => 0x92,
        KeyCode::Lang4 | KeyCode::Hiragana => 0x93,
        KeyCode::Lang5 => 0x94,
        KeyCode::Abort => 0x9b,
        KeyCode::NumpadParenLeft => 0xb6,
        KeyCode::NumpadParenRight => 0xb7,
        KeyCode::NumpadBackspace => 0xbb,
        KeyCode::NumpadHash => 0xcc,
        KeyCode::NumpadMemoryStore => 0xd0,
        KeyCode::NumpadMemoryRecall => 0xd1,
        KeyCode::NumpadMemoryClear => 0xd2,
        KeyCode::NumpadMemoryAdd => 0xd3,
        KeyCode::NumpadMemorySubtract => 0xd4,
        KeyCode::NumpadClear => 0xd8,
        KeyCode::NumpadClearEntry => 0xd9,
        KeyCode::ControlLeft => 0xe0,
        KeyCode::ShiftLeft => 0xe1,
        KeyCode::AltLeft => 0xe2,
        KeyCode::SuperLeft => 0xe3,
        KeyCode::ControlRight => 0xe4,
        KeyCode::ShiftRight => 0xe5,
        KeyCode::AltRight => 0xe6,
        KeyCode::SuperRight => 0xe7,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use winit::keyboard::NativeKeyCode;

    use super::*;

    fn of(code: KeyCode) -> Option<u16> {
        usage(PhysicalKey::Code(code))
    }

    #[test]
    fn letters_digits_and_modifiers_are_where_the_usage_tables_put_them() {
        // HID Usage Tables 1.5, table 10.1: the first and last of every range.
        for (code, expected) in [
            (KeyCode::KeyA, 0x04),
            (KeyCode::KeyZ, 0x1d),
            (KeyCode::Digit1, 0x1e),
            (KeyCode::Digit0, 0x27),
            (KeyCode::Enter, 0x28),
            (KeyCode::Space, 0x2c),
            (KeyCode::F1, 0x3a),
            (KeyCode::F12, 0x45),
            (KeyCode::ArrowRight, 0x4f),
            (KeyCode::ArrowUp, 0x52),
            (KeyCode::Numpad1, 0x59),
            (KeyCode::Numpad0, 0x62),
            (KeyCode::F13, 0x68),
            (KeyCode::F24, 0x73),
            (KeyCode::IntlRo, 0x87),
            (KeyCode::ControlLeft, 0xe0),
            (KeyCode::SuperRight, 0xe7),
        ] {
            assert_eq!(of(code), Some(expected), "{code:?}");
        }
    }

    #[test]
    fn every_key_of_a_104_key_board_has_a_usage_of_its_own() {
        use KeyCode as K;
        let board = [
            K::Escape, K::F1, K::F2, K::F3, K::F4, K::F5, K::F6, K::F7, K::F8, K::F9, K::F10, K::F11, K::F12, K::PrintScreen,
            K::ScrollLock, K::Pause, K::Backquote, K::Digit1, K::Digit2, K::Digit3, K::Digit4, K::Digit5, K::Digit6, K::Digit7,
            K::Digit8, K::Digit9, K::Digit0, K::Minus, K::Equal, K::Backspace, K::Insert, K::Home, K::PageUp, K::NumLock,
            K::NumpadDivide, K::NumpadMultiply, K::NumpadSubtract, K::Tab, K::KeyQ, K::KeyW, K::KeyE, K::KeyR, K::KeyT, K::KeyY,
            K::KeyU, K::KeyI, K::KeyO, K::KeyP, K::BracketLeft, K::BracketRight, K::Backslash, K::Delete, K::End, K::PageDown,
            K::Numpad7, K::Numpad8, K::Numpad9, K::NumpadAdd, K::CapsLock, K::KeyA, K::KeyS, K::KeyD, K::KeyF, K::KeyG, K::KeyH,
            K::KeyJ, K::KeyK, K::KeyL, K::Semicolon, K::Quote, K::Enter, K::Numpad4, K::Numpad5, K::Numpad6, K::ShiftLeft, K::KeyZ,
            K::KeyX, K::KeyC, K::KeyV, K::KeyB, K::KeyN, K::KeyM, K::Comma, K::Period, K::Slash, K::ShiftRight, K::ArrowUp,
            K::Numpad1, K::Numpad2, K::Numpad3, K::NumpadEnter, K::ControlLeft, K::SuperLeft, K::AltLeft, K::Space, K::AltRight,
            K::SuperRight, K::ContextMenu, K::ControlRight, K::ArrowLeft, K::ArrowDown, K::ArrowRight, K::Numpad0, K::NumpadDecimal,
        ];
        let usages: std::collections::BTreeSet<u16> = board.iter().filter_map(|code| of(*code)).collect();
        assert_eq!((board.len(), usages.len()), (104, 104));
        assert!(usages.iter().all(|usage| (0x04..=0xe7).contains(usage)));
    }

    #[test]
    fn keys_that_page_7_does_not_have_are_none() {
        for code in [KeyCode::Fn, KeyCode::BrowserBack, KeyCode::MediaPlayPause, KeyCode::WakeUp, KeyCode::F35] {
            assert_eq!(of(code), None, "{code:?}");
        }
        assert_eq!(usage(PhysicalKey::Unidentified(NativeKeyCode::Xkb(1))), None);
    }
}
