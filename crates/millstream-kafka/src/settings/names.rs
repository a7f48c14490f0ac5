//! The names of settings: those that the user may set, those of Millstream, and those that are something else here.

use super::value::Kind;

const BYTES: Kind = Kind::Count(i32::MAX as u64);
const SIZE: Kind = Kind::Count(1 << 40);

/// The settings that a user may set.
pub(super) const KNOWN: &[(&str, Kind)] = &[
    ("batch.size", BYTES),
    ("bootstrap.servers", Kind::Text),
    ("check.crcs", Kind::OneOf(&["true"])),
    ("compression.gzip.level", Kind::Level),
    ("compression.zstd.level", Kind::Only("1", "the encoder in Rust has no other level; the log on librdkafka has")),
    ("compression.type", Kind::OneOf(&["none", "gzip", "snappy", "lz4", "zstd"])),
    ("client.rack", Kind::Text),
    ("connections.max.idle.ms", Kind::Millis(1)),
    ("acks", Kind::OneOf(&["all", "-1"])),
    ("fetch.batch.max.bytes", SIZE),
    ("fetch.error.backoff.ms", Kind::Millis(0)),
    ("fetch.max.bytes", BYTES),
    ("fetch.message.max.bytes", BYTES),
    ("fetch.min.bytes", BYTES),
    ("fetch.wait.max.ms", Kind::Millis(0)),
    ("group.protocol", Kind::OneOf(&["classic"])),
    ("heartbeat.interval.ms", Kind::Millis(1)),
    ("input.buffer.max.bytes", SIZE),
    ("isolation.level", Kind::OneOf(&["read_committed", "read_uncommitted"])),
    ("linger.ms", Kind::Fraction),
    ("max.poll.interval.ms", Kind::Millis(1)),
    ("message.max.bytes", BYTES),
    ("message.timeout.ms", Kind::OneOf(&["0"])),
    ("queue.buffering.max.kbytes", SIZE),
    ("queue.buffering.max.messages", SIZE),
    ("queued.max.messages.kbytes", SIZE),
    ("replication.factor", Kind::Replicas),
    ("request.timeout.ms", Kind::Millis(1)),
    ("retry.backoff.ms", Kind::Millis(0)),
    ("enable.ssl.certificate.verification", Kind::Text),
    ("https.ca.location", Kind::Text),
    ("https.ca.pem", Kind::Secret),
    ("sasl.mechanism", Kind::Text),
    ("sasl.oauthbearer.client.id", Kind::Text),
    ("sasl.oauthbearer.client.secret", Kind::Secret),
    ("sasl.oauthbearer.extensions", Kind::Text),
    ("sasl.oauthbearer.method", Kind::Text),
    ("sasl.oauthbearer.scope", Kind::Text),
    ("sasl.oauthbearer.token.endpoint.url", Kind::Text),
    ("sasl.password", Kind::Secret),
    ("sasl.username", Kind::Text),
    ("security.protocol", Kind::OneOf(&["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"])),
    ("ssl.ca.location", Kind::Text),
    ("ssl.ca.pem", Kind::Secret),
    ("ssl.certificate.location", Kind::Text),
    ("ssl.certificate.pem", Kind::Secret),
    ("ssl.endpoint.identification.algorithm", Kind::OneOf(&["https", "none"])),
    ("ssl.key.location", Kind::Text),
    ("ssl.key.password", Kind::Secret),
    ("ssl.key.pem", Kind::Secret),
    ("socket.timeout.ms", Kind::Millis(10)),
    ("topic.metadata.propagation.max.ms", Kind::Millis(0)),
    ("topic.metadata.refresh.interval.ms", Kind::Millis(1)),
];

/// Other names of these settings.
pub(super) const ALIASES: &[(&str, &str)] = &[
    ("auto.commit.enable", "enable.auto.commit"),
    ("compression.codec", "compression.type"),
    ("delivery.timeout.ms", "message.timeout.ms"),
    ("fetch.max.wait.ms", "fetch.wait.max.ms"),
    ("max.partition.fetch.bytes", "fetch.message.max.bytes"),
    ("max.request.size", "message.max.bytes"),
    ("metadata.broker.list", "bootstrap.servers"),
    ("metadata.max.age.ms", "topic.metadata.refresh.interval.ms"),
    ("queue.buffering.max.ms", "linger.ms"),
    ("request.required.acks", "acks"),
    ("sasl.mechanisms", "sasl.mechanism"),
];

/// Settings that only Millstream makes, and why.
pub(super) const OWN: &[(&str, &str)] = &[
    ("auto.offset.reset", "each source of the topology has a reset policy; set it there"),
    ("client.id", "it consists of the application's name and the thread's number"),
    ("delivery.report.only.error", "a commit waits until every record that it covers is acknowledged"),
    ("enable.auto.commit", "offsets are committed with the state that belongs to them, never before it"),
    ("enable.auto.offset.store", "offsets are committed with the state that belongs to them, never before it"),
    ("enable.idempotence", "without it a retry could write a record twice or out of order"),
    ("enable.partition.eof", "the end of a partition is detected otherwise"),
    ("group.id", "it is the application's id"),
    ("group.instance.id", "set the application's instance id instead"),
    ("partition.assignment.strategy", "tasks move one by one, which only `cooperative-sticky` does"),
    ("partitioner", "records go to the partition that Kafka's Java clients would choose, or to the one that you set"),
    ("session.timeout.ms", "set the application's session time-out instead"),
    ("transactional.id", "Millstream creates it where it needs one"),
];

const CALLBACK: &str = "for tokens, give `KafkaLog::with_token_source` a function that returns them";
const PEM_ONLY: &str = "files of keys and certificates are PEM; leave it out";
const LIBRDKAFKA: &str = "the feature `librdkafka` has a log that supports it";

/// Settings of other clients that are something else here, or nothing, with what to do.
pub(super) const ELSEWHERE: &[(&str, &str)] = &[
    ("batch.num.messages", "a batch is limited by its size; set `batch.size`"),
    ("buffer.memory", "set `queue.buffering.max.kbytes`"),
    ("compression.level", "set `compression.gzip.level`; the other encoders, in Rust, have one level each"),
    ("compression.lz4.level", "the encoder in Rust has one level, the fastest; leave it out"),
    ("debug", "what matters is told as events; leave it out"),
    ("enable.sparse.connections", "only the brokers that are needed are connected to; leave it out"),
    ("fetch.client", "the log on librdkafka is one of its own, with the feature `librdkafka`"),
    ("fetch.queue.backoff.ms", "fetching continues as soon as there is room; leave it out"),
    ("log_level", "what matters is told as events; leave it out"),
    ("max.in.flight.requests.per.connection", "one request for each broker is in flight; leave it out"),
    ("max.poll.records", "what is fetched ahead is limited by its size; set `queued.max.messages.kbytes`"),
    ("message.send.max.retries", "records are sent until they are written; leave it out"),
    (
        "metadata.recovery.rebootstrap.trigger.ms",
        "when no known broker responds, those of `bootstrap.servers` are asked within seconds; leave it out",
    ),
    ("metadata.recovery.strategy", "it is `rebootstrap`; leave it out"),
    ("produce.client", "the log on librdkafka is one of its own, with the feature `librdkafka`"),
    ("queued.min.messages", "what is fetched ahead is limited by its size; set `queued.max.messages.kbytes`"),
    ("reconnect.backoff.max.ms", "it is a second; leave it out"),
    ("reconnect.backoff.ms", "it is 50 ms; leave it out"),
    ("sasl.client.callback.handler.class", CALLBACK),
    ("sasl.jaas.config", "set `sasl.username` and `sasl.password`; for a token, see `KafkaLog::with_token_source`"),
    ("sasl.kerberos.service.name", LIBRDKAFKA),
    ("sasl.login.callback.handler.class", CALLBACK),
    ("ssl.cipher.suites", "those of TLS 1.2 and 1.3 that rustls takes for safe are used; leave it out"),
    ("ssl.crl.location", "revocation lists are not read; leave it out"),
    ("ssl.curves.list", "those that rustls takes for safe are used; leave it out"),
    ("ssl.engine.location", "set `ssl.certificate.location` and `ssl.key.location`"),
    (
        "ssl.keystore.location",
        "convert it with `openssl pkcs12 -in STORE -out client.pem`, and set `ssl.certificate.location` and `ssl.key.location`",
    ),
    ("ssl.keystore.password", "PEM files are read instead of a keystore; set `ssl.key.password` if the key has one"),
    ("ssl.keystore.type", PEM_ONLY),
    ("ssl.providers", "install a `CryptoProvider` of rustls; leave it out"),
    ("ssl.sigalgs.list", "those that rustls takes for safe are used; leave it out"),
    (
        "ssl.truststore.location",
        "convert it with `keytool -list -rfc -keystore STORE > ca.pem`, and set `ssl.ca.location`",
    ),
    ("ssl.truststore.password", "a PEM file of certificates has none; leave it out"),
    ("ssl.truststore.type", PEM_ONLY),
    ("retries", "records are sent until they are written; leave it out"),
    ("socket.connection.setup.timeout.ms", "it is ten seconds, or `socket.timeout.ms` if that is less; set that"),
    ("statistics.interval.ms", "the metrics of the application show more; leave it out"),
];

/// Whether the value of a setting may be shown. A name that is not known may be a misspelt one of a secret.
pub(super) fn is_shown(name: &str) -> bool {
    let is_plain = |(known, kind): &(&str, Kind)| *known == name && !matches!(kind, Kind::Secret);
    KNOWN.iter().any(is_plain) || OWN.iter().any(|(own, _)| *own == name)
}

/// The error for a name that is none of these.
pub(super) fn unknown(name: &str) -> String {
    let near = KNOWN.iter().map(|(known, _)| *known).min_by_key(|known| distance(name, known));
    let hint = near
        .filter(|near| distance(name, near) <= 3)
        .map_or(String::new(), |near| format!("; the nearest is `{near}`"));
    format!("there is no Kafka setting `{name}` in Millstream's client{hint}; see `KafkaLog::with` for all of them")
}

/// How many letters differ at most: the length of what is not a common beginning or end.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let begin = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let rest = one.len().min(other.len()) - begin;
    let end = one.iter().rev().zip(other.iter().rev()).take(rest).take_while(|(one, other)| one == other).count();
    one.len().max(other.len()) - begin - end
}
