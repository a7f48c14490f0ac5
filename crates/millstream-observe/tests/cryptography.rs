//! Alerts to `https://` receivers begin a TLS handshake, with the cryptography that the program has installed.
#![cfg(all(feature = "https-alerts", feature = "graviola", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "the receiver is a real one, on a thread")]

use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use millstream_observe::SystemClock;
use millstream_observe::alerts::{AlertConfig, Alerts};
use millstream_observe::events::{EventKind, EventSettings, EventSink};
use rustls::CipherSuite;
use rustls::crypto::CryptoProvider;

/// The cipher suites of the first handshake that an alert begins.
fn offered_suites() -> Vec<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = AlertConfig::new(&format!("https://{}/hook", listener.local_addr().unwrap())).unwrap();
    (config.attempts_max, config.settle) = (1, Duration::from_millis(1));
    let receiving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut record = [0; 5];
        stream.read_exact(&mut record).unwrap();
        let mut hello = vec![0; usize::from(u16::from_be_bytes([record[3], record[4]]))];
        stream.read_exact(&mut hello).unwrap();
        assert_eq!((record[0], hello[0]), (22, 1), "a ClientHello in a handshake record");
        // Type and length, version, random number, and the session, with its length.
        let rest = &hello[4 + 2 + 32..];
        let rest = &rest[1 + usize::from(rest[0])..];
        let suites = &rest[2..2 + usize::from(u16::from_be_bytes([rest[0], rest[1]]))];
        suites.chunks(2).map(|suite| u16::from_be_bytes([suite[0], suite[1]])).collect()
    });
    let settings = EventSettings { lines: false, ..EventSettings::default() };
    let events = EventSink::to_stdout("app", &settings, Arc::new(SystemClock::new()));
    let alerts = Alerts::start(config, &events).unwrap();
    events.emit(EventKind::LogFailed { reason: "fault".to_owned() });
    let suites = receiving.join().unwrap();
    alerts.close(Duration::from_secs(20));
    suites
}

/// In one test, since what is installed is so for the whole process.
#[test]
fn an_installed_provider_comes_before_that_of_the_features() {
    let only = CipherSuite::TLS13_AES_256_GCM_SHA384;
    let by_default = offered_suites();
    assert!(by_default.contains(&only.into()) && by_default.len() > 2, "{by_default:?}");

    let mut provider = rustls_graviola::default_provider();
    provider.cipher_suites.retain(|suite| suite.suite() == only);
    CryptoProvider::install_default(provider).unwrap();
    // Besides a suite that only says something about renegotiation.
    let offered: Vec<u16> = offered_suites().into_iter().filter(|suite| *suite != 0x00ff).collect();
    assert_eq!(offered, [u16::from(only)]);
}
