//! The control channel of a session: kept open by a task of its own, opened anew when the link breaks.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use rh_auth::audit::{Act, Answer as Consent, Prompt};
use rh_auth::key::SigningKey;
use rh_auth::ticket::{Lease, ModeName};
use rh_auth::value::{Digest, Id, UnixTime};
use rh_proto::error::CloseCode;
use rh_proto::mode::Mode;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::http::Caller;
use super::{ClientError, Service};
use crate::api::{Admitted, Answer, Ask, Code, FromService, Outcome, Problem, ReasonText, StepUp, ToService};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Requests and reports that are not answered yet. A sharer's person cannot cause more.
const MAX_PENDING: usize = 256;

/// An answer is waited for so long; a report goes on being tried after that.
const ANSWER: Duration = Duration::from_secs(10);

/// Keeps proxies from closing a silent channel, and finds out that it is dead.
const PING: Duration = Duration::from_secs(20);

/// Two pings without a word: the link is dead.
const SILENCE: Duration = Duration::from_secs(45);

/// Between two attempts to open the channel: from, to.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// How long an end goes on being reported after the app has let go of the session.
const FAREWELL: Duration = Duration::from_secs(60);

/// One side of a session, towards the service. Cheap to clone.
///
/// The task behind it renews the lease, opens the channel anew when it breaks and repeats what was not answered; what the service says unasked comes out of
/// [`Notices`]. Dropping all of both closes the channel, once a reported end has been answered.
#[derive(Debug, Clone)]
pub struct Control {
    sid: Id,
    asks: mpsc::Sender<(Ask, oneshot::Sender<Answer>)>,
}

/// What the service says unasked.
#[derive(Debug)]
pub struct Notices {
    notices: mpsc::Receiver<Notice>,
}

/// Something the service says unasked.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice {
    /// To the helper: the code was claimed; dial, and start.
    Claimed(Admitted),
    /// To the helper: somebody claimed the code and was refused. The code still waits.
    Refused(Problem),
    /// To the helper: the code is ten minutes old.
    Expired,
    /// `rh-lease`, for [`Lease::handle_renewal`].
    Renewed(String),
    /// `rh-revoke`, for [`Lease::handle_revocation`]: end the session now.
    Revoked {
        /// The document.
        token: String,
        /// For people: why.
        sentence: String,
    },
    /// The session is over at the service. The last notice.
    Over(Outcome),
    /// The channel cannot be opened any more. The last notice; a session that runs ends with its lease.
    Lost(ClientError),
}

/// A decision about one mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Whether the mode may be asked for.
    pub allowed: bool,
    /// If not, every reason.
    pub reasons: Vec<ReasonText>,
    /// What would help.
    pub step_up: Option<StepUp>,
    /// The log's signed head with this decision in it; to be kept.
    pub audit: String,
}

/// Leave to go on over another connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// `rh-resume`, on the helper's side.
    pub ticket: Option<String>,
    /// `rh-pass`, for [`Service::dial`].
    pub pass: String,
    /// Not from then on.
    pub until: UnixTime,
}

impl Notices {
    /// The next one; `None` after the last.
    pub async fn next(&mut self) -> Option<Notice> {
        self.notices.recv().await
    }
}

impl Control {
    /// Opens the channel of session `sid` for the end that has `key`. `renew`: seconds until the lease is to be renewed, in a session that runs already.
    pub(super) fn open(service: Service, sid: Id, key: SigningKey, renew: Option<u64>) -> (Self, Notices) {
        let (asks, asked) = mpsc::channel(32);
        let (notify, notices) = mpsc::channel(32);
        let channel = Channel {
            service,
            sid,
            key,
            notify,
            pending: BTreeMap::new(),
            n: 0,
            renew: renew.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
        };
        tokio::spawn(channel.run(asked));
        (Self { sid, asks }, Notices { notices })
    }

    /// The session.
    #[must_use]
    pub const fn sid(&self) -> Id {
        self.sid
    }

    /// Asks for a new decision about `mode` (step 10): before the person at the device is asked for it. It is on record when this returns.
    ///
    /// # Errors
    /// [`ClientError`]: treat it as a no.
    pub async fn decide(&self, mode: Mode) -> Result<Decided, ClientError> {
        match self.ask(Ask::Decide { mode: mode.into() }).await? {
            Answer::Decided { allowed, reasons, step_up, audit } => Ok(Decided { allowed, reasons, step_up, audit }),
            _ => Err(unexpected()),
        }
    }

    /// Reports what came of asking the person at the device. `shown`: SHA-256 of the text that was on the screen.
    ///
    /// # Errors
    /// [`ClientError`]. A [`Code::Storage`] problem means that it is not on record: do not go to the mode.
    pub async fn consent(&self, mode: Mode, answer: Consent, shown: Digest) -> Result<(), ClientError> {
        self.report(Ask::Consent { mode: mode.into(), answer, shown }).await
    }

    /// Reports the mode that holds from now on; `None` when none does.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn mode(&self, mode: Option<Mode>) -> Result<(), ClientError> {
        self.report(Ask::Mode { mode: mode.map(ModeName::from), ago: 0 }).await
    }

    /// Reports something about administrator rights.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn elevation(&self, act: Act, prompt: Option<Prompt>) -> Result<(), ClientError> {
        self.report(Ask::Elevation { act, prompt }).await
    }

    /// Reports that the session is over; `own` says whether this side ended it.
    ///
    /// # Errors
    /// [`ClientError::TimedOut`] when it is not on record yet: it goes on being reported for a minute, while the program runs.
    pub async fn end(&self, code: CloseCode, own: bool) -> Result<(), ClientError> {
        self.report(Ask::End { code: code.0, own, ago: 0 }).await
    }

    /// Asks for leave to go on after the link broke, in `mode` or a lower one. `transcript`: `rh_proto::session::Sharer::transcript` of the connection that broke.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn resume(&self, transcript: Digest, mode: Mode) -> Result<Resumed, ClientError> {
        match self.ask(Ask::Resume { transcript, mode: mode.into() }).await? {
            Answer::Resumed { ticket, pass, until } => Ok(Resumed { ticket, pass, until }),
            _ => Err(unexpected()),
        }
    }

    async fn report(&self, ask: Ask) -> Result<(), ClientError> {
        match self.ask(ask).await? {
            Answer::Recorded {} => Ok(()),
            _ => Err(unexpected()),
        }
    }

    async fn ask(&self, ask: Ask) -> Result<Answer, ClientError> {
        let (sender, receiver) = oneshot::channel();
        let answered = async {
            self.asks.send((ask, sender)).await.map_err(|_| ClientError::Over)?;
            receiver.await.map_err(|_| ClientError::Over)
        };
        match timeout(ANSWER, answered).await.map_err(|_| ClientError::TimedOut)?? {
            Answer::Problem(problem) => Err(problem.into()),
            answer => Ok(answer),
        }
    }
}

const RENEW: Duration = Duration::from_secs(Lease::RENEW);

fn unexpected() -> ClientError {
    ClientError::NotTheService("its answer is to another question".to_owned())
}

/// The task.
struct Channel {
    service: Service,
    sid: Id,
    key: SigningKey,
    notify: mpsc::Sender<Notice>,
    /// Asked and not answered, by number: what is sent anew over the next channel. Without a sender where the task asks itself.
    pending: BTreeMap<u64, (Ask, Option<oneshot::Sender<Answer>>)>,
    n: u64,
    /// When to renew the lease next.
    renew: Option<Instant>,
}

/// Why a channel was left.
enum Left {
    /// The link broke: open it anew.
    Broken,
    /// For good.
    Done,
}

impl Channel {
    async fn run(mut self, mut asked: mpsc::Receiver<(Ask, oneshot::Sender<Answer>)>) {
        let mut wait = RETRY.0;
        let mut farewell = None;
        loop {
            if asked.is_closed() && asked.is_empty() && farewell.is_none() {
                farewell = Some(Instant::now() + FAREWELL);
            }
            let given_up = farewell.is_some_and(|until| self.pending.is_empty() || Instant::now() >= until);
            if given_up {
                return;
            }
            match self.connect().await {
                Ok(socket) => {
                    wait = RETRY.0;
                    if matches!(self.serve(socket, &mut asked).await, Left::Done) {
                        return;
                    }
                }
                Err(error) if is_final(&error) => {
                    return drop(self.notify.send(Notice::Lost(error)).await);
                }
                Err(error) => tracing::debug!(%error, "the control channel is not open"),
            }
            sleep(wait).await;
            wait = (wait * 2).min(RETRY.1);
        }
    }

    async fn connect(&self) -> Result<Socket, ClientError> {
        let path = format!("/v1/sessions/{}", self.sid);
        self.service.upgrade(&path, Caller::Key(&self.key)).await
    }

    async fn serve(&mut self, mut socket: Socket, asked: &mut mpsc::Receiver<(Ask, oneshot::Sender<Answer>)>) -> Left {
        for (n, (ask, _)) in &self.pending {
            if send(&mut socket, *n, ask).await.is_err() {
                return Left::Broken;
            }
        }
        let mut ping = interval(PING);
        let mut heard = Instant::now();
        let mut open = true;
        loop {
            let renew = self.renew.unwrap_or_else(|| Instant::now() + RENEW);
            tokio::select! {
                message = socket.next() => {
                    heard = Instant::now();
                    let Some(Ok(message)) = message else { return Left::Broken };
                    let Message::Text(text) = message else { continue };
                    let Ok(message) = serde_json::from_str(&text) else { return Left::Broken };
                    if let Some(left) = self.take(message).await {
                        return left;
                    }
                }
                ask = asked.recv(), if open => match ask {
                    Some((ask, answer)) => {
                        if self.ask(&mut socket, ask, Some(answer)).await.is_err() {
                            return Left::Broken;
                        }
                    }
                    None => open = false,
                },
                () = tokio::time::sleep_until(renew) => {
                    self.renew = Some(Instant::now() + Lease::RETRY);
                    if self.renew_is_pending() {
                        continue;
                    }
                    if self.ask(&mut socket, Ask::Renew {}, None).await.is_err() {
                        return Left::Broken;
                    }
                }
                _ = ping.tick() => {
                    if heard.elapsed() > SILENCE || socket.send(Message::Ping(bytes::Bytes::new())).await.is_err() {
                        return Left::Broken;
                    }
                }
            }
            if !open && self.pending.values().all(|(_, answer)| answer.is_none()) {
                drop(socket.close(None).await);
                return Left::Done;
            }
        }
    }

    fn renew_is_pending(&self) -> bool {
        self.pending.values().any(|(ask, _)| matches!(ask, Ask::Renew {}))
    }

    async fn ask(&mut self, socket: &mut Socket, ask: Ask, answer: Option<oneshot::Sender<Answer>>) -> Result<(), ()> {
        if self.pending.len() >= MAX_PENDING {
            if let Some(answer) = answer {
                drop(answer.send(Answer::Problem(Problem::new(Code::Busy, "too many reports wait for the service"))));
            }
            return Ok(());
        }
        self.n += 1;
        let sent = send(socket, self.n, &ask).await;
        self.pending.insert(self.n, (ask, answer));
        sent
    }

    /// Something has come. Says when the channel is to be left.
    async fn take(&mut self, message: FromService) -> Option<Left> {
        let notice = match message {
            FromService::Answer { n, answer } => match self.pending.remove(&n) {
                Some((Ask::Renew {}, _)) => match answer {
                    Answer::Lease { token, renew } => {
                        self.renew = Some(Instant::now() + Duration::from_secs(renew));
                        Notice::Renewed(token)
                    }
                    _ => return None,
                },
                Some((_, sender)) => {
                    // Who asked may have given up.
                    drop(sender.map(|sender| sender.send(answer)));
                    return None;
                }
                None => return None,
            },
            FromService::Claimed(admitted) => {
                self.renew = Some(Instant::now() + Duration::from_secs(admitted.renew));
                Notice::Claimed(admitted)
            }
            FromService::Refused(problem) => Notice::Refused(problem),
            FromService::Expired {} => Notice::Expired,
            FromService::Revoked { token, sentence } => Notice::Revoked { token, sentence },
            FromService::Over { outcome } => {
                drop(self.notify.send(Notice::Over(outcome)).await);
                return Some(Left::Done);
            }
            FromService::Draining {} => return Some(Left::Broken),
        };
        // An app that does not look at its notices any more still wants its reports to arrive.
        drop(self.notify.send(notice).await);
        None
    }
}

async fn send(socket: &mut Socket, n: u64, ask: &Ask) -> Result<(), ()> {
    let text = serde_json::to_string(&ToService { n, ask: ask.clone() }).expect("asks are made of strings and numbers");
    socket.send(Message::text(text)).await.map_err(|_| ())
}

/// Whether trying again is in vain.
fn is_final(error: &ClientError) -> bool {
    match error {
        ClientError::Problem(problem) => {
            !matches!(problem.code, Code::Busy | Code::Storage | Code::Draining | Code::Internal | Code::UseDpopNonce)
        }
        ClientError::Address { .. }
        | ClientError::Trust(_)
        | ClientError::NotTrusted { .. }
        | ClientError::Random(_)
        | ClientError::Over => true,
        ClientError::Unreachable { .. } | ClientError::Proxy { .. } | ClientError::NotTheService(_) | ClientError::TimedOut => false,
    }
}
