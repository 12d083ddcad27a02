//! A helper that listens has several callers at once; whoever says nothing keeps nobody out.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use rh_auth::code::TypedCode;
use rh_proto::{
    io::tls::{Identity, Secured},
    mode::State,
    session::{Settings, Sharer},
};

use crate::{
    pair::{Pair, helper, sharer},
    programs::{PATIENCE, Program, until},
};

const VIRTUAL: &[&str] = &["--virtual", "640x480"];

/// A caller that says nothing.
fn silent(address: &str) -> TcpStream {
    let caller = TcpStream::connect(address).expect("the helper listens");
    caller.set_read_timeout(Some(PATIENCE)).expect("a live socket");
    caller
}

/// Whether the helper has hung up on a caller.
fn is_over(mut caller: &TcpStream) -> bool {
    caller.set_nonblocking(true).expect("a live socket");
    let mut bytes = [0; 4096];
    loop {
        match caller.read(&mut bytes) {
            Ok(0) => return true,
            // The beginning of TLS.
            Ok(_) => {}
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
}

#[test]
fn silent_strangers_keep_no_sharer_out() {
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let start = Instant::now();
    // As many as there is room for, and as many again.
    let strangers: Vec<TcpStream> = (0..8).map(|_| silent(&address)).collect();
    let mut sharer = Program::start(sharer(&address, VIRTUAL));
    sharer.tell(&code);
    sharer.expect("paired");
    helper.expect("paired");
    let waited = start.elapsed();
    println!("paired {waited:?} after the first of eight strangers came");
    assert!(waited < Duration::from_secs(5), "a stranger has ten seconds; the sharer had to wait {waited:?}");
    sharer.expect("asked");
    sharer.tell("y view");
    helper.expect("frames 1");
    // The oldest were hung up on to make room; of four at most, the sharer was one.
    until("the helper hangs up on the oldest", || strangers[..5].iter().all(is_over).then_some(()));
    Pair { helper, sharer }.leave();
}

#[test]
fn a_helper_may_dial_a_sharer_that_listens() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sharer"));
    command.args(["--console", "--listen", "127.0.0.1:0", "--name", "Sam"]).args(VIRTUAL).env_remove("DISPLAY");
    let mut sharer = Program::start(command);
    let address = sharer.expect("address");
    let mut command = Command::new(env!("CARGO_BIN_EXE_helper"));
    command.args(["--headless", "--connect", &address, "--name", "Hanna"]);
    let mut helper = Program::start(command);
    let code = helper.expect("code");
    sharer.tell(&code);
    sharer.expect("asked the helper asks to view");
    sharer.tell("y view");
    helper.expect("frames 1");
    Pair { helper, sharer }.leave();
}

/// A sharer of the tests' own that comes as far as holding the code's one attempt, and then says nothing.
fn stall(address: &str) -> (TcpStream, Secured<Sharer>) {
    let mut socket = TcpStream::connect(address).expect("the helper listens");
    socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a live socket");
    let credential = TypedCode::new("0000-0000".parse().expect("a code")).credential([1; 32]);
    let mut end = Secured::sharer(&Identity::from_seed([2; 32]), Settings::default(), credential, Instant::now())
        .expect("the machine has random numbers");
    let (mut out, mut bytes) = (Vec::new(), [0; 4096]);
    let opened = Instant::now();
    loop {
        assert!(opened.elapsed() < PATIENCE && !end.is_closed(), "the helper's first step does not come");
        match socket.read(&mut bytes) {
            Ok(0) => panic!("the helper hung up"),
            Ok(count) => end.handle_bytes(Instant::now(), &bytes[..count]),
            Err(_) => end.handle_timeout(Instant::now()),
        }
        while end.poll_transmit(&mut out) > 0 {}
        // Authenticating: both hellos are exchanged. The helper's first step follows its hello, so it has the attempt or takes it now; the answer stays here.
        if end.session().is_some_and(|session| session.state() == State::Authenticating) {
            socket.write_all(&out).expect("the helper reads");
            return (socket, end);
        }
        socket.write_all(&out).expect("the helper reads");
        out.clear();
    }
}

#[test]
fn while_one_caller_tries_the_code_no_other_can_and_its_silence_burns_the_code() {
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let (stalled, _end) = stall(&address);
    // Who holds the code comes second: two guesses at one code are one too many.
    let mut second = Program::start(sharer(&address, VIRTUAL));
    second.tell(&code);
    let (status, said) = second.end();
    assert_eq!(status.code(), Some(12), "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with("sharer: another connection is using this code")), "{said:#?}");
    helper.expect("note another caller was refused: another connection is using this code");
    // However many come, the one that tries is not hung up on to make room: that would burn the code for everybody.
    let strangers: Vec<TcpStream> = (0..8).map(|_| silent(&address)).collect();
    until("the helper hangs up on the oldest", || strangers[..5].iter().all(is_over).then_some(()));
    assert!(!is_over(&stalled));

    drop(stalled);
    let (status, said) = helper.end();
    assert_eq!(status.code(), Some(14), "{said:#?}");
    assert!(!said.iter().any(|line| line == "paired" || line.starts_with("frames") || line.contains("panicked")), "{said:#?}");
}
