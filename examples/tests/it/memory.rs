//! Sessions that last.

use std::process::Command;

use crate::pair::{Pair, helper};

#[test]
fn memory_after_ten_thousand_frames_is_that_after_one_thousand() {
    let mut pair = Pair::viewing_with(helper_with_frames(10_001), &["--virtual", "640x480", "--animation-fps", "1000"]);
    pair.helper.expect("frames 1000");
    let before = (pair.helper.resident_kib(), pair.sharer.resident_kib());
    for thousand in 2..=10 {
        pair.helper.expect(&format!("frames {thousand}000"));
    }
    let after = (pair.helper.resident_kib(), pair.sharer.resident_kib());
    println!("resident KiB, helper and sharer: {before:?} after 1,000 frames, {after:?} after 10,000");
    for (before, after) in [(before.0, after.0), (before.1, after.1)] {
        assert!(after * 100 <= before * 105 && after * 100 >= before * 95, "{before} KiB, then {after} KiB: more than 5 % apart");
    }
}

fn helper_with_frames(frames: u64) -> Command {
    let mut command = helper();
    command.args(["--frames", &frames.to_string()]);
    command
}
