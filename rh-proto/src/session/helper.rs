//! The helper's end: sees, and when allowed controls.

mod send;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};

use super::event::HelperEvent;
use super::link::{Link, Received, farewell, next_id};
use super::outbox::Slot;
use super::timer::Timer;
use super::{Close, Settings};
use crate::credential::{Binding, Credential, Role};
use crate::error::{CloseCode, Error};
use crate::limits::charge;
use crate::mode::{Mode, ModeSet, State, lower, request};
use crate::msg::Message;
use crate::msg::graphics::{Fragment, FragmentFlags, FrameAck, FrameId};
use crate::msg::layout::DisplayId;
use crate::msg::mode::{ModeCancel, ModeDowngrade, ModeId, ModeRequest, RequestId};

/// A frame whose last fragment has not come.
#[derive(Debug)]
struct Partial {
    display: DisplayId,
    id: FrameId,
    anew: bool,
}

/// The helper's end of a session. See the [module](super) for the order of calls.
pub struct Helper {
    link: Link,
    events: VecDeque<HelperEvent>,
    mode: Option<Mode>,
    /// Whether any mode was granted so far.
    started: bool,
    /// What was asked for and not answered.
    pending: Option<(RequestId, Mode)>,
    last_request: u32,
    last_input: u32,
    partial: Option<Partial>,
    /// The payload of `partial` so far. Invariant: `assembly.len() <= limits.picture`.
    assembly: BytesMut,
    /// Ids of complete frames that were not acknowledged, in order. Invariant: at most the window's frames.
    delivered: VecDeque<FrameId>,
    last_frame: FrameId,
    /// Frames mean nothing to the decoder until one that starts anew.
    skipping: bool,
}

impl Helper {
    /// Starts a session: the hello is ready to be sent.
    ///
    /// `binding.session_id` is drawn at random by the caller; `binding.role` does not matter.
    #[must_use]
    pub fn new(settings: Settings, credential: Box<dyn Credential>, binding: Binding, now: Instant) -> Self {
        let binding = Binding { role: Role::Helper, ..binding };
        let mut helper = Self {
            link: Link::new(settings, credential, binding, now),
            events: VecDeque::new(),
            mode: None,
            started: false,
            pending: None,
            last_request: 0,
            last_input: 0,
            partial: None,
            assembly: BytesMut::new(),
            delivered: VecDeque::new(),
            last_frame: FrameId(0),
            skipping: true,
        };
        if let Err(error) = helper.link.greet() {
            helper.fail(now, &error);
        }
        helper
    }

    /// The hash that both sides have confirmed with `AuthOk`, the same at both; `None` before `Authenticated` and after the end. What outlives the connection,
    /// such as a resume ticket, is bound to it.
    #[must_use]
    pub fn transcript(&self) -> Option<[u8; 32]> {
        self.link.transcript()
    }

    /// Takes bytes of the peer, cut anywhere. They are used up, also on an error.
    ///
    /// # Errors
    /// What ended the session, once: it is closed then, with `Close` waiting to be sent. Bytes after the end are ignored.
    pub fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Error> {
        self.link.push(now, bytes);
        self.handle_timeout(now);
        loop {
            match self.link.next_frame().and_then(|frame| frame.map(|frame| self.handle_frame(now, frame)).transpose()) {
                Ok(Some(())) => {}
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.fail(now, &error);
                    return Err(error);
                }
            }
        }
    }

    fn handle_frame(&mut self, now: Instant, frame: crate::frame::Frame) -> Result<(), Error> {
        match self.link.receive(now, self.state(), frame)? {
            Received::Nothing => Ok(()),
            Received::Event(event) => {
                self.events.push_back(event.into());
                Ok(())
            }
            Received::Closed(close) => {
                self.end(now, None, close);
                Ok(())
            }
            Received::Message(message) => self.handle_message(message),
        }
    }

    fn handle_message(&mut self, message: Message) -> Result<(), Error> {
        match message {
            Message::ConsentPending(pending) if self.is_pending(pending.id) => {
                self.events.push_back(HelperEvent::ConsentPending { id: pending.id });
            }
            Message::ModeGrant(grant) => match self.pending {
                Some((id, mode)) if id == grant.id => {
                    if mode.id() != grant.mode {
                        return Err(Error::PeerViolation { code: CloseCode::VIOLATION, what: "a mode was granted that was not asked for" });
                    }
                    self.pending = None;
                    self.mode = Some(mode);
                    self.started = true;
                    self.events.push_back(HelperEvent::ModeGranted(mode));
                }
                // It crossed a cancellation, which undoes it at the sharer.
                _ => {}
            },
            Message::ModeDecline(decline) if self.is_pending(decline.id) => {
                self.pending = None;
                self.events.push_back(HelperEvent::ModeDeclined { id: decline.id, reason: decline.reason });
            }
            Message::ModeRevoke(revoke) => {
                let left = lower(self.mode, Mode::from_id(revoke.mode));
                if left != self.mode {
                    self.lose_rights(left);
                    self.events.push_back(HelperEvent::ModeRevoked { now: left });
                }
            }
            Message::Fragment(fragment) => self.handle_fragment(fragment)?,
            Message::Layout(layout) => self.events.push_back(HelperEvent::Layout(layout)),
            Message::CursorShape(shape) => self.events.push_back(HelperEvent::CursorShape(shape)),
            Message::CursorPosition(position) => self.events.push_back(HelperEvent::CursorPosition(Some(position))),
            Message::CursorHidden(_) => self.events.push_back(HelperEvent::CursorPosition(None)),
            // Answers to a request that is no longer waited for. What the link handles, or the table refuses, does not come here.
            _ => {}
        }
        Ok(())
    }

    fn is_pending(&self, id: RequestId) -> bool {
        self.pending.is_some_and(|(pending, _)| pending == id)
    }

    fn handle_fragment(&mut self, fragment: Fragment) -> Result<(), Error> {
        let violation = |what| Err(Error::PeerViolation { code: CloseCode::VIOLATION, what });
        let Fragment { display, frame: id, flags, payload } = fragment;
        if flags.0 & !FragmentFlags::LAST.union(FragmentFlags::ANEW).0 != 0 {
            return Err(Error::Unsupported { what: "a flag of a fragment" });
        }
        let (anew, last) = (flags.contains(FragmentFlags::ANEW), flags.contains(FragmentFlags::LAST));
        match &self.partial {
            Some(partial) if (partial.id, partial.display, partial.anew) == (id, display, anew) => {}
            Some(_) => return violation("frames overlap"),
            None => {
                if id <= self.last_frame {
                    return violation("a frame id is used again");
                }
                let window = self.link.agreed.map_or(1, |agreed| agreed.window.frames);
                if self.delivered.len() >= usize::from(window) {
                    return violation("more frames were sent than the window allows");
                }
                self.last_frame = id;
                self.assembly.clear();
                self.partial = Some(Partial { display, id, anew });
            }
        }
        charge("frame", self.assembly.len().saturating_add(payload.len()), self.link.settings.limits.picture)?;
        if !last {
            self.assembly.extend_from_slice(&payload);
            return Ok(());
        }
        self.partial = None;
        let payload = if self.assembly.is_empty() {
            payload
        } else {
            self.assembly.extend_from_slice(&payload);
            self.assembly.split().freeze()
        };
        self.delivered.push_back(id);
        self.skipping &= !anew;
        if self.skipping {
            return self.acknowledge(id, Duration::ZERO);
        }
        self.events.push_back(HelperEvent::Frame { display, id, anew, payload });
        Ok(())
    }

    fn acknowledge(&mut self, id: FrameId, decode: Duration) -> Result<(), Error> {
        while self.delivered.front().is_some_and(|&front| front <= id) {
            self.delivered.pop_front();
        }
        let ack = FrameAck {
            frame: id,
            decode_micros: u32::try_from(decode.as_micros()).unwrap_or(u32::MAX),
            queued: u16::try_from(self.delivered.len()).unwrap_or(u16::MAX),
        };
        self.link.outbox.replace(Slot::FrameAck, &ack)
    }

    /// The transport is gone: no more bytes will come or go.
    pub fn handle_closed(&mut self, now: Instant) {
        let text = String::from("the connection ended without a word from the other side");
        self.end(now, None, Close { code: CloseCode::TRANSPORT_GONE, text, by_peer: false, clean: false });
    }

    /// Lets the time-outs up to `now` happen.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((timer, _)) = self.link.timers.expired(now) {
            match timer {
                Timer::Handshake => self.close(now, CloseCode::HANDSHAKE_TIMEOUT, "the handshake was not finished in time"),
                Timer::Dead => self.close(now, CloseCode::LINK_DEAD, "nothing was heard from the other side for too long"),
                Timer::KeepAlive => self.link.send_ping(now),
                Timer::Consent | Timer::Interlock | Timer::LocalInput => {}
            }
        }
    }

    /// The next bytes for the peer: whole wire frames, the most urgent first.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.link.poll_transmit()
    }

    /// The next thing for the app.
    pub fn poll_event(&mut self) -> Option<HelperEvent> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.link.timers.next()
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.link.is_closed()
    }

    /// The mode as far as this side knows. The sharer enforces its own view.
    #[must_use]
    pub fn mode(&self) -> Option<Mode> {
        self.mode
    }

    /// The column of the mode table that holds now.
    #[must_use]
    pub fn state(&self) -> State {
        self.link.state_without_mode().unwrap_or(match self.mode {
            None => State::Ready,
            Some(_) if self.link.paused_here || self.link.paused_there => State::Paused,
            Some(mode) => mode.into(),
        })
    }

    /// Asks for a mode. The answer is an event: `ModeGranted` or `ModeDeclined`, with `ConsentPending` before it while a person is asked.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] when the peer is not authenticated, another request waits, or the mode cannot be reached from the present one.
    pub fn request_mode(&mut self, now: Instant, mode: Mode) -> Result<RequestId, Error> {
        self.handle_timeout(now);
        self.link.require_open()?;
        if self.pending.is_some() {
            return Err(Error::ApiMisuse { what: "another request waits for its answer" });
        }
        let any = Mode::ALL.into_iter().fold(ModeSet::NONE, ModeSet::with);
        if request(self.mode, self.started, any, mode.id()).is_err() {
            return Err(Error::ApiMisuse { what: "the mode cannot be reached from the present one" });
        }
        let id = next_id(self.last_request)?;
        self.link.outbox.control(&ModeRequest { id: RequestId(id), mode: mode.id() })?;
        self.last_request = id;
        self.pending = Some((RequestId(id), mode));
        Ok(RequestId(id))
    }

    /// Withdraws the request that waits, if any. A grant that crosses this has no effect.
    ///
    /// # Errors
    /// None but [`Error::ApiMisuse`] before authentication and after the end.
    pub fn cancel_request(&mut self, now: Instant) -> Result<(), Error> {
        self.handle_timeout(now);
        self.link.require_open()?;
        if let Some((id, _)) = self.pending.take() {
            self.link.outbox.insist(&ModeCancel { id })?;
        }
        Ok(())
    }

    /// Gives up rights at once, without asking; `None` gives up all. A request that waits is withdrawn. Input that was not sent is thrown away.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] when `to` is not below the present mode. [`Mode::Unattended`] is only left by [`leave`](Self::leave).
    pub fn downgrade(&mut self, now: Instant, to: impl Into<Option<Mode>>) -> Result<(), Error> {
        self.handle_timeout(now);
        self.link.require_open()?;
        let to = to.into();
        let below = match (self.mode, to) {
            (Some(Mode::Unattended) | None, _) => false,
            (Some(_), None) => true,
            (Some(mode), Some(to)) => to < mode,
        };
        if !below {
            return Err(Error::ApiMisuse { what: "not a lower mode than the present one" });
        }
        self.cancel_request(now)?;
        self.link.outbox.insist(&ModeDowngrade { mode: to.map_or(ModeId::NONE, Mode::id) })?;
        self.lose_rights(to);
        Ok(())
    }

    fn lose_rights(&mut self, left: Option<Mode>) {
        self.mode = left;
        if !left.is_some_and(Mode::has_input) {
            self.link.outbox.clear_input();
        }
        if left.is_none() {
            self.link.outbox.clear_screen();
            self.events.retain(|event| !matches!(event, HelperEvent::Frame { .. }));
            self.partial = None;
            self.assembly = BytesMut::new();
            self.delivered.clear();
            self.skipping = true;
        }
    }

    fn require_mode(&self) -> Result<(), Error> {
        self.link.require_open()?;
        if self.mode.is_none() { Err(Error::ApiMisuse { what: "no mode is granted" }) } else { Ok(()) }
    }

    fn require_annotation(&self) -> Result<(), Error> {
        self.require_mode()?;
        if self.link.gates().annotation { Ok(()) } else { Err(Error::ApiMisuse { what: "pointing was not negotiated" }) }
    }

    /// Leaves. `reason` is one sentence for the person at the other side.
    pub fn leave(&mut self, now: Instant, reason: &str) {
        self.close(now, CloseCode::LEFT, reason);
    }

    /// Ends the session with a code of the app's choice, such as [`CloseCode::SESSION_LIMIT`].
    pub fn close(&mut self, now: Instant, code: CloseCode, text: &str) {
        let clean = super::link::is_clean(code);
        self.end(now, Some(text), Close { code, text: text.into(), by_peer: false, clean });
    }

    fn fail(&mut self, now: Instant, error: &Error) {
        let there = farewell(error);
        self.end(now, Some(&there), Close { code: error.close_code(), text: error.to_string(), by_peer: false, clean: false });
    }

    fn end(&mut self, now: Instant, there: Option<&str>, close: Close) {
        if self.link.is_closed() {
            return;
        }
        self.lose_rights(None);
        self.pending = None;
        self.link.close(now, close.code, there);
        self.events.push_back(HelperEvent::Closed(close));
    }
}

impl std::fmt::Debug for Helper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the events: what is on the screen, and what people type and say, stays out of logs.
        f.debug_struct("Helper").field("link", &self.link).field("state", &self.state()).field("mode", &self.mode).finish_non_exhaustive()
    }
}
