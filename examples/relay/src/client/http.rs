//! One request, one connection: there are few of them, and a connection that stays open would have to be watched.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rh_auth::key::SigningKey;
use rh_auth::ticket;
use rh_auth::value::{Id, base64url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{ClientError, Service, SignedIn};
use crate::api::{Code, Problem};
use crate::wire;

/// From the request to the end of the answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Bytes of an answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// Who asks.
#[derive(Clone, Copy)]
pub(super) enum Caller<'a> {
    /// Anybody.
    Nobody,
    /// A person: ID token, and proof by the session key.
    Person(&'a SignedIn),
    /// An end of a session: proof by the session key.
    Key(&'a SigningKey),
    /// A stream with a pass.
    Pass(&'a str),
}

impl Service {
    pub(super) async fn call<B: Serialize, A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        caller: Caller<'_>,
        body: Option<&B>,
    ) -> Result<A, ClientError> {
        let body = match body {
            None => Bytes::new(),
            Some(body) => serde_json::to_vec(body).map_err(|error| ClientError::NotTheService(error.to_string()))?.into(),
        };
        let exchange = self.with_nonce(|| async {
            let answer = self.send(&method, path, caller, body.clone(), None).await?;
            self.read(answer).await
        });
        let answer = timeout(ANSWER, exchange).await.map_err(|_| ClientError::TimedOut)??;
        serde_json::from_slice(&answer).map_err(|error| ClientError::NotTheService(error.to_string()))
    }

    /// Opens a WebSocket.
    pub(super) async fn upgrade(&self, path: &str, caller: Caller<'_>) -> Result<WebSocketStream<TokioIo<Upgraded>>, ClientError> {
        let exchange = self.with_nonce(|| async {
            let key = generate_key();
            let answer = self.send(&Method::GET, path, caller, Bytes::new(), Some(&key)).await?;
            if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                self.read(answer).await?;
                return Err(ClientError::NotTheService("it does not speak WebSocket here".to_owned()));
            }
            let accept = derive_accept_key(key.as_bytes());
            if answer.headers().get("sec-websocket-accept").is_none_or(|value| value.as_bytes() != accept.as_bytes()) {
                return Err(ClientError::NotTheService("its WebSocket handshake is wrong".to_owned()));
            }
            hyper::upgrade::on(answer).await.map_err(|error| ClientError::NotTheService(error.to_string()))
        });
        let upgraded = timeout(ANSWER, exchange).await.map_err(|_| ClientError::TimedOut)??;
        Ok(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, Some(wire::config())).await)
    }

    /// Once more when the service asks for a newer nonce: it always does at first.
    async fn with_nonce<T, F: Future<Output = Result<T, ClientError>>>(&self, exchange: impl Fn() -> F) -> Result<T, ClientError> {
        match exchange().await {
            Err(ClientError::Problem(problem)) if problem.code == Code::UseDpopNonce => exchange().await,
            result => result,
        }
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        caller: Caller<'_>,
        body: Bytes,
        websocket: Option<&str>,
    ) -> Result<Response<hyper::body::Incoming>, ClientError> {
        let broken = |error: hyper::Error| ClientError::NotTheService(error.to_string());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method.clone();
        *request.uri_mut() = path.parse().map_err(|_| ClientError::NotTheService("its paths are none".to_owned()))?;
        *request.headers_mut() = self.headers(method, path, caller, websocket)?;

        let stream = self.route.connect().await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        tokio::spawn(connection.with_upgrades());
        let answer = sender.send_request(request).await.map_err(broken)?;
        if let Some(nonce) = answer.headers().get(wire::NONCE).and_then(|value| value.to_str().ok()) {
            self.remember_nonce(nonce);
        }
        Ok(answer)
    }

    fn headers(&self, method: &Method, path: &str, caller: Caller<'_>, websocket: Option<&str>) -> Result<HeaderMap, ClientError> {
        let mut headers = HeaderMap::new();
        let mut set = |name: hyper::header::HeaderName, value: &str| match HeaderValue::from_str(value) {
            Ok(value) => {
                headers.insert(name, value);
                Ok(())
            }
            Err(_) => Err(ClientError::NotTheService("a value cannot stand in a header".to_owned())),
        };
        set(HOST, &self.authority)?;
        if let Some(key) = websocket {
            set(CONNECTION, "upgrade")?;
            set(UPGRADE, "websocket")?;
            set(wire::header("sec-websocket-version"), "13")?;
            set(wire::header("sec-websocket-key"), key)?;
        } else {
            set(CONTENT_TYPE, "application/json")?;
        }
        match caller {
            Caller::Nobody => {}
            Caller::Person(person) => {
                set(AUTHORIZATION, &format!("DPoP {}", person.token()))?;
                set(wire::header(wire::COMMITMENT), &base64url(person.rz()))?;
                set(wire::header(wire::PROOF), &self.proof(person.key(), method, path)?)?;
            }
            Caller::Key(key) => set(wire::header(wire::PROOF), &self.proof(key, method, path)?)?,
            Caller::Pass(pass) => set(AUTHORIZATION, &format!("{} {pass}", wire::PASS))?,
        }
        Ok(headers)
    }

    fn proof(&self, key: &SigningKey, method: &Method, path: &str) -> Result<String, ClientError> {
        let path = path.split('?').next().unwrap_or(path);
        let url = format!("{}{path}", self.base);
        let mut jti = [0; 16];
        getrandom::fill(&mut jti).map_err(ClientError::Random)?;
        let request = ticket::Request { method: method.as_str(), url: &url };
        Ok(ticket::Proof::make(key, request, &self.nonce(), Id(jti), wire::now()))
    }

    /// The body of a success, or the problem that stands in its place.
    async fn read(&self, answer: Response<hyper::body::Incoming>) -> Result<Bytes, ClientError> {
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| ClientError::NotTheService(error.to_string()))?.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(problem.into()),
            Err(_) => Err(ClientError::NotTheService(format!("it answers with status {status}"))),
        }
    }
}
