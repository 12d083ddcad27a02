//! The connection: reached within a time limit, and never waited for longer than that.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::{
    errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError},
    reexports::x11rb_protocol::{parse_display::parse_display, protocol::xproto::Screen, xauth::get_auth},
    rust_connection::{DefaultStream, PollMode, RustConnection, Stream},
    utils::RawFdContainer,
};

use crate::{Error, Kind, Reason};

/// A server that is silent for this long in the middle of a request has hung. A busy one answers within milliseconds; one that
/// is held by another client's grab (a screen shot tool, a menu of an old toolkit) within a second or two.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How long a wait for a server on this machine stays awake before it sleeps, where an answer is due.
///
/// The server answers within 15 to 40 µs. To let a core go to sleep and wake it takes about as long again, and by the time we then
/// answer, the server's core is asleep too. Between two looks any other thread that wants this core gets it.
pub(super) const SPIN: Duration = Duration::from_micros(100);

pub(super) type Connection = RustConnection<Patient>;

/// A connection and where it leads.
pub(super) struct Link {
    pub(super) connection: Connection,
    pub(super) screen: Screen,
    /// Whether the server runs on this machine, so that memory can be shared with it.
    pub(super) local: bool,
}

impl Link {
    /// How long to stay awake for this server: not at all for one behind a network, whose answers take longer than that.
    pub(super) fn spin(&self) -> Duration {
        spin(self.local)
    }
}

fn spin(local: bool) -> Duration {
    if local { SPIN } else { Duration::ZERO }
}

/// A stream whose waits end.
#[derive(Debug)]
pub(super) struct Patient {
    stream: DefaultStream,
    patience: Duration,
    spin: Duration,
    /// Whether the last write found no room.
    full: AtomicBool,
}

impl Patient {
    fn noting<T>(&self, written: io::Result<T>) -> io::Result<T> {
        let full = written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        self.full.store(full, Ordering::Relaxed);
        written
    }
}

impl AsFd for Patient {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Stream for Patient {
    fn poll(&self, mode: PollMode) -> io::Result<()> {
        // x11rb asks before every request, even one that only goes into its buffer. It bears a wrong yes, and asks again after a write in vain.
        if mode.writable() && !self.full.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, mode.readable());
        flags.set(PollFlags::OUT, mode.writable());
        match wait(&mut [PollFd::new(&self.stream, flags)], Instant::now() + self.patience, self.spin)? {
            0 => Err(io::ErrorKind::TimedOut.into()),
            // Hang-ups and errors show when the caller reads or writes.
            _ => Ok(()),
        }
    }

    fn read(&self, buf: &mut [u8], fd_storage: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        self.stream.read(buf, fd_storage)
    }

    fn write(&self, buf: &[u8], fds: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        self.noting(self.stream.write(buf, fds))
    }

    fn write_vectored(&self, bufs: &[io::IoSlice<'_>], fds: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        self.noting(self.stream.write_vectored(bufs, fds))
    }
}

/// Polls until one of the descriptors is ready or `until` has come, whatever signals arrive; the number that are ready. Sleeps only after `spin`.
pub(super) fn wait(fds: &mut [PollFd<'_>], until: Instant, spin: Duration) -> io::Result<usize> {
    let awake = until.min(Instant::now() + spin);
    loop {
        let now = Instant::now();
        // A wait too long for the system's clock is cut; the caller polls again.
        let left = until.saturating_duration_since(now).min(Duration::from_secs(1 << 30));
        let left = if now < awake { Duration::ZERO } else { left };
        let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
        match poll(fds, Some(&left)) {
            Err(rustix::io::Errno::INTR) => {}
            Ok(0) if now < awake => thread::yield_now(),
            result => return Ok(result?),
        }
    }
}

/// Connects to the display of this name, such as `:0`.
pub(super) fn connect(name: &str) -> Result<Link, Error> {
    let bad_name = || Error::Missing { what: format!("an X display by the name {name:?}: it should look like :0") };
    let parsed = parse_display(Some(name)).map_err(|_| bad_name())?;
    // The TCP port of a display is 6000 and its number. The path of a socket as a name (macOS has such) is taken by x11rb 0.13 for
    // display 0, which is somebody else's screen.
    if parsed.display > u16::MAX - 6000 || parsed.host.starts_with('/') {
        return Err(bad_name());
    }
    let mut failure = None;
    for address in parsed.connect_instruction() {
        match DefaultStream::connect(&address) {
            Ok((stream, (family, peer))) => {
                // Without a cookie the server may still admit us by user id.
                let (method, cookie) = get_auth(family, &peer, parsed.display).ok().flatten().unwrap_or_default();
                let local = matches!(address, x11rb::reexports::x11rb_protocol::parse_display::ConnectAddress::Socket(_));
                let stream = Patient { stream, patience: PATIENCE, spin: spin(local), full: AtomicBool::new(false) };
                let number = usize::from(parsed.screen);
                let connection =
                    RustConnection::connect_to_stream_with_auth_info(stream, number, method, cookie).map_err(|e| refusal(name, &e))?;
                let screen = x11rb::connection::Connection::setup(&connection).roots.get(number).cloned().ok_or_else(bad_name)?;
                return Ok(Link { connection, screen, local });
            }
            Err(error) => failure = Some(error),
        }
    }
    Err(match failure {
        Some(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Error::Denied { what: format!("the socket of display {name}: {error}"), fix: "run as the user whose desktop it is".into() }
        }
        Some(error) => Error::Missing { what: format!("an X server at display {name} ({error})") },
        None => bad_name(),
    })
}

/// Why a server that was reached did not let us in.
fn refusal(name: &str, error: &ConnectError) -> Error {
    let denied = |reason: &[u8]| Error::Denied {
        what: format!("display {name} says: {}", String::from_utf8_lossy(reason).trim()),
        fix: "run as the user whose desktop it is, or point XAUTHORITY to that user's file".into(),
    };
    match error {
        ConnectError::SetupFailed(failed) => denied(&failed.reason),
        ConnectError::SetupAuthenticate(asked) => denied(&asked.reason),
        ConnectError::InvalidScreen => Error::Missing { what: format!("the screen that {name} names") },
        ConnectError::IoError(e) if e.kind() == io::ErrorKind::TimedOut => {
            Error::Missing { what: format!("an answer from the X server at {name} within {} s", PATIENCE.as_secs()) }
        }
        other => Error::Missing { what: format!("a working X server at display {name} ({other})") },
    }
}

/// What can go wrong with a request.
#[derive(Debug)]
pub(super) enum Fail {
    /// The server is gone for good.
    Gone(Reason),
    /// The server refuses this one request because of its arguments (X error `Match`, `Value`, a bad id): usually the layout just changed.
    Refused(u8),
    /// Anything else.
    Error(Error),
}

impl From<ConnectionError> for Fail {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::IoError(e) if e.kind() == io::ErrorKind::TimedOut => Self::Gone(Reason::Unresponsive),
            ConnectionError::IoError(_) => Self::Gone(Reason::ServerGone),
            ConnectionError::UnsupportedExtension => {
                Self::Error(Error::Unsupported { kind: Kind::X11, what: "the server lacks an extension that was there before".into() })
            }
            other => Self::Error(Error::Backend { op: "X11 request", code: 0, detail: other.to_string() }),
        }
    }
}

impl From<ReplyError> for Fail {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::ConnectionError(error) => error.into(),
            ReplyError::X11Error(error) => Self::Refused(error.error_code),
        }
    }
}

impl From<ReplyOrIdError> for Fail {
    fn from(error: ReplyOrIdError) -> Self {
        match error {
            ReplyOrIdError::ConnectionError(error) => error.into(),
            ReplyOrIdError::X11Error(error) => Self::Refused(error.error_code),
            ReplyOrIdError::IdsExhausted => Self::Error(Error::Backend { op: "X11 resource id", code: 0, detail: "none left".into() }),
        }
    }
}

impl From<rustix::io::Errno> for Fail {
    fn from(error: rustix::io::Errno) -> Self {
        io::Error::from(error).into()
    }
}

impl From<io::Error> for Fail {
    fn from(error: io::Error) -> Self {
        Self::Error(Error::Backend { op: "waiting for X11", code: error.raw_os_error().map_or(0, i64::from), detail: error.to_string() })
    }
}

impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Fail> for Error {
    fn from(fail: Fail) -> Self {
        match fail {
            Fail::Gone(_) => Self::Ended,
            Fail::Refused(code) => Self::Backend { op: "X11 request", code: i64::from(code), detail: "the server refused it".into() },
            Fail::Error(error) => error,
        }
    }
}
