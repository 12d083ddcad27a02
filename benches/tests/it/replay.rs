//! The tool from outside: frames piped in, a report out.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
    thread,
};

use rh_codec::{Decoder, Limits};
use serde_json::Value;

const WIDTH: usize = 128;
const HEIGHT: usize = 96;

fn run(args: &str, input: Vec<u8>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_replay"))
        .args(args.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The tool may refuse before it reads: a closed pipe is its right.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn json(args: &str, input: Vec<u8>) -> Value {
    let output = run(&format!("--size {WIDTH}x{HEIGHT} --json {args}"), input);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 1, "one line");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Grey; then a block of noise, twice the same; then half of it in letters' black and white.
fn clip() -> Vec<u8> {
    let mut frame = vec![0x80; WIDTH * HEIGHT * 4];
    let mut clip = frame.clone();
    let mut seed = 1u32;
    for y in 16..48 {
        for x in 0..64 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            frame[(y * WIDTH + x) * 4..][..3].copy_from_slice(&seed.to_be_bytes()[..3]);
        }
    }
    clip.extend_from_slice(&frame);
    clip.extend_from_slice(&frame);
    for y in 16..32 {
        for x in 0..64 {
            let ink = if (x / 2 + y / 3) % 3 == 0 { 0 } else { 255 };
            frame[(y * WIDTH + x) * 4..][..3].fill(ink);
        }
    }
    clip.extend_from_slice(&frame);
    clip
}

#[test]
fn the_report_has_the_harness_keys_and_counts_right() {
    let report = json("--settle 20", clip());
    for key in [
        "frames",
        "changed",
        "bytes_total",
        "bytes_first",
        "bytes_per_frame",
        "rest_bytes_per_frame",
        "bpp",
        "enc_ms_first",
        "enc_ms_median",
        "enc_ms_p95",
        "dec_ms_median",
        "dec_ms_p95",
        "psnr_mean_mse",
        "psnr_final",
        "psnr_worst",
        "psnr_region",
        "exact_frames",
        "settled_after_s",
        "enc_ms_mean_changed",
        "peak_rss_kb",
        "text_blocks",
        "text_blocks_inexact",
        "psnr_inexact",
    ] {
        assert!(report[key].is_number(), "{key}: {}", report[key]);
    }
    assert_eq!(report.as_object().unwrap().len(), 23);
    assert_eq!((&report["frames"], &report["changed"], &report["exact_frames"]), (&4.into(), &3.into(), &1.into()));
    // Noise is coarse at first, and exact in the end.
    for key in ["psnr_worst", "psnr_inexact"] {
        assert!((34.0..60.0).contains(&report[key].as_f64().unwrap()), "{key}: {}", report[key]);
    }
    assert_eq!(report["psnr_final"], 999.0);
    // Only the last frame has text: four blocks of 16×16. Noise has too many colours, grey too few.
    assert_eq!((&report["text_blocks"], &report["text_blocks_inexact"]), (&4.into(), &0.into()));
    let total = report["bytes_total"].as_u64().unwrap();
    assert_eq!(report["rest_bytes_per_frame"].as_u64().unwrap(), (total - report["bytes_first"].as_u64().unwrap()) / 3);
    assert!(report["peak_rss_kb"].as_u64().unwrap() > 0);
}

#[test]
fn a_budget_delays_and_settling_makes_up() {
    let tight = json("--fps 10 --budget 2000", clip());
    assert!(tight["exact_frames"].as_u64().unwrap() < 4);
    assert!(tight["psnr_final"].as_f64().unwrap() < 999.0);
    assert!(tight["psnr_region"].as_f64().unwrap() == 0.0);
    assert_eq!(tight["settled_after_s"], Value::Null, "without --settle it never does");
    // Two seconds' worth at most: the full bucket, and what came in.
    assert!(tight["bytes_total"].as_u64().unwrap() < 2000 + 2000);

    let settled = json("--fps 10 --budget 2000 --settle 20 --region 0,16,64,32", clip());
    assert_eq!(settled["psnr_final"], 999.0);
    assert!(settled["psnr_region"].as_f64().unwrap() < settled["psnr_mean_mse"].as_f64().unwrap(), "all errors lie in the region");
    let seconds = settled["settled_after_s"].as_f64().unwrap();
    assert!(seconds > 0.0 && seconds < 20.0, "{seconds}");

    let each = json("--fps 10 --budget 2000 --settle-each 20", clip());
    assert_eq!(each["psnr_final"], 999.0);
    assert!(each["settled_after_s"].as_f64().unwrap() > 1.0);

    let short = json("--fps 10 --budget 100 --settle 1", clip());
    assert_eq!(short["settled_after_s"], Value::Null);
}

#[test]
fn a_dump_holds_every_frame_and_decodes_to_the_last() {
    let path = std::env::temp_dir().join(format!("replay-test-{}.dump", std::process::id()));
    let report = json(&format!("--settle 20 --dump {}", path.display()), clip());
    let dump = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut decoder = Decoder::new(Limits::default()).unwrap();
    let (mut rest, mut lengths) = (&dump[..], Vec::new());
    while let Some((len, tail)) = rest.split_first_chunk() {
        let (message, tail) = tail.split_at(u32::from_le_bytes(*len) as usize);
        decoder.decode(message).unwrap();
        lengths.push(message.len() as u64);
        rest = tail;
    }
    assert!(lengths.len() > 4, "what settles is in it");
    assert_eq!(lengths[2], 0, "the third frame is the second");
    assert_eq!(lengths.iter().sum::<u64>(), report["bytes_total"].as_u64().unwrap());
    let clip = clip();
    let last = clip.as_chunks::<4>().0[WIDTH * HEIGHT * 3..].iter().map(|p| [p[0], p[1], p[2]]);
    let shown = decoder.surface().unwrap();
    assert!(shown.pixels().as_chunks::<4>().0.iter().map(|p| [p[0], p[1], p[2]]).eq(last));
}

#[test]
fn a_table_is_printed_for_people() {
    let output = run(&format!("--size {WIDTH}x{HEIGHT} --profile egfx"), clip());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("4 of which 3 changed") && text.contains("dB over all frames"), "{text}");
    let output = run(&format!("--size {WIDTH}x{HEIGHT} --profile egfx --caps 8.1,thin,small"), vec![0x80; WIDTH * HEIGHT * 4]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("exact over all frames"), "{text}");
}

#[test]
fn wrong_arguments_and_inputs_end_with_2_and_a_sentence() {
    for (args, input, sentence) in [
        ("", vec![], "--size"),
        ("--size 0x5", vec![], "columns x rows"),
        ("--size 99999x9", vec![], "limits"),
        ("--size 4x4 --fps 0", vec![], "frames a second"),
        ("--size 4x4 --budget 0", vec![], "budget"),
        ("--size 4x4 --budget lots", vec![], "budget"),
        ("--size 4x4 --settle=-1", vec![], "seconds"),
        ("--size 4x4 --profile h264", vec![], "native"),
        ("--size 4x4 --caps 7", vec![], "expected a version first"),
        ("--size 4x4 --caps 10.7,thin", vec![], "only versions 8 and 8.1"),
        ("--size 4x4 --caps 8,large", vec![], "expected small or thin"),
        ("--size 4x4 --region 1,2,3", vec![0; 64], "left, top, columns, rows"),
        ("--size 4x4 --region 1,1,4,1", vec![0; 64], "outside the frame"),
        ("--size 4x4 --dump /nonexistent/folder/file", vec![0; 64], "cannot write"),
        ("--size 4x4", vec![], "no frame in the input"),
        ("--size 4x4", vec![0; 65], "ends inside frame 1: 1 of 64 bytes"),
    ] {
        let output = run(args, input);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args}: {message}");
        assert!(message.contains(sentence), "{args}: {message}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn help_has_examples() {
    let help = String::from_utf8(run("--help", vec![]).stdout).unwrap();
    assert!(help.contains("Examples:") && help.contains("ffmpeg") && help.contains("Exit code:"), "{help}");
}
