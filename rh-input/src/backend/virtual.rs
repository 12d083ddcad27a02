use std::{fmt, sync::Arc, time::Instant};

use crate::{Axis, Button, DisplayId, Error, Held, HidUsage, Info, Inject, Input, Kind, Layout, Locks, Report, inject};

/// What a desktop of the embedder's own is told to do: [`Input`] after the rules of every backend were applied.
///
/// Nothing goes down twice or up unpressed, and positions lie on their display.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// The pointer goes to a pixel of a display.
    MoveTo {
        /// Which display.
        display: DisplayId,
        /// Pixels from its left edge.
        x: i32,
        /// Pixels from its top edge.
        y: i32,
    },
    /// The pointer moves from where it is.
    MoveBy {
        /// Pixels to the right.
        dx: i32,
        /// Pixels down.
        dy: i32,
    },
    /// A button changed.
    Button {
        /// Which.
        button: Button,
        /// Down or up.
        down: bool,
    },
    /// The wheel turned, as in [`Input::Wheel`].
    Wheel {
        /// Which wheel.
        axis: Axis,
        /// In 1/120 of a detent, up and right positive.
        v120: i16,
    },
    /// A key changed.
    Key {
        /// Which.
        usage: HidUsage,
        /// Down or up.
        down: bool,
        /// The character it types, if it types one; `None` on `up`.
        text: Option<char>,
    },
    /// A character to be typed at the caret; a line break is `'\n'`, however it was sent.
    Text(char),
}

/// An injector in front of a desktop that the embedder draws itself: each act goes to a closure.
pub struct Virtual {
    info: Info,
    sink: Box<dyn FnMut(Act) + Send>,
    held: Held,
    layout: Option<Arc<Layout>>,
}

impl Virtual {
    /// An injector that calls `sink` with each act, in order, within [`Inject::inject`].
    pub fn new(sink: impl FnMut(Act) + Send + 'static) -> Self {
        let mut info = Info::new(Kind::Virtual);
        (info.touch, info.attention, info.locks) = (false, false, false);
        Self { info, sink: Box::new(sink), held: Held::default(), layout: None }
    }

    fn release(&mut self) {
        while let Some(usage) = self.held.pop_key() {
            (self.sink)(Act::Key { usage, down: false, text: None });
        }
        while let Some(button) = self.held.pop_button() {
            (self.sink)(Act::Button { button, down: false });
        }
    }

    /// A held key's further `down`s are its repeats, since no desktop beneath makes them.
    fn key(&mut self, usage: HidUsage, down: bool, text: Option<char>) {
        if down {
            self.held.press(usage);
            (self.sink)(Act::Key { usage, down, text });
        } else if self.held.release(usage) {
            (self.sink)(Act::Key { usage, down, text: None });
        }
    }

    fn text(&mut self, text: &str, report: &mut Report) {
        for c in super::typed(text) {
            if c.is_control() && !matches!(c, '\n' | '\t' | '\u{8}' | '\u{7f}' | '\u{1b}') {
                report.unsupported_chars.push(c);
            } else {
                (self.sink)(Act::Text(c));
            }
        }
    }
}

impl fmt::Debug for Virtual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Virtual").field("held", &self.held).field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl Inject for Virtual {
    fn info(&self) -> &Info {
        &self.info
    }

    fn ready(&mut self, _until: Instant) -> Result<bool, Error> {
        Ok(true)
    }

    fn inject(&mut self, batch: &[Input]) -> Result<Report, Error> {
        inject::check(batch)?;
        let mut report = Report::default();
        for input in batch {
            match *input {
                Input::Key { usage, down, text } if usage.evdev().is_some() => self.key(usage, down, text),
                Input::Text(ref text) => self.text(text, &mut report),
                Input::MoveTo { display, generation, x, y } => match super::locate(self.layout.as_deref(), display, generation, x, y) {
                    Ok(_) => (self.sink)(Act::MoveTo { display, x, y }),
                    Err(why) => {
                        report.refuse(why);
                        continue;
                    }
                },
                Input::MoveBy { dx, dy } => (self.sink)(Act::MoveBy { dx, dy }),
                Input::Button { button, down } => {
                    if self.held.button(button, down) {
                        (self.sink)(Act::Button { button, down });
                    }
                }
                Input::Wheel { axis, v120 } => (self.sink)(Act::Wheel { axis, v120 }),
                Input::ReleaseAll => self.release(),
                Input::Key { .. } | Input::Touch { .. } | Input::Locks(_) | Input::Attention => {
                    report.unsupported += 1;
                    continue;
                }
            }
            report.accepted += 1;
        }
        Ok(report)
    }

    fn set_layout(&mut self, layout: Arc<Layout>) {
        self.layout = Some(layout);
    }

    fn locks(&mut self) -> Result<Locks, Error> {
        Err(Error::Unsupported { what: "keyboard locks on the virtual desktop" })
    }

    fn release_all(&mut self) -> Result<(), Error> {
        self.release();
        Ok(())
    }

    fn held(&self) -> &Held {
        &self.held
    }
}

impl Drop for Virtual {
    fn drop(&mut self) {
        self.release();
    }
}
