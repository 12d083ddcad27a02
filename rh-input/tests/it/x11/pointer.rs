//! The pointer: the exact pixel, the right button, whole clicks of the wheel.

use std::{sync::Arc, time::Instant};

use rh_input::{Axis, Button, Display, DisplayId, Inject as _, Input, Layout, Rect};

use super::{
    support::{Eye, open, run},
    xserver::XServer,
};
use crate::allocations::count;

fn two_displays(generation: u64) -> Arc<Layout> {
    let display = |id, x| Display::new(DisplayId(id), Rect { x, y: 0, width: 400, height: 480 });
    Arc::new(Layout { generation, displays: vec![display(1, 0), display(2, 400)] })
}

#[test]
fn the_exact_pixel_of_the_right_display() {
    let server = XServer::xvfb(800, 480);
    let eye = Eye::new(&server);
    let mut desktop = open(&server);
    desktop.set_layout(two_displays(5));
    for (display, x, y) in [(1, 0, 0), (1, 399, 479), (2, 0, 0), (2, 399, 479), (2, 123, 321), (1, 200, 1)] {
        let to = Input::MoveTo { display: DisplayId(display), generation: 5, x, y };
        assert_eq!(desktop.inject(&[to]).unwrap().accepted, 1);
        assert!(desktop.ready(Instant::now()).unwrap());
        let at = eye.pointer();
        assert_eq!((i32::from(at.root_x), i32::from(at.root_y)), (x + if display == 2 { 400 } else { 0 }, y));
    }
    // Relative motion is not accelerated, and ends at the edges.
    let steps = [(-1, 3, 199, 4), (30, -4, 229, 0), (i32::MIN, i32::MAX, 0, 479), (i32::MAX, i32::MIN, 799, 0)];
    for (dx, dy, x, y) in steps {
        assert_eq!(desktop.inject(&[Input::MoveBy { dx, dy }]).unwrap().accepted, 1);
        assert!(desktop.ready(Instant::now()).unwrap());
        let at = eye.pointer();
        assert_eq!((at.root_x, at.root_y), (x, y), "{dx},{dy}");
    }
}

#[test]
fn a_position_on_another_layout_moves_nothing() {
    let server = XServer::xvfb(800, 480);
    let eye = Eye::new(&server);
    let mut desktop = open(&server);
    let to = |generation, x| Input::MoveTo { display: DisplayId(1), generation, x, y: 20 };
    assert_eq!(desktop.inject(&[to(5, 10)]).unwrap().stale, 1);
    desktop.set_layout(two_displays(5));
    assert_eq!(desktop.inject(&[to(5, 10)]).unwrap().accepted, 1);
    desktop.set_layout(two_displays(6));
    let report = desktop.inject(&[to(5, 30), to(6, 400)]).unwrap();
    assert_eq!((report.stale, report.outside, report.accepted), (1, 1, 0));
    assert!(desktop.ready(Instant::now()).unwrap());
    let at = eye.pointer();
    assert_eq!((at.root_x, at.root_y), (10, 20));
}

#[test]
fn buttons_mean_the_same_on_a_left_handed_desktop() {
    let server = XServer::xvfb(640, 480);
    let eye = Eye::new(&server);
    eye.window();
    let mut desktop = open(&server);
    for map in ["pointer = 1 2 3 4 5 6 7 8 9 10", "pointer = 3 2 1 4 5 6 7 8 9 10"] {
        run(&server, "xmodmap", &["-e", map]);
        for (button, number) in [(Button::Left, 1), (Button::Middle, 2), (Button::Right, 3), (Button::Back, 8), (Button::Forward, 9)] {
            let click = [Input::Button { button, down: true }, Input::Button { button, down: false }];
            assert_eq!(desktop.inject(&click).unwrap().accepted, 2);
            let seen: Vec<_> = eye.events_until_release_of(number).iter().map(|e| (e.0, e.1)).collect();
            assert_eq!(seen, [(true, number), (false, number)], "{map}");
        }
    }
}

#[test]
fn the_wheel_adds_up_parts_of_a_detent() {
    let server = XServer::xvfb(640, 480);
    let eye = Eye::new(&server);
    eye.window();
    let mut desktop = open(&server);
    let wheel = |axis, v120| Input::Wheel { axis, v120 };
    // (turns, what is clicked): a click on 1 ends each, so that nothing is one of the answers.
    let cases: [(&[Input], &[u8]); 6] = [
        (&[wheel(Axis::Vertical, 120)], &[4]),
        (&[wheel(Axis::Vertical, -240)], &[5, 5]),
        (&[wheel(Axis::Horizontal, 120), wheel(Axis::Horizontal, -120)], &[7, 6]),
        (&[wheel(Axis::Vertical, 50), wheel(Axis::Vertical, 50)], &[]),
        (&[wheel(Axis::Vertical, 50)], &[4]),
        // 30 up are left; turning back starts anew.
        (&[wheel(Axis::Vertical, -100), wheel(Axis::Vertical, -20)], &[5]),
    ];
    for (turns, clicks) in cases {
        let mut batch = turns.to_vec();
        batch.extend([true, false].map(|down| Input::Button { button: Button::Left, down }));
        assert_eq!(desktop.inject(&batch).unwrap().accepted, batch.len());
        let seen = eye.events_until_release_of(1);
        let seen: Vec<u8> = seen.iter().filter(|e| e.0 && e.1 != 1).map(|e| e.1).collect();
        assert_eq!(seen, clicks, "{turns:?}");
    }
    let hard = [wheel(Axis::Vertical, i16::MIN), wheel(Axis::Vertical, i16::MAX)];
    assert_eq!(desktop.inject(&hard).unwrap().accepted, 2);
}

#[test]
fn motion_allocates_nothing_of_its_own_and_nothing_grows() {
    let server = XServer::xvfb(800, 480);
    let mut desktop = open(&server);
    desktop.set_layout(two_displays(1));
    let mut go = |times: i32| {
        for i in 0..times {
            let batch = [
                Input::MoveTo { display: DisplayId(1), generation: 1, x: i % 400, y: 7 },
                Input::MoveBy { dx: 1, dy: 1 },
                Input::Wheel { axis: Axis::Vertical, v120: 60 },
            ];
            assert_eq!(desktop.inject(&batch).unwrap().accepted, 3);
        }
    };
    go(10_000);
    let (allocations, bytes) = count(|| go(50_000));
    // 175,000 requests. x11rb takes in an answer for every 1,024 of them, which allocates a few times.
    assert!(allocations < 1000, "{allocations}");
    assert!(bytes < 64 * 1024, "{bytes}");
}
