//! What comes before a session: a caller proves that it holds the code, and where an authority vouches, who it is; or does not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use rh_auth::{
    code::LiveCode,
    handshake::{self, Admission},
};
use rh_proto::{
    credential::{AuthStep, Binding, ChannelKeys, Credential, Refusal},
    error::CloseCode,
    io::tls::{Identity, Secured},
    session::{Close, Helper, HelperEvent},
};

use super::settings;
use crate::{
    entropy::entropy,
    failure::{Failure, Kind},
    vouched::Invitation,
    wire::{Transport, Wire},
};

/// A caller who has proven that it holds the code. [`run`](super::run) makes a session of it.
#[derive(Debug)]
pub struct Guest {
    pub(super) wire: Box<Wire<Helper>>,
    /// What happened so far, for the front that there is from now on.
    pub(super) events: Vec<HelperEvent>,
    /// From the connection to here.
    pub(super) handshake: Duration,
    /// Where an authority vouches: for whom.
    pub(super) admission: Option<Admission>,
    /// The face that this side shows.
    pub(super) portrait: Option<Bytes>,
}

/// What a caller came to.
#[derive(Debug)]
pub enum Greeting {
    /// It has proven that it holds the code, which is used up now.
    Guest(Guest),
    /// It has not; the connection is closed.
    Closed(Close),
}

/// Talks to a caller until it has proven that it holds the code, or the connection is over: ten seconds at most, and one for the farewell.
///
/// `tries` becomes true when this caller has taken the code's one attempt: from then on the code is used up, or burnt, whatever comes.
///
/// # Errors
/// Only for what comes before the first byte; that a caller does not hold the code is no error.
pub async fn greet(stream: Box<dyn Transport>, code: &LiveCode, name: &str, tries: Arc<AtomicBool>) -> Result<Greeting, Failure> {
    let begin = Instant::now();
    let credential = Box::new(Marked { inner: code.credential(entropy()?), tries });
    let secured = Secured::helper(&Identity::from_seed(entropy()?), entropy()?, settings(name), credential, begin);
    talk(stream, secured, begin, None, None).await
}

/// The same with a sharer for whom an authority vouches: code, ticket and both sign-ins.
///
/// # Errors
/// Only for what comes before the first byte; that the sharer is not the one in the ticket is no error.
pub async fn meet(stream: Box<dyn Transport>, invitation: Invitation, name: &str) -> Result<Greeting, Failure> {
    let begin = Instant::now();
    let Invitation { sid, ticket, code, standing } = invitation;
    let (credential, admission) = handshake::helper(code.credential(entropy()?), ticket, standing.own, standing.trust);
    let secured = Secured::helper(&Identity::from_seed(*standing.seed), sid.0, settings(name), credential, begin);
    talk(stream, secured, begin, Some(admission), standing.portrait).await
}

async fn talk(
    stream: Box<dyn Transport>,
    secured: Result<Secured<Helper>, rh_proto::io::tls::Error>,
    begin: Instant,
    admission: Option<Admission>,
    portrait: Option<Bytes>,
) -> Result<Greeting, Failure> {
    let secured = secured.map_err(|e| Failure::new(Kind::Other, e.to_string()))?;
    let mut wire = Box::new(Wire::new(stream, secured)?);
    let mut events = Vec::new();
    loop {
        while let Some(event) = wire.poll_event() {
            match event {
                HelperEvent::Authenticated => {
                    events.push(event);
                    return Ok(Greeting::Guest(Guest { wire, events, handshake: begin.elapsed(), admission, portrait }));
                }
                HelperEvent::Closed(close) => {
                    wire.farewell().await;
                    return Ok(Greeting::Closed(close));
                }
                // Before authentication, the table of modes lets nothing through but the hello.
                event => events.push(event),
            }
        }
        if wire.is_closed() {
            let text = "the connection ended before the session began".to_owned();
            return Ok(Greeting::Closed(Close { code: CloseCode::TRANSPORT_GONE, text, by_peer: true, clean: false }));
        }
        wire.turn().await;
    }
}

/// A credential that says when it has taken the code's one attempt.
struct Marked {
    inner: Box<dyn Credential>,
    tries: Arc<AtomicBool>,
}

impl Credential for Marked {
    fn secured(&mut self, keys: &ChannelKeys) {
        self.inner.secured(keys);
    }

    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal> {
        self.inner.start(now, binding)?;
        self.tries.store(true, Ordering::Release);
        Ok(())
    }

    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        self.inner.handle(now, step, body)
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        self.inner.poll()
    }

    fn is_complete(&self) -> bool {
        self.inner.is_complete()
    }

    fn abandon(&mut self, now: Instant) {
        self.inner.abandon(now);
    }
}
