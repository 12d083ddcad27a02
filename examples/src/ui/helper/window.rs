//! The helper's one window: what it knows, what it shows, and what a person does in it.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use accesskit::Role;
use winit::{
    event::{ElementState, Ime, KeyEvent, MouseScrollDelta, WindowEvent},
    keyboard::{Key, KeyCode, NamedKey, PhysicalKey},
    window::{Cursor, Window, WindowId},
};

use super::{
    super::{
        Options, SharedPicture, UiError,
        chat::{self, Chat},
        pane::{Pane, Told, floor},
        picture::side,
        plain,
        shell::{Desk, Stage},
        widget::Id,
    },
    HelperAction, HelperUpdate, RequestedMode,
    cursor::{self, SharerPointer},
    input::Held,
    layout,
    paint::Painter,
    scaler::Scaler,
    state::State,
    view::Zoom,
};

/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(12);

type Out = Box<dyn FnMut(HelperAction)>;

pub(super) struct HelperWindow {
    state: State,
    out: Out,
    pane: Option<Pane>,
    picture: Option<SharedPicture>,
    scaler: Scaler,
    pointer: SharerPointer,
    held: Held,
    /// Where the helper's own pointer is in the window.
    at: (i32, i32),
    laser_sent: bool,
    laser_cursor: Option<Cursor>,
    done: bool,
}

impl HelperWindow {
    pub(super) fn new(options: &Options, out: Out) -> Self {
        let state = State::new(&options.title);
        Self {
            state,
            out,
            pane: None,
            picture: None,
            scaler: Scaler::default(),
            pointer: SharerPointer::default(),
            held: Held::default(),
            at: (-1, -1),
            laser_sent: false,
            laser_cursor: None,
            done: false,
        }
    }

    /// Lays the window out anew from what is known.
    fn lay_out(&mut self, desk: &mut Desk<'_>) {
        let Some(pane) = &mut self.pane else { return };
        let theme = pane.theme(desk);
        let mut place = pane.layout(desk);
        let state = &mut self.state;
        if let Some(reason) = &state.closed {
            layout::closed(&mut place, reason);
        } else if state.connected() {
            layout::session(&mut place, state, &theme);
        } else {
            layout::waiting(&mut place, state.code.as_ref());
        }
        let widgets = place.widgets;
        pane.show(desk, widgets);
        self.dress_pointer();
        self.allow_ime();
    }

    /// Whether keys go to the sharer.
    fn sending(&self) -> bool {
        self.state.control() && self.state.closed.is_none() && self.pane.as_ref().is_some_and(|pane| pane.focus() == Some(layout::PICTURE))
    }

    fn allow_ime(&self) {
        if self.sending()
            && let Some(pane) = &self.pane
        {
            pane.window().set_ime_allowed(true);
        }
    }

    /// Tells the sharer that nothing is pressed any more.
    fn release(&mut self) {
        self.held.clear();
        if self.state.control() {
            (self.out)(HelperAction::ReleaseAll);
        }
    }

    /// Whether the pointer is over a part of the picture.
    fn over_picture(&self) -> bool {
        let on_top = self.state.closed.is_none() && self.state.connected();
        on_top && self.state.view.visible().contains(self.at.0, self.at.1)
    }

    /// What the helper's own pointer looks like.
    fn dress_pointer(&self) {
        let Some(pane) = &self.pane else { return };
        let cursor = match (&self.laser_cursor, self.over_picture()) {
            (Some(laser), true) if self.state.laser => laser.clone(),
            (_, true) if self.state.control() => self.pointer.worn(),
            _ => Cursor::default(),
        };
        pane.window().set_cursor(cursor);
    }

    fn damage_pointer(&mut self) {
        let Some(at) = self.pointer.shown_at(Instant::now()) else { return };
        let area = self.pointer.area(self.state.view.window_at(at.0, at.1));
        if let Some(pane) = &mut self.pane {
            pane.damage(area.intersect(&self.state.view.visible()));
        }
    }

    fn pressed(&mut self, desk: &mut Desk<'_>, id: Id) {
        match id {
            layout::VIEW if self.state.control() => {
                self.release();
                (self.out)(HelperAction::Downgrade);
            }
            layout::VIEW if self.state.picture == (0, 0) => (self.out)(HelperAction::RequestMode(RequestedMode::View)),
            layout::CONTROL if !self.state.control() => (self.out)(HelperAction::RequestMode(RequestedMode::Control)),
            layout::LASER => {
                self.state.laser = !self.state.laser;
                self.release();
                if self.laser_cursor.is_none() {
                    self.laser_cursor = Some(cursor::laser(desk));
                }
                self.laser_off();
            }
            layout::PAUSE => {
                self.state.paused = !self.state.paused;
                (self.out)(HelperAction::Pause(self.state.paused));
            }
            layout::FIT => self.state.zoom = if self.state.zoom == Zoom::Fit { Zoom::Actual } else { Zoom::Fit },
            layout::DISPLAY => {
                let (shown, count) = self.state.displays;
                (self.out)(HelperAction::Display(shown % count.max(1) + 1));
            }
            layout::CHAT => {
                self.state.chat_open = !self.state.chat_open;
                self.state.chat.read();
                self.lay_out(desk);
                if let Some(pane) = &mut self.pane {
                    pane.set_focus(desk, Some(if self.state.chat_open { chat::ENTRY } else { layout::CHAT }));
                }
            }
            layout::LEAVE => self.leave(),
            chat::SEND => self.say(desk),
            _ => {}
        }
        self.lay_out(desk);
    }

    fn say(&mut self, desk: &Desk<'_>) {
        let Some(entry) = self.pane.as_mut().and_then(Pane::entry) else { return };
        let text = entry.take();
        if !text.trim().is_empty() {
            (self.out)(HelperAction::Chat(text));
        }
        if let Some(pane) = &mut self.pane {
            pane.damage_widget(desk, Some(chat::ENTRY));
        }
    }

    fn leave(&mut self) {
        if !self.done {
            self.done = true;
            (self.out)(HelperAction::Leave);
        }
    }

    fn laser_off(&mut self) {
        if std::mem::take(&mut self.laser_sent) {
            (self.out)(HelperAction::LaserOff);
        }
    }

    /// Gives the keyboard to the toolbar while everything else goes to the sharer.
    fn escape(&mut self, desk: &mut Desk<'_>) {
        self.release();
        if let Some(pane) = &mut self.pane {
            pane.set_focus(desk, Some(layout::VIEW));
        }
        self.lay_out(desk);
    }

    /// A key that is not for the widgets; returns whether it was used.
    fn key(&mut self, desk: &mut Desk<'_>, event: &KeyEvent) -> bool {
        let f8 = event.physical_key == PhysicalKey::Code(KeyCode::F8);
        let down = event.state == ElementState::Pressed;
        if self.sending() {
            let held = self.pane.as_ref().map(Pane::modifiers).unwrap_or_default();
            if f8 {
                if down && !event.repeat {
                    self.escape(desk);
                }
            } else if let Some(action) = self.held.key(event, held) {
                (self.out)(action);
            }
            return true;
        }
        let Some(pane) = &mut self.pane else { return false };
        if f8 && down && !event.repeat && self.state.control() && self.state.closed.is_none() {
            pane.set_focus(desk, Some(layout::PICTURE));
            let usage = super::super::keys::usage(event.physical_key).unwrap_or_default();
            for down in [true, false] {
                (self.out)(HelperAction::Key { usage, down, text: None });
            }
            self.lay_out(desk);
            return true;
        }
        let focus = pane.focus();
        if down && focus == Some(chat::LOG) {
            match event.logical_key {
                Key::Named(NamedKey::ArrowUp) => self.state.chat.scroll(1),
                Key::Named(NamedKey::ArrowDown) => self.state.chat.scroll(-1),
                _ => return false,
            }
            self.lay_out(desk);
            return true;
        }
        if down && matches!(focus, Some(layout::ACROSS | layout::ALONG | layout::PICTURE)) && self.state.zoom == Zoom::Actual {
            let step = match event.logical_key {
                Key::Named(NamedKey::ArrowLeft) => (-1, 0),
                Key::Named(NamedKey::ArrowRight) => (1, 0),
                Key::Named(NamedKey::ArrowUp) => (0, -1),
                Key::Named(NamedKey::ArrowDown) => (0, 1),
                _ => return false,
            };
            self.scroll(desk, step.0 * 64, step.1 * 64);
            return true;
        }
        false
    }

    fn scroll(&mut self, desk: &mut Desk<'_>, x: i32, y: i32) {
        let (from_x, from_y) = self.state.view.scroll();
        self.state.view.scroll_to((from_x.saturating_add(x), from_y.saturating_add(y)));
        if let Some(pane) = &mut self.pane {
            pane.damage(self.state.view.visible());
        }
        self.lay_out(desk);
    }

    fn moved(&mut self, desk: &mut Desk<'_>) {
        let dragging = self.held.dragging();
        if let Some(bar) = self.pane.as_ref().and_then(Pane::held).filter(|id| [layout::ACROSS, layout::ALONG].contains(id)) {
            if let Some((x, y)) =
                self.pane.as_ref().and_then(|pane| pane.widget(bar)).map(|w| layout::thumb_to(w, self.at, &self.state.view))
            {
                let (from_x, from_y) = self.state.view.scroll();
                self.scroll(desk, x - from_x, y - from_y);
            }
            return;
        }
        let over = self.over_picture();
        let Some((x, y)) = self.state.view.picture_at(self.at.0, self.at.1) else { return };
        if self.state.laser {
            if over {
                self.laser_sent = true;
                (self.out)(HelperAction::Laser { x, y });
            } else {
                self.laser_off();
            }
        } else if self.state.control() && (over || dragging) && self.pointer.last_sent() != Some((x, y)) {
            self.damage_pointer();
            self.pointer.sent((x, y), Instant::now());
            (self.out)(HelperAction::PointerMove { x, y });
        }
        self.dress_pointer();
    }

    /// The wheel, over whatever the pointer is on.
    fn wheel(&mut self, desk: &mut Desk<'_>, delta: MouseScrollDelta) {
        let on_chat = self.pane.as_ref().and_then(|pane| pane.widget(chat::LOG)).is_some_and(|w| w.area.contains(self.at.0, self.at.1));
        if !on_chat && !(self.over_picture() && (self.state.control() || self.state.zoom == Zoom::Actual)) {
            return;
        }
        let forward = self.state.control() && !on_chat;
        for action in self.held.wheel(delta) {
            match action {
                HelperAction::Wheel { axis: super::WheelAxis::Vertical, v120 } if on_chat => {
                    self.state.chat.scroll(v120.signum());
                    self.lay_out(desk);
                }
                HelperAction::Wheel { axis, v120 } if !forward => match axis {
                    super::WheelAxis::Vertical => self.scroll(desk, 0, -v120 / 2),
                    super::WheelAxis::Horizontal => self.scroll(desk, v120 / 2, 0),
                },
                action => (self.out)(action),
            }
        }
    }

    fn told(&mut self, desk: &mut Desk<'_>, told: Told) {
        match told {
            Told::Pressed(id) => self.pressed(desk, id),
            Told::Submitted(chat::ENTRY) => self.say(desk),
            Told::Submitted(_) | Told::Edited(_) => {}
            Told::Escape => {
                if let Some(pane) = &mut self.pane {
                    pane.set_focus(desk, Some(layout::PICTURE));
                }
                self.lay_out(desk);
            }
            Told::Changed => self.lay_out(desk),
            Told::Restyled => {
                if let Some(pane) = &mut self.pane {
                    pane.damage(pane.area());
                }
                self.lay_out(desk);
            }
            Told::Close => self.leave(),
        }
    }

    /// Takes note of what changed in the picture.
    fn picture_changed(&mut self, desk: &mut Desk<'_>, picture: SharedPicture) {
        let (size, damage) = {
            let mut picture = picture.lock().unwrap_or_else(PoisonError::into_inner);
            ((side(picture.width()), side(picture.height())), picture.take_damage())
        };
        self.picture = Some(picture);
        self.state.code = None;
        if size != self.state.picture {
            let first = self.state.picture == (0, 0);
            self.state.picture = size;
            self.lay_out(desk);
            if let Some(pane) = &mut self.pane {
                if first {
                    pane.set_focus(desk, Some(layout::PICTURE));
                }
                pane.damage(pane.area());
            }
        }
        if let Some(pane) = &mut self.pane {
            for area in damage.areas() {
                pane.damage(self.state.view.window_area(*area));
            }
        }
    }
}

impl Stage for HelperWindow {
    type Update = HelperUpdate;

    fn open(&mut self, desk: &mut Desk<'_>) -> Result<(), UiError> {
        let attributes = Window::default_attributes().with_title(self.state.title.as_str());
        let mut pane = Pane::open(desk, attributes, Role::Window, (1120.0, 780.0))?;
        pane.set_entry(chat::ENTRY, Chat::entry());
        self.pane = Some(pane);
        self.lay_out(desk);
        Ok(())
    }

    fn update(&mut self, desk: &mut Desk<'_>, update: HelperUpdate) -> Result<(), UiError> {
        match update {
            HelperUpdate::Code { code, address } => self.state.code = Some((code, address)),
            HelperUpdate::Trust(card) => {
                self.state.card = Some(card);
                if let Some(pane) = &mut self.pane {
                    let area = pane.area();
                    pane.damage(area);
                }
            }
            HelperUpdate::Displays { shown, count } => self.state.displays = (shown, count),
            HelperUpdate::Picture(picture) => {
                self.picture_changed(desk, picture);
                return Ok(());
            }
            HelperUpdate::CursorShape(shape) => {
                self.damage_pointer();
                self.pointer.set_shape(desk, shape);
                self.damage_pointer();
                self.dress_pointer();
                return Ok(());
            }
            HelperUpdate::CursorPosition(at) => {
                self.damage_pointer();
                self.pointer.set_at(at);
                self.damage_pointer();
                return Ok(());
            }
            HelperUpdate::Status(status) => {
                if self.state.control() && !status.control {
                    // The sharer took control back: it has released everything by itself.
                    self.held.clear();
                }
                self.state.status = Some(status);
            }
            HelperUpdate::Chat { from_peer, text } => self.state.chat.push(from_peer, &text, self.state.chat_open),
            HelperUpdate::Notice(text) => self.state.notice = Some((plain::sentence(&text), Instant::now() + NOTICE)),
            HelperUpdate::ConsentPending(pending) => self.state.pending = pending,
            HelperUpdate::Closed(reason) => {
                self.state.closed = Some(plain::sentence(&reason));
                self.held.clear();
                self.laser_sent = false;
            }
            HelperUpdate::Quit => self.done = true,
        }
        self.lay_out(desk);
        Ok(())
    }

    fn event(&mut self, desk: &mut Desk<'_>, window: WindowId, event: &WindowEvent) -> Result<(), UiError> {
        let Some(pane) = self.pane.as_mut().filter(|pane| pane.id() == window) else { return Ok(()) };
        pane.process(event);
        match event {
            WindowEvent::KeyboardInput { event, is_synthetic: false, .. } if self.key(desk, event) => return Ok(()),
            WindowEvent::Ime(Ime::Commit(text)) if self.sending() => {
                (self.out)(HelperAction::Text(text.clone()));
                return Ok(());
            }
            WindowEvent::CursorMoved { position, .. } => self.at = (floor(position.x), floor(position.y)),
            WindowEvent::MouseWheel { delta, .. } => {
                self.wheel(desk, *delta);
                return Ok(());
            }
            WindowEvent::CursorLeft { .. } if !self.held.dragging() => {
                self.at = (-1, -1);
                self.laser_off();
            }
            WindowEvent::Focused(false) => self.release(),
            _ => {}
        }
        let was_sending = self.sending();
        let Some(pane) = &mut self.pane else { return Ok(()) };
        if let Some(told) = pane.event(desk, event)? {
            self.told(desk, told);
        }
        match event {
            WindowEvent::MouseInput { state, button, .. } if self.state.control() && !self.state.laser => {
                let over = self.over_picture();
                if let Some(action) = self.held.button(*button, *state == ElementState::Pressed, over) {
                    (self.out)(action);
                }
            }
            WindowEvent::CursorMoved { .. } => self.moved(desk),
            _ => {}
        }
        if was_sending && !self.sending() {
            self.release();
        }
        Ok(())
    }

    fn reader(&mut self, desk: &mut Desk<'_>, event: &accesskit_winit::Event) -> Result<(), UiError> {
        let Some(pane) = self.pane.as_mut().filter(|pane| pane.id() == event.window_id) else { return Ok(()) };
        if let Some(told) = pane.reader(desk, &event.window_event) {
            self.told(desk, told);
        }
        Ok(())
    }

    fn tick(&mut self, desk: &mut Desk<'_>, now: Instant) -> Result<Option<Instant>, UiError> {
        if self.state.notice.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.state.notice = None;
            self.lay_out(desk);
        }
        let Self { pane: Some(pane), picture, scaler, pointer, state, .. } = self else { return Ok(None) };
        pane.paint(desk, &mut Painter { picture: picture.as_ref(), scaler, pointer, state })?;
        Ok(self.state.notice.as_ref().map(|(_, until)| *until))
    }

    fn finished(&self) -> bool {
        self.done
    }
}
