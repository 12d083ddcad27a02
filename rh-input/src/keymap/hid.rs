use std::fmt;

/// A key by its place on the keyboard: usage page and usage id of the USB HID Usage Tables.
///
/// `0x0007_0004` is the key that types `a` on a US layout and `q` on a French one. Pages: 0x07 keyboard, 0x0c consumer (media keys).
/// The number is kept whole, also for keys that this crate does not know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HidUsage(pub u32);

impl HidUsage {
    /// A usage of any page.
    pub const fn new(page: u16, id: u16) -> Self {
        Self((page as u32) << 16 | id as u32)
    }

    /// A usage of the keyboard page, where the wire carries only its id.
    pub const fn keyboard(id: u8) -> Self {
        Self::new(0x07, id as u16)
    }

    /// The Linux input event code (`KEY_*`); `None` for keys that have none here, and that no backend can press.
    pub fn evdev(self) -> Option<u16> {
        let at = TABLE.binary_search_by_key(&self, |entry| entry.0).ok()?;
        Some(TABLE[at].1)
    }

    /// The key of a Linux input event code. Where two keys share one (the backslash and the ISO layouts' key beside Enter; media keys
    /// on the keyboard page), the first of them.
    pub fn from_evdev(code: u16) -> Option<Self> {
        TABLE.iter().find(|entry| entry.1 == code).map(|entry| entry.0)
    }

    /// Control, Shift, Alt or Super, left or right.
    pub const fn is_modifier(self) -> bool {
        self.0 >= Self::LEFT_CONTROL.0 && self.0 <= Self::RIGHT_SUPER.0
    }
}

impl fmt::Debug for HidUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HidUsage({:#010x})", self.0)
    }
}

macro_rules! usages {
    ($($name:ident = $page:literal, $id:literal => $evdev:literal),+ $(,)?) => {
        /// Keys by name. US legends; `INTERNATIONAL_*` and `LANG_*` are the additional keys of Japanese, Brazilian and Korean keyboards.
        #[allow(missing_docs, reason = "the names are those of the HID Usage Tables")]
        impl HidUsage {
            $(pub const $name: Self = Self::new($page, $id);)+
        }

        /// (usage, evdev code), sorted by usage.
        const TABLE: &[(HidUsage, u16)] = &[$((HidUsage::$name, $evdev)),+];
    };
}

// Name = page, id => evdev code. Sources: USB HID Usage Tables 1.5, sections 10 and 15; Linux `input-event-codes.h`.
usages! {
    A = 0x07, 0x004 => 30,
    B = 0x07, 0x005 => 48,
    C = 0x07, 0x006 => 46,
    D = 0x07, 0x007 => 32,
    E = 0x07, 0x008 => 18,
    F = 0x07, 0x009 => 33,
    G = 0x07, 0x00a => 34,
    H = 0x07, 0x00b => 35,
    I = 0x07, 0x00c => 23,
    J = 0x07, 0x00d => 36,
    K = 0x07, 0x00e => 37,
    L = 0x07, 0x00f => 38,
    M = 0x07, 0x010 => 50,
    N = 0x07, 0x011 => 49,
    O = 0x07, 0x012 => 24,
    P = 0x07, 0x013 => 25,
    Q = 0x07, 0x014 => 16,
    R = 0x07, 0x015 => 19,
    S = 0x07, 0x016 => 31,
    T = 0x07, 0x017 => 20,
    U = 0x07, 0x018 => 22,
    V = 0x07, 0x019 => 47,
    W = 0x07, 0x01a => 17,
    X = 0x07, 0x01b => 45,
    Y = 0x07, 0x01c => 21,
    Z = 0x07, 0x01d => 44,
    DIGIT_1 = 0x07, 0x01e => 2,
    DIGIT_2 = 0x07, 0x01f => 3,
    DIGIT_3 = 0x07, 0x020 => 4,
    DIGIT_4 = 0x07, 0x021 => 5,
    DIGIT_5 = 0x07, 0x022 => 6,
    DIGIT_6 = 0x07, 0x023 => 7,
    DIGIT_7 = 0x07, 0x024 => 8,
    DIGIT_8 = 0x07, 0x025 => 9,
    DIGIT_9 = 0x07, 0x026 => 10,
    DIGIT_0 = 0x07, 0x027 => 11,
    ENTER = 0x07, 0x028 => 28,
    ESCAPE = 0x07, 0x029 => 1,
    BACKSPACE = 0x07, 0x02a => 14,
    TAB = 0x07, 0x02b => 15,
    SPACE = 0x07, 0x02c => 57,
    MINUS = 0x07, 0x02d => 12,
    EQUAL = 0x07, 0x02e => 13,
    LEFT_BRACKET = 0x07, 0x02f => 26,
    RIGHT_BRACKET = 0x07, 0x030 => 27,
    BACKSLASH = 0x07, 0x031 => 43,
    NON_US_HASH = 0x07, 0x032 => 43,
    SEMICOLON = 0x07, 0x033 => 39,
    QUOTE = 0x07, 0x034 => 40,
    GRAVE = 0x07, 0x035 => 41,
    COMMA = 0x07, 0x036 => 51,
    PERIOD = 0x07, 0x037 => 52,
    SLASH = 0x07, 0x038 => 53,
    CAPS_LOCK = 0x07, 0x039 => 58,
    F1 = 0x07, 0x03a => 59,
    F2 = 0x07, 0x03b => 60,
    F3 = 0x07, 0x03c => 61,
    F4 = 0x07, 0x03d => 62,
    F5 = 0x07, 0x03e => 63,
    F6 = 0x07, 0x03f => 64,
    F7 = 0x07, 0x040 => 65,
    F8 = 0x07, 0x041 => 66,
    F9 = 0x07, 0x042 => 67,
    F10 = 0x07, 0x043 => 68,
    F11 = 0x07, 0x044 => 87,
    F12 = 0x07, 0x045 => 88,
    PRINT_SCREEN = 0x07, 0x046 => 99,
    SCROLL_LOCK = 0x07, 0x047 => 70,
    PAUSE = 0x07, 0x048 => 119,
    INSERT = 0x07, 0x049 => 110,
    HOME = 0x07, 0x04a => 102,
    PAGE_UP = 0x07, 0x04b => 104,
    DELETE = 0x07, 0x04c => 111,
    END = 0x07, 0x04d => 107,
    PAGE_DOWN = 0x07, 0x04e => 109,
    RIGHT = 0x07, 0x04f => 106,
    LEFT = 0x07, 0x050 => 105,
    DOWN = 0x07, 0x051 => 108,
    UP = 0x07, 0x052 => 103,
    NUM_LOCK = 0x07, 0x053 => 69,
    KEYPAD_DIVIDE = 0x07, 0x054 => 98,
    KEYPAD_MULTIPLY = 0x07, 0x055 => 55,
    KEYPAD_SUBTRACT = 0x07, 0x056 => 74,
    KEYPAD_ADD = 0x07, 0x057 => 78,
    KEYPAD_ENTER = 0x07, 0x058 => 96,
    KEYPAD_1 = 0x07, 0x059 => 79,
    KEYPAD_2 = 0x07, 0x05a => 80,
    KEYPAD_3 = 0x07, 0x05b => 81,
    KEYPAD_4 = 0x07, 0x05c => 75,
    KEYPAD_5 = 0x07, 0x05d => 76,
    KEYPAD_6 = 0x07, 0x05e => 77,
    KEYPAD_7 = 0x07, 0x05f => 71,
    KEYPAD_8 = 0x07, 0x060 => 72,
    KEYPAD_9 = 0x07, 0x061 => 73,
    KEYPAD_0 = 0x07, 0x062 => 82,
    KEYPAD_DECIMAL = 0x07, 0x063 => 83,
    NON_US_BACKSLASH = 0x07, 0x064 => 86,
    APPLICATION = 0x07, 0x065 => 127,
    POWER = 0x07, 0x066 => 116,
    KEYPAD_EQUAL = 0x07, 0x067 => 117,
    F13 = 0x07, 0x068 => 183,
    F14 = 0x07, 0x069 => 184,
    F15 = 0x07, 0x06a => 185,
    F16 = 0x07, 0x06b => 186,
    F17 = 0x07, 0x06c => 187,
    F18 = 0x07, 0x06d => 188,
    F19 = 0x07, 0x06e => 189,
    F20 = 0x07, 0x06f => 190,
    F21 = 0x07, 0x070 => 191,
    F22 = 0x07, 0x071 => 192,
    F23 = 0x07, 0x072 => 193,
    F24 = 0x07, 0x073 => 194,
    EXECUTE = 0x07, 0x074 => 134,
    HELP = 0x07, 0x075 => 138,
    MENU = 0x07, 0x076 => 130,
    SELECT = 0x07, 0x077 => 132,
    STOP = 0x07, 0x078 => 128,
    AGAIN = 0x07, 0x079 => 129,
    UNDO = 0x07, 0x07a => 131,
    CUT = 0x07, 0x07b => 137,
    COPY = 0x07, 0x07c => 133,
    PASTE = 0x07, 0x07d => 135,
    FIND = 0x07, 0x07e => 136,
    MUTE = 0x07, 0x07f => 113,
    VOLUME_UP = 0x07, 0x080 => 115,
    VOLUME_DOWN = 0x07, 0x081 => 114,
    KEYPAD_COMMA = 0x07, 0x085 => 121,
    INTERNATIONAL_1 = 0x07, 0x087 => 89,
    INTERNATIONAL_2 = 0x07, 0x088 => 93,
    INTERNATIONAL_3 = 0x07, 0x089 => 124,
    INTERNATIONAL_4 = 0x07, 0x08a => 92,
    INTERNATIONAL_5 = 0x07, 0x08b => 94,
    INTERNATIONAL_6 = 0x07, 0x08c => 95,
    LANG_1 = 0x07, 0x090 => 122,
    LANG_2 = 0x07, 0x091 => 123,
    LANG_3 = 0x07, 0x092 => 90,
    LANG_4 = 0x07, 0x093 => 91,
    LANG_5 = 0x07, 0x094 => 85,
    KEYPAD_LEFT_PAREN = 0x07, 0x0b6 => 179,
    KEYPAD_RIGHT_PAREN = 0x07, 0x0b7 => 180,
    LEFT_CONTROL = 0x07, 0x0e0 => 29,
    LEFT_SHIFT = 0x07, 0x0e1 => 42,
    LEFT_ALT = 0x07, 0x0e2 => 56,
    LEFT_SUPER = 0x07, 0x0e3 => 125,
    RIGHT_CONTROL = 0x07, 0x0e4 => 97,
    RIGHT_SHIFT = 0x07, 0x0e5 => 54,
    RIGHT_ALT = 0x07, 0x0e6 => 100,
    RIGHT_SUPER = 0x07, 0x0e7 => 126,
    BRIGHTNESS_UP = 0x0c, 0x06f => 225,
    BRIGHTNESS_DOWN = 0x0c, 0x070 => 224,
    MEDIA_NEXT = 0x0c, 0x0b5 => 163,
    MEDIA_PREVIOUS = 0x0c, 0x0b6 => 165,
    MEDIA_STOP = 0x0c, 0x0b7 => 166,
    MEDIA_PLAY_PAUSE = 0x0c, 0x0cd => 164,
    CONSUMER_MUTE = 0x0c, 0x0e2 => 113,
    CONSUMER_VOLUME_UP = 0x0c, 0x0e9 => 115,
    CONSUMER_VOLUME_DOWN = 0x0c, 0x0ea => 114,
    LAUNCH_MAIL = 0x0c, 0x18a => 155,
    LAUNCH_CALCULATOR = 0x0c, 0x192 => 140,
    BROWSER_SEARCH = 0x0c, 0x221 => 217,
    BROWSER_HOME = 0x0c, 0x223 => 172,
    BROWSER_BACK = 0x0c, 0x224 => 158,
    BROWSER_FORWARD = 0x0c, 0x225 => 159,
    BROWSER_REFRESH = 0x0c, 0x227 => 173,
}

#[cfg(test)]
mod tests {
    use super::{HidUsage, TABLE};

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn known_pairs() {
        for (usage, code) in [(0x04, 30), (0x28, 28), (0x31, 43), (0x64, 86), (0x67, 117), (0xe0, 29), (0xe6, 100)] {
            assert_eq!(HidUsage::keyboard(usage).evdev(), Some(code));
            assert_eq!(HidUsage::from_evdev(code), Some(HidUsage::keyboard(usage)));
        }
        assert_eq!(HidUsage::keyboard(0).evdev(), None);
        assert_eq!(HidUsage(u32::MAX).evdev(), None);
        assert_eq!(HidUsage::new(0x0c, 0xcd).evdev(), Some(164));
        // Codes above 247 have no X key code.
        assert!(TABLE.iter().all(|entry| (1..=247).contains(&entry.1)));
    }
}
