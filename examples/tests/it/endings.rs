//! How sessions end, and what the programs say and return then.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    time::{Duration, Instant},
};

use rh_auth::code::TypedCode;
use rh_proto::{
    io::tls::{Identity, Secured},
    msg::hello::AppVersion,
    session::Settings,
};

use crate::{
    pair::{Pair, helper, sharer},
    programs::{PATIENCE, Program},
    scratch::Scratch,
};

const VIRTUAL: &[&str] = &["--virtual", "640x480"];

#[test]
fn a_wrong_code_is_refused_on_both_sides_and_burns_the_code() {
    let mut helper = Program::start(helper());
    let address = helper.expect("address");
    let code = helper.expect("code");
    let wrong = code.replace('-', "").chars().map(|c| if c == '0' { '1' } else { '0' }).collect::<String>();
    let mut sharer = Program::start(sharer(&address, VIRTUAL));
    sharer.tell(&wrong);
    let (status, said) = sharer.end();
    assert_eq!(status.code(), Some(12), "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with("sharer: ") && line.contains("code")), "in words: {said:#?}");
    assert!(!said.iter().any(|line| line == "paired"));
    let (status, said) = helper.end();
    assert_eq!(status.code(), Some(12), "{said:#?}");
    assert!(!said.iter().any(|line| line == "paired" || line.starts_with("frames")));
}

#[test]
fn a_helper_that_is_too_old_is_told_so() {
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let settings = Settings { min_peer: AppVersion::new(9, 1, 0), ..Settings::default() };
    let credential = TypedCode::new(code.parse().expect("a code")).credential([1; 32]);
    let mut end =
        Secured::sharer(&Identity::from_seed([2; 32]), settings, credential, Instant::now()).expect("the machine has random numbers");
    let mut socket = TcpStream::connect(address).expect("it listens");
    socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a live socket");
    let (mut out, mut bytes) = (Vec::new(), [0; 4096]);
    while !end.is_closed() {
        match socket.read(&mut bytes) {
            Ok(0) => end.handle_closed(Instant::now()),
            Ok(count) => end.handle_bytes(Instant::now(), &bytes[..count]),
            Err(_) => end.handle_timeout(Instant::now()),
        }
        while end.poll_event().is_some() {}
        while end.poll_transmit(&mut out) > 0 {}
        socket.write_all(&out).expect("it reads");
        out.clear();
    }
    let (status, said) = helper.end();
    assert_eq!(status.code(), Some(13), "{said:#?}");
    let told = |line: &String| line.starts_with("helper: ") && line.contains("9.1.0") && line.contains(env!("CARGO_PKG_VERSION"));
    assert!(said.iter().any(told), "in words, with both versions: {said:#?}");
}

#[test]
fn a_code_that_is_no_code_is_asked_for_again() {
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let mut sharer = Program::start(sharer(&address, VIRTUAL));
    sharer.tell("not a code!");
    assert!(!sharer.expect("note").is_empty());
    sharer.tell(&code.to_lowercase().replace('-', " "));
    sharer.expect("paired");
}

#[test]
fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_helper"));
    command.args(["--headless", "--listen", &address]);
    let (status, said) = Program::start(command).end();
    assert_eq!(status.code(), Some(10));
    assert!(said.iter().any(|line| line.contains(&address) && line.contains("--listen")), "{said:#?}");
}

#[test]
fn a_missing_display_is_named() {
    let (status, said) = Program::start(sharer("127.0.0.1:1", &["--display", ":4711"])).end();
    assert_eq!(status.code(), Some(11), "{said:#?}");
    assert!(said.iter().any(|line| line.contains(":4711")), "{said:#?}");
    let (status, said) = Program::start(sharer("127.0.0.1:1", &[])).end();
    assert_eq!(status.code(), Some(11), "{said:#?}");
    assert!(said.iter().any(|line| line.contains("--display")), "{said:#?}");
}

#[test]
fn nobody_at_the_address_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let mut sharer = Program::start(sharer(&free.to_string(), VIRTUAL));
    sharer.tell("ABCD-EFGH");
    let (status, said) = sharer.end();
    assert_eq!(status.code(), Some(14), "{said:#?}");
    assert!(said.iter().any(|line| line.contains(&free.to_string())), "{said:#?}");
}

#[test]
fn a_bad_command_line_is_refused() {
    for args in [&["--virtual", "0x0"][..], &["--virtual", "huge"], &["--listen", "127.0.0.1:1", "--connect", "x:1"], &["--budget", "1"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sharer"));
        command.args(args);
        let (status, said) = Program::start(command).end();
        assert_eq!(status.code(), Some(2), "{args:?}: {said:#?}");
    }
}

#[test]
fn ctrl_c_leaves_cleanly_and_the_other_side_knows_within_two_seconds() {
    let pair = Pair::viewing(VIRTUAL);
    pair.helper.signal("INT");
    let start = Instant::now();
    let (status, said) = pair.sharer.end();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(status.success(), "a leave is no failure: {said:#?}");
    assert_eq!(pair.helper.end().0.code(), Some(130));

    let pair = Pair::viewing(VIRTUAL);
    pair.sharer.signal("INT");
    let (status, said) = pair.helper.end();
    assert!(status.success(), "{said:#?}");
    assert_eq!(pair.sharer.end().0.code(), Some(130));
}

#[test]
fn a_peer_that_hangs_is_noticed_within_ten_seconds() {
    let pair = Pair::viewing(VIRTUAL);
    pair.helper.signal("STOP");
    let start = Instant::now();
    let (status, said) = pair.sharer.end();
    assert!(start.elapsed() < Duration::from_secs(12), "10 s, and a little for the machine: {:?}", start.elapsed());
    assert_eq!(status.code(), Some(14), "{said:#?}");
}

#[test]
fn callers_that_are_no_sharers_do_not_use_up_the_code() {
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let mut stranger = TcpStream::connect(&address).expect("it listens");
    stranger.set_read_timeout(Some(PATIENCE)).expect("a live socket");
    stranger.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    // It is told that this is TLS, or nothing, and hung up on.
    let mut answer = Vec::new();
    match stranger.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert!(!String::from_utf8_lossy(&answer).contains(&code));
    let silent = TcpStream::connect(&address).expect("it listens still");
    drop(silent);

    let mut sharer = Program::start(sharer(&address, VIRTUAL));
    sharer.tell(&code);
    sharer.expect("paired");
    sharer.expect("asked");
    sharer.tell("y view");
    helper.expect("granted ViewOnly");
    helper.expect("frames 1");
    helper.tell("leave");
    let (status, said) = helper.end();
    assert!(status.success(), "{said:#?}");
    assert!(!said.iter().any(|line| line.contains("panicked")), "{said:#?}");
    assert!(sharer.end().0.success());
}

#[test]
fn declining_is_told_and_nothing_is_shown() {
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let mut sharer = Program::start(sharer(&address, VIRTUAL));
    sharer.tell(&code);
    sharer.expect("asked");
    sharer.tell("n");
    helper.expect("declined the sharer declined");
    helper.tell("leave");
    let (status, said) = helper.end();
    assert_eq!(status.code(), Some(15), "{said:#?}");
    assert!(!said.iter().any(|line| line.starts_with("frames")), "{said:#?}");
}

#[test]
fn a_view_only_sharer_declines_control_without_asking() {
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let mut sharer = Program::start(sharer(&address, &["--virtual", "640x480", "--view-only"]));
    sharer.tell(&code);
    sharer.expect("asked");
    sharer.tell("y view");
    helper.expect("granted ViewOnly");
    helper.tell("mode control");
    helper.expect("declined this sharer allows viewing only");
}

#[test]
fn frames_to_a_file() {
    let scratch = Scratch::new();
    let png = scratch.file("last.png");
    let mut command = helper();
    command.args(["--png", &png.display().to_string(), "--frames", "5"]);
    let pair = Pair::viewing_with(command, VIRTUAL);
    let (status, said) = pair.helper.end();
    assert!(status.success(), "{said:#?}");
    let picture = crate::picture::Rgb::png(&png);
    assert_eq!((picture.width, picture.height), (640, 480));
    assert!(picture.bytes.iter().any(|b| *b != picture.bytes[0]), "something is on it");
    assert!(pair.sharer.end().0.success());
}

#[test]
fn the_help_has_examples_and_exit_codes_and_completions_complete() {
    for program in [env!("CARGO_BIN_EXE_helper"), env!("CARGO_BIN_EXE_sharer"), env!("CARGO_BIN_EXE_demo")] {
        let help = Command::new(program).arg("--help").output().expect("it runs");
        let text = String::from_utf8_lossy(&help.stdout).into_owned();
        assert!(help.status.success() && text.contains("Examples:") && text.contains("Exit codes:"), "{text}");
        let script = Command::new(program).args(["--completions", "bash"]).output().expect("it runs");
        assert!(script.status.success() && String::from_utf8_lossy(&script.stdout).contains("complete"), "{program}");
    }
}
