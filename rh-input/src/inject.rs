use std::{sync::Arc, time::Instant};

use crate::{Error, Held, Input, Kind, Layout, Locks, MAX_TEXT, Refusal};

/// Puts input into a desktop.
///
/// Order of calls: [`ready`](Self::ready) once, [`set_layout`](Self::set_layout) at the start and whenever the displays change, then
/// [`inject`](Self::inject) for each batch that arrived together. Whatever is held goes up on [`release_all`](Self::release_all), to be
/// called on every loss of control (mode, peer, pause), and on drop.
pub trait Inject: Send {
    /// What this injector can do; fixed once it is open.
    fn info(&self) -> &Info;

    /// Waits until input would reach applications; `false` if `until` came first.
    ///
    /// Some compositors lose the first keys of a connection until their clients have bound the new keyboard.
    ///
    /// # Errors
    /// [`Error::Closed`] when the desktop is gone.
    fn ready(&mut self, until: Instant) -> Result<bool, Error>;

    /// Does all of a batch in order, handing it to the desktop at once.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] before anything is sent; [`Error::Closed`] and [`Error::WatchdogGone`] end this injector.
    fn inject(&mut self, batch: &[Input]) -> Result<Report, Error>;

    /// Names the displays that positions refer to from now on.
    fn set_layout(&mut self, layout: Arc<Layout>);

    /// The keyboard's locks as they are now.
    ///
    /// # Errors
    /// [`Error::Closed`] when the desktop is gone; [`Error::Unsupported`] where locks cannot be read ([`Info::locks`]).
    fn locks(&mut self) -> Result<Locks, Error>;

    /// Releases everything this injector holds.
    ///
    /// # Errors
    /// [`Error::Closed`] when the desktop is gone, and with it what was held.
    fn release_all(&mut self) -> Result<(), Error>;

    /// What this injector holds.
    fn held(&self) -> &Held;

    /// Tells a watchdog, if there is one, that the session is alive; to be called about every second.
    ///
    /// From the first beat on, held keys are released when neither a beat nor input came for three seconds, also if this process hangs.
    ///
    /// # Errors
    /// [`Error::WatchdogGone`].
    fn beat(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// What an injector can do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// Which backend it is.
    pub kind: Kind,
    /// [`Input::Touch`] is supported.
    pub touch: bool,
    /// [`Input::Attention`] is supported.
    pub attention: bool,
    /// [`Input::Locks`] and [`Inject::locks`] are supported.
    pub locks: bool,
    /// How many characters outside the layout can be typed at once without waiting; 0: none at all, `usize::MAX`: no limit.
    pub foreign_chars: usize,
}

impl Info {
    /// A backend of this kind that can do everything; its author takes away what it cannot.
    pub fn new(kind: Kind) -> Self {
        Self { kind, touch: true, attention: true, locks: true, foreign_chars: usize::MAX }
    }
}

/// What became of a batch: each of its inputs is counted in exactly one of the four numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "what was refused is only known from here"]
pub struct Report {
    /// Done; for a text, but for its `unsupported_chars`.
    pub accepted: usize,
    /// Positions measured on another layout than the current one; ask the sender to look again.
    pub stale: usize,
    /// Positions on no display.
    pub outside: usize,
    /// What this backend, or this desktop, cannot do.
    pub unsupported: usize,
    /// Characters that this desktop cannot be made to type, in order.
    pub unsupported_chars: Vec<char>,
}

impl Report {
    pub(crate) fn refuse(&mut self, why: Refusal) {
        match why {
            Refusal::Stale => self.stale += 1,
            Refusal::Outside => self.outside += 1,
        }
    }
}

/// Refuses a batch that holds an over-long text, before anything of it is done.
pub(crate) fn check(batch: &[Input]) -> Result<(), Error> {
    let long = batch.iter().any(|input| matches!(input, Input::Text(text) if text.len() > MAX_TEXT));
    if long { Err(Error::LimitExceeded { what: "a text in bytes", limit: MAX_TEXT }) } else { Ok(()) }
}
