//! What stands between the helper and the device beside the mode table: ticket, consent and policy, asked before every grant, every frame and every act.

use std::{
    fmt,
    time::{Duration, Instant},
};

use rh_auth::{
    enforce::{self, Agreement, Authority},
    handshake::Admission,
    identity::UnixTime,
    ticket::{Lease, LeaseEnd},
};
use rh_proto::{
    error::CloseCode,
    frame::Flags,
    mode::{Action, Direction, Gates, Mode, ModeSet, Subject, lower},
    msg::{
        MessageType,
        mode::{DeclineReason, RequestId},
    },
    session::Sharer,
};
use tokio::{select, time::sleep_until};

use crate::{
    trust::Card,
    vouched::{Line, Note, Standing, Word},
};

/// How long the authority may take to decide about a mode; silence is a no.
const DECISION: Duration = Duration::from_secs(10);

/// Leases last by monotonic time, which the ticket's own lease counts. What [`Authority`] is handed is in force or not there at all, so its clock stands still.
const FROZEN: UnixTime = UnixTime(0);
/// See [`FROZEN`].
const IN_FORCE: UnixTime = UnixTime(u64::MAX);

/// On whose word the helper is here.
enum Backing {
    /// Nobody's: the person's consent and the device's own policy are all there is.
    Nobody,
    /// An authority's; `lease` once the ticket has come.
    Authority { admission: Admission, standing: Box<Standing>, line: Option<Line>, modes: ModeSet, lease: Option<Box<Lease>> },
}

/// What is to be done with a request for a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Ask the person.
    Ask,
    /// Wait for the authority, which decides anew.
    Wait,
    /// The helper is told so, and the person is not asked.
    Decline(DeclineReason),
}

/// What has come of waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// The lease may have changed.
    Lease,
    /// The request that waited for a decision can be put to the person, or not: then there is a sentence why.
    Decided { id: RequestId, mode: Mode, refusal: Option<String> },
}

/// The four that must agree, put together anew for every question.
pub(super) struct Guard {
    backing: Backing,
    agreement: Agreement,
    /// What the device's own policy and its screen allow.
    policy: ModeSet,
    /// The request that waits for the authority, and until when.
    deciding: Option<(RequestId, Mode, Instant)>,
}

impl Guard {
    /// For a session by code alone.
    pub(super) fn by_code(policy: ModeSet) -> Self {
        Self { backing: Backing::Nobody, agreement: Agreement::None, policy, deciding: None }
    }

    /// For one that an authority vouches for. Nothing is allowed before the ticket has come.
    pub(super) fn vouched(policy: ModeSet, admission: Admission, standing: Box<Standing>, line: Line) -> Self {
        let backing = Backing::Authority { admission, standing, line: Some(line), modes: ModeSet::NONE, lease: None };
        Self { backing, agreement: Agreement::None, policy, deciding: None }
    }

    /// Both sides have proven themselves: from here on the lease runs. Gives who the helper is, as far as somebody vouches for it.
    pub(super) fn admit(&mut self) -> Option<Card> {
        let Backing::Authority { admission, standing, modes, lease, .. } = &mut self.backing else { return None };
        let ticket = &admission.admitted()?.ticket;
        *modes = ticket.modes.0;
        *lease = Some(Box::new(Lease::new(ticket, standing.trust.authority, standing.trust.clock)));
        Some(Card::of_helper(ticket))
    }

    /// The face that this side shows.
    pub(super) fn portrait(&self) -> Option<bytes::Bytes> {
        match &self.backing {
            Backing::Nobody => None,
            Backing::Authority { standing, .. } => standing.portrait.clone(),
        }
    }

    fn authority(&self, now: Instant) -> Authority {
        let lease = match &self.backing {
            // Whom nobody vouches for never answers an administrator's prompt.
            Backing::Nobody => Some(enforce::Lease { modes: ModeSet::NONE.with(Mode::ViewOnly).with(Mode::FullControl), until: IN_FORCE }),
            Backing::Authority { lease: Some(lease), modes, .. } if lease.end(now).is_none() => {
                Some(enforce::Lease { modes: *modes, until: IN_FORCE })
            }
            Backing::Authority { .. } => None,
        };
        Authority { lease, agreement: self.agreement, policy: self.policy }
    }

    /// The helper asks for a mode, in a session that has granted `present` so far.
    pub(super) fn ask(&mut self, now: Instant, id: RequestId, mode: Mode, present: Option<Mode>) -> Verdict {
        if let Err(reason) = self.authority(now).may_ask(FROZEN, mode) {
            return Verdict::Decline(reason);
        }
        match &self.backing {
            // The ticket was signed for this moment: what it allows was decided a minute ago at most, the first time.
            Backing::Authority { .. } if present.is_some() => {
                self.note(Note::Decide(mode));
                self.deciding = Some((id, mode, now + DECISION));
                Verdict::Wait
            }
            Backing::Authority { .. } | Backing::Nobody => Verdict::Ask,
        }
    }

    /// The request is no longer open.
    pub(super) fn withdraw(&mut self, id: RequestId) {
        self.deciding = self.deciding.take().filter(|(waiting, ..)| *waiting != id);
    }

    /// The person answered a question about `mode` whose text had this digest. Called before the session is told, so that the grant finds the agreement there.
    pub(super) fn answer(&mut self, mode: Mode, allowed: bool, card: &Card) {
        if allowed {
            self.agreement = Agreement::Person(mode);
        }
        self.note(Note::Consent { mode, allowed, shown: card.digest(mode) });
    }

    /// The session's mode changed: an agreement never outlives what it was given for.
    pub(super) fn mode_changed(&mut self, mode: Option<Mode>) {
        self.agreement = match (self.agreement, mode) {
            (Agreement::Person(agreed), mode) => lower(Some(agreed), mode).map_or(Agreement::None, Agreement::Person),
            (Agreement::None | Agreement::Device, _) => Agreement::None,
        };
        self.note(Note::Mode(mode));
    }

    /// What is left of the session's mode.
    pub(super) fn left(&self, now: Instant, session: &Sharer) -> Option<Mode> {
        self.authority(now).mode(FROZEN, session.mode())
    }

    /// Whether a message of the helper's may be acted on now.
    pub(super) fn takes(&self, now: Instant, session: &Sharer, message: MessageType) -> bool {
        let subject = Subject::of(message, Flags::default());
        // The session has asked the gates already; here it is about authority.
        let open = Gates { chat: true, clipboard: true, annotation: true };
        self.authority(now).action(FROZEN, session.state(), session.mode(), Direction::ToSharer, subject, open) == Action::Accept
    }

    /// Whether a frame of the screen may leave now.
    pub(super) fn lets_frames_out(&self, now: Instant, session: &Sharer) -> bool {
        self.authority(now).lets_frames_out(FROZEN, session.state(), session.mode())
    }

    /// Why the session must end, once the authority's word is over.
    pub(super) fn end(&self, now: Instant) -> Option<(CloseCode, String)> {
        let Backing::Authority { lease: Some(lease), .. } = &self.backing else { return None };
        Some(match lease.end(now)? {
            LeaseEnd::Revoked { reason } => (CloseCode::REVOKED, format!("the organisation has withdrawn this session ({reason})")),
            LeaseEnd::Expired => {
                (CloseCode::LEASE_EXPIRED, "the organisation's service has not renewed this session in time, so it has ended".to_owned())
            }
        })
    }

    /// Tells the authority something. That it is not heard shows in the lease.
    pub(super) fn note(&self, note: Note) {
        if let Backing::Authority { line: Some(line), .. } = &self.backing {
            let _ = line.notes.send(note);
        }
    }

    /// Waits for something that changes what is in force. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> Turn {
        let deciding = self.deciding;
        let Backing::Authority { line, lease, .. } = &mut self.backing else { return std::future::pending().await };
        loop {
            let now = Instant::now();
            if let Some(lease) = lease.as_mut()
                && lease.poll_renewal(now)
                && let Some(line) = line.as_ref()
            {
                let _ = line.notes.send(Note::Renew);
            }
            let silent = deciding.map(|(.., until)| until);
            let until = lease.as_ref().and_then(|lease| lease.poll_timeout()).into_iter().chain(silent).min();
            let wake = async {
                match until {
                    Some(until) => sleep_until(until.into()).await,
                    None => std::future::pending().await,
                }
            };
            let word = async {
                match line.as_mut() {
                    Some(line) => line.words.recv().await,
                    None => std::future::pending().await,
                }
            };
            select! {
                word = word => match (word, lease.as_mut()) {
                    (None, _) => {
                        tracing::warn!("the authority is silent; the session lasts as long as its lease");
                        *line = None;
                    }
                    (Some(Word::Decided { mode, reasons }), _) => {
                        if let Some((id, asked, _)) = deciding.filter(|(_, asked, _)| *asked == mode) {
                            self.deciding = None;
                            let refusal = (!reasons.is_empty()).then(|| reasons.join("; "));
                            return Turn::Decided { id, mode: asked, refusal };
                        }
                    }
                    (Some(Word::Lease(token)), Some(lease)) => {
                        if let Err(error) = lease.handle_renewal(Instant::now(), &token) {
                            tracing::warn!(%error, "a renewal of the lease changes nothing");
                        }
                    }
                    (Some(Word::Revocation(token)), Some(lease)) => match lease.handle_revocation(&token) {
                        Ok(()) => return Turn::Lease,
                        Err(error) => tracing::warn!(%error, "a revocation changes nothing"),
                    },
                    (Some(Word::Lease(_) | Word::Revocation(_)), None) => tracing::warn!("a word about a session that has not begun"),
                },
                () = wake => {
                    let now = Instant::now();
                    if let Some((id, mode, _)) = deciding.filter(|(.., until)| *until <= now) {
                        self.deciding = None;
                        return Turn::Decided { id, mode, refusal: Some("the organisation's service did not decide in time".to_owned()) };
                    }
                    if lease.as_ref().is_some_and(|lease| lease.end(now).is_some()) {
                        return Turn::Lease;
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("agreement", &self.agreement).field("policy", &self.policy).finish_non_exhaustive()
    }
}
