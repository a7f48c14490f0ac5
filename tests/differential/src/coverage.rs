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
            let has_store = counts[1..].iter().any(|count| *count > 0);
            if has_store { counts[1..].iter().copied().min() } else { Some(counts[0]) }
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
        Some(Operator::WindowedBy { windows }) => Some(windows),
        _ => None,
    };
    match windows {
        Some(Windows::Time { size_ms, advance_ms, .. }) if size_ms == advance_ms => {
            format!("{}, tumbling", operator.name())
        }
        Some(Windows::Time { .. }) => format!("{}, hopping", operator.name()),
        None => match operator {
            Operator::Suppress { until: Until::WindowCloses { .. } } => "suppress until close".to_owned(),
            Operator::Suppress { .. } => "suppress for a time".to_owned(),
            _ => operator.name(),
        },
    }
}

/// The store of the table that a join reads, if the table has one of its own.
fn joined<'a>(program: &'a Program, operator: &Operator, from: &[usize]) -> Option<&'a Store> {
    match (operator, from) {
        (Operator::Join | Operator::LeftJoin, [_, table]) => program.nodes[*table].operator.store(),
        _ => None,
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<28}", "operator")?;
        for column in COLUMNS {
            write!(f, "{column:>16}")?;
        }
        writeln!(f)?;
        for (name, counts) in &self.counts {
            write!(f, "{name:<28}")?;
            for count in counts {
                write!(f, "{count:>16}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
