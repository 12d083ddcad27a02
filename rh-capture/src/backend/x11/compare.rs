//! Finding changes by looking: for servers without DAMAGE, and to check those that have it.

use crate::Rect;

use super::buffer::TILE;

/// Calls `changed(tile, differing pixels)` for each tile of a band in which the two pictures differ.
///
/// The band starts at row `y`; rows are `stride` bytes. Comparing beats hashing here: the picture before is at hand anyway, and
/// equal means equal.
pub(super) fn tiles(before: &[u8], after: &[u8], stride: usize, y: u32, mut changed: impl FnMut(Rect, u64)) {
    let width = u32::try_from(stride / 4).unwrap_or(u32::MAX);
    let height = u32::try_from(before.len() / stride.max(1)).unwrap_or(u32::MAX);
    for x in (0..width).step_by(TILE as usize) {
        let columns = TILE.min(width - x);
        let span = x as usize * 4..(x + columns) as usize * 4;
        let mut differing = 0;
        for (old, new) in before.chunks_exact(stride).zip(after.chunks_exact(stride)) {
            let (old, new) = (&old[span.clone()], &new[span.clone()]);
            if old != new {
                differing += old.chunks_exact(4).zip(new.chunks_exact(4)).map(|(a, b)| u64::from(a != b)).sum::<u64>();
            }
        }
        if differing > 0 {
            changed(Rect::new(x, y, columns, height), differing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_tile_of_a_single_pixel_at_the_ragged_edge() {
        let stride = 100 * 4;
        let before = vec![0; stride * 10];
        let mut after = before.clone();
        after[9 * stride + 99 * 4 + 2] = 1;
        let mut found = Vec::new();
        tiles(&before, &after, stride, 128, |rect, pixels| found.push((rect, pixels)));
        assert_eq!(found, [(Rect::new(64, 128, 36, 10), 1)]);
    }
}
