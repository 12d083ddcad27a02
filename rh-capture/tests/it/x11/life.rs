//! Beginnings and ends.

use std::{
    env, fs,
    net::TcpListener,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rh_capture::{Config, DisplayId, Error, Event, Kind, Options, Reason, Select, State, Transfer, open};
use x11rb::protocol::xproto::{AccessControl, ConnectionExt as _, HostMode};

use super::screen::{Pen, opened, watching};
use crate::{
    mirror::{PATIENCE, await_event, frame_error},
    xserver::XServer,
};

fn open_error(display: &str) -> Error {
    let config = Config { display: Some(display.to_owned()), ..Config::default() };
    open(&Select::Exactly(Kind::X11), &config).err().unwrap()
}

#[test]
fn what_is_not_there_is_said_in_words() {
    for name in ["", "nonsense", ":", ":99999999", "host:65535", ":4242", "/no/such/socket", "/dev/null"] {
        let error = open_error(name);
        assert!(matches!(error, Error::Missing { .. }), "{name:?}: {error}");
    }
    let server = XServer::xvfb(64, 64);
    let error = open_error(&format!("{}.7", server.display()));
    assert!(matches!(error, Error::Missing { .. }), "no such screen: {error}");
}

#[test]
fn a_server_that_refuses_us_is_denied_with_a_remedy() {
    let server = XServer::xvfb(64, 64);
    let pen = Pen::on(&server);
    // Programs of this machine are a "host" of their own kind (252 in the server's source) that `ListHosts` does not list.
    pen.connection.change_hosts(HostMode::DELETE, 252.into(), &[]).unwrap();
    for host in pen.connection.list_hosts().unwrap().reply().unwrap().hosts {
        pen.connection.change_hosts(HostMode::DELETE, host.family, &host.address).unwrap();
    }
    pen.connection.set_access_control(AccessControl::ENABLE).unwrap();
    pen.sync();
    let error = open_error(server.display());
    assert!(matches!(&error, Error::Denied { fix, .. } if fix.contains("XAUTHORITY")), "{error}");
}

#[test]
fn a_server_that_never_answers_is_given_up_on() {
    let (_listener, display) =
        (100..1000u16).find_map(|n| Some((TcpListener::bind(("127.0.0.1", 6000 + n)).ok()?, format!("127.0.0.1:{n}")))).unwrap();
    let start = Instant::now();
    let error = open_error(&display);
    assert!(matches!(&error, Error::Missing { what } if what.contains("answer")), "{error}");
    assert!(start.elapsed() < Duration::from_secs(8));
}

#[test]
fn the_end_of_the_server_is_an_event_and_then_an_error() {
    let server = XServer::xvfb(64, 64);
    let mut waiting = watching(&server, Transfer::Auto, &Options::default());
    let mut working = watching(&server, Transfer::Auto, &Options::default());
    let killer = thread::spawn(move || drop(server));
    await_event(&mut *waiting, |event| matches!(event, Event::State(State::Ended(Reason::ServerGone))));
    killer.join().unwrap();
    assert_eq!(waiting.next(Instant::now()).err(), Some(Error::Ended));
    assert_eq!(frame_error(&mut *waiting, DisplayId(0)), Some(Error::Ended));
    // Where the end shows in `frame`, `next` still says why.
    working.invalidate(DisplayId(0));
    assert_eq!(frame_error(&mut *working, DisplayId(0)), Some(Error::Ended));
    assert!(matches!(working.next(Instant::now()), Ok(Some(Event::State(State::Ended(Reason::ServerGone))))));
    assert_eq!(working.start(&[DisplayId(0)], &Options::default()), Err(Error::Ended));
}

#[test]
fn a_server_that_hangs_does_not_hang_us() {
    let server = XServer::xvfb(64, 64);
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    capture.invalidate(DisplayId(0));
    pen.connection.grab_server().unwrap();
    pen.sync();
    let start = Instant::now();
    assert_eq!(frame_error(&mut *capture, DisplayId(0)), Some(Error::Ended));
    assert!(start.elapsed() < Duration::from_secs(8));
    assert!(matches!(capture.next(Instant::now()), Ok(Some(Event::State(State::Ended(Reason::Unresponsive))))));
}

#[test]
fn a_waker_interrupts_from_another_thread() {
    let server = XServer::xvfb(64, 64);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    let waker = capture.waker();
    waker.wake();
    waker.wake();
    assert!(capture.next(Instant::now() + Duration::from_secs(60)).unwrap().is_none());
    let waking = thread::spawn(move || waker.wake());
    assert!(capture.next(Instant::now() + Duration::from_secs(60)).unwrap().is_none());
    waking.join().unwrap();
}

/// In a process of its own, because other tests open and close things at the same time.
fn opens_and_closes_leave_nothing(rounds: &str) {
    let server = XServer::xvfb(320, 200);
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "x11::life::opens_and_closes", "--ignored"])
        .env("RH_CAPTURE_TEST_DISPLAY", server.display())
        .env("RH_CAPTURE_TEST_ROUNDS", rounds)
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
}

#[test]
fn two_hundred_opens_and_closes_leave_nothing() {
    opens_and_closes_leave_nothing("200");
}

#[test]
#[ignore = "soak: 10,000 opens and closes"]
fn soak_ten_thousand_opens_and_closes_leave_nothing() {
    opens_and_closes_leave_nothing("10000");
}

#[test]
#[ignore = "part of the two tests above, which run it in a process of its own"]
fn opens_and_closes() {
    let (Ok(display), Ok(rounds)) = (env::var("RH_CAPTURE_TEST_DISPLAY"), env::var("RH_CAPTURE_TEST_ROUNDS")) else { return };
    let ways = [Transfer::SharedMemory, Transfer::SharedMemorySysV, Transfer::Socket];
    let round = |n: usize| {
        let config = Config { display: Some(display.clone()), transfer: ways[n % 3], ..Config::default() };
        let mut capture = open(&Select::Exactly(Kind::X11), &config).unwrap();
        capture.start(&[DisplayId(0)], &Options::default()).unwrap();
        capture.frame(DisplayId(0)).unwrap();
    };
    (0..6).for_each(round);
    let before = belongings();
    (0..rounds.parse().unwrap()).for_each(round);
    // The server lets go of a segment when it comes round to noticing that the connection is closed.
    let deadline = Instant::now() + PATIENCE;
    while belongings() != before && Instant::now() < deadline {
        thread::yield_now();
    }
    assert_eq!(belongings(), before);
}

/// Descriptors of this process, mappings that are shared memory, and System V segments that it made.
fn belongings() -> (usize, usize, usize) {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let shared = maps.lines().filter(|line| line.contains("memfd") || line.contains("SYSV")).count();
    let own = std::process::id().to_string();
    let segments = fs::read_to_string("/proc/sysvipc/shm").unwrap();
    let segments = segments.lines().filter(|line| line.split_whitespace().nth(4) == Some(own.as_str())).count();
    (fs::read_dir("/proc/self/fd").unwrap().count(), shared, segments)
}

#[test]
fn restarting_keeps_what_goes_on_and_drops_the_rest() {
    let server = XServer::xvfb(64, 64);
    let mut capture = opened(&server, Transfer::Auto);
    assert!(matches!(frame_error(&mut *capture, DisplayId(0)), Some(Error::ApiMisuse(_))));
    assert!(matches!(capture.start(&[], &Options::default()), Err(Error::ApiMisuse(_))));
    assert_eq!(capture.start(&[DisplayId(7)], &Options::default()), Err(Error::NoSuchDisplay(DisplayId(7))));
    capture.start(&[DisplayId(0)], &Options::default()).unwrap();
    assert_eq!(capture.frame(DisplayId(0)).unwrap().seq, 1);
    capture.start(&[DisplayId(0)], &Options::default()).unwrap();
    let frame = capture.frame(DisplayId(0)).unwrap();
    assert_eq!((frame.seq, frame.damage), (2, &[][..]), "a display that goes on is not read anew");
}
