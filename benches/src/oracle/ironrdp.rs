//! IronRDP's decoders, with pictures as we have them.

use ironrdp_graphics::rdp6::BitmapStreamDecoder;

/// Blue, green and red of RGB bytes, and 255.
fn bgrx(rgb: &[u8]) -> Vec<u8> {
    rgb.as_chunks::<3>().0.iter().flat_map(|&[red, green, blue]| [blue, green, red, 255]).collect()
}

pub(crate) fn planar(data: &[u8], width: u32, height: u32) -> Result<Vec<u8>, String> {
    let mut rgb = Vec::new();
    BitmapStreamDecoder::default()
        .decode_bitmap_stream_to_rgb24(data, &mut rgb, width as usize, height as usize)
        .map_err(|e| e.to_string())?;
    Ok(bgrx(&rgb))
}
