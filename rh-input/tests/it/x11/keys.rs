//! Keys as places on the keyboard, and nothing left behind.

use std::{
    os::{fd::AsRawFd as _, unix::net::UnixStream},
    time::{Duration, Instant},
};

use rh_input::{Button, Error, HidUsage, Inject as _, Input, Locks, Settings, backend::x11::X11};

use super::{
    support::{Eye, key, open, run, settings, tap},
    xserver::XServer,
};

#[test]
fn everything_is_up_after_a_drop_a_release_and_a_lost_control() {
    let server = XServer::xvfb(640, 480);
    let eye = Eye::new(&server);
    let chord = [
        key(HidUsage::LEFT_CONTROL, true),
        key(HidUsage::RIGHT_SHIFT, true),
        key(HidUsage::F13, true),
        key(HidUsage::A, true),
        Input::Button { button: Button::Left, down: true },
        Input::Button { button: Button::Forward, down: true },
    ];
    let mut desktop = open(&server);
    for way in 0..3 {
        assert_eq!(desktop.inject(&chord).unwrap().accepted, chord.len());
        assert!(desktop.ready(Instant::now()).unwrap());
        assert_eq!(eye.down(), [37, 38, 62, 191]);
        // The mask of core events ends at button 5.
        assert_eq!(eye.buttons(), 1);
        match way {
            0 => desktop.release_all().unwrap(),
            1 => assert_eq!(desktop.inject(&[Input::ReleaseAll]).unwrap().accepted, 1),
            _ => {
                drop(desktop);
                desktop = open(&server);
            }
        }
        assert!(desktop.ready(Instant::now()).unwrap());
        assert_eq!((eye.down(), eye.buttons()), (vec![], 0), "way {way}");
        assert!(desktop.held().is_empty());
    }
}

#[test]
fn a_shortcut_goes_as_the_key_also_on_another_alphabet() {
    let server = XServer::xvfb(640, 480);
    let eye = Eye::new(&server);
    eye.window();
    run(&server, "setxkbmap", &["-layout", "ru"]);
    let mut desktop = open(&server);
    let mut batch = vec![key(HidUsage::LEFT_CONTROL, true)];
    batch.extend(tap(HidUsage::C, Some('c')));
    batch.push(key(HidUsage::LEFT_CONTROL, false));
    assert_eq!(desktop.inject(&batch).unwrap().accepted, 4);
    // Control_L is key code 37, C is 54; 4 is ControlMask.
    assert_eq!(eye.events_until_release_of(37), [(true, 37, 0), (true, 54, 4), (false, 54, 4), (false, 37, 4)]);
}

#[test]
fn a_held_key_is_not_pressed_twice_and_stays_one_key() {
    let server = XServer::xvfb(640, 480);
    let eye = Eye::new(&server);
    eye.window();
    run(&server, "xset", &["r", "off"]);
    let mut desktop = open(&server);
    let down = Input::Key { usage: HidUsage::Q, down: true, text: Some('q') };
    let batch = [down.clone(), down.clone(), down, key(HidUsage::Q, false)];
    assert_eq!(desktop.inject(&batch).unwrap().accepted, 4);
    assert_eq!(eye.events_until_release_of(24), [(true, 24, 0), (false, 24, 0)]);
}

#[test]
fn locks_are_set_and_read() {
    let server = XServer::xvfb(640, 480);
    let mut desktop = open(&server);
    for locks in [Locks { caps: true, num: true, scroll: false }, Locks { caps: false, num: true, scroll: false }, Locks::default()] {
        assert_eq!(desktop.inject(&[Input::Locks(locks)]).unwrap().accepted, 1);
        assert_eq!(desktop.locks().unwrap(), locks);
    }
    // This layout has no modifier for Scroll Lock, and says so.
    let scroll = Locks { scroll: true, ..Locks::default() };
    assert_eq!(desktop.inject(&[Input::Locks(scroll)]).unwrap().unsupported, 1);
}

#[test]
fn what_x11_cannot_do_is_said() {
    let server = XServer::xvfb(640, 480);
    let mut desktop = open(&server);
    let info = desktop.info().clone();
    assert_eq!((info.touch, info.attention, info.locks), (false, false, true));
    assert!(info.foreign_chars >= 20, "{info:?}");
    let report = desktop.inject(&[Input::Attention, key(HidUsage(0x0007_0001), true)]).unwrap();
    assert_eq!((report.accepted, report.unsupported), (0, 2));
}

#[test]
fn no_display_and_no_extension_are_told_apart() {
    let open = |display: &str| X11::open(Settings { display: Some(display.into()), ..Settings::default() });
    for display in [":987", "nonsense", ""] {
        let error = open(display).err().unwrap();
        assert!(matches!(error, Error::Missing { .. }), "{display:?}: {error}");
    }
    let server = XServer::xvfb_with(640, 480, &["-extension", "XTEST"]);
    assert_eq!(X11::open(settings(&server)).err(), Some(Error::Unsupported { what: "the XTEST extension" }));
}

#[test]
fn a_server_that_ends_is_an_error_and_not_a_hang() {
    let server = XServer::xvfb(640, 480);
    let mut desktop = open(&server);
    assert_eq!(desktop.inject(&[key(HidUsage::A, true)]).unwrap().accepted, 1);
    drop(server);
    // The first writes may still fit into the socket; whatever waits for an answer fails at once.
    let error = desktop.locks().unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error}");
    assert!(matches!(desktop.inject(&[key(HidUsage::B, true)]), Err(Error::Closed { .. })));
    drop(desktop);
}

/// The server's process, as the kernel names it at the other end of a connection.
#[allow(unsafe_code, reason = "tests only: std has no stable call for a socket's peer")]
fn process_of(server: &XServer) -> i32 {
    let stream = UnixStream::connect(format!("/tmp/.X11-unix/X{}", server.display().trim_start_matches(':'))).unwrap();
    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut length = libc::socklen_t::try_from(size_of::<libc::ucred>()).unwrap();
    // SAFETY: `peer` and `length` are ours, and `length` is the size of `peer`.
    let done =
        unsafe { libc::getsockopt(stream.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, (&raw mut peer).cast(), &raw mut length) };
    assert_eq!(done, 0);
    peer.pid
}

#[test]
#[allow(unsafe_code, reason = "tests only: signals have no safe call in std")]
fn a_server_that_does_not_answer_is_given_up() {
    let server = XServer::xvfb(640, 480);
    let mut desktop = X11::open(Settings { patience: Duration::from_millis(300), ..settings(&server) }).unwrap();
    let pid = process_of(&server);
    let signal = |signal| {
        // SAFETY: `kill` touches no memory; the process is our child and not yet waited for, so its number is its own.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
    };
    signal(libc::SIGSTOP);
    let start = Instant::now();
    let error = desktop.locks().unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
    signal(libc::SIGCONT);
}

#[test]
#[ignore = "soak: 10,000 opens and closes"]
fn soak_opening_and_closing_leaks_no_descriptor_and_no_key_code() {
    let server = XServer::xvfb(640, 480);
    let before = run(&server, "xmodmap", &["-pke"]);
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let mut first = 0;
    for round in 0..10_000 {
        let mut desktop = X11::open(Settings { rebind_after: Duration::ZERO, ..settings(&server) }).unwrap();
        let batch = [key(HidUsage::A, true), Input::Text("日".into())];
        assert_eq!(desktop.inject(&batch).unwrap().accepted, 2);
        if round == 0 {
            first = descriptors();
        }
        assert_eq!(descriptors(), first, "round {round}");
    }
    assert_eq!(run(&server, "xmodmap", &["-pke"]), before);
    assert_eq!(Eye::new(&server).down(), [0_u8; 0]);
}
