//! The decoder's picture into the one that is shown.

use rh_codec::{FrameView, Rect};

use crate::ui::{Area, Picture};

/// Copies what changed of the decoder's picture into the one that is shown.
pub(super) fn paint(picture: &mut Picture, surface: &FrameView<'_>, damage: &[Rect], resized: bool) {
    let size = |n: u32| usize::try_from(n).unwrap_or(0);
    let (width, height) = (size(surface.width()), size(surface.height()));
    let whole = [Rect::new(0, 0, surface.width(), surface.height())];
    let mut damage = damage;
    if resized || (picture.width(), picture.height()) != (width, height) {
        picture.resize(width, height);
        damage = &whole;
    }
    let stride = picture.width();
    for rect in damage {
        let (x, w) = (size(rect.x), size(rect.width));
        for y in rect.y..rect.bottom().min(surface.height()) {
            let at = size(y) * stride + x;
            let row = surface.row(y).get(x * 4..(x + w) * 4).unwrap_or_default();
            let Some(into) = picture.pixels_mut().get_mut(at..at + row.len() / 4) else { continue };
            for (into, from) in into.iter_mut().zip(row.chunks_exact(4)) {
                *into = u32::from_le_bytes([from[0], from[1], from[2], 0]);
            }
        }
        let side = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        picture.mark(Area::new(side(rect.x), side(rect.y), side(rect.width), side(rect.height)));
    }
}
