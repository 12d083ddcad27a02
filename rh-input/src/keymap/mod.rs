//! Names for keys and characters: HID usages (places on a keyboard), evdev codes (Linux), keysyms (X11), and the ways between them.
//!
//! A wire carries HID usages, since these mean the same on every system; a backend turns them into its own codes here.

mod hid;
mod keysym;
mod legacy;

pub use hid::HidUsage;
pub use keysym::{char_to_keysym, keysym_to_char};
