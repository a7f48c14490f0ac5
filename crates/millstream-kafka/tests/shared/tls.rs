//! TLS: a client that trusts the broker's certificate can connect, and goes on at other brokers of a cluster when one stops;
//! others report why they cannot connect.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::TestedLog;
use crate::requests::{create, now, request, until, wall_clock};
use crate::support::Broker;
use millstream_log::{AdminRequest, Fetching, Log, LogEvent, Producing, Signal, StartAt};
use millstream_types::{Partition, RecordBytes, Topic, TopicPartition};

/// A key for 127.0.0.1 that it has signed itself, as the JDK's `keytool` makes it.
pub(crate) struct Certificate {
    directory: tempfile::TempDir,
}

impl Certificate {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn keytool(what: &[&str], store: &str) {
    let store = ["-alias", "broker", "-keystore", store, "-storetype", "PKCS12", "-storepass", "open sesame"];
    let output = Command::new("keytool").args(what).args(store).output().expect("keytool comes with every JRE");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

pub(crate) fn trusting(broker: &Broker, authority: &Path) -> TestedLog {
    let log = TestedLog::new(broker.bootstrap()).with("security.protocol", "ssl").unwrap();
    log.with("ssl.ca.location", authority.to_str().unwrap()).unwrap()
}

pub(crate) fn first_reported(log: &TestedLog) -> LogEvent {
    request(log, AdminRequest::PartitionCounts(vec![Topic::from("any")])).remove(0)
}

/// The settings of a broker with this certificate. Its listener keeps its name, by which the script knows it, and gets
/// another protocol.
pub(crate) fn settings(certificate: &Certificate) -> Vec<String> {
    let store = |name: &str| certificate.path(name).display().to_string();
    vec![
        "listener.security.protocol.map=PLAINTEXT:SSL,CONTROLLER:PLAINTEXT".to_owned(),
        "inter.broker.listener.name=PLAINTEXT".to_owned(),
        "ssl.keystore.type=PKCS12".to_owned(),
        format!("ssl.keystore.location={}", store("store.p12")),
        "ssl.keystore.password=open sesame".to_owned(),
        "ssl.key.password=open sesame".to_owned(),
        "ssl.truststore.type=PKCS12".to_owned(),
        format!("ssl.truststore.location={}", store("trusted.p12")),
        "ssl.truststore.password=open sesame".to_owned(),
    ]
}

/// Writes numbers to all partitions of a topic, and reads them: each once and in order.
struct Load {
    topic: Topic,
    producer: Box<dyn Producing>,
    fetcher: Box<dyn Fetching>,
    written: [u64; PARTITIONS],
    read: [u64; PARTITIONS],
}

const PARTITIONS: usize = 6;

impl Load {
    fn on(log: &TestedLog, topic: &str) -> Self {
        let mut fetcher = log.fetcher("reads", &Signal::new()).unwrap();
        let all = (0..PARTITIONS).map(|number| (TopicPartition::new(topic, number as u32), StartAt::Earliest));
        fetcher.assign(&all.collect::<Vec<_>>());
        let producer = log.producer("writes", &Signal::new()).unwrap();
        Self { topic: Topic::from(topic), producer, fetcher, written: [0; PARTITIONS], read: [0; PARTITIONS] }
    }

    fn write(&mut self) {
        for partition in 0..PARTITIONS {
            let number = self.written[partition].to_string();
            let record = RecordBytes::new(wall_clock(), None, Some(number.as_bytes()));
            let to = Partition::new(partition as u32);
            self.written[partition] += u64::from(self.producer.append(&self.topic, to, &record));
        }
    }

    fn poll(&mut self) {
        let mut events = Vec::new();
        self.producer.poll(now(), &mut events);
        self.fetcher.poll(now(), &mut |_| true, &mut events);
        for event in events {
            match event {
                LogEvent::Chunk(chunk) => {
                    let read = &mut self.read[chunk.partition.partition.number() as usize];
                    for record in chunk.iter() {
                        assert_eq!(record.value(), Some(read.to_string().as_bytes()), "{}", chunk.partition);
                        *read += 1;
                    }
                }
                LogEvent::Acknowledged { .. } | LogEvent::Unavailable(_) | LogEvent::Stalled(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Writes so many records more to each partition, and reads them.
    fn pass(&mut self, records: u64) {
        let goal = self.read.map(|read| read + records);
        until("records of all partitions are written and read", || {
            self.write();
            self.poll();
            self.read.iter().zip(&goal).all(|(read, goal)| read >= goal).then_some(())
        });
    }

    fn settle(&mut self) {
        self.producer.flush();
        until("all that was written is read", || {
            self.poll();
            (self.read == self.written).then_some(())
        });
    }
}

/// A broker of three is stopped and started again: its partitions are written and read at the others, over TLS.
#[test]
fn a_broker_of_three_is_stopped_and_nothing_is_lost_or_doubled() {
    let certificate = Certificate::new();
    let mut settings = settings(&certificate);
    settings.push("default.replication.factor=3".to_owned());
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let first = Broker::start_with(&settings);
    let others = [first.start_another(&settings), first.start_another(&settings)];
    let log = trusting(&first, &certificate.path("ca.pem"));
    create(&log, "of-three", PARTITIONS as u32);
    let mut load = Load::on(&log, "of-three");
    load.pass(300);
    others[0].stop();
    load.pass(300);
    others[0].restart();
    load.pass(300);
    others[1].kill();
    load.pass(300);
    load.settle();
}
