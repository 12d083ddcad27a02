//! The pointer's shapes, kept so that a shape that comes back costs nothing.

use std::{collections::VecDeque, sync::Arc};

use x11rb::protocol::xfixes::GetCursorImageReply;

use crate::{Shape, Size};

/// Shapes by the server's serial, least recently used first.
///
/// Invariant: `known.len() <= Shapes::MAX`. A desktop uses a dozen; animated ones (a busy clock) have up to about thirty pictures.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: VecDeque<(u32, Arc<Shape>)>,
    next_id: u64,
}

impl Shapes {
    pub(super) const MAX: usize = 64;

    /// The shape with this serial, if it is still known.
    pub(super) fn recall(&mut self, serial: u32) -> Option<Arc<Shape>> {
        let at = self.known.iter().position(|(known, _)| *known == serial)?;
        let entry = self.known.remove(at)?;
        let shape = Arc::clone(&entry.1);
        self.known.push_back(entry);
        Some(shape)
    }

    /// The shape of an image that the server sent. One that looks like a known shape is that shape: programs make the same cursor again and again.
    pub(super) fn learn(&mut self, image: &GetCursorImageReply) -> Arc<Shape> {
        let size = Size::new(u32::from(image.width).min(Shape::MAX_SIDE), u32::from(image.height).min(Shape::MAX_SIDE));
        let rows = image.cursor_image.chunks_exact(usize::from(image.width).max(1)).take(size.height as usize);
        // The server sends ARGB as numbers, colours multiplied by alpha.
        let pixels: Box<[u8]> = rows.flat_map(|row| row.iter().take(size.width as usize)).flat_map(|argb| argb.to_le_bytes()).collect();
        let (hotspot_x, hotspot_y) = (u32::from(image.xhot).min(Shape::MAX_SIDE), u32::from(image.yhot).min(Shape::MAX_SIDE));
        let same = |shape: &Shape| (shape.size, shape.hotspot_x, shape.hotspot_y) == (size, hotspot_x, hotspot_y) && shape.pixels == pixels;
        let twin = self.known.iter().find(|(_, shape)| same(shape)).map(|(_, shape)| Arc::clone(shape));
        let shape = twin.unwrap_or_else(|| {
            self.next_id += 1;
            Arc::new(Shape { id: self.next_id, size, hotspot_x, hotspot_y, pixels })
        });
        if self.known.len() >= Self::MAX {
            self.known.pop_front();
        }
        self.known.push_back((image.cursor_serial, Arc::clone(&shape)));
        shape
    }

    /// The shape of no pointer.
    pub(super) fn hidden() -> Arc<Shape> {
        Arc::new(Shape { id: 0, size: Size::default(), hotspot_x: 0, hotspot_y: 0, pixels: Box::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(serial: u32, pixel: u32) -> GetCursorImageReply {
        GetCursorImageReply { width: 1, height: 1, cursor_serial: serial, cursor_image: vec![pixel], ..Default::default() }
    }

    #[test]
    fn equal_pictures_are_one_shape_and_the_cache_stays_small() {
        let mut shapes = Shapes::default();
        let first = shapes.learn(&image(1, 7));
        assert_eq!(shapes.learn(&image(2, 7)).id, first.id);
        assert_ne!(shapes.learn(&image(3, 8)).id, first.id);
        for serial in 4..1000 {
            shapes.learn(&image(serial, serial));
        }
        assert_eq!(shapes.known.len(), Shapes::MAX);
        assert!(shapes.recall(1).is_none());
        assert_eq!(shapes.recall(999).map(|shape| shape.pixels[0]), Some(999u32.to_le_bytes()[0]));
    }

    #[test]
    fn a_huge_cursor_is_cropped() {
        let mut huge = image(1, 0);
        (huge.width, huge.height, huge.cursor_image) = (1000, 1000, vec![5; 1_000_000]);
        let shape = Shapes::default().learn(&huge);
        assert_eq!(shape.size, Size::new(Shape::MAX_SIDE, Shape::MAX_SIDE));
        assert_eq!(shape.pixels.len(), 256 * 256 * 4);
    }
}
