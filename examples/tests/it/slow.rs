//! Sessions over a link of 256 kbit/s: it stays usable, and whoever leaves is heard.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::{
    pair::{frames, helper, sharer},
    programs::{Program, until},
};

/// Bytes a second towards the helper.
const RATE: usize = 32 * 1024;

/// A link between the two that carries so much towards the helper, with as little buffer of its own as the system allows.
fn link(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    // Inherited by what is accepted; without it the system itself would take in megabytes at any speed.
    socket2::SockRef::from(&listener).set_recv_buffer_size(4096).expect("a buffer");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        let (from_sharer, _) = listener.accept().expect("the sharer comes");
        let to_helper = TcpStream::connect(to).expect("the helper listens");
        socket2::SockRef::from(&to_helper).set_send_buffer_size(4096).expect("a buffer");
        let back = (to_helper.try_clone().expect("a socket"), from_sharer.try_clone().expect("a socket"));
        thread::spawn(move || carry(back.0, back.1, None));
        carry(from_sharer, to_helper, Some(RATE));
    });
    address
}

fn carry(mut from: TcpStream, mut to: TcpStream, rate: Option<usize>) {
    let mut bytes = [0; 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if let Some(rate) = rate {
            // The link's own time, not an event that could be awaited.
            thread::sleep(Duration::from_secs(1) * u32::try_from(count).expect("small") / u32::try_from(rate).expect("small"));
        }
        if to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

#[test]
fn on_a_slow_link_pictures_go_on_and_the_end_is_heard_within_two_seconds() {
    let mut helper = Program::start(helper());
    let address: SocketAddr = helper.expect("address").parse().expect("an address");
    let code = helper.expect("code");
    let mut sharer = Program::start(sharer(&link(address).to_string(), &["--virtual", "1280x720", "--animation-fps", "200"]));
    sharer.tell(&code);
    sharer.expect("asked");
    sharer.tell("y view");
    helper.expect("frames 1");
    let first = frames(&mut helper);
    until("pictures go on", || (frames(&mut helper) > first + 30).then_some(()));
    sharer.tell("stop");
    let start = Instant::now();
    let (status, said) = helper.end();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(status.success(), "a stop is no failure: {said:#?}");
    assert!(sharer.end().0.success());
}
