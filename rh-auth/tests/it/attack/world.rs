//! A helper and a sharer that play a fixed session, with virtual time and whatever relay between them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rh_auth::code::{LiveCode, TypedCode};
use rh_proto::credential::Credential;
use rh_proto::error::CloseCode;
use rh_proto::io::tls::{Identity, Secured};
use rh_proto::mode::Mode;
use rh_proto::msg::input::Input;
use rh_proto::msg::layout::DisplayId;
use rh_proto::session::{Close, Helper, HelperEvent, Settings, Sharer, SharerEvent};

use super::relay::{Leg, Packet, Relay};
use crate::support::{code, epoch};

pub(crate) const TYPED: &str = "sudo systemctl restart printing é日🙂";
pub(crate) const HELPER_SAYS: &str = "I restarted the print service for you";
pub(crate) const SHARER_SAYS: &str = "شكرا, it prints again";
pub(crate) const PICTURE: &[u8] = b"payroll of November, not for the relay's eyes ";

/// What came out of one end, in words, without what only says how far things got in time.
pub(crate) type Log = Vec<String>;

/// One end and what it has told so far.
pub(crate) struct End<S> {
    pub(crate) secured: Secured<S>,
    pub(crate) log: Log,
    pub(crate) close: Option<Close>,
    pub(crate) authenticated: bool,
}

impl<S> End<S> {
    fn new(secured: Secured<S>) -> Self {
        Self { secured, log: Log::new(), close: None, authenticated: false }
    }

    fn closed_with(&mut self, close: Close) {
        assert_eq!(self.close, None, "a session ends once");
        self.close = Some(close);
    }
}

pub(crate) type HelperEnd = End<Helper>;
pub(crate) type SharerEnd = End<Sharer>;

impl HelperEnd {
    pub(crate) fn start(live: &LiveCode, seed: u8, settings: Settings, now: Instant) -> Self {
        Self::with(live.credential([seed; 32]), seed, settings, now)
    }

    /// With any credential; `seed` makes its session key and the session's id.
    pub(crate) fn with(credential: Box<dyn Credential>, seed: u8, settings: Settings, now: Instant) -> Self {
        Self::of_session(credential, seed, [seed; 16], settings, now)
    }

    pub(crate) fn of_session(credential: Box<dyn Credential>, seed: u8, session: [u8; 16], settings: Settings, now: Instant) -> Self {
        Self::new(Secured::helper(&Identity::from_seed([seed; 32]), session, settings, credential, now).unwrap())
    }

    /// Plays the helper's part of the session. Every act answers one event, so that the two logs do not depend on timing.
    pub(crate) fn act(&mut self, now: Instant) -> bool {
        let mut acted = false;
        while let Some(event) = self.secured.poll_event() {
            acted = true;
            match &event {
                HelperEvent::Closed(close) => self.closed_with(close.clone()),
                HelperEvent::Authenticated => self.authenticated = true,
                HelperEvent::ModeGranted(mode) => self.log.push(format!("granted {mode:?}")),
                HelperEvent::Layout(layout) => self.log.push(format!("{layout:?}")),
                HelperEvent::Frame { id, payload, .. } => self.log.push(format!("frame {id:?}: {payload:?}")),
                HelperEvent::Chat { text, .. } => self.log.push(format!("chat: {text}")),
                HelperEvent::Clipboard(text) => self.log.push(format!("clipboard: {text}")),
                _ => {}
            }
            let Some(session) = self.secured.session_mut().filter(|session| !session.is_closed()) else { continue };
            match event {
                HelperEvent::Authenticated => drop(session.request_mode(now, Mode::FullControl).unwrap()),
                HelperEvent::Frame { id, .. } => {
                    session.ack_frame(now, id, Duration::ZERO).unwrap();
                    match id.0 {
                        // What cannot be sent, since an attack stalled the session, is not sent.
                        1 => drop(session.send_input(now, &[Input::Text(TYPED.into())])),
                        2 => drop(session.send_chat(now, HELPER_SAYS)),
                        _ => session.leave(now, "done"),
                    }
                }
                _ => {}
            }
        }
        acted
    }
}

impl SharerEnd {
    pub(crate) fn start(typed: rh_auth::code::Code, seed: u8, settings: Settings, now: Instant) -> Self {
        Self::with(TypedCode::new(typed).credential([seed; 32]), seed, settings, now)
    }

    pub(crate) fn with(credential: Box<dyn Credential>, seed: u8, settings: Settings, now: Instant) -> Self {
        Self::new(Secured::sharer(&Identity::from_seed([seed; 32]), settings, credential, now).unwrap())
    }

    /// Plays the sharer's part.
    pub(crate) fn act(&mut self, now: Instant) -> bool {
        let mut acted = false;
        while let Some(event) = self.secured.poll_event() {
            acted = true;
            match &event {
                SharerEvent::Closed(close) => self.closed_with(close.clone()),
                SharerEvent::Authenticated => self.authenticated = true,
                SharerEvent::ConsentRequested { mode, .. } => self.log.push(format!("asked for {mode:?}")),
                SharerEvent::Input(batch) => self.log.extend(batch.iter().map(typed)),
                SharerEvent::Chat { text, .. } => self.log.push(format!("chat: {text}")),
                SharerEvent::Clipboard(text) => self.log.push(format!("clipboard: {text}")),
                SharerEvent::Laser(laser) => self.log.push(format!("laser: {laser:?}")),
                _ => {}
            }
            let Some(session) = self.secured.session_mut().filter(|session| !session.is_closed()) else { continue };
            match event {
                SharerEvent::ConsentRequested { id, .. } => session.consent(now, id, true).unwrap(),
                SharerEvent::RefreshRequested | SharerEvent::Input(_) => send_picture(session, now),
                SharerEvent::Chat { .. } => {
                    // As with the helper: not after a stall.
                    drop(session.send_chat(now, SHARER_SAYS));
                    send_picture(session, now);
                }
                _ => {}
            }
        }
        acted
    }
}

/// What an act types. `Debug` would hide it, as it should.
fn typed(act: Input) -> String {
    match act {
        Input::Text(text) => format!("typed: {text}"),
        other => format!("{other:?}"),
    }
}

/// A picture of several fragments.
fn send_picture(session: &mut Sharer, now: Instant) {
    session.beat(now);
    if session.can_send_frame(now) {
        session.send_frame(now, DisplayId(1), Bytes::from(PICTURE.repeat(1500))).unwrap();
    }
}

/// Both ends, and the time.
pub(crate) struct World {
    pub(crate) start: Instant,
    pub(crate) now: Instant,
    pub(crate) helper: HelperEnd,
    pub(crate) sharer: SharerEnd,
}

/// How an attack went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The session is what it would have been.
    Unharmed,
    /// Both ends closed; what had come out by then is genuine.
    Refused {
        /// What each end had to say about it.
        helper: CloseCode,
        /// See `helper`.
        sharer: CloseCode,
        /// Whether either end believed to speak to the other.
        authenticated: bool,
        /// Things that had come out, at both ends together.
        delivered: usize,
    },
}

impl World {
    pub(crate) fn new() -> Self {
        let now = epoch();
        let live = LiveCode::new(code(), now);
        Self::of(HelperEnd::start(&live, 1, Settings::default(), now), SharerEnd::start(code(), 2, Settings::default(), now), now)
    }

    pub(crate) fn of(helper: HelperEnd, sharer: SharerEnd, now: Instant) -> Self {
        Self { start: now, now, helper, sharer }
    }

    /// Both with the right code and nobody in between.
    pub(crate) fn honest() -> Self {
        let mut world = Self::new();
        world.run(&mut |from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>| out.push(Packet::pass(from, bytes)));
        assert!(world.helper.close.as_ref().is_some_and(|close| close.clean), "{:?}", world.helper.close);
        assert!(world.sharer.close.as_ref().is_some_and(|close| close.clean), "{:?}", world.sharer.close);
        assert_eq!(world.now, world.start, "nothing waits for a timer");
        world
    }

    /// Runs until both ends are closed and silent.
    pub(crate) fn run(&mut self, relay: &mut impl Relay) {
        self.run_while(relay, |_| true);
    }

    /// Runs until both ends take each other for who they are.
    pub(crate) fn run_until_authenticated(&mut self, relay: &mut impl Relay) {
        self.run_while(relay, |world| !(world.helper.authenticated && world.sharer.authenticated));
    }

    fn run_while(&mut self, relay: &mut impl Relay, goes_on: impl Fn(&Self) -> bool) {
        let mut ended = [false; 2];
        while goes_on(self) {
            let mut moved = self.helper.act(self.now) | self.sharer.act(self.now);
            let mut packets = Vec::new();
            for leg in Leg::BOTH {
                let mut wire = Vec::new();
                while self.transmit(leg, &mut wire) > 0 {}
                if !wire.is_empty() {
                    relay.forward(leg, Some(&wire), &mut packets);
                }
                if self.is_closed(leg) && !std::mem::replace(&mut ended[leg.index()], true) {
                    relay.forward(leg, None, &mut packets);
                }
            }
            moved |= !packets.is_empty();
            for packet in packets {
                self.deliver(packet);
            }
            if moved {
                continue;
            }
            if Leg::BOTH.into_iter().all(|leg| self.is_closed(leg)) {
                return;
            }
            let next = [self.helper.secured.poll_timeout(), self.sharer.secured.poll_timeout()];
            self.now = next.into_iter().flatten().min().expect("an end that is not closed has a timer");
            assert!(self.now <= self.start + Duration::from_secs(30), "the ends neither finish nor close");
            self.helper.secured.handle_timeout(self.now);
            self.sharer.secured.handle_timeout(self.now);
        }
    }

    fn transmit(&mut self, leg: Leg, wire: &mut Vec<u8>) -> usize {
        match leg {
            Leg::Helper => self.helper.secured.poll_transmit(wire),
            Leg::Sharer => self.sharer.secured.poll_transmit(wire),
        }
    }

    fn is_closed(&self, leg: Leg) -> bool {
        match leg {
            Leg::Helper => self.helper.secured.is_closed(),
            Leg::Sharer => self.sharer.secured.is_closed(),
        }
    }

    fn deliver(&mut self, packet: Packet) {
        match (packet.to, packet.bytes) {
            (Leg::Helper, Some(bytes)) => self.helper.secured.handle_bytes(self.now, &bytes),
            (Leg::Sharer, Some(bytes)) => self.sharer.secured.handle_bytes(self.now, &bytes),
            (Leg::Helper, None) => self.helper.secured.handle_closed(self.now),
            (Leg::Sharer, None) => self.sharer.secured.handle_closed(self.now),
        }
        // Whatever comes out, comes out now: an event does not wait for the rest of the packets.
        self.helper.act(self.now);
        self.sharer.act(self.now);
    }

    /// Compares with the session as it should have been.
    pub(crate) fn verdict(&self, honest: &World) -> Verdict {
        verdict(&self.helper, &self.sharer, honest)
    }
}

/// Compares two ends that have finished with the session as it should have been.
pub(crate) fn verdict(helper: &HelperEnd, sharer: &SharerEnd, honest: &World) -> Verdict {
    for (log, authenticated, honest) in
        [(&helper.log, helper.authenticated, &honest.helper.log), (&sharer.log, sharer.authenticated, &honest.sharer.log)]
    {
        assert!(honest.starts_with(log), "something came out that was not put in so: {log:?}");
        assert!(authenticated || log.is_empty(), "something came out before the other end had proven itself: {log:?}");
    }
    let helper_close = helper.close.as_ref().expect("the helper's session has ended");
    let sharer_close = sharer.close.as_ref().expect("the sharer's session has ended");
    assert!(!helper_close.text.is_empty() && !sharer_close.text.is_empty(), "people are told why");
    if helper_close.clean && sharer_close.clean {
        assert_eq!((&helper.log, &sharer.log), (&honest.helper.log, &honest.sharer.log));
        return Verdict::Unharmed;
    }
    Verdict::Refused {
        helper: helper_close.code,
        sharer: sharer_close.code,
        authenticated: helper.authenticated || sharer.authenticated,
        delivered: helper.log.len() + sharer.log.len(),
    }
}
