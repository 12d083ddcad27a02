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

/// Rows of a piece at most: as many as a line of large text needs.
pub(crate) const BAND: u32 = 64;

/// Cuts a region into pieces of one kind each and calls `piece` for them, top to bottom; stops where it says so.
///
/// Rows of one colour are the gaps between lines of text, so the bands between them are lines, and the same word gives the same
/// columns wherever it stands. Bands are judged in cells of a tile's width.
pub(crate) fn pieces<E>(frame: &FrameView<'_>, region: Rect, mut piece: impl FnMut(Rect, Content) -> Result<bool, E>) -> Result<bool, E> {
    let uniform = |y| uniform_colour(frame.span(region.x, y, region.width));
    let mut y = region.y;
    while y < region.bottom() {
        let top = y;
        let solid = uniform(y);
        y += 1;
        if let Some(solid) = solid {
            while y < region.bottom() && uniform(y) == Some(solid) {
                y += 1;
            }
            if !piece(Rect { y: top, height: y - top, ..region }, Content::Solid(solid))? {
                return Ok(false);
            }
            continue;
        }
        while y < region.bottom() && y - top < BAND && uniform(y).is_none() {
            y += 1;
        }
        if !cells(frame, Rect { y: top, height: y - top, ..region }, &mut piece)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Joins neighbouring cells of a band that are of one kind.
fn cells<E>(frame: &FrameView<'_>, band: Rect, piece: &mut impl FnMut(Rect, Content) -> Result<bool, E>) -> Result<bool, E> {
    let mut open: Option<(Rect, Content)> = None;
    let mut x = band.x;
    while x < band.right() {
        let end = (x / TILE * TILE + TILE).min(band.right());
        let cell = Rect { x, width: end - x, ..band };
        x = end;
        let content = judge(frame, cell);
        open = match open {
            Some((rect, kind)) if kind == content => Some((Rect { width: rect.width + cell.width, ..rect }, kind)),
            Some((rect, kind)) => {
                if !piece(rect, kind)? {
                    return Ok(false);
                }
                Some((cell, content))
            }
            None => Some((cell, content)),
        };
    }
    open.map_or(Ok(true), |(rect, kind)| piece(rect, kind))
}

/// Colours up to which a cell is text whatever its pixels do: fine dithering repeats none of its neighbours either.
const FEW_COLOURS: usize = 24;

/// Largest difference in a channel that still counts as flowing: letters on a ground differ by more.
const NEAR: u8 = 32;

/// Tells an image from text by its fresh pixels, which equal neither their left nor their upper neighbour.
///
/// An image has more than half of them (noise), or more than an eighth of which three quarters flow: they are near one
/// of those neighbours. Coloured text has as many colours as a small photograph, but jumps.
fn judge(frame: &FrameView<'_>, cell: Rect) -> Content {
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
    let area = cell.area();
    let looks_so = fresh * 2 > area || (fresh * 8 > area && flowing * 4 > fresh * 3);
    if looks_so && more_colours(frame, cell) { Content::Image } else { Content::Text }
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

fn uniform_colour(row: &[Pixel]) -> Option<u32> {
    let (first, rest) = row.split_first()?;
    let first = colour(*first);
    rest.iter().all(|pixel| colour(*pixel) == first).then_some(first)
}
