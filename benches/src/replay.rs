//! Measures the codec on raw frames from standard input, or on a recorded clip; `replay --help` says how.

mod replay_args;
mod replay_pool;
mod replay_report;
mod replay_source;

use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::Parser;
use rh_benches::quality::Quality;
use rh_codec::{Budget, Decoder, Encoder, FrameView, Hints, Limits, Pace, Settings};
use rustix::time::{ClockId, clock_gettime};

use crate::{
    replay_args::{Args, Switch},
    replay_pool::Pool,
    replay_report::{Report, Tally},
    replay_source::{Shape, Source},
};

/// Why there is nothing to report.
#[derive(Debug)]
enum Failure {
    /// The arguments or the input are wrong: exit code 2.
    Input(String),
    /// The codec or the system failed: exit code 1.
    Run(String),
}

fn main() -> ExitCode {
    let (message, code) = match run(&Args::parse()) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Input(message)) => (message, 2),
        Err(Failure::Run(message)) => (message, 1),
    };
    // Nobody is left to tell when standard error is closed too.
    let _ = writeln!(io::stderr(), "replay: {message}");
    ExitCode::from(code)
}

fn run(args: &Args) -> Result<(), Failure> {
    let (mut source, shape) = Source::open(args)?;
    args.check(shape).map_err(Failure::Input)?;
    let dump = match &args.dump {
        Some(path) => {
            let file = File::create(path).map_err(|e| Failure::Input(format!("cannot write {}: {e}", path.display())))?;
            Some(BufWriter::new(file))
        }
        None => None,
    };
    let mut replay = Replay::new(args, shape, dump)?;
    let (mut frame, mut before) = (vec![0; shape.frame_len()], Vec::new());
    let progress = io::stderr().is_terminal();
    while source.next(&mut frame, replay.tally.frames)? {
        let changed = before != frame;
        replay.frame(&frame, changed)?;
        before.clone_from(&frame);
        if progress {
            // A lost line of progress is no reason to stop.
            let _ = write!(io::stderr(), "\r{} frames, {} KB", replay.tally.frames, replay.tally.bytes_total / 1000);
        }
    }
    if progress {
        let _ = writeln!(io::stderr());
    }
    if replay.tally.frames == 0 {
        return Err(Failure::Input("no frame in the input; see replay --help".into()));
    }
    replay.finish(&frame)?;
    let report = Report::new(shape, args.region, &replay.tally);
    let mut out = io::stdout().lock();
    let written = if args.json { report.write_json(&mut out) } else { report.write_table(&mut out) };
    written.map_err(|e| Failure::Run(format!("cannot write the report: {e}")))
}

/// Processor time of this process so far, in milliseconds.
fn cpu_ms() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(now).map_or(0.0, |now| now.as_secs_f64() * 1e3)
}

/// The clock, in milliseconds: with several threads the time that passes is what counts.
fn wall_ms() -> f64 {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::try_from(now).map_or(0.0, |now| now.as_secs_f64() * 1e3)
}

/// A sharer and a viewer without a link between them.
struct Replay<'a> {
    args: &'a Args,
    shape: Shape,
    encoder: Encoder,
    decoder: Decoder,
    clock: fn() -> f64,
    pace: Option<Pace>,
    /// Time since the first frame, as the frames tell it.
    now: Duration,
    message: Vec<u8>,
    dump: Option<BufWriter<File>>,
    tally: Tally,
    quality: Option<Quality>,
}

impl<'a> Replay<'a> {
    fn new(args: &'a Args, shape: Shape, dump: Option<BufWriter<File>>) -> Result<Self, Failure> {
        let profile = args.profile.into();
        let settings = Settings {
            profile,
            effort: args.effort.into(),
            refine: args.refine == Switch::On,
            h264: args.h264 == Switch::On,
            ..Settings::default()
        };
        let mut encoder = Encoder::confirmed(settings, &args.caps.confirm()).map_err(failed("the encoder"))?;
        if args.threads > 1 {
            encoder = encoder.with_workers(Arc::new(Pool::new(args.threads)?));
        }
        Ok(Self {
            args,
            shape,
            encoder,
            clock: if args.threads > 1 { wall_ms } else { cpu_ms },
            decoder: Decoder::of(profile, Limits::default()).map_err(failed("the decoder"))?,
            pace: args.budget.map(|rate| Pace::new(rate, Duration::ZERO)),
            now: Duration::ZERO,
            message: Vec::new(),
            dump,
            tally: Tally { settled_after_s: Some(0.0), ..Tally::default() },
            quality: None,
        })
    }

    fn frame(&mut self, pixels: &[u8], changed: bool) -> Result<(), Failure> {
        let view = self.shape.view(pixels).map_err(failed("the frame"))?;
        let (encode_ms, decode_ms, sent) = self.send(&view)?;
        if changed {
            self.tally.encode_ms.push(encode_ms);
            self.tally.decode_ms.push(decode_ms);
        }
        if self.tally.frames == 0 {
            self.tally.bytes_first = self.tally.bytes_total;
        }
        let quality = match self.quality {
            Some(quality) if !changed && !sent => quality,
            _ => self.measure(&view)?,
        };
        self.tally.add_picture(&quality, changed);
        self.quality = Some(quality);
        if changed && self.args.settle_each > 0.0 {
            self.settle(&view, self.args.settle_each)?;
        }
        self.now += Duration::from_secs_f64(1.0 / self.shape.fps);
        Ok(())
    }

    /// After the last frame.
    fn finish(&mut self, pixels: &[u8]) -> Result<(), Failure> {
        let view = self.shape.view(pixels).map_err(failed("the frame"))?;
        self.settle(&view, self.args.settle)?;
        self.tally.last_mse = self.measure(&view)?.mse;
        self.dump.as_mut().map_or(Ok(()), Write::flush).map_err(failed("writing the dump"))
    }

    /// Repeats a frame, as often as frames come, until it is shown exactly.
    fn settle(&mut self, view: &FrameView<'_>, most_seconds: f64) -> Result<(), Failure> {
        let (start, most) = (self.now, Duration::from_secs_f64(most_seconds));
        while !self.is_exact(view) {
            let next = self.now + Duration::from_secs_f64(1.0 / self.shape.fps);
            if next - start > most {
                self.tally.settled_after_s = None;
                return Ok(());
            }
            self.now = next;
            self.send(view)?;
        }
        let took = (self.now - start).as_secs_f64();
        self.tally.settled_after_s = self.tally.settled_after_s.map(|longest| longest.max(took));
        Ok(())
    }

    fn is_exact(&self, view: &FrameView<'_>) -> bool {
        self.decoder.surface().is_some_and(|shown| shown.same_picture(view))
    }

    fn measure(&self, view: &FrameView<'_>) -> Result<Quality, Failure> {
        let black;
        let shown = match self.decoder.surface() {
            Some(shown) => shown,
            None => {
                black = vec![0; self.shape.frame_len()];
                self.shape.view(&black).map_err(failed("the frame"))?
            }
        };
        Ok(Quality::measure(view, &shown, self.args.region))
    }

    /// One frame through encoder and decoder: processor time of both in milliseconds, and whether anything was sent.
    fn send(&mut self, view: &FrameView<'_>) -> Result<(f64, f64, bool), Failure> {
        let budget = self.pace.as_mut().map_or(Budget::UNLIMITED, |pace| pace.budget(self.now));
        self.message.clear();
        let start = (self.clock)();
        self.encoder.encode(view, &Hints::default(), budget, &mut self.message).map_err(failed("encoding"))?;
        let encoded = (self.clock)();
        self.decoder.decode(&self.message).map_err(failed("decoding"))?;
        let decoded = (self.clock)();
        while let Some(ack) = self.decoder.poll_ack() {
            self.encoder.handle_frame_ack(&ack).map_err(failed("an acknowledgement"))?;
        }
        if let Some(pace) = &mut self.pace {
            pace.spend(self.message.len());
        }
        self.tally.bytes_total += self.message.len() as u64;
        if let Some(dump) = &mut self.dump {
            let len = u32::try_from(self.message.len()).map_err(failed("a message"))?;
            dump.write_all(&len.to_le_bytes()).and_then(|()| dump.write_all(&self.message)).map_err(failed("writing the dump"))?;
        }
        Ok((encoded - start, decoded - encoded, !self.message.is_empty()))
    }
}

fn failed<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> Failure {
    move |error| Failure::Run(format!("{what}: {error}"))
}
