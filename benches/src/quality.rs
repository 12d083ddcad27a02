//! How close what the viewer shows is to its source.

use rh_codec::{FrameView, Rect};

/// Side of the blocks that text is counted in.
const BLOCK: u32 = 16;
/// Colours of a text block, from and to.
const TEXT_COLOURS: std::ops::RangeInclusive<usize> = 2..=24;
/// Difference in a channel between two horizontal neighbours that makes an edge of a letter.
const TEXT_EDGE: u8 = 48;
/// Stands for an exact picture, where the ratio is infinite.
const EXACT: f64 = 999.0;

/// Peak signal to noise, in dB, of a mean squared error per channel; 999 if there is none.
pub fn psnr(mse: f64) -> f64 {
    if mse <= 0.0 { EXACT } else { 10.0 * (255.0 * 255.0 / mse).log10() }
}

/// What one picture is worth.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quality {
    /// Mean squared error a channel.
    pub mse: f64,
    /// The same in the region asked for.
    pub region_mse: f64,
    /// Text blocks of the source.
    pub text_blocks: u64,
    /// Those of them that are not shown exactly.
    pub text_blocks_inexact: u64,
    /// Squared error of all blocks of 16×16 that are not exact.
    pub inexact_error: u64,
    /// Values, three a pixel, of the blocks in `inexact_error`.
    pub inexact_values: u64,
}

impl Quality {
    /// Compares a picture with its source, which is as large; `region` lies within them.
    pub fn measure(source: &FrameView<'_>, shown: &FrameView<'_>, region: Option<Rect>) -> Self {
        let mut quality = Self::default();
        let (width, height) = (source.width(), source.height());
        let mut total = 0;
        for y in (0..height).step_by(BLOCK as usize) {
            for x in (0..width).step_by(BLOCK as usize) {
                let block = Rect::new(x, y, BLOCK.min(width - x), BLOCK.min(height - y));
                let error = squared_error(source, shown, block);
                let text = is_text(source, block);
                quality.text_blocks += u64::from(text);
                if error > 0 {
                    quality.text_blocks_inexact += u64::from(text);
                    quality.inexact_error += error;
                    quality.inexact_values += block.area() * 3;
                    total += error;
                }
            }
        }
        quality.mse = mean(total, u64::from(width) * u64::from(height) * 3);
        quality.region_mse = region.map_or(0.0, |region| mean(squared_error(source, shown, region), region.area() * 3));
        quality
    }
}

/// `sum / count`; 0 of none.
#[allow(clippy::cast_precision_loss, reason = "errors and areas of a screen are far below 2^52")]
pub fn mean(sum: u64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { sum as f64 / count as f64 }
}

/// The smallest value that so large a share of all does not exceed; 0 of none.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index of a list of frames")]
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

fn span<'a>(view: &FrameView<'a>, rect: Rect, y: u32) -> &'a [[u8; 4]] {
    &view.row(y).as_chunks().0[rect.x as usize..rect.right() as usize]
}

fn squared_error(a: &FrameView<'_>, b: &FrameView<'_>, rect: Rect) -> u64 {
    let channel = |a: u8, b: u8| u64::from(a.abs_diff(b)).pow(2);
    let pixel = |(a, b): (&[u8; 4], &[u8; 4])| channel(a[0], b[0]) + channel(a[1], b[1]) + channel(a[2], b[2]);
    (rect.y..rect.bottom()).map(|y| span(a, rect, y).iter().zip(span(b, rect, y)).map(pixel).sum::<u64>()).sum()
}

/// Few colours, and an edge.
fn is_text(view: &FrameView<'_>, block: Rect) -> bool {
    let mut colours = [[0u8; 3]; *TEXT_COLOURS.end()];
    let mut count = 0;
    let mut edge = false;
    for y in block.y..block.bottom() {
        let mut left = None;
        for &[b, g, r, _] in span(view, block, y) {
            let colour = [b, g, r];
            if left == Some(colour) {
                continue;
            }
            edge |= left.is_some_and(|left| left.iter().zip(&colour).any(|(a, b)| a.abs_diff(*b) >= TEXT_EDGE));
            left = Some(colour);
            if !colours[..count].contains(&colour) {
                if count == colours.len() {
                    return false;
                }
                colours[count] = colour;
                count += 1;
            }
        }
    }
    edge && TEXT_COLOURS.contains(&count)
}
