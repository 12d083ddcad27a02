//! Frames to wire bytes.

use crate::{
    Error, FrameView, Limits, Move, Rect,
    classify::{Content, Cutter},
    diff::{TILE, TileMap},
    image::Surface,
    motion, native, region,
};

/// zstd's history as a power of two, where the viewer's limits allow it: about four screens of text at a byte a pixel.
const WINDOW_LOG: u32 = 23;

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
    /// What the viewer shows once it has decoded all messages so far.
    shown: Surface,
    tiles: TileMap,
    /// Frames seen, for dating what waits.
    now: u64,
    starting: bool,
    /// A frame was passed over unseen, so the next one's damage does not tell everything.
    blind: bool,
    sent: u64,
    acknowledged: u64,
    // Kept for their memory only.
    regions: Vec<Rect>,
    cutter: Cutter,
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
    /// `ApiMisuse` if the limits contradict themselves; `Backend` without memory for the compressor.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        settings.limits.validate()?;
        let Profile::Native = settings.profile;
        let level = match settings.effort {
            Effort::Fast => 2,
            Effort::Balanced => 6,
            Effort::Small => 9,
        };
        Ok(Self {
            settings,
            writer: native::Writer::new(level, settings.limits.max_window_log.min(WINDOW_LOG))?,
            search: motion::Search::new(),
            shown: Surface::default(),
            tiles: TileMap::default(),
            now: 0,
            starting: true,
            blind: false,
            sent: 0,
            acknowledged: 0,
            regions: Vec::new(),
            cutter: Cutter::default(),
            copies: Vec::new(),
        })
    }

    /// Appends to `out` what brings the viewer closest to `frame` within `budget`; nothing if it shows that already.
    ///
    /// What does not fit waits: later calls send it, newest content first, always as it looks in their own frame.
    /// A frame of another size than the one before is announced in the message.
    ///
    /// # Errors
    /// `LimitExceeded` if the frame is larger than the viewer's limits (nothing is appended, the encoder remains usable);
    /// `Backend` if compressing fails (the stream is broken: drop what was appended and call [`reset`](Self::reset)).
    pub fn encode(&mut self, frame: &FrameView<'_>, hints: &Hints<'_>, budget: Budget, out: &mut Vec<u8>) -> Result<Encoded, Error> {
        let (width, height) = (frame.width(), frame.height());
        if let Err(error) = self.settings.limits.check_size(width, height) {
            self.blind = true;
            return Err(error);
        }
        self.now += 1;
        let new_size = self.starting || self.shown.size() != (width, height);
        if new_size && budget.0 == 0 {
            self.blind = true;
            return Ok(Encoded::default());
        }
        let start = out.len();
        let mut message = MessageSize::new(out.len(), budget, &self.settings.limits);
        let mut encoded = Encoded::default();
        if new_size {
            if self.starting {
                self.writer.reset()?;
                self.starting = false;
            }
            self.writer.begin(out);
            self.writer.size(&mut self.shown, width, height);
            self.tiles.resize(width, height);
        }
        self.compare(frame, hints, new_size);
        if !new_size {
            if self.tiles.is_clean() || budget.0 == 0 {
                self.tiles.date(frame, self.now);
                self.tiles.remember(frame);
                return Ok(encoded);
            }
            self.writer.begin(out);
            self.send_copies(frame, hints.moves, &mut message, &mut encoded, out);
        }
        self.tiles.date(frame, self.now);
        self.send_regions(frame, &mut message, &mut encoded, out)?;
        if self.writer.pending() > 0 {
            self.writer.flush(out)?;
        }
        self.tiles.remember(frame);
        self.sent += 1;
        encoded.bytes = out.len() - start;
        Ok(encoded)
    }

    /// Brings the map of what differs up to date.
    fn compare(&mut self, frame: &FrameView<'_>, hints: &Hints<'_>, everywhere: bool) {
        let whole = Rect::new(0, 0, frame.width(), frame.height());
        let blind = std::mem::take(&mut self.blind);
        match hints.damage {
            Some(damage) if !everywhere && !blind => {
                self.tiles.compare_dirty(frame, &self.shown);
                for rect in damage {
                    self.tiles.compare(frame, &self.shown, rect.intersection(&whole));
                }
            }
            _ => self.tiles.compare(frame, &self.shown, whole),
        }
    }

    fn send_copies(&mut self, frame: &FrameView<'_>, moves: &[Move], message: &mut MessageSize, encoded: &mut Encoded, out: &[u8]) {
        self.search.find(&mut self.copies, &self.tiles, frame, &self.shown, moves);
        for copy in &self.copies {
            if !message.fits(out, self.writer.worst_case(0)) || !message.admits(copy.src.area()) {
                break;
            }
            self.writer.copy(&mut self.shown, *copy);
            self.tiles.compare(frame, &self.shown, copy.target());
            message.count(copy.src.area());
            encoded.copies += 1;
        }
    }

    fn send_regions(
        &mut self,
        frame: &FrameView<'_>,
        message: &mut MessageSize,
        encoded: &mut Encoded,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let (mut regions, mut cutter) = (std::mem::take(&mut self.regions), std::mem::take(&mut self.cutter));
        let mut date = u64::MAX;
        'all: while let Some(since) = self.tiles.newest_before(date) {
            date = since;
            region::collect(&mut regions, &self.tiles, since, frame, &self.shown);
            for region in &regions {
                let piece = |rect, content| self.send_piece(frame, rect, content, message, encoded, out);
                if !cutter.pieces(frame, *region, piece)? {
                    break 'all;
                }
            }
        }
        (self.regions, self.cutter) = (regions, cutter);
        Ok(())
    }

    /// Sends a piece, or of a large one as many parts as fit; returns whether the message has room for more.
    fn send_piece(
        &mut self,
        frame: &FrameView<'_>,
        rect: Rect,
        content: Content,
        message: &mut MessageSize,
        encoded: &mut Encoded,
        out: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        let area = if matches!(content, Content::Solid(_)) { 0 } else { rect.area() };
        if !message.fits(out, self.writer.worst_case(area)) && self.writer.pending() > 0 {
            // What is written so far may have become much smaller than it could have been.
            self.writer.flush(out)?;
            if !message.fits(out, message.enough) {
                return Ok(false);
            }
        }
        if !message.fits(out, self.writer.worst_case(area)) {
            let (part_width, part_height) = (PART.width - rect.x % PART.width, PART.height);
            if area > 0 && (rect.width > part_width || rect.height > part_height) {
                return parts(rect).try_fold(true, |room, part| Ok(room && self.send_piece(frame, part, content, message, encoded, out)?));
            }
            if message.operations > 0 {
                return Ok(false);
            }
        }
        if !message.admits(rect.area()) {
            return Ok(false);
        }
        message.count(rect.area());
        match content {
            Content::Solid(colour) => {
                encoded.fills += 1;
                self.writer.fill(&mut self.shown, rect, colour);
            }
            Content::Text => {
                encoded.texts += 1;
                self.writer.text(&mut self.shown, frame, rect, out)?;
            }
            Content::Image => {
                encoded.images += 1;
                self.writer.image(&mut self.shown, frame, rect, out)?;
            }
        }
        self.tiles.settle(frame, &self.shown, rect);
        Ok(true)
    }

    /// Whether the viewer, once it has everything, shows the last frame exactly: nothing waits, nothing is to be refined.
    pub fn is_settled(&self) -> bool {
        !self.starting && !self.blind && self.tiles.is_clean()
    }

    /// Forgets the viewer: the next message starts a stream that a new decoder, or one that failed, can read.
    pub fn reset(&mut self) {
        self.starting = true;
        (self.sent, self.acknowledged) = (0, 0);
    }

    /// The viewer has decoded `messages` messages since the stream started.
    ///
    /// # Errors
    /// `PeerViolation` if that is more than were sent, or fewer than it said before.
    pub fn handle_ack(&mut self, messages: u64) -> Result<(), Error> {
        if messages > self.sent {
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
        self.sent - self.acknowledged
    }
}

/// How large a message may become, by the caller's budget and the viewer's limits.
struct MessageSize {
    /// Length of the caller's buffer at which the budget is used up.
    end: usize,
    /// Room below which it is not worth cutting pieces to fit.
    enough: usize,
    /// Operations written. The first one always may, lest a small budget sends nothing for ever.
    operations: u32,
    most_operations: u32,
    /// Pixels touched.
    work: u64,
    most_work: u64,
}

impl MessageSize {
    fn new(start: usize, Budget(bytes): Budget, limits: &Limits) -> Self {
        Self {
            end: start.saturating_add(bytes),
            enough: bytes / 8,
            operations: 0,
            // One is the size of the picture.
            most_operations: limits.max_operations - 1,
            work: 0,
            most_work: limits.max_work(),
        }
    }

    fn fits(&self, out: &[u8], bytes: usize) -> bool {
        out.len().saturating_add(bytes) <= self.end
    }

    fn admits(&self, area: u64) -> bool {
        self.operations < self.most_operations && self.work + area <= self.most_work
    }

    fn count(&mut self, area: u64) {
        self.operations += 1;
        self.work += area;
    }
}

/// The smallest piece that a large one is cut into when the budget is short.
const PART: Rect = Rect::new(0, 0, TILE, 16);

/// Cuts a rectangle along the grid's columns and every 16 rows, row by row.
fn parts(rect: Rect) -> impl Iterator<Item = Rect> {
    let columns = rect.x / PART.width..rect.right().div_ceil(PART.width);
    (rect.y..rect.bottom()).step_by(PART.height as usize).flat_map(move |y| {
        columns.clone().map(move |column| Rect::new(column * PART.width, y, PART.width, PART.height).intersection(&rect))
    })
}
