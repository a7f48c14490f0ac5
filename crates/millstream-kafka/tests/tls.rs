//! TLS: a client that trusts the broker's certificate can connect, and goes on at other brokers of a cluster when one stops;
//! others report why they cannot connect.
#[path = "support/requests.rs"]
mod requests;
#[path = "shared/tls.rs"]
mod shared;
mod support;

use millstream_kafka::KafkaLog as TestedLog;
use millstream_log::{AdminRequest, AdminResponse, Log, LogError, LogEvent, Signal};
use millstream_types::Topic;
use requests::{create, response};
use shared::{Certificate, first_reported, settings, trusting};
use support::Broker;

#[test]
fn a_client_that_trusts_the_broker_connects_and_others_report_why_they_cannot() {
    let certificate = Certificate::new();
    let settings = settings(&certificate);
    let broker = Broker::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>());
    let known = trusting(&broker, &certificate.path("ca.pem"));
    create(&known, "secret", 3);
    let reported = response(&known, AdminRequest::PartitionCounts(vec![Topic::from("secret")]));
    assert!(matches!(&reported, AdminResponse::PartitionCounts(counts) if counts[0].1 == Some(3)), "{reported:?}");

    let stranger = Certificate::new();
    let reported = first_reported(&trusting(&broker, &stranger.path("ca.pem")));
    let LogEvent::AdminDone { result: Err(LogError::Invalid { reason }), .. } = &reported else {
        panic!("{reported:?}");
    };
    assert!(reason.contains("certificate is not accepted") && reason.contains("ssl.ca.location"), "{reason}");

    let reported = first_reported(&TestedLog::new(broker.bootstrap()));
    let LogEvent::Unavailable(reason) = &reported else { panic!("{reported:?}") };
    assert!(reason.contains("security.protocol"), "{reason}");

    let missing = trusting(&broker, &certificate.path("nowhere.pem"));
    let refused = missing.admin("test", &Signal::new()).err();
    let Some(LogError::Invalid { reason }) = &refused else { panic!("{refused:?}") };
    assert!(reason.contains("ssl.ca.location"), "{reason}");
}

#[test]
fn a_broker_without_tls_is_distinguished_from_an_unreachable_one() {
    let (broker, certificate) = (Broker::start(), Certificate::new());
    let reported = first_reported(&trusting(&broker, &certificate.path("ca.pem")));
    let text = format!("{reported:?}");
    // The broker may close the connection before its response, which is not TLS, has been read.
    assert!(text.contains("TLS") && text.contains("security.protocol"), "{text}");
}
