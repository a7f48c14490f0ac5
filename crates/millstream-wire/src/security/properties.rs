//! Settings by the names that librdkafka has for them.

use super::{Authorities, Identity, Pem, Secret, SecuritySettings, TlsSettings, Verification};
use crate::sasl::{SaslSettings, ScramHash, TokenSource};

/// Settings of librdkafka that this client does not have, each with what to set instead.
const UNSUPPORTED: &[(&str, &str)] = &[
    (
        "ssl.keystore.location",
        "convert it with `openssl pkcs12 -in STORE -out client.pem`, and set `ssl.certificate.location` and `ssl.key.location`",
    ),
    ("ssl.engine.location", "set `ssl.certificate.location` and `ssl.key.location`"),
    ("ssl.providers", "install a `CryptoProvider` of rustls"),
    ("ssl.crl.location", "this client does not read revocation lists"),
    ("ssl.cipher.suites", "this client uses those of TLS 1.2 and 1.3 that rustls takes for safe"),
    ("ssl.curves.list", "this client uses those that rustls takes for safe"),
    ("ssl.sigalgs.list", "this client uses those that rustls takes for safe"),
];

impl SecuritySettings {
    /// Reads the settings with these names of librdkafka, of which `get` returns the values. `token` is for the mechanism
    /// OAUTHBEARER.
    ///
    /// `security.protocol`, `ssl.ca.location`, `ssl.ca.pem`, `ssl.certificate.location`, `ssl.certificate.pem`, `ssl.key.location`,
    /// `ssl.key.pem`, `ssl.key.password`, `ssl.endpoint.identification.algorithm`, `enable.ssl.certificate.verification`,
    /// `sasl.mechanism` (or `sasl.mechanisms`), `sasl.username`, `sasl.password`, `sasl.oauthbearer.extensions`. With the feature
    /// `oidc` and without `token` also `sasl.oauthbearer.method`, `sasl.oauthbearer.token.endpoint.url`,
    /// `sasl.oauthbearer.client.id`, `sasl.oauthbearer.client.secret`, `sasl.oauthbearer.scope`, `https.ca.location`, `https.ca.pem`.
    ///
    /// # Errors
    /// When a value is not possible, one is missing, or this client does not have a setting that is set. The text names the setting
    /// and the remedy.
    ///
    /// # Examples
    /// ```
    /// use millstream_wire::SecuritySettings;
    ///
    /// let get = |name: &str| match name {
    ///     "security.protocol" => Some("sasl_ssl".to_owned()),
    ///     "ssl.ca.location" => Some("ca.pem".to_owned()),
    ///     "sasl.mechanism" => Some("SCRAM-SHA-512".to_owned()),
    ///     "sasl.username" => Some("counts".to_owned()),
    ///     "sasl.password" => Some("s3cret".to_owned()),
    ///     _ => None,
    /// };
    /// let settings = SecuritySettings::from_properties(get, None)?;
    /// assert!(settings.tls.is_some() && settings.sasl.is_some());
    /// # Ok::<(), String>(())
    /// ```
    pub fn from_properties(get: impl Fn(&str) -> Option<String>, token: Option<TokenSource>) -> Result<Self, String> {
        let properties = Properties { get: &get };
        let protocol = properties.text("security.protocol").unwrap_or_else(|| "plaintext".to_owned());
        let (has_tls, has_sasl) = match protocol.to_ascii_lowercase().as_str() {
            "plaintext" => (false, false),
            "ssl" => (true, false),
            "sasl_plaintext" => (false, true),
            "sasl_ssl" => (true, true),
            _ => {
                return Err(wrong(
                    "security.protocol",
                    &protocol,
                    "`plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`",
                ));
            }
        };
        if has_tls || has_sasl {
            properties.check_supported()?;
        }
        let tls = has_tls.then(|| properties.tls()).transpose()?;
        let sasl = has_sasl.then(|| properties.sasl(token)).transpose()?;
        Ok(Self { tls, sasl })
    }
}

struct Properties<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
}

impl Properties<'_> {
    /// A value, unless it is empty, which librdkafka takes for unset.
    fn text(&self, name: &str) -> Option<String> {
        (self.get)(name).filter(|value| !value.is_empty())
    }

    fn check_supported(&self) -> Result<(), String> {
        match UNSUPPORTED.iter().find(|(name, _)| self.text(name).is_some()) {
            Some((name, instead)) => Err(format!("the setting `{name}` is not supported: {instead}")),
            None => Ok(()),
        }
    }

    fn tls(&self) -> Result<TlsSettings, String> {
        let authorities = match self.pem("ssl.ca.location", "ssl.ca.pem")? {
            // librdkafka's word for the authorities that the system knows.
            Some(Pem::File(path)) if path.as_os_str() == "probe" => Authorities::Public,
            Some(pem) => Authorities::Own(vec![pem]),
            None => Authorities::Public,
        };
        Ok(TlsSettings { authorities, identity: self.identity()?, verification: self.verification()? })
    }

    fn pem(&self, location: &str, text: &str) -> Result<Option<Pem>, String> {
        match (self.text(location), self.text(text)) {
            (Some(_), Some(_)) => {
                Err(format!("the settings `{location}` and `{text}` are both set; remove one of them"))
            }
            (Some(path), None) => Ok(Some(Pem::File(path.into()))),
            (None, Some(text)) => Ok(Some(Pem::Text(text.into()))),
            (None, None) => Ok(None),
        }
    }

    fn identity(&self) -> Result<Option<Identity>, String> {
        let certificate = self.pem("ssl.certificate.location", "ssl.certificate.pem")?;
        let key_password = self.text("ssl.key.password").map(Secret::from);
        match (certificate, self.pem("ssl.key.location", "ssl.key.pem")?) {
            (Some(certificate), Some(key)) => Ok(Some(Identity { certificate, key, key_password })),
            (None, None) => Ok(None),
            (Some(_), None) => Err("a client certificate is set without its key; set `ssl.key.location`".to_owned()),
            (None, Some(_)) => {
                Err("the key of a client certificate is set without it; set `ssl.certificate.location`".to_owned())
            }
        }
    }

    fn verification(&self) -> Result<Verification, String> {
        let enabled = self.text("enable.ssl.certificate.verification");
        match enabled.as_deref() {
            None | Some("true" | "t" | "1") => {}
            Some("false" | "f" | "0") => return Ok(Verification::Nothing),
            Some(other) => return Err(wrong("enable.ssl.certificate.verification", other, "`true` or `false`")),
        }
        let algorithm = self.text("ssl.endpoint.identification.algorithm");
        match algorithm.as_deref() {
            None | Some("https") => Ok(Verification::Full),
            Some("none") => Ok(Verification::WithoutHostName),
            Some(other) => Err(wrong("ssl.endpoint.identification.algorithm", other, "`https` or `none`")),
        }
    }

    fn sasl(&self, token: Option<TokenSource>) -> Result<SaslSettings, String> {
        let mechanism = self.text("sasl.mechanism").or_else(|| self.text("sasl.mechanisms"));
        let mechanism =
            mechanism.ok_or("`sasl.mechanism` is not set; set it to `SCRAM-SHA-512` or what the broker supports")?;
        match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => Ok(SaslSettings::Plain { user: self.user()?, password: self.password()? }),
            "SCRAM-SHA-256" => self.scram(ScramHash::Sha256),
            "SCRAM-SHA-512" => self.scram(ScramHash::Sha512),
            "OAUTHBEARER" => {
                let source = token.map_or_else(|| self.token_source(), Ok)?;
                Ok(SaslSettings::OauthBearer { source, extensions: self.extensions()? })
            }
            _ => Err(wrong("sasl.mechanism", &mechanism, "`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`")),
        }
    }

    fn scram(&self, hash: ScramHash) -> Result<SaslSettings, String> {
        Ok(SaslSettings::Scram { hash, user: self.user()?, password: self.password()? })
    }

    fn user(&self) -> Result<String, String> {
        self.text("sasl.username").ok_or_else(|| "`sasl.username` is not set; set it to the user's name".to_owned())
    }

    fn password(&self) -> Result<Secret, String> {
        let password = self.text("sasl.password").map(Secret::from);
        password.ok_or_else(|| "`sasl.password` is not set; set it to the user's password".to_owned())
    }

    fn token_source(&self) -> Result<TokenSource, String> {
        match self.text("sasl.oauthbearer.method").as_deref() {
            Some("oidc") => self.client_credentials(),
            _ => Err("OAUTHBEARER needs a function that returns tokens, or `sasl.oauthbearer.method` set to `oidc`"
                .to_owned()),
        }
    }

    #[cfg(not(feature = "oidc"))]
    #[expect(clippy::unused_self, reason = "the other one reads settings")]
    fn client_credentials(&self) -> Result<TokenSource, String> {
        Err("`sasl.oauthbearer.method` is `oidc`; enable the feature `oidc` of `millstream-wire`".to_owned())
    }

    #[cfg(feature = "oidc")]
    fn client_credentials(&self) -> Result<TokenSource, String> {
        let needed = |name: &str| self.text(name).ok_or_else(|| format!("`{name}` is not set; set it for `oidc`"));
        let authorities = self.pem("https.ca.location", "https.ca.pem")?;
        let authorities = authorities.map_or(Authorities::Public, |pem| Authorities::Own(vec![pem]));
        let credentials = crate::sasl::ClientCredentials {
            endpoint: needed("sasl.oauthbearer.token.endpoint.url")?,
            client_id: needed("sasl.oauthbearer.client.id")?,
            client_secret: needed("sasl.oauthbearer.client.secret")?.into(),
            scope: self.text("sasl.oauthbearer.scope"),
            authorities,
        };
        Ok(credentials.check()?.into())
    }

    /// Names and values, as `name=value`, separated by commas.
    fn extensions(&self) -> Result<Vec<(String, String)>, String> {
        let text = self.text("sasl.oauthbearer.extensions").unwrap_or_default();
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let pair = |pair: &str| match pair.split_once('=') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
            None => Err(wrong("sasl.oauthbearer.extensions", pair, "a list of `name=value`, separated by commas")),
        };
        pairs.map(pair).collect()
    }
}

fn wrong(name: &str, value: &str, possible: &str) -> String {
    format!("the setting `{name}` cannot be `{value}`: it is {possible}")
}
