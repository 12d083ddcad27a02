//! The helper's way through the service: a code is offered, somebody claims it, and both meet at the relay.

use std::time::{Duration, Instant};

use rh_auth::code::LiveCode;
use rh_proto::session::Close;
use rh_relay::client::Claimed;
use tokio::{select, sync::mpsc::UnboundedReceiver};

use super::helper::until_leave;
use crate::{
    entropy::entropy,
    failure::{Failure, Kind},
    helper::{self, Greeting, Guest, Request},
    service::{Desk, failed, reasons},
    vouched::{Line, Note, Standing},
};

/// What the helper's person is told while nobody has come.
pub(super) enum Notice<'a> {
    /// The code to read out.
    Code(&'a LiveCode),
    /// Something that changes nothing.
    Sentence(String),
}

/// A sharer who has proven everything, and the line to the authority that vouches for both.
pub(super) struct Met {
    pub(super) guest: Guest,
    line: Line,
}

impl Met {
    /// The guest, while what the authority says is read: that it ends a session is enforced at the sharer.
    pub(super) fn into_guest(self) -> (Guest, impl FnOnce(&Close)) {
        let Line { notes, mut words } = self.line;
        tokio::spawn(async move { while words.recv().await.is_some() {} });
        let end = move |close: &Close| {
            // A service that is gone has its own way to find out.
            let _ = notes.send(Note::End { code: close.code, own: !close.by_peer });
        };
        (self.guest, end)
    }
}

/// Offers a code until somebody has claimed it and proven to hold all of it; `None` when the person leaves before.
///
/// # Errors
/// When the service refuses, or the code was tried and is gone.
pub(super) async fn meet(
    desk: &Desk,
    standing: &Standing,
    name: &str,
    mut tell: impl FnMut(Notice<'_>),
    asked: &mut UnboundedReceiver<Request>,
) -> Result<Option<Met>, Failure> {
    let mut offer = desk.offer(standing).await?;
    let code = LiveCode::new(offer.code(entropy()?).map_err(failed)?, Instant::now());
    tell(Notice::Code(&code));
    let admitted = loop {
        let claimed = select! {
            claimed = offer.claimed() => claimed.map_err(failed)?,
            () = until_leave(asked) => return Ok(None),
        };
        match claimed {
            Claimed::Admitted(admitted) => break admitted,
            Claimed::Refused(problem) => tell(Notice::Sentence(format!("somebody typed the code and was refused: {}", reasons(&problem)))),
            Claimed::Expired => return Err(Failure::new(Kind::WrongCode, "the code has expired: start again for a new one")),
        }
    };
    let (stream, invitation, line) = desk.join(offer, admitted, code, standing.clone()).await?;
    match helper::meet(stream, invitation, name).await? {
        Greeting::Guest(guest) => Ok(Some(Met { guest, line })),
        Greeting::Closed(close) => {
            let _ = line.notes.send(Note::End { code: close.code, own: !close.by_peer });
            // The report leaves by a task of its own.
            tokio::time::sleep(Duration::from_millis(100)).await;
            Err(Failure::closed(close.code, &close.text))
        }
    }
}
