//! Several displays, hot plug and resizing, on Xorg's dummy driver: Xvfb has one display and cannot change it.

use std::{
    process::Child,
    sync::Arc,
    time::{Duration, Instant},
};

use rh_capture::{Capture, Error, Event, Layout, Options, Placement, Rect, Size, Transfer};

use super::screen::{Pen, colours, watching, xwd};
use crate::{
    mirror::{Mirror, await_frame, cut, drain, frame_error},
    xserver::XServer,
};

fn xrandr(server: &XServer, arguments: &str) -> Child {
    server.command("xrandr").args(arguments.split(' ')).spawn().unwrap()
}

/// Runs xrandr to its end; from then on the layout that fits has to come within 100 ms.
fn change(server: &XServer, capture: &mut dyn Capture, arguments: &str, fits: impl Fn(&Layout) -> bool) -> Arc<Layout> {
    let before = capture.layout().generation;
    assert!(xrandr(server, arguments).wait().unwrap().success());
    let deadline = Instant::now() + Duration::from_millis(100);
    loop {
        let event = capture.next(deadline).unwrap().expect("the layout's event comes within 100 ms");
        if let Event::Layout(layout) = event {
            assert!(layout.generation > before);
            if fits(&layout) {
                return layout;
            }
        }
    }
}

fn names(layout: &Layout) -> Vec<&str> {
    layout.displays.iter().map(|display| display.name.as_str()).collect()
}

#[test]
fn displays_come_move_shrink_and_go() {
    let server = XServer::xorg_dummy();
    assert!(xrandr(&server, "--addmode DUMMY1 1280x720").wait().unwrap().success());
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    let first = capture.layout().displays[0].clone();
    assert_eq!((names(&capture.layout()), first.pixels), (vec!["DUMMY0"], Size::new(1920, 1080)));

    // A second display to the right.
    let layout = change(&server, &mut *capture, "--output DUMMY1 --mode 1280x720 --right-of DUMMY0", |layout| layout.displays.len() == 2);
    let second = layout.displays.iter().find(|display| display.name == "DUMMY1").unwrap().clone();
    assert_eq!(second.rect, Placement { x: 1920, y: 0, width: 1280, height: 720 });
    assert_eq!(layout.display(first.id).unwrap().name, "DUMMY0", "the first keeps its id");
    capture.start(&[first.id, second.id], &Options::default()).unwrap();
    let (mut one, mut two) = (Mirror::default(), Mirror::default());
    capture.invalidate(first.id);
    one.follow(&mut *capture, first.id);
    two.follow(&mut *capture, second.id);
    while !drain(&mut *capture).is_empty() {
        one.take(&capture.frame(first.id).unwrap());
        two.take(&capture.frame(second.id).unwrap());
    }

    // What is drawn on one is not reported for the other, and what lies on both is reported for both.
    pen.fill(1920 + 10, 20, 30, 40, 0x00ff_8800);
    two.follow(&mut *capture, second.id);
    assert_eq!(two.damage, [Rect::new(10, 20, 30, 40)]);
    assert!(drain(&mut *capture).is_empty());
    pen.fill(1910, 100, 20, 10, 0x0000_88ff);
    one.follow(&mut *capture, first.id);
    two.take(&capture.frame(second.id).unwrap());
    assert_eq!((&one.damage[..], &two.damage[..]), (&[Rect::new(1910, 100, 10, 10)][..], &[Rect::new(0, 100, 10, 10)][..]));
    let root = colours_of(&server, Size::new(3200, 1080));
    assert!(colours(&one.pixels) == colours(&cut(&root, Size::new(3200, 1080), Rect::new(0, 0, 1920, 1080))));
    assert!(colours(&two.pixels) == colours(&cut(&root, Size::new(3200, 1080), Rect::new(1920, 0, 1280, 720))));

    // The pointer is told with the display it is on.
    pen.move_pointer(1920 + 7, 9);
    let at =
        drain(&mut *capture).into_iter().find_map(|event| if let Event::CursorPosition(at) = event { Some(at) } else { None }).unwrap();
    assert_eq!((at.display, at.x, at.y), (second.id, 7, 9));

    // The second goes to the left: everything has another place, and is exact there.
    change(&server, &mut *capture, "--output DUMMY1 --left-of DUMMY0", |layout| layout.display(first.id).is_some_and(|d| d.rect.x == 1280));
    one.follow(&mut *capture, first.id);
    two.follow(&mut *capture, second.id);
    pen.fill(1280 + 3, 4, 5, 6, 0x0012_3456);
    one.follow(&mut *capture, first.id);
    assert_eq!(one.damage, [Rect::new(3, 4, 5, 6)]);

    // The first shrinks.
    change(&server, &mut *capture, "--output DUMMY0 --mode 1280x720", |layout| {
        layout.display(first.id).is_some_and(|d| d.pixels == Size::new(1280, 720))
    });
    one.follow(&mut *capture, first.id);
    assert_eq!(one.size, Size::new(1280, 720));

    // The second goes.
    change(&server, &mut *capture, "--output DUMMY1 --off", |layout| names(layout) == ["DUMMY0"]);
    assert_eq!(frame_error(&mut *capture, second.id), Some(Error::NoSuchDisplay(second.id)));
    await_frame(&mut *capture, first.id);
    one.take(&capture.frame(first.id).unwrap());
    pen.fill(100, 100, 50, 50, 0x0055_aa55);
    one.follow(&mut *capture, first.id);
    let grab = xwd(&server);
    assert!(colours(&one.pixels) == grab, "{} and {} pixels", one.pixels.len() / 4, grab.len());
}

/// What xwd sees, as bytes of four a pixel.
fn colours_of(server: &XServer, size: Size) -> Vec<u8> {
    let pixels = xwd(server);
    assert_eq!(pixels.len(), (size.width * size.height) as usize);
    pixels.iter().flat_map(|[b, g, r]| [*b, *g, *r, 0]).collect()
}
