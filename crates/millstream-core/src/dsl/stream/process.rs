//! `process` and `process_values`.

use std::sync::Arc;

use super::KStream;
use crate::graph::{GraphId, GraphNode, KeyEffect, Kind};
use crate::options::{CarriedSerdes, Processed, ValueSerde};
use crate::processor::{Fixed, FixedKeyProcessor, Processor, ProcessorSupplier, Supply, processor_factory};
use crate::record::Element;
use crate::topology::RecordTypes;

impl<K: Element, V: Element> KStream<K, V> {
    /// Passes the records to your own processor; `supplier` makes one for each task: a closure, or
    /// [`declare_stores`](crate::declare_stores) if it brings stores along. The second argument connects stores that the builder has, and
    /// sets a name: `()` for neither, the handle of a store, or a [`Processed`].
    ///
    /// Since the processor may change keys, grouping or joining what follows goes through a repartition topic;
    /// [`process_values`](Self::process_values) does not need one.
    ///
    /// A task's stores have what its own partitions brought. Where several topics come together before the processor, and its
    /// stores go by key, these topics need equal partition counts; that is not checked.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Processor, ProcessorContext, Record, Store, StreamsBuilder, TopologyBuilder};
    /// # struct Shout;
    /// # impl Processor<String, String, String, String> for Shout {
    /// #     fn process(
    /// #         &mut self,
    /// #         context: &mut ProcessorContext<'_, String, String>,
    /// #         record: Record<String, String>,
    /// #     ) -> Result<(), BoxError> {
    /// #         context.forward(record.map_value(|text| text.to_uppercase()));
    /// #         Ok(())
    /// #     }
    /// # }
    /// # let builder = StreamsBuilder::new();
    /// builder.stream("in").process(|| Shout, "shout").to("out");
    /// ```
    pub fn process<K2: Element, V2: Element, P: Processor<K, V, K2, V2> + 'static>(
        &self,
        supplier: impl ProcessorSupplier<P>,
        processed: impl Into<Processed>,
    ) -> KStream<K2, V2> {
        let mut processed = processed.into();
        let make = self.graph.supplied(supplier, &mut processed);
        let supply: Supply<K, V, K2, V2> = Arc::new(move || Box::new(make()));
        let node = self.add_process("KSTREAM-PROCESSOR-", KeyEffect::MayChange, supply, processed);
        self.next(node, CarriedSerdes::own())
    }

    /// Passes the records to your own processor, which cannot change their keys. Otherwise it is like
    /// [`process`](Self::process).
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, StreamsBuilder};
    /// # let builder = StreamsBuilder::new();
    /// struct Length;
    ///
    /// impl FixedKeyProcessor<String, String, usize> for Length {
    ///     fn process(
    ///         &mut self,
    ///         context: &mut FixedKeyContext<'_, '_, String, usize>,
    ///         record: FixedKeyRecord<String, String>,
    ///     ) -> Result<(), BoxError> {
    ///         let length = record.value().len();
    ///         context.forward(record.with_value(length));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let lengths = builder.stream("in").process_values(|| Length, ());
    /// lengths.map_values(|_key, length| length as i64).to("lengths");
    /// ```
    pub fn process_values<V2: Element, P: FixedKeyProcessor<K, V, V2> + 'static>(
        &self,
        supplier: impl ProcessorSupplier<P>,
        processed: impl Into<Processed>,
    ) -> KStream<K, V2> {
        let mut processed = processed.into();
        let make = self.graph.supplied(supplier, &mut processed);
        let supply: Supply<K, V, K, V2> = Arc::new(move || Box::new(Fixed(make())));
        let node = self.add_process("KSTREAM-PROCESSVALUES-", KeyEffect::KeepsWithOtherValues, supply, processed);
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes)
    }

    fn add_process<K2: Element, V2: Element>(
        &self,
        prefix: &str,
        key: KeyEffect,
        supply: Supply<K, V, K2, V2>,
        processed: Processed,
    ) -> GraphId {
        // As in Kafka Streams, a name here does not use up an index, unlike for other operators.
        let name = match processed.name {
            Some(name) => self.graph.valid(name),
            None => self.graph.generate(prefix),
        };
        let stores = self.graph.own_stores(&name, processed.stores);
        self.graph.add(GraphNode {
            name,
            parents: vec![self.node],
            kind: Kind::Processor { build: processor_factory(supply) },
            key,
            forwards: Some(RecordTypes::of::<K2, V2>()),
            stores,
        })
    }
}
