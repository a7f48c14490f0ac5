//! The node that sends subscriptions when rows of the left table change.

use std::sync::Arc;

use millstream_types::{Data, Serde, SerdeError, Topic};

use super::hash::{RowHash, row_hash};
use super::kind::JoinKind;
use super::subscription::{Instruction, Subscription};
use super::with::ForeignKey;
use crate::chain::{Context, Downstream, FailureKind, Node, SkipReason, caught};
use crate::record::{Change, Record};
use crate::topology::{Blueprint, BuildNode, Built, TopicName};

/// Builds the node. `values` is the serde of the left table's values, `topic` the registration topic.
pub(super) fn send_factory<K: Data, V: Data, F: Data>(
    foreign_key: ForeignKey<K, V, F>,
    values: Serde<V>,
    topic: TopicName,
    kind: JoinKind,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let hasher = RowHasher::new(values.clone(), &blueprint.topic(&topic));
        let (name, foreign_key) = (blueprint.name(), Arc::clone(&foreign_key));
        let children = blueprint.downstream()?;
        Ok(Built::new::<K, Change<V>>(Send { name, foreign_key, hasher, kind, children }))
    })
}

/// Hashes rows of the left table by their bytes.
pub(super) struct RowHasher<V> {
    values: Serde<V>,
    /// The topic that the serde is called with, as in Kafka Streams.
    topic: String,
    bytes: Vec<u8>,
}

impl<V: 'static> RowHasher<V> {
    pub(super) fn new(values: Serde<V>, registration: &Topic) -> Self {
        Self { values, topic: format!("{registration}-vh"), bytes: Vec::new() }
    }

    pub(super) fn hash(&mut self, value: &V) -> Result<RowHash, SerdeError> {
        self.bytes.clear();
        self.values.encode(&self.topic, value, &mut self.bytes)?;
        Ok(row_hash(&self.bytes))
    }
}

struct Send<K, V, F> {
    name: Arc<str>,
    foreign_key: ForeignKey<K, V, F>,
    hasher: RowHasher<V>,
    kind: JoinKind,
    children: Downstream<Option<F>, Subscription<K>>,
}

impl<K: Data, V: Data, F: Data> Send<K, V, F> {
    /// The foreign key of the previous row. One that could not be found was reported as a failure then, and is none.
    fn before(&self, key: &K, old: Option<&V>) -> Option<F> {
        caught(|| (self.foreign_key)(key, old?).ok().flatten()).ok().flatten()
    }

    /// The foreign key of the new row. After an error or a panic that the handler continues with, it has none.
    fn after(&self, context: &mut Context<'_>, key: &K, new: Option<&V>) -> Option<F> {
        let new = new?;
        let foreign = self.children.returned(context, || (self.foreign_key)(key, new).map(Some))?;
        if foreign.is_none() && self.kind == JoinKind::Inner {
            context.skip(&self.name, SkipReason::NullKey);
        }
        foreign
    }

    /// The instructions for the subscriptions to the previous and to the new foreign key; the latter may be null in a left
    /// join.
    fn instructions(&self, old: Option<F>, new: Option<F>) -> [Option<(Option<F>, Instruction)>; 2] {
        let has_changed = match (&old, &new) {
            (Some(old), Some(new)) => !old.same_key(new),
            (old, _) => old.is_some(),
        };
        if self.kind == JoinKind::Left {
            let end = old.filter(|_| has_changed).map(|old| (Some(old), Instruction::End));
            return [end, Some((new, Instruction::AnswerAlways))];
        }
        match (old, new) {
            (Some(old), Some(new)) if has_changed => {
                [Some((Some(old), Instruction::End)), Some((Some(new), Instruction::AnswerAlways))]
            }
            (_, Some(new)) => [None, Some((Some(new), Instruction::AnswerIfPresent))],
            (Some(old), None) => [Some((Some(old), Instruction::EndAndAnswer)), None],
            (None, None) => [None, None],
        }
    }
}

impl<K: Data, V: Data, F: Data> Node<K, Change<V>> for Send<K, V, F> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<V>>) {
        let Record { key, value: Change { old, new, is_latest }, timestamp, headers } = record;
        if !is_latest {
            return context.skip(&self.name, SkipReason::OutOfOrder);
        }
        if old.is_none() && new.is_none() {
            return;
        }
        let (before, after) = (self.before(&key, old.as_ref()), self.after(context, &key, new.as_ref()));
        let hash = match new.as_ref().map(|new| self.hasher.hash(new)).transpose() {
            Ok(hash) => hash,
            Err(error) => return context.fail(FailureKind::Serialization, &self.name, error),
        };
        let partition = i32::try_from(context.partition().number()).ok();
        for (foreign, instruction) in self.instructions(before, after).into_iter().flatten() {
            if context.has_failed() {
                return;
            }
            let value = Subscription { instruction, hash, key: key.clone(), partition };
            self.children.forward(context, Record { key: foreign, value, timestamp, headers: headers.clone() });
        }
    }
}
