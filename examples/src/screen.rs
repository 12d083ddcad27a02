//! What is shared: a real X display or the built-in virtual desktop, with the hand that goes with it.

use std::{process::Command, thread, time::Duration};

use rh_capture::{Capture, Config, Kind as CaptureKind, LocalInputWatch, Select, Size, VirtualDesktop};
use rh_input::{Inject, backend::Virtual};

use crate::{
    convert::act_for_desktop,
    failure::{Failure, Kind},
};

/// How far the virtual desktop's animation goes in one step.
const STEP: Duration = Duration::from_millis(33);

/// A screen to share.
pub struct Screen {
    /// Its pictures.
    pub capture: Box<dyn Capture>,
    /// Its keyboard and pointer.
    pub inject: Box<dyn Inject>,
    /// The person at the device.
    pub own: OwnInput,
}

/// The input of the person at the device, who wins over a helper: their own pauses the helper's.
#[derive(Debug)]
pub enum OwnInput {
    /// Nobody sits there: all input is the helper's.
    Nobody,
    /// It is told from the helper's.
    Seen(LocalInputWatch),
    /// It cannot be, and why. Whoever cannot win keeps keyboard and pointer: a helper may look only.
    Unseen(String),
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").field("capture", self.capture.info()).field("inject", self.inject.info()).finish_non_exhaustive()
    }
}

impl Screen {
    /// The X display of that name. `watchdog` is the command that lets go of held keys should this process be killed.
    ///
    /// # Errors
    /// [`Kind::NoDisplay`], with what is missing.
    pub fn x11(display: &str, watchdog: Option<Command>) -> Result<Self, Failure> {
        let config = Config { display: Some(display.to_owned()), ..Config::default() };
        let capture = rh_capture::open(&Select::Exactly(CaptureKind::X11), &config)
            .map_err(|e| Failure::new(Kind::NoDisplay, format!("cannot share display {display}: {e}")))?;
        let settings = rh_input::Settings { display: Some(display.to_owned()), watchdog, ..rh_input::Settings::default() };
        let inject =
            rh_input::open(settings).map_err(|e| Failure::new(Kind::NoDisplay, format!("cannot send input to display {display}: {e}")))?;
        let own = LocalInputWatch::open(display).map_or_else(|error| OwnInput::Unseen(error.to_string()), OwnInput::Seen);
        Ok(Self { capture, inject, own })
    }

    /// A new virtual desktop of this size, and a handle to look at it.
    ///
    /// # Errors
    /// When the size is out of range.
    pub fn desktop(width: u32, height: u32) -> Result<(Self, VirtualDesktop), Failure> {
        let desktop = VirtualDesktop::new(Size::new(width, height)).map_err(|e| Failure::new(Kind::Usage, e.to_string()))?;
        Ok((Self::of(&desktop), desktop))
    }

    /// An existing virtual desktop.
    pub fn of(desktop: &VirtualDesktop) -> Self {
        let sink = desktop.clone();
        let inject = Virtual::new(move |act| {
            if let Some(act) = act_for_desktop(&act) {
                // The display it names may have been unplugged since: then there is nothing to act on.
                let _ = sink.act(&[act]);
            }
        });
        Self { capture: desktop.capture(), inject: Box::new(inject), own: OwnInput::Nobody }
    }
}

/// This program again, with the hidden argument that makes it the process which lets go of held keys should this one be killed.
pub fn watchdog(argument: &str) -> Option<Command> {
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.arg(argument);
    Some(command)
}

/// Being that process: returns when the other one is gone and everything is released.
///
/// # Errors
/// When the display cannot be reached.
pub fn run_watchdog() -> Result<(), Failure> {
    rh_input::backend::x11::watchdog::run().map_err(|e| Failure::new(Kind::Other, format!("the watchdog ended: {e}")))
}

/// Lets the desktop's animation run, so many steps a second, until the returned value is dropped.
///
/// # Errors
/// When the system has no thread left.
pub fn animate(desktop: VirtualDesktop, steps_per_second: u32) -> std::io::Result<Animation> {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let Some(pause) = Duration::from_secs(1).checked_div(steps_per_second) else { return Ok(Animation { _stop: stop }) };
    thread::Builder::new().name("animation".to_owned()).spawn(move || {
        let mut step = 0;
        while stopped.recv_timeout(pause) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            step += 1;
            desktop.tick(STEP.saturating_mul(step));
        }
    })?;
    Ok(Animation { _stop: stop })
}

/// A running animation; it stops when this is dropped.
#[derive(Debug)]
pub struct Animation {
    _stop: std::sync::mpsc::Sender<()>,
}
