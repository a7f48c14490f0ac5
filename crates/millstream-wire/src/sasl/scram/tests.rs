//! SCRAM against the examples of its RFCs, and against brokers that cheat.
#![allow(clippy::unwrap_used)]

use super::*;

/// A whole exchange: what client and broker send in turn.
struct Example {
    hash: ScramHash,
    nonce: &'static str,
    client_first: &'static str,
    server_first: &'static str,
    client_final: &'static str,
    server_final: &'static str,
}

/// RFC 7677, section 3.
const SHA_256: Example = Example {
    hash: ScramHash::Sha256,
    nonce: "rOprNGfwEbeRWgbNEkqO",
    client_first: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    server_first: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    client_final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    server_final: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

/// Computed with Python's `hashlib` and `hmac`; no RFC has an example.
const SHA_512: Example = Example {
    hash: ScramHash::Sha512,
    nonce: "rOprNGfwEbeRWgbNEkqO",
    client_first: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    server_first: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    client_final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
    server_final: "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
};

fn scram<'a>(example: &Example, user: &'a str, password: &'a Secret, salted: &'a SaltedPasswords) -> Scram<'a> {
    Scram::new(example.hash, user, password, example.nonce.to_owned(), salted)
}

#[test]
fn examples() {
    for example in [SHA_256, SHA_512] {
        let (password, salted) = (Secret::from("pencil"), SaltedPasswords::default());
        // The second time the salted password is known.
        for _ in 0..2 {
            let mut scram = scram(&example, "user", &password, &salted);
            assert_eq!(String::from_utf8(scram.start()).unwrap(), example.client_first);
            let sent = scram.step(example.server_first.as_bytes()).unwrap().unwrap();
            assert_eq!(String::from_utf8(sent).unwrap(), example.client_final);
            assert_eq!(scram.step(example.server_final.as_bytes()), Ok(None));
        }
        assert_eq!(salted.0.lock().unwrap().len(), 1);
    }
}

#[test]
fn users_are_escaped() {
    let (password, salted) = (Secret::from("pencil"), SaltedPasswords::default());
    let mut scram = scram(&SHA_256, "a=b,c", &password, &salted);
    assert_eq!(scram.start(), b"n,,n=a=3Db=2Cc,r=rOprNGfwEbeRWgbNEkqO");
}

#[test]
fn first_messages_that_are_not_accepted() {
    let cases = [
        ("", "no nonce"),
        ("m=x,r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4096", "no nonce"),
        ("r=other,s=W22Z,i=4096", "nonce does not extend"),
        ("r=rOprNGfwEbeRWgbNEkqO,s=W22Z,i=4096", "nonce does not extend"),
        ("r=rOprNGfwEbeRWgbNEkqOx,i=4096", "no salt"),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096", "no salt"),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=%,i=4096", "no salt"),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=W22Z", "no number of iterations"),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=many", "no number of iterations"),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4095", "iterations is not from"),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=131073", "iterations is not from"),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=99999999999", "no number of iterations"),
        ("\u{feff}", "no nonce"),
    ];
    let (password, salted) = (Secret::from("pencil"), SaltedPasswords::default());
    for (first, text) in cases {
        let fault = scram(&SHA_256, "user", &password, &salted).step(first.as_bytes()).unwrap_err();
        assert!(fault.to_string().contains(text), "{first}: {fault}");
        assert!(fault.to_string().contains("SCRAM-SHA-256 for the user `user`"), "{fault}");
        assert!(fault.is_final());
    }
    let fault = scram(&SHA_256, "user", &password, &salted).step(&[0xff]).unwrap_err();
    assert!(fault.to_string().contains("not UTF-8"), "{fault}");
}

#[test]
fn last_messages_that_are_not_accepted() {
    let cases = [
        ("e=invalid-proof", "the broker does not authenticate SCRAM-SHA-256 for the user `user`: invalid-proof"),
        ("", "no signature"),
        ("v=", "signature is wrong"),
        ("v=%", "no signature"),
        ("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G8=", "signature is wrong"),
        ("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl9", "signature is wrong"),
    ];
    let (password, salted) = (Secret::from("pencil"), SaltedPasswords::default());
    for (last, text) in cases {
        let mut scram = scram(&SHA_256, "user", &password, &salted);
        scram.step(SHA_256.server_first.as_bytes()).unwrap();
        let fault = scram.step(last.as_bytes()).unwrap_err();
        assert!(fault.to_string().contains(text), "{last}: {fault}");
        assert!(!fault.to_string().contains("pencil"), "{fault}");
    }
}

#[test]
fn salted_passwords_are_kept_for_a_few_salts() {
    let (password, salted) = (Secret::from("pencil"), SaltedPasswords::default());
    for salt in 0..10_u8 {
        let one = salted.get(ScramHash::Sha256, &password, &[salt], 4_096);
        assert_eq!(one, ScramHash::Sha256.salted(b"pencil", &[salt], 4_096));
        assert_ne!(one, salted.get(ScramHash::Sha256, &password, &[salt], 4_097));
    }
    assert_eq!(salted.0.lock().unwrap().len(), SALTED_MAX);
    assert_eq!(format!("{salted:?}"), "[hidden]");
}
