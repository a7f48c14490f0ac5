//! A processor as a node of a chain.

use std::marker::PhantomData;
use std::sync::Arc;

use millstream_state::{StoreError, StoreIndex};
use millstream_types::{Headers, Timestamp};

use super::Processor;
use super::context::{Place, ProcessorContext};
use crate::chain::{BoxError, Context, Downstream, FailureKind, Node, ScheduleId};
use crate::topology::{Assembly, Built, NodeId, NodeKind, Spec, TopologyError};
use crate::{Element, Record};

/// Adds a processor made by `supply`, connected to `stores`, below `parents`.
pub(crate) fn add_processor<KIn, VIn, KOut, VOut, P>(
    spec: &mut Spec,
    name: Arc<str>,
    parents: &[NodeId],
    stores: &[StoreIndex],
    supply: impl Fn() -> P + Send + Sync + 'static,
) -> Result<NodeId, TopologyError>
where
    KIn: Element,
    VIn: Element,
    KOut: Element,
    VOut: Element,
    P: Processor<KIn, VIn, KOut, VOut> + 'static,
{
    let build = Box::new(move |assembly: &mut Assembly<'_>, node: NodeId| {
        let place = Place {
            name: assembly.name(node),
            index: assembly.this(),
            stores: assembly.spec().node(node).stores.clone(),
        };
        let children = assembly.downstream::<KOut, VOut>(node)?;
        Ok(Built::new::<KIn, VIn>(ProcessorNode { processor: supply(), place, children, types: PhantomData }))
    });
    let node = spec.add_node(name, NodeKind::Processor { entered: true, build }, parents)?;
    stores.iter().for_each(|store| spec.connect(node, *store));
    Ok(node)
}

struct ProcessorNode<P, KIn, VIn, KOut, VOut> {
    processor: P,
    place: Place,
    children: Downstream<KOut, VOut>,
    types: PhantomData<fn(KIn, VIn)>,
}

/// Reports what a processor returned. A store's failure is not the handler's to decide.
fn report(context: &mut Context<'_>, node: &str, result: Result<(), BoxError>) {
    if let Err(error) = result {
        let kind = if error.is::<StoreError>() { FailureKind::Store } else { FailureKind::Processing };
        context.fail(kind, node, error);
    }
}

impl<P, KIn, VIn, KOut, VOut> Node<KIn, VIn> for ProcessorNode<P, KIn, VIn, KOut, VOut>
where
    P: Processor<KIn, VIn, KOut, VOut>,
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
        let result = self.processor.init(&mut view);
        view.report_refused();
        if let Err(error) = result {
            context.fail_topology(&self.place.name, format!("`init` failed: {error}"));
        }
    }

    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp) {
        let mut view = ProcessorContext::new(context, &mut self.children, &self.place, time, Headers::new());
        let result = self.processor.punctuate(&mut view, schedule, time);
        view.report_refused();
        report(context, &self.place.name, result);
    }

    fn close(&mut self) {
        self.processor.close();
    }
}
