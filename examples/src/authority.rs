//! The smallest authority that can vouch for two people: in this process, for one organisation, for as long as it lives.
//!
//! It checks both sign-ins, decides by policy and directory as the service does, and signs tickets, leases and revocations. It keeps no audit log and knows no
//! network; the demo and the tests of the ends use it where a service would only stand in the way.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rh_auth::{
    clock::Clock,
    decision::{self, Decision, Input, decide},
    device::{Device, HelperDevice},
    handshake::OwnSignIn,
    jwks::KeySet,
    key::SigningKey,
    matrix::Start,
    oidc::{self, Expected, Proven, Provider},
    policy::{Policy, files::Directory},
    ticket::{LeaseClaims, Modes, Person, RevocationClaims, Sharer, Ticket},
    value::{Digest, Id, Identifier, StableCode, UnixTime},
};
use rh_proto::mode::{Mode, ModeSet};
use tokio::sync::mpsc::{Sender, UnboundedReceiver, channel, unbounded_channel};

use crate::{
    entropy::entropy,
    failure::{Failure, Kind},
    vouched::{Line, Note, Word},
};

/// Words that wait for an end: it reads them at once.
const WORDS: usize = 16;

/// What trust screens show of a person, and their picture.
pub type Profile = Box<dyn Fn(&Proven) -> Option<Person> + Send + Sync>;

/// An organisation's authority.
pub struct Authority {
    key: SigningKey,
    provider: Arc<Provider>,
    keys: Arc<KeySet>,
    clock: Clock,
    policy: Policy,
    directory: Directory,
    profile: Profile,
    /// What the sessions reported, oldest first.
    notes: Mutex<Vec<Note>>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("key", &self.key).field("tenant", self.provider.tenant()).finish_non_exhaustive()
    }
}

/// Both ends of a session that an authority is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Meeting<'a> {
    /// Of the helper's hello.
    pub sid: Id,
    /// Who helps, and with which device.
    pub helper: (&'a OwnSignIn, &'a HelperDevice),
    /// Who is helped, and on which device.
    pub sharer: (&'a OwnSignIn, &'a Device),
    /// What both run.
    pub app: rh_auth::device::App,
}

/// The authority's own end of a line.
#[derive(Debug)]
pub struct Desk {
    sid: Id,
    seq: u64,
    words: Sender<Word>,
    notes: UnboundedReceiver<Note>,
}

impl Authority {
    /// `key` signs; `keys` are the provider's, fetched a moment ago.
    #[must_use]
    pub fn new(
        key: SigningKey,
        provider: Arc<Provider>,
        keys: Arc<KeySet>,
        clock: Clock,
        (policy, directory): (Policy, Directory),
        profile: Profile,
    ) -> Self {
        Self { key, provider, keys, clock, policy, directory, profile, notes: Mutex::default() }
    }

    /// Decides about a meeting, and signs the ticket if any mode is allowed.
    ///
    /// # Errors
    /// [`Kind::Refused`], with every reason.
    pub fn ticket(&self, meeting: &Meeting<'_>) -> Result<String, Failure> {
        let now = self.now();
        let (helper, sharer) = (self.proven(meeting.helper.0, now)?, self.proven(meeting.sharer.0, now)?);
        let decision = self.decide(meeting, &helper, &sharer, now);
        let modes = Mode::ALL.into_iter().filter(|mode| decision.allowed().contains(*mode) && *mode != Mode::Unattended);
        let modes = modes.fold(ModeSet::NONE, ModeSet::with);
        if modes == ModeSet::NONE {
            let reasons: Vec<String> = decision.reasons(Mode::ViewOnly).map(|reason| format!("{reason} ({})", reason.code())).collect();
            return Err(Failure::new(Kind::Refused, format!("the organisation does not allow this session: {}", reasons.join("; "))));
        }
        let code = |code: &str| StableCode::new(code).map_err(|e| Failure::new(Kind::Other, e.to_string()));
        let obligations = Mode::ALL.into_iter().filter(|mode| modes.contains(*mode)).flat_map(|mode| decision.obligations(mode).iter());
        let mut owed: Vec<&str> = obligations.map(decision::Obligation::code).collect();
        owed.sort_unstable();
        owed.dedup();
        let nobody = |who: &Proven| Failure::new(Kind::Refused, format!("the organisation's directory does not know {}", who.person));
        let ticket = Ticket {
            sid: meeting.sid,
            jti: Id(entropy()?),
            tid: self.provider.tenant().clone(),
            helper: (self.profile)(&helper).ok_or_else(|| nobody(&helper))?,
            sharer: Sharer::Person((self.profile)(&sharer).ok_or_else(|| nobody(&sharer))?),
            modes: Modes(modes),
            warnings: decision.warnings.iter().map(|warning| code(warning.code())).collect::<Result<_, _>>()?,
            obligations: owed.into_iter().map(code).collect::<Result<_, _>>()?,
            policy: Digest(decision.policy_digest),
            matrix: Identifier::new(decision.matrix).map_err(|e| Failure::new(Kind::Other, e.to_string()))?,
            audit: String::new(),
            iat: now,
            exp: now.plus(Ticket::START),
            lease: now.plus(Ticket::LEASE),
        };
        Ok(ticket.issue(&self.key))
    }

    /// Opens the line of a session's end.
    #[must_use]
    pub fn line(&self, sid: Id) -> (Line, Desk) {
        let (to, words) = channel(WORDS);
        let (notes, from) = unbounded_channel();
        (Line { notes, words }, Desk { sid, seq: 0, words: to, notes: from })
    }

    /// Answers an end's notes until it is gone. `may` decides anew about each mode: an empty list allows it.
    pub async fn serve(&self, desk: &mut Desk, may: impl Fn(Mode) -> Vec<String>) {
        while let Some(note) = desk.notes.recv().await {
            let word = match &note {
                Note::Renew => {
                    desk.seq += 1;
                    let now = self.now();
                    let claims = LeaseClaims { sid: desk.sid, seq: desk.seq, iat: now, until: now.plus(Ticket::LEASE) };
                    Some(Word::Lease(claims.issue(&self.key)))
                }
                Note::Decide(mode) => Some(Word::Decided { mode: *mode, reasons: may(*mode) }),
                Note::Consent { .. } | Note::Mode(_) | Note::End { .. } => None,
            };
            self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
            if let Some(word) = word
                && desk.words.send(word).await.is_err()
            {
                return;
            }
        }
    }

    /// Takes the decision about a session back.
    ///
    /// # Errors
    /// When `reason` is no stable code.
    pub async fn revoke(&self, desk: &Desk, reason: &str) -> Result<(), Failure> {
        let reason = StableCode::new(reason).map_err(|e| Failure::new(Kind::Other, e.to_string()))?;
        let claims = RevocationClaims { sid: desk.sid, reason, iat: self.now() };
        // An end that is gone needs no word.
        let _ = desk.words.send(Word::Revocation(claims.issue(&self.key))).await;
        Ok(())
    }

    /// What the sessions reported so far.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn now(&self) -> UnixTime {
        self.clock.at(std::time::Instant::now())
    }

    fn proven(&self, own: &OwnSignIn, now: UnixTime) -> Result<Proven, Failure> {
        let expected = Expected { provider: &self.provider, keys: &self.keys, commitment: own.commitment(), now };
        oidc::check(own.token(), &expected)
            .map_err(|e| Failure::new(Kind::Refused, format!("the authority does not accept the sign-in: {e}")))
    }

    fn decide(&self, meeting: &Meeting<'_>, helper: &Proven, sharer: &Proven, now: UnixTime) -> Decision {
        let [helper, sharer] = [helper, sharer].map(|proven| {
            let mut principal = proven.principal();
            self.directory.complete(&mut principal);
            principal
        });
        decide(&Input {
            now,
            policy: &self.policy,
            session: Some(self.provider.tenant()),
            start: Some(Start::Code),
            helper: decision::Helper { person: &helper, device: meeting.helper.1, app: Some(meeting.app), address: None },
            sharer: decision::Sharer { person: Some(&sharer), device: meeting.sharer.1, app: Some(meeting.app) },
        })
    }
}
