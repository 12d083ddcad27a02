//! The chart: a panel for each clip, bytes against time to encode, both on logarithmic axes. Lower left is better.
//!
//! SVG that reads in light and dark, by shape as well as by colour, and by a screen reader: the picture has a title and a description, each mark a title of its own.

use std::fmt::Write;

use crate::{Row, clips::Clip, list::Family, table::figures};

const PANEL: (f64, f64) = (430.0, 300.0);
/// Inside a panel, around what is drawn: left, top, right, bottom.
const MARGIN: (f64, f64, f64, f64) = (52.0, 30.0, 14.0, 36.0);
const COLUMNS: usize = 2;
const HEAD: f64 = 64.0;

const STYLE: &str = "text{font:11px system-ui,sans-serif;fill:#24292f}.bg{fill:#ffffff}.frame{fill:none;stroke:#8c959f}.grid{stroke:#d8dee4}.h{font-size:14px;font-weight:600}\
.small{font-size:10px}.ours{fill:#b3261e;stroke:#b3261e}.video{fill:#0b57d0;stroke:#0b57d0}.image{fill:#7a5900;stroke:#7a5900}.lossless{fill:#146c2e;stroke:#146c2e}\
.lossy{fill-opacity:.12}text.ours,text.video,text.image,text.lossless{stroke:none}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bg{fill:#0d1117}.frame{stroke:#6e7681}.grid{stroke:#2b323b}.ours{fill:#ff8a80;stroke:#ff8a80}.video{fill:#8ab4f8;stroke:#8ab4f8}\
.image{fill:#e3b341;stroke:#e3b341}.lossless{fill:#6dd58c;stroke:#6dd58c}}";

/// A mark, with what it says.
struct Mark<'a> {
    name: &'a str,
    family: Family,
    exact: bool,
    kilobytes: f64,
    ms: f64,
    words: String,
}

/// The whole file.
pub(crate) fn draw(clips: &[Clip], rows: &[Row]) -> String {
    let panels: Vec<(&Clip, Vec<Mark<'_>>)> = clips
        .iter()
        .map(|clip| (clip, marks(rows.iter().filter(|row| row.clip == clip.name))))
        .filter(|(_, marks)| !marks.is_empty())
        .collect();
    let lines = panels.len().div_ceil(COLUMNS);
    #[allow(clippy::cast_precision_loss, reason = "a handful of panels")]
    let (width, height) = (PANEL.0 * COLUMNS as f64, HEAD + PANEL.1 * lines as f64);
    let mut out = String::new();
    put(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"t d\">\n\
             <title id=\"t\">Bytes against time to encode, for {} kinds of screens</title>\n<desc id=\"d\">{}</desc>\n<style>{STYLE}</style>\n\
             <rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>\n",
            panels.len(),
            describe(&panels)
        ),
    );
    legend(&mut out);
    for (at, (clip, marks)) in panels.iter().enumerate() {
        #[allow(clippy::cast_precision_loss, reason = "a handful of panels")]
        let (x, y) = ((at % COLUMNS) as f64 * PANEL.0, HEAD + (at / COLUMNS) as f64 * PANEL.1);
        panel(&mut out, &clip.name, marks, x, y);
    }
    out.push_str("</svg>\n");
    out
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = out.write_fmt(text);
}

fn marks<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<Mark<'a>> {
    let mark = |row: &'a Row| {
        let f = figures(row)?;
        let exact = f.psnr_mean_mse >= 999.0;
        #[allow(clippy::cast_precision_loss, reason = "bytes of a clip are far below 2^52")]
        let kilobytes = f.bytes_total as f64 / 1000.0;
        let quality = if exact { "exact".to_owned() } else { format!("{:.1} dB", f.psnr_mean_mse) };
        let words = format!("{}: {kilobytes:.1} KB, {:.2} ms, {quality}", row.contender.name, f.enc_ms_median);
        Some(Mark {
            name: row.contender.name,
            family: row.contender.family,
            exact,
            kilobytes: kilobytes.max(0.1),
            ms: f.enc_ms_median.max(0.01),
            words,
        })
    };
    rows.filter_map(mark).collect()
}

/// Ours and, of the others, the one with the fewest bytes.
fn describe(panels: &[(&Clip, Vec<Mark<'_>>)]) -> String {
    let mut text = String::from("Scatter plots with logarithmic axes; fewer bytes are lower, less time is further left.");
    for (clip, marks) in panels {
        let ours = marks.iter().filter(|mark| mark.family == Family::Ours).map(|mark| mark.words.as_str());
        let others = marks.iter().filter(|mark| mark.family != Family::Ours).min_by(|a, b| a.kilobytes.total_cmp(&b.kilobytes));
        let words: Vec<&str> = ours.chain(others.map(|mark| mark.words.as_str())).collect();
        put(&mut text, format_args!(" {}: {}.", clip.name, words.join("; ")));
    }
    text
}

fn class(family: Family) -> &'static str {
    match family {
        Family::Ours => "ours",
        Family::Video => "video",
        Family::Image => "image",
        Family::Lossless => "lossless",
    }
}

fn legend(out: &mut String) {
    put(
        out,
        format_args!(
            "<text class=\"h\" x=\"14\" y=\"24\">Bytes of a clip against time to encode a changed frame: lower left is better</text>\n"
        ),
    );
    let kinds =
        [(Family::Ours, "ours"), (Family::Video, "video codecs"), (Family::Image, "image codecs"), (Family::Lossless, "lossless codecs")];
    for (x, (family, words)) in [20.0, 90.0, 200.0, 315.0].into_iter().zip(kinds) {
        shape(out, family, true, x, 46.0);
        put(out, format_args!("<text x=\"{}\" y=\"50\">{words}</text>\n", x + 10.0));
    }
    put(out, format_args!("<text x=\"440\" y=\"50\">filled: every pixel of every frame exact; pale: not</text>\n"));
}

fn shape(out: &mut String, family: Family, exact: bool, x: f64, y: f64) {
    let style = format!("class=\"{}{}\"", class(family), if exact { "" } else { " lossy" });
    match family {
        Family::Ours => {
            let (left, right, top, bottom) = (x - 7.0, x + 7.0, y - 7.0, y + 7.0);
            put(
                out,
                format_args!(
                    "<path {style} stroke-width=\"1.6\" d=\"M{x:.1} {top:.1}L{right:.1} {y:.1}L{x:.1} {bottom:.1}L{left:.1} {y:.1}Z\"/>"
                ),
            );
        }
        Family::Video => put(out, format_args!("<circle {style} stroke-width=\"1.4\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.2\"/>")),
        Family::Image => put(
            out,
            format_args!("<rect {style} stroke-width=\"1.4\" x=\"{:.1}\" y=\"{:.1}\" width=\"7.6\" height=\"7.6\"/>", x - 3.8, y - 3.8),
        ),
        Family::Lossless => {
            put(out, format_args!("<path {style} stroke-width=\"1.4\" d=\"M{x:.1} {:.1}l5 8.6h-10Z\"/>", y - 5.4));
        }
    }
}

/// A logarithmic axis between two powers of ten, or of two times ten where that is enough.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min) / 1.25;
        let high = values.fold(0.0, f64::max) * 1.25;
        Self { low: low.log10(), high: high.log10(), from, to }
    }

    fn at(&self, value: f64) -> f64 {
        self.from + (value.log10() - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// 1, 2, 5, 10, … within the axis.
    fn ticks(&self) -> Vec<f64> {
        #[allow(clippy::cast_possible_truncation, reason = "a handful of decades")]
        let decades = self.low.floor() as i32..=self.high.ceil() as i32;
        let all = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(decade)));
        all.filter(|tick| (self.low..=self.high).contains(&tick.log10())).collect()
    }
}

fn panel(out: &mut String, title: &str, marks: &[Mark<'_>], x: f64, y: f64) {
    let (left, top) = (x + MARGIN.0, y + MARGIN.1);
    let (right, bottom) = (x + PANEL.0 - MARGIN.2, y + PANEL.1 - MARGIN.3);
    let across = Axis::new(marks.iter().map(|mark| mark.ms), left, right);
    let up = Axis::new(marks.iter().map(|mark| mark.kilobytes), bottom, top);
    put(out, format_args!("<g><title>{title}</title>\n<text class=\"h\" x=\"{left}\" y=\"{}\">{title}</text>\n", top - 8.0));
    for tick in across.ticks() {
        let at = across.at(tick);
        put(
            out,
            format_args!(
                "<path class=\"grid\" d=\"M{at:.1} {top}V{bottom}\"/><text class=\"small\" text-anchor=\"middle\" x=\"{at:.1}\" y=\"{}\">{tick}</text>\n",
                bottom + 13.0
            ),
        );
    }
    for tick in up.ticks() {
        let at = up.at(tick);
        put(
            out,
            format_args!(
                "<path class=\"grid\" d=\"M{left} {at:.1}H{right}\"/><text class=\"small\" text-anchor=\"end\" x=\"{}\" y=\"{:.1}\">{tick}</text>\n",
                left - 4.0,
                at + 3.5
            ),
        );
    }
    put(
        out,
        format_args!("<rect class=\"frame\" x=\"{left}\" y=\"{top}\" width=\"{:.1}\" height=\"{:.1}\"/>\n", right - left, bottom - top),
    );
    put(
        out,
        format_args!(
            "<text class=\"small\" text-anchor=\"end\" x=\"{right}\" y=\"{}\">ms</text><text class=\"small\" x=\"{}\" y=\"{}\">KB</text>\n",
            bottom + 26.0,
            x + 14.0,
            top - 8.0
        ),
    );
    let mut taken: Vec<[f64; 4]> = marks.iter().map(|mark| around(across.at(mark.ms), up.at(mark.kilobytes))).collect();
    for mark in marks {
        let (at_x, at_y) = (across.at(mark.ms), up.at(mark.kilobytes));
        put(out, format_args!("<g><title>{}</title>", mark.words));
        shape(out, mark.family, mark.exact, at_x, at_y);
        out.push_str("</g>\n");
        if let Some((label_x, label_y)) = place(mark.name, at_x, at_y, [left, top, right, bottom], &mut taken) {
            put(
                out,
                format_args!("<text class=\"small {}\" x=\"{label_x:.1}\" y=\"{label_y:.1}\">{}</text>\n", class(mark.family), mark.name),
            );
        }
    }
    out.push_str("</g>\n");
}

/// What a mark covers: left, top, right, bottom.
fn around(x: f64, y: f64) -> [f64; 4] {
    [x - 6.0, y - 6.0, x + 6.0, y + 6.0]
}

/// Room for a label beside its mark, if there is any: right, left, below, above. Marks without one still have their title.
fn place(name: &str, x: f64, y: f64, frame: [f64; 4], taken: &mut Vec<[f64; 4]>) -> Option<(f64, f64)> {
    #[allow(clippy::cast_precision_loss, reason = "a short name")]
    let width = name.len() as f64 * 5.4;
    let starts = [(x + 9.0, y + 3.5), (x - 9.0 - width, y + 3.5), (x - width / 2.0, y + 17.0), (x - width / 2.0, y - 9.0)];
    for (at_x, at_y) in starts {
        let label = [at_x, at_y - 8.0, at_x + width, at_y + 2.0];
        let inside = label[0] >= frame[0] && label[1] >= frame[1] && label[2] <= frame[2] && label[3] <= frame[3];
        let free = taken.iter().all(|other| label[2] < other[0] || other[2] < label[0] || label[3] < other[1] || other[3] < label[1]);
        if inside && free {
            taken.push(label);
            return Some((at_x, at_y));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Axis, place};

    #[test]
    fn an_axis_spans_its_values_and_ticks_lie_on_it() {
        let axis = Axis::new([3.0, 700.0].into_iter(), 0.0, 100.0);
        assert_eq!(axis.ticks(), [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0]);
        assert!(axis.at(3.0) > 0.0 && axis.at(700.0) < 100.0);
        assert!((axis.at(10.0) + axis.at(1000.0) - 2.0 * axis.at(100.0)).abs() < 1e-9, "equal factors are equal distances");
    }

    #[test]
    fn labels_never_overlap_nor_leave_the_frame() {
        let frame = [0.0, 0.0, 200.0, 60.0];
        let mut taken = Vec::new();
        let placed: Vec<_> = (0..12).filter_map(|_| place("av1-realtime", 100.0, 30.0, frame, &mut taken)).collect();
        assert_eq!(placed.len(), 4, "right, left, below, above; then no more");
        assert!(place("av1-realtime", 500.0, 30.0, frame, &mut taken).is_none());
    }
}
