//! The node that merges the changes of all streams of a cogroup.

use std::sync::Arc;

use millstream_state::StoreIndex;

use crate::chain::{Context, Downstream, Node};
use crate::record::{Change, Element, Record};
use crate::topology::{Blueprint, BuildNode, Built};

/// Logs and forwards so many dirty rows of a store.
pub(super) type Flush<K, A> =
    Arc<dyn Fn(&mut Context<'_>, &str, StoreIndex, usize, &mut Downstream<K, Change<A>>) + Send + Sync>;

pub(super) fn merge_factory<K: Element, A: Element>(store: StoreIndex, flush: Flush<K, A>) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, flush) = (blueprint.name(), Arc::clone(&flush));
        let children = blueprint.downstream()?;
        Ok(Built::new::<K, Change<A>>(Merge { name, store, flush, children }))
    })
}

struct Merge<K, A> {
    name: Arc<str>,
    store: StoreIndex,
    flush: Flush<K, A>,
    children: Downstream<K, Change<A>>,
}

impl<K: Element, A: Element> Node<K, Change<A>> for Merge<K, A> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<A>>) {
        self.children.forward(context, record);
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        (self.flush)(context, &self.name, self.store, rows_max, &mut self.children);
    }
}
