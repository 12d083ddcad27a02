//! The sharer's windows: the code to type, the consent to give, and the bar that stays while somebody is connected.
//!
//! The bar is the session's indicator. It stands above every other window, has no close button, comes back when it is
//! covered or unmapped, and [`SharerAction::Beat`] is called every 250 ms only while it is really on the screen. A sharer
//! sends no frame when the last beat is older than 1 s.
//!
//! # Keys
//! Tab and Shift-Tab go from control to control, Space and Enter press, Escape declines a question and closes the chat,
//! **Ctrl +**, **Ctrl -** and **Ctrl 0** size the text. On X11, **Ctrl-Alt-Home** gives the keyboard to the bar's Stop
//! button from wherever it is, and Escape gives it back.

mod bar;
mod code;
mod layout;
mod windows;

use rh_proto::mode::Mode;

use super::{Options, Supersede, UiError, UiInbox, shell};
use crate::trust::Card;

/// What the session tells the windows.
#[derive(Clone, Debug)]
pub enum SharerUpdate {
    /// Ask for the helper's code.
    AskCode {
        /// What was wrong with the code before, or why the helper was not reached.
        error: Option<String>,
    },
    /// The code is being tried.
    Connecting,
    /// The helper is here and has not asked for anything yet; or more has become known about who it is.
    Connected {
        /// Who it is, and on whose word.
        card: Box<Card>,
    },
    /// The helper asks for a mode.
    ConsentRequest {
        /// Comes back in [`SharerAction::Consent`].
        id: u64,
        /// Who asks: what the window says is [`Card::shown`].
        card: Box<Card>,
        /// What it asks for.
        mode: Mode,
        /// How long it may wait for the answer; then it is declined.
        seconds: u32,
    },
    /// The request is no longer open.
    ConsentGone,
    /// The helper sees the screen: the bar is up from here on until [`SharerUpdate::Closed`].
    Session {
        /// The helper's name.
        who: String,
        /// What it may do, such as "sees your screen": follows the name in a sentence.
        mode_text: String,
    },
    /// A line of chat.
    Chat {
        /// Said by the helper; else by this sharer.
        from_peer: bool,
        /// As typed.
        text: String,
    },
    /// A sentence that the person should read: the bar says it for half a minute, from when there is one.
    Notice(String),
    /// The helper's laser pointer is at this pixel of the screen; `None` when it is off.
    Laser(Option<(i32, i32)>),
    /// The session is over, and why.
    Closed(String),
    /// Close all windows now; [`run`] returns.
    Quit,
}

impl Supersede for SharerUpdate {
    fn supersedes(&self, earlier: &Self) -> bool {
        matches!((self, earlier), (Self::Laser(_), Self::Laser(_)) | (Self::ConsentGone, Self::ConsentRequest { .. } | Self::ConsentGone))
    }

    fn may_be_lost(&self) -> bool {
        // Each is one of many. What says who is connected and may do what, what is asked, and what ends, is not.
        matches!(self, Self::Chat { .. } | Self::Laser(_))
    }
}

/// What the sharer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharerAction {
    /// The code was entered: 8 characters of Crockford's base 32, in capitals, without spaces.
    Code(String),
    /// A request was answered; silence is answered with `allow: false` when its time is over.
    Consent {
        /// As in [`SharerUpdate::ConsentRequest`].
        id: u64,
        /// Allowed, or else declined.
        allow: bool,
    },
    /// The sharer ends the session, or has closed the window: the last action.
    Stop,
    /// A line of chat, as typed. It is shown when [`SharerUpdate::Chat`] says that it was said.
    Chat(String),
    /// The bar is on the screen now.
    Beat,
    /// Show the helper nothing new; or go on.
    Pause(bool),
}

/// Shows the windows and returns when they are closed. To be called on the main thread.
///
/// # Errors
/// [`UiError`], when there is no display or it fails.
pub fn run(options: &Options, inbox: UiInbox<SharerUpdate>, out: impl FnMut(SharerAction) + 'static) -> Result<(), UiError> {
    shell::run(options, inbox, windows::SharerWindows::new(options, Box::new(out)))
}
