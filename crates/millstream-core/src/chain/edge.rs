//! The edges by which records reach the nodes of a chain.

use std::sync::Arc;

use super::context::{Context, Node};
use super::failure::BoxError;
use super::prefetch::NextKey;
use super::shared_index::SharedIndex;
use super::unwind::in_node;
use crate::record::Record;

/// The way from a node to one of its children.
///
/// A node that is reached through one parent only is *owned* by that parent: a push is one virtual call. A node
/// with several parents, or one that a commit or a schedule enters, is *shared*: it lies in the chain's arena, and a
/// push takes it out, checks its type once and puts it back.
pub(crate) enum Edge<K, V> {
    Owned(Box<dyn Node<K, V>>),
    Shared(SharedIndex),
}

impl<K: 'static, V: 'static> Edge<K, V> {
    fn push(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        match self {
            Self::Owned(node) => node.process(context, record),
            Self::Shared(index) => context.with_shared::<K, V>(*index, |node, context| node.process(context, record)),
        }
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: &[NextKey<K>]) {
        match self {
            Self::Owned(node) => node.prefetch(context, next_keys),
            Self::Shared(index) => {
                context.with_shared::<K, V>(*index, |node, context| node.prefetch(context, next_keys));
            }
        }
    }
}

/// A node's children, in wiring order.
pub(crate) struct Downstream<K, V> {
    edges: Vec<Edge<K, V>>,
    names: Vec<Arc<str>>,
    /// The node whose children they are.
    parent: Arc<str>,
}

impl<K: Clone + 'static, V: Clone + 'static> Downstream<K, V> {
    pub(crate) fn new(parent: Arc<str>, children: Vec<(Arc<str>, Edge<K, V>)>) -> Self {
        let (names, edges) = children.into_iter().unzip();
        Self { edges, names, parent }
    }

    /// The node's user code returned an error.
    #[cold]
    pub(crate) fn fail(&self, context: &mut Context<'_>, error: BoxError) {
        context.fail_processing(&self.parent, error);
    }

    /// Pushes `record` to every child, in order, depth first; the last one gets the original.
    #[inline]
    pub(crate) fn forward(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Some((last, others)) = self.edges.split_last_mut() else { return };
        let Some((last_name, names)) = self.names.split_last() else { return };
        for (edge, name) in others.iter_mut().zip(names) {
            in_node(name, || edge.push(context, record.clone()));
            if context.has_failed() {
                return;
            }
        }
        in_node(last_name, || last.push(context, record));
    }

    /// Has every child prefetch the rows of these keys.
    pub(crate) fn prefetch(&mut self, context: &mut Context<'_>, next_keys: &[NextKey<K>]) {
        self.edges.iter_mut().for_each(|edge| edge.prefetch(context, next_keys));
    }

    /// Pushes `record` to the child named `child`; `false` if there is none of that name.
    pub(crate) fn forward_to(&mut self, context: &mut Context<'_>, child: &str, record: Record<K, V>) -> bool {
        let Some(index) = self.names.iter().position(|name| &**name == child) else { return false };
        self.forward_at(context, index, record);
        true
    }

    /// Pushes `record` to the child at `index` in wiring order.
    pub(crate) fn forward_at(&mut self, context: &mut Context<'_>, index: usize, record: Record<K, V>) {
        if let (Some(edge), Some(name)) = (self.edges.get_mut(index), self.names.get(index)) {
            in_node(name, || edge.push(context, record));
        }
    }

    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }
}
