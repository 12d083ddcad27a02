//! Signing in at the organisation's identity provider, with a fresh session key that the sign-in commits to.

use std::{
    io::Write,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::{Duration, Instant, SystemTime},
};

use rh_auth::{
    clock::Clock,
    handshake::{OwnSignIn, Trust},
    http::{Client, HttpError, Loopback, SignInError, check_token, present},
    jwks::KeyCache,
    key::{PublicKey, SigningKey},
    oidc::{Commitment, Proven, Provider},
    ticket::ReplayGuard,
    value::UnixTime,
};
use rh_proto::credential::Role;
use zeroize::Zeroizing;

use crate::{
    entropy::entropy,
    failure::{Failure, Kind},
    vouched::Standing,
};

/// How long a person may take to sign in.
const PATIENCE: Duration = Duration::from_secs(300);

/// Tickets that one end remembers as used: an app has one session at a time.
const USED: usize = 64;

/// Whom an app believes, from its settings: the organisation's identity provider, and the key of its authority.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Signs ID tokens.
    pub provider: Arc<Provider>,
    /// Signs tickets.
    pub authority: PublicKey,
}

/// Signs a person in, for one role. Blocks until the browser is back: for a thread of its own.
///
/// `open` shows the address to the person, such as [`open_browser`](rh_auth::http::open_browser); where it cannot, `console` says what to do.
/// `extra`: what a decision asked for to step up.
///
/// # Errors
/// [`Kind::Identity`], with what to do.
pub fn sign_in(
    organisation: &Organisation,
    role: Role,
    extra: &[(&str, &str)],
    open: impl FnOnce(&str) -> bool,
    console: &mut dyn Write,
    cancelled: &AtomicBool,
) -> Result<(Standing, Proven), Failure> {
    let Organisation { provider, authority } = organisation;
    let clock = clock()?;
    let seed = Zeroizing::new(entropy()?);
    let commitment = Commitment::new(role, entropy()?, SigningKey::from_seed(&seed).public_key());
    let client = Client::new(&[]).map_err(unreachable)?;
    let endpoints = client.discover(provider).map_err(unreachable)?;
    let loopback = Loopback::begin(provider, &endpoints, &commitment, entropy()?, extra).map_err(refused)?;
    present(loopback.address(), open, console).map_err(|e| Failure::new(Kind::Other, format!("cannot write to the terminal: {e}")))?;
    let mut keys = KeyCache::new();
    let checked = loopback
        .wait(&client, PATIENCE, cancelled, |token| check_token(&client, &endpoints, provider, &mut keys, &commitment, token, clock));
    let (token, proven) = checked.map_err(refused)?;
    let trust = Trust {
        authority: *authority,
        provider: Arc::clone(provider),
        // The ones that were fetched a moment ago: the other side's token is signed with one of them, too.
        keys: keys.keys(Instant::now()),
        used: Arc::new(Mutex::new(ReplayGuard::new(USED))),
        clock,
    };
    Ok((Standing { seed, own: OwnSignIn::new(commitment, &token), trust, portrait: None }, proven))
}

/// Both clocks, read now.
///
/// # Errors
/// When this computer believes to live before 1970.
pub fn clock() -> Result<Clock, Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.map_err(|_| Failure::new(Kind::Other, "this computer's clock is set before 1970: set it, and try again"))?;
    Ok(Clock::new(Instant::now(), UnixTime(since.as_secs())))
}

fn unreachable(error: HttpError) -> Failure {
    Failure::new(Kind::Identity, format!("cannot sign in: {error}"))
}

fn refused(error: SignInError) -> Failure {
    Failure::new(Kind::Identity, format!("not signed in: {error}"))
}
