//! The cryptography that the program has installed for the whole process is used, not that of the crate's features.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::net::TcpListener;
use std::time::Duration;

use millstream_log::{Signal, monotonic_now};
use millstream_types::{RecordBytes, Timestamp, TopicPartition};
use millstream_wire::{ClientSettings, ProduceEvent, ProduceSettings, Producer, SecuritySettings, TlsSettings};
use rustls::crypto::CryptoProvider;

#[test]
fn the_installed_provider_is_used() {
    let provider = rustls_graviola::default_provider();
    // One that can be told from others: it can do nothing.
    CryptoProvider { cipher_suites: Vec::new(), ..provider }.install_default().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let security = SecuritySettings { tls: Some(TlsSettings::default()), sasl: None }.into();
    let bootstrap_servers = listener.local_addr().unwrap().to_string().parse().unwrap();
    let client = ClientSettings { bootstrap_servers, security, ..ClientSettings::default() };
    let signal = Signal::new();
    let mut producer = Producer::new(ProduceSettings { client, ..ProduceSettings::default() }, &signal);
    let to = producer.open(TopicPartition::new("t", 0));
    producer.append(to, &RecordBytes::new(Timestamp::from_millis(1), None, Some(b"v")));
    let mut events = Vec::new();
    while events.is_empty() {
        producer.poll(monotonic_now(), &mut events);
        signal.wait(Duration::from_millis(5));
    }
    let ProduceEvent::Unfit(text) = &events[0] else { panic!("{events:?}") };
    assert!(
        text.contains(" cannot be used: TLS cannot be used: ") && text.contains("no usable cipher suites"),
        "{text}"
    );
}
