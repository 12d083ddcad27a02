//! What `replay` is asked to do.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use rh_codec::{
    Effort, Rect,
    egfx::caps::{CapSet, CapsConfirm, Version, flag},
};

use crate::replay_source::Shape;

/// Encodes raw BGRA frames from standard input, or a recorded clip, decodes them, compares every picture with its source, and reports bytes, times and quality.
///
/// Nothing is known about the frames but their pixels: no damage, no moves. Times are processor time of this process.
#[derive(Debug, Parser)]
#[command(
    name = "replay",
    after_help = "Examples:
  One of the project's own recordings:
    replay --clip benches/data/terminal.clip
  A recording, converted by ffmpeg:
    ffmpeg -loglevel error -i clip.mkv -f rawvideo -pix_fmt bgra - | replay --size 1920x1080 --fps 16
  The same over a link of 1 Mbit/s, until the last frame is exact:
    ... | replay --size 1920x1080 --fps 16 --budget 125000 --settle 20 --json

Exit code: 0 measured, 1 the codec failed, 2 the arguments or the input are wrong."
)]
pub(crate) struct Args {
    /// Columns and rows of a frame, such as 1920x1080.
    #[arg(long, value_name = "WxH", value_parser = parse_size, required_unless_present = "clip")]
    pub(crate) size: Option<(u32, u32)>,
    /// Frames a second: how fast the budget fills. 15, or the clip's, if absent.
    #[arg(long, value_parser = parse_fps)]
    pub(crate) fps: Option<f64>,
    /// Read this clip, as `cargo xtask record` makes it, instead of standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "size")]
    pub(crate) clip: Option<PathBuf>,
    /// Wire format.
    #[arg(long, value_enum, default_value_t = Profile::Native)]
    pub(crate) profile: Profile,
    /// What the client of `egfx` can do: a version of [MS-RDPEGFX] from 8 to 10.7 and, behind commas, flags: `small` cache, `thin` client (RemoteFX instead
    /// of Progressive).
    #[arg(long, value_name = "VERSION[,FLAG...]", default_value = "10.7,small", value_parser = parse_caps)]
    pub(crate) caps: Caps,
    /// Processor time against bytes.
    #[arg(long, value_enum, default_value_t = EffortArg::Balanced)]
    pub(crate) effort: EffortArg,
    /// Threads that code at once. With more than one, times are those of the clock and not of the processor.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) threads: u8,
    /// Bytes a second: a token bucket, one second deep, full at the start. Unlimited if absent.
    #[arg(long, value_name = "BYTES_PER_SECOND", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    pub(crate) budget: Option<u64>,
    /// Whether to refine what was first painted inexactly.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pub(crate) refine: Switch,
    /// Whether films are sent as H.264.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pub(crate) h264: Switch,
    /// Repeat the last frame until the picture is exact, for so many seconds at most.
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = parse_seconds)]
    pub(crate) settle: f64,
    /// Do that after every changed frame.
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = parse_seconds)]
    pub(crate) settle_each: f64,
    /// Measure the quality inside this rectangle too.
    #[arg(long, value_name = "X,Y,W,H", value_parser = parse_region)]
    pub(crate) region: Option<Rect>,
    /// Write the wire bytes of every frame to this file, each behind their number as a little-endian u32.
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<PathBuf>,
    /// Print one JSON object instead of a table. 999 dB means exact.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// Between our own peers: text exact at first paint, images coarse at first.
    Native,
    /// RDP's graphics pipeline, [MS-RDPEGFX]; with `--dump`, each record is one RDP_SEGMENTED_DATA.
    Egfx,
}

impl From<Profile> for rh_codec::Profile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Native => Self::Native,
            Profile::Egfx => Self::Egfx,
        }
    }
}

/// A capability set.
#[derive(Clone, Debug)]
pub(crate) struct Caps {
    version: Version,
    data: Vec<u8>,
}

impl Caps {
    pub(crate) fn confirm(&self) -> CapsConfirm<'_> {
        CapsConfirm { set: CapSet { version: self.version, data: &self.data } }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EffortArg {
    /// Least time.
    Fast,
    /// For most.
    Balanced,
    /// Fewest bytes.
    Small,
}

impl From<EffortArg> for Effort {
    fn from(effort: EffortArg) -> Self {
        match effort {
            EffortArg::Fast => Self::Fast,
            EffortArg::Balanced => Self::Balanced,
            EffortArg::Small => Self::Small,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Args {
    /// What the single values cannot tell alone.
    pub(crate) fn check(&self, shape: Shape) -> Result<(), String> {
        let Shape { width, height, .. } = shape;
        match self.region {
            Some(region) if region.right() > width || region.bottom() > height => {
                Err(format!("--region reaches outside the frame of {width}x{height}"))
            }
            _ => Ok(()),
        }
    }
}

fn parse_size(text: &str) -> Result<(u32, u32), String> {
    let limits = rh_codec::Limits::default();
    let size = text.split_once(['x', 'X']).and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match size {
        Some((0, _) | (_, 0)) | None => Err("expected columns x rows, such as 1920x1080".into()),
        Some((w, h)) if w > limits.max_width || h > limits.max_height || u64::from(w) * u64::from(h) > limits.max_area => Err(format!(
            "larger than the codec's limits: {} columns, {} rows, {} pixels in all",
            limits.max_width, limits.max_height, limits.max_area
        )),
        Some(size) => Ok(size),
    }
}

fn parse_caps(text: &str) -> Result<Caps, String> {
    let mut words = text.split(',').map(str::trim);
    let version = match words.next() {
        Some("8" | "8.0") => Version::V8,
        Some("8.1") => Version::V8_1,
        Some("10" | "10.0") => Version::V10,
        Some("10.1") => Version::V10_1,
        Some("10.2") => Version::V10_2,
        Some("10.3") => Version::V10_3,
        Some("10.4") => Version::V10_4,
        Some("10.5") => Version::V10_5,
        Some("10.6") => Version::V10_6,
        Some("10.7") => Version::V10_7,
        _ => return Err("expected a version first: 8, 8.1, 10, 10.1, ... or 10.7".into()),
    };
    let disabled = if version < Version::V10 { 0 } else { flag::AVC_DISABLED };
    let flags = words.try_fold(disabled, |flags, word| match word {
        "small" => Ok(flags | flag::SMALL_CACHE),
        "thin" if version < Version::V10 => Ok(flags | flag::THIN_CLIENT),
        "thin" => Err("only versions 8 and 8.1 have thin clients of this kind".to_owned()),
        _ => Err(format!("'{word}' is no flag; expected small or thin")),
    })?;
    // Of version 10.1 the data are 16 bytes without meaning.
    let data = if version == Version::V10_1 { vec![0; 16] } else { flags.to_le_bytes().to_vec() };
    Ok(Caps { version, data })
}

fn parse_fps(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|fps| (0.01..=1000.0).contains(fps)).ok_or_else(|| "expected frames a second, 0.01 to 1000".into())
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|s| (0.0..=3600.0).contains(s)).ok_or_else(|| "expected seconds, 0 to 3600".into())
}

fn parse_region(text: &str) -> Result<Rect, String> {
    let numbers: Vec<u32> = text.split(',').map_while(|n| n.trim().parse().ok()).collect();
    match numbers[..] {
        [x, y, width, height] if text.split(',').count() == 4 && width > 0 && height > 0 => Ok(Rect::new(x, y, width, height)),
        _ => Err("expected left, top, columns, rows, such as 200,180,960,540".into()),
    }
}
