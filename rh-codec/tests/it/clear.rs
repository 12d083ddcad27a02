//! ClearCodec: messages made by hand from the specification, what encoder and decoder make of each other, and rubbish.

use proptest::prelude::*;
use rh_codec::{
    Error, FrameView, Limits, Rect, Surface,
    clear::{Decoder, Encoder},
};

use crate::screen::{Noise, Screen};

const CACHE_RESET: u8 = 4;

/// A message of three layers, as [MS-RDPEGFX] 2.2.4.1 has it.
fn message(flags: &[u8], residual: &[u8], bands: &[u8], subcodecs: &[u8]) -> Vec<u8> {
    let lens = [residual, bands, subcodecs].map(|layer| u32::try_from(layer.len()).unwrap().to_le_bytes());
    [flags, lens.as_flattened(), residual, bands, subcodecs].concat()
}

/// A band's header (2.2.4.1.1.2.1) over a black ground, then its columns.
fn band(left: u16, right: u16, top: u16, bottom: u16, columns: &[&[u8]]) -> Vec<u8> {
    let edges = [left, right, top, bottom].map(u16::to_le_bytes);
    [edges.as_flattened(), &[0, 0, 0], &columns.concat()].concat()
}

/// A subcodec's region (2.2.4.1.1.3.1).
fn region(x: u16, y: u16, width: u16, height: u16, id: u8, bitmap: &[u8]) -> Vec<u8> {
    let sides = [x, y, width, height].map(u16::to_le_bytes);
    [sides.as_flattened(), &u32::try_from(bitmap.len()).unwrap().to_le_bytes(), &[id], bitmap].concat()
}

fn black(width: u32, height: u32) -> Surface {
    let mut surface = Surface::default();
    surface.resize(width, height);
    surface
}

fn whole(surface: &Surface) -> Rect {
    let (width, height) = surface.size();
    Rect::new(0, 0, width, height)
}

fn colour(surface: &Surface, x: u32, y: u32) -> [u8; 4] {
    surface.view().unwrap().row(y).as_chunks().0[x as usize]
}

/// What a message shows on a black surface.
fn shown(data: &[u8], width: u32, height: u32) -> Result<Vec<[u8; 4]>, Error> {
    let mut surface = black(width, height);
    let rect = whole(&surface);
    Decoder::new(&Limits::default()).decode(data, rect, &mut surface)?;
    Ok(surface.view().unwrap().pixels().as_chunks().0.to_vec())
}

const BLACK: [u8; 4] = [0, 0, 0, 255];
const RED: [u8; 4] = [0, 0, 255, 255];
const BLUE: [u8; 4] = [255, 0, 0, 255];

#[test]
fn the_residual_layer_runs_over_rows() {
    let pixels = shown(&message(&[0, 0], &[0, 0, 255, 3, 255, 0, 0, 255, 1, 0], &[], &[]), 2, 2).unwrap();
    assert_eq!(pixels, [RED, RED, RED, BLUE]);
    let long = [0, 0, 255, 255, 255, 255, 0, 0, 1, 0];
    assert!(shown(&message(&[0, 0], &long, &[], &[]), 256, 256).unwrap().iter().all(|pixel| *pixel == RED));
}

#[test]
fn the_residual_layer_covers_every_pixel_and_no_more() {
    for runs in [3, 5] {
        let refused = shown(&message(&[0, 0], &[0, 0, 255, runs], &[], &[]), 2, 2);
        assert!(matches!(refused, Err(Error::Malformed(_))), "{refused:?}");
    }
}

#[test]
fn columns_are_spelt_out_once() {
    // Red in rows 1 and 2 of 4; the same short bar two rows higher; the first bar again; and a bar of ground only.
    let spelt: &[u8] = &[1, 3, 0, 0, 255, 0, 0, 255];
    let columns = [spelt, &[0, 0x40, 0], &[0, 0x80], &[0, 0]];
    let pixels = shown(&message(&[0, 0], &[], &band(0, 3, 0, 3, &columns), &[]), 4, 4).unwrap();
    let row = |reds: [bool; 4]| reds.map(|red| if red { RED } else { BLACK });
    let (no, yes) = (false, true);
    assert_eq!(pixels.as_chunks::<4>().0, [row([no, yes, no, no]), row([yes, yes, yes, no]), row([yes, no, yes, no]), row([no; 4])]);
}

#[test]
fn a_band_covers_both_its_edges() {
    let spelt: &[u8] = &[0, 1, 0, 0, 255];
    let pixels = shown(&message(&[0, 0], &[], &band(1, 1, 2, 2, &[spelt]), &[]), 3, 3).unwrap();
    assert_eq!(pixels.iter().position(|pixel| *pixel == RED), Some(7));
    assert_eq!(pixels.iter().filter(|pixel| **pixel == RED).count(), 1);
}

#[test]
fn bars_are_only_for_bands_of_their_height() {
    let mut decoder = Decoder::new(&Limits::default());
    let mut surface = black(8, 60);
    let rect = whole(&surface);
    let spelt: &[u8] = &[0, 1, 0, 0, 255];
    decoder.decode(&message(&[0, 0], &[], &band(0, 0, 0, 9, &[spelt]), &[]), rect, &mut surface).unwrap();
    let other_height = decoder.decode(&message(&[0, 1], &[], &band(0, 0, 0, 10, &[&[0, 0x80]]), &[]), rect, &mut surface);
    assert!(matches!(other_height, Err(Error::Malformed(_))));
    // A short bar goes anywhere that it fits.
    decoder.decode(&message(&[0, 2], &[], &band(0, 0, 0, 10, &[&[0, 0x40, 10]]), &[]), rect, &mut surface).unwrap();
    let below = decoder.decode(&message(&[0, 3], &[], &band(0, 0, 0, 10, &[&[0, 0x40, 11]]), &[]), rect, &mut surface);
    assert!(matches!(below, Err(Error::Malformed(_))));
}

#[test]
fn bands_are_52_rows_high_at_most() {
    let spelt: &[u8] = &[0, 0];
    assert!(shown(&message(&[0, 0], &[], &band(0, 0, 0, 51, &[spelt]), &[]), 1, 60).is_ok());
    assert!(matches!(shown(&message(&[0, 0], &[], &band(0, 0, 0, 52, &[spelt]), &[]), 1, 60), Err(Error::Malformed(_))));
}

#[test]
fn references_to_nothing_are_refused() {
    for column in [&[0u8, 0x80][..], &[5, 0xff], &[0, 0x40, 0], &[255, 0x7f, 0]] {
        let refused = shown(&message(&[0, 0], &[], &band(0, 0, 0, 3, &[column]), &[]), 4, 4);
        assert!(matches!(refused, Err(Error::Malformed(_))), "{refused:?}");
    }
    let mut screen = Screen::new(300, 60, 0);
    screen.text(screen.whole(), &mut Noise(8));
    let mut link = Link::new(&screen);
    link.show(&screen, screen.whole());
    link.show(&screen, screen.whole());
    // All hits: nothing of a former connection can be referred to.
    link.message[1] = 0;
    link.decoder.reset();
    assert!(matches!(link.decoder.decode(&link.message, screen.whole(), &mut link.surface), Err(Error::Malformed(_))));
    let glyph = shown(&[3, 0, 7, 0], 4, 4);
    assert!(matches!(glyph, Err(Error::Malformed(_))), "{glyph:?}");
}

#[test]
fn a_cache_reset_moves_cursors_and_keeps_bars() {
    let mut decoder = Decoder::new(&Limits::default());
    let mut surface = black(3, 1);
    let rect = whole(&surface);
    let (red, blue): (&[u8], &[u8]) = (&[0, 1, 0, 0, 255], &[0, 1, 255, 0, 0]);
    decoder.decode(&message(&[0, 0], &[], &band(0, 1, 0, 0, &[red, red]), &[]), rect, &mut surface).unwrap();
    // Blue takes slot 0; slot 1 is as it was.
    let columns = [blue, &[0, 0x80], &[1, 0x80]];
    decoder.decode(&message(&[CACHE_RESET, 1], &[], &band(0, 2, 0, 0, &columns), &[]), rect, &mut surface).unwrap();
    assert_eq!([0, 1, 2].map(|x| colour(&surface, x, 0)), [BLUE, BLUE, RED]);
    // And a message may be nothing but that.
    decoder.decode(&[CACHE_RESET, 2], rect, &mut surface).unwrap();
}

#[test]
fn messages_come_in_sequence() {
    let mut decoder = Decoder::new(&Limits::default());
    let mut surface = black(1, 1);
    let rect = whole(&surface);
    // A server may have counted before this viewer came.
    for sequence in [254, 255, 0, 1] {
        decoder.decode(&message(&[0, sequence], &[0, 0, 255, 1], &[], &[]), rect, &mut surface).unwrap();
    }
    for sequence in [1, 3] {
        let refused = decoder.decode(&message(&[0, sequence], &[0, 0, 255, 1], &[], &[]), rect, &mut surface);
        assert!(matches!(refused, Err(Error::PeerViolation(_))));
    }
}

#[test]
fn rlex_walks_its_palette() {
    // Five colours: three bits of stop index, five of depth. Two of colour 0, then 0 to 3; colour 4 three times; then 2 alone.
    let palette = [5, 0, 0, 0, 10, 0, 0, 20, 0, 0, 30, 0, 0, 40, 0, 0];
    let segments = [3 | 3 << 3, 2, 4, 2, 2, 0];
    let pixels = shown(&message(&[0, 0], &[], &[], &region(0, 0, 5, 2, 2, &[&palette[..], &segments].concat())), 5, 2).unwrap();
    let blues: Vec<u8> = pixels.iter().map(|pixel| pixel[0]).collect();
    assert_eq!(blues, [0, 0, 0, 10, 20, 30, 40, 40, 40, 20]);
}

#[test]
fn rlex_stays_in_its_palette_and_region() {
    let two = [2, 0, 0, 0, 1, 1, 1];
    for segments in [
        // Depth before the first colour; one pixel too few; too many; a run beyond.
        &[2u8, 0, 0, 0][..],
        &[0, 2],
        &[0, 4],
        &[0, 255, 255, 255, 255, 255, 255, 255],
    ] {
        let refused = shown(&message(&[0, 0], &[], &[], &region(0, 0, 2, 2, 2, &[&two[..], segments].concat())), 2, 2);
        assert!(matches!(refused, Err(Error::Malformed(_))), "{segments:?}: {refused:?}");
    }
    for count in [0, 128, 255] {
        let refused = shown(&message(&[0, 0], &[], &[], &region(0, 0, 1, 1, 2, &[vec![count], vec![0; 900]].concat())), 1, 1);
        assert!(matches!(refused, Err(Error::Malformed(_))), "{refused:?}");
    }
}

#[test]
fn raw_regions_paint_over_what_is_below() {
    let raw = region(1, 0, 1, 2, 0, &[255, 0, 0, 255, 0, 0]);
    let pixels = shown(&message(&[0, 0], &[0, 0, 255, 4], &[], &raw), 2, 2).unwrap();
    assert_eq!(pixels, [RED, BLUE, RED, BLUE]);
    for bytes in [5, 7] {
        let refused = shown(&message(&[0, 0], &[], &[], &region(0, 0, 1, 2, 0, &vec![0; bytes])), 2, 2);
        assert!(matches!(refused, Err(Error::Malformed(_))), "{refused:?}");
    }
}

#[test]
fn an_nscodec_region_is_decoded() {
    // One pixel: Y 100, Co 10, Cg 0, no alpha, loss level 1.
    let stream = [&[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0][..], &[100, 10, 0]].concat();
    let pixels = shown(&message(&[0, 0], &[0, 0, 255, 2], &[], &region(1, 0, 1, 1, 1, &stream)), 2, 1).unwrap();
    assert_eq!(pixels, [RED, [90, 100, 110, 255]]);
}

#[test]
fn a_glyph_is_sent_once() {
    let mut decoder = Decoder::new(&Limits::default());
    let mut surface = black(8, 4);
    let glyph = message(&[1, 0, 0x9f, 0x0f], &[0, 0, 255, 4, 255, 0, 0, 4], &[], &[]);
    decoder.decode(&glyph, Rect::new(0, 0, 4, 2), &mut surface).unwrap();
    decoder.decode(&[3, 1, 0x9f, 0x0f], Rect::new(4, 1, 4, 2), &mut surface).unwrap();
    assert_eq!([colour(&surface, 4, 1), colour(&surface, 7, 2), colour(&surface, 4, 0)], [RED, BLUE, BLACK]);
    // Another size, though the same area; a number beyond the storage; a hit without a number; too large a bitmap.
    for (data, rect) in [
        (vec![3, 2, 0x9f, 0x0f], Rect::new(0, 0, 2, 4)),
        (vec![3, 2, 0xa0, 0x0f], Rect::new(0, 0, 4, 2)),
        (vec![2, 2], Rect::new(0, 0, 4, 2)),
    ] {
        let mut decoder = Decoder::new(&Limits::default());
        decoder.decode(&glyph, Rect::new(0, 0, 4, 2), &mut surface).unwrap();
        let next = [&[data[0], 1], &data[2..]].concat();
        assert!(matches!(decoder.decode(&next, rect, &mut surface), Err(Error::Malformed(_))), "{data:?}");
    }
    let large = message(&[1, 0, 0, 0], &[0, 0, 255, 255, 1, 4], &[], &[]);
    assert!(matches!(shown(&large, 41, 25), Err(Error::Malformed(_))));
}

#[test]
fn regions_lie_in_their_bitmap() {
    let spelt: &[u8] = &[0, 0];
    for (bands, subcodecs) in [
        (band(4, 4, 0, 0, &[spelt]), vec![]),
        (band(0, 0, 4, 4, &[spelt]), vec![]),
        (band(1, 0, 0, 0, &[spelt]), vec![]),
        (band(0, 0, 1, 0, &[spelt]), vec![]),
        (vec![], region(4, 0, 1, 1, 0, &[0; 3])),
        (vec![], region(0, 65_535, 1, 1, 0, &[0; 3])),
        (vec![], region(0, 0, 1, 1, 3, &[0; 3])),
    ] {
        // The surface is larger than the bitmap.
        let mut surface = black(8, 8);
        let refused =
            Decoder::new(&Limits::default()).decode(&message(&[0, 0], &[], &bands, &subcodecs), Rect::new(0, 0, 4, 4), &mut surface);
        assert!(matches!(refused, Err(Error::Malformed(_))), "{refused:?}");
    }
    let mut surface = black(8, 8);
    let outside = Decoder::new(&Limits::default()).decode(&message(&[0, 0], &[], &[], &[]), Rect::new(5, 0, 4, 4), &mut surface);
    assert!(matches!(outside, Err(Error::Malformed(_))));
}

#[test]
fn empty_regions_paint_nothing() {
    let palette = [2, 0, 0, 0, 1, 1, 1];
    for subcodecs in [region(4, 4, 0, 0, 0, &[]), region(4, 4, 0, 0, 2, &palette), region(0, 4, 4, 0, 2, &palette)] {
        assert!(shown(&message(&[0, 0], &[], &[], &subcodecs), 4, 4).unwrap().iter().all(|pixel| *pixel == BLACK));
    }
}

#[test]
fn a_small_message_cannot_paint_without_end() {
    let palette = [2, 0, 0, 0, 1, 1, 1];
    let bitmap = [&palette[..], &[0, 255, 255, 255, 255, 255, 0x0f, 0]].concat();
    let once = region(0, 0, 1024, 1024, 2, &bitmap);
    assert!(shown(&message(&[0, 0], &[], &[], &once.repeat(4)), 1024, 1024).is_ok());
    let refused = shown(&message(&[0, 0], &[], &[], &once.repeat(5)), 1024, 1024);
    assert!(matches!(refused, Err(Error::LimitExceeded { .. })), "{refused:?}");
}

#[test]
fn bitmaps_are_bounded() {
    let limits = Limits { max_area: 16, ..Limits::default() };
    let mut surface = black(8, 8);
    let refused = Decoder::new(&limits).decode(&message(&[0, 0], &[], &[], &[]), Rect::new(0, 0, 8, 3), &mut surface);
    assert!(matches!(refused, Err(Error::LimitExceeded { limit: 16, .. })));
}

/// An encoder and the decoder at the other end.
struct Link {
    encoder: Encoder,
    decoder: Decoder,
    surface: Surface,
    message: Vec<u8>,
}

impl Link {
    fn new(screen: &Screen) -> Self {
        Self {
            encoder: Encoder::new(),
            decoder: Decoder::new(&Limits::default()),
            surface: black(screen.width, screen.height),
            message: Vec::new(),
        }
    }

    /// Sends a part, which must then be shown; returns the message's length.
    fn show(&mut self, screen: &Screen, rect: Rect) -> usize {
        self.message.clear();
        self.encoder.encode(&screen.view(), rect, &mut self.message).unwrap();
        assert!(self.message.len() <= Encoder::worst_case(rect), "{} bytes for {rect:?}", self.message.len());
        self.decoder.decode(&self.message, rect, &mut self.surface).unwrap();
        let (shown, drawn) = (self.surface.view().unwrap(), screen.view());
        for y in rect.y..rect.bottom() {
            let row = |view: &FrameView<'_>| -> Vec<[u8; 3]> {
                let (pixels, _) = view.row(y).as_chunks::<4>();
                pixels[rect.x as usize..rect.right() as usize].iter().map(|[blue, green, red, _]| [*blue, *green, *red]).collect()
            };
            assert_eq!(row(&shown), row(&drawn), "row {y} of {rect:?}");
        }
        self.message.len()
    }
}

#[test]
fn text_that_was_shown_costs_two_bytes_a_column() {
    let mut screen = Screen::new(640, 170, 12);
    screen.text(screen.whole(), &mut Noise(4));
    let mut link = Link::new(&screen);
    let first = link.show(&screen, screen.whole());
    let second = link.show(&screen, screen.whole());
    assert!(second < first && second <= 640 * 10 * 2 + 10 * 11 + 14, "{first}, then {second}");
}

#[test]
fn a_caret_costs_four_bytes_again_and_again() {
    let mut screen = Screen::new(100, 40, 0);
    let caret = Rect::new(10, 10, 2, 17);
    let mut link = Link::new(&screen);
    let mut sizes = Vec::new();
    for blink in 0..6 {
        screen.fill(caret, if blink % 2 == 0 { 0 } else { 0xff_ffff });
        sizes.push(link.show(&screen, caret));
    }
    assert!(sizes[2..].iter().all(|size| *size == 4), "{sizes:?}");
}

#[test]
fn every_height_and_width_goes_through() {
    let mut screen = Screen::new(150, 120, 4);
    screen.text(screen.whole(), &mut Noise(9));
    screen.photo(Rect::new(100, 0, 30, 120), &mut Noise(10));
    let mut link = Link::new(&screen);
    for size in 1..=120 {
        link.show(&screen, Rect::new(0, 0, 37, size));
        link.show(&screen, Rect::new(150 - size, 3, size, 20));
    }
}

/// Columns that no other column equals: more of them than either storage has slots.
#[test]
fn storages_come_round() {
    let mut screen = Screen::new(700, 20, 0);
    let mut link = Link::new(&screen);
    let mut letters = screen.clone();
    letters.text(letters.whole(), &mut Noise(3));
    let mut noise = Noise(5);
    let mut sent = 0;
    while sent < 2 * 32_768 + 5000 {
        // One new pixel in ten keeps the cells as columns; letters in between are hits, then gone, then spelt out again.
        screen.fill(screen.whole(), 0xff_ffff);
        screen.draw(Rect::new(0, 5, 700, 2), |_, _| noise.next() & 0xff_ffff);
        link.show(&screen, screen.whole());
        sent += 700;
        link.show(&letters, Rect::new(0, 0, 350, 20));
    }
    assert!(link.message.len() < 2000, "letters are known by now: {}", link.message.len());
}

#[test]
fn glyphs_come_round() {
    let mut screen = Screen::new(16, 16, 0);
    let mut link = Link::new(&screen);
    for number in 0..4100u32 {
        screen.fill(screen.whole(), number * 1000);
        link.show(&screen, screen.whole());
    }
    // The last is there, the first is not.
    assert_eq!(link.show(&screen, screen.whole()), 4);
    screen.fill(screen.whole(), 0);
    assert!(link.show(&screen, screen.whole()) > 4);
}

#[test]
fn a_restart_needs_nothing_of_what_was_sent_before() {
    let mut screen = Screen::new(300, 60, 0);
    screen.text(screen.whole(), &mut Noise(8));
    let mut link = Link::new(&screen);
    let first = link.show(&screen, screen.whole());
    // The sequence goes on, the same decoder goes on.
    link.encoder.restart_storages();
    assert_eq!(link.show(&screen, screen.whole()), first);
    assert_eq!(link.message[0] & CACHE_RESET, CACHE_RESET);
    link.show(&screen, screen.whole());
    assert_eq!(link.message[0] & CACHE_RESET, 0);
    // The same one for another connection, and a new decoder.
    link.encoder.reset();
    link.decoder.reset();
    assert_eq!(link.show(&screen, screen.whole()), first);
    link.encoder.reset();
    link.decoder = Decoder::new(&Limits::default());
    assert_eq!(link.show(&screen, screen.whole()), first);
    assert_eq!(link.message[1], 0);
}

#[test]
fn noise_costs_three_bytes_a_pixel_and_leaves_letters_alone() {
    let mut screen = Screen::new(400, 24, 0);
    let letters = Rect::new(0, 0, 400, 17);
    screen.text(letters, &mut Noise(6));
    let mut link = Link::new(&screen);
    link.show(&screen, letters);
    let known = link.show(&screen, letters);
    let mut noisy = screen.clone();
    for seed in 0..100 {
        noisy.noise(noisy.whole(), &mut Noise(seed));
        assert!(link.show(&noisy, noisy.whole()) < 400 * 24 * 3 + 200);
    }
    assert_eq!(link.show(&screen, letters), known);
}

/// The dearest shapes: few rows, many colours, but too few for anything but columns.
#[test]
fn thin_bitmaps_keep_the_bound() {
    let mut screen = Screen::new(300, 300, 0);
    let mut noise = Noise(7);
    for colours in [90, 1 << 24] {
        screen.draw(screen.whole(), |_, _| noise.below(colours));
        let mut link = Link::new(&screen);
        for thickness in 1..9 {
            link.show(&screen, Rect::new(0, 0, 300, thickness));
            link.show(&screen, Rect::new(0, 0, thickness, 300));
        }
    }
}

#[test]
fn rectangles_that_no_message_can_have_are_refused() {
    let screen = Screen::new(10, 10, 0);
    let mut out = Vec::new();
    for rect in [Rect::new(0, 0, 0, 5), Rect::new(0, 0, 11, 5), Rect::new(10, 0, 1, 1)] {
        assert!(matches!(Encoder::new().encode(&screen.view(), rect, &mut out), Err(Error::ApiMisuse(_))));
    }
    assert!(out.is_empty());
}

/// Messages of every kind: glyphs, bands, palettes, runs, raw pixels.
fn session() -> Vec<(Rect, Vec<u8>)> {
    let mut screen = Screen::new(90, 60, 0);
    screen.text(Rect::new(0, 0, 90, 30), &mut Noise(1));
    screen.noise(Rect::new(0, 30, 90, 12), &mut Noise(2));
    screen.draw(Rect::new(0, 42, 90, 18), |x, y| (x * x + y * y) / 50 % 40 * 0x03_0507);
    let mut encoder = Encoder::new();
    let rects = [(0, 0, 90, 30), (0, 0, 20, 17), (0, 30, 90, 12), (0, 42, 90, 18), (0, 0, 20, 17), (8, 0, 60, 60)];
    rects
        .map(|(x, y, width, height)| {
            let (rect, mut out) = (Rect::new(x, y, width, height), Vec::new());
            encoder.encode(&screen.view(), rect, &mut out).unwrap();
            (rect, out)
        })
        .to_vec()
}

#[test]
fn a_message_cut_anywhere_is_refused() {
    let session = session();
    for (number, (rect, data)) in session.iter().enumerate() {
        for len in 0..data.len() {
            // Every field of the head is cut, and every kind of field behind it.
            if len > 60 && len % 59 != 0 {
                continue;
            }
            let mut decoder = Decoder::new(&Limits::default());
            let mut surface = black(90, 60);
            for (rect, data) in &session[..number] {
                decoder.decode(data, *rect, &mut surface).unwrap();
            }
            let cut = decoder.decode(&data[..len], *rect, &mut surface);
            // Flags and number alone are a whole message, if an empty one.
            assert!(cut.is_err() || len == 2 || (len == 4 && data[0] & 1 != 0), "message {number} cut at {len}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_drawn_is_shown(
        width in 1u32..300,
        height in 1u32..140,
        parts in prop::collection::vec((any::<u64>(), 0u8..6, 0u32..300, 0u32..140, 1u32..300, 1u32..140), 1..12),
    ) {
        let mut screen = Screen::new(width, height, 8);
        let mut link = Link::new(&screen);
        for (seed, kind, x, y, w, h) in parts {
            let rect = Rect::new(x % width, y % height, w, h).intersection(&screen.whole());
            let mut noise = Noise(seed);
            match kind {
                0 => screen.text(rect, &mut noise),
                1 => screen.noise(rect, &mut noise),
                2 => screen.photo(rect, &mut noise),
                3 => screen.fill(rect, noise.below(1 << 24)),
                4 => screen.draw(rect, |x, _| (x % 7) * 0x11_2233),
                _ => screen.draw(rect, |_, y| y * 0x01_0101),
            }
            link.show(&screen, rect);
        }
    }

    #[test]
    fn damaged_messages_do_no_harm(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut decoder = Decoder::new(&Limits::default());
        let mut surface = black(90, 60);
        for (rect, mut data) in session() {
            for (index, mask) in &flips {
                let at = index.index(data.len());
                data[at] ^= *mask;
            }
            // Whether it is refused or shows something else: no panic, and nothing outside its rectangle.
            let before = surface.clone();
            let _ = decoder.decode(&data, rect, &mut surface);
            for y in (0..60).filter(|y| *y < rect.y || *y >= rect.bottom()) {
                prop_assert_eq!(surface.view().unwrap().row(y), before.view().unwrap().row(y));
            }
        }
    }

    #[test]
    fn rubbish_does_no_harm(data in prop::collection::vec(any::<u8>(), 0..300), flags in 0u8..8) {
        let mut decoder = Decoder::new(&Limits::default());
        let mut surface = black(40, 30);
        let data = [&[flags, 0], &data[..]].concat();
        let _ = decoder.decode(&data, Rect::new(3, 4, 30, 20), &mut surface);
        prop_assert!((0..40).all(|x| colour(&surface, x, 3) == BLACK && colour(&surface, x, 24) == BLACK));
    }
}
