//! The helper's door: callers come in side by side, and one of them, who proves that it holds the code, becomes the session.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rh_auth::code::LiveCode;
use rh_proto::{error::CloseCode, session::Close};
use tokio::{
    net::TcpStream,
    select,
    task::{AbortHandle, JoinError, JoinSet},
};

use super::Meeting;
use crate::{
    failure::{Failure, Kind},
    helper::{Greeting, Guest, greet},
};

/// Callers at once that have not proven the code. One that says nothing has ten seconds: without room for others it would keep the sharer out for so long.
const MOST: usize = 4;

/// What a caller came to.
#[derive(Debug)]
pub(super) enum Arrival {
    /// It holds the code.
    Guest(Guest),
    /// It had the code's one attempt, and did not hold the code, or went away: the code is burnt.
    Failed(Close),
    /// It came too late to try the code, and was told so: the code is in use, used, burnt or expired.
    Late(Close),
    /// An app of ours that does not fit this one. Its person waits for the reason, and so does this one.
    Misfit(Close),
    /// Whatever it is, it never came so far as to try the code.
    Stranger(Close),
}

/// Where callers come in. Those that are still being talked to are hung up on when it is dropped.
pub(super) struct Door<'a> {
    meeting: &'a Meeting,
    name: &'a str,
    talks: JoinSet<Result<(Greeting, bool), Failure>>,
    /// The same callers, oldest first. Invariant: at most [`MOST`], and at most one of them tries the code.
    callers: VecDeque<Caller>,
}

struct Caller {
    talk: AbortHandle,
    tries: Arc<AtomicBool>,
}

impl<'a> Door<'a> {
    pub(super) fn new(meeting: &'a Meeting, name: &'a str) -> Self {
        Self { meeting, name, talks: JoinSet::new(), callers: VecDeque::new() }
    }

    /// Whether the one at the other end is the only caller there can be.
    pub(super) fn is_for_one(&self) -> bool {
        matches!(self.meeting, Meeting::Dialling(_))
    }

    /// What the next caller came to; those that come in meanwhile are to try this code. Cancelling it loses nothing.
    ///
    /// # Errors
    /// When no caller can come any more.
    pub(super) async fn next(&mut self, code: &LiveCode) -> Result<Arrival, Failure> {
        loop {
            // Who dials talks to the one at the other end; who listens to whoever comes.
            let has_room = !self.is_for_one() || self.talks.is_empty();
            select! {
                stream = self.meeting.next(), if has_room => self.admit(stream?, code),
                Some(talk) = self.talks.join_next() => {
                    self.callers.retain(|caller| !caller.talk.is_finished());
                    if let Some(arrival) = self.note(talk)? {
                        return Ok(arrival);
                    }
                }
            }
        }
    }

    /// Talks to whoever comes, as long as it is polled, and says who came too late to try the code. For the time when there is a session.
    pub(super) async fn turn_away(&mut self, code: &LiveCode, mut late: impl FnMut(&Close)) -> Infallible {
        if self.is_for_one() {
            return std::future::pending().await;
        }
        loop {
            match self.next(code).await {
                Ok(Arrival::Late(close)) => late(&close),
                Ok(arrival) => tracing::debug!(?arrival, "a caller during the session"),
                Err(error) => {
                    // The session does not need the door.
                    tracing::warn!(%error, "nobody can call any more");
                    return std::future::pending().await;
                }
            }
        }
    }

    fn admit(&mut self, stream: TcpStream, code: &LiveCode) {
        if self.callers.len() >= MOST
            // Whoever tries the code goes on: hanging up would burn it.
            && let Some(oldest) = self.callers.iter().position(|caller| !caller.tries.load(Ordering::Acquire))
            && let Some(oldest) = self.callers.remove(oldest)
        {
            tracing::warn!("more than {MOST} callers at once: hung up on the one who has said nothing for longest");
            oldest.talk.abort();
        }
        let tries = Arc::new(AtomicBool::new(false));
        let (name, code, mark) = (self.name.to_owned(), code.clone(), Arc::clone(&tries));
        let talk = self.talks.spawn(async move {
            let greeting = greet(Box::new(stream), &code, &name, Arc::clone(&mark)).await?;
            Ok((greeting, mark.load(Ordering::Acquire)))
        });
        self.callers.push_back(Caller { talk, tries });
    }

    /// What a talk that ended means; `None` for one that was hung up on.
    fn note(&self, talk: Result<Result<(Greeting, bool), Failure>, JoinError>) -> Result<Option<Arrival>, Failure> {
        let outcome = match talk {
            Ok(outcome) => outcome,
            Err(error) if error.is_cancelled() => return Ok(None),
            Err(_) => return Err(Failure::new(Kind::Other, "talking to a caller panicked: this is a bug, please report it")),
        };
        Ok(Some(match outcome {
            Ok((Greeting::Guest(guest), _)) => Arrival::Guest(guest),
            Ok((Greeting::Closed(close), true)) => Arrival::Failed(close),
            Ok((Greeting::Closed(close), false)) => match close.code {
                CloseCode::CODE_USED | CloseCode::CODE_EXPIRED if !close.by_peer => Arrival::Late(close),
                CloseCode::VERSION | CloseCode::APP_TOO_OLD | CloseCode::NO_COMMON_PROFILE | CloseCode::SAME_ROLE => Arrival::Misfit(close),
                _ => Arrival::Stranger(close),
            },
            // A caller's connection that was dead from the start; for who dials it was the only one.
            Err(failure) if failure.kind() == Kind::PeerGone && !self.is_for_one() => return Ok(None),
            Err(failure) => return Err(failure),
        }))
    }
}
