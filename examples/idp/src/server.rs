//! The addresses, over HTTP.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Router,
    extract::{DefaultBodyLimit, RawQuery, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use rh_auth::value::UnixTime;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    flow::{Denied, Flow, Parameters},
    page,
};

/// Bytes of a form at most.
const MAX_FORM: usize = 16 * 1024;

type Shared = State<Arc<Flow>>;

/// Serves until `stopped` fires or its other half is gone.
pub(crate) async fn serve(listener: TcpListener, flow: Arc<Flow>, stopped: oneshot::Receiver<()>) {
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(async |State(flow): Shared| json_answer(StatusCode::OK, &flow.description())))
        .route("/keys", get(async |State(flow): Shared| json_answer(StatusCode::OK, &flow.key_set())))
        .route("/authorize", get(authorize))
        .route("/sign-in", post(sign_in))
        .route("/token", post(token))
        .route("/picture", get(picture))
        .fallback(async || html(StatusCode::NOT_FOUND, &page::refused("There is nothing at this address.")))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(middleware::from_fn_with_state(Arc::clone(&flow), only_here))
        .with_state(flow);
    let end = async { drop(stopped.await) };
    tokio::select! {
        // Errors of single connections stay with them; axum's accept loop itself does not end.
        _ = axum::serve(listener, router) => {}
        () = end => {}
    }
}

/// Refuses requests that name another host: a page elsewhere whose name was pointed at this computer. And says to browsers what pages of ours never do.
async fn only_here(State(flow): Shared, request: Request, next: Next) -> Response {
    let ours = flow.issuer().strip_prefix("http://");
    let mut answer = if request.headers().get(header::HOST).and_then(|host| host.to_str().ok()) == ours {
        next.run(request).await
    } else {
        html(StatusCode::MISDIRECTED_REQUEST, &page::refused("This server is known by its address on this computer only."))
    };
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value| drop(headers.insert(name, HeaderValue::from_static(value)));
    // Sending a form may lead to an app on this computer, which browsers count as the form's target.
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self' http://127.0.0.1:*; frame-ancestors 'none'; base-uri 'none'",
    );
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CACHE_CONTROL, "no-store");
    answer
}

async fn authorize(State(flow): Shared, RawQuery(query): RawQuery) -> Response {
    let now = now();
    match flow.authorize(&Parameters::read(&query.unwrap_or_default()), now) {
        Ok(handle) => html(StatusCode::OK, &page::choose(&flow, &handle, &flow.asked_for(&handle, now))),
        Err(Denied::Page(refused)) => html(StatusCode::BAD_REQUEST, &page::refused(&refused.to_string())),
        Err(Denied::Back(address)) => see_other(address.as_str()),
    }
}

async fn sign_in(State(flow): Shared, headers: HeaderMap, form: String) -> Response {
    // A page elsewhere may send a form here; it cannot know the handle, and does not get so far.
    let elsewhere = headers.get(header::ORIGIN).is_some_and(|origin| origin != flow.issuer() && origin != "null");
    if elsewhere || !is_form(&headers) {
        return html(StatusCode::BAD_REQUEST, &page::refused("Only this server's own page can be answered here."));
    }
    let form = Parameters::read(&form);
    let (handle, person, cancel) = (form.only("request"), form.only("person"), form.only("cancel"));
    let answer = match (handle, person, cancel) {
        (Some(handle), Some(person), None) => flow.choose(handle, Some(person), now()),
        (Some(handle), None, Some(_)) => flow.choose(handle, None, now()),
        _ => return html(StatusCode::BAD_REQUEST, &page::refused("The page's answer names nobody.")),
    };
    match answer {
        Ok(address) => see_other(address.as_str()),
        Err(refused) => html(StatusCode::BAD_REQUEST, &page::refused(&refused.to_string())),
    }
}

async fn token(State(flow): Shared, headers: HeaderMap, form: String) -> Response {
    let no =
        |error: &str, description: &str| json_answer(StatusCode::BAD_REQUEST, &json!({ "error": error, "error_description": description }));
    if !is_form(&headers) {
        return no("invalid_request", "the body must be application/x-www-form-urlencoded");
    }
    if headers.contains_key(header::AUTHORIZATION) {
        return no("invalid_client", "the one app has no secret to show");
    }
    match flow.token(&Parameters::read(&form), now()) {
        Ok(answer) => json_answer(StatusCode::OK, &answer),
        Err(refused) => no(refused.error, refused.description),
    }
}

async fn picture(State(flow): Shared, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let id = url::form_urlencoded::parse(query.as_bytes()).next().map(|(id, _)| id.into_owned()).unwrap_or_default();
    match flow.people().person(&id).and_then(|person| person.picture.as_ref()) {
        Some(picture) => ([(header::CONTENT_TYPE, "image/png")], picture.bytes().to_vec()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

fn html(status: StatusCode, page: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.to_owned()).into_response()
}

fn json_answer(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn see_other(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
}

fn now() -> UnixTime {
    // A clock before 1970 makes tokens that every app refuses, which is what such a clock deserves.
    UnixTime(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}
