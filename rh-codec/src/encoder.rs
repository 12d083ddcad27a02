//! Frames to wire bytes.

#[cfg(feature = "h264")]
mod film;

use std::sync::Arc;

use crate::{
    Budget, Encoded, Error, FirstPaint, FrameView, Hints, Move, Rect, Settings, Workers,
    cache::Cache,
    classify::{self, Content},
    diff::{TILE, TileMap},
    egfx::{
        caps::{CapSet, CapsConfirm},
        pdu::FrameAcknowledge,
    },
    image::Surface,
    motion,
    owed::Owed,
    paint::{Paint, REFINED_AT_ONCE, halves, most_bytes, strips},
    profile::Writer,
    region,
    room::Room,
};

/// Frames during which nothing moved, before a screen counts as being at rest.
const REST: u64 = 24;
/// Frames during which a tile has not changed, before it is refined.
const QUIET: u64 = 3;
/// Frames without images, before a small one is painted exactly at once.
const ALONE: u64 = 3;
/// Pixels of images that are an icon or a title.
const SMALL: u64 = 1 << 13;

/// Turns frames into messages for one viewer.
///
/// Call [`encode`](Self::encode) for every frame, and again with the newest frame while [`is_settled`](Self::is_settled) is
/// false and the budget allows. Messages must reach the decoder whole, in order, without loss. When a new viewer takes over, or
/// the decoder reports an error, call [`reset`](Self::reset).
///
/// Memory: twice 4 bytes a pixel (what was sent, and what the viewer shows of it), twice 16 KiB for each tile kept
/// ([`Limits::max_cached_tiles`](crate::Limits::max_cached_tiles)), 2 MiB of contexts, and about 1 MiB of tables for the search.
pub struct Encoder {
    settings: Settings,
    writer: Writer,
    search: motion::Search,
    /// The pixels of the frames that were sent, wherever they were sent from.
    sent: Surface,
    /// What the viewer shows of them once it has decoded all messages so far.
    shown: Surface,
    tiles: TileMap,
    owed: Owed,
    cache: Cache,
    #[cfg(feature = "h264")]
    film: film::Film,
    /// Frames seen, for dating what waits.
    now: u64,
    /// Number of the frame that last moved something, or had images.
    moved: u64,
    starting: bool,
    /// The picture has to begin anew, though it has the same size.
    rearranged: bool,
    /// A frame was passed over unseen, so the next one's damage does not tell everything.
    blind: bool,
    messages: u64,
    acknowledged: u64,
    // Kept for their memory only.
    regions: Vec<Rect>,
    pieces: Vec<(Rect, Content)>,
    copies: Vec<motion::Copy>,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("settings", &self.settings).field("size", &self.shown.size()).finish_non_exhaustive()
    }
}

impl Encoder {
    /// An encoder that has sent nothing yet.
    ///
    /// # Errors
    /// `ApiMisuse` if the limits contradict themselves, or H.264 is asked for without feature `h264`.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Self::confirmed(settings, &CapsConfirm { set: CapSet::PLAIN })
    }

    /// The same, of [`Profile::Egfx`](crate::Profile::Egfx), for a client whose offer was answered by `confirm`
    /// ([`negotiate`](crate::egfx::caps::negotiate)): what it can decode and how much it keeps is used, and no more.
    ///
    /// # Errors
    /// `ApiMisuse` if that is no version of the pipeline, or the limits contradict themselves.
    pub fn confirmed(settings: Settings, confirm: &CapsConfirm<'_>) -> Result<Self, Error> {
        settings.limits.validate()?;
        if settings.h264 && !cfg!(feature = "h264") {
            return Err(Error::ApiMisuse("films as H.264 need this library's feature `h264`"));
        }
        let writer = Writer::new(settings.profile, confirm, &settings.limits, settings.effort)?;
        Ok(Self {
            settings,
            cache: Cache::new(writer.slots(&settings.limits), writer.least_recall()),
            writer,
            search: motion::Search::new(),
            sent: Surface::default(),
            shown: Surface::default(),
            tiles: TileMap::default(),
            owed: Owed::default(),
            #[cfg(feature = "h264")]
            film: film::Film::new(&settings),
            now: 0,
            moved: 0,
            starting: true,
            rearranged: false,
            blind: false,
            messages: 0,
            acknowledged: 0,
            regions: Vec::new(),
            pieces: Vec::new(),
            copies: Vec::new(),
        })
    }

    /// Lends the encoder threads for its calls. Bytes stay the same.
    #[must_use]
    pub fn with_workers(mut self, workers: Arc<dyn Workers>) -> Self {
        self.writer.set_workers(workers);
        self
    }

    /// Appends to `out` what brings the viewer closest to `frame` within `budget`; nothing if it shows that already.
    ///
    /// What does not fit waits: later calls send it, newest content first, always as it looks in their own frame.
    /// A frame of another size than the one before is announced in the message.
    ///
    /// # Errors
    /// `LimitExceeded` if the frame is larger than the viewer's limits, or than the format has pictures (nothing is appended, the encoder remains
    /// usable).
    pub fn encode(&mut self, frame: &FrameView<'_>, hints: &Hints<'_>, budget: Budget, out: &mut Vec<u8>) -> Result<Encoded, Error> {
        let (width, height) = (frame.width(), frame.height());
        if let Err(error) = self.settings.limits.check_size(width, height) {
            self.blind = true;
            return Err(error);
        }
        let budget = self.writer.budget(budget);
        self.now += 1;
        let new_size = self.starting || self.rearranged || self.sent.size() != (width, height);
        if new_size && budget.is_nothing() {
            self.blind = true;
            return Ok(Encoded::default());
        }
        let mut message = Room::new(budget, &self.settings.limits);
        let mut encoded = Encoded::default();
        self.writer.begin();
        if new_size {
            if std::mem::take(&mut self.starting) {
                self.writer.reset();
            }
            self.rearranged = false;
            self.writer.size(&mut self.shown, width, height);
            self.sent.resize(width, height);
            self.tiles.resize(width, height);
            self.owed.resize(width, height);
            self.cache.clear(self.tiles.columns() * self.tiles.rows());
            #[cfg(feature = "h264")]
            self.film.resize(width, height);
        }
        self.compare(frame, hints, new_size);
        #[cfg(feature = "h264")]
        let waits = self.film.waits();
        #[cfg(not(feature = "h264"))]
        let waits = false;
        if !budget.is_nothing() && (waits || !self.tiles.is_clean()) {
            if !new_size {
                self.keep_tiles(&mut message);
            }
            self.tiles.touch(self.now);
            #[cfg(feature = "h264")]
            self.send_film(frame, &mut message, &mut encoded);
            if !new_size {
                self.send_copies(frame, hints.moves, &mut message, &mut encoded);
                self.recall_tiles(frame, &mut message, &mut encoded);
            }
            self.tiles.date(frame, self.now);
            self.send_regions(frame, new_size, &mut message, &mut encoded);
            self.sharpen(frame, &mut message, &mut encoded);
        } else {
            self.tiles.date(frame, self.now);
        }
        if self.settings.refine && !budget.is_nothing() {
            self.refine(frame, &mut message, &mut encoded);
        }
        self.tiles.remember(frame);
        #[cfg(feature = "h264")]
        self.film.end_frame();
        if new_size || message.operations > 0 {
            let start = out.len();
            self.writer.finish(out)?;
            self.messages += 1;
            encoded.bytes = out.len() - start;
        }
        Ok(encoded)
    }

    /// Brings the map of what differs up to date.
    fn compare(&mut self, frame: &FrameView<'_>, hints: &Hints<'_>, everywhere: bool) {
        let whole = Rect::new(0, 0, frame.width(), frame.height());
        let blind = std::mem::take(&mut self.blind);
        match hints.damage {
            Some(damage) if !everywhere && !blind => {
                self.tiles.compare_dirty(frame, &self.sent);
                for rect in damage {
                    self.tiles.compare(frame, &self.sent, rect.intersection(&whole));
                }
            }
            _ => self.tiles.compare(frame, &self.sent, whole),
        }
    }

    /// Keeps what is about to be covered.
    fn keep_tiles(&mut self, message: &mut Room) {
        for row in 0..self.tiles.rows() {
            for column in 0..self.tiles.columns() {
                let (index, tile) = (self.tiles.index(column, row), self.tiles.tile_rect(column, row));
                if self.cache.wants(&self.tiles, column, row, self.now, &self.sent)
                    && message.fits(self.writer.len() + self.writer.head())
                    && message.admits(tile.area())
                {
                    let slot = self.cache.keep(index, tile, self.owed.passes(tile), &self.sent);
                    // A picture has fewer than 2^32 tiles.
                    self.writer.keep(&self.shown, slot, u32::try_from(index).unwrap_or(u32::MAX), tile);
                    message.count(u64::from(TILE * TILE));
                }
            }
        }
    }

    /// Shows again what was covered.
    fn recall_tiles(&mut self, frame: &FrameView<'_>, message: &mut Room, encoded: &mut Encoded) {
        for row in 0..self.tiles.rows() {
            for column in 0..self.tiles.columns() {
                if self.tiles.dirty_rows(column, row) == 0 {
                    continue;
                }
                let Some(find) = self.cache.find(&self.tiles, column, row, frame, &self.sent) else { continue };
                if !message.fits(self.writer.len() + self.writer.head()) || !message.admits(find.part.area()) {
                    return;
                }
                self.writer.recall(&mut self.shown, find.slot, find.part);
                self.cache.recall(&find, &mut self.sent);
                self.owed.painted(find.part, find.passes);
                self.tiles.settle(frame, &self.sent, find.part);
                message.count(find.part.area());
                encoded.recalls += 1;
            }
        }
    }

    fn send_copies(&mut self, frame: &FrameView<'_>, moves: &[Move], message: &mut Room, encoded: &mut Encoded) {
        self.search.find(&mut self.copies, &self.tiles, frame, &self.sent, moves);
        for copy in &self.copies {
            if !message.fits(self.writer.len() + self.writer.head()) || !message.admits(copy.src.area()) {
                break;
            }
            self.writer.copy(&mut self.shown, *copy);
            self.sent.copy_within(copy.src, copy.x, copy.y);
            self.owed.copy(copy.src, copy.x, copy.y);
            self.tiles.touch_all(copy.target(), self.now);
            self.tiles.compare(frame, &self.sent, copy.target());
            message.count(copy.src.area());
            encoded.copies += 1;
            #[cfg(feature = "h264")]
            self.film.copied(copy.src.area());
            self.moved = self.now;
        }
    }

    fn send_regions(&mut self, frame: &FrameView<'_>, new_size: bool, message: &mut Room, encoded: &mut Encoded) {
        let (mut regions, mut pieces) = (std::mem::take(&mut self.regions), std::mem::take(&mut self.pieces));
        let mut date = u64::MAX;
        'all: while let Some(since) = self.tiles.newest_before(date) {
            date = since;
            region::collect(&mut regions, &self.tiles, since, frame, &self.sent);
            pieces.clear();
            for region in &regions {
                classify::pieces(&mut pieces, frame, *region);
            }
            let paint = self.first_paint(&pieces, new_size, message);
            for (rect, content) in &pieces {
                let paint = match content {
                    Content::Solid(colour) => Paint::Fill(*colour),
                    Content::Text => Paint::Text,
                    Content::Image => paint,
                };
                if !self.send_piece(frame, *rect, paint, message, encoded) {
                    break 'all;
                }
            }
        }
        (self.regions, self.pieces) = (regions, pieces);
    }

    /// How the images among these pieces are painted.
    ///
    /// A picture of moderate size that appears on a screen at rest is painted exactly at once: on a link that carries it in an instant
    /// a coarse version before it would be wasted. While things move, what is painted now is gone soon.
    fn first_paint(&mut self, pieces: &[(Rect, Content)], new_size: bool, message: &Room) -> Paint {
        let area: u64 = pieces.iter().filter(|(_, content)| *content == Content::Image).map(|(rect, _)| rect.area()).sum();
        let rested = !new_size && self.now > self.moved + REST;
        let alone = self.now > self.moved + ALONE;
        if area > SMALL {
            self.moved = self.now;
        }
        let wanted = area
            <= if rested {
                self.writer.most_at_once()
            } else if alone {
                SMALL
            } else {
                0
            };
        // Two bytes a pixel are a busy photograph.
        let affordable = message.fits(self.writer.len().saturating_add(most_bytes(area) / 3));
        if self.settings.images == FirstPaint::Exact || (wanted && affordable) { Paint::Exact } else { Paint::Coarse }
    }

    /// Sends a piece, or of a large one as many parts as fit; returns whether the message has room for more.
    fn send_piece(&mut self, frame: &FrameView<'_>, rect: Rect, paint: Paint, message: &mut Room, encoded: &mut Encoded) -> bool {
        // Of a piece that is sent part by part, over several messages, some parts are done.
        let due = match paint {
            Paint::Finer => self.owed.passes(rect) == 1,
            Paint::ExactFromCoarse => self.owed.passes(rect) > 0,
            _ => self.tiles.is_dirty_in(rect) || self.owed.passes(rect) > 0,
        };
        if !due {
            return true;
        }
        let room = |writer: &Writer, estimate: usize| message.fits(writer.len().saturating_add(writer.head() + estimate));
        if !room(&self.writer, most_bytes(rect.area())) && !room(&self.writer, paint.most_bytes(frame, rect)) {
            self.writer.settle_len();
        }
        if !room(&self.writer, most_bytes(rect.area())) && !room(&self.writer, paint.most_bytes(frame, rect)) {
            if let Some((first, second)) = halves(rect) {
                return self.send_piece(frame, first, paint, message, encoded) && self.send_piece(frame, second, paint, message, encoded);
            }
            if message.operations > 0 {
                return false;
            }
        }
        if !message.admits(rect.area()) {
            return false;
        }
        message.count(rect.area());
        self.sent.copy_from(frame, rect);
        match paint {
            Paint::Fill(colour) => {
                encoded.fills += 1;
                self.writer.fill(&mut self.shown, rect, colour);
            }
            Paint::Text => {
                encoded.texts += 1;
                self.writer.text(&mut self.shown, frame, rect);
            }
            _ => {
                encoded.images += 1;
                #[cfg(feature = "h264")]
                if matches!(paint, Paint::Coarse | Paint::Exact) {
                    self.film.painted(rect);
                }
                self.writer.image(&mut self.shown, frame, rect, paint);
            }
        }
        match paint {
            Paint::Finer => self.owed.refined(rect, paint.passes()),
            _ => self.owed.painted(rect, paint.passes()),
        }
        self.tiles.settle(frame, &self.sent, rect);
        true
    }

    /// Paints exactly what must not be coarse: blocks that look like text, which images hold (letters over a photograph) and which come
    /// about at their edges as they move.
    fn sharpen(&mut self, frame: &FrameView<'_>, message: &mut Room, encoded: &mut Encoded) {
        if self.owed.is_empty() {
            return;
        }
        let mut regions = std::mem::take(&mut self.regions);
        regions.clear();
        let (tiles, now) = (&self.tiles, self.now);
        let changed = |block: Rect| tiles.changed(block.x / TILE, block.y / TILE) == now;
        self.owed.sharp_runs(&mut regions, frame, (&self.sent, &self.shown), changed);
        for region in &regions {
            if !self.send_piece(frame, *region, Paint::Text, message, encoded) {
                break;
            }
        }
        self.regions = regions;
    }

    /// Sends what is owed where nothing has moved for a while, the newest first, and no more at a time than lets the next frame wait
    /// for a few milliseconds.
    fn refine(&mut self, frame: &FrameView<'_>, message: &mut Room, encoded: &mut Encoded) {
        let mut regions = std::mem::take(&mut self.regions);
        let (mut before, mut refined) = (self.now.saturating_sub(QUIET), 0);
        'all: while !self.owed.is_empty() && !message.is_full(self.writer.len() + self.writer.head()) {
            let Some(date) = self.tiles.latest_change(before, |tile| self.owed.passes(tile) > 0) else { break };
            before = date;
            let area: u64 = self.tiles.clean_since(date).filter(|tile| self.owed.passes(*tile) > 0).map(|tile| tile.area()).sum();
            // A link that takes long for the exact picture shows a better one before.
            let long = self.writer.has_passes() && !message.fits(self.writer.len().saturating_add(most_bytes(area) / 12));
            for (paint, passes) in [(Paint::Finer, 1), (Paint::ExactFromCoarse, u8::MAX)] {
                if paint == Paint::Finer && !long {
                    continue;
                }
                regions.clear();
                let known = self.writer.is_bit_exact().then_some((&self.sent, &self.shown));
                for tile in self.tiles.clean_since(date) {
                    region::join_tile(&mut regions, self.owed.bounds(tile, passes, known));
                }
                for region in &regions {
                    for strip in strips(*region) {
                        let enough = refined > 0 && refined + strip.area() > REFINED_AT_ONCE;
                        refined += strip.area();
                        if enough || !self.send_piece(frame, strip, paint, message, encoded) {
                            break 'all;
                        }
                    }
                }
            }
        }
        self.regions = regions;
    }

    /// Whether the viewer, once it has everything, shows the last frame exactly: nothing waits, nothing is to be refined.
    pub fn is_settled(&self) -> bool {
        #[cfg(feature = "h264")]
        if self.film.waits() {
            return false;
        }
        !self.starting && !self.rearranged && !self.blind && self.tiles.is_clean() && (!self.settings.refine || self.owed.is_empty())
    }

    /// Forgets the viewer: the next message starts a stream that a new decoder, or one that failed, can read.
    pub fn reset(&mut self) {
        self.starting = true;
        #[cfg(feature = "h264")]
        self.film.reset();
        (self.messages, self.acknowledged) = (0, 0);
    }

    /// The viewer has decoded `messages` messages since the stream started.
    ///
    /// # Errors
    /// `PeerViolation` if that is more than were sent, or fewer than it said before.
    pub fn handle_ack(&mut self, messages: u64) -> Result<(), Error> {
        if messages > self.messages {
            return Err(Error::PeerViolation("acknowledges a message that was never sent"));
        }
        if messages < self.acknowledged {
            return Err(Error::PeerViolation("takes an acknowledgement back"));
        }
        self.acknowledged = messages;
        Ok(())
    }

    /// The client of [`Profile::Egfx`](crate::Profile::Egfx) has shown a frame, or suspends acknowledgements. From the first one on, frames are held
    /// back and budgets cut by what it has not shown yet ([`Flow::budget`](crate::egfx::Flow::budget)).
    ///
    /// # Errors
    /// `PeerViolation` if that frame was never sent, or one after it has been acknowledged; `ApiMisuse` in another profile.
    pub fn handle_frame_ack(&mut self, ack: &FrameAcknowledge) -> Result<(), Error> {
        self.writer.egfx()?.flow().handle_ack(ack)
    }

    /// Which parts of the frames are monitors, the primary one first; none means that all is one. For clients of
    /// [`Profile::Egfx`](crate::Profile::Egfx); the next message begins a new picture.
    ///
    /// # Errors
    /// `ApiMisuse` if there are more than 16, an empty one, or in another profile.
    pub fn set_monitors(&mut self, monitors: &[Rect]) -> Result<(), Error> {
        self.writer.egfx()?.set_monitors(monitors)?;
        self.rearranged = true;
        Ok(())
    }

    /// Messages that the viewer has not acknowledged: what to hold back frames by on a slow link. 0 if the client of
    /// [`Profile::Egfx`](crate::Profile::Egfx) has suspended acknowledgements.
    pub fn unacknowledged(&self) -> u64 {
        self.writer.unacknowledged().unwrap_or(self.messages - self.acknowledged)
    }
}
