//! A provider's description of itself (OpenID Connect Discovery 1.0, section 3).

use serde::Deserialize;
use url::{Host, Url};

use crate::json::{self, JsonError};

/// Where a provider does what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    pub(super) issuer: String,
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) jwks: Url,
}

/// Why a document does not describe the provider. Nothing is asked of any address in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// Longer than [`Endpoints::MAX_BYTES`].
    #[error("the identity provider's description is longer than {} bytes", Endpoints::MAX_BYTES)]
    TooLong,
    /// Not the JSON of one.
    #[error("the identity provider's description: {0}")]
    Json(#[from] JsonError),
    /// It describes another issuer than the one that was asked for.
    #[error("the identity provider describes itself as another issuer")]
    Issuer,
    /// An endpoint that must not be used.
    #[error("the identity provider's {endpoint} is no https address")]
    Address {
        /// Its name in the document.
        endpoint: &'static str,
    },
    /// It does not do what is needed.
    #[error("the identity provider does not support {what}")]
    Unsupported {
        /// Such as `response_type=code`.
        what: &'static str,
    },
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    response_types_supported: Option<Vec<String>>,
    #[serde(default)]
    code_challenge_methods_supported: Option<Vec<String>>,
}

impl Endpoints {
    /// Bytes of a document at most. Entra ID's has about 2 KB.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// Reads the description of `issuer`.
    ///
    /// The issuer must be the same byte for byte; endpoints may be on other hosts, as Google's are, but only `https` ones. `http` is taken from and to this
    /// computer's own loopback addresses, for development.
    ///
    /// # Errors
    /// [`DiscoveryError`].
    pub fn parse(document: &[u8], issuer: &str) -> Result<Self, DiscoveryError> {
        if document.len() > Self::MAX_BYTES {
            return Err(DiscoveryError::TooLong);
        }
        let document: Document = json::parse(document)?;
        if document.issuer != issuer {
            return Err(DiscoveryError::Issuer);
        }
        let lacks = |list: &Option<Vec<String>>, wanted: &str| list.as_ref().is_some_and(|list| !list.iter().any(|one| one == wanted));
        if lacks(&document.response_types_supported, "code") {
            return Err(DiscoveryError::Unsupported { what: "response_type=code" });
        }
        // Entra ID supports PKCE without saying so; who says what is supported must name it.
        if lacks(&document.code_challenge_methods_supported, "S256") {
            return Err(DiscoveryError::Unsupported { what: "code_challenge_method=S256" });
        }
        let local = address(issuer).is_some_and(|issuer| issuer.scheme() == "http");
        let endpoint =
            |text: &str, endpoint| address(text).filter(|url| local || url.scheme() == "https").ok_or(DiscoveryError::Address { endpoint });
        Ok(Self {
            authorization: endpoint(&document.authorization_endpoint, "authorization_endpoint")?,
            token: endpoint(&document.token_endpoint, "token_endpoint")?,
            jwks: endpoint(&document.jwks_uri, "jwks_uri")?,
            issuer: document.issuer,
        })
    }
}

#[cfg(feature = "__fuzzing")]
impl Endpoints {
    /// All of them.
    pub(crate) const fn addresses(&self) -> [&Url; 3] {
        [&self.authorization, &self.token, &self.jwks]
    }
}

/// An address that may be asked: `https`, or `http` at a loopback address written as such, since a name could be resolved to anything.
pub(super) fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let loopback = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(_) => false,
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (scheme && plain).then_some(url)
}
