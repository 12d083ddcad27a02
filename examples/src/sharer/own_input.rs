//! The person at the device, watched on a thread: their own input pauses the helper's, and where it cannot be seen, there is none of the helper's.

use std::{
    thread,
    time::{Duration, Instant},
};

use rh_capture::LocalInputWatch;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::screen::OwnInput;

/// How long the watch sleeps when nothing happens; only bounds how late it notices that the session is gone.
const IDLE: Duration = Duration::from_secs(1);

/// What the watch tells the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notice {
    /// The person used keyboard or pointer.
    Used,
    /// From now on that would not be seen, and why.
    Lost(String),
}

/// The session's end of the watch. The thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    /// `None` where nothing is to be seen, or nothing more.
    notices: Option<Receiver<Notice>>,
}

impl Watch {
    /// Starts to watch; says why it cannot, where that is so.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn start(own: OwnInput) -> std::io::Result<(Self, Option<String>)> {
        let watch = match own {
            OwnInput::Nobody => return Ok((Self { notices: None }, None)),
            OwnInput::Unseen(why) => return Ok((Self { notices: None }, Some(why))),
            OwnInput::Seen(watch) => watch,
        };
        let (tell, notices) = channel(1);
        thread::Builder::new().name("own input".to_owned()).spawn(move || look(watch, &tell))?;
        Ok((Self { notices: Some(notices) }, None))
    }

    /// The next thing to know; cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> Notice {
        let Some(notices) = &mut self.notices else { return std::future::pending().await };
        let notice = notices.recv().await;
        if !matches!(notice, Some(Notice::Used)) {
            self.notices = None;
        }
        notice.unwrap_or_else(|| Notice::Lost("the watch failed".to_owned()))
    }
}

fn look(mut watch: LocalInputWatch, tell: &Sender<Notice>) {
    while !tell.is_closed() {
        match watch.next(Instant::now() + IDLE) {
            // One notice that waits says as much as many.
            Ok(Some(_)) => drop(tell.try_send(Notice::Used)),
            Ok(None) => {}
            // A session that is gone needs no notice.
            Err(error) => return drop(tell.blocking_send(Notice::Lost(error.to_string()))),
        }
    }
}

/// What the person is told when their own input cannot be seen.
pub(super) fn unseen(why: &str) -> String {
    format!("the helper may only look: your own input cannot be seen here, and so would not pause theirs ({why})")
}
