//! The authorization code flow (OpenID Connect Core 1.0 section 3.1, RFC 6749 section 4.1, RFC 7636), without sockets: what the pages' addresses do.
//!
//! A request is taken by [`Flow::authorize`], answered by the person in [`Flow::choose`], and exchanged in [`Flow::token`]. What waits in between is bounded,
//! expires, and is good for one use.

mod once;
mod request;

use std::sync::{Mutex, MutexGuard, PoisonError};

use rh_auth::{
    identity::{Claim, PersonId},
    value::{UnixTime, base64url},
};
use ring::digest;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use url::Url;

pub use self::request::{Denied, Parameters, Refused};
use self::{once::Once, request::Request};
use crate::{CLIENT_ID, People, Person, SigningKey};

/// Seconds that the page waits for the person.
const PATIENCE: u64 = 600;

/// Seconds in which a code is to be exchanged. Ten minutes would be allowed; an app takes milliseconds.
const CODE_LIFETIME: u64 = 60;

/// Seconds that an ID token is good for.
const TOKEN_LIFETIME: u64 = 3600;

/// The provider behind its addresses.
#[derive(Debug)]
pub struct Flow {
    issuer: String,
    people: People,
    key: SigningKey,
    waiting: Mutex<Once<Request>>,
    codes: Mutex<Once<Grant>>,
}

/// What a code stands for.
#[derive(Debug)]
struct Grant {
    request: Request,
    person: PersonId,
    at: UnixTime,
}

/// An answer to a token request that says no (RFC 6749 section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {description}")]
pub struct TokenRefused {
    /// Such as `invalid_grant`.
    pub error: &'static str,
    /// For the developer of the app.
    pub description: &'static str,
}

impl Flow {
    /// A provider at `issuer`, which is its address without a path.
    #[must_use]
    pub fn new(issuer: &str, people: People, key: SigningKey) -> Self {
        let (waiting, codes) = (Mutex::new(Once::new(PATIENCE)), Mutex::new(Once::new(CODE_LIFETIME)));
        Self { issuer: issuer.into(), people, key, waiting, codes }
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Who can sign in.
    #[must_use]
    pub const fn people(&self) -> &People {
        &self.people
    }

    /// The provider's description of itself (OpenID Connect Discovery 1.0 section 3).
    #[must_use]
    pub fn description(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"),
            "scopes_supported": ["openid", "profile"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "tid", "oid", "acct", "acrs", "name"],
            "authorization_response_iss_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        })
    }

    /// The keys that tokens are checked with.
    #[must_use]
    pub fn key_set(&self) -> Value {
        self.key.key_set()
    }

    /// Takes an authorization request; gives the handle by which the page answers it.
    ///
    /// # Errors
    /// [`Denied`]: to be shown, or sent back to the app, as it says.
    pub fn authorize(&self, query: &Parameters, now: UnixTime) -> Result<String, Denied> {
        let request = Request::read(query, &self.issuer)?;
        lock(&self.waiting).put(request, now).ok_or(Denied::Page(Refused::Busy))
    }

    /// What a page's request asks for beyond a plain sign-in, for the person to read.
    #[must_use]
    pub fn asked_for(&self, handle: &str, now: UnixTime) -> Vec<Claim> {
        lock(&self.waiting).peek(handle, now).map(|request| request.contexts.clone()).unwrap_or_default()
    }

    /// The person chose who to be, or, with `None`, to go away; gives the address at the app to go back to.
    ///
    /// # Errors
    /// For a page that is too old or was answered before, and for somebody who is not on it.
    pub fn choose(&self, handle: &str, person: Option<&str>, now: UnixTime) -> Result<Url, Refused> {
        // Looked up first: a slip must not use the page up.
        let person = person.map(|id| self.people.person(id).ok_or(Refused::Nobody)).transpose()?;
        let request = lock(&self.waiting).take(handle, now).ok_or(Refused::TooLate)?;
        let (redirect, state) = (request.redirect.clone(), request.state.clone());
        let answer = match person {
            None => ("error", "access_denied".to_owned()),
            Some(person) => {
                let grant = Grant { request, person: person.id.clone(), at: now };
                ("code", lock(&self.codes).put(grant, now).ok_or(Refused::Busy)?)
            }
        };
        Ok(request::back(redirect, &self.issuer, state.as_deref(), answer))
    }

    /// Exchanges a code for an ID token. A code is used up by the first who shows it, whether they may have the token or not.
    ///
    /// # Errors
    /// [`TokenRefused`].
    pub fn token(&self, form: &Parameters, now: UnixTime) -> Result<Value, TokenRefused> {
        let no = |error, description| TokenRefused { error, description };
        let one = |name, description| form.one(name).ok().flatten().ok_or(no("invalid_request", description));
        if one("grant_type", "grant_type is missing or there twice")? != "authorization_code" {
            return Err(no("unsupported_grant_type", "only authorization_code is there"));
        }
        let code = one("code", "code is missing or there twice")?;
        let client = one("client_id", "client_id is missing or there twice")?;
        let redirect = one("redirect_uri", "redirect_uri is missing or there twice")?;
        let verifier = one("code_verifier", "code_verifier is missing or there twice")?;
        if form.has("client_secret") || client != CLIENT_ID {
            return Err(no("invalid_client", "the one app is \"remote-help\", and it has no secret"));
        }
        let grant = lock(&self.codes).take(code, now).ok_or(no("invalid_grant", "the code is not known, used, or expired"))?;
        if redirect != grant.request.redirect.as_str() {
            return Err(no("invalid_grant", "redirect_uri is not the one that the code went to"));
        }
        let challenge = base64url(digest::digest(&digest::SHA256, verifier.as_bytes()).as_ref());
        let proven: bool = challenge.as_bytes().ct_eq(grant.request.challenge.as_bytes()).into();
        if !proven {
            return Err(no("invalid_grant", "code_verifier does not fit the code_challenge"));
        }
        let failed = no("server_error", "no token can be made just now");
        let person = self.people.person(grant.person.as_str()).ok_or(failed)?;
        let token = self.key.sign(&self.claims(person, &grant, now)).ok_or(failed)?;
        // OAuth wants an access token; this one opens nothing, because nothing here is behind one.
        let access = once::handle().ok_or(failed)?;
        Ok(json!({ "access_token": access, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME, "scope": "openid", "id_token": token }))
    }

    fn claims(&self, person: &Person, grant: &Grant, now: UnixTime) -> Value {
        let stepped_up = person.step_up.iter().filter(|context| grant.request.contexts.contains(context));
        let contexts: Vec<&str> = person.contexts.iter().chain(stepped_up).map(Claim::as_str).collect();
        json!({
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": person.id.as_str(),
            "oid": person.id.as_str(),
            "tid": self.people.tenant().as_str(),
            "acct": u8::from(person.guest),
            "acrs": contexts,
            "name": person.name.as_str(),
            "nonce": grant.request.nonce,
            "auth_time": grant.at,
            "iat": now,
            "exp": now.plus(TOKEN_LIFETIME),
        })
    }
}

/// What is behind these locks is whole after every call, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
