//! Sessions: sizes, budgets, hints, new viewers, acknowledgements.

use rh_codec::{Budget, Decoder, Encoder, Error, FrameView, Hints, Limits, PixelFormat, Rect, Settings};

use crate::screen::{Link, Noise, Screen, exact_settings, small_limits};

const NO_DAMAGE: Hints<'static> = Hints { damage: Some(&[]), moves: &[] };

#[test]
fn an_unchanged_frame_is_no_bytes() {
    let mut link = Link::new();
    let mut screen = Screen::new(300, 200, 12);
    screen.photo(screen.whole(), &mut Noise(1));
    link.show(&screen);
    assert_eq!(link.show(&screen).bytes, 0);
    assert_eq!(link.show_hinted(&screen, &NO_DAMAGE).bytes, 0);
    assert!(link.decoder.decode(&[]).unwrap().damage.is_empty());
}

#[test]
fn the_update_tells_what_to_paint() {
    let mut link = Link::new();
    let mut screen = Screen::new(300, 200, 0);
    screen.text(screen.whole(), &mut Noise(1));
    link.encoder.encode(&screen.view(), &Hints::default(), Budget::UNLIMITED, &mut link.message).unwrap();
    let update = link.decoder.decode(&link.message).unwrap();
    assert!(update.resized);
    assert_eq!(update.damage, [screen.whole()]);
    link.message.clear();
    screen.fill(Rect::new(70, 30, 10, 17), 0xff_0000);
    link.encoder.encode(&screen.view(), &Hints::default(), Budget::UNLIMITED, &mut link.message).unwrap();
    let update = link.decoder.decode(&link.message).unwrap();
    assert!(!update.resized);
    let painted: u64 = update.damage.iter().map(Rect::area).sum();
    assert!(painted <= 10 * 17 * 2, "{:?}", update.damage);
}

#[test]
fn a_typed_word_is_small() {
    let mut noise = Noise(6);
    let mut screen = Screen::new(1920, 1080, 0);
    screen.text(Rect::new(100, 100, 1200, 800), &mut noise);
    let mut link = Link::new();
    link.show(&screen);
    screen.text(Rect::new(300, 304, 240, 17), &mut noise);
    let encoded = link.show_hinted(&screen, &Hints { damage: Some(&[Rect::new(300, 304, 240, 17)]), moves: &[] });
    // Thirty made-up letters of 72 pixels each.
    assert!(encoded.bytes <= 500, "{} bytes", encoded.bytes);
}

#[test]
fn a_new_size_is_announced_in_the_stream() {
    let mut link = Link::new();
    for (width, height) in [(200, 100), (100, 200), (1, 1), (640, 480), (639, 480)] {
        let mut screen = Screen::new(width, height, 0);
        screen.photo(screen.whole(), &mut Noise(1));
        // Damage is relative to a picture that is no more.
        link.show_hinted(&screen, &NO_DAMAGE);
        assert_eq!(link.decoder.surface().unwrap().width(), width);
    }
}

#[test]
fn a_black_picture_still_arrives() {
    let mut link = Link::new();
    let mut screen = Screen::new(50, 40, 0);
    screen.fill(screen.whole(), 0);
    link.show(&screen);
    assert!(link.decoder.surface().is_some());
}

#[test]
fn damage_outside_the_frame_is_cut_off() {
    let mut link = Link::new();
    let mut screen = Screen::new(100, 100, 0);
    link.show(&screen);
    screen.put(99, 99, 0xff);
    let damage = [Rect::new(u32::MAX, u32::MAX, u32::MAX, u32::MAX), Rect::new(99, 99, u32::MAX, u32::MAX), Rect::default()];
    link.show_hinted(&screen, &Hints { damage: Some(&damage), moves: &[] });
}

#[test]
fn a_budget_holds_and_what_waits_follows() {
    let mut noise = Noise(8);
    let mut screen = Screen::new(800, 600, 0);
    let mut link = Link::new();
    link.show(&screen);
    screen.text(Rect::new(0, 0, 800, 300), &mut noise);
    screen.noise(Rect::new(0, 300, 800, 300), &mut noise);
    for budget in [30_000, 9_000, 50_000] {
        let encoded = link.send(&screen, &Hints::default(), Budget::bytes(budget));
        assert!(encoded.bytes > 0 && encoded.bytes <= budget, "{} bytes of {budget}", encoded.bytes);
    }
    assert_eq!(link.send(&screen, &Hints::default(), Budget::bytes(0)).bytes, 0);
    assert!(!link.encoder.is_settled());
    let mut frames = 0;
    while !link.encoder.is_settled() {
        let encoded = link.send(&screen, &NO_DAMAGE, Budget::bytes(20_000));
        assert!(encoded.bytes <= 20_000);
        frames += 1;
        assert!(frames < 100, "the rest never comes");
    }
    assert!(link.shows(&screen));
}

#[test]
fn the_smallest_budget_makes_progress_by_one_small_operation() {
    let mut screen = Screen::new(300, 200, 0);
    let mut link = Link::new();
    link.show(&screen);
    screen.noise(screen.whole(), &mut Noise(8));
    let mut frames = 0;
    while !link.encoder.is_settled() {
        let encoded = link.send(&screen, &Hints::default(), Budget::bytes(1));
        assert!(encoded.bytes > 0 && encoded.bytes < 64 * 16 * 4 + 200, "{} bytes", encoded.bytes);
        frames += 1;
        assert!(frames < 1000);
    }
}

#[test]
fn the_newest_content_goes_first() {
    let mut noise = Noise(8);
    let mut screen = Screen::new(640, 512, 0);
    let mut link = Link::new();
    link.show(&screen);
    screen.noise(Rect::new(0, 0, 640, 256), &mut noise);
    link.send(&screen, &Hints::default(), Budget::bytes(20_000));
    // Now something small changes at the bottom while most of the noise still waits.
    let word = Rect::new(128, 400, 64, 17);
    screen.text(word, &mut noise);
    link.send(&screen, &Hints::default(), Budget::bytes(6_000));
    let shown = link.decoder.surface().unwrap();
    let source = screen.view();
    for y in word.y..word.bottom() {
        for x in word.x as usize..word.right() as usize {
            assert_eq!(shown.row(y)[x * 4..x * 4 + 3], source.row(y)[x * 4..x * 4 + 3]);
        }
    }
    assert!(!link.encoder.is_settled());
}

#[test]
fn nothing_obsolete_is_sent() {
    let mut screen = Screen::new(640, 512, 0);
    let mut link = Link::new();
    link.show(&screen);
    let before = screen.clone();
    screen.noise(screen.whole(), &mut Noise(3));
    link.send(&screen, &Hints::default(), Budget::bytes(0));
    // Gone before it could be sent: nothing is left to say.
    assert_eq!(link.send(&before, &Hints::default(), Budget::UNLIMITED).bytes, 0);
    assert!(link.shows(&before));
}

#[test]
fn a_size_that_no_budget_announced_is_not_forgotten() {
    let mut link = Link::new();
    let mut screen = Screen::new(64, 64, 0);
    link.show(&screen);
    link.send(&Screen::new(32, 32, 0), &Hints::default(), Budget::bytes(0));
    assert!(!link.encoder.is_settled());
    // Back at the old size, with damage relative to the frame that was passed over.
    screen.fill(screen.whole(), 0x77);
    link.show_hinted(&screen, &NO_DAMAGE);
}

#[test]
fn after_a_reset_a_new_decoder_understands() {
    let mut link = Link::new();
    let mut screen = Screen::new(200, 200, 0);
    let mut noise = Noise(1);
    for _ in 0..5 {
        screen.text(screen.whole(), &mut noise);
        link.show(&screen);
    }
    link.encoder.reset();
    assert!(!link.encoder.is_settled());
    link.decoder = Decoder::new(Limits::default()).unwrap();
    link.show(&screen);
    // The same for a decoder that has seen a stream before.
    link.encoder.reset();
    link.show(&screen);
    screen.text(screen.whole(), &mut noise);
    link.show(&screen);
}

#[test]
fn messages_may_lie_behind_each_other_in_one_buffer() {
    let mut link = Link::new();
    let mut screen = Screen::new(100, 100, 0);
    let mut all = b"before".to_vec();
    let mut ends = vec![all.len()];
    for i in 0..3 {
        screen.fill(Rect::new(i * 10, 0, 10, 10), i * 99);
        link.encoder.encode(&screen.view(), &Hints::default(), Budget::bytes(1000), &mut all).unwrap();
        ends.push(all.len());
    }
    assert!(all.starts_with(b"before"));
    for message in ends.windows(2) {
        link.decoder.decode(&all[message[0]..message[1]]).unwrap();
    }
    assert!(link.shows(&screen));
}

#[test]
fn frames_beyond_the_viewers_limits_are_refused_and_nothing_breaks() {
    let mut link = Link::with(Settings { limits: small_limits(), ..exact_settings() });
    let mut screen = Screen::new(100, 100, 0);
    link.show(&screen);
    for (width, height) in [(257, 1), (1, 257), (129, 128)] {
        let large = Screen::new(width, height, 0);
        let error = link.encoder.encode(&large.view(), &Hints::default(), Budget::UNLIMITED, &mut Vec::new()).unwrap_err();
        assert!(matches!(error, Error::LimitExceeded { .. }), "{error}");
        assert!(!link.encoder.is_settled());
    }
    screen.put(5, 5, 5);
    link.show_hinted(&screen, &NO_DAMAGE);
}

#[test]
fn a_viewer_of_few_operations_gets_several_messages() {
    let limits = Limits { max_operations: 8, ..small_limits() };
    let mut link = Link::with(Settings { limits, ..exact_settings() });
    let mut screen = Screen::new(128, 128, 0);
    link.show(&screen);
    // Lines so far apart are an operation each.
    screen.draw(screen.whole(), |_, y| if y % 12 == 0 { 0xff_0000 } else { 0x40_4040 });
    let mut messages = 0;
    while !link.shows(&screen) {
        link.send(&screen, &Hints::default(), Budget::UNLIMITED);
        messages += 1;
        assert!(messages < 10);
    }
    assert!(messages > 1);
}

#[test]
fn acknowledgements_count_messages_and_nothing_else() {
    let mut link = Link::new();
    let mut screen = Screen::new(100, 100, 0);
    link.show(&screen);
    link.show(&screen);
    screen.put(1, 1, 1);
    link.show(&screen);
    assert_eq!(link.encoder.unacknowledged(), 2);
    link.encoder.handle_ack(1).unwrap();
    assert_eq!(link.encoder.unacknowledged(), 1);
    assert!(matches!(link.encoder.handle_ack(3), Err(Error::PeerViolation(_))));
    assert!(matches!(link.encoder.handle_ack(0), Err(Error::PeerViolation(_))));
    link.encoder.handle_ack(2).unwrap();
    assert_eq!(link.encoder.unacknowledged(), 0);
}

#[test]
fn wrong_use_is_told_in_words() {
    let pixels = [0; 64];
    for (width, height, stride, len) in
        [(0, 1, 4, 64), (1, 0, 4, 64), (4, 4, 15, 64), (4, 4, 16, 63), (65_537, 1, 1 << 19, 64), (2, 3, usize::MAX, 64)]
    {
        let frame = FrameView::new(width, height, stride, PixelFormat::Bgrx, &pixels[..len]);
        assert!(matches!(frame, Err(Error::ApiMisuse(_))), "{frame:?}");
    }
    assert!(FrameView::new(4, 4, 16, PixelFormat::Bgra, &pixels).is_ok());
    for limits in [
        Limits { max_width: 0, ..Limits::default() },
        Limits { max_area: 1 << 40, ..Limits::default() },
        Limits { max_cached_tiles: 1 << 21, ..Limits::default() },
        Limits { max_operations: 1, ..Limits::default() },
    ] {
        assert!(matches!(Decoder::new(limits), Err(Error::ApiMisuse(_))));
        assert!(matches!(Encoder::new(Settings { limits, ..exact_settings() }), Err(Error::ApiMisuse(_))));
    }
}
