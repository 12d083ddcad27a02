//! Unattended: a reason before it, a countdown on the device, and a freeze whenever somebody touches it.

use std::time::{Duration, Instant};

use super::Agreement;

/// What holds the helper back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Countdown,
    Touch,
}

/// An unattended session at the device's end, as data: told of touches by [`handle_touch`](Self::handle_touch), asked by [`phase`](Self::phase) at any time,
/// and worth asking again at [`poll_timeout`](Self::poll_timeout).
///
/// ```
/// use std::time::{Duration, Instant};
/// use rh_auth::enforce::{Phase, Unattended};
///
/// let start = Instant::now();
/// let mut session = Unattended::begin("ticket 4711: the till does not print", start)?;
/// assert_eq!(session.phase(start), Phase::Countdown { left: Duration::from_secs(30) });
/// assert_eq!(session.phase(start + Duration::from_secs(30)), Phase::Running);
///
/// let touch = start + Duration::from_secs(60);
/// session.handle_touch(touch);
/// assert_eq!(session.phase(touch), Phase::Frozen { left: Duration::from_secs(30) });
/// # Ok::<(), rh_auth::enforce::NoReason>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unattended {
    reason: String,
    hold: Hold,
    until: Instant,
}

/// Where an unattended session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The device counts down and says who is coming; nothing is shown or done yet.
    Countdown {
        /// Until the session begins.
        left: Duration,
    },
    /// The helper has control.
    Running,
    /// Somebody is at the device, and is told who is connected. No frames, no input.
    Frozen {
        /// Until it goes on, unless the device is touched again.
        left: Duration,
    },
}

/// There is no reason given that an auditor could read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an unattended session needs a reason of 1 to {} characters on one line", Unattended::REASON)]
pub struct NoReason;

impl Unattended {
    /// How long the device counts down.
    pub const COUNTDOWN: Duration = Duration::from_secs(30);
    /// How long a touch freezes the session.
    pub const FREEZE: Duration = Duration::from_secs(30);
    /// Characters in the longest reason.
    pub const REASON: usize = 500;

    /// Starts the countdown.
    ///
    /// # Errors
    /// When the helper gives no reason, or one that is too long or not plain text.
    pub fn begin(reason: &str, now: Instant) -> Result<Self, NoReason> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > Self::REASON || reason.chars().any(char::is_control) {
            return Err(NoReason);
        }
        Ok(Self { reason: reason.to_owned(), hold: Hold::Countdown, until: now + Self::COUNTDOWN })
    }

    /// For the audit log, and for the person who comes to the device.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Somebody used the device's own keyboard, pointer or screen. During the countdown, that begins anew.
    pub fn handle_touch(&mut self, now: Instant) {
        let (hold, pause) = match self.phase(now) {
            Phase::Countdown { .. } => (Hold::Countdown, Self::COUNTDOWN),
            Phase::Running | Phase::Frozen { .. } => (Hold::Touch, Self::FREEZE),
        };
        self.hold = hold;
        self.until = self.until.max(now + pause);
    }

    /// Where it stands.
    #[must_use]
    pub fn phase(&self, now: Instant) -> Phase {
        let left = self.until.saturating_duration_since(now);
        match self.hold {
            _ if left.is_zero() => Phase::Running,
            Hold::Countdown => Phase::Countdown { left },
            Hold::Touch => Phase::Frozen { left },
        }
    }

    /// When the phase changes by itself; `None` while the helper has control.
    #[must_use]
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        (self.phase(now) != Phase::Running).then_some(self.until)
    }

    /// What stands for consent: nothing until the countdown is over, and nothing while frozen.
    #[must_use]
    pub fn agreement(&self, now: Instant) -> Agreement {
        match self.phase(now) {
            Phase::Running => Agreement::Device,
            Phase::Countdown { .. } | Phase::Frozen { .. } => Agreement::None,
        }
    }
}
