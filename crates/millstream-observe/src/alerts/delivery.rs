//! The body of an alert, and one attempt to deliver it.

use std::time::Duration;

use millstream_types::time::millis_of;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE};
#[cfg(feature = "https-alerts")]
use ureq::tls::TlsConfig;

use super::config::AlertConfig;
use super::problems::{Alert, Status};
use crate::events::{Event, Level};

/// The longest time-out of one attempt: ureq adds it to the present time without a check for overflow.
const TIMEOUT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The body of an alert: the fields of the event, and those of the alert. `alert_id` is the same for every attempt, so that
/// a receiver can recognise a repetition.
pub(super) fn body(alert: &Alert, event: &Event, alert_id: &str, alerts_dropped: u64) -> Value {
    let lasting = millis_of(alert.lasting);
    let mut body = json!({
        "alert_id": alert_id,
        "alerts_dropped": alerts_dropped,
        "problem_id": alert.problem_id,
        "status": alert.status,
        "occurrences": alert.occurrences,
        "lasting_ms": lasting,
    });
    let fields = serde_json::to_value(event).expect("an event serialises to JSON");
    if let (Value::Object(body), Value::Object(fields)) = (&mut body, fields) {
        body.extend(fields);
    }
    if alert.status == Status::Resolved {
        body["level"] = json!(Level::Info);
        body["message"] = format!("Resolved after {} s: {}", lasting / 1_000, event).into();
    }
    body
}

/// Why an attempt failed. The message does not contain the URL.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DeliveryError {
    #[error("no response within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the receiver responded with status {0}")]
    Status(u16),
    #[error("the host is not known")]
    HostNotFound,
    #[error("{0}")]
    Connection(std::io::ErrorKind),
    #[error("the connection is not secure: {0}")]
    Tls(String),
    #[error("the request failed")]
    Other,
}

impl DeliveryError {
    /// Whether another attempt may succeed. A receiver that refuses the request itself will refuse it again.
    pub(super) fn is_retriable(&self) -> bool {
        match self {
            Self::Status(status) => *status >= 500 || [408, 425, 429].contains(status),
            Self::TimedOut(_) | Self::HostNotFound | Self::Connection(_) | Self::Tls(_) | Self::Other => true,
        }
    }
}

/// Posts alerts to one receiver.
pub(super) struct Delivery {
    agent: Agent,
    config: AlertConfig,
}

impl Delivery {
    pub(super) fn new(config: AlertConfig) -> Self {
        // Redirects are not followed: they would turn the POST into a GET, or send the token to another host.
        let mut builder = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("millstream/", env!("CARGO_PKG_VERSION")));
        if config.is_local() {
            builder = builder.proxy(None);
        }
        #[cfg(feature = "https-alerts")]
        // The configuration has checked that there is one, if it is needed.
        if let Ok(provider) = super::cryptography::provider() {
            let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
            builder = builder.tls_config(tls.build());
        }
        Self { agent: builder.build().into(), config }
    }

    /// Makes one attempt, for `timeout` at most.
    pub(super) fn attempt(&self, body: &[u8], timeout: Duration) -> Result<(), DeliveryError> {
        let mut request = self.agent.post(&self.config.url).header(CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.config.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.config().timeout_global(Some(timeout.min(TIMEOUT_MAX))).build().send(body);
        match response {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(DeliveryError::Status(response.status().as_u16())),
            Err(error) => Err(without_url(error, timeout)),
        }
    }
}

/// The error without texts that could contain a part of the URL.
fn without_url(error: ureq::Error, timeout: Duration) -> DeliveryError {
    match error {
        ureq::Error::Timeout(_) => DeliveryError::TimedOut(timeout),
        ureq::Error::StatusCode(status) => DeliveryError::Status(status),
        ureq::Error::HostNotFound => DeliveryError::HostNotFound,
        ureq::Error::ConnectionFailed => DeliveryError::Connection(std::io::ErrorKind::NotConnected),
        ureq::Error::Io(error) => DeliveryError::Connection(error.kind()),
        #[cfg(feature = "https-alerts")]
        ureq::Error::Rustls(error) => DeliveryError::Tls(error.to_string()),
        ureq::Error::Tls(reason) => DeliveryError::Tls(reason.to_owned()),
        _ => DeliveryError::Other,
    }
}
