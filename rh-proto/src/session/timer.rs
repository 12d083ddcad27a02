//! Time-outs as data: which are set, and which is next.

use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The peer is not authenticated in time.
    Handshake,
    /// The next ping is due.
    KeepAlive,
    /// Nothing was heard for too long.
    Dead,
    /// The person did not answer.
    Consent,
    /// The indicator did not beat.
    Interlock,
    /// The person at the device has let go of it.
    LocalInput,
}

impl Timer {
    const ALL: [Self; 6] = [Self::Handshake, Self::KeepAlive, Self::Dead, Self::Consent, Self::Interlock, Self::LocalInput];
}

/// At most one time-out of each kind.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    set: [Option<Instant>; Timer::ALL.len()],
}

impl Timers {
    fn slot(&mut self, timer: Timer) -> Option<&mut Option<Instant>> {
        self.set.iter_mut().zip(Timer::ALL).find_map(|(slot, kind)| (kind == timer).then_some(slot))
    }

    /// A time too far away to be represented never comes.
    pub(crate) fn set(&mut self, timer: Timer, now: Instant, after: Duration) {
        if let Some(slot) = self.slot(timer) {
            *slot = now.checked_add(after);
        }
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        if let Some(slot) = self.slot(timer) {
            *slot = None;
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.set.iter().copied().flatten().min()
    }

    /// Takes the earliest time-out that has passed, with its time.
    pub(crate) fn expired(&mut self, now: Instant) -> Option<(Timer, Instant)> {
        let (slot, timer) = self.set.iter_mut().zip(Timer::ALL).filter(|(slot, _)| slot.is_some()).min_by_key(|(slot, _)| **slot)?;
        let at = (*slot)?;
        (at <= now).then(|| {
            *slot = None;
            (timer, at)
        })
    }
}
