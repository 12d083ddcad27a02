//! The event loop under both programs' windows.

use std::time::Instant;

use winit::{
    application::ApplicationHandler,
    event::{StartCause, WindowEvent},
    event_loop::{ActiveEventLoop, ControlFlow, EventLoop, EventLoopProxy, OwnedDisplayHandle},
    window::WindowId,
};

use super::{Options, Supersede, UiError, UiInbox, platform, text::Fonts, theme::Look};

/// Updates that are taken in at one turn of the loop; input and painting come between two turns.
const TURN: usize = 256;

/// What wakes the loop beside the display.
#[derive(Debug)]
pub(super) enum Wake {
    Updates,
    Reader(accesskit_winit::Event),
}

impl From<accesskit_winit::Event> for Wake {
    fn from(event: accesskit_winit::Event) -> Self {
        Self::Reader(event)
    }
}

/// What all windows of a program share.
pub(super) struct Desk<'a> {
    pub(super) events: &'a ActiveEventLoop,
    pub(super) proxy: &'a EventLoopProxy<Wake>,
    pub(super) context: &'a softbuffer::Context<OwnedDisplayHandle>,
    pub(super) fonts: &'a mut Fonts,
    pub(super) look: &'a mut Look,
    pub(super) seat: &'a platform::Seat,
}

/// A program's windows.
///
/// Every method may fail only with what ends them all.
pub(super) trait Stage {
    type Update: Supersede;

    /// The display is there.
    fn open(&mut self, desk: &mut Desk<'_>) -> Result<(), UiError>;
    fn update(&mut self, desk: &mut Desk<'_>, update: Self::Update) -> Result<(), UiError>;
    fn event(&mut self, desk: &mut Desk<'_>, window: WindowId, event: &WindowEvent) -> Result<(), UiError>;
    fn reader(&mut self, desk: &mut Desk<'_>, event: &accesskit_winit::Event) -> Result<(), UiError>;
    /// Called before the loop sleeps; returns when it has to wake up at the latest.
    fn tick(&mut self, desk: &mut Desk<'_>, now: Instant) -> Result<Option<Instant>, UiError>;
    /// Whether all windows are done.
    fn finished(&self) -> bool;
}

/// Runs a program's windows until they are finished.
pub(super) fn run<S: Stage>(options: &Options, inbox: UiInbox<S::Update>, stage: S) -> Result<(), UiError>
where
    S::Update: 'static,
{
    platform::check()?;
    let mut builder = EventLoop::with_user_event();
    platform::prepare(&mut builder);
    let events: EventLoop<Wake> = builder.build().map_err(|e| UiError::NoDisplay(without_place(&e.to_string())))?;
    let context =
        softbuffer::Context::new(events.owned_display_handle()).map_err(|e| UiError::Display { op: "pixels", reason: e.to_string() })?;
    let seat = platform::Seat::new(&events)?;
    let proxy = events.create_proxy();
    let waker = proxy.clone();
    inbox.on_wake(move || {
        // Fails only after the loop has ended, and then nobody is left to wake.
        let _ = waker.send_event(Wake::Updates);
    });
    let mut app = App { stage, inbox, proxy, context, fonts: Fonts::new(), look: Look::new(options), seat, opened: false, failed: None };
    events.run_app(&mut app).map_err(|e| UiError::Display { op: "events", reason: e.to_string() })?;
    app.failed.map_or(Ok(()), Err)
}

/// winit's reason without the line of its source that it begins with.
fn without_place(reason: &str) -> String {
    let behind = reason.split_once(".rs:").and_then(|(_, behind)| behind.split_once(": "));
    behind.map_or(reason, |(_, words)| words).to_owned()
}

struct App<S: Stage> {
    stage: S,
    inbox: UiInbox<S::Update>,
    proxy: EventLoopProxy<Wake>,
    context: softbuffer::Context<OwnedDisplayHandle>,
    fonts: Fonts,
    look: Look,
    seat: platform::Seat,
    opened: bool,
    failed: Option<UiError>,
}

impl<S: Stage> App<S> {
    /// Lets the stage act; its failure ends the loop.
    fn act(&mut self, events: &ActiveEventLoop, act: impl FnOnce(&mut S, &mut Desk<'_>) -> Result<(), UiError>) {
        if self.failed.is_some() {
            return;
        }
        let Self { stage, proxy, context, fonts, look, seat, .. } = self;
        let mut desk = Desk { events, proxy, context, fonts, look, seat };
        if let Err(error) = act(stage, &mut desk) {
            self.failed = Some(error);
        }
        if self.failed.is_some() || self.stage.finished() {
            events.exit();
        }
    }
}

impl<S: Stage> ApplicationHandler<Wake> for App<S> {
    fn new_events(&mut self, _: &ActiveEventLoop, _: StartCause) {}

    fn resumed(&mut self, events: &ActiveEventLoop) {
        if !self.opened {
            self.opened = true;
            self.act(events, Stage::open);
        }
    }

    fn user_event(&mut self, events: &ActiveEventLoop, event: Wake) {
        match event {
            Wake::Reader(event) => self.act(events, |stage, desk| stage.reader(desk, &event)),
            Wake::Updates => {
                for _ in 0..TURN {
                    let Some(update) = self.inbox.try_next() else { return };
                    self.act(events, |stage, desk| stage.update(desk, update));
                }
                let _ = self.proxy.send_event(Wake::Updates);
            }
        }
    }

    fn window_event(&mut self, events: &ActiveEventLoop, window: WindowId, event: WindowEvent) {
        self.act(events, |stage, desk| stage.event(desk, window, &event));
    }

    fn about_to_wait(&mut self, events: &ActiveEventLoop) {
        let mut next = None;
        self.act(events, |stage, desk| {
            next = stage.tick(desk, Instant::now())?;
            Ok(())
        });
        events.set_control_flow(next.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
    }
}
