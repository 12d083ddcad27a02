//! The pipeline as a whole: messages of our writer, and commands on several surfaces, in our reader, FreeRDP's client and IronRDP's.

use rh_codec::{
    Effort, Limits, Rect, Surface,
    egfx::{
        Reader, Writer,
        caps::{CapSet, CapsConfirm},
        pdu::{
            CacheToSurface, Colour32, Command, CreateSurface, DeleteSurface, EndFrame, EvictCacheEntry, MapSurfaceToOutput, Monitors,
            PixelFormat, Points, Rect16, Rects, ResetGraphics, SolidFill, StartFrame, SurfaceToCache, SurfaceToSurface, point,
        },
        zgfx::Compressor,
    },
    progressive::{Aim, Level},
};

use crate::{
    Oracles, frames,
    frames::Picture,
    ironrdp::Pipeline,
    report::{Report, Tally},
};

pub(crate) fn run(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    let frames = std::mem::take(&mut oracles.frames);
    let result = exact(oracles, report, &frames).and_then(|()| passes(oracles, report, &frames));
    oracles.frames = frames;
    result?;
    surfaces(oracles, report)
}

/// The three clients side by side.
struct Clients<'a> {
    oracles: &'a mut Oracles,
    ironrdp: Pipeline,
    reader: Reader,
    picture: Surface,
    damage: Vec<Rect>,
    tally: Tally,
}

impl<'a> Clients<'a> {
    fn new(oracles: &'a mut Oracles, tally: Tally) -> Result<Self, String> {
        oracles.freerdp.reset(1, 1)?;
        oracles.freerdp.graphics_reset()?;
        let reader = Reader::new(Limits::default()).map_err(|e| e.to_string())?;
        Ok(Self { oracles, ironrdp: Pipeline::new()?, reader, picture: Surface::default(), damage: Vec::new(), tally })
    }

    /// Hands a message to all of them and compares what they show.
    fn show(&mut self, message: &[u8]) -> Result<(), String> {
        self.damage.clear();
        if let Err(error) = self.reader.read(message, &mut self.picture, &mut self.damage) {
            self.tally.refused("our reader", error);
        }
        if let Err(error) = self.oracles.freerdp.graphics_message(message)? {
            self.tally.refused("FreeRDP", error);
        }
        if let Err(error) = self.ironrdp.read(message) {
            self.tally.refused("IronRDP", error);
        }
        let freerdp = self.oracles.freerdp.graphics_read()?;
        self.tally.frame(&frames::shown(&self.picture), Some(&freerdp.pixels), Some(&self.ironrdp.output.pixels));
        Ok(())
    }
}

fn writer(limits: &Limits, effort: Effort) -> Result<Writer, String> {
    Writer::new(&CapsConfirm { set: CapSet::PLAIN }, limits, effort).map_err(|e| e.to_string())
}

/// Every operation that loses nothing, with the cache so small that slots are given up.
fn exact(oracles: &mut Oracles, report: &mut Report, frames: &[Picture]) -> Result<(), String> {
    let limits = Limits { max_cached_tiles: 4, ..Limits::default() };
    let mut clients = Clients::new(oracles, Tally::exact("pipeline: our writer, exact operations"))?;
    let mut writer = writer(&limits, Effort::Balanced)?;
    let mut shown = Surface::default();
    for (key, frame) in (0u64..).zip(frames) {
        for message in exact_messages(&mut writer, &mut shown, frame, key).map_err(|e| e.to_string())? {
            clients.show(&message)?;
        }
        if frames::shown(&clients.picture) != frames::shown(&shown) {
            clients.tally.refused("our writer", "it believes that something else is shown");
        }
    }
    report.add(clients.tally);
    Ok(())
}

/// A frame painted, and things done to it.
fn exact_messages(writer: &mut Writer, shown: &mut Surface, frame: &Picture, key: u64) -> Result<Vec<Vec<u8>>, rh_codec::Error> {
    let (view, whole) = (frame.view(), frame.rect());
    let mut messages = Vec::new();
    let mut finish = |writer: &mut Writer| {
        let mut message = Vec::new();
        writer.finish(&mut message);
        messages.push(message);
    };
    writer.begin();
    if shown.size() != (frame.width, frame.height) || key == 0 {
        writer.size(shown, frame.width, frame.height)?;
    }
    let half = Rect { height: frame.height.div_ceil(2), ..whole };
    writer.text(shown, &view, half)?;
    writer.image(shown, &view, Rect::new(0, frame.height / 2, frame.width, frame.height - frame.height / 2))?;
    finish(writer);

    let corner = Rect::new(frame.width / 4, frame.height / 4, frame.width.div_ceil(2).min(80), frame.height.div_ceil(2).min(70));
    let tile = Rect::new(frame.width / 128 * 64, frame.height / 128 * 64, 64, 64).intersection(&whole);
    let slot = u16::try_from(key % 4).unwrap_or(0);
    writer.keep(shown, slot, tile)?;
    writer.fill(shown, corner, 0x0001_0203 * 17)?;
    writer.copy(shown, half, 0, frame.height / 3)?;
    writer.flush();
    writer.copy(shown, half, frame.width - half.width, 0)?;
    finish(writer);

    writer.recall(shown, slot, Rect { width: tile.width.div_ceil(3), height: tile.height.div_ceil(2), ..tile })?;
    // All of a tile, at the place of another; where that is smaller, the part that there is.
    writer.recall(shown, slot, Rect { x: 0, y: 0, ..tile }.intersection(&whole))?;
    writer.fill(shown, Rect::new(frame.width - 1, frame.height - 1, 1, 1), 0xff_ffff)?;
    finish(writer);
    Ok(messages)
}

/// First passes and upgrades of RemoteFX Progressive, whole frames.
fn passes(oracles: &mut Oracles, report: &mut Report, frames: &[Picture]) -> Result<(), String> {
    let limits = Limits::default();
    let mut clients = Clients::new(oracles, Tally::near("pipeline: our writer, passes"))?;
    let mut writer = writer(&limits, Effort::Fast)?;
    let mut shown = Surface::default();
    for (frame, aim) in frames.iter().zip([Aim::Picture, Aim::Passes].into_iter().cycle()) {
        // Tiles are numbered in 16 bits; frames are far smaller.
        let count = |side: u32| u16::try_from(side.div_ceil(64)).unwrap_or(u16::MAX);
        let tiles: Vec<(u16, u16)> = (0..count(frame.height)).flat_map(|y| (0..count(frame.width)).map(move |x| (x, y))).collect();
        for pass in 0..3 {
            let mut message = Vec::new();
            writer.begin();
            if pass == 0 {
                writer.size(&mut shown, frame.width, frame.height).map_err(|e| e.to_string())?;
                writer.image_first(&mut shown, &frame.view(), &tiles, Level::ALL[0], aim).map_err(|e| e.to_string())?;
            } else {
                writer.image_upgrade(&mut shown, &tiles).map_err(|e| e.to_string())?;
            }
            writer.finish(&mut message);
            if !message.is_empty() {
                clients.show(&message)?;
            }
        }
    }
    report.add(clients.tally);
    Ok(())
}

/// Random numbers of a fixed course.
struct Course(u64);

impl Course {
    fn below(&mut self, limit: u16) -> u16 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let [.., high, higher] = self.0.to_le_bytes();
        u16::from_le_bytes([high, higher]) % limit.max(1)
    }

    fn rect(&mut self, width: u16, height: u16) -> Rect16 {
        let (left, top) = (self.below(width), self.below(height));
        Rect16 { left, top, right: left + 1 + self.below(width - left), bottom: top + 1 + self.below(height - top) }
    }
}

/// Commands of all kinds on several surfaces that lie side by side on the output.
fn surfaces(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    const SIZES: [(u16, u16); 3] = [(100, 80), (61, 80), (161, 40)];
    const ORIGINS: [(u32, u32); 3] = [(0, 0), (100, 0), (0, 80)];
    let mut clients = Clients::new(oracles, Tally::exact("pipeline: commands on three surfaces"))?;
    let mut course = Course(1);
    let mut compressor = Compressor::new(Effort::Small);
    for round in 0u32..60 {
        let mut plain = Vec::new();
        if round.is_multiple_of(20) {
            if round == 0 {
                Command::from(CapsConfirm { set: CapSet::PLAIN }).write(&mut plain);
            }
            for id in 0..3u16 {
                if round > 0 {
                    Command::from(DeleteSurface { surface: id }).write(&mut plain);
                }
            }
            Command::from(ResetGraphics { width: 161, height: 120, monitors: Monitors::default() }).write(&mut plain);
            for ((id, (width, height)), (x, y)) in (0u16..).zip(SIZES).zip(ORIGINS) {
                Command::from(CreateSurface { surface: id, width, height, format: PixelFormat::XRGB }).write(&mut plain);
                Command::from(MapSurfaceToOutput { surface: id, reserved: 0, x, y }).write(&mut plain);
                let whole = [Rect16 { left: 0, top: 0, right: width, bottom: height }.to_bytes()];
                fill(id, 0x40, &whole).write(&mut plain);
            }
        }
        Command::from(StartFrame { timestamp: 0, frame: round }).write(&mut plain);
        for _ in 0..12 {
            random(&mut course, &SIZES, &mut plain);
        }
        Command::from(EndFrame { frame: round }).write(&mut plain);
        let mut message = Vec::new();
        compressor.compress(&plain, &mut message).map_err(|e| e.to_string())?;
        clients.show(&message)?;
    }
    report.add(clients.tally);
    Ok(())
}

fn fill(surface: u16, colour: u8, rects: &[[u8; 8]]) -> Command<'_> {
    let rects = Rects::new(rects).expect("a few rectangles");
    SolidFill { surface, colour: Colour32 { blue: colour, green: colour / 2, red: 255 - colour, alpha: 255 }, rects }.into()
}

/// Appends one command that is right, and sometimes another that makes it so.
fn random(course: &mut Course, sizes: &[(u16, u16); 3], plain: &mut Vec<u8>) {
    let ids = [course.below(3), course.below(3)];
    let [(width, height), (to_width, to_height)] = ids.map(|id| sizes[usize::from(id)]);
    let rect = course.rect(width, height);
    let colour = course.below(256).to_le_bytes()[0];
    match course.below(4) {
        0 => {
            let rects = [rect.to_bytes(), course.rect(width, height).to_bytes()];
            fill(ids[0], colour, &rects).write(plain);
        }
        choice => {
            // What is copied or kept fits both surfaces.
            let right = rect.right.min(rect.left + to_width);
            let bottom = rect.bottom.min(rect.top + to_height);
            let rect = Rect16 { right, bottom, ..rect };
            let mut place = || point(course.below(to_width - (right - rect.left) + 1), course.below(to_height - (bottom - rect.top) + 1));
            let points = [place(), place()];
            if choice == 1 {
                // One point: decoders differ in several that overlap.
                let points = Points::new(&points[..1]).expect("one point");
                Command::from(SurfaceToSurface { source: ids[0], target: ids[1], rect, points }).write(plain);
            } else {
                let slot = 1 + u16::from(colour % 8);
                Command::from(SurfaceToCache { surface: ids[0], key: colour.into(), slot, rect }).write(plain);
                let points = Points::new(&points).expect("two points");
                Command::from(CacheToSurface { slot, surface: ids[1], points }).write(plain);
                if choice == 3 {
                    Command::from(EvictCacheEntry { slot }).write(plain);
                }
            }
        }
    }
}
