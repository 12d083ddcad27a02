//! What the helper has before it: the picture of one display, decoded, and the way of its acts to the wire.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use rh_auth::handshake::Admission;
use rh_codec::{Decoder, Limits};
use rh_proto::{
    error::{CloseCode, Error},
    mode::Mode,
    msg::{
        cursor::CursorPosition,
        input::{Button, HidUsage, Input, WheelAxis},
        layout::{DisplayId, Generation, Layout},
        pointer::Laser,
    },
    session::{Close, Helper, HelperEvent},
};
use tokio::sync::mpsc::UnboundedReceiver;

use super::{Report, Request, Update, paint::paint};
use crate::{
    stats::Samples,
    trust::{Card, PortraitError},
    ui::{
        self, Picture, SharedPicture,
        helper::{HelperAction, PointerButton, RequestedMode},
    },
    wire::Wire,
};

/// Bytes of text in one act: a longer one goes in several.
const LONGEST: usize = 1024;

/// Input that is merged into one message at most.
const BATCH: usize = 64;

/// Frames in a row that may fail to decode before the session is given up.
const DECODE_FAILURES: u32 = 3;

type Front<'a> = &'a mut (dyn FnMut(Update<'_>) + Send);

/// What the session shows.
pub(super) struct Desk {
    /// Of the display that is shown; the others' frames are acknowledged and not looked at.
    decoder: Option<Decoder>,
    layout: Option<Layout>,
    shown: Option<DisplayId>,
    /// The display that was asked for before there was a layout, counted from 1.
    wanted: Option<usize>,
    /// The sharer's pointer, on whichever display.
    pointer: Option<CursorPosition>,
    picture: SharedPicture,
    /// Whether input was dropped that may have been a key going up.
    owes_release: bool,
    /// Since when an input waits for its picture.
    waiting: Option<Instant>,
    failures: u32,
    rtt: Option<Duration>,
    /// The sharer, as the trust screen shows it.
    card: Card,
    admission: Option<Admission>,
    /// The face that this side shows, until it has.
    portrait: Option<Bytes>,
    report: Report,
}

impl Desk {
    /// At the begin of a session that took so long to authenticate.
    pub(super) fn new(handshake: Duration, admission: Option<Admission>, portrait: Option<Bytes>) -> Self {
        let close = Close { code: CloseCode::INTERNAL, text: String::new(), by_peer: false, clean: false };
        let report = Report {
            close,
            handshake,
            frames: 0,
            frame_bytes: 0,
            received: 0,
            transmitted: 0,
            decode: Samples::default(),
            input_to_picture: Samples::default(),
            mode: None,
        };
        Self {
            decoder: None,
            layout: None,
            shown: None,
            wanted: None,
            pointer: None,
            picture: Arc::new(Mutex::new(Picture::default())),
            owes_release: false,
            waiting: None,
            failures: 0,
            rtt: None,
            card: Card::unvouched(""),
            admission,
            portrait,
            report,
        }
    }

    /// How the session went.
    pub(super) fn into_report(self, wire: &Wire<Helper>) -> Report {
        Report { received: wire.received(), transmitted: wire.transmitted(), ..self.report }
    }

    /// Acts on what the session has to say.
    pub(super) fn handle(&mut self, event: HelperEvent, wire: &mut Wire<Helper>, front: Front<'_>) {
        match &event {
            HelperEvent::Frame { display, id, payload, .. } => {
                let decode = self.show(*display, payload, wire, front);
                if let Some(session) = wire.session() {
                    // A mode that went away meanwhile wants no acknowledgement.
                    let _ = session.ack_frame(Instant::now(), *id, decode);
                }
                return;
            }
            HelperEvent::Hello { peer } => self.card = Card::unvouched(&peer.name),
            HelperEvent::Authenticated => self.introduce(wire, front),
            HelperEvent::Portrait(file) => return self.meet(file, front),
            HelperEvent::ModeGranted(mode) if self.report.mode.is_none_or(|best| best < *mode) => self.report.mode = Some(*mode),
            HelperEvent::CursorPosition(position) => {
                self.pointer = *position;
                return self.tell_pointer(front);
            }
            HelperEvent::Layout(layout) => {
                front(Update::Event(&event));
                return self.follow(layout, wire.session(), front);
            }
            HelperEvent::Rtt(rtt) => self.rtt = Some(*rtt),
            HelperEvent::Closed(close) => self.report.close = close.clone(),
            _ => {}
        }
        front(Update::Event(&event));
    }

    /// Both sides have proven themselves.
    fn introduce(&mut self, wire: &mut Wire<Helper>, front: Front<'_>) {
        if let Some(admitted) = self.admission.as_ref().and_then(Admission::admitted) {
            self.card = Card::of_sharer(&admitted.ticket);
        }
        if let Some(file) = self.portrait.take()
            && let Some(session) = wire.session()
            && let Err(error) = session.send_portrait(Instant::now(), file)
        {
            front(Update::Notice(format!("your picture is not shown to the sharer: {error}")));
        }
        front(Update::Trust(&self.card));
    }

    /// The sharer's face came.
    fn meet(&mut self, file: &Bytes, front: Front<'_>) {
        match self.card.set_portrait(file) {
            Ok(()) => front(Update::Trust(&self.card)),
            Err(PortraitError::Unvouched) => tracing::debug!("a picture that nobody vouches for"),
            Err(error) => front(Update::Notice(error.to_string())),
        }
    }

    /// Learns what displays there are: the one that is shown stays, while it is there.
    fn follow(&mut self, layout: &Layout, session: Option<&mut Helper>, front: Front<'_>) {
        self.layout = Some(layout.clone());
        let nth = |number: usize| number.checked_sub(1).and_then(|place| layout.displays.get(place)).map(|d| d.id);
        let wanted = self.wanted.take();
        if let Some(number) = wanted.filter(|number| nth(*number).is_none()) {
            front(Update::Notice(no_such_display(number, layout)));
        }
        let there = self.shown.filter(|id| layout.displays.iter().any(|d| d.id == *id));
        let primary = layout.displays.iter().find(|d| d.primary).or(layout.displays.first()).map(|d| d.id);
        self.turn_to(wanted.and_then(nth).or(there).or(primary), session, front);
    }

    /// Shows another display: the one of that number, counted from 1.
    fn choose(&mut self, number: usize, session: &mut Helper, front: Front<'_>) {
        let Some(layout) = &self.layout else {
            self.wanted = Some(number);
            return;
        };
        match number.checked_sub(1).and_then(|place| layout.displays.get(place)) {
            Some(display) => self.turn_to(Some(display.id), Some(session), front),
            None => front(Update::Notice(no_such_display(number, layout))),
        }
    }

    /// From here on, frames of this display are shown.
    fn turn_to(&mut self, display: Option<DisplayId>, session: Option<&mut Helper>, front: Front<'_>) {
        if self.shown != display {
            self.shown = display;
            // What the new one's decoder missed, and what is left of the old picture, mean nothing. The first frame of all starts anew by itself.
            if self.decoder.take().is_some()
                && let Some(session) = session
            {
                let _ = session.request_refresh(Instant::now());
            }
            self.tell_pointer(front);
        }
        if let Some(layout) = &self.layout {
            let shown = layout.displays.iter().position(|d| Some(d.id) == self.shown).map_or(0, |place| place + 1);
            front(Update::Display { shown, count: layout.displays.len() });
        }
    }

    /// The pointer is seen on the display that it is on.
    fn tell_pointer(&self, front: Front<'_>) {
        let seen = self.pointer.filter(|at| Some(at.display) == self.shown);
        front(Update::Event(&HelperEvent::CursorPosition(seen)));
    }

    /// Decodes a frame and paints it; says how long that took.
    fn show(&mut self, display: DisplayId, payload: &[u8], wire: &mut Wire<Helper>, front: Front<'_>) -> Duration {
        let start = Instant::now();
        if self.shown != Some(display) {
            return Duration::ZERO;
        }
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            none => match Decoder::new(Limits::default()) {
                Ok(decoder) => none.insert(decoder),
                Err(error) => {
                    front(Update::Notice(format!("no decoder: {error}")));
                    return Duration::ZERO;
                }
            },
        };
        match decoder.decode(payload).map(|update| (update.damage.to_vec(), update.resized)) {
            Ok((damage, resized)) => {
                self.failures = 0;
                self.report.decode.add(start.elapsed());
                self.report.frames += 1;
                self.report.frame_bytes += payload.len() as u64;
                if let Some(surface) = decoder.surface() {
                    paint(&mut self.picture.lock().unwrap_or_else(PoisonError::into_inner), &surface, &damage, resized);
                    if !damage.is_empty()
                        && let Some(since) = self.waiting.take()
                    {
                        self.report.input_to_picture.add(since.elapsed());
                    }
                    front(Update::Frame { picture: &self.picture, damage: &damage, resized });
                }
            }
            Err(error) => {
                self.failures += 1;
                let DisplayId(number) = display;
                tracing::warn!(%error, number, "a frame of this display cannot be decoded");
                let Some(session) = wire.session() else { return start.elapsed() };
                if self.failures >= DECODE_FAILURES {
                    session.close(Instant::now(), CloseCode::MALFORMED, &format!("the pictures cannot be decoded: {error}"));
                } else {
                    let _ = session.request_refresh(Instant::now());
                }
            }
        }
        start.elapsed()
    }

    /// Does what the front asks for; input that already waits behind it goes in the same message.
    pub(super) fn take(&mut self, first: Request, session: &mut Helper, more: &mut UnboundedReceiver<Request>, front: Front<'_>) {
        let mut batch: Vec<Input> = Vec::new();
        let mut next = Some(first);
        while let Some(request) = next {
            match self.input(&request) {
                Some(Input::Text(text)) if text.len() > LONGEST => {
                    for piece in pieces(&text) {
                        self.send(&mut batch, session, front);
                        batch.push(Input::Text(piece.into()));
                    }
                }
                Some(input) => {
                    // Only the last of several positions is of interest, unless something happens at the others.
                    if matches!((&input, batch.last()), (Input::MoveTo { .. }, Some(Input::MoveTo { .. }))) {
                        batch.pop();
                    }
                    batch.push(input);
                }
                None => {
                    self.send(&mut batch, session, front);
                    self.act(request, session, front);
                }
            }
            if batch.len() >= BATCH {
                break;
            }
            next = more.try_recv().ok();
        }
        self.send(&mut batch, session, front);
    }

    fn send(&mut self, batch: &mut Vec<Input>, session: &mut Helper, front: Front<'_>) {
        if batch.is_empty() {
            return;
        }
        let now = Instant::now();
        if std::mem::take(&mut self.owes_release) {
            batch.insert(0, Input::ReleaseAll);
        }
        match session.send_input(now, batch) {
            Ok(_) => self.waiting = self.waiting.or(Some(now)),
            Err(error) => {
                // Some of what was dropped may have been a key going up: nothing stays down for that.
                self.owes_release = session.mode().is_some_and(Mode::has_input);
                front(Update::Notice(format!("input not sent: {error}")));
            }
        }
        batch.clear();
    }

    /// Sends the release that could not be sent before, as soon as it can be.
    pub(super) fn settle(&mut self, session: &mut Helper) {
        if self.owes_release && session.send_input(Instant::now(), &[Input::ReleaseAll]).is_ok() {
            self.owes_release = false;
        }
    }

    /// What is input becomes the wire's.
    fn input(&self, request: &Request) -> Option<Input> {
        Some(match request {
            HelperAction::Key { usage, down, text } => Input::Key { usage: HidUsage::keyboard(*usage), down: *down, text: *text },
            HelperAction::Text(text) => Input::Text(text.as_str().into()),
            HelperAction::PointerMove { x, y } => Input::MoveTo { display: self.shown?, generation: self.generation(), x: *x, y: *y },
            HelperAction::Button { button, down } => {
                let button = match button {
                    PointerButton::Left => Button::LEFT,
                    PointerButton::Middle => Button::MIDDLE,
                    PointerButton::Right => Button::RIGHT,
                    PointerButton::Back => Button::BACK,
                    PointerButton::Forward => Button::FORWARD,
                };
                Input::Button { button, down: *down }
            }
            HelperAction::Wheel { axis: ui::helper::WheelAxis::Vertical, v120 } => {
                Input::Wheel { axis: WheelAxis::VERTICAL, v120: turn(*v120) }
            }
            HelperAction::Wheel { axis: ui::helper::WheelAxis::Horizontal, v120 } => {
                Input::Wheel { axis: WheelAxis::HORIZONTAL, v120: turn(*v120) }
            }
            HelperAction::ReleaseAll => Input::ReleaseAll,
            _ => return None,
        })
    }

    fn generation(&self) -> Generation {
        self.layout.as_ref().map_or(Generation(0), |l| l.generation)
    }

    fn act(&mut self, request: Request, session: &mut Helper, front: Front<'_>) {
        let now = Instant::now();
        let outcome: Result<(), Error> = match request {
            HelperAction::RequestMode(RequestedMode::View) => session.request_mode(now, Mode::ViewOnly).map(drop),
            HelperAction::RequestMode(RequestedMode::Control) => session.request_mode(now, Mode::FullControl).map(drop),
            HelperAction::RequestMode(RequestedMode::Elevation) => session.request_mode(now, Mode::Elevation).map(drop),
            HelperAction::Downgrade => session.downgrade(now, Mode::ViewOnly),
            HelperAction::Chat(text) => session.send_chat(now, &text).map(|_| front(Update::Said(text))),
            HelperAction::Laser { x, y } => match self.shown {
                Some(display) => session.send_laser(now, Some(Laser { display, x, y })),
                None => Ok(()),
            },
            HelperAction::LaserOff => session.send_laser(now, None),
            HelperAction::Pause(on) => session.pause(now, on),
            HelperAction::Display(number) => return self.choose(number, session, front),
            HelperAction::Leave => {
                session.leave(now, "the helper left");
                Ok(())
            }
            // Input was dealt with before; a position without a picture to point into means nothing.
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            front(Update::Notice(error.to_string()));
        }
    }

    pub(super) fn tell_status(&self, received: u64, wire: &mut Wire<Helper>, front: Front<'_>) {
        let granted = wire.session().and_then(|s| s.mode());
        let mode = match granted {
            None => "connected",
            Some(Mode::ViewOnly) => "view only",
            Some(Mode::FullControl) => "full control",
            Some(Mode::Elevation) => "elevation",
            Some(Mode::Unattended) => "unattended",
        };
        let latency = self.rtt.map(|rtt| u32::try_from(rtt.as_millis()).unwrap_or(u32::MAX));
        front(Update::Status(ui::helper::Status {
            peer: self.card.name().to_owned(),
            mode: mode.to_owned(),
            control: granted.is_some_and(Mode::has_input),
            latency_ms: latency,
            // Bytes in half a second: 8 bits, twice, a thousandth.
            kbit_s: u32::try_from(received * 16 / 1000).unwrap_or(u32::MAX),
        }));
    }
}

fn no_such_display(number: usize, layout: &Layout) -> String {
    format!("there is no display {number}: the sharer has {}", layout.displays.len())
}

/// A text in pieces of at most [`LONGEST`] bytes.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let end = (0..=LONGEST.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        let (piece, rest) = text.split_at(end);
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// A wheel's turn as the wire has it: 273 notches at once are as good as more.
fn turn(v120: i32) -> i16 {
    i16::try_from(v120.clamp(i32::from(i16::MIN), i32::from(i16::MAX))).unwrap_or(0)
}
