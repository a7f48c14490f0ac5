//! Keys in all formats, made with OpenSSL 3.0 (`openssl pkcs8 -topk8 …`, the password is `s3cret`).

use super::*;

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("keys/", $name, ".pem"))
    };
}

fn read(text: &str, password: Option<&str>) -> Result<Vec<u8>, String> {
    let key = Pem::Text(text.into()).key(password.map(Secret::from).as_ref())?;
    Ok(key.secret_der().to_vec())
}

#[test]
fn keys_that_are_read() {
    let plain = read(key!("plain"), None).unwrap();
    for encrypted in [key!("aes256"), key!("aes128_sha512"), key!("aes256_sha1"), key!("des3"), key!("scrypt")] {
        assert_eq!(read(encrypted, Some("s3cret")).unwrap(), plain);
        // Text before and after is usual.
        assert_eq!(read(&format!("Bag Attributes\n{encrypted}\n# end\n"), Some("s3cret")).unwrap(), plain);
    }
    let provider = provider().unwrap();
    for key in [key!("plain"), key!("sec1"), key!("pkcs1")] {
        // A password is not needed, and does no harm.
        let key = Pem::Text(key.into()).key(Some(&"s3cret".into())).unwrap();
        provider.key_provider.load_private_key(key).unwrap();
    }
}

#[test]
fn keys_that_are_not_read() {
    let cases = [
        (key!("old"), Some("s3cret"), "convert it with `openssl pkcs8 -topk8 -in OLD.pem -out NEW.pem`"),
        (key!("aes256"), None, "set `ssl.key.password`"),
        (key!("aes256"), Some("wr0ng"), "`ssl.key.password` is wrong, or"),
        (key!("scrypt"), Some(""), "`ssl.key.password` is wrong, or"),
        (key!("pkcs12_3des"), Some("s3cret"), "openssl pkcs8 -topk8 -v2 aes-256-cbc"),
        ("", None, "has no private key"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nx", Some("s3cret"), "convert it with `openssl pkcs8"),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\n%\n-----END ENCRYPTED PRIVATE KEY-----",
            Some("s3cret"),
            "is not valid PEM",
        ),
    ];
    for (text, password, expected) in cases {
        let why = read(text, password).unwrap_err();
        assert!(why.contains(expected) && why.starts_with("the given PEM text "), "{why}");
        assert!(!why.contains("s3cret") && !why.contains("wr0ng"), "{why}");
    }
}
