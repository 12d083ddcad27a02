//! Real sockets: ends that dial a relay over loopback TCP, each with a loop like an embedder's, and the relay between them.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rh_proto::io::tls::Session;
use rh_proto::session::{Settings, Timers};

use super::relay::{Leg, Packet, Relay};
use super::world::{End, HelperEnd, SharerEnd};
use crate::support::epoch;

/// No play may take longer, whatever the relay does: the hand-shake time-out, and what a busy machine adds.
const PATIENCE: Duration = Duration::from_secs(25);

/// The usual times, without the interlock, which a busy machine could trip.
pub(crate) fn settings() -> Settings {
    hasty(Timers::default().handshake)
}

/// With another time-out for the hand-shake: for attacks that nothing else ends.
pub(crate) fn hasty(handshake: Duration) -> Settings {
    Settings { timers: Timers { handshake, interlock: Duration::from_secs(60), ..Timers::default() }, ..Settings::default() }
}

/// A relay of `N` connections. Takes what comes from one of them (`None`: it ended), and says what goes to which.
pub(crate) trait Switch<const N: usize> {
    fn switch(&mut self, from: usize, bytes: Option<&[u8]>, out: &mut Vec<(usize, Option<Vec<u8>>)>);
}

impl<R: Relay> Switch<2> for R {
    fn switch(&mut self, from: usize, bytes: Option<&[u8]>, out: &mut Vec<(usize, Option<Vec<u8>>)>) {
        let mut packets = Vec::new();
        self.forward(Leg::BOTH[from], bytes, &mut packets);
        out.extend(packets.into_iter().map(|Packet { to, bytes }| (to.index(), bytes)));
    }
}

/// A relay at work.
pub(crate) struct Serving<S, const N: usize> {
    shared: Arc<Mutex<Shared<S, N>>>,
    pumps: Vec<JoinHandle<()>>,
}

struct Shared<S, const N: usize> {
    switch: S,
    streams: [TcpStream; N],
    /// All that it was given to carry, in the order of its coming.
    view: Vec<u8>,
}

/// Starts a relay, and dials it `N` times.
pub(crate) fn serve<S: Switch<N> + Send + 'static, const N: usize>(switch: S) -> (Serving<S, N>, [TcpStream; N]) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (dialled, accepted): (Vec<_>, Vec<_>) = (0..N)
        .map(|_| {
            let dialled = TcpStream::connect(address).unwrap();
            (dialled, listener.accept().unwrap().0)
        })
        .unzip();
    let streams: [TcpStream; N] = accepted.try_into().unwrap();
    let readers: Vec<_> = streams.iter().map(|stream| reader(stream.try_clone().unwrap())).collect();
    for stream in &streams {
        stream.set_nodelay(true).unwrap();
    }
    let shared = Arc::new(Mutex::new(Shared { switch, streams, view: Vec::new() }));
    let pump = |(from, incoming): (usize, Receiver<Vec<u8>>)| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            for bytes in incoming {
                shared.lock().unwrap_or_else(PoisonError::into_inner).carry(from, &bytes);
            }
        })
    };
    let pumps = readers.into_iter().enumerate().map(pump).collect();
    (Serving { shared, pumps }, dialled.try_into().unwrap())
}

impl<S: Switch<N>, const N: usize> Shared<S, N> {
    fn carry(&mut self, from: usize, bytes: &[u8]) {
        self.view.extend_from_slice(bytes);
        let mut out = Vec::new();
        self.switch.switch(from, Some(bytes).filter(|bytes| !bytes.is_empty()), &mut out);
        for (to, bytes) in out {
            // An end that has gone is its own affair.
            drop(match bytes {
                Some(bytes) => self.streams[to].write_all(&bytes),
                None => self.streams[to].shutdown(Shutdown::Write),
            });
        }
    }
}

impl<S, const N: usize> Serving<S, N> {
    /// Once all ends have gone: the relay, and what it was given to carry.
    pub(crate) fn end(self) -> (S, Vec<u8>) {
        for pump in self.pumps {
            pump.join().unwrap();
        }
        let shared = Arc::into_inner(self.shared).expect("the pumps have ended").into_inner().unwrap();
        (shared.switch, shared.view)
    }
}

/// Gives what is read from `stream`, an empty piece at its end.
fn reader(mut stream: TcpStream) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            // A reset is an end, too.
            let count = match stream.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result.unwrap_or(0),
            };
            if sender.send(buffer[..count].to_vec()).is_err() || count == 0 {
                return;
            }
        }
    });
    receiver
}

/// What an embedder's loop is: wait for bytes or for the timer, hand over, act, send.
pub(crate) fn drive<S: Session>(mut end: End<S>, mut stream: TcpStream, act: impl Fn(&mut End<S>, Instant) -> bool) -> End<S> {
    stream.set_nodelay(true).unwrap();
    let incoming = reader(stream.try_clone().unwrap());
    let mut wire = Vec::new();
    loop {
        act(&mut end, epoch());
        while end.secured.poll_transmit(&mut wire) > 0 {
            if stream.write_all(&wire).is_err() {
                end.secured.handle_closed(epoch());
            }
            wire.clear();
            act(&mut end, epoch());
        }
        if end.close.is_some() {
            // Closing with bytes unread would reset the connection, and with it take back the farewell.
            drop(stream.shutdown(Shutdown::Write));
            while incoming.recv_timeout(Duration::from_millis(500)).is_ok_and(|bytes| !bytes.is_empty()) {}
            drop(stream.shutdown(Shutdown::Both));
            return end;
        }
        let wait = end.secured.poll_timeout().map_or(Duration::MAX, |due| due.saturating_duration_since(epoch()));
        match incoming.recv_timeout(wait.min(PATIENCE)) {
            Ok(bytes) if bytes.is_empty() => end.secured.handle_closed(epoch()),
            Ok(bytes) => end.secured.handle_bytes(epoch(), &bytes),
            Err(RecvTimeoutError::Timeout) => end.secured.handle_timeout(epoch()),
            Err(RecvTimeoutError::Disconnected) => end.secured.handle_closed(epoch()),
        }
    }
}

/// What came of two ends, and what the relay between them saw.
pub(crate) struct Played<R> {
    pub(crate) helper: HelperEnd,
    pub(crate) sharer: SharerEnd,
    pub(crate) relay: R,
    pub(crate) view: Vec<u8>,
}

/// Joins a helper and a sharer by a relay, until both have closed.
pub(crate) fn play<R: Relay + Send + 'static>(helper: HelperEnd, sharer: SharerEnd, relay: R) -> Played<R> {
    let start = epoch();
    let (serving, [helper_stream, sharer_stream]) = serve(relay);
    let sharer = thread::spawn(move || drive(sharer, sharer_stream, SharerEnd::act));
    let helper = drive(helper, helper_stream, HelperEnd::act);
    let sharer = sharer.join().unwrap();
    let (relay, view) = serving.end();
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    Played { helper, sharer, relay, view }
}
