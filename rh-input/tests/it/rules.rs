//! The rules that hold for every backend, shown on the built-in ones.

use std::sync::{Arc, Mutex};

use rh_input::{Act, Axis, Button, Display, DisplayId, Error, HidUsage, Inject, Input, Layout, Locks, MAX_TEXT, Record, Rect, Virtual};

fn layout(generation: u64) -> Arc<Layout> {
    let rect = Rect { x: 0, y: 0, width: 100, height: 50 };
    Arc::new(Layout { generation, displays: vec![Display::new(DisplayId(7), rect)] })
}

fn key(usage: HidUsage, down: bool) -> Input {
    Input::Key { usage, down, text: None }
}

fn to(generation: u64, x: i32, y: i32) -> Input {
    Input::MoveTo { display: DisplayId(7), generation, x, y }
}

#[test]
fn a_drop_releases_keys_in_reverse_then_buttons() {
    let mut desktop = Record::new();
    let log = desktop.log();
    let chord = [key(HidUsage::LEFT_CONTROL, true), key(HidUsage::C, true), Input::Button { button: Button::Left, down: true }];
    assert_eq!(desktop.inject(&chord).unwrap().accepted, 3);
    assert_eq!(desktop.held().keys(), [HidUsage::LEFT_CONTROL, HidUsage::C]);
    drop(desktop);
    let releases = [key(HidUsage::C, false), key(HidUsage::LEFT_CONTROL, false), Input::Button { button: Button::Left, down: false }];
    assert_eq!(log.inputs()[3..], releases);
    assert!(log.held().is_empty());
}

#[test]
fn nothing_goes_down_twice_or_up_unpressed() {
    let mut desktop = Record::new();
    let log = desktop.log();
    let a = |down| key(HidUsage::A, down);
    assert_eq!(desktop.inject(&[a(false), a(true), a(true), a(false), a(false)]).unwrap().accepted, 5);
    assert_eq!(log.inputs(), [a(true), a(false)]);
}

#[test]
fn a_stale_position_is_refused_and_the_rest_goes_on() {
    let mut desktop = Record::new();
    let log = desktop.log();
    assert_eq!(desktop.inject(&[to(1, 5, 5)]).unwrap().stale, 1, "no layout yet");
    desktop.set_layout(layout(2));
    let report = desktop.inject(&[to(1, 5, 5), to(2, 6, 6), to(2, 100, 0), key(HidUsage::A, true)]).unwrap();
    assert_eq!((report.stale, report.outside, report.accepted), (1, 1, 2));
    assert_eq!(log.inputs(), [to(2, 6, 6), key(HidUsage::A, true)]);
}

#[test]
fn an_unknown_key_is_reported() {
    let report = Record::new().inject(&[key(HidUsage(u32::MAX), true), key(HidUsage::keyboard(1), true)]).unwrap();
    assert_eq!((report.accepted, report.unsupported), (0, 2));
}

#[test]
fn a_text_over_the_limit_is_refused_before_anything_is_done() {
    let mut desktop = Record::new();
    let log = desktop.log();
    let batch = [key(HidUsage::A, true), Input::Text("x".repeat(MAX_TEXT + 1).into())];
    assert!(matches!(desktop.inject(&batch), Err(Error::LimitExceeded { limit: MAX_TEXT, .. })));
    assert!(log.inputs().is_empty());
    assert_eq!(desktop.inject(&[Input::Text("x".repeat(MAX_TEXT).into())]).unwrap().accepted, 1);
}

#[test]
fn the_recorder_has_locks_and_forgets_the_oldest() {
    let mut desktop = Record::new();
    let log = desktop.log();
    let locks = Locks { caps: true, num: false, scroll: true };
    assert_eq!(desktop.inject(&[Input::Locks(locks)]).unwrap().accepted, 1);
    assert_eq!(desktop.locks().unwrap(), locks);
    for i in 0..70_000 {
        assert_eq!(desktop.inject(&[Input::MoveBy { dx: i, dy: 0 }]).unwrap().accepted, 1);
    }
    let inputs = log.inputs();
    assert_eq!(inputs.len(), 65_536);
    assert_eq!(inputs.last(), Some(&Input::MoveBy { dx: 69_999, dy: 0 }));
}

#[test]
fn the_virtual_desktop_gets_normalised_acts() {
    let acts = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&acts);
    let mut desktop = Virtual::new(move |act| sink.lock().unwrap().push(act));
    desktop.set_layout(layout(1));
    let report = desktop
        .inject(&[
            to(1, 99, 49),
            to(0, 1, 1),
            Input::Text("日\r\n\u{1}".into()),
            Input::Wheel { axis: Axis::Vertical, v120: -30 },
            Input::Key { usage: HidUsage::E, down: true, text: Some('é') },
            Input::Attention,
        ])
        .unwrap();
    assert_eq!((report.accepted, report.stale, report.unsupported), (4, 1, 1));
    assert_eq!(report.unsupported_chars, ['\u{1}']);
    drop(desktop);
    assert_eq!(
        *acts.lock().unwrap(),
        [
            Act::MoveTo { display: DisplayId(7), x: 99, y: 49 },
            Act::Text('日'),
            Act::Text('\n'),
            Act::Wheel { axis: Axis::Vertical, v120: -30 },
            Act::Key { usage: HidUsage::E, down: true, text: Some('é') },
            Act::Key { usage: HidUsage::E, down: false, text: None },
        ]
    );
}
