//! The chat: what was said, and its place in a window. One thread, both sides, whatever the mode.

use std::collections::VecDeque;

use accesskit::Role;

use super::{
    canvas::Brush,
    entry::Entry,
    picture::Area,
    plain,
    text::{Fonts, Style},
    theme::Theme,
    widget::{Id, Kind, Layout, Tone, Widget, line},
};

/// Lines that are kept; the oldest go first.
const KEPT: usize = 500;
/// Lines that screen readers are given.
const READ: usize = 50;
/// Bytes a message may have.
const MOST: usize = 4000;

pub(super) const LOG: Id = Id(200);
pub(super) const ENTRY: Id = Id(201);
pub(super) const SEND: Id = Id(202);

#[derive(Debug)]
struct Line {
    from_peer: bool,
    text: String,
}

#[derive(Debug, Default)]
pub(super) struct Chat {
    lines: VecDeque<Line>,
    /// Counts changes, so that the window knows when to paint.
    revision: u64,
    /// How many of the newest lines are scrolled out of view.
    back: usize,
    unread: usize,
}

impl Chat {
    /// The line in which messages are typed.
    pub(super) fn entry() -> Entry {
        Entry::new(MOST, None)
    }

    /// Adds what somebody said; `open` says whether the chat is being looked at.
    pub(super) fn push(&mut self, from_peer: bool, text: &str, open: bool) {
        let text = plain::message(text);
        if text.is_empty() {
            return;
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(Line { from_peer, text });
        self.unread = if open { 0 } else { self.unread + usize::from(from_peer) };
        self.back = 0;
        self.revision += 1;
    }

    /// The chat was opened.
    pub(super) fn read(&mut self) {
        self.unread = 0;
    }

    /// What the button that opens the chat says.
    pub(super) fn button(&self) -> String {
        match self.unread {
            0 => "Chat".to_owned(),
            n => format!("Chat ({n} new)"),
        }
    }

    /// Scrolls by lines; positive is back in time.
    pub(super) fn scroll(&mut self, lines: i32) {
        let step = usize::try_from(lines.unsigned_abs()).unwrap_or(0);
        let back = if lines > 0 { self.back.saturating_add(step) } else { self.back.saturating_sub(step) };
        let back = back.min(self.lines.len().saturating_sub(1));
        if back != self.back {
            self.back = back;
            self.revision += 1;
        }
    }

    /// The log above, the entry and its button below; fills what is left of the layout.
    pub(super) fn lay_out(&self, layout: &mut Layout<'_>, peer: &str, open: bool) {
        let height = layout.control();
        let gap = layout.px(8.0);
        let foot = layout.take_bottom(height + gap);
        let foot = Area { y: foot.y + gap, h: height, ..foot };
        let first = self.lines.len().saturating_sub(READ);
        let read = |line: &Line| format!("{}: {}", if line.from_peer { peer } else { "You" }, line.text);
        let items = self.lines.iter().skip(first).map(read).collect();
        let kind = Kind::Own { role: Role::Log, revision: self.revision, items, focusable: !self.lines.is_empty() };
        let log = layout.rest;
        layout.push(Widget::new(LOG, kind, log, "Chat")).hint = "Up and Down scroll".to_owned();
        let send = layout.button_width("Send");
        let entry = Area { w: foot.w - send - gap, ..foot };
        let entry = layout.push(Widget::new(ENTRY, Kind::Entry { invalid: false }, entry, "Message"));
        entry.hint = format!("To {peer}; Enter sends");
        entry.enabled = open;
        let area = Area { x: foot.right() - send, w: send, ..foot };
        layout.push(Widget::new(SEND, Kind::Button(Tone::Plain), area, "Send")).enabled = open;
    }

    /// Paints the log: the newest line at the bottom, the peer's on the left, one's own on the right.
    pub(super) fn paint(&self, area: Area, brush: &mut Brush<'_>, fonts: &mut Fonts, theme: &Theme, scale: f32) {
        brush.fill(area, theme.ground);
        let (pad, gap) = (line(8.0, scale), line(6.0, scale));
        let style = Style { size: 14.0 * scale, bold: false, wrap: true, centred: false };
        if self.lines.is_empty() {
            let style = Style { centred: true, ..style };
            fonts.draw(brush, area.inset(pad), "Nothing was said yet.", style, theme.dim);
            return;
        }
        let most = (area.w * 17 / 20 - 2 * pad).max(1);
        let mut bottom = area.bottom() - gap;
        for said in self.lines.iter().rev().skip(self.back) {
            if bottom <= area.y {
                break;
            }
            let (width, height) = fonts.measure(&said.text, style, Some(most));
            let (w, h) = (width.min(most) + 2 * pad, height + pad);
            let x = if said.from_peer { area.x + gap } else { area.right() - gap - w };
            let bubble = Area::new(x, bottom - h, w, h);
            let (inside, text) = if said.from_peer { (theme.panel, theme.text) } else { theme.accent };
            let outline = if said.from_peer { theme.outline } else { inside };
            brush.outlined(bubble, line(7.0, scale), line(theme.stroke, scale), inside, outline);
            let place = Area::new(bubble.x + pad, bubble.y, width.min(most), bubble.h);
            fonts.draw(brush, place, &said.text, style, text);
            bottom = bubble.y - gap;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_bounded_and_counts_what_was_not_seen() {
        let mut chat = Chat::default();
        for n in 0..2 * KEPT {
            chat.push(n % 2 == 0, "hello", false);
        }
        assert_eq!((chat.lines.len(), chat.button().as_str()), (KEPT, "Chat (500 new)"));
        chat.push(true, "hello", true);
        assert_eq!(chat.button(), "Chat");
        chat.scroll(i32::MAX);
        assert_eq!(chat.back, KEPT - 1);
        chat.scroll(i32::MIN);
        assert_eq!(chat.back, 0);
    }

    #[test]
    fn nothing_visible_is_nothing_said() {
        let mut chat = Chat::default();
        chat.push(true, "\u{202e}\u{0}\n \n", false);
        assert!(chat.lines.is_empty());
    }
}
