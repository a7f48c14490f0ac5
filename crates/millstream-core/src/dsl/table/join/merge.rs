//! The node that merges the results of both sides, and keeps the rows if the table is materialised.

use crate::chain::{Context, Node};
use crate::dsl::table::rows::Output;
use crate::record::{Change, Element, Record};
use crate::topology::{Blueprint, BuildNode, Built, TableId};

pub(super) fn merge_factory<K: Element, R: Element>(table: TableId) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let output = Output::of(table, blueprint)?;
        Ok(Built::new::<K, Change<R>>(Merge { output }))
    })
}

struct Merge<K, R> {
    output: Output<K, R>,
}

impl<K: Element, R: Element> Node<K, Change<R>> for Merge<K, R> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<R>>) {
        let Record { key, value: Change { old, new, .. }, timestamp, headers } = record;
        self.output.change(context, old, Record { key, value: new, timestamp, headers });
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        self.output.flush(context, rows_max);
    }
}
