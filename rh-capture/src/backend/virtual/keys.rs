//! What a key means when the sender did not say which character it produced.

/// HID usages of page 7 ([HID Usage Tables 1.5] section 10) that the desktop acts on.
pub(super) const ENTER: u16 = 0x28;
pub(super) const BACKSPACE: u16 = 0x2a;
pub(super) const TAB: u16 = 0x2b;
pub(super) const HOME: u16 = 0x4a;
pub(super) const DELETE: u16 = 0x4c;
pub(super) const END: u16 = 0x4d;
pub(super) const RIGHT: u16 = 0x4f;
pub(super) const LEFT: u16 = 0x50;
pub(super) const DOWN: u16 = 0x51;
pub(super) const UP: u16 = 0x52;
pub(super) const KEYPAD_ENTER: u16 = 0x58;

/// Left and right Shift.
pub(super) const SHIFTS: [u16; 2] = [0xe1, 0xe5];
/// Both Control and both GUI keys and left Alt: with one of them held a key is a shortcut, not a character.
pub(super) const SHORTCUTS: [u16; 5] = [0xe0, 0xe4, 0xe3, 0xe7, 0xe2];

/// The character of a key on a US keyboard.
pub(super) fn us_character(usage: u16, shift: bool) -> Option<char> {
    const DIGITS: [(char, char); 10] =
        [('1', '!'), ('2', '@'), ('3', '#'), ('4', '$'), ('5', '%'), ('6', '^'), ('7', '&'), ('8', '*'), ('9', '('), ('0', ')')];
    const SIGNS: [(char, char); 11] = [
        ('-', '_'),
        ('=', '+'),
        ('[', '{'),
        (']', '}'),
        ('\\', '|'),
        ('\\', '|'),
        (';', ':'),
        ('\'', '"'),
        ('`', '~'),
        (',', '<'),
        ('.', '>'),
    ];
    let letter = |usage: u16| char::from_u32(u32::from('a') + u32::from(usage) - 4);
    let pair = match usage {
        0x04..=0x1d => letter(usage).map(|c| (c, c.to_ascii_uppercase())),
        0x1e..=0x27 => DIGITS.get(usize::from(usage) - 0x1e).copied(),
        0x2c => Some((' ', ' ')),
        0x2d..=0x37 => SIGNS.get(usize::from(usage) - 0x2d).copied(),
        0x38 => Some(('/', '?')),
        _ => None,
    };
    pair.map(|(plain, shifted)| if shift { shifted } else { plain })
}
