//! The person at the device wins: what they do themselves pauses the helper's input, and a sharer that cannot see it gives no control.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    hardware::Seat,
    pair::{Pair, helper, sharer},
    programs::{Program, until},
    scratch::Scratch,
    terminal::{connect, keys_down, xterm},
    xproxy::XProxy,
    xserver::XServer,
};

/// How long own input pauses the helper's.
const PAUSE: Duration = Duration::from_secs(1);

/// Between two characters of the helper's: a fast typist, and far from a flood, which would end the session.
const STROKE: Duration = Duration::from_millis(20);

/// The X keycode of the key that types `x`.
const KEY_X: u32 = 53;

fn typed(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

/// A command for a terminal that writes every character to the file at once; the file is there when the terminal is ready.
fn record(file: &Path) -> String {
    format!("stty -icanon -echo; cat > {}", file.display())
}

/// The helper types a character; whether it came to be typed, or was refused because the person uses the device.
fn type_one(helper: &mut Program, character: char, file: &Path) -> bool {
    let before = typed(file).len();
    helper.tell(&format!("type {character}"));
    until("what the helper types is typed, or refused", || {
        if let Some(why) = helper.try_expect("denied", Duration::from_millis(20)) {
            assert_eq!(why, "5 the person at the device is using it");
            return Some(false);
        }
        (typed(file).len() > before).then_some(true)
    })
}

/// What the person does at `start` keeps the helper from typing until a second later, and no longer.
fn expect_pause(what: &str, helper: &mut Program, file: &Path, start: Instant) {
    // What is on its way already may be typed before, or dropped without a word with what else waits when the pause begins.
    until(&format!("{what}: the helper is refused"), || {
        helper.tell("type -");
        helper.try_expect("denied", STROKE)
    });
    assert!(start.elapsed() < PAUSE, "{what}: the pause begins when the person does something, not after {:?}", start.elapsed());
    while helper.try_expect("denied", 5 * STROKE).is_some() {}
    let stroke = || {
        std::thread::sleep(STROKE);
        type_one(helper, '+', file)
    };
    let refused = std::iter::repeat_with(stroke).take_while(|typed| !typed).count();
    let paused = start.elapsed();
    println!("{what}: refused {refused} times, then typed again {paused:?} after it");
    assert!((PAUSE..PAUSE + Duration::from_secs(2)).contains(&paused), "{what}: a second, not {paused:?}");
}

#[test]
fn own_input_pauses_the_helpers_for_a_second_and_injected_input_does_not() {
    let mut seat = Seat::new();
    let scratch = Scratch::new();
    let x = connect(&seat.server);
    let file = scratch.file("typed");
    let _terminal = xterm(&seat.server, &x, &record(&file), "40x10+0+0");
    until("the terminal is ready", || file.exists().then_some(()));
    let mut pair = Pair::viewing(&["--display", seat.server.display()]);
    pair.take_control();

    // All that the helper types is injected. None of it counts as the person's.
    for character in "injected".chars() {
        assert!(type_one(&mut pair.helper, character, &file), "{character} is refused, and nobody is at the keyboard");
    }
    assert_eq!(typed(&file), "injected");

    let start = Instant::now();
    seat.press(KEY_X);
    until("the person's own key is typed", || typed(&file).contains('x').then_some(()));
    expect_pause("a key", &mut pair.helper, &file, start);

    let start = Instant::now();
    seat.nudge(5.0, 3.0);
    expect_pause("the mouse", &mut pair.helper, &file, start);

    // What was refused is gone, not late.
    let text = typed(&file);
    assert_eq!(text.matches('+').count(), 2, "one for each pause that ended: {text:?}");
    // And what was held is up: the pause let go of it.
    pair.helper.tell("down shift");
    until("the helper holds a key", || (!keys_down(&x).is_empty()).then_some(()));
    seat.nudge(-5.0, -3.0);
    until("it is up", || keys_down(&x).is_empty().then_some(()));
    pair.leave();
}

#[test]
fn a_sharer_that_cannot_see_own_input_lets_a_helper_look_only() {
    let server = XServer::xvfb(320, 240);
    // A server without XInput 2, as this one is not.
    let proxy = XProxy::hiding(&server, "XInputExtension");
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let mut sharer = Program::start(sharer(&address, &["--display", proxy.display()]));
    sharer.tell(&code);
    let note = sharer.expect("note the helper may only look: your own input cannot be seen here");
    assert!(note.contains("XInput"), "and why: {note}");
    sharer.expect("asked the helper asks to view");
    sharer.tell("y view");
    helper.expect("frames 1");
    helper.tell("mode control");
    helper.expect("declined this sharer allows viewing only");
    helper.tell("leave");
    assert!(helper.end().0.success());
    let (status, said) = sharer.end();
    assert!(status.success() && !said.iter().any(|line| line.contains("asks to control")), "nobody was asked: {said:#?}");
}

#[test]
fn control_is_taken_back_when_own_input_is_not_seen_any_more() {
    let server = XServer::xvfb(320, 240);
    let proxy = XProxy::new(&server);
    let x = connect(&server);
    let mut pair = Pair::viewing(&["--display", proxy.display()]);
    pair.take_control();
    pair.helper.tell("down a");
    until("the helper holds a key", || (!keys_down(&x).is_empty()).then_some(()));

    // Of the sharer's connections, only the watch asks which devices are not hardware.
    proxy.cut("XTEST Device");
    pair.sharer.expect("mode the helper sees your screen");
    pair.sharer.expect("note the helper may only look: your own input cannot be seen here");
    pair.helper.expect("revoked Some(ViewOnly)");
    until("nothing is held", || keys_down(&x).is_empty().then_some(()));
    pair.helper.tell("mode control");
    pair.helper.expect("declined the sharer declined");
    // Looking goes on, and so does everything else.
    pair.helper.tell("chat still here");
    pair.sharer.expect("chat still here");
    pair.leave();
}
