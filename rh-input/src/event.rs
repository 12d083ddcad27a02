use crate::{DisplayId, HidUsage};

/// Most bytes of UTF-8 in one [`Input::Text`].
///
/// A text with many characters outside the layout may have to wait for the applications (see `backend::x11`), so its
/// length bounds how long one call can take: seconds, never minutes.
pub const MAX_TEXT: usize = 4096;

/// One thing to do on the desktop, free of any operating system's words and of any wire's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// A key goes down or up.
    ///
    /// A key already down ignores further `down`s: the desktop repeats held keys itself. A key that is not down ignores `up`s.
    Key {
        /// The place on the keyboard, as the USB HID Usage Tables number it.
        usage: HidUsage,
        /// Down or up.
        down: bool,
        /// The character this key gave *where it was pressed*; `None` where it gave none (arrows, modifiers, shortcuts, dead keys).
        ///
        /// If the desktop's layout gives another one, the character wins and is typed as text, unless Control, the left Alt or
        /// Super is held: that is a shortcut, and goes as the key. Only looked at when `down`.
        text: Option<char>,
    },
    /// Characters to appear at the caret whatever the layout, the locks and the held modifiers; at most [`MAX_TEXT`] bytes.
    ///
    /// Line feed and carriage return (alone or together) are Enter, tab is Tab, backspace and delete are their keys.
    Text(Box<str>),
    /// The pointer goes to a pixel of a display.
    MoveTo {
        /// Which display.
        display: DisplayId,
        /// The [`Layout`](crate::Layout) that the position was measured on; another than the current one is refused.
        generation: u64,
        /// Pixels from the left edge of that display's picture.
        x: i32,
        /// Pixels from its top edge.
        y: i32,
    },
    /// The pointer moves from where it is, in pixels, right and down positive. The desktop stops it at its edges.
    MoveBy {
        /// To the right.
        dx: i32,
        /// Downwards.
        dy: i32,
    },
    /// A pointer button goes down or up.
    Button {
        /// Which, by its meaning: a left-handed desktop's mapping does not change it.
        button: Button,
        /// Down or up.
        down: bool,
    },
    /// The wheel turns.
    Wheel {
        /// Which wheel.
        axis: Axis,
        /// Turn in 1/120 of a detent: away from the person (up) and right are positive, as Windows' `WHEEL_DELTA` and Linux's
        /// `REL_WHEEL_HI_RES` have it. Backends that know only whole detents add up the parts.
        v120: i16,
    },
    /// A finger on a touch screen.
    Touch {
        /// Tells fingers apart; free for reuse after [`Phase::Up`].
        id: u32,
        /// What it does.
        phase: Phase,
        /// As in [`Input::MoveTo`].
        display: DisplayId,
        /// As in [`Input::MoveTo`].
        generation: u64,
        /// As in [`Input::MoveTo`].
        x: i32,
        /// As in [`Input::MoveTo`].
        y: i32,
    },
    /// Sets the keyboard's locks, so that they are as where the person types.
    Locks(Locks),
    /// The secure attention sequence (Control-Alt-Delete on Windows), where the desktop has one that can be asked for.
    Attention,
    /// Everything that is held goes up.
    ReleaseAll,
}

/// The buttons of a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Button {
    /// The main one.
    Left = 0,
    /// The wheel's.
    Middle = 1,
    /// The one for context menus.
    Right = 2,
    /// To the previous page.
    Back = 3,
    /// To the next page.
    Forward = 4,
}

impl Button {
    /// Every button, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Left, Self::Middle, Self::Right, Self::Back, Self::Forward];
}

/// The two directions of scrolling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Up and down.
    Vertical,
    /// Left and right.
    Horizontal,
}

/// What a finger does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It touches.
    Down,
    /// It moves while touching.
    Move,
    /// It lifts.
    Up,
}

/// The keyboard's locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Locks {
    /// Caps Lock is on.
    pub caps: bool,
    /// Num Lock is on.
    pub num: bool,
    /// Scroll Lock is on.
    pub scroll: bool,
}
