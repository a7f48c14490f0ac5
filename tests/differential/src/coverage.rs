//! How often the operators occur, by the kind of their store and whether it is cached.

use std::collections::BTreeMap;
use std::fmt;

use crate::program::{Operator, Program, Store, Until, Windows};

/// Counts operators in programs, and prints them as a table.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    counts: BTreeMap<String, [u64; 5]>,
}

/// The columns: without a store, in memory and on an engine, each not cached and cached.
const COLUMNS: [&str; 5] = ["no store", "memory", "memory, cached", "engine", "engine, cached"];

impl Coverage {
    /// Counts the operators of a program.
    pub fn add(&mut self, program: &Program) {
        for node in program.nodes.iter().filter(|node| !matches!(node.operator, Operator::Branch { .. })) {
            let counts = self.counts.entry(name(program, &node.operator, &node.from)).or_default();
            let store = node.operator.store().or_else(|| joined(program, &node.operator, &node.from));
            counts[column(program, store)] += 1;
        }
    }

    /// The smallest count of an operator with a kind of store that it can have.
    #[must_use]
    pub fn smallest(&self) -> u64 {
        let of_row = |counts: &[u64; 5]| {
            // Joins of two streams are never cached.
            counts.iter().copied().filter(|count| *count > 0).min()
        };
        self.counts.values().filter_map(of_row).min().unwrap_or(0)
    }
}

fn column(program: &Program, store: Option<&Store>) -> usize {
    let Some(store) = store else { return 0 };
    let is_cached = store.caching && program.settings.cache_bytes_max > 0;
    1 + usize::from(is_cached) + if store.in_memory { 0 } else { 2 }
}

/// The operator's name, with the kind of its windows.
fn name(program: &Program, operator: &Operator, from: &[usize]) -> String {
    if matches!(from.first().map(|&from| &program.nodes[from].operator), Some(Operator::TableGroupBy { .. })) {
        return format!("{} of a table", operator.name());
    }
    let windows = match from.first().map(|&from| &program.nodes[from].operator) {
        Some(Operator::WindowedBy { windows, on_close }) => Some((windows, *on_close)),
        _ => None,
    };
    let (windows, on_close) = windows.map_or((None, false), |(windows, on_close)| (Some(windows), on_close));
    let kind = match windows {
        Some(Windows::Time { size_ms, advance_ms, .. }) if size_ms == advance_ms => Some("tumbling"),
        Some(Windows::Time { .. }) => Some("hopping"),
        Some(Windows::Session { .. }) => Some("sessions"),
        Some(Windows::Sliding { .. }) => Some("sliding"),
        Some(Windows::Unlimited { .. }) => Some("unlimited"),
        None => None,
    };
    match kind {
        Some(kind) if on_close => format!("{}, {kind}, on close", operator.name()),
        Some(kind) => format!("{}, {kind}", operator.name()),
        None if is_versioned(operator) => format!("{}, versioned", operator.name()),
        None if has_grace(operator) => format!("{}, grace", operator.name()),
        None if is_self_join(operator, from) => format!("{}, self", operator.name()),
        None => match operator {
            Operator::Suppress { until: Until::WindowCloses { .. } } => "suppress until close".to_owned(),
            Operator::Suppress { .. } => "suppress for a time".to_owned(),
            _ => operator.name(),
        },
    }
}

fn is_versioned(operator: &Operator) -> bool {
    operator.store().is_some_and(|store| store.history_ms.is_some())
}

const fn has_grace(operator: &Operator) -> bool {
    matches!(operator, Operator::Join { grace_ms: Some(_) } | Operator::LeftJoin { grace_ms: Some(_) })
}

fn is_self_join(operator: &Operator, from: &[usize]) -> bool {
    let is_join = matches!(
        operator,
        Operator::JoinStream { .. } | Operator::LeftJoinStream { .. } | Operator::OuterJoinStream { .. }
    );
    is_join && from.first() == from.last()
}

/// The store of the table that a join reads, if the table has one of its own.
fn joined<'a>(program: &'a Program, operator: &Operator, from: &[usize]) -> Option<&'a Store> {
    match (operator, from) {
        (Operator::Join { .. } | Operator::LeftJoin { .. }, [_, table]) => program.nodes[*table].operator.store(),
        _ => None,
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<38}", "operator")?;
        for column in COLUMNS {
            write!(f, "{column:>16}")?;
        }
        writeln!(f)?;
        for (name, counts) in &self.counts {
            write!(f, "{name:<38}")?;
            for count in counts {
                write!(f, "{count:>16}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
