//! The sharer's windows: which of them are open, and what a person does in them.

use std::time::{Duration, Instant};

use accesskit::Role;
use rh_proto::mode::Mode;
use winit::{
    event::WindowEvent,
    keyboard::{Key, NamedKey},
    window::{Window, WindowId, WindowLevel},
};

use super::{
    super::{
        Options, UiError,
        canvas::Brush,
        chat::{self, Chat},
        face,
        pane::{Nothing, Paint, Pane, Told},
        plain,
        shell::{Desk, Stage},
        text::Fonts,
        theme::Theme,
        widget::Widget,
    },
    SharerAction, SharerUpdate,
    bar::Bar,
    code, layout,
};
use crate::trust::Card;

/// How long a question is only shown before it can be answered: a click or key that was meant for something else, on which
/// the question opened, is no consent.
const ARMING: Duration = Duration::from_millis(500);

type Out = Box<dyn FnMut(SharerAction)>;

/// What the start window says.
#[derive(Debug)]
pub(super) enum Start {
    Ask { error: Option<String> },
    Connecting,
    Connected { card: Box<Card> },
    Closed { reason: String },
}

/// A question that waits for its answer.
#[derive(Debug)]
struct Request {
    id: u64,
    card: Box<Card>,
    mode: Mode,
    /// When the buttons begin to work; set when the window was painted first.
    armed: Option<Instant>,
    deadline: Instant,
}

pub(super) struct SharerWindows {
    title: String,
    out: Out,
    start: Option<(Pane, Start)>,
    consent: Option<(Pane, Request)>,
    bar: Option<Bar>,
    talk: Option<Pane>,
    chat: Chat,
    peer: String,
    /// A sentence that waits for the bar to say it.
    notice: Option<String>,
    done: bool,
}

impl SharerWindows {
    pub(super) fn new(options: &Options, out: Out) -> Self {
        Self {
            title: options.title.clone(),
            out,
            start: None,
            consent: None,
            bar: None,
            talk: None,
            chat: Chat::default(),
            peer: String::new(),
            notice: None,
            done: false,
        }
    }

    /// Ends everything; what the person sees goes at once.
    fn stop(&mut self) {
        if !std::mem::replace(&mut self.done, true) {
            (self.out)(SharerAction::Stop);
        }
    }

    fn show_start(&mut self, desk: &mut Desk<'_>, start: Start) -> Result<(), UiError> {
        match &mut self.start {
            Some((_, old)) => *old = start,
            None => {
                let attributes = Window::default_attributes().with_title(self.title.as_str());
                let mut pane = Pane::open(desk, attributes, Role::Window, layout::START)?;
                pane.set_entry(layout::CODE, code::entry());
                self.start = Some((pane, start));
            }
        }
        self.lay_out_start(desk);
        Ok(())
    }

    fn lay_out_start(&mut self, desk: &mut Desk<'_>) {
        let Some((pane, start)) = &mut self.start else { return };
        let mut place = pane.layout(desk);
        layout::start(&mut place, start);
        let widgets = place.widgets;
        pane.show(desk, widgets);
    }

    fn ask(&mut self, desk: &mut Desk<'_>, request: Request) -> Result<(), UiError> {
        let title = format!("{} asks", request.card.name());
        let attributes = Window::default_attributes().with_title(title).with_window_level(WindowLevel::AlwaysOnTop).with_resizable(true);
        // A new question is a new window: nothing that was pressed in the old one answers it.
        let pane = Pane::open(desk, attributes, Role::AlertDialog, layout::CONSENT)?;
        self.consent = Some((pane, request));
        self.lay_out_consent(desk, Instant::now());
        if let Some((pane, _)) = &mut self.consent {
            pane.set_focus(desk, Some(layout::DECLINE));
            pane.window().request_user_attention(Some(winit::window::UserAttentionType::Critical));
        }
        Ok(())
    }

    fn lay_out_consent(&mut self, desk: &mut Desk<'_>, now: Instant) {
        let Some((pane, request)) = &mut self.consent else { return };
        let armed = request.armed.is_some_and(|armed| armed <= now);
        let left = request.deadline.saturating_duration_since(now).as_secs();
        let mut place = pane.layout(desk);
        layout::consent(&mut place, &request.card, request.mode, left, armed);
        let widgets = place.widgets;
        let first = pane.focus();
        pane.show(desk, widgets);
        if first.is_none() {
            pane.set_focus(desk, Some(layout::DECLINE));
        }
    }

    fn answer(&mut self, allow: bool) {
        if let Some((_, request)) = self.consent.take() {
            (self.out)(SharerAction::Consent { id: request.id, allow });
        }
    }

    fn lay_out_bar(&mut self, desk: &mut Desk<'_>) {
        if let Some(bar) = &mut self.bar {
            bar.lay_out(desk, &self.chat.button());
        }
    }

    /// Has the bar say what waits to be said, once there is one.
    fn say_notice(&mut self) {
        if let Some(bar) = &mut self.bar
            && let Some(notice) = self.notice.take()
        {
            bar.notice(notice);
        }
    }

    fn lay_out_talk(&mut self, desk: &mut Desk<'_>) {
        let Some(pane) = &mut self.talk else { return };
        let mut place = pane.layout(desk);
        place.pad(10.0);
        self.chat.lay_out(&mut place, &self.peer, self.bar.is_some());
        let widgets = place.widgets;
        pane.show(desk, widgets);
    }

    /// Opens the chat, or closes it.
    fn toggle_talk(&mut self, desk: &mut Desk<'_>) -> Result<(), UiError> {
        if self.talk.take().is_none() {
            let attributes = Window::default_attributes().with_title(format!("Chat with {}", self.peer));
            let mut pane = Pane::open(desk, attributes, Role::Window, (360.0, 420.0))?;
            pane.set_entry(chat::ENTRY, Chat::entry());
            self.talk = Some(pane);
            self.chat.read();
            self.lay_out_talk(desk);
            if let Some(pane) = &mut self.talk {
                pane.set_focus(desk, Some(chat::ENTRY));
            }
        }
        self.lay_out_bar(desk);
        Ok(())
    }

    fn say(&mut self, desk: &Desk<'_>) {
        let Some(pane) = &mut self.talk else { return };
        let text = pane.entry().map(|entry| entry.take()).unwrap_or_default();
        pane.damage_widget(desk, Some(chat::ENTRY));
        if !text.trim().is_empty() {
            (self.out)(SharerAction::Chat(text));
        }
    }

    fn submit_code(&mut self, desk: &mut Desk<'_>) {
        let Some((pane, start)) = &mut self.start else { return };
        let typed = pane.entry().map(|entry| entry.text()).unwrap_or_default();
        match code::check(&typed) {
            Ok(code) => {
                *start = Start::Connecting;
                (self.out)(SharerAction::Code(code));
            }
            Err(wrong) => {
                *start = Start::Ask { error: Some(wrong) };
                pane.set_focus(desk, Some(layout::CODE));
            }
        }
        self.lay_out_start(desk);
    }

    fn told_start(&mut self, desk: &mut Desk<'_>, told: &Told) {
        match told {
            Told::Pressed(layout::CONNECT) | Told::Submitted(_) => self.submit_code(desk),
            Told::Pressed(layout::CLOSE) => self.done = true,
            Told::Close if matches!(self.start, Some((_, Start::Closed { .. }))) => self.done = true,
            Told::Close | Told::Pressed(layout::CANCEL) => self.stop(),
            Told::Edited(_) => {
                if let Some((_, Start::Ask { error })) = &mut self.start {
                    *error = None;
                }
                self.lay_out_start(desk);
            }
            _ => self.lay_out_start(desk),
        }
    }

    fn told_consent(&mut self, desk: &mut Desk<'_>, told: &Told) {
        match told {
            Told::Pressed(layout::ALLOW) => self.answer(true),
            Told::Pressed(layout::DECLINE) | Told::Close | Told::Escape => self.answer(false),
            _ => self.lay_out_consent(desk, Instant::now()),
        }
    }

    fn told_bar(&mut self, desk: &mut Desk<'_>, told: &Told) -> Result<(), UiError> {
        match told {
            Told::Pressed(layout::STOP) | Told::Close => self.stop(),
            Told::Pressed(layout::CHAT) => self.toggle_talk(desk)?,
            Told::Pressed(layout::PAUSE) => {
                if let Some(bar) = &mut self.bar {
                    (self.out)(SharerAction::Pause(bar.toggle_pause()));
                }
                self.lay_out_bar(desk);
            }
            Told::Escape => {
                if let Some(bar) = &mut self.bar {
                    bar.dismiss();
                }
            }
            _ => self.lay_out_bar(desk),
        }
        Ok(())
    }

    fn told_talk(&mut self, desk: &mut Desk<'_>, told: &Told) -> Result<(), UiError> {
        match told {
            Told::Submitted(_) | Told::Pressed(chat::SEND) => self.say(desk),
            Told::Close | Told::Escape => self.toggle_talk(desk)?,
            _ => self.lay_out_talk(desk),
        }
        Ok(())
    }

    /// What a window told, by whose it is.
    fn told(&mut self, desk: &mut Desk<'_>, window: WindowId, told: &Told) -> Result<(), UiError> {
        if *told == Told::Restyled {
            self.restyle(desk);
            return Ok(());
        }
        match self.whose(window) {
            Some(Whose::Start) => self.told_start(desk, told),
            Some(Whose::Consent) => self.told_consent(desk, told),
            Some(Whose::Bar) => self.told_bar(desk, told)?,
            Some(Whose::Talk) => self.told_talk(desk, told)?,
            None => {}
        }
        Ok(())
    }

    fn restyle(&mut self, desk: &mut Desk<'_>) {
        for whose in [Whose::Start, Whose::Consent, Whose::Bar, Whose::Talk] {
            if let Some(pane) = self.pane(whose) {
                let area = pane.area();
                pane.damage(area);
            }
        }
        self.lay_out_start(desk);
        self.lay_out_consent(desk, Instant::now());
        self.lay_out_bar(desk);
        self.lay_out_talk(desk);
    }

    fn paint(&mut self, desk: &mut Desk<'_>) -> Result<(), UiError> {
        let Self { start, consent, bar, talk, chat, .. } = self;
        if let Some((pane, start)) = start {
            let card = if let Start::Connected { card } = start { Some(&**card) } else { None };
            pane.paint(desk, &mut Face(card))?;
        }
        if let Some((pane, request)) = consent {
            pane.paint(desk, &mut Face(Some(&request.card)))?;
            request.armed.get_or_insert_with(|| Instant::now() + ARMING);
        }
        if let Some(bar) = bar {
            bar.pane().paint(desk, &mut Nothing)?;
        }
        if let Some(pane) = talk {
            pane.paint(desk, &mut Log(chat))?;
        }
        Ok(())
    }

    fn pane(&mut self, whose: Whose) -> Option<&mut Pane> {
        match whose {
            Whose::Start => self.start.as_mut().map(|(pane, _)| pane),
            Whose::Consent => self.consent.as_mut().map(|(pane, _)| pane),
            Whose::Bar => self.bar.as_mut().map(Bar::pane),
            Whose::Talk => self.talk.as_mut(),
        }
    }

    fn whose(&mut self, window: WindowId) -> Option<Whose> {
        [Whose::Start, Whose::Consent, Whose::Bar, Whose::Talk]
            .into_iter()
            .find(|whose| self.pane(*whose).is_some_and(|pane| pane.id() == window))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Start,
    Consent,
    Bar,
    Talk,
}

impl Stage for SharerWindows {
    type Update = SharerUpdate;

    fn open(&mut self, _: &mut Desk<'_>) -> Result<(), UiError> {
        Ok(())
    }

    fn update(&mut self, desk: &mut Desk<'_>, update: SharerUpdate) -> Result<(), UiError> {
        match update {
            SharerUpdate::AskCode { error } => self.show_start(desk, Start::Ask { error: error.map(|e| plain::sentence(&e)) })?,
            SharerUpdate::Connecting => self.show_start(desk, Start::Connecting)?,
            SharerUpdate::Connected { card } => {
                self.peer = card.name().to_owned();
                if let Some((pane, request)) = &mut self.consent {
                    // The face comes a moment after the name; the words of the question are the same.
                    request.card = card.clone();
                    let area = pane.area();
                    pane.damage(area);
                    self.lay_out_consent(desk, Instant::now());
                }
                if self.bar.is_none() {
                    self.show_start(desk, Start::Connected { card })?;
                }
            }
            SharerUpdate::ConsentRequest { id, card, mode, seconds } => {
                let deadline = Instant::now() + Duration::from_secs(u64::from(seconds));
                self.ask(desk, Request { id, card, mode, armed: None, deadline })?;
            }
            SharerUpdate::ConsentGone => self.consent = None,
            SharerUpdate::Session { who, mode_text } => {
                self.peer = plain::name(&who);
                self.start = None;
                let mode = plain::sentence(&mode_text);
                match &mut self.bar {
                    Some(bar) => bar.set_session(&self.peer, &mode),
                    None => self.bar = Some(Bar::open(desk, &self.title, &self.peer, &mode)?),
                }
                self.say_notice();
                self.lay_out_bar(desk);
            }
            SharerUpdate::Notice(text) => {
                self.notice = Some(plain::sentence(&text));
                self.say_notice();
                self.lay_out_bar(desk);
            }
            SharerUpdate::Chat { from_peer, text } => {
                self.chat.push(from_peer, &text, self.talk.is_some());
                self.lay_out_talk(desk);
                self.lay_out_bar(desk);
            }
            SharerUpdate::Laser(at) => {
                if let Some(bar) = &mut self.bar {
                    bar.laser(at);
                }
            }
            SharerUpdate::Closed(reason) => {
                (self.consent, self.bar, self.talk) = (None, None, None);
                self.show_start(desk, Start::Closed { reason: plain::sentence(&reason) })?;
            }
            SharerUpdate::Quit => self.done = true,
        }
        Ok(())
    }

    fn event(&mut self, desk: &mut Desk<'_>, window: WindowId, event: &WindowEvent) -> Result<(), UiError> {
        let Some(whose) = self.whose(window) else { return Ok(()) };
        if let (Whose::Bar, Some(bar)) = (whose, &mut self.bar) {
            bar.note(event);
        }
        if let (Whose::Talk, WindowEvent::KeyboardInput { event, .. }) = (whose, event) {
            let step = match event.logical_key {
                Key::Named(NamedKey::ArrowUp | NamedKey::PageUp) => 1,
                Key::Named(NamedKey::ArrowDown | NamedKey::PageDown) => -1,
                _ => 0,
            };
            if step != 0 && event.state.is_pressed() {
                self.chat.scroll(step);
                self.lay_out_talk(desk);
            }
        }
        let Some(pane) = self.pane(whose) else { return Ok(()) };
        pane.process(event);
        if let Some(told) = pane.event(desk, event)? {
            self.told(desk, window, &told)?;
        }
        Ok(())
    }

    fn reader(&mut self, desk: &mut Desk<'_>, event: &accesskit_winit::Event) -> Result<(), UiError> {
        let Some(pane) = self.whose(event.window_id).and_then(|whose| self.pane(whose)) else { return Ok(()) };
        if let Some(told) = pane.reader(desk, &event.window_event) {
            self.told(desk, event.window_id, &told)?;
        }
        Ok(())
    }

    fn tick(&mut self, desk: &mut Desk<'_>, now: Instant) -> Result<Option<Instant>, UiError> {
        let mut next = None;
        self.paint(desk)?;
        if let Some((_, request)) = &self.consent {
            if request.deadline <= now {
                self.answer(false);
            } else {
                let armed = request.armed.filter(|armed| *armed > now);
                // The next full second of what is left.
                let left = request.deadline.saturating_duration_since(now);
                let second = now + Duration::from_nanos(u64::from(left.subsec_nanos()) + 1_000_000);
                next = Some(armed.map_or(second, |armed| armed.min(second)));
                self.lay_out_consent(desk, now);
            }
        }
        if let Some(bar) = &mut self.bar {
            let (beat, wake) = bar.tick(desk, &self.chat.button(), now);
            if beat {
                (self.out)(SharerAction::Beat);
            }
            next = Some(next.map_or(wake, |next: Instant| next.min(wake)));
        }
        self.paint(desk)?;
        Ok(next)
    }

    fn finished(&self) -> bool {
        self.done
    }
}

/// Paints the face on a trust screen.
struct Face<'a>(Option<&'a Card>);

impl Paint for Face<'_> {
    fn paint(&mut self, widget: &Widget, brush: &mut Brush<'_>, _: &mut Fonts, theme: &Theme, _: f32) {
        if let Some(picture) = self.0.and_then(Card::portrait) {
            face::paint(widget, picture, brush, theme);
        }
    }
}

/// Paints the chat's log.
struct Log<'a>(&'a Chat);

impl Paint for Log<'_> {
    fn paint(&mut self, widget: &Widget, brush: &mut Brush<'_>, fonts: &mut Fonts, theme: &Theme, scale: f32) {
        self.0.paint(widget.area, brush, fonts, theme, scale);
    }
}
