//! One end of a session over one connection: moves bytes between the transport and [`Secured`], which does the rest.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use rh_proto::io::tls::{Secured, Session};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::{timeout, timeout_at},
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

/// What carries the bytes: a socket, or a stream through a relay.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin {
    /// Prepares it for a session, whose smallest message must not wait for the acknowledgement of the one before.
    ///
    /// # Errors
    /// When it takes no options: it is dead then.
    fn prepare(&self) -> io::Result<()> {
        Ok(())
    }

    /// Bytes that it may hold back from the network. Where it does not say, its own size has to do.
    fn set_buffer(&self, _bytes: usize) {}
}

impl Transport for TcpStream {
    fn prepare(&self) -> io::Result<()> {
        self.set_nodelay(true)
    }

    fn set_buffer(&self, bytes: usize) {
        // Where the system does not take it, its own size has to do.
        let _ = socket2::SockRef::from(self).set_send_buffer_size(bytes);
    }
}

/// A connected end.
pub struct Wire<S> {
    stream: Box<dyn Transport>,
    secured: Secured<S>,
    /// Encrypted; from `sent` on not yet taken by the socket.
    records: Vec<u8>,
    sent: usize,
    /// Whether the transport was given something that it may still hold back.
    unflushed: bool,
    input: Box<[u8]>,
    received: u64,
    transmitted: u64,
    /// When the socket's buffer was last fitted, and what had been sent by then.
    fitted: (Instant, u64),
}

impl<S: Session> Wire<S> {
    /// An end over a connected transport.
    ///
    /// # Errors
    /// When the transport is dead.
    pub fn new(stream: Box<dyn Transport>, secured: Secured<S>) -> Result<Self, Failure> {
        stream.prepare().map_err(|e| Failure::new(Kind::PeerGone, format!("the connection is gone: {e}")))?;
        let input = vec![0; 32 * 1024].into_boxed_slice();
        let fitted = (Instant::now(), 0);
        let wire = Self { stream, secured, records: Vec::new(), sent: 0, unflushed: false, input, received: 0, transmitted: 0, fitted };
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

    /// Waits until the transport can move something or a time-out is due, and lets that happen. Cancelling it loses nothing.
    pub async fn turn(&mut self) {
        self.fill();
        let until = self.secured.poll_timeout();
        let moved = poll_fn(|context| self.poll_move(context));
        let outcome = match until {
            // The session names the time itself: whatever comes first, it is told.
            Some(at) => timeout_at(at.into(), moved).await.unwrap_or(Ok(0)),
            None => moved.await,
        };
        let now = Instant::now();
        self.secured.handle_timeout(now);
        self.fit_buffer();
        match outcome {
            Ok(0) => {}
            Ok(count) => {
                self.received += count as u64;
                self.secured.handle_bytes(now, &self.input[..count]);
            }
            Err(_) => self.secured.handle_closed(now),
        }
    }

    /// Writes what the transport takes, and reads what is there: ready with the number of bytes read, which is 0 when only something was written.
    fn poll_move(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let wrote = self.poll_write(context)?;
        let mut buffer = ReadBuf::new(&mut self.input);
        match Pin::new(&mut self.stream).poll_read(context, &mut buffer)? {
            Poll::Ready(()) if buffer.filled().is_empty() => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            Poll::Ready(()) => Poll::Ready(Ok(buffer.filled().len())),
            // What was written makes room for more of the session's.
            Poll::Pending if wrote.is_ready() => Poll::Ready(Ok(0)),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Ready when everything was written that waited, and something did.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.sent == self.records.len() && !self.unflushed {
            return Poll::Pending;
        }
        self.unflushed = true;
        while self.sent < self.records.len() {
            match ready!(Pin::new(&mut self.stream).poll_write(context, &self.records[self.sent..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => {
                    self.sent += count;
                    self.transmitted += count as u64;
                }
            }
        }
        self.records.clear();
        self.sent = 0;
        // A relay's stream collects what it is given into messages; a socket has nothing to do here.
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }

    /// Sends what the ended session still has to say, then hangs up.
    pub async fn farewell(mut self) {
        let last_words = async {
            while self.fill() > 0 {
                poll_fn(|context| self.poll_write(context)).await?;
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
        self.stream.set_buffer(usize::try_from(bytes).unwrap_or(usize::MAX));
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
}

impl<S> std::fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("received", &self.received).field("transmitted", &self.transmitted).finish_non_exhaustive()
    }
}
