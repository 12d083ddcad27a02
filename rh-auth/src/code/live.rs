//! The code's life at the two ends: at the helper it is shown, tried once and gone; at the sharer it is typed once.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rh_proto::credential::{AuthStep, Binding, Credential, Refusal, Role};
use zeroize::Zeroizing;

use super::pake::Exchange;
use super::{Code, refusal};

/// A code that the helper's app shows, good for one attempt within its lifetime: ten minutes, or what an organisation allows.
///
/// Clones are handles on the same code: a listener gives every connection a [`credential`](Self::credential) of it, the first to start has the one attempt,
/// and the others are refused. An attempt that fails, or is abandoned, burns the code: a stranger who connects can spoil a pairing, and never gets a second
/// guess.
#[derive(Clone)]
pub struct LiveCode {
    shared: Arc<Shared>,
}

struct Shared {
    code: Code,
    born: Instant,
    lifetime: Duration,
    fate: Mutex<Fate>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Waiting,
    Taken,
    Used,
    Burnt,
}

/// What has become of a [`LiveCode`], for the helper's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody has tried it yet.
    Waiting {
        /// Until it expires.
        remaining: Duration,
    },
    /// A connection is trying it.
    InUse,
    /// It paired a session.
    Used,
    /// An attempt failed or was abandoned, or it was withdrawn: show a new code.
    Burnt,
    /// Nobody tried it in time: show a new code.
    Expired,
}

impl LiveCode {
    /// How long a code can be used unless told otherwise: 10 minutes.
    pub const LIFETIME: Duration = Duration::from_secs(600);

    /// Starts the code's life, of [`LIFETIME`](Self::LIFETIME).
    #[must_use]
    pub fn new(code: Code, now: Instant) -> Self {
        Self::with_lifetime(code, Self::LIFETIME, now)
    }

    /// Starts the code's life. `lifetime` is what the organisation allows, or what is left of the session's place at the authority; each attempt is one guess
    /// in 2^25 however long it is. With no lifetime at all the code has expired already.
    #[must_use]
    pub fn with_lifetime(code: Code, lifetime: Duration, now: Instant) -> Self {
        Self { shared: Arc::new(Shared { code, born: now, lifetime, fate: Mutex::new(Fate::Waiting) }) }
    }

    /// The code, to show and to read out.
    #[must_use]
    pub fn code(&self) -> &Code {
        &self.shared.code
    }

    /// What has become of it.
    #[must_use]
    pub fn status(&self, now: Instant) -> Status {
        match *self.shared.fate() {
            Fate::Waiting => match self.shared.remaining(now) {
                Some(remaining) => Status::Waiting { remaining },
                None => Status::Expired,
            },
            Fate::Taken => Status::InUse,
            Fate::Used => Status::Used,
            Fate::Burnt => Status::Burnt,
        }
    }

    /// Ends the code's life early, as when the helper closes the window that shows it. An attempt under way is refused at its next step.
    pub fn withdraw(&self) {
        let mut fate = self.shared.fate();
        if *fate != Fate::Used {
            *fate = Fate::Burnt;
        }
    }

    /// A credential for one connection at the helper. The attempt is taken when the session starts it, not here.
    ///
    /// `seed`: 32 bytes from a cryptographic random source, fresh for each connection.
    #[must_use]
    pub fn credential(&self, seed: [u8; 32]) -> Box<dyn Credential> {
        Box::new(HelperCredential { shared: Arc::clone(&self.shared), seed: Zeroizing::new(seed), attempt: None })
    }
}

impl fmt::Debug for LiveCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveCode").field("code", &self.shared.code).finish_non_exhaustive()
    }
}

impl Shared {
    fn fate(&self) -> MutexGuard<'_, Fate> {
        // The value is one byte, written whole: a panic elsewhere cannot leave it half changed.
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remaining(&self, now: Instant) -> Option<Duration> {
        self.lifetime.checked_sub(now.saturating_duration_since(self.born)).filter(|remaining| !remaining.is_zero())
    }

    /// Takes the one attempt.
    fn take(&self, now: Instant) -> Result<(), Refusal> {
        let mut fate = self.fate();
        match *fate {
            Fate::Waiting if self.remaining(now).is_none() => Err(refusal::expired()),
            Fate::Waiting => {
                *fate = Fate::Taken;
                Ok(())
            }
            Fate::Taken => Err(refusal::in_use()),
            Fate::Used => Err(refusal::used()),
            Fate::Burnt => Err(refusal::burnt()),
        }
    }
}

/// The helper's side of one connection. Dropping it in the middle of its attempt burns the code.
struct HelperCredential {
    shared: Arc<Shared>,
    seed: Zeroizing<[u8; 32]>,
    /// Invariant: `Some` only after this credential, and no other, has taken the code's attempt.
    attempt: Option<Exchange>,
}

impl HelperCredential {
    /// Burns the code unless the attempt has succeeded.
    fn burn(&self) {
        if self.attempt.is_some() {
            let mut fate = self.shared.fate();
            if *fate == Fate::Taken {
                *fate = Fate::Burnt;
            }
        }
    }
}

impl Credential for HelperCredential {
    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal> {
        if binding.role != Role::Helper {
            return Err(refusal::wrong_role());
        }
        if self.attempt.is_some() {
            return Err(refusal::unexpected());
        }
        self.shared.take(now)?;
        self.attempt = Some(Exchange::start(&self.shared.code, &self.seed, binding));
        Ok(())
    }

    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        let exchange = self.attempt.as_mut().ok_or_else(refusal::unexpected)?;
        // Held to the end, so that withdrawing the code comes before the answer or after it, never in between.
        let mut fate = self.shared.fate();
        let result = match *fate {
            // Withdrawn or too slow: the guess is not even looked at.
            Fate::Burnt => Err(refusal::burnt()),
            Fate::Taken if self.shared.remaining(now).is_none() => Err(refusal::expired()),
            Fate::Taken | Fate::Used | Fate::Waiting => exchange.handle(step, body),
        };
        match &result {
            Ok(()) if exchange.is_convinced() => *fate = Fate::Used,
            Err(_) if *fate == Fate::Taken => *fate = Fate::Burnt,
            Ok(()) | Err(_) => {}
        }
        result
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        self.attempt.as_mut()?.poll()
    }

    fn is_complete(&self) -> bool {
        self.attempt.as_ref().is_some_and(Exchange::is_complete)
    }

    fn abandon(&mut self, _now: Instant) {
        self.burn();
    }
}

impl Drop for HelperCredential {
    fn drop(&mut self) {
        self.burn();
    }
}

/// A code that the sharer typed, good for one attempt: after a refusal the person is asked for a new code.
#[derive(Debug)]
pub struct TypedCode {
    code: Code,
}

impl TypedCode {
    /// Takes the code as typed.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code }
    }

    /// The credential of the sharer's one connection.
    ///
    /// `seed`: 32 fresh bytes from a cryptographic random source.
    #[must_use]
    pub fn credential(self, seed: [u8; 32]) -> Box<dyn Credential> {
        Box::new(SharerCredential { code: self.code, seed: Zeroizing::new(seed), attempt: Attempt::Ready })
    }
}

/// The sharer's side of one connection.
struct SharerCredential {
    code: Code,
    seed: Zeroizing<[u8; 32]>,
    attempt: Attempt,
}

enum Attempt {
    Ready,
    Running(Exchange),
    Over,
}

impl Credential for SharerCredential {
    fn start(&mut self, _now: Instant, binding: &Binding) -> Result<(), Refusal> {
        if binding.role != Role::Sharer {
            return Err(refusal::wrong_role());
        }
        if !matches!(self.attempt, Attempt::Ready) {
            return Err(refusal::unexpected());
        }
        self.attempt = Attempt::Running(Exchange::start(&self.code, &self.seed, binding));
        Ok(())
    }

    fn handle(&mut self, _now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        match &mut self.attempt {
            Attempt::Running(exchange) => exchange.handle(step, body),
            Attempt::Ready | Attempt::Over => Err(refusal::unexpected()),
        }
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        match &mut self.attempt {
            Attempt::Running(exchange) => exchange.poll(),
            Attempt::Ready | Attempt::Over => None,
        }
    }

    fn is_complete(&self) -> bool {
        matches!(&self.attempt, Attempt::Running(exchange) if exchange.is_complete())
    }

    fn abandon(&mut self, _now: Instant) {
        if !self.is_complete() {
            self.attempt = Attempt::Over;
        }
    }
}
