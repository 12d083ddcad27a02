//! RemoteFX in one pass, with either entropy coder. Decoders round differently.
#![expect(clippy::cast_possible_truncation, reason = "sides of pictures have 15 bits")]

use ironrdp_core::encode_vec;
use ironrdp_graphics::{
    color_conversion::to_64x64_ycbcr_tile,
    image_processing::PixelFormat,
    rfx::{MessageDecoder, TileDecoder},
    rfx_encode_component,
};
use ironrdp_pdu::codecs::rfx::{
    Block, ChannelsPdu, CodecChannel, CodecVersionsPdu, ContextPdu, EntropyAlgorithm, FrameBeginPdu, FrameEndPdu, OperatingMode, Quant,
    RegionPdu, RfxChannel, RfxRectangle, SyncPdu, Tile, TileSetPdu,
};
use rh_codec::{
    Limits,
    rfx::{Decoder, Encoder, Entropy, Level},
};

use crate::{
    Oracles,
    frames::{self, Picture},
    report::{Report, Tally},
};

pub(crate) fn run(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    let pictures = oracles.frames.clone();
    for (number, entropy) in [(1, Entropy::Rlgr1), (3, Entropy::Rlgr3)] {
        let mut tally = Tally::near(format!("rfx: our stream, RLGR{number}"));
        let mut encoder = Encoder::new(entropy);
        for picture in &pictures {
            for level in Level::ALL {
                let mut data = Vec::new();
                encoder.encode(&picture.view(), picture.rect(), level, &mut data).map_err(|e| e.to_string())?;
                compare(oracles, picture, &data, &mut tally)?;
            }
        }
        report.add(tally);
        let mut tally = Tally::near(format!("rfx: FreeRDP's stream, RLGR{number}"));
        for picture in &pictures {
            oracles.freerdp.reset(picture.width, picture.height)?;
            match oracles.freerdp.rfx_encode(picture, number)? {
                Ok(data) => compare(oracles, picture, &data, &mut tally)?,
                Err(status) => tally.refused("FreeRDP's encoder", status),
            }
        }
        report.add(tally);
        let mut tally = Tally::near(format!("rfx: IronRDP's stream, RLGR{number}"));
        for picture in &pictures {
            match ironrdp_encode(picture, entropy) {
                Ok(data) => compare(oracles, picture, &data, &mut tally)?,
                Err(error) => tally.refused("IronRDP's encoder", error),
            }
        }
        report.add(tally);
    }
    Ok(())
}

fn compare(oracles: &mut Oracles, picture: &Picture, data: &[u8], tally: &mut Tally) -> Result<(), String> {
    let mut surface = picture.surface();
    if let Err(error) = Decoder::new(&Limits::default()).decode(data, picture.rect(), &mut surface, &mut Vec::new()) {
        tally.refused("our decoder", error);
    }
    oracles.freerdp.reset(picture.width, picture.height)?;
    if let Err(status) = oracles.freerdp.rfx_decode(data, 0, 0)? {
        tally.refused("FreeRDP", status);
    }
    let freerdp = oracles.freerdp.read()?;
    match ironrdp_decode(picture, data) {
        Ok(ironrdp) => tally.frame(&frames::shown(&surface), Some(&freerdp), Some(&ironrdp)),
        Err(error) => tally.refused("IronRDP", error),
    }
    Ok(())
}

fn ironrdp_decode(picture: &Picture, data: &[u8]) -> Result<Vec<u8>, String> {
    let mut pixels = frames::shown(&picture.surface());
    let (mut messages, mut tiles) = (MessageDecoder::new(), TileDecoder::new());
    for frame in messages.parse(data).map_err(|e| e.to_string())?.frames {
        let set = &frame.tile_set;
        for tile in &set.tiles {
            let rgba = tiles.decode(tile, &set.quants, set.entropy_algorithm).map_err(|e| e.to_string())?;
            for (i, rgba) in rgba.as_chunks::<4>().0.iter().enumerate() {
                let (x, y) = (usize::from(tile.x) * 64 + i % 64, usize::from(tile.y) * 64 + i / 64);
                if x < picture.width as usize && y < picture.height as usize {
                    pixels[(y * picture.width as usize + x) * 4..][..4].copy_from_slice(&[rgba[2], rgba[1], rgba[0], 255]);
                }
            }
        }
    }
    Ok(pixels)
}

/// What its server sends, with its transform and entropy coder.
fn ironrdp_encode(picture: &Picture, entropy: Entropy) -> Result<Vec<u8>, String> {
    let entropy_algorithm = match entropy {
        Entropy::Rlgr1 => EntropyAlgorithm::Rlgr1,
        Entropy::Rlgr3 => EntropyAlgorithm::Rlgr3,
    };
    let (width, height) = (picture.width as u16, picture.height as u16);
    let quant = Quant::default();
    let mut coded = Vec::new();
    for y in 0..height.div_ceil(64) {
        for x in 0..width.div_ceil(64) {
            let input = &picture.pixels[(usize::from(y) * 64 * picture.width as usize + usize::from(x) * 64) * 4..];
            let (columns, rows) = (64.min(width - x * 64), 64.min(height - y * 64));
            let mut planes = [[0; 4096]; 3];
            let [luma, blue, red] = &mut planes;
            to_64x64_ycbcr_tile(input, columns.into(), rows.into(), picture.width * 4, PixelFormat::BgrX32, luma, blue, red)
                .map_err(|e| e.to_string())?;
            let mut parts = Vec::new();
            for plane in &mut planes {
                let mut out = vec![0; 1 << 16];
                let length = rfx_encode_component(plane, &mut out, &quant, entropy_algorithm).map_err(|e| e.to_string())?;
                out.truncate(length);
                parts.push(out);
            }
            coded.push((x, y, parts));
        }
    }
    let tiles = coded
        .iter()
        .map(|(x, y, parts)| Tile {
            y_quant_index: 0,
            cb_quant_index: 0,
            cr_quant_index: 0,
            x: *x,
            y: *y,
            y_data: &parts[0],
            cb_data: &parts[1],
            cr_data: &parts[2],
        })
        .collect();
    let blocks = [
        Block::Sync(SyncPdu),
        Block::CodecChannel(CodecChannel::Context(ContextPdu { flags: OperatingMode::IMAGE_MODE, entropy_algorithm })),
        Block::Channels(ChannelsPdu(vec![RfxChannel { width: picture.width as i16, height: picture.height as i16 }])),
        Block::CodecVersions(CodecVersionsPdu),
        Block::CodecChannel(CodecChannel::FrameBegin(FrameBeginPdu { index: 0, number_of_regions: 1 })),
        Block::CodecChannel(CodecChannel::Region(RegionPdu { rectangles: vec![RfxRectangle { x: 0, y: 0, width, height }] })),
        Block::CodecChannel(CodecChannel::TileSet(TileSetPdu { entropy_algorithm, quants: vec![quant], tiles })),
        Block::CodecChannel(CodecChannel::FrameEnd(FrameEndPdu)),
    ];
    let mut out = Vec::new();
    for block in &blocks {
        out.extend(encode_vec(block).map_err(|e| e.to_string())?);
    }
    Ok(out)
}
