//! Authenticating connections by the settings.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use millstream_protocol::messages::{SaslAuthenticateResponse, SaslHandshakeResponse};

use super::fault::SaslFault;
use super::mechanism::Mechanism;
use super::oauthbearer::OauthBearer;
use super::plain::Plain;
use super::scram::{SaltedPasswords, Scram};
use super::session::Session;
use super::settings::SaslSettings;
use super::token_cache::TokenCache;
use crate::clock::now;
use crate::codes::{ILLEGAL_SASL_STATE, NONE, SASL_AUTHENTICATION_FAILED, UNSUPPORTED_SASL_MECHANISM};
use crate::error::LinkError;

/// The random bytes of a nonce.
const NONCE_BYTES: usize = 24;

/// Authenticates connections by the settings. Connections share what it keeps.
#[derive(Debug)]
pub(crate) struct Authenticator {
    settings: SaslSettings,
    salted: SaltedPasswords,
    tokens: TokenCache,
}

/// The requests of an authentication, on a connection.
pub(crate) trait SaslRequests {
    /// Announces the mechanism.
    fn handshake(&mut self, mechanism: &str) -> Result<SaslHandshakeResponse, LinkError>;

    /// Sends a message of the mechanism.
    fn authenticate(&mut self, message: &[u8]) -> Result<SaslAuthenticateResponse, LinkError>;
}

impl Authenticator {
    pub(crate) fn new(settings: SaslSettings) -> Self {
        Self { settings, salted: SaltedPasswords::default(), tokens: TokenCache::default() }
    }

    /// Authenticates a connection, for the first time or again.
    pub(crate) fn authenticate(&self, broker: &mut impl SaslRequests) -> Result<Session, LinkError> {
        let mut mechanism = self.mechanism()?;
        self.check_offered(broker.handshake(self.name())?)?;
        let life = run(&mut *mechanism, broker);
        if let Err(LinkError::Sasl(SaslFault::Token { .. } | SaslFault::KeptToken { .. })) = life {
            self.tokens.forget();
        }
        Ok(Session::new(life?, random::<1>()?[0], now()))
    }

    fn mechanism(&self) -> Result<Box<dyn Mechanism + '_>, SaslFault> {
        Ok(match &self.settings {
            SaslSettings::Plain { user, password } => Box::new(Plain { user, password }),
            SaslSettings::Scram { hash, user, password } => {
                let nonce = STANDARD.encode(random::<NONCE_BYTES>()?);
                Box::new(Scram::new(*hash, user, password, nonce, &self.salted))
            }
            SaslSettings::OauthBearer { source, extensions } => {
                let (token, origin) = self.tokens.token(source, now())?;
                Box::new(OauthBearer { token, origin, extensions, error: None })
            }
        })
    }

    /// The mechanism's name.
    fn name(&self) -> &'static str {
        match &self.settings {
            SaslSettings::Plain { .. } => "PLAIN",
            SaslSettings::Scram { hash, .. } => hash.mechanism(),
            SaslSettings::OauthBearer { .. } => "OAUTHBEARER",
        }
    }

    fn check_offered(&self, offered: SaslHandshakeResponse) -> Result<(), SaslFault> {
        match offered.error_code {
            NONE => Ok(()),
            UNSUPPORTED_SASL_MECHANISM => {
                Err(SaslFault::Unsupported { mechanism: self.name(), offered: offered.mechanisms.join(", ") })
            }
            ILLEGAL_SASL_STATE => Err(SaslFault::NotExpected),
            code => Err(SaslFault::Refused { code, why: String::new() }),
        }
    }
}

/// Passes messages between the mechanism and the broker. Returns for how long the client is authenticated; zero is for ever.
fn run(mechanism: &mut dyn Mechanism, broker: &mut impl SaslRequests) -> Result<Duration, LinkError> {
    let (mut message, mut life) = (Some(mechanism.start()), 0);
    while let Some(sent) = message {
        let response = broker.authenticate(&sent)?;
        let why = response.error_message.unwrap_or_default();
        match response.error_code {
            NONE => message = mechanism.step(&response.auth_bytes)?,
            SASL_AUTHENTICATION_FAILED => return Err(mechanism.refused(why).into()),
            code => return Err(SaslFault::Refused { code, why: format!(" ({why})") }.into()),
        }
        life = response.session_lifetime_ms;
    }
    Ok(Duration::from_millis(u64::try_from(life).unwrap_or(0)))
}

fn random<const N: usize>() -> Result<[u8; N], SaslFault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| SaslFault::NoRandomness)?;
    Ok(bytes)
}
