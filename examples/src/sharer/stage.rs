//! What a session at the sharer directs: the camera, the hand, the person's answers.

use std::{sync::Arc, time::Instant};

use rh_capture::{Layout, Position, Shape};
use rh_proto::{
    error::CloseCode,
    mode::{Mode, State},
    msg::{cursor::CursorPosition, input::InputBatch, layout::DisplayId, mode::RequestId},
    session::{Close, Sharer, SharerEvent},
};

use super::{Report, Request, SCREEN_GONE, Update, own_input};
use crate::{
    camera::{Camera, Shot},
    convert::{input_from_wire, layout_to_input, layout_to_wire, shape_to_wire},
    hand::{Hand, Slip},
    stats::Samples,
    ui::sharer::SharerAction,
};

type Front<'a> = &'a mut (dyn FnMut(Update<'_>) + Send);

/// What the session directs.
pub(super) struct Stage {
    camera: Camera,
    pub(super) hand: Hand,
    layout: Option<Arc<Layout>>,
    shape: Option<Arc<Shape>>,
    position: Option<Position>,
    /// Whether the helper sees the screen.
    seen: bool,
    /// Whether the pointer changed while nothing was shown.
    owes_cursor: bool,
    /// Whether the camera has leave for a frame that has not come.
    credited: bool,
    /// Whether a prompt of the system's keeps the session paused.
    secure: bool,
    /// Whether the person does.
    paused: bool,
    /// Whether the person's own input was seen once, and is not any more: no helper may control.
    blind: bool,
    /// What the person was asked last, if it may still wait for its answer.
    asked: Option<(RequestId, Mode)>,
    pub(super) report: Report,
}

impl Stage {
    pub(super) fn new(camera: Camera, hand: Hand) -> Self {
        let close = Close { code: CloseCode::INTERNAL, text: String::new(), by_peer: false, clean: false };
        let report = Report { close, frames: 0, frame_bytes: 0, changed_pixels: 0, encode: Samples::default(), authenticated: false };
        Self {
            camera,
            hand,
            layout: None,
            shape: None,
            position: None,
            seen: false,
            owes_cursor: false,
            credited: false,
            secure: false,
            paused: false,
            blind: false,
            asked: None,
            report,
        }
    }

    /// Notes how it ended when no session ever came about.
    pub(super) fn note_end(&mut self, event: &SharerEvent, front: Front<'_>) {
        if let SharerEvent::Closed(close) = event {
            self.report.close = close.clone();
        }
        front(Update::Event(event));
    }

    /// Acts on what the session has to say.
    pub(super) fn handle(&mut self, event: SharerEvent, session: &mut Sharer, front: Front<'_>) {
        match &event {
            SharerEvent::Input(batch) => return self.inject(batch, session),
            SharerEvent::ReleaseAll => self.hand.release(),
            SharerEvent::ModeChanged(mode) => self.mode_changed(*mode, session),
            SharerEvent::RefreshRequested => self.camera.show(),
            SharerEvent::Authenticated => self.report.authenticated = true,
            SharerEvent::ConsentRequested { id, mode } if self.blind && mode.has_input() => return self.decline(*id, session, front),
            SharerEvent::ConsentRequested { id, mode } => self.asked = Some((*id, *mode)),
            SharerEvent::ConsentWithdrawn { .. } => self.asked = None,
            _ => {}
        }
        self.note_end(&event, front);
    }

    /// The person's own input is not seen any more. Who cannot win keeps keyboard and pointer: control is taken back, and not given again.
    pub(super) fn own_input_lost(&mut self, why: &str, session: &mut Sharer, front: Front<'_>) {
        tracing::warn!(why, "the person's own input is not seen any more");
        self.blind = true;
        if let Some((id, mode)) = self.asked
            && mode.has_input()
        {
            // An answer that was given already is undone by what follows.
            self.decline(id, session, front);
        }
        if session.mode().is_some_and(Mode::has_input)
            && let Err(error) = session.revoke(Instant::now(), Mode::ViewOnly)
        {
            front(Update::Notice(error.to_string()));
        }
        front(Update::Notice(own_input::unseen(why)));
    }

    /// Declines in the person's place, who is not asked, or not any more.
    fn decline(&mut self, id: RequestId, session: &mut Sharer, front: Front<'_>) {
        self.asked = None;
        if session.consent(Instant::now(), id, false).is_ok() {
            front(Update::Event(&SharerEvent::ConsentWithdrawn { id }));
        }
    }

    fn mode_changed(&mut self, mode: Option<Mode>, session: &mut Sharer) {
        tracing::info!(?mode, "mode");
        if mode.is_none() {
            self.camera.hide();
            self.hand.release();
        } else if !self.seen {
            // The helper sees for the first time: it knows nothing yet.
            if let Some(layout) = &self.layout {
                let _ = session.send_layout(Instant::now(), &layout_to_wire(layout));
            }
            self.send_cursor(session);
        }
        self.seen = mode.is_some();
    }

    fn inject(&mut self, batch: &InputBatch, session: &mut Sharer) {
        if !self.hand.inject(batch.iter().filter_map(input_from_wire)) {
            // What waits is void from here on, so nothing can be left half done.
            self.hand.release();
            session.close(Instant::now(), CloseCode::LIMIT_EXCEEDED, "input came faster than the screen takes it");
        }
    }

    /// Lets the camera make the next frame if it may be sent: never more than one ahead.
    pub(super) fn grant_credit(&mut self, session: &Sharer) {
        if !self.credited && session.can_send_frame(Instant::now()) {
            self.credited = true;
            self.camera.credit();
        }
    }

    pub(super) fn take(&mut self, shot: Shot, session: &mut Sharer) {
        let now = Instant::now();
        match shot {
            Shot::Layout(layout) => {
                self.hand.set_layout(layout_to_input(&layout));
                // Without a mode there is nobody to tell; a grant tells it.
                let _ = session.send_layout(now, &layout_to_wire(&layout));
                self.layout = Some(layout);
            }
            Shot::Frame { display, stream, payload, encode, changed } => {
                self.credited = false;
                if !self.camera.is_current(stream) {
                    return;
                }
                let bytes = payload.len() as u64;
                if session.send_frame(now, DisplayId(display.0), payload).is_ok() {
                    self.report.frames += 1;
                    self.report.frame_bytes += bytes;
                    self.report.changed_pixels += changed;
                    self.report.encode.add(encode);
                    if self.owes_cursor {
                        self.send_cursor(session);
                    }
                } else if session.mode().is_some() {
                    // The encoder believes that the viewer has it: only a new start makes that true again.
                    self.camera.show();
                }
            }
            Shot::CursorShape(shape) => {
                self.shape = Some(shape);
                self.send_cursor(session);
            }
            Shot::CursorPosition(position) => {
                self.position = Some(position);
                self.send_cursor_position(session);
            }
            Shot::Secure(open) => {
                self.secure = open;
                let _ = session.pause(now, self.paused || self.secure);
            }
            Shot::Ended(why) => session.close(now, SCREEN_GONE, &format!("the screen is gone: {why}")),
        }
    }

    fn send_cursor(&mut self, session: &mut Sharer) {
        if self.is_covered(session) {
            return;
        }
        if let Some(shape) = self.shape.as_deref().and_then(shape_to_wire) {
            let _ = session.send_cursor_shape(Instant::now(), &shape);
        }
        self.send_cursor_position(session);
    }

    /// While nothing is shown, the pointer is not either; it is owed then.
    fn is_covered(&mut self, session: &Sharer) -> bool {
        self.owes_cursor = matches!(session.state(), State::Paused | State::Frozen);
        self.owes_cursor
    }

    fn send_cursor_position(&mut self, session: &mut Sharer) {
        if self.is_covered(session) {
            return;
        }
        let side = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let position = self.position.map(|p| CursorPosition { display: DisplayId(p.display.0), x: side(p.x), y: side(p.y) });
        let _ = session.send_cursor_position(Instant::now(), position);
    }

    pub(super) fn slipped(&self, slip: &Slip, session: &mut Sharer, front: Front<'_>) {
        match slip {
            Slip::Untypable(count) => front(Update::Notice(format!("{count} characters of the helper's cannot be typed on this screen"))),
            Slip::Gone(why) => session.close(Instant::now(), SCREEN_GONE, &format!("the screen takes no more input: {why}")),
        }
    }

    pub(super) fn act(&mut self, request: Request, session: &mut Sharer, front: Front<'_>) {
        let now = Instant::now();
        let outcome = match request {
            Request::Revoke(to) => session.revoke(now, to),
            Request::Action(action) => match action {
                SharerAction::Consent { id, allow } => {
                    // The window counts in 64 bits, the wire in 32.
                    u32::try_from(id).map_or(Ok(()), |id| session.consent(now, RequestId(id), allow))
                }
                SharerAction::Stop => {
                    session.close(now, CloseCode::STOPPED, "the person at the device ended the session");
                    Ok(())
                }
                SharerAction::Chat(text) => session.send_chat(now, &text).map(|_| front(Update::Said(text))),
                SharerAction::Beat => {
                    session.beat(now);
                    Ok(())
                }
                SharerAction::Pause(on) => {
                    self.paused = on;
                    session.pause(now, self.paused || self.secure)
                }
                // There is a code already.
                SharerAction::Code(_) => Ok(()),
            },
        };
        if let Err(error) = outcome {
            front(Update::Notice(error.to_string()));
        }
    }
}
