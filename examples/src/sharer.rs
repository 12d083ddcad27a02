//! The sharer's end of a session, joined from the crates: wire, session, camera, hand.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rh_auth::code::{Code, TypedCode};
use rh_capture::{Layout, LocalInputWatch, Position, Shape};
use rh_input::Heartbeat;
use rh_proto::{
    error::CloseCode,
    io::tls::{Identity, Secured},
    mode::{Mode, ModeSet, State},
    msg::{cursor::CursorPosition, input::InputBatch, layout::DisplayId, mode::RequestId},
    session::{Close, Settings, Sharer, SharerEvent},
};
use tokio::{
    net::TcpStream,
    select,
    sync::mpsc::{Receiver, UnboundedReceiver, channel},
};

use crate::{
    camera::{Camera, Shot},
    convert::{input_from_wire, layout_to_input, layout_to_wire, shape_to_wire},
    entropy::entropy,
    failure::{Failure, Kind},
    hand::{Hand, Slip},
    screen::Screen,
    stats::Samples,
    ui::sharer::SharerAction,
    wire::Wire,
};

/// How often the injector's watchdog hears of us, and the helper's silence is looked at.
const PULSE: Duration = Duration::from_secs(1);

/// The close code of a screen that is gone. From 0x8000 on the codes are the programs' own.
pub const SCREEN_GONE: CloseCode = CloseCode(0x8001);

/// What the front is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Update<'a> {
    /// Something of the session's. Input does not come here: it is injected.
    Event(&'a SharerEvent),
    /// What this sharer said is on its way.
    Said(String),
    /// A sentence for the person.
    Notice(String),
}

/// What the front asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// What a person does in the windows.
    Action(SharerAction),
    /// Take back rights; `None` takes all.
    Revoke(Option<Mode>),
}

impl From<SharerAction> for Request {
    fn from(action: SharerAction) -> Self {
        Self::Action(action)
    }
}

/// What the sharer allows and costs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The name that the helper sees.
    pub name: String,
    /// Never more than seeing.
    pub view_only: bool,
    /// Most bytes a second for pictures.
    pub budget: Option<u64>,
}

/// How a session went.
#[derive(Debug, Clone)]
pub struct Report {
    /// How it ended.
    pub close: Close,
    /// Frames sent.
    pub frames: u64,
    /// Bytes of their payloads.
    pub frame_bytes: u64,
    /// Pixels that changed in them, as the capture saw it.
    pub changed_pixels: u64,
    /// Time to encode a frame.
    pub encode: Samples,
    /// Whether the session was authenticated.
    pub authenticated: bool,
}

/// Runs a session as its sharer until it ends.
///
/// # Errors
/// Only for what comes before the session; how the session ended is in the report.
pub async fn run(
    stream: TcpStream,
    code: Code,
    screen: Screen,
    options: &Options,
    front: &mut (dyn FnMut(Update<'_>) + Send),
    requests: &mut UnboundedReceiver<Request>,
) -> Result<Report, Failure> {
    let begin = Instant::now();
    let no_thread = |e: std::io::Error| Failure::new(Kind::Other, format!("the system has no thread left: {e}"));
    let identity = Identity::from_seed(entropy()?);
    let secured = Secured::sharer(&identity, settings(options), TypedCode::new(code).credential(entropy()?), begin)
        .map_err(|e| Failure::new(Kind::Other, e.to_string()))?;
    let mut wire = Wire::new(stream, secured)?;
    let (camera, mut shots) = Camera::start(screen.capture, options.budget).map_err(no_thread)?;
    let (hand, mut slips) = Hand::start(screen.inject).map_err(no_thread)?;
    let mut local = watch(screen.local).map_err(no_thread)?;
    let mut stage = Stage::new(camera, hand);
    let mut pulse = tokio::time::interval(PULSE);
    let mut heard = (0, Heartbeat::new(begin));
    loop {
        while let Some(event) = wire.poll_event() {
            let Some(session) = wire.session() else {
                stage.note_end(&event, front);
                continue;
            };
            stage.handle(event, session, front);
        }
        if wire.is_closed() {
            break;
        }
        let Some(session) = wire.session() else {
            select! {
                () = wire.turn() => {}
                request = requests.recv() => if request.is_none_or(|r| r == SharerAction::Stop.into()) {
                    stage.report.close = stopped();
                    break;
                },
            }
            continue;
        };
        stage.grant_credit(session);
        select! {
            biased;
            // The person at the device first: their Stop, their own input.
            request = requests.recv() => {
                if let Some(session) = wire.session() {
                    stage.act(request.unwrap_or(SharerAction::Stop.into()), session, front);
                }
            }
            Some(()) = local.recv() => if let Some(session) = wire.session() { session.local_input(Instant::now()) },
            // A thread that is gone without a word has failed: nothing that it did goes on by itself.
            shot = shots.recv() => if let Some(session) = wire.session() {
                stage.take(shot.unwrap_or_else(|| Shot::Ended("the camera failed".to_owned())), session);
            },
            slip = slips.recv() => if let Some(session) = wire.session() {
                stage.slipped(&slip.unwrap_or_else(|| Slip::Gone("the injector failed".to_owned())), session, front);
            },
            _ = pulse.tick() => {
                stage.hand.beat();
                // What a helper holds that is not heard any more goes up long before the link counts as dead.
                let now = Instant::now();
                if wire.received() != heard.0 {
                    heard = (wire.received(), Heartbeat::new(now));
                } else if heard.1.expired(now) {
                    stage.hand.release();
                }
            }
            () = wire.turn() => {}
        }
    }
    // What the helper held goes up now, not after the farewell.
    stage.hand.release();
    wire.farewell().await;
    Ok(stage.report)
}

/// How the session ends when the person at the device says so.
fn stopped() -> Close {
    Close { code: CloseCode::STOPPED, text: "the person at the device ended the session".to_owned(), by_peer: false, clean: true }
}

fn settings(options: &Options) -> Settings {
    let modes =
        if options.view_only { ModeSet::NONE.with(Mode::ViewOnly) } else { ModeSet::NONE.with(Mode::ViewOnly).with(Mode::FullControl) };
    Settings { modes, ..crate::helper::settings(&options.name) }
}

/// Watches the person at the device on a thread of its own.
fn watch(local: Option<LocalInputWatch>) -> std::io::Result<Receiver<()>> {
    let (noticed, receiver) = channel(1);
    if let Some(mut local) = local {
        thread::Builder::new().name("local input".to_owned()).spawn(move || {
            while !noticed.is_closed() {
                match local.next(Instant::now() + Duration::from_secs(1)) {
                    // One notice that waits says as much as many.
                    Ok(Some(_)) => drop(noticed.try_send(())),
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the person's own input is no longer seen");
                        return;
                    }
                }
            }
        })?;
    }
    Ok(receiver)
}

/// What the session directs.
struct Stage {
    camera: Camera,
    hand: Hand,
    layout: Option<Arc<Layout>>,
    shape: Option<Arc<Shape>>,
    position: Option<Position>,
    /// Whether the helper sees the screen.
    seen: bool,
    /// Whether the pointer changed while nothing was shown.
    owes_cursor: bool,
    /// Whether the camera has leave for a frame that has not come.
    credited: bool,
    /// Whether a prompt of the system's keeps the session paused.
    secure: bool,
    /// Whether the person does.
    paused: bool,
    report: Report,
}

impl Stage {
    fn new(camera: Camera, hand: Hand) -> Self {
        let close = Close { code: CloseCode::INTERNAL, text: String::new(), by_peer: false, clean: false };
        let report = Report { close, frames: 0, frame_bytes: 0, changed_pixels: 0, encode: Samples::default(), authenticated: false };
        Self {
            camera,
            hand,
            layout: None,
            shape: None,
            position: None,
            seen: false,
            owes_cursor: false,
            credited: false,
            secure: false,
            paused: false,
            report,
        }
    }

    /// Notes how it ended when no session ever came about.
    fn note_end(&mut self, event: &SharerEvent, front: &mut (dyn FnMut(Update<'_>) + Send)) {
        if let SharerEvent::Closed(close) = event {
            self.report.close = close.clone();
        }
        front(Update::Event(event));
    }

    /// Acts on what the session has to say.
    fn handle(&mut self, event: SharerEvent, session: &mut Sharer, front: &mut (dyn FnMut(Update<'_>) + Send)) {
        match &event {
            SharerEvent::Input(batch) => return self.inject(batch, session),
            SharerEvent::ReleaseAll => self.hand.release(),
            SharerEvent::ModeChanged(mode) => self.mode_changed(*mode, session),
            SharerEvent::RefreshRequested => self.camera.show(),
            SharerEvent::Authenticated => self.report.authenticated = true,
            _ => {}
        }
        self.note_end(&event, front);
    }

    fn mode_changed(&mut self, mode: Option<Mode>, session: &mut Sharer) {
        tracing::info!(?mode, "mode");
        if mode.is_none() {
            self.camera.hide();
            self.hand.release();
        } else if !self.seen {
            // The helper sees for the first time: it knows nothing yet.
            if let Some(layout) = &self.layout {
                let _ = session.send_layout(Instant::now(), &layout_to_wire(layout));
            }
            self.send_cursor(session);
        }
        self.seen = mode.is_some();
    }

    fn inject(&mut self, batch: &InputBatch, session: &mut Sharer) {
        if !self.hand.inject(batch.iter().filter_map(input_from_wire)) {
            // What waits is void from here on, so nothing can be left half done.
            self.hand.release();
            session.close(Instant::now(), CloseCode::LIMIT_EXCEEDED, "input came faster than the screen takes it");
        }
    }

    /// Lets the camera make the next frame if it may be sent: never more than one ahead.
    fn grant_credit(&mut self, session: &Sharer) {
        if !self.credited && session.can_send_frame(Instant::now()) {
            self.credited = true;
            self.camera.credit();
        }
    }

    fn take(&mut self, shot: Shot, session: &mut Sharer) {
        let now = Instant::now();
        match shot {
            Shot::Layout(layout) => {
                self.hand.set_layout(layout_to_input(&layout));
                // Without a mode there is nobody to tell; a grant tells it.
                let _ = session.send_layout(now, &layout_to_wire(&layout));
                self.layout = Some(layout);
            }
            Shot::Frame { display, stream, payload, encode, changed } => {
                self.credited = false;
                if !self.camera.is_current(stream) {
                    return;
                }
                let bytes = payload.len() as u64;
                if session.send_frame(now, DisplayId(display.0), payload).is_ok() {
                    self.report.frames += 1;
                    self.report.frame_bytes += bytes;
                    self.report.changed_pixels += changed;
                    self.report.encode.add(encode);
                    if self.owes_cursor {
                        self.send_cursor(session);
                    }
                } else if session.mode().is_some() {
                    // The encoder believes that the viewer has it: only a new start makes that true again.
                    self.camera.show();
                }
            }
            Shot::CursorShape(shape) => {
                self.shape = Some(shape);
                self.send_cursor(session);
            }
            Shot::CursorPosition(position) => {
                self.position = Some(position);
                self.send_cursor_position(session);
            }
            Shot::Secure(open) => {
                self.secure = open;
                let _ = session.pause(now, self.paused || self.secure);
            }
            Shot::Ended(why) => session.close(now, SCREEN_GONE, &format!("the screen is gone: {why}")),
        }
    }

    fn send_cursor(&mut self, session: &mut Sharer) {
        if self.is_covered(session) {
            return;
        }
        if let Some(shape) = self.shape.as_deref().and_then(shape_to_wire) {
            let _ = session.send_cursor_shape(Instant::now(), &shape);
        }
        self.send_cursor_position(session);
    }

    /// While nothing is shown, the pointer is not either; it is owed then.
    fn is_covered(&mut self, session: &Sharer) -> bool {
        self.owes_cursor = matches!(session.state(), State::Paused | State::Frozen);
        self.owes_cursor
    }

    fn send_cursor_position(&mut self, session: &mut Sharer) {
        if self.is_covered(session) {
            return;
        }
        let side = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let position = self.position.map(|p| CursorPosition { display: DisplayId(p.display.0), x: side(p.x), y: side(p.y) });
        let _ = session.send_cursor_position(Instant::now(), position);
    }

    fn slipped(&self, slip: &Slip, session: &mut Sharer, front: &mut (dyn FnMut(Update<'_>) + Send)) {
        match slip {
            Slip::Untypable(count) => front(Update::Notice(format!("{count} characters of the helper's cannot be typed on this screen"))),
            Slip::Gone(why) => session.close(Instant::now(), SCREEN_GONE, &format!("the screen takes no more input: {why}")),
        }
    }

    fn act(&mut self, request: Request, session: &mut Sharer, front: &mut (dyn FnMut(Update<'_>) + Send)) {
        let now = Instant::now();
        let outcome = match request {
            Request::Revoke(to) => session.revoke(now, to),
            Request::Action(action) => match action {
                SharerAction::Consent { id, allow } => {
                    // The window counts in 64 bits, the wire in 32.
                    u32::try_from(id).map_or(Ok(()), |id| session.consent(now, RequestId(id), allow))
                }
                SharerAction::Stop => {
                    session.close(now, CloseCode::STOPPED, "the person at the device ended the session");
                    Ok(())
                }
                SharerAction::Chat(text) => session.send_chat(now, &text).map(|_| front(Update::Said(text))),
                SharerAction::Beat => {
                    session.beat(now);
                    Ok(())
                }
                SharerAction::Pause(on) => {
                    self.paused = on;
                    session.pause(now, self.paused || self.secure)
                }
                // There is a code already.
                SharerAction::Code(_) => Ok(()),
            },
        };
        if let Err(error) = outcome {
            front(Update::Notice(error.to_string()));
        }
    }
}
