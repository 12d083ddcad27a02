//! The sharer's own windows in a real session: code, consent, and the bar without which nothing is shown.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use rh_input::{HidUsage, Inject, Input, Settings};
use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ConnectionExt, MapState, Window},
    rust_connection::RustConnection,
};

use crate::{
    pair::{frames, helper},
    programs::{Program, until},
    xserver::XServer,
};

/// A person at the sharer's device: real key strokes on its display.
struct Person {
    x: RustConnection,
    root: Window,
    hands: Box<dyn Inject>,
}

impl Person {
    fn at(server: &XServer) -> Self {
        let (x, screen) = x11rb::connect(Some(server.display())).expect("the server accepts clients");
        let root = x.setup().roots[screen].root;
        let hands = rh_input::open(Settings { display: Some(server.display().to_owned()), ..Settings::default() }).expect("XTEST is there");
        Self { x, root, hands }
    }

    /// Waits until some window takes the keys.
    fn await_focus(&self) {
        until("a window with the focus", || {
            let focus = self.x.get_input_focus().ok()?.reply().ok()?.focus;
            (focus > 1 && focus != self.root).then_some(())
        });
    }

    fn press(&mut self, keys: &[HidUsage]) {
        let down = keys.iter().map(|usage| Input::Key { usage: *usage, down: true, text: None });
        let up = keys.iter().rev().map(|usage| Input::Key { usage: *usage, down: false, text: None });
        let acts: Vec<Input> = down.chain(up).collect();
        let report = self.hands.inject(&acts).expect("the server is there");
        assert_eq!(report.accepted, acts.len());
    }

    fn write(&mut self, text: &str) {
        let report = self.hands.inject(&[Input::Text(text.into())]).expect("the server is there");
        assert_eq!(report.accepted, 1);
    }

    /// The sharer's windows that can be seen.
    fn windows(&self) -> Vec<Window> {
        let tree = self.x.query_tree(self.root).expect("sent").reply().expect("answered");
        let named = |w: &Window| {
            let name = self.x.get_property(false, *w, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64).ok().and_then(|c| c.reply().ok());
            let seen = self.x.get_window_attributes(*w).ok().and_then(|c| c.reply().ok());
            name.is_some_and(|n| !n.value.is_empty()) && seen.is_some_and(|a| a.map_state == MapState::VIEWABLE)
        };
        tree.children.into_iter().filter(named).collect()
    }
}

#[test]
fn when_the_bar_dies_nothing_is_shown_any_more() {
    let server = XServer::xvfb(1000, 700);
    let mut person = Person::at(&server);
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let mut command: Command = server.command(env!("CARGO_BIN_EXE_sharer"));
    command.args(["--connect", &address, "--name", "Sam", "--virtual", "640x480", "--animation-fps", "30"]);
    let sharer = Program::start(command);

    person.await_focus();
    // The window may come up between two strokes: what is not taken is typed again.
    until("the code is taken", || {
        person.write(&code.replace('-', ""));
        person.press(&[HidUsage::ENTER]);
        helper.try_expect("paired", Duration::from_millis(700))
    });
    // A question cannot be answered in its first half second, so that nobody allows by a key stroke meant for something else. A stroke too many declines;
    // then the helper asks again.
    until("the question is answered", || {
        std::thread::sleep(Duration::from_millis(700));
        person.press(&[HidUsage::LEFT_SHIFT, HidUsage::TAB]);
        person.press(&[HidUsage::ENTER]);
        let granted = helper.try_expect("granted ViewOnly", Duration::from_millis(1500));
        if granted.is_none() {
            helper.tell("mode view");
        }
        granted
    });
    helper.expect("frames 1");
    let first = frames(&mut helper);
    until("frames flow", || (frames(&mut helper) > first + 10).then_some(()));

    let bars = person.windows();
    assert!(!bars.is_empty(), "the bar is on the screen");
    for bar in bars {
        person.x.kill_client(bar).expect("sent");
    }
    person.x.flush().expect("sent");
    let killed = Instant::now();
    let (_, said) = helper.end();
    assert!(killed.elapsed() < Duration::from_secs(2), "over within 1 s and a little, not {:?}: {said:#?}", killed.elapsed());
    let (status, said) = sharer.end();
    assert!(!status.success(), "a bar that dies is no good end: {said:#?}");
}
