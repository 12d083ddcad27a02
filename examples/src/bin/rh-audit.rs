//! Checks an audit log, offline: with the log's public key, and nothing else but what the ends of sessions kept.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks on its standard streams")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{Parser, Subcommand};
use rh_auth::{
    audit::{Report, verify},
    key::PublicKey,
    value::UnixTime,
};

/// Checks audit logs of Remote Help.
///
/// Exit codes: 0 nothing is wrong · 1 something is, and where is printed · 2 bad command line · 3 a file cannot be read
#[derive(Debug, Parser)]
#[command(name = "rh-audit", version)]
struct Args {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Find any edit, deletion, move or truncation, and say where it is
    Verify {
        /// The log
        file: PathBuf,
        /// The log's public key: 43 characters of base64url
        #[arg(long, value_parser = key)]
        key: PublicKey,
        /// A file with heads that were handed out, as tickets carry them, one a line; without any, what was cut off the end cannot be found
        #[arg(long)]
        heads: Option<PathBuf>,
    },
}

fn key(text: &str) -> Result<PublicKey, String> {
    PublicKey::try_from(text.to_owned()).map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let Task::Verify { file, key, heads } = Args::parse().command;
    match check(&file, &key, heads.as_deref()) {
        Ok(report) => {
            print(&report);
            if report.is_intact() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(sentence) => {
            eprintln!("rh-audit: {sentence}");
            ExitCode::from(3)
        }
    }
}

fn check(file: &Path, key: &PublicKey, heads: Option<&Path>) -> Result<Report, String> {
    let unreadable = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let log = fs::read(file).map_err(|error| unreadable(file, error))?;
    let heads = heads.map(|path| fs::read_to_string(path).map_err(|error| unreadable(path, error))).transpose()?.unwrap_or_default();
    let heads: Vec<&str> = heads.lines().filter(|line| !line.is_empty()).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| "this computer's clock stands before 1970".to_owned())?;
    Ok(verify(&log, key, &heads, UnixTime(now.as_secs())))
}

fn print(report: &Report) {
    for fault in &report.faults {
        println!("{fault}");
    }
    let Report { entries, roots, pruned, heads, heads_pruned, faults } = report;
    println!(
        "{entries} entries, {roots} days with a root ({pruned} of them pruned), {heads} heads agree ({heads_pruned} of pruned days), {} faults",
        faults.len()
    );
}
