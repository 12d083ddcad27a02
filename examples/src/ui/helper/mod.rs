//! The helper's window: first the code to pass on, then the sharer's screen with the tools, the chat and a status line.
//!
//! # Keys
//! While the picture has the focus and control is granted, every key goes to the sharer, except **F8**: it moves the focus
//! to the toolbar (and a second F8 sends F8 itself). Outside of the picture, Tab and Shift-Tab go from control to control,
//! Space and Enter press, Escape goes back to the picture, **Ctrl +**, **Ctrl -** and **Ctrl 0** size the text.

mod cursor;
mod input;
mod layout;
mod paint;
mod scaler;
mod state;
mod view;
mod window;

use super::{Options, SharedPicture, Supersede, UiError, UiInbox, shell};
use crate::trust::Card;

/// What the session tells the window.
#[derive(Clone, Debug)]
pub enum HelperUpdate {
    /// The code to pass on, shown large and in groups of four, until a sharer comes.
    Code {
        /// The code's characters.
        code: String,
        /// What the sharer's program has to be told beside it: an address and port.
        address: String,
    },
    /// The picture has changed where it is marked; a session begins with the first.
    Picture(SharedPicture),
    /// Which of the sharer's displays is shown. With several there is a button that goes on to the next.
    Displays {
        /// Counted from 1.
        shown: usize,
        /// How many there are.
        count: usize,
    },
    /// The sharer's pointer looks like this.
    CursorShape(CursorShape),
    /// The sharer's pointer is here, in the sharer's pixels; `None` while it is hidden.
    CursorPosition(Option<(i32, i32)>),
    /// Who the sharer is, and on whose word, with what to be warned of; again when more is known.
    Trust(Box<Card>),
    /// The status line.
    Status(Status),
    /// A line of chat.
    Chat {
        /// Said by the sharer; else by this helper.
        from_peer: bool,
        /// As typed.
        text: String,
    },
    /// A sentence that the helper should read, such as why something was refused.
    Notice(String),
    /// Whether the sharer is being asked.
    ConsentPending(bool),
    /// The session is over, and why; the window stays until the helper closes it.
    Closed(String),
    /// Close the window now; [`run`] returns.
    Quit,
}

impl Supersede for HelperUpdate {
    fn supersedes(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Picture(new), Self::Picture(old)) => std::sync::Arc::ptr_eq(new, old),
            (Self::CursorPosition(_), Self::CursorPosition(_))
            | (Self::CursorShape(_), Self::CursorShape(_))
            | (Self::Displays { .. }, Self::Displays { .. })
            | (Self::Status(_), Self::Status(_)) => true,
            _ => false,
        }
    }

    fn may_be_lost(&self) -> bool {
        // Each is followed by a newer one, or is one of many. What changes what can be done, or ends, is not.
        matches!(self, Self::CursorPosition(_) | Self::Status(_) | Self::Chat { .. } | Self::Notice(_))
    }
}

/// The look of the sharer's pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CursorShape {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// The pixel that points, from the left.
    pub hot_x: u16,
    /// The pixel that points, from the top.
    pub hot_y: u16,
    /// Rows of four bytes a pixel: blue, green, red, alpha, premultiplied. A shape with too few bytes is not shown.
    pub bgra: Vec<u8>,
}

/// What the status line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The sharer's name.
    pub peer: String,
    /// The mode in words.
    pub mode: String,
    /// Whether keys and pointer go to the sharer.
    pub control: bool,
    /// From an input to its picture, in milliseconds, once it was measured.
    pub latency_ms: Option<u32>,
    /// Received, in kilobits per second.
    pub kbit_s: u32,
}

/// What the helper may ask to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestedMode {
    /// See only.
    View,
    /// See, type and point.
    Control,
    /// Also see and answer the system's administrator prompts.
    Elevation,
}

/// A button of a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerButton {
    /// The main one.
    Left,
    /// The wheel, pressed.
    Middle,
    /// The one that opens menus.
    Right,
    /// The side button that goes back.
    Back,
    /// The side button that goes forward.
    Forward,
}

/// The direction of a wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WheelAxis {
    /// Positive: away from the user, so that the text moves down.
    Vertical,
    /// Positive: to the right.
    Horizontal,
}

/// What the helper did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelperAction {
    /// A key, while control is granted. A key held down is reported once: it repeats at the sharer.
    Key {
        /// Usage on the Keyboard/Keypad page (7) of the USB HID usage tables: where the key sits, whatever it is labelled.
        usage: u16,
        /// Pressed, or else released.
        down: bool,
        /// The character the helper's own layout makes of it; `None` for keys without one and together with Ctrl, Alt or Super.
        text: Option<char>,
    },
    /// Text from an input method or a compose sequence, while control is granted; it has no key.
    Text(String),
    /// The pointer is at this pixel of the sharer's, while control is granted.
    PointerMove {
        /// From the left; always inside of the picture.
        x: i32,
        /// From the top; likewise.
        y: i32,
    },
    /// A button of the pointer, while control is granted.
    Button {
        /// Which.
        button: PointerButton,
        /// Pressed, or else released.
        down: bool,
    },
    /// The wheel, while control is granted.
    Wheel {
        /// Along which axis.
        axis: WheelAxis,
        /// In 1/120 of a notch.
        v120: i32,
    },
    /// The picture lost the focus: nothing of what was pressed is held any more.
    ReleaseAll,
    /// The helper asks for a mode.
    RequestMode(RequestedMode),
    /// The helper gives control back.
    Downgrade,
    /// A line of chat, as typed. It is shown when [`HelperUpdate::Chat`] says that it was said.
    Chat(String),
    /// The laser pointer is at this pixel of the sharer's.
    Laser {
        /// From the left; always inside of the picture.
        x: i32,
        /// From the top; likewise.
        y: i32,
    },
    /// The laser pointer is off or outside of the picture.
    LaserOff,
    /// No pictures, please; or pictures again.
    Pause(bool),
    /// Show the sharer's display of this number, counted from 1 in the order that [`HelperUpdate::Displays`] counts in.
    Display(usize),
    /// The helper leaves, or has closed the window: the last action.
    Leave,
}

/// Shows the window and returns when it is closed. To be called on the main thread.
///
/// # Errors
/// [`UiError`], when there is no display or it fails.
pub fn run(options: &Options, inbox: UiInbox<HelperUpdate>, out: impl FnMut(HelperAction) + 'static) -> Result<(), UiError> {
    shell::run(options, inbox, window::HelperWindow::new(options, Box::new(out)))
}
