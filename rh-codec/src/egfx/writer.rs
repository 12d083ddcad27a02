//! Operations to messages.

use super::{
    caps::{CapSet, CapsConfirm, Features, Version},
    flow::Flow,
    images::Images,
    kept::Kept,
    pdu::{
        CacheToSurface, CodecId, Colour32, Command, CommandId, CreateSurface, DeleteSurface, EndFrame, EvictCacheEntry, Field,
        MapSurfaceToOutput, Monitor, Monitors, PixelFormat, Point16, Points, Rect16, Rects, ResetGraphics, SolidFill, StartFrame,
        SurfaceToCache, SurfaceToSurface, close, open,
    },
    zgfx::{Compressor, Message},
};
use crate::{
    Effort, Error, FrameView, Limits, Rect, Surface, clear, planar,
    progressive::{self, Aim, Level},
};

/// The surface that everything is painted on.
pub(super) const SURFACE: u16 = 0;
/// A surface of one tile that is never shown: what is to come back of a tile only in part goes over it.
const SCRATCH: u16 = 1;
/// Side of a tile in pixels: of what is kept in a slot, at most.
const TILE: u16 = 64;
/// Columns and rows of an output at most (2.2.2.14).
const MOST_OUTPUT: u32 = 32_766;
/// Monitors of an output at most (2.2.2.14).
const MOST_MONITORS: usize = 16;
/// Bytes of a command before its codec's data, at most: header and fields of `WireToSurface1`.
const HEAD: usize = 25;

/// The server's side of the pipeline, for one surface that fills the output: writes one message after another.
///
/// Order: [`begin`](Self::begin), [`size`](Self::size) if it is the first message or the picture has another size, operations,
/// [`finish`](Self::finish). Each message is one `RDP_SEGMENTED_DATA` that holds one frame whole. Operations do to `shown` what a
/// [`Reader`](super::Reader) will do to its picture, so that the two are equal; other decoders show the same, but for those that paint inexactly
/// ([`image_coarse`](Self::image_coarse), [`image_finer`](Self::image_finer), [`image_first`](Self::image_first),
/// [`image_upgrade`](Self::image_upgrade)), in which they round differently.
///
/// Memory: ZGFX's, see [`Compressor`]; ClearCodec's, see [`clear::Encoder`]; RemoteFX's, see [`progressive::Encoder`]; 16 KiB
/// for each slot in use; and two messages.
pub struct Writer {
    /// The set that is confirmed: version and data.
    version: Version,
    data: Vec<u8>,
    features: Features,
    limits: Limits,
    zgfx: Compressor,
    clear: clear::Encoder,
    planar: planar::Encoder,
    images: Images,
    kept: Kept,
    /// Commands that are not compressed yet.
    plain: Vec<u8>,
    /// The message as far as it is compressed.
    wire: Vec<u8>,
    message: Option<Message>,
    starting: bool,
    /// Whether there is a surface, and one beside it.
    created: bool,
    scratch: bool,
    in_frame: bool,
    flow: Flow,
    /// Of the next picture, the primary one first.
    monitors: Vec<Rect>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("features", &self.features).field("flow", &self.flow).finish_non_exhaustive()
    }
}

impl Writer {
    /// A writer that has sent nothing, to a client whose offer was answered by `confirm` ([`negotiate`](super::caps::negotiate)).
    ///
    /// # Errors
    /// `ApiMisuse` if that is no version of the pipeline, or the limits contradict themselves.
    pub fn new(confirm: &CapsConfirm<'_>, limits: &Limits, effort: Effort) -> Result<Self, Error> {
        limits.validate()?;
        let features = Features::of(&confirm.set).filter(|features| features.version != Version::NATIVE);
        let features = features.ok_or(Error::ApiMisuse("the pipeline speaks one of the versions of [MS-RDPEGFX]"))?;
        Ok(Self {
            version: confirm.set.version,
            data: confirm.set.data.to_vec(),
            features,
            limits: *limits,
            zgfx: Compressor::new(effort),
            clear: clear::Encoder::new(),
            planar: planar::Encoder::new(),
            images: Images::new(&features, limits),
            kept: Kept::default(),
            plain: Vec::new(),
            wire: Vec::new(),
            message: None,
            starting: true,
            created: false,
            scratch: false,
            in_frame: false,
            flow: Flow::default(),
            monitors: Vec::new(),
        })
    }

    /// What was settled with the client.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Forgets the client: the next message, which must begin with [`size`](Self::size), is for one that has seen nothing, or has failed.
    pub fn reset(&mut self) {
        self.zgfx.reset();
        self.clear.reset();
        self.images = Images::new(&self.features, &self.limits);
        self.kept = Kept::default();
        (self.starting, self.created, self.scratch) = (true, false, false);
        self.flow = Flow::default();
    }

    /// Which parts of the picture are monitors, the primary one first; none means that all of it is one. Told to the client with the next
    /// [`size`](Self::size); if that makes a picture that has not all of them, it is one monitor.
    ///
    /// # Errors
    /// `ApiMisuse` if there are more than 16 (2.2.2.14), or an empty one.
    pub fn set_monitors(&mut self, monitors: &[Rect]) -> Result<(), Error> {
        if monitors.len() > MOST_MONITORS || monitors.iter().any(Rect::is_empty) {
            return Err(Error::ApiMisuse("at most 16 monitors, each with pixels"));
        }
        self.monitors.clear();
        self.monitors.extend_from_slice(monitors);
        Ok(())
    }

    /// Begins a message.
    pub fn begin(&mut self) {
        self.plain.clear();
        self.wire.clear();
        self.message = None;
        self.in_frame = false;
    }

    /// The picture becomes black, of this size. Before any other operation of its message.
    ///
    /// # Errors
    /// `LimitExceeded` if the pipeline or the client's limits have no such picture; nothing is written then.
    pub fn size(&mut self, shown: &mut Surface, width: u32, height: u32) -> Result<(), Error> {
        self.limits.check_size(width, height)?;
        let side = |side: u32| u16::try_from(side).ok().filter(|_| side <= MOST_OUTPUT);
        let limit = MOST_OUTPUT.into();
        let (Some(columns), Some(rows)) = (side(width), side(height)) else {
            return Err(Error::LimitExceeded { what: "the sides of the pipeline's output", limit });
        };
        if width == 0 || height == 0 {
            return Err(Error::ApiMisuse("a picture has pixels"));
        }
        self.images.resize(width, height)?;
        if std::mem::take(&mut self.starting) {
            let set = CapSet { version: self.version, data: &self.data };
            Command::CapsConfirm(CapsConfirm { set }).write(&mut self.plain);
        } else if self.created {
            Command::DeleteSurface(DeleteSurface { surface: SURFACE }).write(&mut self.plain);
        }
        if std::mem::take(&mut self.scratch) {
            self.put(DeleteSurface { surface: SCRATCH });
        }
        self.created = true;
        let sole = [Rect::new(0, 0, width, height)];
        let listed = !self.monitors.is_empty() && self.monitors.iter().all(|monitor| monitor.fits(width, height));
        let mut definitions = [[0; 20]; MOST_MONITORS];
        let definitions = monitor_definitions(if listed { &self.monitors } else { &sole }, &mut definitions);
        self.put(ResetGraphics { width, height, monitors: Monitors::new(definitions)? });
        self.put(CreateSurface { surface: SURFACE, width: columns, height: rows, format: PixelFormat::XRGB });
        self.put(MapSurfaceToOutput { surface: SURFACE, reserved: 0, x: 0, y: 0 });
        shown.resize(width, height);
        // What a new surface holds is not said anywhere.
        self.fill(shown, Rect::new(0, 0, width, height), 0)
    }

    #[expect(single_use_lifetimes, reason = "`impl Trait` takes no anonymous one yet")]
    fn put<'b>(&mut self, command: impl Into<Command<'b>>) {
        command.into().write(&mut self.plain);
    }

    /// Begins the frame with its first operation.
    fn open(&mut self) {
        if !std::mem::replace(&mut self.in_frame, true) {
            let frame = self.flow.next();
            // No time of day: the codec has no clock, and 0 is allowed.
            self.put(StartFrame { timestamp: 0, frame });
        }
    }

    /// Fills a rectangle with a colour, `0xrrggbb`.
    ///
    /// # Errors
    /// `ApiMisuse`, from this and all other operations, if a rectangle is empty or reaches out of the picture.
    pub fn fill(&mut self, shown: &mut Surface, rect: Rect, colour: u32) -> Result<(), Error> {
        check(rect, shown.size())?;
        self.open();
        let [blue, green, red, _] = colour.to_le_bytes();
        let rects = [Rect16::new(rect)?.to_bytes()];
        self.put(SolidFill { surface: SURFACE, colour: Colour32 { blue, green, red, alpha: 255 }, rects: Rects::new(&rects)? });
        shown.fill(rect, colour);
        Ok(())
    }

    /// Copies a rectangle to `x`, `y`; overlap does no harm.
    ///
    /// # Errors
    /// See [`fill`](Self::fill).
    pub fn copy(&mut self, shown: &mut Surface, src: Rect, x: u32, y: u32) -> Result<(), Error> {
        check(src, shown.size())?;
        check(Rect { x, y, ..src }, shown.size())?;
        self.open();
        // Each copy by itself: decoders differ in what several points mean when the first overlaps the source.
        let points = [point(x, y)?];
        self.put(SurfaceToSurface { source: SURFACE, target: SURFACE, rect: Rect16::new(src)?, points: Points::new(&points)? });
        shown.copy_within(src, x, y);
        Ok(())
    }

    /// Paints a rectangle exactly, as text and controls: ClearCodec.
    ///
    /// # Errors
    /// See [`fill`](Self::fill).
    pub fn text(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect) -> Result<(), Error> {
        check(rect, shown.size())?;
        check(rect, (frame.width(), frame.height()))?;
        let rect16 = Rect16::new(rect)?;
        self.open();
        let start = open_wire(&mut self.plain, CodecId::CLEAR, rect16);
        self.clear.encode(frame, rect, &mut self.plain)?;
        close_wire(&mut self.plain, start);
        shown.put(frame, rect);
        Ok(())
    }

    /// Paints a rectangle exactly, as a picture of many colours: planar.
    ///
    /// # Errors
    /// See [`fill`](Self::fill).
    pub fn image(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect) -> Result<(), Error> {
        check(rect, shown.size())?;
        check(rect, (frame.width(), frame.height()))?;
        let rect16 = Rect16::new(rect)?;
        self.open();
        let start = open_wire(&mut self.plain, CodecId::PLANAR, rect16);
        self.planar.encode(frame, rect, &mut self.plain)?;
        close_wire(&mut self.plain, start);
        shown.put(frame, rect);
        Ok(())
    }

    /// Paints a rectangle inexactly: RemoteFX Progressive, or RemoteFX for a thin client ([`Features::thin_client`]).
    ///
    /// # Errors
    /// See [`fill`](Self::fill).
    pub fn image_coarse(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect, level: Level) -> Result<(), Error> {
        check(rect, shown.size())?;
        check(rect, (frame.width(), frame.height()))?;
        self.open();
        self.images.coarse(&mut self.plain, shown, frame, rect, level)
    }

    /// Paints again, at a better level, what of a rectangle was painted inexactly: blocks of 16×16 that `shown` and the frame have in common stay as they are.
    /// Not for thin clients, whose codec has one pass.
    ///
    /// # Errors
    /// See [`fill`](Self::fill).
    pub fn image_finer(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect, level: Level) -> Result<(), Error> {
        check(rect, shown.size())?;
        check(rect, (frame.width(), frame.height()))?;
        self.open();
        self.images.finer(&mut self.plain, shown, frame, rect, level)
    }

    /// Paints tiles of 64×64, by column and row, inexactly: RemoteFX Progressive. `shown` becomes what our decoder shows.
    ///
    /// # Errors
    /// `ApiMisuse` if a tile lies outside the picture or comes twice.
    pub fn image_first(
        &mut self,
        shown: &mut Surface,
        frame: &FrameView<'_>,
        tiles: &[(u16, u16)],
        level: Level,
        aim: Aim,
    ) -> Result<(), Error> {
        if tiles.is_empty() {
            return Ok(());
        }
        self.open();
        self.images.passes(&mut self.plain, shown, tiles, |message, x, y| message.first(frame, x, y, level, aim))
    }

    /// Brings tiles to their next level, of the picture that their first pass was of; those at the last level stay.
    ///
    /// # Errors
    /// See [`image_first`](Self::image_first).
    pub fn image_upgrade(&mut self, shown: &mut Surface, tiles: &[(u16, u16)]) -> Result<(), Error> {
        if tiles.is_empty() {
            return Ok(());
        }
        self.open();
        self.images.passes(&mut self.plain, shown, tiles, |message, x, y| message.upgrade(x, y).map(|_| ()))
    }

    /// The tiles' state: their levels, and the way to [`forget`](progressive::Encoder::forget) one that something else was painted over.
    pub fn progressive(&mut self) -> &mut progressive::Encoder {
        self.images.progressive()
    }

    /// Slots for tiles that the client has, within the limits: numbered from 0 here, from 1 on the wire.
    pub fn slots(&self) -> u16 {
        let most = self.features.cache_bytes() / (usize::from(TILE) * usize::from(TILE) * 4);
        let most = u16::try_from(most).unwrap_or(u16::MAX).min(self.features.cache_slots());
        most.min(u16::try_from(self.limits.max_cached_tiles).unwrap_or(u16::MAX))
    }

    /// Keeps a tile of the grid of 64×64 pixels, as the client shows it, in a slot; what was there is evicted.
    ///
    /// # Errors
    /// `ApiMisuse` if there is no such slot, or if that is no tile of the picture.
    pub fn keep(&mut self, shown: &Surface, slot: u16, tile: Rect) -> Result<(), Error> {
        check(tile, shown.size())?;
        let side = u32::from(TILE);
        if slot >= self.slots() || tile.x % side + tile.y % side > 0 || tile.width.max(tile.height) > side {
            return Err(Error::ApiMisuse("a slot that the client does not have, or no tile for it"));
        }
        self.open();
        let number = slot + 1;
        if self.kept.put(slot, shown, tile) {
            // Clients are told to replace what a slot holds, but not all of them free it.
            self.put(EvictCacheEntry { slot: number });
        }
        // A key is for caches that outlive a connection, which these do not; it differs from slot to slot.
        self.put(SurfaceToCache { surface: SURFACE, key: number.into(), slot: number, rect: Rect16::new(tile)? });
        Ok(())
    }

    /// Shows in a part of a tile what a slot holds at the same place of its own.
    ///
    /// # Errors
    /// `ApiMisuse` if the part is empty, lies in more than one tile, or the slot does not hold that.
    pub fn recall(&mut self, shown: &mut Surface, slot: u16, part: Rect) -> Result<(), Error> {
        check(part, shown.size())?;
        let side = u32::from(TILE);
        let within = Rect { x: part.x % side, y: part.y % side, ..part };
        let kept = self.kept.size(slot).ok_or(Error::ApiMisuse("a slot that holds nothing"))?;
        check(within, kept)?;
        self.open();
        let (number, points) = (slot + 1, [point(part.x, part.y)?]);
        if (part.width, part.height) == kept {
            self.put(CacheToSurface { slot: number, surface: SURFACE, points: Points::new(&points)? });
        } else {
            if !std::mem::replace(&mut self.scratch, true) {
                self.put(CreateSurface { surface: SCRATCH, width: TILE, height: TILE, format: PixelFormat::XRGB });
            }
            self.put(CacheToSurface { slot: number, surface: SCRATCH, points: Points::new(&[point(0, 0)?])? });
            let (rect, points) = (Rect16::new(within)?, Points::new(&points)?);
            self.put(SurfaceToSurface { source: SCRATCH, target: SURFACE, rect, points });
        }
        self.kept.recall(slot, shown, part);
        Ok(())
    }

    /// Bytes that the message will have at most, were it finished now.
    pub fn len(&self) -> usize {
        // EndFrame.
        let plain = self.plain.len() + 12;
        self.wire.len() + plain + Message::overhead(plain)
    }

    /// Whether the message has no operation.
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.wire.is_empty()
    }

    /// Bytes of commands that are not compressed yet, so that [`len`](Self::len) counts them in full.
    pub fn pending(&self) -> usize {
        self.plain.len()
    }

    /// Bytes that painting `area` pixels exactly adds to [`len`](Self::len) at most.
    pub fn worst_case(area: u64) -> usize {
        usize::try_from(area).map_or(usize::MAX, |area| HEAD + planar::Encoder::worst_case(area))
    }

    /// Compresses what is pending, to learn its true size. Costs a few bytes, and matches at the seams.
    pub fn flush(&mut self) {
        if !self.plain.is_empty() {
            let message = self.message.get_or_insert_with(|| Message::begin(&mut self.wire));
            message.add(&mut self.zgfx, &self.plain, &mut self.wire);
            self.plain.clear();
        }
    }

    /// Ends the frame, and appends the message to `out`; nothing if it has no operation.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.in_frame) {
            let frame = self.flow.sent();
            self.put(EndFrame { frame });
        }
        self.flush();
        if let Some(message) = self.message.take() {
            message.end(&mut self.wire);
            out.extend_from_slice(&self.wire);
        }
        self.begin();
    }

    /// Which frames the client has shown: give it the client's acknowledgements.
    pub fn flow(&mut self) -> &mut Flow {
        &mut self.flow
    }

    /// The same, to look at.
    pub(crate) fn flow_so_far(&self) -> &Flow {
        &self.flow
    }
}

/// What the client is told of monitors that lie within a picture, in coordinates of the virtual desktop: the primary monitor, the first one, is at 0, 0
/// ([MS-RDPBCGR] 2.2.1.3.6.1).
fn monitor_definitions<'a>(monitors: &[Rect], out: &'a mut [[u8; 20]; MOST_MONITORS]) -> &'a [[u8; 20]] {
    let primary = monitors.first().copied().unwrap_or_default();
    // Sides are below 2^15.
    let from = |at: u32, origin: u32| at.cast_signed() - origin.cast_signed();
    for (i, (monitor, definition)) in monitors.iter().zip(&mut *out).enumerate() {
        let (left, top) = (from(monitor.x, primary.x), from(monitor.y, primary.y));
        let (right, bottom) = (from(monitor.right() - 1, primary.x), from(monitor.bottom() - 1, primary.y));
        *definition = Monitor { left, top, right, bottom, flags: u32::from(i == 0) }.to_bytes();
    }
    &out[..monitors.len().min(MOST_MONITORS)]
}

fn check(rect: Rect, (width, height): (u32, u32)) -> Result<(), Error> {
    if rect.is_empty() || !rect.fits(width, height) {
        return Err(Error::ApiMisuse("a rectangle lies within the picture"));
    }
    Ok(())
}

fn point(x: u32, y: u32) -> Result<[u8; 4], Error> {
    let corner = Rect16::new(Rect::new(x, y, 0, 0))?;
    Ok(Point16 { x: corner.left, y: corner.top }.to_bytes())
}

/// Appends a `WireToSurface1` up to its data.
pub(super) fn open_wire(out: &mut Vec<u8>, codec: CodecId, rect: Rect16) -> (usize, usize) {
    let start = open(out, CommandId::WIRE_TO_SURFACE_1);
    SURFACE.write(out);
    codec.write(out);
    PixelFormat::XRGB.write(out);
    rect.write(out);
    out.extend_from_slice(&[0; 4]);
    (start, out.len())
}

pub(super) fn close_wire(out: &mut [u8], (start, data): (usize, usize)) {
    enter_length(out, data);
    close(out, start);
}

/// Enters the length of a codec's data, before them.
pub(super) fn enter_length(out: &mut [u8], data: usize) {
    let length = u32::try_from(out.len() - data).expect("one command holds less than 4 GiB: pictures are far below");
    out[data - 4..data].copy_from_slice(&length.to_le_bytes());
}
