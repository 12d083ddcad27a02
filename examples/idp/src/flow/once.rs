//! Things behind random names, each for one use and for a while.

use std::collections::VecDeque;

use rh_auth::value::{UnixTime, base64url};
use ring::rand::{SecureRandom as _, SystemRandom};
use subtle::ConstantTimeEq as _;

/// How many wait at once. Developers are few; a page that reloads itself is stopped here.
const CAPACITY: usize = 256;

/// At most [`CAPACITY`] things, each until it is taken or too old.
#[derive(Debug)]
pub(super) struct Once<T> {
    lifetime: u64,
    /// Oldest first. Invariant: `things.len() <= CAPACITY`.
    things: VecDeque<(String, UnixTime, T)>,
}

impl<T> Once<T> {
    pub(super) const fn new(lifetime: u64) -> Self {
        Self { lifetime, things: VecDeque::new() }
    }

    /// Keeps a thing, and gives its name; `None` when too many wait, or the system gives no random numbers.
    pub(super) fn put(&mut self, thing: T, now: UnixTime) -> Option<String> {
        self.things.retain(|(_, since, _)| now.since(*since) < self.lifetime);
        if self.things.len() >= CAPACITY {
            return None;
        }
        let name = handle()?;
        self.things.push_back((name.clone(), now, thing));
        Some(name)
    }

    pub(super) fn peek(&self, name: &str, now: UnixTime) -> Option<&T> {
        self.place(name, now).and_then(|place| self.things.get(place)).map(|(_, _, thing)| thing)
    }

    pub(super) fn take(&mut self, name: &str, now: UnixTime) -> Option<T> {
        let place = self.place(name, now)?;
        self.things.remove(place).map(|(_, _, thing)| thing)
    }

    fn place(&self, name: &str, now: UnixTime) -> Option<usize> {
        self.things.iter().position(|(known, since, _)| {
            let same: bool = known.as_bytes().ct_eq(name.as_bytes()).into();
            same && now.since(*since) < self.lifetime
        })
    }
}

/// 32 random bytes, 43 characters.
pub(super) fn handle() -> Option<String> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(base64url(&bytes))
}
