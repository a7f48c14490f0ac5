//! Handles of stores that another builder has added, where a helper keeps them, say. A handle was a number alone.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use millstream::state::KeyValueStore;
use millstream::test::TopologyTestDriver;
use millstream::{
    BoxError, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, GlobalStoreHandle, Processor, ProcessorContext,
    ReadOnly, Record, RowContext, RowProcessor, Store, StoreHandle, StreamsBuilder, Topology, TopologyBuilder,
    declare_stores,
};
use support::check_refused;

type Rows = KeyValueStore<String, String>;
type Nothing<'a> = ProcessorContext<'a, Infallible, Infallible>;

/// Puts each record into a store.
struct Put(StoreHandle<Rows>);

impl Processor<String, String, Infallible, Infallible> for Put {
    fn process(&mut self, context: &mut Nothing<'_>, record: Record<String, String>) -> Result<(), BoxError> {
        Ok(context.store(self.0)?.put(&record.key, record.value)?)
    }
}

impl FixedKeyProcessor<String, String, String> for Put {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, String, String>,
        record: FixedKeyRecord<String, String>,
    ) -> Result<(), BoxError> {
        Ok(context.store(self.0)?.put(record.key(), record.value().clone())?)
    }
}

impl RowProcessor<String, String, String> for Put {
    fn process(
        &mut self,
        context: &mut RowContext<'_, '_>,
        key: &String,
        value: Option<String>,
    ) -> Result<Option<String>, BoxError> {
        context.store(self.0)?.put(key, value.clone().unwrap_or_default())?;
        Ok(value)
    }
}

/// Reads a row of a read-only store for each record.
struct Read(StoreHandle<ReadOnly<Rows>>);

impl Processor<String, String, Infallible, Infallible> for Read {
    fn process(&mut self, context: &mut Nothing<'_>, record: Record<String, String>) -> Result<(), BoxError> {
        context.read_only_store(self.0)?.get(&record.key)?;
        Ok(())
    }
}

/// Reads a row of a global store for each record.
struct ReadGlobal(GlobalStoreHandle<Rows>);

impl Processor<String, String, Infallible, Infallible> for ReadGlobal {
    fn process(&mut self, context: &mut Nothing<'_>, record: Record<String, String>) -> Result<(), BoxError> {
        context.global_store(self.0)?.get(&record.key)?;
        Ok(())
    }
}

/// A store of another builder, whose number is that of the first one here.
fn foreign() -> StoreHandle<Rows> {
    StreamsBuilder::new().add_store(Store::key_value("foreign"))
}

/// A processor that was connected to such a store wrote that of the same number in its own topology, and was drawn into its
/// sub-topology. One with a number that was too high was connected to none.
#[test]
fn a_processor_is_not_connected_to_a_store_of_another_builder() {
    let said = ["given store number 0 (KeyValueStore<String, String>) of another builder", "`add_store` returns there"];
    let check = |declare: &dyn Fn(&StreamsBuilder)| {
        check_refused(declare, &said);
        let with_one = |builder: &StreamsBuilder| {
            let own = builder.add_store(Store::key_value("own"));
            builder.stream("first").process(move || Put(own), own);
            declare(builder);
        };
        check_refused(with_one, &said);
    };
    check(&|builder| drop(builder.stream("in").process(|| Put(foreign()), foreign())));
    check(&|builder| drop(builder.stream("in").process_values(|| Put(foreign()), foreign())));
    check(&|builder| drop(builder.table("in", "rows").process_values(|| Put(foreign()), foreign())));
    check(&|builder| {
        let supplier = declare_stores(|stores| {
            let own = stores.add(Store::key_value("declared"));
            move || Put(own)
        });
        drop(builder.stream("in").process(supplier, foreign()));
    });
    let read_only = StreamsBuilder::new().add_read_only_store(Store::key_value("prices"), "prices", Put);
    check_refused(
        |builder| drop(builder.stream("in").process(move || Read(read_only), read_only).named("read")),
        &["is given store number 0 (ReadOnly<KeyValueStore<String, String>>) of another builder"],
    );
}

/// The same by names.
#[test]
fn a_topology_of_names_refuses_them_too() {
    let check = |connect: &dyn Fn(&mut TopologyBuilder)| {
        let mut builder = TopologyBuilder::new();
        let own = builder.add_store(Store::key_value("own"));
        builder.add_source::<String, String>("source", "in");
        builder.add_processor("put", move || Put(own), own, ["source"]);
        connect(&mut builder);
        let error = builder.build().unwrap_err().to_string();
        assert!(error.starts_with("`put-more` is given store number 0"), "{error}");
    };
    check(&|builder| _ = builder.add_processor("put-more", || Put(foreign()), foreign(), ["source"]));
    check(&|builder| {
        builder.add_processor("put-more", || Put(foreign()), (), ["source"]);
        builder.connect("put-more", foreign());
    });
}

/// What a processor is connected to is one handle, and what it opens another: it wrote, and read, its own topology's store of that number.
#[test]
fn a_processor_does_not_open_a_store_of_another_builder() {
    let check = |declare: &dyn Fn(&StreamsBuilder), expected: &str| {
        let builder = StreamsBuilder::new();
        declare(&builder);
        let topology: Topology = builder.build().unwrap();
        let driver = TopologyTestDriver::new(&topology).unwrap();
        let error = driver.input_topic::<String, String>("in").pipe("k", "v").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let store = "the handle of store number 0 (KeyValueStore<String, String>) is of another topology";
    check(
        &|builder| {
            let own = builder.add_store(Store::key_value::<String, String>("own"));
            builder.stream("in").process(|| Put(foreign()), own);
        },
        store,
    );
    let read_only = StreamsBuilder::new().add_read_only_store(Store::key_value("prices"), "prices", Put);
    check(
        &|builder| {
            let own = builder.add_read_only_store(Store::key_value("own"), "prices", Put);
            builder.stream("in").process(move || Read(read_only), own);
        },
        store,
    );
    let global = StreamsBuilder::new().global_table::<String, String>("rates", "rates").store();
    check(
        &|builder| {
            builder.global_table::<String, String>("own-rates", "own-rates");
            builder.stream("in").process(move || ReadGlobal(global), ());
        },
        "the handle is of another topology",
    );
}

/// The handle of a global table may be taken when its topology has been built.
#[test]
fn a_global_table_has_the_same_handle_after_the_build() {
    let builder = StreamsBuilder::new();
    let rates = builder.global_table::<String, String>("rates", "rates");
    let other = StreamsBuilder::new().global_table::<String, String>("rates", "rates").store();
    let late = Arc::new(OnceLock::new());
    let taken = Arc::clone(&late);
    builder.stream("in").process(move || ReadGlobal(taken.get().copied().unwrap_or(other)), ());
    let topology = builder.build();
    late.set(rates.store()).unwrap();
    let driver = TopologyTestDriver::new(&topology.unwrap()).unwrap();
    driver.input_topic::<String, String>("in").pipe("k", "v").unwrap();
}
