//! What can be on record. Nothing else can: there is no member that takes free text, apart from [`Purpose`].

use serde::{Deserialize, Serialize};

use crate::identity::{DeviceId, PersonId, TenantId};
use crate::ticket::{ModeName, Modes};
use crate::value::{Digest, Id, Identifier, InvalidValue, Line, StableCode, UnixTime};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Days since 1970-01-01, UTC.
    pub day: u64,
    /// Place in the day, from 0.
    pub n: u64,
    /// When it happened; never before the entry before it.
    pub at: UnixTime,
    /// Whose.
    pub tenant: TenantId,
    /// In which session, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Id>,
    /// What happened.
    pub event: Event,
}

/// A person on record: account and session key. Names are looked up when a report is made, so that a person's record can be erased in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// The account.
    pub oid: PersonId,
    /// `spki#` of the session key.
    pub spki: Digest,
}

/// Who, or what, was to be helped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A person at a device that the organisation does not manage; there are no facts about it to record.
    Person(Who),
    /// A person at a managed device.
    At {
        /// The person.
        person: Who,
        /// The device.
        device: DeviceId,
    },
    /// A device with nobody at it.
    Device {
        /// The device.
        device: DeviceId,
        /// Digest of its registered key.
        key: Digest,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Event {
    /// It was decided which modes a helper may ask for.
    Decision {
        /// Who wants to help.
        helper: Who,
        /// Who, or what, is to be helped.
        subject: Subject,
        /// What may be asked for; may be nothing.
        modes: Modes,
        /// Codes of all reasons against the other modes.
        reasons: Vec<StableCode>,
        /// Codes of the warnings shown.
        warnings: Vec<StableCode>,
        /// The policy.
        policy: Digest,
        /// The matrix.
        matrix: Identifier,
    },
    /// Somebody was refused before anything could be decided.
    Refusal {
        /// Who, where that is proven.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        who: Option<Who>,
        /// The close code on the wire.
        code: u16,
        /// Codes of the reasons.
        reasons: Vec<StableCode>,
    },
    /// The person at the device was asked.
    Consent {
        /// For which mode.
        mode: ModeName,
        /// What came of it.
        answer: Answer,
        /// SHA-256 of the text that was on the screen, so that it can be shown later what was agreed to.
        shown: Digest,
    },
    /// A mode held for a while.
    Mode {
        /// Which.
        mode: ModeName,
        /// From.
        from: UnixTime,
        /// To.
        until: UnixTime,
    },
    /// Something about administrator rights.
    Elevation {
        /// What was done.
        act: Act,
        /// With which of the system's prompts, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompt: Option<Prompt>,
    },
    /// A session with nobody present begins.
    Unattended {
        /// The device.
        device: DeviceId,
        /// Why, in the helper's words, before it began.
        purpose: Purpose,
    },
    /// The decision that carried the session was taken back.
    Revocation {
        /// Code of the reason.
        reason: StableCode,
    },
    /// The session ended.
    End {
        /// The close code.
        code: u16,
        /// Whose doing.
        by: Ender,
    },
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Allowed.
    Allowed,
    /// Declined.
    Declined,
    /// No answer in time, which declines.
    Silence,
    /// The helper took the request back.
    Withdrawn,
}

/// An act around administrator rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// The helper could see and answer a prompt from here on.
    PromptShown,
    /// A prompt was hidden from the helper.
    PromptMasked,
    /// The sharer was signed out after it ended an elevated session.
    SignedOut,
}

/// Which prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prompt {
    /// For an administrator's consent or credentials.
    Administrator,
    /// To sign in.
    SignIn,
    /// The lock screen.
    Lock,
    /// Not known.
    Unknown,
}

/// Whose doing an end was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ender {
    /// The helper.
    Helper,
    /// The sharer.
    Sharer,
    /// The authority.
    Authority,
    /// Nobody: the link was lost, or a fault.
    Link,
}

/// Why an unattended session is opened, in the helper's words: a line of at most 256 bytes, and not an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Purpose(Line);

impl Purpose {
    /// # Errors
    /// [`InvalidValue::Line`] when it is blank, too long, or more than one line.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        if text.trim().is_empty() { Err(InvalidValue::Line) } else { Line::new(text).map(Self) }
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<Purpose> for String {
    fn from(purpose: Purpose) -> Self {
        purpose.0.into()
    }
}

impl TryFrom<String> for Purpose {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::new(&text)
    }
}
