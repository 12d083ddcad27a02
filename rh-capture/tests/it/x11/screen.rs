//! The other side: a client that draws, and grabs that owe nothing to the crate.

use rh_capture::{Capture, Config, DisplayId, Kind, Options, Select, Transfer, open};
use x11rb::{
    connection::Connection,
    protocol::{
        xproto::{
            ChangeGCAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, Gcontext, ImageFormat, Rectangle, SubwindowMode, Window,
            WindowClass,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

use crate::{
    mirror::{Dice, drain},
    xserver::XServer,
};

/// A client with a pen.
pub(super) struct Pen {
    pub(super) connection: RustConnection,
    pub(super) root: Window,
    gc: Gcontext,
}

impl Pen {
    pub(super) fn on(server: &XServer) -> Self {
        let (connection, number) = x11rb::connect(Some(server.display())).unwrap();
        let root = connection.setup().roots[number].root;
        let gc = connection.generate_id().unwrap();
        // Over windows too, so that every rectangle shows.
        let aux = CreateGCAux::new().subwindow_mode(SubwindowMode::INCLUDE_INFERIORS);
        connection.create_gc(gc, root, &aux).unwrap();
        Self { connection, root, gc }
    }

    /// Waits until the server has done everything.
    pub(super) fn sync(&self) {
        self.connection.get_input_focus().unwrap().reply().unwrap();
    }

    pub(super) fn fill(&self, x: i16, y: i16, width: u16, height: u16, colour: u32) {
        self.connection.change_gc(self.gc, &ChangeGCAux::new().foreground(colour)).unwrap();
        self.connection.poly_fill_rectangle(self.root, self.gc, &[Rectangle { x, y, width, height }]).unwrap();
        self.sync();
    }

    pub(super) fn copy(&self, from: (i16, i16), to: (i16, i16), width: u16, height: u16) {
        self.connection.copy_area(self.root, self.root, self.gc, from.0, from.1, to.0, to.1, width, height).unwrap();
        self.sync();
    }

    /// A window of one colour.
    pub(super) fn window(&self, x: i16, y: i16, width: u16, height: u16, colour: u32) -> Window {
        let id = self.connection.generate_id().unwrap();
        let aux = CreateWindowAux::new().background_pixel(colour).override_redirect(1);
        self.connection.create_window(0, id, self.root, x, y, width, height, 0, WindowClass::INPUT_OUTPUT, 0, &aux).unwrap();
        self.connection.map_window(id).unwrap();
        self.sync();
        id
    }

    /// Moves the pointer as a mouse would.
    pub(super) fn move_pointer(&self, x: i16, y: i16) {
        self.connection.xtest_fake_input(6, 0, x11rb::CURRENT_TIME, self.root, x, y, 0).unwrap();
        self.sync();
    }

    /// All of a rectangle of the root window by the oldest request there is.
    pub(super) fn grab(&self, x: i16, y: i16, width: u16, height: u16) -> Vec<u8> {
        self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, !0).unwrap().reply().unwrap().data
    }
}

/// Something random on a screen, of every kind that changes pixels.
pub(super) fn scribble(pen: &Pen, dice: &mut Dice, windows: &mut Vec<Window>, width: u32, height: u32) {
    let at = |dice: &mut Dice| (dice.roll(width) as i16 - 20, dice.roll(height) as i16 - 20);
    let size = |dice: &mut Dice| (1 + dice.roll(width / 3) as u16, 1 + dice.roll(height / 3) as u16);
    let ((x, y), (w, h), colour) = (at(dice), size(dice), dice.roll(0x0100_0000));
    match dice.roll(9) {
        0 | 1 => pen.fill(x, y, w, h, colour),
        2 | 3 => pen.fill(x.max(0), y.max(0), 1, 1, colour),
        4 => pen.copy((x, y), at(dice), w, h),
        5 if windows.len() < 12 => windows.push(pen.window(x, y, w, h, colour)),
        6 | 7 if !windows.is_empty() => {
            let window = windows[dice.roll(windows.len() as u32) as usize];
            let aux = x11rb::protocol::xproto::ConfigureWindowAux::new().x(i32::from(x)).y(i32::from(y)).width(u32::from(w));
            pen.connection.configure_window(window, &aux).unwrap();
            pen.sync();
        }
        _ if windows.len() > 6 => {
            pen.connection.destroy_window(windows.swap_remove(0)).unwrap();
            pen.sync();
        }
        _ => pen.fill(x, y, w, 1, colour),
    }
}

/// Opens a display with nothing pending: the first frame of each display is taken, the first words about the pointer are heard.
pub(super) fn watching(server: &XServer, transfer: Transfer, options: &Options) -> Box<dyn Capture> {
    let mut capture = opened(server, transfer);
    let ids: Vec<DisplayId> = capture.layout().displays.iter().map(|display| display.id).collect();
    capture.start(&ids, options).unwrap();
    loop {
        for id in &ids {
            capture.frame(*id).unwrap();
        }
        if drain(&mut *capture).is_empty() {
            return capture;
        }
    }
}

pub(super) fn opened(server: &XServer, transfer: Transfer) -> Box<dyn Capture> {
    let config = Config { display: Some(server.display().to_owned()), transfer, ..Config::default() };
    open(&Select::Exactly(Kind::X11), &config).unwrap()
}

/// What the program `xwd` sees: blue, green and red of every pixel of the screen.
pub(super) fn xwd(server: &XServer) -> Vec<[u8; 3]> {
    let output = server.command("xwd").args(["-root", "-silent"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let dump = output.stdout;
    // The header is big-endian numbers; see XWDFile.h.
    let number = |at: usize| u32::from_be_bytes(dump[at * 4..at * 4 + 4].try_into().unwrap()) as usize;
    let (header, width, height, stride, colours) = (number(0), number(4), number(5), number(12), number(19));
    assert_eq!((number(7), number(11)), (0, 32), "least significant byte first, 32 bits a pixel");
    let pixels = &dump[header + colours * 12..];
    (0..height).flat_map(|y| pixels[y * stride..y * stride + width * 4].chunks_exact(4)).map(colour).collect()
}

/// The colours of a capture's pixels.
pub(super) fn colours(pixels: &[u8]) -> Vec<[u8; 3]> {
    pixels.chunks_exact(4).map(colour).collect()
}

fn colour(pixel: &[u8]) -> [u8; 3] {
    [pixel[0], pixel[1], pixel[2]]
}
