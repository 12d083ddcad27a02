//! `helper`: shows a code, then the screen of whoever types it.

use std::{
    io::BufRead,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use rh_auth::code::{Code, LiveCode, Status};
use rh_proto::session::HelperEvent;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Meeting, Place, one_line, outcome, runtime};
use crate::{
    args::HelperArgs,
    entropy::entropy,
    failure::{Failure, Kind},
    helper::{Request, Update, run as run_session},
    say,
    script::{self, Command},
    ui::{
        self, SharedPicture, UiSender,
        helper::{HelperAction, HelperUpdate, RequestedMode},
    },
    windows::{decline, denial, helper_front},
};

/// Runs the helper as the arguments say.
///
/// # Errors
/// One sentence and an exit code for whatever ends it early.
pub fn run(args: &HelperArgs) -> Result<(), Failure> {
    let place = Place::new(args.listen, args.connect.clone(), true);
    if args.headless { headless(args, &place) } else { windowed(args, &place) }
}

/// A fresh code, good for one session.
fn new_code() -> Result<LiveCode, Failure> {
    Ok(LiveCode::new(Code::from_entropy(entropy()?), Instant::now()))
}

/// One session, driven by lines.
fn headless(args: &HelperArgs, place: &Place) -> Result<(), Failure> {
    let (requests, mut asked) = unbounded_channel();
    let seen = Arc::new(Seen::default());
    let mut front = Printer { requests: requests.clone(), seen: Arc::clone(&seen), most: args.frames };
    let declined = Arc::new(Mutex::new(false));
    let runtime = runtime()?;
    let (report, interrupted) = runtime.block_on(async {
        let meeting = place.open().await?;
        let code = new_code()?;
        say!("address {}", meeting.address());
        say!("code {}", code.code());
        listen_to_commands(requests.clone(), Arc::clone(&seen), args.view_only)?;
        let interrupted = interruptible(requests.clone());
        let refused = Arc::clone(&declined);
        let mut tell = |update: Update<'_>| {
            if let Update::Event(HelperEvent::ModeDeclined { .. }) = &update {
                *refused.lock().unwrap_or_else(PoisonError::into_inner) = true;
            }
            front.print(&update);
        };
        loop {
            let stream = tokio::select! {
                stream = meeting.next() => stream?,
                () = until_leave(&mut asked) => return Err(Failure::new(Kind::Interrupted, "left before anybody came")),
            };
            let report = run_session(stream, &code, &args.name, &mut tell, &mut asked).await?;
            if !meeting.is_open_after(&report, &code) {
                return Ok((report, interrupted.load(Ordering::Acquire)));
            }
            say!("note somebody called who is no sharer: {}", report.close.text);
        }
    })?;
    if let Some(path) = &args.png {
        seen.write_png(path)?;
    }
    say!("closed {}", one_line(&report.close.text));
    outcome(&report.close)?;
    if interrupted {
        return Err(Failure::new(Kind::Interrupted, "interrupted; the sharer was told"));
    }
    // A script that asked for frames and got none wants to know that it was a person's no.
    if report.mode.is_none() && *declined.lock().unwrap_or_else(PoisonError::into_inner) {
        return Err(Failure::new(Kind::Declined, "the sharer declined, or did not answer"));
    }
    Ok(())
}

/// Resolves when the person leaves before there is a session, or nobody is there any more to leave.
async fn until_leave(asked: &mut UnboundedReceiver<Request>) {
    while asked.recv().await.is_some_and(|request| request != HelperAction::Leave) {}
}

/// Turns Ctrl-C into a clean leave; says whether that happened.
fn interruptible(requests: UnboundedSender<Request>) -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            flag.store(true, Ordering::Release);
            let _ = requests.send(HelperAction::Leave);
        }
    });
    interrupted
}

/// Reads commands from standard input on a thread of its own; the end of the input is no command to leave.
fn listen_to_commands(requests: UnboundedSender<Request>, seen: Arc<Seen>, view_only: bool) -> Result<(), Failure> {
    thread::Builder::new()
        .name("commands".to_owned())
        .spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                match script::parse(&line) {
                    Ok(None) => {}
                    Ok(Some(Command::Help)) => say!("{}", script::HELP),
                    Ok(Some(Command::Count)) => say!("counted {}", seen.frames()),
                    Ok(Some(Command::Png(path))) => match seen.write_png(Path::new(&path)) {
                        Ok(()) => say!("wrote {path}"),
                        Err(failure) => say!("note {failure}"),
                    },
                    Ok(Some(Command::Act(actions))) => {
                        for action in actions {
                            if view_only && action == HelperAction::RequestMode(RequestedMode::Control) {
                                say!("note this helper was started with --view-only");
                            } else {
                                let _ = requests.send(action);
                            }
                        }
                    }
                    Err(what) => say!("note {what}"),
                }
            }
        })
        .map(drop)
        .map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))
}

/// What came so far.
#[derive(Debug, Default)]
struct Seen {
    picture: Mutex<Option<SharedPicture>>,
    frames: AtomicU64,
}

impl Seen {
    fn frames(&self) -> u64 {
        self.frames.load(Ordering::Acquire)
    }

    fn write_png(&self, path: &Path) -> Result<(), Failure> {
        let shared = self.picture.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let shared = shared.ok_or_else(|| Failure::new(Kind::Other, "there is no picture yet"))?;
        let picture = shared.lock().unwrap_or_else(PoisonError::into_inner);
        crate::png::write(&picture, path)
    }
}

/// Prints events, one a line, and counts frames.
struct Printer {
    requests: UnboundedSender<Request>,
    seen: Arc<Seen>,
    most: Option<u64>,
}

impl Printer {
    fn print(&mut self, update: &Update<'_>) {
        match update {
            Update::Frame { picture, .. } => {
                *self.seen.picture.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(picture));
                let frames = self.seen.frames.fetch_add(1, Ordering::AcqRel) + 1;
                if frames == 1 || frames.is_multiple_of(1000) || Some(frames) == self.most {
                    say!("frames {frames}");
                }
                if Some(frames) == self.most {
                    let _ = self.requests.send(HelperAction::Leave);
                }
            }
            Update::Notice(text) => say!("note {}", one_line(text)),
            Update::Event(event) => match event {
                HelperEvent::Hello { peer } => say!("peer {}", one_line(&peer.name)),
                HelperEvent::Authenticated => {
                    say!("paired");
                    // Seeing is what a helper is there for; control is asked for by a command.
                    let _ = self.requests.send(HelperAction::RequestMode(RequestedMode::View));
                }
                HelperEvent::ConsentPending { .. } => say!("asking"),
                HelperEvent::ModeGranted(mode) => say!("granted {mode:?}"),
                HelperEvent::ModeDeclined { reason, .. } => say!("declined {}", decline(*reason)),
                HelperEvent::ModeRevoked { now } => say!("revoked {now:?}"),
                HelperEvent::Layout(layout) => {
                    say!("layout {:?}", layout.displays.iter().map(|d| (d.width, d.height)).collect::<Vec<_>>())
                }
                HelperEvent::Chat { text, .. } => say!("chat {}", one_line(text)),
                HelperEvent::Denied { code, .. } => say!("denied {} {}", code.0, denial(*code)),
                HelperEvent::Paused { paused, .. } => say!("paused {paused}"),
                _ => {}
            },
            Update::Status(_) | Update::Said(_) => {}
        }
    }
}

/// Sessions in a window, one after the other, until it is closed.
fn windowed(args: &HelperArgs, place: &Place) -> Result<(), Failure> {
    let (window, inbox) = ui::channel();
    let (requests, mut asked) = unbounded_channel();
    let (name, place) = (args.name.clone(), place.clone());
    let background = runtime()?;
    // Before the window appears: an address that is in use wants a sentence on the terminal.
    let meeting = background.block_on(place.open())?;
    let session = thread::Builder::new()
        .name("session".to_owned())
        .spawn(move || background.block_on(sessions(&meeting, &name, &window, &mut asked)))
        .map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))?;
    let options = ui::Options {
        title: "Remote Help: helper".to_owned(),
        high_contrast: args.high_contrast,
        text_percent: u16::try_from(args.text_scale).unwrap_or(100),
        ..ui::Options::default()
    };
    let view_only = args.view_only;
    ui::helper::run(&options, inbox, move |action| {
        if !(view_only && action == HelperAction::RequestMode(RequestedMode::Control)) {
            let _ = requests.send(action);
        }
    })
    .map_err(|e| Failure::new(Kind::NoDisplay, format!("no window: {e}; --headless needs none")))?;
    session.join().unwrap_or_else(|_| Err(Failure::new(Kind::Other, "the session panicked: this is a bug, please report it")))
}

/// Waits for a sharer, runs the session, and waits for the next: each with a code of its own.
async fn sessions(
    meeting: &Meeting,
    name: &str,
    window: &UiSender<HelperUpdate>,
    asked: &mut UnboundedReceiver<Request>,
) -> Result<(), Failure> {
    let mut code = new_code()?;
    loop {
        if !matches!(code.status(Instant::now()), Status::Waiting { .. }) {
            code = new_code()?;
        }
        let _ = window.send(HelperUpdate::Code { code: code.code().to_string(), address: meeting.address() });
        let Status::Waiting { remaining } = code.status(Instant::now()) else { continue };
        let expiry = tokio::time::sleep(remaining);
        let stream = tokio::select! {
            stream = meeting.next() => stream?,
            // The old one is void: show another.
            () = expiry => continue,
            () = until_leave(asked) => return Ok(()),
        };
        let mut front = helper_front(window.clone());
        let report = run_session(stream, &code, name, &mut front, asked).await?;
        if report.close.clean && !report.close.by_peer {
            // The person left: the window is closing.
            return Ok(());
        }
        if meeting.is_open_after(&report, &code) {
            // Somebody called who is no sharer; the code is as good as before.
            tracing::warn!("a caller was no sharer: {}", report.close.text);
            continue;
        }
        if report.handshake.is_some() {
            // The end of a session stays on the screen until the person closes the window.
            until_leave(asked).await;
            return Ok(());
        }
        let _ = window.send(HelperUpdate::Notice(format!("{} – here is a new code", report.close.text)));
    }
}
