//! Real programs on a test's X server, a terminal above all, and what the server says about them.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ConnectionExt, InputFocus, Window},
    rust_connection::RustConnection,
};

use crate::{programs::until, xserver::XServer};

/// A real program, ended with the test.
pub struct Running(Child);

impl Running {
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap_or_else(|e| panic!("{:?} does not start: {e}", command.get_program())))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A real terminal, ended with the test.
pub struct Xterm {
    _program: Running,
    pub window: Window,
}

/// Starts xterm with a shell command in it.
pub fn start_xterm(server: &XServer, command: &str, geometry: &str) -> Running {
    let mut xterm = server.command("xterm");
    xterm.args(["-u8", "-fa", "DejaVu Sans Mono", "-fs", "10", "-geometry", geometry, "-e", "sh", "-c", command]).env("LC_ALL", "C.UTF-8");
    Running::start(xterm)
}

/// Starts xterm with a shell command in it, waits until it can be seen, and gives it the focus.
pub fn xterm(server: &XServer, x: &RustConnection, command: &str, geometry: &str) -> Xterm {
    let program = start_xterm(server, command, geometry);
    let root = x.setup().roots[0].root;
    let window = until("xterm's window", || {
        let tree = x.query_tree(root).ok()?.reply().ok()?;
        tree.children.into_iter().find(|w| {
            let viewable = x.get_window_attributes(*w).ok().and_then(|c| c.reply().ok());
            viewable.is_some_and(|a| a.map_state == x11rb::protocol::xproto::MapState::VIEWABLE && !a.override_redirect)
        })
    });
    x.set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME).expect("sent").check().expect("the window can take the focus");
    Xterm { _program: program, window }
}

pub fn connect(server: &XServer) -> RustConnection {
    x11rb::connect(Some(server.display())).expect("the server accepts clients").0
}

/// Keycodes that are down, by the server's word.
pub fn keys_down(x: &RustConnection) -> Vec<u8> {
    let map = x.query_keymap().expect("sent").reply().expect("answered").keys;
    (0..=255u8).filter(|code| map[usize::from(code / 8)] & (1 << (code % 8)) != 0).collect()
}

/// A property of a window, as numbers; nothing where it is not set.
pub fn property(x: &RustConnection, window: Window, name: &str) -> Vec<u32> {
    let atom = x.intern_atom(false, name.as_bytes()).expect("sent").reply().expect("answered").atom;
    let value = x.get_property(false, window, atom, AtomEnum::ANY, 0, 64).expect("sent").reply().expect("answered");
    value.value32().map(Iterator::collect).unwrap_or_default()
}

/// Where a window is on the screen, whatever it is in.
pub fn place(x: &RustConnection, window: Window) -> (i32, i32) {
    let root = x.setup().roots[0].root;
    let at = x.translate_coordinates(window, root, 0, 0).expect("sent").reply().expect("answered");
    (at.dst_x.into(), at.dst_y.into())
}

pub fn content(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
