//! What the sharer's app sends beside answers to requests.

use std::time::Instant;

use bytes::Bytes;

use super::{Interlock, Sharer};
use crate::error::Error;
use crate::limits::charge;
use crate::mode::Mode;
use crate::msg::cursor::{CursorHidden, CursorPosition, CursorShape};
use crate::msg::graphics::FrameId;
use crate::msg::layout::{DisplayId, Layout};
use crate::session::outbox::Slot;

impl Sharer {
    /// Whether [`send_frame`](Self::send_frame) takes a frame now. While not, do not even encode one: what it would show is old when it may go.
    #[must_use]
    pub fn can_send_frame(&self, now: Instant) -> bool {
        let live = match self.interlock {
            Interlock::Live(beat) => now.saturating_duration_since(beat) < self.link.settings.timers.interlock,
            Interlock::Waiting | Interlock::Lost => false,
        };
        self.link.is_open() && self.mode.is_some() && !self.is_paused() && live && !self.link.outbox.has_picture() && self.flow.is_open()
    }

    /// Sends what the codec made of a display. It is acknowledged by [`SharerEvent::FrameAcked`](crate::session::SharerEvent::FrameAcked).
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] when [`can_send_frame`](Self::can_send_frame) says no; [`Error::LimitExceeded`] over
    /// [`Limits::picture`](crate::limits::Limits::picture) bytes.
    pub fn send_frame(&mut self, now: Instant, display: DisplayId, payload: Bytes) -> Result<FrameId, Error> {
        self.handle_timeout(now);
        self.link.require_open()?;
        if !self.can_send_frame(now) {
            return Err(Error::ApiMisuse { what: "a frame may not be sent, as can_send_frame says" });
        }
        charge("frame", payload.len(), self.link.settings.limits.picture)?;
        let id = self.flow.send(now, payload.len())?;
        self.link.outbox.picture(display, id, std::mem::take(&mut self.anew), payload);
        Ok(id)
    }

    /// Tells which displays there are: after the first grant, after each grant that follows none, and on every change.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] without a mode; [`Error::LimitExceeded`] over [`Limits::displays`](crate::limits::Limits::displays) or too long a name;
    /// [`Error::Busy`].
    pub fn send_layout(&mut self, now: Instant, layout: &Layout) -> Result<(), Error> {
        self.handle_timeout(now);
        self.require_mode()?;
        let limits = &self.link.settings.limits;
        charge("displays", layout.displays.len(), limits.displays)?;
        for display in &layout.displays {
            charge("display name", display.name.len(), limits.text)?;
        }
        self.link.outbox.control(layout)
    }

    /// Tells what the pointer looks like. A newer shape takes the place of one that was not sent yet.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] without a mode; [`Error::LimitExceeded`] and [`Error::Malformed`] for a shape that breaks its own invariants.
    pub fn send_cursor_shape(&mut self, now: Instant, shape: &CursorShape) -> Result<(), Error> {
        self.handle_timeout(now);
        self.require_mode()?;
        shape.check(self.link.settings.limits.cursor_side)?;
        self.link.outbox.replace(Slot::CursorShape, shape)
    }

    /// Tells where the pointer is; `None` hides it. A newer position takes the place of one that was not sent yet.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] without a mode.
    pub fn send_cursor_position(&mut self, now: Instant, position: Option<CursorPosition>) -> Result<(), Error> {
        self.handle_timeout(now);
        self.require_mode()?;
        match position {
            Some(position) => self.link.outbox.replace(Slot::CursorPosition, &position),
            None => self.link.outbox.replace(Slot::CursorPosition, &CursorHidden),
        }
    }

    /// Shows this person's face to the helper: an image file, once a session. It goes behind everything that is urgent.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] before authentication, after the end, and the second time; [`Error::LimitExceeded`] over
    /// [`Limits::portrait`](crate::limits::Limits::portrait) bytes.
    pub fn send_portrait(&mut self, now: Instant, file: Bytes) -> Result<(), Error> {
        self.handle_timeout(now);
        self.link.send_portrait(file)
    }

    /// Says something. Gives the id that `ChatDelivered` names.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] without a mode; [`Error::LimitExceeded`] over [`Limits::chat`](crate::limits::Limits::chat) bytes; [`Error::Busy`].
    pub fn send_chat(&mut self, now: Instant, text: &str) -> Result<u32, Error> {
        self.handle_timeout(now);
        self.require_mode()?;
        self.link.send_chat(text)
    }

    /// Gives clipboard text to the helper. A newer text takes the place of one that was not sent yet.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] in a mode without input or when clipboard text is switched off on either side; [`Error::LimitExceeded`] over
    /// [`Limits::clipboard`](crate::limits::Limits::clipboard) bytes.
    pub fn send_clipboard(&mut self, now: Instant, text: &str) -> Result<(), Error> {
        self.handle_timeout(now);
        self.link.require_open()?;
        if !self.mode.is_some_and(Mode::has_input) {
            return Err(Error::ApiMisuse { what: "the mode has no clipboard" });
        }
        self.link.send_clipboard(text)
    }

    /// Pauses, or goes on. While either side has paused, no frame and no input crosses.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] before authentication and after the end.
    pub fn pause(&mut self, now: Instant, paused: bool) -> Result<(), Error> {
        self.handle_timeout(now);
        self.link.require_open()?;
        if self.link.paused_here != paused {
            self.link.paused_here = paused;
            if paused {
                self.release(self.mode);
            }
            self.update_hold();
        }
        Ok(())
    }
}
