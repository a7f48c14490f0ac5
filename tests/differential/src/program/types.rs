//! The types of what operators return. They decide which operators can follow, and whether a program is valid.

use super::{Aggregator, Node, Operator, Program, Until, Windows};

/// The keys of a stream or a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Text that may be null.
    Nullable,
    /// Text.
    Present,
    /// Text with a window of this size in milliseconds.
    Windowed(u64),
    /// Text with a session.
    Session,
}

/// The values of a stream or a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Text.
    Text,
    /// Numbers of 64 bits.
    Long,
}

/// What an operator returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A stream, whose values may be null.
    Stream(Keys, Values),
    /// This many streams.
    Branches(usize, Keys, Values),
    /// A stream of text, grouped by these keys.
    Grouped(Keys),
    /// A stream of text, grouped by windows and by keys; the keys of the results.
    Windows(Keys),
    /// Several streams of text, grouped.
    Cogrouped,
    /// Several streams of text, grouped by windows and by keys; the keys of the results.
    CogroupedWindows(Keys),
    /// The rows of a table, grouped by another key.
    GroupedTable,
    /// A table.
    Table(Keys, Values),
    /// A global table of text.
    Global,
    /// Nothing that an operator could take.
    End,
}

impl Type {
    /// Whether it is a stream of text with plain keys, which most operators take.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Stream(Keys::Nullable | Keys::Present, Values::Text))
    }

    const fn table_behind(self, values: Values) -> Option<Self> {
        match self {
            Self::Grouped(_) | Self::GroupedTable => Some(Self::Table(Keys::Present, values)),
            Self::Windows(keys) => Some(Self::Table(keys, values)),
            _ => None,
        }
    }
}

impl Program {
    /// The type of each operator's result; `None` if one cannot take what it is given.
    #[must_use]
    pub fn types(&self) -> Option<Vec<Type>> {
        let mut types = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let from: Option<Vec<Type>> = node.from.iter().map(|&from| types.get(from).copied()).collect();
            types.push(type_of(node, &from?).filter(|_| node.from.iter().all(|from| *from < index))?);
        }
        Some(types)
    }
}

/// The type of an operator's result for inputs of these types.
#[must_use]
pub fn type_of(node: &Node, from: &[Type]) -> Option<Type> {
    use Operator as Op;
    const SOURCE: Type = Type::Stream(Keys::Nullable, Values::Text);
    match (&node.operator, from) {
        (Op::Stream { .. }, []) => Some(SOURCE),
        (Op::Table { .. }, []) => Some(Type::Table(Keys::Present, Values::Text)),
        (Op::GlobalTable { .. }, []) => Some(Type::Global),
        (Op::Filter { .. } | Op::FilterNot { .. } | Op::Peek, [stream @ Type::Stream(..)]) => Some(*stream),
        (Op::MapValues { .. }, [Type::Stream(keys, _)]) => Some(Type::Stream(*keys, Values::Text)),
        (Op::FlatMapValues | Op::ProcessValues, [stream]) if stream.is_text() => Some(*stream),
        (Op::Map { .. } | Op::FlatMap { .. } | Op::SelectKey { .. }, [Type::Stream(_, Values::Text)]) => Some(SOURCE),
        (Op::Merge, [one, other]) if one == other && one.is_text() => Some(*one),
        (Op::Split { predicates }, [Type::Stream(keys, values)]) => {
            Some(Type::Branches(predicates.len() + 1, *keys, *values))
        }
        (Op::Branch { place }, [Type::Branches(count, keys, values)]) if place < count => {
            Some(Type::Stream(*keys, *values))
        }
        (Op::Repartition | Op::ProcessHeaders | Op::ProcessTimes, [stream]) if stream.is_text() => Some(*stream),
        (Op::ProcessWallClock { .. }, [stream @ Type::Stream(Keys::Nullable, Values::Text)]) => Some(*stream),
        (Op::To { .. }, [Type::Stream(..)]) => Some(Type::End),
        (Op::GroupByKey, [Type::Stream(keys, _), ..]) if from[0].is_text() => Some(Type::Grouped(*keys)),
        (Op::GroupBy { .. }, [stream]) if stream.is_text() => Some(Type::Grouped(Keys::Nullable)),
        (Op::WindowedBy { windows, .. }, [Type::Grouped(_)]) => Some(Type::Windows(keys_of(windows))),
        (Op::WindowedBy { windows, .. }, [Type::Cogrouped]) => Some(Type::CogroupedWindows(keys_of(windows))),
        (Op::Cogroup { aggregators }, from) if is_cogroup(aggregators, from) => Some(Type::Cogrouped),
        (Op::CogroupAggregate { .. }, [Type::Cogrouped]) => Some(Type::Table(Keys::Present, Values::Text)),
        (Op::CogroupAggregate { .. }, [Type::CogroupedWindows(keys)]) => Some(Type::Table(*keys, Values::Text)),
        (Op::TryMapValues, [stream]) if stream.is_text() => Some(*stream),
        (Op::Count { .. }, [grouped]) => grouped.table_behind(Values::Long),
        (Op::Reduce { .. }, [grouped]) => grouped.table_behind(Values::Text),
        (Op::Aggregate { aggregator, .. }, [grouped]) => grouped.table_behind(values_of(*aggregator)),
        (Op::ToTable { .. }, [stream]) if stream.is_text() => Some(Type::Table(Keys::Present, Values::Text)),
        (Op::TableFilter { .. } | Op::TableFilterNot { .. }, [table @ Type::Table(..)]) => Some(*table),
        (Op::TableMapValues { .. }, [Type::Table(keys, _)]) => Some(Type::Table(*keys, Values::Text)),
        (Op::Suppress { until: Until::TimeLimit { .. } }, [table @ Type::Table(..)]) => Some(*table),
        (Op::Suppress { .. }, [table @ Type::Table(Keys::Windowed(_) | Keys::Session, _)]) => Some(*table),
        (Op::TableGroupBy { .. }, [Type::Table(..)]) => Some(Type::GroupedTable),
        (
            Op::TableJoin { .. }
            | Op::TableLeftJoin { .. }
            | Op::TableOuterJoin { .. }
            | Op::JoinForeign { .. }
            | Op::LeftJoinForeign { .. },
            [Type::Table(Keys::Present, _), Type::Table(Keys::Present, _)],
        ) => Some(Type::Table(Keys::Present, Values::Text)),
        (Op::ToStream, [Type::Table(keys, values)]) => Some(Type::Stream(*keys, *values)),
        (
            Op::JoinStream { .. } | Op::LeftJoinStream { .. } | Op::OuterJoinStream { .. },
            [one @ Type::Stream(..), other @ Type::Stream(..)],
        ) if one == other && one.is_text() => Some(*one),
        (Op::Join { .. } | Op::LeftJoin { .. }, [stream, Type::Table(Keys::Present, _)]) if stream.is_text() => {
            Some(*stream)
        }
        (Op::JoinGlobal { .. } | Op::LeftJoinGlobal { .. }, [stream, Type::Global]) if stream.is_text() => {
            Some(*stream)
        }
        (Op::TableProcessValues { .. }, [Type::Table(keys @ Keys::Present, Values::Text)]) => {
            Some(Type::Table(*keys, Values::Text))
        }
        (Op::ProcessLru { .. }, [stream @ Type::Stream(Keys::Nullable, Values::Text)]) => Some(*stream),
        _ => None,
    }
}

fn keys_of(windows: &Windows) -> Keys {
    windows.length_ms().map_or(Keys::Session, Keys::Windowed)
}

/// Whether these are groups, with an aggregator of text for each.
fn is_cogroup(aggregators: &[Aggregator], from: &[Type]) -> bool {
    let are_groups = from.iter().all(|from| matches!(from, Type::Grouped(_)));
    are_groups && !from.is_empty() && from.len() == aggregators.len() && !aggregators.iter().any(|one| one.is_number())
}

const fn values_of(aggregator: Aggregator) -> Values {
    if aggregator.is_number() { Values::Long } else { Values::Text }
}
