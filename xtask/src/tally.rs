//! How many tests ran: many `cargo test`s, each of many binaries, in one line.

/// The counts of every `test result:` line so far.
///
/// A log of half an hour ends with checks that run no test; its last line tells nevertheless that tests ran, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
    pub(crate) measured: u64,
    pub(crate) filtered_out: u64,
}

impl Tally {
    /// Takes in a line of a test program's output; any but libtest's summary counts nothing.
    pub(crate) fn add_line(&mut self, line: &str) {
        let Some(counts) = line.trim().strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else { return };
        for count in counts.1.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let total = match what {
                "passed" => &mut self.passed,
                "failed" => &mut self.failed,
                "ignored" => &mut self.ignored,
                "measured" => &mut self.measured,
                "filtered out" => &mut self.filtered_out,
                _ => continue,
            };
            *total += number.parse::<u64>().unwrap_or(0);
        }
    }

    /// The sum in libtest's own form; `green` is false where a step failed, even one that ran no test.
    pub(crate) fn summary(&self, green: bool) -> String {
        let Self { passed, failed, ignored, measured, filtered_out } = *self;
        let word = if green && failed == 0 { "ok" } else { "FAILED" };
        format!(
            "test result: {word}. {passed} passed; {failed} failed; {ignored} ignored; {measured} measured; {filtered_out} filtered out"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn lines_of_libtest_add_up_and_others_do_not_count() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test a ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s\n",
            "test result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s",
            "a test that prints: test result: ok. 9 passed",
            "test result: nonsense",
        ] {
            tally.add_line(line);
        }
        assert_eq!(tally, Tally { passed: 43, ignored: 1, filtered_out: 2, ..Tally::default() });
        assert_eq!(tally.summary(true), "test result: ok. 43 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out");
        assert!(tally.summary(false).starts_with("test result: FAILED. 43 passed"));
    }

    #[test]
    fn one_failed_test_is_told() {
        let mut tally = Tally::default();
        tally.add_line("test result: FAILED. 5 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        assert_eq!(tally.summary(true), "test result: FAILED. 5 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out");
    }
}
