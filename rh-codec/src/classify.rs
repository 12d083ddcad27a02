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
const BAND: usize = 64;

/// Rows of a region below which its cells stay together: a single line tells nothing about lines.
const ONE_LINE: u32 = 32;

/// Marks a row of a cell that is not of one colour.
const MIXED: u32 = u32::MAX;

/// Cuts regions into pieces of one kind each.
///
/// Text compresses best when a word gives the same columns of pixels wherever it stands, so the cuts follow the lines: they lie
/// where rows have one colour. A screen has several windows side by side, each with lines of its own, so first the region is
/// cut into groups of cells (a tile wide) whose lines agree.
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    /// For each cell of a region, the colour of each of its rows, or `MIXED`.
    rows: Vec<u32>,
    /// The same for the group of cells being collected.
    group: Vec<u32>,
}

impl Cutter {
    /// Calls `piece` for all pieces of a region, in groups from left to right, each from top to bottom; stops where it says so.
    pub(crate) fn pieces<E>(
        &mut self,
        frame: &FrameView<'_>,
        region: Rect,
        mut piece: impl FnMut(Rect, Content) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let height = region.height as usize;
        self.rows.clear();
        for cell in cells(region) {
            self.rows.extend((cell.y..cell.bottom()).map(|y| uniform_colour(frame.span(cell.x, y, cell.width)).unwrap_or(MIXED)));
        }
        let mut open: Option<Rect> = None;
        for (cell, rows) in cells(region).zip(self.rows.chunks(height)) {
            open = match open {
                Some(group) if region.height < ONE_LINE || agree(&self.group, rows) => {
                    self.group.iter_mut().zip(rows).filter(|(a, b)| a != b).for_each(|(a, _)| *a = MIXED);
                    Some(Rect { width: group.width + cell.width, ..group })
                }
                group => {
                    if let Some(group) = group
                        && !bands(frame, group, &self.group, &mut piece)?
                    {
                        return Ok(false);
                    }
                    self.group.clear();
                    self.group.extend_from_slice(rows);
                    Some(cell)
                }
            };
        }
        open.map_or(Ok(true), |group| bands(frame, group, &self.group, &mut piece))
    }
}

/// Whether cells have their lines at the same height: most rows that are of one colour in the one are so in the other.
fn agree(a: &[u32], b: &[u32]) -> bool {
    let count = |rows: &[u32]| rows.iter().filter(|row| **row != MIXED).count();
    let (in_a, in_b) = (count(a), count(b));
    let in_both = a.iter().zip(b).filter(|(a, b)| **a != MIXED && a == b).count();
    let none = a.len() / 16;
    (in_a > none) == (in_b > none) && in_both * 4 >= in_a.min(in_b) * 3
}

/// Cuts a group at rows of one colour, and every 64 rows where there are none.
#[expect(clippy::cast_possible_truncation, reason = "a region has at most 2^16 rows")]
fn bands<E>(frame: &FrameView<'_>, group: Rect, rows: &[u32], piece: &mut impl FnMut(Rect, Content) -> Result<bool, E>) -> Result<bool, E> {
    let mut y = group.y;
    for run in rows.chunk_by(|a, b| a == b || (*a == MIXED && *b == MIXED)) {
        let solid = run[0] != MIXED;
        for part in run.chunks(if solid { run.len() } else { BAND }) {
            let band = Rect { y, height: part.len() as u32, ..group };
            if !(if solid { piece(band, Content::Solid(run[0]))? } else { kinds(frame, band, piece)? }) {
                return Ok(false);
            }
            y = band.bottom();
        }
    }
    Ok(true)
}

/// The cells of a region: its parts in the columns of the grid of tiles.
fn cells(region: Rect) -> impl Iterator<Item = Rect> {
    (region.x / TILE..region.right().div_ceil(TILE)).map(move |column| {
        let x = region.x.max(column * TILE);
        Rect { x, width: region.right().min(column * TILE + TILE) - x, ..region }
    })
}

/// Joins neighbouring cells of a band that are of one kind.
fn kinds<E>(frame: &FrameView<'_>, band: Rect, piece: &mut impl FnMut(Rect, Content) -> Result<bool, E>) -> Result<bool, E> {
    let mut open: Option<(Rect, Content)> = None;
    for cell in cells(band) {
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
