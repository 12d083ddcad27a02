//! A consumer of the virtual desktop's pictures.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use super::{
    Shared,
    paint::{Area, Pixel},
    scene::{Consumer, Role, Scene, Watched, Window, rows},
};
use crate::{
    Capture, CursorSource, DamageSource, DisplayId, Error, Event, Frame, Info, Kind, Layout, Move, Options, PixelFormat, Position, Rect,
    Shape, Size, State, Stats, Waker, damage::Damage,
};

pub(super) struct VirtualCapture {
    shared: Arc<Shared>,
    id: u64,
    info: Info,
    told: Told,
    shadows: Vec<Shadow>,
    stats: Stats,
}

/// What the consumer was last told; whatever differs is the next event.
struct Told {
    layout: Arc<Layout>,
    state: State,
    /// Of [`Scene::states`]: a state that came and went again is news, too, since frames may show what it announced.
    states: u64,
    shape: Option<Arc<Shape>>,
    position: Option<Position>,
    ended: bool,
}

/// The consumer's own copy of a display, which it may read while the desktop goes on.
struct Shadow {
    id: DisplayId,
    size: Size,
    pixels: Vec<Pixel>,
    damage: Vec<Rect>,
    moves: Vec<Move>,
    seq: u64,
    seen: Seen,
}

/// Where the things that can move were in the frame before.
#[derive(Clone, Copy, Default)]
struct Seen {
    windows: Option<[Window; 3]>,
    list_offset: i32,
}

impl VirtualCapture {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut scene = shared.lock();
        scene.consumers.push(Consumer { id, woken: false, watched: Vec::new() });
        let told = Told { layout: Arc::clone(&scene.layout), state: State::Active, states: 0, shape: None, position: None, ended: false };
        drop(scene);
        let info = Info {
            kind: Kind::Virtual,
            transfer: "memory",
            damage: DamageSource::Exact,
            cursor: CursorSource::Separate,
            secure_prompts: true,
        };
        Self { shared, id, info, told, shadows: Vec::new(), stats: Stats::default() }
    }
}

/// This capture's entry among the scene's consumers.
fn consumer(scene: &mut Scene, id: u64) -> &mut Consumer {
    scene.consumers.iter_mut().find(|c| c.id == id).expect("a capture adds its consumer when made and removes it when dropped")
}

impl Told {
    /// The first thing the consumer does not know yet.
    fn news(&mut self, scene: &mut Scene, id: u64) -> Option<Event> {
        if self.layout.generation != scene.layout.generation {
            self.layout = Arc::clone(&scene.layout);
            return Some(Event::Layout(Arc::clone(&self.layout)));
        }
        if self.state != scene.state || self.states != scene.states {
            self.states = scene.states;
            self.state = scene.state.clone();
            self.ended = matches!(self.state, State::Ended(_));
            return Some(Event::State(self.state.clone()));
        }
        let started = !consumer(scene, id).watched.is_empty();
        if !started || matches!(scene.state, State::Paused(_) | State::Recovering) {
            return None;
        }
        let shape = scene.shape();
        if self.shape.as_ref().is_none_or(|told| told.id != shape.id) {
            self.shape = Some(Arc::clone(&shape));
            return Some(Event::CursorShape(shape));
        }
        if let Some(position) = scene.pointer.filter(|position| self.position != Some(*position)) {
            self.position = Some(position);
            return Some(Event::CursorPosition(position));
        }
        let changed = consumer(scene, id).watched.iter_mut().find(|w| !w.announced && !w.damage.is_empty())?;
        changed.announced = true;
        Some(Event::Frame(changed.id))
    }
}

impl Capture for VirtualCapture {
    fn info(&self) -> &Info {
        &self.info
    }

    fn layout(&self) -> Arc<Layout> {
        Arc::clone(&self.told.layout)
    }

    fn start(&mut self, displays: &[DisplayId], _: &Options) -> Result<(), Error> {
        let mut scene = self.shared.lock();
        if displays.is_empty() {
            return Err(Error::ApiMisuse("start names at least one display"));
        }
        let mut named = HashSet::new();
        for id in displays {
            scene.layout.display(*id).ok_or(Error::NoSuchDisplay(*id))?;
            if !named.insert(*id) {
                return Err(Error::ApiMisuse("start names each display once"));
            }
        }
        let mut kept = std::mem::take(&mut consumer(&mut scene, self.id).watched);
        let watched = displays.iter().map(|id| {
            kept.iter().position(|w| w.id == *id).map(|at| kept.swap_remove(at)).unwrap_or_else(|| {
                let mut damage = Damage::new();
                damage.add(Rect::whole(scene.layout.display(*id).map_or(Size::default(), |d| d.pixels)));
                Watched { id: *id, damage, announced: false }
            })
        });
        let watched = watched.collect();
        consumer(&mut scene, self.id).watched = watched;
        self.shadows.retain(|shadow| named.contains(&shadow.id));
        Ok(())
    }

    fn next(&mut self, until: Instant) -> Result<Option<Event>, Error> {
        if self.told.ended {
            return Err(Error::Ended);
        }
        let mut scene = self.shared.lock();
        loop {
            if let Some(event) = self.told.news(&mut scene, self.id) {
                if let Event::Layout(layout) = &event {
                    self.shadows.retain(|shadow| layout.display(shadow.id).is_some());
                }
                return Ok(Some(event));
            }
            let left = until.saturating_duration_since(Instant::now());
            if std::mem::take(&mut consumer(&mut scene, self.id).woken) || left.is_zero() {
                return Ok(None);
            }
            scene = self.shared.changed.wait_timeout(scene, left).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    fn frame(&mut self, display: DisplayId) -> Result<Frame<'_>, Error> {
        if self.told.ended {
            return Err(Error::Ended);
        }
        let mut guard = self.shared.lock();
        let scene = &mut *guard;
        let index = scene.screens.iter().position(|screen| screen.id == display).ok_or(Error::NoSuchDisplay(display))?;
        let watched = scene.consumers.iter_mut().filter(|c| c.id == self.id).flat_map(|c| &mut c.watched).find(|w| w.id == display);
        let watched = watched.ok_or(Error::ApiMisuse("frame is asked of a display that was started"))?;
        let screen = &scene.screens[index];
        let at = self.shadows.iter().position(|shadow| shadow.id == display).unwrap_or_else(|| {
            self.shadows.push(Shadow::new(display));
            self.shadows.len() - 1
        });
        let shadow = &mut self.shadows[at];
        shadow.seq += 1;
        shadow.damage.clear();
        shadow.damage.extend_from_slice(watched.damage.rects());
        watched.damage.clear();
        watched.announced = false;
        shadow.moves.clear();
        if shadow.size == screen.size {
            if index == 0 && !shadow.damage.is_empty() {
                shadow.find_moves(&screen.pixels, &scene.windows, scene.list_offset);
            }
        } else {
            shadow.size = screen.size;
            shadow.pixels.clear();
            shadow.pixels.resize(screen.pixels.len(), [0; 4]);
        }
        shadow.seen = if index == 0 { Seen { windows: Some(scene.windows), list_offset: scene.list_offset } } else { Seen::default() };
        for rect in &shadow.damage {
            let width = shadow.size.width as usize;
            let (x, y, w) = (rect.x as usize, rect.y as usize, rect.width as usize);
            let own = shadow.pixels.chunks_exact_mut(width).skip(y);
            for (to, from) in own.zip(rows(&screen.pixels, screen.size, *rect)) {
                to[x..x + w].copy_from_slice(from);
            }
            self.stats.reads += 1;
            self.stats.pixels_read += rect.area();
        }
        self.stats.frames += 1;
        Ok(Frame {
            seq: shadow.seq,
            generation: scene.layout.generation,
            at: Instant::now(),
            size: shadow.size,
            stride: shadow.size.width as usize * 4,
            format: PixelFormat::Bgrx,
            damage: &shadow.damage,
            moves: &shadow.moves,
            pixels: shadow.pixels.as_flattened(),
        })
    }

    fn invalidate(&mut self, display: DisplayId) {
        let mut scene = self.shared.lock();
        let size = scene.layout.display(display).map_or(Size::default(), |d| d.pixels);
        if let Some(watched) = consumer(&mut scene, self.id).watched.iter_mut().find(|w| w.id == display) {
            watched.damage.add(Rect::whole(size));
            watched.announced = false;
        }
        // What it moved from is forgotten with the rest.
        self.shadows.iter_mut().filter(|s| s.id == display).for_each(|s| s.seen = Seen::default());
    }

    fn waker(&self) -> Waker {
        let (shared, id) = (Arc::clone(&self.shared), self.id);
        Waker::new(move || {
            if let Some(consumer) = shared.lock().consumers.iter_mut().find(|c| c.id == id) {
                consumer.woken = true;
            }
            shared.changed.notify_all();
        })
    }

    fn stats(&self) -> Stats {
        self.stats
    }
}

impl Drop for VirtualCapture {
    fn drop(&mut self) {
        self.shared.lock().consumers.retain(|c| c.id != self.id);
    }
}

impl Shadow {
    fn new(id: DisplayId) -> Self {
        Self { id, size: Size::default(), pixels: Vec::new(), damage: Vec::new(), moves: Vec::new(), seq: 0, seen: Seen::default() }
    }

    /// Reports the windows and list rows that are elsewhere than in the frame before, where the pixels bear it out.
    fn find_moves(&mut self, now: &[Pixel], windows: &[Window; 3], list_offset: i32) {
        let Some(before) = self.seen.windows else { return };
        for window in windows {
            let Some(old) = before.iter().find(|old| old.role == window.role) else { continue };
            let (dx, dy) = (window.area.x - old.area.x, window.area.y - old.area.y);
            if (dx, dy) != (0, 0) {
                self.try_move(now, old.area, dx, dy);
            } else if window.role == Role::Files && list_offset != self.seen.list_offset {
                let rows = window.rows();
                let dy = self.seen.list_offset - list_offset;
                self.try_move(now, rows.clip(&rows.moved(0, -dy)), 0, dy);
            }
        }
    }

    /// Adds the move if, on the part that is visible before and after, the pixels now are those of the frame before.
    fn try_move(&mut self, now: &[Pixel], area: Area, dx: i32, dy: i32) {
        let whole = Area::whole(self.size);
        let from = area.clip(&whole).moved(dx, dy).clip(&whole).moved(-dx, -dy);
        let (src, dst) = (from.rect(self.size), from.moved(dx, dy).rect(self.size));
        if !src.is_empty() && rows(&self.pixels, self.size, src).eq(rows(now, self.size, dst)) {
            self.moves.push(Move { src, dx, dy });
        }
    }
}
