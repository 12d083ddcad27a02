//! Planar: colour planes with run lengths.

use rh_codec::{
    Limits,
    planar::{Decoder, Encoder},
};

use crate::{
    Oracles, frames, ironrdp,
    report::{Report, Tally},
};

/// Flags of the format header.
const RUN_LENGTHS: u32 = 0x10;
const NO_ALPHA: u32 = 0x20;

pub(crate) fn run(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    ours(oracles, report)?;
    for (name, flags) in [("run lengths", NO_ALPHA | RUN_LENGTHS), ("raw", NO_ALPHA), ("run lengths, alpha", RUN_LENGTHS)] {
        theirs(oracles, report, name, flags)?;
    }
    Ok(())
}

fn ours(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    let mut tally = Tally::exact("planar: our stream");
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(&Limits::default()));
    for frame in &oracles.frames {
        let mut data = Vec::new();
        encoder.encode(&frame.view(), frame.rect(), &mut data).map_err(|e| e.to_string())?;
        let mut surface = frame.surface();
        if let Err(error) = decoder.decode(&data, &mut surface, frame.rect()) {
            tally.refused("our decoder", error);
        }
        oracles.freerdp.reset(frame.width, frame.height)?;
        if let Err(status) = oracles.freerdp.planar_decode(&data, frame.area())? {
            tally.refused("FreeRDP", status);
        }
        let freerdp = oracles.freerdp.read()?;
        match ironrdp::planar(&data, frame.width, frame.height) {
            Ok(ironrdp) => {
                tally.frame(&frames::shown(&surface), Some(&freerdp), Some(&ironrdp));
                tally.frame(&frame.pixels, Some(&freerdp), Some(&ironrdp));
            }
            Err(error) => tally.refused("IronRDP", error),
        }
    }
    report.add(tally);
    Ok(())
}

fn theirs(oracles: &mut Oracles, report: &mut Report, name: &str, flags: u32) -> Result<(), String> {
    let mut tally = Tally::exact(format!("planar: FreeRDP's stream, {name}"));
    let mut decoder = Decoder::new(&Limits::default());
    for frame in &oracles.frames {
        oracles.freerdp.reset(frame.width, frame.height)?;
        let data = match oracles.freerdp.planar_encode(frame, flags)? {
            Ok(data) => data,
            Err(status) => {
                tally.refused("FreeRDP's encoder", status);
                continue;
            }
        };
        // Its encoder makes streams of one column that its decoder refuses.
        if oracles.freerdp.planar_decode(&data, frame.area())?.is_err() {
            continue;
        }
        let freerdp = oracles.freerdp.read()?;
        let mut surface = frame.surface();
        if let Err(error) = decoder.decode(&data, &mut surface, frame.rect()) {
            tally.refused("our decoder", error);
        }
        match ironrdp::planar(&data, frame.width, frame.height) {
            Ok(ironrdp) => tally.frame(&frames::shown(&surface), Some(&freerdp), Some(&ironrdp)),
            Err(error) => tally.refused("IronRDP", error),
        }
        // Its encoder is made for bitmaps that lie bottom up.
        tally.frame(&frame.flipped().pixels, Some(&freerdp), None);
    }
    report.add(tally);
    Ok(())
}
