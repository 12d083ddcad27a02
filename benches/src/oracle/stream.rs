//! `Profile::Egfx` as a whole: frames in, messages out, and three clients that must show the same.

use ironrdp_core::{ReadCursor, decode_cursor};
use ironrdp_egfx::pdu::GfxPdu;
use rh_codec::{
    Budget, Decoder, Encoder, Error, Hints, Limits, Profile, Settings,
    egfx::caps::{CapSet, CapsConfirm, Version, flag},
};

use crate::{
    Oracles,
    frames::Picture,
    ironrdp::Pipeline,
    report::{Report, Tally},
};

/// Capabilities that make a difference, and their names in the table.
const CAPS: [(&str, Version, u32); 4] = [
    ("10.7, small cache", Version::V10_7, flag::SMALL_CACHE | flag::AVC_DISABLED),
    ("10.4", Version::V10_4, flag::AVC_DISABLED),
    ("8.1, thin client", Version::V8_1, flag::THIN_CLIENT | flag::SMALL_CACHE),
    ("8", Version::V8, 0),
];

pub(crate) fn run(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    let frames = std::mem::take(&mut oracles.frames);
    let result = CAPS.iter().try_for_each(|(name, version, flags)| {
        let data = flags.to_le_bytes();
        session(oracles, report, &frames, name, &CapsConfirm { set: CapSet { version: *version, data: &data } })
    });
    oracles.frames = frames;
    result
}

/// The clients of one session.
struct Clients {
    decoder: Decoder,
    ironrdp: Pipeline,
    /// While pictures are coarse: decoders round differently.
    under_way: Tally,
    /// Once they are settled.
    settled: Tally,
}

/// Every picture twice, a busy one of another kind between, then a piece of it moved: with a budget first, so that there are passes; then without, until it is exact.
fn session(oracles: &mut Oracles, report: &mut Report, frames: &[Picture], name: &str, confirm: &CapsConfirm<'_>) -> Result<(), String> {
    let settings = Settings { profile: Profile::Egfx, ..Settings::default() };
    let told = |e: Error| e.to_string();
    let mut encoder = Encoder::confirmed(settings, confirm).map_err(told)?;
    oracles.freerdp.reset(1, 1)?;
    oracles.freerdp.graphics_reset()?;
    let mut clients = Clients {
        decoder: Decoder::of(Profile::Egfx, Limits::default()).map_err(told)?,
        ironrdp: Pipeline::new()?,
        under_way: Tally::within(format!("stream {name}: under way"), 16),
        settled: Tally::exact(format!("stream {name}: settled")),
    };
    let mut first = true;
    for picture in scenes(frames) {
        for turn in 0..200 {
            // Passes first, which take a budget.
            let budget = if turn < 8 { Budget::bytes(picture.pixels.len() / 40) } else { Budget::UNLIMITED };
            let mut message = Vec::new();
            encoder.encode(&picture.view(), &Hints::default(), budget, &mut message).map_err(told)?;
            if std::mem::take(&mut first) {
                begins_as_specified(&message).unwrap_or_else(|fault| clients.under_way.refused("a reader of commands", fault));
            }
            clients.show(oracles, &message)?;
            while let Some(ack) = clients.decoder.poll_ack() {
                encoder.handle_frame_ack(&ack).map_err(told)?;
            }
            if encoder.is_settled() {
                break;
            }
        }
        let [ours, freerdp, ironrdp] = clients.pictures(oracles)?;
        clients.settled.frame(&ours, Some(&freerdp), Some(&ironrdp));
        if ours != picture.pixels {
            clients.settled.refused("our decoder", "it shows something else than the frame");
        }
    }
    report.add(clients.under_way);
    report.add(clients.settled);
    Ok(())
}

/// What happens on a screen: pictures that come, go, come again, and move.
fn scenes(frames: &[Picture]) -> Vec<Picture> {
    let mut scenes = Vec::new();
    let large: Vec<&Picture> = frames.iter().filter(|picture| picture.width * picture.height > 20_000).take(8).collect();
    for (one, other) in large.iter().zip(large.iter().cycle().skip(1)) {
        scenes.push((*one).clone());
        // It stands still for as long as makes it worth keeping.
        scenes.extend((0..8).map(|_| (*one).clone()));
        let mut covered = (*one).clone();
        covered.put(other, (other.width / 4, 3), (37, 21), (one.width / 2, one.height / 2));
        scenes.push(covered.clone());
        let mut moved = covered.clone();
        moved.put(&covered, (0, 0), (0, 16), (one.width, one.height.saturating_sub(16)));
        scenes.push(moved);
        scenes.push((*one).clone());
    }
    scenes
}

/// The first message: CapsConfirm, ResetGraphics, CreateSurface, MapSurfaceToOutput, by IronRDP's readers.
fn begins_as_specified(message: &[u8]) -> Result<(), String> {
    let mut plain = Vec::new();
    ironrdp_graphics::zgfx::Decompressor::new().decompress(message, &mut plain).map_err(|e| e.to_string())?;
    let mut cursor = ReadCursor::new(&plain);
    let mut next = || decode_cursor::<GfxPdu>(&mut cursor).map_err(|e| e.to_string());
    match (next()?, next()?, next()?, next()?) {
        (GfxPdu::CapabilitiesConfirm(_), GfxPdu::ResetGraphics(_), GfxPdu::CreateSurface(_), GfxPdu::MapSurfaceToOutput(_)) => Ok(()),
        other => Err(format!("the first message begins otherwise: {other:?}")),
    }
}

impl Clients {
    /// Hands a message to all of them and compares what they show.
    fn show(&mut self, oracles: &mut Oracles, message: &[u8]) -> Result<(), String> {
        if message.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.decoder.decode(message) {
            self.under_way.refused("our decoder", error);
        }
        if let Err(error) = oracles.freerdp.graphics_message(message)? {
            self.under_way.refused("FreeRDP", error);
        }
        if let Err(error) = self.ironrdp.read(message) {
            self.under_way.refused("IronRDP", error);
        }
        let [ours, freerdp, ironrdp] = self.pictures(oracles)?;
        self.under_way.frame(&ours, Some(&freerdp), Some(&ironrdp));
        Ok(())
    }

    /// What we show, FreeRDP and IronRDP.
    fn pictures(&self, oracles: &mut Oracles) -> Result<[Vec<u8>; 3], String> {
        let ours = self.decoder.surface().map_or_else(Vec::new, |view| view.pixels().to_vec());
        Ok([ours, oracles.freerdp.graphics_read()?.pixels, self.ironrdp.output.pixels.clone()])
    }
}
