//! A small desktop drawn in memory, which reacts to input. For tests, for demonstrations, and where there is no screen.

mod capture;
mod draw;
mod glyphs;
mod keys;
mod paint;
mod pointer;
mod react;
mod scene;
mod text;

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{Capture, DisplayId, Error, Layout, Placement, Position, Rect, SecureKind, Size, State};
use scene::Scene;

/// A desktop in memory. Clones are handles to the same one.
///
/// The first display shows a window with a text field, one with a list that scrolls, and one with a button that counts its
/// clicks above an animated area; windows are dragged by their title bars. Everything is deterministic: the same acts and ticks
/// lead to the same pixels. Nothing moves by itself: the animation advances with [`tick`](Self::tick).
///
/// Characters outside Latin-1 are drawn as a box with their code point, so every text that was typed can be told from every other.
#[derive(Clone)]
pub struct VirtualDesktop {
    shared: Arc<Shared>,
}

/// The desktop and what wakes its consumers.
struct Shared {
    scene: Mutex<Scene>,
    changed: Condvar,
}

impl Shared {
    /// A panic elsewhere while the lock was held leaves a scene whose picture may be half drawn, which is still a picture.
    fn lock(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Input for the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The pointer goes to a pixel of a display; beyond its edge, to the edge.
    MoveTo {
        /// The display.
        display: DisplayId,
        /// Column.
        x: u32,
        /// Row.
        y: u32,
    },
    /// The pointer moves, across displays where they touch.
    MoveBy {
        /// Columns, to the right if positive.
        dx: i32,
        /// Rows, downwards if positive.
        dy: i32,
    },
    /// A button of the pointer goes down or up.
    Button {
        /// Which.
        button: Button,
        /// Whether it is down now.
        down: bool,
    },
    /// The wheel turns over what is under the pointer.
    Wheel {
        /// Which way it turns.
        axis: Axis,
        /// 120ths of a notch, positive towards the end of what it scrolls (down, right). Fractions add up.
        v120: i32,
    },
    /// A key goes down or up. Acts on the text field if that has the focus.
    Key {
        /// HID usage of page 7.
        usage: u16,
        /// Whether it is down now.
        down: bool,
        /// The character it produced; `None` takes that of a US keyboard.
        text: Option<char>,
    },
    /// A character arrives without a key.
    Text(char),
}

/// A button of the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Button {
    /// The one that clicks.
    Left,
    /// The wheel, pressed.
    Middle,
    /// The one that opens menus.
    Right,
    /// Backwards, at the side.
    Back,
    /// Forwards, at the side.
    Forward,
}

/// Which way a wheel turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Up and down.
    Vertical,
    /// Left and right. Nothing on this desktop scrolls that way.
    Horizontal,
}

/// Where things are on the first display, for scripts to aim at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Widgets {
    /// The display they are on.
    pub display: DisplayId,
    /// Takes the focus when clicked.
    pub text_field: Rect,
    /// Drags the text field's window.
    pub text_title_bar: Rect,
    /// The rows of the list.
    pub list: Rect,
    /// Drags the list's window.
    pub list_title_bar: Rect,
    /// Counts clicks.
    pub button: Rect,
    /// Changes with ticks.
    pub animation: Rect,
    /// The secure prompt, if one is shown.
    pub prompt: Option<Rect>,
}

/// A copy of what a display shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns and rows.
    pub size: Size,
    /// Four bytes a pixel (blue, green, red, one without meaning), rows without gaps.
    pub pixels: Vec<u8>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Default for VirtualDesktop {
    /// One display of 1280 × 720 pixels.
    fn default() -> Self {
        let display = Placement { x: 0, y: 0, width: 1280, height: 720 };
        Self::with_displays(&[display]).expect("1280 x 720 is within the limits")
    }
}

impl VirtualDesktop {
    /// A desktop with one display.
    ///
    /// # Errors
    /// As [`with_displays`](Self::with_displays).
    pub fn new(size: Size) -> Result<Self, Error> {
        Self::with_displays(&[Placement { x: 0, y: 0, width: size.width, height: size.height }])
    }

    /// A desktop with these displays, the first of which is the primary one. They may lie anywhere, and may overlap.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] for a side above 16384 pixels or more than 2^27 pixels in all; [`Error::ApiMisuse`] for an empty display.
    pub fn with_displays(displays: &[Placement]) -> Result<Self, Error> {
        Ok(Self { shared: Arc::new(Shared { scene: Mutex::new(Scene::new(displays)?), changed: Condvar::new() }) })
    }

    /// A new consumer of this desktop's pictures. Each has its own damage; as many as wanted.
    pub fn capture(&self) -> Box<dyn Capture> {
        Box::new(capture::VirtualCapture::new(Arc::clone(&self.shared)))
    }

    /// The displays as they are.
    pub fn layout(&self) -> Arc<Layout> {
        Arc::clone(&self.shared.lock().layout)
    }

    /// Plugs in a display, after the others.
    ///
    /// # Errors
    /// As [`with_displays`](Self::with_displays).
    pub fn add_display(&self, rect: Placement) -> Result<DisplayId, Error> {
        self.change(|scene| {
            let id = scene.fresh_id();
            let mut displays = places(scene);
            displays.push((id, rect));
            scene.place(displays).map(|()| id)
        })
    }

    /// Unplugs a display. The windows go to the first that is left; with none left they wait.
    ///
    /// # Errors
    /// [`Error::NoSuchDisplay`].
    pub fn remove_display(&self, id: DisplayId) -> Result<(), Error> {
        self.change(|scene| {
            let mut displays = places(scene);
            let at = displays.iter().position(|(other, _)| *other == id).ok_or(Error::NoSuchDisplay(id))?;
            displays.remove(at);
            scene.place(displays)
        })
    }

    /// Moves or resizes a display.
    ///
    /// # Errors
    /// [`Error::NoSuchDisplay`], and as [`with_displays`](Self::with_displays).
    pub fn place_display(&self, id: DisplayId, rect: Placement) -> Result<(), Error> {
        self.change(|scene| {
            let mut displays = places(scene);
            let display = displays.iter_mut().find(|(other, _)| *other == id).ok_or(Error::NoSuchDisplay(id))?;
            display.1 = rect;
            scene.place(displays)
        })
    }

    /// Does these acts, one after the other.
    ///
    /// # Errors
    /// [`Error::NoSuchDisplay`] at the first act that names a display that is not there; the acts before it are done, those after it are not.
    pub fn act(&self, acts: &[Act]) -> Result<(), Error> {
        self.change(|scene| acts.iter().try_for_each(|act| scene.act(act)))
    }

    /// Shows the animation as it is `now` after its start, in steps of 33 ms.
    pub fn tick(&self, now: Duration) {
        self.change(|scene| scene.advance(now));
    }

    /// Lets [`tick`](Self::tick) move the animation, or not. It may at first.
    pub fn set_animation(&self, on: bool) {
        self.change(|scene| scene.animated = on);
    }

    /// Shows a prompt for credentials that takes all input until Enter confirms it, as the system's own do.
    pub fn show_prompt(&self, kind: SecureKind) {
        self.change(|scene| scene.set_prompt(Some(kind)));
    }

    /// Takes the prompt away.
    pub fn dismiss_prompt(&self) {
        self.change(|scene| scene.set_prompt(None));
    }

    /// What was typed into the prompt that is shown, if one is.
    pub fn prompt_input(&self) -> Option<String> {
        self.shared.lock().prompt.as_ref().map(|(_, typed)| typed.clone())
    }

    /// Makes captures report this state. While it is `Paused` or `Recovering` they announce no frames; after `Ended` they end.
    pub fn set_state(&self, state: State) {
        self.change(|scene| {
            scene.states += 1;
            scene.state = state;
        });
    }

    /// What the text field holds.
    pub fn typed_text(&self) -> String {
        self.shared.lock().field.text().to_owned()
    }

    /// Pixels the list is scrolled by.
    pub fn list_offset(&self) -> u32 {
        self.shared.lock().list_offset.unsigned_abs()
    }

    /// Clicks on the button.
    pub fn clicks(&self) -> u64 {
        self.shared.lock().clicks
    }

    /// Keys that are down, as HID usages.
    pub fn held_keys(&self) -> Vec<u16> {
        self.shared.lock().held_keys.iter().copied().collect()
    }

    /// Buttons that are down.
    pub fn held_buttons(&self) -> Vec<Button> {
        self.shared.lock().held_buttons.iter().copied().collect()
    }

    /// Where the pointer is; `None` without displays.
    pub fn pointer(&self) -> Option<Position> {
        self.shared.lock().pointer
    }

    /// Where things are; `None` without displays.
    pub fn widgets(&self) -> Option<Widgets> {
        self.shared.lock().widgets()
    }

    /// An independent copy of what a display shows now.
    ///
    /// # Errors
    /// [`Error::NoSuchDisplay`].
    pub fn pixels(&self, display: DisplayId) -> Result<Picture, Error> {
        let scene = self.shared.lock();
        let screen = scene.screens.iter().find(|screen| screen.id == display).ok_or(Error::NoSuchDisplay(display))?;
        Ok(Picture { size: screen.size, pixels: screen.pixels.as_flattened().to_vec() })
    }

    /// Changes the scene and wakes the consumers, who look for themselves whether it concerns them.
    fn change<T>(&self, change: impl FnOnce(&mut Scene) -> T) -> T {
        let result = change(&mut self.shared.lock());
        self.shared.changed.notify_all();
        result
    }
}

impl fmt::Debug for VirtualDesktop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualDesktop").field("layout", &self.layout()).finish_non_exhaustive()
    }
}

fn places(scene: &Scene) -> Vec<(DisplayId, Placement)> {
    scene.layout.displays.iter().map(|display| (display.id, display.rect)).collect()
}
