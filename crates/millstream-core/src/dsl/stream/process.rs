//! `process` and `process_values`.

use super::KStream;
use crate::Element;
use crate::dsl::graph::{GraphId, Lower};
use crate::options::{CarriedSerdes, Processed, ValueSerde};
use crate::processor::node::add_processor;
use crate::processor::{Fixed, FixedKeyProcessor, Processor};

impl<K: Element, V: Element> KStream<K, V> {
    /// Passes the records through a processor of your own; each task gets one from `supply`. The second argument connects
    /// stores and gives a name: `()` for neither, a store's handle, or a [`Processed`].
    ///
    /// Since the processor may change keys, grouping or joining what follows goes through a repartition topic;
    /// [`process_values`](Self::process_values) does not need one.
    pub fn process<K2: Element, V2: Element, P: Processor<K, V, K2, V2> + 'static>(
        &self,
        supply: impl Fn() -> P + Send + Sync + 'static,
        processed: impl Into<Processed>,
    ) -> KStream<K2, V2> {
        let node = self.add_process("KSTREAM-PROCESSOR-", supply, processed.into());
        self.next(node, CarriedSerdes::own(), true)
    }

    /// Passes the records through a processor of your own that keeps their keys. Otherwise as
    /// [`process`](Self::process).
    pub fn process_values<V2: Element, P: FixedKeyProcessor<K, V, V2> + 'static>(
        &self,
        supply: impl Fn() -> P + Send + Sync + 'static,
        processed: impl Into<Processed>,
    ) -> KStream<K, V2> {
        let supply = move || Fixed(supply());
        let node = self.add_process::<K, V2, _>("KSTREAM-PROCESSVALUES-", supply, processed.into());
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes, self.key_changed)
    }

    fn add_process<K2: Element, V2: Element, P: Processor<K, V, K2, V2> + 'static>(
        &self,
        prefix: &str,
        supply: impl Fn() -> P + Send + Sync + 'static,
        processed: Processed,
    ) -> GraphId {
        // Unlike elsewhere, a name given here does not use up an index, as in Kafka Streams.
        let name = match processed.name {
            Some(name) => self.graph.valid(name),
            None => self.graph.generate(prefix),
        };
        let stores = processed.stores;
        let lower: Lower = Box::new(move |spec, name, parents| add_processor(spec, name, parents, &stores, supply));
        self.graph.add(name, &[self.node], lower)
    }
}
