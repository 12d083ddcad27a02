//! A development identity provider: OpenID Connect (authorization code with PKCE) for people who are only made up.
//!
//! It is a real provider, so that apps sign in here exactly as they do at an organisation's: discovery, key set, sign-in page, ID tokens signed with ES256 that
//! carry `nonce`, `tid`, `oid`, `acct`, `acrs` and `auth_time`. What it lacks is a secret: whoever can open the page may be anybody on it.
//!
//! So it serves this computer alone, by construction: [`Config`] has a port and no address, the listener is on 127.0.0.1, requests that name another host are
//! refused (a name that somebody points here is none of ours), and codes go to redirect addresses on 127.0.0.1 only. Its signing key is made at the first start
//! and stays in the state directory, readable by its owner; nobody else's provider has it, and no organisation has a reason to trust it.
//!
//! ```no_run
//! # async fn example() -> Result<(), rh_idp::Error> {
//! let provider = rh_idp::start(rh_idp::Config { port: 0, state: "state".into(), people: rh_idp::People::built_in() }).await?;
//! println!("issuer {}", provider.issuer());
//! let settings = provider.settings(); // what an app of the organisation is configured with
//! # drop(settings);
//! # Ok(())
//! # }
//! ```
//!
//! Not there, because nothing of ours needs it: userinfo, refresh tokens, consent, sessions (every sign-in asks), clients other than [`CLIENT_ID`].

pub mod browser;
pub mod flow;
mod key;
mod page;
mod people;
mod server;

use std::{io, net::Ipv4Addr, path::PathBuf, sync::Arc};

use rh_auth::oidc::{ClaimIs, Provider};
use tokio::{net::TcpListener, sync::oneshot};

use crate::flow::Flow;
pub use crate::{
    key::{KeyError, SigningKey},
    people::{People, PeopleError, Person, Picture},
};

/// The one app that can sign people in here: `aud` of the tokens.
pub const CLIENT_ID: &str = "remote-help";

/// What a provider is started with. There is no address to choose: it is 127.0.0.1.
#[derive(Debug, Clone)]
pub struct Config {
    /// The port; 0 lets the system choose. The issuer holds it, so apps that are configured once want a fixed one.
    pub port: u16,
    /// Where the signing key is kept; made at the first start.
    pub state: PathBuf,
    /// Who can sign in.
    pub people: People,
}

/// Why there is no provider. Whoever starts it must act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The port is taken, or not for this user.
    #[error("cannot listen on 127.0.0.1:{port} ({cause}): stop what is there, or choose another port")]
    Listen {
        /// The port.
        port: u16,
        /// Why.
        cause: io::Error,
    },
    /// The signing key can be neither read nor made.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A provider that serves until this is dropped.
#[derive(Debug)]
pub struct Running {
    flow: Arc<Flow>,
    /// Ends the server when it is dropped.
    _stop: oneshot::Sender<()>,
}

impl Running {
    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.flow.issuer()
    }

    /// Who can sign in.
    #[must_use]
    pub fn people(&self) -> &People {
        self.flow.people()
    }

    /// The provider as an app of the organisation, or its authority, is configured with it.
    #[must_use]
    pub fn settings(&self) -> Provider {
        let tenant = self.people().tenant().clone();
        let is_tenant = ClaimIs::new("tid", tenant.as_str());
        Provider::shared(self.issuer(), CLIENT_ID, tenant, is_tenant, ClaimIs::new("acct", 0)).with_oid()
    }
}

/// Starts a provider on the present tokio runtime.
///
/// # Errors
/// [`Error`].
pub async fn start(config: Config) -> Result<Running, Error> {
    let key = SigningKey::open(&config.state)?;
    let cannot = |cause| Error::Listen { port: config.port, cause };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let flow = Arc::new(Flow::new(&format!("http://{address}"), config.people, key));
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(server::serve(listener, Arc::clone(&flow), stopped));
    Ok(Running { flow, _stop: stop })
}
