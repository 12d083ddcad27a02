//! An X11 server: MIT-SHM, DAMAGE, XFIXES, RANDR.

use crate::{Capture, Config, Error, Kind, Status, local_input::Watch};

pub(super) fn open(_: &Config) -> Result<Box<dyn Capture>, Error> {
    Err(Error::Unsupported { kind: Kind::X11, what: "not written yet".into() })
}

pub(super) fn open_auto(config: &Config) -> Result<Box<dyn Capture>, Error> {
    open(config)
}

pub(super) fn probe() -> Status {
    Status::Unsupported
}

pub(super) fn watch_local_input(_: &str) -> Result<Box<dyn Watch>, Error> {
    Err(Error::Unsupported { kind: Kind::X11, what: "not written yet".into() })
}
