//! A person as trust screens show them: the face, and beside it name and lines.

use accesskit::Role;

use super::{
    Picture,
    canvas::Brush,
    picture::Area,
    theme::Theme,
    widget::{Id, Kind, Layout, Weight, Widget},
};
use crate::trust::Card;

/// The face. The lines beside it take the numbers from [`LINES`] on.
pub(super) const FACE: Id = Id(40);
const LINES: u16 = 41;
/// Side of the face, before scaling.
const SIDE: f32 = 76.0;

/// Puts the face where there is one, and beside it the lines.
pub(super) fn lay_out(layout: &mut Layout<'_>, card: &Card) {
    let whole = layout.rest;
    let mut bottom = whole.y;
    if card.portrait().is_some() {
        let side = layout.px(SIDE).min(whole.w / 3);
        let kind = Kind::Own { role: Role::Image, revision: 0, items: Vec::new(), focusable: false };
        layout.push(Widget::new(FACE, kind, Area::new(whole.x, whole.y, side, side), format!("Picture of {}", card.name())));
        let beside = side + layout.px(14.0);
        layout.rest = Area { x: whole.x + beside, w: whole.w - beside, ..whole };
        bottom += side;
    }
    let weight = if card.is_vouched() { Weight::Normal } else { Weight::Alert };
    for (id, line) in (LINES..).zip(card.lines()) {
        layout.text(Id(id), weight, false, line);
        layout.gap(3.0);
    }
    bottom = bottom.max(layout.rest.y);
    layout.rest = Area { y: bottom, h: whole.bottom() - bottom, ..whole };
}

/// Paints the face: each pixel the mean of those of the picture that it stands for.
pub(super) fn paint(widget: &Widget, picture: &Picture, brush: &mut Brush<'_>, theme: &Theme) {
    let (area, clip) = (widget.area, brush.clip());
    brush.fill(area, theme.panel);
    let (width, height) = (side(picture.width()), side(picture.height()));
    if width == 0 || height == 0 {
        return;
    }
    // Square parts of a square place: the middle of a picture that is none.
    let square = width.min(height);
    let (left, top) = ((width - square) / 2, (height - square) / 2);
    let seen = area.intersect(&clip);
    for y in seen.y..seen.bottom() {
        for x in seen.x..seen.right() {
            let across = span(x - area.x, area.w, square);
            let down = span(y - area.y, area.h, square);
            let pixels = down.flat_map(|row| across.clone().map(move |column| (left + column, top + row)));
            let [count, red, green, blue] = pixels.fold([0; 4], |[count, red, green, blue], (column, row)| {
                let pixel = picture.pixels().get(at(row) * at(width) + at(column)).copied().unwrap_or_default();
                [count + 1, red + (pixel >> 16 & 255), green + (pixel >> 8 & 255), blue + (pixel & 255)]
            });
            let mean = |sum: u32| sum / count.max(1);
            brush.blend(x, y, mean(red) << 16 | mean(green) << 8 | mean(blue), 255);
        }
    }
}

/// Which of `pixels` the place `at` of `places` stands for: one at least.
fn span(at: i32, places: i32, pixels: i32) -> std::ops::Range<i32> {
    let edge = |at: i32| i32::try_from(i64::from(at) * i64::from(pixels) / i64::from(places.max(1))).unwrap_or(0);
    let start = edge(at).min(pixels - 1);
    start..edge(at + 1).clamp(start + 1, pixels)
}

fn side(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(0)
}

fn at(place: i32) -> usize {
    usize::try_from(place).unwrap_or(0)
}
