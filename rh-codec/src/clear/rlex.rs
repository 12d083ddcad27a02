//! RLEX, the subcodec for few colours: a palette, then runs that end in a walk along the palette, [MS-RDPEGFX] 2.2.4.1.1.3.1.1.

use super::{
    raster::Canvas,
    wire::{Reader, put_colour, put_run, solid},
};
use crate::{Error, FrameView, Rect};

/// Colours of a palette at most.
pub(super) const MAX_COLOURS: usize = 127;

/// Width of a segment's `stopIndex` in bits; `suiteDepth` has the rest of the byte.
///
/// The specification's `floor(log2(count - 1)) + 1` says nothing for one colour; libfreerdp and IronRDP take one bit then, and
/// Windows servers, which send such palettes, mean it.
pub(super) fn index_bits(count: usize) -> u32 {
    count.saturating_sub(1).max(1).ilog2() + 1
}

pub(super) fn decode(data: &[u8], region: Rect, canvas: &mut Canvas<'_>) -> Result<(), Error> {
    let mut pen = canvas.pen(region)?;
    let mut reader = Reader::new(data);
    let count = usize::from(reader.u8()?);
    if count == 0 || count > MAX_COLOURS {
        return Err(Error::Malformed("an RLEX palette has 1 to 127 colours"));
    }
    let mut palette = [0; MAX_COLOURS];
    for colour in &mut palette[..count] {
        *colour = reader.colour()?;
    }
    let palette = &palette[..count];
    let bits = index_bits(count);
    while !reader.is_empty() {
        let packed = usize::from(reader.u8()?);
        let (stop, depth) = (packed & ((1 << bits) - 1), packed >> bits);
        let run = reader.run()?;
        let suite = stop.checked_sub(depth).and_then(|start| palette.get(start..=stop));
        let Some(suite @ [start, ..]) = suite else {
            return Err(Error::Malformed("an RLEX segment leaves its palette"));
        };
        pen.run(*start, run)?;
        for colour in suite {
            pen.run(*colour, 1)?;
        }
    }
    pen.finish()
}

/// Places of the table that finds a colour's number: four times what a palette holds.
const TABLE: usize = 512;

/// Writes RLEX bitmaps.
#[derive(Debug)]
pub(super) struct Palette {
    colours: [u32; MAX_COLOURS],
    count: usize,
    /// Colours by hash; 0 is a free place, for a solid colour never is.
    keys: [u32; TABLE],
    numbers: [u8; TABLE],
    /// The region's pixels as numbers.
    pixels: Vec<u8>,
}

impl Palette {
    pub(super) fn new() -> Self {
        Self { colours: [0; MAX_COLOURS], count: 0, keys: [0; TABLE], numbers: [0; TABLE], pixels: Vec::new() }
    }

    /// The number of a colour, which it gets if it has none; `None` if the palette is full.
    #[expect(clippy::cast_possible_truncation, reason = "numbers are below 127")]
    fn number(&mut self, colour: u32) -> Option<u8> {
        let mut place = (colour.wrapping_mul(0x9E37_79B1) >> 23) as usize;
        loop {
            if self.keys[place] == colour {
                return Some(self.numbers[place]);
            }
            if self.keys[place] == 0 {
                break;
            }
            place = (place + 1) % TABLE;
        }
        if self.count == MAX_COLOURS {
            return None;
        }
        let number = self.count as u8;
        self.keys[place] = colour;
        self.numbers[place] = number;
        self.colours[self.count] = colour;
        self.count += 1;
        Some(number)
    }

    /// Learns the colours of `rect`, numbered in the order in which rows show them, so that new ones stand side by side.
    ///
    /// False if there are more than 127; then nothing can be written.
    pub(super) fn learn(&mut self, frame: &FrameView<'_>, rect: Rect) -> bool {
        self.keys.fill(0);
        self.count = 0;
        self.pixels.clear();
        let mut last = (0, 0);
        for y in rect.y..rect.bottom() {
            for pixel in frame.span(rect.x, y, rect.width) {
                let colour = solid(u32::from_le_bytes(*pixel));
                if colour != last.0 {
                    let Some(number) = self.number(colour) else { return false };
                    last = (colour, number);
                }
                self.pixels.push(last.1);
            }
        }
        true
    }

    /// Appends the region that was learnt.
    #[expect(clippy::cast_possible_truncation, reason = "numbers are below 127, and regions far below 2^32 pixels")]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let count = self.count;
        out.push(count as u8);
        self.colours[..count].iter().for_each(|colour| put_colour(out, *colour));
        let bits = index_bits(count);
        let deepest = (1usize << (8 - bits)) - 1;
        let mut rest = &self.pixels[..];
        while let [start, ..] = rest {
            let run = rest.iter().position(|number| number != start).unwrap_or(rest.len());
            // The run's last pixel is the walk's first.
            let walk = (1..=deepest)
                .take_while(|step| rest.get(run - 1 + step).is_some_and(|number| usize::from(*number) == usize::from(*start) + step))
                .count();
            out.push((start + walk as u8) | ((walk as u8) << bits));
            put_run(out, run as u32 - 1);
            rest = &rest[run + walk..];
        }
    }
}
