//! From this window's keys and pointer to actions for the sharer, and what of them is held.

use winit::{
    event::{ElementState, KeyEvent, MouseButton, MouseScrollDelta},
    keyboard::{Key, ModifiersState},
};

use super::{super::keys, HelperAction, PointerButton, WheelAxis};

/// Pixels of a touchpad that make one notch of a wheel.
const NOTCH: f64 = 40.0;

/// What is pressed at the sharer because of us.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// One bit for each usage of page 7.
    keys: [u64; 4],
    buttons: u8,
    /// Parts of a wheel's 1/120 notch that were not sent yet, across and along.
    wheel: (f64, f64),
}

impl Held {
    /// What a key means to the sharer; repeats mean nothing, as keys repeat there.
    pub(super) fn key(&mut self, event: &KeyEvent, held: ModifiersState) -> Option<HelperAction> {
        let usage = keys::usage(event.physical_key)?;
        let (word, bit) = (usize::from(usage / 64 % 4), 1u64 << (usage % 64));
        if event.state == ElementState::Released {
            // Keys that an input method swallowed come up without having gone down.
            let was = self.keys[word] & bit != 0;
            self.keys[word] &= !bit;
            return was.then_some(HelperAction::Key { usage, down: false, text: None });
        }
        // A dead key becomes part of the next key's text.
        if event.repeat || matches!(event.logical_key, Key::Dead(_)) {
            return None;
        }
        let text = text(event.text.as_deref().unwrap_or_default(), held);
        if let Text::Long(text) = text {
            return Some(HelperAction::Text(text));
        }
        self.keys[word] |= bit;
        Some(HelperAction::Key { usage, down: true, text: if let Text::One(c) = text { Some(c) } else { None } })
    }

    /// What a button means to the sharer. `inside`: it is over the picture, where presses have to begin.
    pub(super) fn button(&mut self, button: MouseButton, down: bool, inside: bool) -> Option<HelperAction> {
        let button = match button {
            MouseButton::Left => PointerButton::Left,
            MouseButton::Middle => PointerButton::Middle,
            MouseButton::Right => PointerButton::Right,
            MouseButton::Back => PointerButton::Back,
            MouseButton::Forward => PointerButton::Forward,
            MouseButton::Other(_) => return None,
        };
        let bit = 1 << button as u8;
        let was = self.buttons & bit != 0;
        if down == was || (down && !inside) {
            return None;
        }
        self.buttons ^= bit;
        Some(HelperAction::Button { button, down })
    }

    /// Whether a button is down, so that the pointer is followed outside of the picture too.
    pub(super) fn dragging(&self) -> bool {
        self.buttons != 0
    }

    /// What the wheel means to the sharer: one action for each axis that moved.
    pub(super) fn wheel(&mut self, delta: MouseScrollDelta) -> impl Iterator<Item = HelperAction> + use<> {
        let (x, y) = match delta {
            MouseScrollDelta::LineDelta(x, y) => (f64::from(x) * 120.0, f64::from(y) * 120.0),
            MouseScrollDelta::PixelDelta(by) => (by.x * 120.0 / NOTCH, by.y * 120.0 / NOTCH),
        };
        self.wheel = (self.wheel.0 + x, self.wheel.1 + y);
        let across = whole(&mut self.wheel.0);
        let along = whole(&mut self.wheel.1);
        // winit counts content that moves to the right as positive; a wheel turned to the right moves it to the left.
        [(WheelAxis::Vertical, along), (WheelAxis::Horizontal, -across)]
            .into_iter()
            .filter(|(_, v120)| *v120 != 0)
            .map(|(axis, v120)| HelperAction::Wheel { axis, v120 })
    }

    /// Forgets everything: the sharer is told to release it.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[derive(Debug, PartialEq)]
enum Text {
    None,
    One(char),
    Long(String),
}

/// The text of a key. Together with Ctrl, Alt or Super a key is a command and has none; Ctrl and Alt at once are AltGr on
/// Windows, where texts come with them.
fn text(text: &str, held: ModifiersState) -> Text {
    let altgr = cfg!(windows) && held.control_key() && held.alt_key();
    let command = held.super_key() || ((held.control_key() || held.alt_key()) && !altgr);
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), _) if command || c.is_control() => Text::None,
        (Some(c), None) => Text::One(c),
        (Some(_), Some(_)) => Text::Long(text.to_owned()),
        (None, _) => Text::None,
    }
}

/// Takes the whole steps out of a sum.
#[expect(clippy::cast_possible_truncation, reason = "saturates; nobody turns a wheel that far")]
fn whole(sum: &mut f64) -> i32 {
    let steps = sum.trunc();
    *sum -= steps;
    steps as i32
}

#[cfg(test)]
mod tests {
    use winit::dpi::PhysicalPosition;

    use super::*;

    #[test]
    fn commands_have_no_text_and_typing_has() {
        assert_eq!(text("a", ModifiersState::empty()), Text::One('a'));
        assert_eq!(text("A", ModifiersState::SHIFT), Text::One('A'));
        assert_eq!(text("\u{3}", ModifiersState::CONTROL), Text::None);
        assert_eq!(text("c", ModifiersState::CONTROL), Text::None);
        assert_eq!(text("f", ModifiersState::ALT), Text::None);
        assert_eq!(text("l", ModifiersState::SUPER), Text::None);
        assert_eq!(text("\r", ModifiersState::empty()), Text::None);
        assert_eq!(text("e\u{301}", ModifiersState::empty()), Text::Long("e\u{301}".to_owned()));
    }

    #[test]
    fn a_press_begins_inside_and_ends_anywhere_once() {
        let mut held = Held::default();
        assert_eq!(held.button(MouseButton::Left, true, false), None);
        assert_eq!(held.button(MouseButton::Left, false, true), None);
        let down = held.button(MouseButton::Left, true, true);
        assert_eq!(down, Some(HelperAction::Button { button: PointerButton::Left, down: true }));
        assert!(held.dragging());
        let up = held.button(MouseButton::Left, false, false);
        assert_eq!(up, Some(HelperAction::Button { button: PointerButton::Left, down: false }));
        assert!(!held.dragging());
    }

    #[test]
    fn slow_touchpads_lose_nothing() {
        let mut held = Held::default();
        let mut sum = 0;
        for _ in 0..100 {
            for action in held.wheel(MouseScrollDelta::PixelDelta(PhysicalPosition::new(0.0, -0.5))) {
                if let HelperAction::Wheel { axis: WheelAxis::Vertical, v120 } = action {
                    sum += v120;
                }
            }
        }
        assert_eq!(sum, -150);
        let notch: Vec<_> = held.wheel(MouseScrollDelta::LineDelta(0.0, 1.0)).collect();
        assert_eq!(notch, [HelperAction::Wheel { axis: WheelAxis::Vertical, v120: 120 }]);
    }
}
