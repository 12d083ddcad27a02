//! One end of a session over one TCP connection: moves bytes between the socket and [`Secured`], which does the rest.

use std::{
    io,
    time::{Duration, Instant},
};

use rh_proto::io::tls::{Secured, Session};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest},
    net::TcpStream,
    time::timeout,
};

use crate::failure::{Failure, Kind};

/// How long the last bytes of a session (a leave, a refusal in words) may take to get out.
const FAREWELL: Duration = Duration::from_secs(1);

/// Encrypted bytes that wait for the socket before more is taken from the session: what is not taken yet can still be overtaken by something more urgent, or
/// dropped.
const HIGH_WATER: usize = 16 * 1024;

/// How often the socket's buffer is fitted to the link.
const FIT: Duration = Duration::from_millis(500);

/// The socket's buffer, in bytes: what it holds cannot be overtaken, so it must be sent in less time than a person waits for a leave to arrive, and yet must keep
/// a fast link busy.
const BUFFER: std::ops::RangeInclusive<u64> = 16 * 1024..=4 * 1024 * 1024;

/// A connected end.
#[derive(Debug)]
pub struct Wire<S> {
    stream: TcpStream,
    secured: Secured<S>,
    /// Encrypted; from `sent` on not yet taken by the socket.
    records: Vec<u8>,
    sent: usize,
    input: Box<[u8]>,
    received: u64,
    transmitted: u64,
    /// When the socket's buffer was last fitted, and what had been sent by then.
    fitted: (Instant, u64),
}

impl<S: Session> Wire<S> {
    /// An end over a connected socket.
    ///
    /// # Errors
    /// When the socket takes no options: it is dead then.
    pub fn new(stream: TcpStream, secured: Secured<S>) -> Result<Self, Failure> {
        // Without this a key stroke would wait for the acknowledgement of the one before.
        stream.set_nodelay(true).map_err(|e| Failure::new(Kind::PeerGone, format!("the connection is gone: {e}")))?;
        let input = vec![0; 32 * 1024].into_boxed_slice();
        let fitted = (Instant::now(), 0);
        let wire = Self { stream, secured, records: Vec::new(), sent: 0, input, received: 0, transmitted: 0, fitted };
        wire.set_buffer(*BUFFER.start());
        Ok(wire)
    }

    /// The session; `None` until the two ends have agreed on keys.
    pub fn session(&mut self) -> Option<&mut S> {
        self.secured.session_mut()
    }

    /// The next thing for the app.
    pub fn poll_event(&mut self) -> Option<S::Event> {
        self.secured.poll_event()
    }

    /// Whether the session is over.
    pub fn is_closed(&self) -> bool {
        self.secured.is_closed()
    }

    /// Bytes that came in, TLS included.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes that went out, TLS included.
    pub fn transmitted(&self) -> u64 {
        self.transmitted
    }

    /// Waits until the socket can move something or a time-out is due, and lets that happen. Cancelling it loses nothing.
    pub async fn turn(&mut self) {
        self.fill();
        let interest = if self.sent == self.records.len() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
        let ready = self.stream.ready(interest);
        match self.secured.poll_timeout() {
            // The session names the time itself: whatever comes first, it is told.
            Some(at) => drop(tokio::time::timeout_at(at.into(), ready).await),
            None => drop(ready.await),
        }
        let now = Instant::now();
        self.secured.handle_timeout(now);
        self.fit_buffer();
        if self.write().is_err() {
            return self.secured.handle_closed(now);
        }
        match self.stream.try_read(&mut self.input) {
            Ok(0) => self.secured.handle_closed(now),
            Ok(count) => {
                self.received += count as u64;
                self.secured.handle_bytes(now, &self.input[..count]);
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.secured.handle_closed(now),
        }
    }

    /// Sends what the ended session still has to say, then hangs up.
    pub async fn farewell(mut self) {
        let last_words = async {
            while self.fill() > 0 {
                while self.sent < self.records.len() {
                    self.stream.writable().await?;
                    self.write()?;
                }
            }
            // A socket that is dropped with bytes unread resets the connection, and what was just sent may be lost with it: say that nothing more comes, and
            // wait for the other side to say the same.
            self.stream.shutdown().await?;
            while self.stream.read(&mut self.input).await? > 0 {}
            io::Result::Ok(())
        };
        let _ = timeout(FAREWELL, last_words).await;
    }

    fn set_buffer(&self, bytes: u64) {
        // Where the system does not take it, its own size has to do.
        let _ = socket2::SockRef::from(&self.stream).set_send_buffer_size(usize::try_from(bytes).unwrap_or(usize::MAX));
    }

    /// Gives the socket a buffer for about half a second of what the link has shown to carry. A link that is kept busy by it shows more next time.
    fn fit_buffer(&mut self) {
        let (since, sent) = self.fitted;
        let passed = since.elapsed();
        if passed >= FIT {
            let rate = (self.transmitted - sent) * 1000 / u64::try_from(passed.as_millis()).unwrap_or(u64::MAX).max(1);
            self.set_buffer((rate / 2).clamp(*BUFFER.start(), *BUFFER.end()));
            self.fitted = (Instant::now(), self.transmitted);
        }
    }

    /// Takes from the session what makes sense now; says how many bytes wait for the socket.
    fn fill(&mut self) -> usize {
        if self.sent >= HIGH_WATER {
            // On a link that never catches up they would never all be gone at once.
            self.records.drain(..self.sent);
            self.sent = 0;
        }
        while self.records.len() - self.sent < HIGH_WATER && self.secured.poll_transmit(&mut self.records) > 0 {}
        self.records.len() - self.sent
    }

    fn write(&mut self) -> io::Result<()> {
        while self.sent < self.records.len() {
            match self.stream.try_write(&self.records[self.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.sent += count;
                    self.transmitted += count as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(e),
            }
        }
        self.records.clear();
        self.sent = 0;
        Ok(())
    }
}
