//! Who signed in: checking an OpenID Connect ID token, at the authority and again at the other peer.
//!
//! The token's `nonce` commits to the session key of whoever signed in, so that it is worth nothing to anybody else, and every reader can check that without
//! asking the provider: only its public keys are needed.

mod claims;
mod nonce;
mod provider;

pub use nonce::Commitment;
pub use provider::{ClaimIs, Provider};

use crate::identity::{PersonId, Principal, SignIn, TenantId};
use crate::jwks::KeySet;
use crate::jws::{Compact, JwsError, Kind};
use crate::key::PublicKey;
use crate::value::UnixTime;
use claims::Claims;

/// A person who has signed in, as far as authority may depend on it. No name and no address: those are for people to read, and come from the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The organisation.
    pub tenant: TenantId,
    /// The account within it; Entra's `oid`. The pair with `tenant` is the person. A member: of others nothing is proven.
    pub person: PersonId,
    /// How the person signed in, for conditional access.
    pub sign_in: SignIn,
    /// When the token ceases to be good.
    pub expires: UnixTime,
    /// The session key that it is bound to.
    pub key: PublicKey,
}

impl Proven {
    /// The person as decisions see them. What only the directory knows, the groups and when it was asked, is unknown until it is filled in.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal {
            tid: Some(self.tenant.clone()),
            member: Some(true),
            proven: Some(true),
            spki: Some(self.key.fingerprint().0),
            sign_in: self.sign_in.clone(),
            ..Principal::unknown(self.person.clone())
        }
    }
}

/// Why a token does not prove who somebody is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not a token of an accepted form, or not signed by the provider.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// It names no key, so nobody can say which one signed it.
    #[error("the token names no key")]
    NoKeyName,
    /// The provider has no such key, as far as is known here. Fetch its keys and try once more.
    #[error("the token is signed with a key that the identity provider has not published")]
    UnknownKey,
    /// A claim is missing or has a value that it cannot have.
    #[error("the token's {claim:?} is missing or malformed")]
    Claim {
        /// Its name in the token, or of the setting that names it.
        claim: &'static str,
    },
    /// From another provider, or for another tenant of it.
    #[error("the token is from another issuer than the organisation's")]
    Issuer,
    /// Made for another app, or for several.
    #[error("the token is for another app")]
    Audience,
    /// Requested by another app.
    #[error("the token was requested by another app")]
    AuthorizedParty,
    /// Its time is over.
    #[error("the sign-in has expired; sign in again")]
    Expired,
    /// Its time has not come: somebody's clock is wrong.
    #[error("the token is from the future; check this computer's clock")]
    NotYetValid,
    /// Bound to another key, or to the other role: somebody else's token.
    #[error("the token belongs to another session key")]
    Nonce,
    /// From another organisation.
    #[error("the person signed in belongs to another organisation")]
    Tenant,
    /// The token does not show that the person is a member of the organisation.
    #[error("the token does not show that the person is a member of the organisation and no guest")]
    NotAMember,
}

/// What a token is checked for.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who issues tokens for the tenant, and how to read them.
    pub provider: &'a Provider,
    /// Its keys.
    pub keys: &'a KeySet,
    /// What the nonce must commit to.
    pub commitment: &'a Commitment,
    /// The time, by a clock that is right to a minute.
    pub now: UnixTime,
}

/// Checks an ID token.
///
/// # Errors
/// [`TokenError`], the first that applies; nothing of the token may be used then.
pub fn check(token: &str, expected: &Expected<'_>) -> Result<Proven, TokenError> {
    let Expected { provider, keys, commitment, now } = *expected;
    let jws = Compact::parse(token, Kind::IdToken)?;
    let kid = jws.kid().ok_or(TokenError::NoKeyName)?;
    let key = keys.key(kid).ok_or(TokenError::UnknownKey)?;
    if !keys.allows(kid, jws.algorithm()) {
        return Err(JwsError::KeyMismatch.into());
    }
    let claims = Claims::parse(&jws.verify(key)?)?;

    if claims.text("iss")? != provider.issuer() {
        return Err(TokenError::Issuer);
    }
    if claims.audience()? != provider.client_id() {
        return Err(TokenError::Audience);
    }
    if claims.optional_text("azp")?.is_some_and(|party| party != provider.client_id()) {
        return Err(TokenError::AuthorizedParty);
    }
    check_times(&claims, now)?;
    if !commitment.matches(claims.text("nonce")?) {
        return Err(TokenError::Nonce);
    }
    if !provider.tenant_claim().is_none_or(|claim| claims.is(claim)) {
        return Err(TokenError::Tenant);
    }
    if !claims.is(provider.member_claim()) {
        return Err(TokenError::NotAMember);
    }
    let claim = provider.person_claim();
    Ok(Proven {
        tenant: provider.tenant().clone(),
        person: PersonId::new(claims.text(claim)?).map_err(|_| TokenError::Claim { claim })?,
        sign_in: SignIn { contexts: claims.list("acrs")?, methods: claims.list("amr")?, at: claims.optional_time("auth_time")? },
        expires: claims.time("exp")?,
        key: commitment.key(),
    })
}

fn check_times(claims: &Claims, now: UnixTime) -> Result<(), TokenError> {
    if now >= claims.time("exp")?.plus(UnixTime::SKEW) {
        return Err(TokenError::Expired);
    }
    let latest = now.plus(UnixTime::SKEW);
    let from_the_future = claims.time("iat")? > latest || claims.optional_time("nbf")?.is_some_and(|start| start > latest);
    if from_the_future { Err(TokenError::NotYetValid) } else { Ok(()) }
}
