//! Sessions that last.

use crate::{
    pair::{Pair, frames},
    programs::until,
};

/// Thousands of frames. Without optimisation each takes ten times as long; what it leaves behind shows in two thousand as well.
const THOUSANDS: u64 = if cfg!(debug_assertions) { 2 } else { 10 };

#[test]
fn memory_after_ten_thousand_frames_is_that_after_one_thousand() {
    let mut pair = Pair::viewing(&["--virtual", "640x480", "--animation-fps", "1000"]);
    let mut resident_after = |thousands: u64| {
        let begin = frames(&mut pair.helper) / 100;
        // Frames take as long as they take: what is awaited is that there are always more.
        for hundred in begin..=thousands * 10 {
            until("the next hundred frames", || (frames(&mut pair.helper) >= hundred * 100).then_some(()));
        }
        [pair.helper.resident_kib(), pair.sharer.resident_kib()]
    };
    let (before, after) = (resident_after(1), resident_after(THOUSANDS));
    println!("resident KiB, helper and sharer: {before:?} after 1,000 frames, {after:?} after {THOUSANDS},000");
    for (before, after) in before.into_iter().zip(after) {
        assert!(after * 100 <= before * 105 && after * 100 >= before * 95, "{before} KiB, then {after} KiB: more than 5 % apart");
    }
    pair.leave();
}
