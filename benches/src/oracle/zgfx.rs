//! ZGFX: the bulk compressor under everything.

use crate::{
    Oracles,
    report::{Report, Tally},
};

pub(crate) fn run(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    let mut theirs = Tally::exact("zgfx: FreeRDP's stream");
    oracles.freerdp.reset(1, 1)?;
    let mut ironrdp = ironrdp_graphics::zgfx::Decompressor::new();
    for frame in &oracles.frames {
        let message = match oracles.freerdp.zgfx_encode(&frame.pixels)? {
            Ok(message) => message,
            Err(status) => {
                theirs.refused("FreeRDP's encoder", status);
                continue;
            }
        };
        let freerdp = oracles.freerdp.zgfx_decode(&message)?.unwrap_or_default();
        let mut plain = Vec::new();
        if let Err(error) = ironrdp.decompress(&message, &mut plain) {
            theirs.refused("IronRDP", error);
        }
        theirs.bytes(&frame.pixels, Some(&freerdp), Some(&plain));
    }
    report.add(theirs);
    Ok(())
}
