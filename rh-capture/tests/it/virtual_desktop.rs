//! The desktop in memory: what acts do, and what a capture reports of it.

use std::{
    thread,
    time::{Duration, Instant},
};

use rh_capture::{
    Act, Axis, Button, Capture, DisplayId, Error, Event, Options, Placement, Reason, Rect, SecureKind, Size, State, VirtualDesktop, Why,
};

use crate::mirror::{Mirror, await_event, await_frame, drain, frame_error};

const ENTER: u16 = 0x28;
const BACKSPACE: u16 = 0x2a;
const LEFT: u16 = 0x50;
const UP: u16 = 0x52;
const END: u16 = 0x4d;
const SHIFT: u16 = 0xe1;
const CONTROL: u16 = 0xe0;

fn rect(x: i32, y: i32, width: u32, height: u32) -> Placement {
    Placement { x, y, width, height }
}

/// A capture of all displays, with everything taken that there is at first.
fn watching(desktop: &VirtualDesktop) -> Box<dyn Capture> {
    let mut capture = desktop.capture();
    let ids: Vec<_> = capture.layout().displays.iter().map(|d| d.id).collect();
    capture.start(&ids, &Options::default()).unwrap();
    drain(&mut *capture);
    for id in ids {
        capture.frame(id).unwrap();
    }
    capture
}

fn to(target: Rect) -> Act {
    Act::MoveTo { display: DisplayId(0), x: target.x + target.width / 2, y: target.y + target.height / 2 }
}

fn left(down: bool) -> Act {
    Act::Button { button: Button::Left, down }
}

fn press(usage: u16) -> [Act; 2] {
    [Act::Key { usage, down: true, text: None }, Act::Key { usage, down: false, text: None }]
}

/// A desktop whose text field has the focus.
fn typing() -> VirtualDesktop {
    let desktop = VirtualDesktop::default();
    let field = desktop.widgets().unwrap().text_field;
    desktop.act(&[to(field), left(true), left(false)]).unwrap();
    desktop
}

fn type_text(desktop: &VirtualDesktop, text: &str) {
    text.chars().for_each(|c| desktop.act(&[Act::Text(c)]).unwrap());
}

#[test]
fn text_goes_to_the_field_only_after_a_click() {
    let desktop = VirtualDesktop::default();
    type_text(&desktop, "lost");
    assert_eq!(desktop.typed_text(), "");
    let desktop = typing();
    type_text(&desktop, "é日🙂\tЖ");
    assert_eq!(desktop.typed_text(), "é日🙂\tЖ");
}

#[test]
fn keys_edit_as_in_any_text_field() {
    let desktop = typing();
    type_text(&desktop, "ab日c");
    desktop.act(&press(LEFT)).unwrap();
    desktop.act(&press(BACKSPACE)).unwrap();
    assert_eq!(desktop.typed_text(), "abc");
    desktop.act(&press(ENTER)).unwrap();
    assert_eq!(desktop.typed_text(), "ab\nc");
    desktop.act(&press(UP)).unwrap();
    desktop.act(&press(END)).unwrap();
    type_text(&desktop, "!");
    assert_eq!(desktop.typed_text(), "ab!\nc");
}

#[test]
fn keys_without_text_are_a_us_keyboard_and_shortcuts_type_nothing() {
    let desktop = typing();
    let hold = |usage, down| Act::Key { usage, down, text: None };
    desktop.act(&press(0x04)).unwrap();
    desktop.act(&[hold(SHIFT, true), hold(0x04, true), hold(0x04, false), hold(SHIFT, false)]).unwrap();
    desktop.act(&[hold(CONTROL, true), hold(0x04, true), hold(0x04, false)]).unwrap();
    assert_eq!(desktop.typed_text(), "aA");
    assert_eq!(desktop.held_keys(), [CONTROL]);
    desktop.act(&[hold(CONTROL, false), Act::Key { usage: 0x05, down: true, text: Some('ß') }]).unwrap();
    assert_eq!(desktop.typed_text(), "aAß");
}

#[test]
fn typing_damages_only_around_the_caret() {
    let desktop = typing();
    let mut capture = watching(&desktop);
    let mut mirror = Mirror::default();
    mirror.take(&{
        capture.invalidate(DisplayId(0));
        capture.frame(DisplayId(0)).unwrap()
    });
    type_text(&desktop, "x");
    mirror.follow(&mut *capture, DisplayId(0));
    assert_eq!(mirror.damage.len(), 1);
    assert!(mirror.damage[0].area() <= 16 * 16, "a character and the caret: {:?}", mirror.damage);
    assert_eq!(mirror.pixels, desktop.pixels(DisplayId(0)).unwrap().pixels);
}

#[test]
fn each_character_looks_different() {
    let mut seen = std::collections::HashSet::new();
    for character in "aáAbß日本🙂🙃Ж".chars() {
        let desktop = typing();
        type_text(&desktop, &character.to_string());
        assert!(seen.insert(desktop.pixels(DisplayId(0)).unwrap().pixels), "{character} looks like another character");
    }
}

#[test]
fn the_list_scrolls_and_reports_the_move() {
    let desktop = VirtualDesktop::default();
    let list = desktop.widgets().unwrap().list;
    desktop.act(&[to(list)]).unwrap();
    let mut capture = watching(&desktop);
    let mut mirror = Mirror::default();
    mirror.take(&{
        capture.invalidate(DisplayId(0));
        capture.frame(DisplayId(0)).unwrap()
    });
    desktop.act(&[Act::Wheel { axis: Axis::Vertical, v120: 240 }]).unwrap();
    assert_eq!(desktop.list_offset(), 120);
    mirror.follow(&mut *capture, DisplayId(0));
    let [step] = mirror.moves[..] else { panic!("one move: {:?}", mirror.moves) };
    assert_eq!((step.dx, step.dy, step.src.width, step.src.height), (0, -120, list.width, list.height - 120));
    // Eight eighths of a notch are a notch.
    for _ in 0..8 {
        desktop.act(&[Act::Wheel { axis: Axis::Vertical, v120: -15 }]).unwrap();
    }
    assert_eq!(desktop.list_offset(), 60);
    desktop.act(&[Act::Wheel { axis: Axis::Vertical, v120: i32::MIN }]).unwrap();
    assert_eq!(desktop.list_offset(), 0);
    desktop.act(&[Act::Wheel { axis: Axis::Vertical, v120: i32::MAX }, Act::Wheel { axis: Axis::Vertical, v120: 120 }]).unwrap();
    assert_eq!(desktop.list_offset(), 200 * 20 - list.height, "the last row is at the bottom");
}

#[test]
fn a_window_is_dragged_and_reported_as_moved() {
    let desktop = VirtualDesktop::default();
    let mut capture = watching(&desktop);
    let mut mirror = Mirror::default();
    mirror.take(&{
        capture.invalidate(DisplayId(0));
        capture.frame(DisplayId(0)).unwrap()
    });
    let before = desktop.widgets().unwrap();
    desktop.act(&[to(before.text_title_bar), left(true), Act::MoveBy { dx: 37, dy: 21 }, left(false)]).unwrap();
    let after = desktop.widgets().unwrap();
    assert_eq!((after.text_field.x, after.text_field.y), (before.text_field.x + 37, before.text_field.y + 21));
    mirror.follow(&mut *capture, DisplayId(0));
    assert!(mirror.moves.iter().any(|step| (step.dx, step.dy) == (37, 21)), "{:?}", mirror.moves);
    desktop.act(&[Act::MoveBy { dx: 50, dy: 0 }]).unwrap();
    assert_eq!(desktop.widgets().unwrap(), after, "the button is up");
}

#[test]
fn the_button_counts_clicks_that_end_on_it() {
    let desktop = VirtualDesktop::default();
    let button = desktop.widgets().unwrap().button;
    desktop.act(&[to(button), left(true), left(false)]).unwrap();
    assert_eq!(desktop.clicks(), 1);
    desktop.act(&[left(true), Act::MoveBy { dx: 500, dy: 0 }, left(false)]).unwrap();
    assert_eq!(desktop.clicks(), 1);
    assert!(desktop.held_buttons().is_empty());
}

#[test]
fn the_animation_depends_on_the_time_it_is_given_and_nothing_else() {
    let (one, two) = (VirtualDesktop::default(), VirtualDesktop::default());
    one.tick(Duration::from_millis(100));
    one.tick(Duration::from_millis(1000));
    two.tick(Duration::from_millis(1010));
    let picture = |desktop: &VirtualDesktop| desktop.pixels(DisplayId(0)).unwrap();
    assert_eq!(picture(&one), picture(&two));
    assert_ne!(picture(&one), picture(&VirtualDesktop::default()));
    one.set_animation(false);
    one.tick(Duration::from_secs(60));
    assert_eq!(picture(&one), picture(&two));
}

#[test]
fn nothing_happens_without_change() {
    let desktop = VirtualDesktop::default();
    let mut capture = watching(&desktop);
    let before = capture.stats();
    desktop.tick(Duration::ZERO);
    let pointer = desktop.pointer().unwrap();
    desktop.act(&[Act::MoveTo { display: pointer.display, x: pointer.x, y: pointer.y }, Act::MoveBy { dx: 0, dy: 0 }]).unwrap();
    assert!(capture.next(Instant::now() + Duration::from_millis(50)).unwrap().is_none());
    assert!(capture.frame(DisplayId(0)).unwrap().damage.is_empty());
    assert_eq!(capture.stats().pixels_read, before.pixels_read);
}

#[test]
fn a_busy_consumer_is_told_once_and_gets_the_newest() {
    let desktop = typing();
    let mut capture = watching(&desktop);
    let mut slow = Mirror::default();
    slow.take(&{
        capture.invalidate(DisplayId(0));
        capture.frame(DisplayId(0)).unwrap()
    });
    type_text(&desktop, "a");
    await_frame(&mut *capture, DisplayId(0));
    type_text(&desktop, "bcd");
    assert!(drain(&mut *capture).is_empty());
    slow.take(&capture.frame(DisplayId(0)).unwrap());
    assert_eq!(slow.pixels, desktop.pixels(DisplayId(0)).unwrap().pixels);
}

#[test]
fn the_pointer_is_not_in_the_picture() {
    let desktop = VirtualDesktop::default();
    let mut capture = watching(&desktop);
    let field = desktop.widgets().unwrap().text_field;
    desktop.act(&[to(field)]).unwrap();
    let events = drain(&mut *capture);
    let [Event::CursorShape(shape), Event::CursorPosition(at)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((at.x, at.y), (field.x + field.width / 2, field.y + field.height / 2));
    assert_eq!(shape.pixels.len(), (shape.size.width * shape.size.height * 4) as usize);
    assert!(shape.hotspot_x < shape.size.width && shape.hotspot_y < shape.size.height);
}

#[test]
fn displays_lie_anywhere_and_the_pointer_crosses_where_they_touch() {
    let desktop = VirtualDesktop::with_displays(&[rect(0, 0, 640, 480), rect(-320, -100, 320, 240)]).unwrap();
    let mut capture = watching(&desktop);
    let second = capture.layout().displays[1].clone();
    assert_eq!((second.rect.x, second.rect.y), (-320, -100));
    desktop.act(&[Act::MoveTo { display: DisplayId(0), x: 0, y: 50 }, Act::MoveBy { dx: -1, dy: 0 }]).unwrap();
    let at = desktop.pointer().unwrap();
    assert_eq!((at.display, at.x, at.y), (second.id, 319, 150));
    desktop.act(&[Act::MoveBy { dx: i32::MIN, dy: i32::MAX }]).unwrap();
    let at = desktop.pointer().unwrap();
    assert_eq!((at.display, at.x, at.y), (second.id, 0, 239), "it stays on the display at whose edge there is none");
    assert!(!drain(&mut *capture).is_empty());
}

#[test]
fn hot_plug_is_an_event_with_a_new_generation() {
    let desktop = VirtualDesktop::new(Size::new(640, 480)).unwrap();
    let mut capture = watching(&desktop);
    let before = capture.layout();
    let added = desktop.add_display(rect(640, 0, 320, 200)).unwrap();
    let Event::Layout(layout) = await_event(&mut *capture, |event| matches!(event, Event::Layout(_))) else { unreachable!() };
    assert!(layout.generation > before.generation);
    assert_eq!(layout.display(added).unwrap().pixels, Size::new(320, 200));
    assert_eq!(capture.layout(), layout);
    assert!(matches!(frame_error(&mut *capture, added), Some(Error::ApiMisuse(_))), "new displays wait for `start`");
    capture.start(&[DisplayId(0), added], &Options::default()).unwrap();
    Mirror::default().follow(&mut *capture, added);

    desktop.place_display(added, rect(640, 0, 100, 50)).unwrap();
    let mut mirror = Mirror::default();
    mirror.follow(&mut *capture, added);
    assert_eq!(mirror.size, Size::new(100, 50));

    desktop.remove_display(added).unwrap();
    await_event(&mut *capture, |event| matches!(event, Event::Layout(_)));
    assert_eq!(frame_error(&mut *capture, added), Some(Error::NoSuchDisplay(added)));
    assert_eq!(desktop.remove_display(added), Err(Error::NoSuchDisplay(added)));
    assert_eq!(desktop.act(&[Act::MoveTo { display: added, x: 0, y: 0 }]), Err(Error::NoSuchDisplay(added)));
}

#[test]
fn a_desktop_without_displays_waits() {
    let desktop = VirtualDesktop::default();
    desktop.remove_display(DisplayId(0)).unwrap();
    desktop.act(&[Act::MoveBy { dx: 1, dy: 1 }, left(true), left(false), Act::Text('x')]).unwrap();
    desktop.show_prompt(SecureKind::Unknown);
    desktop.tick(Duration::from_secs(1));
    assert!(desktop.widgets().is_none() && desktop.pointer().is_none());
    desktop.add_display(rect(0, 0, 300, 200)).unwrap();
    assert!(desktop.widgets().is_some());
}

#[test]
fn sizes_are_bounded() {
    let new = |width, height| VirtualDesktop::new(Size::new(width, height)).err();
    assert!(matches!(new(0, 10), Some(Error::ApiMisuse(_))));
    assert!(matches!(new(u32::MAX, 1), Some(Error::LimitExceeded { .. })));
    assert!(matches!(new(16384, 16384), Some(Error::LimitExceeded { .. })));
    for side in [1, 2, 3, 17, 64] {
        assert!(new(side, 1).is_none() && new(1, side).is_none());
    }
}

#[test]
fn a_secure_prompt_takes_the_input_and_says_where_it_is() {
    let desktop = typing();
    let mut capture = watching(&desktop);
    desktop.show_prompt(SecureKind::Polkit);
    let prompt = desktop.widgets().unwrap().prompt.unwrap();
    let Event::State(state) = await_event(&mut *capture, |event| matches!(event, Event::State(_))) else { unreachable!() };
    assert_eq!(state, State::Secure { kind: SecureKind::Polkit, region: Some((DisplayId(0), prompt)), capturable: true });
    type_text(&desktop, "secret");
    assert_eq!(desktop.prompt_input().as_deref(), Some("secret"));
    desktop.act(&press(ENTER)).unwrap();
    assert_eq!(desktop.prompt_input(), None);
    assert_eq!(desktop.typed_text(), "");
    await_event(&mut *capture, |event| matches!(event, Event::State(State::Active)));
}

#[test]
fn pauses_announce_no_frames_and_the_end_is_final() {
    let desktop = typing();
    let mut capture = watching(&desktop);
    desktop.set_state(State::Paused(Why::DisplayOff));
    type_text(&desktop, "x");
    assert!(matches!(drain(&mut *capture)[..], [Event::State(State::Paused(Why::DisplayOff))]));
    desktop.set_state(State::Active);
    await_frame(&mut *capture, DisplayId(0));
    desktop.set_state(State::Ended(Reason::Revoked));
    await_event(&mut *capture, |event| matches!(event, Event::State(State::Ended(Reason::Revoked))));
    assert_eq!(capture.next(Instant::now()).err(), Some(Error::Ended));
    assert_eq!(frame_error(&mut *capture, DisplayId(0)), Some(Error::Ended));
}

#[test]
fn a_waker_interrupts_from_another_thread() {
    let desktop = VirtualDesktop::default();
    let mut capture = watching(&desktop);
    let waker = capture.waker();
    let waking = thread::spawn(move || waker.wake());
    assert!(capture.next(Instant::now() + Duration::from_secs(60)).unwrap().is_none());
    waking.join().unwrap();
    let waker = capture.waker();
    drop(capture);
    waker.wake();
}

#[test]
fn wrong_use_is_an_error() {
    let desktop = VirtualDesktop::default();
    let mut capture = desktop.capture();
    assert!(matches!(capture.start(&[], &Options::default()), Err(Error::ApiMisuse(_))));
    assert!(matches!(capture.start(&[DisplayId(0), DisplayId(0)], &Options::default()), Err(Error::ApiMisuse(_))));
    assert_eq!(capture.start(&[DisplayId(9)], &Options::default()), Err(Error::NoSuchDisplay(DisplayId(9))));
    assert!(matches!(frame_error(&mut *capture, DisplayId(0)), Some(Error::ApiMisuse(_))));
    assert!(capture.next(Instant::now()).unwrap().is_none());
    capture.invalidate(DisplayId(9));
}
