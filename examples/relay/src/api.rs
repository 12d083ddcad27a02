//! The HTTP API, version 1, as types. `docs/SERVICE.md` describes it for those who write clients in other languages, `openapi.json` for their tools.
//!
//! What a client sends is taken as a whole or refused: a member that is not known might have been meant to restrict something. What the service answers
//! may grow members, which clients pass over.

mod control;
mod facts;
mod problem;
mod tenant;

use rh_auth::value::{Id, UnixTime};
use serde::{Deserialize, Serialize};

pub use control::{Answer, Ask, FromService, Outcome, ToService};
pub use facts::{Android, AppFacts, AppVersionText, BrowserName, HelperFacts, HostName, PlatformName, SharerFacts, VersionText};
pub use problem::{Code, Problem, ReasonText, StepUp};
pub use tenant::{ClaimValue, ProviderFacts, Tenant};

/// What a helper says to open a code: `POST /v1/offers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferRequest {
    /// The organisation.
    pub tenant: String,
    /// The helper's own device and app.
    pub facts: HelperFacts,
}

/// A code that waits to be claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferAnswer {
    /// The session, as it is to stand in the helper's hello.
    pub sid: Id,
    /// The routing half of the code: three characters of Crockford's base 32. The app draws the other five and tells nobody.
    pub routing: String,
    /// When the code is given up.
    pub expires: UnixTime,
}

/// What a sharer says who has typed a code: `POST /v1/claims`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRequest {
    /// The organisation.
    pub tenant: String,
    /// The first three characters, normalised. The other five stay in the app.
    pub routing: String,
    /// The sharer's device and app.
    pub facts: SharerFacts,
}

/// The authority said yes to at least one mode. What the helper is sent over its control channel and the sharer in answer to its claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admitted {
    /// The session.
    pub sid: Id,
    /// `rh-ticket`.
    pub ticket: String,
    /// `rh-pass` for this side's stream: `GET /v1/relay`.
    pub pass: String,
    /// Seconds until the lease is to be renewed; half of it.
    pub renew: u64,
    /// Why each mode that is not in the ticket is not.
    pub reasons: Vec<ReasonText>,
}
