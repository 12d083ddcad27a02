//! A small window of the demo's own on an X display, so that a session has somewhere to type that is nobody's work.
//!
//! The demo sends input only while [`TypingWindow::has_focus`] says so, and clicks only within [`TypingWindow::rect`].

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use rh_input::{Rect, keymap::keysym_to_char};
use x11rb::{
    CURRENT_TIME,
    connection::Connection as _,
    errors::{ConnectionError, ReplyError},
    protocol::{
        Event,
        xkb::{self, ConnectionExt as _},
        xproto::{
            AtomEnum, ChangeGCAux, ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, InputFocus,
            KeyPressEvent, NotifyMode, PropMode, Rectangle, StackMode, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

const TITLE: &str = "Remote Help demo";
const WIDTH: u16 = 520;
const HEIGHT: u16 = 120;

/// The font that is built into every X server, 6 by 13 pixels; it has Latin-1 only, and other characters are drawn as boxes.
const FONT: &str = "fixed";
const CELL: (i16, i16) = (6, 16);

/// Left edge and first base line of the text field's content.
const TEXT_AT: (i16, i16) = (16, 50);

/// How long a window manager may take to show the window and to give it the focus.
const PATIENCE: Duration = Duration::from_secs(5);

/// Characters that are kept; nobody types more into a demo, and a stuck key does not fill the memory.
const MAX_TEXT: usize = 4096;

/// XKB's number of the keyboard that core events come from.
const CORE_KEYBOARD: u16 = 0x100;

/// Why there is no typing window, or no more.
#[derive(Debug, thiserror::Error)]
pub enum TypingWindowError {
    /// There is no such display, or it refuses us.
    #[error("cannot open a window on display {display}: {detail}")]
    Connect {
        /// The display.
        display: String,
        /// The reason, in the system's words.
        detail: String,
    },
    /// Another window keeps the focus; nothing may be typed.
    #[error("the demo's window did not get the focus; nothing is typed, so as not to type into another window")]
    NoFocus,
    /// The window or its display went away.
    #[error("the demo's window is gone: {0}")]
    Gone(String),
}

impl From<ConnectionError> for TypingWindowError {
    fn from(e: ConnectionError) -> Self {
        Self::Gone(e.to_string())
    }
}

impl From<ReplyError> for TypingWindowError {
    fn from(e: ReplyError) -> Self {
        Self::Gone(e.to_string())
    }
}

/// What happened to the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowEvent {
    /// It got the focus, or lost it.
    Focus(bool),
    /// A character was typed; Enter is a line feed, and Backspace takes the last one away.
    Typed(char),
    /// The pointer moved over it, to this point of the window.
    Pointer {
        /// Pixels from its left edge.
        x: i32,
        /// Pixels from its top edge.
        y: i32,
    },
    /// A button was pressed on it.
    Click(Click),
}

/// A press of a pointer button on the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Click {
    /// 1 left, 2 middle, 3 right; 4 to 7 the wheel.
    pub button: u8,
    /// Pixels from the window's left edge.
    pub x: i32,
    /// Pixels from its top edge.
    pub y: i32,
}

/// The window; it closes when dropped.
#[derive(Debug)]
pub struct TypingWindow {
    conn: Arc<RustConnection>,
    events: Receiver<Result<Event, ConnectionError>>,
    root: u32,
    window: u32,
    gc: u32,
    colours: Colours,
    keyboard: Keyboard,
    focus: bool,
    text: String,
    clicks: Vec<Click>,
}

#[derive(Debug, Clone, Copy)]
struct Colours {
    black: u32,
    white: u32,
}

impl TypingWindow {
    /// Opens the window in the middle of the display, and waits until it has the focus.
    ///
    /// # Errors
    /// [`TypingWindowError::Connect`] where there is no display; [`TypingWindowError::NoFocus`] when it does not get the focus within five seconds.
    pub fn open(display: &str) -> Result<Self, TypingWindowError> {
        let refused = |detail: String| TypingWindowError::Connect { display: display.to_owned(), detail };
        let (conn, screen) = RustConnection::connect(Some(display)).map_err(|e| refused(e.to_string()))?;
        let screen = &conn.setup().roots[screen];
        let (root, visual, colours) = (screen.root, screen.root_visual, Colours { black: screen.black_pixel, white: screen.white_pixel });
        let middle = |whole: u16, part: u16| i16::try_from(whole.saturating_sub(part) / 2).unwrap_or(0);
        let (x, y) = (middle(screen.width_in_pixels, WIDTH), middle(screen.height_in_pixels, HEIGHT));
        let (window, gc, font) = (id(&conn)?, id(&conn)?, id(&conn)?);

        conn.xkb_use_extension(1, 0)?.reply()?;
        let maps = xkb::EventType::NEW_KEYBOARD_NOTIFY | xkb::EventType::MAP_NOTIFY;
        let parts = xkb::MapPart::KEY_SYMS | xkb::MapPart::KEY_TYPES;
        conn.xkb_select_events(CORE_KEYBOARD, xkb::EventType::default(), maps, parts, parts, &xkb::SelectEventsAux::new())?;

        let mask = EventMask::EXPOSURE
            | EventMask::STRUCTURE_NOTIFY
            | EventMask::FOCUS_CHANGE
            | EventMask::KEY_PRESS
            | EventMask::BUTTON_PRESS
            | EventMask::POINTER_MOTION;
        let look = CreateWindowAux::new().event_mask(mask).background_pixel(colours.white).border_pixel(colours.black);
        conn.create_window(0, window, root, x, y, WIDTH, HEIGHT, 1, WindowClass::INPUT_OUTPUT, visual, &look)?;
        conn.change_property8(PropMode::REPLACE, window, AtomEnum::WM_NAME, AtomEnum::STRING, TITLE.as_bytes())?;
        conn.change_property8(PropMode::REPLACE, window, AtomEnum::WM_CLASS, AtomEnum::STRING, b"remote-help-demo\0Remote-help-demo\0")?;
        conn.open_font(font, FONT.as_bytes())?;
        conn.create_gc(gc, window, &CreateGCAux::new().foreground(colours.black).background(colours.white).font(font))?;
        conn.close_font(font)?;
        conn.map_window(window)?;
        conn.configure_window(window, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE))?;
        conn.flush()?;

        let keyboard = Keyboard::fetch(&conn)?;
        let conn = Arc::new(conn);
        let (sender, events) = sync_channel(1024);
        let reader = Arc::clone(&conn);
        thread::spawn(move || {
            loop {
                let event = reader.wait_for_event();
                let last = matches!(event, Err(_) | Ok(Event::DestroyNotify(_)));
                if sender.send(event).is_err() || last {
                    break;
                }
            }
        });
        let mut this = Self { conn, events, root, window, gc, colours, keyboard, focus: false, text: String::new(), clicks: Vec::new() };
        this.take_focus()?;
        Ok(this)
    }

    /// Asks for the focus as soon as the window can be seen: before that, the server refuses.
    fn take_focus(&mut self) -> Result<(), TypingWindowError> {
        let until = Instant::now() + PATIENCE;
        while !self.has_focus()? {
            let Some(event) = self.wait(until)? else { return Err(TypingWindowError::NoFocus) };
            let exposed = matches!(event, Event::Expose(_));
            self.handle(&event)?;
            if exposed {
                self.conn.set_input_focus(InputFocus::PARENT, self.window, CURRENT_TIME)?;
                self.conn.flush()?;
            }
        }
        Ok(())
    }

    /// Where the window lies on the screen, without its border.
    ///
    /// # Errors
    /// [`TypingWindowError::Gone`].
    pub fn rect(&self) -> Result<Rect, TypingWindowError> {
        let size = self.conn.get_geometry(self.window)?.reply()?;
        let at = self.conn.translate_coordinates(self.window, self.root, 0, 0)?.reply()?;
        Ok(Rect { x: at.dst_x.into(), y: at.dst_y.into(), width: size.width.into(), height: size.height.into() })
    }

    /// Keys go to this window at this moment, by the server's word.
    ///
    /// # Errors
    /// [`TypingWindowError::Gone`].
    pub fn has_focus(&self) -> Result<bool, TypingWindowError> {
        Ok(self.conn.get_input_focus()?.reply()?.focus == self.window)
    }

    /// What was typed so far, as of the last [`Self::next_event`].
    pub fn typed_text(&self) -> &str {
        &self.text
    }

    /// The buttons pressed on the window so far, as of the last [`Self::next_event`].
    pub fn clicks(&self) -> &[Click] {
        &self.clicks
    }

    /// The next thing that happens to the window; `None` when `until` came first.
    ///
    /// # Errors
    /// [`TypingWindowError::Gone`] when the window or its display went away.
    pub fn next_event(&mut self, until: Instant) -> Result<Option<WindowEvent>, TypingWindowError> {
        while let Some(event) = self.wait(until)? {
            if let Some(event) = self.handle(&event)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn wait(&self, until: Instant) -> Result<Option<Event>, TypingWindowError> {
        match self.events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Ok(Event::DestroyNotify(_))) => Err(TypingWindowError::Gone("it was closed".to_owned())),
            Ok(event) => Ok(Some(event?)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(TypingWindowError::Gone("its reader ended".to_owned())),
        }
    }

    fn handle(&mut self, event: &Event) -> Result<Option<WindowEvent>, TypingWindowError> {
        let seen = match event {
            Event::Expose(_) => {
                self.draw()?;
                None
            }
            // A grab, such as a menu's, takes the keyboard for a moment, but not the focus.
            Event::FocusIn(e) | Event::FocusOut(e) if matches!(e.mode, NotifyMode::GRAB | NotifyMode::UNGRAB) => None,
            Event::FocusIn(_) => self.focused(true)?,
            Event::FocusOut(_) => self.focused(false)?,
            // The map is read again before the next key is looked at, as every application does.
            Event::MappingNotify(_) | Event::XkbMapNotify(_) | Event::XkbNewKeyboardNotify(_) => {
                self.keyboard = Keyboard::fetch(&self.conn)?;
                None
            }
            Event::KeyPress(e) => match self.keyboard.char(e) {
                Some(c) => {
                    self.enter(c);
                    self.draw()?;
                    Some(WindowEvent::Typed(c))
                }
                None => None,
            },
            Event::ButtonPress(e) => {
                let click = Click { button: e.detail, x: e.event_x.into(), y: e.event_y.into() };
                self.clicks.push(click);
                Some(WindowEvent::Click(click))
            }
            Event::MotionNotify(e) => Some(WindowEvent::Pointer { x: e.event_x.into(), y: e.event_y.into() }),
            _ => None,
        };
        Ok(seen)
    }

    fn focused(&mut self, focus: bool) -> Result<Option<WindowEvent>, TypingWindowError> {
        let changed = self.focus != focus;
        self.focus = focus;
        self.draw()?;
        Ok(changed.then_some(WindowEvent::Focus(focus)))
    }

    fn enter(&mut self, c: char) {
        if c == '\u{8}' {
            self.text.pop();
        } else if self.text.len() < MAX_TEXT {
            self.text.push(c);
        }
    }

    /// Draws the field: Latin-1 in the built-in font, anything else as a box in its place, then the caret.
    fn draw(&self) -> Result<(), TypingWindowError> {
        let ink = |colour| ChangeGCAux::new().foreground(colour);
        let field = Rectangle { x: 8, y: 32, width: WIDTH - 16, height: HEIGHT - 40 };
        self.conn.clear_area(false, self.window, 0, 0, 0, 0)?;
        self.conn.change_gc(self.gc, &ink(self.colours.black))?;
        let head = if self.focus { "Remote Help demo: typed here" } else { "Remote Help demo: has not the focus" };
        self.conn.image_text8(self.window, self.gc, 10, 20, head.as_bytes())?;
        self.conn.poly_rectangle(self.window, self.gc, &[field])?;
        let columns = (i16::try_from(field.width).unwrap_or(i16::MAX) - 16) / CELL.0;
        let rows = (i16::try_from(field.height).unwrap_or(i16::MAX) - 8) / CELL.1;
        let mut lines = vec![Vec::new()];
        for c in self.text.chars() {
            if c == '\n' || lines.last().is_some_and(|line: &Vec<char>| line.len() >= usize::try_from(columns).unwrap_or(0)) {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut().filter(|_| c != '\n') {
                line.push(c);
            }
        }
        let shown = lines.len().saturating_sub(usize::try_from(rows).unwrap_or(0));
        let (mut x, mut y) = TEXT_AT;
        for (row, line) in (0_i16..).zip(&lines[shown..]) {
            (x, y) = (TEXT_AT.0, TEXT_AT.1 + row * CELL.1);
            for c in line {
                match u8::try_from(*c) {
                    Ok(byte) => self.conn.image_text8(self.window, self.gc, x, y, &[byte])?,
                    Err(_) => self.conn.poly_fill_rectangle(self.window, self.gc, &[Rectangle { x, y: y - 9, width: 5, height: 10 }])?,
                };
                x += CELL.0;
            }
        }
        self.conn.poly_fill_rectangle(self.window, self.gc, &[Rectangle { x, y: y - 11, width: 1, height: 14 }])?;
        self.conn.flush()?;
        Ok(())
    }
}

impl Drop for TypingWindow {
    fn drop(&mut self) {
        // The notice of it ends the reader's thread. A display that is gone has closed the window already.
        let _ = self.conn.destroy_window(self.window);
        let _ = self.conn.flush();
    }
}

fn id(conn: &RustConnection) -> Result<u32, TypingWindowError> {
    conn.generate_id().map_err(|e| TypingWindowError::Gone(e.to_string()))
}

/// The keyboard map, as the core protocol gives it.
#[derive(Debug)]
struct Keyboard {
    first: u8,
    per: usize,
    syms: Vec<u32>,
}

impl Keyboard {
    fn fetch(conn: &RustConnection) -> Result<Self, TypingWindowError> {
        let (first, last) = (conn.setup().min_keycode, conn.setup().max_keycode);
        let reply = conn.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        Ok(Self { first, per: reply.keysyms_per_keycode.into(), syms: reply.keysyms })
    }

    /// The character of a key event. Columns are (group 1, level 1), (1, 2), (2, 1), (2, 2), then the third and fourth levels of both
    /// groups likewise (XKB protocol, section 12.4); an XKB client finds the group in bits 13 and 14 of the state.
    fn char(&self, event: &KeyPressEvent) -> Option<char> {
        let state = u16::from(event.state);
        let (shift, lock, third) = (state & 0x01 != 0, state & 0x02 != 0, state & 0x80 != 0);
        let group = usize::from(state >> 13 & 0x03).min(1);
        let row = usize::from(event.detail.checked_sub(self.first)?) * self.per;
        let columns = self.syms.get(row..row + self.per)?;
        let at = |group: usize, shift: bool| {
            let column = if third { 4 } else { 0 } + 2 * group + usize::from(shift);
            columns.get(column).copied().filter(|sym| *sym != 0)
        };
        let sym = at(group, shift).or_else(|| at(0, shift)).or_else(|| at(0, false))?;
        let c = match keysym_to_char(sym)? {
            '\r' => '\n',
            c => c,
        };
        if c.is_control() && c != '\n' && c != '\u{8}' {
            return None;
        }
        // Caps Lock turns letters only, and Shift turns them back.
        let other = if lock && c.is_alphabetic() { at(group, !shift).and_then(keysym_to_char) } else { None };
        Some(other.filter(|o| o.to_lowercase().eq(c.to_lowercase())).unwrap_or(c))
    }
}

#[cfg(test)]
#[allow(unreachable_pub, clippy::panic, reason = "one file for the tests of several crates")]
#[path = "../tests/support/xserver.rs"]
mod xserver;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests: a failure is a panic with its place")]

    use std::time::{Duration, Instant};

    use rh_input::{Input, Settings};

    use super::{TypingWindow, TypingWindowError, WindowEvent, xserver};

    const LINE: &str = "typed: é日🙂 aZ@#";

    #[test]
    fn it_reads_what_is_typed_while_it_has_the_focus() {
        let server = xserver::XServer::xvfb(800, 600);
        let mut window = TypingWindow::open(server.display()).unwrap();
        assert!(window.has_focus().unwrap());
        let rect = window.rect().unwrap();
        let settings = Settings { display: Some(server.display().to_owned()), ..Settings::default() };
        let mut desktop = rh_input::open(settings).unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        assert_eq!(desktop.inject(&[Input::Text(LINE.into()), Input::Text("\n".into())]).unwrap().accepted, 2);
        while !window.typed_text().ends_with('\n') {
            assert!(window.next_event(until).unwrap().is_some(), "{:?}", window.typed_text());
        }
        assert_eq!(window.typed_text().trim_end(), LINE);

        let corner = Input::MoveBy { dx: -10_000, dy: -10_000 };
        let inside = Input::MoveBy { dx: rect.x + 40, dy: rect.y + 50 };
        let click = [true, false].map(|down| Input::Button { button: rh_input::Button::Left, down });
        assert_eq!(desktop.inject(&[corner, inside]).unwrap().accepted, 2);
        assert_eq!(desktop.inject(&click).unwrap().accepted, 2);
        while !matches!(window.next_event(until).unwrap(), Some(WindowEvent::Click(_))) {}
        assert_eq!((window.clicks()[0].x, window.clicks()[0].y), (40, 50));
    }

    #[test]
    fn no_display_is_an_error_in_words() {
        let error = TypingWindow::open(":987").err().unwrap();
        assert!(matches!(&error, TypingWindowError::Connect { .. }), "{error}");
    }
}
