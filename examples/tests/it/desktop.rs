//! The main job on a real X server with a real terminal on it.

use std::{
    fs,
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use x11rb::{
    connection::Connection,
    protocol::xproto::{ConfigureWindowAux, ConnectionExt, CreateWindowAux, InputFocus, Window, WindowClass},
    rust_connection::RustConnection,
};

use crate::{pair::Pair, picture::expect_equal, programs::until, scratch::Scratch, xserver::XServer};

/// What is typed: letters, shifted and AltGr characters of a German layout, characters of no layout.
const TYPED: &str = "Grüße @ {home} ~ 日本語 é🙂";

/// A real terminal, ended with the test.
struct Xterm {
    child: Child,
    window: Window,
}

impl Drop for Xterm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts xterm with a shell command in it, waits until it can be seen, and gives it the focus.
fn xterm(server: &XServer, x: &RustConnection, command: &str, geometry: &str) -> Xterm {
    let child = server
        .command("xterm")
        .args(["-u8", "-fa", "DejaVu Sans Mono", "-fs", "10", "-geometry", geometry, "-e", "sh", "-c", command])
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("xterm is installed");
    let root = x.setup().roots[0].root;
    let window = until("xterm's window", || {
        let tree = x.query_tree(root).ok()?.reply().ok()?;
        tree.children.into_iter().find(|w| {
            let viewable = x.get_window_attributes(*w).ok().and_then(|c| c.reply().ok());
            viewable.is_some_and(|a| a.map_state == x11rb::protocol::xproto::MapState::VIEWABLE && !a.override_redirect)
        })
    });
    x.set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME).expect("sent").check().expect("the window can take the focus");
    Xterm { child, window }
}

fn connect(server: &XServer) -> RustConnection {
    x11rb::connect(Some(server.display())).expect("the server accepts clients").0
}

/// Keycodes that are down, by the server's word.
fn keys_down(x: &RustConnection) -> Vec<u8> {
    let map = x.query_keymap().expect("sent").reply().expect("answered").keys;
    (0..=255u8).filter(|code| map[usize::from(code / 8)] & (1 << (code % 8)) != 0).collect()
}

fn content(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_helper_types_into_a_real_terminal_and_sees_it_exactly() {
    let server = XServer::xvfb(800, 600);
    let scratch = Scratch::new();
    let status = server.command("setxkbmap").args(["de"]).status().expect("setxkbmap is installed");
    assert!(status.success());
    let x = connect(&server);
    let file = scratch.file("typed");
    let _terminal = xterm(&server, &x, &format!("cat > {}", file.display()), "80x24+20+20");

    let mut pair = Pair::viewing(&["--display", server.display()]);
    expect_equal("view only", &mut pair.helper, &server, scratch.path());

    // In view only, keys go nowhere: not even out of the helper.
    pair.helper.tell("type before control");
    pair.helper.expect("note input not sent");

    pair.take_control();
    pair.helper.tell(&format!("type {TYPED}"));
    pair.helper.tell("press enter");
    let line = until("the line in the terminal", || content(&file).lines().next().map(str::to_owned));
    assert_eq!(line, TYPED, "as typed, and nothing from before control was granted");
    expect_equal("after typing", &mut pair.helper, &server, scratch.path());
    assert_eq!(keys_down(&x), Vec::<u8>::new());

    // The sharer takes control back: from then on, nothing arrives any more.
    pair.sharer.tell("view");
    pair.helper.expect("revoked");
    pair.helper.tell("type after");
    pair.helper.expect("note input not sent");
    pair.helper.tell("chat done");
    pair.sharer.expect("chat done");
    assert_eq!(content(&file).lines().count(), 1);
    pair.leave();
}

#[test]
fn all_keys_are_up_after_the_helper_is_killed_in_the_middle_of_a_chord() {
    let server = XServer::xvfb(640, 480);
    let x = connect(&server);
    let _terminal = xterm(&server, &x, "cat > /dev/null", "40x10+0+0");
    let mut pair = Pair::viewing(&["--display", server.display()]);
    pair.take_control();
    for key in ["ctrl", "shift", "a"] {
        pair.helper.tell(&format!("down {key}"));
    }
    pair.helper.tell("button left down");
    until("the chord is held", || (keys_down(&x).len() == 3).then_some(()));
    let killed = Instant::now();
    pair.helper.kill();
    until("all keys are up", || keys_down(&x).is_empty().then_some(()));
    assert!(killed.elapsed() < Duration::from_secs(3), "within 3 s, not {:?}", killed.elapsed());
    let pointer = x.query_pointer(x.setup().roots[0].root).expect("sent").reply().expect("answered");
    assert_eq!(u16::from(pointer.mask) & 0x1f00, 0, "all buttons are up");
    let (status, said) = pair.sharer.end();
    assert_eq!(status.code(), Some(14), "the sharer says that the other side is gone: {said:#?}");
}

#[test]
fn all_keys_are_up_after_the_sharer_itself_is_killed() {
    let server = XServer::xvfb(640, 480);
    let x = connect(&server);
    let _terminal = xterm(&server, &x, "cat > /dev/null", "40x10+0+0");
    let mut pair = Pair::viewing(&["--display", server.display()]);
    pair.take_control();
    pair.helper.tell("down ctrl");
    pair.helper.tell("down c");
    until("the chord is held", || (keys_down(&x).len() == 2).then_some(()));
    let killed = Instant::now();
    pair.sharer.kill();
    until("all keys are up", || keys_down(&x).is_empty().then_some(()));
    assert!(killed.elapsed() < Duration::from_secs(3), "within 3 s, not {:?}", killed.elapsed());
    let (status, _) = pair.helper.end();
    assert_eq!(status.code(), Some(14));
}

#[test]
fn a_window_that_is_dragged_and_a_long_scroll_are_exact() {
    let server = XServer::xvfb(900, 700);
    let scratch = Scratch::new();
    let x = connect(&server);
    // A window that a drag of the pointer moves: what a window manager does, without needing one.
    let root = x.setup().roots[0].root;
    let go = scratch.file("go");
    let terminal = xterm(
        &server,
        &x,
        &format!(
            "until [ -e {go} ]; do sleep 0.05; done; seq 1 3000; echo done > {done}; cat",
            go = go.display(),
            done = scratch.file("done").display()
        ),
        "70x30+40+40",
    );
    let mut pair = Pair::viewing(&["--display", server.display()]);
    expect_equal("before", &mut pair.helper, &server, scratch.path());

    for step in 0..60 {
        let at = ConfigureWindowAux::new().x(40 + step * 4).y(40 + step * 2);
        x.configure_window(terminal.window, &at).expect("sent");
        x.flush().expect("sent");
    }
    expect_equal("after the drag", &mut pair.helper, &server, scratch.path());

    fs::write(&go, "").expect("the scratch folder is writable");
    until("the terminal scrolled", || scratch.file("done").exists().then_some(()));
    expect_equal("after the scroll", &mut pair.helper, &server, scratch.path());

    // A window that comes and goes over it.
    let popup = x.generate_id().expect("an id");
    let aux = CreateWindowAux::new().background_pixel(0x00ff_8800).override_redirect(1);
    x.create_window(24, popup, root, 200, 150, 333, 222, 0, WindowClass::INPUT_OUTPUT, 0, &aux).expect("sent");
    x.map_window(popup).expect("sent").check().expect("mapped");
    expect_equal("with a popup", &mut pair.helper, &server, scratch.path());
    x.destroy_window(popup).expect("sent").check().expect("destroyed");
    expect_equal("without it", &mut pair.helper, &server, scratch.path());
    pair.leave();
}

#[test]
fn a_screen_that_is_resized_is_exact() {
    let server = XServer::xorg_dummy();
    let scratch = Scratch::new();
    let x = connect(&server);
    let _terminal = xterm(&server, &x, "seq 1 100; cat", "80x24+100+100");
    let mut pair = Pair::viewing(&["--display", server.display()]);
    let status = server.command("xrandr").args(["--output", "DUMMY0", "--mode", "1280x720"]).status().expect("xrandr is installed");
    assert!(status.success());
    pair.helper.expect("layout [(1280, 720)]");
    // `import` grabs the whole root window, which RandR leaves at the size of the screen.
    let status = server.command("xrandr").args(["--fb", "1280x720"]).status().expect("xrandr is installed");
    assert!(status.success());
    expect_equal("after the resize", &mut pair.helper, &server, scratch.path());
    pair.leave();
}
