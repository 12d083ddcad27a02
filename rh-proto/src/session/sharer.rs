//! The sharer's end: shows its screen, decides, and enforces what it decided.

mod send;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::event::SharerEvent;
use super::flow::Flow;
use super::link::{Link, Received, Shared, farewell};
use super::timer::Timer;
use super::{Close, Settings};
use crate::credential::{Binding, Credential, Role};
use crate::error::{CloseCode, Error};
use crate::mode::{Mode, State, lower, request};
use crate::msg::Message;
use crate::msg::control::PauseReason;
use crate::msg::hello::Window;
use crate::msg::mode::{ConsentPending, DeclineReason, ModeDecline, ModeGrant, ModeId, ModeRequest, ModeRevoke, RequestId};

/// Signs of life of the indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interlock {
    /// It was not shown yet.
    Waiting,
    /// It showed life at this time.
    Live(Instant),
    /// It was there and is not any more.
    Lost,
}

/// A grant that the helper may still cancel, because it had not seen it.
#[derive(Debug, Clone, Copy)]
struct Grant {
    id: RequestId,
    before: Option<Mode>,
}

/// The sharer's end of a session. See the [module](super) for the order of calls.
///
/// No frame leaves unless a mode is granted, neither side has paused, and the indicator has shown life by [`beat`](Self::beat) within
/// [`Timers::interlock`](super::Timers::interlock).
pub struct Sharer {
    link: Link,
    events: VecDeque<SharerEvent>,
    mode: Option<Mode>,
    /// Whether any mode was granted so far.
    started: bool,
    /// What the person is being asked.
    pending: Option<(RequestId, Mode)>,
    last_request: RequestId,
    granted: Option<Grant>,
    interlock: Interlock,
    /// The person at the device uses it: the helper's input is refused until the timer ends.
    yielding: bool,
    /// What the helper was told last.
    announced: Option<PauseReason>,
    flow: Flow,
    /// The app has been told to start the picture anew, so the next frame does.
    anew: bool,
}

impl Sharer {
    /// Waits for a helper's hello.
    ///
    /// `binding.session_id` is filled from that hello; `binding.role` does not matter.
    #[must_use]
    pub fn new(settings: Settings, credential: Box<dyn Credential>, binding: Binding, now: Instant) -> Self {
        let binding = Binding { role: Role::Sharer, ..binding };
        Self {
            link: Link::new(settings, credential, binding, now),
            events: VecDeque::new(),
            mode: None,
            started: false,
            pending: None,
            last_request: RequestId(0),
            granted: None,
            interlock: Interlock::Waiting,
            yielding: false,
            announced: None,
            flow: Flow::new(Window { frames: 1, bytes: 0 }),
            anew: false,
        }
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
            Received::Nothing => {}
            Received::Event(event) => {
                let paused = matches!(event, Shared::Paused { paused: true, .. });
                if let Some(agreed) = &self.link.agreed {
                    self.flow.set_window(agreed.window);
                }
                self.events.push_back(event.into());
                if paused {
                    self.release(self.mode);
                }
                self.update_hold();
            }
            Received::Closed(close) => self.end(now, None, close),
            Received::Message(message) => self.handle_message(now, message)?,
        }
        Ok(())
    }

    fn handle_message(&mut self, now: Instant, message: Message) -> Result<(), Error> {
        match message {
            Message::ModeRequest(request) => self.handle_request(now, request)?,
            Message::ModeCancel(cancel) => match (self.pending, self.granted) {
                (Some((id, _)), _) if id == cancel.id => {
                    self.stop_asking();
                }
                (_, Some(grant)) if grant.id == cancel.id => {
                    self.set_mode(now, grant.before);
                    self.tell_revoked()?;
                }
                _ => {}
            },
            Message::ModeDowngrade(downgrade) => {
                let left = lower(self.mode, Mode::from_id(downgrade.mode));
                if left != self.mode {
                    self.set_mode(now, left);
                }
            }
            Message::FrameAck(ack) => {
                if let Some(rtt) = self.flow.acknowledge(now, ack.frame)? {
                    let decode = Duration::from_micros(ack.decode_micros.into());
                    self.events.push_back(SharerEvent::FrameAcked { id: ack.frame, rtt, decode, queued: ack.queued });
                }
            }
            Message::Refresh(_) => self.events.push_back(SharerEvent::RefreshRequested),
            Message::Input(batch) => self.events.push_back(SharerEvent::Input(batch)),
            Message::Laser(laser) => self.events.push_back(SharerEvent::Laser(Some(laser))),
            Message::LaserOff(_) => self.events.push_back(SharerEvent::Laser(None)),
            Message::Stroke(stroke) => self.events.push_back(SharerEvent::Stroke(stroke)),
            Message::Erase(_) => self.events.push_back(SharerEvent::Erase),
            // What the link handles, or the table refuses, does not come here.
            _ => {}
        }
        Ok(())
    }

    fn handle_request(&mut self, now: Instant, asked: ModeRequest) -> Result<(), Error> {
        if asked.id <= self.last_request {
            return Err(Error::PeerViolation { code: CloseCode::VIOLATION, what: "a request id is used again" });
        }
        self.last_request = asked.id;
        let decision = match self.pending {
            Some(_) => Err(DeclineReason::BUSY),
            None => request(self.mode, self.started, self.link.settings.modes, asked.mode),
        };
        match decision {
            Ok(mode) => {
                self.link.reply(&ConsentPending { id: asked.id })?;
                self.pending = Some((asked.id, mode));
                self.link.timers.set(Timer::Consent, now, self.link.settings.timers.consent);
                self.events.push_back(SharerEvent::ConsentRequested { id: asked.id, mode });
                Ok(())
            }
            Err(reason) => self.link.reply(&ModeDecline { id: asked.id, reason }),
        }
    }

    /// Withdraws the question that is before the person.
    fn stop_asking(&mut self) -> Option<RequestId> {
        let (id, _) = self.pending.take()?;
        self.link.timers.stop(Timer::Consent);
        self.events.push_back(SharerEvent::ConsentWithdrawn { id });
        Some(id)
    }

    /// The one place where the mode changes.
    fn set_mode(&mut self, now: Instant, mode: Option<Mode>) {
        let before = std::mem::replace(&mut self.mode, mode);
        self.granted = None;
        if !mode.is_some_and(Mode::has_input) {
            self.release(before);
            self.link.outbox.clear_input();
        }
        self.events.push_back(SharerEvent::ModeChanged(mode));
        if mode.is_none() {
            self.link.outbox.clear_screen();
            self.flow.clear();
            self.interlock = if let Interlock::Live(_) = self.interlock { self.interlock } else { Interlock::Waiting };
        } else if before.is_none() {
            // The helper has nothing, or threw away what it had.
            self.anew = false;
            self.events.push_back(SharerEvent::RefreshRequested);
        }
        if before == Some(Mode::Unattended) && !self.link.is_closed() {
            self.close(now, CloseCode::REVOKED, "the unattended session has ended");
        }
        self.update_hold();
    }

    /// Nothing that was received in `mode` and not yet injected will be, and nothing stays pressed.
    fn release(&mut self, mode: Option<Mode>) {
        if !mode.is_some_and(Mode::has_input) {
            return;
        }
        self.events.retain(|event| !matches!(event, SharerEvent::Input(_) | SharerEvent::Clipboard(_)));
        self.events.push_back(SharerEvent::ReleaseAll);
    }

    fn tell_revoked(&mut self) -> Result<(), Error> {
        if self.link.is_closed() {
            return Ok(());
        }
        self.link.outbox.insist(&ModeRevoke { mode: self.mode.map_or(ModeId::NONE, Mode::id) }).map(drop)
    }

    fn is_paused(&self) -> bool {
        self.link.paused_here || self.link.paused_there
    }

    /// Lets fragments go or stops them, and tells the helper when it is this side that stopped.
    fn update_hold(&mut self) {
        let live = matches!(self.interlock, Interlock::Live(_));
        self.link.outbox.hold(self.mode.is_none() || self.is_paused() || !live);
        let reason = match self.interlock {
            _ if self.link.paused_here => Some(PauseReason::PERSON),
            Interlock::Lost => Some(PauseReason::NO_INDICATOR),
            _ => None,
        };
        if self.link.is_open() && reason != self.announced {
            // Three bytes always fit.
            let _ = self.link.send_pause(reason.is_some(), reason.unwrap_or(PauseReason::PERSON));
            self.announced = reason;
        }
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
                Timer::Consent => {
                    if let Some(id) = self.stop_asking() {
                        // A few bytes always fit.
                        let _ = self.link.outbox.insist(&ModeDecline { id, reason: DeclineReason::SILENCE });
                    }
                }
                Timer::Interlock => {
                    // Where nothing is shown, nobody misses the indicator.
                    self.interlock = if self.mode.is_some() { Interlock::Lost } else { Interlock::Waiting };
                    if self.interlock == Interlock::Lost {
                        self.release(self.mode);
                        self.events.push_back(SharerEvent::InterlockLost);
                    }
                    self.update_hold();
                }
                Timer::LocalInput => self.yielding = false,
            }
        }
    }

    /// The next bytes for the peer: whole wire frames, the most urgent first.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.link.poll_transmit()
    }

    /// The next thing for the app.
    pub fn poll_event(&mut self) -> Option<SharerEvent> {
        let event = self.events.pop_front()?;
        if matches!(event, SharerEvent::RefreshRequested) {
            // What the app encodes from here on starts anew; what is still on its way does not.
            self.anew = true;
        }
        Some(event)
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

    /// What the helper may do.
    #[must_use]
    pub fn mode(&self) -> Option<Mode> {
        self.mode
    }

    /// The column of the mode table that holds now.
    #[must_use]
    pub fn state(&self) -> State {
        self.link.state_without_mode().unwrap_or(match self.mode {
            None => State::Ready,
            Some(_) if self.is_paused() => State::Paused,
            Some(_) if !matches!(self.interlock, Interlock::Live(_)) => State::Frozen,
            Some(mode) if self.yielding && mode.has_input() => State::Yielding,
            Some(mode) => mode.into(),
        })
    }

    /// The person answered.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] when nobody asks any more, such as after a withdrawal that crossed the answer. Nothing is granted then.
    pub fn consent(&mut self, now: Instant, id: RequestId, allowed: bool) -> Result<(), Error> {
        if !allowed {
            return self.decline(now, id, DeclineReason::PERSON);
        }
        let mode = self.awaiting(now, id)?;
        self.link.outbox.insist(&ModeGrant { id, mode: mode.id() })?;
        self.answered();
        let before = self.mode;
        self.started = true;
        self.set_mode(now, Some(mode));
        self.granted = Some(Grant { id, before });
        Ok(())
    }

    /// The request is not granted, for another reason than the person's word: such as [`DeclineReason::NOT_ALLOWED`] by an authority.
    ///
    /// # Errors
    /// As [`consent`](Self::consent).
    pub fn decline(&mut self, now: Instant, id: RequestId, reason: DeclineReason) -> Result<(), Error> {
        self.awaiting(now, id)?;
        self.link.outbox.insist(&ModeDecline { id, reason })?;
        self.answered();
        Ok(())
    }

    /// The mode of the request `id` that waits.
    fn awaiting(&mut self, now: Instant, id: RequestId) -> Result<Mode, Error> {
        self.handle_timeout(now);
        self.link.require_open()?;
        let waiting = self.pending.filter(|(pending, _)| *pending == id);
        waiting.map(|(_, mode)| mode).ok_or(Error::ApiMisuse { what: "that request does not wait for consent" })
    }

    fn answered(&mut self) {
        self.pending = None;
        self.link.timers.stop(Timer::Consent);
    }

    /// Takes back rights at once; `None` takes all. A request that waits is declined, and nothing that was received is injected any more.
    ///
    /// [`Mode::Unattended`] is only left by ending: taking it back closes the session.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] when `to` is not below the present mode.
    pub fn revoke(&mut self, now: Instant, to: impl Into<Option<Mode>>) -> Result<(), Error> {
        self.handle_timeout(now);
        self.link.require_open()?;
        let to = to.into();
        let below = match (self.mode, to) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(mode), Some(to)) => to < mode,
        };
        if !below {
            return Err(Error::ApiMisuse { what: "not a lower mode than the present one" });
        }
        if let Some(id) = self.stop_asking() {
            self.link.outbox.insist(&ModeDecline { id, reason: DeclineReason::REVOKED })?;
        }
        self.set_mode(now, to);
        self.tell_revoked()
    }

    /// The indicator is on the screen now. To be called several times within [`Timers::interlock`](super::Timers::interlock), and only by what draws it.
    pub fn beat(&mut self, now: Instant) {
        self.handle_timeout(now);
        if self.is_closed() {
            return;
        }
        self.interlock = Interlock::Live(now);
        self.link.timers.set(Timer::Interlock, now, self.link.settings.timers.interlock);
        self.update_hold();
    }

    /// The person at the device used keyboard or pointer and wins: the helper's input is refused for a while.
    pub fn local_input(&mut self, now: Instant) {
        self.handle_timeout(now);
        if self.is_closed() || !self.mode.is_some_and(Mode::has_input) {
            return;
        }
        if !std::mem::replace(&mut self.yielding, true) {
            self.release(self.mode);
        }
        self.link.timers.set(Timer::LocalInput, now, self.link.settings.timers.local_input_pause);
    }

    fn require_mode(&self) -> Result<(), Error> {
        self.link.require_open()?;
        if self.mode.is_none() { Err(Error::ApiMisuse { what: "no mode is granted" }) } else { Ok(()) }
    }

    /// Leaves. `reason` is one sentence for the person at the other side.
    pub fn leave(&mut self, now: Instant, reason: &str) {
        self.close(now, CloseCode::LEFT, reason);
    }

    /// Ends the session with a code of the app's choice, such as [`CloseCode::STOPPED`].
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
        self.stop_asking();
        self.link.close(now, close.code, there);
        if self.mode.is_some() {
            self.set_mode(now, None);
        }
        self.events.push_back(SharerEvent::Closed(close));
    }
}

impl std::fmt::Debug for Sharer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the events: what is on the screen, and what people type and say, stays out of logs.
        f.debug_struct("Sharer").field("link", &self.link).field("state", &self.state()).field("mode", &self.mode).finish_non_exhaustive()
    }
}
