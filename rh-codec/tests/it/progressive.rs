//! RemoteFX Progressive: passes, from pictures to pictures.

use proptest::prelude::*;
use rh_codec::{
    Error, FrameView, Limits, PixelFormat, Rect, Surface,
    progressive::{Aim, Decoder, Encoder, Level},
};

use crate::screen::Noise;

/// What a camera might see: slopes, an edge, grain.
struct Photo {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Photo {
    fn new(width: u32, height: u32, seed: u32) -> Self {
        let mut noise = Noise(u64::from(seed | 1));
        let mut pixels = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let edge = if (x + 2 * y + seed) % 97 < 40 { 60 } else { 0 };
                let grain = noise.next() % 8;
                pixels.extend([x + grain + edge, y * 2 + grain, 255 - x / 2 - grain - edge, 7].map(|value| value as u8));
            }
        }
        Self { width, height, pixels }
    }

    fn view(&self) -> FrameView<'_> {
        FrameView::new(self.width, self.height, self.width as usize * 4, PixelFormat::Bgrx, &self.pixels).unwrap()
    }

    fn tiles(&self) -> Vec<(u16, u16)> {
        let (columns, rows) = (self.width.div_ceil(64) as u16, self.height.div_ceil(64) as u16);
        (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))).collect()
    }
}

/// Largest difference of a channel, and the mean of their squares.
fn errors(a: &FrameView<'_>, b: &FrameView<'_>) -> (u8, f64) {
    let (mut worst, mut squares, mut count) = (0, 0.0, 0.0);
    for y in 0..a.height() {
        for (a, b) in a.row(y).chunks(4).zip(b.row(y).chunks(4)) {
            for (a, b) in a[..3].iter().zip(b) {
                let error = a.abs_diff(*b);
                worst = worst.max(error);
                squares += f64::from(error).powi(2);
                count += 1.0;
            }
        }
    }
    (worst, squares / count)
}

/// Both ends of a link, and what the encoder believes to be shown.
struct Link {
    encoder: Encoder,
    decoder: Decoder,
    shown: Surface,
    believed: Surface,
    message: Vec<u8>,
    damage: Vec<Rect>,
    frames: u32,
}

impl Link {
    fn new(width: u32, height: u32) -> Self {
        let limits = Limits::default();
        let mut link = Self {
            encoder: Encoder::new(&limits),
            decoder: Decoder::new(&limits),
            shown: Surface::default(),
            believed: Surface::default(),
            message: Vec::new(),
            damage: Vec::new(),
            frames: 0,
        };
        link.encoder.resize(width, height).unwrap();
        link.shown.resize(width, height);
        link.believed.resize(width, height);
        link
    }

    fn first(&mut self, photo: &Photo, tiles: &[(u16, u16)], level: Level, aim: Aim) {
        self.message.clear();
        let mut message = self.encoder.message(&mut self.message);
        tiles.iter().for_each(|(x, y)| message.first(&photo.view(), *x, *y, level, aim).unwrap());
        message.finish().unwrap();
        self.deliver(tiles);
    }

    fn upgrade(&mut self, tiles: &[(u16, u16)]) {
        self.message.clear();
        let mut message = self.encoder.message(&mut self.message);
        tiles.iter().for_each(|(x, y)| assert!(message.upgrade(*x, *y).unwrap().is_some()));
        message.finish().unwrap();
        self.deliver(tiles);
    }

    /// The decoder shows what the encoder says it does, and nothing but the tiles is touched.
    fn deliver(&mut self, tiles: &[(u16, u16)]) {
        self.frames += 1;
        self.damage.clear();
        self.decoder.decode(self.frames, &self.message, &mut self.shown, &mut self.damage).unwrap();
        let area = tiles.iter().map(|(x, y)| self.encoder.paint(*x, *y, &mut self.believed).unwrap().area()).sum::<u64>();
        assert_eq!(self.damage.iter().map(Rect::area).sum::<u64>(), area);
        assert!(self.shown.view().unwrap().same_picture(&self.believed.view().unwrap()), "the encoder is wrong about what is shown");
    }
}

#[test]
fn every_pass_sharpens() {
    let photo = Photo::new(150, 70, 1);
    let tiles = photo.tiles();
    for aim in [Aim::Picture, Aim::Passes] {
        let mut link = Link::new(150, 70);
        link.first(&photo, &tiles, Level::Coarse, aim);
        let mut last = errors(&link.shown.view().unwrap(), &photo.view());
        assert!(last.1 < 70.0, "{aim:?}: {last:?}");
        while link.encoder.level(0, 0) != Some(Level::Full) {
            link.upgrade(&tiles);
            let now = errors(&link.shown.view().unwrap(), &photo.view());
            assert!(now.1 < last.1, "{aim:?}: {last:?}, then {now:?}");
            last = now;
        }
        assert!(last.0 <= 9 && last.1 < 3.0, "{aim:?}: {last:?}");
        // There is nothing beyond.
        let mut message = link.encoder.message(&mut link.message);
        assert_eq!(message.upgrade(0, 0).unwrap(), None);
        assert_eq!(message.finish().unwrap(), 0);
    }
}

#[test]
fn a_first_pass_for_its_picture_is_better_than_one_for_passes() {
    let photo = Photo::new(128, 128, 2);
    let quality = |aim| {
        let mut link = Link::new(128, 128);
        link.first(&photo, &photo.tiles(), Level::Coarse, aim);
        (errors(&link.shown.view().unwrap(), &photo.view()).1, link.message.len())
    };
    let ((picture, bytes), (passes, fewer)) = (quality(Aim::Picture), quality(Aim::Passes));
    assert!(picture < passes / 1.5 && bytes < fewer * 3 / 2, "{picture} in {bytes}, {passes} in {fewer}");
}

#[test]
fn tiles_at_any_edge_and_of_any_size() {
    for (width, height) in [(1, 1), (64, 64), (65, 1), (1, 65), (63, 130), (200, 3)] {
        let photo = Photo::new(width, height, 3);
        let mut link = Link::new(width, height);
        link.first(&photo, &photo.tiles(), Level::Full, Aim::Passes);
        let (worst, _) = errors(&link.shown.view().unwrap(), &photo.view());
        assert!(worst <= 9, "{width}×{height}: {worst}");
    }
}

#[test]
fn one_colour_costs_next_to_nothing() {
    for colour in [[0, 0, 0, 0], [255, 255, 255, 0], [200, 30, 90, 0], [0, 0, 255, 0]] {
        let photo = Photo { width: 128, height: 64, pixels: colour.repeat(128 * 64) };
        let mut link = Link::new(128, 64);
        link.first(&photo, &photo.tiles(), Level::Good, Aim::Picture);
        assert!(link.message.len() < 250, "{} bytes", link.message.len());
        let (worst, _) = errors(&link.shown.view().unwrap(), &photo.view());
        assert!(worst <= 2, "{colour:?}: {worst}");
    }
}

#[test]
fn a_picture_that_changes_a_little_is_a_small_difference() {
    let mut photo = Photo::new(64, 64, 4);
    let mut link = Link::new(64, 64);
    link.first(&photo, &[(0, 0)], Level::Good, Aim::Picture);
    let whole = link.message.len();
    link.first(&photo, &[(0, 0)], Level::Good, Aim::Picture);
    assert!(link.message.len() < whole / 4, "unchanged: {} of {whole}", link.message.len());
    photo.pixels[64 * 4 * 20..][..40].fill(9);
    link.first(&photo, &[(0, 0)], Level::Good, Aim::Picture);
    assert!(link.message.len() < whole / 2, "a stroke: {} of {whole}", link.message.len());
    // Passes go on from there, and a forgotten tile starts over.
    link.upgrade(&[(0, 0)]);
    link.encoder.forget(0, 0);
    assert_eq!(link.encoder.level(0, 0), None);
    link.first(&photo, &[(0, 0)], Level::Coarse, Aim::Passes);
    link.upgrade(&[(0, 0)]);
    link.upgrade(&[(0, 0)]);
}

#[test]
fn wrong_use_is_told() {
    let photo = Photo::new(100, 64, 5);
    let mut link = Link::new(100, 64);
    let mut out = Vec::new();
    let mut message = link.encoder.message(&mut out);
    assert!(matches!(message.first(&photo.view(), 2, 0, Level::Good, Aim::Picture), Err(Error::ApiMisuse(_))), "outside");
    assert!(
        matches!(message.first(&Photo::new(64, 64, 5).view(), 0, 0, Level::Good, Aim::Picture), Err(Error::ApiMisuse(_))),
        "another size"
    );
    message.first(&photo.view(), 1, 0, Level::Good, Aim::Picture).unwrap();
    assert!(matches!(message.first(&photo.view(), 1, 0, Level::Good, Aim::Picture), Err(Error::ApiMisuse(_))), "twice");
    assert!(matches!(message.upgrade(1, 0), Err(Error::ApiMisuse(_))), "twice");
    assert_eq!(message.upgrade(0, 0).unwrap(), None, "never sent");
    message.finish().unwrap();
    assert!(link.encoder.paint(0, 0, &mut Surface::default()).is_err());
    let small = Limits { max_width: 99, ..Limits::default() };
    assert!(matches!(Encoder::new(&small).resize(100, 64), Err(Error::LimitExceeded { .. })));
    assert!(matches!(Decoder::new(&small).decode(1, &out, &mut link.shown, &mut link.damage), Err(Error::LimitExceeded { .. })));
}

/// A message of one small tile: SYNC at 0, CONTEXT at 12, FRAME_BEGIN at 22, REGION at 34.
fn small_message() -> Vec<u8> {
    let photo = Photo { width: 64, height: 64, pixels: [10, 20, 30, 0].repeat(64 * 64) };
    let mut link = Link::new(64, 64);
    link.first(&photo, &[(0, 0)], Level::Good, Aim::Passes);
    link.message
}

fn decode(message: &[u8]) -> Result<Vec<Rect>, Error> {
    let mut surface = Surface::default();
    surface.resize(64, 64);
    let mut damage = Vec::new();
    Decoder::new(&Limits::default()).decode(1, message, &mut surface, &mut damage).map(|()| damage)
}

#[test]
fn damaged_messages_are_refused_or_drawn() {
    let message = small_message();
    assert_eq!(decode(&message).unwrap(), [Rect::new(0, 0, 64, 64)]);
    for length in 1..message.len() {
        let short = decode(&message[..length]);
        // Between blocks a message may end; only the last one says nothing that is needed.
        assert_eq!(short.is_ok(), [12, 22, 34, message.len() - 6].contains(&length), "{length}: {short:?}");
    }
    for at in 0..message.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bad = message.clone();
            bad[at] ^= flip;
            let _ = decode(&bad);
        }
    }
}

#[test]
fn what_a_stream_may_not_say() {
    let message = small_message();
    let region = 34;
    let tile = message.len() - 6 - usize::from(u16::from_le_bytes([message[region + 14], message[region + 15]]));
    let with = |changes: &[(usize, u8)]| {
        let mut message = message.clone();
        changes.iter().for_each(|(at, byte)| message[*at] = *byte);
        decode(&message)
    };
    let malformed = |changes: &[(usize, u8)], why: &str| assert!(matches!(with(changes), Err(Error::Malformed(_))), "{why}");
    malformed(&[(0, 0xc9)], "an unknown block");
    malformed(&[(region + 6, 32)], "tiles of 32 pixels");
    malformed(&[(region + 7, 0)], "no rectangles");
    malformed(&[(region + 9, 8)], "eight tables");
    malformed(&[(region + 12, 2)], "a second tile");
    malformed(&[(tile, 0xc4)], "a region within a region");
    malformed(&[(tile + 6, 1)], "the second of one table");
    malformed(&[(tile + 9, 1)], "a tile outside");
    malformed(&[(tile + 13, 1)], "a difference to nothing");
    malformed(&[(tile + 14, 1)], "the second of one quality");
    malformed(&[(region + 26, 0x65)], "a factor below 6");
    // A region without a frame is to be ignored, and so are magic numbers and versions.
    assert_eq!(with(&[(22, 0xc2)]).unwrap(), []);
    assert_eq!(with(&[(6, 0), (10, 9)]).unwrap().len(), 1);
}

#[test]
fn an_upgrade_needs_a_first_pass_of_its_kind() {
    let photo = Photo::new(64, 64, 6);
    let mut link = Link::new(64, 64);
    link.first(&photo, &[(0, 0)], Level::Coarse, Aim::Passes);
    let first = std::mem::take(&mut link.message);
    link.upgrade(&[(0, 0)]);
    assert!(matches!(decode(&link.message), Err(Error::Malformed(_))), "without first pass");
    let (mut surface, mut damage) = (Surface::default(), Vec::new());
    surface.resize(64, 64);
    let mut fresh = || {
        let mut decoder = Decoder::new(&Limits::default());
        decoder.decode(1, &first, &mut surface, &mut damage).unwrap();
        decoder
    };
    let decode = |mut decoder: Decoder, message: &[u8]| {
        let mut surface = Surface::default();
        surface.resize(64, 64);
        decoder.decode(2, message, &mut surface, &mut Vec::new())
    };
    assert!(decode(fresh(), &link.message).is_ok());
    let mut mirrored = link.message.clone();
    mirrored[34 + 11] = 0;
    assert!(matches!(decode(fresh(), &mirrored), Err(Error::Malformed(_))), "of a tile of the other kind");
    // The upgrade twice: the second brings no bits, and is no error.
    let mut decoder = fresh();
    let (mut surface, mut damage) = (Surface::default(), Vec::new());
    surface.resize(64, 64);
    decoder.decode(2, &link.message, &mut surface, &mut damage).unwrap();
    decoder.decode(3, &link.message, &mut surface, &mut damage).unwrap();
    assert!(surface.view().unwrap().same_picture(&link.shown.view().unwrap()));
}

#[test]
fn the_work_of_a_message_is_bounded() {
    let message = small_message();
    let limits = Limits { max_area: 64 * 64, ..Limits::default() };
    let (start, end) = (34, message.len() - 6);
    let mut surface = Surface::default();
    surface.resize(64, 64);
    let mut decode = |regions: usize| {
        let mut many = message[..start].to_vec();
        (0..regions).for_each(|_| many.extend_from_slice(&message[start..end]));
        Decoder::new(&limits).decode(1, &many, &mut surface, &mut Vec::new())
    };
    decode(1).unwrap();
    assert_eq!(decode(3), Err(Error::LimitExceeded { what: "pixels of a message's tiles", limit: 4 * 64 * 64 }));
}

/// Two regions of one frame: the second shows a part of the first one's tile.
#[test]
fn regions_of_a_frame_share_tiles() {
    let message = small_message();
    let mut second = message[..34].to_vec();
    let mut region = vec![0xc4, 0xcc, 26, 0, 0, 0, 64, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    region.extend([8, 0, 16, 0, 200, 0, 4, 0]);
    second.extend(region);
    second.extend_from_slice(&message[message.len() - 6..]);
    let mut surface = Surface::default();
    surface.resize(64, 64);
    let mut decoder = Decoder::new(&Limits::default());
    let mut damage = Vec::new();
    decoder.decode(1, &message, &mut surface, &mut damage).unwrap();
    damage.clear();
    decoder.decode(1, &second, &mut surface, &mut damage).unwrap();
    assert_eq!(damage, [Rect::new(8, 16, 56, 4)]);
    damage.clear();
    decoder.decode(2, &second, &mut surface, &mut damage).unwrap();
    assert_eq!(damage, [], "another frame has no tiles");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    /// Any order of first passes, of two pictures, and upgrades.
    #[test]
    fn any_order_of_passes(steps in prop::collection::vec((0u8..6, 0usize..4, any::<bool>()), 1..14), width in 1u32..130, height in 1u32..100) {
        let pictures = [Photo::new(width, height, 7), Photo::new(width, height, 90)];
        let all = pictures[0].tiles();
        let mut link = Link::new(width, height);
        for (what, tile, other) in steps {
            let tile = all[tile % all.len()];
            match what {
                0 | 1 => link.first(&pictures[usize::from(other)], &[tile], Level::ALL[usize::from(what)], Aim::Picture),
                2 => link.first(&pictures[usize::from(other)], &all, Level::Coarse, if other { Aim::Passes } else { Aim::Picture }),
                3 => link.encoder.forget(tile.0, tile.1),
                _ if link.encoder.level(tile.0, tile.1).is_some_and(|level| level < Level::Full) => link.upgrade(&[tile]),
                _ => {}
            }
        }
    }
}
