//! Pictures to files, and small ones from strangers' files.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Cursor},
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

/// Reads a PNG that a peer sent, of at most `most` pixels along a side. Its time and memory are bounded by that, whatever the file says. Transparent parts
/// become white.
///
/// # Errors
/// What is wrong with it.
pub fn read(file: &[u8], most: u32) -> Result<Picture, String> {
    // Four bytes a pixel, and what the decoder itself needs for a row or two.
    let limits = png::Limits { bytes: usize::try_from(most).unwrap_or(usize::MAX).saturating_mul(64).saturating_add(1 << 16) };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > most || height > most {
        return Err(format!("it has {width} × {height} pixels, {most} × {most} are taken at most"));
    }
    let size = reader.output_buffer_size().ok_or("it is too large")?;
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes).map_err(|e| e.to_string())?;
    let channels = frame.color_type.samples();
    let side = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let mut picture = Picture::new(side(width), side(height));
    for (pixel, sample) in picture.pixels_mut().iter_mut().zip(bytes.chunks_exact(channels)) {
        let (red, green, blue, alpha) = match *sample {
            [grey, alpha] => (grey, grey, grey, alpha),
            [red, green, blue, alpha] => (red, green, blue, alpha),
            _ => return Err("its colours are of a kind that is not known here".to_owned()),
        };
        let on_white = |colour: u8| (u32::from(colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255;
        *pixel = on_white(red) << 16 | on_white(green) << 8 | on_white(blue);
    }
    Ok(picture)
}
