//! What one end holds beyond the code when an authority vouches for both: its sign-in, its ticket, and the line to the authority while the session runs.

use std::fmt;

use bytes::Bytes;
use rh_auth::{
    code::{Code, LiveCode},
    handshake::{OwnSignIn, Trust},
    key::SigningKey,
    value::{Digest, Id},
};
use rh_proto::{error::CloseCode, mode::Mode};
use tokio::sync::mpsc::{Receiver, UnboundedSender};
use zeroize::Zeroizing;

/// An end whose person has signed in. Clones hold the same session key: it lives as long as the sign-in does, in memory only.
#[derive(Clone)]
pub struct Standing {
    /// Of the session key: the connection's, and the one that the sign-in commits to.
    pub seed: Zeroizing<[u8; 32]>,
    /// What the other side is shown.
    pub own: OwnSignIn,
    /// What this end believes: the organisation's authority and identity provider.
    pub trust: Trust,
    /// This person's face, a PNG, for the other side's trust screen.
    pub portrait: Option<Bytes>,
}

impl Standing {
    /// The session key, to prove possession of it to the authority.
    #[must_use]
    pub fn key(&self) -> SigningKey {
        SigningKey::from_seed(&self.seed)
    }
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing").field("own", &self.own).finish_non_exhaustive()
    }
}

/// By what a helper meets a sharer for whom an authority vouches.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// The session that the ticket is for.
    pub sid: Id,
    /// As the authority signed it.
    pub ticket: String,
    /// The code that the sharer typed.
    pub code: LiveCode,
    /// The helper's own.
    pub standing: Standing,
}

/// By what a sharer lets somebody in.
#[derive(Debug)]
pub enum Entry {
    /// The code alone: nobody vouches for the name at the other side.
    Code(Code),
    /// The code, a ticket for this person, and the helper's own sign-in.
    Vouched {
        /// The session that was claimed with the code; a helper that goes into another one is refused.
        sid: Id,
        /// As it was typed.
        code: Code,
        /// The sharer's own.
        standing: Box<Standing>,
        /// To the authority, for as long as the session runs.
        line: Line,
    },
}

/// The line to the authority. Dropped at either end it is silent, and the lease runs out by itself.
#[derive(Debug)]
pub struct Line {
    /// What the session reports and asks for. As much waits as a session causes in one lease: requests for modes are limited to a few a second.
    pub notes: UnboundedSender<Note>,
    /// What the authority says.
    pub words: Receiver<Word>,
}

/// From a session's end to its authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The lease is half over: renew it.
    Renew,
    /// May the session go to this mode now? Answered by [`Word::Decided`].
    Decide(Mode),
    /// The person was asked.
    Consent {
        /// For which mode.
        mode: Mode,
        /// Whether it was allowed; silence is a no.
        allowed: bool,
        /// Of the text that was shown.
        shown: Digest,
    },
    /// This mode holds from now on.
    Mode(Option<Mode>),
    /// The session is over.
    End {
        /// The close code.
        code: CloseCode,
        /// Whether this side ended it.
        own: bool,
    },
}

/// From the authority to a session's end. What is signed is checked by whoever acts on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// `rh-lease`
    Lease(String),
    /// `rh-revoke`
    Revocation(String),
    /// To [`Note::Decide`]: whether the mode may be asked for, and if not, why.
    Decided {
        /// The mode.
        mode: Mode,
        /// Every reason against it; none when it is allowed.
        reasons: Vec<String>,
    },
}
