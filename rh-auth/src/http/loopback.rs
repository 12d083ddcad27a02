//! The authorization code flow with PKCE on a loopback redirect (RFC 7636, RFC 8252).

use std::io::{self, Read as _, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointNotSet, EndpointSet, ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::{Client, Endpoints, SignInError, page};
use crate::oidc::{Commitment, Provider};
use crate::value::base64url;

/// The redirect's path.
const PATH: &str = "/signed-in";

/// Bytes of a request's head at most. Codes of some providers have two thousand.
const MAX_REQUEST: usize = 16 * 1024;

/// How long one connection may take to say what it wants: browsers open some in advance and leave them silent.
const PATIENCE: Duration = Duration::from_secs(2);

/// Between two looks for a connection: std has no accept with a time-out, and nobody notices a fiftieth of a second.
const TICK: Duration = Duration::from_millis(20);

#[derive(Debug, Serialize, Deserialize)]
struct IdToken {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdToken {}

type Flow = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<IdToken, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// A sign-in that waits for the person's browser to come back.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    flow: Flow,
    address: Url,
    issuer: String,
    state: CsrfToken,
    verifier: PkceCodeVerifier,
}

impl Loopback {
    /// Opens a port on 127.0.0.1 and makes the address that the person is to visit.
    ///
    /// `secrets`: 64 fresh bytes of a cryptographic random source, for `state` and PKCE. `extra`: further parameters, such as `("claims", …)` or
    /// `("acr_values", …)` where a decision asked for step-up.
    ///
    /// # Errors
    /// [`SignInError::Listener`].
    pub fn begin(
        provider: &Provider,
        endpoints: &Endpoints,
        commitment: &Commitment,
        secrets: [u8; 64],
        extra: &[(&str, &str)],
    ) -> Result<Self, SignInError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let redirect = redirect(listener.local_addr()?);
        let flow = oauth2::Client::new(ClientId::new(provider.client_id().into()))
            .set_auth_uri(AuthUrl::from_url(endpoints.authorization.clone()))
            .set_token_uri(TokenUrl::from_url(endpoints.token.clone()))
            .set_redirect_uri(redirect);
        let (state, verifier) = secrets.split_at(32);
        let state = CsrfToken::new(base64url(state));
        let verifier = PkceCodeVerifier::new(base64url(verifier));
        let mut request = flow
            .authorize_url(|| state.clone())
            .add_scope(Scope::new("openid".into()))
            .add_scope(Scope::new("profile".into()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_extra_param("nonce", commitment.nonce());
        for (name, value) in extra {
            request = request.add_extra_param(*name, *value);
        }
        let (address, state) = request.url();
        Ok(Self { listener, flow, address, issuer: endpoints.issuer.clone(), state, verifier })
    }

    /// The address to open in a browser on this computer.
    #[must_use]
    pub fn address(&self) -> &str {
        self.address.as_str()
    }

    /// Waits for the browser, exchanges the code, and has `check` look at the ID token before the person is told that all is well. Gives the token with what
    /// `check` made of it.
    ///
    /// Requests that are not this sign-in's are answered and change nothing.
    ///
    /// # Errors
    /// [`SignInError`].
    pub fn wait<T>(
        self,
        client: &Client,
        timeout: Duration,
        cancelled: &AtomicBool,
        check: impl FnOnce(&str) -> Result<T, SignInError>,
    ) -> Result<(String, T), SignInError> {
        let deadline = Instant::now() + timeout;
        let (mut stream, code) = loop {
            if cancelled.load(Ordering::Relaxed) {
                return Err(SignInError::Cancelled);
            }
            if Instant::now() >= deadline {
                return Err(SignInError::TimedOut);
            }
            match self.listener.accept() {
                Ok((mut stream, _)) => match self.answer(&mut stream) {
                    Some(Ok(code)) => break (stream, code),
                    Some(Err(error)) => {
                        tell(&mut stream, &page::failed());
                        return Err(error);
                    }
                    None => tell(&mut stream, &page::not_ours()),
                },
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(TICK),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        };
        let result = self.exchange(client, code).and_then(|token| check(&token).map(|checked| (token, checked)));
        tell(&mut stream, &if result.is_ok() { page::signed_in() } else { page::failed() });
        result
    }

    /// What a connection says: the code, a refusal, or `None` if it is not this sign-in's answer.
    fn answer(&self, stream: &mut TcpStream) -> Option<Result<AuthorizationCode, SignInError>> {
        let target = request_target(stream)?;
        let url = Url::parse("http://127.0.0.1").ok()?.join(&target).ok()?;
        if url.path() != PATH {
            return None;
        }
        let mut answer = Answer::default();
        for (name, value) in url.query_pairs() {
            let slot = match &*name {
                "state" => &mut answer.state,
                "code" => &mut answer.code,
                "error" => &mut answer.error,
                "iss" => &mut answer.issuer,
                _ => continue,
            };
            // Twice the same parameter is nobody's honest answer.
            if slot.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        let ours: bool = answer.state?.as_bytes().ct_eq(self.state.secret().as_bytes()).into();
        if !ours {
            return None;
        }
        if answer.issuer.is_some_and(|issuer| issuer != self.issuer) {
            return Some(Err(SignInError::Issuer));
        }
        if let Some(error) = answer.error {
            let error = error.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(64).collect();
            return Some(Err(SignInError::Refused { error }));
        }
        answer.code.map(|code| Ok(AuthorizationCode::new(code)))
    }

    fn exchange(self, client: &Client, code: AuthorizationCode) -> Result<String, SignInError> {
        let ask = |request| client.call(request);
        let answer = self.flow.exchange_code(code).set_pkce_verifier(self.verifier).request(&ask).map_err(|error| match error {
            // The provider's own words may hold what the person typed.
            RequestTokenError::ServerResponse(answer) => SignInError::Exchange(answer.error().to_string()),
            RequestTokenError::Request(cause) => SignInError::Exchange(cause.to_string()),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => SignInError::Exchange("the answer is not understood".into()),
        })?;
        answer.extra_fields().id_token.clone().ok_or(SignInError::NoToken)
    }
}

fn redirect(listener: SocketAddr) -> RedirectUrl {
    RedirectUrl::new(format!("http://{listener}{PATH}")).expect("a socket address and a path make a URL")
}

#[derive(Default)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

/// The target of a GET request, once its head is there.
fn request_target(stream: &mut TcpStream) -> Option<String> {
    // Where sockets inherit it from their listener.
    stream.set_nonblocking(false).ok()?;
    let deadline = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    let mut chunk = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        stream.set_read_timeout(Some(left)).ok()?;
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        head.extend_from_slice(chunk.get(..count)?);
        if head.len() > MAX_REQUEST {
            return None;
        }
    }
    let head = std::str::from_utf8(&head).ok()?;
    let target = head.lines().next()?.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
    target.starts_with('/').then(|| target.to_owned())
}

/// The browser may be gone; that changes nothing.
fn tell(stream: &mut TcpStream, answer: &[u8]) {
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let _ = stream.write_all(answer);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    // Until the browser has read it: a socket that is closed with bytes unread takes the page with it.
    let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
    let _ = io::copy(&mut stream.take(MAX_REQUEST as u64), &mut io::sink());
}

/// Shows the person where to sign in: by `open`, such as [`open_browser`], and where that does not work, or there is no screen, by the address in words.
///
/// # Errors
/// When `console` cannot be written to and is needed.
pub fn present(address: &str, open: impl FnOnce(&str) -> bool, console: &mut dyn Write) -> io::Result<()> {
    if open(address) {
        return writeln!(
            console,
            "A browser window has been opened to sign in. If you do not see it, open this address on this computer:\n{address}"
        );
    }
    writeln!(console, "To sign in, open this address in a browser on this computer:\n{address}")
}

/// Opens the person's browser; false where there is none.
#[must_use]
pub fn open_browser(address: &str) -> bool {
    webbrowser::open(address).is_ok()
}
