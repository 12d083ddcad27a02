//! Where the sharer's pixels are in the window, and which pixel the pointer is on.

use super::super::picture::Area;

/// How the picture is laid into its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zoom {
    /// As large as the place allows, whole, in its own proportions.
    Fit,
    /// One pixel for one pixel; what does not fit is scrolled to.
    Actual,
}

/// The picture's place in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    zoom: Zoom,
    /// Where the window has room for the picture.
    place: Area,
    /// The picture's size in the sharer's pixels.
    picture: (i32, i32),
    /// The sharer's pixel in the top left corner, when not everything fits.
    ///
    /// Invariant: `0 <= scroll <= max(0, picture - place)` on both axes.
    scroll: (i32, i32),
}

impl View {
    pub(super) fn new(zoom: Zoom, place: Area, picture: (i32, i32), scroll: (i32, i32)) -> Self {
        let mut view = Self { zoom, place, picture, scroll: (0, 0) };
        view.scroll_to(scroll);
        view
    }

    pub(super) fn scroll(&self) -> (i32, i32) {
        self.scroll
    }

    /// How far the picture can be scrolled on each axis; 0 where it fits.
    pub(super) fn scroll_range(&self) -> (i32, i32) {
        match self.zoom {
            Zoom::Fit => (0, 0),
            Zoom::Actual => ((self.picture.0 - self.place.w).max(0), (self.picture.1 - self.place.h).max(0)),
        }
    }

    pub(super) fn scroll_to(&mut self, scroll: (i32, i32)) {
        let range = self.scroll_range();
        self.scroll = (scroll.0.clamp(0, range.0), scroll.1.clamp(0, range.1));
    }

    /// Where the whole picture is; with [`Zoom::Actual`] it may reach beyond the place.
    pub(super) fn target(&self) -> Area {
        let (pw, ph) = self.picture;
        let Area { x, y, w, h } = self.place;
        if pw <= 0 || ph <= 0 || w <= 0 || h <= 0 {
            return Area::default();
        }
        let (tw, th) = match self.zoom {
            Zoom::Actual => (pw, ph),
            // The axis that is scarcer fills its side; the other one keeps the proportion, at least one pixel wide.
            Zoom::Fit if i64::from(w) * i64::from(ph) <= i64::from(h) * i64::from(pw) => (w, scaled(w, ph, pw).max(1)),
            Zoom::Fit => (scaled(h, pw, ph).max(1), h),
        };
        Area::new(x + ((w - tw) / 2).max(0) - self.scroll.0, y + ((h - th) / 2).max(0) - self.scroll.1, tw, th)
    }

    /// What is seen of it.
    pub(super) fn visible(&self) -> Area {
        self.target().intersect(&self.place)
    }

    /// The sharer's pixel under a point of the window; points outside of the picture count as its nearest edge.
    ///
    /// `None` only while there is no picture.
    pub(super) fn picture_at(&self, x: i32, y: i32) -> Option<(i32, i32)> {
        let target = self.target();
        if target.is_empty() {
            return None;
        }
        Some((pixel(x - target.x, self.picture.0, target.w), pixel(y - target.y, self.picture.1, target.h)))
    }

    /// The point of the window where a sharer's pixel is shown.
    pub(super) fn window_at(&self, x: i32, y: i32) -> (i32, i32) {
        let target = self.target();
        (target.x + scaled(x, target.w, self.picture.0), target.y + scaled(y, target.h, self.picture.1))
    }

    /// The area of the window that shows an area of the picture, whole pixels and all that are touched.
    pub(super) fn window_area(&self, area: Area) -> Area {
        let target = self.target();
        if target.is_empty() {
            return Area::default();
        }
        let low = |start: i32, to: i32, from: i32| scaled(start, to, from);
        let high = |end: i32, to: i32, from: i32| clamp(div_ceil(i64::from(end) * i64::from(to), i64::from(from)));
        let (x, y) = (low(area.x, target.w, self.picture.0), low(area.y, target.h, self.picture.1));
        let (right, bottom) = (high(area.right(), target.w, self.picture.0), high(area.bottom(), target.h, self.picture.1));
        Area::new(target.x + x, target.y + y, right - x, bottom - y).intersect(&self.place)
    }
}

/// `value * to / from`, rounded down; 0 when `from` is 0.
fn scaled(value: i32, to: i32, from: i32) -> i32 {
    if from == 0 { 0 } else { clamp((i64::from(value) * i64::from(to)).div_euclid(i64::from(from))) }
}

/// The source pixel under the middle of target pixel `at`: floor((at + 1/2) * source / target), inside of the picture.
fn pixel(at: i32, source: i32, target: i32) -> i32 {
    let middle = (2 * i64::from(at) + 1) * i64::from(source);
    clamp(middle.div_euclid(2 * i64::from(target))).clamp(0, (source - 1).max(0))
}

fn div_ceil(a: i64, b: i64) -> i64 {
    -(-a).div_euclid(b)
}

fn clamp(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(place: Area, picture: (i32, i32)) -> View {
        View::new(Zoom::Fit, place, picture, (0, 0))
    }

    #[test]
    fn fit_fills_one_side_keeps_the_proportion_and_is_centred() {
        assert_eq!(fit(Area::new(0, 40, 800, 600), (1600, 900)).target(), Area::new(0, 115, 800, 450));
        assert_eq!(fit(Area::new(10, 0, 800, 300), (400, 400)).target(), Area::new(260, 0, 300, 300));
        assert_eq!(fit(Area::new(0, 0, 5, 5), (10_000, 1)).target().h, 1);
    }

    #[test]
    fn every_pixel_maps_back_to_itself_when_shown_as_large_or_larger() {
        for (place, picture) in [((640, 480), (640, 480)), ((1920, 1080), (640, 360)), ((1000, 1000), (7, 9)), ((997, 613), (331, 211))] {
            let view = fit(Area::new(13, 7, place.0, place.1), picture);
            let target = view.target();
            for x in 0..target.w {
                let (px, _) = view.picture_at(target.x + x, target.y).unwrap_or_default();
                // The pixel's own span holds the middle of the window pixel.
                let middle = (2 * x + 1) * picture.0;
                assert!(2 * px * target.w <= middle && middle < 2 * (px + 1) * target.w, "{x} -> {px}");
            }
            for px in 0..picture.0 {
                let (x, y) = view.window_at(px, 0);
                let hit = (x..=x + 1).filter_map(|x| view.picture_at(x, y)).any(|(found, _)| found == px);
                assert!(hit, "{px} of {picture:?}");
            }
        }
    }

    #[test]
    fn points_outside_are_moved_to_the_nearest_edge() {
        let view = fit(Area::new(100, 100, 200, 100), (1920, 960));
        assert_eq!(view.picture_at(-5000, 0), Some((0, 0)));
        assert_eq!(view.picture_at(i32::MAX / 4, i32::MAX / 4), Some((1919, 959)));
        assert_eq!(view.picture_at(100, 100), Some((4, 4)));
        assert_eq!(view.picture_at(299, 199), Some((1915, 955)));
    }

    #[test]
    fn actual_size_is_exact_and_scrolls_to_the_edges_and_no_further() {
        let place = Area::new(10, 20, 300, 200);
        let mut view = View::new(Zoom::Actual, place, (1000, 150), (50, 50));
        assert_eq!((view.scroll(), view.scroll_range()), ((50, 0), (700, 0)));
        assert_eq!(view.picture_at(10, 20 + 25), Some((50, 0)));
        assert_eq!(view.window_at(50, 0), (10, 45));
        view.scroll_to((9999, -9));
        assert_eq!(view.picture_at(309, 45), Some((999, 0)));
        assert_eq!(view.visible(), Area::new(10, 45, 300, 150));
    }

    #[test]
    fn a_changed_area_covers_every_window_pixel_it_touches() {
        let view = fit(Area::new(0, 0, 333, 217), (1920, 1080));
        let area = Area::new(501, 303, 5, 3);
        let shown = view.window_area(area);
        let target = view.target();
        for y in 0..target.h {
            for x in 0..target.w {
                // Window pixel x shows source [x*S/D, (x+1)*S/D).
                let touches = |at: i32, source: i32, target: i32, start: i32, end: i32| {
                    let (from, to) = (at * source, (at + 1) * source);
                    from < end * target && to > start * target
                };
                if touches(x, 1920, target.w, 501, 506) && touches(y, 1080, target.h, 303, 306) {
                    assert!(shown.contains(target.x + x, target.y + y), "{x},{y} not in {shown:?}");
                }
            }
        }
    }

    #[test]
    fn without_a_picture_or_room_there_is_nothing() {
        for view in [fit(Area::new(0, 0, 100, 100), (0, 0)), fit(Area::default(), (10, 10))] {
            assert_eq!(view.picture_at(5, 5), None);
            assert!(view.window_area(Area::new(0, 0, 5, 5)).is_empty());
        }
    }
}
