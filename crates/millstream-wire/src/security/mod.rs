//! Who may read what is sent, and who is at the other end: the settings of TLS and SASL, and what is made of them.

mod fault;
mod in_use;
mod pem;
mod properties;
mod provider;
mod secret;
mod settings;
mod tls_config;
mod verifier;

#[cfg(test)]
mod tests;

pub(crate) use self::fault::TlsFault;
pub use self::in_use::Security;
#[cfg(any(test, feature = "oidc"))]
pub(crate) use self::provider::provider;
pub use self::secret::Secret;
pub use self::settings::{Authorities, Identity, Pem, SecuritySettings, TlsSettings, Verification};
