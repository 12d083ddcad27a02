//! A session in its steady state does not allocate: frames, acknowledgements, input and the pointer go through memory that is there already.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use bytes::Bytes;
use rh_proto::mode::Mode;
use rh_proto::msg::cursor::CursorPosition;
use rh_proto::msg::input::{HidUsage, Input};
use rh_proto::msg::layout::{DisplayId, Generation};
use rh_proto::session::{HelperEvent, SharerEvent};

use crate::sim::{MS, Pair};

/// The system's allocator, counting what each thread asks of it.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[expect(unsafe_code, reason = "the trait is unsafe; only a count is added to the system's allocator")]
// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the trait's contract. Counting does not allocate: the cell is
// initialised at compile time and needs no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and `alloc` above gave what the system's allocator gave.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// One frame of 100 kB, its acknowledgement, a mouse move, a key, the pointer: both ends, without the simulated link, which does allocate.
fn round(pair: &mut Pair, payload: &Bytes) {
    pair.now += 10 * MS;
    let now = pair.now;
    pair.sharer.beat(now);
    pair.sharer.send_frame(now, DisplayId(0), payload.clone()).unwrap();
    pair.sharer.send_cursor_position(now, Some(CursorPosition { display: DisplayId(0), x: 1, y: 2 })).unwrap();
    let acts = [
        Input::MoveTo { display: DisplayId(0), generation: Generation(1), x: 3, y: 4 },
        Input::Key { usage: HidUsage::keyboard(4), down: true, text: Some('a') },
    ];
    pair.helper.send_input(now, &acts).unwrap();
    while let Some(bytes) = pair.sharer.poll_transmit() {
        pair.helper.handle_bytes(now, &bytes).unwrap();
    }
    let mut frames = 0;
    while let Some(event) = pair.helper.poll_event() {
        if let HelperEvent::Frame { id, payload: arrived, .. } = event {
            assert_eq!(arrived.len(), payload.len());
            pair.helper.ack_frame(now, id, Duration::ZERO).unwrap();
            frames += 1;
        }
    }
    while let Some(bytes) = pair.helper.poll_transmit() {
        pair.sharer.handle_bytes(now, &bytes).unwrap();
    }
    let mut acts = 0;
    while let Some(event) = pair.sharer.poll_event() {
        if let SharerEvent::Input(batch) = event {
            acts += batch.iter().count();
        }
    }
    assert_eq!((frames, acts), (1, 2));
}

#[test]
fn a_session_in_its_steady_state_does_not_allocate() {
    let mut pair = Pair::in_mode(Mode::FullControl);
    let payload = Bytes::from(vec![7; 100_000]);
    for _ in 0..20 {
        round(&mut pair, &payload);
    }
    let before = COUNT.get();
    // Ten seconds: keep-alive comes by, too.
    for _ in 0..1000 {
        round(&mut pair, &payload);
    }
    assert_eq!(COUNT.get() - before, 0, "allocations in 1000 rounds");
}
