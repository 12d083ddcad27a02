//! The bar at the top of the screen that says who is connected: the session's indicator.

use std::time::{Duration, Instant};

use accesskit::Role;
use winit::{
    dpi::{PhysicalPosition, PhysicalSize},
    event::WindowEvent,
    window::Window,
};

use super::{
    super::{
        UiError,
        pane::Pane,
        picture::{Area, at, side},
        platform::{self, Watch},
        shell::Desk,
    },
    layout,
};

/// How often the bar proves that it is there.
const BEAT: Duration = Duration::from_millis(250);

/// How long a sentence stays.
const NOTICE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Bar {
    pane: Pane,
    watch: Watch,
    who: String,
    mode: String,
    paused: bool,
    /// A sentence that the person should read, and until when it stays.
    notice: Option<(String, Instant)>,
    /// Whether the window system said that nothing of the bar is in view.
    occluded: bool,
    /// Where it was put last.
    place: Area,
    next: Instant,
}

impl Bar {
    pub(super) fn open(desk: &mut Desk<'_>, title: &str, who: &str, mode: &str) -> Result<Self, UiError> {
        let attributes = platform::indicator(desk.events, Window::default_attributes().with_title(title));
        let mut pane = Pane::open(desk, attributes, Role::Banner, (640.0, 46.0))?;
        // The person goes on with what they were typing.
        pane.leave_keyboard();
        let watch = Watch::new(pane.window())?;
        let next = Instant::now();
        let mut bar = Self {
            pane,
            watch,
            who: String::new(),
            mode: String::new(),
            paused: false,
            notice: None,
            occluded: false,
            place: Area::default(),
            next,
        };
        bar.set_session(who, mode);
        Ok(bar)
    }

    pub(super) fn pane(&mut self) -> &mut Pane {
        &mut self.pane
    }

    pub(super) fn set_session(&mut self, who: &str, mode: &str) {
        who.clone_into(&mut self.who);
        mode.clone_into(&mut self.mode);
    }

    /// Says a sentence for a while.
    pub(super) fn notice(&mut self, sentence: String) {
        self.notice = Some((sentence, Instant::now() + NOTICE));
    }

    pub(super) fn toggle_pause(&mut self) -> bool {
        self.paused = !self.paused;
        self.paused
    }

    pub(super) fn laser(&mut self, at: Option<(i32, i32)>) {
        self.watch.laser(at);
    }

    /// Sizes the bar to what it says and puts it in the middle of the screen's top edge.
    pub(super) fn lay_out(&mut self, desk: &mut Desk<'_>, chat: &str) {
        let theme = self.pane.theme(desk);
        let monitor = self.pane.window().current_monitor().or_else(|| desk.events.primary_monitor());
        let (corner, room) = monitor.map_or((PhysicalPosition::new(0, 0), PhysicalSize::new(1280, 720)), |m| (m.position(), m.size()));
        let room = side(room.width as usize);
        let notice = self.notice.as_ref().map(|(sentence, _)| sentence.as_str());
        let words = layout::bar_words(&self.who, &self.mode, self.paused, notice);
        let mut place = self.pane.layout(desk);
        let (w, h) = layout::bar_size(&mut place, &words, chat, self.paused, room);
        place.rest = Area::new(0, 0, w, h);
        layout::bar(&mut place, &words, chat, self.paused, &theme);
        let widgets = place.widgets;
        let wanted = Area::new(corner.x + (room - w) / 2, corner.y, w, h);
        if self.place != wanted {
            self.place = wanted;
            let size = PhysicalSize::new(u32::try_from(at(w)).unwrap_or(1), u32::try_from(at(h)).unwrap_or(1));
            let _ = self.pane.window().request_inner_size(size);
            self.pane.window().set_outer_position(PhysicalPosition::new(wanted.x, wanted.y));
        }
        self.pane.show(desk, widgets);
    }

    /// Learns what the window system says of the window.
    pub(super) fn note(&mut self, event: &WindowEvent) {
        if let WindowEvent::Occluded(occluded) = event {
            self.occluded = *occluded;
            self.next = Instant::now();
        }
    }

    /// Gives the keyboard back to the window that had it.
    pub(super) fn dismiss(&mut self) {
        self.watch.dismiss();
    }

    /// Whether a beat is due and deserved, and when to ask again.
    ///
    /// A bar that is not seen is brought back first: it is raised, mapped and put where it belongs.
    pub(super) fn tick(&mut self, desk: &mut Desk<'_>, chat: &str, now: Instant) -> (bool, Instant) {
        if now < self.next {
            return (false, self.next);
        }
        self.next = now + BEAT;
        if self.notice.take_if(|(_, until)| *until <= now).is_some() {
            self.lay_out(desk, chat);
        }
        if self.watch.called() {
            self.pane.set_focus(desk, Some(layout::STOP));
        }
        let seen = self.pane.shown() && self.watch.seen(self.pane.window(), self.occluded);
        if !seen {
            self.place = Area::default();
            self.lay_out(desk, chat);
        }
        (seen, self.next)
    }
}
