//! `sharer`: asks for the helper's code, then for consent, and shows the screen as long as the person likes.
#![allow(clippy::print_stdout, reason = "with --console the sharer speaks on standard output, one event a line")]

use std::{
    io::BufRead,
    os::unix::process::CommandExt,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rh_auth::code::Code;
use rh_proto::{mode::Mode, session::SharerEvent};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Place, outcome, runtime};
use crate::{
    args::SharerArgs,
    failure::{Failure, Kind},
    screen::{Animation, Screen, animate},
    sharer::{Options, Report, Request, Update, run as run_session},
    ui::{
        self, UiSender,
        sharer::{SharerAction, SharerUpdate},
    },
    windows::{sharer_front, state, wish},
};

/// How often the console shows that it lives.
const BEAT: Duration = Duration::from_millis(250);

/// Runs the sharer as the arguments say.
///
/// # Errors
/// One sentence and an exit code for whatever ends it early.
pub fn run(args: &SharerArgs) -> Result<(), Failure> {
    if args.release_watchdog {
        return rh_input::backend::x11::watchdog::run().map_err(|e| Failure::new(Kind::Other, format!("the watchdog ended: {e}")));
    }
    let place = Place::new(args.listen, args.connect.clone(), false);
    if !args.console
        && let Some(display) = &args.display
    {
        move_to(display)?;
    }
    let (screen, animation) = open(args)?;
    let options = Options { name: args.name.clone(), view_only: args.view_only, budget: args.budget };
    if args.console { console(&place, screen, &options) } else { windowed(args, &place, screen, &options) }?;
    drop(animation);
    Ok(())
}

/// Starts this program again on the display that it shares, unless it is there: the bar belongs where the screen is seen, and windows open on `$DISPLAY`.
fn move_to(display: &str) -> Result<(), Failure> {
    let is_there = std::env::var_os("DISPLAY").is_some_and(|d| d == display) && std::env::var_os("WAYLAND_DISPLAY").is_none();
    if is_there {
        return Ok(());
    }
    let program = std::env::current_exe().map_err(|e| Failure::new(Kind::Other, format!("this program cannot find itself: {e}")))?;
    let error = Command::new(program).args(std::env::args_os().skip(1)).env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").exec();
    Err(Failure::new(Kind::Other, format!("this program cannot start itself on display {display}: {error}")))
}

/// The screen that the arguments name.
fn open(args: &SharerArgs) -> Result<(Screen, Option<Animation>), Failure> {
    if let Some((width, height)) = args.r#virtual {
        let (screen, desktop) = Screen::desktop(width, height)?;
        let animation =
            animate(desktop, args.animation_fps).map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))?;
        return Ok((screen, Some(animation)));
    }
    let display = args.display.clone().or_else(|| std::env::var("DISPLAY").ok().filter(|d| !d.is_empty())).ok_or_else(|| {
        Failure::new(
            Kind::NoDisplay,
            "there is no display to share: DISPLAY is not set; name one with --display, or try --virtual 1280x720",
        )
    })?;
    // This program again, as the process that lets go of held keys should this one be killed.
    let watchdog = std::env::current_exe().ok().map(|program| {
        let mut command = Command::new(program);
        command.arg("--release-watchdog");
        command
    });
    Ok((Screen::x11(&display, watchdog)?, None))
}

/// Asks on the terminal.
fn console(place: &Place, screen: Screen, options: &Options) -> Result<(), Failure> {
    let (requests, mut asked) = unbounded_channel();
    let pending = Arc::new(std::sync::Mutex::new(None));
    println!("type the helper's code:");
    read_lines(requests.clone(), Arc::clone(&pending))?;
    beat(requests.clone())?;
    let runtime = runtime()?;
    let (report, interrupted) = runtime.block_on(async {
        let interrupted = interruptible(requests.clone());
        let meeting = place.open().await?;
        println!("address {}", meeting.address());
        let code = loop {
            match asked.recv().await {
                Some(Request::Action(SharerAction::Code(text))) => match Code::parse(&text) {
                    Ok(code) => break code,
                    Err(error) => println!("note {error}"),
                },
                Some(Request::Action(SharerAction::Stop)) | None => {
                    return Err(Failure::new(Kind::Interrupted, "ended before there was a session"));
                }
                Some(_) => {}
            }
        };
        let stream = meeting.next().await?;
        let mut front = |update: Update<'_>| print(&update, &pending);
        let report = run_session(stream, code, screen, options, &mut front, &mut asked).await?;
        Ok((report, interrupted.load(Ordering::Acquire)))
    })?;
    println!("closed {}", report.close.text);
    finish(&report, interrupted)
}

fn finish(report: &Report, interrupted: bool) -> Result<(), Failure> {
    outcome(&report.close)?;
    if interrupted { Err(Failure::new(Kind::Interrupted, "interrupted; the helper was told")) } else { Ok(()) }
}

/// Lines of the person: first the code, then answers.
fn read_lines(requests: UnboundedSender<Request>, pending: Arc<std::sync::Mutex<Option<u64>>>) -> Result<(), Failure> {
    thread::Builder::new()
        .name("lines".to_owned())
        .spawn(move || {
            let mut has_code = false;
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                let line = line.trim_end();
                let request: Request = match line.split_once(' ').unwrap_or((line, "")) {
                    ("", _) => continue,
                    ("stop", "") => SharerAction::Stop.into(),
                    ("pause", "") => SharerAction::Pause(true).into(),
                    ("go", "") => SharerAction::Pause(false).into(),
                    ("revoke", "") => Request::Revoke(None),
                    ("view", "") => Request::Revoke(Some(Mode::ViewOnly)),
                    ("chat", text) => SharerAction::Chat(text.to_owned()).into(),
                    (answer @ ("y" | "yes" | "n" | "no"), "") => {
                        let Some(id) = pending.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() else {
                            println!("note nobody asks for anything");
                            continue;
                        };
                        SharerAction::Consent { id, allow: answer.starts_with('y') }.into()
                    }
                    _ if !has_code => {
                        has_code = Code::parse(line).is_ok();
                        SharerAction::Code(line.to_owned()).into()
                    }
                    _ => {
                        println!("note commands: y, n, view, revoke, pause, go, chat TEXT, stop");
                        continue;
                    }
                };
                if requests.send(request).is_err() {
                    return;
                }
            }
        })
        .map(drop)
        .map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))
}

/// The terminal is the indicator here: it beats as long as this process runs.
fn beat(requests: UnboundedSender<Request>) -> Result<(), Failure> {
    thread::Builder::new()
        .name("indicator".to_owned())
        .spawn(move || {
            while requests.send(SharerAction::Beat.into()).is_ok() {
                thread::sleep(BEAT);
            }
        })
        .map(drop)
        .map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))
}

fn print(update: &Update<'_>, pending: &std::sync::Mutex<Option<u64>>) {
    let set = |id| *pending.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = id;
    match update {
        Update::Notice(text) => println!("note {text}"),
        Update::Said(_) => {}
        Update::Event(event) => match event {
            SharerEvent::Hello { peer } => println!("peer {}", one_line(&peer.name)),
            SharerEvent::Authenticated => println!("paired"),
            SharerEvent::ConsentRequested { id, mode } => {
                set(Some(u64::from(id.0)));
                println!("asked the helper asks to {}: allow? y or n", wish(*mode));
            }
            SharerEvent::ConsentWithdrawn { .. } => {
                set(None);
                println!("withdrawn");
            }
            SharerEvent::ModeChanged(Some(mode)) => println!("mode the helper {}", state(*mode)),
            SharerEvent::ModeChanged(None) => println!("mode the helper sees nothing"),
            SharerEvent::Chat { text, .. } => println!("chat {}", one_line(text)),
            SharerEvent::Laser(Some(at)) => println!("laser {} {}", at.x, at.y),
            SharerEvent::Laser(None) => println!("laser off"),
            SharerEvent::Paused { paused, .. } => println!("paused {paused}"),
            SharerEvent::InterlockLost => println!("interlock lost"),
            _ => {}
        },
    }
}

/// What a peer wrote, as one line that a script can rely on.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Turns Ctrl-C into a clean end; says whether that happened.
fn interruptible(requests: UnboundedSender<Request>) -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            flag.store(true, Ordering::Release);
            let _ = requests.send(SharerAction::Stop.into());
        }
    });
    interrupted
}

/// Asks in windows.
fn windowed(args: &SharerArgs, place: &Place, screen: Screen, options: &Options) -> Result<(), Failure> {
    let (windows, inbox) = ui::channel();
    let (requests, mut asked) = unbounded_channel();
    let background = runtime()?;
    let meeting = background.block_on(place.open())?;
    let (options, interrupts) = (options.clone(), requests.clone());
    let session = thread::Builder::new()
        .name("session".to_owned())
        .spawn(move || {
            background.block_on(async {
                let interrupted = interruptible(interrupts);
                let Some(code) = ask(&windows, &mut asked).await else {
                    let _ = windows.send(SharerUpdate::Quit);
                    return if interrupted.load(Ordering::Acquire) {
                        Err(Failure::new(Kind::Interrupted, "interrupted before there was a session"))
                    } else {
                        Ok(())
                    };
                };
                let _ = windows.send(SharerUpdate::Connecting);
                let outcome = match meeting.next().await {
                    Ok(stream) => {
                        let mut front = sharer_front(windows.clone());
                        run_session(stream, code, screen, &options, &mut front, &mut asked).await
                    }
                    Err(failure) => Err(failure),
                };
                let interrupted = interrupted.load(Ordering::Acquire);
                match &outcome {
                    // Whoever stopped it needs no window that says so.
                    Ok(report) if report.close.clean && !report.close.by_peer => drop(windows.send(SharerUpdate::Quit)),
                    Ok(report) => drop(windows.send(SharerUpdate::Closed(report.close.text.clone()))),
                    Err(failure) => drop(windows.send(SharerUpdate::Closed(failure.to_string()))),
                }
                finish(&outcome?, interrupted)
            })
        })
        .map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))?;
    let look = ui::Options {
        title: "Remote Help: sharer".to_owned(),
        high_contrast: args.high_contrast,
        text_percent: u16::try_from(args.text_scale).unwrap_or(100),
        ..ui::Options::default()
    };
    ui::sharer::run(&look, inbox, move |action| drop(requests.send(action.into())))
        .map_err(|e| Failure::new(Kind::NoDisplay, format!("no window: {e}; --console needs none")))?;
    session.join().unwrap_or_else(|_| Err(Failure::new(Kind::Other, "the session panicked: this is a bug, please report it")))
}

/// Asks for the code until it is one; `None` when the person gives up.
async fn ask(windows: &UiSender<SharerUpdate>, asked: &mut UnboundedReceiver<Request>) -> Option<Code> {
    let mut error = None;
    loop {
        let _ = windows.send(SharerUpdate::AskCode { error });
        loop {
            match asked.recv().await? {
                Request::Action(SharerAction::Code(text)) => match Code::parse(&text) {
                    Ok(code) => return Some(code),
                    Err(wrong) => {
                        error = Some(wrong.to_string());
                        break;
                    }
                },
                Request::Action(SharerAction::Stop) => return None,
                _ => {}
            }
        }
    }
}
