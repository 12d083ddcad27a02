//! `sharer`: asks for the helper's code, then for consent, and shows the screen as long as the person likes.

use std::{
    io::BufRead,
    os::unix::process::CommandExt,
    process::Command,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rh_auth::code::Code;
use rh_proto::{credential::Role, mode::Mode, session::SharerEvent};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Place, Way, one_line, outcome, runtime};
use crate::{
    args::SharerArgs,
    failure::{Failure, Kind},
    say,
    screen::{Animation, Screen, animate, run_watchdog, watchdog},
    service::Address,
    sharer::{Options, Report, Request, Update, run as run_session},
    terminal,
    trust::Card,
    ui::{
        self, UiSender,
        sharer::{SharerAction, SharerUpdate},
    },
    vouched::Entry,
    windows::{sharer_front, state, wish},
    wire::Transport,
};

/// How often the console shows that it lives.
const BEAT: Duration = Duration::from_millis(250);

/// Runs the sharer as the arguments say.
///
/// # Errors
/// One sentence and an exit code for whatever ends it early.
pub fn run(args: &SharerArgs) -> Result<(), Failure> {
    if args.release_watchdog {
        return run_watchdog();
    }
    let place = Place::new(args.listen, args.connect.clone(), false);
    let service = super::service(args.service.as_ref(), args.service_certificate.as_ref(), args.tenant.as_ref());
    let entrance = Entrance { place, service, device: args.device.clone() };
    if !args.console
        && let Some(display) = &args.display
    {
        move_to(display)?;
    }
    let (screen, animation) = open(args)?;
    let options = Options { name: args.name.clone(), view_only: args.view_only, budget: args.budget };
    if args.console { console(&entrance, screen, &options) } else { windowed(args, &entrance, screen, &options) }?;
    drop(animation);
    Ok(())
}

/// Where helpers come in.
struct Entrance {
    place: Place,
    service: Option<Address>,
    /// This device's id in the organisation's directory.
    device: Option<String>,
}

impl Entrance {
    async fn open(&self, windows: bool) -> Result<Way, Failure> {
        Way::open(&self.place, self.service.as_ref(), Role::Sharer, windows).await
    }
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
    Ok((Screen::x11(&display, watchdog("--release-watchdog"))?, None))
}

/// Asks on the terminal.
fn console(entrance: &Entrance, screen: Screen, options: &Options) -> Result<(), Failure> {
    let (requests, mut asked) = unbounded_channel();
    let pending = Arc::new(Mutex::new(None));
    let runtime = runtime()?;
    let way = runtime.block_on(entrance.open(false))?;
    say!("type the helper's code:");
    read_lines(requests.clone(), Arc::clone(&pending))?;
    beat(requests.clone())?;
    let (report, interrupted) = runtime.block_on(async {
        let interrupted = interruptible(requests.clone());
        if let Way::Direct(meeting) = &way {
            say!("address {}", meeting.address());
        }
        let code = loop {
            match asked.recv().await {
                Some(Request::Action(SharerAction::Code(text))) => match Code::parse(&text) {
                    Ok(code) => break code,
                    Err(error) => say!("note {error}"),
                },
                Some(Request::Action(SharerAction::Stop)) | None => {
                    return Err(Failure::new(Kind::Interrupted, "ended before there was a session"));
                }
                Some(_) => {}
            }
        };
        let Some((stream, entry)) = caller(&way, code, entrance.device.as_deref(), &mut asked).await? else {
            return Err(Failure::new(Kind::Interrupted, "ended before there was a session"));
        };
        let mut card = Card::unvouched("");
        let mut front = |update: Update<'_>| print(&update, &pending, &mut card);
        let report = run_session(stream, entry, screen, options, &mut front, &mut asked).await?;
        Ok((report, interrupted.load(Ordering::Acquire)))
    })?;
    say!("closed {}", one_line(&report.close.text));
    finish(&report, interrupted)
}

fn finish(report: &Report, interrupted: bool) -> Result<(), Failure> {
    outcome(&report.close)?;
    if interrupted { Err(Failure::new(Kind::Interrupted, "interrupted; the helper was told")) } else { Ok(()) }
}

/// Lines of the person: first the code, then answers.
fn read_lines(requests: UnboundedSender<Request>, pending: Arc<Mutex<Option<(u64, Mode)>>>) -> Result<(), Failure> {
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
                    (answer @ ("y" | "n"), mode) => {
                        let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
                        match *pending {
                            None => {
                                say!("note nobody asks for anything");
                                continue;
                            }
                            // A question may have changed while the answer to the one before was typed: a yes names what it allows.
                            Some((_, asked)) if answer == "y" && mode != word(asked) => {
                                say!("note to allow it, type: y {}", word(asked));
                                continue;
                            }
                            Some((id, _)) => {
                                *pending = None;
                                SharerAction::Consent { id, allow: answer == "y" }.into()
                            }
                        }
                    }
                    _ if !has_code => {
                        has_code = Code::parse(line).is_ok();
                        SharerAction::Code(line.to_owned()).into()
                    }
                    _ => {
                        say!("note commands: y MODE, n, view, revoke, pause, go, chat TEXT, stop");
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

/// The mode as a word to type.
fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::ViewOnly => "view",
        Mode::FullControl => "control",
        Mode::Elevation => "elevation",
        Mode::Unattended => "unattended",
    }
}

/// The terminal is the indicator here: it beats as long as what it is told can be written.
fn beat(requests: UnboundedSender<Request>) -> Result<(), Failure> {
    thread::Builder::new()
        .name("indicator".to_owned())
        .spawn(move || {
            while terminal::is_there() && requests.send(SharerAction::Beat.into()).is_ok() {
                thread::sleep(BEAT);
            }
        })
        .map(drop)
        .map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))
}

fn print(update: &Update<'_>, pending: &Mutex<Option<(u64, Mode)>>, card: &mut Card) {
    let set = |id| *pending.lock().unwrap_or_else(PoisonError::into_inner) = id;
    match update {
        Update::Notice(text) => say!("note {}", one_line(text)),
        Update::Said(_) => {}
        Update::Trust(known) => *card = (*known).clone(),
        Update::SignOut => say!("sign-out the helper had administrator's rights: sign out of this device now"),
        Update::Event(event) => match event {
            SharerEvent::Hello { peer } => say!("peer {}", one_line(&peer.name)),
            SharerEvent::Authenticated => say!("paired"),
            SharerEvent::ConsentRequested { id, mode } => {
                set(Some((u64::from(id.0), *mode)));
                // All of the trust screen: its digest goes on record with the answer.
                card.shown(*mode).lines().for_each(|line| say!("trust {line}"));
                say!("asked the helper asks to {}; type \"y {}\" to allow it, or n", wish(*mode), word(*mode));
            }
            SharerEvent::ConsentWithdrawn { .. } => {
                set(None);
                say!("withdrawn");
            }
            SharerEvent::ModeChanged(Some(mode)) => say!("mode the helper {}", state(*mode)),
            SharerEvent::ModeChanged(None) => say!("mode the helper sees nothing"),
            SharerEvent::Chat { text, .. } => say!("chat {}", one_line(text)),
            SharerEvent::Laser(Some(at)) => say!("laser {} {}", at.x, at.y),
            SharerEvent::Laser(None) => say!("laser off"),
            SharerEvent::Paused { paused, .. } => say!("paused {paused}"),
            SharerEvent::InterlockLost => say!("interlock lost"),
            _ => {}
        },
    }
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
fn windowed(args: &SharerArgs, entrance: &Entrance, screen: Screen, options: &Options) -> Result<(), Failure> {
    let (windows, inbox) = ui::channel();
    let (requests, mut asked) = unbounded_channel();
    let background = runtime()?;
    let way = background.block_on(entrance.open(true))?;
    let (options, interrupts, device) = (options.clone(), requests.clone(), entrance.device.clone());
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
                let outcome = match caller(&way, code, device.as_deref(), &mut asked).await {
                    Ok(None) => {
                        let _ = windows.send(SharerUpdate::Quit);
                        return Err(Failure::new(Kind::Interrupted, "ended before there was a session"));
                    }
                    Ok(Some((stream, entry))) => {
                        let mut front = sharer_front(windows.clone());
                        run_session(stream, entry, screen, &options, &mut front, &mut asked).await
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

/// The connection with the helper, and by what it is let in; `None` when the person gives up before there is one.
async fn caller(
    way: &Way,
    code: Code,
    device: Option<&str>,
    asked: &mut UnboundedReceiver<Request>,
) -> Result<Option<(Box<dyn Transport>, Entry)>, Failure> {
    let stop = async { while asked.recv().await.is_some_and(|request| request != SharerAction::Stop.into()) {} };
    let come = async {
        match way {
            Way::Direct(meeting) => {
                let stream: Box<dyn Transport> = Box::new(meeting.next().await?);
                Ok((stream, Entry::Code(code)))
            }
            Way::Service(desk, standing) => {
                let (stream, sid, line) = desk.claim(&code, standing, device).await?;
                Ok((stream, Entry::Vouched { sid, code, standing: standing.clone(), line }))
            }
        }
    };
    tokio::select! {
        come = come => come.map(Some),
        () = stop => Ok(None),
    }
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
