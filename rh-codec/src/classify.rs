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

/// Cuts a region into pieces of one kind each, cells of the grid of tiles joined to the right and downwards, and adds them.
pub(crate) fn pieces(pieces: &mut Vec<(Rect, Content)>, frame: &FrameView<'_>, region: Rect) {
    let first = colour(frame.row_pixels(region.y)[region.x as usize]);
    if (region.y..region.bottom()).all(|y| frame.span(region.x, y, region.width).iter().all(|pixel| colour(*pixel) == first)) {
        pieces.push((region, Content::Solid(first)));
        return;
    }
    let start = pieces.len();
    let mut row = start;
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
    for (rect, content) in &mut pieces[start..] {
        if rect.area() < LEAST_AREA && *content == Content::Image {
            *content = Content::Text;
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
const FEW_COLOURS: usize = 32;

/// Images smaller or thinner than this are worth no transform, and are painted like text.
const LEAST_AREA: u64 = 512;
const LEAST_SIDE: u32 = 4;

/// Largest difference in a channel that still counts as flowing: letters on a ground differ by more.
const NEAR: u8 = 32;

/// Whether a cell is an image.
#[cfg(feature = "h264")]
pub(crate) fn is_image(frame: &FrameView<'_>, cell: Rect) -> bool {
    judge(frame, cell) == Content::Image
}

/// A cell's kind; of one colour is text, which costs nothing there.
///
/// Tells an image from text by its fresh pixels, which equal neither their left nor their upper neighbour. An image has more than half
/// of them (noise), or more than an eighth of which three quarters flow: they are near one of those neighbours. Coloured text has
/// as many colours as a small photograph, but jumps. Where an image is smooth, few pixels are fresh; but it changes in both directions, which
/// the gradients of controls do not, and hardly ever jumps.
fn judge(frame: &FrameView<'_>, cell: Rect) -> Content {
    if cell.width.min(cell.height) < LEAST_SIDE {
        return Content::Text;
    }
    let look = look(frame, cell, 2);
    let area = look.seen;
    let noisy = look.fresh * 2 > area || (look.fresh * 8 > area && look.flowing * 4 > look.fresh * 3);
    let smooth = look.across * 16 > area && look.down * 16 > area && look.jumps * 64 < look.across + look.down;
    if (noisy || smooth) && more_colours(frame, cell) { Content::Image } else { Content::Text }
}

/// What a cell's pixels are to their neighbours.
#[derive(Default)]
struct Look {
    /// Pixels looked at.
    seen: u64,
    /// Those that differ from their left neighbour, and from their upper one.
    across: u64,
    down: u64,
    /// Those that differ from both.
    fresh: u64,
    /// Fresh ones that are near one of them.
    flowing: u64,
    /// Those that are far from either.
    jumps: u64,
}

/// Looks at every `step`th row.
fn look(frame: &FrameView<'_>, cell: Rect, step: usize) -> Look {
    let mut look = Look::default();
    for y in (cell.y..cell.bottom()).step_by(step) {
        let row = frame.span(cell.x, y, cell.width);
        // The first row has itself above.
        let above = frame.span(cell.x, y.saturating_sub(1).max(cell.y), cell.width);
        let (mut across, mut down, mut fresh, mut flowing, mut jumps) = (0u32, 0u32, 0u32, 0u32, 0u32);
        for ((&pixel, &left), &above) in row[1..].iter().zip(row).zip(&above[1..]) {
            let (from_left, from_above) = (farthest(pixel, left), farthest(pixel, above));
            let (l, a) = (from_left > 0, from_above > 0);
            across += u32::from(l);
            down += u32::from(a);
            fresh += u32::from(l & a);
            flowing += u32::from(l & a & (from_left.min(from_above) <= NEAR));
            jumps += u32::from(from_left.max(from_above) > NEAR);
        }
        look.across += u64::from(across);
        look.down += u64::from(down);
        look.fresh += u64::from(fresh);
        look.flowing += u64::from(flowing);
        look.jumps += u64::from(jumps);
        look.seen += u64::from(cell.width);
    }
    look
}

/// By how much two pixels differ in the channel in which they differ most.
#[inline]
fn farthest(a: Pixel, b: Pixel) -> u8 {
    a[0].abs_diff(b[0]).max(a[1].abs_diff(b[1])).max(a[2].abs_diff(b[2]))
}

/// Bytes that a piece takes at most, in practice: an escape for each fresh pixel and for the first of each row, and next to nothing for others.
pub(crate) fn most_bytes(frame: &FrameView<'_>, rect: Rect) -> usize {
    let fresh = look(frame, rect, 1).fresh;
    usize::try_from(fresh * 6 + u64::from(rect.height) * 6 + rect.area() / 16).unwrap_or(usize::MAX / 2)
}

/// By how much green differs from one pixel to the next in the mean, in sixteenths; every eighth row is looked at.
pub(crate) fn steepness(frame: &FrameView<'_>, rect: Rect) -> u64 {
    let (mut sum, mut count) = (0, 1);
    for y in (rect.y..rect.bottom()).step_by(8) {
        let row = frame.span(rect.x, y, rect.width);
        sum += row.iter().zip(&row[1..]).map(|(a, b)| u64::from(a[1].abs_diff(b[1]))).sum::<u64>();
        count += u64::from(rect.width);
    }
    sum * 16 / count
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
