//! The node that joins the left row with a response.

use std::sync::Arc;

use millstream_types::{Data, Serde};

use super::response::Response;
use super::send::RowHasher;
use crate::chain::{BoxError, Context, Downstream, FailureKind, NextKeys, Node, SkipReason};
use crate::dsl::table::view::{TableView, ViewFactory};
use crate::record::Record;
use crate::topology::{Blueprint, BuildNode, Built, TopicName};

/// A joiner: a function of a key, a left row and the right row, if there is one. `None` means that there is no result.
pub(super) type Joiner<K, V, T, R> = Arc<dyn Fn(&K, &V, Option<&T>) -> Result<Option<R>, BoxError> + Send + Sync>;

/// Builds the node. `view` is that of the left table, `values` the serde of its values, `topic` the registration topic.
pub(super) fn resolve_factory<K: Data, V: Data, T: Data, R: Data>(
    view: ViewFactory<K, V>,
    values: Serde<V>,
    topic: TopicName,
    join: Joiner<K, V, T, R>,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let hasher = RowHasher::new(values.clone(), &blueprint.topic(&topic));
        let (name, view, join) = (blueprint.name(), view(blueprint.tables()), Arc::clone(&join));
        let children = blueprint.downstream()?;
        Ok(Built::new::<K, Response<T>>(Resolve { name, view, hasher, join, children }))
    })
}

struct Resolve<K, V, T, R> {
    name: Arc<str>,
    view: Arc<dyn TableView<K, V>>,
    hasher: RowHasher<V>,
    join: Joiner<K, V, T, R>,
    children: Downstream<K, Option<R>>,
}

/// What comes of a response.
enum Resolved<R> {
    /// The joined row; `None` deletes it.
    Row(Option<R>),
    /// The left row has changed since it subscribed.
    Outdated,
    Failed(FailureKind, BoxError),
}

impl<K: Data, V: Data, T: Data, R: Data> Resolve<K, V, T, R> {
    fn resolved(&mut self, key: &K, left: Option<&V>, response: &Response<T>) -> Resolved<R> {
        match left.map(|left| self.hasher.hash(left)).transpose() {
            Ok(hash) if hash == response.hash => {}
            Ok(_) => return Resolved::Outdated,
            Err(error) => return Resolved::Failed(FailureKind::Serialization, error.into()),
        }
        let Some(left) = left else { return Resolved::Row(None) };
        match (self.join)(key, left, response.row.as_ref()) {
            Ok(row) => Resolved::Row(row),
            Err(error) => Resolved::Failed(FailureKind::Processing, error),
        }
    }
}

impl<K: Data, V: Data, T: Data, R: Data> Node<K, Response<T>> for Resolve<K, V, T, R> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Response<T>>) {
        let Record { key, value: response, timestamp, headers } = record;
        let mut resolved = None;
        let (view, name) = (Arc::clone(&self.view), Arc::clone(&self.name));
        view.look_up(context, &name, &key, &mut |row| {
            resolved = Some(self.resolved(&key, row.map(|row| row.value), &response));
        });
        match resolved {
            Some(Resolved::Row(value)) => self.children.forward(context, Record { key, value, timestamp, headers }),
            Some(Resolved::Outdated) => context.skip(&self.name, SkipReason::Outdated),
            Some(Resolved::Failed(kind, error)) => context.fail(kind, &self.name, error),
            // The store has failed.
            None => {}
        }
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        let keys: Vec<_> = next_keys.keys.iter().map(|next| &next.key).collect();
        self.view.prefetch(context, &keys, next_keys.from);
    }
}
