//! The organisation's service as the programs use it: who signs in where, who may meet whom, and the stream through its relay.

use std::{
    fmt::Write as _,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rh_auth::{
    audit::Answer,
    code::{Code, LiveCode},
    handshake::OwnSignIn,
    identity::TenantId,
    value::Id,
};
use rh_proto::{credential::Role, msg::hello::AppVersion};
use rh_relay::{
    api::{HelperFacts, PlatformName, Problem, SharerFacts, Tenant},
    client::{ClientError, Control, Notice, Notices, Offer, Service, SignedIn, Trust},
};
use tokio::{
    io::DuplexStream,
    sync::{
        mpsc::{Sender, UnboundedReceiver, channel, unbounded_channel},
        oneshot,
    },
};
use zeroize::Zeroizing;

use crate::{
    failure::{Failure, Kind},
    sign_in::{Organisation, sign_in},
    vouched::{Invitation, Line, Note, Standing, Word},
    wire::Transport,
};

/// Words that wait for a session: it reads them at once.
const WORDS: usize = 16;

/// Where the service is, and by what it is known.
#[derive(Debug, Clone)]
pub struct Address {
    /// Such as `https://help.contoso.example`.
    pub url: String,
    /// SHA-256 of the certificate of a service that made its own; `None`: the operating system's authorities decide.
    pub fingerprint: Option<String>,
    /// The organisation, where the service has several.
    pub tenant: Option<String>,
}

/// A service that has said what its organisation wants.
#[derive(Debug, Clone)]
pub struct Desk {
    service: Service,
    tenant: TenantId,
    /// What people call the organisation.
    name: String,
    organisation: Organisation,
}

impl Transport for DuplexStream {}

impl Desk {
    /// Asks the service for what its apps need to know. An app that the organisation calls too old learns it here, before anybody signs in.
    ///
    /// # Errors
    /// [`Kind::PeerGone`] when it is not reached, [`Kind::VersionTooOld`], [`Kind::Identity`] for a service that is not the one that is trusted.
    pub async fn open(address: &Address) -> Result<Self, Failure> {
        let trust = address.fingerprint.as_deref().map_or(Ok(Trust::Authorities(Vec::new())), Trust::fingerprint).map_err(failed)?;
        let wanted = address.tenant.as_deref().map(TenantId::new).transpose();
        let wanted = wanted.map_err(|e| Failure::new(Kind::Usage, format!("--tenant: {e}")))?;
        let service = Service::new(&address.url, &trust).map_err(failed)?;
        let facts = service.tenant(wanted.as_ref()).await.map_err(failed)?;
        check_version(&facts)?;
        let strange =
            |e: rh_auth::identity::IdError| Failure::new(Kind::Other, format!("the service's organisation has no proper id: {e}"));
        let organisation = Organisation { provider: Arc::new(facts.provider().map_err(strange)?), authority: facts.ticket_key };
        Ok(Self { service, tenant: facts.tenant_id().map_err(strange)?, name: facts.name, organisation })
    }

    /// What people call the organisation.
    #[must_use]
    pub fn organisation(&self) -> &str {
        &self.name
    }

    /// Signs a person in, in a browser that `open` shows the address to. Cancelling it gives the sign-in up.
    ///
    /// # Errors
    /// [`Kind::Identity`].
    pub async fn sign_in(&self, role: Role, open: impl FnOnce(&str) -> bool + Send + 'static) -> Result<Standing, Failure> {
        let organisation = self.organisation.clone();
        let cancel = Cancel::default();
        let cancelled = Arc::clone(&cancel.0);
        let (tell, told) = oneshot::channel();
        let work = move || {
            // Nobody may wait any more.
            let _ = tell.send(sign_in(&organisation, role, &[], open, &mut io::stderr(), &cancelled));
        };
        let started = std::thread::Builder::new().name("sign-in".to_owned()).spawn(work);
        started.map_err(|e| Failure::new(Kind::Other, format!("the system has no thread left: {e}")))?;
        let outcome = told.await.map_err(|_| Failure::new(Kind::Other, "signing in panicked: this is a bug, please report it"))?;
        outcome.map(|(standing, _)| standing)
    }

    /// Opens a code, as a helper.
    ///
    /// # Errors
    /// [`Kind::Refused`] with every reason.
    pub async fn offer(&self, standing: &Standing) -> Result<Offer, Failure> {
        let facts = HelperFacts::native(own_version(), platform());
        self.service.offer(&self.signed_in(standing)?, &facts).await.map_err(failed)
    }

    /// The helper's end of a session whose code was claimed.
    ///
    /// # Errors
    /// When the relay is not reached.
    pub async fn join(
        &self,
        offer: Offer,
        admitted: rh_relay::api::Admitted,
        code: LiveCode,
        standing: Standing,
    ) -> Result<(Box<dyn Transport>, Invitation, Line), Failure> {
        let stream = self.service.dial(&admitted.pass).await.map_err(failed)?;
        let (control, notices) = offer.into_control();
        let invitation = Invitation { sid: admitted.sid, ticket: admitted.ticket, code, standing };
        Ok((Box::new(stream), invitation, line(control, notices)))
    }

    /// Claims a code, as a sharer on `device`: the routing half goes to the service, the rest of it stays here. Gives the
    /// connection, and the session that both ends must go into.
    ///
    /// # Errors
    /// [`Kind::Refused`] with every reason; [`Kind::WrongCode`] for one that nobody waits with.
    pub async fn claim(&self, code: &Code, standing: &Standing, device: Option<&str>) -> Result<(Box<dyn Transport>, Id, Line), Failure> {
        let facts = SharerFacts {
            device: device.map(ToOwned::to_owned),
            capture_allowed: Some(true),
            remote_prompts_allowed: Some(true),
            ..SharerFacts::native(own_version(), platform())
        };
        let claim = self.service.claim(code.routing(), &self.signed_in(standing)?, &facts).await.map_err(failed)?;
        let stream = self.service.dial(&claim.admitted.pass).await.map_err(failed)?;
        Ok((Box::new(stream), claim.admitted.sid, line(claim.control, claim.notices)))
    }

    fn signed_in(&self, standing: &Standing) -> Result<SignedIn, Failure> {
        let own: &OwnSignIn = &standing.own;
        let seed = Zeroizing::new(*standing.seed);
        SignedIn::new(self.tenant.clone(), seed, *own.commitment(), own.token().to_owned())
            .ok_or_else(|| Failure::new(Kind::Identity, "the sign-in is bound to another key: sign in again"))
    }
}

/// Ends a sign-in that nobody waits for any more.
#[derive(Default)]
struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Carries notes and words between a session's end and its channel, until the end lets go of the line.
fn line(control: Control, notices: Notices) -> Line {
    let (notes, asked) = unbounded_channel();
    let (to, words) = channel(WORDS);
    tokio::spawn(report(control, asked, to.clone()));
    tokio::spawn(listen(notices, to));
    Line { notes, words }
}

async fn report(control: Control, mut asked: UnboundedReceiver<Note>, to: Sender<Word>) {
    while let Some(note) = asked.recv().await {
        let outcome = match note {
            // The channel renews by itself.
            Note::Renew => Ok(()),
            Note::Decide(mode) => {
                let reasons = match control.decide(mode).await {
                    Ok(decided) if decided.allowed => Vec::new(),
                    Ok(decided) => decided.reasons.into_iter().map(|reason| reason.sentence).collect(),
                    Err(error) => vec![error.to_string()],
                };
                let _ = to.send(Word::Decided { mode, reasons }).await;
                Ok(())
            }
            Note::Consent { mode, allowed, shown } => {
                control.consent(mode, if allowed { Answer::Allowed } else { Answer::Declined }, shown).await
            }
            Note::Mode(mode) => control.mode(mode).await,
            Note::End { code, own } => control.end(code, own).await,
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, "not on record at the service");
        }
    }
}

async fn listen(mut notices: Notices, to: Sender<Word>) {
    while let Some(notice) = notices.next().await {
        let word = match notice {
            Notice::Renewed(token) => Word::Lease(token),
            Notice::Revoked { token, .. } => Word::Revocation(token),
            Notice::Lost(error) => return tracing::warn!(%error, "the service is lost; the session lasts as long as its lease"),
            Notice::Over(_) => return,
            _ => continue,
        };
        if to.send(word).await.is_err() {
            return;
        }
    }
}

fn own_version() -> AppVersion {
    env!("CARGO_PKG_VERSION").parse().expect("cargo's version is major.minor.patch")
}

fn platform() -> PlatformName {
    if cfg!(windows) {
        PlatformName::Windows
    } else if cfg!(target_os = "macos") {
        PlatformName::MacOs
    } else {
        PlatformName::Linux
    }
}

fn check_version(tenant: &Tenant) -> Result<(), Failure> {
    match tenant.min_app.get(&platform()) {
        Some(oldest) if oldest.0 > own_version() => Err(Failure::new(
            Kind::VersionTooOld,
            format!("{} takes this app from version {} on, and this is {}: update it", tenant.name, oldest.0, own_version()),
        )),
        _ => Ok(()),
    }
}

/// Every reason that the service gives, in one sentence each.
#[must_use]
pub fn reasons(problem: &Problem) -> String {
    let mut sentence = problem.detail.clone();
    for reason in &problem.reasons {
        let _ = write!(sentence, "; {} ({})", reason.sentence, reason.code);
    }
    sentence
}

/// A failure of a program, by who must act.
#[must_use]
pub fn failed(error: ClientError) -> Failure {
    use rh_relay::api::Code as Problem;
    match &error {
        ClientError::Problem(problem) => {
            let kind = match problem.code {
                Problem::CodeUnknown => Kind::WrongCode,
                Problem::Token | Problem::Proof => Kind::Identity,
                Problem::Refused | Problem::TooManyCodes | Problem::TooManyClaims | Problem::TenantUnknown => Kind::Refused,
                _ => Kind::Other,
            };
            Failure::new(kind, reasons(problem))
        }
        ClientError::Address { .. } => Failure::new(Kind::Usage, error.to_string()),
        ClientError::NotTrusted { .. } | ClientError::NotTheService(_) => Failure::new(Kind::Identity, error.to_string()),
        ClientError::Unreachable { .. } | ClientError::Proxy { .. } | ClientError::TimedOut => {
            Failure::new(Kind::PeerGone, error.to_string())
        }
        _ => Failure::new(Kind::Other, error.to_string()),
    }
}
