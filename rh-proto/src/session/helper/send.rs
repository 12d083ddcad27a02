//! What the helper's app sends beside requests for modes.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Helper;
use crate::error::Error;
use crate::limits::charge;
use crate::mode::{Mode, State};
use crate::msg::control::PauseReason;
use crate::msg::graphics::{FrameId, Refresh};
use crate::msg::input::{Input, encode_acts};
use crate::msg::pointer::{Erase, Laser, LaserOff, Stroke};
use crate::session::event::HelperEvent;
use crate::session::link::next_id;
use crate::session::outbox::Slot;

impl Helper {
    /// Sends acts of keyboard and pointer. Gives the id that a denial names.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] in a mode without input or while paused; [`Error::LimitExceeded`] for more than [`Limits::batch`](crate::limits::Limits::batch)
    /// acts or too long a text; [`Error::Busy`] when the transport is so far behind that nothing more is queued.
    pub fn send_input(&mut self, now: Instant, acts: &[Input]) -> Result<u32, Error> {
        self.handle_timeout(now);
        self.link.require_open()?;
        if !self.mode.is_some_and(Mode::has_input) {
            return Err(Error::ApiMisuse { what: "the mode has no input" });
        }
        if self.state() == State::Paused {
            return Err(Error::ApiMisuse { what: "the session is paused" });
        }
        let limits = &self.link.settings.limits;
        charge("acts in a batch", acts.len(), limits.batch)?;
        for act in acts {
            if let Input::Text(text) = act {
                charge("typed text", text.len(), limits.text)?;
            }
        }
        let id = next_id(self.last_input)?;
        self.link.outbox.input(|out| encode_acts(id, acts, out))?;
        self.last_input = id;
        Ok(id)
    }

    /// Shows this person's face to the sharer: an image file, once a session. It goes behind everything that is urgent.
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

    /// Points at a pixel; `None` stops pointing. Positions that the transport is too slow for are skipped.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] without a mode, or where pointing was not negotiated.
    pub fn send_laser(&mut self, now: Instant, at: Option<Laser>) -> Result<(), Error> {
        self.handle_timeout(now);
        self.require_annotation()?;
        match at {
            Some(laser) => self.link.outbox.replace(Slot::Laser, &laser),
            None => self.link.outbox.replace(Slot::Laser, &LaserOff),
        }
    }

    /// Draws a piece of a line.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] without a mode; [`Error::LimitExceeded`] over [`Limits::batch`](crate::limits::Limits::batch) points; [`Error::Busy`].
    pub fn send_stroke(&mut self, now: Instant, stroke: &Stroke) -> Result<(), Error> {
        self.handle_timeout(now);
        self.require_annotation()?;
        charge("points of a stroke", stroke.points.len(), self.link.settings.limits.batch)?;
        self.link.outbox.control(stroke)
    }

    /// Wipes all strokes away.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] without a mode; [`Error::Busy`].
    pub fn send_erase(&mut self, now: Instant) -> Result<(), Error> {
        self.handle_timeout(now);
        self.require_annotation()?;
        self.link.outbox.control(&Erase)
    }

    /// Gives clipboard text to the sharer. A newer text takes the place of one that was not sent yet.
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
            self.link.send_pause(paused, PauseReason::PERSON)?;
            self.link.paused_here = paused;
            self.link.outbox.clear_input();
        }
        Ok(())
    }

    /// Tells the sharer that this frame, and all before it, are on the screen, and how long decoding the last took.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] for a frame that did not come.
    pub fn ack_frame(&mut self, now: Instant, id: FrameId, decode: Duration) -> Result<(), Error> {
        self.handle_timeout(now);
        self.link.require_open()?;
        if self.mode.is_none() || self.delivered.front().is_none_or(|&front| id < front) {
            // Acknowledged already, or the mode went away meanwhile.
            return if id <= self.last_frame { Ok(()) } else { Err(Error::ApiMisuse { what: "that frame did not come" }) };
        }
        if self.delivered.back().is_some_and(|&back| id > back) {
            return Err(Error::ApiMisuse { what: "that frame did not come" });
        }
        self.acknowledge(id, decode)
    }

    /// Asks for a picture that starts anew, such as after the decoder failed. Frames until then are skipped, also those among the events.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] without a mode; [`Error::Busy`].
    pub fn request_refresh(&mut self, now: Instant) -> Result<(), Error> {
        self.handle_timeout(now);
        self.require_mode()?;
        self.link.outbox.control(&Refresh)?;
        self.events.retain(|event| !matches!(event, HelperEvent::Frame { .. }));
        self.skipping = true;
        match self.delivered.back() {
            Some(&last) => self.acknowledge(last, Duration::ZERO),
            None => Ok(()),
        }
    }
}
