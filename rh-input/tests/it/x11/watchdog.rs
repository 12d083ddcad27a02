//! Everything goes up also when the injecting process is killed.
//!
//! The killed process and the watchdog are this test binary, run again with a variable in its environment.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{self, Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rh_input::{
    Button, Error, HidUsage, Inject as _, Input, Settings,
    backend::x11::{X11, watchdog},
};

use super::{
    support::{Eye, PATIENCE, key, run, settings, text},
    xserver::XServer,
};

/// Names what this binary is to do instead of testing.
const ROLE: &str = "RH_INPUT_TEST_ROLE";
const DISPLAY: &str = "RH_INPUT_TEST_DISPLAY";

fn role(name: &str, role: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([&format!("x11::watchdog::{name}"), "--exact", "--nocapture", "--test-threads=1"]).env(ROLE, role);
    command
}

/// Not a test of its own: the watchdog's process.
#[test]
fn as_watchdog() {
    if env::var(ROLE).as_deref() == Ok("watchdog") {
        let result = watchdog::run();
        // The test harness would go on to print to a reader that is gone.
        process::exit(i32::from(result.is_err()));
    }
}

/// Not a test of its own: the process that is killed, or hangs.
#[test]
fn as_injector() {
    let Ok(role_name) = env::var(ROLE) else { return };
    let display = Some(env::var(DISPLAY).unwrap());
    let watchdog = Some(role("as_watchdog", "watchdog"));
    let mut desktop = X11::open(Settings { display, watchdog, ..Settings::default() }).unwrap();
    if role_name == "hang" {
        desktop.beat().unwrap();
    }
    let chord = [
        text("日本語"),
        key(HidUsage::LEFT_CONTROL, true),
        key(HidUsage::LEFT_ALT, true),
        key(HidUsage::A, true),
        Input::Button { button: Button::Left, down: true },
    ];
    assert_eq!(desktop.inject(&chord).unwrap().accepted, chord.len());
    assert!(desktop.ready(Instant::now()).unwrap());
    writeln!(std::io::stdout(), "\nholding").unwrap();
    if role_name == "text" {
        // Whenever it is killed, it is in the midst of a text.
        loop {
            assert_eq!(desktop.inject(&[text(&"aB€é日".repeat(100))]).unwrap().accepted, 1);
        }
    }
    // Ends only by a signal, or when the test itself is gone.
    let _ = std::io::stdin().read(&mut [0]);
}

/// Starts the injector and waits until it holds its chord.
fn injector(server: &XServer, name: &str) -> (Child, BufReader<ChildStdout>) {
    let mut command = role("as_injector", name);
    let mut child = command.env(DISPLAY, server.display()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line != "holding\n" {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "the injector ended early");
    }
    (child, out)
}

/// Waits for the server to be as it should, which no event tells of: XTEST's releases reach only the focused window.
fn within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "{what}: not within {limit:?}");
        thread::yield_now();
    }
    start.elapsed()
}

#[test]
fn all_keys_are_up_within_three_seconds_of_a_kill() {
    let server = XServer::xvfb(640, 480);
    let eye = Eye::new(&server);
    let before = run(&server, "xmodmap", &["-pke"]);
    let (mut child, _out) = injector(&server, "hold");
    assert_eq!(eye.down(), [37, 38, 64]);
    child.kill().unwrap();
    within(Duration::from_secs(3), "keys and buttons up", || eye.down().is_empty() && eye.buttons() == 0);
    child.wait().unwrap();
    within(PATIENCE, "the key map is put back", || run(&server, "xmodmap", &["-pke"]) == before);
}

#[test]
fn a_kill_in_the_midst_of_a_text_leaves_nothing_behind() {
    let server = XServer::xvfb(640, 480);
    let eye = Eye::new(&server);
    run(&server, "xdotool", &["key", "Caps_Lock"]);
    for _ in 0..5 {
        let (mut child, _out) = injector(&server, "text");
        child.kill().unwrap();
        within(Duration::from_secs(3), "keys and buttons up", || eye.down().is_empty() && eye.buttons() == 0);
        within(Duration::from_secs(3), "locks put back", || u16::from(eye.state().mods) == 2);
        child.wait().unwrap();
    }
}

#[test]
fn keys_go_up_when_the_injector_only_hangs() {
    let server = XServer::xvfb(640, 480);
    let eye = Eye::new(&server);
    let (mut child, _out) = injector(&server, "hang");
    let took = within(Duration::from_secs(4), "keys and buttons up", || eye.down().is_empty() && eye.buttons() == 0);
    assert!(took > Duration::from_secs(1), "not while it is alive");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_watchdog_that_does_not_come_up_is_an_error() {
    let server = XServer::xvfb(640, 480);
    let open = |command: Command| X11::open(Settings { watchdog: Some(command), ..settings(&server) }).err();
    assert_eq!(open(Command::new("true")), Some(Error::WatchdogGone));
    assert!(matches!(open(Command::new("no-such-program")), Some(Error::Backend { .. })));
}

#[test]
fn without_its_watchdog_an_injector_refuses_to_hold() {
    let server = XServer::xvfb(640, 480);
    let eye = Eye::new(&server);
    // A shell writes its number down and becomes the watchdog.
    let file = env::temp_dir().join(format!("rh-input-watchdog-{}", std::process::id()));
    let exact = role("as_watchdog", "watchdog");
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$ > \"$PIDFILE\"; exec \"$0\" \"$@\""]).arg(exact.get_program()).args(exact.get_args());
    command.env("PIDFILE", &file).env(ROLE, "watchdog");
    let mut desktop = X11::open(Settings { watchdog: Some(command), ..settings(&server) }).unwrap();
    assert_eq!(desktop.inject(&[key(HidUsage::A, true)]).unwrap().accepted, 1);
    let pid = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert!(Command::new("kill").args(["-KILL", pid.trim()]).status().unwrap().success());
    // The pipe breaks when the process is gone, which is the kernel's business; motion tells the watchdog nothing.
    let mut down = true;
    within(PATIENCE, "refusal", || {
        down = !down;
        desktop.inject(&[key(HidUsage::B, down)]) == Err(Error::WatchdogGone)
    });
    drop(desktop);
    assert_eq!(eye.down(), [0_u8; 0]);
}
