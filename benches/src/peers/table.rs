//! What came out, as Markdown.

use std::fmt::Write;

use crate::{
    Row,
    clips::Clip,
    measure::{Figures, Result as Measured},
};

/// What stands above the tables.
const METHOD: &str = "# Beside other codecs

Made by `cargo xtask peers`, which installs what it needs on Debian, runs everything and writes this page and the chart. `cargo xtask peers --corpus FOLDER` takes your own
recordings (`cargo xtask record` makes them; *.mkv is read by ffmpeg), and `cargo xtask peers NAME` only the clips or codecs with that in their name.

![Bytes against time to encode, a panel for each kind of screen](peers.svg)

- **One run**, one contender at a time, one thread, processor time: a busy neighbour does not count, but caches are shared. Compare within a run; absolute times drift.
- **Same gate for all**: a frame that equals the one before costs nothing. Times are of changed frames but the first (in `photo`, that is one), and contain finding what differs and the ways from and to BGRA.
- **KB**: bytes of the whole clip, in thousands. Ours, *live*: what crosses while the clip plays, with a budget of 10 Mbit/s and no refinement; *settled*: until every pixel is exact (for photographs, each of them), but quality and times
  are those of the clip while it plays.
- **PSNR** over red, green, blue from the mean squared error of all frames (a frame that is skipped shows the last picture). **Text exact**: the share of 16×16 blocks that look like text (2 to 24 colours, two neighbours at least
  48 apart in a channel) and are shown exactly, over all frames.
- Video codecs: constant quality (x264 CRF 23, openh264 QP 24, VP9 and AV1 quantiser 24 of 63), screen content where there is such a mode, realtime speeds, 4:2:0 unless the name says 444. FreeRDP 2 and IronRDP: their defaults. JPEG, planar,
  NSCodec, QOI: a picture for each run of tiles of 64×64 that differ. `zstd-3`: those tiles' pixels; `-stream`: one stream for the session; `qoiz`: QOI in one such stream.

How each is set up: `benches/peers/*.c`, `benches/peers/ironrdp`, `benches/src/peers/list.rs`.
";

/// The whole page.
pub(crate) fn page(tables: &str) -> String {
    format!("{METHOD}{tables}")
}

/// A table for each clip, and what is missing.
pub(crate) fn tables(clips: &[Clip], rows: &[Row]) -> String {
    let mut text = String::new();
    for clip in clips {
        let of_clip: Vec<&Row> = rows.iter().filter(|row| row.clip == clip.name).collect();
        if of_clip.is_empty() {
            continue;
        }
        let changed = of_clip.iter().find_map(|row| figures(row)).map_or(0, |figures| figures.changed);
        let heading =
            format!("{}: {}×{}, {changed} changed frames, {} a second", clip.name, clip.format.width, clip.format.height, clip.format.fps);
        line(&mut text, &format!("\n## {heading}\n"));
        line(&mut text, "| | KB | PSNR, dB | text exact | encode p50 / p95, ms | decode p50, ms |");
        line(&mut text, "|---|--:|--:|--:|--:|--:|");
        for row in of_clip {
            line(&mut text, &table_row(row));
        }
    }
    let mut missing: Vec<&str> = rows.iter().filter(|row| matches!(row.result, Measured::Missing)).map(|row| row.contender.name).collect();
    missing.sort_unstable();
    missing.dedup();
    if !missing.is_empty() {
        line(&mut text, &format!("\nNot measured, because their libraries could not be had: {}.", missing.join(", ")));
    }
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

/// The figures, where there are some.
pub(crate) fn figures(row: &Row) -> Option<&Figures> {
    match &row.result {
        Measured::Measured(figures) => Some(figures),
        Measured::Missing | Measured::Failed(_) => None,
    }
}

fn table_row(row: &Row) -> String {
    let name = if row.contender.name.starts_with("rh ") { format!("**{}**", row.contender.name) } else { row.contender.name.to_owned() };
    match &row.result {
        Measured::Missing => format!("| {name} | missing | | | | |"),
        Measured::Failed(why) => format!("| {name} | failed: {} | | | | |", why.replace('|', "/")),
        Measured::Measured(f) => format!(
            "| {name} | {} | {} | {} | {} / {} | {} |",
            kilobytes(f.bytes_total),
            if f.psnr_mean_mse >= 999.0 { "exact".to_owned() } else { format!("{:.1}", f.psnr_mean_mse) },
            text_exact(f),
            short(f.enc_ms_median),
            short(f.enc_ms_p95),
            short(f.dec_ms_median)
        ),
    }
}

fn kilobytes(bytes: u64) -> String {
    let tenths = (bytes + 50) / 100;
    if tenths < 1000 { format!("{}.{}", tenths / 10, tenths % 10) } else { ((bytes + 500) / 1000).to_string() }
}

/// Cut off, never rounded up to 100 %.
fn text_exact(figures: &Figures) -> String {
    let exact = figures.text_blocks - figures.text_blocks_inexact.min(figures.text_blocks);
    match (exact * 1000).checked_div(figures.text_blocks) {
        None => "no text".to_owned(),
        Some(1000) => "100 %".to_owned(),
        Some(share) => format!("{}.{} %", share / 10, share % 10),
    }
}

/// Three digits that count.
fn short(ms: f64) -> String {
    if ms >= 10.0 {
        format!("{ms:.1}")
    } else if ms >= 0.1 {
        format!("{ms:.2}")
    } else {
        format!("{ms:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Figures, Measured, Row, kilobytes, table_row, text_exact};
    use crate::list::CONTENDERS;

    fn row(result: Measured) -> Row {
        Row { clip: "terminal".into(), contender: &CONTENDERS[0], result }
    }

    #[test]
    fn a_row_says_what_was_measured_or_why_it_was_not() {
        let figures = Figures {
            changed: 9,
            bytes_total: 12_345,
            enc_ms_median: 0.5,
            enc_ms_p95: 12.0,
            dec_ms_median: 0.04,
            psnr_mean_mse: 999.0,
            text_blocks: 2000,
            text_blocks_inexact: 1,
        };
        assert_eq!(table_row(&row(Measured::Measured(figures))), "| **rh native, live** | 12.3 | exact | 99.9 % | 0.50 / 12.0 | 0.040 |");
        assert!(table_row(&row(Measured::Missing)).contains("missing"));
        assert!(table_row(&row(Measured::Failed("a|b".into()))).contains("failed: a/b"));
    }

    #[test]
    fn a_single_inexact_block_is_never_rounded_away() {
        assert_eq!(text_exact(&Figures { text_blocks: 1_000_000, text_blocks_inexact: 1, ..Figures::default() }), "99.9 %");
        assert_eq!(text_exact(&Figures { text_blocks: 7, ..Figures::default() }), "100 %");
        assert_eq!(text_exact(&Figures::default()), "no text");
        assert_eq!((kilobytes(99_940), kilobytes(99_960)), ("99.9".into(), "100".into()));
    }
}
