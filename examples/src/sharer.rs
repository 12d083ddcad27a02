//! The sharer's end of a session, joined from the crates: wire, session, camera, hand.

mod guard;
mod own_input;
mod stage;

use std::time::{Duration, Instant};

use rh_auth::{code::TypedCode, handshake};
use rh_input::Heartbeat;
use rh_proto::{
    error::CloseCode,
    io::tls::{Identity, Secured},
    mode::{Mode, ModeSet},
    session::{Close, Settings, SharerEvent},
};
use tokio::{select, sync::mpsc::UnboundedReceiver};

use self::{
    guard::Guard,
    own_input::{Notice, Watch},
    stage::Stage,
};
use crate::{
    camera::{Camera, Shot},
    entropy::entropy,
    failure::{Failure, Kind},
    hand::{Hand, Slip},
    screen::Screen,
    stats::Samples,
    trust::Card,
    ui::sharer::SharerAction,
    vouched::Entry,
    wire::{Transport, Wire},
};

/// How often the injector's watchdog hears of us, and the helper's silence is looked at.
const PULSE: Duration = Duration::from_secs(1);

/// The close code of a screen that is gone. From 0x8000 on the codes are the programs' own.
pub const SCREEN_GONE: CloseCode = CloseCode(0x8001);

/// What the front is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Update<'a> {
    /// Something of the session's. Input does not come here: it is injected.
    Event(&'a SharerEvent),
    /// Who the helper is, once it is known, and again when the picture is there. For the trust screen, whose words are the card's.
    Trust(&'a Card),
    /// The sharer ended a session in which the helper had administrator's rights: the embedder signs it out of the device now. It was warned when it was asked.
    SignOut,
    /// What this sharer said is on its way.
    Said(String),
    /// A sentence for the person.
    Notice(String),
}

/// What the front asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// What a person does in the windows.
    Action(SharerAction),
    /// Take back rights; `None` takes all.
    Revoke(Option<Mode>),
}

impl From<SharerAction> for Request {
    fn from(action: SharerAction) -> Self {
        Self::Action(action)
    }
}

/// What the sharer allows and costs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The name that the helper sees.
    pub name: String,
    /// Never more than seeing.
    pub view_only: bool,
    /// Most bytes a second for pictures.
    pub budget: Option<u64>,
}

/// How a session went.
#[derive(Debug, Clone)]
pub struct Report {
    /// How it ended.
    pub close: Close,
    /// Frames sent.
    pub frames: u64,
    /// Bytes of their payloads.
    pub frame_bytes: u64,
    /// Pixels that changed in them, as the capture saw it.
    pub changed_pixels: u64,
    /// Time to encode a frame.
    pub encode: Samples,
    /// Whether the session was authenticated.
    pub authenticated: bool,
    /// Whether the sharer is to be signed out of the device.
    pub sign_out: bool,
}

/// Runs a session as its sharer until it ends.
///
/// # Errors
/// Only for what comes before the session; how the session ended is in the report.
pub async fn run(
    stream: Box<dyn Transport>,
    entry: Entry,
    screen: Screen,
    options: &Options,
    front: &mut (dyn FnMut(Update<'_>) + Send),
    requests: &mut UnboundedReceiver<Request>,
) -> Result<Report, Failure> {
    let begin = Instant::now();
    let no_thread = |e: std::io::Error| Failure::new(Kind::Other, format!("the system has no thread left: {e}"));
    let (mut own, unseen) = Watch::start(screen.own).map_err(no_thread)?;
    let policy = policy(options.view_only || unseen.is_some(), screen.capture.info().secure_prompts);
    let (identity, credential, guard) = match entry {
        Entry::Code(code) => (Identity::from_seed(entropy()?), TypedCode::new(code).credential(entropy()?), Guard::by_code(policy)),
        Entry::Vouched { sid, code, standing, line } => {
            let pairing = TypedCode::new(code).credential(entropy()?);
            let (credential, admission) = handshake::sharer(sid, pairing, standing.own.clone(), standing.trust.clone());
            (Identity::from_seed(*standing.seed), credential, Guard::vouched(policy, admission, standing, line))
        }
    };
    let settings = Settings { modes: policy, ..crate::helper::settings(&options.name) };
    let secured = Secured::sharer(&identity, settings, credential, begin).map_err(|e| Failure::new(Kind::Other, e.to_string()))?;
    let mut wire = Wire::new(stream, secured)?;
    let (camera, mut shots) = Camera::start(screen.capture, options.budget).map_err(no_thread)?;
    let (hand, mut slips) = Hand::start(screen.inject).map_err(no_thread)?;
    let mut stage = Stage::new(camera, hand, guard);
    let mut pulse = tokio::time::interval(PULSE);
    let mut heard = (0, Heartbeat::new(begin));
    if let Some(why) = unseen {
        front(Update::Notice(own_input::unseen(&why)));
    }
    loop {
        while let Some(event) = wire.poll_event() {
            let Some(session) = wire.session() else {
                stage.note_end(&event, front);
                continue;
            };
            stage.handle(event, session, front);
        }
        if wire.is_closed() {
            break;
        }
        let Some(session) = wire.session() else {
            select! {
                () = wire.turn() => {}
                request = requests.recv() => if request.is_none_or(|r| r == SharerAction::Stop.into()) {
                    stage.report.close = stopped();
                    break;
                },
            }
            continue;
        };
        stage.grant_credit(session);
        select! {
            biased;
            // The person at the device first: their Stop, their own input.
            request = requests.recv() => {
                if let Some(session) = wire.session() {
                    stage.act(request.unwrap_or(SharerAction::Stop.into()), session, front);
                }
            }
            notice = own.next() => if let Some(session) = wire.session() {
                match notice {
                    Notice::Used => session.local_input(Instant::now()),
                    Notice::Lost(why) => stage.own_input_lost(&why, session, front),
                }
            },
            // A thread that is gone without a word has failed: nothing that it did goes on by itself.
            shot = shots.recv() => if let Some(session) = wire.session() {
                stage.take(shot.unwrap_or_else(|| Shot::Ended("the camera failed".to_owned())), session);
            },
            turn = stage.guard.next() => if let Some(session) = wire.session() {
                stage.turned(turn, session, front);
            },
            slip = slips.recv() => if let Some(session) = wire.session() {
                stage.slipped(&slip.unwrap_or_else(|| Slip::Gone("the injector failed".to_owned())), session, front);
            },
            _ = pulse.tick() => {
                stage.hand.beat();
                // What a helper holds that is not heard any more goes up long before the link counts as dead.
                let now = Instant::now();
                if wire.received() != heard.0 {
                    heard = (wire.received(), Heartbeat::new(now));
                } else if heard.1.expired(now) {
                    stage.hand.release();
                }
            }
            () = wire.turn() => {}
        }
    }
    // What the helper held goes up now, not after the farewell.
    stage.hand.release();
    wire.farewell().await;
    Ok(stage.report)
}

/// How the session ends when the person at the device says so.
fn stopped() -> Close {
    Close { code: CloseCode::STOPPED, text: "the person at the device ended the session".to_owned(), by_peer: false, clean: true }
}

/// What this device allows whoever asks: never more than seeing where the person wants it so or could not win, and administrator's prompts only where they are told
/// from everything else.
fn policy(view_only: bool, tells_prompts: bool) -> ModeSet {
    let seen = ModeSet::NONE.with(Mode::ViewOnly);
    match (view_only, tells_prompts) {
        (true, _) => seen,
        (false, false) => seen.with(Mode::FullControl),
        (false, true) => seen.with(Mode::FullControl).with(Mode::Elevation),
    }
}
