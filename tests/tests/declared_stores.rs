//! Suppliers that declare the stores of their processors, as `ConnectedStoreProvider` in Kafka Streams.
#![allow(clippy::unwrap_used, reason = "tests")]

use millstream::state::KeyValueStore;
use millstream::test::TopologyTestDriver;
use millstream::{
    BoxError, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, Processor, ProcessorContext, ProcessorSupplier,
    Record, RowContext, RowProcessor, Store, StoreHandle, StreamsBuilder, TopologyBuilder, declare_stores,
};

type Counts = StoreHandle<KeyValueStore<String, i64>>;

/// Counts the records of each key.
struct Count(Counts);

impl Processor<String, String, String, i64> for Count {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, i64>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        let mut counts = context.store(self.0)?;
        let count = counts.get(&record.key)?.copied().unwrap_or(0) + 1;
        counts.put(&record.key, count)?;
        context.forward(record.map_value(|_| count));
        Ok(())
    }
}

impl FixedKeyProcessor<String, String, i64> for Count {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, String, i64>,
        record: FixedKeyRecord<String, String>,
    ) -> Result<(), BoxError> {
        let mut counts = context.store(self.0)?;
        let count = counts.get(record.key())?.copied().unwrap_or(0) + 1;
        counts.put(record.key(), count)?;
        context.forward(record.with_value(count));
        Ok(())
    }
}

impl RowProcessor<String, String, i64> for Count {
    fn process(
        &mut self,
        context: &mut RowContext<'_, '_>,
        key: &String,
        _value: Option<String>,
    ) -> Result<Option<i64>, BoxError> {
        let mut counts = context.store(self.0)?;
        let count = counts.get(key)?.copied().unwrap_or(0) + 1;
        counts.put(key, count)?;
        Ok(Some(count))
    }
}

fn count(store: &'static str) -> impl ProcessorSupplier<Count> {
    declare_stores(move |stores| {
        let counts = stores.add(Store::key_value(store));
        move || Count(counts)
    })
}

/// What suppliers declare is connected with their processors only, and looked into by its name.
#[test]
fn a_supplier_brings_its_stores_along() {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<String, String>("words");
    words.process(count("of-process"), "count").to("processed");
    words.process_values(count("of-values"), ()).to("values");
    builder.table::<String, String>("rows", "rows").process_values(count("of-rows"), ()).to_stream().to("changes");
    let topology = builder.build().unwrap();
    let described = topology.describe().to_string();
    assert!(described.contains("Processor: count (stores: [of-process])"), "{described}");

    let driver = TopologyTestDriver::new(&topology).unwrap();
    for word in ["a", "b", "a"] {
        driver.input_topic::<String, String>("words").pipe(word, "").unwrap();
        driver.input_topic::<String, String>("rows").pipe(word, "").unwrap();
    }
    for store in ["of-process", "of-values", "of-rows"] {
        let rows = driver.key_value_store::<String, i64>(store).all().unwrap();
        assert_eq!(rows, [("a".to_owned(), 2), ("b".to_owned(), 1)], "{store}");
    }
    for topic in ["processed", "values", "changes"] {
        assert_eq!(driver.output_topic::<String, i64>(topic).read_all_values().unwrap(), [1, 1, 2], "{topic}");
    }
}

#[test]
fn topologies_by_name_take_such_suppliers_too() {
    let mut builder = TopologyBuilder::new();
    builder.add_source::<String, String>("words", "words");
    builder.add_processor("count", count("counts"), (), ["words"]);
    builder.add_sink::<String, i64>("out", "out", ["count"]);
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    driver.input_topic::<String, String>("words").pipe("a", "").unwrap();
    assert_eq!(driver.key_value_store::<String, i64>("counts").get(&"a".to_owned()).unwrap(), Some(1));
}

/// Kafka Streams takes a store twice only if both suppliers return the same builder of it.
#[test]
fn a_store_that_is_there_already_is_refused_by_name() {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<String, String>("words");
    words.process(count("counts"), ()).to("out");
    words.process(count("counts"), ()).to("out");
    let error = builder.build().unwrap_err().to_string();
    assert!(error.contains("`counts`"), "{error}");

    let mut builder = TopologyBuilder::new();
    builder.add_source::<String, String>("words", "words");
    builder.add_processor("count", count("no name"), (), ["words"]);
    let error = builder.build().unwrap_err().to_string();
    assert!(error.contains("`no name`"), "{error}");
}
