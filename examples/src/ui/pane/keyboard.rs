//! Keys and input methods: from control to control, into entries, onto buttons.

use winit::{
    event::{Ime, KeyEvent},
    keyboard::{Key, NamedKey},
};

use super::{
    super::{shell::Desk, widget::Id},
    Pane, Told,
};

impl Pane {
    pub(super) fn key(&mut self, desk: &mut Desk<'_>, event: &KeyEvent) -> Option<Told> {
        let held = self.modifiers;
        if held.control_key() && !held.alt_key() {
            match &event.logical_key {
                Key::Character(c) if c == "+" || c == "=" => desk.look.larger(),
                Key::Character(c) if c == "-" => desk.look.smaller(),
                Key::Character(c) if c == "0" => desk.look.normal(),
                _ => return self.key_to_focus(desk, event),
            }
            return Some(Told::Restyled);
        }
        match event.logical_key {
            Key::Named(NamedKey::Tab) => {
                self.step(desk, held.shift_key());
                Some(Told::Changed)
            }
            Key::Named(NamedKey::Escape) => Some(Told::Escape),
            _ => self.key_to_focus(desk, event),
        }
    }

    fn key_to_focus(&mut self, desk: &mut Desk<'_>, event: &KeyEvent) -> Option<Told> {
        let id = self.focus?;
        let presses = self.widget(id)?.presses();
        match event.logical_key {
            Key::Named(NamedKey::Enter | NamedKey::Space) if presses => (!event.repeat).then_some(Told::Pressed(id)),
            Key::Named(NamedKey::Enter) if self.entry_focused() => Some(Told::Submitted(id)),
            _ => {
                let (own, entry) = self.entry.as_mut()?;
                if *own != id || !entry.key(desk.fonts, event, self.modifiers) {
                    return None;
                }
                self.edited(desk, id)
            }
        }
    }

    pub(super) fn ime(&mut self, desk: &mut Desk<'_>, ime: &Ime) -> Option<Told> {
        let id = self.focus?;
        let (_, entry) = self.entry.as_mut().filter(|(own, _)| *own == id)?;
        let typed = match ime {
            Ime::Preedit(text, caret) => {
                entry.compose(text, *caret);
                false
            }
            Ime::Commit(text) => {
                entry.insert(text);
                true
            }
            Ime::Enabled => return None,
            Ime::Disabled => {
                entry.compose("", None);
                false
            }
        };
        self.damage_widget(desk, Some(id));
        if typed { self.edited(desk, id) } else { None }
    }

    /// Moves the keyboard on by one widget.
    fn step(&mut self, desk: &Desk<'_>, back: bool) {
        let stops: Vec<Id> = self.widgets.iter().filter(|w| w.focusable()).map(|w| w.id).collect();
        let here = self.focus.and_then(|id| stops.iter().position(|stop| *stop == id));
        let next = match (here, back) {
            (Some(here), false) => (here + 1) % stops.len(),
            (Some(here), true) => (here + stops.len() - 1) % stops.len(),
            (None, _) => 0,
        };
        self.set_focus(desk, stops.get(next).copied());
    }
}
