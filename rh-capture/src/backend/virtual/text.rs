//! The text field's text: caret, wrapping, scrolling.

use super::paint::cells;

/// Text with a caret.
///
/// Invariant: `caret` lies on a character boundary of `text`, and `text` holds at most [`TextField::MAX`] bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct TextField {
    text: String,
    caret: usize,
}

/// Where the caret goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
}

impl TextField {
    /// Bytes it holds at most; further characters are ignored, as in any field with a maximum.
    pub(super) const MAX: usize = 1 << 16;

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn insert(&mut self, character: char) {
        let allowed = !character.is_control() || matches!(character, '\n' | '\t');
        if allowed && self.text.len() + character.len_utf8() <= Self::MAX {
            self.text.insert(self.caret, character);
            self.caret += character.len_utf8();
        }
    }

    pub(super) fn backspace(&mut self) {
        if let Some(before) = self.before() {
            self.caret -= before.len_utf8();
            self.text.remove(self.caret);
        }
    }

    pub(super) fn delete(&mut self) {
        if self.caret < self.text.len() {
            self.text.remove(self.caret);
        }
    }

    pub(super) fn step(&mut self, step: Step, columns: i32) {
        match step {
            Step::Left => self.caret -= self.before().map_or(0, char::len_utf8),
            Step::Right => self.caret += self.text[self.caret..].chars().next().map_or(0, char::len_utf8),
            Step::Home => self.caret = self.text[..self.caret].rfind('\n').map_or(0, |at| at + 1),
            Step::End => self.caret += self.text[self.caret..].find('\n').unwrap_or(self.text.len() - self.caret),
            Step::Up | Step::Down => {
                let (line, column) = self.caret_cell(columns);
                let line = if matches!(step, Step::Up) { line - 1 } else { line + 1 };
                self.caret = self.index_at(line, column, columns).unwrap_or(self.caret);
            }
        }
    }

    /// Puts the caret before the character nearest to a cell; below the last line, at the end.
    pub(super) fn point(&mut self, line: i32, column: i32, columns: i32) {
        self.caret = self.index_at(line, column, columns).unwrap_or(self.text.len());
    }

    /// Line and column of the caret when lines have `columns` cells.
    pub(super) fn caret_cell(&self, columns: i32) -> (i32, i32) {
        let mut cell = (0, 0);
        self.walk(columns, |line, column, index, _| {
            if index == self.caret {
                cell = (line, column);
            }
        });
        cell
    }

    /// Calls `visit(line, column, byte index, character)` for every character, and once more, without one, for the end.
    pub(super) fn walk(&self, columns: i32, mut visit: impl FnMut(i32, i32, usize, Option<char>)) {
        let (mut line, mut column) = (0, 0);
        for (index, character) in self.text.char_indices() {
            let width = cells(character);
            if character != '\n' && column > 0 && column + width > columns {
                (line, column) = (line + 1, 0);
            }
            visit(line, column, index, Some(character));
            if character == '\n' {
                (line, column) = (line + 1, 0);
            } else {
                column += width;
            }
        }
        if column >= columns && column > 0 {
            (line, column) = (line + 1, 0);
        }
        visit(line, column, self.text.len(), None);
    }

    fn before(&self) -> Option<char> {
        self.text[..self.caret].chars().next_back()
    }

    /// The byte index of the character whose left edge is nearest to a cell of this line, if there is such a line.
    fn index_at(&self, line: i32, column: i32, columns: i32) -> Option<usize> {
        let mut best: Option<(i32, usize)> = None;
        self.walk(columns, |at_line, at_column, index, _| {
            let distance = (at_column - column).abs();
            if at_line == line && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, index));
            }
        });
        best.map(|(_, index)| index)
    }
}
