//! Characters arrive in a real terminal as they were sent.

use rh_input::{HidUsage, Inject as _, Input, Locks};

use super::{
    support::{Eye, Term, key, open, run, tap, text},
    xserver::XServer,
};

const LAYOUTS: [&str; 9] = ["us", "gb", "de", "fr", "es", "se", "ru", "gr", "jp"];
const SAMPLE: &str = "aZ1@#{}\\~éßñçø€ЖщΩ日🙂";

fn lf(s: &str) -> Input {
    text(&format!("{s}\n"))
}

#[test]
fn the_sample_on_nine_layouts_with_caps_shift_and_control_held() {
    let server = XServer::xvfb(800, 600);
    let term = Term::new(&server);
    let eye = Eye::new(&server);
    for layout in LAYOUTS {
        run(&server, "setxkbmap", &["-layout", layout]);
        let mut desktop = open(&server);
        let report = desktop.inject(&[lf(SAMPLE)]).unwrap();
        assert_eq!((report.accepted, report.unsupported_chars), (1, vec![]));
        assert_eq!(term.line(), SAMPLE, "{layout}");

        let caps = Locks { caps: true, ..Locks::default() };
        assert_eq!(desktop.inject(&[Input::Locks(caps), lf(SAMPLE)]).unwrap().accepted, 2);
        assert_eq!(term.line(), SAMPLE, "{layout}, Caps Lock");
        assert!(desktop.locks().unwrap().caps, "Caps Lock is put back");
        assert_eq!(desktop.inject(&[Input::Locks(Locks::default())]).unwrap().accepted, 1);

        for (held, mask) in [(HidUsage::LEFT_SHIFT, 1), (HidUsage::RIGHT_CONTROL, 4), (HidUsage::LEFT_ALT, 8)] {
            assert_eq!(desktop.inject(&[key(held, true), lf(SAMPLE)]).unwrap().accepted, 2);
            assert_eq!(term.line(), SAMPLE, "{layout}, {held:?} held");
            assert_eq!(u16::from(eye.state().base_mods), mask, "{layout}: {held:?} is held again");
            assert_eq!(desktop.inject(&[key(held, false)]).unwrap().accepted, 1);
            let _ = desktop.locks().unwrap();
            assert_eq!(eye.down(), [0_u8; 0], "{layout}");
        }
    }
}

#[test]
fn keys_of_others_are_lifted_and_put_back() {
    let server = XServer::xvfb(800, 600);
    let term = Term::new(&server);
    let eye = Eye::new(&server);
    let mut desktop = open(&server);
    run(&server, "xdotool", &["keydown", "Control_L", "keydown", "Shift_L"]);
    let before = eye.down();
    assert_eq!(before.len(), 2);
    assert_eq!(desktop.inject(&[lf(SAMPLE)]).unwrap().accepted, 1);
    assert_eq!(term.line(), SAMPLE);
    drop(desktop);
    assert_eq!(eye.down(), before, "they are not ours to release");
    run(&server, "xdotool", &["keyup", "Control_L", "keyup", "Shift_L"]);
    // The next injector's Shift still works.
    let mut desktop = open(&server);
    let mut batch = vec![key(HidUsage::LEFT_SHIFT, true)];
    batch.extend(tap(HidUsage::A, None));
    batch.push(key(HidUsage::LEFT_SHIFT, false));
    batch.extend(tap(HidUsage::ENTER, None));
    assert_eq!(desktop.inject(&batch).unwrap().accepted, batch.len());
    assert_eq!(term.line(), "A");
}

#[test]
fn three_hundred_distinct_characters_in_order() {
    let server = XServer::xvfb(800, 600);
    let term = Term::new(&server);
    let mut desktop = open(&server);
    let chinese: String = ('\u{4e00}'..).take(300).collect();
    let report = desktop.inject(&[lf(&chinese)]).unwrap();
    assert_eq!(report.unsupported_chars, []);
    assert_eq!(term.line(), chinese);
    // Twenty more messages that mix what is bound with what is not.
    for start in 0..5 {
        let message: String = chinese.chars().skip(start * 50).step_by(11).take(20).collect();
        assert_eq!(desktop.inject(&[lf(&message)]).unwrap().accepted, 1);
        assert_eq!(term.line(), message);
    }
}

#[test]
fn the_key_map_is_put_back_on_drop() {
    let server = XServer::xvfb(800, 600);
    let term = Term::new(&server);
    for layout in ["us", "de,ru"] {
        run(&server, "setxkbmap", &["-layout", layout]);
        let dump = || (run(&server, "xmodmap", &["-pke"]), run(&server, "xkbcomp", &["-xkb", server.display(), "-"]));
        let before = dump();
        let mut desktop = open(&server);
        assert_eq!(desktop.inject(&[lf("日本語🙂")]).unwrap().accepted, 1);
        assert_eq!(term.line(), "日本語🙂");
        assert_ne!(dump().0, before.0);
        drop(desktop);
        assert!(dump() == before, "{layout}: the map differs");
    }
}

#[test]
fn a_layout_change_is_followed() {
    let server = XServer::xvfb(800, 600);
    let term = Term::new(&server);
    let mut desktop = open(&server);
    for layout in ["us", "fr", "ru", "us,gr", "de"] {
        run(&server, "setxkbmap", &["-layout", layout]);
        // Characters of the layout, lent ones, and one that was lent on the layout before.
        assert_eq!(desktop.inject(&[lf("zé日")]).unwrap().accepted, 1);
        assert_eq!(term.line(), "zé日", "{layout}");
    }
}

#[test]
fn a_character_of_another_group_is_typed_and_the_group_put_back() {
    let server = XServer::xvfb(800, 600);
    let term = Term::new(&server);
    let eye = Eye::new(&server);
    run(&server, "setxkbmap", &["-layout", "us,ru"]);
    let before = run(&server, "xmodmap", &["-pke"]);
    let mut desktop = open(&server);
    assert_eq!(desktop.inject(&[lf("abЖщ?Ω")]).unwrap().accepted, 1);
    assert_eq!(term.line(), "abЖщ?Ω");
    assert_eq!(u8::from(eye.state().group), 0);
    assert_eq!(desktop.inject(&[lf("Привет")]).unwrap().accepted, 1);
    assert_eq!(term.line(), "Привет");
    drop(desktop);
    assert_eq!(run(&server, "xmodmap", &["-pke"]), before);
}

#[test]
fn control_characters_are_reported_and_line_breaks_are_enter() {
    let server = XServer::xvfb(800, 600);
    let term = Term::new(&server);
    let mut desktop = open(&server);
    let report = desktop.inject(&[text("a\u{1}b\r\nc\rd\n")]).unwrap();
    assert_eq!(report.unsupported_chars, ['\u{1}']);
    assert_eq!([term.line(), term.line(), term.line()], ["ab", "c", "d"]);
}

#[test]
fn a_key_types_what_it_typed_where_it_was_pressed() {
    let server = XServer::xvfb(800, 600);
    let term = Term::new(&server);
    for layout in ["us", "fr", "ru"] {
        run(&server, "setxkbmap", &["-layout", layout]);
        let mut desktop = open(&server);
        // A German helper: AltGr+Q is an at sign, the key beside L an ö, Y and Z are swapped.
        let mut batch = vec![key(HidUsage::RIGHT_ALT, true)];
        batch.extend(tap(HidUsage::Q, Some('@')));
        batch.push(key(HidUsage::RIGHT_ALT, false));
        batch.extend(tap(HidUsage::SEMICOLON, Some('ö')));
        batch.extend(tap(HidUsage::Y, Some('z')));
        // Shift is a key of its own, and its character comes with it.
        batch.push(key(HidUsage::LEFT_SHIFT, true));
        batch.extend(tap(HidUsage::Z, Some('Y')));
        batch.push(key(HidUsage::LEFT_SHIFT, false));
        batch.extend(tap(HidUsage::ENTER, Some('\r')));
        assert_eq!(desktop.inject(&batch).unwrap().accepted, batch.len());
        assert_eq!(term.line(), "@özY", "{layout}");
    }
}

#[test]
fn dead_keys_work_whether_or_not_the_character_comes_along() {
    let server = XServer::xvfb(800, 600);
    let term = Term::new(&server);
    run(&server, "setxkbmap", &["-layout", "es"]);
    let mut desktop = open(&server);
    // Places only: the terminal composes. With text: the helper's system composed already.
    for with_text in [None, Some('á')] {
        let mut batch = tap(HidUsage::QUOTE, None).to_vec();
        batch.extend(tap(HidUsage::A, with_text));
        batch.extend(tap(HidUsage::ENTER, None));
        assert_eq!(desktop.inject(&batch).unwrap().accepted, batch.len());
        assert_eq!(term.line(), "á", "{with_text:?}");
    }
}
