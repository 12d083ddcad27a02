//! The backends, and the only place that knows which of them exist on which system.

mod record;
mod r#virtual;
#[cfg(all(unix, feature = "x11"))]
pub mod x11;

use std::{process::Command, time::Duration};

pub use self::{
    record::{Record, RecordLog},
    r#virtual::{Act, Virtual},
};
use crate::{DisplayId, Error, Inject, Layout, Refusal};

/// The backends by name; all of them on every system, so that a setting means the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Keeps what it was told, for tests.
    Record,
    /// Hands normalised acts to the embedder's own desktop.
    Virtual,
    /// An X server, by XTEST.
    X11,
}

/// How to open the desktop's own backend.
#[derive(Debug)]
pub struct Settings {
    /// Which desktop, in the words of its system (`:0` for X11); `None` is the environment's.
    pub display: Option<String>,
    /// The command that re-runs the embedder's program as watchdog (`backend::x11::watchdog`). Without one, keys that are down when this
    /// process is killed stay down.
    pub watchdog: Option<Command>,
    /// How long an application may lag behind before a spare key code it was shown may mean another character.
    pub rebind_after: Duration,
    /// Silence of the desktop after which a call gives up with [`Error::Closed`].
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { display: None, watchdog: None, rebind_after: Duration::from_secs(1), patience: Duration::from_secs(5) }
    }
}

/// Opens the backend of the desktop this process runs on.
///
/// # Errors
/// [`Error::Missing`] where this build knows no desktop or none runs; what the backend's own `open` says otherwise.
pub fn open(settings: Settings) -> Result<Box<dyn Inject>, Error> {
    #[cfg(all(unix, feature = "x11"))]
    return Ok(Box::new(x11::X11::open(settings)?));
    #[cfg(not(all(unix, feature = "x11")))]
    {
        drop(settings);
        Err(Error::Missing { what: "this build has no backend for this system (on X11: feature `x11`)".into() })
    }
}

/// As [`Layout::locate`]; before any layout is known, every position is stale.
fn locate(layout: Option<&Layout>, display: DisplayId, generation: u64, x: i32, y: i32) -> Result<(i32, i32), Refusal> {
    layout.ok_or(Refusal::Stale)?.locate(display, generation, x, y)
}

/// The characters of a text with every way to write a line break turned into `'\n'`.
fn typed(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut after_return = false;
    text.chars().filter_map(move |c| {
        let second = after_return && c == '\n';
        after_return = c == '\r';
        if second { None } else { Some(if c == '\r' { '\n' } else { c }) }
    })
}
