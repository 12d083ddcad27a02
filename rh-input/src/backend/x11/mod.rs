//! X11, by XTEST.
//!
//! # How a key is sent
//! By its place: HID usage → evdev code → X key code (evdev + 8, as on every server of today). Where the key carries a character that the
//! desktop's layout does not give, the character is typed instead; see [`Input::Key`].
//!
//! # How a character is typed
//! 1. It is looked up in all groups and levels of the layout. Temporary modifiers are *locked* for it, not pressed, so that no key of the
//!    desktop's needs to exist for them.
//! 2. If the layout lacks it, a spare key code is given its keysym. Applications re-read the map before they come to the key, since both
//!    notices are in one stream. Each spare code carries as many characters as the layout's widest type has levels. A place is used
//!    again for something else only when no unused one is left ([`Info::foreign_chars`]), and only after [`Settings::rebind_after`]: an
//!    application that lags behind further than this sees the later character. On drop the map is put back, after the same wait.
//!
//! Caps Lock and held modifiers are lifted around the text and put back after. Keys that are held are never touched for more than that.
//!
//! # What waits
//! Motion, buttons and wheel never wait for the server: one write a batch. Text, and keys that carry a character, ask for the keyboard's
//! state once a batch. Everything gives up after [`Settings::patience`].

mod connect;
mod map;
mod pool;
mod text;
pub mod watchdog;
mod wire;

use std::{sync::Arc, thread, time::Instant};

use self::{
    map::Map,
    pool::Pool,
    watchdog::{Op, Watchdog},
    wire::{Server, State},
};
use crate::{Axis, Button, Error, Held, Info, Inject, Input, Kind, Layout, Locks, Refusal, Report, Settings, inject};

/// What XTEST calls the buttons (X protocol, section 1: buttons 4 to 7 are the wheel by convention).
const fn logical(button: Button) -> u8 {
    match button {
        Button::Left => 1,
        Button::Middle => 2,
        Button::Right => 3,
        Button::Back => 8,
        Button::Forward => 9,
    }
}

/// A whole detent of a wheel, in the unit of [`Input::Wheel`].
const DETENT: i32 = 120;

/// Input into an X server.
#[derive(Debug)]
pub struct X11 {
    server: Server,
    info: Info,
    held: Held,
    layout: Option<Arc<Layout>>,
    map: Map,
    pool: Pool,
    /// A key code that gives nothing, and is never lent.
    silent: Option<u8>,
    /// What the server said the keyboard's state is, kept true by us; `None` when it has to be asked.
    state: Option<State>,
    /// Index: button of the device less 1; value: what it means.
    buttons: Vec<u8>,
    /// Device button that was pressed for a [`Button`], in case the map changes meanwhile.
    pressed: [u8; Button::ALL.len()],
    /// Parts of a detent not yet scrolled, by [`Axis`].
    wheel: [i32; 2],
    /// A dead key that waits for what comes next.
    dead: Option<u8>,
    /// Modifier keys of others that we lifted for text and put back: the server's test device has them down ever since.
    borrowed: Vec<u8>,
    watchdog: Option<Watchdog>,
}

impl X11 {
    /// Connects to the display, and starts the watchdog if one is named.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such display, or it refuses us; [`Error::Unsupported`] when it lacks XTEST or XKEYBOARD;
    /// [`Error::WatchdogGone`] when the watchdog does not come up.
    pub fn open(settings: Settings) -> Result<Self, Error> {
        let display = settings.display.as_deref();
        let mut server = Server::connect(display, settings.patience)?;
        let map = Map::new(&server.fetch_map()?);
        let buttons = server.fetch_buttons()?;
        let (spares, silent) = map.spares();
        let pool = Pool::new(&spares, map.shelf(), settings.rebind_after);
        let watchdog = settings.watchdog.map(|command| Watchdog::start(command, display, settings.patience)).transpose()?;
        let mut info = Info::new(Kind::X11);
        (info.touch, info.attention, info.foreign_chars) = (false, false, pool.len());
        let mut this = Self {
            server,
            info,
            held: Held::default(),
            layout: None,
            map,
            pool,
            silent,
            state: None,
            buttons,
            pressed: [0; Button::ALL.len()],
            wheel: [0; 2],
            dead: None,
            borrowed: Vec::new(),
            watchdog,
        };
        this.map.index(|_| false);
        Ok(this)
    }

    /// Reads the server's news; a changed layout is fetched.
    fn follow(&mut self) -> Result<(), Error> {
        let news = self.server.news()?;
        if news.keymap {
            self.map = Map::new(&self.server.fetch_map()?);
            let (spares, silent) = self.map.spares();
            self.silent = silent;
            self.pool.follow(&spares, self.map.shelf(), |code| self.map.pair(code));
            self.map.index(|code| self.pool.is_lent(code));
        }
        if news.buttons {
            self.buttons = self.server.fetch_buttons()?;
        }
        Ok(())
    }

    /// The keyboard's state, asked for if need be.
    fn state(&mut self) -> Result<State, Error> {
        if let Some(state) = self.state {
            return Ok(state);
        }
        let state = self.server.fetch_state()?;
        self.state = Some(state);
        // The answer came after every notice before it, so the layout is now known as of the same moment.
        self.follow()?;
        Ok(state)
    }

    /// Tells the watchdog, before the act: what it does not know of, it cannot undo.
    fn warn(&mut self, op: Op) -> Result<(), Error> {
        self.watchdog.as_mut().map_or(Ok(()), |dog| dog.tell(op))
    }

    /// Tells the watchdog after the next flush: what is not surely undone stays its business.
    fn clear(&mut self, op: Op) {
        if let Some(dog) = &mut self.watchdog {
            dog.tell_later(op);
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.server.flush()?;
        if let Some(dog) = &mut self.watchdog {
            dog.tell_now();
        }
        Ok(())
    }

    /// The device's button that means `logical`; `None` where the person's map has none.
    fn device_button(&self, logical: u8) -> Option<u8> {
        (1..).zip(&self.buttons).find(|(_, means)| **means == logical).map(|(number, _)| number)
    }

    fn button(&mut self, button: Button, down: bool) -> Result<bool, Error> {
        let slot = button as usize;
        if down {
            let Some(number) = self.device_button(logical(button)) else { return Ok(false) };
            if self.held.button(button, true) {
                self.pressed[slot] = number;
                self.warn(Op::ButtonDown(number))?;
                self.server.button(number, true)?;
            }
        } else if self.held.button(button, false) {
            self.raise_button(button)?;
        }
        Ok(true)
    }

    fn raise_button(&mut self, button: Button) -> Result<(), Error> {
        let number = self.pressed[button as usize];
        self.server.button(number, false)?;
        self.clear(Op::ButtonUp(number));
        Ok(())
    }

    fn wheel(&mut self, axis: Axis, v120: i16) -> Result<bool, Error> {
        let (slot, positive, negative) = match axis {
            Axis::Vertical => (0, 4, 5),
            Axis::Horizontal => (1, 7, 6),
        };
        let Some(number) = self.device_button(if v120 > 0 { positive } else { negative }) else { return Ok(false) };
        let part = &mut self.wheel[slot];
        // A turn the other way starts anew: nobody expects to undo a rest that never showed.
        if part.signum() == -i32::from(v120.signum()) {
            *part = 0;
        }
        *part += i32::from(v120);
        let detents = *part / DETENT;
        *part %= DETENT;
        for _ in 0..detents.unsigned_abs() {
            self.server.click(number)?;
        }
        Ok(true)
    }

    fn set_locks(&mut self, locks: Locks) -> Result<bool, Error> {
        let wanted = [(locks.caps, map::LOCK), (locks.num, self.map.num), (locks.scroll, self.map.scroll)];
        let all = wanted.iter().fold(0, |all, (_, mods)| all | mods);
        let on = wanted.iter().filter(|(on, _)| *on).fold(0, |all, (_, mods)| all | mods);
        self.server.lock(all, on, None, 0)?;
        self.state = None;
        Ok(wanted.iter().all(|(on, mods)| !on || *mods != 0))
    }

    fn one(&mut self, input: &Input, report: &mut Report) -> Result<(), Error> {
        let done = match *input {
            Input::Key { usage, down, text } => self.key(usage, down, text, report)?,
            Input::Text(ref text) => {
                self.dead = None;
                self.type_text(super::typed(text), &mut report.unsupported_chars)?;
                true
            }
            Input::MoveTo { display, generation, x, y } => {
                let on_screen = |(x, y)| Some((i16::try_from(x).ok()?, i16::try_from(y).ok()?));
                let at = super::locate(self.layout.as_deref(), display, generation, x, y);
                match at.and_then(|at| on_screen(at).ok_or(Refusal::Outside)) {
                    Ok((x, y)) => self.server.move_to(x, y)?,
                    Err(why) => {
                        report.refuse(why);
                        return Ok(());
                    }
                }
                true
            }
            Input::MoveBy { dx, dy } => {
                // No screen is wider than the protocol's coordinates, so a farther move ends at the same edge.
                let near = |d: i32| i16::try_from(d.clamp(i16::MIN.into(), i16::MAX.into())).unwrap_or_default();
                self.server.move_by(near(dx), near(dy))?;
                true
            }
            Input::Button { button, down } => self.button(button, down)?,
            Input::Wheel { axis, v120 } => self.wheel(axis, v120)?,
            Input::Locks(locks) => self.set_locks(locks)?,
            Input::ReleaseAll => {
                self.raise_all()?;
                true
            }
            Input::Touch { .. } | Input::Attention => false,
        };
        if done {
            report.accepted += 1;
        } else {
            report.unsupported += 1;
        }
        Ok(())
    }

    fn raise_all(&mut self) -> Result<(), Error> {
        (self.dead, self.wheel) = (None, [0; 2]);
        while let Some(usage) = self.held.pop_key() {
            if let Some(code) = text::key_code(usage) {
                self.raise(code)?;
            }
        }
        while let Some(button) = self.held.pop_button() {
            self.raise_button(button)?;
        }
        self.flush()
    }

    /// Puts everything back as it was before us.
    fn undo(&mut self) -> Result<(), Error> {
        self.raise_all()?;
        if !self.borrowed.is_empty() {
            let state = self.server.fetch_state()?;
            // Keys that their owner released meanwhile are still down on the server's test device alone.
            for code in self.borrowed.iter().filter(|code| !state.is_down(**code)) {
                self.server.key(*code, false)?;
            }
        }
        if !self.pool.lent().is_empty() {
            self.follow()?;
            if let Some(idle) = self.pool.idle_at() {
                thread::sleep(idle.saturating_duration_since(Instant::now()));
            }
            for (first, rows) in pool::runs(&self.pool.lent(), |_| Vec::new()) {
                self.server.bind(first, self.pool.kind(), rows)?;
            }
        }
        // A connection that ends with notices unread is reset, and the server may drop what it has not yet done.
        self.server.fetch_nothing()?;
        self.clear(Op::Unbound);
        self.flush()
    }
}

impl Inject for X11 {
    fn info(&self) -> &Info {
        &self.info
    }

    fn ready(&mut self, _until: Instant) -> Result<bool, Error> {
        self.server.fetch_nothing()?;
        Ok(true)
    }

    fn inject(&mut self, batch: &[Input]) -> Result<Report, Error> {
        inject::check(batch)?;
        let mut report = Report::default();
        self.state = None;
        let pointer = |input: &Input| matches!(input, Input::MoveTo { .. } | Input::MoveBy { .. } | Input::Wheel { .. });
        if self.server.is_asked() || !batch.iter().all(pointer) {
            self.follow()?;
        }
        for input in batch {
            if let Err(error) = self.one(input, &mut report) {
                if error == Error::WatchdogGone {
                    self.raise_all()?;
                }
                return Err(error);
            }
        }
        self.flush()?;
        Ok(report)
    }

    fn set_layout(&mut self, layout: Arc<Layout>) {
        self.layout = Some(layout);
    }

    fn locks(&mut self) -> Result<Locks, Error> {
        self.state = None;
        let locked = self.state()?.locked;
        let on = |mods: u8| locked & mods != 0;
        Ok(Locks { caps: on(map::LOCK), num: on(self.map.num), scroll: on(self.map.scroll) })
    }

    fn release_all(&mut self) -> Result<(), Error> {
        self.raise_all()
    }

    fn held(&self) -> &Held {
        &self.held
    }

    fn beat(&mut self) -> Result<(), Error> {
        self.warn(Op::Beat)
    }
}

impl Drop for X11 {
    fn drop(&mut self) {
        // A server that is gone holds nothing; a watchdog that is there still undoes what we could not.
        let _ = self.undo();
    }
}
