//! Counts allocations, for the claim that pointer motion makes none of its own.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[allow(unsafe_code, reason = "tests only: counting what the system's allocator is asked for")]
// SAFETY: every call goes to the system's allocator as it is; the count is a thread's own cell, which needs no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, 0, layout.size());
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, layout.size(), 0);
        // SAFETY: the caller keeps `dealloc`'s contract, and every block is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, layout.size(), size);
        // SAFETY: the caller keeps `realloc`'s contract, and every block is the system's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn note(calls: usize, freed: usize, taken: usize) {
    let _ = COUNT.try_with(|count| count.set(count.get() + calls));
    let _ = BYTES.try_with(|bytes| bytes.set(bytes.get().wrapping_add_unsigned(taken).wrapping_sub_unsigned(freed)));
}

/// How many allocations `act` makes in this thread, and how many bytes more are taken after it.
#[cfg(all(unix, feature = "x11"))]
pub(crate) fn count(act: impl FnOnce()) -> (usize, isize) {
    let before = (COUNT.get(), BYTES.get());
    act();
    (COUNT.get() - before.0, BYTES.get() - before.1)
}
