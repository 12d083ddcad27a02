//! The way to the server, with a limit on every wait.

use std::{
    io::{self, IoSlice},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::{
    errors::ConnectError,
    reexports::x11rb_protocol::{
        parse_display::{ConnectAddress, parse_display},
        xauth::{Family, get_auth},
    },
    rust_connection::{DefaultStream, PollMode, RustConnection, Stream},
    utils::RawFdContainer,
};

use crate::Error;

/// A connection that gives up when the server is silent, such as while another client has grabbed it for good.
pub(super) struct Patient {
    inner: DefaultStream,
    patience: Duration,
}

impl Stream for Patient {
    fn poll(&self, mode: PollMode) -> io::Result<()> {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, mode.readable());
        flags.set(PollFlags::OUT, mode.writable());
        let patience = Timespec::try_from(self.patience).map_err(io::Error::other)?;
        loop {
            match poll(&mut [PollFd::new(&self.inner, flags)], Some(&patience)) {
                Ok(0) => return Err(io::Error::new(io::ErrorKind::TimedOut, "the X server does not answer")),
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn read(&self, buf: &mut [u8], fds: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        self.inner.read(buf, fds)
    }

    fn write(&self, buf: &[u8], fds: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        self.inner.write(buf, fds)
    }

    fn write_vectored(&self, bufs: &[IoSlice<'_>], fds: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        self.inner.write_vectored(bufs, fds)
    }
}

/// Connects to `display`, or to the environment's; gives the number of its screen along.
pub(super) fn connect(display: Option<&str>, patience: Duration) -> Result<(RustConnection<Patient>, usize), Error> {
    let missing = |detail: String| Error::Missing { what: format!("X display {}: {detail}", display.unwrap_or("of $DISPLAY")) };
    let parsed = parse_display(display).map_err(|e| missing(e.to_string()))?;
    let screen = usize::from(parsed.screen);
    let mut last = None;
    for address in parsed.connect_instruction() {
        let (stream, (family, peer)) = match reach(&address, patience) {
            Ok(reached) => reached,
            Err(e) => {
                last = Some(e);
                continue;
            }
        };
        // A missing or unreadable authority file is no error: the server may let us in without, and says so otherwise.
        let (name, data) = get_auth(family, &peer, parsed.display).ok().flatten().unwrap_or_default();
        let stream = Patient { inner: stream, patience };
        let conn = RustConnection::connect_to_stream_with_auth_info(stream, screen, name, data).map_err(|e| match e {
            ConnectError::IoError(e) => Error::Closed { op: "connect", detail: e.to_string() },
            e => missing(e.to_string()),
        })?;
        return Ok((conn, screen));
    }
    Err(missing(last.map_or_else(|| "no address to try".into(), |e| e.to_string())))
}

type Reached = (DefaultStream, (Family, Vec<u8>));

/// Connects to one address, with a limit also where the address is another host.
fn reach(address: &ConnectAddress<'_>, patience: Duration) -> io::Result<Reached> {
    let ConnectAddress::Hostname(host, port) = address else { return DefaultStream::connect(address) };
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (*host, *port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => return DefaultStream::from_tcp_stream(stream),
            Err(e) => last = e,
        }
    }
    Err(last)
}
