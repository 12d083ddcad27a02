//! The main job on a real X server with a real terminal on it.

use std::{
    fs,
    net::TcpListener,
    time::{Duration, Instant},
};

use rh_auth::code::{Code, LiveCode};
use rh_proto::{
    error::DenyCode,
    limits::Limits,
    mode::Mode,
    msg::{
        MessageType,
        input::{HidUsage, Input, InputBatch},
    },
    session::HelperEvent,
};
use x11rb::{
    connection::Connection,
    protocol::xproto::{ConfigureWindowAux, ConnectionExt, CreateWindowAux, WindowClass},
};

use crate::{
    pair::{Pair, sharer},
    picture::expect_equal,
    programs::{Program, until},
    rogue::Rogue,
    scratch::Scratch,
    terminal::{Running, connect, content, keys_down, place, property, start_xterm, xterm},
    xserver::XServer,
};

/// What is typed: letters, shifted and AltGr characters of a German layout, characters of no layout.
const TYPED: &str = "Grüße @ {home} ~ 日本語 é🙂";

#[test]
fn a_helper_types_into_a_real_terminal_and_sees_it_exactly() {
    let server = XServer::xvfb(800, 600);
    let scratch = Scratch::new();
    let status = server.command("setxkbmap").args(["de"]).status().expect("setxkbmap is installed");
    assert!(status.success());
    let x = connect(&server);
    let file = scratch.file("typed");
    let _terminal = xterm(&server, &x, &format!("cat > {}", file.display()), "80x24+20+20");

    let mut pair = Pair::viewing(&["--display", server.display()]);
    expect_equal("view only", &mut pair.helper, &server, scratch.path());

    // In view only, keys go nowhere: not even out of the helper.
    pair.helper.tell("type before control");
    pair.helper.expect("note input not sent");

    pair.take_control();
    pair.helper.tell(&format!("type {TYPED}"));
    pair.helper.tell("press enter");
    let line = until("the line in the terminal", || content(&file).lines().next().map(str::to_owned));
    assert_eq!(line, TYPED, "as typed, and nothing from before control was granted");
    expect_equal("after typing", &mut pair.helper, &server, scratch.path());
    assert_eq!(keys_down(&x), Vec::<u8>::new());

    // The sharer takes control back: from then on, nothing arrives any more.
    pair.sharer.tell("view");
    pair.helper.expect("revoked");
    pair.helper.tell("type after");
    pair.helper.expect("note input not sent");
    pair.helper.tell("chat done");
    pair.sharer.expect("chat done");
    assert_eq!(content(&file).lines().count(), 1);
    pair.leave();
}

#[test]
fn all_keys_are_up_after_the_helper_is_killed_in_the_middle_of_a_chord() {
    let server = XServer::xvfb(640, 480);
    let x = connect(&server);
    let _terminal = xterm(&server, &x, "cat > /dev/null", "40x10+0+0");
    let mut pair = Pair::viewing(&["--display", server.display()]);
    pair.take_control();
    for key in ["ctrl", "shift", "a"] {
        pair.helper.tell(&format!("down {key}"));
    }
    pair.helper.tell("button left down");
    until("the chord is held", || (keys_down(&x).len() == 3).then_some(()));
    let killed = Instant::now();
    pair.helper.kill();
    until("all keys are up", || keys_down(&x).is_empty().then_some(()));
    assert!(killed.elapsed() < Duration::from_secs(3), "within 3 s, not {:?}", killed.elapsed());
    let pointer = x.query_pointer(x.setup().roots[0].root).expect("sent").reply().expect("answered");
    assert_eq!(u16::from(pointer.mask) & 0x1f00, 0, "all buttons are up");
    let (status, said) = pair.sharer.end();
    assert_eq!(status.code(), Some(14), "the sharer says that the other side is gone: {said:#?}");
}

#[test]
fn all_keys_are_up_after_the_sharer_itself_is_killed() {
    let server = XServer::xvfb(640, 480);
    let x = connect(&server);
    let _terminal = xterm(&server, &x, "cat > /dev/null", "40x10+0+0");
    let mut pair = Pair::viewing(&["--display", server.display()]);
    pair.take_control();
    pair.helper.tell("down ctrl");
    pair.helper.tell("down c");
    until("the chord is held", || (keys_down(&x).len() == 2).then_some(()));
    let killed = Instant::now();
    pair.sharer.kill();
    until("all keys are up", || keys_down(&x).is_empty().then_some(()));
    assert!(killed.elapsed() < Duration::from_secs(3), "within 3 s, not {:?}", killed.elapsed());
    let (status, _) = pair.helper.end();
    assert_eq!(status.code(), Some(14));
}

#[test]
fn all_keys_are_up_soon_after_the_helper_hangs_in_the_middle_of_a_chord() {
    let server = XServer::xvfb(640, 480);
    let x = connect(&server);
    let _terminal = xterm(&server, &x, "cat > /dev/null", "40x10+0+0");
    let mut pair = Pair::viewing(&["--display", server.display()]);
    pair.take_control();
    for key in ["ctrl", "shift", "a"] {
        pair.helper.tell(&format!("down {key}"));
    }
    until("the chord is held", || (keys_down(&x).len() == 3).then_some(()));
    let stopped = Instant::now();
    pair.helper.signal("STOP");
    until("all keys are up", || keys_down(&x).is_empty().then_some(()));
    assert!(stopped.elapsed() < Duration::from_secs(5), "within 5 s, not {:?}", stopped.elapsed());
    // That was no end of the session: a helper that only was slow for a while goes on.
    pair.helper.signal("CONT");
    pair.helper.tell("chat here I am again");
    pair.sharer.expect("chat here I am again");
    assert_eq!(keys_down(&x), Vec::<u8>::new());
    pair.leave();
}

/// What is on its way when the person takes control back is not typed: neither what waits at the helper, nor on the wire, nor at the sharer.
#[test]
fn typing_stops_when_the_sharer_takes_control_back() {
    let server = XServer::xvfb(640, 480);
    let scratch = Scratch::new();
    let x = connect(&server);
    let file = scratch.file("typed");
    // Every character at once, not every line. The shell makes the file when the terminal is ready.
    let _terminal = xterm(&server, &x, &format!("stty -icanon -echo; cat > {}", file.display()), "40x10+0+0");
    until("the terminal is ready", || file.exists().then_some(()));
    let mut pair = Pair::viewing(&["--display", server.display()]);
    pair.take_control();
    // Of no layout: each needs a key of its own.
    let typed: Vec<char> = ('\u{4e00}'..).take(2000).collect();
    for part in typed.chunks(100) {
        pair.helper.tell(&format!("type {}", part.iter().collect::<String>()));
    }
    let length = || fs::metadata(&file).map_or(0, |file| file.len());
    until("the first characters", || (length() > 0).then_some(()));
    pair.sharer.tell("view");
    let taken_back = Instant::now();
    // Whether something goes on for good, only time tells.
    std::thread::sleep(Duration::from_secs(2));
    let early = length();
    std::thread::sleep(Duration::from_secs(4).saturating_sub(taken_back.elapsed()));
    assert_eq!(length(), early, "bytes in the file 2 s and 4 s after the person took control back");
    let text = String::from_utf8(fs::read(&file).expect("the terminal writes it")).expect("whole characters");
    let arrived = text.chars().count();
    println!("{arrived} of {} characters arrived before control was taken back", typed.len());
    assert!(arrived < typed.len() / 2, "{arrived} characters: far from all");
    assert_eq!(text, typed[..arrived].iter().collect::<String>(), "in order, none missing, none else");
    assert_eq!(keys_down(&x), Vec::<u8>::new());
    pair.leave();
}

#[test]
fn a_rogue_helper_that_only_may_view_is_denied_and_types_nothing() {
    let server = XServer::xvfb(640, 480);
    let scratch = Scratch::new();
    let x = connect(&server);
    let file = scratch.file("typed");
    let _terminal = xterm(&server, &x, &format!("cat > {}", file.display()), "40x10+0+0");
    until("the terminal is ready", || file.exists().then_some(()));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let code = LiveCode::new(Code::from_entropy([4; 5]), Instant::now());
    let mut sharer = Program::start(sharer(&address, &["--display", server.display()]));
    sharer.tell(&code.code().to_string());
    let mut rogue = Rogue::meet(&listener, &code);
    rogue.expect("Authenticated", |event| matches!(event, HelperEvent::Authenticated).then_some(()));

    let enter = |down| Input::Key { usage: HidUsage::keyboard(0x28), down, text: None };
    let acts = [Input::MoveBy { dx: 33, dy: 22 }, Input::Text("rm -rf".into()), enter(true), enter(false)];
    let batch = |id| InputBatch::new(id, &acts, &Limits::DEFAULT).expect("a small batch");
    let pointer = || {
        let at = x.query_pointer(x.setup().roots[0].root).expect("sent").reply().expect("answered");
        (at.root_x, at.root_y)
    };
    let denied = |rogue: &mut Rogue, id: u32, why: DenyCode| {
        rogue.forge(&batch(id));
        let code = rogue.expect("Denied", |event| match event {
            HelperEvent::Denied { message: MessageType::INPUT, code, id: of } if *of == id => Some(*code),
            _ => None,
        });
        assert_eq!(code, why);
    };
    let start = pointer();

    denied(&mut rogue, 1, DenyCode::NO_MODE);
    rogue.session().request_mode(Instant::now(), Mode::ViewOnly).expect("a helper may ask");
    rogue.expect("ConsentPending", |event| matches!(event, HelperEvent::ConsentPending { .. }).then_some(()));
    sharer.expect("asked the helper asks to view");
    sharer.tell("y view");
    rogue.expect("ModeGranted", |event| matches!(event, HelperEvent::ModeGranted(Mode::ViewOnly)).then_some(()));
    // The first picture: the sharer's indicator is on.
    rogue.expect("Frame", |event| matches!(event, HelperEvent::Frame { .. }).then_some(()));
    denied(&mut rogue, 2, DenyCode::VIEW_ONLY);

    // The session goes on, both ways.
    rogue.session().send_chat(Instant::now(), "sorry").expect("a helper may talk");
    rogue.expect("ChatDelivered", |event| matches!(event, HelperEvent::ChatDelivered { .. }).then_some(()));
    sharer.expect("chat sorry");
    sharer.tell("chat never mind");
    rogue.expect("Chat", |event| matches!(event, HelperEvent::Chat { text, .. } if text.as_str() == "never mind").then_some(()));
    assert_eq!((content(&file), pointer()), (String::new(), start), "nothing was injected");

    // It was the mode that stopped it: with control, the same bytes do what they say.
    rogue.session().request_mode(Instant::now(), Mode::FullControl).expect("a helper may ask");
    rogue.expect("ConsentPending", |event| matches!(event, HelperEvent::ConsentPending { .. }).then_some(()));
    sharer.expect("asked the helper asks to control");
    sharer.tell("y control");
    rogue.expect("ModeGranted", |event| matches!(event, HelperEvent::ModeGranted(Mode::FullControl)).then_some(()));
    rogue.forge(&batch(3));
    assert_eq!(until("a line", || content(&file).lines().next().map(str::to_owned)), "rm -rf");
    assert_eq!(pointer(), (start.0 + 33, start.1 + 22));
}

#[test]
fn a_window_is_dragged_by_its_title_bar_with_the_helpers_pointer() {
    let server = XServer::xvfb(900, 700);
    let scratch = Scratch::new();
    let x = connect(&server);
    let root = x.setup().roots[0].root;
    // With its own defaults, whatever the person who runs the tests likes.
    let mut openbox = server.command("openbox");
    openbox.arg("--sm-disable").env("XDG_CONFIG_HOME", scratch.path()).env("XDG_CACHE_HOME", scratch.path());
    let _openbox = Running::start(openbox);
    until("the window manager", || (!property(&x, root, "_NET_SUPPORTING_WM_CHECK").is_empty()).then_some(()));
    let _terminal = start_xterm(&server, "seq 1 100; cat", "60x20+100+80");
    let window = until("the terminal in its frame", || property(&x, root, "_NET_CLIENT_LIST").first().copied());
    // Left, right, above, below: pixels of the frame.
    let frame =
        until("the frame", || Some(property(&x, window, "_NET_FRAME_EXTENTS")).filter(|f| f.get(2).is_some_and(|above| *above > 8)));

    let mut pair = Pair::viewing(&["--display", server.display()]);
    pair.take_control();
    expect_equal("before the drag", &mut pair.helper, &server, scratch.path());
    let start = place(&x, window);
    let title = (start.0 + 150, start.1 - i32::try_from(frame[2] / 2).expect("a small number"));
    pair.helper.tell(&format!("move {} {}", title.0, title.1));
    pair.helper.tell("button left down");
    // As under a hand: some pixels after the press it is taken for a drag, and the window follows the motions from then on.
    let mut pulled = 0;
    until("the window manager takes hold", || {
        pulled = pulled % 60 + 10;
        pair.helper.tell(&format!("move {} {}", title.0 + pulled, title.1));
        (place(&x, window) != start).then_some(())
    });
    for step in 1..=20 {
        pair.helper.tell(&format!("move {} {}", title.0 + step * 12, title.1 + step * 8));
    }
    until("the window is where it was dragged", || (place(&x, window) == (start.0 + 240, start.1 + 160)).then_some(()));
    pair.helper.tell("button left up");
    // Let go, it no longer follows.
    pair.helper.tell("move 5 5");
    until("the pointer is away", || {
        let at = x.query_pointer(root).ok()?.reply().ok()?;
        ((at.root_x, at.root_y) == (5, 5)).then_some(())
    });
    expect_equal("after the drag", &mut pair.helper, &server, scratch.path());
    assert_eq!(place(&x, window), (start.0 + 240, start.1 + 160));
    pair.leave();
}

#[test]
fn a_window_that_is_dragged_and_a_long_scroll_are_exact() {
    let server = XServer::xvfb(900, 700);
    let scratch = Scratch::new();
    let x = connect(&server);
    let root = x.setup().roots[0].root;
    let go = scratch.file("go");
    let terminal = xterm(
        &server,
        &x,
        &format!(
            "until [ -e {go} ]; do sleep 0.05; done; seq 1 3000; echo done > {done}; cat",
            go = go.display(),
            done = scratch.file("done").display()
        ),
        "70x30+40+40",
    );
    let mut pair = Pair::viewing(&["--display", server.display()]);
    expect_equal("before", &mut pair.helper, &server, scratch.path());

    for step in 0..60 {
        let at = ConfigureWindowAux::new().x(40 + step * 4).y(40 + step * 2);
        x.configure_window(terminal.window, &at).expect("sent");
        x.flush().expect("sent");
    }
    expect_equal("after the drag", &mut pair.helper, &server, scratch.path());

    fs::write(&go, "").expect("the scratch folder is writable");
    until("the terminal scrolled", || scratch.file("done").exists().then_some(()));
    expect_equal("after the scroll", &mut pair.helper, &server, scratch.path());

    // A window that comes and goes over it.
    let popup = x.generate_id().expect("an id");
    let aux = CreateWindowAux::new().background_pixel(0x00ff_8800).override_redirect(1);
    x.create_window(24, popup, root, 200, 150, 333, 222, 0, WindowClass::INPUT_OUTPUT, 0, &aux).expect("sent");
    x.map_window(popup).expect("sent").check().expect("mapped");
    expect_equal("with a popup", &mut pair.helper, &server, scratch.path());
    x.destroy_window(popup).expect("sent").check().expect("destroyed");
    expect_equal("without it", &mut pair.helper, &server, scratch.path());
    pair.leave();
}

#[test]
fn a_screen_that_is_resized_is_exact() {
    let server = XServer::xorg_dummy();
    let scratch = Scratch::new();
    let x = connect(&server);
    let _terminal = xterm(&server, &x, "seq 1 100; cat", "80x24+100+100");
    let mut pair = Pair::viewing(&["--display", server.display()]);
    let status = server.command("xrandr").args(["--output", "DUMMY0", "--mode", "1280x720"]).status().expect("xrandr is installed");
    assert!(status.success());
    pair.helper.expect("layout [(1280, 720)]");
    // `import` grabs the whole root window, which RandR leaves at the size of the screen.
    let status = server.command("xrandr").args(["--fb", "1280x720"]).status().expect("xrandr is installed");
    assert!(status.success());
    expect_equal("after the resize", &mut pair.helper, &server, scratch.path());
    pair.leave();
}
