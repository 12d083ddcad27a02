//! A second process that releases what is held when the first one dies, however it dies.
//!
//! X keeps a key down until somebody releases it: the connection's end does not. So the embedder's program runs itself again with an
//! argument of its choice, and calls [`run`] then:
//!
//! ```no_run
//! use std::process::Command;
//! use rh_input::{Settings, backend::x11::watchdog};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! if std::env::args().nth(1).as_deref() == Some("--input-watchdog") {
//!     return Ok(watchdog::run()?);
//! }
//! let mut command = Command::new(std::env::current_exe()?);
//! command.arg("--input-watchdog");
//! let mut desktop = rh_input::open(Settings { watchdog: Some(command), ..Settings::default() })?;
//! # Ok(())
//! # }
//! ```
//!
//! The two talk through the second one's standard input: a line with the display's name, then records of 12 bytes, written *before* the act
//! where something goes down and *after* it where something goes up. The pipe's end means that the first process is no more. The second has a
//! connection of its own, opened in advance, and a process group of its own, so that a Ctrl-C in the terminal does not reach it.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::{fd::AsFd, unix::process::CommandExt},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{map::Map, pool, wire::Server};
use crate::{Error, Heartbeat};

/// What the second process says when it is connected.
const READY: &[u8] = b"rh-input watchdog ready\n";

/// Bytes of a record.
const RECORD: usize = 12;

/// Most bytes of a display's name, and of what comes before [`READY`].
const MAX_LINE: usize = 4096;

/// What the second process needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    KeyDown(u8),
    KeyUp(u8),
    ButtonDown(u8),
    ButtonUp(u8),
    /// Locks and held keys change for the sake of a text; these are the locks and the group to put back.
    TextBegins {
        locked: u8,
        group: u8,
    },
    TextEnds,
    /// A spare key code carries characters.
    Bound {
        code: u8,
        pair: [u32; 2],
    },
    /// All spare key codes are empty again.
    Unbound,
    Beat,
}

impl Op {
    fn encode(self) -> [u8; RECORD] {
        let (op, a, b, pair) = match self {
            Self::KeyDown(code) => (1, code, 0, [0; 2]),
            Self::KeyUp(code) => (2, code, 0, [0; 2]),
            Self::ButtonDown(number) => (3, number, 0, [0; 2]),
            Self::ButtonUp(number) => (4, number, 0, [0; 2]),
            Self::TextBegins { locked, group } => (5, locked, group, [0; 2]),
            Self::TextEnds => (6, 0, 0, [0; 2]),
            Self::Bound { code, pair } => (7, code, 0, pair),
            Self::Unbound => (8, 0, 0, [0; 2]),
            Self::Beat => (9, 0, 0, [0; 2]),
        };
        let mut record = [op, a, b, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        record[4..8].copy_from_slice(&pair[0].to_ne_bytes());
        record[8..].copy_from_slice(&pair[1].to_ne_bytes());
        record
    }

    fn decode(record: [u8; RECORD]) -> Option<Self> {
        let [op, a, b, _, p0, p1, p2, p3, q0, q1, q2, q3] = record;
        Some(match op {
            1 => Self::KeyDown(a),
            2 => Self::KeyUp(a),
            3 => Self::ButtonDown(a),
            4 => Self::ButtonUp(a),
            5 => Self::TextBegins { locked: a, group: b },
            6 => Self::TextEnds,
            7 => Self::Bound { code: a, pair: [u32::from_ne_bytes([p0, p1, p2, p3]), u32::from_ne_bytes([q0, q1, q2, q3])] },
            8 => Self::Unbound,
            9 => Self::Beat,
            _ => return None,
        })
    }

    /// What this one makes untrue if it is still to be told.
    fn undoes(self) -> Option<Self> {
        match self {
            Self::KeyDown(code) => Some(Self::KeyUp(code)),
            Self::ButtonDown(number) => Some(Self::ButtonUp(number)),
            Self::TextBegins { .. } => Some(Self::TextEnds),
            _ => None,
        }
    }
}

/// The first process's end.
#[derive(Debug)]
pub(super) struct Watchdog {
    child: Option<Child>,
    pipe: Option<ChildStdin>,
    /// Kept open, so that whatever the embedder's program prints at its end does no harm.
    out: ChildStdout,
    later: Vec<Op>,
}

impl Watchdog {
    /// Starts the second process and waits until it is connected.
    pub(super) fn start(mut command: Command, display: Option<&str>, patience: Duration) -> Result<Self, Error> {
        let failed = |e: io::Error| Error::Backend { op: "start of the watchdog", detail: e.to_string() };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().map_err(failed)?;
        let (Some(mut pipe), Some(out)) = (child.stdin.take(), child.stdout.take()) else { return Err(Error::WatchdogGone) };
        // From here on the child's end is in our `drop`.
        let mut this = Self { child: Some(child), pipe: None, out, later: Vec::new() };
        pipe.write_all(display.unwrap_or_default().as_bytes()).and_then(|()| pipe.write_all(b"\n")).map_err(failed)?;
        rustix::io::ioctl_fionbio(&pipe, true).map_err(|e| failed(e.into()))?;
        this.pipe = Some(pipe);
        let until = Instant::now() + patience;
        let mut said = Vec::new();
        let mut buffer = [0; 256];
        while !said.windows(READY.len()).any(|window| window == READY) {
            let left = until.saturating_duration_since(Instant::now());
            if said.len() > MAX_LINE || !readable(&this.out, Some(left)).map_err(failed)? {
                return Err(Error::WatchdogGone);
            }
            match this.out.read(&mut buffer).map_err(failed)? {
                0 => return Err(Error::WatchdogGone),
                n => said.extend_from_slice(&buffer[..n]),
            }
        }
        Ok(this)
    }

    /// Tells something now.
    pub(super) fn tell(&mut self, op: Op) -> Result<(), Error> {
        if let Some(undone) = op.undoes() {
            self.later.retain(|later| *later != undone);
        }
        self.write(op)
    }

    /// Tells something with the next [`Self::tell_now`].
    pub(super) fn tell_later(&mut self, op: Op) {
        if !self.later.contains(&op) {
            self.later.push(op);
        }
    }

    /// Tells what was put off. A watchdog that is gone need not know; it is missed when something goes down.
    pub(super) fn tell_now(&mut self) {
        for at in 0..self.later.len() {
            let _ = self.write(self.later[at]);
        }
        self.later.clear();
    }

    fn write(&mut self, op: Op) -> Result<(), Error> {
        let pipe = self.pipe.as_mut().ok_or(Error::WatchdogGone)?;
        // Writes below PIPE_BUF are whole or not at all. A full pipe (5,000 records unread) means a stopped reader.
        pipe.write_all(&op.encode()).map_err(|_| {
            self.pipe = None;
            Error::WatchdogGone
        })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.pipe = None;
        if let Some(mut child) = self.child.take() {
            // It ends by itself now that its pipe has ended; waiting for that is not this thread's business.
            drop(thread::spawn(move || child.wait()));
        }
    }
}

fn readable(fd: &impl AsFd, within: Option<Duration>) -> io::Result<bool> {
    let within = within.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
    loop {
        match poll(&mut [PollFd::new(fd, PollFlags::IN)], within.as_ref()) {
            Ok(n) => return Ok(n > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// What the first process has done and not undone.
#[derive(Debug, Default)]
struct Books {
    keys: Vec<u8>,
    buttons: Vec<u8>,
    text: Option<(u8, u8)>,
    bound: Vec<(u8, [u32; 2])>,
    beats: bool,
}

impl Books {
    fn enter(&mut self, op: Op) {
        match op {
            Op::KeyDown(code) if !self.keys.contains(&code) => self.keys.push(code),
            Op::KeyUp(code) => self.keys.retain(|c| *c != code),
            Op::ButtonDown(number) if !self.buttons.contains(&number) => self.buttons.push(number),
            Op::ButtonUp(number) => self.buttons.retain(|n| *n != number),
            Op::TextBegins { locked, group } => self.text = Some((locked, group)),
            Op::TextEnds => self.text = None,
            Op::Bound { code, pair } => {
                self.bound.retain(|bound| bound.0 != code);
                self.bound.push((code, pair));
            }
            Op::Unbound => self.bound.clear(),
            Op::Beat => self.beats = true,
            Op::KeyDown(_) | Op::ButtonDown(_) => {}
        }
    }

    fn holds(&self) -> bool {
        !self.keys.is_empty() || !self.buttons.is_empty() || self.text.is_some()
    }

    fn release(&self, server: &mut Server) -> Result<(), Error> {
        for code in self.keys.iter().rev() {
            server.key(*code, false)?;
        }
        for number in &self.buttons {
            server.button(*number, false)?;
        }
        if let Some((locked, group)) = self.text {
            // In the midst of a text any key may be down; whoever really holds one presses it again.
            let state = server.fetch_state()?;
            for code in state.down() {
                server.key(code, false)?;
            }
            server.lock(0xff, locked, Some(group), 0)?;
        }
        server.flush()
    }

    /// Undoes everything.
    fn settle(&self, server: &mut Server) -> Result<(), Error> {
        if self.holds() {
            self.release(server)?;
        }
        if self.holds() || !self.bound.is_empty() {
            thread::sleep(SETTLE);
            // The first process's last requests may have overtaken ours.
            self.release(server)?;
            self.unbind(server)?;
        }
        Ok(())
    }

    /// Empties the spare key codes that still carry what the first process put there.
    fn unbind(&self, server: &mut Server) -> Result<(), Error> {
        let map = Map::new(&server.fetch_map()?);
        let mut codes: Vec<u8> = self.bound.iter().filter(|(code, pair)| map.pair(*code) == *pair).map(|bound| bound.0).collect();
        codes.sort_unstable();
        for (first, rows) in pool::runs(&codes, |_| Vec::new()) {
            server.bind(first, 0, rows)?;
        }
        server.fetch_nothing()
    }
}

/// How long the server gets to come to what the first process sent last, and applications to read the keys.
const SETTLE: Duration = Duration::from_millis(300);

/// The second process: returns when the first one is gone and everything is released.
///
/// To be called when the embedder's program is run with the hidden argument; uses standard input and output.
///
/// # Errors
/// Those of [`X11::open`](super::X11::open), when it cannot connect or the display ends.
pub fn run() -> Result<(), Error> {
    let failed = |e: io::Error| Error::Backend { op: "the watchdog's pipe", detail: e.to_string() };
    // Not through std's buffer, which would hide bytes from `poll`.
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(failed)?);
    let display = display(&mut input).map_err(failed)?;
    let mut server = Server::connect(display.as_deref(), Duration::from_secs(5))?;
    {
        let mut out = io::stdout().lock();
        out.write_all(READY).and_then(|()| out.flush()).map_err(failed)?;
    }
    let mut books = Books::default();
    let mut record = [0; RECORD];
    let mut have = 0;
    loop {
        let patience = (books.beats && books.holds()).then_some(Heartbeat::PATIENCE);
        if !readable(&input, patience).map_err(failed)? {
            books.release(&mut server)?;
            (books.keys, books.buttons, books.text) = (Vec::new(), Vec::new(), None);
            continue;
        }
        match input.read(&mut record[have..]) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(failed(e)),
        }
        if have == RECORD {
            have = 0;
            if let Some(op) = Op::decode(record) {
                books.enter(op);
            }
        }
    }
    match books.settle(&mut server) {
        // With its display, everything that was held is gone.
        Err(Error::Closed { .. }) => Ok(()),
        result => result,
    }
}

/// Reads the display's name; empty means the environment's.
fn display(input: &mut impl Read) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        if line.len() > MAX_LINE || input.read(&mut byte)? == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no display is named"));
        }
        if byte[0] == b'\n' {
            break;
        }
        line.push(byte[0]);
    }
    let line = String::from_utf8(line).map_err(io::Error::other)?;
    Ok(Some(line).filter(|line| !line.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::Op;

    #[test]
    fn records_survive_the_pipe() {
        for op in [
            Op::KeyDown(38),
            Op::KeyUp(255),
            Op::ButtonDown(1),
            Op::ButtonUp(9),
            Op::TextBegins { locked: 0x12, group: 3 },
            Op::TextEnds,
            Op::Bound { code: 200, pair: [0x0100_65e5, 0x0100_672c] },
            Op::Unbound,
            Op::Beat,
        ] {
            assert_eq!(Op::decode(op.encode()), Some(op));
        }
        assert_eq!(Op::decode([0; 12]), None);
    }
}
