//! The pointer's shapes.

use std::sync::{Arc, LazyLock};

use crate::{Shape, Size};

/// What the pointer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Arrow,
    Beam,
    Hand,
    Move,
}

/// The shape of a look. Each has one id for the life of the process.
pub(super) fn shape(look: Look) -> Arc<Shape> {
    static SHAPES: LazyLock<[Arc<Shape>; 4]> =
        LazyLock::new(|| [draw(1, &ARROW, 0, 0), draw(2, &BEAM, 4, 7), draw(3, &HAND, 5, 0), draw(4, &MOVE, 7, 7)]);
    let [arrow, beam, hand, r#move] = &*SHAPES;
    Arc::clone(match look {
        Look::Arrow => arrow,
        Look::Beam => beam,
        Look::Hand => hand,
        Look::Move => r#move,
    })
}

/// `#` is black, `.` is white, everything else is clear.
fn draw(id: u64, rows: &[&str], hotspot_x: u32, hotspot_y: u32) -> Arc<Shape> {
    let width = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let pixels = rows.iter().flat_map(|row| row.bytes().chain(std::iter::repeat(b' ')).take(width)).flat_map(|mark| match mark {
        b'#' => [0, 0, 0, 255],
        b'.' => [255; 4],
        _ => [0; 4],
    });
    let length = |n: usize| u32::try_from(n).unwrap_or(Shape::MAX_SIDE);
    Arc::new(Shape { id, size: Size::new(length(width), length(rows.len())), hotspot_x, hotspot_y, pixels: pixels.collect() })
}

const ARROW: [&str; 17] = [
    "#",
    "##",
    "#.#",
    "#..#",
    "#...#",
    "#....#",
    "#.....#",
    "#......#",
    "#.......#",
    "#........#",
    "#.....#####",
    "#..#..#",
    "#.# #..#",
    "##  #..#",
    "#    #..#",
    "     #..#",
    "      ##",
];
const BEAM: [&str; 16] = [
    "### ###", "#..#..#", "###.###", "  #.#", "  #.#", "  #.#", "  #.#", "  #.#", "  #.#", "  #.#", "  #.#", "  #.#", "  #.#", "###.###",
    "#..#..#", "### ###",
];
const HAND: [&str; 17] = [
    "    ##",
    "   #..#",
    "   #..#",
    "   #..#",
    "   #..###",
    "   #..#..###",
    "   #..#..#..##",
    " ###..#..#..#.#",
    "#..#........#.#",
    "#...#.........#",
    " #............#",
    " #............#",
    "  #..........#",
    "  #..........#",
    "   #........#",
    "   #........#",
    "   ##########",
];
const MOVE: [&str; 15] = [
    "       #",
    "      #.#",
    "     #...#",
    "    ###.###",
    "      #.#",
    "  #   #.#   #",
    " ##   #.#   ##",
    "#.#####.#####.#",
    "#.............#",
    "#.#####.#####.#",
    " ##   #.#   ##",
    "  #   #.#   #",
    "    ###.###",
    "     #...#",
    "      ###",
];
