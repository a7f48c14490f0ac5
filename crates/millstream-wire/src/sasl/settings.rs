//! The settings of SASL.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::scram_hash::ScramHash;
use crate::security::Secret;

/// The mechanism, and who connects (`sasl.mechanism`).
#[derive(Clone, Debug)]
pub enum SaslSettings {
    /// `PLAIN`: the broker gets the password itself, so it should be used with TLS only.
    Plain {
        /// `sasl.username`.
        user: String,
        /// `sasl.password`.
        password: Secret,
    },
    /// `SCRAM-SHA-256` or `SCRAM-SHA-512`: broker and client prove to each other that they know the password.
    Scram {
        /// Which of the two.
        hash: ScramHash,
        /// `sasl.username`.
        user: String,
        /// `sasl.password`.
        password: Secret,
    },
    /// `OAUTHBEARER`: the broker gets a token, so it should be used with TLS only.
    OauthBearer {
        /// Where tokens come from.
        source: TokenSource,
        /// `sasl.oauthbearer.extensions`: names and values that the broker gets with the token.
        extensions: Vec<(String, String)>,
    },
}

/// A function that returns a token for OAUTHBEARER.
///
/// It is called on the thread of a connection, which it may block, and by several of them at the same time. Give whatever it waits for a
/// time-out: sixteen calls that have not returned are the most, and further connections fail then. A token is used for further
/// connections until 80 % of its life are over. After an error or a panic, which is reported as an error, the function is not called
/// again for a second.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_wire::{SaslSettings, Token, TokenSource};
///
/// let source = TokenSource::new(|| {
///     let text = std::fs::read_to_string("token.jwt").map_err(|error| format!("`token.jwt` cannot be read: {error}"))?;
///     Ok(Token::new(text).expiring_in(Duration::from_secs(300)))
/// });
/// let sasl = SaslSettings::OauthBearer { source, extensions: Vec::new() };
/// ```
#[derive(Clone)]
pub struct TokenSource(Arc<dyn Fn() -> Result<Token, String> + Send + Sync>);

impl TokenSource {
    /// Takes the function. Its error is reported, so it must not have a secret in it.
    pub fn new(token: impl Fn() -> Result<Token, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(token))
    }

    pub(super) fn token(&self) -> Result<Token, String> {
        (self.0)()
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}

/// A token for OAUTHBEARER.
#[derive(Clone, Debug)]
pub struct Token {
    pub(super) text: Secret,
    pub(super) life: Option<Duration>,
}

impl Token {
    /// A token that is used once: the next connection gets another one.
    pub fn new(text: impl Into<Secret>) -> Self {
        Self { text: text.into(), life: None }
    }

    /// The time for which the token is valid from now on, by which connections share it.
    pub fn expiring_in(self, life: Duration) -> Self {
        Self { life: Some(life), ..self }
    }
}
