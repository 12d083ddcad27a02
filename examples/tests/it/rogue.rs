//! A helper of the tests' own: honest in its handshake, and then it says what no honest app would.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rh_auth::code::LiveCode;
use rh_proto::{
    credential::{Binding, Role},
    io::tls::{Channel, Identity},
    msg::{self, Body},
    session::{Helper, HelperEvent, Settings},
};

use crate::programs::PATIENCE;

/// A real session over a real connection, with its plaintext in the test's hands: bytes can be put in between those of the session.
pub struct Rogue {
    socket: TcpStream,
    channel: Channel,
    session: Helper,
}

impl Rogue {
    /// Lets the next sharer in that dials and knows the code.
    pub fn meet(listener: &TcpListener, code: &LiveCode) -> Self {
        let opened = Instant::now();
        let (mut socket, _) = listener.accept().expect("a sharer dials");
        socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a live socket");
        let mut channel = Channel::client(&Identity::from_seed([1; 32])).expect("the machine has random numbers");
        while channel.is_handshaking() {
            assert!(opened.elapsed() < PATIENCE, "TLS came to no end");
            send(&mut socket, &mut channel);
            receive(&mut socket, &mut channel, |_| {});
        }
        let binding = Binding { role: Role::Helper, exporter: channel.exporter().expect("TLS stands"), session_id: [2; 16] };
        let session = Helper::new(Settings::default(), code.credential([3; 32]), binding, opened);
        Self { socket, channel, session }
    }

    /// The session, to do with it what a helper may.
    pub fn session(&mut self) -> &mut Helper {
        &mut self.session
    }

    /// Sends a message behind the session's back: of its state it knows nothing.
    pub fn forge(&mut self, body: &impl Body) {
        let mut frame = BytesMut::new();
        msg::write(body, &mut frame).expect("the message has a form on the wire");
        self.flush();
        self.say(&frame);
    }

    /// Waits for an event. Pictures are acknowledged, and looked at by nobody.
    pub fn expect<T>(&mut self, what: &str, mut wanted: impl FnMut(&HelperEvent) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            while let Some(event) = self.session.poll_event() {
                if let HelperEvent::Frame { id, .. } = event {
                    self.session.ack_frame(Instant::now(), id, Duration::ZERO).expect("the frame came just now");
                }
                if let Some(value) = wanted(&event) {
                    return value;
                }
                if !matches!(event, HelperEvent::Frame { .. }) {
                    seen.push(event);
                }
            }
            assert!(!self.session.is_closed() && Instant::now() < until, "{what} did not happen; what did: {seen:#?}");
            self.turn();
        }
    }

    /// Sends what waits, and takes what comes.
    fn turn(&mut self) {
        self.session.handle_timeout(Instant::now());
        self.flush();
        let session = &mut self.session;
        let open = receive(&mut self.socket, &mut self.channel, |plaintext| {
            // An error closes the session, which `expect` notices.
            let _ = session.handle_bytes(Instant::now(), plaintext);
        });
        if !open {
            self.session.handle_closed(Instant::now());
        }
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(message) = self.session.poll_transmit() {
            self.say(&message);
        }
    }

    fn say(&mut self, mut plaintext: &[u8]) {
        while !plaintext.is_empty() {
            let taken = self.channel.send_plaintext(plaintext).expect("the channel is open");
            plaintext = &plaintext[taken..];
            send(&mut self.socket, &mut self.channel);
        }
    }
}

fn send(socket: &mut TcpStream, channel: &mut Channel) {
    let mut records = Vec::new();
    channel.poll_transmit(&mut records);
    socket.write_all(&records).expect("the sharer reads");
}

/// Waits for bytes for a moment, and hands over what is in them; `false` when no more will come.
fn receive(socket: &mut TcpStream, channel: &mut Channel, mut take: impl FnMut(&[u8])) -> bool {
    let mut bytes = [0; 16 * 1024];
    let count = match socket.read(&mut bytes) {
        Ok(count) => count,
        Err(error) => return matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    };
    let mut records = &bytes[..count];
    while !records.is_empty() {
        let taken = channel.handle_records(records).expect("the sharer's records are whole");
        records = &records[taken..];
        while !channel.plaintext().is_empty() {
            let plaintext = channel.plaintext();
            let length = plaintext.len();
            take(plaintext);
            channel.consume_plaintext(length);
        }
    }
    count > 0
}
