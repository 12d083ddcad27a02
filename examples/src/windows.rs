//! What a session tells, in the words of the windows.

use rh_proto::{
    mode::Mode,
    session::{HelperEvent, SharerEvent},
};

use crate::{
    helper, sharer,
    trust::Card,
    ui::{
        UiSender,
        helper::{CursorShape, HelperUpdate},
        sharer::SharerUpdate,
    },
};

/// A front that shows the session in the helper's window.
pub fn helper_front(window: UiSender<HelperUpdate>) -> impl FnMut(helper::Update<'_>) + Send + 'static {
    move |update| {
        if let Some(update) = for_helper(update) {
            // A window that is closed has asked to leave; one that does not keep up misses a position or a word of chat.
            let _ = window.send(update);
        }
    }
}

/// A front that shows the session in the sharer's windows.
pub fn sharer_front(windows: UiSender<SharerUpdate>) -> impl FnMut(sharer::Update<'_>) + Send + 'static {
    let mut card = Card::unvouched("");
    move |update| {
        if let Some(update) = for_sharer(&update, &mut card) {
            let _ = windows.send(update);
        }
    }
}

fn for_helper(update: helper::Update<'_>) -> Option<HelperUpdate> {
    Some(match update {
        helper::Update::Frame { picture, .. } => HelperUpdate::Picture(std::sync::Arc::clone(picture)),
        helper::Update::Status(status) => HelperUpdate::Status(status),
        helper::Update::Notice(text) => HelperUpdate::Notice(text),
        helper::Update::Display { shown, count } => HelperUpdate::Displays { shown, count },
        helper::Update::Trust(card) => HelperUpdate::Trust(Box::new(card.clone())),
        helper::Update::Said(text) => HelperUpdate::Chat { from_peer: false, text },
        helper::Update::Event(event) => match event {
            HelperEvent::ConsentPending { .. } => HelperUpdate::ConsentPending(true),
            HelperEvent::ModeGranted(_) => HelperUpdate::ConsentPending(false),
            HelperEvent::ModeDeclined { reason, .. } => HelperUpdate::Notice(format!("not granted: {}", decline(*reason))),
            HelperEvent::ModeRevoked { now: None } => HelperUpdate::Notice("the sharer stopped showing the screen".to_owned()),
            HelperEvent::ModeRevoked { now: Some(_) } => HelperUpdate::Notice("the sharer took control back".to_owned()),
            HelperEvent::CursorShape(shape) => HelperUpdate::CursorShape(CursorShape {
                width: shape.width,
                height: shape.height,
                hot_x: shape.hot_x,
                hot_y: shape.hot_y,
                bgra: shape.pixels.to_vec(),
            }),
            HelperEvent::CursorPosition(position) => HelperUpdate::CursorPosition(position.map(|p| (p.x, p.y))),
            HelperEvent::Chat { text, .. } => HelperUpdate::Chat { from_peer: true, text: text.to_string() },
            HelperEvent::Denied { code, .. } => HelperUpdate::Notice(format!("not done: {}", denial(*code))),
            HelperEvent::Paused { paused: true, .. } => HelperUpdate::Notice("the sharer paused".to_owned()),
            HelperEvent::Paused { paused: false, .. } => HelperUpdate::Notice("the sharer goes on".to_owned()),
            HelperEvent::Closed(close) => HelperUpdate::Closed(close.text.clone()),
            _ => return None,
        },
    })
}

fn for_sharer(update: &sharer::Update<'_>, card: &mut Card) -> Option<SharerUpdate> {
    let event = match update {
        sharer::Update::Notice(text) => return Some(SharerUpdate::Notice(text.clone())),
        sharer::Update::Said(text) => return Some(SharerUpdate::Chat { from_peer: false, text: text.clone() }),
        sharer::Update::Trust(known) => {
            *card = (*known).clone();
            return Some(SharerUpdate::Connected { card: Box::new(card.clone()) });
        }
        sharer::Update::SignOut => {
            return Some(SharerUpdate::Notice("The helper had administrator's rights: you are signed out of this device.".to_owned()));
        }
        sharer::Update::Event(event) => event,
    };
    Some(match event {
        SharerEvent::ConsentRequested { id, mode } => {
            SharerUpdate::ConsentRequest { id: u64::from(id.0), card: Box::new(card.clone()), mode: *mode, seconds: 300 }
        }
        SharerEvent::ConsentWithdrawn { .. } => SharerUpdate::ConsentGone,
        SharerEvent::ModeChanged(Some(mode)) => SharerUpdate::Session { who: card.name().to_owned(), mode_text: state(*mode).to_owned() },
        SharerEvent::ModeChanged(None) => {
            SharerUpdate::Session { who: card.name().to_owned(), mode_text: "is connected and sees nothing".to_owned() }
        }
        SharerEvent::Chat { text, .. } => SharerUpdate::Chat { from_peer: true, text: text.to_string() },
        SharerEvent::Laser(at) => SharerUpdate::Laser(at.map(|l| (l.x, l.y))),
        SharerEvent::Closed(close) => SharerUpdate::Closed(close.text.clone()),
        _ => return None,
    })
}

/// What the helper asks to do; follows "asks to".
pub fn wish(mode: Mode) -> &'static str {
    match mode {
        Mode::ViewOnly => "view your screen",
        Mode::FullControl => "control your keyboard and pointer",
        Mode::Elevation => "answer your system's administrator prompts",
        Mode::Unattended => "control your device while nobody is there",
    }
}

/// What the helper does; follows the name.
pub fn state(mode: Mode) -> &'static str {
    match mode {
        Mode::ViewOnly => "sees your screen",
        Mode::FullControl => "sees your screen and controls your keyboard and pointer",
        Mode::Elevation => "controls your device as its administrator",
        Mode::Unattended => "controls your device unattended",
    }
}

/// Why a request was not granted.
pub fn decline(reason: rh_proto::msg::mode::DeclineReason) -> &'static str {
    use rh_proto::msg::mode::DeclineReason;
    match reason {
        DeclineReason::PERSON => "the sharer declined",
        DeclineReason::SILENCE => "the sharer did not answer",
        DeclineReason::NOT_ALLOWED => "this sharer allows viewing only",
        DeclineReason::NOT_POSSIBLE => "it cannot be reached from the present mode",
        DeclineReason::BUSY => "another request waits for its answer",
        DeclineReason::REVOKED => "the sharer took rights back meanwhile",
        _ => "for a reason this version does not know",
    }
}

/// Why something sent was not acted on.
pub fn denial(code: rh_proto::error::DenyCode) -> &'static str {
    use rh_proto::error::DenyCode;
    match code {
        DenyCode::NO_MODE => "no mode is granted",
        DenyCode::VIEW_ONLY => "the mode is view only",
        DenyCode::PAUSED => "the session is paused",
        DenyCode::NO_INDICATOR => "the sharer's indicator is not on the screen",
        DenyCode::LOCAL_INPUT => "the person at the device is using it",
        DenyCode::CHAT_OFF => "chat is switched off there",
        DenyCode::CLIPBOARD_OFF => "clipboard text is switched off there",
        DenyCode::ANNOTATION_OFF => "pointing is switched off there",
        _ => "for a reason this version does not know",
    }
}
