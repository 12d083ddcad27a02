//! One window: its widgets, its pixels, its keyboard focus, its screen reader's view.

mod keyboard;
mod reader;

use std::{num::NonZeroU32, sync::Arc};

use accesskit::Role;
use accesskit_winit::Adapter;
use softbuffer::Surface;
use winit::{
    dpi::{PhysicalPosition, PhysicalSize},
    event::{ElementState, MouseButton, WindowEvent},
    event_loop::OwnedDisplayHandle,
    keyboard::ModifiersState,
    window::{Window, WindowAttributes, WindowId},
};

use super::{
    UiError,
    canvas::{Brush, Canvas},
    entry::Entry,
    picture::{Area, Damage},
    shell::Desk,
    text::Fonts,
    theme::Theme,
    widget::{Id, Kind, Layout, Touch, Widget, line},
};

/// What an event meant to a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// A button was activated, by pointer, key or screen reader.
    Pressed(Id),
    /// The text of an entry changed.
    Edited(Id),
    /// Enter in an entry.
    Submitted(Id),
    /// The widget that has the keyboard is another one, or the window's state changed: lay out again.
    Changed,
    /// Text or colours have another size or kind now, in all windows.
    Restyled,
    /// The Escape key.
    Escape,
    /// The window is asked to close.
    Close,
}

/// Paints widgets of [`Kind::Own`].
pub(super) trait Paint {
    fn paint(&mut self, widget: &Widget, brush: &mut Brush<'_>, fonts: &mut Fonts, theme: &Theme, scale: f32);
}

/// For windows without such widgets.
pub(super) struct Nothing;

impl Paint for Nothing {
    fn paint(&mut self, _: &Widget, _: &mut Brush<'_>, _: &mut Fonts, _: &Theme, _: f32) {}
}

pub(super) struct Pane {
    window: Arc<Window>,
    surface: Surface<OwnedDisplayHandle, Arc<Window>>,
    adapter: Adapter,
    role: Role,
    title: String,
    canvas: Canvas,
    widgets: Vec<Widget>,
    entry: Option<(Id, Entry)>,
    damage: Damage,
    focus: Option<Id>,
    /// Whether this is the window that has the keyboard.
    active: bool,
    hovered: Option<Id>,
    held: Option<Id>,
    pointer: (i32, i32),
    modifiers: ModifiersState,
    shown: bool,
    /// Whether the window takes the keyboard where nobody manages windows: once when it is first seen, and when clicked.
    takes_keyboard: bool,
    seen: bool,
}

impl std::fmt::Debug for Pane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pane").field("title", &self.title).finish_non_exhaustive()
    }
}

impl Pane {
    /// Opens a window of a size in unscaled pixels; it is shown when it was painted first.
    pub(super) fn open(desk: &Desk<'_>, attributes: WindowAttributes, role: Role, size: (f32, f32)) -> Result<Self, UiError> {
        let title = attributes.title.clone();
        let monitor = desk.events.primary_monitor().or_else(|| desk.events.available_monitors().next());
        let scale = monitor.as_ref().map_or(1.0, |m| to_f32(m.scale_factor())) * desk.look.factor();
        // What a window manager puts around a window needs room as well.
        let most = monitor.map_or((u32::MAX, u32::MAX), |m| (m.size().width, m.size().height / 10 * 9));
        let side = |length: f32, most: u32| u32::try_from(line(length, scale)).unwrap_or(1).min(most.max(1));
        let size = PhysicalSize::new(side(size.0, most.0), side(size.1, most.1));
        let window = desk.events.create_window(attributes.with_inner_size(size).with_visible(false));
        let window = Arc::new(window.map_err(|e| UiError::Display { op: "a window", reason: e.to_string() })?);
        let adapter = Adapter::with_event_loop_proxy(desk.events, &window, desk.proxy.clone());
        let surface = Surface::new(desk.context, Arc::clone(&window)).map_err(surface_error)?;
        let mut pane = Self {
            window,
            surface,
            adapter,
            role,
            title,
            canvas: Canvas::default(),
            widgets: Vec::new(),
            entry: None,
            damage: Damage::default(),
            focus: None,
            active: false,
            hovered: None,
            held: None,
            pointer: (-1, -1),
            modifiers: ModifiersState::empty(),
            shown: false,
            takes_keyboard: true,
            seen: false,
        };
        pane.resize(pane.window.inner_size())?;
        Ok(pane)
    }

    pub(super) fn id(&self) -> WindowId {
        self.window.id()
    }

    pub(super) fn window(&self) -> &Window {
        &self.window
    }

    pub(super) fn area(&self) -> Area {
        self.canvas.area()
    }

    pub(super) fn focus(&self) -> Option<Id> {
        self.focus
    }

    /// The widget that the pointer's main button was pressed on and is still held.
    pub(super) fn held(&self) -> Option<Id> {
        self.held
    }

    /// Whether the window was painted and mapped.
    pub(super) fn shown(&self) -> bool {
        self.shown
    }

    pub(super) fn modifiers(&self) -> ModifiersState {
        self.modifiers
    }

    /// What everything is multiplied with: the desktop's scale and the text's.
    pub(super) fn scale(&self, desk: &Desk<'_>) -> f32 {
        to_f32(self.window.scale_factor()) * desk.look.factor()
    }

    pub(super) fn theme(&self, desk: &Desk<'_>) -> Theme {
        let dark = self.window.theme().or_else(|| desk.events.system_theme()) == Some(winit::window::Theme::Dark);
        desk.look.theme(dark)
    }

    /// Gives the window its line of text to type in.
    pub(super) fn set_entry(&mut self, id: Id, entry: Entry) {
        self.entry = Some((id, entry));
    }

    /// Leaves the keyboard where it is when the window opens or is clicked.
    pub(super) fn leave_keyboard(&mut self) {
        self.takes_keyboard = false;
    }

    pub(super) fn entry(&mut self) -> Option<&mut Entry> {
        self.entry.as_mut().map(|(_, entry)| entry)
    }

    pub(super) fn widget(&self, id: Id) -> Option<&Widget> {
        self.widgets.iter().find(|widget| widget.id == id)
    }

    /// Starts to lay out the whole window.
    pub(super) fn layout<'a>(&self, desk: &'a mut Desk<'_>) -> Layout<'a> {
        let scale = self.scale(desk);
        Layout::new(desk.fonts, scale, self.area())
    }

    /// Shows other widgets; only what differs is painted again.
    pub(super) fn show(&mut self, desk: &Desk<'_>, widgets: Vec<Widget>) {
        let scale = self.scale(desk);
        let count = widgets.len().max(self.widgets.len());
        for index in 0..count {
            let (old, new) = (self.widgets.get(index), widgets.get(index));
            if old != new {
                for widget in [old, new].into_iter().flatten() {
                    self.damage.add(widget.reach(scale).intersect(&self.canvas.area()));
                }
            }
        }
        self.widgets = widgets;
        if !self.focus.is_some_and(|id| self.widget(id).is_some_and(Widget::focusable)) {
            let first = self.widgets.iter().find(|w| w.focusable()).map(|w| w.id);
            self.set_focus(desk, first);
        }
        self.tell_reader();
    }

    /// Paints an area again.
    pub(super) fn damage(&mut self, area: Area) {
        self.damage.add(area.intersect(&self.area()));
    }

    /// Moves the keyboard to a widget.
    pub(super) fn set_focus(&mut self, desk: &Desk<'_>, focus: Option<Id>) {
        if self.focus == focus {
            return;
        }
        self.damage_widget(desk, self.focus);
        self.focus = focus;
        self.damage_widget(desk, self.focus);
        let typing = self.entry_focused();
        self.window.set_ime_allowed(typing);
        self.tell_reader();
    }

    /// Paints what changed, if anything did, and shows the window when that was its first picture. To be called before the
    /// loop sleeps.
    pub(super) fn paint(&mut self, desk: &mut Desk<'_>, own: &mut dyn Paint) -> Result<(), UiError> {
        let damage = self.damage.take();
        if damage.is_empty() {
            return Ok(());
        }
        let (scale, theme) = (self.scale(desk), self.theme(desk));
        for area in damage.areas() {
            self.paint_area(desk.fonts, own, *area, scale, &theme);
        }
        desk.fonts.next_frame();
        self.present(&damage)?;
        if !self.shown {
            self.shown = true;
            self.window.set_visible(true);
        }
        Ok(())
    }

    fn paint_area(&mut self, fonts: &mut Fonts, own: &mut dyn Paint, area: Area, scale: f32, theme: &Theme) {
        let mut brush = self.canvas.brush(area);
        let covered = |w: &Widget| matches!(w.kind, Kind::Own { .. }) && w.area.intersect(&area) == area;
        if !self.widgets.iter().any(covered) {
            brush.fill(area, theme.ground);
        }
        for widget in &self.widgets {
            if widget.reach(scale).intersect(&area).is_empty() {
                continue;
            }
            let touch = Touch {
                focused: self.active && self.focus == Some(widget.id),
                hovered: self.hovered == Some(widget.id),
                held: self.held == Some(widget.id),
            };
            widget.paint(&mut brush, fonts, theme, touch, scale);
            match (&widget.kind, &mut self.entry) {
                (Kind::Own { .. }, _) => own.paint(widget, &mut brush.clipped(widget.area), fonts, theme, scale),
                (Kind::Entry { .. }, Some((id, entry))) if *id == widget.id => {
                    let inside = widget.area.inset(line(7.0, scale));
                    let inside = Area { y: widget.area.y, h: widget.area.h, ..inside };
                    let size = widget.style(scale).size;
                    let caret = entry.paint(&mut brush, fonts, inside, size, theme, touch.focused);
                    if touch.focused {
                        let place = PhysicalPosition::new(caret.x, caret.y);
                        self.window.set_ime_cursor_area(place, PhysicalSize::new(caret.w, caret.h));
                    }
                }
                _ => {}
            }
            if touch.focused && matches!(widget.kind, Kind::Own { .. }) {
                brush.ring(widget.area, line(2.0, scale), theme.ring);
            }
        }
    }

    fn present(&mut self, damage: &Damage) -> Result<(), UiError> {
        let mut buffer = self.surface.buffer_mut().map_err(surface_error)?;
        let whole = self.canvas.area();
        // A buffer that is not the one shown last holds an older picture: it gets all of this one.
        let whole = [whole];
        let stale: &[Area] = if buffer.age() == 1 { damage.areas() } else { &whole };
        for area in stale {
            for (start, row) in self.canvas.rows(*area) {
                if let Some(target) = buffer.get_mut(start..start + row.len()) {
                    target.copy_from_slice(row);
                }
            }
        }
        let none = softbuffer::Rect { x: 0, y: 0, width: NonZeroU32::MIN, height: NonZeroU32::MIN };
        let mut rects = [none; Damage::MAX];
        let mut count = 0;
        for area in damage.areas() {
            let [x, y, w, h] = [area.x, area.y, area.w, area.h].map(|n| u32::try_from(n).unwrap_or(0));
            if let (Some(width), Some(height)) = (NonZeroU32::new(w), NonZeroU32::new(h)) {
                rects[count] = softbuffer::Rect { x, y, width, height };
                count += 1;
            }
        }
        self.window.pre_present_notify();
        buffer.present_with_damage(&rects[..count]).map_err(surface_error)
    }

    /// Tells the screen reader's side of an event; to be called with every one, before anything else.
    pub(super) fn process(&mut self, event: &WindowEvent) {
        self.adapter.process_event(&self.window, event);
    }

    /// What an event means to the widgets. Its owner sees every event first and decides whether it gets here.
    pub(super) fn event(&mut self, desk: &mut Desk<'_>, event: &WindowEvent) -> Result<Option<Told>, UiError> {
        Ok(match event {
            WindowEvent::Resized(size) => {
                self.resize(*size)?;
                Some(Told::Changed)
            }
            WindowEvent::RedrawRequested => {
                // Never asked for by us: the display has lost what it showed. The canvas still has it.
                let mut whole = Damage::default();
                whole.add(self.area());
                self.present(&whole)?;
                None
            }
            WindowEvent::ScaleFactorChanged { .. } | WindowEvent::ThemeChanged(_) => Some(Told::Restyled),
            // X11 says so as soon as the window can be seen, and can take the keyboard.
            WindowEvent::Occluded(false) if self.takes_keyboard && !self.seen => {
                self.seen = true;
                desk.seat.unmanaged(&self.window);
                None
            }
            WindowEvent::CloseRequested => Some(Told::Close),
            WindowEvent::Focused(active) => {
                self.active = *active;
                self.damage_widget(desk, self.focus);
                Some(Told::Changed)
            }
            WindowEvent::ModifiersChanged(modifiers) => {
                self.modifiers = modifiers.state();
                None
            }
            WindowEvent::CursorMoved { position, .. } => {
                self.pointer = (floor(position.x), floor(position.y));
                self.hover(desk);
                None
            }
            WindowEvent::CursorLeft { .. } => {
                self.pointer = (-1, -1);
                self.hover(desk);
                None
            }
            WindowEvent::MouseInput { state, button: MouseButton::Left, .. } => self.click(desk, *state == ElementState::Pressed),
            WindowEvent::KeyboardInput { event, is_synthetic: false, .. } if event.state == ElementState::Pressed => self.key(desk, event),
            WindowEvent::Ime(ime) => self.ime(desk, ime),
            _ => None,
        })
    }

    fn resize(&mut self, size: PhysicalSize<u32>) -> Result<(), UiError> {
        let (width, height) = (size.width.clamp(1, 1 << 15), size.height.clamp(1, 1 << 15));
        if let (Some(w), Some(h)) = (NonZeroU32::new(width), NonZeroU32::new(height)) {
            self.surface.resize(w, h).map_err(surface_error)?;
        }
        self.canvas.resize(width as usize, height as usize);
        self.damage = Damage::default();
        self.damage(self.area());
        Ok(())
    }

    fn hit(&self) -> Option<Id> {
        let (x, y) = self.pointer;
        self.widgets.iter().rev().find(|w| w.focusable() && w.area.contains(x, y)).map(|w| w.id)
    }

    fn hover(&mut self, desk: &mut Desk<'_>) {
        let hit = self.hit();
        if let Some(id) = self.held.filter(|_| self.entry_focused()) {
            self.point(desk.fonts, id, true);
            self.damage_widget(desk, Some(id));
        }
        if hit != self.hovered {
            let button = |pane: &Self, id: Option<Id>| id.filter(|id| pane.widget(*id).is_some_and(Widget::presses));
            let (old, new) = (button(self, self.hovered), button(self, hit));
            self.hovered = hit;
            self.damage_widget(desk, old);
            self.damage_widget(desk, new);
        }
    }

    fn click(&mut self, desk: &mut Desk<'_>, down: bool) -> Option<Told> {
        let hit = self.hit();
        if down {
            if self.takes_keyboard && !self.active {
                desk.seat.unmanaged(&self.window);
            }
            self.held = hit;
            let id = hit?;
            self.set_focus(desk, Some(id));
            if matches!(self.widget(id)?.kind, Kind::Entry { .. }) {
                self.point(desk.fonts, id, false);
            }
            self.damage_widget(desk, hit);
            return Some(Told::Changed);
        }
        let held = self.held.take()?;
        self.damage_widget(desk, Some(held));
        (hit == Some(held) && self.widget(held).is_some_and(Widget::presses)).then_some(Told::Pressed(held))
    }

    fn edited(&mut self, desk: &Desk<'_>, id: Id) -> Option<Told> {
        self.damage_widget(desk, Some(id));
        self.tell_reader();
        Some(Told::Edited(id))
    }

    fn entry_focused(&self) -> bool {
        self.entry.as_ref().is_some_and(|(id, _)| self.focus == Some(*id))
    }

    fn point(&mut self, fonts: &mut Fonts, id: Id, drag: bool) {
        let Some(area) = self.widget(id).map(|w| w.area) else { return };
        let x = self.pointer.0;
        if let Some((_, entry)) = self.entry.as_mut().filter(|(own, _)| *own == id) {
            entry.point(fonts, area, x, drag);
        }
    }

    /// Paints a widget again.
    pub(super) fn damage_widget(&mut self, desk: &Desk<'_>, id: Option<Id>) {
        let scale = self.scale(desk);
        if let Some(reach) = id.and_then(|id| self.widget(id)).map(|w| w.reach(scale)) {
            self.damage.add(reach.intersect(&self.canvas.area()));
        }
    }
}

/// Desktop scales are small.
#[expect(clippy::cast_possible_truncation, reason = "a factor between 0.5 and 10 needs no more precision")]
fn to_f32(factor: f64) -> f32 {
    factor as f32
}

/// The pixel a position is in.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and positions are inside of a window")]
pub(super) fn floor(position: f64) -> i32 {
    position.floor() as i32
}

fn surface_error(error: softbuffer::SoftBufferError) -> UiError {
    UiError::Display { op: "pixels", reason: error.to_string() }
}
