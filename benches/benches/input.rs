//! Input into a real X server, on a private Xvfb: how long a call takes, and how long until an application has the key.
//!
//! With feature `peers`, enigo does the same in the same run: as it comes (12 ms after each key) and with that delay set to 0.
#![allow(missing_docs, reason = "criterion's macros make items without documentation")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot run must stop")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use rh_input::{Display, DisplayId, HidUsage, Inject, Input, Layout, Rect, Settings, backend::x11::X11};
use x11rb::{
    connection::Connection as _,
    protocol::{
        Event,
        xproto::{ConnectionExt as _, CreateWindowAux, EventMask, WindowClass},
    },
    rust_connection::RustConnection,
};

#[allow(unreachable_pub, reason = "one file for the tests of several crates")]
#[path = "../../examples/tests/support/xserver.rs"]
mod xserver;

use xserver::XServer;

/// Calls between two synchronisations, so that what is measured is the call and not a full socket.
const BURST: u64 = 64;

/// An application: a window that has the pointer, and so the keys.
struct Application {
    conn: RustConnection,
}

impl Application {
    fn new(server: &XServer) -> Self {
        let (conn, screen) = RustConnection::connect(Some(server.display())).unwrap();
        let root = conn.setup().roots[screen].root;
        let window = conn.generate_id().unwrap();
        let aux = CreateWindowAux::new().event_mask(EventMask::KEY_PRESS | EventMask::EXPOSURE).override_redirect(1);
        conn.create_window(0, window, root, 0, 0, 800, 600, 0, WindowClass::INPUT_OUTPUT, 0, &aux).unwrap();
        conn.map_window(window).unwrap();
        conn.flush().unwrap();
        while !matches!(conn.wait_for_event().unwrap(), Event::Expose(_)) {}
        Self { conn }
    }

    fn wait_for_key(&self) {
        while !matches!(self.conn.wait_for_event().unwrap(), Event::KeyPress(_)) {}
    }
}

fn ours(server: &XServer) -> X11 {
    let mut desktop = X11::open(Settings { display: Some(server.display().into()), ..Settings::default() }).unwrap();
    let rect = Rect { x: 0, y: 0, width: 800, height: 600 };
    desktop.set_layout(Arc::new(Layout { generation: 1, displays: vec![Display::new(DisplayId(0), rect)] }));
    desktop
}

/// Times `call` alone, `sync`ing after each burst.
fn in_bursts<T>(target: &mut T, times: u64, mut call: impl FnMut(&mut T, u64), sync: impl Fn(&mut T)) -> Duration {
    let mut total = Duration::ZERO;
    let mut done = 0;
    while done < times {
        let burst = BURST.min(times - done);
        let start = Instant::now();
        for i in done..done + burst {
            call(target, i);
        }
        total += start.elapsed();
        sync(target);
        done += burst;
    }
    total
}

/// A point that differs from the one before, so that the pointer really moves.
fn point(i: u64) -> (i32, i32) {
    let along = i32::try_from(i % 500).unwrap_or_default();
    (10 + along, 20 + along)
}

fn motion(c: &mut Criterion) {
    let server = XServer::xvfb(800, 600);
    let mut group = c.benchmark_group("input/motion");
    let mut desktop = ours(&server);
    let mut go = |desktop: &mut X11, i| {
        let (x, y) = point(i);
        let report = desktop.inject(&[Input::MoveTo { display: DisplayId(0), generation: 1, x, y }]).unwrap();
        assert_eq!(report.accepted, 1);
    };
    let sync = |desktop: &mut X11| assert!(desktop.ready(Instant::now()).unwrap());
    group.bench_function("ours", |b| b.iter_custom(|times| in_bursts(&mut desktop, times, &mut go, sync)));
    #[cfg(feature = "peers")]
    {
        use enigo::Mouse as _;
        let mut peer = enigo(&server, 0);
        let go = |peer: &mut enigo::Enigo, i| {
            let (x, y) = point(i);
            peer.move_mouse(x, y, enigo::Coordinate::Abs).unwrap();
        };
        group.bench_function("enigo", |b| b.iter_custom(|times| in_bursts(&mut peer, times, go, |_| {})));
    }
    group.finish();
}

/// From the call to the key event at the application; for '日', which the layout lacks, once the key map has it.
fn typing(c: &mut Criterion) {
    let server = XServer::xvfb(800, 600);
    let application = Application::new(&server);
    let mut group = c.benchmark_group("input/typing");
    let mut desktop = ours(&server);
    for (name, text) in [("a", "a"), ("at sign", "@"), ("cjk", "日")] {
        let batch = [Input::Text(text.into())];
        group.bench_function(format!("ours/{name}"), |b| {
            b.iter(|| {
                assert_eq!(desktop.inject(&batch).unwrap().accepted, 1);
                application.wait_for_key();
            });
        });
    }
    let key = |down| Input::Key { usage: HidUsage::A, down, text: down.then_some('a') };
    group.bench_function("ours/key a", |b| {
        b.iter(|| {
            assert_eq!(desktop.inject(&[key(true), key(false)]).unwrap().accepted, 2);
            application.wait_for_key();
        });
    });
    drop(desktop);
    #[cfg(feature = "peers")]
    for (delay, label) in [(0, "enigo without delay"), (12, "enigo")] {
        use enigo::Keyboard as _;
        let mut peer = enigo(&server, delay);
        for (name, text) in [("a", "a"), ("at sign", "@"), ("cjk", "日")] {
            group.bench_function(format!("{label}/{name}"), |b| {
                b.iter(|| {
                    peer.text(text).unwrap();
                    application.wait_for_key();
                });
            });
        }
    }
    group.finish();
}

#[cfg(feature = "peers")]
fn enigo(server: &XServer, delay: u32) -> enigo::Enigo {
    let settings = enigo::Settings { linux_delay: delay, x11_display: Some(server.display().into()), ..enigo::Settings::default() };
    enigo::Enigo::new(&settings).unwrap()
}

fn settings() -> Criterion {
    Criterion::default().sample_size(30).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2))
}

criterion_group! { name = benches; config = settings(); targets = motion, typing }
criterion_main!(benches);
