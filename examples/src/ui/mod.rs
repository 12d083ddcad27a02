//! The programs' windows: [`helper`] (the picture, the tools, the chat) and [`sharer`] (the code, the consent, the bar).
//!
//! A small widget layer on winit (windows), softbuffer (pixels), cosmic-text (shaping, bidirectional text, fall-back
//! fonts) and AccessKit (screen readers). It draws with the processor and only what changed: an idle window costs nothing.
//!
//! A program has its session on any thread and its windows on the main one, as every desktop demands. The two talk by
//! values: *updates* go in through a [`channel()`], *actions* come out through a closure that [`helper::run`] and
//! [`sharer::run`] call. Nothing in here knows the protocol.
//!
//! What a peer sends (names, chat, sentences) is shown, never obeyed: labels lose control characters and direction
//! overrides, every chat message is a paragraph of its own that cannot reach into its neighbours, and all lists are bounded.
#![forbid(unsafe_code)]

mod canvas;
mod channel;
mod chat;
mod entry;
mod face;
pub mod helper;
mod keys;
mod pane;
mod picture;
pub(crate) mod plain;
mod platform;
pub mod sharer;
mod shell;
mod text;
mod theme;
mod widget;

pub use channel::{SendError, Supersede, UiInbox, UiSender, channel};
pub use picture::{Area, Picture, SharedPicture};

/// Light or dark windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// As the desktop says; light where it says nothing.
    #[default]
    Auto,
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

/// How the windows look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The window's title, also its name for screen readers.
    pub title: String,
    /// Light or dark.
    pub scheme: Scheme,
    /// Black and white with thick outlines, instead of the scheme's softer colours.
    pub high_contrast: bool,
    /// Size of the text in percent of the normal one, 100 to 200; other values are moved into that range.
    ///
    /// Multiplied with the desktop's own scale. Ctrl + and Ctrl - change it while a window is open.
    pub text_percent: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self { title: "Remote Help".to_owned(), scheme: Scheme::Auto, high_contrast: false, text_percent: 100 }
    }
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// No display to open a window on: run where one is, or use the program's option that needs none.
    #[error("there is no display to open a window on ({0})")]
    NoDisplay(String),
    /// The desktop has a display, but a library that reaches it is not installed.
    #[error("the library {0} is not installed; a window needs it")]
    MissingLibrary(&'static str),
    /// The display refused something a window needs.
    #[error("the display refused {op}: {reason}")]
    Display {
        /// What was asked of it.
        op: &'static str,
        /// Its answer.
        reason: String,
    },
}
