//! Frames to wire bytes.

use crate::{
    Error, FrameView, Limits, Move, Rect,
    cache::Cache,
    classify::{self, Content},
    diff::{TILE, TileMap},
    image::Surface,
    motion, native,
    owed::Owed,
    region,
};

/// The wire format that an encoder speaks. Both sides agree on it before the first frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// Our own: exact from the first paint, one zstd stream a session. Between our own peers.
    #[default]
    Native,
}

/// Work spent on fewer bytes. Any decoder reads any effort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effort {
    /// Least processor time, for weak machines and local networks.
    Fast,
    /// For most.
    #[default]
    Balanced,
    /// Fewest bytes that still keep up with a screen, for slow links.
    Small,
}

/// How an encoder works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The wire format.
    pub profile: Profile,
    /// What the viewer's decoder accepts; frames beyond are refused rather than sent.
    pub limits: Limits,
    /// Processor time against bytes.
    pub effort: Effort,
    /// Whether what was first painted inexactly is refined until it is exact. [`Profile::Native`] paints exactly at once and has
    /// nothing to refine.
    pub refine: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { profile: Profile::Native, limits: Limits::default(), effort: Effort::default(), refine: true }
    }
}

/// What the window system knows about a frame, relative to the frame encoded before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// Where something may have changed; `None` if unknown, then the encoder compares everything. What lies outside is
    /// believed to be as it was, so a rectangle missing here is missing on the viewer's screen.
    pub damage: Option<&'a [Rect]>,
    /// What has moved. Checked, never believed; empty if unknown, then the encoder searches.
    pub moves: &'a [Move],
}

/// Bytes that one call of [`Encoder::encode`] may append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(usize);

impl Budget {
    /// As many as the frame needs.
    pub const UNLIMITED: Self = Self(usize::MAX);

    /// At most `bytes`. 0 sends nothing; any other number sends at least one operation, even if that is larger.
    pub const fn bytes(bytes: usize) -> Self {
        Self(bytes)
    }
}

/// What one call of [`Encoder::encode`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Encoded {
    /// Bytes appended; 0 means that nothing is to be sent.
    pub bytes: usize,
    /// Areas moved within the viewer's picture.
    pub copies: u32,
    /// Areas of what was covered shown again.
    pub recalls: u32,
    /// Areas filled with one colour.
    pub fills: u32,
    /// Areas sent pixel by pixel as text.
    pub texts: u32,
    /// Areas sent pixel by pixel as image.
    pub images: u32,
}

/// Turns frames into messages for one viewer.
///
/// Call [`encode`](Self::encode) for every frame, and again with the newest frame while [`is_settled`](Self::is_settled) is
/// false and the budget allows. Messages must reach the decoder whole, in order, without loss. When a new viewer takes over, or
/// the decoder reports an error, call [`reset`](Self::reset).
///
/// Memory: 4 bytes a pixel for what the viewer shows, zstd's window of 2^23 bytes (less where the viewer's limits are lower) and
/// its tables (a few MiB; more with [`Effort::Small`]), about 1 MiB of tables for the search, and 4 bytes a row of each cell of the
/// largest area that changed at once.
pub struct Encoder {
    settings: Settings,
    writer: native::Writer,
    search: motion::Search,
    /// The pixels of the frames that were sent, wherever they were sent from.
    sent: Surface,
    /// What the viewer shows of them once it has decoded all messages so far.
    shown: Surface,
    tiles: TileMap,
    owed: Owed,
    cache: Cache,
    /// Frames seen, for dating what waits.
    now: u64,
    starting: bool,
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
    /// `ApiMisuse` if the limits contradict themselves.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        settings.limits.validate()?;
        let Profile::Native = settings.profile;
        Ok(Self {
            settings,
            writer: native::Writer::new(),
            search: motion::Search::new(),
            sent: Surface::default(),
            shown: Surface::default(),
            tiles: TileMap::default(),
            owed: Owed::default(),
            cache: Cache::new(settings.limits.max_cached_tiles),
            now: 0,
            starting: true,
            blind: false,
            messages: 0,
            acknowledged: 0,
            regions: Vec::new(),
            pieces: Vec::new(),
            copies: Vec::new(),
        })
    }

    /// Appends to `out` what brings the viewer closest to `frame` within `budget`; nothing if it shows that already.
    ///
    /// What does not fit waits: later calls send it, newest content first, always as it looks in their own frame.
    /// A frame of another size than the one before is announced in the message.
    ///
    /// # Errors
    /// `LimitExceeded` if the frame is larger than the viewer's limits (nothing is appended, the encoder remains usable).
    pub fn encode(&mut self, frame: &FrameView<'_>, hints: &Hints<'_>, budget: Budget, out: &mut Vec<u8>) -> Result<Encoded, Error> {
        let (width, height) = (frame.width(), frame.height());
        if let Err(error) = self.settings.limits.check_size(width, height) {
            self.blind = true;
            return Err(error);
        }
        self.now += 1;
        let new_size = self.starting || self.sent.size() != (width, height);
        if new_size && budget.0 == 0 {
            self.blind = true;
            return Ok(Encoded::default());
        }
        let mut message = Message::new(budget, &self.settings.limits);
        let mut encoded = Encoded::default();
        self.writer.begin();
        if new_size {
            if std::mem::take(&mut self.starting) {
                self.writer.reset();
            }
            self.writer.size(width, height);
            self.sent.resize(width, height);
            self.shown.resize(width, height);
            self.tiles.resize(width, height);
            self.owed.resize(width, height);
            self.cache.clear(self.tiles.columns() * self.tiles.rows());
        }
        self.compare(frame, hints, new_size);
        if budget.0 > 0 && !self.tiles.is_clean() {
            if !new_size {
                self.keep_tiles(&mut message);
                self.send_copies(frame, hints.moves, &mut message, &mut encoded);
                self.recall_tiles(frame, &mut message, &mut encoded);
            }
            self.tiles.date(frame, self.now);
            self.send_regions(frame, &mut message, &mut encoded);
        } else {
            self.tiles.date(frame, self.now);
        }
        self.tiles.remember(frame);
        if new_size || message.operations > 0 {
            let start = out.len();
            self.writer.finish(out);
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
    fn keep_tiles(&mut self, message: &mut Message) {
        for row in 0..self.tiles.rows() {
            for column in 0..self.tiles.columns() {
                let (index, tile) = (self.tiles.index(column, row), self.tiles.tile_rect(column, row));
                if self.cache.wants(&self.tiles, column, row, self.now, &self.sent)
                    && message.fits(self.writer.len() + HEAD)
                    && message.admits(tile.area())
                {
                    let slot = self.cache.keep(index, tile, self.owed.passes(tile), &self.sent, &self.shown);
                    // A picture has fewer than 2^32 tiles.
                    self.writer.keep(slot, u32::try_from(index).unwrap_or(u32::MAX));
                    message.count(u64::from(TILE * TILE));
                }
            }
        }
    }

    /// Shows again what was covered.
    fn recall_tiles(&mut self, frame: &FrameView<'_>, message: &mut Message, encoded: &mut Encoded) {
        for row in 0..self.tiles.rows() {
            for column in 0..self.tiles.columns() {
                if self.tiles.dirty_rows(column, row) == 0 {
                    continue;
                }
                let Some(find) = self.cache.find(&self.tiles, column, row, frame, &self.sent) else { continue };
                if !message.fits(self.writer.len() + HEAD) || !message.admits(find.part.area()) {
                    return;
                }
                self.writer.recall(find.slot, find.part);
                self.cache.recall(&find, &mut self.sent, &mut self.shown);
                if find.passes == 0 {
                    self.owed.pay(find.part)
                } else {
                    self.owed.owe(find.part, find.passes)
                }
                self.tiles.settle(frame, &self.sent, find.part);
                message.count(find.part.area());
                encoded.recalls += 1;
            }
        }
    }

    fn send_copies(&mut self, frame: &FrameView<'_>, moves: &[Move], message: &mut Message, encoded: &mut Encoded) {
        self.search.find(&mut self.copies, &self.tiles, frame, &self.sent, moves);
        for copy in &self.copies {
            if !message.fits(self.writer.len() + HEAD) || !message.admits(copy.src.area()) {
                break;
            }
            self.writer.copy(&mut self.shown, *copy);
            self.sent.copy_within(copy.src, copy.x, copy.y);
            self.owed.copy(copy.src, copy.x, copy.y);
            self.tiles.compare(frame, &self.sent, copy.target());
            message.count(copy.src.area());
            encoded.copies += 1;
        }
    }

    fn send_regions(&mut self, frame: &FrameView<'_>, message: &mut Message, encoded: &mut Encoded) {
        let (mut regions, mut pieces) = (std::mem::take(&mut self.regions), std::mem::take(&mut self.pieces));
        let mut date = u64::MAX;
        'all: while let Some(since) = self.tiles.newest_before(date) {
            date = since;
            region::collect(&mut regions, &self.tiles, since, frame, &self.sent);
            for region in &regions {
                classify::pieces(&mut pieces, frame, *region);
                for (rect, content) in &pieces {
                    if !self.send_piece(frame, *rect, *content, message, encoded) {
                        break 'all;
                    }
                }
            }
        }
        (self.regions, self.pieces) = (regions, pieces);
    }

    /// Sends a piece, or of a large one as many parts as fit; returns whether the message has room for more.
    fn send_piece(&mut self, frame: &FrameView<'_>, rect: Rect, content: Content, message: &mut Message, encoded: &mut Encoded) -> bool {
        if !message.fits(self.writer.len().saturating_add(HEAD + most_bytes(rect.area())))
            && !message.fits(self.writer.len().saturating_add(HEAD + classify::most_bytes(frame, rect, content)))
        {
            if let Some((first, second)) = halves(rect) {
                return self.send_piece(frame, first, content, message, encoded)
                    && self.send_piece(frame, second, content, message, encoded);
            }
            if message.operations > 0 {
                return false;
            }
        }
        if !message.admits(rect.area()) {
            return false;
        }
        message.count(rect.area());
        match content {
            Content::Solid(colour) => {
                encoded.fills += 1;
                self.writer.fill(&mut self.shown, rect, colour);
            }
            Content::Text => {
                encoded.texts += 1;
                self.writer.text(&mut self.shown, frame, rect);
            }
            Content::Image => {
                encoded.images += 1;
                self.writer.text(&mut self.shown, frame, rect);
            }
        }
        self.sent.put(frame, rect);
        self.tiles.settle(frame, &self.sent, rect);
        true
    }

    /// Whether the viewer, once it has everything, shows the last frame exactly: nothing waits, nothing is to be refined.
    pub fn is_settled(&self) -> bool {
        !self.starting && !self.blind && self.tiles.is_clean()
    }

    /// Forgets the viewer: the next message starts a stream that a new decoder, or one that failed, can read.
    pub fn reset(&mut self) {
        self.starting = true;
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

    /// Messages that the viewer has not acknowledged: what to hold back frames by on a slow link.
    pub fn unacknowledged(&self) -> u64 {
        self.messages - self.acknowledged
    }
}

/// How large a message may become, by the caller's budget and the viewer's limits.
struct Message {
    most_bytes: usize,
    /// Operations written. The first one always may, lest a small budget sends nothing for ever.
    operations: u32,
    most_operations: u32,
    /// Pixels touched.
    work: u64,
    most_work: u64,
}

impl Message {
    fn new(Budget(bytes): Budget, limits: &Limits) -> Self {
        // One operation is the size of the picture.
        Self { most_bytes: bytes, operations: 0, most_operations: limits.max_operations - 1, work: 0, most_work: limits.max_work() }
    }

    fn fits(&self, bytes: usize) -> bool {
        bytes <= self.most_bytes
    }

    fn admits(&self, area: u64) -> bool {
        self.operations < self.most_operations && self.work + area <= self.most_work
    }

    fn count(&mut self, area: u64) {
        self.operations += 1;
        self.work += area;
    }
}

/// Bytes of an operation without its pixels, amply.
const HEAD: usize = 16;

/// Bytes that pixels take at most, whatever they are: an escape for each.
fn most_bytes(area: u64) -> usize {
    usize::try_from(area * 4).unwrap_or(usize::MAX / 2)
}

/// The least part that a piece is cut into when the budget is short: a tile wide, and high enough for a line of text.
const PART: (u32, u32) = (TILE, 16);

/// Cuts a rectangle in two along the grid of parts, across its longer side; `None` if it is one part.
fn halves(rect: Rect) -> Option<(Rect, Rect)> {
    let cut = |start: u32, len: u32, grid: u32| {
        let middle = (start + len / 2).next_multiple_of(grid);
        let middle = if middle < start + len { middle } else { (start + len - 1) / grid * grid };
        (middle > start).then(|| middle - start)
    };
    let across = cut(rect.y, rect.height, PART.1)
        .map(|above| (Rect { height: above, ..rect }, Rect { y: rect.y + above, height: rect.height - above, ..rect }));
    across.or_else(|| {
        cut(rect.x, rect.width, PART.0)
            .map(|left| (Rect { width: left, ..rect }, Rect { x: rect.x + left, width: rect.width - left, ..rect }))
    })
}
