//! Images that are coarse at first and exact in the end.

use proptest::prelude::*;
use rh_codec::{Budget, FrameView, Hints, Profile, Rect, Settings};

use crate::screen::{Link, Noise, Screen, exact_settings};

/// Frames after which everything must have come, at rest and without a budget.
const SOON: usize = 8;

fn settle(link: &mut Link, screen: &Screen, budget: Budget, most: usize) -> usize {
    for frames in 0..most {
        if link.encoder.is_settled() {
            assert!(link.shows(screen), "settled, and something else is shown");
            return frames;
        }
        link.send(screen, &Hints::default(), budget);
    }
    panic!("not settled after {most} frames");
}

fn square(a: u8, b: u8) -> f64 {
    f64::from(a.abs_diff(b)).powi(2)
}

/// Signal to noise of what is shown within a rectangle, in dB; infinite where it is exact.
fn psnr(link: &Link, frame: &FrameView<'_>, rect: Rect) -> f64 {
    let shown = link.decoder.surface().unwrap();
    let mut sum = 0.0;
    for y in rect.y..rect.bottom() {
        let columns = rect.x as usize * 4..rect.right() as usize * 4;
        let (a, b) = (&shown.row(y)[columns.clone()], &frame.row(y)[columns]);
        sum += a
            .as_chunks::<4>()
            .0
            .iter()
            .zip(b.as_chunks::<4>().0)
            .map(|(a, b)| (0..3).map(|i| square(a[i], b[i])).sum::<f64>())
            .sum::<f64>();
    }
    #[expect(clippy::cast_precision_loss, reason = "areas are small")]
    let count = rect.area() as f64 * 3.0;
    10.0 * (255.0f64.powi(2) * count / sum).log10()
}

#[test]
fn a_photograph_comes_coarsely_and_small_and_becomes_exact() {
    let mut link = Link::with(Settings::default());
    let mut screen = Screen::new(640, 480, 0);
    screen.photo(screen.whole(), &mut Noise(1));
    let coarse = link.send(&screen, &Hints::default(), Budget::UNLIMITED);
    assert!(!link.encoder.is_settled());
    let exact = Link::new().show(&screen);
    assert!(coarse.bytes * 2 < exact.bytes, "{} bytes, and {} exactly", coarse.bytes, exact.bytes);
    for block in (0..480).step_by(16).flat_map(|y| (0..640).step_by(16).map(move |x| Rect::new(x, y, 16, 16))) {
        assert!(psnr(&link, &screen.view(), block) >= 34.0, "{block:?}");
    }
    settle(&mut link, &screen, Budget::UNLIMITED, SOON);
}

#[test]
fn text_is_exact_at_once_beside_and_on_a_photograph() {
    let mut link = Link::with(Settings::default());
    let mut screen = Screen::new(640, 480, 0);
    screen.photo(screen.whole(), &mut Noise(1));
    let page = Rect::new(320, 0, 320, 240);
    screen.text(page, &mut Noise(2));
    let label = Rect::new(48, 48, 64, 32);
    screen.text(label, &mut Noise(3));
    link.send(&screen, &Hints::default(), Budget::UNLIMITED);
    assert!(!link.encoder.is_settled(), "the photograph is not coarse");
    for rect in [page, label] {
        assert!(psnr(&link, &screen.view(), rect).is_infinite(), "{rect:?}");
    }
}

#[test]
fn without_refinement_what_is_coarse_stays_and_counts_as_settled() {
    let mut link = Link::with(Settings { refine: false, ..Settings::default() });
    let mut screen = Screen::new(320, 240, 0);
    screen.photo(screen.whole(), &mut Noise(1));
    let mut message = Vec::new();
    link.encoder.encode(&screen.view(), &Hints::default(), Budget::UNLIMITED, &mut message).unwrap();
    link.decoder.decode(&message).unwrap();
    assert!(link.encoder.is_settled() && !link.shows(&screen));
    for _ in 0..SOON {
        message.clear();
        link.encoder.encode(&screen.view(), &Hints::default(), Budget::UNLIMITED, &mut message).unwrap();
        assert!(message.is_empty());
    }
}

#[test]
fn on_a_slow_link_a_better_picture_comes_before_the_exact_one() {
    let mut link = Link::with(Settings::default());
    let mut screen = Screen::new(640, 480, 0);
    screen.photo(screen.whole(), &mut Noise(1));
    link.send(&screen, &Hints::default(), Budget::UNLIMITED);
    let first = psnr(&link, &screen.view(), screen.whole());
    let mut best = Vec::new();
    for _ in 0..2000 {
        if link.encoder.is_settled() {
            break;
        }
        link.send(&screen, &Hints::default(), Budget::bytes(4000));
        best.push(psnr(&link, &screen.view(), screen.whole()));
    }
    assert!(link.encoder.is_settled());
    let middle = best.iter().filter(|psnr| psnr.is_finite() && **psnr > first + 2.0).count();
    assert!(middle > 1, "from {first} dB to exact without anything in between");
    assert!(best.windows(2).all(|pair| pair[1] > pair[0] - 0.1), "it became worse on the way");
}

#[test]
fn a_scrolled_photograph_still_becomes_exact() {
    let mut link = Link::with(Settings::default());
    let mut screen = Screen::new(400, 400, 0);
    let mut noise = Noise(4);
    screen.photo(Rect::new(30, 30, 300, 300), &mut noise);
    link.send(&screen, &Hints::default(), Budget::UNLIMITED);
    for (dx, dy) in [(0, -17), (0, -17), (5, 40), (-33, 0)] {
        screen.shift(screen.whole(), dx, dy);
        let encoded = link.send(&screen, &Hints::default(), Budget::UNLIMITED);
        assert!(encoded.copies > 0);
    }
    settle(&mut link, &screen, Budget::UNLIMITED, SOON);
}

#[test]
fn what_a_window_covered_comes_back_without_being_sent_again() {
    let mut link = Link::with(Settings::default());
    let mut screen = Screen::new(640, 480, 0);
    let mut noise = Noise(5);
    screen.photo(screen.whole(), &mut noise);
    link.send(&screen, &Hints::default(), Budget::UNLIMITED);
    settle(&mut link, &screen, Budget::UNLIMITED, SOON);
    for _ in 0..SOON {
        link.send(&screen, &Hints::default(), Budget::UNLIMITED);
    }
    let before = screen.clone();
    screen.text(Rect::new(100, 100, 300, 200), &mut noise);
    let opened = link.send(&screen, &Hints::default(), Budget::UNLIMITED);
    let closed = link.send(&before, &Hints::default(), Budget::UNLIMITED);
    assert!(opened.recalls == 0 && closed.recalls > 0);
    assert!(closed.bytes < 400, "{} bytes", closed.bytes);
    assert!(link.shows(&before));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_becomes_exact(seed in any::<u64>(), width in 1u32..300, height in 1u32..300, steps in 1usize..12, slow in any::<bool>(), egfx in any::<bool>()) {
        let mut noise = Noise(seed);
        let profile = if egfx { Profile::Egfx } else { Profile::Native };
        let mut link = Link::with(Settings { profile, ..Settings::default() });
        let mut screen = Screen::new(width, height, 4);
        for _ in 0..steps {
            let rect = Rect::new(noise.below(width), noise.below(height), noise.below(width) + 1, noise.below(height) + 1).intersection(&screen.whole());
            match noise.below(5) {
                0 => screen.photo(rect, &mut noise),
                1 => screen.text(rect, &mut noise),
                2 => screen.noise(rect, &mut noise),
                3 => screen.fill(rect, noise.next() & 0xff_ffff),
                _ => {
                    let (dx, dy) = (i32::try_from(noise.below(40)).unwrap() - 20, i32::try_from(noise.below(40)).unwrap() - 20);
                    screen.shift(rect, dx, dy);
                }
            }
            let budget = if slow { Budget::bytes(noise.below(3000) as usize) } else { Budget::UNLIMITED };
            link.send(&screen, &Hints::default(), budget);
        }
        settle(&mut link, &screen, Budget::UNLIMITED, 20);
    }
}

#[test]
fn the_graphics_pipeline_scrolls_fills_and_resizes() {
    let mut link = Link::with(Settings { profile: Profile::Egfx, ..exact_settings() });
    let mut noise = Noise(6);
    let mut screen = Screen::new(500, 400, 0);
    screen.text(screen.whole(), &mut noise);
    link.show(&screen);
    // RDP_SEGMENTED_DATA, a single segment.
    assert_eq!(link.message[0], 0xe0);
    screen.shift(screen.whole(), 0, -34);
    let scrolled = link.show(&screen);
    assert!(scrolled.copies > 0 && scrolled.bytes < 3000, "{scrolled:?}");
    screen.fill(Rect::new(10, 10, 300, 300), 0x12_3456);
    assert_eq!(link.show(&screen).fills, 1);
    assert_eq!(link.show(&screen).bytes, 0);
    let mut other = Screen::new(640, 100, 12);
    other.photo(other.whole(), &mut noise);
    link.show(&other);
}
