//! What is on the virtual desktop, and what changed in it since each consumer looked.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{
    Widgets,
    draw::{PANEL_H, prompt_area},
    paint::{Area, Painter, Pixel, int},
    pointer::{self, Look},
    text::TextField,
};
use crate::{Display, DisplayId, Error, Layout, Placement, Position, Rect, Rotation, SecureKind, Shape, Size, State, damage::Damage};

/// Longest side of a display.
const MAX_SIDE: u32 = 1 << 14;
/// Pixels of all displays together: half a gigabyte in memory.
const MAX_PIXELS: u64 = 1 << 27;
/// Rows of the list.
pub(super) const LIST_ROWS: i32 = 200;
/// Height of a row of the list, in pixels.
pub(super) const LIST_ROW_H: i32 = 20;

/// A display's picture.
pub(super) struct Screen {
    pub(super) id: DisplayId,
    pub(super) size: Size,
    pub(super) pixels: Vec<Pixel>,
}

/// Which window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Notes,
    Files,
    Status,
}

/// A window and where it is on the first display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) role: Role,
    pub(super) area: Area,
}

impl Window {
    pub(super) fn title_bar(&self) -> Area {
        Area::new(self.area.x + 1, self.area.y + 1, (self.area.w - 2).max(0), 22)
    }

    /// The part below the title bar.
    pub(super) fn body(&self) -> Area {
        Area::new(self.area.x + 1, self.area.y + 23, (self.area.w - 2).max(0), (self.area.h - 24).max(0))
    }

    /// The text field of the notes, the list of the files.
    pub(super) fn content(&self) -> Area {
        self.body().inset(8)
    }

    /// The rows of the list, without frame and scroll bar.
    pub(super) fn rows(&self) -> Area {
        let inner = self.content().inset(1);
        Area::new(inner.x, inner.y, (inner.w - 12).max(0), inner.h)
    }

    pub(super) fn button(&self) -> Area {
        let body = self.content();
        Area::new(body.x, body.y, body.w.min(150), body.h.min(28))
    }

    pub(super) fn animation(&self) -> Area {
        let body = self.content();
        Area::new(body.x, body.y + 36, body.w, (body.h - 36).max(0))
    }

    /// The window and its drop shadow.
    pub(super) fn outer(&self) -> Area {
        Area::new(self.area.x, self.area.y, self.area.w + 4, self.area.h + 4)
    }
}

/// What one consumer knows, and what it has yet to be told.
pub(super) struct Consumer {
    pub(super) id: u64,
    pub(super) woken: bool,
    pub(super) watched: Vec<Watched>,
}

/// A display that a consumer watches.
pub(super) struct Watched {
    pub(super) id: DisplayId,
    pub(super) damage: Damage,
    pub(super) announced: bool,
}

/// The desktop. Everything that changes pixels ends in [`Scene::repaint`], which finds out what really changed.
pub(super) struct Scene {
    pub(super) layout: Arc<Layout>,
    pub(super) screens: Vec<Screen>,
    /// Bottom to top; the topmost is the active one.
    pub(super) windows: [Window; 3],
    pub(super) field: TextField,
    pub(super) focused: bool,
    /// First visible line of the text field.
    pub(super) field_top: i32,
    /// Pixels the list is scrolled by.
    pub(super) list_offset: i32,
    pub(super) wheel_rest: i32,
    pub(super) clicks: u64,
    pub(super) pressed: bool,
    pub(super) animated: bool,
    pub(super) tick: u64,
    pub(super) pointer: Option<Position>,
    /// Window being dragged and where it was taken hold of.
    pub(super) drag: Option<(Role, i32, i32)>,
    pub(super) held_keys: BTreeSet<u16>,
    pub(super) held_buttons: BTreeSet<super::Button>,
    pub(super) prompt: Option<(SecureKind, String)>,
    pub(super) state: State,
    /// How often `state` was set.
    pub(super) states: u64,
    pub(super) consumers: Vec<Consumer>,
    next_display: u32,
    scratch: Vec<Pixel>,
}

impl Scene {
    pub(super) fn new(displays: &[Placement]) -> Result<Self, Error> {
        let size = displays.first().map_or(Size::default(), |d| Size::new(d.width.min(MAX_SIDE), d.height.min(MAX_SIDE)));
        let mut scene = Self {
            layout: Arc::default(),
            screens: Vec::new(),
            windows: arrange(size),
            field: TextField::default(),
            focused: false,
            field_top: 0,
            list_offset: 0,
            wheel_rest: 0,
            clicks: 0,
            pressed: false,
            animated: true,
            tick: 0,
            pointer: None,
            drag: None,
            held_keys: BTreeSet::new(),
            held_buttons: BTreeSet::new(),
            prompt: None,
            state: State::Active,
            states: 0,
            consumers: Vec::new(),
            next_display: 0,
            scratch: Vec::new(),
        };
        let placed = displays.iter().map(|rect| (scene.fresh_id(), *rect)).collect();
        scene.place(placed)?;
        Ok(scene)
    }

    pub(super) fn fresh_id(&mut self) -> DisplayId {
        let id = DisplayId(self.next_display);
        self.next_display += 1;
        id
    }

    /// Replaces the layout. Displays that keep their id and size keep their picture and their consumers' damage.
    pub(super) fn place(&mut self, displays: Vec<(DisplayId, Placement)>) -> Result<(), Error> {
        if displays.iter().any(|(_, rect)| rect.width > MAX_SIDE || rect.height > MAX_SIDE) {
            return Err(Error::LimitExceeded { what: "side of a virtual display in pixels", limit: u64::from(MAX_SIDE) });
        }
        if displays.iter().any(|(_, rect)| rect.width == 0 || rect.height == 0) {
            return Err(Error::ApiMisuse("a display has at least one pixel"));
        }
        if displays.iter().map(|(_, rect)| u64::from(rect.width) * u64::from(rect.height)).sum::<u64>() > MAX_PIXELS {
            return Err(Error::LimitExceeded { what: "pixels of all virtual displays", limit: MAX_PIXELS });
        }
        let mut screens = Vec::with_capacity(displays.len());
        for (id, rect) in &displays {
            let size = Size::new(rect.width, rect.height);
            let kept = self.screens.iter().position(|screen| screen.id == *id && screen.size == size);
            screens.push(kept.map(|at| self.screens.swap_remove(at)).unwrap_or_else(|| {
                for watched in self.consumers.iter_mut().flat_map(|c| &mut c.watched).filter(|w| w.id == *id) {
                    watched.damage.clear();
                    watched.damage.add(Rect::whole(size));
                    watched.announced = false;
                }
                Screen { id: *id, size, pixels: vec![[0; 4]; rect.width as usize * rect.height as usize] }
            }));
        }
        self.screens = screens;
        for consumer in &mut self.consumers {
            consumer.watched.retain(|w| displays.iter().any(|(id, _)| *id == w.id));
        }
        let displays = displays.into_iter().enumerate().map(|(n, (id, rect))| Display {
            id,
            rect,
            pixels: Size::new(rect.width, rect.height),
            scale: 1.0,
            rotation: Rotation::None,
            name: format!("VIRTUAL-{}", id.0 + 1),
            primary: n == 0,
        });
        self.layout = self.layout.succeed(displays.collect());
        for index in 0..3 {
            let Area { x, y, .. } = self.windows[index].area;
            self.put_window(index, x, y);
        }
        self.pointer = self.pointer.filter(|p| self.layout.display(p.display).is_some()).or_else(|| self.centre());
        if let Some(p) = self.pointer {
            self.point_at(p.display, p.x, p.y);
        }
        for index in 0..self.screens.len() {
            self.repaint_screen(index, Area::whole(self.screens[index].size));
        }
        Ok(())
    }

    fn centre(&self) -> Option<Position> {
        self.screens.first().map(|s| Position { display: s.id, x: s.size.width / 2, y: s.size.height / 2 })
    }

    /// Size of the first display, which has the windows.
    pub(super) fn home(&self) -> Size {
        self.screens.first().map_or(Size::default(), |screen| screen.size)
    }

    /// Sets the pointer, kept within the display.
    pub(super) fn point_at(&mut self, display: DisplayId, x: u32, y: u32) {
        if let Some(screen) = self.screens.iter().find(|screen| screen.id == display) {
            self.pointer = Some(Position { display, x: x.min(screen.size.width - 1), y: y.min(screen.size.height - 1) });
        }
    }

    /// The pointer on the first display, where the windows are.
    pub(super) fn pointer_at_home(&self) -> Option<(i32, i32)> {
        let home = self.screens.first()?.id;
        self.pointer.filter(|p| p.display == home).map(|p| (int(p.x), int(p.y)))
    }

    pub(super) fn window(&self, role: Role) -> Window {
        // Roles are never removed from `windows`, only reordered; the fallback keeps this total.
        self.windows.iter().copied().find(|w| w.role == role).unwrap_or(Window { role, area: Area::default() })
    }

    /// Moves a window so that its title bar stays within reach. The caller repaints.
    pub(super) fn put_window(&mut self, index: usize, x: i32, y: i32) {
        let home = self.home();
        let area = &mut self.windows[index].area;
        area.x = x.clamp((60 - area.w).min(0), (int(home.width) - 60).max(0));
        area.y = y.clamp(PANEL_H, (int(home.height) - 24).max(PANEL_H));
    }

    /// The shape of the pointer where it is now.
    pub(super) fn shape(&self) -> Arc<Shape> {
        let look = self.pointer_at_home().map_or(Look::Arrow, |(x, y)| self.look_at(x, y));
        pointer::shape(look)
    }

    fn look_at(&self, x: i32, y: i32) -> Look {
        if self.drag.is_some() {
            return Look::Move;
        }
        if self.prompt.is_some() {
            return Look::Arrow;
        }
        match self.windows.iter().rev().find(|w| w.area.contains(x, y)) {
            Some(w) if w.role == Role::Notes && w.content().contains(x, y) => Look::Beam,
            Some(w) if w.role == Role::Status && w.button().contains(x, y) => Look::Hand,
            _ => Look::Arrow,
        }
    }

    pub(super) fn advance(&mut self, now: Duration) {
        let tick = u64::try_from(now.as_millis() / 33).unwrap_or(u64::MAX);
        if self.animated && tick != self.tick {
            self.tick = tick;
            self.repaint(self.window(Role::Status).animation());
        }
    }

    pub(super) fn set_prompt(&mut self, kind: Option<SecureKind>) {
        let area = prompt_area(self.home());
        self.prompt = kind.map(|kind| (kind, String::new()));
        self.drag = None;
        self.pressed = false;
        self.states += 1;
        self.state = match (kind, self.screens.first()) {
            (Some(kind), Some(screen)) => State::Secure { kind, region: Some((screen.id, area.rect(screen.size))), capturable: true },
            (Some(kind), None) => State::Secure { kind, region: None, capturable: true },
            (None, _) => State::Active,
        };
        self.repaint(area);
        self.repaint(self.window(Role::Status).button());
    }

    pub(super) fn widgets(&self) -> Option<Widgets> {
        let screen = self.screens.first()?;
        let rect = |area: Area| area.rect(screen.size);
        let (notes, files, status) = (self.window(Role::Notes), self.window(Role::Files), self.window(Role::Status));
        Some(Widgets {
            display: screen.id,
            text_field: rect(notes.content()),
            text_title_bar: rect(notes.title_bar()),
            list: rect(files.rows()),
            list_title_bar: rect(files.title_bar()),
            button: rect(status.button()),
            animation: rect(status.animation()),
            prompt: self.prompt.as_ref().map(|_| rect(prompt_area(screen.size))),
        })
    }

    /// Draws an area of the first display anew, and tells its consumers about the pixels that came out different.
    pub(super) fn repaint(&mut self, area: Area) {
        if !self.screens.is_empty() {
            self.repaint_screen(0, area);
        }
    }

    fn repaint_screen(&mut self, index: usize, area: Area) {
        let (id, size) = (self.screens[index].id, self.screens[index].size);
        let rect = area.rect(size);
        if rect.is_empty() {
            return;
        }
        let mut pixels = std::mem::take(&mut self.screens[index].pixels);
        let mut before = std::mem::take(&mut self.scratch);
        before.clear();
        before.extend(rows(&pixels, size, rect).flatten());
        self.draw(index, &mut Painter::new(&mut pixels, size, area));
        let changed = difference(before.chunks_exact(rect.width as usize), rows(&pixels, size, rect));
        self.screens[index].pixels = pixels;
        self.scratch = before;
        let changed = Rect::new(rect.x + changed.x, rect.y + changed.y, changed.width, changed.height);
        for watched in self.consumers.iter_mut().flat_map(|c| &mut c.watched).filter(|w| w.id == id) {
            watched.damage.add(changed);
        }
    }
}

/// The rows of a rectangle that lies within the picture.
pub(super) fn rows(pixels: &[Pixel], size: Size, rect: Rect) -> impl Iterator<Item = &[Pixel]> {
    let (x, width) = (rect.x as usize, rect.width as usize);
    pixels.chunks_exact(size.width.max(1) as usize).skip(rect.y as usize).take(rect.height as usize).map(move |row| &row[x..x + width])
}

/// The smallest rectangle around everything that differs; empty if nothing does.
fn difference<'a>(before: impl Iterator<Item = &'a [Pixel]>, after: impl Iterator<Item = &'a [Pixel]>) -> Rect {
    let mut changed = Rect::default();
    for (y, (old, new)) in (0..).zip(before.zip(after)) {
        if old == new {
            continue;
        }
        let differs = |(a, b): (&Pixel, &Pixel)| a != b;
        let first = old.iter().zip(new).position(differs).unwrap_or(0);
        let last = old.iter().zip(new).rposition(differs).unwrap_or(first);
        // Both are columns of a display, so at most `MAX_SIDE`.
        let column = |at: usize| u32::try_from(at).unwrap_or(MAX_SIDE);
        changed = changed.union(&Rect::new(column(first), y, column(last - first) + 1, 1));
    }
    changed
}

/// The windows' first places, within reach on every size.
fn arrange(home: Size) -> [Window; 3] {
    let (width, height) = (int(home.width), int(home.height));
    let gap = (width / 40).clamp(4, 40);
    let left = ((width - 3 * gap) * 11 / 20).clamp(60, 560);
    let right = (width - 3 * gap - left).clamp(60, 400);
    let top = PANEL_H + gap;
    let notes = ((height - top - 2 * gap) * 3 / 5).clamp(60, 340);
    let status = (height - top - 2 * gap - notes).clamp(60, 220);
    let files = (height - top - gap).clamp(60, 500);
    [
        Window { role: Role::Status, area: Area::new(gap, top + notes + gap, left, status) },
        Window { role: Role::Files, area: Area::new(2 * gap + left, top, right, files) },
        Window { role: Role::Notes, area: Area::new(gap, top, left, notes) },
    ]
}
