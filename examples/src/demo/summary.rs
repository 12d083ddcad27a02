//! What the demo measured: a table for people, one JSON object for scripts, the last picture for both.
#![allow(clippy::print_stdout, reason = "the table is the demo's output")]

use serde::Serialize;

use super::script::Outcome;
use crate::{
    args::DemoArgs,
    failure::{Failure, Kind},
    stats::shown_ms,
};

/// The object behind `--json`. Times in milliseconds.
#[derive(Debug, Serialize)]
struct Summary {
    pixel_exact: bool,
    typed_text_seen: bool,
    mode: String,
    frames: u64,
    bytes: u64,
    bits_per_pixel: Option<f64>,
    encode_ms_p50: Option<f64>,
    encode_ms_p95: Option<f64>,
    decode_ms_p50: Option<f64>,
    decode_ms_p95: Option<f64>,
    input_to_picture_ms_p50: Option<f64>,
    input_to_picture_ms_p95: Option<f64>,
    handshake_ms: f64,
    wire_bytes_received: u64,
    wire_bytes_sent: u64,
}

/// Prints the table, and the object if that was asked for.
pub(super) fn print(outcome: &Outcome, args: &DemoArgs) -> Result<(), Failure> {
    let (helper, sharer) = (&outcome.helper, &outcome.sharer);
    let mode = helper.mode.map_or_else(|| "none".to_owned(), |m| format!("{m:?}"));
    let summary = Summary {
        pixel_exact: outcome.pixel_exact,
        typed_text_seen: outcome.typed_text_seen,
        mode,
        frames: helper.frames,
        bytes: helper.frame_bytes,
        bits_per_pixel: bits_per_pixel(sharer.frame_bytes, sharer.changed_pixels),
        encode_ms_p50: sharer.encode.quantile(0.5),
        encode_ms_p95: sharer.encode.quantile(0.95),
        decode_ms_p50: helper.decode.quantile(0.5),
        decode_ms_p95: helper.decode.quantile(0.95),
        input_to_picture_ms_p50: outcome.latency.quantile(0.5),
        input_to_picture_ms_p95: outcome.latency.quantile(0.95),
        handshake_ms: helper.handshake.as_secs_f64() * 1e3,
        wire_bytes_received: helper.received,
        wire_bytes_sent: helper.transmitted,
    };
    let row = |name: &str, value: String| println!("  {name:24} {value}");
    println!();
    row("mode", summary.mode.clone());
    row("session", format!("{:.0} ms, of which handshake {}", outcome.lasted.as_secs_f64() * 1e3, shown_ms(Some(summary.handshake_ms))));
    row("frames", format!("{}, {} bytes", summary.frames, summary.bytes));
    row("bits per changed pixel", summary.bits_per_pixel.map_or_else(|| "–".to_owned(), |b| format!("{b:.3}")));
    row("encode p50 / p95", format!("{} / {}", shown_ms(summary.encode_ms_p50), shown_ms(summary.encode_ms_p95)));
    row("decode p50 / p95", format!("{} / {}", shown_ms(summary.decode_ms_p50), shown_ms(summary.decode_ms_p95)));
    let latency = format!("{} / {}", shown_ms(summary.input_to_picture_ms_p50), shown_ms(summary.input_to_picture_ms_p95));
    row("input to picture p50/p95", latency);
    row("last picture", args.png.display().to_string());
    if args.json {
        let json = serde_json::to_string(&summary).map_err(|e| Failure::new(Kind::Other, format!("no JSON: {e}")))?;
        println!("{json}");
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "a ratio for people")]
fn bits_per_pixel(bytes: u64, pixels: u64) -> Option<f64> {
    (pixels > 0).then(|| bytes as f64 * 8.0 / pixels as f64)
}
