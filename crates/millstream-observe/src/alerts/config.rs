//! The configuration of alerts.

use std::fmt;
use std::time::Duration;

use ureq::http::{HeaderValue, Uri};

use super::environment::{self, AlertConfigError, TOKEN_VARIABLE, URL_VARIABLE};

/// The configuration of alerts: the receiver, time-outs and limits. Its `Debug` output shows neither the token nor any part
/// of the URL beyond the host.
///
/// # Examples
/// ```
/// use millstream_observe::alerts::AlertConfig;
///
/// let config = AlertConfig::new("https://alerts.example.com/hook?key=s3cret")?;
/// assert_eq!(config.receiver(), "https://alerts.example.com");
/// assert!(!format!("{config:?}").contains("s3cret"));
/// # Ok::<(), millstream_observe::alerts::AlertConfigError>(())
/// ```
#[derive(Clone)]
pub struct AlertConfig {
    pub(super) url: Uri,
    pub(super) authorization: Option<HeaderValue>,
    /// The time-out of one attempt, from looking up the host to the response's status. Default: 5 s.
    pub timeout: Duration,
    /// The number of attempts before an alert is given up, at least 1. Default: 8, with about a minute of backoff in all.
    pub attempts_max: u32,
    /// The backoff after the first failed attempt; it doubles with each further one. Default: 500 ms.
    pub backoff_min: Duration,
    /// The longest backoff. Default: 30 s.
    pub backoff_max: Duration,
    /// How long an alert about a failure is held, so that consequences of the failure (of the thread, of the application) are
    /// part of the same alert. Default: 1 s.
    pub settle: Duration,
    /// The time between two alerts for the same problem while it lasts. Default: 1 h.
    pub repeat_interval: Duration,
    /// How long the application has to run without a failure before it counts as resolved. Default: 60 s.
    pub resolve_after: Duration,
    /// The maximum number of alerts in the queue; further ones are dropped and counted. Default: 100.
    pub queue_max: usize,
    /// How long closing waits for alerts that are not delivered yet. Default: 10 s.
    pub close_limit: Duration,
    /// Whether alerts contain texts that may quote a record (`detail`, `causes`). Default: no, since records may contain
    /// personal data.
    pub quotes_allowed: bool,
}

impl AlertConfig {
    /// A configuration for this URL, with defaults for everything else.
    ///
    /// # Examples
    /// ```
    /// use millstream_observe::alerts::{AlertConfig, AlertConfigError};
    ///
    /// let mut config = AlertConfig::new("https://alerts.example.com/hook")?;
    /// config.attempts_max = 3;
    /// assert_eq!(AlertConfig::new("ftp://alerts.example.com").unwrap_err(), AlertConfigError::Scheme);
    /// # Ok::<(), AlertConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`AlertConfigError`] when it is not an `http` or `https` URL with a host, or contains a user name.
    pub fn new(url: &str) -> Result<Self, AlertConfigError> {
        Ok(Self {
            url: checked_url(url)?,
            authorization: None,
            timeout: Duration::from_secs(5),
            attempts_max: 8,
            backoff_min: Duration::from_millis(500),
            backoff_max: Duration::from_secs(30),
            settle: Duration::from_secs(1),
            repeat_interval: Duration::from_secs(3600),
            resolve_after: Duration::from_secs(60),
            queue_max: 100,
            close_limit: Duration::from_secs(10),
            quotes_allowed: false,
        })
    }

    /// Adds `Authorization: Bearer <token>` to every request.
    ///
    /// # Examples
    /// ```
    /// use millstream_observe::alerts::{AlertConfig, AlertConfigError};
    ///
    /// let config = AlertConfig::new("https://alerts.example.com/hook")?.with_token("t0ken")?;
    /// assert!(!format!("{config:?}").contains("t0ken"));
    /// let refused = config.with_token("two\nlines").unwrap_err();
    /// assert_eq!(refused, AlertConfigError::Token);
    /// # Ok::<(), AlertConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`AlertConfigError::Token`] when the token is not valid in a header.
    pub fn with_token(mut self, token: &str) -> Result<Self, AlertConfigError> {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| AlertConfigError::Token)?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    /// The configuration from `MILLSTREAM_ALERT_URL` and `MILLSTREAM_ALERT_TOKEN`; `None` if the first is not set or empty.
    ///
    /// # Errors
    /// [`AlertConfigError`] when one of them is invalid. An application should not start then, since its alerts would not be
    /// sent.
    pub fn from_environment() -> Result<Option<Self>, AlertConfigError> {
        Self::from_variables(environment::read)
    }

    pub(super) fn from_variables(
        variable: impl Fn(&'static str) -> Result<Option<String>, AlertConfigError>,
    ) -> Result<Option<Self>, AlertConfigError> {
        let given = |name| variable(name).map(|value| value.filter(|value| !value.trim().is_empty()));
        let Some(url) = given(URL_VARIABLE)? else { return Ok(None) };
        let config = Self::new(url.trim())?;
        match given(TOKEN_VARIABLE)? {
            Some(token) => config.with_token(token.trim()).map(Some),
            None => Ok(Some(config)),
        }
    }

    /// The receiver for messages: scheme, host and port. Path and query are left out, since they may contain secrets.
    #[must_use]
    pub fn receiver(&self) -> String {
        let scheme = self.url.scheme_str().unwrap_or_default();
        let host = self.url.host().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }
    }

    /// Whether the receiver is on this machine. Such a receiver is reached without a proxy.
    pub(super) fn is_local(&self) -> bool {
        let host = self.url.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        host.eq_ignore_ascii_case("localhost") || is_loopback
    }
}

fn checked_url(text: &str) -> Result<Uri, AlertConfigError> {
    let url: Uri = text.parse().map_err(|_| AlertConfigError::NotAUrl)?;
    let authority = url.authority().ok_or(AlertConfigError::NotAUrl)?;
    let scheme = url.scheme_str().ok_or(AlertConfigError::Scheme)?;
    if scheme == "https" {
        check_https()?;
    }
    if !["http", "https"].contains(&scheme) {
        return Err(AlertConfigError::Scheme);
    }
    if authority.as_str().contains('@') {
        return Err(AlertConfigError::UserInfo);
    }
    if authority.host().is_empty() {
        return Err(AlertConfigError::NotAUrl);
    }
    Ok(url)
}

#[cfg(feature = "https-alerts")]
fn check_https() -> Result<(), AlertConfigError> {
    super::cryptography::provider().map(drop)
}

#[cfg(not(feature = "https-alerts"))]
fn check_https() -> Result<(), AlertConfigError> {
    Err(AlertConfigError::HttpsMissing)
}

impl fmt::Debug for AlertConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlertConfig")
            .field("receiver", &self.receiver())
            .field("has_token", &self.authorization.is_some())
            .field("timeout", &self.timeout)
            .field("attempts_max", &self.attempts_max)
            .field("queue_max", &self.queue_max)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn from(url: &str, token: &str) -> Result<Option<AlertConfig>, AlertConfigError> {
        AlertConfig::from_variables(|name| {
            let value = if name == URL_VARIABLE { url } else { token };
            Ok((!value.is_empty()).then(|| value.to_owned()))
        })
    }

    #[test]
    fn an_error_about_a_url_does_not_show_it() {
        let cases = [
            ("not a url s3cret", AlertConfigError::NotAUrl),
            ("/s3cret", AlertConfigError::NotAUrl),
            ("ftp://host/s3cret", AlertConfigError::Scheme),
            ("host:80", AlertConfigError::Scheme),
            ("https://user:s3cret@host/", AlertConfigError::UserInfo),
            ("http://:80/s3cret", AlertConfigError::NotAUrl),
        ];
        for (url, expected) in cases {
            let error = from(url, "").unwrap_err();
            assert_eq!(error, expected, "{url}");
            assert!(!error.to_string().contains("s3cret"));
        }
    }

    #[test]
    fn without_a_url_there_are_no_alerts() {
        assert!(from("", "token").unwrap().is_none());
        assert!(from("  ", "token").unwrap().is_none());
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        let config = from("https://host:8443/s3cret?key=s3cret", "s3cret").unwrap().unwrap();
        assert_eq!(config.receiver(), "https://host:8443");
        assert!(!format!("{config:?}").contains("s3cret"));
        assert_eq!(config.authorization.unwrap().to_str().unwrap(), "Bearer s3cret");
    }

    #[test]
    fn a_token_that_is_invalid_in_a_header_is_refused() {
        let error = from("https://host", "s3cret\nX-Injected: 1").unwrap_err();
        assert_eq!(error, AlertConfigError::Token);
        assert!(!error.to_string().contains("s3cret"));
    }

    #[test]
    fn only_this_machine_is_local() {
        for (url, local) in [
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://LOCALHOST", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(AlertConfig::new(url).unwrap().is_local(), local, "{url}");
        }
    }
}
