//! What a piece of the picture is, and with it how it is best coded.

use crate::{
    FrameView, Rect,
    diff::TILE,
    image::{Pixel, colour},
};

/// How pixels are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// One colour.
    Solid(u32),
    /// Few colours, and often the same ones: text, controls, drawings.
    Text,
    /// Many colours that flow into each other: photographs, gradients with noise.
    Image,
}

/// Cuts a region into pieces of one kind each, cells of the grid of tiles joined to the right and downwards.
pub(crate) fn pieces(pieces: &mut Vec<(Rect, Content)>, frame: &FrameView<'_>, region: Rect) {
    pieces.clear();
    let first = colour(frame.row_pixels(region.y)[region.x as usize]);
    if (region.y..region.bottom()).all(|y| frame.span(region.x, y, region.width).iter().all(|pixel| colour(*pixel) == first)) {
        pieces.push((region, Content::Solid(first)));
        return;
    }
    let mut row = 0;
    for band in
        (region.y / TILE..region.bottom().div_ceil(TILE)).map(|y| Rect { y: y * TILE, height: TILE, ..region }.intersection(&region))
    {
        let start = pieces.len();
        for cell in cells(band) {
            let content = judge(frame, cell);
            match pieces[start..].last_mut() {
                Some((rect, kind)) if *kind == content => rect.width += cell.width,
                _ => pieces.push((cell, content)),
            }
        }
        // A band like the one above continues it.
        let same = pieces.len() - start == start - row
            && pieces[row..start].iter().zip(&pieces[start..]).all(|(a, b)| (a.0.x, a.0.width, a.1) == (b.0.x, b.0.width, b.1));
        if same {
            pieces[row..start].iter_mut().for_each(|(rect, _)| rect.height += band.height);
            pieces.truncate(start);
        } else {
            row = start;
        }
    }
}

/// The cells of a region: its parts in the columns of the grid of tiles.
fn cells(region: Rect) -> impl Iterator<Item = Rect> {
    (region.x / TILE..region.right().div_ceil(TILE)).map(move |column| {
        let x = region.x.max(column * TILE);
        Rect { x, width: region.right().min(column * TILE + TILE) - x, ..region }
    })
}

/// Colours up to which a cell is text whatever its pixels do: fine dithering repeats none of its neighbours either.
const FEW_COLOURS: usize = 24;

/// Largest difference in a channel that still counts as flowing: letters on a ground differ by more.
const NEAR: u8 = 32;

/// A cell's kind; of one colour is text, which costs nothing there.
///
/// Tells an image from text by its fresh pixels, which equal neither their left nor their upper neighbour.
///
/// An image has more than half of them (noise), or more than an eighth of which three quarters flow: they are near one
/// of those neighbours. Coloured text has as many colours as a small photograph, but jumps.
fn judge(frame: &FrameView<'_>, cell: Rect) -> Content {
    let (fresh, flowing) = fresh(frame, cell);
    let area = cell.area();
    let looks_so = fresh * 2 > area || (fresh * 8 > area && flowing * 4 > fresh * 3);
    if looks_so && more_colours(frame, cell) { Content::Image } else { Content::Text }
}

/// Pixels that equal neither their left nor their upper neighbour, and those of them that are near one.
fn fresh(frame: &FrameView<'_>, cell: Rect) -> (u64, u64) {
    let (mut fresh, mut flowing) = (0, 0);
    let mut above = frame.span(cell.x, cell.y, cell.width);
    for y in cell.y..cell.bottom() {
        let row = frame.span(cell.x, y, cell.width);
        for ((&pixel, &left), &above) in row[1..].iter().zip(row).zip(&above[1..]) {
            if colour(pixel) != colour(left) && colour(pixel) != colour(above) {
                fresh += 1;
                flowing += u64::from(near(pixel, left) || near(pixel, above));
            }
        }
        above = row;
    }
    (fresh, flowing)
}

/// Bytes that a piece takes at most, in practice: an escape for each fresh pixel and for the first of each row, and next to nothing for others.
pub(crate) fn most_bytes(frame: &FrameView<'_>, rect: Rect, content: Content) -> usize {
    if matches!(content, Content::Solid(_)) {
        return 0;
    }
    let (fresh, _) = fresh(frame, rect);
    usize::try_from(fresh * 4 + u64::from(rect.height) * 4 + rect.area() / 16).unwrap_or(usize::MAX / 2)
}

fn near(a: Pixel, b: Pixel) -> bool {
    a[0].abs_diff(b[0]) <= NEAR && a[1].abs_diff(b[1]) <= NEAR && a[2].abs_diff(b[2]) <= NEAR
}

fn more_colours(frame: &FrameView<'_>, cell: Rect) -> bool {
    let mut seen = [0u32; FEW_COLOURS];
    let mut count = 0;
    for y in cell.y..cell.bottom() {
        for pixel in frame.span(cell.x, y, cell.width) {
            let colour = colour(*pixel);
            if !seen[..count].contains(&colour) {
                if count == FEW_COLOURS {
                    return true;
                }
                seen[count] = colour;
                count += 1;
            }
        }
    }
    false
}
