//! Logs: to standard error, as RUST_LOG says. Nothing secret gets this far: codes, keys and content have no place in any event's fields.

use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// Starts logging; warnings and errors unless `RUST_LOG` says otherwise.
pub fn start() {
    let filter = EnvFilter::builder().with_default_directive(tracing::Level::WARN.into()).from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// Ends a program: one sentence and the exit code that goes with it.
#[allow(clippy::print_stderr, reason = "the sentence is for the person at the terminal")]
pub fn finish(program: &str, outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{program}: {failure}");
            failure.exit_code()
        }
    }
}
