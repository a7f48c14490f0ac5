//! The names of settings: those that only Millstream makes, those that are something else here, and other names.

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
    ("statistics.interval.ms", "silent brokers are found in the statistics"),
    ("transactional.id", "Millstream creates it where it needs one"),
];

/// Settings that are none of librdkafka's, with what to do: those of `millstream-kafka`, and those that chose between the two.
pub(super) const ELSEWHERE: &[(&str, &str)] = &[
    (
        "fetch.batch.max.bytes",
        "it decompresses batches of any size; leave it out, or use the log of `millstream-kafka`",
    ),
    ("fetch.client", "this log always reads through librdkafka; leave it out, or use the log of `millstream-kafka`"),
    ("input.buffer.max.bytes", "it limits what is fetched for each partition; set `queued.max.messages.kbytes`"),
    ("produce.client", "this log always writes through librdkafka; leave it out, or use the log of `millstream-kafka`"),
];

/// librdkafka's aliases of settings that are used here.
pub(super) const ALIASES: &[(&str, &str)] = &[
    ("auto.commit.enable", "enable.auto.commit"),
    ("delivery.timeout.ms", "message.timeout.ms"),
    ("max.partition.fetch.bytes", "fetch.message.max.bytes"),
    ("metadata.broker.list", "bootstrap.servers"),
    ("queue.buffering.max.ms", "linger.ms"),
];
