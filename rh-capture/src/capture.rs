//! The trait that every backend implements, and what describes a backend.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{DisplayId, Error, Event, Frame, Kind, Layout};

/// A source of pictures of a desktop.
///
/// Order of calls: [`start`](Self::start) once, and again whenever the set of displays should change; then [`next`](Self::next)
/// in a loop; after [`Event::Frame`], [`frame`](Self::frame) as soon as the picture can be used. A consumer that is busy simply
/// does not take the frame: nothing is queued, and the frame it takes later is the newest, with all damage since its last one.
pub trait Capture: Send {
    /// What this backend can do here.
    fn info(&self) -> &Info;

    /// The displays as last read; never older than the last event.
    fn layout(&self) -> Arc<Layout>;

    /// Chooses the displays to watch; the set before is replaced. Newly watched displays announce a first frame, whole.
    ///
    /// # Errors
    /// [`Error::NoSuchDisplay`]; [`Error::ApiMisuse`] if `displays` is empty or names one twice; [`Error::LimitExceeded`] for a display too large to hold.
    fn start(&mut self, displays: &[DisplayId], options: &Options) -> Result<(), Error>;

    /// Waits for the next event, at most until `until`. `None` if the time is up or a [`Waker`] interrupted.
    ///
    /// Returns at once with what is already known, even if `until` has passed. Without damage it sleeps in the kernel.
    ///
    /// # Errors
    /// [`Error::Ended`] after [`State::Ended`](crate::State::Ended); [`Error::Backend`].
    fn next(&mut self, until: Instant) -> Result<Option<Event>, Error>;

    /// Takes the current picture of a started display. Does no work if nothing changed since the last time.
    ///
    /// # Errors
    /// [`Error::NoSuchDisplay`] if it is gone; [`Error::ApiMisuse`] if it was not started; [`Error::Ended`]; [`Error::Backend`].
    fn frame(&mut self, display: DisplayId) -> Result<Frame<'_>, Error>;

    /// Forgets what the consumer has of this display: its next frame is announced, read anew and damaged all over. Unknown displays are ignored.
    fn invalidate(&mut self, display: DisplayId);

    /// A handle that interrupts [`next`](Self::next) from any thread.
    fn waker(&self) -> Waker;

    /// What was done so far.
    fn stats(&self) -> Stats;
}

/// Interrupts [`Capture::next`]. A wake before the call interrupts the next one; several before one call count as one.
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    /// Makes a waiting `next` return `None` now. Harmless after the capture is gone.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}

/// What a backend can do here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// Which backend.
    pub kind: Kind,
    /// How pixels reach us, in the backend's own words, for logs.
    pub transfer: &'static str,
    /// How changes are found.
    pub damage: DamageSource,
    /// How the pointer is delivered.
    pub cursor: CursorSource,
    /// Whether credential prompts and lock screens are announced as [`State::Secure`](crate::State::Secure).
    pub secure_prompts: bool,
}

/// How a backend finds changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DamageSource {
    /// The system reports them; rectangles are close to what changed.
    Exact,
    /// The system reports them, rounded up to larger areas.
    Coarse,
    /// The system is silent: changes are looked for every [`Options::poll`]; areas are tiles.
    None,
}

/// How a backend delivers the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CursorSource {
    /// As events, apart from the picture.
    Separate,
    /// Painted into the picture.
    Embedded,
    /// Not at all.
    None,
}

/// How to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How often to look for changes where the system does not report damage; a frame is then at most this old when it is taken. At least 1 ms.
    pub poll: Duration,
    /// Checks the system's damage reports: each frame is compared, outside its damage, with a full grab. What was missed is added to the
    /// damage and counted in [`Stats::missed_pixels`]. Costs several full grabs a frame and holds up the window system meanwhile; for diagnosis only.
    /// Where the system reports no damage there is nothing to check.
    pub verify: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { poll: Duration::from_millis(66), verify: false }
    }
}

/// What a capture has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Frames taken.
    pub frames: u64,
    /// Pixels read from the system.
    pub pixels_read: u64,
    /// Requests for pixels.
    pub reads: u64,
    /// Pixels that differed outside the reported damage, with [`Options::verify`]. Anything but 0 is a defect of the window system or of the backend.
    pub missed_pixels: u64,
}
