//! One line of text being typed: a cosmic-text editor, so that the caret moves as the text is read, in both directions.

use cosmic_text::{Action, Buffer, Cursor, Edit, Editor, Motion, Selection, Shaping, Wrap};
use winit::{
    event::KeyEvent,
    keyboard::{Key, ModifiersState, NamedKey},
};

use super::{
    canvas::Brush,
    picture::Area,
    text::{Fonts, ceil},
    theme::Theme,
};

/// What is done to a text after every change, such as grouping a code: the new text.
pub(super) type Shape = fn(&str) -> String;

pub(super) struct Entry {
    editor: Editor<'static>,
    size: f32,
    /// Bytes the text may have.
    most: usize,
    shape: Option<Shape>,
    /// What the input method is composing: bytes of the line, not yet part of the text.
    composing: Option<(usize, usize)>,
    /// How far the text is moved to the left, so that the caret is in view.
    scroll: i32,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Entry {
    pub(super) fn new(most: usize, shape: Option<Shape>) -> Self {
        let mut buffer = Buffer::new_empty(Fonts::metrics(15.0));
        buffer.set_wrap(Wrap::None);
        buffer.set_text("", &Fonts::attrs(false), Shaping::Advanced, None);
        Self { editor: Editor::new(buffer), size: 15.0, most, shape, composing: None, scroll: 0 }
    }

    /// The text, without what is still being composed.
    pub(super) fn text(&self) -> String {
        let mut text = self.line();
        if let Some((start, end)) = self.composing {
            text.replace_range(start..end, "");
        }
        text
    }

    /// Replaces the text and puts the caret at its end.
    pub(super) fn set_text(&mut self, text: &str) {
        self.composing = None;
        self.editor.set_selection(Selection::None);
        self.editor.with_buffer_mut(|buffer| buffer.set_text(text, &Fonts::attrs(false), Shaping::Advanced, None));
        self.editor.set_cursor(Cursor::new(0, text.len()));
        self.scroll = 0;
    }

    pub(super) fn take(&mut self) -> String {
        let text = self.text();
        self.set_text("");
        text
    }

    /// A key; returns whether it was one for the entry.
    pub(super) fn key(&mut self, fonts: &mut Fonts, event: &KeyEvent, held: ModifiersState) -> bool {
        let (by_word, selects) = (held.control_key(), held.shift_key());
        let motion = match &event.logical_key {
            Key::Named(NamedKey::ArrowLeft) if by_word => Motion::LeftWord,
            Key::Named(NamedKey::ArrowRight) if by_word => Motion::RightWord,
            Key::Named(NamedKey::ArrowLeft) => Motion::Left,
            Key::Named(NamedKey::ArrowRight) => Motion::Right,
            Key::Named(NamedKey::Home) => Motion::Home,
            Key::Named(NamedKey::End) => Motion::End,
            Key::Named(NamedKey::Backspace) => return self.change(fonts, Action::Backspace),
            Key::Named(NamedKey::Delete) => return self.change(fonts, Action::Delete),
            Key::Character(c) if by_word && !held.alt_key() && c.eq_ignore_ascii_case("a") => {
                self.editor.set_selection(Selection::Normal(Cursor::new(0, 0)));
                self.editor.set_cursor(Cursor::new(0, self.line().len()));
                return true;
            }
            _ => {
                let typed = event.text.as_deref().unwrap_or_default();
                let command = (by_word != held.alt_key()) || held.super_key();
                if command || typed.is_empty() || typed.chars().any(char::is_control) {
                    return false;
                }
                self.insert(typed);
                return true;
            }
        };
        match (selects, self.editor.selection()) {
            (true, Selection::None) => self.editor.set_selection(Selection::Normal(self.editor.cursor())),
            (false, _) => self.editor.set_selection(Selection::None),
            _ => {}
        }
        self.editor.action(fonts.system(), Action::Motion(motion));
        true
    }

    /// Types a text: line breaks become spaces, and what does not fit is left out.
    pub(super) fn insert(&mut self, text: &str) {
        self.compose("", None);
        self.editor.delete_selection();
        let mut room = self.most.saturating_sub(self.line().len());
        let fitting = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take_while(|c| {
            let fits = c.len_utf8() <= room;
            room = room.saturating_sub(c.len_utf8());
            fits
        });
        let fitting: String = fitting.collect();
        self.editor.insert_string(&fitting, None);
        self.reshape();
    }

    /// What the input method is composing now; nothing ends it.
    pub(super) fn compose(&mut self, text: &str, caret: Option<(usize, usize)>) {
        if let Some((start, end)) = self.composing.take() {
            self.editor.delete_range(Cursor::new(0, start), Cursor::new(0, end));
            self.editor.set_cursor(Cursor::new(0, start));
        }
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        if text.is_empty() || self.line().len() + text.len() > self.most {
            return;
        }
        self.editor.delete_selection();
        let start = self.editor.cursor().index;
        self.editor.insert_string(&text, None);
        self.composing = Some((start, start + text.len()));
        let caret = caret.map_or(text.len(), |(at, _)| at);
        if text.is_char_boundary(caret) {
            self.editor.set_cursor(Cursor::new(0, start + caret));
        }
    }

    /// The pointer was pressed or dragged inside of the entry.
    pub(super) fn point(&mut self, fonts: &mut Fonts, area: Area, x: i32, drag: bool) {
        let (x, y) = (x - area.x + self.scroll, 1);
        let action = if drag { Action::Drag { x, y } } else { Action::Click { x, y } };
        self.editor.action(fonts.system(), action);
    }

    /// Paints text, selection and caret into the inside of the entry. Returns where the caret is, for the input method.
    pub(super) fn paint(&mut self, brush: &mut Brush<'_>, fonts: &mut Fonts, area: Area, size: f32, theme: &Theme, focused: bool) -> Area {
        if (self.size - size).abs() > f32::EPSILON {
            self.size = size;
            self.editor.with_buffer_mut(|buffer| buffer.set_metrics(Fonts::metrics(size)));
        }
        self.editor.shape_as_needed(fonts.system(), false);
        let height = Fonts::line_height(size);
        let top = area.y + (area.h - height) / 2;
        let thick = ceil(size / 10.0).max(1);
        let caret = self.editor.cursor_position().map_or(0, |(x, _)| x);
        let first = self.editor.with_buffer(|buffer| buffer.layout_runs().next().map(|run| (ceil(run.line_w), run.rtl)));
        let (width, rtl) = first.unwrap_or((0, false));
        let visible = area.w - thick;
        self.scroll = match (visible - width, rtl) {
            (room, true) if room >= 0 => -room,
            (room, false) if room >= 0 => 0,
            (room, _) => self.scroll.clamp(0, -room).clamp(caret - visible, caret.max(caret - visible)),
        };
        let origin = area.x - self.scroll;
        let mut brush = brush.clipped(area);
        let bounds = self.editor.selection_bounds();
        let composing = self.composing;
        self.editor.with_buffer(|buffer| {
            for run in buffer.layout_runs() {
                if let (Some((start, end)), true) = (bounds, focused) {
                    for (x, w) in run.highlight(start, end) {
                        let shade = super::canvas::mix(theme.field, theme.accent.0, 90);
                        brush.fill(Area::new(origin + ceil(x), top, ceil(w), height), shade);
                    }
                }
                if let Some((start, end)) = composing {
                    for (x, w) in run.highlight(Cursor::new(0, start), Cursor::new(0, end)) {
                        brush.fill(Area::new(origin + ceil(x), top + height - 2 * thick, ceil(w), thick), theme.accent.0);
                    }
                }
            }
            fonts.draw_buffer(buffer, &mut brush, (origin, top), theme.text);
        });
        let caret = Area::new(origin + caret, top, thick, height);
        if focused {
            brush.fill(caret, theme.text);
        }
        caret
    }

    fn line(&self) -> String {
        self.editor.with_buffer(|buffer| buffer.lines.first().map(|line| line.text().to_owned()).unwrap_or_default())
    }

    fn change(&mut self, fonts: &mut Fonts, action: Action) -> bool {
        self.editor.action(fonts.system(), action);
        self.reshape();
        true
    }

    /// Applies the entry's own rules. The caret keeps its distance from the end, where typing happens.
    fn reshape(&mut self) {
        let Some(shape) = self.shape else { return };
        let line = self.line();
        let shaped = shape(&line);
        if shaped != line {
            let behind = line.len().saturating_sub(self.editor.cursor().index);
            self.set_text(&shaped);
            let mut index = shaped.len().saturating_sub(behind);
            while !shaped.is_char_boundary(index) {
                index -= 1;
            }
            self.editor.set_cursor(Cursor::new(0, index));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_never_exceeds_its_room_and_never_breaks_a_character() {
        let mut entry = Entry::new(5, None);
        entry.insert("aé\nb");
        assert_eq!(entry.text(), "aé b");
        entry.insert("語");
        assert_eq!(entry.text(), "aé b");
        entry.insert("c");
        assert_eq!(entry.take(), "aé b");
        assert_eq!(entry.text(), "");
    }

    #[test]
    fn what_is_being_composed_is_not_text_until_it_is_committed() {
        let mut entry = Entry::new(100, None);
        entry.insert("x");
        entry.compose("に", Some((3, 3)));
        entry.compose("にほん", Some((9, 9)));
        assert_eq!(entry.text(), "x");
        entry.insert("日本");
        assert_eq!(entry.text(), "x日本");
        entry.compose("a", Some((77, 99)));
        entry.compose("", None);
        assert_eq!(entry.text(), "x日本");
    }

    #[test]
    fn every_text_can_be_painted_at_every_size() {
        let mut fonts = Fonts::new();
        let mut canvas = super::super::canvas::Canvas::default();
        canvas.resize(200, 40);
        let area = canvas.area();
        let theme = super::super::theme::Look::new(&super::super::Options::default()).theme(false);
        for text in ["", "plain", "שלום עולם", "abc שלום 日本 🙂", "a\u{301}\u{301}"] {
            let mut entry = Entry::new(1000, None);
            entry.insert(&text.repeat(20));
            for size in [15.0, 60.0] {
                let caret = entry.paint(&mut canvas.brush(area), &mut fonts, area, size, &theme, true);
                assert!(area.intersect(&caret).w == caret.w, "{text} at {size}: {caret:?}");
            }
        }
    }
}
