use std::time::{Duration, Instant};

/// Decides when a silent peer's held keys must go up; time is an argument.
///
/// The helper's machine may vanish between a key's down and its up. Feed [`beat`](Self::beat) with every sign of life of the peer and, when
/// [`expired`](Self::expired), call [`Inject::release_all`](crate::Inject::release_all).
#[derive(Debug, Clone, Copy)]
pub struct Heartbeat {
    last: Instant,
    patience: Duration,
}

impl Heartbeat {
    /// Silence after which held keys go up.
    pub const PATIENCE: Duration = Duration::from_secs(3);

    /// Starts alive, with [`PATIENCE`](Self::PATIENCE).
    pub fn new(now: Instant) -> Self {
        Self { last: now, patience: Self::PATIENCE }
    }

    /// The peer is alive.
    pub fn beat(&mut self, now: Instant) {
        self.last = self.last.max(now);
    }

    /// When it expires unless a beat comes.
    pub fn deadline(&self) -> Instant {
        self.last + self.patience
    }

    /// The peer was silent for too long.
    pub fn expired(&self, now: Instant) -> bool {
        now >= self.deadline()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Heartbeat;

    #[test]
    fn expires_three_seconds_after_the_last_beat() {
        let start = Instant::now();
        let mut beat = Heartbeat::new(start);
        assert!(!beat.expired(start + Duration::from_millis(2999)));
        assert!(beat.expired(start + Duration::from_secs(3)));
        beat.beat(start + Duration::from_secs(2));
        assert!(!beat.expired(start + Duration::from_secs(4)));
        // A beat that arrives late does not turn the clock back.
        beat.beat(start);
        assert_eq!(beat.deadline(), start + Duration::from_secs(5));
    }
}
