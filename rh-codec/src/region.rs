//! From rows of tiles that differ to rectangles worth an operation.

use crate::{
    FrameView, Rect,
    diff::{TILE, TileMap},
    image::{COLOUR, Pixel, Surface},
};

/// Clean rows that may lie within a region: sending them costs less than another rectangle.
const GAP: u32 = 8;

/// Regions that a new one is compared with: what ends right above it was added not long before. Keeps the work linear.
const LOOK_BACK: usize = 64;

/// Collects the regions that wait since frame `since`, top to bottom.
///
/// Dirty tiles side by side become one region, cut to the columns that differ, and regions that continue each other downwards
/// are joined: a line of text is then cut neither by the grid's columns nor by its rows, and looks the same to the compressor
/// wherever it stands.
pub(crate) fn collect(regions: &mut Vec<Rect>, tiles: &TileMap, since: u64, frame: &FrameView<'_>, shown: &Surface) {
    regions.clear();
    for row in 0..tiles.rows() {
        let mut column = 0;
        while column < tiles.columns() {
            let first = column;
            let mut rows = 0;
            while column < tiles.columns() && tiles.waits_since(column, row, since) {
                rows |= tiles.dirty_rows(column, row);
                column += 1;
            }
            if rows == 0 {
                column += 1;
                continue;
            }
            let (x, right) = (first * TILE, (column * TILE).min(frame.width()));
            while rows != 0 {
                let (top, height) = take_run(&mut rows);
                let rect = Rect::new(x, row * TILE + top, right - x, height);
                join(regions, tighten(rect, frame, shown));
            }
        }
    }
}

/// Takes the first run of set bits, bridging short gaps: its lowest bit and its length.
fn take_run(rows: &mut u64) -> (u32, u32) {
    let top = rows.trailing_zeros();
    let mut end = top + 1;
    let mut row = end;
    while row < TILE && row - end < GAP {
        if *rows >> row & 1 != 0 {
            end = row + 1;
        }
        row += 1;
    }
    *rows = if end < TILE { *rows >> end << end } else { 0 };
    (top, end - top)
}

/// Cuts off columns on both sides that do not differ in any row.
fn tighten(rect: Rect, frame: &FrameView<'_>, shown: &Surface) -> Rect {
    let differs = |(a, b): (&Pixel, &Pixel)| (u32::from_le_bytes(*a) ^ u32::from_le_bytes(*b)) & COLOUR != 0;
    let (mut left, mut right) = (rect.width as usize, 0);
    for y in rect.y..rect.bottom() {
        let (new, old) = (frame.span(rect.x, y, rect.width), shown.span(rect.x, y, rect.width));
        left = new[..left].iter().zip(&old[..left]).position(differs).unwrap_or(left);
        right += new[right..].iter().zip(&old[right..]).rposition(differs).map_or(0, |last| last + 1);
    }
    // Both fit u32: they count columns of `rect`.
    let (left, right) = (u32::try_from(left).unwrap_or(0), u32::try_from(right).unwrap_or(rect.width));
    Rect { x: rect.x + left, width: right.saturating_sub(left), ..rect }
}

/// Adds a region, or lets it continue the one above where both share three quarters of their columns.
fn join(regions: &mut Vec<Rect>, rect: Rect) {
    if rect.is_empty() {
        return;
    }
    for above in regions.iter_mut().rev().take(LOOK_BACK) {
        let shared = above.right().min(rect.right()).saturating_sub(above.x.max(rect.x));
        let (x, right) = (above.x.min(rect.x), above.right().max(rect.right()));
        if above.bottom() == rect.y && shared * 4 >= (right - x) * 3 {
            *above = Rect::new(x, above.y, right - x, above.height + rect.height);
            return;
        }
    }
    regions.push(rect);
}

/// Adds the part of a tile: to the one left of it if both are as high, or else as a region that may go on below.
///
/// Tiles come in rows from the left.
pub(crate) fn join_tile(regions: &mut Vec<Rect>, part: Rect) {
    if part.is_empty() {
        return;
    }
    if let Some(left) = regions.last_mut()
        && (left.right(), left.y, left.height) == (part.x, part.y, part.height)
    {
        left.width += part.width;
    } else {
        regions.push(part);
    }
    // A row that has become as wide as the one above continues it.
    if let [.., above, last] = &mut regions[..]
        && (above.x, above.width, above.bottom()) == (last.x, last.width, last.y)
    {
        above.height += last.height;
        regions.pop();
    }
}
