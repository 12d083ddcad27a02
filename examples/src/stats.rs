//! What a session measured, and how it is shown.

use std::time::Duration;

/// Samples of one quantity, for percentiles. Bounded: beyond 4,096 every second one is dropped and the stride doubled, so that a session of any
/// length costs the same memory and its percentiles still cover all of it.
#[derive(Debug, Clone)]
pub struct Samples {
    values: Vec<f64>,
    stride: u32,
    skipped: u32,
}

impl Default for Samples {
    fn default() -> Self {
        Self { values: Vec::new(), stride: 1, skipped: 0 }
    }
}

impl Samples {
    const MOST: usize = 4096;

    /// Adds one sample, in milliseconds.
    pub fn add(&mut self, sample: Duration) {
        self.skipped += 1;
        if self.skipped < self.stride {
            return;
        }
        self.skipped = 0;
        if self.values.len() == Self::MOST {
            let mut keep = false;
            self.values.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride *= 2;
        }
        self.values.push(sample.as_secs_f64() * 1e3);
    }

    /// The value that the given share (0..=1) of the samples does not exceed, in milliseconds; `None` without samples.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into at most 4096 samples"
    )]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        sorted.get((last as f64 * share.clamp(0.0, 1.0)).round() as usize).copied()
    }
}

/// A quantile as text, in milliseconds.
pub fn shown_ms(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.2} ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_known_samples() {
        let mut samples = Samples::default();
        assert_eq!(samples.quantile(0.5), None);
        for ms in 1..=101 {
            samples.add(Duration::from_millis(ms));
        }
        assert_eq!(samples.quantile(0.5), Some(51.0));
        assert_eq!(samples.quantile(0.95), Some(96.0));
        assert_eq!(samples.quantile(1.0), Some(101.0));
    }

    #[test]
    fn a_long_session_costs_bounded_memory_and_keeps_its_shape() {
        let mut samples = Samples::default();
        for i in 0..1_000_000u64 {
            samples.add(Duration::from_micros(i));
        }
        assert!(samples.values.len() <= Samples::MOST);
        let median = samples.quantile(0.5).expect("there are samples");
        assert!((450.0..550.0).contains(&median), "{median}");
    }
}
