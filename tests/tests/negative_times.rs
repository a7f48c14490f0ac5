//! KIND: a value that the border checks and the inside does not (times made by user code).
//!
//! A source refuses a negative time; a processor may forward one. Kafka Streams refuses it where it is made:
//! `Record`'s constructor and `withTimestamp` throw for a negative time. Here it travels on: a sink writes it, an internal
//! topic is poisoned with it (its own source refuses the record at every start), a windowed aggregate drops it without
//! counting it, and far enough below zero the arithmetic of windows overflows (a panic with overflow checks).
//! Right: a failure of the processor that names it, for the processing handler to decide.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use millstream::errors::{ErrorHandler, Handlers};
use millstream::state::{DuplicateWindowStore, WindowStore};
use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{
    BoxError, Consumed, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, Headers, KStream, Processed, Store,
    StoreHandle, StreamsBuilder, TimeWindows, Timestamp, TimestampExtractor,
};

/// Gives every record this time.
struct At(i64);

impl FixedKeyProcessor<String, String, String> for At {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, String, String>,
        record: FixedKeyRecord<String, String>,
    ) -> Result<(), BoxError> {
        context.forward(record.with_timestamp(Timestamp::from_millis(self.0)));
        Ok(())
    }
}

/// The result of a record that gets `time` from a processor: whether the topology failed, dropped records, records in `out`.
fn outcome(time: i64, handlers: Handlers, rest: impl FnOnce(KStream<String, String>)) -> (Option<String>, u64, usize) {
    let builder = StreamsBuilder::new();
    rest(builder.stream::<String, String>("in").process_values(move || At(time), ()));
    let config = TestConfig { cache_bytes_max: 0, handlers, ..TestConfig::default() };
    let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config).unwrap();
    let failure = driver.input_topic::<String, String>("in").pipe_at("k", "v", 7).err().map(|error| error.to_string());
    let out = driver.take_all_outputs().iter().filter(|record| record.topic.as_str() == "out").count();
    (failure, driver.dropped_records().values().sum(), out)
}

#[test]
fn a_sink_writes_no_negative_time() {
    let (failure, _, out) = outcome(-5, Handlers::default(), |stream| drop(stream.to("out")));
    assert!(failure.is_some() && out == 0, "it was written: {failure:?}, {out} records");
}

#[test]
fn an_internal_topic_is_not_poisoned() {
    let (failure, ..) = outcome(-5, Handlers::default(), |stream| {
        drop(stream.group_by(|_, value| value.clone()).count("n").to_stream().to("out"));
    });
    let failure = failure.expect("the processor's fault is reported");
    assert!(!failure.contains("n-repartition"), "it is the processor's fault, and nothing may be written: {failure}");
}

#[test]
fn a_windowed_aggregate_counts_what_it_drops() {
    for time in [-1, -5, i64::MIN + 1, i64::MIN] {
        let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
        let run = || {
            outcome(time, handlers, |stream| {
                let windows =
                    TimeWindows::of_size_with_no_grace(Duration::from_millis(10)).advance_by(Duration::from_millis(5));
                let counts = stream.group_by_key().windowed_by(windows).count("n").to_stream();
                drop(counts.map(|window, count| (window.to_string(), count)).to("out"));
            })
        };
        let (failure, dropped, out) = catch_unwind(AssertUnwindSafe(run)).expect("it does not panic");
        assert_eq!((failure, dropped, out), (None, 1, 0), "time {time}");
    }
}

/// The source drops such a record, as configured. A prefetch must not use its time before (it does once
/// a store has many rows: the arithmetic of windows overflows, a panic with overflow checks).
#[test]
fn a_prefetch_accepts_any_time() {
    let windows = TimeWindows::of_size_with_no_grace(Duration::from_millis(10)).advance_by(Duration::from_millis(5));
    let builder = StreamsBuilder::new();
    let skipping = Consumed::<String, String>::topic("in").timestamps(TimestampExtractor::SkipInvalid);
    let counts = builder.stream(skipping).group_by_key().windowed_by(windows).count("n").to_stream();
    counts.map(|window, count| (window.to_string(), count)).to("out");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    let input = driver.input_topic::<String, String>("in");
    for number in 0..20_000 {
        input.pipe_at(format!("k{number}"), "v", 1).unwrap();
    }
    let pipe = || driver.pipe_bytes("in", Some(b"k"), Some(b"v"), i64::MIN, &Headers::new());
    catch_unwind(AssertUnwindSafe(pipe)).expect("it does not panic").unwrap();
    assert_eq!(driver.dropped_records().values().sum::<u64>(), 1);
}

/// Puts a value into the window that begins at its own number.
struct Put(StoreHandle<WindowStore<String, i64>>, StoreHandle<DuplicateWindowStore<String, i64>>);

impl FixedKeyProcessor<String, i64, i64> for Put {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, String, i64>,
        record: FixedKeyRecord<String, i64>,
    ) -> Result<(), BoxError> {
        let (key, start) = (record.key().clone(), *record.value());
        match context.store(self.0)?.put(&key, start, 1) {
            Ok(()) => {}
            Err(_) => context.store(self.1)?.put(&key, start, 1)?,
        }
        Ok(())
    }
}

/// Windows with negative starts were kept, and their order depended on where: on disk they came after all others.
#[test]
fn a_window_that_begins_before_time_0_is_refused() {
    let builder = StreamsBuilder::new();
    let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3_600));
    let plain = builder.add_store(Store::window("plain", second, hour));
    let all = builder.add_store(Store::duplicate_window("duplicates", second, hour));
    let processed = Processed::new().with_store(plain).with_store(all);
    builder.stream::<String, i64>("in").process_values(move || Put(plain, all), processed).to("out");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    driver.input_topic::<String, i64>("in").pipe("k", 0).unwrap();
    let error = driver.input_topic::<String, i64>("in").pipe("k", -1).unwrap_err().to_string();
    assert!(error.contains("store `duplicates`: a row was given the time -1"), "{error}");
}
