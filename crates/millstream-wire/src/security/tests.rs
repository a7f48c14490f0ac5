//! The settings, and what is made of them.
#![allow(clippy::unwrap_used)]

mod files;
mod keys;
mod properties;

use super::*;

#[test]
fn secrets_are_not_shown() {
    let key = Pem::Text("s3cret".into());
    let identity = Identity { certificate: key.clone(), key, key_password: Some("s3cret".into()) };
    let tls = TlsSettings { identity: Some(identity), ..TlsSettings::default() };
    let source = crate::sasl::TokenSource::new(|| Ok(crate::sasl::Token::new("s3cret")));
    let password = Secret::from("s3cret".to_owned());
    for sasl in [
        crate::sasl::SaslSettings::Plain { user: "u".to_owned(), password: password.clone() },
        crate::sasl::SaslSettings::Scram { hash: crate::sasl::ScramHash::Sha256, user: "u".to_owned(), password },
        crate::sasl::SaslSettings::OauthBearer { source, extensions: Vec::new() },
    ] {
        let settings = SecuritySettings { tls: Some(tls.clone()), sasl: Some(sasl) };
        let shown = format!("{settings:?} {:?}", Security::from(settings.clone()));
        assert!(!shown.contains("s3cret"), "{shown}");
    }
    assert!(!format!("{:?}", crate::sasl::Token::new("s3cret")).contains("s3cret"));
}
