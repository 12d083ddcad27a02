//! X11, by XTEST.

use std::{sync::Arc, time::Instant};

use crate::{Error, Held, Info, Inject, Input, Layout, Locks, Report, Settings};

/// Input into an X server.
#[derive(Debug)]
pub struct X11 {
    info: Info,
    held: Held,
}

impl X11 {
    /// Connects to the display.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such display; [`Error::Unsupported`] when it lacks XTEST or XKB.
    pub fn open(_settings: Settings) -> Result<Self, Error> {
        Err(Error::Missing { what: "the X11 backend is being written".into() })
    }
}

impl Inject for X11 {
    fn info(&self) -> &Info {
        &self.info
    }
    fn ready(&mut self, _until: Instant) -> Result<bool, Error> {
        Ok(true)
    }
    fn inject(&mut self, _batch: &[Input]) -> Result<Report, Error> {
        Ok(Report::default())
    }
    fn set_layout(&mut self, _layout: Arc<Layout>) {}
    fn locks(&mut self) -> Result<Locks, Error> {
        Ok(Locks::default())
    }
    fn release_all(&mut self) -> Result<(), Error> {
        Ok(())
    }
    fn held(&self) -> &Held {
        &self.held
    }
}
