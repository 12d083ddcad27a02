//! What moves on the screen is moved, not sent again.

use rh_codec::{Hints, Move, Rect};

use crate::screen::{Link, Noise, Screen};

fn page() -> (Link, Screen, Noise) {
    let mut noise = Noise(9);
    let mut screen = Screen::new(1000, 700, 0);
    screen.text(Rect::new(90, 40, 700, 600), &mut noise);
    let mut link = Link::new();
    link.show(&screen);
    (link, screen, noise)
}

#[test]
fn a_scrolled_page_costs_its_new_line() {
    let (mut link, mut screen, mut noise) = page();
    let pane = Rect::new(90, 40, 700, 600);
    for _ in 0..4 {
        screen.shift(pane, 0, -51);
        screen.text(Rect::new(90, 40 + 600 - 51, 700, 51), &mut noise);
        let scrolled = link.show(&screen);
        assert!(scrolled.copies >= 1);
        // The same three lines alone, to an encoder that knows the letters.
        let mut lines = screen.clone();
        lines.text(Rect::new(90, 40, 700, 51), &mut noise);
        let mut other = Link::new();
        other.show(&screen);
        let alone = other.show(&lines);
        assert!(scrolled.bytes < alone.bytes * 3 / 2 + 200, "{} bytes for a scroll, {} for its lines", scrolled.bytes, alone.bytes);
    }
}

#[test]
fn scrolling_works_downwards_and_sideways() {
    for (dx, dy) in [(0, 34), (0, -3), (24, 0), (-200, 0)] {
        let (mut link, mut screen, _) = page();
        screen.shift(Rect::new(90, 40, 700, 600), dx, dy);
        let encoded = link.show(&screen);
        assert!(encoded.copies >= 1, "by {dx},{dy}");
        assert!(encoded.bytes < 1000, "{} bytes by {dx},{dy}", encoded.bytes);
    }
}

#[test]
fn a_dragged_window_is_copied() {
    let mut noise = Noise(2);
    let mut desktop = Screen::new(900, 600, 0);
    desktop.photo(desktop.whole(), &mut noise);
    let mut window = Screen::new(300, 250, 0);
    window.text(window.whole(), &mut noise);
    let at = |left: u32, top: u32| {
        let mut screen = desktop.clone();
        screen.draw(Rect::new(left, top, 300, 250), |x, y| window.get(x - left, y - top));
        screen
    };
    let mut link = Link::new();
    link.show(&at(101, 77));
    let encoded = link.show(&at(114, 95));
    assert!(encoded.copies >= 1);
    // Two strips of the photograph come to light: 13 columns and 18 rows.
    let uncovered = 13 * 250 + 18 * 300;
    assert!(encoded.bytes < uncovered * 3, "{} bytes", encoded.bytes);
}

#[test]
fn a_hinted_move_is_used_and_a_wrong_one_does_no_harm() {
    let (mut link, mut screen, _) = page();
    let pane = Rect::new(90, 40, 700, 600);
    screen.shift(pane, 0, -17);
    let hint = [Move { src: pane, dx: 0, dy: -17 }];
    let encoded = link.show_hinted(&screen, &Hints { damage: Some(&[pane]), moves: &hint });
    assert!(encoded.copies >= 1 && encoded.bytes < 1000, "{encoded:?}");
    screen.shift(pane, 0, -17);
    let wrong = [Move { src: pane, dx: i32::MIN, dy: 5 }, Move { src: Rect::new(u32::MAX, 0, u32::MAX, 1), dx: i32::MAX, dy: i32::MAX }];
    link.show_hinted(&screen, &Hints { damage: Some(&[pane]), moves: &wrong });
}

#[test]
fn copies_that_overlap_their_source_come_out_right() {
    // Noise has no second place where a wrong order could go unseen.
    for (dx, dy) in [(0, 1), (0, -1), (1, 0), (-1, 0), (3, 2), (-3, 2), (3, -2), (-3, -2), (70, 90), (-70, -90)] {
        let mut screen = Screen::new(400, 300, 0);
        screen.noise(screen.whole(), &mut Noise(4));
        let mut link = Link::new();
        link.show(&screen);
        screen.shift(Rect::new(10, 20, 380, 270), dx, dy);
        let encoded = link.show(&screen);
        assert!(encoded.copies >= 1, "by {dx},{dy}");
    }
}

#[test]
fn rows_that_repeat_do_not_hide_a_scroll() {
    // A screen scaled by three: every row stands three times.
    let (mut link, _, mut noise) = page();
    let mut small = Screen::new(320, 240, 0);
    small.text(small.whole(), &mut noise);
    let scaled = |small: &Screen| {
        let mut screen = Screen::new(960, 720, 0);
        screen.draw(screen.whole(), |x, y| small.get(x / 3, y / 3));
        screen
    };
    link.show(&scaled(&small));
    small.shift(small.whole(), 0, -17);
    let encoded = link.show(&scaled(&small));
    assert!(encoded.copies >= 1 && encoded.bytes < 1000, "{encoded:?}");
}
