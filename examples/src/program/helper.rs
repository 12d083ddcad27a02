//! `helper`: shows a code, then the screen of whoever types it.

use std::{
    io::BufRead,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rh_auth::code::{Code, LiveCode, Status};
use rh_proto::{
    credential::Role,
    mode::Mode,
    session::{Close, HelperEvent},
};
use tokio::{
    select,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::{
    Meeting, Place, Way,
    door::{Arrival, Door},
    offer, one_line, outcome, runtime,
};
use crate::{
    args::HelperArgs,
    entropy::entropy,
    failure::{Failure, Kind},
    helper::{Guest, Request, Update, run as run_session},
    say,
    script::{self, Command},
    service::Address,
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
    let service = super::service(args.service.as_ref(), args.service_certificate.as_ref(), args.tenant.as_ref());
    if args.headless { headless(args, &place, service.as_ref()) } else { windowed(args, &place, service.as_ref()) }
}

/// A fresh code, good for one session and for so long.
fn new_code(lifetime: Duration) -> Result<LiveCode, Failure> {
    // One that may live for less than a code can is born that much earlier.
    let early = LiveCode::LIFETIME.saturating_sub(lifetime);
    let born = Instant::now().checked_sub(early).ok_or_else(|| {
        Failure::new(Kind::Other, format!("this machine's clock began less than {early:?} ago: choose a longer --code-lifetime"))
    })?;
    Ok(LiveCode::new(Code::from_entropy(entropy()?), born))
}

/// One session, driven by lines.
fn headless(args: &HelperArgs, place: &Place, service: Option<&Address>) -> Result<(), Failure> {
    let (requests, mut asked) = unbounded_channel();
    let seen = Arc::new(Seen::default());
    let mut front =
        Printer { requests: requests.clone(), seen: Arc::clone(&seen), most: args.frames, display: args.display, declined: false };
    let runtime = runtime()?;
    let (close, mode, interrupted) = runtime.block_on(async {
        let way = Way::open(place, service, Role::Helper, false).await?;
        listen_to_commands(requests.clone(), Arc::clone(&seen), args.view_only)?;
        let interrupted = interruptible(requests.clone());
        let mut tell = |update: Update<'_>| front.print(&update);
        let (close, mode) = match &way {
            Way::Direct(meeting) => direct(args, meeting, &mut tell, &mut asked).await?,
            Way::Service(desk, standing) => {
                let show = |notice: offer::Notice<'_>| match notice {
                    offer::Notice::Code(code) => say!("code {}", code.code()),
                    offer::Notice::Sentence(sentence) => say!("note {}", one_line(&sentence)),
                };
                let met = offer::meet(desk, standing, &args.name, show, &mut asked).await?;
                let Some(met) = met else { return Err(Failure::new(Kind::Interrupted, "left before anybody came")) };
                let (guest, end) = met.into_guest();
                let report = run_session(guest, &mut tell, &mut asked).await;
                end(&report.close);
                (report.close, report.mode)
            }
        };
        Ok((close, mode, interrupted.load(Ordering::Acquire)))
    })?;
    // Without a session there is no picture; why there is none is the better reason.
    let written = args.png.as_ref().map_or(Ok(()), |path| seen.write_png(path));
    say!("closed {}", one_line(&close.text));
    outcome(&close)?;
    if interrupted {
        return Err(Failure::new(Kind::Interrupted, "interrupted; the sharer was told"));
    }
    // A script that asked for frames and got none wants to know that it was a person's no.
    if mode.is_none() && front.declined {
        return Err(Failure::new(Kind::Declined, "the sharer declined, or did not answer"));
    }
    written
}

/// One session by code alone: how it ended, and the highest mode.
async fn direct(
    args: &HelperArgs,
    meeting: &Meeting,
    tell: &mut (dyn FnMut(Update<'_>) + Send),
    asked: &mut UnboundedReceiver<Request>,
) -> Result<(Close, Option<Mode>), Failure> {
    let code = new_code(Duration::from_secs(args.code_lifetime))?;
    say!("address {}", meeting.address());
    say!("code {}", code.code());
    let mut door = Door::new(meeting, &args.name);
    let guest = match welcome(&mut door, &code, asked).await? {
        Welcome::Guest(guest) => guest,
        Welcome::Over(close) => return Ok((close, None)),
        Welcome::Left => return Err(Failure::new(Kind::Interrupted, "left before anybody came")),
    };
    let report = select! {
        report = run_session(guest, tell, asked) => report,
        never = door.turn_away(&code, |close| say!("note {}", second_use(close))) => match never {},
    };
    Ok((report.close, report.mode))
}

/// What waiting for a sharer came to.
enum Welcome {
    Guest(Guest),
    /// The code is gone, or nobody else can come.
    Over(Close),
    Left,
}

/// Waits until somebody has proven to hold the code, or it is gone. What else happens at the door is said.
async fn welcome(door: &mut Door<'_>, code: &LiveCode, asked: &mut UnboundedReceiver<Request>) -> Result<Welcome, Failure> {
    let mut expired = false;
    loop {
        let expiry = match code.status(Instant::now()) {
            Status::Waiting { remaining } => remaining,
            Status::Expired if !expired => {
                expired = true;
                // Still listening, so that whoever types it now is told.
                say!("note the code has expired, nobody can use it any more");
                continue;
            }
            // Somebody tries it: what that comes to is the next to know.
            _ => Duration::MAX,
        };
        select! {
            arrival = door.next(code) => match arrival? {
                Arrival::Guest(guest) => return Ok(Welcome::Guest(guest)),
                Arrival::Failed(close) | Arrival::Misfit(close) => return Ok(Welcome::Over(close)),
                Arrival::Late(close) if expired || door.is_for_one() => return Ok(Welcome::Over(close)),
                Arrival::Late(close) => say!("note {}", second_use(&close)),
                Arrival::Stranger(close) if door.is_for_one() => return Ok(Welcome::Over(close)),
                Arrival::Stranger(close) => say!("note somebody called who is no sharer: {}", one_line(&close.text)),
            },
            () = tokio::time::sleep(expiry) => {}
            () = until_leave(asked) => return Ok(Welcome::Left),
        }
    }
}

/// What the helper's person is told of a caller who came too late to try the code.
fn second_use(close: &Close) -> String {
    format!("another caller was refused: {}", one_line(&close.text))
}

/// Resolves when the person leaves before there is a session, or nobody is there any more to leave.
pub(super) async fn until_leave(asked: &mut UnboundedReceiver<Request>) {
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
                            if view_only && asks_for_more(&action) {
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

/// Whether this is a wish for more than seeing.
fn asks_for_more(action: &HelperAction) -> bool {
    matches!(action, HelperAction::RequestMode(RequestedMode::Control | RequestedMode::Elevation))
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
    /// The display to show first.
    display: Option<u16>,
    /// Whether the sharer's person said no, or nothing.
    declined: bool,
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
            Update::Display { shown, count } => say!("showing {shown} of {count}"),
            Update::Event(event) => match event {
                HelperEvent::Hello { peer } => say!("peer {}", one_line(&peer.name)),
                HelperEvent::Authenticated => {
                    say!("paired");
                    if let Some(number) = self.display {
                        let _ = self.requests.send(HelperAction::Display(number.into()));
                    }
                    // Seeing is what a helper is there for; control is asked for by a command.
                    let _ = self.requests.send(HelperAction::RequestMode(RequestedMode::View));
                }
                HelperEvent::ConsentPending { .. } => say!("asking"),
                HelperEvent::ModeGranted(mode) => say!("granted {mode:?}"),
                HelperEvent::ModeDeclined { reason, .. } => {
                    self.declined = true;
                    say!("declined {}", decline(*reason));
                }
                HelperEvent::ModeRevoked { now } => say!("revoked {now:?}"),
                HelperEvent::Layout(layout) => {
                    say!("layout {:?}", layout.displays.iter().map(|d| (d.width, d.height)).collect::<Vec<_>>())
                }
                HelperEvent::Chat { text, .. } => say!("chat {}", one_line(text)),
                HelperEvent::Denied { code, .. } => say!("denied {} {}", code.0, denial(*code)),
                HelperEvent::Paused { paused, .. } => say!("paused {paused}"),
                _ => {}
            },
            Update::Trust(card) => {
                say!("trust {}", card.name());
                card.lines().iter().for_each(|line| say!("trust {line}"));
                card.warnings().iter().for_each(|warning| say!("warning {warning}"));
                if let Some(face) = card.portrait() {
                    say!("trust picture {} × {}", face.width(), face.height());
                }
            }
            Update::Status(_) | Update::Said(_) => {}
        }
    }
}

/// Sessions in a window, one after the other, until it is closed.
fn windowed(args: &HelperArgs, place: &Place, service: Option<&Address>) -> Result<(), Failure> {
    let (window, inbox) = ui::channel();
    let (requests, mut asked) = unbounded_channel();
    let background = runtime()?;
    // Before the window appears: an address that is in use wants a sentence on the terminal.
    let way = background.block_on(Way::open(place, service, Role::Helper, true))?;
    let reception = Reception {
        name: args.name.clone(),
        lifetime: Duration::from_secs(args.code_lifetime),
        display: args.display,
        window,
        requests: requests.clone(),
    };
    let session = thread::Builder::new()
        .name("session".to_owned())
        .spawn(move || background.block_on(reception.run(&way, &mut asked)).inspect_err(|failure| reception.close(&failure.to_string())))
        .map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))?;
    let options = ui::Options {
        title: "Remote Help: helper".to_owned(),
        high_contrast: args.high_contrast,
        text_percent: u16::try_from(args.text_scale).unwrap_or(100),
        ..ui::Options::default()
    };
    let view_only = args.view_only;
    ui::helper::run(&options, inbox, move |action| {
        if !(view_only && asks_for_more(&action)) {
            let _ = requests.send(action);
        }
    })
    .map_err(|e| Failure::new(Kind::NoDisplay, format!("no window: {e}; --headless needs none")))?;
    session.join().unwrap_or_else(|_| Err(Failure::new(Kind::Other, "the session panicked: this is a bug, please report it")))
}

/// What stands behind the window.
struct Reception {
    name: String,
    lifetime: Duration,
    display: Option<u16>,
    window: UiSender<HelperUpdate>,
    requests: UnboundedSender<Request>,
}

impl Reception {
    /// Waits for a sharer, and runs the session.
    async fn run(&self, way: &Way, asked: &mut UnboundedReceiver<Request>) -> Result<(), Failure> {
        match way {
            Way::Direct(meeting) => self.run_direct(meeting, asked).await,
            Way::Service(desk, standing) => {
                let show = |notice: offer::Notice<'_>| {
                    let _ = self.window.send(match notice {
                        offer::Notice::Code(code) => HelperUpdate::Code { code: code.code().to_string(), address: String::new() },
                        offer::Notice::Sentence(sentence) => HelperUpdate::Notice(sentence),
                    });
                };
                let Some(met) = offer::meet(desk, standing, &self.name, show, asked).await? else { return Ok(()) };
                let (guest, end) = met.into_guest();
                let mut front = helper_front(self.window.clone());
                let report = run_session(guest, &mut front, asked).await;
                end(&report.close);
                if !report.close.clean || report.close.by_peer {
                    until_leave(asked).await;
                }
                Ok(())
            }
        }
    }

    /// By code alone, with one code after the other.
    async fn run_direct(&self, meeting: &Meeting, asked: &mut UnboundedReceiver<Request>) -> Result<(), Failure> {
        let name = self.name.clone();
        let mut door = Door::new(meeting, &name);
        let Some((guest, code)) = self.welcome(&mut door, meeting, asked).await? else { return Ok(()) };
        let (window, asks, display) = (self.window.clone(), self.requests.clone(), self.display);
        let mut show = helper_front(self.window.clone());
        let mut front = move |update: Update<'_>| {
            if let (Update::Event(HelperEvent::Authenticated), Some(number)) = (&update, display) {
                let _ = asks.send(HelperAction::Display(number.into()));
            }
            show(update);
        };
        let session = async {
            let report = run_session(guest, &mut front, asked).await;
            if !report.close.clean || report.close.by_peer {
                // The end of a session stays on the screen until the person closes the window.
                until_leave(asked).await;
            }
        };
        let late = |close: &Close| {
            let _ = window.send(HelperUpdate::Notice(second_use(close)));
        };
        select! {
            () = session => Ok(()),
            never = door.turn_away(&code, late) => match never {},
        }
    }

    /// Waits until somebody has proven to hold the code that is shown; `None` when the person leaves before.
    async fn welcome(
        &self,
        door: &mut Door<'_>,
        meeting: &Meeting,
        asked: &mut UnboundedReceiver<Request>,
    ) -> Result<Option<(Guest, LiveCode)>, Failure> {
        let mut code = self.show_code(meeting)?;
        loop {
            let expiry = match code.status(Instant::now()) {
                Status::Waiting { remaining } => remaining,
                // The old one is void: show another.
                Status::Expired => {
                    code = self.show_code(meeting)?;
                    continue;
                }
                // Somebody tries it: what that comes to is the next to know.
                _ => Duration::MAX,
            };
            select! {
                arrival = door.next(&code) => match arrival? {
                    Arrival::Guest(guest) => return Ok(Some((guest, code))),
                    // Who dialled has had the one caller that there is.
                    Arrival::Failed(close) | Arrival::Misfit(close) | Arrival::Late(close) | Arrival::Stranger(close) if door.is_for_one() => {
                        self.close(&close.text);
                        until_leave(asked).await;
                        return Ok(None);
                    }
                    Arrival::Failed(close) => {
                        let _ = self.window.send(HelperUpdate::Notice(format!("{} – here is a new code", close.text)));
                        code = self.show_code(meeting)?;
                    }
                    Arrival::Misfit(close) => drop(self.window.send(HelperUpdate::Notice(close.text))),
                    Arrival::Late(close) | Arrival::Stranger(close) => tracing::warn!("a caller was no sharer, or too late: {}", close.text),
                },
                () = tokio::time::sleep(expiry) => {}
                () = until_leave(asked) => return Ok(None),
            }
        }
    }

    /// Says in the window that it is over, and why.
    fn close(&self, why: &str) {
        let _ = self.window.send(HelperUpdate::Closed(why.to_owned()));
    }

    fn show_code(&self, meeting: &Meeting) -> Result<LiveCode, Failure> {
        let code = new_code(self.lifetime)?;
        let _ = self.window.send(HelperUpdate::Code { code: code.code().to_string(), address: meeting.address() });
        Ok(code)
    }
}
