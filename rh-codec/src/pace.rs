//! A byte rate, as a token bucket.

use std::time::Duration;

use crate::Budget;

/// Turns a rate into the budget of each frame: at most one second deep, full at the start.
///
/// Time is an argument: any clock that never goes back, such as the time since the session began.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Bytes a second.
    rate: u64,
    /// Bytes in the bucket × 10^9, so that no nanosecond is lost to rounding; negative after a message larger than its budget.
    level: i128,
    last: Duration,
}

const NANO: i128 = 1_000_000_000;

impl Pace {
    /// A full bucket: one second's worth may leave at once.
    pub fn new(bytes_per_second: u64, now: Duration) -> Self {
        Self { rate: bytes_per_second, level: i128::from(bytes_per_second) * NANO, last: now }
    }

    /// The link turned out to be faster or slower. What the bucket holds stays, up to a second of the new rate.
    pub fn set_rate(&mut self, bytes_per_second: u64, now: Duration) {
        self.refill(now);
        self.rate = bytes_per_second;
        self.level = self.level.min(i128::from(self.rate) * NANO);
    }

    /// What a frame may use now; 0 bytes while an earlier one's excess is being worked off.
    pub fn budget(&mut self, now: Duration) -> Budget {
        self.refill(now);
        Budget::bytes(usize::try_from(self.level / NANO).unwrap_or(if self.level < 0 { 0 } else { usize::MAX }))
    }

    /// Takes out what was sent.
    pub fn spend(&mut self, bytes: usize) {
        self.level -= i128::try_from(bytes).unwrap_or(i128::MAX / NANO) * NANO;
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.last);
        self.last = self.last.max(now);
        let gained = i128::from(self.rate).saturating_mul(i128::try_from(passed.as_nanos()).unwrap_or(i128::MAX));
        self.level = self.level.saturating_add(gained).min(i128::from(self.rate) * NANO);
    }
}
