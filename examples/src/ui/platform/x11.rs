//! The indicator on X11: a connection of its own asks the server what is really on the screen, whatever a window manager or
//! this program's own state says.

use winit::{
    raw_window_handle::{HasWindowHandle, RawWindowHandle},
    window::Window,
};
use x11rb::{
    connection::Connection,
    errors::ReplyError,
    protocol::{
        Event,
        shape::{self, ConnectionExt as _},
        xproto::{
            AtomEnum, ClipOrdering, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, GrabMode, InputFocus, MapState,
            ModMask, Rectangle, StackMode, Window as Id, WindowClass,
        },
    },
    rust_connection::RustConnection,
};

use super::UiError;
use crate::ui::picture::Area;

/// The keysym of the key that, with Ctrl and Alt, gives the keyboard to the bar.
const HOME: u32 = 0xff50;
/// The laser pointer's diameter, in pixels.
const LASER: u16 = 22;
/// Its colour.
const RED: u32 = 0x00ff_2020;
/// Of the bar, this much has to be in view: one part of so many.
const PART: i64 = 2;

/// A window's number, if it is on X11.
fn id(window: &Window) -> Option<Id> {
    match window.window_handle().ok()?.as_raw() {
        RawWindowHandle::Xlib(handle) => Id::try_from(handle.window).ok(),
        RawWindowHandle::Xcb(handle) => Some(handle.window.get()),
        _ => None,
    }
}

/// The display that winit uses as well, and its root window.
fn connect() -> Result<(RustConnection, Id), UiError> {
    let (connection, screen) = x11rb::connect(None).map_err(|e| UiError::Display { op: "a second connection", reason: e.to_string() })?;
    let root = connection.setup().roots.get(screen).map_or(0, |screen| screen.root);
    Ok((connection, root))
}

/// Gives the keyboard to windows.
pub(super) struct Seat {
    connection: RustConnection,
    root: Id,
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat").finish_non_exhaustive()
    }
}

impl Seat {
    pub(super) fn new() -> Result<Self, UiError> {
        let (connection, root) = connect()?;
        Ok(Self { connection, root })
    }

    /// Whether a window manager runs. Where that cannot be found out, it does: it would know better.
    pub(super) fn managed(&self) -> bool {
        self.manager().unwrap_or(true)
    }

    /// Extended Window Manager Hints 1.5, `_NET_SUPPORTING_WM_CHECK`: names a window that exists as long as the manager does.
    fn manager(&self) -> Result<bool, ReplyError> {
        let check = self.connection.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?.reply()?.atom;
        let named = self.connection.get_property(false, self.root, check, AtomEnum::WINDOW, 0, 1)?.reply()?;
        let Some(window) = named.value32().and_then(|mut windows| windows.next()) else { return Ok(false) };
        Ok(self.connection.get_window_attributes(window)?.reply().is_ok())
    }

    pub(super) fn take_keyboard(&self, window: &Window) {
        if let Some(window) = id(window) {
            // Refused only while the window is not viewable, and then there is nothing to type into.
            let _ = self.connection.set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME);
            let _ = self.connection.flush();
        }
    }
}

/// Asks the server about the indicator.
pub(super) struct Watch {
    connection: RustConnection,
    root: Id,
    window: Id,
    laser: Option<Id>,
    /// Who had the keyboard before the bar was called.
    before: Option<Id>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("window", &self.window).finish_non_exhaustive()
    }
}

impl Watch {
    /// `None` where the window is not on X11.
    pub(super) fn new(window: &Window) -> Result<Option<Self>, UiError> {
        let Some(window) = id(window) else { return Ok(None) };
        let (connection, root) = connect()?;
        let watch = Self { connection, root, window, laser: None, before: None };
        // A key that somebody else has taken is not to be had; the pointer still reaches the bar.
        let _ = watch.grab_key();
        Ok(Some(watch))
    }

    /// Raises and maps the window where needed; says whether most of it can be seen now. A display that does not answer
    /// shows nothing.
    pub(super) fn seen(&mut self) -> bool {
        self.look().unwrap_or(false)
    }

    fn look(&self) -> Result<bool, ReplyError> {
        let own = self.connection.get_window_attributes(self.window)?;
        let tree = self.connection.query_tree(self.root)?;
        let screen = self.connection.get_geometry(self.root)?;
        let (own, tree, screen) = (own.reply()?, tree.reply()?, screen.reply()?);
        if own.map_state != MapState::VIEWABLE {
            self.connection.map_window(self.window)?;
            self.raise()?;
            return Ok(false);
        }
        // Without a frame around it, as an override-redirect window is, the bar is a child of the root itself. A window
        // that was taken into another one is under somebody else's control: it does not count as seen.
        let Some(place) = tree.children.iter().position(|child| *child == self.window) else { return Ok(false) };
        let above = &tree.children[place + 1..];
        let bar = self.geometry(self.window)?;
        let on_screen = bar.intersect(&Area::new(0, 0, i32::from(screen.width), i32::from(screen.height)));
        let covered = self.covered(bar, above)?;
        if covered > 0 {
            self.raise()?;
        }
        Ok(!bar.is_empty() && on_screen == bar && (area(bar) - covered) * PART >= area(bar))
    }

    /// How many of the bar's pixels are behind windows above it; an upper bound where those overlap each other.
    fn covered(&self, bar: Area, above: &[Id]) -> Result<i64, ReplyError> {
        // All questions go out before the first answer is waited for.
        let mut asked = Vec::with_capacity(above.len());
        for window in above.iter().filter(|window| Some(**window) != self.laser) {
            asked.push((self.connection.get_window_attributes(*window)?, self.connection.get_geometry(*window)?));
        }
        let mut covered = 0;
        for (attributes, geometry) in asked {
            // A window that is gone meanwhile covers nothing.
            let (Ok(attributes), Ok(geometry)) = (attributes.reply(), geometry.reply()) else { continue };
            if attributes.map_state == MapState::VIEWABLE && attributes.class == WindowClass::INPUT_OUTPUT {
                let border = 2 * i32::from(geometry.border_width);
                let (x, y) = (i32::from(geometry.x), i32::from(geometry.y));
                let other = Area::new(x, y, i32::from(geometry.width) + border, i32::from(geometry.height) + border);
                covered += area(bar.intersect(&other));
            }
        }
        Ok(covered.min(area(bar)))
    }

    fn geometry(&self, window: Id) -> Result<Area, ReplyError> {
        let g = self.connection.get_geometry(window)?.reply()?;
        Ok(Area::new(i32::from(g.x), i32::from(g.y), i32::from(g.width), i32::from(g.height)))
    }

    fn raise(&self) -> Result<(), ReplyError> {
        self.connection.configure_window(self.window, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE))?;
        self.connection.flush()?;
        Ok(())
    }

    /// Asks for Ctrl-Alt-Home, whatever Caps Lock and Num Lock are.
    fn grab_key(&self) -> Result<(), ReplyError> {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = self.connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        let columns = usize::from(map.keysyms_per_keycode).max(1);
        let homes = (first..=last).zip(map.keysyms.chunks(columns)).filter(|(_, syms)| syms.contains(&HOME));
        for (code, _) in homes {
            for locks in [ModMask::default(), ModMask::LOCK, ModMask::M2, ModMask::LOCK | ModMask::M2] {
                let held = ModMask::CONTROL | ModMask::M1 | locks;
                self.connection.grab_key(false, self.root, held, code, GrabMode::ASYNC, GrabMode::ASYNC)?;
            }
        }
        self.connection.flush()?;
        Ok(())
    }

    pub(super) fn called(&mut self) -> bool {
        let mut called = false;
        while let Ok(Some(event)) = self.connection.poll_for_event() {
            called |= matches!(event, Event::KeyPress(_));
        }
        if called {
            let focus = self.connection.get_input_focus().map_err(ReplyError::from).and_then(|cookie| cookie.reply());
            self.before = focus.ok().map(|focus| focus.focus).filter(|focus| *focus != self.window).or(self.before);
            self.focus(self.window);
        }
        called
    }

    pub(super) fn dismiss(&mut self) {
        if let Some(before) = self.before.take() {
            self.focus(before);
        }
    }

    fn focus(&self, window: Id) {
        // Refused only where the window cannot be seen, and then there is nothing to type into.
        let _ = self.connection.set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME);
        let _ = self.connection.flush();
    }

    pub(super) fn laser(&mut self, at: Option<(i32, i32)>) {
        // An annotation, not part of the session's safety: a display that refuses it only goes without.
        let _ = self.move_laser(at);
    }

    fn move_laser(&mut self, at: Option<(i32, i32)>) -> Result<(), ReplyError> {
        match (at, self.laser) {
            (None, None) => {}
            (None, Some(dot)) => {
                self.connection.destroy_window(dot)?;
                self.laser = None;
            }
            (Some((x, y)), dot) => {
                let dot = match dot {
                    Some(dot) => dot,
                    None => self.make_laser()?,
                };
                let half = i32::from(LASER / 2);
                let place = ConfigureWindowAux::new().x(x - half).y(y - half).stack_mode(StackMode::ABOVE);
                self.connection.configure_window(dot, &place)?;
                self.connection.map_window(dot)?;
            }
        }
        self.connection.flush()?;
        Ok(())
    }

    /// A small round window that clicks pass through.
    fn make_laser(&mut self) -> Result<Id, ReplyError> {
        let dot = self.connection.generate_id().map_err(|_| x11rb::errors::ConnectionError::UnsupportedExtension)?;
        let look = CreateWindowAux::new().override_redirect(1).background_pixel(RED).event_mask(EventMask::NO_EVENT);
        let copied = x11rb::COPY_FROM_PARENT;
        self.connection.create_window(0, dot, self.root, 0, 0, LASER, LASER, 0, WindowClass::INPUT_OUTPUT, copied, &look)?;
        self.laser = Some(dot);
        let rows: Vec<Rectangle> = disc_rows(i16::try_from(LASER).unwrap_or(0)).collect();
        self.connection.shape_rectangles(shape::SO::SET, shape::SK::BOUNDING, ClipOrdering::UNSORTED, dot, 0, 0, &rows)?;
        self.connection.shape_rectangles(shape::SO::SET, shape::SK::INPUT, ClipOrdering::UNSORTED, dot, 0, 0, &[])?;
        Ok(dot)
    }
}

/// A disc as one rectangle a row.
fn disc_rows(diameter: i16) -> impl Iterator<Item = Rectangle> {
    (0..diameter).filter_map(move |y| {
        let inside = |x: &i16| {
            // Twice the distance of the pixel's middle from the disc's.
            let (dx, dy) = (i32::from(2 * x + 1 - diameter), i32::from(2 * y + 1 - diameter));
            dx * dx + dy * dy <= i32::from(diameter) * i32::from(diameter)
        };
        let first = (0..diameter).find(inside)?;
        let width = u16::try_from(diameter - 2 * first).ok()?;
        Some(Rectangle { x: first, y, width, height: 1 })
    })
}

fn area(area: Area) -> i64 {
    if area.is_empty() { 0 } else { i64::from(area.w) * i64::from(area.h) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disc_is_round_and_symmetric() {
        let rows: Vec<Rectangle> = disc_rows(22).collect();
        assert_eq!(rows.len(), 22);
        assert_eq!(rows.iter().map(|r| r.width).max(), Some(22));
        assert!(rows[0].width < 10 && rows[0].width == rows[21].width);
        assert!(rows.iter().all(|r| r.x * 2 + i16::try_from(r.width).unwrap_or(0) == 22));
    }
}
