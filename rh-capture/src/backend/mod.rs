//! The table of backends: the only place that knows which of them are in this build.

pub(crate) mod r#virtual;
#[cfg(all(target_os = "linux", feature = "x11"))]
mod x11;

use std::fmt;

use crate::{Capture, Error, VirtualDesktop, local_input::Watch};

/// A backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The small desktop in memory, [`VirtualDesktop`].
    Virtual,
    /// An X11 server.
    X11,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Virtual => "virtual",
            Self::X11 => "x11",
        })
    }
}

/// Which backend to open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Select {
    /// The one that shows what the person at the device sees. Reads the environment where [`Config`] leaves something open. Never the virtual desktop: nobody should share a fake by accident.
    #[default]
    Auto,
    /// This one or none.
    Exactly(Kind),
    /// The first of these that opens.
    Order(Vec<Kind>),
}

/// How to open a backend. What a backend does not know it ignores.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Name of the display server, such as `:0`. `None` is an error but for [`Select::Auto`], which then asks the environment.
    pub display: Option<String>,
    /// How pixels cross from the server to us.
    pub transfer: Transfer,
    /// The desktop that [`Kind::Virtual`] captures; `None` makes a new one of 1280 × 720 pixels.
    pub desktop: Option<VirtualDesktop>,
}

/// How pixels cross from a display server to us. Forcing one is for tests and diagnosis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transfer {
    /// The fastest that works, in the order below.
    #[default]
    Auto,
    /// Memory that we make and hand to the server; nobody else can open it.
    SharedMemory,
    /// System V shared memory, open to our user only; for servers that cannot be handed memory.
    SharedMemorySysV,
    /// Through the connection; for servers on other machines.
    Socket,
}

/// Whether a backend could be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The backend.
    pub kind: Kind,
    /// What opening it would meet.
    pub status: Status,
}

/// What opening a backend would meet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It opens.
    Usable,
    /// It opens after the system has asked the person at the device.
    NeedsConsent,
    /// The system refuses.
    Denied {
        /// What was refused.
        what: String,
        /// What the person at the device can do about it.
        fix: String,
    },
    /// Something is not there.
    Missing {
        /// What.
        what: String,
    },
    /// Not on this system or not in this build.
    Unsupported,
}

/// Every backend this crate knows, and whether it could be opened. Never prompts, never blocks longer than 100 ms.
pub fn probe() -> Vec<Probe> {
    vec![Probe { kind: Kind::X11, status: probe_x11() }, Probe { kind: Kind::Virtual, status: Status::Usable }]
}

/// Opens a backend.
///
/// # Errors
/// Whatever the backend met; with [`Select::Order`], what the last one met; [`Error::ApiMisuse`] for an empty order.
pub fn open(select: &Select, config: &Config) -> Result<Box<dyn Capture>, Error> {
    match select {
        Select::Auto => open_auto(config),
        Select::Exactly(kind) => open_one(*kind, config),
        Select::Order(kinds) => {
            let mut result = Err(Error::ApiMisuse("an order of backends names at least one"));
            for kind in kinds {
                result = open_one(*kind, config);
                if result.is_ok() {
                    break;
                }
            }
            result
        }
    }
}

fn open_one(kind: Kind, config: &Config) -> Result<Box<dyn Capture>, Error> {
    match kind {
        Kind::Virtual => Ok(config.desktop.clone().unwrap_or_default().capture()),
        Kind::X11 => open_x11(config),
    }
}

#[cfg(all(target_os = "linux", feature = "x11"))]
use x11::{open as open_x11, open_auto, probe as probe_x11, watch_local_input as watch_x11};

#[cfg(not(all(target_os = "linux", feature = "x11")))]
fn open_x11(_: &Config) -> Result<Box<dyn Capture>, Error> {
    Err(Error::Unsupported { kind: Kind::X11, what: NOT_BUILT.into() })
}

#[cfg(not(all(target_os = "linux", feature = "x11")))]
fn open_auto(config: &Config) -> Result<Box<dyn Capture>, Error> {
    open_x11(config)
}

#[cfg(not(all(target_os = "linux", feature = "x11")))]
fn probe_x11() -> Status {
    Status::Unsupported
}

#[cfg(not(all(target_os = "linux", feature = "x11")))]
fn watch_x11(_: &str) -> Result<Box<dyn Watch>, Error> {
    Err(Error::Unsupported { kind: Kind::X11, what: NOT_BUILT.into() })
}

#[cfg(not(all(target_os = "linux", feature = "x11")))]
const NOT_BUILT: &str = "built without the feature `x11`, or not for Linux";

pub(crate) fn watch_local_input(display: &str) -> Result<Box<dyn Watch>, Error> {
    watch_x11(display)
}
