//! The administrator's prompt: neither seen nor reached below Elevation, and both in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rh_auth::code::{Code, LiveCode};
use rh_capture::{DisplayId, Rect, SecureKind, VirtualDesktop};
use rh_examples::contoso::Contoso;
use rh_examples::ui::SharedPicture;
use rh_examples::ui::helper::{HelperAction, PointerButton, RequestedMode};
use rh_examples::vouched::Entry;
use rh_proto::mode::Mode;

use crate::ends::{Ends, Told};
use crate::programs::until;

/// What the mask is painted with, as the picture holds it.
const MASK: u32 = 0x0060_6060;

/// The pixels of a region, row by row, without what is no colour.
fn region(pixels: &[u32], width: usize, rect: Rect) -> Vec<u32> {
    let side = |n: u32| usize::try_from(n).unwrap();
    let rows = side(rect.y)..side(rect.bottom());
    rows.flat_map(|y| pixels[y * width + side(rect.x)..y * width + side(rect.right())].iter().map(|p| p & 0x00ff_ffff)).collect()
}

fn seen(picture: &SharedPicture, rect: Rect) -> Vec<u32> {
    let picture = picture.lock().unwrap_or_else(PoisonError::into_inner);
    region(picture.pixels(), picture.width(), rect)
}

/// What the screen itself shows there.
fn truth(desktop: &VirtualDesktop, display: DisplayId, rect: Rect) -> Vec<u32> {
    let picture = desktop.pixels(display).unwrap();
    let pixels: Vec<u32> = picture.pixels.chunks_exact(4).map(|p| u32::from_le_bytes([p[0], p[1], p[2], 0])).collect();
    region(&pixels, usize::try_from(picture.size.width).unwrap(), rect)
}

/// What every frame is compared with, once there is a prompt: its place and its pixels.
type Watch = Arc<Mutex<Option<(Rect, Vec<u32>, Vec<u32>)>>>;

#[test]
fn a_prompt_is_neither_seen_nor_reached_below_elevation() {
    let contoso = Contoso::open().unwrap();
    let live = LiveCode::new(Code::from_entropy([1, 2, 3, 4, 5]), Instant::now());
    let typed = Code::parse(&live.code().to_string()).unwrap();
    let (invitation, standing, line) = contoso.admit(&live).unwrap();
    let watch: Watch = Arc::default();
    let leaks = Arc::new(Mutex::new(0));
    let (watched, count) = (Arc::clone(&watch), Arc::clone(&leaks));
    let look = Box::new(move |picture: &SharedPicture| {
        if let Some((rect, before, prompt)) = &*watched.lock().unwrap() {
            let shown = seen(picture, *rect);
            let leaked = shown
                .iter()
                .zip(before)
                .zip(prompt)
                .filter(|((shown, before), prompt)| **shown == **prompt && **prompt != **before && **prompt != MASK);
            *count.lock().unwrap() += leaked.count();
        }
    });
    let entry = Entry::Vouched { sid: invitation.sid, code: typed, standing: Box::new(standing), line };
    let ends = Ends::start(invitation, entry, look);
    ends.grant(RequestedMode::Control, Mode::FullControl);
    let settled = |what: &str, rect: Rect, expected: &dyn Fn() -> Vec<u32>| {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let picture = ends.picture.lock().unwrap().clone();
            if picture.is_some_and(|picture| seen(&picture, rect) == expected()) {
                return;
            }
            assert!(Instant::now() < deadline, "{what}: not within 20 s");
            ends.wait(what, |told| matches!(told, Told::Frame).then_some(()));
        }
    };
    let display = ends.desktop.widgets().unwrap().display;
    // Once, unseen by anybody, to know where it will be and what it looks like.
    let (place, prompt) = {
        let twin = VirtualDesktop::new(rh_capture::Size::new(640, 480)).unwrap();
        twin.set_animation(false);
        twin.show_prompt(SecureKind::Uac);
        let place = twin.widgets().unwrap().prompt.unwrap();
        (place, truth(&twin, twin.widgets().unwrap().display, place))
    };
    settled("the screen before", place, &|| truth(&ends.desktop, display, place));
    // Away from where the prompt will be.
    ends.helper.send(HelperAction::PointerMove { x: 5, y: 6 }).unwrap();
    let pointer = || ends.desktop.pointer().map(|at| (at.x, at.y));
    until("the pointer is in the corner", || (pointer() == Some((5, 6))).then_some(()));
    let before = truth(&ends.desktop, display, place);
    assert!(prompt.iter().zip(&before).filter(|(prompt, before)| prompt != before).count() > 1000, "the prompt looks different");
    *watch.lock().unwrap() = Some((place, before.clone(), prompt));

    ends.desktop.show_prompt(SecureKind::Uac);
    settled("the mask", place, &|| vec![MASK; before.len()]);
    // Keys, text, and clicks on it: nothing arrives.
    let middle = |rect: Rect| (i32::try_from(rect.x + rect.width / 2).unwrap(), i32::try_from(rect.y + rect.height / 2).unwrap());
    let (x, y) = middle(place);
    for act in [
        HelperAction::PointerMove { x, y },
        HelperAction::Button { button: PointerButton::Left, down: true },
        HelperAction::Button { button: PointerButton::Left, down: false },
        HelperAction::Text("hunter2".to_owned()),
        HelperAction::Key { usage: 0x28, down: true, text: None },
        HelperAction::Key { usage: 0x28, down: false, text: None },
        HelperAction::Chat("done".to_owned()),
    ] {
        ends.helper.send(act).unwrap();
    }
    ends.wait("what was sent after it", |told| matches!(told, Told::Sharer(rh_proto::session::SharerEvent::Chat { .. })).then_some(()));
    assert_eq!(ends.desktop.prompt_input().as_deref(), Some(""), "nothing was typed, and Enter did not confirm it");
    assert_eq!(pointer(), Some((5, 6)), "the pointer did not go there");
    // It comes and goes, in the middle of everything.
    for _ in 0..20 {
        ends.desktop.dismiss_prompt();
        std::thread::yield_now();
        ends.desktop.show_prompt(SecureKind::Uac);
    }
    settled("the mask again", place, &|| vec![MASK; before.len()]);
    assert_eq!(*leaks.lock().unwrap(), 0, "no frame had a pixel of the prompt");

    *watch.lock().unwrap() = None;
    ends.grant(RequestedMode::Elevation, Mode::Elevation);
    settled("the prompt in Elevation", place, &|| truth(&ends.desktop, display, place));
    ends.helper.send(HelperAction::Text("letmein".to_owned())).unwrap();
    until("the helper types into the prompt", || (ends.desktop.prompt_input().as_deref() == Some("letmein")).then_some(()));
    // Back in view only, which never asks: it is hidden again.
    ends.helper.send(HelperAction::Downgrade).unwrap();
    settled("the mask after Elevation", place, &|| vec![MASK; before.len()]);
    ends.helper.send(HelperAction::Leave).unwrap();
    ends.end().0.unwrap();
}
