//! A node of a chain, and the edges by which records reach it.

use std::any::Any;
use std::sync::Arc;

use millstream_types::Timestamp;

use super::ahead::Upcoming;
use super::context::Context;
use super::schedule::ScheduleId;
use crate::record::Record;

/// An operator at work: takes records and pushes what follows from them to its children.
///
/// Only nodes that are built as *shared* (see [`Edge`]) hear of anything but records.
pub(crate) trait Node<K, V>: Send {
    /// Takes one record.
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>);

    /// Records with these keys come soon, unless an operator before leaves them out: whoever looks up rows by key touches
    /// them now, and whoever passes keys on as they are says it to its children. Nothing but time depends on it.
    fn expect(&mut self, _context: &mut Context<'_>, _upcoming: &[Upcoming<K>]) {}

    /// Before the first record.
    fn start(&mut self, _context: &mut Context<'_>) {}

    /// At a commit or when a cache is full: log and forward some of what the node's store holds back. Called until it holds
    /// nothing back.
    fn flush(&mut self, _context: &mut Context<'_>) {}

    /// One of the node's own schedules is due at `time`.
    fn punctuate(&mut self, _context: &mut Context<'_>, _schedule: ScheduleId, _time: Timestamp) {}

    /// After the last record.
    fn close(&mut self) {}
}

/// The place of a shared node in its chain's arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SharedIndex(pub(crate) usize);

/// A shared node without its types, as it lies in the arena.
pub(crate) trait SharedNode: Send {
    fn start(&mut self, context: &mut Context<'_>);
    fn flush(&mut self, context: &mut Context<'_>);
    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp);
    fn close(&mut self);
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// Puts a typed node into the arena.
pub(crate) struct Shared<K, V>(pub(crate) Box<dyn Node<K, V>>);

impl<K: 'static, V: 'static> SharedNode for Shared<K, V> {
    fn start(&mut self, context: &mut Context<'_>) {
        self.0.start(context);
    }

    fn flush(&mut self, context: &mut Context<'_>) {
        self.0.flush(context);
    }

    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, time: Timestamp) {
        self.0.punctuate(context, schedule, time);
    }

    fn close(&mut self) {
        self.0.close();
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The way from a node to one of its children.
///
/// A node with one parent that nobody else needs to reach is *owned* by that parent: a push is one virtual call. A node
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

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        match self {
            Self::Owned(node) => node.expect(context, upcoming),
            Self::Shared(index) => context.with_shared::<K, V>(*index, |node, context| node.expect(context, upcoming)),
        }
    }
}

/// A node's children, in wiring order.
pub(crate) struct Downstream<K, V> {
    edges: Vec<Edge<K, V>>,
    names: Vec<Arc<str>>,
}

impl<K: Clone + 'static, V: Clone + 'static> Downstream<K, V> {
    pub(crate) fn new(children: Vec<(Arc<str>, Edge<K, V>)>) -> Self {
        let (names, edges) = children.into_iter().unzip();
        Self { edges, names }
    }

    /// Pushes `record` to every child, in order, depth first; the last one gets the original.
    #[inline]
    pub(crate) fn forward(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Some((last, others)) = self.edges.split_last_mut() else { return };
        for edge in others {
            edge.push(context, record.clone());
            if context.has_failed() {
                return;
            }
        }
        last.push(context, record);
    }

    /// Tells every child what comes soon.
    pub(crate) fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.edges.iter_mut().for_each(|edge| edge.expect(context, upcoming));
    }

    /// Pushes `record` to the child named `child`; `false` if there is none of that name.
    pub(crate) fn forward_to(&mut self, context: &mut Context<'_>, child: &str, record: Record<K, V>) -> bool {
        let Some(index) = self.names.iter().position(|name| &**name == child) else { return false };
        self.edges[index].push(context, record);
        true
    }

    /// Pushes `record` to the child at `index` in wiring order.
    pub(crate) fn forward_at(&mut self, context: &mut Context<'_>, index: usize, record: Record<K, V>) {
        if let Some(edge) = self.edges.get_mut(index) {
            edge.push(context, record);
        }
    }

    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }
}
