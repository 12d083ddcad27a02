//! Keys and characters: which key code, under which modifiers, and everything around them left as it was.

use std::{iter, thread, time::Instant};

use super::{
    X11,
    map::{ALT, CONTROL, Place, SUPER},
    pool::{Wait, pair},
    watchdog::Op,
    wire::State,
};
use crate::{Error, HidUsage, Report};

/// The X key code of a key: evdev's plus 8, the numbers below 8 being reserved (X protocol, section 4).
pub(super) fn key_code(usage: HidUsage) -> Option<u8> {
    u8::try_from(usage.evdev()? + 8).ok()
}

/// What was done to the keyboard for the sake of a text.
struct Lifted {
    /// Modifier keys to press again.
    keys: Vec<u8>,
    /// Locks and group as they were.
    before: (u8, u8),
    /// Locks and group as they are now.
    now: (u8, u8),
}

impl X11 {
    /// Does one [`Input::Key`](crate::Input::Key); `false` if it cannot be done here.
    pub(super) fn key(&mut self, usage: HidUsage, down: bool, text: Option<char>, report: &mut Report) -> Result<bool, Error> {
        let Some(code) = key_code(usage) else { return Ok(false) };
        if !down {
            if self.held.release(usage) {
                self.raise(code)?;
            }
            return Ok(true);
        }
        if self.held.keys().contains(&usage) {
            return Ok(true);
        }
        let text = text.filter(|c| !c.is_control());
        if self.pool.is_lent(code) {
            // The key gives somebody else's character at the moment.
            return if let Some(c) = text { self.type_char(c, report) } else { Ok(false) };
        }
        if let Some(c) = text {
            let state = self.state()?;
            if !self.is_shortcut(&state) && self.map.char(code, state.mods, state.group) != Some(c) {
                return self.type_char(c, report);
            }
        } else if self.map.may_be_dead(code) {
            let state = self.state()?;
            if !self.is_shortcut(&state) && self.map.is_dead(code, state.mods, state.group) {
                self.send_dead()?;
                self.dead = Some(code);
                return Ok(true);
            }
        }
        let modifier = self.map.is_modifier(code);
        if !modifier {
            self.send_dead()?;
        }
        if let Some(at) = self.borrowed.iter().position(|borrowed| *borrowed == code) {
            self.borrowed.swap_remove(at);
            self.server.key(code, false)?;
        }
        self.held.press(usage);
        self.warn(Op::KeyDown(code))?;
        self.server.key(code, true)?;
        self.note(code, true, modifier);
        Ok(true)
    }

    /// Control, the left Alt or Super is down: keys mean acts, not characters. The right Alt is AltGr where the character was typed, if
    /// not here, and comes with a Control of its own from Windows.
    fn is_shortcut(&self, state: &State) -> bool {
        state.mods & (CONTROL | ALT | SUPER) != 0 && !self.held.keys().contains(&HidUsage::RIGHT_ALT)
    }

    /// A dead key is sent when the next key turns out to want it. Where the next one brings its accent along as text, the dead key has
    /// done its work at the other end.
    fn send_dead(&mut self) -> Result<(), Error> {
        match self.dead.take() {
            Some(code) => self.server.tap(code),
            None => Ok(()),
        }
    }

    /// Releases a key code.
    pub(super) fn raise(&mut self, code: u8) -> Result<(), Error> {
        self.server.key(code, false)?;
        self.clear(Op::KeyUp(code));
        let modifier = self.map.is_modifier(code);
        self.note(code, false, modifier);
        Ok(())
    }

    /// Keeps the known state true.
    fn note(&mut self, code: u8, down: bool, modifier: bool) {
        if modifier {
            self.state = None;
        } else if let Some(state) = &mut self.state {
            state.set(code, down);
        }
    }

    fn type_char(&mut self, c: char, report: &mut Report) -> Result<bool, Error> {
        self.dead = None;
        self.type_text(iter::once(c), &mut report.unsupported_chars)?;
        Ok(true)
    }

    /// Types characters, whatever the layout, the locks and the held modifiers.
    pub(super) fn type_text(&mut self, text: impl Iterator<Item = char>, unsupported: &mut Vec<char>) -> Result<(), Error> {
        let state = self.state()?;
        let begins = Op::TextBegins { locked: state.locked, group: state.locked_group };
        self.warn(begins)?;
        let mut lifted = self.lift(&state)?;
        let mut text = text.peekable();
        let mut taps = Vec::new();
        while text.peek().is_some() {
            let mut wait = None;
            while let Some(c) = text.peek() {
                match self.place(*c, state.locked_group) {
                    Ok(tap) => taps.push(tap),
                    Err(Wait::Never) => unsupported.push(*c),
                    Err(other) => {
                        wait = Some(other);
                        break;
                    }
                }
                text.next();
            }
            self.bind()?;
            for (place, group) in taps.drain(..) {
                self.shift(&mut lifted, place.mods, group)?;
                self.free(place.code)?;
                self.server.tap(place.code)?;
            }
            if wait.is_some() {
                self.server.flush()?;
            }
            let now = Instant::now();
            self.pool.sent(now);
            if let Some(Wait::Until(free)) = wait {
                thread::sleep(free.saturating_duration_since(now));
                // A long text is no silence.
                self.warn(begins)?;
            }
        }
        self.put_back(&lifted)?;
        self.clear(Op::TextEnds);
        Ok(())
    }

    fn place(&mut self, c: char, group: u8) -> Result<(Place, u8), Wait> {
        match self.map.find(c, group) {
            Some(found) => Ok(found),
            None => self.pool.place(c, Instant::now()).map(|place| (place, group)),
        }
    }

    /// Gives lent key codes their characters, before the keys that need them.
    fn bind(&mut self) -> Result<(), Error> {
        for (first, rows) in self.pool.take_dirty() {
            for (code, row) in (first..).zip(&rows) {
                self.warn(Op::Bound { code, pair: pair(row) })?;
            }
            self.server.bind(first, self.pool.kind(), rows)?;
        }
        Ok(())
    }

    /// Lifts held modifiers; locks are changed when the first character wants it.
    fn lift(&mut self, state: &State) -> Result<Lifted, Error> {
        let held: Vec<u8> = if state.base == 0 && !state.down().any(|code| self.map.is_modifier(code)) {
            Vec::new()
        } else {
            state.down().filter(|code| self.map.is_modifier(*code)).collect()
        };
        // Alone between press and release, Alt opens menus and Super the overview. A key that gives nothing keeps them company.
        if let Some(code) = self.silent.filter(|_| state.base & (ALT | SUPER) != 0) {
            self.server.tap(code)?;
        }
        for code in &held {
            self.server.key(*code, false)?;
        }
        if !held.is_empty() || state.latched != 0 {
            self.state = None;
        }
        let before = (state.locked, state.locked_group);
        if state.latched != 0 {
            self.server.lock(0, 0, None, state.latched)?;
        }
        let keys = held.into_iter().filter(|code| !self.map.is_lock(*code)).collect();
        Ok(Lifted { keys, before, now: before })
    }

    /// Locks exactly the modifiers and the group that a character needs. Num Lock may stay: it means nothing to keys outside the keypad.
    fn shift(&mut self, lifted: &mut Lifted, mods: u8, group: u8) -> Result<(), Error> {
        let wanted = (mods | (lifted.before.0 & self.map.num), group);
        if lifted.now != wanted {
            self.server.lock(0xff, wanted.0, Some(group), 0)?;
            lifted.now = wanted;
        }
        Ok(())
    }

    /// A key code that is needed for a character must be up first; a held one gives no second press.
    fn free(&mut self, code: u8) -> Result<(), Error> {
        let down = self.state.is_some_and(|state| state.is_down(code));
        if down {
            if let Some(usage) = self.held.keys().iter().copied().find(|usage| key_code(*usage) == Some(code)) {
                self.held.release(usage);
            }
            self.raise(code)?;
        }
        Ok(())
    }

    fn put_back(&mut self, lifted: &Lifted) -> Result<(), Error> {
        if lifted.now != lifted.before {
            self.server.lock(0xff, lifted.before.0, Some(lifted.before.1), 0)?;
        }
        for code in &lifted.keys {
            self.server.key(*code, true)?;
            let ours = self.held.keys().iter().any(|usage| key_code(*usage) == Some(*code));
            if !ours && !self.borrowed.contains(code) {
                self.borrowed.push(*code);
            }
        }
        Ok(())
    }
}
