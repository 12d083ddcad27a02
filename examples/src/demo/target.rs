//! What the demo shares: the virtual desktop, or a real X display with a window of the demo's own to type into.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use rh_capture::{Capture, Config, DisplayId, Select, Transfer, VirtualDesktop};
use rh_codec::Rect;
use rh_input::{Held, Info, Inject, Input, Layout, Locks, Report};

use super::stage::{Happening, Stage};
use crate::{
    failure::{Failure, Kind},
    screen::{Animation, OwnInput, Screen, animate, watchdog},
    typing_window::{TypingWindow, WindowEvent},
    ui::Picture,
};

/// How long the window may take to notice what was done to it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A screen to share, and a place on it to type into.
pub(super) enum Target {
    /// The built-in desktop.
    Desktop { desktop: VirtualDesktop, animation: Option<Animation>, size: (u32, u32) },
    /// A real display.
    X11(Box<X11>),
}

/// A window of our own on a real display.
pub(super) struct X11 {
    display: String,
    /// A second, independent connection, to grab the screen by another way than the session does.
    grabber: Box<dyn Capture>,
    shown: DisplayId,
    field: Rect,
    window: Arc<Watched>,
    /// The window closes when this is dropped.
    _close: Sender<()>,
}

/// What the window's thread sees.
#[derive(Default)]
struct Watched {
    focus: AtomicBool,
    typed: Mutex<String>,
    clicks: Mutex<usize>,
}

impl Target {
    pub(super) fn desktop((width, height): (u32, u32)) -> Result<Self, Failure> {
        let (screen, desktop) = Screen::desktop(width, height)?;
        drop(screen);
        let animation =
            animate(desktop.clone(), 15).map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))?;
        Ok(Self::Desktop { desktop, animation: Some(animation), size: (width, height) })
    }

    pub(super) fn x11(display: &str) -> Result<Self, Failure> {
        let missing = |e: &dyn std::fmt::Display| Failure::new(Kind::NoDisplay, format!("cannot use display {display}: {e}"));
        let config = Config { display: Some(display.to_owned()), transfer: Transfer::Socket, ..Config::default() };
        let mut grabber = rh_capture::open(&Select::Exactly(rh_capture::Kind::X11), &config).map_err(|e| missing(&e))?;
        let layout = grabber.layout();
        let shown = layout.displays.iter().find(|d| d.primary).or(layout.displays.first()).ok_or_else(|| missing(&"it has no screen"))?;
        grabber.start(&[shown.id], &rh_capture::Options::default()).map_err(|e| missing(&e))?;
        let mut window = TypingWindow::open(display).map_err(|e| missing(&e))?;
        let rect = window.rect().map_err(|e| missing(&e))?;
        let inside =
            |at: i32, from: i32| u32::try_from(at.saturating_sub(from)).map_err(|_| missing(&"the window is not on its first screen"));
        let field = Rect::new(inside(rect.x, shown.rect.x)?, inside(rect.y, shown.rect.y)?, rect.width, rect.height);
        let watched = Arc::new(Watched { focus: AtomicBool::new(true), ..Watched::default() });
        let (close, closed) = channel();
        let shared = Arc::clone(&watched);
        thread::Builder::new()
            .name("window".to_owned())
            .spawn(move || {
                while closed.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                    let event = window.next_event(Instant::now() + Duration::from_millis(100));
                    match event {
                        Ok(Some(WindowEvent::Focus(focus))) => shared.focus.store(focus, Ordering::Release),
                        Ok(_) => {}
                        Err(_) => break,
                    }
                    window.typed_text().clone_into(&mut shared.typed.lock().unwrap_or_else(PoisonError::into_inner));
                    *shared.clicks.lock().unwrap_or_else(PoisonError::into_inner) = window.clicks().len();
                }
                shared.focus.store(false, Ordering::Release);
            })
            .map_err(|e| missing(&e))?;
        let shown = shown.id;
        Ok(Self::X11(Box::new(X11 { display: display.to_owned(), grabber, shown, field, window: watched, _close: close })))
    }

    /// For people.
    pub(super) fn description(&self) -> String {
        match self {
            Self::Desktop { size: (width, height), .. } => format!("the built-in virtual desktop, {width} × {height}"),
            Self::X11(x) => format!("X display {}", x.display),
        }
    }

    /// What the session shares.
    pub(super) fn screen(&mut self) -> Result<Screen, Failure> {
        match self {
            Self::Desktop { desktop, .. } => Ok(Screen::of(desktop)),
            Self::X11(x) => {
                let mut screen = Screen::x11(&x.display, watchdog("--release-watchdog"))?;
                screen.inject = Box::new(Guarded { inner: screen.inject, window: Arc::clone(&x.window), field: x.field, at: None });
                // Whoever watches the demo on that display may touch it: the guard already keeps the demo's hands off their windows.
                screen.own = OwnInput::Nobody;
                Ok(screen)
            }
        }
    }

    /// Where on the shown display the text field is.
    pub(super) fn field_area(&self) -> Rect {
        match self {
            Self::Desktop { desktop, .. } => {
                let field = desktop.widgets().map(|w| w.text_field).unwrap_or_default();
                Rect::new(field.x, field.y, field.width, field.height)
            }
            Self::X11(x) => x.field,
        }
    }

    /// A point in it.
    pub(super) fn field(&self) -> (i32, i32) {
        middle(self.field_area())
    }

    /// Refuses to go on when the window to type into has lost the focus.
    pub(super) fn check_focus(&self) -> Result<(), Failure> {
        match self {
            Self::X11(x) if !x.window.focus.load(Ordering::Acquire) => Err(Failure::new(
                Kind::Other,
                "the demo's window lost the focus: nothing is typed into somebody else's; leave the focus there, and try again",
            )),
            _ => Ok(()),
        }
    }

    /// Waits until the click has arrived.
    pub(super) fn await_click(&self, stage: &Stage) -> Result<(), Failure> {
        match self {
            Self::Desktop { .. } => {
                let field = self.field_area();
                // The caret shows.
                stage.wait("the caret in the text field", |h| match h {
                    Happening::Frame(damage) if damage.iter().any(|rect| !rect.intersection(&field).is_empty()) => Some(()),
                    _ => None,
                })
            }
            Self::X11(x) => {
                let until = Instant::now() + PATIENCE;
                while *x.window.clicks.lock().unwrap_or_else(PoisonError::into_inner) == 0 {
                    if Instant::now() > until {
                        return Err(Failure::new(Kind::Other, "the click did not arrive in the demo's window"));
                    }
                    thread::sleep(Duration::from_millis(5));
                }
                Ok(())
            }
        }
    }

    /// A point of the list and one of the button, where the screen has them.
    pub(super) fn list_and_button(&self) -> Option<((i32, i32), (i32, i32))> {
        let Self::Desktop { desktop, .. } = self else { return None };
        let widgets = desktop.widgets()?;
        let point = |r: rh_capture::Rect| middle(Rect::new(r.x, r.y, r.width, r.height));
        Some((point(widgets.list), point(widgets.button)))
    }

    /// Pixels that the list is scrolled by, and clicks on the button.
    pub(super) fn scrolled_and_clicked(&self) -> (u32, u64) {
        match self {
            Self::Desktop { desktop, .. } => (desktop.list_offset(), desktop.clicks()),
            Self::X11(_) => (0, 0),
        }
    }

    /// What the screen's own text field holds.
    pub(super) fn typed_text(&self) -> String {
        match self {
            Self::Desktop { desktop, .. } => desktop.typed_text(),
            Self::X11(x) => x.window.typed.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Lets the screen come to rest, as far as it is ours to say.
    pub(super) fn rest(&mut self) {
        if let Self::Desktop { animation, .. } = self {
            *animation = None;
        }
    }

    /// An independent picture of the screen as it is now.
    pub(super) fn grab(&mut self) -> Result<Picture, Failure> {
        let failed = |e: rh_capture::Error| Failure::new(Kind::Other, format!("the screen cannot be grabbed to compare: {e}"));
        match self {
            Self::Desktop { desktop, .. } => {
                let display = desktop.layout().displays.first().map_or(DisplayId(0), |d| d.id);
                let truth = desktop.pixels(display).map_err(failed)?;
                Ok(opaque(truth.size.width, truth.size.height, usize::try_from(truth.size.width).unwrap_or(0) * 4, &truth.pixels))
            }
            Self::X11(x) => {
                x.grabber.invalidate(x.shown);
                let frame = x.grabber.frame(x.shown).map_err(failed)?;
                Ok(opaque(frame.size.width, frame.size.height, frame.stride, frame.pixels))
            }
        }
    }
}

/// The point in the middle.
fn middle(area: Rect) -> (i32, i32) {
    let half = |from: u32, size: u32| i32::try_from(from + size / 2).unwrap_or(0);
    (half(area.x, area.width), half(area.y, area.height))
}

/// BGRX rows as a picture.
fn opaque(width: u32, height: u32, stride: usize, pixels: &[u8]) -> Picture {
    let size = |n: u32| usize::try_from(n).unwrap_or(0);
    let mut picture = Picture::new(size(width), size(height));
    let rows = pixels.chunks(stride.max(1)).map(|row| &row[..row.len().min(size(width) * 4)]);
    let colours = rows.flat_map(|row| row.chunks_exact(4)).map(|p| u32::from_le_bytes([p[0], p[1], p[2], 0]));
    for (into, from) in picture.pixels_mut().iter_mut().zip(colours) {
        *into = from;
    }
    picture
}

/// Sends input only while the demo's window has the focus, and clicks only inside of it: nothing must ever reach a stranger's.
struct Guarded {
    inner: Box<dyn Inject>,
    window: Arc<Watched>,
    field: Rect,
    /// Where the pointer was sent last.
    at: Option<(i32, i32)>,
}

impl Guarded {
    fn is_inside(&self) -> bool {
        self.at.is_some_and(|(x, y)| {
            let inside = |at: i32, from: u32, size: u32| u32::try_from(at).is_ok_and(|at| (from..from.saturating_add(size)).contains(&at));
            inside(x, self.field.x, self.field.width) && inside(y, self.field.y, self.field.height)
        })
    }

    /// Whether an act stays inside of the window.
    fn allows(&mut self, act: &Input) -> bool {
        match act {
            Input::MoveTo { x, y, .. } => {
                self.at = Some((*x, *y));
                true
            }
            // A button that goes up can do no harm; one that stays down can.
            Input::Button { down: true, .. } | Input::Wheel { .. } => self.is_inside(),
            // Where that leads, nobody has said.
            Input::MoveBy { .. } | Input::Touch { .. } | Input::Attention => false,
            _ => true,
        }
    }
}

impl Inject for Guarded {
    fn info(&self) -> &Info {
        self.inner.info()
    }

    fn ready(&mut self, until: Instant) -> Result<bool, rh_input::Error> {
        self.inner.ready(until)
    }

    fn inject(&mut self, batch: &[Input]) -> Result<Report, rh_input::Error> {
        let mut total = Report::default();
        for act in batch {
            if !self.window.focus.load(Ordering::Acquire) {
                self.inner.release_all()?;
                total.unsupported += 1;
            } else if self.allows(act) {
                let report = self.inner.inject(std::slice::from_ref(act))?;
                total.accepted += report.accepted;
                total.stale += report.stale;
                total.outside += report.outside;
                total.unsupported += report.unsupported;
                total.unsupported_chars.extend(report.unsupported_chars);
            } else {
                total.unsupported += 1;
            }
        }
        Ok(total)
    }

    fn set_layout(&mut self, layout: Arc<Layout>) {
        self.inner.set_layout(layout);
    }

    fn locks(&mut self) -> Result<Locks, rh_input::Error> {
        self.inner.locks()
    }

    fn release_all(&mut self) -> Result<(), rh_input::Error> {
        self.inner.release_all()
    }

    fn held(&self) -> &Held {
        self.inner.held()
    }

    fn beat(&mut self) -> Result<(), rh_input::Error> {
        self.inner.beat()
    }
}
