//! The node that answers all subscriptions to a row of the right table that has changed.

use std::sync::Arc;

use millstream_state::{Direction, KeyRange, KeyValueStore, Row, StoreIndex};
use millstream_types::{Data, Serde};

use super::response::Response;
use super::subscription::{Subscription, encode_prefix};
use crate::chain::{Context, Downstream, FailureKind, Node, SkipReason};
use crate::record::{Change, Record};
use crate::topology::{Blueprint, BuildNode, Built};

/// So many subscriptions are read at once.
const PAGE_ROWS: usize = 256;

/// Builds the node. `foreign_keys` is the serde of the right table's keys in the store of subscriptions.
pub(super) fn scan_factory<K: Data, F: Data, T: Data>(store: StoreIndex, foreign_keys: Serde<F>) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let topic = blueprint.changelog_topic(store);
        let (name, foreign_keys) = (blueprint.name(), foreign_keys.clone());
        let children = blueprint.downstream()?;
        Ok(Built::new::<F, Change<T>>(Scan::<K, F, T> { name, store, foreign_keys, topic, children }))
    })
}

struct Scan<K, F, T> {
    name: Arc<str>,
    store: StoreIndex,
    foreign_keys: Serde<F>,
    topic: String,
    children: Downstream<K, Response<T>>,
}

impl<K: Data, F: Data, T: Data> Scan<K, F, T> {
    /// The next page of subscriptions in `range`, behind the row `after`.
    fn page(
        &self,
        context: &mut Context<'_>,
        range: &KeyRange,
        after: Option<&[u8]>,
    ) -> Option<Vec<Row<(F, K), Subscription<K>>>> {
        let Some((store, _)) = context.store::<KeyValueStore<(F, K), Subscription<K>>>(self.store) else {
            context.fail_topology(&self.name, "the store of subscriptions is not open in this task");
            return None;
        };
        let page = store.page(range, after, Direction::Forward, PAGE_ROWS);
        context.check(&self.name, page)
    }
}

impl<K: Data, F: Data, T: Data> Node<F, Change<T>> for Scan<K, F, T> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<F, Change<T>>) {
        let Record { key: foreign, value: Change { new, is_latest, .. }, timestamp, headers } = record;
        if !is_latest {
            return context.skip(&self.name, SkipReason::OutOfOrder);
        }
        let mut prefix = Vec::new();
        if let Err(error) = encode_prefix(&self.foreign_keys, &self.topic, &foreign, &mut prefix) {
            return context.fail(FailureKind::Serialization, &self.name, error);
        }
        let range = KeyRange::prefix(&prefix);
        let mut after: Option<Vec<u8>> = None;
        while let Some(page) = self.page(context, &range, after.as_deref()) {
            let is_last = page.len() < PAGE_ROWS;
            after = page.last().map(|row| row.engine_key.clone());
            for Row { key: (_, key), value: subscription, .. } in page {
                let Subscription { hash, partition, .. } = subscription;
                let value = Response { hash, row: new.clone(), partition };
                self.children.forward(context, Record { key, value, timestamp, headers: headers.clone() });
                if context.has_failed() {
                    return;
                }
            }
            if is_last {
                return;
            }
        }
    }
}
