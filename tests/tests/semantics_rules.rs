//! Rules of Kafka Streams that no other file of tests is about; `rules.rs` checks that each rule is named by a test.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::{
    BoxError, BufferConfig, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, KTable, Materialized, Processor,
    ProcessorContext, Record, RecordBytes, RowContext, RowProcessor, SessionWindows, SlidingWindows, Streams,
    StreamsBuilder, StreamsConfig, Suppressed, TopicPartition, Windowed,
};
use support::{cached, check, uncached};

const LIMIT: Duration = Duration::from_secs(60);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Forwards what it gets.
struct Pass;

impl Processor<String, String, String, String> for Pass {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, String>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        context.forward(record);
        Ok(())
    }
}

impl FixedKeyProcessor<String, String, String> for Pass {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, String, String>,
        record: FixedKeyRecord<String, String>,
    ) -> Result<(), BoxError> {
        context.forward(record);
        Ok(())
    }
}

/// The repartition topics of what `declare` declares.
fn repartitions(declare: impl FnOnce(&StreamsBuilder)) -> Vec<String> {
    let builder = StreamsBuilder::new();
    declare(&builder);
    let topology = builder.build().unwrap();
    let topics = topology.subtopologies().iter().flat_map(|part| &part.repartition_topics);
    topics.map(|topic| topic.name.name.to_string()).collect()
}

/// Rule 16: only grouping, joins and tables repartition, if a key may have changed; of merged streams if that of one may.
#[test]
fn processors_repartition_nothing_and_what_needs_keys_does() {
    let none: [&str; 0] = [];
    let keys_change = |builder: &StreamsBuilder| {
        let stream = builder.stream::<String, String>("in").select_key(|_, value| value.clone());
        stream.process(|| Pass, ()).to("out");
        builder
            .stream::<String, String>("b")
            .select_key(|_, value| value.clone())
            .process_values(|| Pass, ())
            .to("out-b");
    };
    assert_eq!(repartitions(keys_change), none);
    let processed = |builder: &StreamsBuilder| {
        builder.stream::<String, String>("in").process(|| Pass, ()).group_by_key().count("n");
    };
    assert_eq!(repartitions(processed), ["n-repartition"]);
    let kept = |builder: &StreamsBuilder| {
        builder.stream::<String, String>("in").process_values(|| Pass, ()).group_by_key().count("n");
    };
    assert_eq!(repartitions(kept), none);
    let merged = |is_changed: bool| {
        move |builder: &StreamsBuilder| {
            let (a, b) = (builder.stream::<String, String>("a"), builder.stream::<String, String>("b"));
            let b = if is_changed { b.select_key(|_, value| value.clone()) } else { b };
            a.merge(&b).group_by_key().count("n");
        }
    };
    assert_eq!(repartitions(merged(true)), ["n-repartition"]);
    assert_eq!(repartitions(merged(false)), none);
}

/// Puts a `t` before the value, and is called for deletes, too.
struct Mark;

impl RowProcessor<String, String, String> for Mark {
    fn process(
        &mut self,
        _context: &mut RowContext<'_, '_>,
        _key: &String,
        value: Option<String>,
    ) -> Result<Option<String>, BoxError> {
        Ok(Some(format!("t{}", value.as_deref().unwrap_or("null"))))
    }
}

/// Rule 28.
#[test]
fn map_values_of_a_table_is_not_called_for_deletes_and_a_processor_is() {
    for config in [uncached(), cached()] {
        let builder = StreamsBuilder::new();
        let table = builder.table::<String, String>("in", "t");
        table.map_values(|_, value| format!("m{value}")).to_stream().to("mapped");
        table.process_values(|| Mark, ()).to_stream().to("processed");
        check(
            builder.build(),
            &config,
            &[
                ("k=a@1", &["mapped k=ma@1", "processed k=ta@1"]),
                ("k=null@2", &["mapped k=null@2", "processed k=tnull@2"]),
            ],
        );
    }
}

/// Rule 58.
#[test]
fn a_table_is_kept_only_if_it_is_named_or_needed() {
    let stores = |declare: fn(&StreamsBuilder)| {
        let builder = StreamsBuilder::new();
        declare(&builder);
        builder.build().unwrap().subtopologies().iter().map(|part| part.stores.len()).sum::<usize>()
    };
    let unneeded = |builder: &StreamsBuilder| {
        let table = builder.table::<String, String>("in", Materialized::new());
        table.filter(|_, value| value != "x").map_values(|_, value| value.len() as i64).to_stream().to("out");
    };
    assert_eq!(stores(unneeded), 0);
    assert_eq!(stores(|builder| _ = builder.table::<String, String>("in", "named").to_stream().to("out")), 1);
    let joined = |builder: &StreamsBuilder| {
        let table = builder.table::<String, String>("in", Materialized::new());
        let stream = builder.stream::<String, String>("s");
        stream.join(&table, |_, left, right| format!("{left}{right}")).to("out");
    };
    assert_eq!(stores(joined), 1);
}

/// Rule 71.
#[test]
fn an_update_with_the_same_value_is_forwarded_again() {
    for config in [uncached(), cached()] {
        let builder = StreamsBuilder::new();
        builder.table::<String, String>("in", "t").to_stream().to("out");
        check(
            builder.build(),
            &config,
            &[("k=a@1", &["out k=a@1"]), ("k=a@2", &["out k=a@2"]), ("k=a@1", &["out k=a@1"])],
        );
    }
}

/// Writes the windowed keys as texts, when the windows have closed.
fn write_closed(table: &KTable<Windowed<String>, i64>) {
    let closed = table.suppress(Suppressed::until_window_closes(BufferConfig::unbounded()));
    closed.to_stream().select_key(|key: &Windowed<String>, _| key.to_string()).to("out");
}

/// Rule 104: where the end of a window belongs to it, a record is accepted at the very time at which `suppress` forwards the window, so
/// that there is a second result. Without a cache the session is expired for reads at that time, and begins anew. As Kafka Streams
/// 4.4.0 answers.
#[test]
fn a_window_whose_end_belongs_to_it_may_have_two_last_results_at_the_time_it_closes() {
    for (config, second) in [(uncached(), "out [k@0/0]=1@0"), (cached(), "out [k@0/0]=2@0")] {
        let builder = StreamsBuilder::new();
        let windows = SessionWindows::of_inactivity_gap_and_grace(ms(10), ms(5));
        write_closed(&builder.stream::<String, String>("in").group_by_key().windowed_by(windows).count("s"));
        let steps: [support::Step<'_>; 5] = [
            ("k=1@0", &[]),
            ("z=1@15", &["out [k@0/0]=1@0"]),
            ("k=2@0", &[second]),
            ("z=1@16", &[]),
            ("k=3@0", &["dropped 1"]),
        ];
        check(builder.build(), &config, &steps);

        let builder = StreamsBuilder::new();
        let windows = SlidingWindows::of_time_difference_and_grace(ms(10), ms(5));
        write_closed(&builder.stream::<String, String>("in").group_by_key().windowed_by(windows).count("s"));
        let steps: [support::Step<'_>; 5] = [
            ("k=1@20", &[]),
            ("z=1@25", &["out [k@10/20]=1@20"]),
            ("k=2@20", &["out [k@10/20]=2@20"]),
            ("z=1@26", &[]),
            ("k=3@20", &["dropped 1"]),
        ];
        check(builder.build(), &config, &steps);
    }
}

/// Rule 109: an aggregate below `suppress` subtracts the value before the last update (`c`), which it has not got, and not the last
/// one that was forwarded (`b`). As Kafka Streams 4.4.0 answers.
#[test]
fn a_suppressed_change_has_the_value_before_the_last_update() {
    let builder = StreamsBuilder::new();
    let table = builder.table::<String, String>("in", "t");
    let limit = Suppressed::until_time_limit(ms(10), BufferConfig::unbounded());
    let grouped = table.suppress(limit).group_by(|_, value| ("all".to_owned(), value));
    let add = |_: &String, value: String, so_far: String| so_far + "+" + &value;
    let subtract = |_: &String, value: String, so_far: String| so_far + "-" + &value;
    let all = grouped.aggregate(Materialized::named("g").without_caching(), String::new, add, subtract);
    all.to_stream().to("out");
    check(
        builder.build(),
        &uncached(),
        &[
            ("k=a@0", &[]),
            ("k=b@5", &[]),
            ("z=x@10", &["out all=+b@5"]),
            ("k=c@20", &["out all=+b+x@10"]),
            ("k=d@25", &[]),
            ("y=x@30", &["out all=+b+x-c+d@25"]),
        ],
    );
}

/// Rule 49: with a cache, an update is forwarded at a commit, the last of its key. Rule 56: versioned tables are never cached.
#[test]
fn updates_wait_for_a_commit_in_a_cache_and_those_of_versioned_tables_do_not() {
    let log = InProcessLog::new();
    let topics = ["cached", "versioned", "cached-out", "versioned-out"];
    topics.into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let builder = StreamsBuilder::new();
    builder.table::<String, String>("cached", "c").to_stream().to("cached-out");
    let versioned = Materialized::named("v").versioned(Duration::from_secs(3_600));
    builder.table::<String, String>("versioned", versioned).to_stream().to("versioned-out");
    let events = EventSettings { lines: false, ..EventSettings::default() };
    let (commit_interval, session_timeout) = (Duration::from_secs(600), Duration::from_secs(1_200));
    let config = StreamsConfig { commit_interval, session_timeout, events, ..StreamsConfig::new("a") };
    for topic in ["cached", "versioned"] {
        for value in ["1", "2"] {
            let record = RecordBytes::new(1.into(), Some(b"k"), Some(value.as_bytes()));
            log.append(&TopicPartition::new(topic, 0), &record).unwrap();
        }
    }
    let streams = Streams::new(builder.build().unwrap(), config).with_log(log.clone()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    let (rows, began) = (streams.key_value_store::<String, String>("c"), Instant::now());
    let values = |topic: &str| {
        let values =
            log.records(topic).unwrap().into_iter().map(|record| String::from_utf8(record.value.unwrap()).unwrap());
        values.collect::<Vec<_>>()
    };
    let is_cached = || rows.get("k".to_owned()).wait(LIMIT).unwrap().is_some_and(|row| row.value == "2");
    while values("versioned-out") != ["1", "2"] || !is_cached() {
        assert!(began.elapsed() < LIMIT, "{:?}", values("versioned-out"));
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(values("cached-out"), [""; 0]);
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(values("cached-out"), ["2"]);
}
