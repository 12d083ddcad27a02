//! The main job by itself: a sharer and a helper in one process, over a real loopback connection, with nothing in between left out.

mod script;
mod stage;
mod summary;
mod target;
mod window;

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rh_auth::code::{Code, LiveCode};
use tokio::{
    runtime,
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
};

use self::target::Target;
use crate::{
    args::DemoArgs,
    contoso::Contoso,
    entropy::entropy,
    failure::{Failure, Kind},
    helper::{self, Greeting},
    sharer,
    ui::sharer::SharerAction,
    vouched::Entry,
};

/// How often the indicator shows that it lives.
const BEAT: Duration = Duration::from_millis(250);

/// Runs the demo as the arguments say.
///
/// # Errors
/// Whatever keeps the helper's picture from being the sharer's screen, or the typed text from arriving there.
pub fn run(args: &DemoArgs) -> Result<(), Failure> {
    if args.release_watchdog {
        return crate::screen::run_watchdog();
    }
    let target = match &args.display {
        Some(display) => Target::x11(display)?,
        None => Target::desktop(args.size)?,
    };
    if !args.headless && !args.json && window::is_possible() {
        return window::run(target);
    }
    let outcome = script::run(target)?;
    crate::png::write(&outcome.picture, &args.png)?;
    summary::print(&outcome, args)?;
    outcome.verdict()
}

/// Both ends, each on a thread of its own, as two programs would be.
struct Ends {
    code: String,
    helper: JoinHandle<Result<helper::Report, Failure>>,
    sharer: JoinHandle<Result<sharer::Report, Failure>>,
    /// The organisation goes on for as long as the session does.
    _contoso: Contoso,
}

/// What the fronts of the two ends are: whom they tell, and what is asked of them.
struct Fronts {
    helper: Box<dyn FnMut(helper::Update<'_>) + Send>,
    helper_asked: UnboundedReceiver<helper::Request>,
    sharer: Box<dyn FnMut(sharer::Update<'_>) + Send>,
    sharer_asked: UnboundedReceiver<sharer::Request>,
}

/// Starts both ends, connected to each other, with a fresh code and a ticket for it.
fn start(target: &mut Target, contoso: Contoso, fronts: Fronts) -> Result<Ends, Failure> {
    let other = |e: std::io::Error| Failure::new(Kind::Other, format!("no connection over loopback: {e}"));
    let Fronts { helper: mut helper_front, mut helper_asked, sharer: mut sharer_front, mut sharer_asked } = fronts;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(other)?;
    let address = listener.local_addr().map_err(other)?;
    let live = LiveCode::new(Code::from_entropy(entropy()?), Instant::now());
    let code = live.code().to_string();
    // What the person at the sharer types.
    let typed = Code::parse(&code).map_err(|e| Failure::new(Kind::Other, e.to_string()))?;
    let (invitation, standing, line) = contoso.admit(&live)?;
    let sid = invitation.sid;

    let helper = spawn("helper", move || async move {
        let (stream, _) = listener.accept().map_err(other)?;
        match helper::meet(Box::new(asynchronous(stream)?), invitation, "helper").await? {
            Greeting::Guest(guest) => Ok(helper::run(guest, &mut *helper_front, &mut helper_asked).await),
            Greeting::Closed(close) => Err(Failure::closed(close.code, &close.text)),
        }
    })?;
    let screen = target.screen()?;
    let options = sharer::Options { name: "sharer".to_owned(), view_only: false, budget: None };
    let sharer = spawn("sharer", move || async move {
        let stream = TcpStream::connect(address).map_err(|e| Failure::connect(&address.to_string(), &e))?;
        let entry = Entry::Vouched { sid, code: typed, standing: Box::new(standing), line };
        sharer::run(Box::new(asynchronous(stream)?), entry, screen, &options, &mut *sharer_front, &mut sharer_asked).await
    })?;
    Ok(Ends { code, helper, sharer, _contoso: contoso })
}

fn asynchronous(stream: TcpStream) -> Result<tokio::net::TcpStream, Failure> {
    stream
        .set_nonblocking(true)
        .and_then(|()| tokio::net::TcpStream::from_std(stream))
        .map_err(|e| Failure::new(Kind::PeerGone, format!("the connection is gone: {e}")))
}

/// Runs a future on a thread and a runtime of its own.
fn spawn<F, Fut, T>(name: &str, work: F) -> Result<JoinHandle<T>, Failure>
where
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future<Output = T>,
    T: Send + 'static,
{
    let failed = |e: std::io::Error| Failure::new(Kind::Other, format!("the system has no thread left: {e}"));
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    thread::Builder::new().name(name.to_owned()).spawn(move || runtime.block_on(work())).map_err(failed)
}

/// What an end's thread came to.
fn join<T>(end: JoinHandle<Result<T, Failure>>) -> Result<T, Failure> {
    end.join().unwrap_or_else(|_| Err(Failure::new(Kind::Other, "one end of the session panicked: this is a bug, please report it")))
}

/// The steps on the terminal are this demo's indicator: it lives as long as the demo does.
fn beat(sharer: UnboundedSender<sharer::Request>) -> Result<(), Failure> {
    thread::Builder::new()
        .name("indicator".to_owned())
        .spawn(move || {
            while sharer.send(SharerAction::Beat.into()).is_ok() {
                thread::sleep(BEAT);
            }
        })
        .map(drop)
        .map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))
}
