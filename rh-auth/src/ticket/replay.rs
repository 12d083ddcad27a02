//! Every signed document is good once.

use std::collections::{BTreeSet, HashMap};

use crate::value::{Id, UnixTime};

/// Remembers the `jti` of documents that were used, for as long as they could be used again.
///
/// Memory is bounded: a guard that is full of documents which are still valid takes no more, rather than forget one.
#[derive(Debug)]
pub struct ReplayGuard {
    capacity: usize,
    /// Invariant: holds exactly the pairs of `by_time`, `used.len() <= capacity`.
    used: HashMap<Id, UnixTime>,
    by_time: BTreeSet<(UnixTime, Id)>,
}

/// Why a document is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Replay {
    /// It was used before.
    #[error("it has been used before")]
    Used,
    /// Too many are remembered. Those in charge must see why; nobody is let in meanwhile.
    #[error("too many documents are in use at once")]
    Full,
}

impl ReplayGuard {
    /// Remembers at most `capacity` documents; 100 bytes each, or so.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, used: HashMap::new(), by_time: BTreeSet::new() }
    }

    /// Takes a document that could be used until `until` by this clock, skew included.
    ///
    /// # Errors
    /// [`Replay`]: it must not be acted on.
    pub fn use_once(&mut self, jti: Id, until: UnixTime, now: UnixTime) -> Result<(), Replay> {
        while let Some((expiry, old)) = self.by_time.first().copied().filter(|(expiry, _)| *expiry < now) {
            self.by_time.remove(&(expiry, old));
            self.used.remove(&old);
        }
        if self.used.contains_key(&jti) {
            return Err(Replay::Used);
        }
        if self.used.len() >= self.capacity {
            return Err(Replay::Full);
        }
        self.used.insert(jti, until);
        self.by_time.insert((until, jti));
        Ok(())
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.used.len()
    }

    /// Whether none is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used.is_empty()
    }
}
