//! TLS: a client that trusts the broker's certificate can connect; others report why they cannot.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

#[path = "support/requests.rs"]
mod requests;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use millstream_kafka::KafkaLog;
use millstream_log::{AdminRequest, AdminResponse, LogError, LogEvent};
use millstream_types::Topic;
use requests::{create, request, response};
use support::Broker;

/// A key for 127.0.0.1 that it has signed itself, as the JDK's `keytool` makes it.
struct Certificate {
    directory: tempfile::TempDir,
}

impl Certificate {
    fn new() -> Self {
        let new = Self { directory: tempfile::tempdir().unwrap() };
        let store = new.path("store.p12");
        let store = store.to_str().unwrap();
        keytool(&["-genkeypair", "-keyalg", "RSA", "-dname", "CN=broker", "-ext", "SAN=IP:127.0.0.1"], store);
        let (authority, trusted) = (new.path("ca.pem"), new.path("trusted.p12"));
        keytool(&["-exportcert", "-rfc", "-file", authority.to_str().unwrap()], store);
        let import = ["-importcert", "-noprompt", "-file", authority.to_str().unwrap()];
        keytool(&import, trusted.to_str().unwrap());
        new
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn keytool(what: &[&str], store: &str) {
    let store = ["-alias", "broker", "-keystore", store, "-storetype", "PKCS12", "-storepass", "open sesame"];
    let output = Command::new("keytool").args(what).args(store).output().expect("keytool comes with every JRE");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn trusting(broker: &Broker, authority: &Path) -> KafkaLog {
    let log = KafkaLog::new(broker.bootstrap()).with("security.protocol", "ssl").unwrap();
    log.with("ssl.ca.location", authority.to_str().unwrap()).unwrap()
}

fn first_reported(log: &KafkaLog) -> LogEvent {
    request(log, AdminRequest::PartitionCounts(vec![Topic::from("any")])).remove(0)
}

#[test]
fn a_client_that_trusts_the_broker_connects_and_others_report_why_they_cannot() {
    let certificate = Certificate::new();
    // The listener keeps its name, by which the script knows it, and gets another protocol.
    let broker = Broker::start_with(&[
        "listener.security.protocol.map=PLAINTEXT:SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name=PLAINTEXT",
        "ssl.keystore.type=PKCS12",
        &format!("ssl.keystore.location={}", certificate.path("store.p12").display()),
        "ssl.keystore.password=open sesame",
        "ssl.key.password=open sesame",
        "ssl.truststore.type=PKCS12",
        &format!("ssl.truststore.location={}", certificate.path("trusted.p12").display()),
        "ssl.truststore.password=open sesame",
    ]);
    let known = trusting(&broker, &certificate.path("ca.pem"));
    create(&known, "secret", 3);
    let reported = response(&known, AdminRequest::PartitionCounts(vec![Topic::from("secret")]));
    assert!(matches!(&reported, AdminResponse::PartitionCounts(counts) if counts[0].1 == Some(3)), "{reported:?}");

    let stranger = Certificate::new();
    let reported = first_reported(&trusting(&broker, &stranger.path("ca.pem")));
    let LogEvent::Fatal(LogError::Invalid { reason }) = &reported else { panic!("{reported:?}") };
    assert!(reason.contains("certificate verify failed"), "{reason}");

    let reported = first_reported(&KafkaLog::new(broker.bootstrap()));
    let LogEvent::Unavailable(reason) = &reported else { panic!("{reported:?}") };
    assert!(reason.contains("security.protocol"), "{reason}");

    let missing = trusting(&broker, &certificate.path("nowhere.pem"));
    let refused = millstream_log::Log::admin(&missing, "test", &millstream_log::Signal::new()).err();
    let Some(LogError::Invalid { reason }) = &refused else { panic!("{refused:?}") };
    assert!(reason.contains("ssl.ca.location"), "{reason}");
}

#[test]
fn a_broker_without_tls_is_distinguished_from_an_unreachable_one() {
    let (broker, certificate) = (Broker::start(), Certificate::new());
    let reported = first_reported(&trusting(&broker, &certificate.path("ca.pem")));
    let text = format!("{reported:?}");
    // The broker may close the connection before its response, which is not TLS, has been read.
    assert!(text.contains("SSL handshake failed") || text.contains("SSL_HANDSHAKE"), "{text}");
    assert!(text.contains("PLAINTEXT") || text.contains("security.protocol"), "{text}");
}
