//! What a session at the sharer directs: the camera, the hand, the person's answers.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use rh_auth::enforce::{Masking, Shield};
use rh_capture::{Layout, Position, Shape};
use rh_proto::{
    error::CloseCode,
    mode::{Mode, State},
    msg::{
        MessageType,
        cursor::CursorPosition,
        input::{Input, InputBatch},
        layout::DisplayId,
        mode::{DeclineReason, RequestId},
    },
    session::{Close, Sharer, SharerEvent},
};

use super::{
    Report, Request, SCREEN_GONE, Update,
    guard::{Guard, Turn, Verdict},
    own_input,
};
use crate::{
    camera::{Camera, PromptState, Shot},
    convert::{input_from_wire, layout_to_input, layout_to_wire, shape_to_wire},
    hand::{Hand, Slip},
    stats::Samples,
    trust::{Card, PortraitError},
    ui::sharer::SharerAction,
    vouched::Note,
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
    /// The system's prompts, as the camera saw them last.
    prompt: PromptState,
    /// Whether the helper's pointer is where it may act: not on a prompt that is masked.
    pointer_free: bool,
    pub(super) guard: Guard,
    /// The helper, as the trust screen shows it.
    card: Card,
    /// The highest mode so far: Elevation leaves an obligation behind.
    highest: Option<Mode>,
    /// Whether the person does.
    paused: bool,
    /// Whether the person's own input was seen once, and is not any more: no helper may control.
    blind: bool,
    /// What the person was asked last, if it may still wait for its answer.
    asked: Option<(RequestId, Mode)>,
    pub(super) report: Report,
}

impl Stage {
    pub(super) fn new(camera: Camera, hand: Hand, guard: Guard) -> Self {
        let close = Close { code: CloseCode::INTERNAL, text: String::new(), by_peer: false, clean: false };
        let report = Report {
            close,
            frames: 0,
            frame_bytes: 0,
            changed_pixels: 0,
            encode: Samples::default(),
            authenticated: false,
            sign_out: false,
        };
        Self {
            camera,
            hand,
            layout: None,
            shape: None,
            position: None,
            seen: false,
            owes_cursor: false,
            credited: false,
            prompt: PromptState::default(),
            pointer_free: true,
            guard,
            card: Card::unvouched(""),
            highest: None,
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
            self.guard.note(Note::End { code: close.code, own: !close.by_peer });
            // Whoever had an administrator's rights through the helper, and ends the session, does not keep them (R13.sign-out).
            self.report.sign_out = !close.by_peer && self.highest == Some(Mode::Elevation);
            if self.report.sign_out {
                front(Update::SignOut);
            }
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
            SharerEvent::Hello { peer } => self.card = Card::unvouched(&peer.name),
            SharerEvent::Authenticated => self.admit(session, front),
            SharerEvent::Portrait(file) => return self.meet(file, front),
            SharerEvent::ConsentRequested { id, mode } if self.blind && mode.has_input() => return self.decline(*id, session, front),
            SharerEvent::ConsentRequested { id, mode } => match self.guard.ask(Instant::now(), *id, *mode, session.mode()) {
                Verdict::Ask => self.asked = Some((*id, *mode)),
                // The person hears of it when there is something to say.
                Verdict::Wait => return,
                Verdict::Decline(reason) => {
                    let _ = session.decline(Instant::now(), *id, reason);
                    return;
                }
            },
            SharerEvent::ConsentWithdrawn { id } => {
                self.asked = None;
                self.guard.withdraw(*id);
            }
            _ => {}
        }
        self.note_end(&event, front);
    }

    /// Both sides have proven themselves.
    fn admit(&mut self, session: &mut Sharer, front: Front<'_>) {
        self.report.authenticated = true;
        if let Some(card) = self.guard.admit() {
            self.card = card;
        }
        if let Some(file) = self.guard.portrait()
            && let Err(error) = session.send_portrait(Instant::now(), file)
        {
            front(Update::Notice(format!("your picture is not shown to the helper: {error}")));
        }
        front(Update::Trust(&self.card));
    }

    /// The helper's face came.
    fn meet(&mut self, file: &Bytes, front: Front<'_>) {
        match self.card.set_portrait(file) {
            Ok(()) => front(Update::Trust(&self.card)),
            Err(PortraitError::Unvouched) => tracing::debug!("a picture that nobody vouches for"),
            Err(error) => front(Update::Notice(error.to_string())),
        }
    }

    /// Something about the authority's word has changed.
    pub(super) fn turned(&mut self, turn: Turn, session: &mut Sharer, front: Front<'_>) {
        match turn {
            Turn::Lease => self.check_lease(session),
            Turn::Decided { id, mode, refusal: None } => {
                self.asked = Some((id, mode));
                front(Update::Event(&SharerEvent::ConsentRequested { id, mode }));
            }
            Turn::Decided { id, refusal: Some(why), .. } => {
                // It may have been withdrawn meanwhile.
                let _ = session.decline(Instant::now(), id, DeclineReason::NOT_ALLOWED);
                front(Update::Notice(format!("{} asked for more, which your organisation does not allow: {why}", self.card.name())));
            }
        }
    }

    /// Ends the session once the authority's word is over.
    pub(super) fn check_lease(&mut self, session: &mut Sharer) {
        if let Some((code, why)) = self.guard.end(Instant::now()) {
            self.hand.release();
            self.camera.hide();
            session.close(Instant::now(), code, &why);
        }
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
        self.guard.mode_changed(mode);
        if mode.is_some_and(|mode| self.highest.is_none_or(|highest| highest < mode)) {
            self.highest = mode;
        }
        // Before anything is shown in it.
        self.camera.set_mode(self.guard.left(Instant::now(), session));
        self.follow_prompt(session);
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
        let now = Instant::now();
        if !self.guard.takes(now, session, MessageType::INPUT) {
            // Ticket, consent or policy has ended; the session follows in a moment.
            return self.hand.release();
        }
        let shield = self.prompt.shield(self.guard.left(now, session));
        let free = &mut self.pointer_free;
        let acts = batch.iter().filter(|act| reaches(act, &shield, free)).filter_map(input_from_wire);
        if !self.hand.inject(acts) {
            // What waits is void from here on, so nothing can be left half done.
            self.hand.release();
            session.close(now, CloseCode::LIMIT_EXCEEDED, "input came faster than the screen takes it");
        }
    }

    /// Holds the helper's hands and, where all of the picture must be hidden, the session, as a prompt and the mode want it.
    fn follow_prompt(&mut self, session: &mut Sharer) {
        let shield = self.prompt.shield(self.guard.left(Instant::now(), session));
        let hidden = session.mode().is_some() && shield.masking == Masking::Everything;
        if !shield.keys {
            // What was pressed before the prompt came must not act on it.
            self.hand.release();
            self.pointer_free = false;
        }
        let _ = session.pause(Instant::now(), self.paused || hidden);
    }

    /// Lets the camera make the next frame if it may be sent: never more than one ahead.
    pub(super) fn grant_credit(&mut self, session: &Sharer) {
        let now = Instant::now();
        if !self.credited && session.can_send_frame(now) && self.guard.lets_frames_out(now, session) {
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
                if !self.guard.lets_frames_out(now, session) {
                    // The encoder believes that the viewer has it.
                    return self.camera.show();
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
            Shot::Prompt(prompt) => {
                self.prompt = prompt;
                self.follow_prompt(session);
            }
            Shot::Ended(why) => session.close(now, SCREEN_GONE, &format!("the screen is gone: {why}")),
        }
    }

    /// The person answered a question.
    fn consent(&mut self, id: u64, allow: bool, session: &mut Sharer) -> Result<(), rh_proto::error::Error> {
        // The window counts in 64 bits, the wire in 32. An answer to another question than the one that was put is none.
        let Some((id, mode)) = self.asked.filter(|(asked, _)| u64::from(asked.0) == id) else { return Ok(()) };
        self.asked = None;
        let now = Instant::now();
        self.guard.answer(mode, allow, &self.card);
        let granted = session.consent(now, id, allow);
        if granted.is_err() {
            // Withdrawn meanwhile: the agreement was to nothing.
            self.guard.mode_changed(session.mode());
        }
        granted
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
                SharerAction::Consent { id, allow } => self.consent(id, allow, session),
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
                    self.follow_prompt(session);
                    Ok(())
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

/// Whether an act may reach the device: below Elevation, no key does while a prompt is shown, nor the pointer where the prompt is. `free`: whether the pointer
/// was last put elsewhere.
fn reaches(act: &Input, shield: &Shield<'_, (rh_capture::DisplayId, rh_capture::Rect)>, free: &mut bool) -> bool {
    if shield.keys {
        *free = true;
        return true;
    }
    let Masking::Regions(regions) = shield.masking else { return false };
    match act {
        Input::MoveTo { display, x, y, .. } => {
            let on = |(shown, rect): &(rh_capture::DisplayId, rh_capture::Rect)| {
                let inside = u32::try_from(*x).ok().zip(u32::try_from(*y).ok()).is_some_and(|(x, y)| rect.contains(x, y));
                shown.0 == display.0 && inside
            };
            *free = !regions.iter().any(on);
            *free
        }
        Input::ReleaseAll => true,
        Input::Button { .. } | Input::Wheel { .. } => *free,
        _ => false,
    }
}
