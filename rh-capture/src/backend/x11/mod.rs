//! An X11 server: MIT-SHM for the pixels, DAMAGE for what changed, XFIXES for the pointer, RANDR for the displays.

mod buffer;
mod capture;
mod cursor;
mod link;
mod local_input;
mod monitors;
mod picture;
mod reports;
mod rest;
mod server;
mod sys;
mod tiles;

use std::{env, os::unix::net::UnixStream, path::PathBuf, sync::mpsc, thread, time::Duration};

use crate::{Capture, Config, Error, Kind, Status, local_input::Watch};

/// A probe answers within this, well under the 100 ms it promises.
const PROBE: Duration = Duration::from_millis(60);

pub(super) fn open(config: &Config) -> Result<Box<dyn Capture>, Error> {
    let display = config.display.as_deref().ok_or_else(|| Error::Missing { what: "the name of an X display, such as :0,".into() })?;
    Ok(Box::new(capture::X11Capture::open(display, config.transfer)?))
}

pub(super) fn open_auto(config: &Config) -> Result<Box<dyn Capture>, Error> {
    if config.display.is_some() {
        return open(config);
    }
    if let Some(socket) = live_wayland() {
        return Err(Error::Unsupported {
            kind: Kind::X11,
            what: format!(
                "this is a Wayland session ({}), whose X display shows only some windows; name the display to capture those",
                socket.display()
            ),
        });
    }
    open(&Config { display: Some(display_from_environment()?), ..config.clone() })
}

pub(super) fn probe() -> Status {
    let display = match display_from_environment() {
        Ok(_) if live_wayland().is_some() => return Status::Unsupported,
        Ok(display) => display,
        Err(_) => return Status::Missing { what: "DISPLAY is not set".into() },
    };
    // Connecting can take as long as the name service, the network and a busy server like; the thread ends when they do.
    let (sender, receiver) = mpsc::channel();
    let connecting = thread::Builder::new().name("x11-probe".into()).spawn(move || sender.send(link::connect(&display).map(|_| ())));
    let result = connecting.ok().and_then(|_| receiver.recv_timeout(PROBE).ok());
    match result {
        Some(Ok(())) => Status::Usable,
        Some(Err(Error::Denied { what, fix })) => Status::Denied { what, fix },
        Some(Err(error)) => Status::Missing { what: error.to_string() },
        None => Status::Missing { what: format!("an answer from the X server within {} ms", PROBE.as_millis()) },
    }
}

pub(super) fn watch_local_input(display: &str) -> Result<Box<dyn Watch>, Error> {
    Ok(Box::new(local_input::X11Watch::open(display)?))
}

fn display_from_environment() -> Result<String, Error> {
    let display = env::var("DISPLAY").unwrap_or_default();
    if display.is_empty() {
        Err(Error::Missing { what: "an X display (the environment variable DISPLAY is not set)".into() })
    } else {
        Ok(display)
    }
}

/// The socket of a Wayland compositor that accepts connections. A name left over from an earlier session does not count.
fn live_wayland() -> Option<PathBuf> {
    let name = env::var_os("WAYLAND_DISPLAY").filter(|name| !name.is_empty())?;
    // `join` with an absolute name is that name, as the Wayland documentation wants it.
    let socket = PathBuf::from(env::var_os("XDG_RUNTIME_DIR").unwrap_or_default()).join(name);
    UnixStream::connect(&socket).ok().map(|_| socket)
}
