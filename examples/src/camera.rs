//! The sharer's pictures: one thread that captures and encodes, each frame only when the session has room for it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, TryRecvError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use rh_auth::enforce::{Masking, Prompt, Shield};
use rh_capture::{Capture, DisplayId, Event, Layout, Position, Shape, State, Waker};
use rh_codec::{Budget, Encoder, FrameView, Hints, Limits, Pace, PixelFormat, Settings};
use rh_proto::mode::Mode;
use tokio::sync::mpsc as to_session;

use crate::convert::{move_to_codec, rect_to_codec};

/// How long the camera sleeps when nothing happens; only bounds how late it notices that the session is gone.
const IDLE: Duration = Duration::from_secs(1);
/// Between frames that only refine what is shown.
const STEP: Duration = Duration::from_millis(15);

/// What the session tells the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Show from now on, from the start, what this mode may see; what is made belongs to this stream.
    Start(u64, Option<Mode>),
    /// Do not show (any more): nothing that was not sent before leaves after this.
    Stop,
    /// One more frame may be made.
    Credit,
}

/// What the camera tells the session.
#[derive(Debug)]
pub enum Shot {
    /// The displays, at the start and whenever they change.
    Layout(Arc<Layout>),
    /// A frame for the wire. Uses up the credit.
    Frame {
        /// Whose picture.
        display: DisplayId,
        /// Which [`show`](Camera::show) it belongs to: one of an earlier stream is of no use any more.
        stream: u64,
        /// What the codec made.
        payload: Bytes,
        /// How long that took.
        encode: Duration,
        /// Pixels that the capture said have changed.
        changed: u64,
    },
    /// The pointer's look.
    CursorShape(Arc<Shape>),
    /// The pointer's place.
    CursorPosition(Position),
    /// A prompt of the system's appeared, changed or is gone. Pictures have it masked, or wait, as [`Shield`] says for the mode.
    Prompt(PromptState),
    /// There is no more picture, and why.
    Ended(String),
}

/// What is known of the system's secure prompts, such as an administrator's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PromptState {
    /// None is on the screen.
    #[default]
    Absent,
    /// It is there and nowhere else.
    Shown(Vec<(DisplayId, rh_capture::Rect)>),
    /// It may be anywhere.
    Unknown,
}

impl PromptState {
    /// What stands between it and a helper in `mode`.
    #[must_use]
    pub fn shield(&self, mode: Option<Mode>) -> Shield<'_, (DisplayId, rh_capture::Rect)> {
        let prompt = match self {
            Self::Absent => Prompt::Absent,
            Self::Shown(places) => Prompt::Shown(places),
            Self::Unknown => Prompt::Unknown,
        };
        Shield::new(mode, prompt)
    }
}

/// The session's end of the camera. The thread ends when this is dropped.
#[derive(Debug)]
pub struct Camera {
    orders: Sender<Order>,
    waker: Waker,
    stream: u64,
    /// Whose eyes the pictures are for.
    mode: Option<Mode>,
    showing: bool,
}

impl Camera {
    /// Starts the camera's thread, showing nothing yet. `budget` is in bytes a second.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(capture: Box<dyn Capture>, budget: Option<u64>) -> std::io::Result<(Self, to_session::Receiver<Shot>)> {
        let (orders, inbox) = channel();
        // Few, so that a session that is busy holds the camera back instead of collecting its shots.
        let (shots, outbox) = to_session::channel(16);
        let waker = capture.waker();
        let capture_announces = capture.info().secure_prompts;
        let now = Instant::now();
        let studio = Studio {
            capture,
            encoders: BTreeMap::new(),
            dirty: Vec::new(),
            credit: 0,
            showing: false,
            stream: 0,
            mode: None,
            prompt: PromptState::default(),
            announces: capture_announces,
            masked: Vec::new(),
            pace: budget.map(|rate| Pace::new(rate, Duration::ZERO)),
            begin: now,
            damage: Vec::new(),
            moves: Vec::new(),
            out: Vec::new(),
            shots,
        };
        thread::Builder::new().name("camera".to_owned()).spawn(move || studio.run(&inbox))?;
        Ok((Self { orders, waker, stream: 0, mode: None, showing: false }, outbox))
    }

    fn order(&self, order: Order) {
        // A camera that has ended has said so by `Shot::Ended`.
        let _ = self.orders.send(order);
        self.waker.wake();
    }

    /// Shows from now on, from the start: nothing that a viewer knew before is needed. Also when it lost its picture.
    pub fn show(&mut self) {
        self.stream += 1;
        self.showing = true;
        self.order(Order::Start(self.stream, self.mode));
    }

    /// The mode that the pictures are for from now on. Where it decides on what is masked they begin anew, and none that was made for the mode before is current.
    pub fn set_mode(&mut self, mode: Option<Mode>) {
        let sees_prompts = |mode| mode == Some(Mode::Elevation);
        let differs = sees_prompts(self.mode) != sees_prompts(mode);
        self.mode = mode;
        if self.showing && differs {
            self.show();
        }
    }

    /// Whether a frame belongs to what is shown now.
    pub fn is_current(&self, stream: u64) -> bool {
        stream == self.stream
    }

    /// Shows nothing from now on.
    pub fn hide(&mut self) {
        self.stream += 1;
        self.showing = false;
        self.order(Order::Stop);
    }

    /// Allows one more frame.
    pub fn credit(&self) {
        self.order(Order::Credit);
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        // Dropping the sender alone would be noticed only when the capture returns by itself.
        let (gone, _) = channel();
        self.orders = gone;
        self.waker.wake();
    }
}

/// What lives on the camera's thread.
struct Studio {
    capture: Box<dyn Capture>,
    encoders: BTreeMap<DisplayId, Encoder>,
    /// Displays with damage that was not encoded yet, longest waiting first.
    dirty: Vec<DisplayId>,
    credit: u32,
    showing: bool,
    stream: u64,
    mode: Option<Mode>,
    prompt: PromptState,
    /// Whether the system tells of its prompts. Where it does not, they are windows like all others.
    announces: bool,
    /// The frame with its prompts painted over, while there are any.
    masked: Vec<u8>,
    pace: Option<Pace>,
    begin: Instant,
    /// Reused from frame to frame, as are the next two.
    damage: Vec<rh_codec::Rect>,
    moves: Vec<rh_codec::Move>,
    out: Vec<u8>,
    shots: to_session::Sender<Shot>,
}

/// The session is gone, or there is nothing to capture any more.
struct Over;

impl Studio {
    fn run(mut self, orders: &Receiver<Order>) {
        if let Err(error) = self.try_run(orders) {
            let _ = self.shots.blocking_send(Shot::Ended(error.to_string()));
        }
    }

    fn try_run(&mut self, orders: &Receiver<Order>) -> Result<(), rh_capture::Error> {
        let layout = self.capture.layout();
        let _ = self.restart(layout)?;
        loop {
            if self.take_orders(orders).is_err() {
                return Ok(());
            }
            // All that is known already comes first: a prompt of the system's, above all, before a picture of it.
            while let Some(event) = self.capture.next(Instant::now())? {
                if self.note(event)?.is_err() {
                    return Ok(());
                }
            }
            let wait = self.develop()?;
            if let Some(event) = self.capture.next(Instant::now() + wait)?
                && self.note(event)?.is_err()
            {
                return Ok(());
            }
        }
    }

    /// Takes all orders that wait.
    fn take_orders(&mut self, orders: &Receiver<Order>) -> Result<(), Over> {
        loop {
            let order = match orders.try_recv() {
                Ok(order) => order,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => return Err(Over),
            };
            match order {
                Order::Start(stream, mode) => {
                    self.showing = true;
                    self.stream = stream;
                    self.mode = mode;
                    self.start_anew();
                }
                Order::Stop => self.showing = false,
                Order::Credit => self.credit = self.credit.saturating_add(1),
            }
        }
    }

    fn start_anew(&mut self) {
        for (id, encoder) in &mut self.encoders {
            encoder.reset();
            self.capture.invalidate(*id);
            if !self.dirty.contains(id) {
                self.dirty.push(*id);
            }
        }
    }

    /// Follows the displays: each has an encoder of its own.
    fn restart(&mut self, layout: Arc<Layout>) -> Result<Result<(), Over>, rh_capture::Error> {
        let ids: Vec<DisplayId> = layout.displays.iter().map(|d| d.id).collect();
        self.capture.start(&ids, &rh_capture::Options::default())?;
        self.encoders.retain(|id, _| ids.contains(id));
        self.dirty.retain(|id| ids.contains(id));
        for id in ids {
            if let Entry::Vacant(place) = self.encoders.entry(id) {
                match Encoder::new(Settings { limits: Limits::default(), ..Settings::default() }) {
                    Ok(encoder) => drop(place.insert(encoder)),
                    Err(error) => return Ok(self.tell(Shot::Ended(error.to_string())).and(Err(Over))),
                }
            }
            if !self.dirty.contains(&id) {
                self.dirty.push(id);
            }
        }
        Ok(self.tell(Shot::Layout(layout)))
    }

    fn note(&mut self, event: Event) -> Result<Result<(), Over>, rh_capture::Error> {
        Ok(match event {
            Event::Layout(layout) => self.restart(layout)?,
            Event::Frame(id) => {
                if !self.dirty.contains(&id) {
                    self.dirty.push(id);
                }
                Ok(())
            }
            Event::CursorShape(shape) => self.tell(Shot::CursorShape(shape)),
            Event::CursorPosition(position) => self.tell(Shot::CursorPosition(position)),
            // What the prompt shows is not the helper's to see, and input to it is not the helper's to give, below Elevation.
            Event::State(State::Secure { region, .. }) => {
                self.prompt_changed(region.map_or(PromptState::Unknown, |place| PromptState::Shown(vec![place])))
            }
            Event::State(State::Active) => self.prompt_changed(PromptState::Absent),
            Event::State(State::Ended(_)) => return Err(rh_capture::Error::Ended),
            // A state that is not known here may hide a prompt.
            Event::State(_) if self.announces => self.prompt_changed(PromptState::Unknown),
            _ => Ok(()),
        })
    }

    fn prompt_changed(&mut self, prompt: PromptState) -> Result<(), Over> {
        if self.prompt == prompt {
            return Ok(());
        }
        self.prompt = prompt.clone();
        // More changes in the picture than on the screen: what was masked, or will be.
        for id in self.encoders.keys() {
            self.capture.invalidate(*id);
            if !self.dirty.contains(id) {
                self.dirty.push(*id);
            }
        }
        self.tell(Shot::Prompt(prompt))
    }

    /// Makes the next frame if there is something to show and leave to send it; says how long to wait for events.
    fn develop(&mut self) -> Result<Duration, rh_capture::Error> {
        let masking = self.prompt.shield(self.mode).masking;
        if !self.showing || masking == Masking::Everything || self.credit == 0 {
            return Ok(IDLE);
        }
        let pending = self.encoders.iter().find(|(id, e)| !e.is_settled() && !self.dirty.contains(id)).map(|(id, _)| *id);
        let Some(display) = self.dirty.first().copied().or(pending) else { return Ok(IDLE) };
        // What is only to be refined goes out step by step, lest a change waits behind it.
        let step = if self.dirty.contains(&display) { Duration::ZERO } else { STEP };
        let now = self.begin.elapsed();
        let budget = self.pace.as_mut().map_or(Budget::UNLIMITED, |pace| pace.budget(now));
        if budget == Budget::bytes(0) {
            return Ok(Duration::from_millis(10));
        }
        let frame = match self.capture.frame(display) {
            Ok(frame) => frame,
            // Unplugged since; the layout event that says so is on its way.
            Err(rh_capture::Error::NoSuchDisplay(_)) => {
                self.dirty.retain(|id| *id != display);
                return Ok(Duration::ZERO);
            }
            Err(error) => return Err(error),
        };
        self.dirty.retain(|id| *id != display);
        let Some(encoder) = self.encoders.get_mut(&display) else { return Ok(Duration::ZERO) };
        self.damage.clear();
        self.damage.extend(frame.damage.iter().copied().map(rect_to_codec));
        self.moves.clear();
        self.moves.extend(frame.moves.iter().copied().map(move_to_codec));
        let changed = frame.damage.iter().map(rh_capture::Rect::area).sum();
        let start = Instant::now();
        self.out.clear();
        let mut pixels = frame.pixels;
        if let Masking::Regions(regions) = masking {
            self.masked.clear();
            self.masked.extend_from_slice(pixels);
            for (_, region) in regions.iter().filter(|(on, _)| *on == display) {
                mask(&mut self.masked, frame.stride, frame.size, *region);
            }
            pixels = &self.masked;
            // What moved may have been under the mask.
            self.moves.clear();
        }
        let encoded = FrameView::new(frame.size.width, frame.size.height, frame.stride, PixelFormat::Bgrx, pixels)
            .and_then(|view| encoder.encode(&view, &Hints { damage: Some(&self.damage), moves: &self.moves }, budget, &mut self.out));
        if self.announces && self.prompt_came_meanwhile()? {
            // The frame may show what it must not, and the encoder has seen it: both are forgotten.
            self.start_anew();
            return Ok(Duration::ZERO);
        }
        match encoded {
            Ok(_) if self.out.is_empty() => {}
            Ok(_) => {
                if let Some(pace) = &mut self.pace {
                    pace.spend(self.out.len());
                }
                self.credit -= 1;
                let shot = Shot::Frame {
                    display,
                    stream: self.stream,
                    payload: Bytes::copy_from_slice(&self.out),
                    encode: start.elapsed(),
                    changed,
                };
                // A session that is gone is noticed at the next order.
                let _ = self.tell(shot);
            }
            Err(error) => {
                let _ = self.tell(Shot::Ended(format!("display {display} cannot be encoded: {error}")));
            }
        }
        Ok(step)
    }

    /// Whether the system told of a prompt while a frame was made; everything else that it told is noted too.
    fn prompt_came_meanwhile(&mut self) -> Result<bool, rh_capture::Error> {
        let mut came = false;
        while let Some(event) = self.capture.next(Instant::now())? {
            came |= matches!(event, Event::State(_));
            if self.note(event)?.is_err() {
                return Ok(true);
            }
        }
        Ok(came)
    }

    fn tell(&self, shot: Shot) -> Result<(), Over> {
        self.shots.blocking_send(shot).map_err(|_| Over)
    }
}

impl fmt::Debug for Studio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Studio").field("showing", &self.showing).field("credit", &self.credit).finish_non_exhaustive()
    }
}

/// Paints a region over, in one colour that says nothing about what is there.
fn mask(pixels: &mut [u8], stride: usize, size: rh_capture::Size, region: rh_capture::Rect) {
    const GREY: [u8; 4] = [0x60, 0x60, 0x60, 0xff];
    let region = region.intersection(&rh_capture::Rect::whole(size));
    let side = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let (left, right) = (side(region.x) * 4, side(region.right()) * 4);
    for row in pixels.chunks_mut(stride.max(1)).skip(side(region.y)).take(side(region.height)) {
        for pixel in row.get_mut(left..right).into_iter().flat_map(|cells| cells.chunks_exact_mut(4)) {
            pixel.copy_from_slice(&GREY);
        }
    }
}
