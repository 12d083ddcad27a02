//! The windows on a real X server without a window manager: pressed, typed into, covered, moved away.
//!
//! A process has one event loop in its life: each test starts [`stage`] again in a process of its own and reads what it prints.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

use rh_examples::{
    trust::Card,
    ui::{
        Area, Options, Picture, Scheme, channel,
        helper::{self, HelperUpdate, Status},
        sharer::{self, SharerUpdate},
    },
};
use rh_proto::mode::Mode;
use x11rb::{
    connection::Connection,
    protocol::{
        xproto::{
            AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, ImageFormat,
            KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, Window, WindowClass,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

use crate::xserver::XServer;

/// Longer than anything takes that does not fail.
const PATIENCE: Duration = Duration::from_secs(20);
const SCREEN: (u16, u16) = (1280, 800);
/// What the light scheme paints proposed buttons with.
const ACCENT: u32 = 0x0015_5bb5;
/// And those that end something.
const DANGER: u32 = 0x00b3_261e;

// X keycodes of the first keyboard there is: evdev codes plus 8.
const KEY_A: u8 = 38;
const KEY_TAB: u8 = 23;
const KEY_SHIFT: u8 = 50;
const KEY_RETURN: u8 = 36;
const KEY_F8: u8 = 74;
const KEY_CONTROL: u8 = 37;
const KEY_ALT: u8 = 64;
const KEY_HOME: u8 = 110;

/// The windows of another test, in the process that it started; alone it does nothing.
#[test]
fn stage() {
    let Ok(scene) = std::env::var("RH_UI_STAGE") else { return };
    let options = Options { scheme: Scheme::Light, ..Options::default() };
    let ended =
        if let Some(scene) = scene.strip_prefix("helper-") { stage_helper(&options, scene) } else { stage_sharer(&options, &scene) };
    tell(&ended);
}

fn tell(what: &dyn std::fmt::Debug) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "\nTOLD {what:?}");
    let _ = out.flush();
}

fn stage_sharer(options: &Options, scene: &str) -> Result<(), rh_examples::ui::UiError> {
    let (sender, inbox) = channel();
    let ask = |seconds| SharerUpdate::ConsentRequest {
        id: 7,
        card: Box::new(Card::unvouched("Ana\u{202e} Ruiz\n")),
        mode: Mode::ViewOnly,
        seconds,
    };
    sender
        .send(match scene {
            "consent" => ask(300),
            "silence" => ask(1),
            "code" => SharerUpdate::AskCode { error: None },
            _ => SharerUpdate::Session { who: "Ana Ruiz".to_owned(), mode_text: "sees your screen".to_owned() },
        })
        .unwrap();
    sharer::run(options, inbox, |action| tell(&action))
}

fn stage_helper(options: &Options, scene: &str) -> Result<(), rh_examples::ui::UiError> {
    let (sender, inbox) = channel();
    let picture = Arc::new(Mutex::new(Picture::new(1280, 720)));
    for pixel in picture.lock().unwrap().pixels_mut() {
        *pixel = BLUE;
    }
    let status = Status { peer: "Ana".to_owned(), mode: scene.to_owned(), control: scene == "control", latency_ms: Some(9), kbit_s: 100 };
    sender.send(HelperUpdate::Status(status)).unwrap();
    sender.send(HelperUpdate::Picture(Arc::clone(&picture))).unwrap();
    let later = sender.clone();
    helper::run(options, inbox, move |action| {
        tell(&action);
        // The chat stands for "draw a red square", so that a test can time it.
        if let rh_examples::ui::helper::HelperAction::Key { usage: 4, down: false, .. } = action {
            picture.lock().unwrap().blit(Area::new(640, 360, 64, 64), &[RED; 64 * 64], 64);
            later.send(HelperUpdate::Picture(Arc::clone(&picture))).unwrap();
        }
    })
}

const BLUE: u32 = 0x0010_20f0;
const RED: u32 = 0x00f0_1020;

/// A stage on a display of its own, with hands.
struct Play {
    _server: XServer,
    child: Child,
    lines: mpsc::Receiver<String>,
    x: RustConnection,
    root: Window,
}

impl Play {
    fn start(scene: &str) -> Self {
        let server = XServer::xvfb(SCREEN.0, SCREEN.1);
        let program = std::env::current_exe().unwrap();
        let mut command = server.command(program.to_str().unwrap());
        command.args(["ui::stage", "--exact", "--nocapture", "--test-threads=1"]).env("RH_UI_STAGE", scene);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if let Some(told) = line.strip_prefix("TOLD ")
                    && send.send(told.to_owned()).is_err()
                {
                    return;
                }
            }
        });
        let (x, screen) = x11rb::connect(Some(server.display())).unwrap();
        let root = x.setup().roots[screen].root;
        Self { _server: server, child, lines, x, root }
    }

    /// The next action that is not a beat.
    fn next(&self) -> String {
        self.until(|line| line != "Beat")
    }

    fn until(&self, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).expect("the window tells something before the patience ends");
            if wanted(&line) {
                return line;
            }
        }
    }

    /// How many beats come within a time.
    fn beats(&self, within: Duration) -> usize {
        let end = Instant::now() + within;
        let mut count = 0;
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            count += usize::from(line == "Beat");
        }
        count
    }

    /// The bar is seen again, and beats again.
    fn comes_back(&self) {
        self.find(DANGER);
        self.lines.try_iter().for_each(drop);
        (0..2).for_each(|_| drop(self.until(|line| line == "Beat")));
    }

    fn fake(&self, kind: u8, detail: u8, x: i16, y: i16) {
        self.x.xtest_fake_input(kind, detail, 0, self.root, x, y, 0).unwrap();
        self.x.flush().unwrap();
    }

    fn key(&self, code: u8) {
        self.fake(KEY_PRESS_EVENT, code, 0, 0);
        self.fake(KEY_RELEASE_EVENT, code, 0, 0);
    }

    fn point(&self, (x, y): (i32, i32)) {
        self.fake(MOTION_NOTIFY_EVENT, 0, i16::try_from(x).unwrap(), i16::try_from(y).unwrap());
    }

    fn click(&self, at: (i32, i32)) {
        self.point(at);
        self.fake(BUTTON_PRESS_EVENT, 1, 0, 0);
        self.fake(BUTTON_RELEASE_EVENT, 1, 0, 0);
    }

    /// The screen's pixels.
    fn grab(&self) -> Vec<u32> {
        let image = self.x.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, SCREEN.0, SCREEN.1, !0).unwrap().reply().unwrap();
        image.data.as_chunks::<4>().0.iter().map(|p| u32::from_le_bytes(*p) & 0x00ff_ffff).collect()
    }

    /// Where a colour is on the screen, once it is there.
    fn find(&self, colour: u32) -> Area {
        let end = Instant::now() + PATIENCE;
        loop {
            let width = usize::from(SCREEN.0);
            let mut found = Area::default();
            for (index, _) in self.grab().iter().enumerate().filter(|(_, pixel)| **pixel == colour) {
                let (x, y) = (i32::try_from(index % width).unwrap(), i32::try_from(index / width).unwrap());
                found = found.union(&Area::new(x, y, 1, 1));
            }
            if !found.is_empty() {
                return found;
            }
            assert!(Instant::now() < end, "{colour:06x} never showed up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The bar, once it is there: the top-level window that has a name.
    fn bar(&self) -> Window {
        self.find(DANGER);
        let tree = self.x.query_tree(self.root).unwrap().reply().unwrap();
        let named = |window: &&Window| {
            let name = self.x.get_property(false, **window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64).unwrap().reply();
            name.is_ok_and(|name| !name.value.is_empty())
        };
        *tree.children.iter().find(named).expect("the bar is a window of the root")
    }

    /// Does something until the windows tell what is wanted: a question can be answered only when it was shown for a while.
    fn press_until(&self, wanted: &str, press: impl Fn()) {
        let end = Instant::now() + PATIENCE;
        loop {
            press();
            match self.lines.recv_timeout(Duration::from_millis(150)) {
                Ok(line) if line == "Beat" => {}
                Ok(line) => return assert_eq!(line, wanted),
                Err(_) => assert!(Instant::now() < end, "{wanted} was never told"),
            }
        }
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn middle(area: Area) -> (i32, i32) {
    (area.x + area.w / 2, area.y + area.h / 2)
}

#[test]
fn allow_is_a_click_away_from_decline() {
    let play = Play::start("consent");
    let decline = play.find(ACCENT);
    let (x, y) = middle(decline);
    play.press_until("Consent { id: 7, allow: true }", || play.click((x - decline.w - 10, y)));
}

#[test]
fn a_question_opens_on_decline() {
    let play = Play::start("consent");
    play.find(ACCENT);
    play.press_until("Consent { id: 7, allow: false }", || play.key(KEY_RETURN));
}

#[test]
fn allow_is_reached_by_keyboard() {
    let play = Play::start("consent");
    // Disabled buttons are no stops: once Tab moves the ring, both work.
    play.find(ACCENT);
    play.press_until("Consent { id: 7, allow: true }", || {
        play.fake(KEY_PRESS_EVENT, KEY_SHIFT, 0, 0);
        play.key(KEY_TAB);
        play.fake(KEY_RELEASE_EVENT, KEY_SHIFT, 0, 0);
        play.key(KEY_RETURN);
    });
}

#[test]
fn silence_declines() {
    let play = Play::start("silence");
    assert_eq!(play.next(), "Consent { id: 7, allow: false }");
}

#[test]
fn a_code_is_typed_and_told_canonical() {
    let play = Play::start("code");
    play.find(ACCENT);
    // "aaaa" and four more: a code of eight.
    let end = Instant::now() + PATIENCE;
    loop {
        (0..8).for_each(|_| play.key(KEY_A));
        play.key(KEY_RETURN);
        if let Ok(line) = play.lines.recv_timeout(Duration::from_millis(300)) {
            assert_eq!(line, "Code(\"AAAAAAAA\")");
            return;
        }
        assert!(Instant::now() < end);
    }
}

#[test]
fn the_bar_beats_while_it_is_seen_and_comes_back_when_it_is_covered_or_unmapped_or_moved() {
    let play = Play::start("bar");
    let bar = play.bar();
    play.until(|line| line == "Beat");
    // 250 ms apart; one more for each time that the display told of a change.
    let steady = play.beats(Duration::from_millis(1100));
    assert!((3..=7).contains(&steady), "{steady} beats in 1.1 s");

    // Somebody puts a window over everything.
    let cover = play.x.generate_id().unwrap();
    let look = CreateWindowAux::new().override_redirect(1).background_pixel(0);
    play.x.create_window(0, cover, play.root, 0, 0, SCREEN.0, SCREEN.1, 0, WindowClass::INPUT_OUTPUT, 0, &look).unwrap();
    play.x.map_window(cover).unwrap();
    play.x.flush().unwrap();
    play.comes_back();

    // Somebody unmaps the bar.
    play.x.unmap_window(bar).unwrap();
    play.x.flush().unwrap();
    play.comes_back();

    // Somebody moves it off the screen.
    play.x.configure_window(bar, &ConfigureWindowAux::new().y(-500)).unwrap();
    play.x.flush().unwrap();
    play.comes_back();
}

#[test]
fn no_beat_while_the_bar_cannot_be_seen() {
    let play = Play::start("bar");
    let bar = play.bar();
    play.until(|line| line == "Beat");
    // A window that is a child of another one's is at that one's mercy.
    let prison = play.x.generate_id().unwrap();
    let look = CreateWindowAux::new().override_redirect(1).background_pixel(0);
    play.x.create_window(0, prison, play.root, 0, 0, 10, 10, 0, WindowClass::INPUT_OUTPUT, 0, &look).unwrap();
    play.x.reparent_window(bar, prison, 0, 0).unwrap();
    play.x.get_input_focus().unwrap().reply().unwrap();
    // What was on its way when the bar vanished.
    play.beats(Duration::from_millis(300));
    assert_eq!(play.beats(Duration::from_millis(1200)), 0);
}

#[test]
fn stop_is_one_click_and_ends_the_windows() {
    let mut play = Play::start("bar");
    let stop = play.find(DANGER);
    // The mark at the left end has the same colour: the button is at the right end.
    play.press_until("Stop", || play.click((stop.right() - 10, stop.y + stop.h / 2)));
    assert_eq!(play.next(), "Ok(())");
    assert!(play.child.wait().unwrap().success());
}

#[test]
fn the_bar_is_reached_by_keyboard() {
    let play = Play::start("bar");
    play.bar();
    play.until(|line| line == "Beat");
    for kind in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
        [KEY_CONTROL, KEY_ALT, KEY_HOME].into_iter().for_each(|key| play.fake(kind, key, 0, 0));
    }
    play.press_until("Stop", || play.key(KEY_RETURN));
}

#[test]
fn in_control_keys_and_pointer_go_to_the_sharer_pixel_for_pixel() {
    let play = Play::start("helper-control");
    let picture = play.find(BLUE);
    let (x, y) = middle(picture);
    play.point((5, y));
    play.click((x, y));
    play.until(|line| line == "Button { button: Left, down: false }");
    play.key(KEY_A);
    assert_eq!(play.next(), "Key { usage: 4, down: true, text: Some('a') }");
    assert_eq!(play.next(), "Key { usage: 4, down: false, text: None }");
    // The square at (640, 360) is shown where pointing at it reports those pixels.
    let square = play.find(RED);
    play.point((square.x + 1, square.y + 1));
    let moved = play.until(|line| line.starts_with("PointerMove"));
    // The sharer's pixel under the middle of the window's.
    let pixel = |at: i32, start: i32, shown: i32, of: i32| (2 * (at - start) + 1) * of / (2 * shown);
    let (px, py) = (pixel(square.x + 1, picture.x, picture.w, 1280), pixel(square.y + 1, picture.y, picture.h, 720));
    assert_eq!(moved, format!("PointerMove {{ x: {px}, y: {py} }}"));
    assert!((641..=642).contains(&px) && (361..=362).contains(&py), "{px},{py} is not the square's second pixel");
}

#[test]
fn f8_takes_the_keyboard_from_the_sharer_and_releases_what_is_held() {
    let play = Play::start("helper-control");
    let (x, y) = middle(play.find(BLUE));
    play.click((x, y));
    play.until(|line| line == "Button { button: Left, down: false }");
    play.fake(KEY_PRESS_EVENT, KEY_SHIFT, 0, 0);
    assert_eq!(play.next(), "Key { usage: 225, down: true, text: None }");
    play.key(KEY_F8);
    assert_eq!(play.next(), "ReleaseAll");
    play.fake(KEY_RELEASE_EVENT, KEY_SHIFT, 0, 0);
    // On "View", which gives control back.
    play.key(KEY_RETURN);
    assert_eq!(play.next(), "ReleaseAll");
    assert_eq!(play.next(), "Downgrade");
}

#[test]
fn in_view_nothing_is_sent_and_control_is_asked_for_by_keyboard() {
    let play = Play::start("helper-view");
    let (x, y) = middle(play.find(BLUE));
    play.click((x, y));
    play.key(KEY_A);
    // From the picture, the last stop, Tab goes on to "View" and then to "Control".
    play.key(KEY_TAB);
    play.key(KEY_TAB);
    play.key(KEY_RETURN);
    assert_eq!(play.next(), "RequestMode(Control)");
}

#[test]
fn an_idle_window_does_nothing() {
    let play = Play::start("helper-view");
    play.find(BLUE);
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", play.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    // Everything that came with the opening is done when two looks in a row agree.
    let end = Instant::now() + PATIENCE;
    loop {
        let before = ticks();
        std::thread::sleep(Duration::from_millis(700));
        if ticks() == before {
            return;
        }
        assert!(Instant::now() < end, "the window is never idle");
    }
}

#[test]
fn without_a_display_there_is_a_sentence() {
    for display in ["", ":9999"] {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["ui::stage", "--exact", "--nocapture"]).env("RH_UI_STAGE", "code").env("DISPLAY", display);
        command.env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
        let out = command.output().unwrap();
        let out = String::from_utf8_lossy(&out.stdout);
        assert!(out.contains("TOLD Err(NoDisplay(") && !out.contains(".rs:"), "{out}");
    }
}
