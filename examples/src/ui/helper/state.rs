//! What the helper's window knows.

use std::time::Instant;

use super::{
    super::{chat::Chat, picture::Area, plain},
    Status,
    view::{View, Zoom},
};
use crate::trust::Card;

/// What the window shows, without what it shows it with.
#[derive(Debug)]
pub(super) struct State {
    pub(super) title: String,
    pub(super) code: Option<(String, String)>,
    pub(super) status: Option<Status>,
    /// The sharer, from when it has proven itself.
    pub(super) card: Option<Box<Card>>,
    pub(super) notice: Option<(String, Instant)>,
    pub(super) pending: bool,
    pub(super) closed: Option<String>,
    pub(super) chat: Chat,
    pub(super) chat_open: bool,
    pub(super) laser: bool,
    pub(super) paused: bool,
    pub(super) zoom: Zoom,
    /// Which of the sharer's displays is shown, counted from 1, and how many there are.
    pub(super) displays: (usize, usize),
    /// The picture's size; nothing is shared yet where it is `(0, 0)`.
    pub(super) picture: (i32, i32),
    pub(super) view: View,
}

impl State {
    pub(super) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            code: None,
            status: None,
            card: None,
            notice: None,
            pending: false,
            closed: None,
            chat: Chat::default(),
            chat_open: false,
            laser: false,
            paused: false,
            zoom: Zoom::Fit,
            displays: (0, 0),
            picture: (0, 0),
            view: View::new(Zoom::Fit, Area::default(), (0, 0), (0, 0)),
        }
    }

    pub(super) fn control(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.control)
    }

    pub(super) fn peer(&self) -> String {
        self.status.as_ref().map_or_else(|| "the other person".to_owned(), |status| plain::name(&status.peer))
    }

    /// Whether there is a session to show.
    pub(super) fn connected(&self) -> bool {
        self.status.is_some() || self.card.is_some() || self.picture != (0, 0)
    }
}
