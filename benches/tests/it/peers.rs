//! `peers`: what it says of contenders that are there, that are not, and that fail.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use rh_benches::clip::{Format, Writer};

use crate::Folder;

/// A program that sends every frame back as it is, for 1000 bytes, 2 ms and 1 ms: numbers of 64 bits, least significant byte first.
const ECHO: &str = r"#!/bin/sh
while frame=$(mktemp) && head -c $(($2 * $3 * 4)) >$frame && [ -s $frame ]; do
  printf '\350\003\0\0\0\0\0\0\200\204\036\0\0\0\0\0\100\102\017\0\0\0\0\0'; cat $frame; rm $frame
done
rm -f $frame";

fn run(folder: &Path, more: &[&str]) -> Output {
    let (clips, programs) = (folder.join("clips"), folder.join("programs"));
    fs::create_dir_all(&clips).unwrap();
    fs::create_dir_all(&programs).unwrap();
    let format = Format::new(64, 48, 10).unwrap();
    let mut writer = Writer::new(File::create(clips.join("letters.clip")).unwrap(), format, 1).unwrap();
    for shift in [0, 0, 3, 5] {
        let ink = |x: u32, y: u32| if (x / 2 + y / 3 + shift).is_multiple_of(5) { 0 } else { 255 };
        let picture: Vec<u8> = (0..48).flat_map(|y| (0..64).flat_map(move |x| [ink(x, y), ink(x, y), ink(x, y), 255])).collect();
        writer.picture(&picture).unwrap();
    }
    writer.finish().unwrap();
    for (name, script) in [("zstd", ECHO), ("jpeg", "#!/bin/sh\nexit 3")] {
        fs::write(programs.join(name), script).unwrap();
        fs::set_permissions(programs.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    Command::new(env!("CARGO_BIN_EXE_peers")).arg("--programs").arg(programs).arg("--clips").arg(clips).args(more).output().unwrap()
}

#[test]
fn a_table_and_a_chart_tell_what_was_measured_what_failed_and_what_is_missing() {
    let folder = Folder::new("peers");
    let out = folder.path().join("out");
    let output = run(folder.path(), &["--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "jpeg fails");
    let page = fs::read_to_string(out.join("PEERS.md")).unwrap();
    assert!(page.contains("## letters: 64×48, 3 changed frames, 10 a second"), "{page}");
    assert!(page.contains("| zstd-3 | 3.0 | exact | 100 % | 2.00 / 2.00 | 1.00 |"), "{page}");
    let ours = page.lines().find(|line| line.starts_with("| **rh native, live** |")).unwrap();
    assert!(ours.contains("| exact | 100 % |"), "{ours}");
    assert!(page.contains("| jpeg-80 | failed: "), "{page}");
    assert!(page.contains("Not measured") && page.contains("openh264-screen"), "{page}");
    let chart = fs::read_to_string(out.join("peers.svg")).unwrap();
    assert!(chart.starts_with("<svg") && chart.trim_end().ends_with("</svg>"));
    for words in ["role=\"img\"", "<desc", "prefers-color-scheme:dark", "<title>zstd-3: 3.0 KB, 2.00 ms, exact</title>"] {
        assert!(chart.contains(words), "{words}");
    }
    assert_eq!(chart.matches("<g>").count(), chart.matches("</g>").count());
}

#[test]
fn a_filter_chooses_and_wrong_folders_end_with_2() {
    let folder = Folder::new("peers-filter");
    let output = run(folder.path(), &["zstd-3-stream"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |")).count(), 1, "{text}");
    let clips = folder.path().join("clips");
    for (clips, filter) in [(clips.as_path(), "nobody"), (Path::new("/nonexistent"), "")] {
        let output = Command::new(env!("CARGO_BIN_EXE_peers")).arg("--clips").arg(clips).arg(filter).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
