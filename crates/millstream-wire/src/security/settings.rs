//! The settings of TLS and SASL.

use std::path::PathBuf;

use super::Secret;
use crate::sasl::SaslSettings;

/// How connections are protected (`security.protocol`): without TLS and SASL by default.
///
/// | `security.protocol` | `tls` | `sasl` |
/// |---|---|---|
/// | `plaintext` | `None` | `None` |
/// | `ssl` | `Some` | `None` |
/// | `sasl_plaintext` | `None` | `Some` |
/// | `sasl_ssl` | `Some` | `Some` |
#[derive(Clone, Debug, Default)]
pub struct SecuritySettings {
    /// Encrypts connections, and verifies whom they lead to.
    pub tls: Option<TlsSettings>,
    /// Tells brokers who connects.
    pub sasl: Option<SaslSettings>,
}

/// The settings of TLS. By default the public authorities are trusted, and no client certificate is presented.
///
/// Files are read again for a new connection when their size or modification time has changed. If the new ones cannot be used,
/// for example because only one of two has been replaced so far, the old ones are used.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// Whose certificates are trusted.
    pub authorities: Authorities,
    /// The client certificate, for brokers that require one (`ssl.client.auth`).
    pub identity: Option<Identity>,
    /// What of a broker's certificate is verified.
    pub verification: Verification,
}

/// Whose certificates are trusted.
#[derive(Clone, Debug, Default)]
pub enum Authorities {
    /// The public authorities that Mozilla trusts, in the version of the crate `webpki-roots`.
    #[default]
    Public,
    /// Only these (`ssl.ca.location`, `ssl.ca.pem`). A directory stands for the files in it. A broker's certificate that is
    /// signed by its own key, not by an authority, may be named here itself.
    Own(Vec<Pem>),
}

/// Certificates or a key in the PEM format.
#[derive(Clone, Debug)]
pub enum Pem {
    /// A file.
    File(PathBuf),
    /// The text itself.
    Text(Secret),
}

/// A client certificate.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate, followed by those of the authorities between it and one that the broker trusts
    /// (`ssl.certificate.location`, `ssl.certificate.pem`).
    pub certificate: Pem,
    /// Its key (`ssl.key.location`, `ssl.key.pem`): PKCS#8, also encrypted, or unencrypted PKCS#1 or SEC1.
    pub key: Pem,
    /// The password of an encrypted key (`ssl.key.password`).
    pub key_password: Option<Secret>,
}

/// What of a broker's certificate is verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// That a trusted authority has signed it, that it is valid now, and that it is for the name of the host that is connected to.
    #[default]
    Full,
    /// Not its name (`ssl.endpoint.identification.algorithm=none`). **Whoever has any certificate of a trusted authority can pretend to be
    /// the broker.** Use it only with an own authority that signs nothing but brokers' certificates.
    WithoutHostName,
    /// Nothing (`enable.ssl.certificate.verification=false`). **Whoever can get between client and broker reads and changes all
    /// records, and sees the passwords of SASL/PLAIN.** Never use it outside of experiments.
    Nothing,
}
