//! The join of a stream with a table whose records wait for a grace period, so that late rows of the table are joined, too.

use std::time::Duration;

use millstream_state::{BufferedContext, Held, JoinBuffer, StoreIndex};
use millstream_types::{Data, Nullable};

use super::join_table_node::{Build, JoinTable};
use crate::chain::{Context, NextKeys, Node, SkipReason, in_store};
use crate::dsl::KTable;
use crate::graph::{GraphRef, WithoutRow};
use crate::options::{CarriedSerdes, Joined};
use crate::record::{Element, Record};
use crate::stores::{ChangelogKind, RowHeaders, SerdeNames, StoreDefinition};
use crate::topology::{Blueprint, BuildNode, Built};

impl<K, V> Joined<KTable<K, V>> {
    /// Lets records of the stream wait until stream time has passed them by `grace`, and then joins them with the row as of their
    /// time. So rows that come late by up to `grace` are joined. A record that is late by more is joined at once. Records that wait come
    /// out when a later record of the stream arrives, by their time and then by the bytes of their keys.
    ///
    /// They are in a buffer that is called like the join with `-Buffer` behind it, and in its changelog. The table must be
    /// versioned, with a history retention of at least `grace`; otherwise building the topology fails.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{Joined, Materialized};
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let hour = Duration::from_secs(3_600);
    /// let prices = builder.table::<String, i64>("prices", Materialized::named("prices").versioned(hour));
    /// let orders = builder.stream::<String, i64>("orders");
    /// let joined = Joined::with(&prices).named("with-price").grace(Duration::from_secs(60));
    /// orders.join(joined, |_item, count, price| count * price).to("totals");
    /// ```
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        Self { grace: Some(grace), ..self }
    }
}

/// Adds the buffer of a join of this name.
pub(super) fn add_buffer<K: Nullable, V: Nullable>(
    graph: &GraphRef,
    name: &str,
    grace: Duration,
    serdes: &CarriedSerdes<K, V>,
) -> Option<StoreIndex> {
    let (keys, values) = (serdes.key.get(), serdes.value.get());
    let names = SerdeNames::new(&keys, &values);
    graph.add_store(StoreDefinition {
        fault: None,
        name: format!("{name}-Buffer").into(),
        caching: false,
        logging: true,
        timestamped: false,
        headers: RowHeaders::None,
        in_memory: false,
        rows_max: None,
        changelog: ChangelogKind::Buffer,
        changelog_config: std::collections::BTreeMap::new(),
        serdes: names,
        open: Box::new(move |options, backing| {
            Box::new(JoinBuffer::new(options, grace, keys.clone(), values.clone(), backing))
        }),
    })
}

/// Builds the join behind a buffer.
pub(super) fn grace_factory<K: Nullable, V: Nullable, T: Element, V2: Element>(
    buffer: StoreIndex,
    build: Build<K, V, T, V2>,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| Ok(Built::new::<K, V>(GraceJoin { buffer, join: build(blueprint)? })))
}

struct GraceJoin<K: Nullable, V: Nullable, T, V2> {
    buffer: StoreIndex,
    join: JoinTable<K, V, T, V2>,
}

impl<K: Nullable, V: Nullable, T: Element, V2: Element> GraceJoin<K, V, T, V2> {
    /// Puts a record into the buffer. Returns it if it need not wait.
    fn hold(
        &self,
        context: &mut Context<'_>,
        key: &K::Present,
        value: V::Present,
        held: BufferedContext,
    ) -> Option<Held<K::Present, V::Present>> {
        let Some((buffer, log)) = context.store::<JoinBuffer<K::Present, V::Present>>(self.buffer) else {
            context.fail_topology(&self.join.name, "its buffer is not open in this task");
            return None;
        };
        let result = in_store(|| buffer.put(key, value, held, log));
        context.check(&self.join.name, result)?
    }

    fn take_due(&self, context: &mut Context<'_>) -> Option<Held<K::Present, V::Present>> {
        let (buffer, log) = context.store::<JoinBuffer<K::Present, V::Present>>(self.buffer)?;
        let result = in_store(|| buffer.take_due(log));
        context.check(&self.join.name, result)?
    }

    /// Joins a record that need not wait any longer.
    fn join(&mut self, context: &mut Context<'_>, held: Held<K::Present, V::Present>) {
        let BufferedContext { timestamp, headers, origin } = held.context;
        let (key, value) = (K::from_present(held.key), V::from_present(held.value));
        let record = Record { key, value, timestamp, headers };
        context.with_origin(origin.as_ref(), |context| self.join.process(context, record));
    }
}

impl<K, V, T, V2> Node<K, V> for GraceJoin<K, V, T, V2>
where
    K: Nullable,
    V: Nullable,
    T: Element,
    V2: Element,
    K::Present: Data,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let Some(value) = value.into_present() else {
            return context.skip(&self.join.name, SkipReason::NullValue);
        };
        let Some(present) = key.present() else {
            if self.join.without_row == WithoutRow::Drop {
                return context.skip(&self.join.name, SkipReason::NullKey);
            }
            // There is no row to wait for.
            let record = Record { key, value: V::from_present(value), timestamp, headers };
            return self.join.process(context, record);
        };
        let held = BufferedContext { timestamp, headers, origin: context.origin() };
        if let Some(late) = self.hold(context, present, value, held) {
            self.join(context, late);
        }
        while !context.has_failed()
            && let Some(due) = self.take_due(context)
        {
            self.join(context, due);
        }
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        self.join.prefetch(context, next_keys.some_of());
    }
}
