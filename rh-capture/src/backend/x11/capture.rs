//! The X11 backend's life: events in, frames out.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use x11rb::{
    connection::{Connection as _, SequenceNumber},
    protocol::{
        Event as XEvent,
        xfixes::ConnectionExt as _,
        xproto::{ConnectionExt as _, QueryPointerReply, Screen},
    },
};

use super::{
    buffer, cursor,
    link::{self, Connection, Fail},
    monitors,
    picture::Picture,
    reports::Reports,
    rest::{Rest, Wake},
    server::{self, Server},
};
use crate::{
    Capture, CursorSource, DamageSource, DisplayId, Error, Event, Frame, Info, Kind, Layout, Options, PixelFormat, Position, Reason, State,
    Stats, Transfer, Waker,
};

pub(super) struct X11Capture {
    connection: Connection,
    screen: Screen,
    server: Server,
    reports: Option<Reports>,
    way: Transfer,
    info: Info,
    options: Options,
    layout: Arc<Layout>,
    told_generation: u32,
    pictures: Vec<Picture>,
    pointer: Pointer,
    news: News,
    next_look: Instant,
    life: Life,
    rest: Rest,
    stats: Stats,
}

/// What the consumer knows of the pointer.
#[derive(Default)]
struct Pointer {
    watched: bool,
    shapes: cursor::Shapes,
    told_shape: Option<u64>,
    told_position: Option<Position>,
}

/// What the server said that has not been looked into.
#[derive(Default)]
struct News {
    layout: bool,
    motion: bool,
    /// Serial of the pointer's new shape.
    shape: Option<u32>,
}

impl News {
    fn any(&self) -> bool {
        self.layout || self.motion || self.shape.is_some()
    }
}

/// `Failed` until the consumer was told why.
enum Life {
    Running,
    Failed(Reason),
    Over,
}

impl X11Capture {
    pub(super) fn open(display: &str, wanted: Transfer) -> Result<Self, Error> {
        Self::try_open(display, wanted).map_err(|fail| match fail {
            Fail::Gone(_) => Error::Missing { what: format!("the X server at display {display}, which went away while it was opened,") },
            fail => fail.into(),
        })
    }

    fn try_open(display: &str, wanted: Transfer) -> Result<Self, Fail> {
        let link = link::connect(display)?;
        let rest = Rest::new(link.spin())?;
        let (connection, screen) = (link.connection, link.screen);
        server::check_format(&connection, &screen)?;
        let server = Server::set_up(&connection, &screen)?;
        let reports = if server.damage { Some(Reports::new(&connection, screen.root)?) } else { None };
        let way = buffer::choose(&connection, link.local, wanted)?;
        let displays = monitors::read(&connection, screen.root, server.monitors, &Layout::default())?;
        let layout = Layout::default().succeed(displays);
        let info = Info {
            kind: Kind::X11,
            transfer: match way {
                Transfer::SharedMemory => "memfd",
                Transfer::SharedMemorySysV => "sysv",
                Transfer::Auto | Transfer::Socket => "socket",
            },
            damage: if server.damage { DamageSource::Exact } else { DamageSource::None },
            cursor: if server.cursor { CursorSource::Separate } else { CursorSource::None },
            secure_prompts: false,
        };
        Ok(Self {
            connection,
            screen,
            server,
            reports,
            way,
            info,
            options: Options::default(),
            told_generation: layout.generation,
            layout,
            pictures: Vec::new(),
            pointer: Pointer::default(),
            news: News::default(),
            next_look: Instant::now(),
            life: Life::Running,
            rest,
            stats: Stats::default(),
        })
    }

    /// Notes the end of the server, wherever it shows.
    fn check<T>(&mut self, result: Result<T, Fail>) -> Result<T, Error> {
        result.map_err(|fail| {
            if let (Fail::Gone(reason), Life::Running) = (&fail, &self.life) {
                self.life = Life::Failed(*reason);
            }
            fail.into()
        })
    }

    fn alive(&self) -> Result<(), Error> {
        if matches!(self.life, Life::Running) { Ok(()) } else { Err(Error::Ended) }
    }

    /// Takes in what the server has sent by now, and returns whether that was anything.
    fn hear(&mut self) -> Result<bool, Fail> {
        let mut heard = false;
        while let Some((event, sequence)) = self.connection.poll_for_event_with_sequence()? {
            self.note(&event, sequence);
            heard = true;
        }
        Ok(heard)
    }

    fn note(&mut self, event: &XEvent, sequence: SequenceNumber) {
        match event {
            XEvent::DamageNotify(event) => self.reports.iter_mut().for_each(|reports| reports.note(event, sequence)),
            XEvent::XfixesCursorNotify(event) => self.news.shape = Some(event.cursor_serial),
            XEvent::XinputRawMotion(_) => self.news.motion = true,
            XEvent::RandrScreenChangeNotify(_) | XEvent::RandrNotify(_) => self.news.layout = true,
            XEvent::ConfigureNotify(event) if event.window == self.screen.root => self.news.layout = true,
            // Errors of requests that have no answer: only releases are sent that way.
            _ => {}
        }
    }

    fn try_next(&mut self, until: Instant) -> Result<Option<Event>, Fail> {
        loop {
            self.hear()?;
            let asks = self.news.any() || self.damaged() || self.looks();
            if let Some(event) = self.digest()? {
                return Ok(Some(event));
            }
            // Events may have arrived together with the replies that `digest` waited for; then there is no reason to sleep.
            if asks && self.hear()? && Instant::now() < until {
                continue;
            }
            let wake_up = if self.looks() { until.min(self.next_look) } else { until };
            match self.rest.sleep(&self.connection, wake_up)? {
                Wake::Waker => return Ok(None),
                // However much the server says, the caller gets its turn.
                Wake::Time | Wake::Server if Instant::now() >= until => return Ok(None),
                Wake::Time | Wake::Server => {}
            }
        }
    }

    /// Whether anything has to be asked for because the server does not report it.
    fn looks(&self) -> bool {
        let pictures = self.reports.is_none() && self.pictures.iter().any(|picture| !picture.announced);
        pictures || (!self.server.motion && self.pointer.watched)
    }

    /// Whether the server has noted damage that was not taken.
    fn damaged(&self) -> bool {
        self.reports.as_ref().is_some_and(Reports::any)
    }

    /// Turns what the server said into the consumer's next event.
    fn digest(&mut self) -> Result<Option<Event>, Fail> {
        if self.news.layout {
            self.refresh_layout()?;
        }
        if self.told_generation != self.layout.generation {
            self.told_generation = self.layout.generation;
            return Ok(Some(Event::Layout(Arc::clone(&self.layout))));
        }
        if self.pictures.is_empty() {
            return Ok(None);
        }
        if let Some(event) = self.digest_pointer()? {
            return Ok(Some(event));
        }
        if self.damaged() && self.pictures.iter().any(|picture| !picture.announced) {
            self.pull()?;
        }
        if self.looks() && Instant::now() >= self.next_look {
            self.news.motion |= !self.server.motion;
            self.look()?;
            self.next_look = Instant::now() + self.options.poll.max(Duration::from_millis(1));
        }
        let changed = self.pictures.iter_mut().find(|picture| !picture.announced && !picture.pending.is_empty());
        Ok(changed.map(|picture| {
            picture.announced = true;
            Event::Frame(picture.id)
        }))
    }

    fn digest_pointer(&mut self) -> Result<Option<Event>, Fail> {
        if let Some(serial) = self.news.shape.take() {
            let shape = match self.pointer.shapes.recall(serial) {
                Some(shape) => shape,
                None => match self.connection.xfixes_get_cursor_image()?.reply().map_err(Fail::from) {
                    Ok(image) => self.pointer.shapes.learn(&image),
                    // The server's word for "none is shown" is an error, BadCursor.
                    Err(Fail::Refused(_)) => cursor::Shapes::hidden(),
                    Err(fail) => return Err(fail),
                },
            };
            if self.pointer.told_shape.replace(shape.id) != Some(shape.id) {
                return Ok(Some(Event::CursorShape(shape)));
            }
        }
        if std::mem::take(&mut self.news.motion) {
            let reply = self.connection.query_pointer(self.screen.root)?.reply()?;
            let position = self.locate(&reply);
            if position.is_some() && self.pointer.told_position != position {
                self.pointer.told_position = position;
                return Ok(position.map(Event::CursorPosition));
            }
        }
        Ok(None)
    }

    /// The pointer's display; none while it is on another screen of the server.
    fn locate(&self, reply: &QueryPointerReply) -> Option<Position> {
        let (display, x, y) = self.layout.locate(reply.root_x.into(), reply.root_y.into()).filter(|_| reply.same_screen)?;
        Some(Position { display: display.id, x, y })
    }

    /// Takes over what the server has noted as damaged.
    fn pull(&mut self) -> Result<(), Fail> {
        let Some(reports) = &mut self.reports else { return Ok(()) };
        let pointer = reports.take(&self.connection, &mut self.pictures, &mut self.stats).inspect_err(|_| {
            // The notes may be gone without having reached us.
            self.pictures.iter_mut().for_each(Picture::forget);
        })?;
        // Drawing is when programs also move the pointer without any motion (`XWarpPointer`).
        let position = self.locate(&pointer);
        self.news.motion |= position.is_some() && position != self.pointer.told_position;
        Ok(())
    }

    /// Looks for changes where the server reports none. Pictures that wait to be taken can wait with this too.
    fn look(&mut self) -> Result<(), Fail> {
        for picture in self.pictures.iter_mut().filter(|picture| !picture.announced) {
            match picture.look(&self.connection, &mut self.stats) {
                // The display has just changed; the layout's event is on its way.
                Ok(()) | Err(Fail::Refused(_)) => {}
                Err(fail) => return Err(fail),
            }
        }
        Ok(())
    }

    /// Reads the layout and fits the watched pictures to it.
    fn refresh_layout(&mut self) -> Result<(), Fail> {
        self.news.layout = false;
        let displays = monitors::read(&self.connection, self.screen.root, self.server.monitors, &self.layout)?;
        if displays == self.layout.displays {
            return Ok(());
        }
        self.layout = self.layout.succeed(displays);
        self.news.motion |= self.pointer.watched;
        let mut result = Ok(());
        for mut picture in std::mem::take(&mut self.pictures) {
            let Some(display) = self.layout.display(picture.id) else {
                picture.buffer.release(&self.connection);
                continue;
            };
            if let Err(fail) = picture.refit(&self.connection, self.way, &self.screen, display) {
                // No room for this one: it is no longer watched, and the caller hears why.
                picture.buffer.release(&self.connection);
                result = Err(fail);
                continue;
            }
            self.pictures.push(picture);
        }
        result
    }

    /// Brings one picture up to date and returns its index.
    fn take(&mut self, display: DisplayId) -> Result<usize, Fail> {
        self.hear()?;
        if self.damaged() || self.options.verify {
            self.pull()?;
        }
        let Some(index) = self.pictures.iter().position(|picture| picture.id == display) else {
            let known = self.layout.display(display).is_some();
            return Err(if known {
                Error::ApiMisuse("frame is asked of a display that was started")
            } else {
                Error::NoSuchDisplay(display)
            }
            .into());
        };
        let picture = &mut self.pictures[index];
        picture.take(&self.connection, self.options.poll, &mut self.stats)?;
        if self.options.verify {
            self.stats.missed_pixels += picture.verify(&self.connection)?;
        }
        Ok(index)
    }

    /// As `take`, with the server held still from the damage report to the last comparison if that is to be verified.
    fn take_held(&mut self, display: DisplayId) -> Result<usize, Fail> {
        if !self.options.verify || self.reports.is_none() {
            return self.take(display);
        }
        self.connection.grab_server()?;
        let result = self.take(display);
        self.connection.ungrab_server()?;
        self.connection.flush()?;
        result
    }

    fn try_start(&mut self, displays: &[DisplayId]) -> Result<(), Fail> {
        let mut fresh = Vec::new();
        for display in displays.iter().filter_map(|id| self.layout.display(*id)) {
            if !self.pictures.iter().any(|picture| picture.id == display.id) {
                fresh.push(Picture::new(&self.connection, self.way, self.reports.is_some(), &self.screen, display)?);
            }
        }
        self.pictures.extend(fresh);
        let (kept, dropped) = std::mem::take(&mut self.pictures).into_iter().partition(|picture| displays.contains(&picture.id));
        self.pictures = kept;
        for picture in dropped {
            picture.buffer.release(&self.connection);
        }
        if !self.pointer.watched {
            self.server.watch_pointer(&self.connection, &self.screen)?;
            self.pointer.watched = true;
            self.news.motion = true;
            // Not a serial that the server has used, so the shape is asked for.
            self.news.shape = self.server.cursor.then_some(0);
        }
        self.connection.flush()?;
        Ok(())
    }
}

impl Capture for X11Capture {
    fn info(&self) -> &Info {
        &self.info
    }

    fn layout(&self) -> Arc<Layout> {
        Arc::clone(&self.layout)
    }

    fn start(&mut self, displays: &[DisplayId], options: &Options) -> Result<(), Error> {
        self.alive()?;
        let mut named = HashSet::new();
        if displays.is_empty() {
            return Err(Error::ApiMisuse("start names at least one display"));
        }
        for id in displays {
            self.layout.display(*id).ok_or(Error::NoSuchDisplay(*id))?;
            if !named.insert(*id) {
                return Err(Error::ApiMisuse("start names each display once"));
            }
        }
        self.options = options.clone();
        let result = self.try_start(displays);
        self.check(result)
    }

    fn next(&mut self, until: Instant) -> Result<Option<Event>, Error> {
        if matches!(self.life, Life::Running) {
            let result = self.try_next(until);
            match self.check(result) {
                Err(Error::Ended) => {}
                other => return other,
            }
        }
        match std::mem::replace(&mut self.life, Life::Over) {
            Life::Failed(reason) => Ok(Some(Event::State(State::Ended(reason)))),
            Life::Running | Life::Over => Err(Error::Ended),
        }
    }

    fn frame(&mut self, display: DisplayId) -> Result<Frame<'_>, Error> {
        self.alive()?;
        let mut result = self.take_held(display);
        if matches!(result, Err(Fail::Refused(_))) {
            // The display was resized or unplugged under our hands. Once more with what is there now.
            result = self.refresh_layout().and_then(|()| self.take_held(display));
        }
        let index = self.check(result)?;
        let picture = &self.pictures[index];
        Ok(Frame {
            seq: picture.seq,
            generation: self.layout.generation,
            at: picture.at,
            size: picture.buffer.size(),
            stride: picture.buffer.stride(),
            format: PixelFormat::Bgrx,
            damage: picture.taken.rects(),
            moves: &[],
            pixels: picture.buffer.pixels(),
        })
    }

    fn invalidate(&mut self, display: DisplayId) {
        if let Some(picture) = self.pictures.iter_mut().find(|picture| picture.id == display) {
            picture.forget();
        }
    }

    fn waker(&self) -> Waker {
        self.rest.waker()
    }

    fn stats(&self) -> Stats {
        self.stats
    }
}
