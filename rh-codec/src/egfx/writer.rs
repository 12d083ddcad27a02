//! Operations to messages.

use super::{
    caps::{CapSet, CapsConfirm, Features, Version},
    flow::Flow,
    pdu::{
        CacheToSurface, CodecId, Colour32, Command, CommandId, CreateSurface, DeleteSurface, EndFrame, EvictCacheEntry, Field,
        MapSurfaceToOutput, Monitor, Monitors, PixelFormat, Point16, Points, Rect16, Rects, ResetGraphics, SolidFill, StartFrame,
        SurfaceToCache, SurfaceToSurface, close, open,
    },
    slots::Slots,
    zgfx::{Compressor, Message},
};
use crate::{
    Effort, Error, FrameView, Limits, Rect, Surface, clear, planar,
    progressive::{self, Aim, Level},
};

/// The surface that everything is painted on.
const SURFACE: u16 = 0;
/// Columns and rows of an output at most (2.2.2.14).
const MOST_OUTPUT: u32 = 32_766;
/// Bytes of a command before its codec's data, at most: header and fields of `WireToSurface1`.
const HEAD: usize = 25;

/// The server's side of the pipeline, for one surface that fills the output: writes one message after another.
///
/// Order: [`begin`](Self::begin), [`size`](Self::size) if it is the first message or the picture has another size, operations,
/// [`finish`](Self::finish). Each message is one `RDP_SEGMENTED_DATA` that holds one frame whole. Operations do to `shown` what a
/// [`Reader`](super::Reader) will do to its picture, so that the two are equal; other decoders show the same, but for
/// [`image_first`](Self::image_first) and [`image_upgrade`](Self::image_upgrade), in which they round differently.
///
/// Memory: ZGFX's, see [`Compressor`]; ClearCodec's, see [`clear::Encoder`]; RemoteFX's, see [`progressive::Encoder`]; the client's cache once more as
/// far as it is filled, at most what the settled version or [`Limits::max_cached_tiles`] allows; and two messages.
pub struct Writer {
    /// The set that is confirmed: version and data.
    version: Version,
    data: Vec<u8>,
    features: Features,
    limits: Limits,
    zgfx: Compressor,
    clear: clear::Encoder,
    planar: planar::Encoder,
    progressive: progressive::Encoder,
    slots: Slots,
    /// Commands that are not compressed yet.
    plain: Vec<u8>,
    /// The message as far as it is compressed.
    wire: Vec<u8>,
    message: Option<Message>,
    starting: bool,
    /// Whether there is a surface.
    created: bool,
    in_frame: bool,
    flow: Flow,
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
            progressive: progressive::Encoder::new(limits),
            slots: new_slots(&features, limits),
            plain: Vec::new(),
            wire: Vec::new(),
            message: None,
            starting: true,
            created: false,
            in_frame: false,
            flow: Flow::default(),
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
        self.progressive = progressive::Encoder::new(&self.limits);
        self.slots = new_slots(&self.features, &self.limits);
        (self.starting, self.created) = (true, false);
        self.flow = Flow::default();
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
        self.progressive.resize(width, height)?;
        if std::mem::take(&mut self.starting) {
            let set = CapSet { version: self.version, data: &self.data };
            Command::CapsConfirm(CapsConfirm { set }).write(&mut self.plain);
        } else if self.created {
            Command::DeleteSurface(DeleteSurface { surface: SURFACE }).write(&mut self.plain);
        }
        self.created = true;
        // Below 2^15.
        let (right, bottom) = (i32::from(columns.cast_signed()) - 1, i32::from(rows.cast_signed()) - 1);
        let monitor = [Monitor { left: 0, top: 0, right, bottom, flags: 1 }.to_bytes()];
        self.put(ResetGraphics { width, height, monitors: Monitors::new(&monitor)? });
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
        self.passes(shown, tiles, |message, x, y| message.first(frame, x, y, level, aim))
    }

    /// Brings tiles to their next level, of the picture that their first pass was of; those at the last level stay.
    ///
    /// # Errors
    /// See [`image_first`](Self::image_first).
    pub fn image_upgrade(&mut self, shown: &mut Surface, tiles: &[(u16, u16)]) -> Result<(), Error> {
        self.passes(shown, tiles, |message, x, y| message.upgrade(x, y).map(|_| ()))
    }

    fn passes(
        &mut self,
        shown: &mut Surface,
        tiles: &[(u16, u16)],
        mut pass: impl FnMut(&mut progressive::Message<'_>, u16, u16) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if tiles.is_empty() {
            return Ok(());
        }
        self.open();
        let start = open(&mut self.plain, CommandId::WIRE_TO_SURFACE_2);
        for field in [&SURFACE.to_le_bytes()[..], &CodecId::PROGRESSIVE.0.to_le_bytes(), &[0; 4], &[PixelFormat::XRGB.0], &[0; 4]] {
            self.plain.extend_from_slice(field);
        }
        let data = self.plain.len();
        let mut message = self.progressive.message(&mut self.plain);
        let passed = tiles.iter().try_for_each(|(x, y)| pass(&mut message, *x, *y));
        let finished = message.finish();
        if passed.is_err() || finished.is_err() || self.plain.len() == data {
            // A wrong call, or no tile had anything to say.
            self.plain.truncate(start);
            return passed.and(finished.map(|_| ()));
        }
        enter_length(&mut self.plain, data);
        close(&mut self.plain, start);
        for (x, y) in tiles {
            self.progressive.paint(*x, *y, shown)?;
        }
        Ok(())
    }

    /// The tiles' state: their levels, and the way to [`forget`](progressive::Encoder::forget) one that something else was painted over.
    pub fn progressive(&mut self) -> &mut progressive::Encoder {
        &mut self.progressive
    }

    /// Keeps a rectangle of what is shown in the client's cache, under a key that says what it looks like; what was used least makes room.
    /// Returns whether it is there. It must be exact: what other decoders round comes back as they rounded it.
    ///
    /// # Errors
    /// See [`fill`](Self::fill).
    pub fn store(&mut self, shown: &Surface, rect: Rect, key: u64) -> Result<bool, Error> {
        check(rect, shown.size())?;
        if self.slots.find(key).is_some() {
            return Ok(true);
        }
        self.open();
        let plain = &mut self.plain;
        let evicted = |slot| Command::EvictCacheEntry(EvictCacheEntry { slot }).write(plain);
        let Some(slot) = self.slots.store(key, shown, rect, evicted) else { return Ok(false) };
        self.put(SurfaceToCache { surface: SURFACE, key, slot, rect: Rect16::new(rect)? });
        Ok(true)
    }

    /// Shows at `x`, `y` what the client's cache has under `key`, if the frame shows the same there, pixel for pixel; returns where, or `None`.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn restore(&mut self, shown: &mut Surface, frame: &FrameView<'_>, key: u64, x: u32, y: u32) -> Result<Option<Rect>, Error> {
        let Some((slot, rect)) = self.slots.matches(key, frame, x, y).filter(|(_, rect)| check(*rect, shown.size()).is_ok()) else {
            return Ok(None);
        };
        self.open();
        let points = [point(x, y)?];
        self.put(CacheToSurface { slot, surface: SURFACE, points: Points::new(&points)? });
        self.slots.restore(slot, shown, x, y)?;
        Ok(Some(rect))
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
}

fn new_slots(features: &Features, limits: &Limits) -> Slots {
    Slots::new(features.cache_slots(), features.cache_bytes().min(limits.max_cached_tiles as usize * 64 * 64 * 4))
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
fn open_wire(out: &mut Vec<u8>, codec: CodecId, rect: Rect16) -> (usize, usize) {
    let start = open(out, CommandId::WIRE_TO_SURFACE_1);
    SURFACE.write(out);
    codec.write(out);
    PixelFormat::XRGB.write(out);
    rect.write(out);
    out.extend_from_slice(&[0; 4]);
    (start, out.len())
}

fn close_wire(out: &mut [u8], (start, data): (usize, usize)) {
    enter_length(out, data);
    close(out, start);
}

/// Enters the length of a codec's data, before them.
fn enter_length(out: &mut [u8], data: usize) {
    let length = u32::try_from(out.len() - data).expect("one command holds less than 4 GiB: pictures are far below");
    out[data - 4..data].copy_from_slice(&length.to_le_bytes());
}
