//! What makes the processors of a node, and may declare their stores.

use std::sync::Arc;

use millstream_state::StoreIndex;

use crate::stores::{BuilderId, GivenStore, Store, StoreDefinition, StoreHandle};

/// Makes the processor of each task: a closure that returns it, or what [`declare_stores`] returns, which adds the stores of the
/// processors, too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` makes no processor",
    label = "a closure that returns the processor, such as `|| Shout`, or `declare_stores(|stores| …)`",
    note = "each task gets a processor of its own, so one alone cannot be given"
)]
pub trait ProcessorSupplier<P>: sealed::Sealed<P> {}

impl<P, S: sealed::Sealed<P>> ProcessorSupplier<P> for S {}

mod sealed {
    use super::{DeclaredStores, MakeProcessor};

    pub trait Sealed<P> {
        /// Declares the stores, and returns what makes processors.
        fn into_supply(self, stores: &mut DeclaredStores<'_>) -> MakeProcessor<P>;
    }
}

/// Makes a processor.
pub(crate) type MakeProcessor<P> = Arc<dyn Fn() -> P + Send + Sync>;

impl<P, F: Fn() -> P + Send + Sync + 'static> sealed::Sealed<P> for F {
    fn into_supply(self, _stores: &mut DeclaredStores<'_>) -> MakeProcessor<P> {
        Arc::new(self)
    }
}

impl<P, S, F> sealed::Sealed<P> for WithStores<F>
where
    S: Fn() -> P + Send + Sync + 'static,
    F: FnOnce(&mut DeclaredStores<'_>) -> S,
{
    fn into_supply(self, stores: &mut DeclaredStores<'_>) -> MakeProcessor<P> {
        Arc::new((self.declare)(stores))
    }
}

/// A supplier that declares stores; see [`declare_stores`].
pub struct WithStores<F> {
    declare: F,
}

/// A supplier of processors that brings their stores along, as `ConnectedStoreProvider` in Kafka Streams. `declare` is called once,
/// adds the stores, and returns the closure that makes the processors.
///
/// # Examples
/// ```
/// use millstream_core::{
///     BoxError, KeyValueStore, Processor, ProcessorContext, ProcessorSupplier, Record, Store, StoreHandle, StreamsBuilder,
///     declare_stores,
/// };
///
/// struct Deduplicate {
///     seen: StoreHandle<KeyValueStore<String, String>>,
/// }
///
/// impl Processor<String, String, String, String> for Deduplicate {
///     fn process(
///         &mut self,
///         context: &mut ProcessorContext<'_, String, String>,
///         record: Record<String, String>,
///     ) -> Result<(), BoxError> {
///         let mut seen = context.store(self.seen)?;
///         if seen.get(&record.key)? != Some(&record.value) {
///             seen.put(&record.key, record.value.clone())?;
///             context.forward(record);
///         }
///         Ok(())
///     }
/// }
///
/// fn deduplicate(name: &str) -> impl ProcessorSupplier<Deduplicate> {
///     declare_stores(move |stores| {
///         let seen = stores.add(Store::key_value(name));
///         move || Deduplicate { seen }
///     })
/// }
///
/// let builder = StreamsBuilder::new();
/// builder.stream("in").process(deduplicate("seen"), "deduplicate").to("out");
/// # assert_eq!(builder.build()?.subtopologies()[0].stores.len(), 1);
/// # Ok::<(), millstream_core::TopologyError>(())
/// ```
pub fn declare_stores<S, F: FnOnce(&mut DeclaredStores<'_>) -> S>(declare: F) -> WithStores<F> {
    WithStores { declare }
}

/// The stores that a supplier declares for its processors.
pub struct DeclaredStores<'a> {
    builder: BuilderId,
    add: &'a mut dyn FnMut(StoreDefinition) -> Option<StoreIndex>,
    connected: Vec<GivenStore>,
}

impl<'a> DeclaredStores<'a> {
    /// `add` adds a store to the topology of `builder`; `None` if it cannot, which building the topology will report.
    pub(crate) fn new(builder: BuilderId, add: &'a mut dyn FnMut(StoreDefinition) -> Option<StoreIndex>) -> Self {
        Self { builder, add, connected: Vec::new() }
    }

    /// Adds a store, and connects the processors with it.
    ///
    /// # Examples
    /// See [`declare_stores`].
    pub fn add<S>(&mut self, store: Store<S>) -> StoreHandle<S> {
        match (self.add)(store.into_definition()) {
            Some(index) => {
                let handle = StoreHandle::new(self.builder, index);
                self.connected.push(handle.given());
                handle
            }
            None => StoreHandle::invalid(self.builder),
        }
    }

    /// The stores that were added.
    pub(crate) fn into_connected(self) -> Vec<GivenStore> {
        self.connected
    }
}
