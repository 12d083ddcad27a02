//! What both ends have in common: greeting, authentication, keep-alive, chat, clipboard, pause, refusal, end.

mod handshake;

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};

use super::flow::Rate;
use super::outbox::{Outbox, Slot};
use super::timer::{Timer, Timers};
use super::transcript::Transcript;
use super::{Close, PeerInfo, Settings};
use crate::credential::{Binding, Credential, Role};
use crate::error::{CloseCode, DenyCode, Error};
use crate::frame::{Decoder, Flags, Frame};
use crate::limits::charge;
use crate::mode::{Action, Direction, Gates, State, Subject, action};
use crate::msg::chat::{Chat, ChatAck};
use crate::msg::clipboard::Clipboard;
use crate::msg::control::{Denied, Pause, PauseReason, Ping, Pong};
use crate::msg::hello::{Capabilities, Hello, Versions};
use crate::msg::profile::Portrait;
use crate::msg::{Message, MessageType};
use crate::nego::Agreed;
use crate::wire::Text;

/// How far the two sides have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    Authenticating,
    Open,
    Closed,
}

/// Something that both kinds of session tell their app in the same words.
#[derive(Debug)]
pub(crate) enum Shared {
    Hello(PeerInfo),
    Authenticated,
    Chat { id: u32, text: Text },
    ChatDelivered { id: u32 },
    Clipboard(Text),
    Portrait(Bytes),
    Denied { message: MessageType, code: DenyCode, id: u32 },
    Paused { paused: bool, reason: PauseReason },
    Rtt(Duration),
}

/// What came of a frame.
#[derive(Debug)]
pub(crate) enum Received {
    /// Nothing that the owner needs to know.
    Nothing,
    /// To be passed on.
    Event(Shared),
    /// The peer left.
    Closed(Close),
    /// For the owner to act on; the table has accepted it.
    Message(Message),
}

pub(crate) struct Link {
    role: Role,
    pub(crate) settings: Settings,
    binding: Binding,
    /// Until authenticated: afterwards its secrets have no business in memory.
    credential: Option<Box<dyn Credential>>,
    phase: Phase,
    /// Received, not taken apart. Invariant: between calls, less than one wire frame.
    input: BytesMut,
    decoder: Decoder,
    transcript: Transcript,
    /// What was sent as `AuthOk`: from then on the transcript is closed.
    confirmed: Option<[u8; 32]>,
    /// The hello to compare an answer with (helper), or to answer with (sharer).
    hello: Hello,
    pub(crate) agreed: Option<Agreed>,
    pub(crate) outbox: Outbox,
    pub(crate) timers: Timers,
    messages: Rate,
    chats: Rate,
    requests: Rate,
    /// Zero of the time stamps in pings.
    epoch: Instant,
    /// The ping that was not answered yet.
    ping: Option<u64>,
    pub(crate) paused_here: bool,
    pub(crate) paused_there: bool,
    last_chat: u32,
    last_clipboard: u32,
    /// Whether a portrait was sent, and whether one was received: each side has one face.
    portrait_sent: bool,
    portrait_received: bool,
}

impl Link {
    pub(crate) fn new(settings: Settings, credential: Box<dyn Credential>, binding: Binding, now: Instant) -> Self {
        let limits = &settings.limits;
        let mut decoder = Decoder::new(limits);
        decoder.set_max_body(limits.handshake_frame);
        let mut timers = Timers::default();
        timers.set(Timer::Handshake, now, settings.timers.handshake);
        let capabilities = if settings.clipboard { settings.capabilities } else { settings.capabilities.without(Capabilities::CLIPBOARD) };
        let hello = Hello {
            role: binding.role,
            versions: Versions::SPOKEN,
            capabilities,
            session_id: binding.session_id,
            window: settings.window,
            version: settings.app.version,
            min_peer: settings.min_peer,
            name: Text::from(clip(&settings.app.name, limits.text)),
            profiles: settings.profiles.clone(),
            extensions: Vec::new(),
        };
        Self {
            role: binding.role,
            binding,
            credential: Some(credential),
            phase: Phase::Greeting,
            input: BytesMut::new(),
            decoder,
            transcript: Transcript::default(),
            confirmed: None,
            hello,
            agreed: None,
            outbox: Outbox::new(limits.queued),
            timers,
            messages: Rate::new("messages per second", limits.messages_per_second),
            chats: Rate::new("chat messages per second", limits.chats_per_second),
            requests: Rate::new("mode requests per second", limits.requests_per_second),
            epoch: now,
            ping: None,
            paused_here: false,
            paused_there: false,
            last_chat: 0,
            last_clipboard: 0,
            portrait_sent: false,
            portrait_received: false,
            settings,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// What both sides have confirmed; `None` until the peer is authenticated.
    pub(crate) fn transcript(&self) -> Option<[u8; 32]> {
        self.confirmed.filter(|_| self.is_open())
    }

    /// `Ok` when the peer is authenticated.
    pub(crate) fn require_open(&self) -> Result<(), Error> {
        match self.phase {
            Phase::Open => Ok(()),
            Phase::Closed => Err(Error::ApiMisuse { what: "the session has ended" }),
            Phase::Greeting | Phase::Authenticating => Err(Error::ApiMisuse { what: "the peer is not authenticated yet" }),
        }
    }

    /// The state for the table where no mode is granted; `None` when one may be.
    pub(crate) fn state_without_mode(&self) -> Option<State> {
        match self.phase {
            Phase::Greeting => Some(State::Greeting),
            Phase::Authenticating => Some(State::Authenticating),
            Phase::Closed => Some(State::Closed),
            Phase::Open => None,
        }
    }

    /// Sends the helper's hello.
    pub(crate) fn greet(&mut self) -> Result<(), Error> {
        let hello = self.outbox.insist(&self.hello)?;
        self.transcript.push(self.role, &hello, self.settings.limits.handshake)
    }

    /// Takes bytes of the peer, which prove that it lives.
    pub(crate) fn push(&mut self, now: Instant, bytes: &[u8]) {
        if self.is_closed() || bytes.is_empty() {
            return;
        }
        self.input.extend_from_slice(bytes);
        if self.is_open() {
            self.timers.set(Timer::Dead, now, self.settings.timers.dead);
        }
    }

    pub(crate) fn next_frame(&mut self) -> Result<Option<Frame>, Error> {
        if self.is_closed() { Ok(None) } else { self.decoder.decode(&mut self.input) }
    }

    /// Decides on a frame by the table and acts on it as far as both ends do the same.
    pub(crate) fn receive(&mut self, now: Instant, state: State, frame: Frame) -> Result<Received, Error> {
        if frame.message != MessageType::FRAGMENT {
            self.messages.charge(now)?;
        }
        match frame.message {
            MessageType::CHAT => self.chats.charge(now)?,
            MessageType::MODE_REQUEST => self.requests.charge(now)?,
            _ => {}
        }
        let direction = match self.role {
            Role::Helper => Direction::ToHelper,
            Role::Sharer => Direction::ToSharer,
        };
        let subject = Subject::of(frame.message, frame.flags);
        let action = action(state, direction, subject, self.gates());
        if frame.flags != Flags::default() && matches!(subject, Subject::Known(_)) && !matches!(action, Action::Close(_)) {
            return Err(Error::Unsupported { what: "a flag in a frame header" });
        }
        match action {
            Action::Ignore => Ok(Received::Nothing),
            Action::Close(CloseCode::UNSUPPORTED) => Err(Error::Unsupported { what: "a message type" }),
            Action::Close(code) => Err(Error::PeerViolation { code, what: "a message has no place in this state" }),
            Action::Deny(code) => {
                let denied = Denied { message: frame.message, code, id: id_of(&frame) };
                self.reply(&denied).map(|()| Received::Nothing)
            }
            Action::Accept => self.accept(now, frame),
        }
    }

    pub(crate) fn gates(&self) -> Gates {
        let capabilities = self.agreed.map_or(Capabilities::default(), |agreed| agreed.capabilities);
        Gates {
            chat: self.settings.chat,
            clipboard: self.settings.clipboard && capabilities.contains(Capabilities::CLIPBOARD),
            annotation: capabilities.contains(Capabilities::ANNOTATION),
        }
    }

    fn accept(&mut self, now: Instant, frame: Frame) -> Result<Received, Error> {
        match frame.message {
            MessageType::HELLO => return self.handle_hello(now, frame),
            MessageType::AUTH | MessageType::AUTH_OK => return self.handle_auth(now, frame),
            _ => {}
        }
        let event = match Message::decode(frame, &self.settings.limits)? {
            Message::Close(close) => {
                return Ok(Received::Closed(Close {
                    code: close.code,
                    text: close.text.as_str().into(),
                    by_peer: true,
                    clean: is_clean(close.code),
                }));
            }
            Message::Ping(ping) => {
                self.reply(&Pong { time: ping.time })?;
                return Ok(Received::Nothing);
            }
            Message::Pong(pong) => {
                // Only the newest ping counts: an invented or late answer measures nothing.
                if self.ping != Some(pong.time) {
                    return Ok(Received::Nothing);
                }
                self.ping = None;
                Shared::Rtt(Duration::from_micros(self.stamp(now).saturating_sub(pong.time)))
            }
            Message::Denied(denied) => Shared::Denied { message: denied.message, code: denied.code, id: denied.id },
            Message::Pause(pause) => {
                self.paused_there = pause.paused;
                Shared::Paused { paused: pause.paused, reason: pause.reason }
            }
            Message::Chat(Chat { id, text }) => {
                self.reply(&ChatAck { id })?;
                Shared::Chat { id, text }
            }
            Message::ChatAck(ChatAck { id }) => {
                if id == 0 || id > self.last_chat {
                    return Err(Error::PeerViolation {
                        code: CloseCode::VIOLATION,
                        what: "a chat message was acknowledged that was not sent",
                    });
                }
                Shared::ChatDelivered { id }
            }
            Message::Clipboard(Clipboard { text, .. }) => Shared::Clipboard(text),
            Message::Portrait(Portrait { file }) => {
                if std::mem::replace(&mut self.portrait_received, true) {
                    return Err(Error::PeerViolation { code: CloseCode::VIOLATION, what: "a second profile picture" });
                }
                Shared::Portrait(file)
            }
            message => return Ok(Received::Message(message)),
        };
        Ok(Received::Event(event))
    }

    /// Sends an answer that the peer caused. One that it does not read is its fault.
    pub(crate) fn reply<B: crate::msg::Body>(&mut self, body: &B) -> Result<(), Error> {
        self.outbox.control(body).map_err(|error| match error {
            Error::Busy => Error::LimitExceeded { what: "answers that the peer does not read", limit: self.settings.limits.queued },
            error => error,
        })
    }

    fn stamp(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.epoch).as_micros()).unwrap_or(u64::MAX)
    }

    /// Sends a ping and sets the time of the next.
    pub(crate) fn send_ping(&mut self, now: Instant) {
        let time = self.stamp(now);
        // With a full queue the peer hears from us anyway.
        if self.outbox.control(&Ping { time }).is_ok() {
            self.ping = Some(time);
        }
        // A setting of zero must not make the next ping due at once, forever.
        self.timers.set(Timer::KeepAlive, now, self.settings.timers.keep_alive.max(Duration::from_millis(1)));
    }

    pub(crate) fn send_chat(&mut self, text: &str) -> Result<u32, Error> {
        if !self.settings.chat {
            return Err(Error::ApiMisuse { what: "chat is switched off" });
        }
        charge("chat", text.len(), self.settings.limits.chat)?;
        let id = next_id(self.last_chat)?;
        self.outbox.control(&Chat { id, text: Text::from(text) })?;
        self.last_chat = id;
        Ok(id)
    }

    pub(crate) fn send_clipboard(&mut self, text: &str) -> Result<(), Error> {
        if !self.gates().clipboard {
            return Err(Error::ApiMisuse { what: "clipboard text is switched off on one of the two sides" });
        }
        charge("clipboard text", text.len(), self.settings.limits.clipboard)?;
        let id = next_id(self.last_clipboard)?;
        self.outbox.replace(Slot::Clipboard, &Clipboard { id, text: Text::from(text) })?;
        self.last_clipboard = id;
        Ok(())
    }

    pub(crate) fn send_portrait(&mut self, file: Bytes) -> Result<(), Error> {
        self.require_open()?;
        charge("profile picture", file.len(), self.settings.limits.portrait)?;
        if self.portrait_sent {
            return Err(Error::ApiMisuse { what: "a profile picture was sent already" });
        }
        self.outbox.portrait(&Portrait { file })?;
        self.portrait_sent = true;
        Ok(())
    }

    pub(crate) fn send_pause(&mut self, paused: bool, reason: PauseReason) -> Result<(), Error> {
        self.outbox.insist(&Pause { paused, reason }).map(drop)
    }

    /// Ends the session: `there` is told to the peer, if it can still be told anything.
    pub(crate) fn close(&mut self, now: Instant, code: CloseCode, there: Option<&str>) {
        if let Some(mut credential) = self.credential.take() {
            credential.abandon(now);
        }
        match there {
            Some(text) => {
                self.outbox.keep_control();
                let text = Text::from(clip(text, self.settings.limits.text));
                // A code and a short text always fit.
                let _ = self.outbox.insist(&crate::msg::control::Close { code, text });
            }
            None => self.outbox.clear(),
        }
        self.phase = Phase::Closed;
        self.input = BytesMut::new();
        self.transcript = Transcript::default();
        self.timers.clear();
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Bytes> {
        self.outbox.pop()
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("role", &self.role).field("phase", &self.phase).field("agreed", &self.agreed).finish_non_exhaustive()
    }
}

/// What an error tells the person at the other side.
pub(crate) fn farewell(error: &Error) -> String {
    match error {
        Error::Refused { there, .. } => there.clone(),
        error => error.to_string(),
    }
}

/// Whether a code stands for an end on purpose.
pub(crate) fn is_clean(code: CloseCode) -> bool {
    // The first range of codes; see `CloseCode`.
    (CloseCode::LEFT.0..CloseCode::MALFORMED.0).contains(&code.0)
}

pub(crate) fn next_id(last: u32) -> Result<u32, Error> {
    last.checked_add(1).ok_or(Error::ApiMisuse { what: "ids are used up; a new session is needed" })
}

/// The id of a message that has one at its front; a denial names it.
fn id_of(frame: &Frame) -> u32 {
    let has_id = matches!(frame.message, MessageType::CHAT | MessageType::CLIPBOARD | MessageType::INPUT | MessageType::STROKE);
    frame.body.first_chunk().filter(|_| has_id).map_or(0, |id| u32::from_be_bytes(*id))
}

/// The longest prefix of at most `limit` bytes that ends between characters.
fn clip(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
