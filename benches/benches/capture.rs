//! Capturing a real X server, a private Xvfb of 1920 × 1080: a whole picture, a small change, nothing at all, and a server that reports nothing.
//!
//! With feature `peers`, scrap takes whole pictures of the same screen in the same run. Prints a table; `-- --test` only shows that it runs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot run must stop")]
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

use std::{
    env,
    hint::black_box,
    time::{Duration, Instant},
};

use rh_capture::{Capture, Config, DisplayId, Event, Kind, Options, Select, Transfer, open};
use rustix::time::{ClockId, clock_gettime};
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{ChangeGCAux, ConnectionExt as _, CreateGCAux, Gcontext, Rectangle, Window},
    rust_connection::RustConnection,
};

#[allow(unreachable_pub, reason = "one file for the tests of several crates")]
#[path = "../../examples/tests/support/xserver.rs"]
mod xserver;

const DISPLAY: DisplayId = DisplayId(0);

fn main() {
    if env::var_os("RH_BENCH_CAPTURE").is_none() {
        // scrap looks for its display in the environment, which a process cannot safely change while it runs.
        let server = xserver::XServer::xvfb(1920, 1080);
        let status =
            server.command(&env::current_exe().unwrap().to_string_lossy()).args(env::args().skip(1)).env("RH_BENCH_CAPTURE", "1").status();
        assert!(status.unwrap().success());
        return;
    }
    let test = env::args().any(|argument| argument == "--test");
    let pen = Pen::new();
    // Something to see: a screen of one colour might be copied faster than a real one.
    for n in 0..200u16 {
        pen.fill(n * 9, n * 5, 400, 300, u32::from(n) * 0x0001_0503);
    }
    whole(if test { 1 } else { 20 });
    small(&pen, if test { 20 } else { 5000 }, Duration::ZERO);
    small(&pen, if test { 2 } else { 300 }, Duration::from_millis(16));
    idle(if test { 1 } else { 5 });
    polling(if test { 1 } else { 5 });
}

/// A way of reading the whole picture, and how long it took each time.
type Way = (&'static str, Box<dyn FnMut()>, Vec<Duration>);

/// Reads the whole picture: in turns of 50, the first of each not counted.
fn whole(turns: usize) {
    let mut ways: Vec<Way> = Vec::new();
    for (name, transfer) in
        [("ours, memfd", Transfer::SharedMemory), ("ours, System V", Transfer::SharedMemorySysV), ("ours, socket", Transfer::Socket)]
    {
        let mut capture = watching(transfer);
        let grab = move || {
            capture.invalidate(DISPLAY);
            let frame = capture.frame(DISPLAY).unwrap();
            assert_eq!(frame.damage[0].area(), 1920 * 1080);
            black_box(frame.pixels);
        };
        ways.push((name, Box::new(grab), Vec::new()));
    }
    #[cfg(feature = "peers")]
    {
        let mut capturer = scrap::Capturer::new(scrap::Display::primary().unwrap()).unwrap();
        let grab = move || {
            black_box(&*capturer.frame().unwrap());
        };
        ways.push(("scrap", Box::new(grab), Vec::new()));
    }
    for _ in 0..turns {
        for (_, grab, times) in &mut ways {
            grab();
            times.extend((0..50).map(|_| time(&mut *grab)));
        }
    }
    for (name, _, times) in &mut ways {
        report(&format!("whole picture, {name}"), times);
    }
    if let [(_, _, ours), .., (_, _, last)] = &ways[..]
        && cfg!(feature = "peers")
    {
        let ratio = percentile(ours, 50).as_secs_f64() / percentile(last, 50).as_secs_f64();
        println!("whole picture, ours (memfd) to scrap: {ratio:.2}");
    }
}

/// From the request to draw 64 × 64 pixels, in another client, to those pixels in hand, with a rest before each request; and this thread's processor time, drawing included.
fn small(pen: &Pen, times: u32, rest: Duration) {
    let mut capture = watching(Transfer::Auto);
    let mut taken = Vec::new();
    let (before, began) = (cpu(), Instant::now());
    for n in 0..times {
        let (x, y) = (u16::try_from(n * 37 % 1856).unwrap(), u16::try_from(n * 53 % 1016).unwrap());
        let colour = 0x0001_0000 + n;
        assert!(rest.is_zero() || capture.next(Instant::now() + rest).unwrap().is_none());
        let start = Instant::now();
        pen.draw(x, y, 64, 64, colour);
        let at = loop {
            if let Some(Event::Frame(_)) = capture.next(Instant::now() + Duration::from_secs(1)).unwrap() {
                let frame = capture.frame(DISPLAY).unwrap();
                break frame.pixels[(usize::from(y) + 63) * frame.stride + (usize::from(x) + 63) * 4..][..3].to_vec();
            }
        };
        taken.push(start.elapsed());
        assert_eq!(at, colour.to_le_bytes()[..3]);
    }
    let share = (cpu() - before).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
    report(&format!("64 × 64 drawn to pixels in hand, {} ms after the last", rest.as_millis()), &mut taken);
    println!("  at that pace: {share:.2} % of a processor");
}

/// Processor time of a consumer that waits while nothing changes, and beside it what the kernel takes to wake any thread at all.
fn idle(seconds: u32) {
    let mut capture = watching(Transfer::Auto);
    for (name, naps, nap) in [("one call", seconds, Duration::from_secs(1)), ("ten calls", seconds * 10, Duration::from_millis(100))] {
        let ours = share(naps, nap, || assert!(capture.next(Instant::now() + nap).unwrap().is_none()));
        let sleep = share(naps, nap, || std::thread::sleep(nap));
        println!("idle, {name} a second: {ours:.4} % of a processor; thread::sleep takes {sleep:.4} %");
    }
}

/// Processor time of looking for changes in a picture that stays the same, at the default pace, where the server reports none.
fn polling(seconds: u32) {
    let server = xserver::XServer::xvfb_with(1920, 1080, &["-extension", "DAMAGE"]);
    let mut capture = watching_at(server.display(), Transfer::Auto);
    let (before, second) = (capture.stats().reads, Duration::from_secs(1));
    let share = share(seconds, second, || assert!(capture.next(Instant::now() + second).unwrap().is_none()));
    let looks = capture.stats().reads - before;
    println!("without DAMAGE, {} looks a second: {share:.2} % of a processor", looks / u64::from(seconds));
}

/// Processor time of doing something that takes `nap` each time, in percent.
fn share(naps: u32, nap: Duration, mut doze: impl FnMut()) -> f64 {
    let before = cpu();
    (0..naps).for_each(|_| doze());
    (cpu() - before).as_secs_f64() / (nap * naps).as_secs_f64() * 100.0
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

fn watching(transfer: Transfer) -> Box<dyn Capture> {
    watching_at(&env::var("DISPLAY").unwrap(), transfer)
}

fn watching_at(display: &str, transfer: Transfer) -> Box<dyn Capture> {
    let config = Config { display: Some(display.to_owned()), transfer, ..Config::default() };
    let mut capture = open(&Select::Exactly(Kind::X11), &config).unwrap();
    capture.start(&[DISPLAY], &Options::default()).unwrap();
    capture.frame(DISPLAY).unwrap();
    while capture.next(Instant::now()).unwrap().is_some() {
        capture.frame(DISPLAY).unwrap();
    }
    capture
}

fn time(work: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort();
    let [p50, p95, p99] = [50, 95, 99].map(|percent| percentile(times, percent).as_secs_f64() * 1000.0);
    println!("{what}: p50 {p50:.3} ms, p95 {p95:.3} ms, p99 {p99:.3} ms of {}", times.len());
}

/// Of sorted times.
fn percentile(times: &[Duration], percent: usize) -> Duration {
    times[(times.len() - 1) * percent / 100]
}

/// Another client, which draws.
struct Pen {
    connection: RustConnection,
    root: Window,
    gc: Gcontext,
}

impl Pen {
    fn new() -> Self {
        let (connection, screen) = RustConnection::connect(None).unwrap();
        let (root, gc) = (connection.setup().roots[screen].root, connection.generate_id().unwrap());
        connection.create_gc(gc, root, &CreateGCAux::new()).unwrap();
        Self { connection, root, gc }
    }

    /// Sends a rectangle off.
    fn draw(&self, x: u16, y: u16, width: u16, height: u16, colour: u32) {
        let (x, y) = (i16::try_from(x).unwrap(), i16::try_from(y).unwrap());
        self.connection.change_gc(self.gc, &ChangeGCAux::new().foreground(colour)).unwrap();
        self.connection.poly_fill_rectangle(self.root, self.gc, &[Rectangle { x, y, width, height }]).unwrap();
        self.connection.flush().unwrap();
    }

    /// Draws, and waits for it.
    fn fill(&self, x: u16, y: u16, width: u16, height: u16, colour: u32) {
        self.draw(x, y, width, height, colour);
        self.connection.get_input_focus().unwrap().reply().unwrap();
    }
}
