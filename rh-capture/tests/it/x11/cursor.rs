//! The pointer, apart from the picture.

use std::{sync::Arc, time::Instant};

use rh_capture::{Capture, DisplayId, Event, Options, Shape, Size, Transfer};
use x11rb::{
    connection::Connection,
    protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, CreateGCAux, Cursor, Rectangle},
};

use super::screen::{Pen, watching};
use crate::{
    mirror::{await_event, drain},
    xserver::XServer,
};

/// A red rectangle of 6 × 4 pixels that points with its pixel at 2, 1.
fn red_cursor(pen: &Pen, width: u16) -> Cursor {
    let connection = &pen.connection;
    let (pixmap, gc, cursor) = (connection.generate_id().unwrap(), connection.generate_id().unwrap(), connection.generate_id().unwrap());
    connection.create_pixmap(1, pixmap, pen.root, width, 4).unwrap();
    connection.create_gc(gc, pixmap, &CreateGCAux::new().foreground(1)).unwrap();
    connection.poly_fill_rectangle(pixmap, gc, &[Rectangle { x: 0, y: 0, width, height: 4 }]).unwrap();
    connection.create_cursor(cursor, pixmap, pixmap, 0xffff, 0, 0, 0, 0, 0, 2, 1).unwrap();
    cursor
}

fn show(pen: &Pen, cursor: Cursor) {
    pen.connection.change_window_attributes(pen.root, &ChangeWindowAttributesAux::new().cursor(cursor)).unwrap();
    pen.sync();
}

fn await_shape(capture: &mut dyn Capture) -> Arc<Shape> {
    let Event::CursorShape(shape) = await_event(capture, |event| matches!(event, Event::CursorShape(_))) else { unreachable!() };
    shape
}

#[test]
fn shapes_are_exact_and_known_ones_keep_their_id() {
    let server = XServer::xvfb(300, 200);
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    show(&pen, red_cursor(&pen, 6));
    let red = await_shape(&mut *capture);
    assert_eq!((red.size, red.hotspot_x, red.hotspot_y), (Size::new(6, 4), 2, 1));
    assert!(red.pixels.chunks(4).all(|pixel| pixel == [0, 0, 255, 255]), "{:?}", red.pixels);
    show(&pen, red_cursor(&pen, 9));
    assert_ne!(await_shape(&mut *capture).id, red.id);
    // Another cursor of the server that looks the same is the same to a receiver.
    show(&pen, red_cursor(&pen, 6));
    assert_eq!(await_shape(&mut *capture).id, red.id);
    assert!(capture.frame(DisplayId(0)).unwrap().damage.is_empty(), "the pointer is not part of the picture");
}

#[test]
fn motion_is_reported_to_the_pixel_and_coalesced() {
    let server = XServer::xvfb(300, 200);
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    for n in 0..100 {
        pen.move_pointer(n, n / 2);
    }
    let Event::CursorPosition(at) = await_event(&mut *capture, |event| matches!(event, Event::CursorPosition(_))) else { unreachable!() };
    assert_eq!((at.display, at.x, at.y), (DisplayId(0), 99, 49));
    assert!(drain(&mut *capture).is_empty());
    pen.move_pointer(99, 49);
    assert!(capture.next(Instant::now()).unwrap().is_none(), "it has not moved");
}

#[test]
fn a_pointer_that_a_program_moved_is_seen_with_the_next_drawing() {
    let server = XServer::xvfb(300, 200);
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    pen.connection.warp_pointer(x11rb::NONE, pen.root, 0, 0, 0, 0, 12, 34).unwrap();
    pen.fill(0, 0, 1, 1, 0x00ff_ffff);
    let Event::CursorPosition(at) = await_event(&mut *capture, |event| matches!(event, Event::CursorPosition(_))) else { unreachable!() };
    assert_eq!((at.x, at.y), (12, 34));
}
