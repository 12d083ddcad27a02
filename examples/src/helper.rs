//! The helper's end of a session, joined from the crates: wire, session, decoder, picture.

mod desk;
mod greeting;
mod paint;

use std::time::Duration;

use rh_codec::Rect;
use rh_proto::{
    mode::Mode,
    session::{AppInfo, Close, HelperEvent, Settings, Timers},
};
use tokio::{select, sync::mpsc::UnboundedReceiver, time::interval};

use self::desk::Desk;
use crate::{
    stats::Samples,
    trust::Card,
    ui::{self, SharedPicture, helper::HelperAction},
};

pub use self::greeting::{Greeting, Guest, greet, meet};

/// How often the status line is renewed.
const STATUS: Duration = Duration::from_millis(500);

/// What the front is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Update<'a> {
    /// Something of the session's; frames come as [`Update::Frame`].
    Event(&'a HelperEvent),
    /// Who the sharer is, once it is known, and again when the picture is there; with what to be warned of before asking for anything.
    Trust(&'a Card),
    /// The picture has changed.
    Frame {
        /// The picture of the display that is shown.
        picture: &'a SharedPicture,
        /// Where it changed.
        damage: &'a [Rect],
        /// Whether it is a new picture, of another size perhaps.
        resized: bool,
    },
    /// Of so many displays of the sharer's, this one is shown.
    Display {
        /// Counted from 1, in the layout's order.
        shown: usize,
        /// How many there are.
        count: usize,
    },
    /// What this helper said is on its way.
    Said(String),
    /// Twice a second.
    Status(ui::helper::Status),
    /// A sentence for the person.
    Notice(String),
}

/// What the front asks for: what a person does in the window, whether there is one or not.
pub type Request = HelperAction;

/// How a session went.
#[derive(Debug, Clone)]
pub struct Report {
    /// How it ended.
    pub close: Close,
    /// From the connection to the authenticated session.
    pub handshake: Duration,
    /// Frames decoded.
    pub frames: u64,
    /// Bytes of their payloads.
    pub frame_bytes: u64,
    /// Everything received, TLS included.
    pub received: u64,
    /// Everything sent, TLS included.
    pub transmitted: u64,
    /// Time to decode a frame.
    pub decode: Samples,
    /// From an input to the next picture.
    pub input_to_picture: Samples,
    /// The highest mode that was granted.
    pub mode: Option<Mode>,
}

/// Runs a session as its helper until it ends; how it ended is in the report.
pub async fn run(guest: Guest, front: &mut (dyn FnMut(Update<'_>) + Send), requests: &mut UnboundedReceiver<Request>) -> Report {
    let Guest { mut wire, events, handshake, admission, portrait } = guest;
    let mut desk = Desk::new(handshake, admission, portrait);
    let mut status = interval(STATUS);
    let mut counted = 0;
    for event in events {
        desk.handle(event, &mut wire, front);
    }
    loop {
        while let Some(event) = wire.poll_event() {
            desk.handle(event, &mut wire, front);
        }
        if wire.is_closed() {
            break;
        }
        select! {
            () = wire.turn() => {}
            // A front that is gone cannot show anything: leave.
            request = requests.recv() => if let Some(session) = wire.session() {
                desk.take(request.unwrap_or(HelperAction::Leave), session, requests, front);
            },
            _ = status.tick() => {
                if let Some(session) = wire.session() {
                    desk.settle(session);
                }
                let now = wire.received();
                desk.tell_status(now - counted, &mut wire, front);
                counted = now;
            }
        }
    }
    let report = desk.into_report(&wire);
    wire.farewell().await;
    report
}

/// What every program of ours tells the other side about itself.
pub(crate) fn settings(name: &str) -> Settings {
    let version = env!("CARGO_PKG_VERSION").parse().expect("cargo's version is major.minor.patch");
    // The sharer lets go of held keys after three seconds of silence: be heard well within that.
    let timers = Timers { keep_alive: Duration::from_secs(1), ..Timers::default() };
    Settings { app: AppInfo { name: name.to_owned(), version }, timers, ..Settings::default() }
}
