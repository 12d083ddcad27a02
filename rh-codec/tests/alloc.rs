//! Steady state allocates nothing: counted by an allocator of its own, hence a test binary of its own.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "an allocator cannot be counted without being one; a test"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use rh_codec::{Budget, Decoder, Encoder, FrameView, Hints, Limits, PixelFormat, Rect, Settings};

struct Counting;

thread_local! {
    /// Allocations of this thread: the test harness has threads of its own.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // During a thread's end there is no count, and nothing to count.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: passes every call on to `System` unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const WIDTH: u32 = 320;
const HEIGHT: u32 = 200;

/// The frames of a loop: text that scrolls, a photograph that comes and goes, and one word.
fn draw(pixels: &mut [u8], frame: u32) {
    for (index, pixel) in (0u32..).zip(pixels.as_chunks_mut::<4>().0) {
        let (x, y) = (index % WIDTH, index / WIDTH);
        let line = y + frame % 4 * 17;
        let letter = (x / 8).wrapping_mul(0x9e37_79b1) ^ (line / 17).wrapping_mul(0x85eb_ca6b);
        let ink = letter >> 3 >> ((x & 7) + line % 17) & 1 == 1;
        let photo = frame % 4 == 3 && x < 200 && y < 150;
        let value = if photo { ((x * 3 + y * 5 + (x * y) % 7) & 0xff) as u8 } else { u8::from(ink) * 255 };
        *pixel = [value, value ^ (u8::from(photo) * 85), value, 0];
    }
}

#[test]
fn steady_state_allocates_nothing() {
    let mut encoder = Encoder::new(Settings::default()).unwrap();
    let mut decoder = Decoder::new(Limits::default()).unwrap();
    let mut pixels = vec![0; (WIDTH * HEIGHT * 4) as usize];
    let mut message = Vec::new();
    let mut sent = 0;
    let damage = [Rect::new(0, 0, WIDTH, HEIGHT)];
    let mut run = |frames: std::ops::Range<u32>| {
        for frame in frames {
            draw(&mut pixels, frame);
            let view = FrameView::new(WIDTH, HEIGHT, WIDTH as usize * 4, PixelFormat::Bgrx, &pixels).unwrap();
            let hints = Hints { damage: (frame % 3 == 0).then_some(&damage[..]), moves: &[] };
            let budget = if frame % 5 == 4 { Budget::bytes(4000) } else { Budget::UNLIMITED };
            message.clear();
            sent += encoder.encode(&view, &hints, budget, &mut message).unwrap().bytes;
            decoder.decode(&message).unwrap();
        }
        COUNT.get()
    };
    // All that happens in the loop (of 60 frames) has happened once before counting.
    let before = run(0..60);
    let after = run(60..180);
    assert_eq!(after - before, 0, "allocations in 120 frames");
    assert!(sent > 10_000, "the frames were worth something");
}

#[test]
fn the_pipeline_allocates_nothing_in_steady_state() {
    use rh_codec::{
        Effort, Surface,
        egfx::{
            Reader, Writer,
            caps::{CapSet, CapsConfirm},
        },
        rfx::Level,
    };

    // Four slots, for five tiles that come in turn.
    let limits = Limits { max_cached_tiles: 4, ..Limits::default() };
    let mut writer = Writer::new(&CapsConfirm { set: CapSet::PLAIN }, &limits, Effort::Balanced).unwrap();
    let mut reader = Reader::new(limits).unwrap();
    let (mut shown, mut picture) = (Surface::default(), Surface::default());
    let (mut message, mut damage) = (Vec::new(), Vec::new());
    let mut pixels = vec![0; (WIDTH * HEIGHT * 4) as usize];
    writer.begin();
    writer.size(&mut shown, WIDTH, HEIGHT).unwrap();
    let mut run = |frames: std::ops::Range<u32>| {
        for frame in frames {
            draw(&mut pixels, frame);
            let view = FrameView::new(WIDTH, HEIGHT, WIDTH as usize * 4, PixelFormat::Bgrx, &pixels).unwrap();
            let tile = Rect::new(frame % 5 * 64, 64, 64, 64).intersection(&Rect::new(0, 0, WIDTH, HEIGHT));
            writer.text(&mut shown, &view, Rect::new(0, 0, WIDTH, 64)).unwrap();
            writer.image(&mut shown, &view, tile).unwrap();
            let slot = if frame % 5 < 4 { frame as u16 % 5 } else { 0 };
            writer.keep(&shown, slot, tile).unwrap();
            writer.recall(&mut shown, slot, Rect { width: 20 + frame % 2 * 20, ..tile }).unwrap();
            writer.image_coarse(&mut shown, &view, Rect::new(70, 30, 50, 30), Level::Coarse).unwrap();
            writer.image_finer(&mut shown, &view, Rect::new(70, 30, 50, 30), Level::Fine).unwrap();
            writer.copy(&mut shown, Rect::new(0, 0, 100, 100), 9, frame % 7).unwrap();
            writer.fill(&mut shown, Rect::new(0, 190, 20, 10), frame).unwrap();
            message.clear();
            writer.finish(&mut message);
            damage.clear();
            reader.read(&message, &mut picture, &mut damage).unwrap();
            assert_eq!(reader.poll_ack().unwrap().decoded, frame + 1);
        }
        COUNT.get()
    };
    let before = run(0..40);
    let after = run(40..62);
    assert_eq!(after - before, 0, "allocations in 22 frames");
}

#[test]
fn clear_codec_allocates_nothing_in_steady_state() {
    use rh_codec::{
        Surface,
        clear::{Decoder, Encoder},
    };

    let mut encoder = Encoder::new();
    let mut decoder = Decoder::new(&Limits::default());
    let mut surface = Surface::default();
    surface.resize(WIDTH, HEIGHT);
    let mut pixels = vec![0; (WIDTH * HEIGHT * 4) as usize];
    let mut message = Vec::new();
    let mut run = |frames: std::ops::Range<u32>| {
        for frame in frames {
            draw(&mut pixels, frame);
            // A glyph that comes again, and one that is new; then everything.
            for rect in [Rect::new(8, 8, 16, 17), Rect::new(frame % 200, 40, 20, 20), Rect::new(0, 0, WIDTH, HEIGHT)] {
                let view = FrameView::new(WIDTH, HEIGHT, WIDTH as usize * 4, PixelFormat::Bgrx, &pixels).unwrap();
                message.clear();
                encoder.encode(&view, rect, &mut message).unwrap();
                decoder.decode(&message, rect, &mut surface).unwrap();
            }
        }
        COUNT.get()
    };
    // Every kind of frame (there are four) has come before counting, as new as it can be.
    let before = run(0..8);
    let after = run(8..80);
    assert_eq!(after - before, 0, "allocations in 72 frames");
}
