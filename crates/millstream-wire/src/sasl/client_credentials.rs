//! Tokens from an OAuth server, by a client's id and secret (RFC 6749, section 4.4; `sasl.oauthbearer.method=oidc`).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::settings::{Token, TokenSource};
use crate::security::{Authorities, Pem, Secret, provider};

/// How long the server may take, in all.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Responses are smaller.
const RESPONSE_BYTES_MAX: u64 = 1 << 20;

/// Where an OAuth server gives tokens to this client.
///
/// # Examples
/// ```
/// use millstream_wire::{Authorities, ClientCredentials, SaslSettings, TokenSource};
///
/// let credentials = ClientCredentials {
///     endpoint: "https://login.example/oauth2/token".to_owned(),
///     client_id: "counts".to_owned(),
///     client_secret: "s3cret".into(),
///     scope: Some("kafka".to_owned()),
///     authorities: Authorities::Public,
/// };
/// let sasl = SaslSettings::OauthBearer { source: TokenSource::from(credentials), extensions: Vec::new() };
/// ```
#[derive(Clone)]
pub struct ClientCredentials {
    /// `sasl.oauthbearer.token.endpoint.url`. With `http` the secret can be read by anyone on the way.
    pub endpoint: String,
    /// `sasl.oauthbearer.client.id`.
    pub client_id: String,
    /// `sasl.oauthbearer.client.secret`.
    pub client_secret: Secret,
    /// `sasl.oauthbearer.scope`.
    pub scope: Option<String>,
    /// Whose certificates are trusted at the endpoint (`https.ca.location`). Brokers have their own setting.
    pub authorities: Authorities,
}

/// The endpoint is shown without a user and a query, which may have secrets.
impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("endpoint", &shown(&self.endpoint))
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret)
            .field("scope", &self.scope)
            .field("authorities", &self.authorities)
            .finish()
    }
}

impl From<ClientCredentials> for TokenSource {
    fn from(credentials: ClientCredentials) -> Self {
        Self::new(move || credentials.token())
    }
}

impl ClientCredentials {
    /// Checks the endpoint.
    ///
    /// # Errors
    /// When it is not a URL of HTTP.
    pub(crate) fn check(self) -> Result<Self, String> {
        let url = self.endpoint.parse::<Uri>().ok();
        let is_http = |url: &Uri| matches!(url.scheme_str(), Some("https" | "http")) && url.host().is_some();
        if url.as_ref().is_some_and(is_http) {
            return Ok(self);
        }
        Err(format!(
            "the setting `sasl.oauthbearer.token.endpoint.url` cannot be `{}`: it is a URL that begins with `https://` or `http://`",
            shown(&self.endpoint)
        ))
    }

    /// Requests a token. Errors name the endpoint, never the secret.
    fn token(&self) -> Result<Token, String> {
        let endpoint = shown(&self.endpoint);
        let failed = |why: String| format!("`{endpoint}`, the `sasl.oauthbearer.token.endpoint.url`, {why}");
        let request = self.agent().map_err(&failed)?.post(&self.endpoint);
        let request = request.header("Authorization", self.authorization()).header("Accept", "application/json");
        let sent = request.content_type("application/x-www-form-urlencoded").send(self.form());
        let mut response = sent.map_err(|error| failed(format!("cannot be reached: {error}")))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(RESPONSE_BYTES_MAX).read_to_string();
        let body = body.map_err(|error| failed(format!("responds, but not completely: {error}")))?;
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        token_of(status, &body).map_err(failed)
    }

    fn agent(&self) -> Result<Agent, String> {
        let roots = match &self.authorities {
            Authorities::Public => RootCerts::WebPki,
            Authorities::Own(pems) => own(pems)?,
        };
        let provider = provider().map_err(|fault| format!("cannot be connected to: {fault}"))?;
        let tls = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build();
        let config = Agent::config_builder().tls_config(tls).timeout_global(Some(TIMEOUT)).max_redirects(0);
        Ok(config.http_status_as_error(false).build().into())
    }

    /// RFC 6749, section 2.3.1: both are encoded as in a form first.
    fn authorization(&self) -> String {
        let pair = format!("{}:{}", encoded(&self.client_id), encoded(self.client_secret.reveal()));
        format!("Basic {}", STANDARD.encode(pair))
    }

    fn form(&self) -> String {
        let scope = self.scope.as_ref().map_or(String::new(), |scope| format!("&scope={}", encoded(scope)));
        format!("grant_type=client_credentials{scope}")
    }
}

fn own(pems: &[Pem]) -> Result<RootCerts, String> {
    let mut certificates = Vec::new();
    for pem in pems {
        let read = pem.certificates().map_err(|why| format!("cannot be verified: {why}; check `https.ca.location`"))?;
        certificates.extend(read.iter().map(|certificate| Certificate::from_der(certificate).to_owned()));
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}

fn token_of(status: u16, body: &Value) -> Result<Token, String> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    if status != 200 {
        let why = [text("error"), text("error_description")].into_iter().flatten().collect::<Vec<_>>().join(": ");
        return Err(format!("refuses with status {status} ({why}); check `sasl.oauthbearer.client.id` and its secret"));
    }
    let token = Token::new(text("access_token").ok_or("responds without an `access_token`; check the URL")?);
    // A server that does not say it gives tokens of an unknown life.
    let life = body.get("expires_in").and_then(seconds);
    Ok(life.map_or(token.clone(), |life| token.expiring_in(life)))
}

/// Some servers write the number as a text.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// A URL without a user and a query.
fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let without_user = |rest: &str| rest.rsplit_once('@').map_or(rest, |(_user, host)| host).to_owned();
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", without_user(rest)),
        None => without_user(url),
    }
}

/// Encodes a text for a form.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests;
