//! Reading an authorization request, and the way back to the app.

use std::net::Ipv4Addr;

use rh_auth::{identity::Claim, value::from_base64url};
use url::{Host, Url, form_urlencoded};

use crate::CLIENT_ID;

/// The parameters of a query or a form, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

/// A parameter that is there more than once (RFC 6749 section 3.1 forbids it: readers would differ in which one counts).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Twice;

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`. Empty ones count as missing (RFC 6749 section 3.1).
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().filter(|(_, value)| !value.is_empty()).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// The value of a parameter that is there once.
    pub(crate) fn only(&self, name: &str) -> Option<&str> {
        self.one(name).ok().flatten()
    }

    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Twice> {
        let mut found = self.0.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str());
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(Twice),
        }
    }
}

/// What is shown to the person, because there is no app that could be trusted with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Not the one app.
    #[error("the request is not by the app that can sign people in here: client_id must be \"remote-help\", once")]
    Client,
    /// Anywhere but this computer's loopback address: a code for somebody else.
    #[error("redirect_uri must be there once and be http://127.0.0.1:PORT/… without user, query and fragment")]
    Redirect,
    /// More pages wait than people can look at.
    #[error("too many sign-ins wait: finish or close some, and try again")]
    Busy,
    /// The page was answered before, is ten minutes old, or never was.
    #[error("this page was answered before, or is too old: go back to the app and sign in anew")]
    TooLate,
    /// Nobody on the page.
    #[error("nobody of that name is here")]
    Nobody,
}

/// Why a request is not put to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// Shown: there is no app to send it to.
    Page(Refused),
    /// Sent to the app, in the words of RFC 6749 section 4.1.2.1 and OpenID Connect Core section 3.1.2.6.
    Back(Url),
}

/// An authorization request that makes sense.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) redirect: Url,
    pub(super) state: Option<String>,
    pub(super) nonce: String,
    /// Of the code verifier, base64url.
    pub(super) challenge: String,
    /// Authentication contexts that are asked for.
    pub(super) contexts: Vec<Claim>,
}

/// Characters of `state` and `nonce` at most.
const MAX_OPAQUE: usize = 1024;

/// Contexts that one request may ask for.
const MAX_CONTEXTS: usize = 16;

impl Request {
    pub(super) fn read(query: &Parameters, issuer: &str) -> Result<Self, Denied> {
        if query.one("client_id") != Ok(Some(CLIENT_ID)) {
            return Err(Denied::Page(Refused::Client));
        }
        let redirect = query.one("redirect_uri").ok().flatten().and_then(redirect).ok_or(Denied::Page(Refused::Redirect))?;
        // From here on the app learns what is wrong. A state that is there twice is not sent back: nobody could say which.
        let state = query.one("state").ok().flatten().filter(|state| state.len() <= MAX_OPAQUE).map(ToOwned::to_owned);
        Self::read_rest(query, redirect.clone(), state.clone())
            .map_err(|error| Denied::Back(back(redirect, issuer, state.as_deref(), ("error", error.to_owned()))))
    }

    fn read_rest(query: &Parameters, redirect: Url, state: Option<String>) -> Result<Self, &'static str> {
        const INVALID: &str = "invalid_request";
        let one = |name| query.one(name).map_err(|Twice| INVALID);
        if query.has("request") {
            return Err("request_not_supported");
        }
        if query.has("request_uri") {
            return Err("request_uri_not_supported");
        }
        if one("state")? != state.as_deref() {
            return Err(INVALID);
        }
        match one("response_type")? {
            Some("code") => {}
            Some(_) => return Err("unsupported_response_type"),
            None => return Err(INVALID),
        }
        if !matches!(one("response_mode")?, None | Some("query")) {
            return Err(INVALID);
        }
        if !one("scope")?.is_some_and(|scope| scope.split(' ').any(|word| word == "openid")) {
            return Err("invalid_scope");
        }
        match one("prompt")? {
            // Every sign-in asks, so nobody is signed in already.
            Some("none") => return Err("login_required"),
            Some(prompt) if prompt.split(' ').any(|word| !matches!(word, "login" | "consent" | "select_account")) => return Err(INVALID),
            _ => {}
        }
        // No `plain`, and never without: the code crosses the browser.
        let challenge = one("code_challenge")?.filter(|text| from_base64url(text.as_bytes()).is_some_and(|hash| hash.len() == 32));
        if one("code_challenge_method")? != Some("S256") {
            return Err(INVALID);
        }
        let printable = |text: &&str| text.len() <= MAX_OPAQUE && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        let nonce = one("nonce")?.filter(printable).ok_or(INVALID)?;
        let contexts = one("acr_values")?.unwrap_or_default().split(' ').filter(|word| !word.is_empty());
        let contexts: Vec<Claim> = contexts.take(MAX_CONTEXTS).map(Claim::new).collect::<Result<_, _>>().map_err(|_| INVALID)?;
        Ok(Self { redirect, state, nonce: nonce.into(), challenge: challenge.ok_or(INVALID)?.into(), contexts })
    }
}

/// A loopback address of an app (RFC 8252 section 7.3): any port, the address as such and no name, since a name could be resolved to anything.
fn redirect(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let local = url.scheme() == "http" && url.host() == Some(Host::Ipv4(Ipv4Addr::LOCALHOST)) && url.port().is_some();
    // As the app wrote it, so that it compares byte for byte at the token's endpoint: `http://0x7f.1:80/` is the same place, and nobody's honest spelling.
    (plain && local && url.as_str() == text).then_some(url)
}

/// The address at the app with an answer: `code` or `error`, the app's state, and who answers (RFC 9207).
pub(super) fn back(mut redirect: Url, issuer: &str, state: Option<&str>, (name, value): (&str, String)) -> Url {
    {
        let mut query = redirect.query_pairs_mut();
        query.append_pair(name, &value).append_pair("iss", issuer);
        if let Some(state) = state {
            query.append_pair("state", state);
        }
    }
    redirect
}
