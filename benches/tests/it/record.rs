//! `record`: what an X server shows, pixel for pixel.

use std::process::{Command, Output};

use rh_benches::clip::Reader;
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{ConnectionExt as _, CreateGCAux, Rectangle},
    wrapper::ConnectionExt as _,
};

use crate::{Folder, xserver::XServer};

fn record(display: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_record")).args(["--display", display]).args(more).output().unwrap()
}

#[test]
fn a_display_is_recorded_and_an_error_leaves_no_file() {
    let server = XServer::xvfb(200, 120);
    let (connection, screen) = x11rb::connect(Some(server.display())).unwrap();
    let root = connection.setup().roots[screen].root;
    let pen = connection.generate_id().unwrap();
    connection.create_gc(pen, root, &CreateGCAux::new().foreground(0x12_3456)).unwrap();
    connection.poly_fill_rectangle(root, pen, &[Rectangle { x: 10, y: 20, width: 30, height: 40 }]).unwrap();
    connection.sync().unwrap();

    let folder = Folder::new("record");
    let out = folder.path().join("a.clip");
    let output = record(server.display(), &["--fps", "20", "--seconds", "1", "--level", "3", "--size", "160x100", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut reader = Reader::open(&out).unwrap();
    assert_eq!(reader.format().to_string(), "rh-clip 1 160x100 20");
    let mut count = 0;
    while let Some(picture) = reader.next_picture().unwrap() {
        count += 1;
        for (x, y) in [(10, 20), (39, 59)] {
            assert_eq!(picture[(y * 160 + x) * 4..][..4], [0x56, 0x34, 0x12, 255], "at {x}, {y}");
        }
        assert_eq!(picture[(60 * 160 + 39) * 4..][..3], [0, 0, 0], "beyond it");
    }
    assert_eq!(count, 20);

    let too_large = record(server.display(), &["--size", "201x100", folder.path().join("b.clip").to_str().unwrap()]);
    assert_eq!(too_large.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&too_large.stderr).contains("200x120"), "it says how large the display is");
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["a.clip"], "nothing half-written");
}

#[test]
fn wrong_words_are_told_before_anything_happens() {
    for (words, sentence) in [(&["--size", "0x4", "x"][..], "columns x rows"), (&["--fps", "0", "x"], "0 is not in"), (&[], "OUT")] {
        let output = record(":1", words);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(sentence), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let nobody = record(":59999", &["x.clip"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("display :59999"));
}
