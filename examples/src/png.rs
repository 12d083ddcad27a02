//! Pictures to files.

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::Path,
};

use crate::{
    failure::{Failure, Kind},
    ui::Picture,
};

/// Writes a picture as PNG. The file appears whole or not at all: a full disk leaves what was there before.
///
/// # Errors
/// When there is no picture, or the file cannot be written.
pub fn write(picture: &Picture, path: &Path) -> Result<(), Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::new(Kind::Other, format!("cannot write {}: {e}", path.display()));
    if picture.width() == 0 || picture.height() == 0 {
        return Err(failed(&"there is no picture yet"));
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let outcome = encode(picture, &part).and_then(|()| fs::rename(&part, path));
    if outcome.is_err() {
        let _ = fs::remove_file(&part);
    }
    outcome.map_err(|e| failed(&e))
}

fn encode(picture: &Picture, path: &Path) -> io::Result<()> {
    let side = |n: usize| u32::try_from(n).map_err(io::Error::other);
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), side(picture.width())?, side(picture.height())?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    let bytes: Vec<u8> = picture.pixels().iter().flat_map(|p| p.to_be_bytes().into_iter().skip(1)).collect();
    writer.write_image_data(&bytes)?;
    writer.finish()?;
    Ok(())
}
