//! Films: found, sent as H.264, and exact once they rest.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use rh_codec::{
    Budget, Decoder, Error, Hints, Limits, Profile, Rect, Settings,
    avc::{self, H264Decoder, Planes},
};

use crate::screen::{Link, Noise, Screen};

fn settings() -> Settings {
    Settings { h264: true, ..Settings::default() }
}

const FILM: Rect = Rect::new(37, 41, 400, 300);

/// A page of text with a film in it, whose rectangle lies on no grid.
struct Cinema {
    screen: Screen,
    frame: u32,
}

impl Cinema {
    fn new() -> Self {
        let mut screen = Screen::new(640, 480, 0);
        screen.text(screen.whole(), &mut Noise(5));
        let mut cinema = Self { screen, frame: 0 };
        cinema.advance();
        cinema
    }

    /// The next picture of the film: smooth shapes that drift, and grain.
    fn advance(&mut self) {
        self.frame += 1;
        let frame = self.frame;
        let mut noise = Noise(u64::from(frame));
        self.screen.draw(FILM, |x, y| {
            let wave = |period: u32, at: u32| (at % (2 * period)).abs_diff(period) * 180 / period;
            let grain = noise.below(6);
            let (blue, green, red) = (wave(97, x + 5 * frame), wave(83, y + 3 * frame), wave(131, x + y + 7 * frame));
            (blue + grain) | (green + grain) << 8 | (red + grain) << 16
        });
    }
}

fn unlimited(link: &mut Link, cinema: &Cinema) -> rh_codec::Encoded {
    link.send(&cinema.screen, &Hints::default(), Budget::UNLIMITED)
}

/// Whether everything outside the film is shown exactly.
fn exact_outside(link: &Link, screen: &Screen) -> bool {
    let (shown, frame) = (link.decoder.surface().unwrap(), screen.view());
    (0..screen.height).all(|y| {
        let (a, b) = (shown.row(y).as_chunks::<4>().0, frame.row(y).as_chunks::<4>().0);
        let inside = (FILM.y..FILM.bottom()).contains(&y);
        (0..).zip(a.iter().zip(b)).all(|(x, (a, b))| (inside && (FILM.x..FILM.right()).contains(&x)) || a[..3] == b[..3])
    })
}

#[test]
fn a_film_becomes_h264_in_its_own_rectangle_and_exact_when_it_stops() {
    let (mut with, mut without) = (Link::with(settings()), Link::with(Settings::default()));
    let mut cinema = Cinema::new();
    let (mut videos, mut bytes, mut images) = (0, 0, 0);
    for frame in 0..20 {
        let encoded = unlimited(&mut with, &cinema);
        let plain = unlimited(&mut without, &cinema);
        videos += encoded.videos;
        if frame >= 10 {
            (bytes, images) = (bytes + encoded.bytes, images + plain.bytes);
            assert_eq!(encoded.videos, 1, "frame {frame} of the film is something else");
        }
        assert_eq!(plain.videos, 0, "a viewer without H.264 gets some");
        assert!(frame < 10 || exact_outside(&with, &cinema.screen), "frame {frame} spoils what is around the film");
        cinema.advance();
    }
    assert!(videos >= 15, "found after {} frames", 20 - videos);
    assert!(bytes * 2 < images, "{bytes} bytes as H.264, {images} as images");
    // It stops.
    for _ in 0..12 {
        unlimited(&mut with, &cinema);
    }
    assert!(with.encoder.is_settled() && with.shows(&cinema.screen), "not exact after it stopped");
    // And goes on: no key frame is needed.
    cinema.advance();
    assert_eq!(unlimited(&mut with, &cinema).videos, 1);
    let unit = Decoder::access_unit(&with.message).unwrap().unwrap();
    assert!(!unit.begins, "a film that pauses begins anew");
}

#[test]
fn letters_in_a_film_are_exact_in_every_frame() {
    let mut link = Link::with(settings());
    let mut cinema = Cinema::new();
    let title = Rect::new(112, 208, 160, 48);
    for frame in 0..14 {
        cinema.screen.text(title, &mut Noise(9));
        let encoded = unlimited(&mut link, &cinema);
        assert!(frame < 10 || encoded.videos == 1);
        let (shown, view) = (link.decoder.surface().unwrap(), cinema.screen.view());
        for (y, x) in (title.y..title.bottom()).flat_map(|y| (title.x as usize + 1..title.right() as usize).map(move |x| (y, x))) {
            let (left, here) = (&view.row(y)[x * 4 - 4..x * 4 - 1], &view.row(y)[x * 4..x * 4 + 3]);
            // The edges of letters; what is flat between them may wait.
            if !x.is_multiple_of(16) && left[1].abs_diff(here[1]) >= 48 {
                assert_eq!(&shown.row(y)[x * 4..x * 4 + 3], here, "frame {frame} at {x}, {y}");
            }
        }
        cinema.advance();
    }
}

#[test]
fn a_slow_link_gets_a_coarser_film_and_keeps_to_its_budget() {
    let mut link = Link::with(settings());
    let mut cinema = Cinema::new();
    for _ in 0..8 {
        unlimited(&mut link, &cinema);
        cinema.advance();
    }
    // A bucket of 6000 bytes that fills by 600 a frame.
    let (mut level, mut shown) = (6000, 0);
    for frame in 0..30 {
        let encoded = link.send(&cinema.screen, &Hints::default(), Budget::bytes(level));
        assert!(encoded.bytes <= level, "frame {frame}: {} of {level} bytes", encoded.bytes);
        shown += encoded.videos;
        level = (level - encoded.bytes + 600).min(6000);
        cinema.advance();
    }
    assert!(shown >= 15, "{shown} of 30 frames");
    for _ in 0..20 {
        unlimited(&mut link, &cinema);
    }
    assert!(link.encoder.is_settled() && link.shows(&cinema.screen), "the last frame of the film never came");
}

#[test]
fn a_new_viewer_sees_the_film_from_its_next_frame_on() {
    let mut link = Link::with(settings());
    let mut cinema = Cinema::new();
    for _ in 0..10 {
        unlimited(&mut link, &cinema);
        cinema.advance();
    }
    link.encoder.reset();
    link.decoder = Decoder::new(Limits::default()).unwrap();
    for _ in 0..5 {
        unlimited(&mut link, &cinema);
        cinema.advance();
    }
    assert_eq!(unlimited(&mut link, &cinema).videos, 1);
}

/// Somebody else's decoder: openh264, counted.
struct Theirs(avc::Decoder, Arc<AtomicU32>);

impl H264Decoder for Theirs {
    fn decode(&mut self, unit: &[u8], picture: &mut Planes) -> Result<(), Error> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.decode(unit, picture)
    }
}

#[test]
fn an_embedder_may_decode_at_once_or_later() {
    let mut link = Link::with(settings());
    let count = Arc::new(AtomicU32::new(0));
    let factory = {
        let count = count.clone();
        move || Ok(Box::new(Theirs(avc::Decoder::new()?, count.clone())) as Box<dyn H264Decoder>)
    };
    let mut at_once = Decoder::with_h264(Profile::Native, Limits::default(), Box::new(factory)).unwrap();
    let refuse = || Err(Error::Unsupported("nobody is to ask"));
    let mut later = Decoder::with_h264(Profile::Native, Limits::default(), Box::new(refuse)).unwrap();
    let (mut hardware, mut picture) = (avc::Decoder::new().unwrap(), Planes::default());
    let mut cinema = Cinema::new();
    let mut videos = 0;
    for _ in 0..12 {
        videos += unlimited(&mut link, &cinema).videos;
        at_once.decode(&link.message).unwrap();
        match Decoder::access_unit(&link.message).unwrap() {
            Some(unit) => {
                if unit.begins {
                    hardware = avc::Decoder::new().unwrap();
                }
                hardware.decode(unit.bytes, &mut picture).unwrap();
                later.decode_with(&link.message, &picture).unwrap();
            }
            None => {
                later.decode(&link.message).unwrap();
            }
        }
        let shown = link.decoder.surface().unwrap();
        assert!(at_once.surface().unwrap().same_picture(&shown) && later.surface().unwrap().same_picture(&shown));
        cinema.advance();
    }
    assert!(videos > 5 && count.load(Ordering::Relaxed) == videos);
}

#[test]
fn damaged_films_are_errors_and_a_new_start_heals() {
    let mut link = Link::with(settings());
    let mut cinema = Cinema::new();
    let mut messages = Vec::new();
    for _ in 0..12 {
        unlimited(&mut link, &cinema);
        messages.push(link.message.clone());
        cinema.advance();
    }
    let film = messages.iter().position(|message| Decoder::access_unit(message).unwrap().is_some()).unwrap();
    let mut noise = Noise(3);
    for _ in 0..20 {
        let mut decoder = Decoder::new(Limits::default()).unwrap();
        for message in &messages[..film] {
            decoder.decode(message).unwrap();
        }
        for message in &messages[film..] {
            let mut message = message.clone();
            let at = 1 + noise.below(message.len() as u32 - 1) as usize;
            message[at] ^= 1 << noise.below(8);
            let end = message.len() - noise.below(3) as usize;
            // Whatever it is taken for, the next start is understood.
            let _ = decoder.decode(&message[..end]);
        }
        decoder.decode(&messages[0]).unwrap();
    }
    // A film that never began.
    let mut decoder = Decoder::new(Limits::default()).unwrap();
    decoder.decode(&messages[0]).unwrap();
    assert!(decoder.decode(&messages[film + 1]).is_err());
}

#[test]
fn one_photograph_after_another_is_no_film() {
    let mut link = Link::with(settings());
    let mut screen = Screen::new(640, 480, 0);
    for photo in 0..6 {
        screen.photo(screen.whole(), &mut Noise(photo));
        for _ in 0..10 {
            assert_eq!(link.send(&screen, &Hints::default(), Budget::UNLIMITED).videos, 0, "photograph {photo}");
        }
    }
}
