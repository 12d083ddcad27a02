//! When to fetch a provider's keys, and when to stop believing them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{KeySet, KeySetError};

/// One provider's keys over time: a state machine without clock and socket.
///
/// Before a token is checked, and whenever convenient, ask [`poll_fetch`](Self::poll_fetch); when it says so, fetch the provider's `jwks_uri` and report with
/// [`handle_fetched`](Self::handle_fetched) or [`handle_failed`](Self::handle_failed). Ask [`lookup`](Self::lookup) for the key of a token. `now` never goes
/// back.
///
/// - Keys are refreshed when an hour old, and not believed once a day old: a key that was withdrawn is refused within a day even if nothing can be fetched.
/// - A name that is not known causes a fetch, at most one every five minutes: tokens are cheap to invent, and the provider must not feel it.
/// - A fetch that fails is tried again after a minute; a document that is broken changes nothing.
#[derive(Debug, Default)]
pub struct KeyCache {
    keys: Arc<KeySet>,
    /// When `keys` arrived.
    fetched: Option<Instant>,
    /// A fetch is under way since then.
    fetching: Option<Instant>,
    /// The last fetch failed then.
    failed: Option<Instant>,
    /// The last fetch for an unknown name began then.
    asked_for_unknown: Option<Instant>,
    /// A name was asked for that `keys` does not hold.
    unknown: bool,
}

/// What became of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The set that holds it.
    Found(Arc<KeySet>),
    /// It is not known, or the keys are too old to say. Fetch if [`KeyCache::poll_fetch`] agrees, and ask again; else refuse.
    Unknown,
}

/// Why to fetch now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchReason {
    /// Nothing is known, or nothing that may still be believed. Tokens wait for it.
    Missing,
    /// A token names a key that is not known. That token waits for it.
    UnknownKey,
    /// An hour has passed. Nothing waits for it.
    Refresh,
}

impl KeyCache {
    /// How long fetched keys are believed.
    pub const TTL: Duration = Duration::from_secs(24 * 3600);

    /// How old they get before they are fetched again.
    pub const REFRESH: Duration = Duration::from_secs(3600);

    /// Between two fetches for names that are not known.
    pub const UNKNOWN_INTERVAL: Duration = Duration::from_secs(300);

    /// Between a fetch that failed and the next; also how long a fetch may take before another is allowed.
    pub const RETRY: Duration = Duration::from_secs(60);

    /// Knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The keys that may be believed at `now`; none before the first fetch and after a day without one.
    #[must_use]
    pub fn keys(&self, now: Instant) -> Arc<KeySet> {
        if self.is_believed(now) { Arc::clone(&self.keys) } else { Arc::default() }
    }

    /// Looks for the key that a token names.
    pub fn lookup(&mut self, now: Instant, kid: &str) -> Lookup {
        let keys = self.keys(now);
        if keys.key(kid).is_some() {
            return Lookup::Found(keys);
        }
        self.unknown = true;
        Lookup::Unknown
    }

    /// Whether to fetch now. Answers yes once: from then on a fetch is under way, until it is reported or [`RETRY`](Self::RETRY) has passed.
    pub fn poll_fetch(&mut self, now: Instant) -> Option<FetchReason> {
        let within = |since: Option<Instant>, span: Duration| since.is_some_and(|since| now.saturating_duration_since(since) < span);
        if within(self.fetching, Self::RETRY) || within(self.failed, Self::RETRY) {
            return None;
        }
        let reason = if !self.is_believed(now) {
            FetchReason::Missing
        } else if self.unknown && !within(self.asked_for_unknown, Self::UNKNOWN_INTERVAL) {
            self.asked_for_unknown = Some(now);
            FetchReason::UnknownKey
        } else if !within(self.fetched, Self::REFRESH) {
            FetchReason::Refresh
        } else {
            return None;
        };
        self.fetching = Some(now);
        Some(reason)
    }

    /// The provider answered.
    ///
    /// # Errors
    /// [`KeySetError`]: it counts as a fetch that failed, and the keys stay as they are.
    pub fn handle_fetched(&mut self, now: Instant, document: &[u8]) -> Result<(), KeySetError> {
        match KeySet::parse(document) {
            Ok(keys) => {
                *self = Self { keys: Arc::new(keys), fetched: Some(now), asked_for_unknown: self.asked_for_unknown, ..Self::default() };
                Ok(())
            }
            Err(error) => {
                self.handle_failed(now);
                Err(error)
            }
        }
    }

    /// The provider could not be reached.
    pub fn handle_failed(&mut self, now: Instant) {
        self.fetching = None;
        self.failed = Some(now);
    }

    fn is_believed(&self, now: Instant) -> bool {
        self.fetched.is_some_and(|fetched| now.saturating_duration_since(fetched) < Self::TTL)
    }
}
