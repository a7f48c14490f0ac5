//! A processor as a node of a chain.

use std::convert::Infallible;
use std::sync::Arc;

use millstream_state::StoreError;
use millstream_types::{Headers, Timestamp};

use super::Processor;
use super::context::{NodeInfo, ProcessorContext};
use crate::chain::{BoxError, Context, Downstream, FailureKind, Node, ScheduleId, caught, forget_caught, in_node};
use crate::record::{Element, Record};
use crate::stores::StoreHandle;
use crate::topology::{Blueprint, BuildNode, Built, TopologyError};

/// Makes a processor for a task.
pub(crate) type Supply<KIn, VIn, KOut, VOut> = Arc<dyn Fn() -> Box<dyn Processor<KIn, VIn, KOut, VOut>> + Send + Sync>;

/// Makes the processor that fills `store`, whose handle `supply` gets.
pub(crate) fn supply_for<S: 'static, K, V, P: Processor<K, V, Infallible, Infallible> + 'static>(
    store: StoreHandle<S>,
    supply: impl Fn(StoreHandle<S>) -> P + Send + Sync + 'static,
) -> Supply<K, V, Infallible, Infallible> {
    Arc::new(move || Box::new(supply(store)))
}

/// Builds the node of the processor that `supply` makes.
pub(crate) fn processor_factory<KIn, VIn, KOut, VOut>(supply: Supply<KIn, VIn, KOut, VOut>) -> BuildNode
where
    KIn: Element,
    VIn: Element,
    KOut: Element,
    VOut: Element,
{
    Box::new(move |blueprint: Blueprint<'_>| {
        let node = NodeInfo {
            name: blueprint.name(),
            index: blueprint.this(),
            stores: blueprint.stores(),
            store_names: blueprint.store_names(),
            builder: blueprint.builder(),
        };
        let children = blueprint.downstream()?;
        let processor = caught(|| supply()).map_err(|panicked| TopologyError::SupplierPanicked {
            node: node.name.to_string(),
            message: panicked.message,
        })?;
        Ok(Built::new(ProcessorNode { processor, node, children }))
    })
}

struct ProcessorNode<KIn, VIn, KOut, VOut> {
    processor: Box<dyn Processor<KIn, VIn, KOut, VOut>>,
    node: NodeInfo,
    children: Downstream<KOut, VOut>,
}

/// Reports the result of a processor. The failure of a store stops the task without asking the handler; so does a panic
/// that the processor has caught, if a row was lost by it.
pub(super) fn report(context: &mut Context<'_>, node: &str, result: Result<(), BoxError>) {
    if let Some(lost) = forget_caught() {
        context.stop(lost);
    }
    if let Err(error) = result {
        let kind = match error.downcast_ref::<StoreError>() {
            // The store has not changed: it is an error of the processor.
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
        let mut view = ProcessorContext::new(context, &mut self.children, &self.node, timestamp, headers);
        let result = self.processor.process(&mut view, record);
        view.report_refused();
        report(context, &self.node.name, result);
    }

    fn start(&mut self, context: &mut Context<'_>) {
        let mut view =
            ProcessorContext::new(context, &mut self.children, &self.node, Timestamp::UNKNOWN, Headers::new());
        let result = in_node(&self.node.name, || self.processor.init(&mut view));
        view.report_refused();
        if let Some(lost) = forget_caught() {
            context.stop(lost);
        }
        if let Err(error) = result {
            context.fail_topology(&self.node.name, format!("`init` failed: {error}"));
        }
    }

    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp) {
        let mut view = ProcessorContext::new(context, &mut self.children, &self.node, time, Headers::new());
        let result = in_node(&self.node.name, || self.processor.punctuate(&mut view, schedule, time));
        view.report_refused();
        report(context, &self.node.name, result);
    }

    fn close(&mut self) {
        in_node(&self.node.name, || self.processor.close());
    }
}
