//! Two clocks, one time: sessions count in [`Instant`]s, documents in seconds since 1970.

use std::time::{Duration, Instant};

use crate::value::UnixTime;

/// Both clocks read at one moment, by the caller.
///
/// From then on only the `Instant` counts, so that setting the computer's clock during a session neither ends a lease nor prolongs it.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    instant: Instant,
    unix: UnixTime,
}

impl Clock {
    /// `unix` and `instant`, read one after the other.
    #[must_use]
    pub const fn new(instant: Instant, unix: UnixTime) -> Self {
        Self { instant, unix }
    }

    /// The time at `now`.
    #[must_use]
    pub fn at(&self, now: Instant) -> UnixTime {
        match now.checked_duration_since(self.instant) {
            Some(since) => self.unix.plus(since.as_secs()),
            None => UnixTime(self.unix.0.saturating_sub(self.instant.saturating_duration_since(now).as_secs())),
        }
    }

    /// The moment at which it becomes `time`; for a time long past, the moment of reading, and for one beyond what an `Instant` can say, a day later.
    #[must_use]
    pub fn instant(&self, time: UnixTime) -> Instant {
        let wait = Duration::from_secs(time.since(self.unix));
        self.instant.checked_add(wait).unwrap_or_else(|| self.instant + Duration::from_secs(86_400))
    }
}
