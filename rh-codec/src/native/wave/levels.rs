//! The coder of quantised coefficients.
//!
//! A block is coded plane by plane. Of each plane first the outermost diagonal that holds a level other than zero, then the levels
//! from there inwards (from fine to coarse), each in the light of those around it that are known: right of it, below it, and at
//! the same frequency in the blocks to the left and above. Where they are large, so is it. The mean level goes by itself.

use super::{
    super::{coder::Coder, range::Chance, unary::unary},
    Levels, Plane,
    dct::SIDE,
    quality::SHARPEST,
};

/// Diagonals behind the first coefficient.
const LAST: usize = 2 * SIDE - 2;
const PIXELS: usize = SIDE * SIDE;

/// The frequencies by diagonal, coarse first: the place in a block, and the diagonal, to the number of those told apart.
static SCAN: [Place; PIXELS] = scan();
/// Where each diagonal ends in [`SCAN`].
static ENDS: [u16; LAST + 1] = ends();

#[derive(Clone, Copy)]
struct Place {
    at: u8,
    zone: u8,
}

#[expect(clippy::cast_possible_truncation, reason = "a block has 256 places, and 31 diagonals")]
const fn scan() -> [Place; PIXELS] {
    let mut places = [Place { at: 0, zone: 0 }; PIXELS];
    let (mut count, mut diagonal) = (0, 0);
    while diagonal <= LAST {
        let mut row = 0;
        while row < SIDE {
            if diagonal >= row && diagonal - row < SIDE {
                let column = diagonal - row;
                let zone = if diagonal < ZONES { diagonal } else { ZONES - 1 };
                places[count] = Place { at: (row * SIDE + column) as u8, zone: zone as u8 };
                count += 1;
            }
            row += 1;
        }
        diagonal += 1;
    }
    places
}

#[expect(clippy::cast_possible_truncation, reason = "at most 256")]
const fn ends() -> [u16; LAST + 1] {
    let mut ends = [0; LAST + 1];
    let (mut total, mut diagonal) = (0, 0);
    while diagonal <= LAST {
        total += if diagonal < SIDE { diagonal + 1 } else { LAST + 1 - diagonal };
        ends[diagonal] = total as u16;
        diagonal += 1;
    }
    ends
}

const ZONES: usize = 20;
const LIVELY: usize = 12;
const MORE: usize = 13;
/// Places of a plane's outermost diagonal: 0 for none.
const REACH: usize = 32;

/// How lively a neighbourhood is, from a weighted sum of sizes.
static LIVELINESS: [u8; 256] = liveliness();

#[expect(clippy::cast_possible_truncation, reason = "below 12")]
const fn liveliness() -> [u8; 256] {
    const STARTS: [usize; LIVELY] = [0, 1, 2, 3, 4, 5, 7, 9, 13, 19, 29, 51];
    let mut table = [0; 256];
    let (mut n, mut class) = (0, 0);
    while n < 256 {
        if class + 1 < LIVELY && n == STARTS[class + 1] {
            class += 1;
        }
        table[n] = class as u8;
        n += 1;
    }
    table
}

/// Which chances code the mean, from the surprises that the means to the left and above were.
static MEANS: [usize; 10] = [0, 1, 2, 3, 3, 4, 4, 4, 4, 5];

/// What a block leaves behind for those right of it and below.
#[derive(Clone, Debug)]
pub(super) struct Past {
    /// Of each plane the sizes of levels, up to [`FAR`]; the first is that of the mean's surprise.
    sizes: [[u8; PIXELS]; 3],
    reach: [u8; 3],
    quiet: bool,
    sharper: bool,
    /// The means as they are shown, in coefficient units.
    pub(super) means: [i32; 3],
}

impl Past {
    pub(super) const NONE: Self = Self { sizes: [[0; PIXELS]; 3], reach: [0; 3], quiet: true, sharper: false, means: [0; 3] };
}

/// What is learned in the course of a slice.
#[derive(Clone, Debug)]
pub(super) struct Model {
    quiet: [Chance; 3],
    sharper: [[Chance; SHARPEST]; 2],
    planes: [PlaneModel; 3],
}

/// What is learned about a plane in the course of a slice.
#[derive(Clone, Debug)]
struct PlaneModel {
    reach: [[Chance; REACH]; REACH / 2],
    zero: [[Chance; LIVELY]; ZONES],
    more: [[Chance; MORE]; LIVELY],
    mean: [[Chance; MORE]; 6],
}

impl Model {
    pub(super) const FRESH: Self = {
        const UNLIKELY: Chance = Chance::new(0x3000);
        const PLANE: PlaneModel = PlaneModel {
            reach: [[Chance::EVEN; REACH]; REACH / 2],
            zero: [[UNLIKELY; LIVELY]; ZONES],
            more: [[UNLIKELY; MORE]; LIVELY],
            mean: [[Chance::EVEN; MORE]; 6],
        };
        Self { quiet: [Chance::EVEN; 3], sharper: [[Chance::new(0x800); SHARPEST]; 2], planes: [PLANE; 3] }
    };

    /// A block: its levels to be written, or none that become what is read. `past` is the block above until then.
    ///
    /// The level of a mean is what the caller's prediction left over. Returns whether all levels are zero.
    pub(super) fn block(&mut self, coder: &mut impl Coder, levels: &mut Levels, left: &Past, past: &mut Past) -> bool {
        let quiet = levels.planes.iter().all(|plane| plane.reach == 0 && plane.levels[0][0] == 0);
        let around = usize::from(left.quiet) + usize::from(past.quiet);
        past.quiet = coder.bit(quiet, &mut self.quiet[around]);
        if past.quiet {
            levels.sharper = 0;
            *past = Past { means: past.means, ..Past::NONE };
            return true;
        }
        let mut sharper = 0;
        for chance in &mut self.sharper[usize::from(left.sharper)] {
            if !coder.bit(levels.sharper > sharper, chance) {
                break;
            }
            sharper += 1;
        }
        levels.sharper = sharper;
        past.sharper = sharper > 0;
        for (i, (model, plane)) in self.planes.iter_mut().zip(&mut levels.planes).enumerate() {
            plane.reach = model.reach(coder, plane.reach, usize::from(left.reach[i]) + usize::from(past.reach[i]));
            past.reach[i] = plane.reach.to_le_bytes()[0];
            model.levels(coder, plane, &left.sizes[i], &mut past.sizes[i]);
        }
        false
    }
}

impl PlaneModel {
    /// The outermost diagonal with a level other than zero: five decisions, halving the range each.
    fn reach(&mut self, coder: &mut impl Coder, value: usize, near: usize) -> usize {
        let chances = &mut self.reach[(near / 4).min(REACH / 2 - 1)];
        let mut node = 1;
        for digit in (0..5).rev() {
            let yes = coder.bit(value >> digit & 1 == 1, &mut chances[node]);
            node = 2 * node + usize::from(yes);
        }
        (node - REACH).min(LAST)
    }

    fn levels(&mut self, coder: &mut impl Coder, plane: &mut Plane, left: &[u8; PIXELS], past: &mut [u8; PIXELS]) {
        let levels: &mut [i16; PIXELS] = plane.levels.as_flattened_mut().try_into().expect("16 rows of 16");
        let surprise = usize::from((left[0] + past[0]).min(9));
        // How lively each place is; places still to be coded grow livelier with each level that is found.
        let mut around = [0; PIXELS];
        if plane.reach > 0 {
            around = std::array::from_fn(|i| left[i] + past[i]);
        }
        *past = [0; PIXELS];
        let mut found = Found { places: [0; PIXELS], count: 0 };

        let size = unary(coder, u32::from(levels[0].unsigned_abs()), &mut self.mean[MEANS[surprise]]);
        if size > 0 {
            past[0] = small(size, FAR);
            found.push(0, size, levels);
        }
        for place in SCAN[1..usize::from(ENDS[plane.reach])].iter().rev() {
            let at = place.at;
            let lively = usize::from(LIVELINESS[usize::from(around[usize::from(at)])]);
            let level = levels[usize::from(at)];
            if coder.bit(level != 0, &mut self.zero[usize::from(place.zone)][lively]) {
                let size = 1 + unary(coder, u32::from(level.unsigned_abs()).wrapping_sub(1), &mut self.more[lively]);
                past[usize::from(at)] = small(size, FAR);
                found.push(at, size, levels);
                // Places that this reaches beyond an edge are on the opposite side, which is behind.
                let near = small(size, NEAR);
                for (back, weight) in BACK {
                    around[usize::from(at.wrapping_sub(back))] += weight * near;
                }
            }
        }
        found.signs(coder, levels);
    }
}

/// How far back in a block a level makes livelier, and how much: left, above, two to the left, two above, above left.
const BACK: [(u8, u8); 5] = [(1, 2), (16, 2), (2, 1), (32, 1), (17, 1)];

/// Most that a level's size counts for the places around it, and for those of the next blocks: `7 * NEAR + 2 * FAR` has 8 bits.
const NEAR: u8 = 16;
const FAR: u8 = 63;

fn small(size: u32, most: u8) -> u8 {
    u8::try_from(size).unwrap_or(most).min(most)
}

/// Levels of known size; their signs follow together.
struct Found {
    places: [u8; PIXELS],
    count: usize,
}

impl Found {
    /// The sign of a level that is written stays; one that is read is positive for now.
    #[inline]
    fn push(&mut self, at: u8, size: u32, levels: &mut [i16; PIXELS]) {
        let size = i16::try_from(size).unwrap_or(i16::MAX);
        let level = &mut levels[usize::from(at)];
        *level = if *level < 0 { -size } else { size };
        self.places[self.count % PIXELS] = at;
        self.count += 1;
    }

    fn signs(&self, coder: &mut impl Coder, levels: &mut [i16; PIXELS]) {
        for places in self.places[..self.count].chunks(16) {
            let negative = places.iter().rev().fold(0, |signs, at| signs << 1 | u32::from(levels[usize::from(*at)] < 0));
            let mut signs = coder.plain(negative, u32::try_from(places.len()).unwrap_or(16));
            for at in places {
                let level = &mut levels[usize::from(*at)];
                *level = if signs & 1 == 1 { -level.abs() } else { level.abs() };
                signs >>= 1;
            }
        }
    }
}
