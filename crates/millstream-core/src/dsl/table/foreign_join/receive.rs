//! The node that keeps subscriptions in their store.

use std::sync::Arc;

use millstream_state::{KeyValueStore, StoreIndex, ValueAndTimestamp};
use millstream_types::Data;

use super::subscription::{Instruction, Subscription};
use crate::chain::{Context, Downstream, NextKeys, Node, SkipReason, in_store};
use crate::record::Record;
use crate::topology::{Blueprint, BuildNode, Built};

pub(super) fn receive_factory<K: Data, F: Data>(store: StoreIndex) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let name = blueprint.name();
        let children = blueprint.downstream()?;
        Ok(Built::new::<Option<F>, Subscription<K>>(Receive::<K, F> { name, store, children }))
    })
}

struct Receive<K, F> {
    name: Arc<str>,
    store: StoreIndex,
    children: Downstream<Option<F>, Subscription<K>>,
}

impl<K: Data, F: Data> Receive<K, F> {
    /// Writes or deletes a subscription to the row of `foreign`. Returns `None` if the store failed.
    fn keep(&self, context: &mut Context<'_>, foreign: &F, record: &Record<Option<F>, Subscription<K>>) -> Option<()> {
        let write = context.write_context(record.timestamp, &record.headers);
        let Some((store, log)) = context.store::<KeyValueStore<(F, K), Subscription<K>>>(self.store) else {
            context.fail_topology(&self.name, "the store of subscriptions is not open in this task");
            return None;
        };
        let subscription = record.value.instruction.keeps().then(|| record.value.clone());
        let row = subscription.map(|value| ValueAndTimestamp::new(value, record.timestamp));
        let key = (foreign.clone(), record.value.key.clone());
        let result = in_store(|| store.put(&key, row, &write, log));
        context.check(&self.name, result)
    }
}

impl<K: Data, F: Data> Node<Option<F>, Subscription<K>> for Receive<K, F> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<Option<F>, Subscription<K>>) {
        match &record.key {
            Some(foreign) => {
                if self.keep(context, foreign, &record).is_none() {
                    return;
                }
            }
            // A left join asks for a response to a row without a foreign key, too. There is nothing to subscribe to.
            None if record.value.instruction == Instruction::AnswerAlways => {}
            None => return context.skip(&self.name, SkipReason::NullKey),
        }
        self.children.forward(context, record);
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, Option<F>>) {
        self.children.prefetch(context, next_keys);
    }
}
