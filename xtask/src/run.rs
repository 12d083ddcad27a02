//! Running other programs: each step prints what it runs, and how long it took.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::Instant,
};

use crate::tally::Tally;

/// What a task ends with: nothing, or a sentence that says what failed and what to do.
pub(crate) type Outcome = Result<(), String>;

/// A command that is shown before it runs.
#[derive(Debug)]
pub(crate) struct Step(Command);

/// Starts a step; arguments are split at spaces.
pub(crate) fn step(line: &str) -> Step {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    Step(command)
}

impl Step {
    pub(crate) fn arg(mut self, arg: &str) -> Self {
        self.0.arg(arg);
        self
    }

    pub(crate) fn env(mut self, key: &str, value: &str) -> Self {
        self.0.env(key, value);
        self
    }

    fn shown(&self) -> String {
        let mut line = String::new();
        for (key, value) in self.0.get_envs() {
            if let Some(value) = value {
                line.push_str(&format!("{}={} ", key.to_string_lossy(), value.to_string_lossy()));
            }
        }
        line.push_str(&self.0.get_program().to_string_lossy());
        for arg in self.0.get_args() {
            line.push(' ');
            line.push_str(&arg.to_string_lossy());
        }
        line
    }

    /// Runs it with its output shown; an error when it cannot start or does not succeed.
    pub(crate) fn run(mut self) -> Outcome {
        let line = self.shown();
        println!("\n$ {line}");
        let start = Instant::now();
        let status = self.0.stdin(Stdio::null()).status().map_err(|e| format!("`{line}` does not start: {e}"))?;
        println!("  ({:.1} s)", start.elapsed().as_secs_f64());
        if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
    }

    /// Runs it as `run` does, and adds the tests that it ran, by its standard output, to `tally`.
    pub(crate) fn run_counting(mut self, tally: &mut Tally) -> Outcome {
        let line = self.shown();
        println!("\n$ {line}");
        let start = Instant::now();
        let mut child = self.0.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|e| format!("`{line}` does not start: {e}"))?;
        let shown = match child.stdout.take() {
            Some(output) => pass_on(BufReader::new(output), tally),
            None => Ok(()),
        };
        let status = child.wait().map_err(|e| format!("`{line}`: {e}"))?;
        println!("  ({:.1} s)", start.elapsed().as_secs_f64());
        match shown {
            _ if !status.success() => Err(format!("`{line}` failed ({status})")),
            Err(e) => Err(format!("the output of `{line}` cannot be shown: {e}")),
            Ok(()) => Ok(()),
        }
    }

    /// Runs it and returns its standard output; an error when it cannot start or does not succeed.
    pub(crate) fn output(mut self) -> Result<String, String> {
        let line = self.shown();
        let output = self.0.stdin(Stdio::null()).stderr(Stdio::piped()).output().map_err(|e| format!("`{line}` does not start: {e}"))?;
        if !output.status.success() {
            return Err(format!("`{line}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether it starts and succeeds; its output is not shown.
    pub(crate) fn succeeds(mut self) -> bool {
        self.0.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    }
}

/// Shows a test program's output, a line as soon as it is whole, and counts its tests. A test may print what is no UTF-8.
fn pass_on(mut output: impl BufRead, tally: &mut Tally) -> io::Result<()> {
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        io::stdout().write_all(&line)?;
        tally.add_line(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(())
}
