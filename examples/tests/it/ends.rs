//! Both ends of a vouched session on a virtual desktop, in this process, over a real socket: what the programs run, with a test in the people's places.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rh_capture::{Size, VirtualDesktop};
use rh_examples::helper::{self, Greeting};
use rh_examples::screen::Screen;
use rh_examples::sharer::{self, Options};
use rh_examples::trust::Card;
use rh_examples::ui::SharedPicture;
use rh_examples::ui::helper::{HelperAction, RequestedMode};
use rh_examples::ui::sharer::SharerAction;
use rh_examples::vouched::{Entry, Invitation};
use rh_proto::mode::Mode;
use rh_proto::session::{Close, HelperEvent, SharerEvent};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const PATIENCE: Duration = Duration::from_secs(20);

/// What an end told its front.
#[derive(Debug)]
pub(crate) enum Told {
    Helper(HelperEvent),
    HelperTrusts(Card),
    Frame,
    Sharer(SharerEvent),
    SharerTrusts(Card),
    SignOut,
}

/// Two ends that run until one leaves.
pub(crate) struct Ends {
    told: Receiver<Told>,
    pub(crate) helper: UnboundedSender<helper::Request>,
    pub(crate) sharer: UnboundedSender<sharer::Request>,
    pub(crate) picture: Arc<Mutex<Option<SharedPicture>>>,
    pub(crate) desktop: VirtualDesktop,
    threads: (JoinHandle<Result<Close, Close>>, JoinHandle<sharer::Report>),
}

/// Called at every frame that the helper's picture has taken in.
pub(crate) type Look = Box<dyn FnMut(&SharedPicture) + Send>;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn tokio_stream(stream: TcpStream) -> Box<tokio::net::TcpStream> {
    stream.set_nonblocking(true).unwrap();
    Box::new(tokio::net::TcpStream::from_std(stream).unwrap())
}

impl Ends {
    pub(crate) fn start(invitation: Invitation, entry: Entry, mut look: Look) -> Self {
        let desktop = VirtualDesktop::new(Size::new(640, 480)).unwrap();
        desktop.set_animation(false);
        let screen = Screen::of(&desktop);
        let (tell, told) = channel();
        let (helper, mut helper_asked) = unbounded_channel();
        let (sharer, mut sharer_asked) = unbounded_channel();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let picture: Arc<Mutex<Option<SharedPicture>>> = Arc::default();
        let (to, seen) = (tell.clone(), Arc::clone(&picture));
        let hanna = std::thread::spawn(move || {
            let mut front = move |update: helper::Update<'_>| {
                let _ = match update {
                    helper::Update::Event(event) => to.send(Told::Helper(event.clone())),
                    helper::Update::Trust(card) => to.send(Told::HelperTrusts(card.clone())),
                    helper::Update::Frame { picture, .. } => {
                        look(picture);
                        *seen.lock().unwrap() = Some(Arc::clone(picture));
                        to.send(Told::Frame)
                    }
                    _ => Ok(()),
                };
            };
            runtime().block_on(async {
                let stream = tokio_stream(listener.accept().unwrap().0);
                match helper::meet(stream, invitation, "helper").await.unwrap() {
                    Greeting::Guest(guest) => Ok(helper::run(guest, &mut front, &mut helper_asked).await.close),
                    Greeting::Closed(close) => Err(close),
                }
            })
        });
        beat(sharer.clone());
        let sam = std::thread::spawn(move || {
            let mut front = move |update: sharer::Update<'_>| tell_sharer(&tell, &update);
            runtime().block_on(async {
                let stream = tokio_stream(TcpStream::connect(address).unwrap());
                let options = Options { name: "sharer".to_owned(), view_only: false, budget: None };
                sharer::run(stream, entry, screen, &options, &mut front, &mut sharer_asked).await.unwrap()
            })
        });
        Self { told, helper, sharer, picture, desktop, threads: (hanna, sam) }
    }

    /// Waits for something that either end tells.
    pub(crate) fn wait<T>(&self, what: &str, mut is: impl FnMut(&Told) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            let told = self.told.recv_timeout(until.saturating_duration_since(Instant::now()));
            let told = told.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"));
            if let Some(value) = is(&told) {
                return value;
            }
        }
    }

    pub(crate) fn ask(&self, mode: RequestedMode) {
        self.helper.send(HelperAction::RequestMode(mode)).unwrap();
    }

    /// The helper asks, the sharer's person allows it.
    pub(crate) fn grant(&self, wish: RequestedMode, mode: Mode) {
        self.ask(wish);
        let id = self.wait("the question", |told| match told {
            Told::Sharer(SharerEvent::ConsentRequested { id, mode: asked }) if *asked == mode => Some(u64::from(id.0)),
            _ => None,
        });
        self.sharer.send(SharerAction::Consent { id, allow: true }.into()).unwrap();
        self.wait("the grant", |told| matches!(told, Told::Helper(HelperEvent::ModeGranted(now)) if *now == mode).then_some(()));
    }

    /// How both ends ended: the helper's `Err` when there was no session at all.
    pub(crate) fn end(self) -> (Result<Close, Close>, sharer::Report) {
        (self.threads.0.join().unwrap(), self.threads.1.join().unwrap())
    }
}

/// The test is this sharer's indicator.
fn beat(sharer: UnboundedSender<sharer::Request>) {
    std::thread::spawn(move || {
        while sharer.send(SharerAction::Beat.into()).is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
}

fn tell_sharer(tell: &Sender<Told>, update: &sharer::Update<'_>) {
    let _ = match update {
        sharer::Update::Event(SharerEvent::FrameAcked { .. }) => Ok(()),
        sharer::Update::Event(event) => tell.send(Told::Sharer((*event).clone())),
        sharer::Update::Trust(card) => tell.send(Told::SharerTrusts((*card).clone())),
        sharer::Update::SignOut => tell.send(Told::SignOut),
        _ => Ok(()),
    };
}
