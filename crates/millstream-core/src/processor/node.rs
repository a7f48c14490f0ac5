//! A processor as a node of a chain.

use std::sync::Arc;

use millstream_state::StoreError;
use millstream_types::{Headers, Timestamp};

use super::Processor;
use super::context::{Place, ProcessorContext};
use crate::chain::{BoxError, Context, Downstream, FailureKind, Node, ScheduleId, caught, forget_caught, in_node};
use crate::record::{Element, Record};
use crate::topology::{Blueprint, BuildNode, Built, TopologyError};

/// Makes a processor for a task.
pub(crate) type Supply<KIn, VIn, KOut, VOut> = Arc<dyn Fn() -> Box<dyn Processor<KIn, VIn, KOut, VOut>> + Send + Sync>;

/// Builds the node of the processor that `supply` makes.
pub(crate) fn processor_factory<KIn, VIn, KOut, VOut>(supply: Supply<KIn, VIn, KOut, VOut>) -> BuildNode
where
    KIn: Element,
    VIn: Element,
    KOut: Element,
    VOut: Element,
{
    Box::new(move |blueprint: Blueprint<'_>| {
        let place = Place {
            name: blueprint.name(),
            index: blueprint.this(),
            stores: blueprint.stores(),
            store_names: blueprint.store_names(),
        };
        let children = blueprint.downstream()?;
        let processor = caught(|| supply()).map_err(|panicked| TopologyError::SupplierPanicked {
            node: place.name.to_string(),
            message: panicked.message,
        })?;
        Ok(Built::new(ProcessorNode { processor, place, children }))
    })
}

struct ProcessorNode<KIn, VIn, KOut, VOut> {
    processor: Box<dyn Processor<KIn, VIn, KOut, VOut>>,
    place: Place,
    children: Downstream<KOut, VOut>,
}

/// Reports what a processor returned. A store's failure is not the handler's to decide, nor is a row lost by a panic that
/// the processor has caught.
fn report(context: &mut Context<'_>, node: &str, result: Result<(), BoxError>) {
    if let Some(lost) = forget_caught() {
        context.stop(lost);
    }
    if let Err(error) = result {
        let kind = match error.downcast_ref::<StoreError>() {
            // The store is as it was; the processor has made a mistake.
            None | Some(StoreError::NegativeTime { .. }) => FailureKind::Processing,
            Some(_) => FailureKind::Store,
        };
        context.fail(kind, node, error);
    }
}

impl<KIn, VIn, KOut, VOut> Node<KIn, VIn> for ProcessorNode<KIn, VIn, KOut, VOut>
where
    KIn: Element,
    VIn: Element,
    KOut: Element,
    VOut: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<KIn, VIn>) {
        let (timestamp, headers) = (record.timestamp, record.headers.clone());
        let mut view = ProcessorContext::new(context, &mut self.children, &self.place, timestamp, headers);
        let result = self.processor.process(&mut view, record);
        view.report_refused();
        report(context, &self.place.name, result);
    }

    fn start(&mut self, context: &mut Context<'_>) {
        let mut view =
            ProcessorContext::new(context, &mut self.children, &self.place, Timestamp::UNKNOWN, Headers::new());
        let result = in_node(&self.place.name, || self.processor.init(&mut view));
        view.report_refused();
        if let Some(lost) = forget_caught() {
            context.stop(lost);
        }
        if let Err(error) = result {
            context.fail_topology(&self.place.name, format!("`init` failed: {error}"));
        }
    }

    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp) {
        let mut view = ProcessorContext::new(context, &mut self.children, &self.place, time, Headers::new());
        let result = in_node(&self.place.name, || self.processor.punctuate(&mut view, schedule, time));
        view.report_refused();
        report(context, &self.place.name, result);
    }

    fn close(&mut self) {
        in_node(&self.place.name, || self.processor.close());
    }
}
