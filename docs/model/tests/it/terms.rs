//! What is said, and what it is made of. Cryptography is ideal: a signature, a hash or a key exchange is a term that is equal or not, and only who has the
//! secret can make it.

use std::fmt;

use crate::world::EndId;

/// Who signs in. Mallory is an insider: a member of the organisation, with a genuine account, who works with the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Person {
    Alice,
    Carol,
    Bob,
    Dave,
    Mallory,
}

/// A session key. An honest app has one; the other two are Mallory's, on a managed device and on one of her own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Of(Person),
    Managed,
    Unmanaged,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Helper,
    Sharer,
}

impl Role {
    pub fn other(self) -> Self {
        match self {
            Self::Helper => Self::Sharer,
            Self::Sharer => Self::Helper,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    ViewOnly,
    FullControl,
}

/// A session at the authority: its number stands for the session id, and for both halves of its code.
pub type Sid = usize;

/// An ID token. Who can name one can show it: whether somebody *holds* it is [`crate::relay`]'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    pub person: Person,
    /// Issued by our organisation's provider; else by one where anybody may be called anything.
    pub ours: bool,
    /// What the nonce commits to.
    pub role: Role,
    pub key: Key,
}

/// A ticket that carries the authority's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket {
    pub sid: Sid,
    pub helper: (Person, Key),
    pub sharer: (Person, Key),
    pub mode: Mode,
    pub issued: u8,
    /// Rests on a decision. A corrupt authority signs others too; nobody can see the difference.
    pub decided: bool,
}

impl Ticket {
    pub fn party(&self, role: Role) -> (Person, Key) {
        match role {
            Role::Helper => self.helper,
            Role::Sharer => self.sharer,
        }
    }
}

/// A connection, as its exporter tells it apart from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Exporter {
    /// Between two honest apps: both have it.
    Joined(EndId, EndId),
    /// Between an honest app and the relay.
    Leg(EndId),
}

/// One side's part of the ideal code exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Share {
    /// The code that it was made with; hidden from whoever sees the message.
    pub code: Sid,
    pub exporter: Exporter,
    /// The app that made it; `None` for the relay.
    pub by: Option<EndId>,
}

/// A message of the session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    /// The newest version offered or chosen, and the session.
    Hello {
        version: u8,
        sid: Sid,
    },
    PakeA(Share),
    /// With the confirmation of the key that both shares make.
    PakeB {
        ours: Share,
        theirs: Share,
    },
    ConfirmA {
        ours: Share,
        theirs: Share,
    },
    Ticket(Ticket),
    Identity(Token),
    /// The hash of all of the above: the helper's, then the sharer's.
    AuthOk(Vec<Message>, Vec<Message>),
    /// The helper asks for a mode. Stands for all that follows: once it is answered, pictures and input pass.
    ModeRequest,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(person) => write!(f, "{person:?}'s key"),
            Self::Managed => f.write_str("Mallory's key"),
            Self::Unmanaged => f.write_str("the key of Mallory's second device"),
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = if self.ours { "" } else { " of another provider" };
        let role = match self.role {
            Role::Helper => "helper",
            Role::Sharer => "sharer",
        };
        write!(f, "a token{provider}: {:?} as {role}, for {}", self.person, self.key)
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let forged = if self.decided { "ticket" } else { "forged ticket" };
        let ((helper, helper_key), (sharer, sharer_key)) = (self.helper, self.sharer);
        write!(f, "{forged} {}: {helper:?} with {helper_key} helps {sharer:?} with {sharer_key}, {:?}", self.sid, self.mode)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hello { version, sid } => write!(f, "hello: version {version}, session {sid}"),
            Self::PakeA(Share { by: None, code, .. }) => write!(f, "a share made with the code of session {code}"),
            Self::PakeB { ours: Share { by: None, code, .. }, .. } => {
                write!(f, "a share and the confirmation, made with the code of session {code}")
            }
            Self::PakeA(_) => f.write_str("the helper's share"),
            Self::PakeB { .. } => f.write_str("the sharer's share and confirmation"),
            Self::ConfirmA { ours: Share { by: None, .. }, .. } => f.write_str("its confirmation of the code"),
            Self::ConfirmA { .. } => f.write_str("the helper's confirmation"),
            Self::Ticket(ticket) => write!(f, "{ticket}"),
            Self::Identity(token) => write!(f, "{token}"),
            Self::AuthOk(..) => f.write_str("AuthOk"),
            Self::ModeRequest => f.write_str("a request for a mode"),
        }
    }
}
