//! Pixels and damage.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use rh_capture::{Config, DamageSource, DisplayId, Error, Event, Kind, Options, Rect, Select, Transfer, open};

use super::screen::{Pen, colours, scribble, watching, xwd};
use crate::{
    mirror::{Dice, Mirror, await_frame, drain},
    xserver::XServer,
};

const D: DisplayId = DisplayId(0);

#[test]
fn every_way_of_transfer_shows_what_xwd_sees() {
    let server = XServer::xvfb(641, 359);
    let pen = Pen::on(&server);
    let (mut dice, mut windows) = (Dice(77), Vec::new());
    for (way, words) in [(Transfer::SharedMemory, "memfd"), (Transfer::SharedMemorySysV, "sysv"), (Transfer::Socket, "socket")] {
        let mut capture = watching(&server, way, &Options::default());
        assert_eq!(capture.info().transfer, words);
        assert_eq!(capture.info().damage, DamageSource::Exact);
        let mut mirror = Mirror::default();
        capture.invalidate(D);
        mirror.follow(&mut *capture, D);
        for _ in 0..20 {
            scribble(&pen, &mut dice, &mut windows, 641, 359);
        }
        pen.fill(5, 7, 100, 50, 0x00ab_cdef);
        mirror.follow(&mut *capture, D);
        assert_eq!(mirror.pixels[(7 * 641 + 5) * 4..][..3], [0xef, 0xcd, 0xab]);
        assert!(colours(&mirror.pixels) == xwd(&server), "{words}");
    }
    assert_eq!(watching(&server, Transfer::Auto, &Options::default()).info().transfer, "memfd");
}

#[test]
fn damage_is_close_to_what_was_drawn() {
    let server = XServer::xvfb(800, 600);
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    pen.fill(100, 200, 64, 32, 0x00ff_0000);
    pen.fill(700, 10, 8, 8, 0x0000_ff00);
    await_frame(&mut *capture, D);
    let mut damage = capture.frame(D).unwrap().damage.to_vec();
    damage.sort_by_key(|rect| rect.x);
    // The first may have been announced alone.
    if damage.len() == 1 {
        await_frame(&mut *capture, D);
        damage.extend(capture.frame(D).unwrap().damage);
    }
    assert_eq!(damage, [Rect::new(100, 200, 64, 32), Rect::new(700, 10, 8, 8)]);
}

fn random_draws(rounds: u32, seed: u64) {
    let server = XServer::xvfb(480, 300);
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    let mut mirror = Mirror::default();
    capture.invalidate(D);
    mirror.follow(&mut *capture, D);
    let (mut dice, mut windows) = (Dice(seed), Vec::new());
    for round in 0..rounds {
        scribble(&pen, &mut dice, &mut windows, 480, 300);
        if dice.roll(4) == 0 {
            // The server had done the drawing before we look, so whatever changed is known at once.
            drain(&mut *capture);
            mirror.take(&capture.frame(D).unwrap());
            assert!(mirror.pixels == pen.grab(0, 0, 480, 300), "stale pixels in round {round}");
        }
    }
}

#[test]
fn random_draws_leave_no_stale_pixel() {
    random_draws(1000, 0xfeed_beef);
}

#[test]
#[ignore = "soak: 10,000 draws"]
fn soak_ten_thousand_random_draws_leave_no_stale_pixel() {
    random_draws(10_000, 0x0dd_ba11);
}

#[test]
fn damage_is_sound_while_another_client_keeps_drawing() {
    let server = XServer::xvfb(480, 300);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    let mut mirror = Mirror::default();
    capture.invalidate(D);
    mirror.follow(&mut *capture, D);
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        let drawing = scope.spawn(|| {
            let pen = Pen::on(&server);
            let (mut dice, mut windows) = (Dice(0xc0_ffee), Vec::new());
            while !enough.load(Ordering::Relaxed) {
                scribble(&pen, &mut dice, &mut windows, 480, 300);
            }
            // Windows go with their client; for the comparison below the screen has to stay as it is.
            pen
        });
        // Frames fall between any two of its requests, and the mirror checks each: nothing new outside the damage.
        (0..300).for_each(|_| mirror.follow(&mut *capture, D));
        enough.store(true, Ordering::Relaxed);
        let pen = drawing.join().unwrap();
        drain(&mut *capture);
        mirror.take(&capture.frame(D).unwrap());
        assert!(mirror.pixels == pen.grab(0, 0, 480, 300));
    });
}

#[test]
fn a_small_change_is_read_once_and_no_more_than_it_is() {
    let server = XServer::xvfb(1920, 1080);
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    let before = capture.stats();
    pen.fill(100, 100, 64, 64, 0x0012_3456);
    await_frame(&mut *capture, D);
    let read = capture.stats().reads - before.reads;
    assert_eq!(capture.frame(D).unwrap().damage, [Rect::new(100, 100, 64, 64)]);
    assert_eq!((capture.stats().reads - before.reads, capture.stats().pixels_read - before.pixels_read), (1, 64 * 64));
    assert_eq!(read, 1, "the pixels came with the word that they changed");
    // The box around two corners is most of the screen.
    pen.fill(0, 0, 8, 8, 0x0012_3456);
    pen.fill(1900, 1000, 8, 8, 0x0012_3456);
    let before = capture.stats();
    for _ in 0..2 {
        drain(&mut *capture);
        let frame = capture.frame(D).unwrap();
        assert!(frame.pixels[(1000 * 1920 + 1900) * 4..][..3] == [0x56, 0x34, 0x12]);
    }
    assert!(capture.stats().pixels_read - before.pixels_read <= 3 * 64);
}

#[test]
fn verifying_finds_nothing_missed_and_changes_no_picture() {
    let server = XServer::xvfb(320, 200);
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options { verify: true, ..Options::default() });
    let mut mirror = Mirror::default();
    capture.invalidate(D);
    mirror.follow(&mut *capture, D);
    let (mut dice, mut windows) = (Dice(5), Vec::new());
    for _ in 0..100 {
        scribble(&pen, &mut dice, &mut windows, 320, 200);
        mirror.take(&capture.frame(D).unwrap());
        assert!(mirror.pixels == pen.grab(0, 0, 320, 200));
    }
    assert_eq!(capture.stats().missed_pixels, 0);
}

#[test]
fn without_damage_reports_changes_are_found_by_comparing() {
    let server = XServer::xvfb_with(321, 203, &["-extension", "DAMAGE"]);
    let pen = Pen::on(&server);
    let options = Options { poll: Duration::from_millis(5), ..Options::default() };
    let mut capture = watching(&server, Transfer::Auto, &options);
    assert_eq!(capture.info().damage, DamageSource::None);
    let mut mirror = Mirror::default();
    capture.invalidate(D);
    mirror.follow(&mut *capture, D);
    let mut dice = Dice(9);
    for round in 0..30u32 {
        pen.fill(dice.roll(300) as i16, dice.roll(200) as i16, 3, 3, 0x0010_2030 + round);
        mirror.follow(&mut *capture, D);
        assert!(mirror.pixels == pen.grab(0, 0, 321, 203), "round {round}");
        assert!(mirror.damage.iter().map(Rect::area).sum::<u64>() <= 4 * 64 * 64, "{:?}", mirror.damage);
    }
    assert!(capture.next(Instant::now() + Duration::from_millis(50)).unwrap().is_none());
}

#[test]
fn random_draws_leave_no_stale_pixel_without_damage_reports() {
    let server = XServer::xvfb_with(321, 203, &["-extension", "DAMAGE"]);
    let pen = Pen::on(&server);
    let options = Options { poll: Duration::from_millis(1), ..Options::default() };
    let mut capture = watching(&server, Transfer::Auto, &options);
    let mut mirror = Mirror::default();
    capture.invalidate(D);
    mirror.follow(&mut *capture, D);
    let (mut dice, mut windows) = (Dice(0xbead), Vec::new());
    for round in 0..200 {
        scribble(&pen, &mut dice, &mut windows, 321, 203);
        // At most one look, and a frame if it saw anything: some draws change nothing.
        while capture.next(Instant::now() + 3 * options.poll).unwrap().is_some_and(|event| !matches!(event, Event::Frame(_))) {}
        mirror.take(&capture.frame(D).unwrap());
        assert!(mirror.pixels == pen.grab(0, 0, 321, 203), "stale pixels in round {round}");
    }
}

#[test]
fn a_frame_taken_late_is_new_without_damage_reports_too() {
    let server = XServer::xvfb_with(200, 100, &["-extension", "DAMAGE"]);
    let pen = Pen::on(&server);
    let options = Options { poll: Duration::from_millis(1), verify: true };
    let mut capture = watching(&server, Transfer::Auto, &options);
    pen.fill(3, 4, 5, 6, 0x0000_00ff);
    await_frame(&mut *capture, D);
    pen.fill(100, 70, 5, 6, 0x0000_ff00);
    assert!(capture.next(Instant::now() + 3 * options.poll).unwrap().is_none(), "it was told already");
    let frame = capture.frame(D).unwrap();
    assert_eq!(frame.damage, [Rect::new(0, 0, 64, 64), Rect::new(64, 64, 64, 36)]);
    assert!(frame.pixels == pen.grab(0, 0, 200, 100));
    assert_eq!(capture.stats().missed_pixels, 0, "where nothing is reported, nothing is missed");
}

#[test]
fn without_damage_there_is_no_event_and_no_work() {
    let server = XServer::xvfb(1920, 1080);
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    // A burst of changes, whose end must not keep anybody awake.
    for n in 0..50 {
        pen.fill(n, n, 10, 10, 0x00ff_0000);
        await_frame(&mut *capture, D);
        capture.frame(D).unwrap();
    }
    let (stats, cpu) = (capture.stats(), thread_cpu());
    assert!(capture.next(Instant::now() + Duration::from_secs(1)).unwrap().is_none());
    let spent = thread_cpu() - cpu;
    assert!(capture.frame(D).unwrap().damage.is_empty());
    assert_eq!((capture.stats().reads, capture.stats().pixels_read), (stats.reads, stats.pixels_read));
    assert!(spent < Duration::from_millis(2), "{spent:?} of processor time in an idle second");
}

/// Processor time of this thread.
#[allow(unsafe_code, reason = "std has no processor time")]
fn thread_cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[test]
fn a_busy_consumer_costs_nothing_and_gets_the_newest() {
    let server = XServer::xvfb(400, 300);
    let pen = Pen::on(&server);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    pen.fill(0, 0, 10, 10, 1);
    await_frame(&mut *capture, D);
    let before = capture.stats();
    for n in 0..200 {
        pen.fill(n, n, 10, 10, 0x00ff_0000 + n as u32);
        assert!(drain(&mut *capture).is_empty(), "it was told already");
    }
    assert_eq!(capture.stats(), before);
    assert!(capture.frame(D).unwrap().pixels == pen.grab(0, 0, 400, 300));
}

#[test]
fn invalidating_makes_the_next_frame_whole() {
    let server = XServer::xvfb(200, 100);
    let mut capture = watching(&server, Transfer::Auto, &Options::default());
    capture.invalidate(D);
    await_frame(&mut *capture, D);
    assert_eq!(capture.frame(D).unwrap().damage, [Rect::new(0, 0, 200, 100)]);
    assert!(capture.frame(D).unwrap().damage.is_empty());
}

#[test]
fn two_consumers_have_their_own_damage() {
    let server = XServer::xvfb(200, 100);
    let pen = Pen::on(&server);
    let (mut one, mut two) =
        (watching(&server, Transfer::Auto, &Options::default()), watching(&server, Transfer::Auto, &Options::default()));
    pen.fill(3, 4, 5, 6, 0x0000_00ff);
    for capture in [&mut one, &mut two] {
        await_frame(&mut **capture, D);
        assert_eq!(capture.frame(D).unwrap().damage, [Rect::new(3, 4, 5, 6)]);
    }
}

#[test]
fn a_screen_of_another_depth_is_refused_in_words() {
    let server = XServer::xvfb_with(100, 100, &["-screen", "0", "100x100x16"]);
    let config = Config { display: Some(server.display().into()), ..Config::default() };
    let error = open(&Select::Exactly(Kind::X11), &config).err().unwrap();
    assert!(matches!(&error, Error::Unsupported { kind: Kind::X11, what } if what.contains("depth 16")), "{error}");
}
