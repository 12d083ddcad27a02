//! The command lines of the programs.

use std::{net::SocketAddr, path::PathBuf};

use clap::{ArgGroup, CommandFactory, Parser};
use clap_complete::Shell;
use rh_auth::code::LiveCode;

use crate::failure::EXIT_CODES;

/// Where direct sessions meet unless told otherwise: this machine only.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:7473";

/// See, and when allowed control, the screen of somebody who agrees
///
/// Shows a code. The sharer types it: that, and the sharer's consent, is what lets this app see anything.
#[derive(Debug, Parser)]
#[command(name = "helper", version, after_help = after(HELPER_EXAMPLES))]
#[command(group(ArgGroup::new("where").args(["listen", "connect", "service"])))]
pub struct HelperArgs {
    /// Wait for the sharer at this address [default: 127.0.0.1:7473]
    #[arg(long, value_name = "IP:PORT")]
    pub listen: Option<SocketAddr>,
    /// Go to a sharer that listens
    #[arg(long, value_name = "HOST:PORT")]
    pub connect: Option<String>,
    /// Meet through the organisation's service at this address; both people sign in [default: none]
    #[arg(long, value_name = "URL")]
    pub service: Option<String>,
    /// SHA-256 of the service's certificate, where the service made its own and printed it
    #[arg(long, value_name = "HEX", requires = "service")]
    pub service_certificate: Option<String>,
    /// The organisation's id, where the service has several
    #[arg(long, value_name = "ID", requires = "service")]
    pub tenant: Option<String>,
    /// Never ask for more than seeing
    #[arg(long)]
    pub view_only: bool,
    /// The name that the sharer sees
    #[arg(long, default_value = "A helper", value_name = "NAME")]
    pub name: String,
    /// How long a code can be used, in seconds: ten minutes at most
    #[arg(long, default_value_t = LiveCode::LIFETIME.as_secs(), value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=LiveCode::LIFETIME.as_secs()))]
    pub code_lifetime: u64,
    /// Which of the sharer's displays to show first, counted from 1 [default: its primary one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub display: Option<u16>,
    /// No window: commands from standard input, events to standard output
    #[arg(long)]
    pub headless: bool,
    /// With --headless: write the last picture here when the session ends
    #[arg(long, value_name = "FILE", requires = "headless")]
    pub png: Option<PathBuf>,
    /// With --headless: leave after so many frames
    #[arg(long, value_name = "N", requires = "headless", value_parser = clap::value_parser!(u64).range(1..))]
    pub frames: Option<u64>,
    /// Size of text in the window, percent
    #[arg(long, default_value_t = 100, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(100..=200))]
    pub text_scale: u32,
    /// Black and white, thick borders
    #[arg(long)]
    pub high_contrast: bool,
    /// Print a completion script and end
    #[arg(long, value_name = "SHELL")]
    pub completions: Option<Shell>,
}

const HELPER_EXAMPLES: &str = "Examples:
  helper                                  wait on this machine, in a window
  helper --listen 0.0.0.0:7473            wait for sharers of the network
  helper --service https://help.example   with a code of the organisation's service
  helper --code-lifetime 60               with a code that is good for a minute
  helper --headless --png last.png --frames 10
                                          ten frames, then the picture";

/// Let somebody see, and if you agree control, this screen
///
/// Type the code that the helper reads to you. Nothing is shown before you allow it, and a bar on your screen says who sees it until the end.
#[derive(Debug, Parser)]
#[command(name = "sharer", version, after_help = after(SHARER_EXAMPLES))]
#[command(group(ArgGroup::new("where").args(["listen", "connect", "service"])))]
pub struct SharerArgs {
    /// Go to the helper that waits at this address [default: 127.0.0.1:7473]
    #[arg(long, value_name = "HOST:PORT")]
    pub connect: Option<String>,
    /// Wait for the helper at this address instead
    #[arg(long, value_name = "IP:PORT")]
    pub listen: Option<SocketAddr>,
    /// Meet through the organisation's service at this address; both people sign in [default: none]
    #[arg(long, value_name = "URL")]
    pub service: Option<String>,
    /// SHA-256 of the service's certificate, where the service made its own and printed it
    #[arg(long, value_name = "HEX", requires = "service")]
    pub service_certificate: Option<String>,
    /// The organisation's id, where the service has several
    #[arg(long, value_name = "ID", requires = "service")]
    pub tenant: Option<String>,
    /// This device's id in the organisation's directory
    #[arg(long, value_name = "ID", requires = "service")]
    pub device: Option<String>,
    /// The X display to share [default: $DISPLAY]
    #[arg(long, value_name = ":N")]
    pub display: Option<String>,
    /// Share the built-in virtual desktop of this size instead of a real screen
    #[arg(long, value_name = "WxH", value_parser = parse_size, conflicts_with = "display")]
    pub r#virtual: Option<(u32, u32)>,
    /// With --virtual: steps of the desktop's animation a second; 0 stops it
    #[arg(long, default_value_t = 15, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub animation_fps: u32,
    /// Never allow more than seeing, whatever is asked for
    #[arg(long)]
    pub view_only: bool,
    /// The name that the helper sees
    #[arg(long, default_value = "A sharer", value_name = "NAME")]
    pub name: String,
    /// Ask on the terminal instead of in a window
    #[arg(long)]
    pub console: bool,
    /// Most bytes a second for pictures [default: as the line allows]
    #[arg(long, value_name = "BYTES_PER_SECOND", value_parser = clap::value_parser!(u64).range(4096..))]
    pub budget: Option<u64>,
    /// Size of text in the windows, percent
    #[arg(long, default_value_t = 100, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(100..=200))]
    pub text_scale: u32,
    /// Black and white, thick borders
    #[arg(long)]
    pub high_contrast: bool,
    /// Print a completion script and end
    #[arg(long, value_name = "SHELL")]
    pub completions: Option<Shell>,
    /// Let go of what a dead parent process held; started by this program itself
    #[arg(long, hide = true)]
    pub release_watchdog: bool,
}

const SHARER_EXAMPLES: &str = "Examples:
  sharer                                  share $DISPLAY with the helper on this machine
  sharer --connect helper.example:7473    with one on the network
  sharer --service https://help.example   with somebody for whom the organisation vouches
  sharer --console --virtual 1280x720     share a built-in desktop, ask on the terminal";

/// The main job by itself: a sharer and a helper over loopback, through the real protocol
#[derive(Debug, Parser)]
#[command(name = "demo", version, after_help = after(DEMO_EXAMPLES))]
pub struct DemoArgs {
    /// Share this X display instead of the built-in virtual desktop; input goes only to a window of the demo's own
    #[arg(long, value_name = ":N")]
    pub display: Option<String>,
    /// Size of the virtual desktop
    #[arg(long, default_value = "1280x720", value_name = "WxH", value_parser = parse_size, conflicts_with = "display")]
    pub size: (u32, u32),
    /// No helper window, even where there is a display: a short scripted session instead
    #[arg(long)]
    pub headless: bool,
    /// Where the helper's last picture goes
    #[arg(long, default_value = "session.png", value_name = "FILE")]
    pub png: PathBuf,
    /// Print one JSON object as the last line; no helper window either
    #[arg(long)]
    pub json: bool,
    /// Let go of what a dead parent process held; started by this program itself
    #[arg(long, hide = true)]
    pub release_watchdog: bool,
    /// Print a completion script and end
    #[arg(long, value_name = "SHELL")]
    pub completions: Option<Shell>,
}

const DEMO_EXAMPLES: &str = "Examples:
  demo                     in a window where there is a display, else scripted
  demo --headless --json   scripted, with one JSON object as the last line
  demo --display :1        the same on a real X display";

/// What stands below the options of `--help`.
fn after(examples: &str) -> String {
    format!("{examples}\n\n{EXIT_CODES}")
}

/// Width and height such as `1280x720`.
fn parse_size(text: &str) -> Result<(u32, u32), String> {
    let (width, height) = text.split_once('x').ok_or("two numbers with an x between them, such as 1280x720")?;
    let side = |t: &str| t.parse::<u32>().ok().filter(|n| (64..=8192).contains(n)).ok_or(format!("{t:?} is not a number from 64 to 8192"));
    Ok((side(width)?, side(height)?))
}

/// Prints the completion script of a program.
pub fn print_completions<P: CommandFactory>(shell: Shell) {
    let mut command = P::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut std::io::stdout());
}
