//! Physical input, told apart from injected input.

use crate::{Error, Waker, local_input::Watch};
use std::time::Instant;

pub(super) struct X11Watch;

impl X11Watch {
    pub(super) fn open(_: &str) -> Result<Self, Error> {
        Err(Error::ApiMisuse("later"))
    }
}

impl Watch for X11Watch {
    fn next(&mut self, _: Instant) -> Result<Option<Instant>, Error> {
        Ok(None)
    }
    fn waker(&self) -> Waker {
        Waker::new(|| {})
    }
}
