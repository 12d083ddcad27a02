//! What `replay` found, as a table or as JSON.

use std::io::{self, Write};

use rh_benches::quality::{Quality, mean, percentile, psnr};
use rh_codec::Rect;
use serde::Serialize;

use crate::replay_source::Shape;

/// Everything counted while the frames go by.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) frames: u64,
    pub(crate) changed: u64,
    pub(crate) bytes_total: u64,
    pub(crate) bytes_first: u64,
    /// Processor time of the changed frames, in milliseconds.
    pub(crate) encode_ms: Vec<f64>,
    pub(crate) decode_ms: Vec<f64>,
    pub(crate) exact_frames: u64,
    pub(crate) mse_sum: f64,
    pub(crate) region_mse_sum: f64,
    pub(crate) worst_mse: f64,
    pub(crate) last_mse: f64,
    pub(crate) text_blocks: u64,
    pub(crate) text_blocks_inexact: u64,
    pub(crate) inexact_error: u64,
    pub(crate) inexact_values: u64,
    /// The longest that it took from a frame to an exact picture; `None` if a picture asked for never was.
    pub(crate) settled_after_s: Option<f64>,
}

impl Tally {
    /// Counts one source frame and what the viewer shows at its time.
    pub(crate) fn add_picture(&mut self, quality: &Quality, changed: bool) {
        self.frames += 1;
        self.changed += u64::from(changed);
        self.exact_frames += u64::from(quality.mse == 0.0);
        self.mse_sum += quality.mse;
        self.region_mse_sum += quality.region_mse;
        self.last_mse = quality.mse;
        if changed {
            self.worst_mse = self.worst_mse.max(quality.mse);
        }
        self.text_blocks += quality.text_blocks;
        self.text_blocks_inexact += quality.text_blocks_inexact;
        self.inexact_error += quality.inexact_error;
        self.inexact_values += quality.inexact_values;
    }
}

/// The figures, named as the peers' harness names them.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    frames: u64,
    changed: u64,
    bytes_total: u64,
    bytes_first: u64,
    bytes_per_frame: u64,
    rest_bytes_per_frame: u64,
    bpp: f64,
    enc_ms_first: f64,
    enc_ms_median: f64,
    enc_ms_p95: f64,
    enc_ms_mean_changed: f64,
    dec_ms_median: f64,
    dec_ms_p95: f64,
    psnr_mean_mse: f64,
    psnr_final: f64,
    psnr_worst: f64,
    psnr_region: f64,
    psnr_inexact: f64,
    exact_frames: u64,
    settled_after_s: Option<f64>,
    text_blocks: u64,
    text_blocks_inexact: u64,
    peak_rss_kb: u64,
}

impl Report {
    #[allow(clippy::cast_precision_loss, reason = "counts of frames are far below 2^52")]
    pub(crate) fn new(shape: Shape, region: Option<Rect>, tally: &Tally) -> Self {
        let frames = tally.frames as f64;
        let pixels = tally.frames * u64::from(shape.width) * u64::from(shape.height);
        let encode_sum: f64 = tally.encode_ms.iter().sum();
        // The first frame is a picture of its own kind; it has its own figures.
        let (encode, decode) = (tally.encode_ms.get(1..).unwrap_or_default(), tally.decode_ms.get(1..).unwrap_or_default());
        Self {
            frames: tally.frames,
            changed: tally.changed,
            bytes_total: tally.bytes_total,
            bytes_first: tally.bytes_first,
            bytes_per_frame: tally.bytes_total / tally.frames.max(1),
            rest_bytes_per_frame: (tally.bytes_total - tally.bytes_first) / tally.frames.saturating_sub(1).max(1),
            bpp: rounded(mean(tally.bytes_total * 8, pixels), 5),
            enc_ms_first: rounded(tally.encode_ms.first().copied().unwrap_or(0.0), 3),
            enc_ms_median: rounded(percentile(encode, 0.5), 3),
            enc_ms_p95: rounded(percentile(encode, 0.95), 3),
            enc_ms_mean_changed: rounded(encode_sum / (tally.encode_ms.len().max(1) as f64), 3),
            dec_ms_median: rounded(percentile(decode, 0.5), 3),
            dec_ms_p95: rounded(percentile(decode, 0.95), 3),
            psnr_mean_mse: rounded(psnr(tally.mse_sum / frames.max(1.0)), 2),
            psnr_final: rounded(psnr(tally.last_mse), 2),
            psnr_worst: rounded(psnr(tally.worst_mse), 2),
            psnr_region: if region.is_some() { rounded(psnr(tally.region_mse_sum / frames.max(1.0)), 2) } else { 0.0 },
            psnr_inexact: rounded(psnr(mean(tally.inexact_error, tally.inexact_values)), 2),
            exact_frames: tally.exact_frames,
            settled_after_s: tally.settled_after_s.map(|s| rounded(s, 3)),
            text_blocks: tally.text_blocks,
            text_blocks_inexact: tally.text_blocks_inexact,
            peak_rss_kb: peak_rss_kb(),
        }
    }

    pub(crate) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        writeln!(out)
    }

    pub(crate) fn write_table(&self, out: &mut impl Write) -> io::Result<()> {
        let decibels = |psnr: f64| if psnr >= 999.0 { "exact".to_owned() } else { format!("{psnr:.1} dB") };
        let settled = self.settled_after_s.map_or("never".to_owned(), |s| format!("{s:.2} s"));
        writeln!(
            out,
            "frames      {} of which {} changed, {} shown exactly; settled after {settled}",
            self.frames, self.changed, self.exact_frames
        )?;
        writeln!(
            out,
            "bytes       {} in all, {} the first frame, {} each of the rest, {:.4} bits a pixel",
            self.bytes_total, self.bytes_first, self.rest_bytes_per_frame, self.bpp
        )?;
        writeln!(
            out,
            "encode      {:.2} ms median, {:.2} p95, {:.2} first, {:.2} mean (processor time, changed frames)",
            self.enc_ms_median, self.enc_ms_p95, self.enc_ms_first, self.enc_ms_mean_changed
        )?;
        writeln!(out, "decode      {:.2} ms median, {:.2} p95", self.dec_ms_median, self.dec_ms_p95)?;
        writeln!(
            out,
            "quality     {} over all frames, {} the last, {} the worst, {} in what is not exact",
            decibels(self.psnr_mean_mse),
            decibels(self.psnr_final),
            decibels(self.psnr_worst),
            decibels(self.psnr_inexact)
        )?;
        if self.psnr_region > 0.0 {
            writeln!(out, "region      {}", decibels(self.psnr_region))?;
        }
        writeln!(out, "text        {} blocks, {} not exact", self.text_blocks, self.text_blocks_inexact)?;
        writeln!(out, "memory      {} KiB at most", self.peak_rss_kb)
    }
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

/// The most memory that this process had at a time, as Linux tells; 0 elsewhere.
fn peak_rss_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
