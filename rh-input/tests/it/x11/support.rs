//! A terminal whose text can be read back, and a client that sees what the server sees.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use rh_input::{HidUsage, Input, Settings, backend::x11::X11};
use x11rb::{
    connection::Connection as _,
    protocol::{
        Event,
        xkb::{self, ConnectionExt as _},
        xproto::{self, ConnectionExt as _, EventMask},
    },
    rust_connection::RustConnection,
};

use super::xserver::XServer;

/// Far more than anything here takes, on the busiest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn open(server: &XServer) -> X11 {
    X11::open(settings(server)).unwrap()
}

pub(crate) fn settings(server: &XServer) -> Settings {
    Settings { display: Some(server.display().into()), ..Settings::default() }
}

pub(crate) fn key(usage: HidUsage, down: bool) -> Input {
    Input::Key { usage, down, text: None }
}

pub(crate) fn tap(usage: HidUsage, text: Option<char>) -> [Input; 2] {
    [Input::Key { usage, down: true, text }, Input::Key { usage, down: false, text: None }]
}

pub(crate) fn text(text: &str) -> Input {
    Input::Text(text.into())
}

/// Runs a tool on the server's display and gives what it printed.
pub(crate) fn run(server: &XServer, program: &str, args: &[&str]) -> String {
    let output = server.command(program).args(args).output().unwrap();
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// An independent client.
pub(crate) struct Eye {
    pub(crate) conn: RustConnection,
    pub(crate) root: u32,
}

impl Eye {
    pub(crate) fn new(server: &XServer) -> Self {
        let (conn, screen) = RustConnection::connect(Some(server.display())).unwrap();
        conn.xkb_use_extension(1, 0).unwrap().reply().unwrap();
        let root = conn.setup().roots[screen].root;
        Self { conn, root }
    }

    /// The key codes that are down.
    pub(crate) fn down(&self) -> Vec<u8> {
        let keys = self.conn.query_keymap().unwrap().reply().unwrap().keys;
        (0..=u8::MAX).filter(|code| keys[usize::from(code >> 3)] & (1 << (code & 7)) != 0).collect()
    }

    /// The mask of buttons that are down, in `Button1`'s place and above.
    pub(crate) fn buttons(&self) -> u16 {
        u16::from(self.pointer().mask) >> 8
    }

    pub(crate) fn pointer(&self) -> xproto::QueryPointerReply {
        self.conn.query_pointer(self.root).unwrap().reply().unwrap()
    }

    pub(crate) fn state(&self) -> xkb::GetStateReply {
        self.conn.xkb_get_state(0x100).unwrap().reply().unwrap()
    }

    /// A window that has the pointer and sees keys and buttons; 200 by 200 at the origin.
    pub(crate) fn window(&self) -> u32 {
        let window = self.conn.generate_id().unwrap();
        let mask = EventMask::KEY_PRESS
            | EventMask::KEY_RELEASE
            | EventMask::BUTTON_PRESS
            | EventMask::BUTTON_RELEASE
            | EventMask::STRUCTURE_NOTIFY
            | EventMask::EXPOSURE;
        let aux = xproto::CreateWindowAux::new().event_mask(mask).override_redirect(1);
        self.conn.create_window(0, window, self.root, 0, 0, 200, 200, 0, xproto::WindowClass::INPUT_OUTPUT, 0, &aux).unwrap();
        self.conn.map_window(window).unwrap();
        self.conn.warp_pointer(x11rb::NONE, self.root, 0, 0, 0, 0, 50, 50).unwrap();
        self.conn.flush().unwrap();
        while !matches!(self.conn.wait_for_event().unwrap(), Event::Expose(_)) {}
        window
    }

    /// The key and button events up to the release of a key or button, as (pressed, code, state).
    pub(crate) fn events_until_release_of(&self, last: u8) -> Vec<(bool, u8, u16)> {
        let mut seen = Vec::new();
        loop {
            let event @ (pressed, code, _) = match self.conn.wait_for_event().unwrap() {
                Event::KeyPress(e) => (true, e.detail, u16::from(e.state)),
                Event::KeyRelease(e) => (false, e.detail, u16::from(e.state)),
                Event::ButtonPress(e) => (true, e.detail, u16::from(e.state)),
                Event::ButtonRelease(e) => (false, e.detail, u16::from(e.state)),
                _ => continue,
            };
            seen.push(event);
            if !pressed && code == last {
                return seen;
            }
        }
    }
}

/// An xterm that has the pointer; each line typed into it can be read back.
pub(crate) struct Term {
    child: Child,
    fifo: PathBuf,
    lines: Receiver<String>,
}

impl Term {
    pub(crate) fn new(server: &XServer) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let fifo = std::env::temp_dir().join(format!("rh-input-{}-{number}", std::process::id()));
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let eye = Eye::new(server);
        let aux = xproto::ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        eye.conn.change_window_attributes(eye.root, &aux).unwrap();
        eye.conn.warp_pointer(x11rb::NONE, eye.root, 0, 0, 0, 0, 50, 50).unwrap();
        eye.conn.flush().unwrap();
        let child = server
            .command("xterm")
            .env("LC_ALL", "C.UTF-8")
            .env("FIFO", &fifo)
            .args(["-u8", "-geometry", "80x24+0+0", "-e", "sh", "-c", "exec > \"$FIFO\"; echo ready; exec cat"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("xterm does not start ({e}): run `cargo xtask setup`, which installs what the tests need"));
        let (sender, lines) = channel();
        let path = fifo.clone();
        thread::spawn(move || {
            for line in BufReader::new(File::open(path).unwrap()).lines() {
                if sender.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        while !matches!(eye.conn.wait_for_event().unwrap(), Event::MapNotify(_)) {}
        let this = Self { child, fifo, lines };
        assert_eq!(this.line(), "ready");
        this
    }

    /// The next line that was typed.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("the terminal passes the line on")
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.fifo);
    }
}
