//! The configuration of rustls, from settings and files.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};

use super::pem::Stamp;
use super::provider::provider;
use super::verifier::{AnyCertificate, AnyName};
use super::{Authorities, Identity, Pem, TlsFault, TlsSettings, Verification};

/// The configuration of the last connection. It is shared by all connections, which resume each other's TLS sessions.
#[derive(Debug)]
pub(super) struct TlsConfig {
    settings: TlsSettings,
    last: Mutex<Option<Built>>,
}

#[derive(Debug)]
struct Built {
    /// The stamps of the files when they were read.
    stamps: Vec<Stamp>,
    config: Arc<ClientConfig>,
}

impl TlsConfig {
    pub(super) fn new(settings: TlsSettings) -> Self {
        Self { settings, last: Mutex::default() }
    }

    /// The configuration for the next connection. Files that have changed are read again.
    pub(super) fn current(&self) -> Result<Arc<ClientConfig>, TlsFault> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken before the files are read: if they change meanwhile, they are read again for the next connection.
        let stamps: Vec<Stamp> = self.settings.pems().flat_map(Pem::stamps).collect();
        let unchanged = last.as_ref().filter(|built| built.stamps == stamps);
        if let Some(built) = unchanged {
            return Ok(Arc::clone(&built.config));
        }
        match (self.settings.build(), last.as_ref()) {
            (Ok(config), _) => {
                let config = Arc::new(config);
                *last = Some(Built { stamps, config: Arc::clone(&config) });
                Ok(config)
            }
            (Err(_), Some(built)) => Ok(Arc::clone(&built.config)),
            (Err(fault), None) => Err(fault),
        }
    }
}

impl TlsSettings {
    fn pems(&self) -> impl Iterator<Item = &Pem> {
        let authorities = match &self.authorities {
            Authorities::Public => &[],
            Authorities::Own(pems) => pems.as_slice(),
        };
        authorities.iter().chain(self.identity.iter().flat_map(|identity| [&identity.certificate, &identity.key]))
    }

    fn build(&self) -> Result<ClientConfig, TlsFault> {
        let provider = provider()?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder =
            builder.map_err(unusable)?.dangerous().with_custom_certificate_verifier(self.verifier(&provider)?);
        match &self.identity {
            None => Ok(builder.with_no_client_auth()),
            Some(Identity { certificate, key, key_password }) => {
                let certificates = certificate.certificates().map_err(named("ssl.certificate.location"))?;
                let key = key.key(key_password.as_ref()).map_err(named("ssl.key.location"))?;
                builder.with_client_auth_cert(certificates, key).map_err(unusable_identity)
            }
        }
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, TlsFault> {
        if self.verification == Verification::Nothing {
            return Ok(Arc::new(AnyCertificate { provider: Arc::clone(provider) }));
        }
        let roots = Arc::new(self.roots()?);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build();
        let verifier = verifier.map_err(|error| TlsFault::Settings(error.to_string()))?;
        Ok(if self.verification == Verification::Full { verifier } else { Arc::new(AnyName { inner: verifier }) })
    }

    fn roots(&self) -> Result<RootCertStore, TlsFault> {
        let mut roots = RootCertStore::empty();
        match &self.authorities {
            Authorities::Public => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Authorities::Own(pems) => {
                for pem in pems {
                    let certificates = pem.certificates().map_err(named("ssl.ca.location"))?;
                    let (added, _unusable) = roots.add_parsable_certificates(certificates);
                    if added == 0 {
                        let why = "none of its certificates can be read".to_owned();
                        return Err(named("ssl.ca.location")(why));
                    }
                }
            }
        }
        Ok(roots)
    }
}

fn named(setting: &'static str) -> impl Fn(String) -> TlsFault {
    move |why| TlsFault::Settings(format!("{why}; check `{setting}`"))
}

fn unusable(error: rustls::Error) -> TlsFault {
    TlsFault::Settings(error.to_string())
}

fn unusable_identity(error: rustls::Error) -> TlsFault {
    let why = match error {
        rustls::Error::InconsistentKeys(_) => "the key does not belong to the client certificate".to_owned(),
        error => format!("the client certificate or its key cannot be used: {error}"),
    };
    TlsFault::Settings(format!("{why}; check `ssl.certificate.location` and `ssl.key.location`"))
}
