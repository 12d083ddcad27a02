//! A session inside its TLS connection: network bytes in, network bytes out.

use std::fmt;
use std::time::Instant;

use bytes::Bytes;

use super::{Channel, Error, Identity, PublicKey};
use crate::credential::{Binding, ChannelKeys, Credential, Role};
use crate::error::CloseCode;
use crate::session::{Close, Helper, HelperEvent, Settings, Sharer, SharerEvent};

/// Session bytes gathered for one [`Secured::poll_transmit`]: a full TLS record. More would queue in the transport, where a key press cannot overtake a picture.
const FLIGHT: usize = 16 * 1024;

/// What [`Helper`] and [`Sharer`] have in common: enough to drive either from the same loop. Each method is the inherent one of that name.
pub trait Session: Sized {
    /// What happens at this side.
    type Event;

    /// Which side it is; the helper is the TLS client.
    const ROLE: Role;

    /// Starts the session.
    fn new(settings: Settings, credential: Box<dyn Credential>, binding: Binding, now: Instant) -> Self;

    /// Takes bytes of the peer.
    ///
    /// # Errors
    /// When they ended the session; the `Closed` event says so, too.
    fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) -> Result<(), crate::error::Error>;

    /// The time of [`poll_timeout`](Self::poll_timeout) has come.
    fn handle_timeout(&mut self, now: Instant);

    /// The transport is gone.
    fn handle_closed(&mut self, now: Instant);

    /// The next bytes for the peer.
    fn poll_transmit(&mut self) -> Option<Bytes>;

    /// What happened next.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// When to call [`handle_timeout`](Self::handle_timeout).
    fn poll_timeout(&self) -> Option<Instant>;

    /// Whether the session is over.
    fn is_closed(&self) -> bool;

    /// The event that ends a session.
    fn closed(close: Close) -> Self::Event;

    /// How the session ended, if `event` says that it did.
    fn closing(event: &mut Self::Event) -> Option<&mut Close>;
}

/// One end of a session with everything between it and the transport: the inner TLS connection, the session over it once that stands, and the one hand-shake
/// time-out over both.
///
/// It has the session's own contract ([`session`](crate::session)), with network bytes in place of the session's: `handle_*` takes what happened, then
/// drain [`poll_event`](Self::poll_event), [`poll_transmit`](Self::poll_transmit) and [`poll_timeout`](Self::poll_timeout). What a person does goes to the
/// session itself, by [`session_mut`](Self::session_mut); drain after that, too.
///
/// Whatever goes wrong below the session ends it with the same `Closed` event as anything else, also before there is a session.
///
/// To hang up a TCP socket: once [`is_closed`](Self::is_closed), send what [`poll_transmit`](Self::poll_transmit) still gives, shut down writing, and read to
/// the end, for a second at most, before dropping it. A socket dropped with bytes unread resets the connection, and the farewell may never be read.
pub struct Secured<S> {
    channel: Channel,
    stage: Stage<S>,
    /// When the transport was opened: the hand-shake time-out counts from here.
    opened: Instant,
    /// Session bytes that the channel has not taken yet. Kept for its capacity.
    plain: Vec<u8>,
    /// A fault of the connection, which the session can only see as a lost transport.
    fault: Option<Close>,
}

enum Stage<S> {
    /// TLS agrees on keys.
    Handshaking(Box<Opening>),
    /// The session runs, or has run.
    Open(Box<S>),
    /// TLS never came to stand; the event that says so, until it is taken.
    Failed(Option<Close>),
}

/// What the session will be made of.
struct Opening {
    settings: Settings,
    credential: Box<dyn Credential>,
    own: PublicKey,
    session_id: [u8; 16],
}

impl Secured<Helper> {
    /// The helper's end; its first bytes wait in [`poll_transmit`](Self::poll_transmit).
    ///
    /// `session_id`: 16 random bytes in a direct session, the ticket's where there is one.
    ///
    /// # Errors
    /// [`Error::Backend`] where the machine gives no random numbers.
    pub fn helper(
        identity: &Identity,
        session_id: [u8; 16],
        settings: Settings,
        credential: Box<dyn Credential>,
        now: Instant,
    ) -> Result<Self, Error> {
        Ok(Self::new(Channel::client(identity)?, Opening { settings, credential, own: *identity.public_key(), session_id }, now))
    }
}

impl Secured<Sharer> {
    /// The sharer's end. It learns the session id from the helper's hello.
    ///
    /// # Errors
    /// [`Error::Backend`] where the machine gives no random numbers.
    pub fn sharer(identity: &Identity, settings: Settings, credential: Box<dyn Credential>, now: Instant) -> Result<Self, Error> {
        Ok(Self::new(Channel::server(identity)?, Opening { settings, credential, own: *identity.public_key(), session_id: [0; 16] }, now))
    }
}

impl<S> Secured<S> {
    fn new(channel: Channel, opening: Opening, now: Instant) -> Self {
        Self { channel, stage: Stage::Handshaking(Box::new(opening)), opened: now, plain: Vec::new(), fault: None }
    }

    /// The session; `None` until TLS stands.
    #[must_use]
    pub fn session(&self) -> Option<&S> {
        match &self.stage {
            Stage::Open(session) => Some(session),
            Stage::Handshaking(_) | Stage::Failed(_) => None,
        }
    }

    /// The session, for what the person does; `None` until TLS stands. Its bytes are this type's to take and give.
    #[must_use]
    pub fn session_mut(&mut self) -> Option<&mut S> {
        match &mut self.stage {
            Stage::Open(session) => Some(session),
            Stage::Handshaking(_) | Stage::Failed(_) => None,
        }
    }

    /// The key that the peer has proven to hold. Who that is, the session's credential says.
    #[must_use]
    pub fn peer_key(&self) -> Option<PublicKey> {
        self.channel.peer_key()
    }
}

impl<S: Session> Secured<S> {
    /// Takes bytes of the transport, chunked in any way.
    pub fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) {
        self.handle_timeout(now);
        let mut rest = bytes;
        while !rest.is_empty() && !self.is_closed() {
            match self.channel.handle_records(rest) {
                Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
                Err(error) => return self.fail(now, &error),
            }
            if let Err(error) = self.open() {
                return self.fail(now, &error);
            }
            self.deliver(now);
        }
        if self.channel.is_peer_closed() {
            self.handle_closed(now);
        }
    }

    /// Starts the session when TLS stands.
    fn open(&mut self) -> Result<(), Error> {
        if self.channel.is_handshaking() || !matches!(self.stage, Stage::Handshaking(_)) {
            return Ok(());
        }
        let exporter = self.channel.exporter()?;
        if let Stage::Handshaking(opening) = std::mem::replace(&mut self.stage, Stage::Failed(None)) {
            let Opening { settings, mut credential, own, session_id } = *opening;
            if let Some(peer) = self.channel.peer_key() {
                credential.secured(&ChannelKeys { own: *own.spki(), peer: *peer.spki() });
            }
            let binding = Binding { role: S::ROLE, exporter, session_id };
            // Dated back, so that one time-out covers TLS and pairing together.
            self.stage = Stage::Open(Box::new(S::new(settings, credential, binding, self.opened)));
        }
        Ok(())
    }

    /// Hands all waiting plaintext to the session. There is none before it is open, since TLS gives none before its end.
    fn deliver(&mut self, now: Instant) {
        loop {
            let plaintext = self.channel.plaintext();
            let count = plaintext.len();
            if count == 0 {
                return;
            }
            if let Stage::Open(session) = &mut self.stage {
                // An error has closed the session, and its event says so: nothing is left to do here.
                let _closed = session.handle_bytes(now, plaintext);
            }
            self.channel.consume_plaintext(count);
        }
    }

    /// The transport has ended, or cannot be written to any more.
    pub fn handle_closed(&mut self, now: Instant) {
        if let Err(error) = self.channel.handle_eof() {
            return self.fail(now, &error);
        }
        self.end(now, || Close {
            code: CloseCode::TRANSPORT_GONE,
            text: String::from("the other side closed the connection before the session began"),
            by_peer: true,
            clean: false,
        });
    }

    fn fail(&mut self, now: Instant, error: &Error) {
        let close = || Close { code: error.close_code(), text: error.to_string(), by_peer: matches!(error, Error::Alert(_)), clean: false };
        // A lost link the session can name itself.
        if !self.is_closed() && *error != Error::Truncated {
            self.fault = Some(close());
        }
        self.end(now, close);
    }

    fn end(&mut self, now: Instant, close: impl FnOnce() -> Close) {
        match &mut self.stage {
            Stage::Handshaking(_) => self.stage = Stage::Failed(Some(close())),
            Stage::Open(session) => session.handle_closed(now),
            Stage::Failed(_) => {}
        }
    }

    /// The time of [`poll_timeout`](Self::poll_timeout) has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Stage::Open(session) = &mut self.stage {
            session.handle_timeout(now);
        } else if self.poll_timeout().is_some_and(|due| due <= now) {
            self.end(now, || Close {
                code: CloseCode::HANDSHAKE_TIMEOUT,
                text: String::from("the other side did not complete the protected connection in time"),
                by_peer: false,
                clean: false,
            });
            self.channel.close();
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout); replaces every earlier answer.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Handshaking(opening) => self.opened.checked_add(opening.settings.timers.handshake),
            Stage::Open(session) => session.poll_timeout(),
            Stage::Failed(_) => None,
        }
    }

    /// What happened next; `None` when all is told.
    pub fn poll_event(&mut self) -> Option<S::Event> {
        match &mut self.stage {
            Stage::Handshaking(_) => None,
            Stage::Open(session) => {
                let mut event = session.poll_event()?;
                if let (Some(fault), Some(close)) = (&self.fault, S::closing(&mut event)) {
                    close.clone_from(fault);
                }
                Some(event)
            }
            Stage::Failed(close) => close.take().map(S::closed),
        }
    }

    /// Appends bytes for the transport, and returns how many: at most a few records, so that what is urgent can still overtake what is large. Call until it
    /// gives 0, or until the transport takes no more. After the end, too: the farewell, or an alert that tells the peer what is wrong, waits here.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> usize {
        if let Stage::Open(session) = &mut self.stage {
            let mut drained = false;
            while self.plain.len() < FLIGHT && !drained {
                match session.poll_transmit() {
                    Some(message) => self.plain.extend_from_slice(&message),
                    None => drained = true,
                }
            }
            // A channel that has failed takes nothing, for good.
            let taken = self.channel.send_plaintext(&self.plain).unwrap_or(self.plain.len());
            self.plain.drain(..taken);
            if drained && self.plain.is_empty() && session.is_closed() {
                self.channel.close();
            }
        }
        self.channel.poll_transmit(out)
    }

    /// Whether it is over. What [`poll_event`](Self::poll_event) and [`poll_transmit`](Self::poll_transmit) still give, is still to be taken.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.stage {
            Stage::Handshaking(_) => false,
            Stage::Open(session) => session.is_closed(),
            Stage::Failed(_) => true,
        }
    }
}

impl<S> fmt::Debug for Secured<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Handshaking(_) => "Handshaking",
            Stage::Open(_) => "Open",
            Stage::Failed(_) => "Failed",
        };
        f.debug_struct("Secured").field("stage", &stage).field("channel", &self.channel).finish_non_exhaustive()
    }
}

macro_rules! session {
    ($session:ident, $event:ident) => {
        impl Session for $session {
            type Event = $event;

            const ROLE: Role = Role::$session;

            fn new(settings: Settings, credential: Box<dyn Credential>, binding: Binding, now: Instant) -> Self {
                Self::new(settings, credential, binding, now)
            }

            fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) -> Result<(), crate::error::Error> {
                self.handle_bytes(now, bytes)
            }

            fn handle_timeout(&mut self, now: Instant) {
                self.handle_timeout(now);
            }

            fn handle_closed(&mut self, now: Instant) {
                self.handle_closed(now);
            }

            fn poll_transmit(&mut self) -> Option<Bytes> {
                self.poll_transmit()
            }

            fn poll_event(&mut self) -> Option<Self::Event> {
                self.poll_event()
            }

            fn poll_timeout(&self) -> Option<Instant> {
                self.poll_timeout()
            }

            fn is_closed(&self) -> bool {
                self.is_closed()
            }

            fn closed(close: Close) -> Self::Event {
                $event::Closed(close)
            }

            fn closing(event: &mut Self::Event) -> Option<&mut Close> {
                match event {
                    $event::Closed(close) => Some(close),
                    _ => None,
                }
            }
        }
    };
}

session!(Helper, HelperEvent);
session!(Sharer, SharerEvent);
