//! Private X servers for tests: started on a free display number, ready when `new` returns, gone when dropped.
//!
//! Included by path from every crate whose tests need a display, so that there is one way to start one.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    fs,
    io::{BufRead, BufReader, PipeReader, pipe},
    os::fd::AsRawFd,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// A running X server with a display number of its own.
#[derive(Debug)]
pub struct XServer {
    child: Child,
    display: String,
    scratch: Option<PathBuf>,
    _ready: PipeReader,
}

impl XServer {
    /// Xvfb with one screen of the given size, depth 24.
    pub fn xvfb(width: u16, height: u16) -> Self {
        let mut command = Command::new("Xvfb");
        command.args(["-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-noreset", "-ac"]);
        Self::start(command, None)
    }

    /// Xvfb with extra arguments, such as `-extension DAMAGE` to take an extension away.
    pub fn xvfb_with(width: u16, height: u16, extra: &[&str]) -> Self {
        let mut command = Command::new("Xvfb");
        command.args(["-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-noreset", "-ac"]);
        command.args(extra);
        Self::start(command, None)
    }

    /// Xorg with the dummy driver: real RandR with outputs `DUMMY0`..`DUMMY3`; needs root.
    ///
    /// Modes are added by `xrandr --addmode DUMMY1 1280x720` and so on; the first output starts at 1920x1080.
    pub fn xorg_dummy() -> Self {
        let scratch = std::env::temp_dir().join(format!("rh-xorg-{}-{:?}", std::process::id(), std::thread::current().id()));
        fs::create_dir_all(&scratch).expect("the temporary directory is writable");
        let config = scratch.join("dummy.conf");
        fs::write(
            &config,
            "Section \"Device\"\n Identifier \"d\"\n Driver \"dummy\"\n VideoRam 256000\nEndSection\n\
             Section \"Monitor\"\n Identifier \"m\"\n HorizSync 5.0-1000.0\n VertRefresh 5.0-200.0\n\
             Modeline \"1920x1080\" 148.50 1920 2448 2492 2640 1080 1084 1089 1125\n\
             Modeline \"1280x720\" 74.25 1280 1390 1430 1650 720 725 730 750\nEndSection\n\
             Section \"Screen\"\n Identifier \"s\"\n Device \"d\"\n Monitor \"m\"\n DefaultDepth 24\n\
             SubSection \"Display\"\n Depth 24\n Modes \"1920x1080\" \"1280x720\"\n Virtual 5760 2160\n EndSubSection\nEndSection\n\
             Section \"ServerFlags\"\n Option \"AutoAddDevices\" \"false\"\n Option \"AutoEnableDevices\" \"false\"\nEndSection\n",
        )
        .expect("the temporary directory is writable");
        let mut command = Command::new("Xorg");
        command.args(["-noreset", "-nolisten", "tcp", "-ac", "vt7", "-novtswitch", "-sharevts", "-config"]).arg(&config);
        command.arg("-logfile").arg(scratch.join("xorg.log"));
        Self::start(command, Some(scratch))
    }

    fn start(mut command: Command, scratch: Option<PathBuf>) -> Self {
        // The server itself picks a free number and writes it when it accepts clients: nothing to guess, nothing to poll.
        let (reader, writer) = pipe().expect("a pipe can be made");
        let fd = writer.as_raw_fd();
        command.args(["-displayfd", &fd.to_string()]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        clear_cloexec(&mut command, fd);
        let mut child = command.spawn().unwrap_or_else(|e| {
            panic!("{:?} does not start ({e}): run `cargo xtask setup`, which installs what the tests need", command.get_program())
        });
        drop(writer);
        let mut line = String::new();
        let mut lines = BufReader::new(reader.try_clone().expect("a pipe can be cloned"));
        lines.read_line(&mut line).expect("the server's pipe can be read");
        if line.trim().is_empty() {
            let status = child.wait();
            panic!("{:?} ended before it was ready: {status:?}", command.get_program());
        }
        Self { child, display: format!(":{}", line.trim()), scratch, _ready: reader }
    }

    /// The display name, such as `:7`.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// A command that will run on this display, with its standard streams closed to it.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY").env_remove("XAUTHORITY");
        command
    }
}

#[allow(unsafe_code, reason = "tests only: between fork and exec a descriptor must lose its close-on-exec flag")]
fn clear_cloexec(command: &mut Command, fd: i32) {
    // SAFETY: `fcntl` is async-signal-safe and touches only the child's copy of the descriptor.
    unsafe {
        command.pre_exec(move || if libc::fcntl(fd, libc::F_SETFD, 0) < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) });
    }
}

impl Drop for XServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(dir) = &self.scratch {
            let _ = fs::remove_dir_all(dir);
        }
    }
}
