//! Paints what the helper's window has beside widgets: the picture, the chat's log, the scroll bars.

use std::{sync::PoisonError, time::Instant};

use super::{
    super::{SharedPicture, canvas::Brush, chat, face, pane::Paint, picture::side, text::Fonts, theme::Theme, widget::Widget},
    cursor::SharerPointer,
    layout,
    scaler::Scaler,
    state::State,
};
use crate::trust::Card;

/// Paints the picture, the chat's log and the scroll bars.
pub(super) struct Painter<'a> {
    pub(super) picture: Option<&'a SharedPicture>,
    pub(super) scaler: &'a mut Scaler,
    pub(super) pointer: &'a SharerPointer,
    pub(super) state: &'a State,
}

impl Paint for Painter<'_> {
    fn paint(&mut self, widget: &Widget, brush: &mut Brush<'_>, fonts: &mut Fonts, theme: &Theme, scale: f32) {
        match widget.id {
            layout::PICTURE => {
                let target = self.state.view.target();
                if self.state.view.visible().intersect(&brush.clip()) != brush.clip() {
                    brush.fill(widget.area, theme.panel);
                }
                if let Some(picture) = self.picture {
                    let picture = picture.lock().unwrap_or_else(PoisonError::into_inner);
                    // Its size may be a newer one already; the update that says so is on its way.
                    if (side(picture.width()), side(picture.height())) == self.state.picture {
                        self.scaler.paint(brush, &picture, target);
                    }
                }
                if let Some((x, y)) = self.pointer.shown_at(Instant::now()) {
                    let at = self.state.view.window_at(x, y);
                    self.pointer.paint(&mut brush.clipped(self.state.view.visible()), at);
                }
            }
            face::FACE => {
                if let Some(picture) = self.state.card.as_deref().and_then(Card::portrait) {
                    face::paint(widget, picture, brush, theme);
                }
            }
            chat::LOG => self.state.chat.paint(widget.area, brush, fonts, theme, scale),
            layout::ACROSS | layout::ALONG => layout::paint_bar(widget, &self.state.view, brush, theme),
            _ => {}
        }
    }
}
