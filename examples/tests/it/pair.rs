//! A helper and a sharer as two processes, paired and with a mode granted.

use std::process::Command;

use crate::programs::Program;

/// Both programs of a session.
pub struct Pair {
    pub helper: Program,
    pub sharer: Program,
}

/// The helper program, headless, listening on a port of its own.
pub fn helper() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helper"));
    command.args(["--headless", "--listen", "127.0.0.1:0", "--name", "Hanna"]);
    command
}

/// The sharer program on the terminal.
pub fn sharer(address: &str, screen: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sharer"));
    command.args(["--console", "--connect", address, "--name", "Sam"]).args(screen).env_remove("DISPLAY");
    command
}

/// How many frames the helper has seen.
pub fn frames(helper: &mut Program) -> u64 {
    helper.tell("count");
    helper.expect("counted").parse().expect("a number")
}

impl Pair {
    /// Paired, and the helper sees the screen.
    pub fn viewing(screen: &[&str]) -> Self {
        Self::viewing_with(helper(), screen)
    }

    /// As [`viewing`](Self::viewing), with a helper of the caller's.
    pub fn viewing_with(helper: Command, screen: &[&str]) -> Self {
        let mut helper = Program::start(helper);
        let address = helper.expect("address");
        let code = helper.expect("code");
        let mut sharer = Program::start(sharer(&address, screen));
        sharer.expect("type the helper's code");
        sharer.tell(&code);
        sharer.expect("paired");
        helper.expect("paired");
        sharer.expect("asked the helper asks to view");
        sharer.tell("y view");
        sharer.expect("mode the helper sees your screen");
        helper.expect("granted ViewOnly");
        helper.expect("frames 1");
        Self { helper, sharer }
    }

    /// Asks for control; the sharer allows it.
    pub fn take_control(&mut self) {
        self.helper.tell("mode control");
        self.sharer.expect("asked the helper asks to control");
        self.sharer.tell("y control");
        self.helper.expect("granted FullControl");
    }

    /// The helper leaves; both programs end well.
    pub fn leave(mut self) {
        self.helper.tell("leave");
        let (status, said) = self.helper.end();
        assert!(status.success(), "the helper ends well: {status} {said:#?}");
        let (status, said) = self.sharer.end();
        assert!(status.success(), "the sharer ends well: {status} {said:#?}");
        assert!(said.iter().any(|line| line.starts_with("closed")), "the sharer says that it is over: {said:#?}");
    }
}
