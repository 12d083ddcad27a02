//! The service as apps use it: sign-in settings, codes, sessions, streams. Asynchronous, on tokio.
//!
//! ```no_run
//! # use rh_relay::api::{HelperFacts, PlatformName};
//! # use rh_relay::client::{Claimed, ClientError, Service, SignedIn, Trust};
//! # async fn help(signed_in: SignedIn) -> Result<(), ClientError> {
//! let service = Service::new("https://help.contoso.example", &Trust::Authorities(Vec::new()))?;
//! let facts = HelperFacts::native(rh_proto::msg::hello::AppVersion::new(0, 1, 0), PlatformName::Linux);
//! let mut offer = service.offer(&signed_in, &facts).await?;
//! # let five_random_bytes = [0; 5];
//! println!("{}", offer.code(five_random_bytes)?);
//! if let Claimed::Admitted(admitted) = offer.claimed().await? {
//!     let (control, notices) = offer.into_control();
//!     let stream = service.dial(&admitted.pass).await?;
//! }
//! # Ok(())
//! # }
//! ```

mod connect;
mod control;
mod error;
mod http;
mod offer;
mod signed_in;
mod stream;
mod trust;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::Method;
use rh_auth::identity::TenantId;
use tokio::io::DuplexStream;
use url::Url;

use crate::api::Tenant;
use connect::Route;
use http::Caller;

pub use control::{Control, Decided, Notice, Notices, Resumed};
pub use error::ClientError;
pub use offer::{Claim, Claimed, Offer};
pub use signed_in::SignedIn;
pub use trust::Trust;

/// A service, and how to reach it. Cheap to clone.
///
/// Goes through the HTTP proxy that `HTTPS_PROXY` or `ALL_PROXY` names, but for the hosts in `NO_PROXY` and this computer's own addresses.
#[derive(Clone)]
pub struct Service {
    /// As in proofs: without a slash at the end.
    base: Arc<str>,
    /// `Host`.
    authority: Arc<str>,
    route: Arc<Route>,
    /// The newest that the service gave.
    nonce: Arc<Mutex<String>>,
}

impl Service {
    /// The service at `url`, such as `https://help.contoso.example`. Nothing is asked of it yet.
    ///
    /// # Errors
    /// [`ClientError::Address`] and [`ClientError::Trust`].
    pub fn new(url: &str, trust: &Trust) -> Result<Self, ClientError> {
        let wrong = |reason: String| ClientError::Address { what: "the service's address", reason };
        let parsed = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        if parsed.path() != "/" || parsed.query().is_some() || parsed.fragment().is_some() || !parsed.username().is_empty() {
            return Err(wrong("https, a host and perhaps a port are expected, and nothing behind".to_owned()));
        }
        let base = parsed.as_str().trim_end_matches('/');
        let authority = base.split_once("://").map_or(base, |(_, rest)| rest);
        let route = Route::new(&parsed, trust)?;
        Ok(Self { base: base.into(), authority: authority.into(), route: Arc::new(route), nonce: Arc::default() })
    }

    /// What an organisation tells its apps: where to sign in, the keys to believe, the oldest app that is taken. `None`: the only one that this service has.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn tenant(&self, tenant: Option<&TenantId>) -> Result<Tenant, ClientError> {
        let encoded = |id: &TenantId| url::form_urlencoded::byte_serialize(id.as_str().as_bytes()).collect::<String>().replace('+', "%20");
        let path = tenant.map_or_else(|| "/v1/tenant".to_owned(), |id| format!("/v1/tenants/{}", encoded(id)));
        self.call::<(), _>(Method::GET, &path, Caller::Nobody, None).await
    }

    /// Opens a session's stream through the relay (step 5). The other end's bytes come out of it, and nothing else; close it to leave.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn dial(&self, pass: &str) -> Result<DuplexStream, ClientError> {
        Ok(stream::bytes(self.upgrade("/v1/relay", Caller::Pass(pass)).await?))
    }

    fn nonce(&self) -> String {
        self.nonce.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember_nonce(&self, nonce: &str) {
        nonce.clone_into(&mut self.nonce.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("base", &self.base).finish_non_exhaustive()
    }
}
