//! Draws operators: one function each. It adds its operator behind results whose types fit, or nothing if there are none.

use super::draft::Draft;
use crate::program::{
    Aggregator, KeyFunction, Keys, Operator, Predicate, Reducer, Store, Type, Until, ValueFunction, Values, Windows,
};

/// Longer than the inputs of a program take.
const LONG_RETENTION_MS: u64 = 86_400_000;

/// Adds an operator.
type Add = fn(&mut Draft);

/// How often each is drawn, in comparison, and for how many operators there must be room, with one to write its table.
pub(super) const OPERATORS: [(u64, usize, Add); 28] = [
    (4, 1, filter),
    (2, 1, filter_not),
    (4, 1, map_values),
    (2, 1, try_map_values),
    (3, 1, map),
    (2, 1, flat_map),
    (4, 1, flat_map_values),
    (4, 1, select_key),
    (1, 1, peek),
    (4, 1, merge),
    (2, 1, split),
    (2, 1, repartition),
    (3, 1, process),
    (10, 3, aggregate),
    (46, 4, aggregate_windows),
    (30, 5, cogroup),
    (3, 2, to_table),
    (6, 1, table_filter),
    (5, 1, table_map_values),
    (5, 1, to_stream),
    (10, 1, suppress),
    (9, 3, aggregate_table),
    (29, 2, join_tables),
    (20, 2, join_foreign),
    (12, 1, join),
    (16, 1, join_streams),
    (12, 1, join_global),
    (4, 1, table_process),
];

const fn is_stream(of: Type) -> bool {
    matches!(of, Type::Stream(..))
}

const fn has_text(of: Type) -> bool {
    matches!(of, Type::Stream(_, Values::Text))
}

const fn is_nullable(of: Type) -> bool {
    matches!(of, Type::Stream(Keys::Nullable, Values::Text))
}

const fn is_table(of: Type) -> bool {
    matches!(of, Type::Table(..))
}

impl Draft {
    fn predicate(&mut self) -> Predicate {
        use Predicate as P;
        *self.random.pick(&[P::ValueIsNull, P::EvenLength, P::Long, P::BeginsWithA, P::KeyIsB])
    }

    fn value_function(&mut self) -> ValueFunction {
        use ValueFunction as F;
        *self.random.pick(&[F::Upper, F::Twice, F::Length, F::WithKey, F::NullAtC])
    }

    fn key_function(&mut self) -> KeyFunction {
        use KeyFunction as F;
        *self.random.pick(&[F::First, F::Parity, F::Same, F::Doubled])
    }
}

/// Adds an operator behind one result.
fn behind(draft: &mut Draft, fits: fn(Type) -> bool, operator: impl FnOnce(&mut Draft) -> Operator) {
    if let Some(from) = draft.pick(fits) {
        let operator = operator(draft);
        draft.add(operator, &[from]);
    }
}

fn filter(draft: &mut Draft) {
    behind(draft, is_stream, |draft| Operator::Filter { predicate: draft.predicate() });
}

fn filter_not(draft: &mut Draft) {
    behind(draft, is_stream, |draft| Operator::FilterNot { predicate: draft.predicate() });
}

fn map_values(draft: &mut Draft) {
    behind(draft, is_stream, |draft| Operator::MapValues { function: draft.value_function() });
}

fn try_map_values(draft: &mut Draft) {
    behind(draft, |of| of.is_text(), |_| Operator::TryMapValues);
}

fn map(draft: &mut Draft) {
    behind(draft, has_text, |draft| Operator::Map { key: draft.key_function(), value: draft.value_function() });
}

fn flat_map(draft: &mut Draft) {
    behind(draft, has_text, |draft| Operator::FlatMap { key: draft.key_function() });
}

fn flat_map_values(draft: &mut Draft) {
    behind(draft, |of| of.is_text(), |_| Operator::FlatMapValues);
}

fn select_key(draft: &mut Draft) {
    behind(draft, has_text, |draft| Operator::SelectKey { key: draft.key_function() });
}

fn peek(draft: &mut Draft) {
    behind(draft, is_stream, |_| Operator::Peek);
}

fn merge(draft: &mut Draft) {
    let Some(one) = draft.pick(|of| of.is_text()) else { return };
    let same = draft.types[one];
    if let Some(other) = draft.pick(|of| of == same).filter(|other| *other != one) {
        draft.add(Operator::Merge, &[one, other]);
    }
}

fn split(draft: &mut Draft) {
    let Some(from) = draft.pick(is_stream) else { return };
    let predicates: Vec<Predicate> = (0..draft.random.between(1, 2)).map(|_| draft.predicate()).collect();
    let branches = predicates.len() + 1;
    let split = draft.add(Operator::Split { predicates }, &[from]);
    for place in 0..branches {
        draft.add_unnamed(Operator::Branch { place }, &[split]);
    }
}

fn repartition(draft: &mut Draft) {
    behind(draft, |of| of.is_text(), |_| Operator::Repartition);
}

fn process(draft: &mut Draft) {
    match draft.random.between(0, 4) {
        4 => behind(draft, is_nullable, |draft| Operator::ProcessLru { map: format!("lru{}", draft.nodes.len()) }),
        0 => behind(draft, |of| of.is_text(), |_| Operator::ProcessHeaders),
        1 => behind(draft, |of| of.is_text(), |_| Operator::ProcessTimes),
        2 => behind(draft, |of| of.is_text(), |_| Operator::ProcessValues),
        _ => behind(draft, is_nullable, |draft| Operator::ProcessWallClock {
            interval_ms: *draft.random.pick(&[700, 1_000, 5_000]),
        }),
    }
}

/// Adds a grouping.
fn group(draft: &mut Draft) -> Option<usize> {
    let from = draft.pick(|of| of.is_text())?;
    let operator =
        if draft.random.chance(60) { Operator::GroupByKey } else { Operator::GroupBy { key: draft.key_function() } };
    Some(draft.add(operator, &[from]))
}

/// The reducers, those that delete no rows first.
const REDUCERS: [Reducer; 3] = [Reducer::Join, Reducer::Largest, Reducer::DeleteAtC];

/// The aggregators, those that delete no rows first.
const AGGREGATORS: [Aggregator; 3] = [Aggregator::Lengths, Aggregator::Join, Aggregator::DeleteAtC];

/// Kafka Streams fails at a sliding window that is deleted in a cache.
const fn may_delete(windows: &Windows, store: &Store) -> bool {
    !(store.caching && matches!(windows, Windows::Sliding { .. }))
}

/// Adds an aggregation behind a grouping or windows, whose function may delete rows or not.
fn fold(draft: &mut Draft, from: usize, store: Store, may_delete: bool) {
    let operator = match draft.random.between(0, 2) {
        0 => Operator::Count { store },
        1 => {
            Operator::Reduce { reducer: *draft.random.pick(if may_delete { &REDUCERS } else { &REDUCERS[..2] }), store }
        }
        _ => {
            let aggregators = if may_delete { &AGGREGATORS[..] } else { &AGGREGATORS[..2] };
            Operator::Aggregate { aggregator: *draft.random.pick(aggregators), store }
        }
    };
    draft.add(operator, &[from]);
}

fn aggregate(draft: &mut Draft) {
    if let Some(grouped) = group(draft) {
        let store = draft.store();
        fold(draft, grouped, store, true);
    }
}

fn aggregate_windows(draft: &mut Draft) {
    if let Some(grouped) = group(draft) {
        let (windows, on_close) = (draft.windows(), draft.random.chance(48));
        let on_close = on_close && !matches!(windows, Windows::Unlimited { .. });
        let mut store = draft.window_store(&windows);
        if on_close {
            // In the two libraries sessions in memory, and sliding windows on disk, are emitted differently.
            store.in_memory = match windows {
                Windows::Session { .. } => false,
                Windows::Sliding { .. } => true,
                _ => store.in_memory,
            };
        }
        let may_delete = may_delete(&windows, &store);
        let windows = draft.add_unnamed(Operator::WindowedBy { windows, on_close }, &[grouped]);
        fold(draft, windows, store, may_delete);
    }
}

/// Two or three groups that are not the same, with windows or without.
fn cogroup(draft: &mut Draft) {
    let groups: Vec<usize> = (0..draft.random.between(2, 3)).filter_map(|_| group(draft)).collect();
    if groups.is_empty() {
        return;
    }
    let windows = draft.random.chance(80).then(|| draft.windows());
    let store = match &windows {
        // A group may be behind the others, and has windows then that the store has dropped.
        Some(windows) => {
            let retention_ms = Some(windows.retention_ms().max(LONG_RETENTION_MS));
            Store { retention_ms, ..draft.window_store(windows) }
        }
        None => draft.store(),
    };
    let may_delete = windows.as_ref().is_none_or(|windows| may_delete(windows, &store));
    let aggregators: &[Aggregator] =
        if may_delete { &[Aggregator::Join, Aggregator::DeleteAtC] } else { &[Aggregator::Join] };
    let aggregators = groups.iter().map(|_| *draft.random.pick(aggregators)).collect();
    let cogroup = draft.add_unnamed(Operator::Cogroup { aggregators }, &groups);
    let from = match windows {
        Some(windows) => draft.add_unnamed(Operator::WindowedBy { windows, on_close: false }, &[cogroup]),
        None => cogroup,
    };
    draft.add_unnamed(Operator::CogroupAggregate { store }, &[from]);
}

fn to_table(draft: &mut Draft) {
    behind(draft, |of| of.is_text(), |draft| Operator::ToTable { store: draft.table_store() });
}

fn table_filter(draft: &mut Draft) {
    behind(draft, is_table, |draft| {
        let (predicate, store) = (draft.predicate(), draft.optional_store());
        if draft.random.chance(50) {
            Operator::TableFilter { predicate, store }
        } else {
            Operator::TableFilterNot { predicate, store }
        }
    });
}

fn table_map_values(draft: &mut Draft) {
    behind(draft, is_table, |draft| Operator::TableMapValues {
        function: draft.value_function(),
        store: draft.optional_store(),
    });
}

fn to_stream(draft: &mut Draft) {
    behind(draft, is_table, |_| Operator::ToStream);
}

fn suppress(draft: &mut Draft) {
    let has_windows = |of| matches!(of, Type::Table(Keys::Windowed(_) | Keys::Session, _));
    let windowed = if draft.random.chance(50) { draft.pick(has_windows) } else { None };
    let Some(from) = windowed.or_else(|| draft.pick(is_table)) else { return };
    let is_windowed = has_windows(draft.types[from]);
    let until = if is_windowed && draft.random.chance(70) {
        Until::WindowCloses { records_max: draft.random.chance(8).then(|| draft.random.between(10, 40)) }
    } else {
        Until::TimeLimit {
            limit_ms: *draft.random.pick(&[0, 500, 2_000, 10_000]),
            records_max: draft.random.chance(40).then(|| draft.random.between(1, 4)),
            bytes_max: draft.random.chance(25).then(|| draft.random.between(150, 600)),
        }
    };
    draft.add(Operator::Suppress { until }, &[from]);
}

fn aggregate_table(draft: &mut Draft) {
    if let Some(from) = draft.pick(is_table) {
        let key = draft.key_function();
        let grouped = draft.add(Operator::TableGroupBy { key }, &[from]);
        let store = draft.store();
        fold(draft, grouped, store, true);
    }
}

/// Two tables with plain keys, which may be the same one.
fn two_tables(draft: &mut Draft) -> Option<[usize; 2]> {
    let has_plain_keys = |of| matches!(of, Type::Table(Keys::Present, _));
    Some([draft.pick(has_plain_keys)?, draft.pick(has_plain_keys)?])
}

fn join_tables(draft: &mut Draft) {
    let Some(tables) = two_tables(draft).filter(|[one, other]| one != other) else { return };
    let store = draft.optional_store();
    let operator = match draft.random.between(0, 2) {
        0 => Operator::TableJoin { store },
        1 => Operator::TableLeftJoin { store },
        _ => Operator::TableOuterJoin { store },
    };
    draft.add(operator, &tables);
}

fn join_foreign(draft: &mut Draft) {
    let Some(tables) = two_tables(draft).filter(|[one, other]| one != other) else { return };
    let (foreign_key, store) = (draft.key_function(), draft.optional_store());
    let operator = if draft.random.chance(50) {
        Operator::JoinForeign { foreign_key, store }
    } else {
        Operator::LeftJoinForeign { foreign_key, store }
    };
    draft.add(operator, &tables);
}

fn join(draft: &mut Draft) {
    let (stream, table) = (draft.pick(|of| of.is_text()), draft.pick(|of| matches!(of, Type::Table(Keys::Present, _))));
    let (Some(stream), Some(table)) = (stream, table) else { return };
    let is_versioned = draft.nodes[table].operator.store().is_some_and(|store| store.history_ms.is_some());
    let grace_ms = (is_versioned && draft.random.chance(60)).then(|| *draft.random.pick(&[0, 300, 2_000, 10_000]));
    if draft.random.chance(50) {
        draft.add(Operator::Join { grace_ms }, &[stream, table]);
        return;
    }
    // Kafka Streams fails at a null key in a left join with a grace period.
    let stream = match grace_ms {
        Some(_) => draft.add_unnamed(Operator::Filter { predicate: Predicate::KeyIsPresent }, &[stream]),
        None => stream,
    };
    draft.add(Operator::LeftJoin { grace_ms }, &[stream, table]);
}

fn join_global(draft: &mut Draft) {
    let (stream, table) = (draft.pick(|of| of.is_text()), draft.pick(|of| matches!(of, Type::Global)));
    if let (Some(stream), Some(table)) = (stream, table) {
        let key = draft.key_function();
        let operator =
            if draft.random.chance(50) { Operator::JoinGlobal { key } } else { Operator::LeftJoinGlobal { key } };
        draft.add(operator, &[stream, table]);
    }
}

fn table_process(draft: &mut Draft) {
    let is_text_table = |of| matches!(of, Type::Table(Keys::Present, Values::Text));
    behind(draft, is_text_table, |draft| Operator::TableProcessValues {
        store: Store { name: Some(format!("s{}", draft.nodes.len())), ..draft.store() },
    });
}

/// Two streams, or a stream with itself. The results of such joins are not joined again: there would be too many.
fn join_streams(draft: &mut Draft) {
    let Some(one) = draft.pick(|of| of.is_text()).filter(|one| !draft.is_behind_join(*one)) else { return };
    let same = draft.types[one];
    let other = if draft.random.chance(12) { Some(one) } else { draft.pick(|of| of == same) };
    let Some(other) = other.filter(|other| !draft.is_behind_join(*other)) else { return };
    if other == one && draft.random.chance(60) {
        return;
    }
    let (within, store) = (draft.within(), draft.join_store());
    let operator = match draft.random.between(0, 2) {
        0 => Operator::JoinStream { within, store },
        1 => Operator::LeftJoinStream { within, store },
        _ => Operator::OuterJoinStream { within, store },
    };
    draft.add(operator, &[one, other]);
}
