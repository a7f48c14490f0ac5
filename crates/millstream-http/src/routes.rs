//! The responses of the paths.

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use millstream_observe::Observer;
use millstream_observe::events::{Health, NotReady};
use serde::Serialize;

use crate::HttpConfig;

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
/// The text format of Prometheus.
const PROMETHEUS: &str = "text/plain; version=0.0.4";

/// The shared state of all requests.
#[derive(Clone)]
struct Shared {
    observer: Observer,
    config: HttpConfig,
}

/// The router for this application.
pub(crate) fn router(observer: Observer, config: &HttpConfig) -> Router {
    let shared = Shared { observer, config: config.clone() };
    Router::new()
        .route("/live", get(live))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(shared.clone(), limit))
        .layer(DefaultBodyLimit::max(config.body_bytes_max))
        .with_state(shared)
}

async fn live(State(shared): State<Shared>) -> Response {
    let health = shared.observer.health();
    let status = if health.is_live() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    respond(status, TEXT, format!("{}\n", health.state))
}

async fn ready(State(shared): State<Shared>) -> Response {
    let health = shared.observer.health();
    match health.readiness(shared.config.log_outage_max) {
        Ok(()) => respond(StatusCode::OK, TEXT, format!("{}\n", health.state)),
        Err(reason) => not_ready(&health, &reason),
    }
}

fn not_ready(health: &Health, reason: &NotReady) -> Response {
    /// The fields of the body.
    #[derive(Serialize)]
    struct Body<'a> {
        ready: bool,
        reason: String,
        #[serde(flatten)]
        health: &'a Health,
    }
    let body = Body { ready: false, reason: reason.to_string(), health };
    match serde_json::to_string(&body) {
        Ok(json) => respond(StatusCode::SERVICE_UNAVAILABLE, JSON, json + "\n"),
        Err(error) => respond(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("{reason} ({error})\n")),
    }
}

async fn metrics(State(shared): State<Shared>) -> Response {
    respond(StatusCode::OK, PROMETHEUS, shared.observer.metrics().to_prometheus())
}

async fn unknown() -> Response {
    respond(StatusCode::NOT_FOUND, TEXT, "ask for /live, /ready or /metrics\n".to_owned())
}

/// Refuses requests that are too large, before they are handled.
async fn limit(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let uri_bytes = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if uri_bytes > shared.config.uri_bytes_max {
        return respond(StatusCode::URI_TOO_LONG, TEXT, "the path is too long\n".to_owned());
    }
    if request.body().size_hint().lower() > shared.config.body_bytes_max as u64 {
        return respond(StatusCode::PAYLOAD_TOO_LARGE, TEXT, "the body is too long\n".to_owned());
    }
    next.run(request).await
}

fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response {
    (status, [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")], body).into_response()
}
