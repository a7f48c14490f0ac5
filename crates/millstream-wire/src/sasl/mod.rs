//! SASL: telling brokers who connects.
//!
//! A mechanism is a state machine without I/O ([`Mechanism`]). [`Authenticator`] runs it on a connection.

mod authenticator;
#[cfg(feature = "oidc")]
mod client_credentials;
mod fault;
mod mechanism;
mod oauthbearer;
mod plain;
mod scram;
mod scram_hash;
mod session;
mod settings;
mod token_cache;

pub(crate) use self::authenticator::{Authenticator, SaslRequests};
#[cfg(feature = "oidc")]
pub use self::client_credentials::ClientCredentials;
pub(crate) use self::fault::SaslFault;
pub use self::scram_hash::ScramHash;
pub(crate) use self::session::Session;
pub use self::settings::{SaslSettings, Token, TokenSource};
