//! Flow: how many frames are on their way, and how often a peer may speak.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::error::{CloseCode, Error};
use crate::msg::graphics::FrameId;
use crate::msg::hello::Window;

/// Frames that were sent and not acknowledged.
#[derive(Debug)]
pub(crate) struct Flow {
    window: Window,
    /// In the order of their ids. Invariant: `sent.len() <= window.frames`.
    sent: VecDeque<Sent>,
    /// Sum over `sent`. Invariant: with the newest frame taken away, `bytes < window.bytes`.
    bytes: usize,
    /// The newest id ever given out.
    last: FrameId,
}

#[derive(Debug)]
struct Sent {
    id: FrameId,
    bytes: usize,
    at: Instant,
}

impl Flow {
    pub(crate) fn new(window: Window) -> Self {
        Self { window, sent: VecDeque::new(), bytes: 0, last: FrameId(0) }
    }

    pub(crate) fn set_window(&mut self, window: Window) {
        self.window = window;
    }

    /// Whether one more frame may go, of any size.
    pub(crate) fn is_open(&self) -> bool {
        let window = usize::try_from(self.window.bytes).unwrap_or(usize::MAX);
        self.sent.is_empty() || self.sent.len() < usize::from(self.window.frames) && self.bytes < window
    }

    /// Counts a frame as sent.
    pub(crate) fn send(&mut self, now: Instant, bytes: usize) -> Result<FrameId, Error> {
        // At 60 frames per second ids last for two years.
        let id = FrameId(self.last.0.checked_add(1).ok_or(Error::ApiMisuse { what: "a new session, as frame ids are used up" })?);
        self.last = id;
        self.bytes = self.bytes.saturating_add(bytes);
        self.sent.push_back(Sent { id, bytes, at: now });
        Ok(id)
    }

    /// The helper has decoded everything up to `id`. Gives the time since `id` was sent, or `None` if it was not waited for any more.
    pub(crate) fn acknowledge(&mut self, now: Instant, id: FrameId) -> Result<Option<Duration>, Error> {
        if id > self.last {
            return Err(Error::PeerViolation { code: CloseCode::VIOLATION, what: "a frame was acknowledged that was not sent" });
        }
        let mut elapsed = None;
        while self.sent.front().is_some_and(|sent| sent.id <= id) {
            if let Some(sent) = self.sent.pop_front() {
                self.bytes = self.bytes.saturating_sub(sent.bytes);
                elapsed = (sent.id == id).then(|| now.saturating_duration_since(sent.at)).or(elapsed);
            }
        }
        Ok(elapsed)
    }

    /// Forgets what is on its way: nobody will acknowledge it.
    pub(crate) fn clear(&mut self) {
        self.sent.clear();
        self.bytes = 0;
    }
}

/// A rate that may be exceeded for two seconds' worth, then not.
///
/// The generic cell rate algorithm: `due` is when a perfectly even sender would send next; a sender may be ahead of it by [`BURST`].
#[derive(Debug)]
pub(crate) struct Rate {
    what: &'static str,
    per_second: u32,
    due: Option<Instant>,
}

const BURST: Duration = Duration::from_secs(2);

impl Rate {
    pub(crate) fn new(what: &'static str, per_second: u32) -> Self {
        Self { what, per_second, due: None }
    }

    /// Counts one.
    pub(crate) fn charge(&mut self, now: Instant) -> Result<(), Error> {
        let exceeded = Error::LimitExceeded { what: self.what, limit: usize::try_from(self.per_second).unwrap_or(usize::MAX) };
        let due = self.due.map_or(now, |due| due.max(now));
        let interval = Duration::from_secs(1).checked_div(self.per_second);
        match interval.and_then(|interval| due.checked_add(interval)) {
            Some(due) if due.saturating_duration_since(now) <= BURST => {
                self.due = Some(due);
                Ok(())
            }
            _ => Err(exceeded),
        }
    }
}
