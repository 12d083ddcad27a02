//! Our codec beside others, over the same clips in the same run: `cargo xtask peers` builds what it needs and calls it.
//!
//! A peer is a program (`benches/peers`): frames in; bytes, times and the picture that a viewer would see out. Ours is `replay`, which lies beside this
//! program. Each runs alone, on one thread, and is timed by its own processor time. [`measure`] runs them, [`table`] and [`chart`] show what came out.

mod chart;
mod clips;
mod list;
mod measure;
mod table;

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;

use crate::{clips::Clip, list::CONTENDERS, measure::Result as Measured};

/// Measures our codec beside others; `cargo xtask peers` builds them first.
#[derive(Debug, Parser)]
#[command(
    name = "peers",
    after_help = "Nothing is written before everything is measured: an interrupted run changes no file.

Exit code: 0 measured (what is not installed is named in the table), 1 a peer or the codec failed, 2 the arguments or the clips are wrong."
)]
struct Args {
    /// The folder of the peers' programs
    #[arg(long, default_value = "target/peers")]
    programs: PathBuf,
    /// A folder of clips: *.clip, as `record` makes them, and *.mkv, read by ffmpeg
    #[arg(long, default_value = "benches/data")]
    clips: PathBuf,
    /// Where to write PEERS.md and peers.svg; without it, the table is only printed
    #[arg(long)]
    out: Option<PathBuf>,
    /// Only clips and contenders with this in their name
    #[arg(default_value = "")]
    filter: String,
}

/// What one contender did with one clip.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) clip: String,
    pub(crate) contender: &'static list::Contender,
    pub(crate) result: Measured,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            say(&format!("peers: {message}\n"));
            ExitCode::from(2)
        }
    }
}

/// To standard error; when that is closed, nobody is left to tell.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

fn run(args: &Args) -> Result<bool, String> {
    let clips = clips::in_folder(&args.clips)?;
    let named = |name: &str| name.contains(&args.filter);
    let by_clip = clips.iter().any(|clip| named(&clip.name));
    let pairs: Vec<(&Clip, &list::Contender)> = clips
        .iter()
        .flat_map(|clip| CONTENDERS.iter().map(move |contender| (clip, contender)))
        .filter(|(clip, contender)| if by_clip { named(&clip.name) } else { named(contender.name) })
        .collect();
    if pairs.is_empty() {
        return Err(format!("no clip and no contender has \"{}\" in its name", args.filter));
    }
    let replay = std::env::current_exe().map_err(|e| e.to_string())?.with_file_name("replay");
    let mut rows = Vec::new();
    for (number, (clip, contender)) in pairs.iter().enumerate() {
        let progress = format!("{} of {}: {}, {}", number + 1, pairs.len(), clip.name, contender.name);
        say(&if io::stderr().is_terminal() { format!("\r{progress}\x1b[K") } else { format!("{progress}\n") });
        let result = measure::run(clip, contender, &args.programs, &replay);
        if let Measured::Failed(why) = &result {
            say(&format!("\n{}, {}: {why}\n", clip.name, contender.name));
        }
        rows.push(Row { clip: clip.name.clone(), contender, result });
    }
    say(if io::stderr().is_terminal() { "\r\x1b[K" } else { "" });
    let tables = table::tables(&clips, &rows);
    io::stdout().write_all(tables.as_bytes()).map_err(|e| format!("standard output: {e}"))?;
    if let Some(folder) = &args.out {
        write(folder, "peers.svg", &chart::draw(&clips, &rows))?;
        write(folder, "PEERS.md", &table::page(&tables))?;
    }
    Ok(!rows.iter().any(|row| matches!(row.result, Measured::Failed(_))))
}

/// The whole file or none of it.
fn write(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let (path, part) = (folder.join(name), folder.join(format!("{name}.part")));
    let failed = |e: io::Error| format!("{}: {e}", path.display());
    fs::create_dir_all(folder).map_err(failed)?;
    fs::write(&part, text).map_err(failed)?;
    fs::rename(&part, &path).map_err(failed)
}
