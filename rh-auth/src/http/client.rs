//! Asking the provider.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::crypto::ring::default_provider;
use ureq::Agent;
use ureq::http::{Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use super::discovery::address;
use super::{Endpoints, HttpError, SignInError};
use crate::clock::Clock;
use crate::jwks::{KeyCache, KeySet};
use crate::jws::{Compact, Kind};
use crate::oidc::{Commitment, Expected, Proven, Provider, TokenError, check};

/// Bytes of an answer to a token request at most: an ID token, an access token, a refresh token.
const MAX_ANSWER: usize = 128 * 1024;

/// A provider has this long to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// An HTTPS client for identity providers: the operating system's trusted authorities, proxies as the environment has them (`HTTPS_PROXY`, `ALL_PROXY`,
/// `NO_PROXY`), no redirects, bounded answers, 15 s.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
}

impl Client {
    /// `extra`: DER certificates of further authorities to trust, such as an organisation's proxy.
    ///
    /// # Errors
    /// [`HttpError::Trust`] when neither the operating system nor the caller names an authority.
    pub fn new(extra: &[Vec<u8>]) -> Result<Self, HttpError> {
        let system = rustls_native_certs::load_native_certs();
        let owned = |der: &[u8]| Certificate::from_der(der).to_owned();
        let roots: Vec<Certificate<'static>> =
            system.certs.iter().map(AsRef::as_ref).chain(extra.iter().map(Vec::as_slice)).map(owned).collect();
        if let (true, Some(error)) = (roots.is_empty(), system.errors.first()) {
            return Err(HttpError::Trust(error.to_string()));
        }
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent("remote-help")
            .build();
        Ok(Self { agent: config.into() })
    }

    /// Asks a provider to describe itself.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn discover(&self, provider: &Provider) -> Result<Endpoints, HttpError> {
        let url = format!("{}/.well-known/openid-configuration", provider.issuer().trim_end_matches('/'));
        let url = address(&url).ok_or(HttpError::Address { what: "the identity provider" })?;
        let document = self.get("the identity provider's description", url.as_str(), Endpoints::MAX_BYTES)?;
        Ok(Endpoints::parse(&document, provider.issuer())?)
    }

    /// Fetches the provider's keys, for [`KeyCache::handle_fetched`].
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn keys(&self, endpoints: &Endpoints) -> Result<Vec<u8>, HttpError> {
        self.get("the identity provider's keys", endpoints.jwks.as_str(), KeySet::MAX_BYTES)
    }

    fn get(&self, what: &'static str, url: &str, limit: usize) -> Result<Vec<u8>, HttpError> {
        let answer = self.agent.get(url).header("accept", "application/json").call();
        let answer = read(answer, limit).map_err(|cause| HttpError::Transport { what, cause: Box::new(cause) })?;
        match answer.status().as_u16() {
            200 => Ok(answer.into_body()),
            status => Err(HttpError::Status { what, status }),
        }
    }

    /// A request as the `oauth2` crate makes them.
    pub(super) fn call(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, ureq::Error> {
        read(self.agent.run(request), MAX_ANSWER)
    }
}

fn read(answer: Result<Response<ureq::Body>, ureq::Error>, limit: usize) -> Result<Response<Vec<u8>>, ureq::Error> {
    let (parts, mut body) = answer?.into_parts();
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let bytes = body.with_config().limit(limit).read_to_vec()?;
    Ok(Response::from_parts(parts, bytes))
}

/// Checks a token, fetching keys as the cache's rules have it: when there are none, when they are an hour old, and once for a name that is not known.
///
/// # Errors
/// [`SignInError::Token`] for a token that proves nothing; [`SignInError::Http`] when keys are needed and cannot be had.
pub fn check_token(
    client: &Client,
    endpoints: &Endpoints,
    provider: &Provider,
    keys: &mut KeyCache,
    commitment: &Commitment,
    token: &str,
    clock: Clock,
) -> Result<Proven, SignInError> {
    let jws = Compact::parse(token, Kind::IdToken).map_err(TokenError::from)?;
    let kid = jws.kid().ok_or(TokenError::NoKeyName)?;
    // Asked for first, so that the cache knows whether a name is missing.
    let _ = keys.lookup(Instant::now(), kid);
    if keys.poll_fetch(Instant::now()).is_some() {
        let fetched = client.keys(endpoints).and_then(|document| Ok(keys.handle_fetched(Instant::now(), &document)?));
        if let Err(error) = fetched {
            keys.handle_failed(Instant::now());
            // Keys that are still believed will do.
            if keys.keys(Instant::now()).key(kid).is_none() {
                return Err(error.into());
            }
        }
    }
    let now = Instant::now();
    let expected = Expected { provider, keys: &keys.keys(now), commitment, now: clock.at(now) };
    Ok(check(token, &expected)?)
}
