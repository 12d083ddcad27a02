//! A sharer with two displays: the helper sees the one it chose, exactly, and points into that one.

use x11rb::protocol::xproto::ConnectionExt;

use crate::{
    pair::{Pair, helper},
    picture::{Rgb, expect_equal_to},
    programs::until,
    scratch::Scratch,
    terminal::{connect, xterm},
    xserver::XServer,
};

#[test]
fn the_helper_chooses_a_display() {
    let server = XServer::xorg_dummy();
    let xrandr = |args: &[&str]| assert!(server.command("xrandr").args(args).status().expect("xrandr is installed").success(), "{args:?}");
    xrandr(&["--addmode", "DUMMY1", "1280x720"]);
    xrandr(&["--output", "DUMMY0", "--primary", "--output", "DUMMY1", "--mode", "1280x720", "--right-of", "DUMMY0"]);
    let scratch = Scratch::new();
    let x = connect(&server);
    let _terminal = xterm(&server, &x, "seq 1 100; cat", "60x20+2000+100");
    let second = |server: &XServer| Rgb::grab(server).crop(1920, 0, 1280, 720);
    let first = |server: &XServer| Rgb::grab(server).crop(0, 0, 1920, 1080);

    let mut command = helper();
    command.args(["--display", "2"]);
    let mut pair = Pair::viewing_with(command, &["--display", server.display()]);
    expect_equal_to("the second display", &mut pair.helper, scratch.path(), || second(&server));
    pair.helper.tell("display 1");
    pair.helper.expect("showing 1 of 2");
    expect_equal_to("the first", &mut pair.helper, scratch.path(), || first(&server));
    pair.helper.tell("display 3");
    pair.helper.expect("note there is no display 3: the sharer has 2");
    pair.helper.tell("display 2");
    pair.helper.expect("showing 2 of 2");
    expect_equal_to("the second again", &mut pair.helper, scratch.path(), || second(&server));

    pair.take_control();
    pair.helper.tell("move 30 40");
    until("the pointer is on the second display", || {
        let at = x.query_pointer(x11rb::connection::Connection::setup(&x).roots[0].root).ok()?.reply().ok()?;
        ((at.root_x, at.root_y) == (1950, 40)).then_some(())
    });

    // Unplugged: what is left is shown.
    xrandr(&["--output", "DUMMY1", "--off"]);
    pair.helper.expect("showing 1 of 1");
    expect_equal_to("the one that is left", &mut pair.helper, scratch.path(), || first(&server));
    pair.leave();
}
