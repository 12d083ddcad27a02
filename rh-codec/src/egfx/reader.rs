//! Messages to pictures.

use std::collections::VecDeque;

use super::{
    alpha,
    cache::Cache,
    caps::{Features, Version},
    output::{Place, Target, Targets},
    pdu::{
        CacheToSurface, CodecId, Command, FrameAcknowledge, ResetGraphics, SolidFill, SurfaceToCache, SurfaceToSurface, WireToSurface1,
        WireToSurface2,
    },
    zgfx::Decompressor,
};
use crate::{
    Error, Limits, Rect, Surface, clear,
    image::{Pixel, colour, opaque},
    planar, progressive, rfx,
};

/// Slots and bytes of the large cache, which holds as long as nothing else has been settled (3.3.1.4).
const LARGE_CACHE: (u16, usize) = (25_600, 100 << 20);
/// Columns and rows of an output at most (2.2.2.14).
const MOST_OUTPUT: u32 = 32_766;
/// Acknowledgements that wait for the embedder; beyond, the oldest are given up, as each counts all frames so far.
const MOST_ACKS: usize = 64;

/// The client's side of the pipeline: shows what a server sends.
///
/// Call [`read`](Self::read) for every message, then [`poll_ack`](Self::poll_ack) until it has nothing. Before the first `CapsConfirm`, and after an
/// error, only a message that begins with one is accepted.
///
/// Memory: 3.5 MB for ZGFX and what the largest message unpacks to, at most 4 bytes a pixel of [`Limits::max_area`] plus 1 MiB; 8 bytes a pixel of
/// that area for surfaces; 16 KiB for each of [`Limits::max_cached_tiles`]; and the codecs', each from its first use on: see their decoders, of which
/// the progressive one is there once for each surface that uses it.
pub struct Reader {
    limits: Limits,
    zgfx: Decompressor,
    plain: Vec<u8>,
    /// Whether what has come so far was understood.
    running: bool,
    state: State,
    codecs: Codecs,
}

/// Everything that commands change.
struct State {
    targets: Targets,
    cache: Cache,
    /// Size of the output; 0 before the first `ResetGraphics`.
    output: (u32, u32),
    /// Number of the frame at hand.
    frame: u32,
    /// The sole surface's pixels lie in the embedder's picture, not in the surface, between two messages.
    lent: bool,
    in_frame: bool,
    decoded: u32,
    acks: VecDeque<FrameAcknowledge>,
    queue_depth: u32,
    acknowledging: bool,
}

/// Decoders that serve all surfaces; those with much memory are made when they are needed.
#[derive(Default)]
struct Codecs {
    clear: Option<Box<clear::Decoder>>,
    planar: Option<planar::Decoder>,
    rfx: Option<rfx::Decoder>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("output", &self.state.output).field("running", &self.running).finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader that has no picture.
    ///
    /// # Errors
    /// `ApiMisuse` if the limits contradict themselves.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        limits.validate()?;
        // A picture as it is, and the commands around it.
        let most = usize::try_from(limits.max_area * 4).unwrap_or(usize::MAX).saturating_add(1 << 20);
        let state = State {
            targets: Targets::default(),
            cache: Cache::new(LARGE_CACHE.0, cache_bytes(&limits, LARGE_CACHE.1)),
            output: (0, 0),
            frame: 0,
            lent: false,
            in_frame: false,
            decoded: 0,
            acks: VecDeque::new(),
            queue_depth: FrameAcknowledge::UNKNOWN,
            acknowledging: true,
        };
        Ok(Self { limits, zgfx: Decompressor::new(most), plain: Vec::new(), running: false, state, codecs: Codecs::default() })
    }

    /// Applies one `RDP_SEGMENTED_DATA` to `picture`, which holds the output and belongs to this reader alone; appends to `damage` what has changed.
    /// Returns whether the output is a new one, of another size or begun anew.
    ///
    /// What belongs to a frame is shown when the frame ends, which may be in a later message. No bytes are no change.
    ///
    /// # Errors
    /// `Malformed`, `LimitExceeded` or `Unsupported` say what the server did. The picture then holds something of what came before the fault.
    pub fn read(&mut self, message: &[u8], picture: &mut Surface, damage: &mut Vec<Rect>) -> Result<bool, Error> {
        if message.is_empty() {
            return Ok(false);
        }
        if !self.running {
            // A server that begins anew begins with an empty history.
            self.zgfx.reset();
        }
        let running = std::mem::take(&mut self.running);
        let mut plain = std::mem::take(&mut self.plain);
        plain.clear();
        let unpacked = self.zgfx.decompress(message, &mut plain);
        let result = unpacked.and_then(|()| self.apply(&plain, running, picture, damage));
        self.plain = plain;
        self.running = result.is_ok();
        result
    }

    fn apply(&mut self, mut plain: &[u8], running: bool, picture: &mut Surface, damage: &mut Vec<Rect>) -> Result<bool, Error> {
        let first = Command::next(&mut &*plain)?;
        if !running && !matches!(first, Some(Command::CapsConfirm(_))) {
            return Err(Error::Malformed("the stream has not started, or broke before"));
        }
        self.state.take_back(picture);
        let (limits, state, codecs) = (&self.limits, &mut self.state, &mut self.codecs);
        let mut turn = Turn { limits, state, codecs, picture, damage, operations: 0, work: 0, resized: false };
        let result = turn.commands(&mut plain);
        let resized = turn.resized;
        if result.is_ok() && !self.state.in_frame {
            self.state.show(picture, damage);
        }
        self.state.lend(picture);
        if resized {
            damage.clear();
            let whole = Rect::new(0, 0, self.state.output.0, self.state.output.1);
            damage.extend(Some(whole).filter(|whole| !whole.is_empty()));
        }
        result.map(|()| resized)
    }

    /// The next `FrameAcknowledge` to send to the server (3.3.5.12), as a command without ZGFX.
    pub fn poll_ack(&mut self) -> Option<FrameAcknowledge> {
        self.state.acks.pop_front()
    }

    /// Says how many bytes wait to be read, for the acknowledgements from now on; [`FrameAcknowledge::UNKNOWN`] at first.
    ///
    /// With [`FrameAcknowledge::SUSPEND`] the next frame is acknowledged with that, and none after it until something else is said.
    pub fn set_queue_depth(&mut self, bytes: u32) {
        self.state.queue_depth = bytes;
        self.state.acknowledging = true;
    }
}

fn cache_bytes(limits: &Limits, settled: usize) -> usize {
    settled.min(limits.max_cached_tiles as usize * 64 * 64 * 4)
}

impl State {
    /// The sole surface gets its pixels back from the embedder's picture, which is empty until [`lend`](Self::lend).
    fn take_back(&mut self, picture: &mut Surface) {
        if self.lent
            && let Some(target) = self.targets.sole(self.output)
        {
            std::mem::swap(picture, &mut target.surface);
            if target.surface.size() != target.size {
                // Not the picture that was lent. Whatever it is: what is painted next must fit.
                target.surface.resize(target.size.0, target.size.1);
            }
        }
    }

    /// A surface that is all there is to see lends its pixels, which saves a copy of everything that changes.
    fn lend(&mut self, picture: &mut Surface) {
        if let Some(target) = self.targets.sole(self.output).filter(|_| self.lent || !self.in_frame) {
            *picture = std::mem::take(&mut target.surface);
            self.lent = true;
        } else if self.lent {
            self.show_all(picture);
        }
    }

    /// Shows what has changed.
    fn show(&mut self, picture: &mut Surface, damage: &mut Vec<Rect>) {
        if !self.lent {
            self.targets.compose(picture, damage);
        } else if let Some(target) = self.targets.sole(self.output) {
            damage.append(&mut target.dirty);
        } else {
            self.show_all(picture);
            damage.push(Rect::new(0, 0, self.output.0, self.output.1));
        }
    }

    /// The picture is lent no more: it is made from the surfaces.
    fn show_all(&mut self, picture: &mut Surface) {
        self.lent = false;
        picture.resize(self.output.0, self.output.1);
        self.targets.iter_mut().for_each(Target::spoil);
        self.targets.compose(picture, &mut Vec::new());
    }

    fn acknowledge(&mut self, frame: u32) {
        self.decoded = self.decoded.wrapping_add(1);
        if !self.acknowledging {
            return;
        }
        if self.acks.len() == MOST_ACKS {
            self.acks.pop_front();
        }
        self.acks.push_back(FrameAcknowledge { queue_depth: self.queue_depth, frame, decoded: self.decoded });
        self.acknowledging = self.queue_depth != FrameAcknowledge::SUSPEND;
    }
}

/// One message being applied.
struct Turn<'a> {
    limits: &'a Limits,
    state: &'a mut State,
    codecs: &'a mut Codecs,
    picture: &'a mut Surface,
    damage: &'a mut Vec<Rect>,
    operations: u32,
    /// Pixels touched so far.
    work: u64,
    resized: bool,
}

impl Turn<'_> {
    fn commands(&mut self, plain: &mut &[u8]) -> Result<(), Error> {
        while let Some(command) = Command::next(plain)? {
            self.charge(0)?;
            self.command(&command)?;
        }
        Ok(())
    }

    /// Counts an operation on so many pixels before it is done.
    fn charge(&mut self, area: u64) -> Result<(), Error> {
        self.operations += 1;
        if self.operations > self.limits.max_operations {
            return Err(Error::LimitExceeded { what: "the number of operations in a message", limit: self.limits.max_operations.into() });
        }
        self.work += area;
        let limit = self.limits.max_work();
        if self.work > limit {
            return Err(Error::LimitExceeded { what: "the number of pixels that a message touches", limit });
        }
        Ok(())
    }

    fn command(&mut self, command: &Command<'_>) -> Result<(), Error> {
        match command {
            Command::WireToSurface1(wire) => self.wire_to_surface_1(wire),
            Command::WireToSurface2(wire) => self.wire_to_surface_2(wire),
            Command::DeleteEncodingContext(delete) => {
                self.state.targets.of(delete.surface)?.progressive = None;
                Ok(())
            }
            Command::SolidFill(fill) => self.solid_fill(fill),
            Command::SurfaceToSurface(copy) => self.surface_to_surface(copy),
            Command::SurfaceToCache(store) => self.surface_to_cache(store),
            Command::CacheToSurface(restore) => self.cache_to_surface(restore),
            Command::EvictCacheEntry(evict) => self.state.cache.evict(evict.slot),
            Command::CreateSurface(create) => {
                self.charge(u64::from(create.width) * u64::from(create.height))?;
                self.state.targets.create(self.limits, create)
            }
            Command::DeleteSurface(delete) => self.state.targets.delete(delete.surface),
            Command::StartFrame(start) => {
                (self.state.in_frame, self.state.frame) = (true, start.frame);
                Ok(())
            }
            Command::EndFrame(end) => {
                self.state.in_frame = false;
                self.state.show(self.picture, self.damage);
                self.state.acknowledge(end.frame);
                Ok(())
            }
            Command::ResetGraphics(reset) => self.reset_graphics(reset),
            Command::MapSurfaceToOutput(map) => self.state.targets.map(map.surface, (map.x, map.y), None),
            Command::MapSurfaceToScaledOutput(map) => self.state.targets.map(map.surface, (map.x, map.y), Some((map.width, map.height))),
            // Windows of remote programs are no part of the output.
            Command::MapSurfaceToWindow(map) => self.hide(map.surface),
            Command::MapSurfaceToScaledWindow(map) => self.hide(map.surface),
            Command::CapsConfirm(confirm) => {
                let features = Features::of(&confirm.set).filter(|features| features.version != Version::NATIVE);
                self.begin(&features.ok_or(Error::Unsupported("the version of the graphics pipeline that the server confirms"))?);
                Ok(())
            }
            Command::CacheImportReply(reply) if reply.slots.is_empty() => Ok(()),
            Command::CacheImportReply(_) => Err(Error::PeerViolation("imports a cache that was not offered")),
            Command::CapsAdvertise(_) | Command::FrameAcknowledge(_) | Command::QoeFrameAcknowledge(_) | Command::CacheImportOffer(_) => {
                Err(Error::Malformed("a command that only clients send"))
            }
            Command::Other(_) => Err(Error::Unsupported("a command that [MS-RDPEGFX] did not have")),
        }
    }

    /// Everything begins anew.
    fn begin(&mut self, features: &Features) {
        self.state.targets.clear();
        self.state.cache = Cache::new(features.cache_slots(), cache_bytes(self.limits, features.cache_bytes()));
        (self.state.output, self.state.lent, self.state.in_frame) = ((0, 0), false, false);
        self.state.acks.clear();
        (self.state.decoded, self.state.acknowledging) = (0, true);
        *self.codecs = Codecs::default();
        self.picture.resize(0, 0);
        self.damage.clear();
        self.resized = true;
    }

    fn reset_graphics(&mut self, reset: &ResetGraphics<'_>) -> Result<(), Error> {
        let (width, height) = (reset.width, reset.height);
        if width == 0 || height == 0 || width > MOST_OUTPUT || height > MOST_OUTPUT {
            return Err(Error::Malformed("an output without pixels, or of more than 32766 columns or rows"));
        }
        self.limits.check_size(width, height)?;
        self.charge(u64::from(width) * u64::from(height))?;
        self.state.output = (width, height);
        self.state.lent = false;
        self.picture.resize(width, height);
        self.state.targets.iter_mut().for_each(Target::spoil);
        self.resized = true;
        Ok(())
    }

    fn hide(&mut self, surface: u16) -> Result<(), Error> {
        self.state.targets.of(surface)?.place = Place::Nowhere;
        Ok(())
    }

    fn solid_fill(&mut self, fill: &SolidFill<'_>) -> Result<(), Error> {
        let colour = colour([fill.colour.blue, fill.colour.green, fill.colour.red, 0]);
        for rect in fill.rects.iter() {
            let rect = rect.rect()?;
            self.charge(rect.area())?;
            let target = self.state.targets.of(fill.surface)?;
            target.touch(rect, self.limits)?;
            target.surface.fill(rect, colour);
        }
        Ok(())
    }

    fn surface_to_surface(&mut self, copy: &SurfaceToSurface<'_>) -> Result<(), Error> {
        let rect = copy.rect.rect()?;
        for point in copy.points.iter() {
            self.charge(rect.area())?;
            let (x, y) = (u32::from(point.x), u32::from(point.y));
            if copy.source == copy.target {
                let target = self.state.targets.of(copy.source)?;
                target.check(rect)?;
                target.touch(Rect { x, y, ..rect }, self.limits)?;
                target.surface.copy_within(rect, x, y);
            } else {
                let (source, target) = self.state.targets.pair(copy.source, copy.target)?;
                source.check(rect)?;
                target.touch(Rect { x, y, ..rect }, self.limits)?;
                for (from, to) in (rect.y..rect.bottom()).zip(y..) {
                    target.surface.span_mut(x, to, rect.width).copy_from_slice(source.surface.span(rect.x, from, rect.width));
                }
            }
        }
        Ok(())
    }

    fn surface_to_cache(&mut self, store: &SurfaceToCache) -> Result<(), Error> {
        let rect = store.rect.rect()?;
        self.charge(rect.area())?;
        let target = self.state.targets.of(store.surface)?;
        target.check(rect)?;
        self.state.cache.store(store.slot, &target.surface, rect)
    }

    fn cache_to_surface(&mut self, restore: &CacheToSurface<'_>) -> Result<(), Error> {
        let (width, height) = self.state.cache.size(restore.slot)?;
        for point in restore.points.iter() {
            let rect = Rect::new(point.x.into(), point.y.into(), width, height);
            self.charge(rect.area())?;
            let target = self.state.targets.of(restore.surface)?;
            target.touch(rect, self.limits)?;
            self.state.cache.restore(restore.slot, &mut target.surface, rect.x, rect.y)?;
        }
        Ok(())
    }

    fn wire_to_surface_1(&mut self, wire: &WireToSurface1<'_>) -> Result<(), Error> {
        let (rect, data) = (wire.rect.rect()?, wire.data.0);
        self.charge(rect.area())?;
        let target = self.state.targets.of(wire.surface)?;
        target.check(rect)?;
        match wire.codec {
            CodecId::UNCOMPRESSED => uncompressed(data, &mut target.surface, rect)?,
            CodecId::PLANAR => {
                let planar = self.codecs.planar.get_or_insert_with(|| planar::Decoder::new(self.limits));
                planar.decode(data, &mut target.surface, rect)?;
            }
            CodecId::CLEAR => {
                let clear = self.codecs.clear.get_or_insert_with(|| Box::new(clear::Decoder::new(self.limits)));
                clear.decode(data, rect, &mut target.surface)?;
            }
            CodecId::REMOTE_FX => {
                let rfx = self.codecs.rfx.get_or_insert_with(|| rfx::Decoder::new(self.limits));
                rfx.decode(data, rect, &mut target.surface, &mut target.dirty)?;
                target.tidy(self.limits);
                return Ok(());
            }
            // The picture is opaque: there is nothing that could show through.
            CodecId::ALPHA => return alpha::decode(data, rect, |_, _| ()),
            CodecId::AVC420 | CodecId::AVC444 | CodecId::AVC444_V2 => return Err(Error::Unsupported("H.264")),
            _ => return Err(Error::Unsupported("a codec that [MS-RDPEGFX] did not have")),
        }
        target.touch(rect, self.limits)
    }

    fn wire_to_surface_2(&mut self, wire: &WireToSurface2<'_>) -> Result<(), Error> {
        if wire.codec != CodecId::PROGRESSIVE {
            return Err(Error::Unsupported("a codec with contexts other than RemoteFX Progressive"));
        }
        let target = self.state.targets.of(wire.surface)?;
        let before = target.dirty.len();
        let progressive = target.progressive.get_or_insert_with(|| Box::new(progressive::Decoder::new(self.limits)));
        progressive.decode(self.state.frame, wire.data.0, &mut target.surface, &mut target.dirty)?;
        // Its own limits bound one such command; this bounds all of them.
        let area = target.dirty.iter().skip(before).map(Rect::area).sum();
        target.tidy(self.limits);
        self.charge(area)
    }
}

/// Pixels as they are (2.2.2.1, `RDPGFX_CODECID_UNCOMPRESSED`): four bytes each, row by row.
fn uncompressed(data: &[u8], surface: &mut Surface, rect: Rect) -> Result<(), Error> {
    let (pixels, rest): (&[Pixel], _) = data.as_chunks();
    if !rest.is_empty() || pixels.len() as u64 != rect.area() {
        return Err(Error::Malformed("pixels that do not fill their rectangle, or more"));
    }
    for (y, row) in (rect.y..rect.bottom()).zip(pixels.chunks_exact(rect.width as usize)) {
        for (to, from) in surface.span_mut(rect.x, y, rect.width).iter_mut().zip(row) {
            *to = opaque(colour(*from));
        }
    }
    Ok(())
}
