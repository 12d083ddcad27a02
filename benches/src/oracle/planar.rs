//! Planar: colour planes with run lengths.

use crate::{
    Oracles, ironrdp,
    report::{Report, Tally},
};

/// Flags of the format header.
const RUN_LENGTHS: u32 = 0x10;
const NO_ALPHA: u32 = 0x20;

pub(crate) fn run(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    for (name, flags) in [("run lengths", NO_ALPHA | RUN_LENGTHS), ("raw", NO_ALPHA), ("run lengths, alpha", RUN_LENGTHS)] {
        let mut theirs = Tally::exact(format!("planar: FreeRDP's stream, {name}"));
        for frame in &oracles.frames {
            oracles.freerdp.reset(frame.width, frame.height)?;
            let data = match oracles.freerdp.planar_encode(frame, flags)? {
                Ok(data) => data,
                Err(status) => {
                    theirs.refused("FreeRDP's encoder", status);
                    continue;
                }
            };
            // Its encoder makes streams of one column that its decoder refuses.
            if oracles.freerdp.planar_decode(&data, frame.area())?.is_err() {
                continue;
            }
            let freerdp = oracles.freerdp.read()?;
            match ironrdp::planar(&data, frame.width, frame.height) {
                // Its encoder is made for bitmaps that lie bottom up.
                Ok(ironrdp) => theirs.frame(&frame.flipped().pixels, Some(&freerdp), Some(&ironrdp)),
                Err(error) => theirs.refused("IronRDP", error),
            }
        }
        report.add(theirs);
    }
    Ok(())
}
