//! Commands, one after another, and what they do.

use super::{
    alpha,
    cache::Cache,
    caps::{Features, Version},
    output::{Place, Target},
    pdu::{CacheToSurface, CodecId, Command, ResetGraphics, SolidFill, SurfaceToCache, SurfaceToSurface, WireToSurface1, WireToSurface2},
    reader::{Codecs, State, cache_bytes},
    video::{Frame, SurfaceVideo},
};
use crate::{
    Error, Limits, Rect, Surface, clear,
    image::{Pixel, colour, opaque},
    planar, progressive, rfx,
};

/// Columns and rows of an output at most (2.2.2.14).
const MOST_OUTPUT: u32 = 32_766;

/// One message being applied.
pub(super) struct Turn<'a> {
    limits: &'a Limits,
    state: &'a mut State,
    codecs: &'a mut Codecs,
    picture: &'a mut Surface,
    damage: &'a mut Vec<Rect>,
    operations: u32,
    /// Pixels touched so far.
    work: u64,
    /// Whether the output is a new one.
    pub(super) resized: bool,
}

impl<'a> Turn<'a> {
    pub(super) fn new(
        limits: &'a Limits,
        state: &'a mut State,
        codecs: &'a mut Codecs,
        picture: &'a mut Surface,
        damage: &'a mut Vec<Rect>,
    ) -> Self {
        Self { limits, state, codecs, picture, damage, operations: 0, work: 0, resized: false }
    }

    pub(super) fn commands(&mut self, plain: &mut &[u8]) -> Result<(), Error> {
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
        *self.codecs = Codecs { decoders: std::mem::take(&mut self.codecs.decoders), ..Codecs::default() };
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
            CodecId::AVC420 | CodecId::AVC444 | CodecId::AVC444_V2 => {
                return self.video(wire.surface, &Frame::parse(wire.codec, data, rect, self.limits)?);
            }
            _ => return Err(Error::Unsupported("a codec that [MS-RDPEGFX] did not have")),
        }
        target.touch(rect, self.limits)
    }

    fn video(&mut self, surface: u16, frame: &Frame<'_>) -> Result<(), Error> {
        // Decoding is work for the whole picture, however little of it is painted.
        let pixels = self.state.targets.of(surface)?.whole().area();
        self.charge(pixels * frame.units())?;
        for rect in frame.rects() {
            let rect = rect?;
            self.charge(rect.area())?;
            self.state.targets.of(surface)?.touch(rect, self.limits)?;
        }
        let target = self.state.targets.of(surface)?;
        let video = match &mut target.video {
            Some(video) => video,
            none => none.insert(Box::new(SurfaceVideo::new(&mut self.codecs.decoders)?)),
        };
        video.show(frame, &mut target.surface, self.limits)
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
