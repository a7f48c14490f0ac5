//! Tables of cases: input and output records as short texts.
//!
//! A record is written `key=value@time`, followed by ` #text` for a header "h"; `null` is a null. An input record goes to the topic
//! `in`, or to another one with the prefix `topic: `; output records always have the prefix `topic `. A value of 8 bytes that is
//! not text is a number. `dropped N` means that N records were dropped.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, reason = "every test target has this module, and none uses all of it")]

use millstream::test::{RawOutput, TestConfig, TestError, TopologyTestDriver};
use millstream::{Headers, StreamsBuilder, Topology, TopologyError};

/// A step of a case: the input record and all its output records, in order.
pub(crate) type Step<'a> = (&'a str, &'a [&'a str]);

/// Without caching: every update is forwarded at once.
pub(crate) fn uncached() -> TestConfig {
    TestConfig { cache_bytes_max: 0, ..TestConfig::default() }
}

/// With caching: a key's last update is forwarded at the commit, which the driver makes after each record.
pub(crate) fn cached() -> TestConfig {
    TestConfig::default()
}

/// Pipes the steps one by one, and compares the output on the user's topics with the table.
#[track_caller]
pub(crate) fn check(topology: Result<Topology, TopologyError>, config: &TestConfig, steps: &[Step<'_>]) {
    check_topics(&topology.unwrap(), config, steps, |topic| !topic.starts_with("test-"));
}

/// Like [`check`], including the records of internal topics.
#[track_caller]
pub(crate) fn check_with_internal(topology: Result<Topology, TopologyError>, config: &TestConfig, steps: &[Step<'_>]) {
    check_topics(&topology.unwrap(), config, steps, |_| true);
}

#[track_caller]
fn check_topics(topology: &Topology, config: &TestConfig, steps: &[Step<'_>], shown: impl Fn(&str) -> bool) {
    let driver = TopologyTestDriver::with_config(topology, config).unwrap();
    for (number, (input, expected)) in steps.iter().enumerate() {
        let dropped = dropped(&driver);
        pipe(&driver, input).unwrap();
        let mut got = outputs(&driver, &shown);
        let more = self::dropped(&driver) - dropped;
        if more > 0 {
            got.push(format!("dropped {more}"));
        }
        assert!(got == *expected, "step {number}, {input}\nexpected: {expected:#?}\n     got: {got:#?}");
    }
}

/// Builds what is declared, which must be refused with a message that has these parts.
#[track_caller]
pub(crate) fn check_refused(declare: impl FnOnce(&StreamsBuilder), expected: &[&str]) {
    let builder = StreamsBuilder::new();
    declare(&builder);
    let message = builder.build().unwrap_err().to_string();
    expected.iter().for_each(|part| assert!(message.contains(part), "`{message}` should contain `{part}`"));
}

/// Pipes one record, written as in a table.
pub(crate) fn pipe(driver: &TopologyTestDriver, input: &str) -> Result<(), TestError> {
    let (topic, record) = input.split_once(": ").unwrap_or(("in", input));
    let (record, header) = record.split_once(" #").map_or((record, None), |(record, header)| (record, Some(header)));
    let (pair, time) = record.rsplit_once('@').expect("a record has a time: key=value@time");
    let (key, value) = pair.split_once('=').expect("a record has a key and a value: key=value@time");
    let mut headers = Headers::new();
    header.into_iter().for_each(|header| headers.add("h", header));
    let bytes = |text: &str| (text != "null").then(|| text.as_bytes().to_vec());
    driver.pipe_bytes(topic, bytes(key).as_deref(), bytes(value).as_deref(), time.parse::<i64>().unwrap(), &headers)
}

/// The records written since the last call to topics that are `shown`, as in a table.
pub(crate) fn outputs(driver: &TopologyTestDriver, shown: impl Fn(&str) -> bool) -> Vec<String> {
    driver.take_all_outputs().iter().filter(|record| shown(record.topic.as_str())).map(text_of).collect()
}

/// How many records have been dropped so far.
pub(crate) fn dropped(driver: &TopologyTestDriver) -> u64 {
    driver.dropped_records().values().sum()
}

fn text_of(record: &RawOutput) -> String {
    let part = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or_else(|| "null".to_owned(), |bytes| text(bytes));
    let (topic, key, value) = (&record.topic, part(&record.key), part(&record.value));
    let headers: String =
        record.headers.iter().map(|header| format!(" #{}", text(header.value.as_deref().unwrap_or(b"null")))).collect();
    format!("{topic} {key}={value}@{}{headers}", record.timestamp.as_millis())
}

fn text(bytes: &[u8]) -> String {
    match (std::str::from_utf8(bytes), <[u8; 8]>::try_from(bytes)) {
        (Ok(text), _) if !text.chars().any(char::is_control) => text.to_owned(),
        (_, Ok(number)) => i64::from_be_bytes(number).to_string(),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
