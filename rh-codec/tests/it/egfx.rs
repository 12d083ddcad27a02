//! The graphics pipeline: commands, negotiation, writer and reader.

use proptest::prelude::*;
use rh_codec::{
    Effort, Error, Limits, Rect, Surface,
    egfx::{
        Reader, Writer,
        caps::{CapSet, CapsAdvertise, CapsConfirm, Features, Support, Version, advertise, negotiate},
        pdu::*,
        zgfx::Compressor,
    },
    progressive::{Aim, Level},
};

use crate::screen::{Noise, Screen};

fn small_limits() -> Limits {
    Limits { max_area: 1 << 16, ..crate::screen::small_limits() }
}

/// One of each command, with its bytes behind the header where the specification leaves no doubt.
fn commands() -> Vec<Command<'static>> {
    const RECT: Rect16 = Rect16 { left: 1, top: 2, right: 0x103, bottom: 4 };
    const RECTS: &[[u8; 8]] = &[RECT.to_bytes(), RECT.to_bytes()];
    const POINTS: &[[u8; 4]] = &[point(1, 2), point(0x304, 5)];
    static MONITORS: [[u8; 20]; 1] = [[7; 20]];
    static ENTRIES: [[u8; 12]; 2] = [[3; 12], [4; 12]];
    let points = Points::new(POINTS).unwrap();
    let mut scratch = Vec::new();
    let sets = [CapSet::PLAIN, CapSet { version: Version(77), data: &[1, 2, 3] }];
    CapsAdvertise::new(&sets, &mut scratch).unwrap();
    let offer = CapsAdvertise::new(&sets, Box::leak(Box::default())).unwrap();
    vec![
        WireToSurface1 { surface: 1, codec: CodecId::CLEAR, format: PixelFormat::XRGB, rect: RECT, data: Data(&[9, 8]) }.into(),
        WireToSurface2 { surface: 1, codec: CodecId::PROGRESSIVE, context: 6, format: PixelFormat::ARGB, data: Data(&[]) }.into(),
        DeleteEncodingContext { surface: 1, context: 2 }.into(),
        SolidFill { surface: 1, colour: Colour32 { blue: 1, green: 2, red: 3, alpha: 4 }, rects: Rects::new(RECTS).unwrap() }.into(),
        SurfaceToSurface { source: 1, target: 2, rect: RECT, points }.into(),
        SurfaceToCache { surface: 1, key: 1 << 60, slot: 3, rect: RECT }.into(),
        CacheToSurface { slot: 1, surface: 2, points }.into(),
        EvictCacheEntry { slot: 1 }.into(),
        CreateSurface { surface: 1, width: 2, height: 3, format: PixelFormat(0x55) }.into(),
        DeleteSurface { surface: 1 }.into(),
        StartFrame { timestamp: 1, frame: 2 }.into(),
        EndFrame { frame: 2 }.into(),
        FrameAcknowledge { queue_depth: 1, frame: 2, decoded: 3 }.into(),
        ResetGraphics { width: 1, height: 2, monitors: Monitors::new(&MONITORS).unwrap() }.into(),
        MapSurfaceToOutput { surface: 1, reserved: 0, x: 2, y: 3 }.into(),
        CacheImportOffer { entries: CacheEntries::new(&ENTRIES).unwrap() }.into(),
        CacheImportReply { slots: Slots::new(&[[1, 0]]).unwrap() }.into(),
        offer.into(),
        CapsConfirm { set: CapSet::PLAIN }.into(),
        MapSurfaceToWindow { surface: 1, window: 1 << 50, width: 3, height: 4 }.into(),
        QoeFrameAcknowledge { frame: 1, timestamp: 2, decoding: 3, showing: 4 }.into(),
        MapSurfaceToScaledOutput { surface: 1, reserved: 0, x: 2, y: 3, width: 4, height: 5 }.into(),
        MapSurfaceToScaledWindow { surface: 1, window: 2, width: 3, height: 4, target_width: 5, target_height: 6 }.into(),
        Command::Other(Other { id: CommandId(0x99), body: &[1, 2] }),
    ]
}

#[test]
fn commands_lie_on_the_wire_as_specified() {
    let bytes = |command: Command<'_>| {
        let mut out = Vec::new();
        command.write(&mut out);
        out
    };
    let rects = [Rect16 { left: 1, top: 2, right: 3, bottom: 4 }.to_bytes()];
    let colour = Colour32 { blue: 0x10, green: 0x20, red: 0x30, alpha: 0xff };
    let fill = SolidFill { surface: 5, colour, rects: Rects::new(&rects).unwrap() };
    assert_eq!(bytes(fill.into()), [4, 0, 0, 0, 24, 0, 0, 0, 5, 0, 0x10, 0x20, 0x30, 0xff, 1, 0, 1, 0, 2, 0, 3, 0, 4, 0]);
    let ack = FrameAcknowledge { queue_depth: FrameAcknowledge::SUSPEND, frame: 7, decoded: 8 };
    assert_eq!(bytes(ack.into()), [13, 0, 0, 0, 20, 0, 0, 0, 255, 255, 255, 255, 7, 0, 0, 0, 8, 0, 0, 0]);
    let reset = bytes(ResetGraphics { width: 1920, height: 1080, monitors: Monitors::default() }.into());
    assert_eq!((reset.len(), &reset[..16]), (340, &[14, 0, 0, 0, 0x54, 1, 0, 0, 0x80, 7, 0, 0, 0x38, 4, 0, 0][..]));
    let confirm = bytes(CapsConfirm { set: CapSet { version: Version::V8_1, data: &[0x10, 0, 0, 0] } }.into());
    assert_eq!(confirm, [19, 0, 0, 0, 20, 0, 0, 0, 5, 1, 8, 0, 4, 0, 0, 0, 0x10, 0, 0, 0]);
}

#[test]
fn every_command_comes_back() {
    let commands = commands();
    let mut wire = Vec::new();
    commands.iter().for_each(|command| command.write(&mut wire));
    let mut rest = &wire[..];
    for command in &commands {
        assert_eq!(Command::next(&mut rest).unwrap(), Some(*command));
    }
    assert_eq!(Command::next(&mut rest), Ok(None));
}

#[test]
fn a_cut_command_is_refused_and_so_is_one_that_is_too_long() {
    for command in commands() {
        let mut wire = Vec::new();
        command.write(&mut wire);
        for len in 1..wire.len() {
            let mut cut = &wire[..len];
            assert!(Command::next(&mut cut).is_err(), "{command:?} cut to {len}");
            assert_eq!(cut.len(), len, "a refused command stays");
        }
        if matches!(command, Command::Other(_) | Command::ResetGraphics(_)) {
            continue;
        }
        wire.push(0);
        wire[4] += 1;
        assert!(Command::next(&mut &wire[..]).is_err(), "{command:?} with a byte more");
    }
    // A length shorter than the header would never end.
    assert!(Command::next(&mut &[1, 0, 0, 0, 7, 0, 0, 0, 0][..]).is_err());
}

fn offer(sets: &[(Version, u32)]) -> Vec<(Version, [u8; 4])> {
    sets.iter().map(|(version, flags)| (*version, flags.to_le_bytes())).collect()
}

fn chosen(sets: &[(Version, u32)], native: bool) -> Option<Features> {
    let bytes = offer(sets);
    let sets: Vec<CapSet<'_>> = bytes.iter().map(|(version, data)| CapSet { version: *version, data }).collect();
    let mut scratch = Vec::new();
    let offer = CapsAdvertise::new(&sets, &mut scratch).unwrap();
    let (confirm, features) = negotiate(&offer, Support { native })?;
    assert!(sets.contains(&confirm.set), "what is confirmed was offered");
    Some(features)
}

#[test]
fn the_highest_version_that_both_know_is_confirmed() {
    let version = |sets, native| chosen(sets, native).map(|features: Features| features.version);
    assert_eq!(version(&[], true), None);
    assert_eq!(version(&[(Version(0x000f_0000), 0)], true), None, "unknown versions are passed over");
    assert_eq!(version(&[(Version::V10_7, 0), (Version::V8, 0), (Version(0x7fff_ffff), 0)], false), Some(Version::V10_7));
    assert_eq!(version(&[(Version::V8_1, 0), (Version::NATIVE, 0)], true), Some(Version::NATIVE));
    assert_eq!(version(&[(Version::V8_1, 0), (Version::NATIVE, 0)], false), Some(Version::V8_1));
}

#[test]
fn flags_mean_what_their_version_says() {
    let of = |version, flags| chosen(&[(version, flags)], false).unwrap();
    // 8.0 and 8.1: thin client, small cache, and 4:2:0 where it is enabled.
    let v8 = of(Version::V8, 0x13);
    assert!(v8.thin_client && v8.small_cache && !v8.avc420 && !v8.avc444);
    assert!(of(Version::V8_1, 0x10).avc420 && !of(Version::V8_1, 0x10).avc444 && !of(Version::V8_1, 0).avc420);
    // From 10 on H.264 is there unless it is disabled; a thin client wants 4:2:0 only.
    assert!(of(Version::V10, 0).avc444 && !of(Version::V10, 0x20).avc420);
    assert!(of(Version::V10_3, 0x40).avc420 && !of(Version::V10_3, 0x40).avc444);
    assert_eq!((of(Version::V10_3, 0).cache_slots(), of(Version::V10_3, 0).cache_bytes()), (4096, 16 << 20));
    assert_eq!((of(Version::V10_4, 0).cache_slots(), of(Version::V10_4, 0).cache_bytes()), (25_600, 100 << 20));
    assert_eq!(of(Version::V10_4, 2).cache_slots(), 4096);
    assert!(of(Version::V10_7, 0).scaled_output && !of(Version::V10_7, 0x80).scaled_output && !of(Version::V10_4, 0).scaled_output);
    // 10.1 has 16 bytes without meaning.
    assert!(Features::of(&CapSet { version: Version::V10_1, data: &[0; 16] }).unwrap().avc444);
    assert_eq!(Features::of(&CapSet { version: Version::V10, data: &[0; 3] }), None);
}

#[test]
fn our_offer_is_understood() {
    for (native, avc) in [(false, false), (true, true), (false, true)] {
        let mut out = Vec::new();
        advertise(&small_limits(), native, avc, &mut out);
        let mut rest = &out[..];
        let Some(Command::CapsAdvertise(offer)) = Command::next(&mut rest).unwrap() else { panic!("no offer") };
        assert!(rest.is_empty());
        let (_, features) = negotiate(&offer, Support { native: true }).unwrap();
        assert_eq!(features.version, if native { Version::NATIVE } else { Version::V10_7 });
        let (_, features) = negotiate(&offer, Support { native: false }).unwrap();
        assert_eq!((features.avc444, features.small_cache), (avc, true));
    }
}

/// A writer and a reader that must agree.
struct Pair {
    writer: Writer,
    reader: Reader,
    /// What the writer believes, and the reader shows.
    shown: Surface,
    picture: Surface,
    damage: Vec<Rect>,
    message: Vec<u8>,
}

impl Pair {
    fn new(limits: Limits) -> Self {
        Self {
            writer: Writer::new(&CapsConfirm { set: CapSet::PLAIN }, &limits, Effort::Balanced).unwrap(),
            reader: Reader::new(limits).unwrap(),
            shown: Surface::default(),
            picture: Surface::default(),
            damage: Vec::new(),
            message: Vec::new(),
        }
    }

    /// Finishes the message and hands it over; returns whether the picture is new.
    fn send(&mut self) -> bool {
        let most = self.writer.len();
        let before = self.picture.clone();
        self.message.clear();
        self.damage.clear();
        self.writer.finish(&mut self.message);
        assert!(self.message.len() <= most, "{} bytes, not more than {most} were to be expected", self.message.len());
        let resized = self.reader.read(&self.message, &mut self.picture, &mut self.damage).unwrap();
        let (Some(shown), Some(picture)) = (self.shown.view(), self.picture.view()) else { panic!("no picture") };
        assert!(shown.same_picture(&picture), "the reader shows something else");
        if !resized {
            let damaged = |x: u32, y: u32| self.damage.iter().any(|r| x >= r.x && x < r.right() && y >= r.y && y < r.bottom());
            let before = before.view().unwrap();
            for y in 0..picture.height() {
                for (x, (new, old)) in (0..).zip(picture.row(y).as_chunks::<4>().0.iter().zip(before.row(y).as_chunks::<4>().0)) {
                    assert!(new == old || damaged(x, y), "changed without damage at {x}, {y}");
                }
            }
        }
        self.writer.begin();
        resized
    }
}

#[test]
fn a_first_message_begins_as_the_channel_wants_it() {
    let mut pair = Pair::new(small_limits());
    pair.writer.begin();
    pair.writer.size(&mut pair.shown, 100, 50).unwrap();
    assert!(pair.send(), "the first picture is a new one");
    assert_eq!(pair.damage, [Rect::new(0, 0, 100, 50)]);
    let mut plain = Vec::new();
    rh_codec::egfx::zgfx::Decompressor::new(10_000).decompress(&pair.message, &mut plain).unwrap();
    let mut rest = &plain[..];
    let mut ids = Vec::new();
    while let Some(command) = Command::next(&mut rest).unwrap() {
        ids.push(command.id());
    }
    assert_eq!(
        ids,
        [
            CommandId::CAPS_CONFIRM,
            CommandId::RESET_GRAPHICS,
            CommandId::CREATE_SURFACE,
            CommandId::MAP_SURFACE_TO_OUTPUT,
            CommandId::START_FRAME,
            CommandId::SOLID_FILL,
            CommandId::END_FRAME
        ]
    );
}

#[test]
fn a_session_of_every_operation_is_shown() {
    let mut pair = Pair::new(small_limits());
    let mut noise = Noise(4);
    let mut screen = Screen::new(200, 150, 8);
    screen.text(screen.whole(), &mut noise);
    screen.photo(Rect::new(64, 64, 128, 80), &mut noise);
    pair.writer.begin();
    pair.writer.size(&mut pair.shown, 200, 150).unwrap();
    pair.writer.text(&mut pair.shown, &screen.view(), Rect::new(0, 0, 200, 64)).unwrap();
    pair.writer.flush();
    pair.writer.image(&mut pair.shown, &screen.view(), Rect::new(64, 64, 100, 50)).unwrap();
    assert!(pair.send());

    pair.writer.fill(&mut pair.shown, Rect::new(3, 5, 20, 30), 0x12_3456).unwrap();
    pair.writer.copy(&mut pair.shown, Rect::new(0, 0, 100, 100), 7, 9).unwrap();
    assert!(!pair.send());

    pair.writer.keep(&pair.shown, 1, Rect::new(0, 0, 64, 64)).unwrap();
    pair.writer.fill(&mut pair.shown, Rect::new(0, 0, 64, 64), 0xff_ffff).unwrap();
    pair.send();
    // A part of it, which goes over a second surface; then all of it, to another tile.
    pair.writer.recall(&mut pair.shown, 1, Rect::new(3, 5, 30, 40)).unwrap();
    pair.send();
    pair.writer.recall(&mut pair.shown, 1, Rect::new(128, 0, 64, 64)).unwrap();
    pair.send();
    let colour = |x: u32, y: u32| {
        let shown = pair.shown.view().unwrap();
        u32::from_le_bytes(*shown.row(y).as_chunks::<4>().0.get(x as usize).unwrap()) & 0xff_ffff
    };
    let places = [(3, 5), (20, 30), (32, 44)];
    assert!(places.iter().all(|&(x, y)| colour(x, y) == before(&screen, x, y)), "a part came back");
    assert_eq!((colour(2, 5), colour(33, 44)), (0xff_ffff, 0xff_ffff), "and nothing beside it");
    assert!(places.iter().all(|&(x, y)| colour(128 + x, y) == before(&screen, x, y)), "the whole came back elsewhere");

    let tiles = [(1, 1), (2, 1)];
    pair.writer.image_first(&mut pair.shown, &screen.view(), &tiles, Level::ALL[0], Aim::Passes).unwrap();
    pair.send();
    for _ in 0..Level::ALL.len() {
        pair.writer.image_upgrade(&mut pair.shown, &tiles).unwrap();
        pair.writer.fill(&mut pair.shown, Rect::new(0, 149, 1, 1), 0).unwrap();
        pair.send();
    }

    pair.writer.size(&mut pair.shown, 90, 180).unwrap();
    let mut other = Screen::new(90, 180, 0);
    other.text(other.whole(), &mut noise);
    pair.writer.text(&mut pair.shown, &other.view(), other.whole()).unwrap();
    assert!(pair.send(), "another size is a new picture");

    pair.writer.finish(&mut pair.message);
    pair.message.clear();
    pair.writer.finish(&mut pair.message);
    assert!(pair.message.is_empty(), "no operations, no message");
}

/// What the surface had at a place of the rectangle that was kept, before it was filled white: the copy moved the screen by 7, 9, over the fill.
fn before(screen: &Screen, x: u32, y: u32) -> u32 {
    let moved = x >= 7 && y >= 9;
    let (x, y) = if moved { (x - 7, y - 9) } else { (x, y) };
    if (3..23).contains(&x) && (5..35).contains(&y) { 0x12_3456 } else { screen.get(x, y) & 0xff_ffff }
}

#[test]
fn slots_are_those_of_the_smaller_side() {
    let slots = |version: Version, flags: u32, tiles: u32| {
        let data = flags.to_le_bytes();
        let limits = Limits { max_cached_tiles: tiles, ..small_limits() };
        Writer::new(&CapsConfirm { set: CapSet { version, data: &data } }, &limits, Effort::Fast).unwrap().slots()
    };
    // [MS-RDPEGFX] 3.3.1.4: 100 MB and 25,600 slots, or 16 MB and 4,096; a tile has 16 KiB.
    assert_eq!(slots(Version::V8, 0, 1 << 20), 6400);
    assert_eq!(slots(Version::V8, 2, 1 << 20), 1024, "the small cache");
    assert_eq!(slots(Version::V10_3, 0, 1 << 20), 1024, "which this version always has");
    assert_eq!(slots(Version::V10_7, 0, 4), 4, "the viewer's limits");
}

#[test]
fn what_a_slot_held_is_evicted_before_it_takes_more() {
    let mut pair = Pair::new(Limits { max_cached_tiles: 2, ..small_limits() });
    let mut screen = Screen::new(150, 70, 0);
    screen.noise(screen.whole(), &mut Noise(1));
    pair.writer.begin();
    pair.writer.size(&mut pair.shown, 150, 70).unwrap();
    pair.writer.image(&mut pair.shown, &screen.view(), screen.whole()).unwrap();
    pair.writer.keep(&pair.shown, 1, Rect::new(0, 0, 64, 64)).unwrap();
    pair.writer.keep(&pair.shown, 1, Rect::new(128, 64, 22, 6)).unwrap();
    pair.send();
    let mut plain = Vec::new();
    rh_codec::egfx::zgfx::Decompressor::new(1 << 20).decompress(&pair.message, &mut plain).unwrap();
    let mut rest = &plain[..];
    let mut cached = Vec::new();
    while let Some(command) = Command::next(&mut rest).unwrap() {
        match command {
            Command::SurfaceToCache(store) => cached.push(("store", store.slot)),
            Command::EvictCacheEntry(evict) => cached.push(("evict", evict.slot)),
            _ => {}
        }
    }
    assert_eq!(cached, [("store", 2), ("evict", 2), ("store", 2)], "slots count from 1 on the wire");
    pair.writer.fill(&mut pair.shown, screen.whole(), 7).unwrap();
    pair.writer.recall(&mut pair.shown, 1, Rect::new(128, 64, 22, 6)).unwrap();
    pair.send();
    for (slot, part) in [(0, Rect::new(0, 0, 9, 9)), (1, Rect::new(64, 0, 23, 6)), (1, Rect::new(60, 0, 9, 6)), (2, Rect::new(0, 0, 9, 9))]
    {
        let refused = pair.writer.recall(&mut pair.shown, slot, part);
        assert!(matches!(refused, Err(Error::ApiMisuse(_))), "{part:?} of slot {slot}: {refused:?}");
    }
    for (slot, tile) in [(2, Rect::new(0, 0, 64, 64)), (0, Rect::new(1, 0, 64, 64)), (0, Rect::new(0, 0, 65, 64))] {
        let refused = pair.writer.keep(&pair.shown, slot, tile);
        assert!(matches!(refused, Err(Error::ApiMisuse(_))), "{tile:?} in slot {slot}: {refused:?}");
    }
}

/// A photograph with a line of letters in it, shown coarsely from somewhere within tiles, then better, then better again.
#[test]
fn a_picture_is_coarse_and_then_finer_where_it_is_not_exact() {
    let mut pair = Pair::new(small_limits());
    let mut noise = Noise(3);
    let mut screen = Screen::new(200, 150, 0);
    screen.photo(screen.whole(), &mut noise);
    screen.text(Rect::new(32, 48, 96, 16), &mut noise);
    pair.writer.begin();
    pair.writer.size(&mut pair.shown, 200, 150).unwrap();
    let photo = Rect::new(21, 13, 160, 120);
    pair.writer.image_coarse(&mut pair.shown, &screen.view(), photo, Level::Coarse).unwrap();
    pair.writer.text(&mut pair.shown, &screen.view(), Rect::new(32, 48, 96, 16)).unwrap();
    pair.send();
    let first = error(&screen, &pair.shown, photo);
    let outside = |shown: &Surface| {
        let view = shown.view().unwrap();
        (0..150).flat_map(|y| (0..200).map(move |x| (x, y))).all(|(x, y)| {
            let inside = x >= photo.x && x < photo.right() && y >= photo.y && y < photo.bottom();
            inside || view.row(y)[x as usize * 4..][..3] == [0, 0, 0]
        })
    };
    assert!(first > 0 && outside(&pair.shown), "coarse, and only where it was asked for");
    pair.writer.image_finer(&mut pair.shown, &screen.view(), photo, Level::Fine).unwrap();
    let finer = pair.writer.len();
    pair.send();
    let second = error(&screen, &pair.shown, photo);
    assert!(second * 2 < first && outside(&pair.shown), "finer: {second} after {first}");
    assert_eq!(error(&screen, &pair.shown, Rect::new(32, 48, 96, 16)), 0, "letters stay exact");
    // The same from the start is dearer than as an addition to what was there.
    let mut fresh = Pair::new(small_limits());
    fresh.writer.begin();
    fresh.writer.size(&mut fresh.shown, 200, 150).unwrap();
    fresh.send();
    fresh.writer.image_coarse(&mut fresh.shown, &screen.view(), photo, Level::Fine).unwrap();
    assert!(finer < fresh.writer.len(), "{finer} bytes more, {} at once", fresh.writer.len());
    fresh.send();
}

#[test]
fn a_thin_client_gets_one_pass() {
    let data = 1_u32.to_le_bytes();
    let confirm = CapsConfirm { set: CapSet { version: Version::V8_1, data: &data } };
    let mut pair = Pair::new(small_limits());
    pair.writer = Writer::new(&confirm, &small_limits(), Effort::Balanced).unwrap();
    let mut screen = Screen::new(200, 150, 0);
    screen.photo(screen.whole(), &mut Noise(3));
    pair.writer.begin();
    pair.writer.size(&mut pair.shown, 200, 150).unwrap();
    let photo = Rect::new(21, 13, 160, 120);
    pair.writer.image_coarse(&mut pair.shown, &screen.view(), photo, Level::Good).unwrap();
    let finer = pair.writer.image_finer(&mut pair.shown, &screen.view(), photo, Level::Fine);
    assert!(matches!(finer, Err(Error::ApiMisuse(_))), "{finer:?}");
    pair.send();
    assert!((1..160 * 120 * 3 * 40).contains(&error(&screen, &pair.shown, photo)), "near, and not exact");
}

/// Sum of squared differences within a rectangle.
fn error(screen: &Screen, shown: &Surface, rect: Rect) -> u64 {
    let (a, b) = (screen.view(), shown.view().unwrap());
    let bytes = |y: u32| (rect.x as usize * 4..rect.right() as usize * 4).map(move |i| (y, i)).filter(|(_, i)| i % 4 < 3);
    (rect.y..rect.bottom()).flat_map(bytes).map(|(y, i)| u64::from(a.row(y)[i].abs_diff(b.row(y)[i])).pow(2)).sum()
}

#[test]
fn frames_are_acknowledged() {
    let mut pair = Pair::new(small_limits());
    pair.writer.begin();
    pair.writer.size(&mut pair.shown, 64, 64).unwrap();
    pair.send();
    pair.writer.fill(&mut pair.shown, Rect::new(0, 0, 9, 9), 1).unwrap();
    pair.send();
    assert_eq!(pair.writer.flow().unacknowledged(), Some(2));
    let ack = pair.reader.poll_ack().unwrap();
    assert_eq!(ack, FrameAcknowledge { queue_depth: FrameAcknowledge::UNKNOWN, frame: 1, decoded: 1 });
    pair.writer.flow().handle_ack(&ack).unwrap();
    assert_eq!((pair.writer.flow().unacknowledged(), pair.writer.flow().queue_depth()), (Some(1), None));

    pair.reader.set_queue_depth(1000);
    pair.writer.fill(&mut pair.shown, Rect::new(0, 0, 9, 9), 2).unwrap();
    pair.send();
    let second = pair.reader.poll_ack().unwrap();
    let third = pair.reader.poll_ack().unwrap();
    assert_eq!((second.frame, third.frame, third.decoded, pair.reader.poll_ack()), (2, 3, 3, None));
    pair.writer.flow().handle_ack(&third).unwrap();
    assert_eq!((pair.writer.flow().unacknowledged(), pair.writer.flow().queue_depth()), (Some(0), Some(1000)));
    assert!(matches!(pair.writer.flow().handle_ack(&second), Err(Error::PeerViolation(_))), "taken back");
    assert!(matches!(pair.writer.flow().handle_ack(&FrameAcknowledge { frame: 4, ..third }), Err(Error::PeerViolation(_))), "never sent");

    pair.reader.set_queue_depth(FrameAcknowledge::SUSPEND);
    for _ in 0..3 {
        pair.writer.fill(&mut pair.shown, Rect::new(0, 0, 9, 9), 2).unwrap();
        pair.send();
    }
    let last = pair.reader.poll_ack().unwrap();
    pair.writer.flow().handle_ack(&last).unwrap();
    assert_eq!((pair.writer.flow().unacknowledged(), pair.reader.poll_ack()), (None, None), "suspended");
}

/// A message of commands.
fn message(commands: &[Command<'_>]) -> Vec<u8> {
    let (mut plain, mut out) = (Vec::new(), Vec::new());
    commands.iter().for_each(|command| command.write(&mut plain));
    Compressor::new(Effort::Fast).compress(&plain, &mut out).unwrap();
    out
}

fn confirm() -> Command<'static> {
    CapsConfirm { set: CapSet::PLAIN }.into()
}

fn create(surface: u16, width: u16, height: u16) -> Command<'static> {
    CreateSurface { surface, width, height, format: PixelFormat::XRGB }.into()
}

fn output(width: u32, height: u32) -> Command<'static> {
    ResetGraphics { width, height, monitors: Monitors::default() }.into()
}

fn map(surface: u16, x: u32, y: u32) -> Command<'static> {
    MapSurfaceToOutput { surface, reserved: 0, x, y }.into()
}

fn fill(surface: u16, colour: u8, rects: &[[u8; 8]]) -> Command<'_> {
    SolidFill { surface, colour: Colour32 { blue: colour, green: 0, red: 0, alpha: 0 }, rects: Rects::new(rects).unwrap() }.into()
}

fn rect(left: u16, top: u16, right: u16, bottom: u16) -> [u8; 8] {
    Rect16 { left, top, right, bottom }.to_bytes()
}

/// The blue of every pixel, row by row.
fn blues(picture: &Surface) -> Vec<u8> {
    picture.view().unwrap().pixels().as_chunks::<4>().0.iter().map(|pixel| pixel[0]).collect()
}

#[test]
fn surfaces_are_composed_where_they_are_mapped() {
    let (left, right) = ([rect(0, 0, 2, 2)], [rect(0, 0, 2, 1)]);
    let mut reader = Reader::new(small_limits()).unwrap();
    let (mut picture, mut damage) = (Surface::default(), Vec::new());
    let commands = [
        confirm(),
        output(4, 3),
        create(1, 2, 2),
        create(2, 2, 2),
        map(1, 0, 0),
        map(2, 3, 1),
        StartFrame { timestamp: 0, frame: 1 }.into(),
        fill(1, 5, &left),
        fill(2, 7, &right),
        EndFrame { frame: 1 }.into(),
    ];
    assert!(reader.read(&message(&commands), &mut picture, &mut damage).unwrap());
    assert_eq!(blues(&picture), [5, 5, 0, 0, 5, 5, 0, 7, 0, 0, 0, 0], "the second surface is cut off at the right");
    assert_eq!(damage, [Rect::new(0, 0, 4, 3)]);

    // From one surface to the other, seen only when the frame ends.
    damage.clear();
    let points = [point(0, 1)];
    let copy = SurfaceToSurface {
        source: 1,
        target: 2,
        rect: Rect16 { left: 0, top: 0, right: 2, bottom: 1 },
        points: Points::new(&points).unwrap(),
    };
    assert!(!reader.read(&message(&[StartFrame { timestamp: 0, frame: 2 }.into(), copy.into()]), &mut picture, &mut damage).unwrap());
    assert_eq!((blues(&picture)[11], &damage[..]), (0, &[][..]));
    reader.read(&message(&[EndFrame { frame: 2 }.into()]), &mut picture, &mut damage).unwrap();
    assert_eq!((blues(&picture)[11], &damage[..]), (5, &[Rect::new(3, 2, 1, 1)][..]));

    // Stretched to 4×3, alone.
    damage.clear();
    let stretch = MapSurfaceToScaledOutput { surface: 2, reserved: 0, x: 0, y: 0, width: 4, height: 3 };
    let window = MapSurfaceToWindow { surface: 1, window: 1, width: 2, height: 2 };
    let dot = [rect(1, 1, 2, 2)];
    reader.read(&message(&[stretch.into(), window.into(), fill(2, 9, &dot)]), &mut picture, &mut damage).unwrap();
    assert_eq!(blues(&picture), [7, 7, 7, 7, 7, 7, 7, 7, 5, 5, 9, 9]);

    // Deleted surfaces leave what they showed; a sole surface then fills the output.
    let whole = [rect(0, 0, 4, 3)];
    let commands = [DeleteSurface { surface: 2 }.into(), create(2, 4, 3), map(2, 0, 0), fill(2, 3, &whole)];
    reader.read(&message(&commands), &mut picture, &mut damage).unwrap();
    assert_eq!(blues(&picture), [3; 12]);
    // And a second one over it again.
    reader.read(&message(&[map(1, 1, 1)]), &mut picture, &mut damage).unwrap();
    assert_eq!(blues(&picture), [3, 3, 3, 3, 3, 5, 5, 3, 3, 5, 5, 3]);
}

#[test]
fn uncompressed_pixels_and_alpha_are_read() {
    let mut reader = Reader::new(small_limits()).unwrap();
    let (mut picture, mut damage) = (Surface::default(), Vec::new());
    let wire = |codec, data| WireToSurface1 {
        surface: 1,
        codec,
        format: PixelFormat::ARGB,
        rect: Rect16 { left: 0, top: 0, right: 2, bottom: 1 },
        data: Data(data),
    };
    let raw = wire(CodecId::UNCOMPRESSED, &[1, 2, 3, 4, 5, 6, 7, 8]);
    for alpha in [&[0x4c, 0x41, 1, 0, 9, 2][..], &[0x4c, 0x41, 0, 0, 9, 8], &[0x4c, 0x41, 1, 0, 9, 0xff, 0xff, 0xff, 2, 0, 0, 0]] {
        let commands = [confirm(), output(2, 1), create(1, 2, 1), map(1, 0, 0), raw.into(), wire(CodecId::ALPHA, alpha).into()];
        reader.read(&message(&commands), &mut picture, &mut damage).unwrap();
        assert_eq!(picture.view().unwrap().pixels(), [1, 2, 3, 255, 5, 6, 7, 255]);
    }
}

#[test]
fn refusals_name_what_is_wrong() {
    let whole = [rect(0, 0, 8, 8)];
    let outside = [rect(0, 0, 9, 8)];
    let nothing = [rect(3, 3, 3, 4)];
    let many: Vec<[u8; 8]> = vec![rect(0, 0, 1, 1); 200];
    let points = [point(4, 4)];
    let wire = |codec, rect: [u16; 4], data| -> Command<'static> {
        let [left, top, right, bottom] = rect;
        WireToSurface1 { surface: 1, codec, format: PixelFormat::XRGB, rect: Rect16 { left, top, right, bottom }, data: Data(data) }.into()
    };
    let copy = |source, target, right| -> Command<'_> {
        let rect = Rect16 { left: 0, top: 0, right, bottom: 4 };
        SurfaceToSurface { source, target, rect, points: Points::new(&points).unwrap() }.into()
    };
    let store = |slot, right| -> Command<'_> {
        SurfaceToCache { surface: 1, key: 0, slot, rect: Rect16 { left: 0, top: 0, right, bottom: 8 } }.into()
    };
    let restore = |slot| -> Command<'_> { CacheToSurface { slot, surface: 1, points: Points::new(&points).unwrap() }.into() };
    let cases: Vec<(&str, Vec<Command<'_>>, &str)> = vec![
        ("no surface", vec![fill(2, 1, &whole)], "does not exist"),
        ("fill outside", vec![fill(1, 1, &outside)], "outside"),
        ("fill of nothing", vec![fill(1, 1, &nothing)], "without pixels"),
        ("too many operations", vec![fill(1, 1, &many)], "operations"),
        ("surface twice", vec![create(1, 8, 8)], "exists"),
        ("surface of nothing", vec![create(2, 0, 8)], "without pixels"),
        ("surface too large", vec![create(2, 257, 8)], "surface width"),
        ("surfaces too large", vec![create(2, 128, 128), create(3, 128, 128), create(4, 1, 1)], "area of all surfaces"),
        ("delete what is not", vec![DeleteSurface { surface: 9 }.into()], "does not exist"),
        ("output too large", vec![output(300, 10)], "surface width"),
        ("output of nothing", vec![output(0, 10)], "without pixels"),
        ("copy from outside", vec![copy(1, 1, 9)], "outside"),
        ("copy to outside", vec![copy(1, 1, 5)], "outside"),
        ("copy to no surface", vec![copy(1, 3, 4)], "does not exist"),
        ("slot 0", vec![store(0, 8)], "slot"),
        ("slot too high", vec![store(4097, 8)], "slot"),
        ("store from outside", vec![store(1, 9)], "outside"),
        ("empty slot", vec![restore(1)], "holds nothing"),
        ("evicted slot", vec![store(1, 8), EvictCacheEntry { slot: 1 }.into(), restore(1)], "holds nothing"),
        ("restore to outside", vec![store(1, 8), restore(1)], "outside"),
        ("short pixels", vec![wire(CodecId::UNCOMPRESSED, [0, 0, 1, 1], &[1, 2, 3])], "fill their rectangle"),
        ("picture outside", vec![wire(CodecId::PLANAR, [7, 7, 9, 8], &[0x20])], "outside"),
        ("no alpha", vec![wire(CodecId::ALPHA, [0, 0, 1, 1], &[1, 2, 3, 4, 5])], "signature"),
        ("too much alpha", vec![wire(CodecId::ALPHA, [0, 0, 1, 1], &[0x4c, 0x41, 1, 0, 9, 2])], "more alpha"),
        ("unknown codec", vec![wire(CodecId(77), [0, 0, 1, 1], &[])], "unsupported"),
        ("a client's command", vec![FrameAcknowledge { queue_depth: 0, frame: 0, decoded: 0 }.into()], "only clients"),
        ("unknown command", vec![Command::Other(Other { id: CommandId(0x77), body: &[] })], "unsupported"),
        ("native", vec![CapsConfirm { set: CapSet { version: Version::NATIVE, data: &[] } }.into()], "unsupported"),
        ("import", vec![CacheImportReply { slots: Slots::new(&[[1, 0]]).unwrap() }.into()], "not offered"),
    ];
    for (name, commands, expected) in cases {
        let limits = Limits { max_operations: 64, ..small_limits() };
        let mut reader = Reader::new(Limits { max_area: 1 << 14, ..limits }).unwrap();
        let (mut picture, mut damage) = (Surface::default(), Vec::new());
        let start = [confirm(), output(8, 8), create(1, 8, 8), map(1, 0, 0)];
        reader.read(&message(&start), &mut picture, &mut damage).unwrap();
        let error = reader.read(&message(&commands), &mut picture, &mut damage).unwrap_err();
        assert!(error.to_string().contains(expected), "{name}: {error}");
        // Broken is broken: nothing but a new start is accepted after an error.
        let error = reader.read(&message(&[fill(1, 1, &whole)]), &mut picture, &mut damage).unwrap_err();
        assert!(error.to_string().contains("not started"), "{name}: {error}");
        assert!(reader.read(&message(&start), &mut picture, &mut damage).unwrap(), "{name}");
    }
}

#[test]
fn too_much_work_is_cut_short() {
    let mut reader = Reader::new(Limits { max_operations: 1 << 20, ..small_limits() }).unwrap();
    let whole = vec![rect(0, 0, 256, 128); 60_000];
    let commands = [confirm(), output(256, 128), create(1, 256, 128), fill(1, 1, &whole)];
    let error = reader.read(&message(&commands), &mut Surface::default(), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, Error::LimitExceeded { what: "the number of pixels that a message touches", .. }), "{error}");
}

#[derive(Clone, Debug)]
enum Operation {
    Fill(Rect, u32),
    Copy(Rect, u32, u32),
    Text(Rect),
    Image(Rect),
    Keep(u16, u32, u32),
    Recall(u16, Rect),
    Coarse(Rect, usize),
    Finer(Rect),
    First(u16, u16, usize),
    Upgrade(u16, u16),
    Flush,
    Send,
    Size(u32, u32),
    Reset,
}

const SIDE: u32 = 150;

fn any_rect() -> impl Strategy<Value = Rect> {
    (0..SIDE, 0..SIDE, 1..SIDE, 1..SIDE).prop_map(|(x, y, width, height)| Rect::new(x, y, width, height))
}

fn any_operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        (any_rect(), 0u32..1 << 24).prop_map(|(rect, colour)| Operation::Fill(rect, colour)),
        (any_rect(), 0..SIDE, 0..SIDE).prop_map(|(rect, x, y)| Operation::Copy(rect, x, y)),
        any_rect().prop_map(Operation::Text),
        any_rect().prop_map(Operation::Image),
        (0u16..4, 0..3u32, 0..3u32).prop_map(|(slot, column, row)| Operation::Keep(slot, column, row)),
        (0u16..4, any_rect()).prop_map(|(slot, part)| Operation::Recall(slot, part)),
        (any_rect(), 0..Level::ALL.len()).prop_map(|(rect, level)| Operation::Coarse(rect, level)),
        any_rect().prop_map(Operation::Finer),
        (0u16..3, 0u16..3, 0..Level::ALL.len()).prop_map(|(x, y, level)| Operation::First(x, y, level)),
        (0u16..3, 0u16..3).prop_map(|(x, y)| Operation::Upgrade(x, y)),
        Just(Operation::Flush),
        Just(Operation::Send),
        Just(Operation::Send),
        (1..SIDE, 1..SIDE).prop_map(|(width, height)| Operation::Size(width, height)),
        Just(Operation::Reset),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_session_is_shown_as_its_writer_believes(operations in prop::collection::vec(any_operation(), 1..40), seed in 1u64..50) {
        let limits = Limits { max_cached_tiles: 3, ..small_limits() };
        let mut pair = Pair::new(limits);
        let mut noise = Noise(seed);
        let mut screen = Screen::new(SIDE, SIDE, 0);
        screen.text(screen.whole(), &mut noise);
        screen.photo(Rect::new(50, 50, 90, 90), &mut noise);
        pair.writer.begin();
        pair.writer.size(&mut pair.shown, SIDE, SIDE).unwrap();
        for operation in operations {
            let (width, height) = pair.shown.size();
            let bounds = Rect::new(0, 0, width, height);
            let inside = |rect: Rect| Some(rect.intersection(&bounds)).filter(|rect| !rect.is_empty());
            let view = screen.view();
            let frame = rh_codec::FrameView::new(width, height, view.stride(), view.format(), view.pixels()).unwrap();
            let (writer, shown) = (&mut pair.writer, &mut pair.shown);
            match operation {
                Operation::Fill(rect, colour) => if let Some(rect) = inside(rect) { writer.fill(shown, rect, colour).unwrap() },
                Operation::Copy(rect, x, y) => {
                    let Some(rect) = inside(rect) else { continue };
                    let Some(target) = inside(Rect { x, y, ..rect }) else { continue };
                    writer.copy(shown, Rect { x: rect.x, y: rect.y, ..target }, x, y).unwrap();
                }
                Operation::Text(rect) => if let Some(rect) = inside(rect) { writer.text(shown, &frame, rect).unwrap() },
                Operation::Image(rect) => if let Some(rect) = inside(rect) { writer.image(shown, &frame, rect).unwrap() },
                // Slots that there are not, tiles outside and parts that a slot does not hold are refused.
                Operation::Keep(slot, column, row) => {
                    let _ = inside(Rect::new(column * 64, row * 64, 64, 64)).map(|tile| writer.keep(shown, slot, tile));
                }
                Operation::Recall(slot, part) => {
                    let part = part.intersection(&Rect::new(part.x / 64 * 64, part.y / 64 * 64, 64, 64));
                    let _ = writer.recall(shown, slot, part);
                }
                Operation::Coarse(rect, level) => {
                    if let Some(rect) = inside(rect) { writer.image_coarse(shown, &frame, rect, Level::ALL[level]).unwrap() }
                }
                Operation::Finer(rect) => if let Some(rect) = inside(rect) { writer.image_finer(shown, &frame, rect, Level::Fine).unwrap() },
                Operation::First(x, y, level) => {
                    // A tile comes once a message, and may lie outside.
                    let _ = writer.image_first(shown, &frame, &[(x, y)], Level::ALL[level], Aim::Picture);
                }
                Operation::Upgrade(x, y) => {
                    let _ = writer.image_upgrade(shown, &[(x, y)]);
                }
                Operation::Flush => writer.flush(),
                Operation::Send => if !writer.is_empty() { pair.send(); },
                Operation::Size(width, height) => {
                    pair.send_if_any();
                    pair.writer.size(&mut pair.shown, width, height).unwrap();
                }
                Operation::Reset => {
                    pair.send_if_any();
                    pair.writer.reset();
                    pair.writer.size(&mut pair.shown, SIDE, SIDE).unwrap();
                }
            }
        }
        pair.send_if_any();
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut reader = Reader::new(small_limits()).unwrap();
        let (mut picture, mut damage) = (Surface::default(), Vec::new());
        let _ = reader.read(&bytes, &mut picture, &mut damage);
        let mut plain = Vec::new();
        [confirm(), output(20, 20), create(1, 20, 20), map(1, 0, 0)].iter().for_each(|command| command.write(&mut plain));
        plain.extend_from_slice(&bytes);
        let mut wire = Vec::new();
        Compressor::new(Effort::Fast).compress(&plain, &mut wire).unwrap();
        let _ = reader.read(&wire, &mut picture, &mut damage);
    }
}

impl Pair {
    fn send_if_any(&mut self) {
        if !self.writer.is_empty() {
            self.send();
        }
    }
}
