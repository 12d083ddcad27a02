//! ZGFX: the bulk compressor under everything.

use rh_codec::{
    Effort,
    egfx::zgfx::{Compressor, Decompressor},
};

use crate::{
    Oracles,
    report::{Report, Tally},
};

pub(crate) fn run(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    for effort in [Effort::Fast, Effort::Balanced, Effort::Small] {
        let mut compressor = Compressor::new(effort);
        messages(oracles, report, &format!("zgfx: our stream, {effort:?}"), |_, plain| {
            let mut message = Vec::new();
            compressor.compress(plain, &mut message).map_err(|e| e.to_string())?;
            Ok(Some(message))
        })?;
    }
    messages(oracles, report, "zgfx: FreeRDP's stream", |oracles, plain| Ok(oracles.freerdp.zgfx_encode(plain)?.ok()))?;
    let mut compressor = ironrdp_graphics::zgfx::Compressor::new();
    messages(oracles, report, "zgfx: IronRDP's stream", |_, plain| {
        let mode = ironrdp_graphics::zgfx::CompressionMode::Auto;
        // Its search is far slower than ours: small pictures suffice.
        if plain.len() > 200_000 {
            return Ok(None);
        }
        ironrdp_graphics::zgfx::compress_and_wrap_egfx(plain, &mut compressor, mode).map(Some).map_err(|e| e.to_string())
    })
}

/// One session of messages, as `encode` makes them; where it makes none the picture is left out.
fn messages(
    oracles: &mut Oracles,
    report: &mut Report,
    name: &str,
    mut encode: impl FnMut(&mut Oracles, &[u8]) -> Result<Option<Vec<u8>>, String>,
) -> Result<(), String> {
    let mut tally = Tally::exact(name);
    oracles.freerdp.reset(1, 1)?;
    let mut ironrdp = ironrdp_graphics::zgfx::Decompressor::new();
    let mut ours = Decompressor::new(1 << 26);
    let frames = std::mem::take(&mut oracles.frames);
    for frame in &frames {
        let Some(message) = encode(oracles, &frame.pixels)? else { continue };
        let freerdp = oracles.freerdp.zgfx_decode(&message)?.unwrap_or_default();
        let (mut plain, mut theirs) = (Vec::new(), Vec::new());
        if let Err(error) = ours.decompress(&message, &mut plain) {
            tally.refused("our decompressor", error);
        }
        if let Err(error) = ironrdp.decompress(&message, &mut theirs) {
            tally.refused("IronRDP", error);
        }
        tally.bytes(&plain, Some(&freerdp), Some(&theirs));
        tally.bytes(&frame.pixels, Some(&freerdp), Some(&theirs));
    }
    oracles.frames = frames;
    report.add(tally);
    Ok(())
}
