//! `Profile::Egfx` driven by frames: what a client's capabilities allow, and what its acknowledgements hold back.

use rh_codec::{
    Budget, Decoder, Encoder, Error, Hints, Limits, Profile, Rect, Settings,
    egfx::{
        caps::{CapSet, CapsConfirm, Version, flag},
        pdu::{CodecId, Command, FrameAcknowledge},
        zgfx::Decompressor,
    },
};

use crate::screen::{Noise, Screen};

const SETTINGS: Settings = {
    let limits = Limits { max_width: 4096, max_height: 4096, max_area: 1 << 22, max_operations: 1 << 12, max_cached_tiles: 64 };
    Settings {
        profile: Profile::Egfx,
        limits,
        effort: rh_codec::Effort::Balanced,
        images: rh_codec::FirstPaint::Coarse,
        refine: true,
        h264: false,
    }
};

/// An encoder for a client of some capabilities, the decoder at the other end, and somebody who reads along.
struct Session {
    encoder: Encoder,
    decoder: Decoder,
    unpacker: Decompressor,
    message: Vec<u8>,
}

impl Session {
    fn new(version: Version, flags: u32) -> Self {
        let data = flags.to_le_bytes();
        Self {
            encoder: Encoder::confirmed(SETTINGS, &CapsConfirm { set: CapSet { version, data: &data } }).unwrap(),
            decoder: Decoder::of(Profile::Egfx, SETTINGS.limits).unwrap(),
            unpacker: Decompressor::new(1 << 24),
            message: Vec::new(),
        }
    }

    fn plain() -> Self {
        Self::new(Version::V10_7, flag::SMALL_CACHE | flag::AVC_DISABLED)
    }

    /// One frame; returns the commands that it became, as names, with codecs by their number.
    fn send(&mut self, screen: &Screen, budget: Budget) -> Vec<String> {
        self.message.clear();
        self.encoder.encode(&screen.view(), &Hints::default(), budget, &mut self.message).unwrap();
        self.decoder.decode(&self.message).unwrap();
        let mut plain = Vec::new();
        if !self.message.is_empty() {
            self.unpacker.decompress(&self.message, &mut plain).unwrap();
        }
        let mut rest = &plain[..];
        let mut names = Vec::new();
        while let Some(command) = Command::next(&mut rest).unwrap() {
            names.push(match command {
                Command::WireToSurface1(wire) => format!("codec {}", wire.codec.0),
                Command::WireToSurface2(wire) => format!("codec {}", wire.codec.0),
                other => format!("{other:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
            });
        }
        names
    }

    fn shows(&self, screen: &Screen) -> bool {
        self.decoder.surface().is_some_and(|shown| shown.same_picture(&screen.view()))
    }

    /// Sends the same frame until nothing is owed; the commands of all messages.
    fn settle(&mut self, screen: &Screen, budget: Budget) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..2000 {
            names.append(&mut self.send(screen, budget));
            if self.encoder.is_settled() {
                assert!(self.shows(screen), "settled, and something else is shown");
                return names;
            }
        }
        panic!("it never settles");
    }
}

fn codec(id: CodecId) -> String {
    format!("codec {}", id.0)
}

fn photograph(width: u32, height: u32) -> Screen {
    let mut screen = Screen::new(width, height, 0);
    screen.photo(screen.whole(), &mut Noise(5));
    screen
}

#[test]
fn a_photograph_is_coarse_at_first_by_the_codec_that_the_client_wants() {
    let screen = photograph(400, 300);
    for (version, flags, wanted) in [
        (Version::V8, 0, CodecId::PROGRESSIVE),
        (Version::V8_1, flag::THIN_CLIENT, CodecId::REMOTE_FX),
        (Version::V10_7, flag::AVC_DISABLED, CodecId::PROGRESSIVE),
    ] {
        let mut session = Session::new(version, flags);
        let first = session.send(&screen, Budget::UNLIMITED);
        assert_eq!(&first[..5], ["CapsConfirm", "ResetGraphics", "CreateSurface", "MapSurfaceToOutput", "StartFrame"]);
        assert!(first.contains(&codec(wanted)) && !first.contains(&codec(CodecId::PLANAR)), "{version:?}: {first:?}");
        assert!(!session.shows(&screen), "coarse at first");
        let rest = session.settle(&screen, Budget::UNLIMITED);
        assert!(rest.contains(&codec(CodecId::PLANAR)), "{version:?}: {rest:?}");
        assert!(session.send(&screen, Budget::UNLIMITED).is_empty(), "an unchanged frame is no message");
    }
}

#[test]
fn a_slow_link_shows_passes_before_what_is_exact() {
    let screen = photograph(400, 300);
    let passes = |version, flags| {
        let mut session = Session::new(version, flags);
        let names = session.settle(&screen, Budget::bytes(6000));
        let exact = names.iter().position(|name| *name == codec(CodecId::PLANAR)).unwrap();
        names[exact / 2..exact].iter().filter(|name| **name == codec(CodecId::PROGRESSIVE)).count()
    };
    assert!(passes(Version::V10_7, flag::AVC_DISABLED) > 0);
    assert_eq!(passes(Version::V8_1, flag::THIN_CLIENT), 0, "a codec of one pass");
}

#[test]
fn a_window_that_closes_uncovers_what_the_client_has_kept() {
    let mut noise = Noise(2);
    let mut screen = Screen::new(500, 400, 0);
    screen.text(screen.whole(), &mut noise);
    let mut session = Session::plain();
    (0..8).for_each(|_| drop(session.send(&screen, Budget::UNLIMITED)));
    let first = session.message.len();
    let mut covered = screen.clone();
    covered.fill(Rect::new(50, 40, 400, 300), 0x30_3030);
    covered.text(Rect::new(60, 50, 300, 200), &mut noise);
    let kept = session.send(&covered, Budget::UNLIMITED);
    assert!(kept.contains(&"SurfaceToCache".to_owned()), "{kept:?}");
    let recalled = session.send(&screen, Budget::UNLIMITED);
    assert!(session.shows(&screen));
    assert!(recalled.iter().filter(|name| *name == "CacheToSurface").count() > 10, "{recalled:?}");
    let again = recalled.iter().filter(|name| **name == codec(CodecId::CLEAR)).count();
    assert!(again <= 1, "but for scraps of tiles nothing is sent again: {recalled:?}");
    assert_eq!(first, 0, "the screen had settled");
    assert!(session.message.len() < 1000, "{} bytes", session.message.len());
}

/// A screen that changes with every frame.
fn busy(number: u32) -> Screen {
    let mut screen = Screen::new(64, 64, 0);
    screen.fill(Rect::new(number % 60, 3, 4, 4), 0xff_8000 + number);
    screen
}

#[test]
fn frames_wait_for_a_client_that_is_behind() {
    let mut session = Session::plain();
    session.send(&busy(0), Budget::UNLIMITED);
    let ack = session.decoder.poll_ack().unwrap();
    session.encoder.handle_frame_ack(&ack).unwrap();
    let sent = (1..40).filter(|number| !session.send(&busy(*number), Budget::UNLIMITED).is_empty()).count();
    assert_eq!((sent, session.encoder.unacknowledged()), (16, 16), "no more are on their way");
    assert!(!session.encoder.is_settled());
    // The newest frame goes as soon as there is room.
    let ack = session.decoder.poll_ack().unwrap();
    session.encoder.handle_frame_ack(&ack).unwrap();
    assert!(!session.send(&busy(50), Budget::UNLIMITED).is_empty());
    assert!(session.shows(&busy(50)));
    // Acknowledgements that are suspended hold nothing back.
    session.decoder.set_queue_depth(FrameAcknowledge::SUSPEND);
    while let Some(ack) = session.decoder.poll_ack() {
        session.encoder.handle_frame_ack(&ack).unwrap();
    }
    session.send(&busy(51), Budget::UNLIMITED);
    session.encoder.handle_frame_ack(&session.decoder.poll_ack().unwrap()).unwrap();
    let sent = (60..100).filter(|number| !session.send(&busy(*number), Budget::UNLIMITED).is_empty()).count();
    assert_eq!((sent, session.encoder.unacknowledged(), session.decoder.poll_ack()), (40, 0, None));
    let wrong = session.encoder.handle_frame_ack(&FrameAcknowledge { queue_depth: 0, frame: 1000, decoded: 1 });
    assert!(matches!(wrong, Err(Error::PeerViolation(_))), "{wrong:?}");
}

#[test]
fn a_client_that_never_acknowledges_is_not_waited_for() {
    let mut session = Session::plain();
    let sent = (0..40).filter(|number| !session.send(&busy(*number), Budget::UNLIMITED).is_empty()).count();
    assert_eq!(sent, 40);
}

#[test]
fn what_waits_at_the_client_counts_as_sent() {
    let screen = photograph(400, 300);
    let first = |depth: u32| {
        let mut session = Session::plain();
        session.send(&Screen::new(400, 300, 0), Budget::UNLIMITED);
        let ack = session.decoder.poll_ack().unwrap();
        session.encoder.handle_frame_ack(&FrameAcknowledge { queue_depth: depth, ..ack }).unwrap();
        session.send(&screen, Budget::bytes(10_000));
        session.message.len()
    };
    let (free, half) = (first(FrameAcknowledge::UNKNOWN), first(7_000));
    assert!(half < free / 2, "{half} bytes, {free} where nothing waits");
    assert_eq!(first(10_000), 0);
}

#[test]
fn monitors_are_told_with_a_new_picture() {
    let mut session = Session::plain();
    let screen = photograph(300, 200);
    session.send(&screen, Budget::UNLIMITED);
    // The right one is the primary.
    session.encoder.set_monitors(&[Rect::new(100, 20, 200, 180), Rect::new(0, 0, 100, 200)]).unwrap();
    assert!(!session.encoder.is_settled());
    let mut plain = Vec::new();
    session.message.clear();
    session.encoder.encode(&screen.view(), &Hints::default(), Budget::UNLIMITED, &mut session.message).unwrap();
    session.unpacker.decompress(&session.message, &mut plain).unwrap();
    assert!(session.decoder.decode(&session.message).unwrap().resized);
    let mut rest = &plain[..];
    let mut monitors = Vec::new();
    while let Some(command) = Command::next(&mut rest).unwrap() {
        if let Command::ResetGraphics(reset) = command {
            monitors.extend(reset.monitors.iter().map(|m| (m.left, m.top, m.right, m.bottom, m.flags)));
        }
    }
    assert_eq!(monitors, [(0, 0, 199, 179, 1), (-100, -20, -1, 179, 0)], "around the primary one, last column and row included");
    session.settle(&screen, Budget::UNLIMITED);
    // A picture that has not all of them is one monitor; nobody asks for more than 16, or for none.
    session.send(&photograph(150, 100), Budget::UNLIMITED);
    assert!(session.encoder.set_monitors(&[Rect::new(0, 0, 9, 9); 17]).is_err());
    assert!(session.encoder.set_monitors(&[Rect::new(0, 0, 0, 9)]).is_err());
    assert!(Encoder::new(Settings::default()).unwrap().set_monitors(&[]).is_err(), "the native profile has none");
}
