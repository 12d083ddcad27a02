//! Notices when the person at the device uses it, so that they win over a helper.

use std::{fmt, time::Instant};

use crate::{Error, Waker, backend};

/// Reports input that came from a physical device, and ignores what programs inject.
///
/// Keys and positions are not read, only that there was something: this is not a key logger.
pub struct LocalInputWatch {
    inner: Box<dyn Watch>,
}

/// What a backend implements.
pub(crate) trait Watch: Send {
    fn next(&mut self, until: Instant) -> Result<Option<Instant>, Error>;
    fn waker(&self) -> Waker;
}

impl LocalInputWatch {
    /// Watches the devices of a display, such as `:0`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the system (or this build) cannot tell physical from injected input; [`Error::Missing`] or [`Error::Denied`] if the display cannot be reached.
    pub fn open(display: &str) -> Result<Self, Error> {
        Ok(Self { inner: backend::watch_local_input(display)? })
    }

    /// Waits for physical input, at most until `until`, and says when it was noticed. `None` if the time is up or a [`Waker`] interrupted.
    ///
    /// Events that arrive between two calls count as one, at the time of the second call.
    ///
    /// # Errors
    /// [`Error::Ended`] when the display is gone; [`Error::Backend`].
    pub fn next(&mut self, until: Instant) -> Result<Option<Instant>, Error> {
        self.inner.next(until)
    }

    /// A handle that interrupts [`next`](Self::next) from any thread.
    pub fn waker(&self) -> Waker {
        self.inner.waker()
    }
}

impl fmt::Debug for LocalInputWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalInputWatch")
    }
}
