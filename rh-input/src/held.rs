use crate::{Button, HidUsage};

/// What an injector has pressed and not yet released, in the order of pressing.
///
/// Every backend keeps one, so that whatever ends a session (a drop, a lost mode, a lost peer) can undo all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Invariant: no usage twice, and only usages of the key table, hence at most its length.
    keys: Vec<HidUsage>,
    /// Bit `b` is [`Button`] number `b`.
    buttons: u8,
}

impl Held {
    /// Notes that a key went down; `false` if it was down already.
    pub(crate) fn press(&mut self, usage: HidUsage) -> bool {
        let new = !self.keys.contains(&usage);
        if new {
            self.keys.push(usage);
        }
        new
    }

    /// Notes that a key went up; `false` if it was not down.
    pub(crate) fn release(&mut self, usage: HidUsage) -> bool {
        let at = self.keys.iter().position(|u| *u == usage);
        if let Some(at) = at {
            self.keys.remove(at);
        }
        at.is_some()
    }

    /// Notes a button; `false` if it was in that state already.
    pub(crate) fn button(&mut self, button: Button, down: bool) -> bool {
        let bit = 1 << button as u8;
        let new = (self.buttons & bit != 0) != down;
        if new {
            self.buttons ^= bit;
        }
        new
    }

    /// Takes the key pressed last, so that a modifier outlives what was pressed under it.
    pub(crate) fn pop_key(&mut self) -> Option<HidUsage> {
        self.keys.pop()
    }

    /// Takes one button.
    pub(crate) fn pop_button(&mut self) -> Option<Button> {
        let button = self.buttons().next()?;
        self.button(button, false);
        Some(button)
    }

    /// The keys that are down, in the order of pressing.
    pub fn keys(&self) -> &[HidUsage] {
        &self.keys
    }

    /// The buttons that are down.
    pub fn buttons(&self) -> impl Iterator<Item = Button> + use<> {
        let bits = self.buttons;
        Button::ALL.into_iter().filter(move |b| bits & (1 << *b as u8) != 0)
    }

    /// Nothing is down.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.buttons == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Held;
    use crate::{Button, HidUsage};

    #[test]
    fn released_in_reverse_and_only_once() {
        let mut held = Held::default();
        assert!(held.press(HidUsage::LEFT_CONTROL));
        assert!(held.press(HidUsage::C));
        assert!(!held.press(HidUsage::C));
        assert!(held.button(Button::Right, true));
        assert!(!held.button(Button::Right, true));
        assert_eq!(held.pop_key(), Some(HidUsage::C));
        assert_eq!(held.pop_key(), Some(HidUsage::LEFT_CONTROL));
        assert_eq!(held.pop_key(), None);
        assert_eq!(held.pop_button(), Some(Button::Right));
        assert_eq!(held.pop_button(), None);
        assert!(held.is_empty());
    }
}
