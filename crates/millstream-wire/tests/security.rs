//! TLS and SASL with a real broker: producers and fetchers work over every kind of listener, and report why they cannot connect.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    unreachable_pub,
    dead_code,
    reason = "a test with a real broker, in real time"
)]

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use millstream_log::{Signal, monotonic_now};
use millstream_types::{Offset, RecordBytes, Timestamp, TopicPartition};
use millstream_wire::{
    Authorities, ClientSettings, FetchEvent, FetchSettings, Fetcher, Identity, Pem, ProduceEvent, ProduceSettings,
    Producer, SaslSettings, ScramHash, SecuritySettings, Taken, TlsSettings, Token, TokenSource,
};
use support::{Broker, TOPIC, USER};

/// The longest time that a test waits.
const PATIENCE: Duration = Duration::from_secs(60);

fn client(broker: &Broker, listener: &str, tls: Option<TlsSettings>, sasl: Option<SaslSettings>) -> ClientSettings {
    let security = SecuritySettings { tls, sasl }.into();
    ClientSettings {
        bootstrap_servers: broker.bootstrap(listener).parse().unwrap(),
        security,
        ..ClientSettings::default()
    }
}

fn trusting(broker: &Broker) -> TlsSettings {
    let authorities = Authorities::Own(vec![Pem::Text(broker.authority.pem().into())]);
    TlsSettings { authorities, ..TlsSettings::default() }
}

fn scram(hash: ScramHash, password: &str) -> SaslSettings {
    SaslSettings::Scram { hash, user: USER.0.to_owned(), password: password.into() }
}

fn plain(password: &str) -> SaslSettings {
    SaslSettings::Plain { user: USER.0.to_owned(), password: password.into() }
}

/// A token without a signature, which Kafka's brokers accept unless they are told how to verify one.
fn unsecured_token(life: Duration) -> SaslSettings {
    let source = TokenSource::new(move || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let end = now.as_secs() + life.as_secs();
        let claims = format!(r#"{{"sub":"{}","iat":{},"exp":{end}}}"#, USER.0, now.as_secs());
        let (header, claims) = (URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(claims));
        let left = Duration::from_secs(end).saturating_sub(now);
        Ok(Token::new(format!("{header}.{claims}.")).expiring_in(left))
    });
    SaslSettings::OauthBearer { source, extensions: Vec::new() }
}

/// Writes numbers to all partitions of a topic, and reads them: each once and in order.
struct Load {
    signal: Signal,
    producer: Producer,
    partitions: Vec<millstream_wire::PartitionHandle>,
    fetcher: Fetcher,
    /// How many records have been written to each partition.
    written: u64,
    /// How many have been read, by partition.
    read: BTreeMap<u32, u64>,
}

impl Load {
    /// For three partitions, which nobody else uses.
    fn new(nth: u32, client: ClientSettings) -> Self {
        let signal = Signal::new();
        let settings = ProduceSettings { client: client.clone(), ..ProduceSettings::default() };
        let mut producer = Producer::new(settings, &signal);
        let mut fetcher = Fetcher::new(FetchSettings { client, ..FetchSettings::default() }, &signal);
        let mut partitions = Vec::new();
        let mut read = BTreeMap::new();
        for number in nth * 3..(nth + 1) * 3 {
            partitions.push(producer.open(TopicPartition::new(TOPIC, number)));
            fetcher.assign(TopicPartition::new(TOPIC, number), Offset::new(0), Offset::new(0));
            read.insert(number, 0);
        }
        Self { signal, producer, partitions, fetcher, written: 0, read }
    }

    fn write(&mut self) {
        let value = format!("{:-<1000}", format!("{} ", self.written));
        for to in &self.partitions {
            let record = RecordBytes::new(Timestamp::from_millis(1), None, Some(value.as_bytes()));
            assert!(matches!(self.producer.append(*to, &record), Taken::Yes));
        }
        self.written += 1;
    }

    /// Returns what is reported besides records.
    fn poll(&mut self) -> Vec<String> {
        let (mut produced, mut fetched, mut reports) = (Vec::new(), Vec::new(), Vec::new());
        self.producer.poll(monotonic_now(), &mut produced);
        self.fetcher.poll(monotonic_now(), &mut |_| true, &mut fetched);
        for event in fetched {
            match event {
                FetchEvent::Chunk(chunk) => {
                    let read = self.read.get_mut(&chunk.partition.partition.number()).unwrap();
                    for record in chunk.iter() {
                        let text = String::from_utf8_lossy(record.value().unwrap()).into_owned();
                        assert_eq!(text.split(' ').next().unwrap(), read.to_string());
                        *read += 1;
                    }
                }
                FetchEvent::Unfit(text) => reports.push(text),
                other => reports.push(format!("{other:?}")),
            }
        }
        reports.extend(produced.into_iter().map(|event| match event {
            ProduceEvent::Unfit(text) => text,
            other => format!("{other:?}"),
        }));
        reports
    }

    /// Writes and reads for this long, and then until everything is read.
    fn run(&mut self, length: Duration) {
        let begin = Instant::now();
        self.poll_until(|load| {
            let is_over = begin.elapsed() >= length;
            if !is_over {
                load.write();
            }
            is_over && load.read.values().all(|read| *read == load.written)
        });
    }

    /// Polls without writing for this long.
    fn rest(&mut self, length: Duration) {
        let begin = Instant::now();
        self.poll_until(|_| begin.elapsed() >= length);
    }

    /// Nothing may be reported meanwhile.
    fn poll_until(&mut self, mut is_over: impl FnMut(&mut Self) -> bool) {
        let begin = Instant::now();
        while !is_over(self) {
            let reports = self.poll();
            assert!(reports.is_empty(), "{reports:?}");
            assert!(begin.elapsed() < PATIENCE, "{} written, {:?} read", self.written, self.read);
            self.signal.wait(Duration::from_millis(1));
        }
    }

    /// Polls until something is reported.
    fn report(&mut self) -> String {
        let begin = Instant::now();
        self.write();
        while begin.elapsed() < PATIENCE {
            if let Some(report) = self.poll().into_iter().next() {
                return report;
            }
            self.signal.wait(Duration::from_millis(2));
        }
        panic!("nothing is reported")
    }
}

#[test]
fn records_are_written_and_read_over_every_kind_of_listener() {
    let broker = Broker::shared();
    let issued = broker.authority.client("client");
    let (certificate, key) = (Pem::Text(issued.certificate.into()), Pem::Text(issued.key.into()));
    let identity = Some(Identity { certificate, key, key_password: None });
    let mutual = TlsSettings { identity, ..trusting(&broker) };
    let (tls, second) = (Some(trusting(&broker)), Duration::from_secs(1));
    let cases: [(&str, Option<TlsSettings>, Option<SaslSettings>, Duration); 7] = [
        ("PLAINTEXT", None, None, second),
        ("SSL", tls.clone(), None, second),
        ("MUTUAL", Some(mutual), None, second),
        ("SASL_SSL", tls.clone(), Some(scram(ScramHash::Sha256, USER.1)), second),
        ("SASL_SSL", tls.clone(), Some(scram(ScramHash::Sha512, USER.1)), second),
        // The sessions of these end several times.
        ("SASL_PLAINTEXT", None, Some(plain(USER.1)), 4 * second),
        ("SASL_SSL", tls, Some(unsecured_token(3 * second)), 6 * second),
    ];
    for (nth, (listener, tls, sasl, length)) in (0..).zip(cases) {
        let mut load = Load::new(nth, client(&broker, listener, tls, sasl));
        load.run(length);
        load.rest(length / 2);
        load.run(length / 2);
        assert!(load.written > 10, "{listener}: {}", load.written);
    }
}

#[test]
fn what_brokers_refuse_is_reported_with_the_remedy_and_without_the_password() {
    let broker = Broker::shared();
    let (tls, wrong) = (Some(trusting(&broker)), "wr0ng");
    let stranger = TlsSettings::default();
    let cases: [(&str, Option<TlsSettings>, Option<SaslSettings>, &[&str]); 8] = [
        ("SSL", Some(stranger), None, &["authority is not trusted", "ssl.ca.location"]),
        ("MUTUAL", tls.clone(), None, &["client certificate", "ssl.certificate.location"]),
        (
            "SASL_SSL",
            tls.clone(),
            Some(scram(ScramHash::Sha512, wrong)),
            &["SCRAM-SHA-512 for the user `counts`", "sasl.password"],
        ),
        ("SASL_PLAINTEXT", None, Some(plain(wrong)), &["PLAIN for the user `counts`", "sasl.password"]),
        ("SASL_SSL", tls.clone(), Some(plain(USER.1)), &["does not support the SASL mechanism PLAIN", "SCRAM-SHA-256"]),
        ("PLAINTEXT", None, Some(plain(USER.1)), &["does not expect SASL", "security.protocol"]),
        ("SSL", tls.clone(), Some(plain(USER.1)), &["does not expect SASL", "security.protocol"]),
        ("SASL_SSL", tls, Some(unsecured_token(Duration::ZERO)), &["OAUTHBEARER", "token"]),
    ];
    for (listener, tls, sasl, texts) in cases {
        let report = Load::new(7, client(&broker, listener, tls, sasl)).report();
        for text in texts {
            assert!(report.contains(text), "{listener}: `{report}` should contain `{text}`");
        }
        assert!(!report.contains(wrong) && !report.contains(USER.1), "{report}");
    }
}
