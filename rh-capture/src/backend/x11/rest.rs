//! Sleeping until the server says something, somebody wakes us, or the time is up.

use std::{
    os::fd::OwnedFd,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd};
use x11rb::connection::Connection as _;

use super::link::{Connection, Fail, wait};
use crate::Waker;

/// A place to sleep.
///
/// Events come in bursts. When the server spoke up less than `spin` after a wait began, the next wait stays awake for up to that long before
/// it sleeps; one such wait in vain, and waits sleep at once again. So a burst is followed without a sleep, and costs `spin` once, at its end.
#[derive(Debug)]
pub(super) struct Rest {
    alarm: Arc<OwnedFd>,
    spin: Duration,
    burst: bool,
}

/// What ended the sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    Server,
    Waker,
    Time,
}

impl Rest {
    pub(super) fn new(spin: Duration) -> Result<Self, Fail> {
        Ok(Self { alarm: Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?), spin, burst: false })
    }

    pub(super) fn waker(&self) -> Waker {
        let alarm = Arc::clone(&self.alarm);
        Waker::new(move || {
            // It fails only if 2^64 - 2 wakes are pending, and then one is pending.
            let _ = rustix::io::write(&*alarm, &1u64.to_ne_bytes());
        })
    }

    /// Sends what is waiting to be sent, then sleeps. The caller has taken every event that the connection had already read.
    pub(super) fn sleep(&mut self, connection: &Connection, until: Instant) -> Result<Wake, Fail> {
        connection.flush()?;
        let mut fds = [PollFd::new(connection.stream(), PollFlags::IN), PollFd::new(&*self.alarm, PollFlags::IN)];
        let start = Instant::now();
        wait(&mut fds, until, if self.burst { self.spin } else { Duration::ZERO })?;
        let [server, waker] = fds.map(|fd| !fd.revents().is_empty());
        self.burst = server && start.elapsed() < self.spin;
        if waker {
            // One read empties the counter, however many wakes it counted.
            let _ = rustix::io::read(&*self.alarm, &mut [0; 8]);
            return Ok(Wake::Waker);
        }
        Ok(if server { Wake::Server } else { Wake::Time })
    }
}
