//! Read-only stores (KIP-813): the topic that a processor reads into the store is the changelog of the store.
//!
//! The texts of `describe` are those that Kafka Streams 4.4.0 prints for the same topologies (`Topology.addReadOnlyStateStore`). Rule 119
//! of the list, "a source topic used as changelog is restored only up to min(end offset, committed offset)", holds here as for tables.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::convert::Infallible;
use std::time::{Duration, Instant};

use millstream::errors::{Decision, ErrorHandler, Handlers};
use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::state::{KeyValueStore, VersionedStore, WithHeaders};
use millstream::test::{StoreBacking, TestConfig, TopologyTestDriver};
use millstream::{
    BoxError, Consumed, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, GlobalStoreHandle, Headers, Processor,
    ProcessorContext, ReadOnly, Record, RecordBytes, ResetPolicy, Serde, Store, StoreHandle, Streams, StreamsBuilder,
    StreamsConfig, StreamsHandle, TimestampExtractor, TopicPartition, Topology, TopologyBuilder, TopologyError,
};

const LIMIT: Duration = Duration::from_secs(60);

type Prices = KeyValueStore<String, i64>;
type Nothing<'a> = ProcessorContext<'a, Infallible, Infallible>;

/// Keeps the price of each product.
struct Keep(StoreHandle<Prices>);

impl Processor<String, Option<i64>, Infallible, Infallible> for Keep {
    fn process(&mut self, context: &mut Nothing<'_>, record: Record<String, Option<i64>>) -> Result<(), BoxError> {
        let mut prices = context.store(self.0)?;
        match record.value {
            Some(price) => prices.put(&record.key, price)?,
            None => prices.delete(&record.key)?,
        }
        Ok(())
    }
}

/// Multiplies a number of products by their price.
struct Cost(StoreHandle<ReadOnly<Prices>>);

impl FixedKeyProcessor<String, i64, i64> for Cost {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, String, i64>,
        record: FixedKeyRecord<String, i64>,
    ) -> Result<(), BoxError> {
        let price = context.read_only_store(self.0)?.get(record.key())?.copied().unwrap_or(0);
        let cost = record.value() * price;
        context.forward(record.with_value(cost));
        Ok(())
    }
}

impl Processor<String, i64, String, i64> for Cost {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, i64>,
        record: Record<String, i64>,
    ) -> Result<(), BoxError> {
        let price = context.read_only_store(self.0)?.get(&record.key)?.copied().unwrap_or(0);
        context.forward(record.map_value(|number| number * price));
        Ok(())
    }
}

fn costs(store: Store<Prices>) -> Topology {
    let builder = StreamsBuilder::new();
    let prices = builder.add_read_only_store(store, "prices", Keep);
    builder.stream::<String, i64>("orders").process_values(move || Cost(prices), prices).to("costs");
    builder.build().unwrap()
}

#[test]
fn a_store_that_no_other_processor_reads_is_a_sub_topology_of_its_own() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").to("out");
    builder.add_read_only_store(Store::key_value("ro"), Consumed::topic("prices").named("ro-processor"), Keep);
    let expected = "Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-SINK-0000000001
    Sink: KSTREAM-SINK-0000000001 (topic: out)
      <-- KSTREAM-SOURCE-0000000000

  Sub-topology: 1
    Source: ro-processor-source (topics: [prices])
      --> ro-processor
    Processor: ro-processor (stores: [ro])
      --> none
      <-- ro-processor-source

";
    assert_eq!(builder.build().unwrap().describe().to_string(), expected);
}

#[test]
fn a_store_that_another_processor_reads_is_in_its_sub_topology() {
    let mut builder = TopologyBuilder::new();
    builder.add_source::<String, i64>("s", "in");
    let prices = builder.add_read_only_store(Store::key_value("ro"), "ro-source", "prices", "ro-processor", Keep);
    builder.add_processor::<String, i64, String, i64, _>("q", move || Cost(prices), (), ["s"]);
    builder.add_sink::<String, i64>("k", "out", ["q"]);
    builder.connect("q", prices);
    let expected = "Topologies:
   Sub-topology: 0
    Source: s (topics: [in])
      --> q
    Processor: q (stores: [ro])
      --> k
      <-- s
    Source: ro-source (topics: [prices])
      --> ro-processor
    Sink: k (topic: out)
      <-- q
    Processor: ro-processor (stores: [ro])
      --> none
      <-- ro-source

";
    let topology = builder.build().unwrap();
    assert_eq!(topology.describe().to_string(), expected);
    let driver = TopologyTestDriver::new(&topology).unwrap();
    driver.input_topic::<String, i64>("prices").pipe("tea", 5).unwrap();
    driver.input_topic::<String, i64>("in").pipe("tea", 3).unwrap();
    assert_eq!(driver.output_topic::<String, i64>("out").read_value().unwrap(), 15);
}

#[test]
fn neither_the_store_nor_its_nodes_use_up_a_generated_name() {
    let text = costs(Store::key_value("prices")).describe().to_string();
    for name in
        ["Source: prices-source ", "Processor: prices (", "KSTREAM-SOURCE-0000000000", "PROCESSVALUES-0000000001"]
    {
        assert!(text.contains(name), "{name} in {text}");
    }
}

#[test]
fn the_topic_is_the_changelog_and_is_read_from_its_beginning() {
    let topology = costs(Store::key_value("prices"));
    let part = &topology.subtopologies()[0];
    let store = &part.stores[0];
    assert_eq!(store.source.as_ref().map(|topic| &*topic.name), Some("prices"));
    assert!(store.changelog.is_none(), "no changelog is created");
    assert_eq!(part.sources[0].reset, Some(ResetPolicy::Earliest));
}

/// The backings of stores in the test driver.
fn backings() -> [TestConfig; 2] {
    [StoreBacking::InMemory, StoreBacking::Engine { cache_bytes_max: 200 }]
        .map(|backing| TestConfig { backing, ..TestConfig::default() })
}

#[test]
fn after_a_restart_the_store_has_the_rows_of_the_topic_and_nothing_was_written() {
    let stores: [fn() -> Store<Prices>; 3] = [
        || Store::key_value("prices"),
        || Store::key_value("prices").timestamped(),
        || Store::key_value("prices").timestamped().with_caching(),
    ];
    for (config, store) in backings().iter().flat_map(|config| stores.map(|store| (config, store))) {
        let driver = TopologyTestDriver::with_config(&costs(store()), config).unwrap();
        let prices = driver.input_topic::<String, Option<i64>>("prices");
        for (product, price) in [("tea", Some(5)), ("rice", Some(2)), ("tea", Some(6)), ("rice", None)] {
            prices.pipe(product, price).unwrap();
        }
        let rows = || driver.key_value_store::<String, i64>("prices").all_with_timestamps().unwrap();
        let before = rows();
        driver.restart().unwrap();
        assert_eq!(rows(), before);
        assert_eq!(before.len(), 1, "{before:?}");
        driver.input_topic::<String, i64>("orders").pipe("tea", 3).unwrap();
        driver.input_topic::<String, i64>("orders").pipe("rice", 3).unwrap();
        assert_eq!(driver.output_topic::<String, i64>("costs").read_all_values().unwrap(), [18, 0]);
        assert_eq!(driver.produced_topic_names(), ["costs"]);
    }
}

/// Keeps all versions of prices.
struct KeepVersions(StoreHandle<VersionedStore<String, i64>>);

impl Processor<String, Option<i64>, Infallible, Infallible> for KeepVersions {
    fn process(&mut self, context: &mut Nothing<'_>, record: Record<String, Option<i64>>) -> Result<(), BoxError> {
        let mut prices = context.store(self.0)?;
        let time = record.timestamp;
        match record.value {
            Some(price) => _ = prices.put(&record.key, price, time)?,
            None => _ = prices.delete(&record.key, time)?,
        }
        Ok(())
    }
}

#[test]
fn versions_are_restored_at_the_times_of_the_extractor() {
    for config in backings() {
        let builder = StreamsBuilder::new();
        let later = TimestampExtractor::custom(|record: &Record<String, Option<i64>>, _| {
            (record.timestamp.as_millis() + 1_000).into()
        });
        let consumed = Consumed::<String, Option<i64>>::topic("prices").timestamps(later);
        builder.add_read_only_store(Store::versioned("prices", Duration::from_secs(3_600)), consumed, KeepVersions);
        let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config).unwrap();
        let prices = driver.input_topic::<String, Option<i64>>("prices");
        for (price, time) in [(Some(5), 0), (Some(7), 2_000), (Some(6), 1_000), (None, 3_000)] {
            prices.pipe_at("tea", price, time).unwrap();
        }
        let history = || driver.versioned_store::<String, i64>("prices").history(&"tea".to_owned(), 0, 9_000).unwrap();
        let before = history();
        driver.restart().unwrap();
        assert_eq!(history(), before);
        let versions: Vec<_> = before.iter().map(|version| (version.timestamp.as_millis(), version.value)).collect();
        assert_eq!(versions, [(1_000, 5), (2_000, 6), (3_000, 7)]);
    }
}

/// Keeps values with the headers of their records.
struct KeepHeaders(StoreHandle<KeyValueStore<String, WithHeaders<String>>>);

impl Processor<String, String, Infallible, Infallible> for KeepHeaders {
    fn process(&mut self, context: &mut Nothing<'_>, record: Record<String, String>) -> Result<(), BoxError> {
        Ok(context.store(self.0)?.put(&record.key, WithHeaders::new(record.value, record.headers))?)
    }
}

#[test]
fn headers_are_restored_and_nulls_of_a_plain_type_delete_nothing() {
    for config in backings() {
        let builder = StreamsBuilder::new();
        builder.add_read_only_store(Store::key_value_with_headers("orders"), "orders", KeepHeaders);
        let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config).unwrap();
        let mut headers = Headers::new();
        headers.add("trace", "a1");
        let orders = driver.input_topic::<String, String>("orders");
        let (key, value, timestamp) = ("o1".to_owned(), "tea".to_owned(), 7.into());
        orders.pipe_record(Record { key, value, timestamp, headers }).unwrap();
        driver.input_topic::<String, Option<String>>("orders").pipe("o1", None).unwrap();
        let row = || driver.key_value_store::<String, WithHeaders<String>>("orders").get(&"o1".to_owned()).unwrap();
        let before = row();
        driver.restart().unwrap();
        assert_eq!(row(), before);
        let before = before.unwrap();
        assert_eq!((&*before.value, before.headers.last("trace")), ("tea", Some(&b"a1"[..])));
    }
}

#[test]
fn rows_are_restored_with_the_serdes_of_the_store() {
    let builder = StreamsBuilder::new();
    let consumed = Consumed::<String, Option<i64>>::topic("prices").value_serde(Serde::json());
    builder.add_read_only_store(Store::key_value("prices"), consumed, Keep);
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    let prices = driver.input_topic_with::<String, i64>("prices", Serde::of_type(), Serde::json());
    prices.pipe("tea", 1_234).unwrap();
    driver.restart().unwrap();
    assert_eq!(driver.key_value_store::<String, i64>("prices").get(&"tea".to_owned()).unwrap(), Some(1_234));
}

/// The error of adding `store` with this topic.
#[track_caller]
fn refused(store: Store<Prices>, consumed: Consumed<String, Option<i64>>, expected: &str) {
    let builder = StreamsBuilder::new();
    builder.add_read_only_store(store, consumed, Keep);
    let error = builder.build().unwrap_err().to_string();
    assert!(error.contains(expected) && error.contains("prices"), "{error}");
}

#[test]
fn what_a_topic_cannot_restore_is_refused() {
    let topic = || Consumed::topic("prices");
    refused(Store::lru_map("prices", 10), topic(), "an LRU map cannot be restored from a topic");
    refused(Store::key_value("prices"), topic().reset(ResetPolicy::Latest), "set no other reset policy");
    refused(Store::key_value("prices"), Consumed::topics(["prices", "more"]), "it reads one topic, but 2 were given");
    refused(Store::key_value("in valid prices"), topic(), "not a valid name");

    let builder = StreamsBuilder::new();
    builder.add_read_only_store(Store::key_value("prices"), "prices", Keep);
    builder.stream::<String, i64>("prices").to("out");
    assert!(matches!(builder.build().unwrap_err(), TopologyError::TopicReadTwice { .. }));

    let mut builder = TopologyBuilder::new();
    builder.add_read_only_store(Store::lru_map("prices", 10), "source", "prices", "processor", Keep);
    assert!(builder.build().unwrap_err().to_string().contains("LRU map"));
}

#[test]
fn a_processor_that_is_not_connected_may_not_read_the_store() {
    let builder = StreamsBuilder::new();
    let prices = builder.add_read_only_store(Store::key_value("prices"), "prices", Keep);
    builder.stream::<String, i64>("orders").process_values(move || Cost(prices), ()).to("costs");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    let error = driver.input_topic::<String, i64>("orders").pipe("tea", 1).unwrap_err().to_string();
    assert!(error.contains("store `prices` is not connected"), "{error}");
}

/// Multiplies an amount by the rate of its key in a global store.
struct Exchange(GlobalStoreHandle<Prices>);

impl FixedKeyProcessor<String, i64, i64> for Exchange {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, String, i64>,
        record: FixedKeyRecord<String, i64>,
    ) -> Result<(), BoxError> {
        let rate = context.global_store(self.0)?.get(record.key())?.unwrap_or(1);
        let amount = record.value() * rate;
        context.forward(record.with_value(amount));
        Ok(())
    }
}

impl Processor<String, i64, String, i64> for Exchange {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, i64>,
        record: Record<String, i64>,
    ) -> Result<(), BoxError> {
        let rate = context.global_store(self.0)?.get(&record.key)?.unwrap_or(1);
        context.forward(record.map_value(|amount| amount * rate));
        Ok(())
    }
}

/// As `Topology.addGlobalStore` of Kafka Streams, whose text this is.
#[test]
fn a_global_store_can_be_added_to_a_topology_of_names() {
    let mut builder = TopologyBuilder::new();
    let rates = builder.add_global_store(Store::key_value("rates"), "read-rates", "rates", "keep-rates", Keep);
    builder.add_source::<String, i64>("s", "in");
    builder.add_processor::<String, i64, String, i64, _>("exchange", move || Exchange(rates), (), ["s"]);
    builder.add_sink::<String, i64>("k", "out", ["exchange"]);
    let topology = builder.build().unwrap();
    let expected = "Topologies:
   Sub-topology: 0 for global store (will not generate tasks)
    Source: read-rates (topics: [rates])
      --> keep-rates
    Processor: keep-rates (stores: [rates])
      --> none
      <-- read-rates
  Sub-topology: 1
    Source: s (topics: [in])
      --> exchange
    Processor: exchange (stores: [])
      --> k
      <-- s
    Sink: k (topic: out)
      <-- exchange

";
    assert_eq!(topology.describe().to_string(), expected);
    let driver = TopologyTestDriver::new(&topology).unwrap();
    driver.input_topic::<String, i64>("rates").pipe("EUR", 2).unwrap();
    driver.input_topic::<String, i64>("in").pipe("EUR", 7).unwrap();
    assert_eq!(driver.output_topic::<String, i64>("out").read_value().unwrap(), 14);

    let mut builder = TopologyBuilder::new();
    builder.add_global_store(Store::key_value("rates"), "a", Consumed::topics(["x", "y"]), "b", Keep);
    assert!(builder.build().unwrap_err().to_string().contains("it reads one topic, but 2 were given"));
}

#[test]
fn processors_that_keep_keys_read_global_stores() {
    let builder = StreamsBuilder::new();
    let rates = builder.add_global_store(Store::key_value("rates"), "rates", Keep);
    builder.stream::<String, i64>("in").process_values(move || Exchange(rates), ()).to("out");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    driver.input_topic::<String, i64>("rates").pipe("EUR", 2).unwrap();
    driver.input_topic::<String, i64>("in").pipe("EUR", 7).unwrap();
    assert_eq!(driver.output_topic::<String, i64>("out").read_value().unwrap(), 14);
}

fn config() -> StreamsConfig {
    let events = EventSettings { lines: false, ..EventSettings::default() };
    StreamsConfig { events, ..StreamsConfig::new("app") }
}

fn log() -> InProcessLog {
    let log = InProcessLog::new();
    ["prices", "orders", "costs"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    log
}

fn put(log: &InProcessLog, topic: &str, key: &str, value: &[u8]) {
    let record = RecordBytes::new(1.into(), Some(key.as_bytes()), Some(value));
    log.append(&TopicPartition::new(topic, 0), &record).unwrap();
}

fn put_price(log: &InProcessLog, product: &str, price: i64) {
    put(log, "prices", product, &price.to_be_bytes());
}

fn start(log: &InProcessLog, config: StreamsConfig, handlers: Handlers) -> StreamsHandle {
    let topology = costs(Store::key_value("prices"));
    Streams::new(topology, config).with_log(log.clone()).with_handlers(handlers).start().unwrap()
}

#[track_caller]
fn wait_for(what: &str, mut is_met: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_met() {
        assert!(began.elapsed() < LIMIT, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn committed(log: &InProcessLog, topic: &str) -> i64 {
    log.committed("app").get(&TopicPartition::new(topic, 0)).map_or(0, |committed| committed.offset.number())
}

/// The prices of tea, rice and salt, by a query.
fn prices(streams: &StreamsHandle) -> [Option<i64>; 3] {
    let store = streams.key_value_store::<String, i64>("prices");
    ["tea", "rice", "salt"].map(|key| store.get(key.to_owned()).wait(LIMIT).unwrap().map(|row| row.value))
}

#[test]
fn a_crash_before_a_commit_neither_loses_nor_doubles_a_row() {
    let log = log();
    put_price(&log, "tea", 5);
    let streams = start(&log, config(), Handlers::default());
    wait_for("the first is committed", || committed(&log, "prices") == 1);
    streams.close_blocking(LIMIT).unwrap();

    // It is processed, and then the task fails at an order that cannot be read, without a commit.
    put_price(&log, "tea", 6);
    put_price(&log, "rice", 2);
    let slow = StreamsConfig { commit_interval: Duration::from_secs(30), ..config() };
    let streams = start(&log, slow, Handlers::default());
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    wait_for("both are processed", || prices(&streams) == [Some(6), Some(2), None]);
    put(&log, "orders", "tea", b"short");
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    drop(streams);
    assert_eq!(committed(&log, "prices"), 1, "nothing more is committed");

    let skip = Handlers { deserialization: ErrorHandler::custom(|_| Decision::Continue), ..Handlers::default() };
    put_price(&log, "salt", 1);
    put(&log, "orders", "tea", &4_i64.to_be_bytes());
    let streams = start(&log, config(), skip);
    wait_for("all is committed", || committed(&log, "prices") == 4 && committed(&log, "orders") == 2);
    assert_eq!(prices(&streams), [Some(6), Some(2), Some(1)]);
    streams.close_blocking(LIMIT).unwrap();
    assert!(log.records("app-prices-changelog").is_err(), "there is no changelog");
    assert_eq!(log.records("prices").unwrap().len(), 4, "nothing is written to the topic");
}

#[test]
fn a_record_that_was_left_out_is_left_out_when_it_is_restored() {
    let log = log();
    put_price(&log, "tea", 5);
    put(&log, "prices", "rice", b"short");
    put_price(&log, "salt", 1);
    let skipping = || Handlers { deserialization: ErrorHandler::custom(|_| Decision::Continue), ..Handlers::default() };
    for round in 0..2 {
        let streams = start(&log, config(), skipping());
        wait_for("all is committed", || committed(&log, "prices") == 3 + round);
        assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
        assert_eq!(prices(&streams), [Some(5), None, Some(1)], "round {round}");
        streams.close_blocking(LIMIT).unwrap();
        put_price(&log, "tea", 5);
    }

    // Without the handler the record is named.
    let streams = start(&log, config(), Handlers::default());
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap().to_string();
    for part in ["prices-0", "offset 1", "value cannot be read"] {
        assert!(failure.contains(part), "{failure}");
    }
}
