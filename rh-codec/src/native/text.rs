//! Text and controls: each pixel predicted from what has followed the same surroundings before.
//!
//! Pixels are coded in rows, by decisions of an arithmetic coder. Where the pixels left, above, above left and above right are equal, a
//! *run* of that colour is likely, as far as the row above stays so; one decision says whether it holds. Elsewhere, and where a run
//! ends, the surroundings are looked up in tables of contexts, from eleven pixels of three rows down to two: a context remembers the
//! last two colours that followed it. Only what none of them knows is spelled out. The tables last as long as the stream, so a
//! letter that was shown once costs little more than the choice of the letter, wherever and whenever it comes again, and what comes again whole
//! costs next to nothing. (Prediction by contexts of falling length is that of Cleary and Witten, "Data compression using adaptive
//! coding and partial string matching", IEEE Transactions on Communications 32(4), 1984; contexts of pixels around are JBIG's, ITU-T T.82.)

use super::{coder::Coder, palette::Palette, predict::guess_pixel, range::Chance};
use crate::{
    Error, Rect,
    image::{Surface, colour, opaque},
};

/// Stands for "no colour"; colours have 24 bits.
const NONE: u32 = u32::MAX;

/// Pixels kept left and right of a row, for the contexts that reach beyond it.
const MARGIN: usize = 4;

/// Contexts from the largest to the smallest: the base-2 logarithm of the places in their tables, and how far a new one is trusted, in 2^-16.
const LEVELS: [(u32, u16); 4] = [(16, 0xd000), (15, 0xb000), (13, 0x9000), (11, 0x8000)];

/// Colours that one pixel may have been found not to be: what a run excludes, and two a context.
const MOST_TRIED: usize = 1 + 2 * LEVELS.len();

/// What has followed a context.
#[derive(Clone, Copy)]
struct Context {
    latest: u32,
    before: u32,
    /// Whether the latest comes again.
    again: Chance,
    /// Part of the hash, to tell contexts of one place apart. 0 in an empty place.
    check: u16,
}

impl Context {
    const EMPTY: Self = Self { latest: NONE, before: NONE, again: Chance::EVEN, check: 0 };
}

/// The model, the same on both sides after the same pixels. About 1.8 MiB.
pub(super) struct Text {
    contexts: [Box<[Context]>; LEVELS.len()],
    chances: Box<Chances>,
    palette: Palette,
    /// The row being coded and the two above it, each with margins.
    rows: [Vec<u32>; 3],
}

#[derive(Clone)]
struct Chances {
    /// Whether a run holds, by its length's logarithm and whether it reaches the end of the row.
    holds: [[Chance; 2]; 32],
    /// Where it ends if not: its length's logarithm, by that of its most.
    ends: [[Chance; 17]; 17],
    /// By level, and by the colours tried before.
    latest: [[Chance; MOST_TRIED]; LEVELS.len()],
    before: [[Chance; MOST_TRIED]; LEVELS.len()],
    near: [[Chance; MOST_TRIED]; 4],
    /// Whether a colour is in the palette, by unrest.
    listed: [Chance; UNRESTS],
    number: [Chance; 256],
    /// What a channel differs from its guess, by unrest and channel.
    off: [[[Chance; 256]; 3]; UNRESTS],
}

const UNRESTS: usize = 5;

impl Chances {
    const NEW: Self = {
        let even = Chance::EVEN;
        Self {
            holds: [[even; 2]; 32],
            ends: [[even; 17]; 17],
            latest: [[even; MOST_TRIED]; LEVELS.len()],
            before: [[even; MOST_TRIED]; LEVELS.len()],
            near: [[even; MOST_TRIED]; 4],
            listed: [even; UNRESTS],
            number: [even; 256],
            off: [[[even; 256]; 3]; UNRESTS],
        }
    };
}

impl Text {
    pub(super) fn new() -> Self {
        Self {
            contexts: LEVELS.map(|(bits, _)| vec![Context::EMPTY; 1 << bits].into_boxed_slice()),
            chances: Box::new(Chances::NEW),
            palette: Palette::new(),
            rows: Default::default(),
        }
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        self.contexts.iter_mut().for_each(|contexts| contexts.fill(Context::EMPTY));
        *self.chances = Chances::NEW;
        self.palette = Palette::new();
    }

    /// Codes `rect` of `surface`, which a writer has put there before and a reader finds there after.
    pub(super) fn code(&mut self, coder: &mut impl Coder, surface: &mut Surface, rect: Rect) -> Result<(), Error> {
        let mut rows = std::mem::take(&mut self.rows);
        let [row, above, above2] = &mut rows;
        load(above2, surface, rect, rect.y.checked_sub(2));
        load(above, surface, rect, rect.y.checked_sub(1));
        for y in rect.y..rect.bottom() {
            load(row, surface, rect, Some(y));
            self.row(coder, row, above, above2);
            coder.check()?;
            let coded = &row[MARGIN..];
            surface.span_mut(rect.x, y, rect.width).iter_mut().zip(coded).for_each(|(pixel, colour)| *pixel = opaque(*colour));
            std::mem::swap(above2, above);
            std::mem::swap(above, row);
        }
        self.rows = rows;
        Ok(())
    }

    fn row(&mut self, coder: &mut impl Coder, row: &mut [u32], above: &[u32], above2: &[u32]) {
        let end = row.len() - MARGIN;
        let mut x = MARGIN;
        while x < end {
            let left = row[x - 1];
            let mut excluded = NONE;
            if above[x - 1] == left && above[x] == left && above[x + 1] == left {
                let (count, holds) = self.run(coder, &mut row[x..end], &above[x + 1..=end], left);
                x += count;
                if holds {
                    continue;
                }
                excluded = left;
            }
            self.pixel(coder, row, above, above2, x, excluded);
            x += 1;
        }
    }

    /// Codes pixels of one colour at the start of `row`, as many as `next`, the row above from its second pixel on, begins with: how
    /// many there are, and whether they are all of these.
    fn run(&mut self, coder: &mut impl Coder, row: &mut [u32], next: &[u32], colour: u32) -> (usize, bool) {
        // The first has been compared before.
        let most = 1 + equal(&next[1..], colour);
        let count = equal(&row[..most], colour);
        let size = most.ilog2() as usize;
        let chances = &mut *self.chances;
        if coder.bit(count == most, &mut chances.holds[size][usize::from(most == row.len())]) {
            row[..most].fill(colour);
            return (most, true);
        }
        // The end lies in one of the parts 1, 2..4, 4..8, … of what is left, and anywhere in there. A row has 2^16 pixels at most.
        let end = count.min(most - 1) + 1;
        let actual = end.ilog2() as usize;
        let mut part = 0;
        while part < size && coder.bit(actual > part, &mut chances.ends[size][part]) {
            part += 1;
        }
        let digits = low_bits(end, actual);
        let place = coder.plain(if actual == part { digits } else { 0 }, low_bits(part, 5));
        let count = ((1 << part | place as usize) - 1).min(most - 1);
        row[..count].fill(colour);
        (count, false)
    }

    #[inline]
    fn pixel(&mut self, coder: &mut impl Coder, row: &mut [u32], above: &[u32], above2: &[u32], x: usize, excluded: u32) {
        let around = Around::new(row, above, above2, x);
        let hash = around.hash();
        let context = &mut self.contexts[0][place(hash, 0)];
        if context.check == check(hash) && context.latest != excluded {
            let latest = context.latest;
            if coder.bit(row[x] == latest, &mut context.again) {
                row[x] = latest;
                return;
            }
            row[x] = self.rest(coder, &around, hash, row[x], [excluded, latest]);
        } else {
            row[x] = self.rest(coder, &around, hash, row[x], [excluded, NONE]);
        }
    }

    /// What the largest context did not know: `tried` is what the colour is not.
    #[inline(never)]
    fn rest(&mut self, coder: &mut impl Coder, around: &Around, hash: u64, actual: u32, not: [u32; 2]) -> u32 {
        let hashes = around.hashes(hash);
        let mut tried = Tried::new(not);
        let mut found = None;
        let mut asked = 0;
        while asked < LEVELS.len() && found.is_none() {
            let context = &mut self.contexts[asked][place(hashes[asked], asked)];
            if context.check == check(hashes[asked]) {
                for (colour, chances) in [(context.latest, &mut self.chances.latest), (context.before, &mut self.chances.before)] {
                    if found.is_none() && tried.may_be(colour) {
                        let chance = &mut chances[asked][tried.count];
                        if coder.bit(actual == colour, chance) {
                            found = Some(colour);
                        }
                        tried.add(colour);
                    }
                }
            }
            asked += 1;
        }
        let colour = found.unwrap_or_else(|| self.unknown(coder, around, actual, &mut tried));
        for (level, hash) in hashes.iter().enumerate().take(asked) {
            let context = &mut self.contexts[level][place(*hash, level)];
            if context.check != check(*hash) {
                *context = Context { latest: colour, before: NONE, again: Chance::new(LEVELS[level].1), check: check(*hash) };
            } else if context.latest != colour {
                context.before = std::mem::replace(&mut context.latest, colour);
            }
        }
        colour
    }

    /// A colour that no context knows: that of a neighbour, of the palette, or its difference from what is around.
    fn unknown(&mut self, coder: &mut impl Coder, around: &Around, actual: u32, tried: &mut Tried) -> u32 {
        let chances = &mut *self.chances;
        for (colour, chances) in [around.left, around.up, around.up_right, around.corner].into_iter().zip(&mut chances.near) {
            if tried.may_be(colour) {
                if coder.bit(actual == colour, &mut chances[tried.count.min(MOST_TRIED - 1)]) {
                    return colour;
                }
                tried.add(colour);
            }
        }
        let unrest = around.unrest();
        let number = self.palette.find(actual);
        if coder.bit(number.is_some(), &mut chances.listed[unrest]) {
            let number = coder.tree(u32::from(number.unwrap_or(0)), 8, &mut chances.number);
            return self.palette.colour(number);
        }
        // Channels change together: blue and red are guessed to be off as far as green.
        let guess = guess_pixel(around.left.to_le_bytes(), around.up.to_le_bytes(), around.corner.to_le_bytes());
        let actual = actual.to_le_bytes();
        let [mut blue, mut green, mut red] = guess;
        let mut channel = |value: &mut u8, shift: u8, actual: u8, nodes: &mut [Chance]| {
            let guess = value.wrapping_add(shift);
            *value = guess.wrapping_add(unfold(coder.tree(u32::from(fold(actual.wrapping_sub(guess))), 8, nodes)));
            value.wrapping_sub(guess)
        };
        let off = &mut chances.off[unrest];
        let shift = channel(&mut green, 0, actual[1], &mut off[1]);
        channel(&mut blue, shift, actual[0], &mut off[0]);
        channel(&mut red, shift, actual[2], &mut off[2]);
        let colour = u32::from_le_bytes([blue, green, red, 0]);
        self.palette.ask(colour);
        colour
    }
}

/// A difference modulo 256 without a sign, small for small ones: 0, 1, -1, 2 become 0, 2, 1, 4.
fn fold(difference: u8) -> u8 {
    if difference < 128 { difference << 1 } else { (255 - difference) << 1 | 1 }
}

fn unfold(folded: u32) -> u8 {
    let [folded, ..] = folded.to_le_bytes();
    if folded & 1 == 0 { folded >> 1 } else { 255 - (folded >> 1) }
}

/// Colours that a pixel is known not to have.
struct Tried {
    colours: [u32; MOST_TRIED],
    count: usize,
}

impl Tried {
    fn new(not: [u32; 2]) -> Self {
        let mut tried = Self { colours: [NONE; MOST_TRIED], count: 0 };
        not.into_iter().filter(|colour| *colour != NONE).for_each(|colour| tried.add(colour));
        tried
    }

    fn may_be(&self, colour: u32) -> bool {
        colour != NONE && !self.colours.contains(&colour)
    }

    fn add(&mut self, colour: u32) {
        if self.count < MOST_TRIED {
            self.colours[self.count] = colour;
            self.count += 1;
        }
    }
}

/// The pixels around one that is to be coded.
struct Around {
    left: u32,
    left2: u32,
    left3: u32,
    corner2: u32,
    corner: u32,
    up: u32,
    up_right: u32,
    up_right2: u32,
    above2: [u32; 3],
}

impl Around {
    #[inline]
    fn new(row: &[u32], above: &[u32], above2: &[u32], x: usize) -> Self {
        // `x` lies between margins of four; the slices are equally long.
        let [left3, left2, left] = [row[x - 3], row[x - 2], row[x - 1]];
        let above = &above[x - 2..x + 3];
        let above2 = &above2[x - 1..x + 2];
        Self {
            left,
            left2,
            left3,
            corner2: above[0],
            corner: above[1],
            up: above[2],
            up_right: above[3],
            up_right2: above[4],
            above2: [above2[0], above2[1], above2[2]],
        }
    }

    /// Of all pixels. A sum of products, which a processor computes side by side; its upper bits depend on all of them.
    #[inline]
    fn hash(&self) -> u64 {
        let term = |colour: u32, factor: u64| u64::from(colour).wrapping_mul(factor);
        self.small()
            .wrapping_add(term(self.left2, 0x9fb2_1c65_1e98_df25))
            .wrapping_add(term(self.left3, 0xd6e8_feb8_6659_fd93))
            .wrapping_add(term(self.corner2, 0xa076_1d64_78bd_642f))
            .wrapping_add(term(self.up_right2, 0xe703_7ed1_a0b4_28db))
            .wrapping_add(term(self.above2[0], 0x8ebc_6af0_9c88_c6e3))
            .wrapping_add(term(self.above2[1], 0x5899_65cc_7537_4cc3))
            .wrapping_add(term(self.above2[2], 0x1d8e_4e27_c47d_124f))
    }

    /// Of the four that touch.
    #[inline]
    fn small(&self) -> u64 {
        let term = |colour: u32, factor: u64| u64::from(colour).wrapping_mul(factor);
        term(self.left, 0x9e37_79b9_7f4a_7c15)
            .wrapping_add(term(self.up, 0xff51_afd7_ed55_8ccd))
            .wrapping_add(term(self.corner, 0xc4ce_b9fe_1a85_ec53))
            .wrapping_add(term(self.up_right, 0x94d0_49bb_1331_11eb))
    }

    /// From the largest context, whose hash is known, to the smallest.
    fn hashes(&self, largest: u64) -> [u64; LEVELS.len()] {
        let term = |colour: u32, factor: u64| u64::from(colour).wrapping_mul(factor);
        let touching = self.small();
        let middle =
            touching.wrapping_add(term(self.left2, 0x9fb2_1c65_1e98_df25)).wrapping_add(term(self.above2[1], 0x5899_65cc_7537_4cc3));
        let pair = term(self.left, 0x9e37_79b9_7f4a_7c15).wrapping_add(term(self.up, 0xff51_afd7_ed55_8ccd));
        [largest, middle, touching, pair]
    }

    /// How much the neighbours differ, in classes.
    fn unrest(&self) -> usize {
        let corner = self.corner.to_le_bytes();
        let away = |colour: u32| colour.to_le_bytes().iter().zip(corner).map(|(a, b)| u32::from(a.abs_diff(b))).sum::<u32>();
        match away(self.left) + away(self.up) {
            0 => 0,
            1..=8 => 1,
            9..=40 => 2,
            41..=150 => 3,
            _ => 4,
        }
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "at most 16 bits are left")]
fn place(hash: u64, level: usize) -> usize {
    (hash >> (64 - LEVELS[level].0)) as usize
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "some bits are as good as others")]
fn check(hash: u64) -> u16 {
    (hash >> 28) as u16 | 1
}

/// The lower `count` bits of a number, 16 at most.
#[expect(clippy::cast_possible_truncation, reason = "at most 16 bits are left")]
fn low_bits(number: usize, count: usize) -> u32 {
    (number & ((1 << count) - 1)) as u32
}

/// How many colours at the start are this one.
#[inline]
fn equal(colours: &[u32], colour: u32) -> usize {
    let (blocks, _) = colours.as_chunks::<16>();
    let whole =
        blocks.iter().position(|block| block.iter().fold(0, |differs, other| differs | (other ^ colour)) != 0).unwrap_or(blocks.len()) * 16;
    whole + colours[whole..].iter().position(|other| *other != colour).unwrap_or(colours.len() - whole)
}

/// Takes a row of the surface, with margins, black outside of it.
fn load(row: &mut Vec<u32>, surface: &Surface, rect: Rect, y: Option<u32>) {
    row.clear();
    row.resize(rect.width as usize + 2 * MARGIN, 0);
    let Some(y) = y else { return };
    let (x, pixels) = (rect.x as usize, surface.row_pixels(y));
    let (from, until) = (x.saturating_sub(MARGIN), (x + rect.width as usize + MARGIN).min(pixels.len()));
    let start = MARGIN - (x - from);
    row[start..][..until - from].iter_mut().zip(&pixels[from..until]).for_each(|(to, from)| *to = colour(*from));
}
