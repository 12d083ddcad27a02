//! One contender over one clip.

use std::{
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

use rh_benches::quality::{Quality, percentile, psnr};
use rh_codec::{FrameView, PixelFormat};
use serde::Deserialize;

use crate::{
    clips::Clip,
    list::{Contender, How},
};

/// Longest that a contender may take for a clip, in seconds, before it is taken for dead.
const PATIENCE: &str = "900";

/// Figures, named as `replay` names them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Figures {
    pub(crate) changed: u64,
    pub(crate) bytes_total: u64,
    pub(crate) enc_ms_median: f64,
    pub(crate) enc_ms_p95: f64,
    pub(crate) dec_ms_median: f64,
    /// 999 is exact.
    pub(crate) psnr_mean_mse: f64,
    pub(crate) text_blocks: u64,
    pub(crate) text_blocks_inexact: u64,
}

/// What became of it.
#[derive(Clone, Debug)]
pub(crate) enum Result {
    Measured(Figures),
    /// Its program is not there: a library could not be had.
    Missing,
    Failed(String),
}

/// Runs `contender` over `clip`.
pub(crate) fn run(clip: &Clip, contender: &Contender, programs: &Path, replay: &Path) -> Result {
    let outcome = match contender.how {
        How::Replay(args) => ours(clip, replay, args),
        How::Program(program) => {
            let path = programs.join(program);
            if !path.exists() {
                return Result::Missing;
            }
            theirs(clip, &path, contender.name)
        }
    };
    outcome.map_or_else(Result::Failed, Result::Measured)
}

/// Started so that it cannot hang for ever, and ends with us when somebody presses Ctrl-C: in the foreground group.
fn start(program: &Path, args: &[&str]) -> std::result::Result<Child, String> {
    Command::new("timeout")
        .args(["--foreground", PATIENCE])
        .arg(program)
        .args(args)
        // Rust peers take their threads from here; the others are told.
        .env("RAYON_NUM_THREADS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{}: {e}", program.display()))
}

fn ours(clip: &Clip, replay: &Path, args: &str) -> std::result::Result<Figures, String> {
    let (size, fps) = (format!("{}x{}", clip.format.width, clip.format.height), clip.format.fps.to_string());
    let mut words = vec!["--json", "--size", &size, "--fps", &fps];
    words.extend(args.split(' '));
    // A photograph is replaced by the next before it could become exact: each is given the time.
    if clip.name == "photo" && args.contains("--settle ") {
        words.extend(["--settle-each", "20"]);
    }
    let mut child = start(replay, &words)?;
    let mut input = child.stdin.take().ok_or("no pipe")?;
    let mut frames = clip.open()?;
    let mut frame = vec![0; clip.format.picture_len()];
    let fed = thread::spawn(move || -> std::result::Result<(), String> {
        while frames.next(&mut frame)? {
            input.write_all(&frame).map_err(|e| format!("replay takes no frames: {e}"))?;
        }
        Ok(())
    });
    let output = child.wait_with_output().map_err(|e| e.to_string())?;
    let fed = fed.join().map_err(|_| "the thread that reads the clip panicked".to_owned())?;
    if !output.status.success() {
        return Err(format!("replay ended with {}", output.status));
    }
    fed?;
    serde_json::from_slice(&output.stdout).map_err(|e| format!("replay's report: {e}"))
}

/// The three numbers before each picture.
struct Spent {
    bytes: u64,
    encode_ms: f64,
    decode_ms: f64,
}

fn theirs(clip: &Clip, program: &Path, name: &str) -> std::result::Result<Figures, String> {
    let format = clip.format;
    let (width, height, fps) = (format.width.to_string(), format.height.to_string(), format.fps.to_string());
    let mut child = start(program, &[name, &width, &height, &fps])?;
    let mut input = child.stdin.take().ok_or("no pipe")?;
    let mut output = child.stdout.take().ok_or("no pipe")?;
    let outcome = exchange(clip, &mut |frame, picture| {
        input.write_all(frame).and_then(|()| input.flush()).map_err(|e| format!("takes no more frames: {e}"))?;
        let mut numbers = [[0; 8]; 3];
        output
            .read_exact(numbers.as_flattened_mut())
            .and_then(|()| output.read_exact(picture))
            .map_err(|e| format!("gives no picture back: {e}"))?;
        let [bytes, encode, decode] = numbers.map(u64::from_ne_bytes);
        Ok(Spent { bytes, encode_ms: milliseconds(encode), decode_ms: milliseconds(decode) })
    });
    drop(input);
    let status = child.wait().map_err(|e| e.to_string())?;
    let figures = outcome?;
    if status.success() { Ok(figures) } else { Err(format!("ended with {status}")) }
}

#[allow(clippy::cast_precision_loss, reason = "minutes in nanoseconds are far below 2^52")]
fn milliseconds(ns: u64) -> f64 {
    ns as f64 / 1e6
}

fn view<'a>(clip: &Clip, pixels: &'a [u8]) -> std::result::Result<FrameView<'a>, String> {
    let (width, height) = (clip.format.width, clip.format.height);
    FrameView::new(width, height, width as usize * 4, PixelFormat::Bgra, pixels).map_err(|e| e.to_string())
}

type Send<'a> = dyn FnMut(&[u8], &mut [u8]) -> std::result::Result<Spent, String> + 'a;

/// The same damage gate as `replay`'s for everybody: a frame that equals the one before costs nothing. The first frame counts for bytes and quality, not for times.
fn exchange(clip: &Clip, send: &mut Send<'_>) -> std::result::Result<Figures, String> {
    let format = clip.format;
    let (mut frame, mut before, mut picture) = (vec![0; format.picture_len()], Vec::new(), vec![0; format.picture_len()]);
    let mut frames = clip.open()?;
    let mut figures = Figures::default();
    let (mut encode, mut decode) = (Vec::new(), Vec::new());
    let (mut count, mut error_sum, mut quality) = (0u32, 0.0, Quality::default());
    while frames.next(&mut frame)? {
        if frame != before {
            let spent = send(&frame, &mut picture)?;
            figures.bytes_total += spent.bytes;
            if figures.changed > 0 {
                encode.push(spent.encode_ms);
                decode.push(spent.decode_ms);
            }
            figures.changed += 1;
            quality = Quality::measure(&view(clip, &frame)?, &view(clip, &picture)?, None);
            before.clone_from(&frame);
        }
        count += 1;
        error_sum += quality.mse;
        figures.text_blocks += quality.text_blocks;
        figures.text_blocks_inexact += quality.text_blocks_inexact;
    }
    figures.psnr_mean_mse = psnr(error_sum / f64::from(count.max(1)));
    (figures.enc_ms_median, figures.enc_ms_p95) = (percentile(&encode, 0.5), percentile(&encode, 0.95));
    figures.dec_ms_median = percentile(&decode, 0.5);
    Ok(figures)
}
