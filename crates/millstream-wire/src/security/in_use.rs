//! The settings in use, and what is kept for the next connection.

use std::sync::Arc;

use rustls::ClientConfig;

use super::fault::TlsFault;
use super::settings::SecuritySettings;
use super::tls_config::TlsConfig;
use crate::sasl::Authenticator;

/// [`SecuritySettings`] in use. Without TLS and SASL by default.
///
/// Clones share the certificates that were read, the TLS sessions that can be resumed, the salted passwords and the token. So it
/// should be made once and cloned for each client.
///
/// # Examples
/// ```
/// use millstream_wire::{Authorities, ClientSettings, Pem, SaslSettings, ScramHash, Security, SecuritySettings, TlsSettings};
///
/// let authorities = Authorities::Own(vec![Pem::File("ca.pem".into())]);
/// let tls = TlsSettings { authorities, ..TlsSettings::default() };
/// let sasl = SaslSettings::Scram { hash: ScramHash::Sha512, user: "counts".to_owned(), password: "s3cret".into() };
/// let security = Security::from(SecuritySettings { tls: Some(tls), sasl: Some(sasl) });
/// assert!(!format!("{security:?}").contains("s3cret"));
/// let client = ClientSettings { bootstrap_servers: "broker:9093".parse()?, security, ..ClientSettings::default() };
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Security(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    tls: Option<TlsConfig>,
    sasl: Option<Authenticator>,
}

impl From<SecuritySettings> for Security {
    fn from(settings: SecuritySettings) -> Self {
        let SecuritySettings { tls, sasl } = settings;
        Self(Arc::new(Shared { tls: tls.map(TlsConfig::new), sasl: sasl.map(Authenticator::new) }))
    }
}

impl Security {
    /// Reads the certificates, as the first connection would.
    ///
    /// # Errors
    /// When they cannot be read or used, or there is no cryptography for this processor. The text names the setting and the remedy.
    pub fn check(&self) -> Result<(), String> {
        self.tls().map(drop).map_err(|fault| fault.to_string())
    }

    /// The configuration for the next connection; `None` without TLS.
    pub(crate) fn tls(&self) -> Result<Option<Arc<ClientConfig>>, TlsFault> {
        self.0.tls.as_ref().map(TlsConfig::current).transpose()
    }

    /// What authenticates a connection; `None` without SASL.
    pub(crate) fn sasl(&self) -> Option<&Authenticator> {
        self.0.sasl.as_ref()
    }
}
