//! Thousands of random acts: nothing panics, no pixel is stale, and damage is exact.

use std::time::Duration;

use rh_capture::{Act, Axis, Button, DisplayId, Event, Options, Placement, Rect, SecureKind, Size, VirtualDesktop};

use crate::mirror::{Dice, Mirror, cut, drain};

/// A random act; the pointer is mostly within the first display.
fn act(dice: &mut Dice, size: Size) -> Act {
    match dice.roll(12) {
        0..=2 => Act::MoveTo { display: DisplayId(0), x: dice.roll(size.width + 3), y: dice.roll(size.height + 3) },
        3 => Act::MoveBy { dx: dice.roll(200) as i32 - 100, dy: dice.roll(200) as i32 - 100 },
        4..=6 => Act::Button { button: [Button::Left, Button::Right][dice.roll(8) as usize / 7], down: dice.roll(2) == 0 },
        7 => Act::Wheel { axis: [Axis::Vertical, Axis::Horizontal][dice.roll(4) as usize / 3], v120: dice.roll(1000) as i32 - 500 },
        8 => Act::Key { usage: dice.roll(0xf0) as u16, down: true, text: None },
        9 => Act::Key { usage: dice.roll(0xf0) as u16, down: false, text: None },
        _ => Act::Text(char::from_u32(dice.roll(0x11_0000)).unwrap_or('\n')),
    }
}

/// Whether some pixel on each edge of the rectangle differs, so that it could not be smaller.
fn is_tight(before: &[u8], after: &[u8], size: Size, rect: Rect) -> bool {
    let edges = [
        Rect { height: 1, ..rect },
        Rect { width: 1, ..rect },
        Rect { y: rect.bottom() - 1, height: 1, ..rect },
        Rect { x: rect.right() - 1, width: 1, ..rect },
    ];
    edges.iter().all(|edge| cut(before, size, *edge) != cut(after, size, *edge))
}

#[test]
fn random_acts_leave_no_stale_pixel() {
    for size in [Size::new(400, 300), Size::new(90, 70), Size::new(1, 1)] {
        let mut dice = Dice(0x1234_5678_9abc_def1);
        let second = Placement { x: -50, y: 10, width: 50, height: 40 };
        let desktop = VirtualDesktop::with_displays(&[Placement { x: 0, y: 0, width: size.width, height: size.height }, second]).unwrap();
        let mut capture = desktop.capture();
        capture.start(&[DisplayId(0), DisplayId(1)], &Options::default()).unwrap();
        let mut mirror = Mirror::default();
        for round in 0..400u32 {
            let acts: Vec<_> = (0..1 + dice.roll(4)).map(|_| act(&mut dice, size)).collect();
            let other = dice.roll(60);
            let single = acts.len() == 1 && other > 9;
            desktop.act(&acts).unwrap();
            match other {
                0 => desktop.show_prompt(SecureKind::Polkit),
                1 => desktop.dismiss_prompt(),
                2..=9 => desktop.tick(Duration::from_millis(u64::from(round) * 20)),
                _ => {}
            }
            for event in drain(&mut *capture) {
                let Event::Frame(DisplayId(0)) = event else { continue };
                let before = mirror.pixels.clone();
                mirror.take(&capture.frame(DisplayId(0)).unwrap());
                assert!(mirror.pixels == desktop.pixels(DisplayId(0)).unwrap().pixels, "round {round}");
                if mirror.seq > 1 && single && mirror.damage.len() == 1 {
                    // Acts that both do and undo something leave damage behind that is no difference any more; a single one cannot.
                    let tight = is_tight(&before, &mirror.pixels, size, mirror.damage[0]);
                    assert!(tight || before == mirror.pixels, "round {round}: {:?} after {acts:?}", mirror.damage);
                }
            }
        }
        assert!(mirror.pixels == desktop.pixels(DisplayId(0)).unwrap().pixels);
    }
}
