//! Records what an X display shows into a clip (`rh_benches::clip`), pixel for pixel; `cargo xtask record --help` says how.

use std::{
    fs::{self, File},
    io::{self, IsTerminal, Seek, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use rh_benches::clip::{Format, Reader, Writer};
use rh_capture::{Capture, Config, DisplayId, Error, Event, Kind, Options, Select, Size, open};

/// Fast enough for a screen, while it is recorded; the clip is made small afterwards.
const LIVE_LEVEL: i32 = 1;

/// Records an X display into a clip that `replay --clip`, the benches and the oracle read.
///
/// The picture is read at even intervals, without the pointer, and nothing is lost or converted.
#[derive(Debug, Parser)]
#[command(
    name = "record",
    after_help = "Example:
  Xvfb :7 -screen 0 1280x720x24 & DISPLAY=:7 xterm &
  cargo xtask record --display :7 --size 1280x720 --fps 8 --seconds 3 terminal.clip

While recording, an unnamed file beside OUT holds the pictures; then they are compressed again into OUT.part, which becomes OUT when it is whole.
An interrupted run leaves OUT as it was, and at worst an OUT.part, which the next run replaces.

Exit code: 0 recorded, 1 the display or the disk failed, 2 the arguments are wrong."
)]
struct Args {
    /// The X display, such as :7
    #[arg(long)]
    display: String,
    /// Columns and rows to record, from the upper left corner, such as 1280x720; the whole display if absent
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    size: Option<(u32, u32)>,
    /// Pictures a second
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=240))]
    fps: u32,
    /// How long
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// How hard to compress: zstd's levels
    #[arg(long, default_value_t = 19, value_parser = clap::value_parser!(i32).range(1..=22))]
    level: i32,
    /// The clip; one that is there is replaced
    out: PathBuf,
}

fn parse_size(text: &str) -> Result<(u32, u32), String> {
    let size = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    size.filter(|(w, h)| *w > 0 && *h > 0).ok_or_else(|| "expected columns x rows, such as 1280x720".into())
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("record: {message}\n"));
            ExitCode::FAILURE
        }
    }
}

/// To standard error; when that is closed, nobody is left to tell.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// A line of progress that the next one replaces, where a person looks on.
fn progress(text: &str) {
    if io::stderr().is_terminal() {
        say(&format!("\r{text}\x1b[K"));
    }
}

fn run(args: &Args) -> Result<(), String> {
    let mut screen = Screen::open(&args.display, args.size)?;
    let format = Format::new(screen.size.width, screen.size.height, args.fps)?;
    let mut part = args.out.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let disk = |e: io::Error| format!("{}: {e}", part.display());

    let spool = unnamed(&part).map_err(disk)?;
    let count = u64::from(args.fps) * u64::from(args.seconds);
    let (mut spool, late) = live(&mut screen, format, count, spool)?;
    if late > 0 {
        say(&format!("record: {late} of {count} pictures came late: fewer pictures a second would be even\n"));
    }
    spool.rewind().map_err(disk)?;
    let bytes = squeeze(spool, format, args.level, count, &part).map_err(disk)?;
    fs::rename(&part, &args.out).map_err(|e| format!("{}: {e}", args.out.display()))?;
    say(&format!("{count} pictures of {}x{}, {bytes} bytes: {}\n", format.width, format.height, args.out.display()));
    Ok(())
}

/// A file without a name, which is gone when this process is.
fn unnamed(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
    fs::remove_file(path)?;
    Ok(file)
}

/// One display of an X server, or its upper left part.
struct Screen {
    capture: Box<dyn Capture>,
    display: DisplayId,
    size: Size,
}

impl Screen {
    fn open(name: &str, size: Option<(u32, u32)>) -> Result<Self, String> {
        let failed = |e: Error| format!("display {name}: {e}");
        let config = Config { display: Some(name.to_owned()), ..Config::default() };
        let mut capture = open(&Select::Exactly(Kind::X11), &config).map_err(failed)?;
        let layout = capture.layout();
        let display = layout.displays.first().ok_or_else(|| format!("display {name} has no screen"))?;
        let (id, whole) = (display.id, display.pixels);
        let size = size.map_or(whole, |(width, height)| Size { width, height });
        if size.width > whole.width || size.height > whole.height {
            return Err(format!("display {name} has {}x{} pixels; --size asks for more", whole.width, whole.height));
        }
        capture.start(&[id], &Options { poll: Duration::from_millis(5), ..Options::default() }).map_err(failed)?;
        Ok(Self { capture, display: id, size })
    }

    /// What it shows at `time`, into `pixels`.
    fn picture_at(&mut self, time: Instant, pixels: &mut Vec<u8>) -> Result<(), Error> {
        while let Some(event) = self.capture.next(time)? {
            if let Event::Frame(_) = event {
                self.capture.frame(self.display)?;
                if Instant::now() >= time {
                    break;
                }
            }
        }
        let frame = self.capture.frame(self.display)?;
        if frame.size.width < self.size.width || frame.size.height < self.size.height {
            return Err(Error::NoSuchDisplay(self.display));
        }
        pixels.clear();
        for row in frame.pixels.chunks(frame.stride).take(self.size.height as usize) {
            pixels.extend_from_slice(&row[..self.size.width as usize * 4]);
        }
        Ok(())
    }
}

/// Records; returns the spool and how many pictures came later than the next one was due.
fn live(screen: &mut Screen, format: Format, count: u64, spool: File) -> Result<(File, u64), String> {
    let mut writer = Writer::new(spool, format, LIVE_LEVEL).map_err(|e| e.to_string())?;
    let (mut pixels, mut late) = (Vec::with_capacity(format.picture_len()), 0);
    let interval = Duration::from_secs(1) / format.fps;
    let mut due = Instant::now();
    for number in 0..count {
        screen.picture_at(due, &mut pixels).map_err(|e| format!("after {number} pictures: {e}"))?;
        writer.picture(&pixels).map_err(|e| e.to_string())?;
        due += interval;
        if Instant::now() > due {
            // What follows is late by this much; catching up would show a screen that moves faster than it did.
            late += 1;
            due = Instant::now();
        }
        progress(&format!("recorded {} of {count}", number + 1));
    }
    Ok((writer.finish().map_err(|e| e.to_string())?, late))
}

/// Compresses again, with time; returns the bytes written.
fn squeeze(spool: File, format: Format, level: i32, count: u64, part: &Path) -> io::Result<u64> {
    let mut reader = Reader::new(spool)?;
    let mut writer = Writer::new(File::create(part)?, format, level)?;
    let mut number = 0u64;
    while let Some(pixels) = reader.next_picture()? {
        writer.picture(pixels)?;
        number += 1;
        progress(&format!("compressed {number} of {count}"));
    }
    progress("");
    let file = writer.finish()?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}
