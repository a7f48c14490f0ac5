//! The Processor API: operators of your own, with stores, schedules and named children.

mod access;
mod access_versioned;
mod context;
mod duplicates;
mod fixed_key;
mod global;
mod node;
mod read_only;
mod row;
mod session_access;
mod supplier;

pub use access::StoreAccess;
pub use context::ProcessorContext;
pub(crate) use fixed_key::Fixed;
pub use fixed_key::{FixedKeyContext, FixedKeyProcessor, FixedKeyRecord};
pub use global::GlobalStoreAccess;
pub(crate) use node::{Supply, processor_factory, supply_for};
pub use read_only::ReadOnlyStoreAccess;
pub use row::{RowContext, RowProcessor};
pub(crate) use row::{RowProcessing, SupplyRows};
pub(crate) use supplier::MakeProcessor;
pub use supplier::{DeclaredStores, ProcessorSupplier, WithStores, declare_stores};

use millstream_types::Timestamp;

use crate::chain::{BoxError, ScheduleId};
use crate::record::Record;

/// An operator of your own. It processes records with keys `KIn` and values `VIn`, and forwards records with keys `KOut` and
/// values `VOut`.
///
/// Each task has its own processor, which the function given to [`KStream::process`](crate::KStream::process) or
/// [`TopologyBuilder::add_processor`](crate::TopologyBuilder::add_processor) makes. One thread at a time uses it.
///
/// An error of [`process`](Self::process) is passed to the processing handler. It stops the task, or continues: then this
/// processor forwards nothing more for the record, and the other children of its parent still get it.
///
/// # Examples
/// A processor that passes on a value only when it differs from the last one of its key:
/// ```
/// use millstream_core::{BoxError, KeyValueStore, Processor, ProcessorContext, Record, Store, StoreHandle, StreamsBuilder};
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
/// let builder = StreamsBuilder::new();
/// let seen = builder.add_store(Store::key_value("seen"));
/// builder.stream("in").process(move || Deduplicate { seen }, seen).to("out");
/// # builder.build()?;
/// # Ok::<(), millstream_core::TopologyError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not process keys `{KIn}` and values `{VIn}`",
    label = "gets keys `{KIn}` and values `{VIn}`",
    note = "bring the stream to the types that it processes, with `map` or `map_values` before it",
    note = "or implement `Processor<{KIn}, {VIn}, _, _>` for `{Self}`"
)]
pub trait Processor<KIn, VIn, KOut, VOut>: Send {
    /// Called before the first record, when the stores are restored. Set up schedules here.
    ///
    /// # Errors
    /// Any error stops the task.
    fn init(&mut self, _context: &mut ProcessorContext<'_, KOut, VOut>) -> Result<(), BoxError> {
        Ok(())
    }

    /// Processes a record.
    ///
    /// # Errors
    /// Any error is passed to the processing handler, except that of a store, which stops the task.
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, KOut, VOut>,
        record: Record<KIn, VIn>,
    ) -> Result<(), BoxError>;

    /// Called when one of the processor's schedules is due. `time` is stream time or the wall clock, depending on the schedule.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    fn punctuate(
        &mut self,
        _context: &mut ProcessorContext<'_, KOut, VOut>,
        _schedule: ScheduleId,
        _time: Timestamp,
    ) -> Result<(), BoxError> {
        Ok(())
    }

    /// Called after the last record.
    fn close(&mut self) {}
}
