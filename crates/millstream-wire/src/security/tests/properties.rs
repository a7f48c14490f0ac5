//! Settings by librdkafka's names.

use super::*;
use crate::sasl::{Token, TokenSource};

fn read(settings: &[(&str, &str)]) -> Result<SecuritySettings, String> {
    let get = |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    SecuritySettings::from_properties(get, Some(TokenSource::new(|| Ok(Token::new("t0ken")))))
}

#[test]
fn settings_that_are_possible() {
    let user = [("sasl.username", "u"), ("sasl.password", "p")];
    let cases: [(&[(&str, &str)], &str); 12] = [
        (&[], "tls: None, sasl: None"),
        (&[("security.protocol", "PLAINTEXT"), ("ssl.keystore.location", "x")], "tls: None, sasl: None"),
        (&[("security.protocol", "ssl")], "authorities: Public, identity: None, verification: Full }), sasl: None"),
        (&[("ssl.ca.location", "ca.pem")], r#"authorities: Own([File("ca.pem")])"#),
        (&[("ssl.ca.location", "probe")], "authorities: Public"),
        (&[("ssl.ca.location", "")], "authorities: Public"),
        (&[("ssl.ca.pem", "s3cret")], "authorities: Own([Text([hidden])])"),
        (&[("ssl.endpoint.identification.algorithm", "none")], "verification: WithoutHostName"),
        (&[("ssl.endpoint.identification.algorithm", "https")], "verification: Full"),
        (&[("enable.ssl.certificate.verification", "false")], "verification: Nothing"),
        (
            &[("ssl.certificate.location", "c"), ("ssl.key.pem", "s3cret"), ("ssl.key.password", "s3cret")],
            r#"Identity { certificate: File("c"), key: Text([hidden]), key_password: Some([hidden]) }"#,
        ),
        (&[("sasl.mechanism", "PLAIN")], r#"sasl: Some(Plain { user: "u", password: [hidden] })"#),
    ];
    for (settings, expected) in cases {
        let protocol = if expected.contains("sasl: Some") { "SASL_SSL" } else { "ssl" };
        let all = [settings, &user, &[("security.protocol", protocol)]].concat();
        let all = if settings.is_empty() { Vec::new() } else { all };
        let shown = format!("{:?}", read(&all).unwrap());
        assert!(shown.contains(expected), "{settings:?}: {shown}");
    }
    for (mechanism, expected) in [
        ("scram-sha-256", r#"Scram { hash: Sha256, user: "u", password: [hidden] }"#),
        ("SCRAM-SHA-512", r#"Scram { hash: Sha512, user: "u", password: [hidden] }"#),
        ("OAUTHBEARER", r#"OauthBearer { source: TokenSource, extensions: [("a", "1"), ("b", "2=3")] }"#),
    ] {
        let mechanism = ("sasl.mechanisms", mechanism);
        let extensions = ("sasl.oauthbearer.extensions", "a=1, b=2=3");
        let all = [&user[..], &[mechanism, extensions, ("security.protocol", "sasl_plaintext")]].concat();
        let shown = format!("{:?}", read(&all).unwrap());
        assert!(shown.contains(expected) && shown.contains("tls: None"), "{mechanism:?}: {shown}");
    }
}

#[test]
fn settings_that_are_not_possible() {
    let cases: [(&[(&str, &str)], &str); 13] = [
        (&[("security.protocol", "tls")], "`security.protocol` cannot be `tls`: it is `plaintext`, `ssl`,"),
        (
            &[("ssl.keystore.location", "x.p12")],
            "`ssl.keystore.location` is not supported: convert it with `openssl pkcs12",
        ),
        (&[("ssl.ca.location", "x"), ("ssl.ca.pem", "s3cret")], "`ssl.ca.location` and `ssl.ca.pem` are both set"),
        (&[("ssl.certificate.location", "x")], "without its key; set `ssl.key.location`"),
        (&[("ssl.key.location", "x")], "set `ssl.certificate.location`"),
        (&[("enable.ssl.certificate.verification", "no")], "cannot be `no`: it is `true` or `false`"),
        (&[("ssl.endpoint.identification.algorithm", "http")], "cannot be `http`: it is `https` or `none`"),
        (&[("security.protocol", "sasl_ssl")], "`sasl.mechanism` is not set"),
        (
            &[("security.protocol", "sasl_ssl"), ("sasl.mechanism", "GSSAPI")],
            "`sasl.mechanism` cannot be `GSSAPI`: it is `PLAIN`,",
        ),
        (&[("security.protocol", "sasl_ssl"), ("sasl.mechanism", "PLAIN")], "`sasl.username` is not set"),
        (
            &[("security.protocol", "sasl_ssl"), ("sasl.mechanism", "PLAIN"), ("sasl.username", "u")],
            "`sasl.password` is not set",
        ),
        (
            &[
                ("security.protocol", "sasl_ssl"),
                ("sasl.mechanism", "OAUTHBEARER"),
                ("sasl.oauthbearer.extensions", "a"),
            ],
            "`sasl.oauthbearer.extensions` cannot be `a`",
        ),
        (&[("ssl.cipher.suites", "x")], "`ssl.cipher.suites` is not supported"),
    ];
    for (settings, expected) in cases {
        let all = [settings, &[("security.protocol", "ssl")]].concat();
        let why = read(&all).unwrap_err();
        assert!(why.contains(expected) && !why.contains("s3cret"), "{why}");
    }
    let get = |name: &str| match name {
        "security.protocol" => Some("sasl_ssl".to_owned()),
        "sasl.mechanism" => Some("OAUTHBEARER".to_owned()),
        _ => None,
    };
    assert!(SecuritySettings::from_properties(get, None).unwrap_err().contains("function that returns tokens"));
}

#[test]
fn tokens_of_an_oauth_server() {
    let mut settings = vec![
        ("security.protocol", "sasl_ssl"),
        ("sasl.mechanism", "OAUTHBEARER"),
        ("sasl.oauthbearer.method", "oidc"),
        ("sasl.oauthbearer.token.endpoint.url", "https://login.example/token"),
        ("sasl.oauthbearer.client.id", "counts"),
        ("sasl.oauthbearer.client.secret", "s3cret"),
    ];
    let read = |settings: &[(&'static str, &'static str)]| {
        let get = |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        SecuritySettings::from_properties(get, None)
    };
    if cfg!(feature = "oidc") {
        assert!(!format!("{:?}", read(&settings).unwrap()).contains("s3cret"));
        settings.pop();
        assert!(read(&settings).unwrap_err().contains("`sasl.oauthbearer.client.secret` is not set"));
    } else {
        assert!(read(&settings).unwrap_err().contains("enable the feature `oidc`"));
    }
}
