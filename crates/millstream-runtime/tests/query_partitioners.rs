//! KIND: a query looks for a key in the partition that its bytes say, and the topic is partitioned in another way.
//!
//! Behind a repartition with a partitioner of its own, `get` of a key that is in another instance gave `None`, as if the key had no
//! row, whenever the partition that murmur2 says was in the instance that was asked.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use millstream_core::{Consumed, Materialized, Repartitioned, Route, StreamsBuilder, TimeWindows, Topology};
use millstream_log::InProcessLog;
use millstream_observe::events::State;
use millstream_runtime::{QueryError, StreamsHandle};
use millstream_state::{AnyStore, Direction, KeyRange, KeyValueStore};
use millstream_types::{Partition, Serde, Timestamp, Window, Windowed, windowed_serde};
use support::{LIMIT, PARTITIONS, config, eventually, feed_words, log, run};

/// The last digit of a word decides.
fn last_digit(word: &str, partitions: u32) -> u32 {
    u32::from(*word.as_bytes().last().unwrap_or(&b'0')) % partitions
}

/// Counts words behind a repartition that goes by their last digits.
fn repartitioned() -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words").select_key(|_, word| word.clone());
    let by_digit = |word: &String, _: &String, partitions| Route::to(last_digit(word, partitions));
    words.repartition(Repartitioned::named("by-digit").partitioner(by_digit)).group_by_key().count("counts");
    builder.build().unwrap()
}

/// Two instances, each with half of the partitions of the store `counts`, and 100 words counted.
fn two_instances(topology: impl Fn() -> Topology) -> (InProcessLog, [StreamsHandle; 2]) {
    let log = log();
    let instances = [run(topology(), config("app"), &log), run(topology(), config("app"), &log)];
    let share = |streams: &StreamsHandle| {
        streams
            .query("counts", |_: &mut KeyValueStore<String, i64>| Ok(()))
            .wait(LIMIT)
            .map(|here| here.partitions.len())
    };
    eventually("both have their share", || {
        instances.iter().all(|streams| streams.state() == State::Running && share(streams).ok() == Some(2))
    });
    feed_words(&log, 1000);
    let counted = |streams: &StreamsHandle| {
        let counts = streams.query("counts", |store: &mut KeyValueStore<String, i64>| {
            let rows = store.rows(&KeyRange::all(), Direction::Forward)?;
            Ok(rows.iter().map(|row| row.value).sum::<i64>())
        });
        counts.wait(LIMIT).map_or(0, |counts| counts.value.iter().sum())
    };
    eventually("all words are counted", || instances.iter().map(counted).sum::<i64>() == 1000);
    (log, instances)
}

#[test]
fn a_key_that_is_not_found_is_not_said_to_have_no_row() {
    let (_log, instances) = two_instances(repartitioned);
    for word in (0..100).map(|number| format!("w{number}")) {
        let found = instances.iter().filter(|streams| {
            match streams.key_value_store::<String, i64>("counts").get(word.clone()).wait(LIMIT) {
                Ok(count) => count.expect("every word was counted, and this one is said to have no row").value == 10,
                Err(error @ QueryError::UnknownPartition { .. }) => {
                    let text = error.to_string();
                    assert!(text.contains("`by-digit-repartition`") && text.contains("`partitioned_by`"), "{text}");
                    false
                }
                Err(error) => panic!("{error}"),
            }
        });
        assert_eq!(found.count(), 1, "{word} is in one instance, and the other one says that it does not know");
    }
}

#[test]
fn with_the_partitioner_a_key_that_is_elsewhere_names_its_partition() {
    let (_log, instances) = two_instances(repartitioned);
    for word in (0..200).map(|number| format!("w{number}")) {
        let home = Partition::new(last_digit(&word, PARTITIONS));
        let mut results = Vec::new();
        for streams in &instances {
            let counts = streams.key_value_store::<String, i64>("counts");
            let counts = counts.partitioned_by(|word, partitions| Partition::new(last_digit(word, partitions)));
            results.push(counts.get(word.clone()).wait(LIMIT));
        }
        let elsewhere = |result: &Result<_, QueryError>| matches!(result, Err(QueryError::NotHere { partition, .. }) if *partition == Some(home));
        assert_eq!(results.iter().filter(|result| elsewhere(result)).count(), 1, "{word}: {results:?}");
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{word}: {results:?}");
    }
}

/// With all partitions here there is nothing that could be elsewhere.
#[test]
fn an_instance_with_all_partitions_knows_that_a_key_has_no_row() {
    let log = log();
    let streams = run(repartitioned(), config("app"), &log);
    let counts = streams.key_value_store::<String, i64>("counts");
    eventually("all partitions are here", || matches!(counts.get("never seen".to_owned()).wait(LIMIT), Ok(None)));
}

/// The DSL writes all windows of a key to the partition of the key, so a table of windowed keys is not partitioned by all of
/// their bytes.
#[test]
fn a_table_of_windowed_keys_is_not_partitioned_by_all_their_bytes() {
    const SIZE: Duration = Duration::from_millis(500);
    // One instance may be ahead of the other by all of the records: without grace the windows of the slower one's were over.
    const GRACE: Duration = Duration::from_secs(60);
    let build = || {
        let builder = StreamsBuilder::new();
        let words = builder.stream::<Option<String>, String>("words").select_key(|_, word| word.clone());
        let counted = words.group_by_key().windowed_by(TimeWindows::of_size_and_grace(SIZE, GRACE)).count("per-window");
        counted.to_stream().to("counts");
        let serde = || windowed_serde(Serde::<String>::of_type(), SIZE);
        let topic = Consumed::topic("counts").key_serde(serde());
        builder.table(topic, Materialized::<Windowed<String>, i64>::named("counts").key_serde(serde()));
        builder.build().unwrap()
    };
    let log = log();
    let instances = [run(build(), config("app"), &log), run(build(), config("app"), &log)];
    let rows = |streams: &StreamsHandle| {
        let rows = streams.query("counts", |store: &mut KeyValueStore<Windowed<String>, i64>| Ok(store.len()));
        rows.wait(LIMIT).map(|rows| (rows.partitions.len(), rows.value.iter().sum::<usize>())).unwrap_or_default()
    };
    eventually("both have their share", || instances.iter().all(|streams| rows(streams).0 == 2));
    feed_words(&log, 1000);
    eventually("all windows are there", || instances.iter().map(|streams| rows(streams).1).sum::<usize>() == 200);
    for key in (0..100).map(|number| format!("w{number}")) {
        let window = Window::starting_at(Timestamp::from_millis(500), SIZE);
        let key = Windowed { key, window };
        let results = instances
            .each_ref()
            .map(|streams| streams.key_value_store::<Windowed<String>, i64>("counts").get(key.clone()).wait(LIMIT));
        assert_eq!(results.iter().filter(|result| matches!(result, Ok(Some(_)))).count(), 1, "{results:?}");
        assert!(results.iter().any(|result| matches!(result, Err(QueryError::UnknownPartition { .. }))), "{results:?}");
    }
}
