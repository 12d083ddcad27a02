//! IronRDP's decoders, with pictures as we have them.

use ironrdp_dvc::DvcProcessor;
use ironrdp_egfx::client::{GraphicsPipelineClient, GraphicsPipelineHandler};
use ironrdp_graphics::rdp6::BitmapStreamDecoder;

use crate::frames::Picture;

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

/// Its client of the whole pipeline, whose output is collected.
pub(crate) struct Pipeline {
    client: GraphicsPipelineClient,
    pub(crate) output: Picture,
}

/// It looks at the output only.
struct Silent;

impl GraphicsPipelineHandler for Silent {}

impl Pipeline {
    pub(crate) fn new() -> Result<Self, String> {
        let mut client = GraphicsPipelineClient::new(Box::new(Silent), None);
        client.start(0).map_err(|e| e.to_string())?;
        Ok(Self { client, output: Picture::new(0, 0, Vec::new()) })
    }

    /// Applies one `RDP_SEGMENTED_DATA`.
    pub(crate) fn read(&mut self, message: &[u8]) -> Result<(), String> {
        let dropped = self.client.dropped_updates();
        self.client.process(0, message).map_err(|e| e.to_string())?;
        if self.client.dropped_updates() > dropped {
            return Err("an update was dropped".into());
        }
        if let Some((width, height)) = self.client.take_output_reset() {
            let (width, height) = (u32::from(width), u32::from(height));
            self.output = Picture::new(width, height, [0, 0, 0, 255].repeat(width as usize * height as usize));
        }
        for update in self.client.drain_output() {
            let (left, top) = (usize::from(update.region.left), usize::from(update.region.top));
            let (width, stride) = (usize::from(update.region.right) - left, self.output.width as usize * 4);
            for (row, rgba) in update.data.chunks_exact(width * 4).enumerate() {
                let to = &mut self.output.pixels[(top + row) * stride + left * 4..][..width * 4];
                for (to, &[red, green, blue, _]) in to.as_chunks_mut().0.iter_mut().zip(rgba.as_chunks().0) {
                    *to = [blue, green, red, 255];
                }
            }
        }
        Ok(())
    }
}
