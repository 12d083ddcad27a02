//! Whatever is drawn, of whatever size, the viewer ends with the same picture.

use proptest::prelude::*;
use rh_codec::{Budget, Decoder, Effort, Hints, Limits, Rect, Settings};

use crate::screen::{Link, Noise, Screen, exact_settings};

#[derive(Clone, Debug)]
enum Act {
    Fill(u32),
    Noise,
    Photo,
    Text,
    Shift(i32, i32),
    Resize(u32, u32),
    Nothing,
}

#[derive(Clone, Debug)]
struct Step {
    act: Act,
    /// Where, in 1/256 of the screen: left, top, columns, rows.
    place: [u32; 4],
    /// Bytes for the frame, if limited.
    budget: Option<usize>,
    /// Whether the encoder is told where.
    hinted: bool,
    reset: bool,
}

fn sizes() -> impl Strategy<Value = (u32, u32)> {
    prop_oneof![
        4 => (1..300u32, 1..300u32),
        1 => (1..4u32, 500..3000u32),
        1 => (500..3000u32, 1..4u32),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let act = prop_oneof![
        3 => (0..4u32).prop_map(|c| Act::Fill(c * 0x3f_3f3f)),
        1 => Just(Act::Noise),
        2 => Just(Act::Photo),
        4 => Just(Act::Text),
        3 => (-40..40i32, -40..40i32).prop_map(|(dx, dy)| Act::Shift(dx, dy)),
        1 => sizes().prop_map(|(w, h)| Act::Resize(w, h)),
        1 => Just(Act::Nothing),
    ];
    let budget = prop_oneof![3 => Just(None), 2 => (0..3000usize).prop_map(Some)];
    let step = (act, any::<[u8; 4]>(), budget, any::<bool>(), prop::bool::weighted(0.05));
    let step = step.prop_map(|(act, place, budget, hinted, reset)| Step { act, place: place.map(u32::from), budget, hinted, reset });
    prop::collection::vec(step, 1..12)
}

fn place(screen: &Screen, [x, y, w, h]: [u32; 4]) -> Rect {
    let scale = |value: u32, size: u32| value * size / 256;
    Rect::new(scale(x, screen.width), scale(y, screen.height), scale(w, screen.width) + 1, scale(h, screen.height) + 1)
        .intersection(&screen.whole())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_settles_exact((width, height) in sizes(), padding in 0..9usize, effort in 0..3usize, steps in steps()) {
        let effort = [Effort::Fast, Effort::Balanced, Effort::Small][effort];
        let mut link = Link::with(Settings { effort, ..exact_settings() });
        let mut screen = Screen::new(width, height, padding);
        let mut noise = Noise(1);
        link.show(&screen);
        for step in steps {
            let mut rect = place(&screen, step.place);
            match step.act {
                Act::Fill(colour) => screen.fill(rect, colour),
                Act::Noise => screen.noise(rect, &mut noise),
                Act::Photo => screen.photo(rect, &mut noise),
                Act::Text => screen.text(rect, &mut noise),
                Act::Shift(dx, dy) => screen.shift(rect, dx, dy),
                Act::Resize(width, height) => {
                    screen = Screen::new(width, height, padding);
                    rect = screen.whole();
                }
                Act::Nothing => {}
            }
            if step.reset {
                link.encoder.reset();
                link.decoder = Decoder::new(Limits::default()).unwrap();
            }
            let damage = [rect];
            let hints = Hints { damage: step.hinted.then_some(&damage[..]), moves: &[] };
            link.send(&screen, &hints, step.budget.map_or(Budget::UNLIMITED, Budget::bytes));
        }
        // Nothing is left over but what the budgets held back, and the encoder knows it without looking.
        for _ in 0..10_000 {
            if link.encoder.is_settled() {
                break;
            }
            link.send(&screen, &Hints { damage: Some(&[]), moves: &[] }, Budget::bytes(5000));
        }
        prop_assert!(link.shows(&screen));
        link.show(&screen);
        prop_assert!(link.message.is_empty(), "an unchanged frame costs nothing");
    }
}

#[test]
fn large_and_thin_pictures() {
    for (width, height) in [(16_384, 3), (3, 16_384), (16_384, 1), (1, 16_384), (64, 64), (65, 65), (1, 1)] {
        let mut link = Link::new();
        let mut screen = Screen::new(width, height, 4);
        link.show(&screen);
        screen.photo(screen.whole(), &mut Noise(5));
        link.show(&screen);
        screen.put(width - 1, height - 1, 0x12_3456);
        link.show(&screen);
    }
}

#[test]
fn more_colours_than_the_table_holds() {
    let mut link = Link::new();
    let mut screen = Screen::new(320, 64, 0);
    let mut noise = Noise(3);
    for round in 0..20 {
        // Rows of few jumping colours are text to the encoder, whatever the colours are.
        screen.draw(screen.whole(), |x, y| if (x ^ y) & 1 == 0 { noise.below(300) * 0x01_2345 } else { 0xff_0000 + round });
        link.show(&screen);
    }
}

#[test]
fn the_byte_without_colour_is_ignored_and_comes_out_255() {
    let mut link = Link::new();
    let mut bytes = vec![0x55; 64 * 64 * 4];
    let format = rh_codec::PixelFormat::Bgrx;
    link.encoder
        .encode(&rh_codec::FrameView::new(64, 64, 256, format, &bytes).unwrap(), &Hints::default(), Budget::UNLIMITED, &mut link.message)
        .unwrap();
    link.decoder.decode(&link.message).unwrap();
    assert!(link.decoder.surface().unwrap().pixels().as_chunks::<4>().0.iter().all(|pixel| *pixel == [0x55, 0x55, 0x55, 255]));
    bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|pixel| pixel[3] = 7);
    let frame = rh_codec::FrameView::new(64, 64, 256, format, &bytes).unwrap();
    let encoded = link.encoder.encode(&frame, &Hints::default(), Budget::UNLIMITED, &mut link.message).unwrap();
    assert_eq!(encoded.bytes, 0);
}
