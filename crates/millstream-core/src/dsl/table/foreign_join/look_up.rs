//! The node that answers a subscription with the present row of the right table.

use std::sync::Arc;

use millstream_state::ValueAndTimestamp;
use millstream_types::Data;

use super::response::Response;
use super::subscription::{Instruction, Subscription};
use crate::chain::{Context, Downstream, NextKeys, Node};
use crate::dsl::table::view::{TableView, ViewFactory};
use crate::record::Record;
use crate::topology::{Blueprint, BuildNode, Built};

pub(super) fn look_up_factory<K: Data, F: Data, T: Data>(view: ViewFactory<F, T>) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, view) = (blueprint.name(), view(blueprint.tables()));
        let children = blueprint.downstream()?;
        Ok(Built::new::<Option<F>, Subscription<K>>(LookUp::<K, F, T> { name, view, children }))
    })
}

struct LookUp<K, F, T> {
    name: Arc<str>,
    view: Arc<dyn TableView<F, T>>,
    children: Downstream<K, Response<T>>,
}

impl<K: Data, F: Data, T: Data> Node<Option<F>, Subscription<K>> for LookUp<K, F, T> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<Option<F>, Subscription<K>>) {
        let Record { key: foreign, value: subscription, timestamp, headers } = record;
        if subscription.instruction == Instruction::End {
            return;
        }
        let mut row: Option<ValueAndTimestamp<T>> = None;
        if let Some(foreign) = &foreign {
            self.view.look_up(context, &self.name, foreign, &mut |found| {
                row = found.map(|found| ValueAndTimestamp::new(found.value.clone(), found.timestamp));
            });
        }
        if context.has_failed() || (row.is_none() && subscription.instruction == Instruction::AnswerIfPresent) {
            return;
        }
        let timestamp = row.as_ref().map_or(timestamp, |row| row.timestamp.max(timestamp));
        let row = row.filter(|_| subscription.instruction.keeps()).map(|row| row.value);
        let value = Response { hash: subscription.hash, row, partition: subscription.partition };
        self.children.forward(context, Record { key: subscription.key, value, timestamp, headers });
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, Option<F>>) {
        let foreign: Vec<_> = next_keys.keys.iter().filter_map(|next| next.key.as_ref()).collect();
        self.view.prefetch(context, &foreign, next_keys.from);
    }
}
