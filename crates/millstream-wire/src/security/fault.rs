//! What can be wrong with a TLS connection.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

/// Why a connection cannot use TLS, with the remedy.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum TlsFault {
    /// The settings cannot be used.
    #[error("TLS cannot be used: {0}")]
    Settings(String),
    /// The broker's certificate was refused.
    #[error("the broker's certificate is not accepted: {0}")]
    Certificate(String),
    /// The broker refuses the client.
    #[error("the broker refuses the TLS connection: {0}")]
    Refused(String),
    /// Client and broker support no common version or algorithm.
    #[error("the broker and this client have no way of TLS in common: {0}")]
    Incompatible(String),
    /// What the listener sends is not TLS.
    #[error(
        "the listener does not use TLS: its response is not TLS; connect to a port of a listener with SSL or SASL_SSL, \
         or set `security.protocol` to `plaintext` or `sasl_plaintext`"
    )]
    NotTls,
    /// The connection has ended before the handshake has.
    #[error(
        "the broker has closed the connection during the TLS handshake; if this persists, it is a plaintext listener: \
         connect to a port of a listener with SSL or SASL_SSL, or set `security.protocol` to `plaintext` or `sasl_plaintext`"
    )]
    Closed,
    /// The handshake takes too long.
    #[error(
        "the TLS handshake was not finished in time; if this persists, check that the port belongs to a listener with SSL or \
         SASL_SSL"
    )]
    TimedOut,
    /// The connection has failed otherwise.
    #[error("the TLS connection has failed: {0}")]
    Failed(String),
}

impl TlsFault {
    /// Whether a retry cannot succeed before someone changes settings or certificates.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Settings(_) | Self::Certificate(_) | Self::Refused(_) | Self::Incompatible(_) => true,
            Self::NotTls | Self::Closed | Self::TimedOut | Self::Failed(_) => false,
        }
    }

    /// The fault of a handshake.
    pub(crate) fn in_handshake(error: Error) -> Self {
        match error {
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge
                | InvalidMessage::InvalidEmptyPayload,
            ) => Self::NotTls,
            error => error.into(),
        }
    }
}

impl From<Error> for TlsFault {
    fn from(error: Error) -> Self {
        match error {
            Error::AlertReceived(alert) => of_alert(alert),
            Error::InvalidCertificate(error) => Self::Certificate(of_certificate(error)),
            Error::PeerIncompatible(error) => Self::Incompatible(of_incompatible(&error)),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// The remedy for an authority that is not known.
const ADD_AUTHORITY: &str = "add the certificate of its authority to `ssl.ca.location` or `ssl.ca.pem`";

fn of_certificate(error: CertificateError) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it, or that of an authority, has expired; renew it at the broker, or set this machine's clock".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it, or that of an authority, is not valid yet; set this machine's clock, or that of the authority"
                .to_owned()
        }
        CertificateError::UnknownIssuer => format!("its authority is not trusted; {ADD_AUTHORITY}"),
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "it is for {}, not for `{}`; connect by a name that it has, issue one for this name, or set \
             `ssl.endpoint.identification.algorithm` to `none`",
            names(&presented),
            expected.to_str()
        ),
        CertificateError::NotValidForName => "it is for another host; connect by a name that it has".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for servers; issue one with the extended key usage `serverAuth`".to_owned()
        }
        CertificateError::Other(error) if error.to_string().contains("CaUsedAsEndEntity") => {
            "it is that of an authority; have the authority issue one for the broker".to_owned()
        }
        error => format!("{error}; issue another one, or check `ssl.ca.location`"),
    }
}

/// The names of a certificate, which rustls wraps in its own types' names.
fn names(presented: &[String]) -> String {
    let name = |name: &String| name.split('"').nth(1).map_or_else(|| name.clone(), str::to_owned);
    match presented {
        [] => "no host".to_owned(),
        presented => presented.iter().map(|one| format!("`{}`", name(one))).collect::<Vec<_>>().join(", "),
    }
}

fn of_incompatible(error: &PeerIncompatible) -> String {
    match error {
        PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
            "it uses a version before TLS 1.2; enable `TLSv1.2` or `TLSv1.3` in its `ssl.enabled.protocols`".to_owned()
        }
        error => format!("{error:?}; check its `ssl.enabled.protocols` and `ssl.cipher.suites`"),
    }
}

/// The remedy for a client certificate that the broker does not accept.
const CHECK_IDENTITY: &str = "check `ssl.certificate.location` and the broker's `ssl.truststore.location`";

fn of_alert(alert: AlertDescription) -> TlsFault {
    let refused = |why: String| TlsFault::Refused(why);
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => refused(
            "it requires a client certificate; set `ssl.certificate.location` and `ssl.key.location`".to_owned(),
        ),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => {
            refused(format!("it does not accept the client certificate, or requires one ({alert:?}); {CHECK_IDENTITY}"))
        }
        AlertDescription::CertificateRevoked => refused("the client certificate is revoked; replace it".to_owned()),
        AlertDescription::CertificateExpired => refused("the client certificate has expired; renew it".to_owned()),
        AlertDescription::UnknownCA => {
            refused(format!("it does not trust the authority of the client certificate; {CHECK_IDENTITY}"))
        }
        AlertDescription::ProtocolVersion => TlsFault::Incompatible(
            "it accepts neither TLS 1.2 nor 1.3; enable one in its `ssl.enabled.protocols`".to_owned(),
        ),
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => TlsFault::Incompatible(format!(
            "no common cipher suite or signature, or it requires a client certificate ({alert:?}); check its \
             `ssl.cipher.suites` and `ssl.client.auth`"
        )),
        AlertDescription::UnrecognisedName => {
            refused("it does not know the host's name; connect by its name".to_owned())
        }
        alert => TlsFault::Failed(format!("the broker ended it with the alert {alert:?}")),
    }
}
