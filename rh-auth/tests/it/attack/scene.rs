//! Who stands at the two ends: by code alone, with ticket and tokens, at a device with nobody there, and again after a broken link.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use rh_auth::code::{LiveCode, TypedCode};
use rh_auth::handshake::{resume, unattended};
use rh_auth::value::{Id, from_base64url};
use rh_proto::credential::{AuthStep, Binding, ChannelKeys, Credential, Refusal, Role};
use rh_proto::mode::Mode;
use rh_proto::session::Settings;

use super::world::{HELPER_SAYS, HelperEnd, PICTURE, SHARER_SAYS, SharerEnd, TYPED};
use crate::handshake::cast::{Cast, SESSION, authority, device_ticket, key, sign_in, ticket, trust};
use crate::handshake::resume::{remembered, resume_ticket};
use crate::support::{CODE, code, epoch};

/// A way to begin a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scene {
    /// The code, and nobody who vouches for anybody.
    Code,
    /// The code, then ticket and both ID tokens.
    Attended,
    /// The device's key, then ticket and the helper's ID token.
    Unattended,
    /// A resume ticket.
    Resumed,
}

impl Scene {
    pub(crate) const ALL: [Self; 4] = [Self::Code, Self::Attended, Self::Unattended, Self::Resumed];

    pub(crate) fn ends(self, settings: &Settings) -> Ends {
        let now = epoch();
        let (helper, sharer) = match self {
            Self::Code => (LiveCode::new(code(), now).credential([1; 32]), TypedCode::new(code()).credential([2; 32])),
            Self::Attended => {
                let cast = Cast::new();
                (cast.helper_end().0, cast.sharer_end().0)
            }
            Self::Unattended => {
                let helper = unattended::helper(device_ticket().issue(&authority()), sign_in("alice", Role::Helper, 1), trust(now));
                (helper.0, unattended::device(Id(SESSION), key(0xd), trust(now)).0)
            }
            Self::Resumed => {
                let helper = resume::helper(resume_ticket().issue(&authority()), remembered(Mode::FullControl), trust(now));
                (helper.0, resume::sharer(remembered(Mode::FullControl), trust(now)).0)
            }
        };
        Ends::new(helper, 1, sharer, 2, settings)
    }
}

/// What a witness has seen of one end's credential.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// The other end has opened the lock: proven the code, or the device's key.
    pub(crate) unlocked: bool,
    /// Bytes of tickets and tokens let go before that.
    pub(crate) early: usize,
    /// Bytes of tickets and tokens let go at all.
    pub(crate) let_go: usize,
    /// The end is convinced: its `AuthOk` is in the next record that it sends.
    pub(crate) convinced: bool,
}

/// Stands beside an end and sees what its credential sends and takes; the relay may ask it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Witness(Arc<Mutex<Seen>>);

impl Witness {
    pub(crate) fn seen(&self) -> Seen {
        self.0.lock().unwrap().clone()
    }
}

struct Witnessed {
    inner: Box<dyn Credential>,
    witness: Witness,
}

impl Credential for Witnessed {
    fn secured(&mut self, keys: &ChannelKeys) {
        self.inner.secured(keys);
    }

    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal> {
        self.inner.start(now, binding)
    }

    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        self.inner.handle(now, step, body)?;
        if matches!(step, AuthStep::PAKE_B | AuthStep::CONFIRM_A | AuthStep::DEVICE) {
            self.witness.0.lock().unwrap().unlocked = true;
        }
        Ok(())
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        let (step, body) = self.inner.poll()?;
        if matches!(step, AuthStep::TICKET | AuthStep::IDENTITY) {
            let mut seen = self.witness.0.lock().unwrap();
            seen.let_go += body.len();
            seen.early += if seen.unlocked { 0 } else { body.len() };
        }
        Some((step, body))
    }

    fn is_complete(&self) -> bool {
        let complete = self.inner.is_complete();
        self.witness.0.lock().unwrap().convinced |= complete;
        complete
    }

    fn abandon(&mut self, now: Instant) {
        self.inner.abandon(now);
    }
}

/// Two ends with a witness beside each.
pub(crate) struct Ends {
    pub(crate) helper: HelperEnd,
    pub(crate) sharer: SharerEnd,
    /// The helper's and the sharer's.
    pub(crate) witnesses: [Witness; 2],
}

impl Ends {
    /// Each with its TLS key, by seed. The session is that of the cast's tickets.
    pub(crate) fn new(
        helper: Box<dyn Credential>,
        helper_key: u8,
        sharer: Box<dyn Credential>,
        sharer_key: u8,
        settings: &Settings,
    ) -> Self {
        let witnesses = [Witness::default(), Witness::default()];
        let now = epoch();
        let [helper, sharer]: [Box<dyn Credential>; 2] = [(helper, 0), (sharer, 1)]
            .map(|(inner, index)| Box::new(Witnessed { inner, witness: witnesses[index].clone() }) as Box<dyn Credential>);
        Self {
            helper: HelperEnd::of_session(helper, helper_key, SESSION, settings.clone(), now),
            sharer: SharerEnd::with(sharer, sharer_key, settings.clone(), now),
            witnesses,
        }
    }

    pub(crate) fn of(cast: &Cast, settings: &Settings) -> Self {
        Self::new(cast.helper_end().0, cast.helper_key, cast.sharer_end().0, cast.sharer_key, settings)
    }
}

/// An end that opens the lock if it can, or waits for the other's first word where there is none; and then says what it likes and believes everything.
pub(crate) struct Rogue {
    lock: Option<Box<dyn Credential>>,
    heard: bool,
    says: VecDeque<(AuthStep, Bytes)>,
}

impl Rogue {
    pub(crate) fn boxed(lock: Option<Box<dyn Credential>>, says: impl IntoIterator<Item = (AuthStep, Vec<u8>)>) -> Box<dyn Credential> {
        Box::new(Self { lock, heard: false, says: says.into_iter().map(|(step, body)| (step, Bytes::from(body))).collect() })
    }
}

impl Credential for Rogue {
    fn start(&mut self, now: Instant, binding: &Binding) -> Result<(), Refusal> {
        self.lock.as_mut().map_or(Ok(()), |lock| lock.start(now, binding))
    }

    fn handle(&mut self, now: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        match self.lock.as_mut().filter(|lock| !lock.is_complete()) {
            Some(lock) => lock.handle(now, step, body),
            None => {
                self.heard = true;
                Ok(())
            }
        }
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        if let Some(lock) = &mut self.lock {
            let step = lock.poll();
            if step.is_some() || !lock.is_complete() {
                return step;
            }
        } else if !self.heard {
            return None;
        }
        self.says.pop_front()
    }

    fn is_complete(&self) -> bool {
        self.says.is_empty() && self.lock.as_ref().is_none_or(|lock| lock.is_complete())
    }

    fn abandon(&mut self, now: Instant) {
        self.lock.iter_mut().for_each(|lock| lock.abandon(now));
    }
}

/// Bytes in a row that occur by chance in no capture of ours.
const TELLING: usize = 8;

/// All that is said in confidence in any of these sessions: what people do, the code, the documents, and what the documents say.
pub(crate) fn secrets() -> Vec<Vec<u8>> {
    let said = [TYPED.as_bytes(), HELPER_SAYS.as_bytes(), SHARER_SAYS.as_bytes(), PICTURE, CODE.as_bytes()];
    let shown = CODE.replace('-', "");
    let documents = [
        ticket().issue(&authority()),
        device_ticket().issue(&authority()),
        resume_ticket().issue(&authority()),
        sign_in("alice", Role::Helper, 1).token().to_owned(),
        sign_in("bob", Role::Sharer, 2).token().to_owned(),
    ];
    let decoded = documents.iter().flat_map(|document| document.split('.')).filter_map(|part| from_base64url(part.as_bytes()));
    let documents = documents.iter().map(|document| document.as_bytes().to_vec());
    said.into_iter().map(<[u8]>::to_vec).chain([shown.into_bytes()]).chain(documents).chain(decoded).collect()
}

/// Whoever sees `view` learns nothing of what is said in confidence, not even a part of it.
pub(crate) fn assert_tells_nothing(view: &[u8], what: &str) {
    let windows: HashSet<&[u8]> = view.windows(TELLING).collect();
    for secret in secrets() {
        for part in secret.windows(TELLING) {
            assert!(!windows.contains(part), "{what}: the relay saw {:?}", String::from_utf8_lossy(part));
        }
    }
}
