//! Asks independent implementations what they make of our streams, and us what we make of theirs; `cargo xtask oracle` builds and runs it.
//!
//! The others are FreeRDP (C, a process of its own: `benches/oracle/*.c`, spoken to by [`freerdp`]) and IronRDP (Rust, linked: [`ironrdp`]).
//!
//! # Adding a codec
//! A file here with `pub fn run(oracles: &mut Oracles, report: &mut Report) -> Result<(), String>`, a line in [`CHECKS`]. In there:
//! make a [`report::Tally`] per direction (`exact` or `near`), encode [`Oracles::frames`], hand every decoded picture to `Tally::frame`, and give
//! the tally to `report.add`. What FreeRDP offers is a method of [`freerdp::FreeRdp`] each; what is missing there is a line in `freerdp.c`.
//! `Err` is for an oracle that breaks down; a disagreement is what the tally is for.

mod clear;
mod frames;
mod freerdp;
mod ironrdp;
mod pipeline;
mod planar;
mod progressive;
mod report;
mod rfx;
mod stream;
mod zgfx;

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Parser;

use crate::{frames::Picture, freerdp::FreeRdp, report::Report};

/// Compares our codecs with FreeRDP's and IronRDP's.
#[derive(Debug, Parser)]
struct Args {
    /// The oracle over libfreerdp, built from benches/oracle
    #[arg(long)]
    freerdp: PathBuf,
    /// A folder of recorded clips (*.mkv), decoded by ffmpeg; without it: drawn frames and the project's own clips
    #[arg(long)]
    corpus: Option<PathBuf>,
    /// Only checks whose name contains this
    #[arg(default_value = "")]
    filter: String,
}

/// What a check works with.
struct Oracles {
    freerdp: FreeRdp,
    /// Drawn pictures of all kinds and some of the project's own clips, or those of the corpus.
    frames: Vec<Picture>,
}

type Check = fn(&mut Oracles, &mut Report) -> Result<(), String>;

#[rustfmt::skip] // One a line: several people add to it.
const CHECKS: &[(&str, Check)] = &[
    ("zgfx", zgfx::run),
    ("planar", planar::run),
    ("clear", clear::run),
    ("progressive", progressive::run),
    ("rfx", rfx::run),
    ("pipeline", pipeline::run),
    ("stream", stream::run),
];

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            // Nobody is left to tell when standard error is closed too.
            let _ = writeln!(std::io::stderr(), "oracle: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<bool, String> {
    let frames = match &args.corpus {
        Some(folder) => frames::recorded(folder)?,
        None => [frames::drawn(), frames::own_clips()?].concat(),
    };
    let mut oracles = Oracles { freerdp: FreeRdp::start(&args.freerdp)?, frames };
    let mut report = Report::default();
    for (name, check) in CHECKS.iter().filter(|(name, _)| name.contains(&args.filter)) {
        check(&mut oracles, &mut report).map_err(|e| format!("{name}: {e}"))?;
    }
    let table = report.to_string();
    std::io::stdout().write_all(table.as_bytes()).map_err(|e| format!("standard output: {e}"))?;
    Ok(report.agrees())
}
