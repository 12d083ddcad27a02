//! The project's own commands. `cargo xtask` lists them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks on its standard streams")]

mod arrows;
mod fuzz;
mod oracle;
mod peers;
mod purity;
mod run;
mod setup;
mod suites;
mod tally;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::run::Outcome;

/// The project's own commands.
///
/// `test` is what a newcomer and CI run for behaviour; `ci` is everything.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what the tests need (Debian packages, cargo tools), or list it where that is not possible
    Setup,
    /// Set up, then run everything that tests behaviour
    Test,
    /// `test`, and fmt, clippy, docs, arrows, purity, features, deny, fuzz smoke, bench smoke
    Ci,
    /// The long versions of the sampled tests
    Soak,
    /// Check formatting, lints and documentation
    Lint,
    /// Check that no crate depends on one that it must not know
    Arrows,
    /// Check that the pure crates need nothing from outside: wasm32 without a single import
    Purity,
    /// Check every pair of features of every crate
    Features,
    /// Check licences, bans and sources of dependencies; advisories where their database can be reached
    Deny,
    /// Build the fuzz targets with AddressSanitizer and run each for a while
    Fuzz {
        /// Seconds for each target
        #[arg(long, default_value_t = 10)]
        seconds: u32,
        /// Only targets whose name contains this
        #[arg(default_value = "")]
        filter: String,
    },
    /// Compare the codecs with FreeRDP's and IronRDP's: streams of ours in theirs, and of theirs in ours
    Oracle {
        /// A folder of recorded clips (*.mkv, read by ffmpeg); without it, drawn frames
        #[arg(long)]
        corpus: Option<PathBuf>,
        /// Only checks whose name contains this
        #[arg(default_value = "")]
        filter: String,
    },
    /// Measure our codec beside others, on the same clips in the same run: docs/PEERS.md and its chart
    Peers {
        /// A folder of recorded clips (*.clip, *.mkv); without it, the project's own
        #[arg(long)]
        corpus: Option<PathBuf>,
        /// Only clips, or else codecs, whose name contains this; then nothing is written
        #[arg(default_value = "")]
        filter: String,
    },
    /// Record an X display into a clip; `cargo xtask record -- --help` says how
    #[command(disable_help_flag = true)]
    Record {
        /// As `record` takes them: --display :7 --size 1280x720 --fps 8 --seconds 3 OUT
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Run every benchmark once
    BenchSmoke,
    /// Print the mode table (state × message × direction) as JSON
    ModeTable,
}

fn main() -> ExitCode {
    let mut args = Args::parse();
    match &mut args.command {
        // As the caller means it, whatever the folder of work is below.
        Task::Oracle { corpus: Some(folder), .. } | Task::Peers { corpus: Some(folder), .. } => {
            *folder = std::path::absolute(&*folder).unwrap_or_else(|_| folder.clone());
        }
        // The last word is the clip.
        Task::Record { words } => {
            if let Some(out) = words.last_mut().filter(|out| !out.starts_with('-')) {
                *out = std::path::absolute(&*out).map_or_else(|_| out.clone(), |path| path.to_string_lossy().into_owned());
            }
        }
        _ => {}
    }
    // Every task works from the workspace's root, wherever it was called.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies inside the workspace");
    if let Err(error) = std::env::set_current_dir(root) {
        eprintln!("cannot enter {}: {error}", root.display());
        return ExitCode::from(2);
    }
    match dispatch(&args.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(task: &Task) -> Outcome {
    match task {
        Task::Setup => setup::all(),
        Task::Test => suites::test(),
        Task::Ci => suites::ci(),
        Task::Soak => suites::soak(),
        Task::Lint => suites::lint(),
        Task::Arrows => arrows::check(),
        Task::Purity => purity::check(),
        Task::Features => suites::features(),
        Task::Deny => suites::deny(),
        Task::Fuzz { seconds, filter } => fuzz::smoke(*seconds, filter),
        Task::Oracle { corpus, filter } => oracle::run(corpus.as_deref(), filter),
        Task::Peers { corpus, filter } => peers::run(corpus.as_deref(), filter),
        Task::Record { words } => peers::record(words),
        Task::BenchSmoke => suites::bench_smoke(),
        Task::ModeTable => {
            // A reader that has seen enough, such as `head`, is no error.
            match writeln!(std::io::stdout(), "{}", rh_proto::mode::table_json()) {
                Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("standard output: {e}")),
                _ => Ok(()),
            }
        }
    }
}
