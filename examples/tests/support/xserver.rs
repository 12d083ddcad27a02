//! Private X servers for tests: started on a free display number, ready when `new` returns, gone when dropped, or when the test is killed.
//!
//! Included by path from every crate whose tests need a display, so that there is one way to start one.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// Runs a server as long as our end of its standard input is open, so that none outlives its test, however that ends: a server that runs as root cannot be
/// killed by a test that does not. The server itself writes its display number to standard output; where it ends without, that is seen as the end of it.
const GUARD: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- 2>/dev/null &
server=$!
(read -r _ <&3; kill "$server") >/dev/null 2>&1 &
guard=$!
exec >/dev/null 3<&-
wait "$server"
kill "$guard" 2>/dev/null
"#;

/// A dummy screen with outputs `DUMMY0`..`DUMMY3`.
const DUMMY: &str = r#"
Section "Device"
 Identifier "d"
 Driver "dummy"
 VideoRam 256000
EndSection
Section "Monitor"
 Identifier "m"
 HorizSync 5.0-1000.0
 VertRefresh 5.0-200.0
 Modeline "1920x1080" 148.50 1920 2448 2492 2640 1080 1084 1089 1125
 Modeline "1280x720" 74.25 1280 1390 1430 1650 720 725 730 750
EndSection
Section "Screen"
 Identifier "s"
 Device "d"
 Monitor "m"
 DefaultDepth 24
 SubSection "Display"
  Depth 24
  Modes "1920x1080" "1280x720"
  Virtual 5760 2160
 EndSubSection
EndSection
"#;

/// A running X server with a display number of its own.
#[derive(Debug)]
pub struct XServer {
    guard: Child,
    display: String,
    scratch: Option<PathBuf>,
}

impl XServer {
    /// Xvfb with one screen of the given size, depth 24.
    pub fn xvfb(width: u16, height: u16) -> Self {
        Self::xvfb_with(width, height, &[])
    }

    /// Xvfb with extra arguments, such as `-extension DAMAGE` to take an extension away.
    pub fn xvfb_with(width: u16, height: u16, extra: &[&str]) -> Self {
        let mut command = guarded("Xvfb", false);
        command.args(["-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-noreset", "-ac"]).args(extra);
        Self::start(command, None)
    }

    /// Xorg with the dummy driver: real RandR with outputs `DUMMY0`..`DUMMY3`. Needs root, or sudo without a password.
    ///
    /// Modes are added by `xrandr --addmode DUMMY1 1280x720` and so on; the first output starts at 1920x1080.
    pub fn xorg_dummy() -> Self {
        Self::xorg(|_| {
            format!(
                "{DUMMY}Section \"ServerFlags\"\n Option \"AutoAddDevices\" \"false\"\n Option \"AutoEnableDevices\" \"false\"\nEndSection\n"
            )
        })
    }

    /// The same with the input devices of a configuration, which may name files in the folder it is given.
    pub fn xorg_with_devices(devices: impl FnOnce(&Path) -> String) -> Self {
        Self::xorg(|scratch| format!("{DUMMY}{}", devices(scratch)))
    }

    fn xorg(config: impl FnOnce(&Path) -> String) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let scratch = std::env::temp_dir().join(format!("rh-xorg-{}-{count}", std::process::id()));
        fs::create_dir_all(&scratch).expect("the temporary directory is writable");
        let file = scratch.join("xorg.conf");
        fs::write(&file, config(&scratch)).expect("the temporary directory is writable");
        let mut command = guarded("Xorg", true);
        command.args(["-noreset", "-nolisten", "tcp", "-ac", "vt7", "-novtswitch", "-sharevts", "-config"]).arg(&file);
        command.arg("-logfile").arg(scratch.join("xorg.log"));
        Self::start(command, Some(scratch))
    }

    fn start(mut command: Command, scratch: Option<PathBuf>) -> Self {
        // The server itself picks a free number and writes it when it accepts clients: nothing to guess, nothing to poll.
        command.args(["-displayfd", "1"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let name = format!("{command:?}");
        let mut guard = command.spawn().unwrap_or_else(|e| panic!("{name} does not start: {e}"));
        let mut line = String::new();
        BufReader::new(guard.stdout.take().expect("piped")).read_line(&mut line).expect("the server's output can be read");
        let server = Self { guard, display: format!(":{}", line.trim()), scratch };
        if server.display == ":" {
            let log = server.scratch.as_ref().and_then(|dir| fs::read_to_string(dir.join("xorg.log")).ok()).unwrap_or_default();
            panic!(
                "{name} ended before it was ready: `cargo xtask setup` installs what the tests need, and Xorg needs root or sudo without a password\n{log}"
            );
        }
        server
    }

    /// The display name, such as `:7`.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The folder that [`xorg_with_devices`](Self::xorg_with_devices) gave to the configuration.
    pub fn scratch(&self) -> &Path {
        self.scratch.as_deref().expect("this server has a configuration")
    }

    /// A command that will run on this display, with its standard streams closed to it.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY").env_remove("XAUTHORITY");
        command
    }
}

/// A server under [`GUARD`], as root if it has to be.
fn guarded(server: &str, as_root: bool) -> Command {
    // Linux gives a process's own folder to its effective user.
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let (program, before): (_, &[&str]) = if as_root && !is_root { ("sudo", &["-n", "sh"]) } else { ("sh", &[]) };
    let mut command = Command::new(program);
    command.args(before).args(["-c", GUARD, "sh", server]);
    command
}

impl Drop for XServer {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
        if let Some(dir) = &self.scratch {
            let _ = fs::remove_dir_all(dir);
        }
    }
}
