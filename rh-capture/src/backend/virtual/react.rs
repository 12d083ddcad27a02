//! How the virtual desktop reacts to input.

use super::{
    Act, Axis, Button,
    draw::{field_cell_at, field_columns, field_lines, prompt_area},
    keys,
    paint::{Area, int},
    scene::{LIST_ROW_H, LIST_ROWS, Role, Scene},
    text::Step,
};
use crate::Error;

impl Scene {
    pub(super) fn act(&mut self, act: &Act) -> Result<(), Error> {
        match *act {
            Act::MoveTo { display, x, y } => {
                self.layout.display(display).ok_or(Error::NoSuchDisplay(display))?;
                self.point_at(display, x, y);
                self.pointer_moved();
            }
            Act::MoveBy { dx, dy } => self.move_by(dx, dy),
            Act::Button { button, down } => self.button(button, down),
            Act::Wheel { axis, v120 } => self.wheel(axis, v120),
            Act::Key { usage, down, text } => self.key(usage, down, text),
            Act::Text(character) => self.type_character(character),
        }
        Ok(())
    }

    /// Moves over the desktop; where there is no display the pointer stays at the edge of the one it was on.
    fn move_by(&mut self, dx: i32, dy: i32) {
        let Some(position) = self.pointer else { return };
        let Some(display) = self.layout.display(position.display).cloned() else { return };
        let along = |origin: i32, at: u32, by: i32| origin.saturating_add(int(at)).saturating_add(by);
        let (x, y) = (along(display.rect.x, position.x, dx), along(display.rect.y, position.y, dy));
        if let Some((to, x, y)) = self.layout.locate(x, y).map(|(display, x, y)| (display.id, x, y)) {
            self.point_at(to, x, y);
        } else {
            let within = |to: i32, origin: i32| u32::try_from(i64::from(to) - i64::from(origin)).unwrap_or(0);
            self.point_at(display.id, within(x, display.rect.x), within(y, display.rect.y));
        }
        self.pointer_moved();
    }

    fn pointer_moved(&mut self) {
        let (Some((role, grab_x, grab_y)), Some((x, y))) = (self.drag, self.pointer_at_home()) else { return };
        let Some(index) = self.windows.iter().position(|w| w.role == role) else { return };
        let before = self.windows[index].outer();
        self.put_window(index, x - grab_x, y - grab_y);
        let after = self.windows[index].outer();
        if before != after {
            self.repaint(before);
            self.repaint(after);
        }
    }

    fn button(&mut self, button: Button, down: bool) {
        let news = if down { self.held_buttons.insert(button) } else { self.held_buttons.remove(&button) };
        if button != Button::Left || !news || self.prompt.is_some() {
            return;
        }
        let at = self.pointer_at_home();
        if down {
            if let Some((x, y)) = at {
                self.press(x, y);
            }
        } else {
            self.drag = None;
            if self.pressed {
                self.pressed = false;
                let button = self.window(Role::Status).button();
                self.clicks += u64::from(at.is_some_and(|(x, y)| button.contains(x, y)));
                self.repaint(button);
            }
        }
    }

    fn press(&mut self, x: i32, y: i32) {
        let hit = self.windows.iter().rposition(|w| w.area.contains(x, y));
        let window = hit.map(|index| self.windows[index]);
        let content = self.window(Role::Notes).content();
        let focus = window.is_some_and(|w| w.role == Role::Notes && content.contains(x, y));
        if focus {
            let (line, column) = field_cell_at(content, x, y);
            self.field.point(line + self.field_top, column, field_columns(content));
        }
        if focus || self.focused {
            self.focused = focus;
            self.repaint(content);
        }
        let (Some(index), Some(window)) = (hit, window) else { return };
        // The window comes to the top; the one that was there loses its active title bar.
        self.windows[index..].rotate_left(1);
        for n in index.saturating_sub(1)..self.windows.len() {
            self.repaint(self.windows[n].outer());
        }
        if window.title_bar().contains(x, y) {
            self.drag = Some((window.role, x - window.area.x, y - window.area.y));
        } else if window.role == Role::Status && window.button().contains(x, y) {
            self.pressed = true;
            self.repaint(window.button());
        }
    }

    fn wheel(&mut self, axis: Axis, v120: i32) {
        let over = self.pointer_at_home().and_then(|(x, y)| self.windows.iter().rev().find(|w| w.area.contains(x, y)));
        let Some(window) = over.filter(|w| w.role == Role::Files && axis == Axis::Vertical && self.prompt.is_none()) else { return };
        let (rows, content) = (window.rows(), window.content());
        // Three rows a notch, and what a fraction of a notch leaves over is kept.
        let wanted = i64::from(v120) * i64::from(3 * LIST_ROW_H) + i64::from(self.wheel_rest);
        let last = i64::from((LIST_ROWS * LIST_ROW_H - rows.h).max(0));
        let offset = (i64::from(self.list_offset) + wanted / 120).clamp(0, last);
        self.wheel_rest = i32::try_from(wanted % 120).unwrap_or(0);
        self.list_offset = i32::try_from(offset).unwrap_or(0);
        self.repaint(content);
    }

    fn key(&mut self, usage: u16, down: bool, text: Option<char>) {
        if !down {
            self.held_keys.remove(&usage);
            return;
        }
        // A keyboard has some hundred keys; a hostile sender must not grow the set beyond that.
        if self.held_keys.len() < 256 {
            self.held_keys.insert(usage);
        }
        let held = |keys: &[u16]| keys.iter().any(|key| self.held_keys.contains(key));
        if held(&keys::SHORTCUTS) {
            return;
        }
        let character = match usage {
            keys::ENTER | keys::KEYPAD_ENTER => Some('\n'),
            keys::TAB => Some('\t'),
            _ => text.or_else(|| keys::us_character(usage, held(&keys::SHIFTS))),
        };
        match usage {
            keys::BACKSPACE if self.prompt.is_some() => self.edit_prompt(|typed| {
                typed.pop();
            }),
            keys::BACKSPACE => self.edit(|field, _| field.backspace()),
            keys::DELETE => self.edit(|field, _| field.delete()),
            keys::LEFT => self.edit(|field, columns| field.step(Step::Left, columns)),
            keys::RIGHT => self.edit(|field, columns| field.step(Step::Right, columns)),
            keys::UP => self.edit(|field, columns| field.step(Step::Up, columns)),
            keys::DOWN => self.edit(|field, columns| field.step(Step::Down, columns)),
            keys::HOME => self.edit(|field, columns| field.step(Step::Home, columns)),
            keys::END => self.edit(|field, columns| field.step(Step::End, columns)),
            _ => character.into_iter().for_each(|c| self.type_character(c)),
        }
    }

    fn type_character(&mut self, character: char) {
        if self.prompt.is_none() {
            self.edit(|field, _| field.insert(character));
        } else if character == '\n' {
            self.set_prompt(None);
        } else if !character.is_control() {
            self.edit_prompt(|typed| {
                if typed.len() < 256 {
                    typed.push(character);
                }
            });
        }
    }

    fn edit_prompt(&mut self, change: impl FnOnce(&mut String)) {
        if let Some((_, typed)) = &mut self.prompt {
            change(typed);
            self.repaint(prompt_area(self.home()));
        }
    }

    /// Changes the text field if it has the focus and nothing is in front, then keeps the caret in view.
    fn edit(&mut self, change: impl FnOnce(&mut super::text::TextField, i32)) {
        if !self.focused || self.prompt.is_some() {
            return;
        }
        let content: Area = self.window(Role::Notes).content();
        let columns = field_columns(content);
        change(&mut self.field, columns);
        let (line, _) = self.field.caret_cell(columns);
        self.field_top = self.field_top.min(line).max(line - field_lines(content) + 1);
        self.repaint(content);
    }
}
