//! Frames to wire bytes.

use crate::{
    Error, FrameView, Limits, Move, Rect,
    diff::{TILE, TileMap},
    image::{Surface, colour},
    native,
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
    /// Areas filled with one colour.
    pub fills: u32,
    /// Areas sent as pixels.
    pub pixel_areas: u32,
}

/// Turns frames into messages for one viewer.
///
/// Call [`encode`](Self::encode) for every frame, and again with the newest frame while [`is_settled`](Self::is_settled) is
/// false and the budget allows. Messages must reach the decoder in order, without loss. When a new viewer takes over, or the
/// decoder reports an error, call [`reset`](Self::reset).
pub struct Encoder {
    settings: Settings,
    writer: native::Writer,
    /// What the viewer shows when it has decoded all messages so far.
    shown: Surface,
    tiles: TileMap,
    starting: bool,
    sent: u64,
    acknowledged: u64,
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
        let level = match settings.effort {
            Effort::Fast => 1,
            Effort::Balanced => 3,
            Effort::Small => 6,
        };
        let writer = native::Writer::new(level, settings.limits.max_window_log.min(23))?;
        let (shown, tiles) = Default::default();
        Ok(Self { settings, writer, shown, tiles, starting: true, sent: 0, acknowledged: 0 })
    }

    /// Appends to `out` what brings the viewer closest to `frame` within `budget`; nothing if it shows that already.
    ///
    /// What does not fit stays pending: later calls send it, newest content first, always as it looks in their own frame.
    /// A frame of another size than the one before is announced in the message.
    ///
    /// # Errors
    /// `LimitExceeded` if the frame is larger than the viewer's limits (nothing is appended, the encoder remains usable);
    /// `Backend` if compressing fails (the stream is broken, call [`reset`](Self::reset)).
    pub fn encode(&mut self, frame: &FrameView<'_>, hints: &Hints<'_>, budget: Budget, out: &mut Vec<u8>) -> Result<Encoded, Error> {
        let (width, height) = (frame.width(), frame.height());
        self.settings.limits.check_size(width, height)?;
        let mut encoded = Encoded::default();
        if budget.0 == 0 {
            return Ok(encoded);
        }
        let before = out.len();
        let resized = self.starting || self.shown.size() != (width, height);
        if self.starting {
            self.writer.reset()?;
        }
        if resized {
            self.shown.resize(width, height);
            self.tiles.resize(width, height);
            self.starting = false;
        }
        match hints.damage {
            Some(damage) if !resized => {
                for rect in damage {
                    self.tiles.compare(frame, &self.shown, rect.intersection(&Rect::new(0, 0, width, height)));
                }
            }
            _ => self.tiles.compare(frame, &self.shown, Rect::new(0, 0, width, height)),
        }
        if self.tiles.is_clean() && !resized {
            return Ok(encoded);
        }
        self.writer.begin(out);
        if resized {
            self.writer.size(width, height);
        }
        for tile in 0..self.tiles.len() {
            let mask = self.tiles.mask(tile);
            if mask == 0 {
                continue;
            }
            self.tiles.set_mask(tile, 0);
            let (x, y) = (tile % self.tiles.columns() * TILE, tile / self.tiles.columns() * TILE);
            let top = mask.trailing_zeros();
            let rect = Rect::new(x, y + top, TILE.min(width - x), 64 - mask.leading_zeros() - top);
            self.writer.pixels(frame, rect, out)?;
            for y in rect.y..rect.bottom() {
                for (to, from) in self.shown.span_mut(rect.x, y, rect.width).iter_mut().zip(frame.span(rect.x, y, rect.width)) {
                    *to = crate::image::opaque(colour(*from));
                }
            }
            encoded.pixel_areas += 1;
        }
        self.writer.flush(out)?;
        encoded.bytes = out.len() - before;
        self.sent += 1;
        Ok(encoded)
    }

    /// Whether the viewer, once it has everything, shows the last frame exactly: nothing is pending or to be refined.
    pub fn is_settled(&self) -> bool {
        !self.starting && self.tiles.is_clean()
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
