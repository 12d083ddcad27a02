//! Why a request was not done: a stable code, a sentence that says what to do, and every reason where it was decided.

use std::fmt;

use rh_auth::decision::Decision;
use rh_auth::ticket::ModeName;
use rh_proto::mode::Mode;
use serde::{Deserialize, Serialize};

/// The body of every answer that is not a success, and an error on a control channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{detail}")]
pub struct Problem {
    /// Stable, for programs.
    pub code: Code,
    /// For people: what is wrong, and what to do.
    pub detail: String,
    /// Where it was decided: every reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonText>,
    /// What a new sign-in of the helper would have to bring, where that is all that is missing for some mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_up: Option<StepUp>,
}

impl Problem {
    /// Without reasons.
    #[must_use]
    pub fn new(code: Code, detail: impl fmt::Display) -> Self {
        Self { code, detail: detail.to_string(), reasons: Vec::new(), step_up: None }
    }

    /// No mode is allowed, and why.
    #[must_use]
    pub fn refused(decision: &Decision) -> Self {
        let step_up = Mode::ALL.into_iter().find_map(|mode| decision.step_up(mode)).map(StepUp::from);
        let detail = match &step_up {
            Some(_) => "the organisation asks the helper to sign in once more, as the reasons say",
            None => "the organisation does not allow this session; the reasons say what is missing",
        };
        Self { code: Code::Refused, detail: detail.to_owned(), reasons: ReasonText::all(decision), step_up }
    }
}

/// What kind of problem it is. Clients act on these; the sentences may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Code {
    /// The request is not one of the API. Its sender is broken.
    Malformed,
    /// The proof of possession lacks a fresh nonce of this service: repeat it with the one in `DPoP-Nonce`.
    UseDpopNonce,
    /// The proof of possession proves nothing for this request.
    Proof,
    /// The ID token proves nothing here: sign in again.
    Token,
    /// The organisation's identity provider cannot be asked for its keys at the moment.
    ProviderUnreachable,
    /// There is no such organisation here, or none was named and there are several.
    TenantUnknown,
    /// The decision: nobody may help so. See the reasons.
    Refused,
    /// No code of this organisation begins so: it was mistyped, used, or is older than ten minutes.
    CodeUnknown,
    /// This helper has as many codes waiting as one may have.
    TooManyCodes,
    /// This person has claimed too many codes that were not there.
    TooManyClaims,
    /// More than the service takes at once, of everything or from this session. Try again later.
    Busy,
    /// Nothing can be recorded, so nothing new can begin. Whoever runs the service must act.
    Storage,
    /// The service is about to stop; another node, or the next start, will take the request.
    Draining,
    /// There is no such session for this key, or it is over.
    SessionOver,
    /// The session cannot be resumed.
    ResumeRefused,
    /// The pass does not open this relay.
    Pass,
    /// The person may not read reports.
    Forbidden,
    /// There is no such address, or not with this method.
    NotFound,
    /// A fault of the service.
    Internal,
    /// A code of a later version.
    #[serde(other)]
    Other,
}

/// A reason of a decision, and the modes that it bars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonText {
    /// Stable, such as `R8.missing-permission`; `docs/POLICY.md` lists them.
    pub code: String,
    /// For people, in English.
    pub sentence: String,
    /// What it bars.
    pub modes: Vec<ModeName>,
}

impl ReasonText {
    /// All of a decision.
    #[must_use]
    pub fn all(decision: &Decision) -> Vec<Self> {
        let names =
            |bar: &rh_auth::decision::Bar| Mode::ALL.into_iter().filter(|mode| bar.modes.contains(*mode)).map(ModeName::from).collect();
        decision
            .bars()
            .iter()
            .map(|bar| Self { code: bar.reason.code().to_owned(), sentence: bar.reason.to_string(), modes: names(bar) })
            .collect()
    }
}

/// What a new sign-in must bring: the parameters of the authorization request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepUp {
    /// Authentication contexts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contexts: Vec<String>,
    /// Methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// The oldest that the sign-in may be, in seconds (`max_age`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
}

impl From<rh_auth::decision::StepUp> for StepUp {
    fn from(step_up: rh_auth::decision::StepUp) -> Self {
        let texts = |claims: Vec<rh_auth::identity::Claim>| claims.iter().map(ToString::to_string).collect();
        Self { contexts: texts(step_up.contexts), methods: texts(step_up.methods), max_age: step_up.max_age }
    }
}
