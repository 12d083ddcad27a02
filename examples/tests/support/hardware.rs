//! A keyboard and a mouse that the X server takes for hardware, in a test's hands: Xorg's input driver `inputtest`.
//!
//! The messages are those of xorg-server's `xf86-input-inputtest-protocol.h`, version 1.0, in the machine's own byte order.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    time::Duration,
};

use crate::xserver::XServer;

/// Longer than the server ever takes.
const PATIENCE: Duration = Duration::from_secs(40);

// Kinds of messages.
const CLIENT_VERSION: u32 = 0;
const WAIT_FOR_SYNC: u32 = 1;
const MOTION: u32 = 2;
const KEY: u32 = 5;

/// Axes that a message of motion has room for, each of 64 bits, twice.
const AXES: usize = 64;

/// An Xorg with a keyboard and a mouse.
#[derive(Debug)]
pub struct Seat {
    /// The server they are plugged into. First, so that it ends first.
    pub server: XServer,
    keyboard: Device,
    mouse: Device,
}

impl Seat {
    /// Starts the server with its devices.
    pub fn new() -> Self {
        let server = XServer::xorg_with_devices(|scratch| {
            let device = |name: &str, kind: &str| {
                let socket = scratch.join(name);
                format!(
                    "Section \"InputDevice\"\n Identifier \"{name}\"\n Driver \"inputtest\"\n Option \"SocketPath\" \"{}\"\n Option \"DeviceType\" \"{kind}\"\nEndSection\n",
                    socket.display()
                )
            };
            format!(
                "{}{}\
                 Section \"ServerFlags\"\n Option \"AutoAddDevices\" \"false\"\n Option \"AutoEnableDevices\" \"true\"\nEndSection\n\
                 Section \"ServerLayout\"\n Identifier \"l\"\n Screen \"s\"\n InputDevice \"keyboard\" \"CoreKeyboard\"\n InputDevice \"mouse\" \"CorePointer\"\nEndSection\n",
                device("keyboard", "Keyboard"),
                device("mouse", "Pointer")
            )
        });
        let (keyboard, mouse) = (Device::open(&server, "keyboard"), Device::open(&server, "mouse"));
        Self { server, keyboard, mouse }
    }

    /// Presses and releases the key of an X keycode; the server has taken it when this returns.
    pub fn press(&mut self, code: u32) {
        for down in [1, 0] {
            self.keyboard.send(KEY, &fields(&[code, down]));
        }
        self.keyboard.sync();
    }

    /// Moves the mouse by so many pixels; likewise.
    pub fn nudge(&mut self, dx: f64, dy: f64) {
        // Relative, and padding; then no unaccelerated values, the mask of the first two axes in 8 bytes, and padding again.
        let mut body = fields(&[0, 0, 0, 0b11, 0, 0]);
        let mut axes = [0.0; AXES];
        axes[..2].copy_from_slice(&[dx, dy]);
        body.extend(axes.iter().chain(&[0.0; AXES]).flat_map(|value: &f64| value.to_ne_bytes()));
        self.mouse.send(MOTION, &body);
        self.mouse.sync();
    }
}

fn fields(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_ne_bytes()).collect()
}

/// The driver's end of one device.
#[derive(Debug)]
struct Device(UnixStream);

impl Device {
    fn open(server: &XServer, name: &str) -> Self {
        let socket = UnixStream::connect(server.scratch().join(name)).expect("Xorg has the driver inputtest, and made its socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a live socket");
        let mut device = Self(socket);
        // Major 1, minor 0, in 16 bits each; answered with the server's.
        device.send(CLIENT_VERSION, &[1_u16, 0].map(u16::to_ne_bytes).concat());
        device.await_answer(12);
        device
    }

    /// A message: its length in bytes, its kind, its fields.
    fn send(&mut self, kind: u32, body: &[u8]) {
        let length = u32::try_from(8 + body.len()).expect("a short message");
        let message = [&fields(&[length, kind]), body].concat();
        self.0.write_all(&message).expect("the driver reads");
    }

    /// Waits until everything sent is an event.
    fn sync(&mut self) {
        self.send(WAIT_FOR_SYNC, &[]);
        self.await_answer(8);
    }

    fn await_answer(&mut self, length: usize) {
        self.0.read_exact(&mut vec![0; length]).expect("the driver answers");
    }
}
