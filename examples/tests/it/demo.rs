//! The first command of the README, as a script would call it.

use std::process::Command;

use crate::{picture::Rgb, scratch::Scratch, xserver::XServer};

fn run(mut command: Command) -> serde_json::Value {
    let output = command.output().expect("the demo starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let last = text.lines().last().expect("it says something");
    serde_json::from_str(last).unwrap_or_else(|e| panic!("the last line is no JSON object ({e}): {text}"))
}

fn demo(scratch: &Scratch) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command.args(["--headless", "--json", "--png", &scratch.file("session.png").display().to_string()]);
    command
}

fn check(summary: &serde_json::Value) {
    assert_eq!(summary["pixel_exact"], true, "{summary}");
    assert_eq!(summary["typed_text_seen"], true, "{summary}");
    for key in ["frames", "bytes"] {
        assert!(summary[key].as_u64().is_some_and(|n| n > 0), "{key}: {summary}");
    }
    for key in ["encode_ms_p50", "decode_ms_p50", "input_to_picture_ms_p50", "input_to_picture_ms_p95", "handshake_ms"] {
        assert!(summary[key].as_f64().is_some_and(|ms| ms > 0.0), "{key}: {summary}");
    }
}

#[test]
fn the_demo_on_its_own_desktop() {
    let scratch = Scratch::new();
    let mut command = demo(&scratch);
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    check(&run(command));
    let picture = Rgb::png(&scratch.file("session.png"));
    assert_eq!((picture.width, picture.height), (1280, 720));
}

#[test]
fn the_demo_on_a_real_display() {
    let server = XServer::xvfb(1024, 768);
    let scratch = Scratch::new();
    let mut command = demo(&scratch);
    command.args(["--display", server.display()]);
    check(&run(command));
    let picture = Rgb::png(&scratch.file("session.png"));
    assert_eq!((picture.width, picture.height), (1024, 768));
}
