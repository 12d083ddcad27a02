//! What `Auto` and `probe` make of the environment, each in a process of its own, because an environment is a process's.

use std::{
    env,
    net::TcpListener,
    os::unix::net::UnixListener,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use rh_capture::{Config, Kind, Select, Status, open, probe};

use crate::xserver::XServer;

/// What a process with these variables, and no others of a desktop, finds: how opening went, the probe of X11, and whether that took less than 100 ms.
fn found(variables: &[(&str, &str)]) -> (String, String, bool) {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "x11::environment::look_around", "--ignored", "--nocapture"])
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("RH_CAPTURE_TEST_LOOK", "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let field = |name: &str| text.lines().find_map(|line| line.split_once(name)).unwrap_or_else(|| panic!("{name} in {text}")).1.to_owned();
    (field("opened: "), field("probed: "), field("quick: ") == "true")
}

#[test]
#[ignore = "part of the tests below, which run it in processes of its own"]
#[allow(clippy::print_stdout, reason = "how it answers the tests below")]
fn look_around() {
    if env::var_os("RH_CAPTURE_TEST_LOOK").is_none() {
        return;
    }
    let start = Instant::now();
    let probed = probe().into_iter().find(|probe| probe.kind == Kind::X11).map(|probe| probe.status);
    let quick = start.elapsed() < Duration::from_millis(100);
    println!("\nprobed: {}", if probed == Some(Status::Usable) { "usable".to_owned() } else { format!("{probed:?}") });
    println!("quick: {quick}");
    match open(&Select::Auto, &Config::default()) {
        Ok(capture) => println!("opened: {}", capture.info().kind),
        Err(error) => println!("opened: {error}"),
    }
}

#[test]
fn the_display_of_the_session_is_opened() {
    let server = XServer::xvfb(64, 64);
    // A compositor that crashed leaves its name behind.
    let stale = [("DISPLAY", server.display()), ("WAYLAND_DISPLAY", "wayland-not-there"), ("XDG_RUNTIME_DIR", "/nonexistent")];
    for variables in [&stale[..1], &stale] {
        assert_eq!(found(variables), ("x11".into(), "usable".into(), true));
    }
}

#[test]
fn without_a_session_something_is_missing() {
    for variables in [&[][..], &[("DISPLAY", "")], &[("DISPLAY", ":4244")]] {
        let (opened, probed, quick) = found(variables);
        assert!(opened.ends_with("is missing") && probed.contains("Missing") && quick, "{opened}; {probed}");
    }
}

#[test]
fn a_live_wayland_session_is_not_mistaken_for_x11() {
    let server = XServer::xvfb(64, 64);
    let socket: PathBuf = env::temp_dir().join(format!("rh-wayland-{}", std::process::id()));
    let listener = UnixListener::bind(&socket).unwrap();
    let (opened, probed, quick) = found(&[("DISPLAY", server.display()), ("WAYLAND_DISPLAY", socket.to_str().unwrap())]);
    drop(listener);
    std::fs::remove_file(&socket).unwrap();
    assert!(opened.contains("Wayland session") && probed.contains("Unsupported") && quick, "{opened}; {probed}");
}

#[test]
fn probing_a_server_that_hangs_is_quick() {
    let (_mute, display) =
        (1000..2000u16).find_map(|n| Some((TcpListener::bind(("127.0.0.1", 6000 + n)).ok()?, format!("127.0.0.1:{n}")))).unwrap();
    let (opened, probed, quick) = found(&[("DISPLAY", &display)]);
    assert!(quick && probed.contains("60 ms") && opened.contains("within 5 s"), "{opened}; {probed}");
}
