//! The claims of a token whose signature is right.

use serde_json::{Map, Value};

use super::{ClaimIs, TokenError};
use crate::identity::Claim;
use crate::json;
use crate::jws::JwsError;
use crate::value::UnixTime;

/// Entries of a list claim at most.
const MAX_LIST: usize = 64;

pub(super) struct Claims(Map<String, Value>);

impl Claims {
    pub(super) fn parse(payload: &[u8]) -> Result<Self, TokenError> {
        let claims = json::parse(payload).map_err(|fault| JwsError::Json { part: "payload", fault })?;
        Ok(Self(claims))
    }

    pub(super) fn optional_text(&self, claim: &'static str) -> Result<Option<&str>, TokenError> {
        self.0.get(claim).map(|value| value.as_str().ok_or(TokenError::Claim { claim })).transpose()
    }

    pub(super) fn text(&self, claim: &'static str) -> Result<&str, TokenError> {
        self.optional_text(claim)?.ok_or(TokenError::Claim { claim })
    }

    pub(super) fn optional_time(&self, claim: &'static str) -> Result<Option<UnixTime>, TokenError> {
        self.0.get(claim).map(|value| value.as_u64().map(UnixTime).ok_or(TokenError::Claim { claim })).transpose()
    }

    pub(super) fn time(&self, claim: &'static str) -> Result<UnixTime, TokenError> {
        self.optional_time(claim)?.ok_or(TokenError::Claim { claim })
    }

    /// The one audience. A token for several apps can be used by each of them at the others (OpenID Connect Core 3.1.3.7 leaves that to us: no).
    pub(super) fn audience(&self) -> Result<&str, TokenError> {
        match self.0.get("aud") {
            Some(Value::String(one)) => Ok(one),
            Some(Value::Array(list)) => match list.as_slice() {
                [Value::String(one)] => Ok(one),
                [_, _, ..] => Err(TokenError::Audience),
                _ => Err(TokenError::Claim { claim: "aud" }),
            },
            _ => Err(TokenError::Claim { claim: "aud" }),
        }
    }

    pub(super) fn is(&self, claim: &ClaimIs) -> bool {
        let plain = matches!(claim.value(), Value::String(_) | Value::Number(_) | Value::Bool(_));
        plain && self.0.get(claim.name()) == Some(claim.value())
    }

    /// A list of claims about the sign-in; one alone may stand without the list around it, and none at all is an empty list.
    pub(super) fn list(&self, claim: &'static str) -> Result<Vec<Claim>, TokenError> {
        let malformed = TokenError::Claim { claim };
        let one = |value: &Value| value.as_str().and_then(|text| Claim::new(text).ok());
        match self.0.get(claim) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) if list.len() <= MAX_LIST => list.iter().map(one).collect::<Option<_>>().ok_or(malformed),
            Some(value) => one(value).map(|one| vec![one]).ok_or(malformed),
        }
    }
}
