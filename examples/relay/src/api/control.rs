//! A session's control channel: JSON messages over a WebSocket at `GET /v1/sessions/{sid}`, one channel for each side.
//!
//! The upgrade carries a proof of possession by the session key that the ticket names for that side; the ID token is not asked for again. Whoever loses the
//! channel opens it anew, and repeats what was not answered: a report that the service has seen is answered and not done twice.

use rh_auth::audit::{Act, Prompt};
use rh_auth::ticket::ModeName;
use rh_auth::value::{Digest, UnixTime};
use serde::{Deserialize, Serialize};

use super::{Admitted, Problem, ReasonText, StepUp};

/// From an end to the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToService {
    /// Counts up from 1 on each side of a session, across its channels; the answer names it.
    pub n: u64,
    /// What is asked or reported.
    pub ask: Ask,
}

/// What an end asks or reports. Reports of what the sharer enforces are taken from the sharer only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// Let the session go on. Answered with a lease, or a revocation.
    Renew {},
    /// May the session go to this mode? A new decision, with its entry in the log. Asked by the sharer, before it asks its person; a helper may ask beforehand.
    Decide {
        /// The mode.
        mode: ModeName,
    },
    /// The sharer: its person was asked.
    Consent {
        /// For which mode.
        mode: ModeName,
        /// What came of it.
        answer: rh_auth::audit::Answer,
        /// SHA-256 of the text that was shown.
        shown: Digest,
    },
    /// The sharer: this mode holds from now on; `None` when none does any more.
    Mode {
        /// The mode.
        mode: Option<ModeName>,
        /// Seconds since then, for what could not be reported at once.
        #[serde(default)]
        ago: u32,
    },
    /// The sharer: something about administrator rights.
    Elevation {
        /// What.
        act: Act,
        /// With which prompt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompt: Option<Prompt>,
    },
    /// Either: the link broke; give a new pass, and the helper a resume ticket.
    Resume {
        /// What both sides had confirmed over the connection that broke.
        transcript: Digest,
        /// The mode that the session was in.
        mode: ModeName,
    },
    /// Either: the session is over.
    End {
        /// The close code, as on the wire.
        code: u16,
        /// Whether this side ended it.
        own: bool,
        /// Seconds since then.
        #[serde(default)]
        ago: u32,
    },
}

/// From the service to an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum FromService {
    /// To `n`.
    Answer {
        /// Which.
        n: u64,
        /// What.
        answer: Answer,
    },
    /// To the helper: the code was claimed, and the session may start.
    Claimed(Admitted),
    /// To the helper: somebody claimed the code and was refused. The code still waits.
    Refused(Problem),
    /// To the helper: ten minutes are over.
    Expired {},
    /// `rh-revoke`: the session must end now.
    Revoked {
        /// The document.
        token: String,
        /// For people: why.
        sentence: String,
    },
    /// The session is over at the service, for this reason; the channel closes.
    Over {
        /// Why.
        outcome: Outcome,
    },
    /// The service is about to stop. Open the channel anew once it closes.
    Draining {},
}

/// What came of an [`Ask`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Answer {
    /// It is on record.
    Recorded {},
    /// `rh-lease`.
    Lease {
        /// The document.
        token: String,
        /// Seconds until it is to be renewed again.
        renew: u64,
    },
    /// A decision about one mode.
    Decided {
        /// Whether the mode may be asked for.
        allowed: bool,
        /// If not, every reason.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reasons: Vec<ReasonText>,
        /// What would help.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step_up: Option<StepUp>,
        /// The log's signed head with this decision in it; to be kept.
        audit: String,
    },
    /// The session may go on over another connection.
    Resumed {
        /// `rh-resume`, to the helper.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// `rh-pass`.
        pass: String,
        /// Not from then on.
        until: UnixTime,
    },
    /// It was not done.
    Problem(Problem),
}

/// How a session ended, in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The helper left.
    HelperLeft,
    /// The sharer left, or pressed Stop.
    SharerLeft,
    /// The authority took the decision back.
    Revoked,
    /// Nobody renewed the lease.
    LeaseExpired,
    /// It did not start in time, or its hand-shake failed.
    NotStarted,
    /// The link was lost, or a side had a fault.
    Failed,
    /// The service stopped without hearing of the end.
    Unknown,
}
