//! Files that change, and files that cannot be used.

use std::fs;
use std::path::Path;

use std::sync::Arc;

use super::*;
use crate::testing::certificates::Authority;

fn security(tls: TlsSettings) -> Security {
    SecuritySettings { tls: Some(tls), sasl: None }.into()
}

fn authorities(path: &Path) -> TlsSettings {
    TlsSettings { authorities: Authorities::Own(vec![Pem::File(path.to_owned())]), ..TlsSettings::default() }
}

fn identified(certificate: Pem, key: Pem) -> TlsSettings {
    let identity = Some(Identity { certificate, key, key_password: None });
    TlsSettings { identity, ..TlsSettings::default() }
}

#[test]
fn files_are_read_again_when_they_change() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    fs::write(&path, Authority::new("first").pem()).unwrap();
    let security = security(authorities(&path));
    let current = || security.tls().unwrap().unwrap();
    let first = current();
    assert!(Arc::ptr_eq(&first, &current()));
    fs::write(&path, "half").unwrap();
    assert!(Arc::ptr_eq(&first, &current()), "the old one is used while the new one is not complete");
    fs::write(&path, Authority::new("the second").pem()).unwrap();
    let second = current();
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(Arc::ptr_eq(&second, &current()));
    fs::remove_file(&path).unwrap();
    assert!(Arc::ptr_eq(&second, &current()));
}

#[test]
fn a_directory_stands_for_its_files() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        fs::write(directory.path().join(name), Authority::new(name).pem()).unwrap();
    }
    let pem = Pem::File(directory.path().to_owned());
    assert_eq!(pem.certificates().unwrap().len(), 2);
    security(authorities(directory.path())).tls().unwrap();
}

/// Writing a file of a directory anew does not change the directory itself: the new authority was not trusted before a restart.
#[test]
fn a_directory_is_read_again_when_one_of_its_files_changes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    fs::write(&path, Authority::new("first").pem()).unwrap();
    let security = security(authorities(directory.path()));
    let current = || security.tls().unwrap().unwrap();
    let first = current();
    assert!(Arc::ptr_eq(&first, &current()));
    fs::write(&path, Authority::new("the second").pem()).unwrap();
    assert!(!Arc::ptr_eq(&first, &current()));
}

#[test]
fn settings_that_cannot_be_used() {
    let (authority, directory) = (Authority::new("ours"), tempfile::tempdir().unwrap());
    let path = |name: &str| directory.path().join(name);
    fs::write(path("empty.pem"), "no PEM").unwrap();
    fs::write(path("broken.pem"), "-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----\n").unwrap();
    fs::write(path("other.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let (one, other) = (authority.client("one"), authority.client("other"));
    let text = |pem: &str| Pem::Text(pem.into());
    let cases = [
        (authorities(&path("nowhere.pem")), "nowhere.pem` cannot be read: No such file", "`ssl.ca.location`"),
        (authorities(&path("empty.pem")), "empty.pem` has no certificate", "`ssl.ca.location`"),
        (authorities(&path("broken.pem")), "broken.pem` is not valid PEM", "`ssl.ca.location`"),
        (authorities(&path("other.pem")), "none of its certificates can be read", "`ssl.ca.location`"),
        (identified(text(&one.certificate), text(&one.certificate)), "has no private key", "`ssl.key.location`"),
        (identified(text(&one.key), text(&one.key)), "has no certificate", "`ssl.certificate.location`"),
        (identified(text(&one.certificate), text(&other.key)), "the key does not belong to the", "`ssl.key.location`"),
    ];
    for (tls, what, setting) in cases {
        let fault = security(tls).tls().map(|_| ()).unwrap_err();
        let text = fault.to_string();
        assert!(text.contains(what) && text.contains(setting) && fault.is_final(), "{text}");
    }
}

#[test]
fn without_settings_there_is_neither_tls_nor_sasl() {
    let security = Security::default();
    assert!(security.tls().unwrap().is_none() && security.sasl().is_none());
    let public = TlsSettings::default();
    assert!(SecuritySettings { tls: Some(public), sasl: None }.sasl.is_none());
    assert!(self::security(TlsSettings::default()).tls().unwrap().is_some(), "the public authorities");
}
