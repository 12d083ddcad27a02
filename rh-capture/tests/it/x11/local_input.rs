//! The person at the device, told apart from a helper's injected input.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rh_capture::{Error, LocalInputWatch};
use x11rb::{protocol::xproto::ConnectionExt as _, protocol::xtest::ConnectionExt as _, rust_connection::RustConnection};

use crate::{mirror::PATIENCE, xserver::XServer};

/// Presses a key, clicks and moves the pointer as a helper's injector does.
fn inject(display: &str) {
    let (connection, _) = x11rb::connect(Some(display)).unwrap();
    let send = |kind, detail, x| connection.xtest_fake_input(kind, detail, x11rb::CURRENT_TIME, x11rb::NONE, x, 5, 0).unwrap();
    for (kind, detail) in [(2, 38), (3, 38), (4, 1), (5, 1)] {
        send(kind, detail, 0);
    }
    send(6, 0, 50);
    sync(&connection);
}

fn sync(connection: &RustConnection) {
    connection.get_input_focus().unwrap().reply().unwrap();
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(100)
}

#[test]
fn injected_input_does_not_count() {
    let server = XServer::xvfb(64, 64);
    let mut watch = LocalInputWatch::open(server.display()).unwrap();
    inject(server.display());
    assert_eq!(watch.next(soon()).unwrap(), None);
    let waker = watch.waker();
    thread::spawn(move || waker.wake());
    assert_eq!(watch.next(Instant::now() + PATIENCE).unwrap(), None);
    drop(server);
    assert_eq!(watch.next(Instant::now() + PATIENCE), Err(Error::Ended));
}

#[test]
fn a_physical_key_counts_and_so_does_every_later_one() {
    let mut keyboard = Keyboard::plugged_in();
    let mut watch = LocalInputWatch::open(&keyboard.display).unwrap();
    for key in [38, 56] {
        let start = Instant::now();
        keyboard.press(key);
        let noticed = watch.next(Instant::now() + PATIENCE).unwrap().expect("a key of a real device is noticed");
        assert!(noticed >= start);
        assert_eq!(watch.next(soon()).unwrap(), None, "once");
        inject(&keyboard.display);
        assert_eq!(watch.next(soon()).unwrap(), None, "injected input still does not count");
    }
}

#[test]
fn a_display_that_is_not_there_is_an_error() {
    assert!(matches!(LocalInputWatch::open(":4243").err(), Some(Error::Missing { .. })));
}

/// An Xorg with a keyboard whose keys this test presses: the driver `inputtest`, which the server takes for hardware.
struct Keyboard {
    server: Child,
    display: String,
    socket: UnixStream,
    scratch: PathBuf,
}

impl Keyboard {
    fn plugged_in() -> Self {
        let scratch = env::temp_dir().join(format!("rh-keyboard-{}", std::process::id()));
        fs::create_dir_all(&scratch).unwrap();
        let (config, path) = (scratch.join("xorg.conf"), scratch.join("keyboard"));
        let text = format!(
            "Section \"Device\"\n Identifier \"d\"\n Driver \"dummy\"\nEndSection\n\
             Section \"InputDevice\"\n Identifier \"k\"\n Driver \"inputtest\"\n Option \"SocketPath\" \"{}\"\n Option \"DeviceType\" \"Keyboard\"\nEndSection\n\
             Section \"Screen\"\n Identifier \"s\"\n Device \"d\"\n DefaultDepth 24\nEndSection\n\
             Section \"ServerFlags\"\n Option \"AutoAddDevices\" \"false\"\n Option \"AutoEnableDevices\" \"true\"\nEndSection\n\
             Section \"ServerLayout\"\n Identifier \"l\"\n Screen \"s\"\n InputDevice \"k\" \"CoreKeyboard\"\nEndSection\n",
            path.display()
        );
        fs::write(&config, text).unwrap();
        // The server writes its display number to descriptor 1 when it accepts clients.
        let mut server = Command::new("Xorg")
            .args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-ac", "vt7", "-novtswitch", "-sharevts", "-config"])
            .arg(&config)
            .arg("-logfile")
            .arg(scratch.join("log"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let socket = UnixStream::connect(&path).expect("Xorg has the driver inputtest and made its socket");
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut keyboard = Self { server, display: format!(":{}", line.trim()), socket, scratch };
        // Client version 1.0, answered with the server's.
        keyboard.send(0, &[1]);
        keyboard.await_answer(12);
        keyboard
    }

    /// Presses and releases the key of an X keycode, and waits until the server has taken it.
    fn press(&mut self, code: u32) {
        for down in [1, 0] {
            self.send(5, &[code, down]);
        }
        self.send(1, &[]);
        self.await_answer(8);
    }

    /// A message of the driver: its length in bytes, its type, its fields.
    fn send(&mut self, kind: u32, fields: &[u32]) {
        let length = 8 + 4 * fields.len() as u32;
        let bytes: Vec<u8> = [length, kind].iter().chain(fields).flat_map(|field| field.to_ne_bytes()).collect();
        self.socket.write_all(&bytes).unwrap();
    }

    fn await_answer(&mut self, length: usize) {
        self.socket.read_exact(&mut vec![0; length]).unwrap();
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.scratch);
    }
}
