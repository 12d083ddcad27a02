//! Logs: to standard error, as RUST_LOG says. Nothing secret gets this far: codes, keys and content have no place in any event's fields.

use std::{io::IsTerminal, process::ExitCode};

use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// Starts logging; warnings and errors unless `RUST_LOG` says otherwise. winit warns of every display that has no physical size, which is nobody's concern.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,winit=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).init();
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
