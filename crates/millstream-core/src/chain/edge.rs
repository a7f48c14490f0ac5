//! The edges between the nodes of a chain.

use std::sync::Arc;

use super::context::{Context, Node};
use super::failure::BoxError;
use super::prefetch::NextKeys;
use super::shared_index::SharedIndex;
use super::unwind::{PanicGuard, caught};
use crate::record::Record;

/// An edge from a node to one of its children.
///
/// A node with only one parent is *owned* by it: a push is one virtual call. A node with several parents, or one that a commit
/// or a schedule enters, is *shared*: it is in the chain's arena, and a push takes it out, checks its type once and puts it
/// back.
pub(crate) enum Edge<K, V> {
    Owned(Box<dyn Node<K, V>>),
    Shared(SharedIndex),
}

/// A child of a node.
struct Child<K, V> {
    edge: Edge<K, V>,
    name: Arc<str>,
}

impl<K: 'static, V: 'static> Child<K, V> {
    /// Pushes a record. A panic in the child is recorded with its name, which costs nothing otherwise.
    #[inline]
    fn push(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let guard = PanicGuard::new(&self.name);
        // There is no closure around these calls, since it would copy the record.
        match &mut self.edge {
            Edge::Owned(node) => node.process(context, record),
            Edge::Shared(index) => push_shared(context, *index, record),
        }
        guard.disarm();
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        match &mut self.edge {
            Edge::Owned(node) => node.prefetch(context, next_keys),
            Edge::Shared(index) => {
                context.with_shared::<K, V>(*index, |node, context| node.prefetch(context, next_keys));
            }
        }
    }
}

/// Pushes a record to a shared node. It is a separate function to keep the code for owned nodes small.
#[inline(never)]
fn push_shared<K: 'static, V: 'static>(context: &mut Context<'_>, index: SharedIndex, record: Record<K, V>) {
    context.with_shared::<K, V>(index, |node, context| node.process(context, record));
}

/// The children of a node, in the order of wiring.
pub(crate) struct Downstream<K, V> {
    children: Vec<Child<K, V>>,
    /// The node whose children they are.
    parent: Arc<str>,
}

impl<K: Clone + 'static, V: Clone + 'static> Downstream<K, V> {
    /// The edges of `parent`, none yet of `children`.
    pub(crate) fn new(parent: Arc<str>, children: usize) -> Self {
        Self { children: Vec::with_capacity(children), parent }
    }

    pub(crate) fn add(&mut self, name: Arc<str>, edge: Edge<K, V>) {
        self.children.push(Child { edge, name });
    }

    /// Handles an error of the node's user code.
    #[cold]
    pub(crate) fn fail(&self, context: &mut Context<'_>, error: BoxError) {
        context.fail_processing(&self.parent, error);
    }

    /// What user code returns; `None` after an error or a panic with which the handler continues.
    pub(crate) fn returned<T>(
        &self,
        context: &mut Context<'_>,
        run: impl FnOnce() -> Result<Option<T>, BoxError>,
    ) -> Option<T> {
        match caught(run) {
            Ok(Ok(value)) => return value,
            Ok(Err(error)) => self.fail(context, error),
            Err(panicked) => context.fail_by_panic(&self.parent, &panicked),
        }
        None
    }

    /// Pushes `record` to every child in order, depth first. The last one gets the original, the others clones.
    #[inline]
    pub(crate) fn forward(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        match self.children.as_mut_slice() {
            [child] => child.push(context, record),
            children => push_to_all(children, context, record),
        }
    }

    /// Lets every child prefetch the rows of these keys.
    pub(crate) fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        for child in &mut self.children {
            child.prefetch(context, next_keys);
        }
    }

    /// Pushes `record` to the child named `child`. Returns `false` if there is none.
    pub(crate) fn forward_to(&mut self, context: &mut Context<'_>, child: &str, record: Record<K, V>) -> bool {
        let Some(index) = self.names().position(|name| name == child) else { return false };
        self.forward_at(context, index, record);
        true
    }

    /// Pushes `record` to the child at `index` in the order of wiring.
    pub(crate) fn forward_at(&mut self, context: &mut Context<'_>, index: usize, record: Record<K, V>) {
        if let Some(child) = self.children.get_mut(index) {
            child.push(context, record);
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.children.iter().map(|child| &*child.name)
    }
}

/// Pushes a record to several children, or to none. It is a separate function to keep the code for an only child small.
#[inline(never)]
fn push_to_all<K, V>(children: &mut [Child<K, V>], context: &mut Context<'_>, record: Record<K, V>)
where
    K: Clone + 'static,
    V: Clone + 'static,
{
    let Some((last, others)) = children.split_last_mut() else { return };
    for child in others {
        child.push(context, record.clone());
        if context.has_failed() {
            return;
        }
    }
    last.push(context, record);
}
