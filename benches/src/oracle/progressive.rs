//! RemoteFX Progressive: first passes, upgrades and differences. Decoders round differently, in the transform and in the colours.
#![expect(clippy::cast_possible_truncation, reason = "sides of pictures have 16 bits")]

use ironrdp_graphics::progressive::ProgressiveDecoder;
use rh_codec::{
    Limits, Surface,
    progressive::{Aim, Decoder, Encoder, Level},
};

use crate::{
    Oracles,
    frames::{self, Picture},
    report::{Report, Tally},
};

pub(crate) fn run(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    let mut single = Tally::near("progressive: our first passes");
    let mut upgrades = Tally::near("progressive: our upgrades");
    let mut differences = Tally::near("progressive: our differences");
    let pictures = oracles.frames.clone();
    for picture in &pictures {
        for level in Level::ALL {
            ours(oracles, picture, &mut single, &[Pass::First(level, Aim::Picture)])?;
        }
        ours(oracles, picture, &mut upgrades, &[Pass::First(Level::Coarse, Aim::Passes), Pass::Upgrade, Pass::Upgrade, Pass::Upgrade])?;
        ours(oracles, picture, &mut differences, &[Pass::First(Level::Coarse, Aim::Picture), Pass::Upgrade, Pass::Upgrade, Pass::Upgrade])?;
    }
    // One picture after the other on the same surface.
    for pair in pictures.windows(2).filter(|pair| (pair[0].width, pair[0].height) == (pair[1].width, pair[1].height)) {
        let mut link = Link::new(oracles, &pair[0])?;
        for picture in [&pair[0], &pair[1], &pair[0]] {
            link.send(oracles, picture, &Pass::First(Level::Good, Aim::Picture), &mut differences)?;
        }
    }
    [single, upgrades, differences].into_iter().for_each(|tally| report.add(tally));
    theirs(oracles, &pictures, report)
}

enum Pass {
    First(Level, Aim),
    Upgrade,
}

fn ours(oracles: &mut Oracles, picture: &Picture, tally: &mut Tally, passes: &[Pass]) -> Result<(), String> {
    let mut link = Link::new(oracles, picture)?;
    passes.iter().try_for_each(|pass| link.send(oracles, picture, pass, tally))
}

struct Link {
    encoder: Encoder,
    decoder: Decoder,
    surface: Surface,
    ironrdp: IronRdp,
    frame: u32,
}

impl Link {
    fn new(oracles: &mut Oracles, picture: &Picture) -> Result<Self, String> {
        oracles.freerdp.reset(picture.width, picture.height)?;
        let limits = Limits::default();
        let mut encoder = Encoder::new(&limits);
        encoder.resize(picture.width, picture.height).map_err(|e| e.to_string())?;
        Ok(Self { encoder, decoder: Decoder::new(&limits), surface: picture.surface(), ironrdp: IronRdp::new(picture), frame: 0 })
    }

    fn send(&mut self, oracles: &mut Oracles, picture: &Picture, pass: &Pass, tally: &mut Tally) -> Result<(), String> {
        self.frame += 1;
        let mut data = Vec::new();
        let mut message = self.encoder.message(&mut data);
        for y in 0..picture.height.div_ceil(64) as u16 {
            for x in 0..picture.width.div_ceil(64) as u16 {
                match pass {
                    Pass::First(level, aim) => message.first(&picture.view(), x, y, *level, *aim).map_err(|e| e.to_string())?,
                    Pass::Upgrade => {
                        message.upgrade(x, y).map_err(|e| e.to_string())?;
                    }
                }
            }
        }
        message.finish().map_err(|e| e.to_string())?;
        if let Err(error) = self.decoder.decode(self.frame, &data, &mut self.surface, &mut Vec::new()) {
            tally.refused("our decoder", error);
        }
        if let Err(status) = oracles.freerdp.progressive_decode(&data, self.frame)? {
            tally.refused("FreeRDP", status);
        }
        if let Err(error) = self.ironrdp.decode(&data) {
            tally.refused("IronRDP", error);
        }
        let freerdp = oracles.freerdp.read()?;
        tally.frame(&frames::shown(&self.surface), Some(&freerdp), Some(&self.ironrdp.pixels));
        Ok(())
    }
}

fn theirs(oracles: &mut Oracles, pictures: &[Picture], report: &mut Report) -> Result<(), String> {
    let mut tally = Tally::near("progressive: FreeRDP's stream");
    for picture in pictures {
        oracles.freerdp.reset(picture.width, picture.height)?;
        let data = match oracles.freerdp.progressive_encode(picture)? {
            Ok(data) => data,
            Err(status) => {
                tally.refused("FreeRDP's encoder", status);
                continue;
            }
        };
        if let Err(status) = oracles.freerdp.progressive_decode(&data, 1)? {
            tally.refused("FreeRDP", status);
        }
        let freerdp = oracles.freerdp.read()?;
        let mut surface = picture.surface();
        if let Err(error) = Decoder::new(&Limits::default()).decode(1, &data, &mut surface, &mut Vec::new()) {
            tally.refused("our decoder", error);
        }
        let mut ironrdp = IronRdp::new(picture);
        match ironrdp.decode(&data) {
            Ok(()) => tally.frame(&frames::shown(&surface), Some(&freerdp), Some(&ironrdp.pixels)),
            Err(error) => tally.refused("IronRDP", error),
        }
    }
    report.add(tally);
    Ok(())
}

struct IronRdp {
    decoder: ProgressiveDecoder,
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl IronRdp {
    fn new(picture: &Picture) -> Self {
        Self { decoder: ProgressiveDecoder::new(), width: picture.width, height: picture.height, pixels: frames::shown(&picture.surface()) }
    }

    fn decode(&mut self, data: &[u8]) -> Result<(), String> {
        self.decoder.begin_frame();
        let tiles = self.decoder.decode_bitmap(0, 0, self.width as u16, self.height as u16, data).map_err(|e| e.to_string())?;
        self.decoder.end_frame();
        for tile in &tiles {
            let (left, top) = (usize::from(tile.x_idx) * 64, usize::from(tile.y_idx) * 64);
            for rect in &tile.update_rectangles {
                for y in usize::from(rect.top)..usize::from(rect.bottom) {
                    for x in usize::from(rect.left)..usize::from(rect.right) {
                        let from = ((y - top) * 64 + x - left) * 4;
                        let to = (y * self.width as usize + x) * 4;
                        let rgba = &tile.pixels[from..from + 4];
                        self.pixels[to..to + 4].copy_from_slice(&[rgba[2], rgba[1], rgba[0], 255]);
                    }
                }
            }
        }
        Ok(())
    }
}
