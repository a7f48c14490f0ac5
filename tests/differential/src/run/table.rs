//! Tables of the types that occur, and their operators.

use millstream::{Data, Element, KTable, Processed, Windowed};

use super::operators::materialized;
use super::processors::WithTime;
use super::stream::{self, AsText, Stream};
use super::suppress::suppress;
use crate::program::{Node, Operator, Predicate, Store, ValueFunction};

/// A table of one of the types that occur.
pub(super) enum Table {
    Text(KTable<String, String>),
    Long(KTable<String, i64>),
    Windowed(KTable<Windowed<String>, String>),
    WindowedLong(KTable<Windowed<String>, i64>),
}

/// Does the same with a table of any type.
macro_rules! on_table {
    ($table:expr, $name:ident => $result:expr) => {
        match $table {
            $crate::run::table::Table::Text($name) => $result,
            $crate::run::table::Table::Long($name) => $result,
            $crate::run::table::Table::Windowed($name) => $result,
            $crate::run::table::Table::WindowedLong($name) => $result,
        }
    };
}

pub(super) use on_table;

macro_rules! tables {
    ($($variant:ident: $key:ty, $value:ty;)+) => {
        $(impl From<KTable<$key, $value>> for Table {
            fn from(table: KTable<$key, $value>) -> Self {
                Self::$variant(table)
            }
        })+
    };
}

tables! {
    Text: String, String;
    Long: String, i64;
    Windowed: Windowed<String>, String;
    WindowedLong: Windowed<String>, i64;
}

/// Names what an operator has returned, if the operator has a name.
pub(super) fn named<K: Element, V: Element>(table: KTable<K, V>, node: &Node) -> KTable<K, V> {
    match &node.name {
        Some(name) => table.named(name),
        None => table,
    }
}

/// The operator behind a table.
pub(super) fn operator(node: &Node, table: &Table) -> Table {
    match &node.operator {
        Operator::TableFilter { predicate, store } => {
            on_table!(table, table => stored(named(table.filter(holds(*predicate)), node), store.as_ref()).into())
        }
        Operator::TableFilterNot { predicate, store } => {
            on_table!(table, table => stored(named(table.filter_not(holds(*predicate)), node), store.as_ref()).into())
        }
        Operator::TableMapValues { function, store } => {
            on_table!(table, table => stored(named(mapped(table, *function), node), store.as_ref()).into())
        }
        Operator::TableProcessValues { store } => {
            let Table::Text(table) = table else { unreachable!("the types were checked") };
            let processed = node.name.as_ref().map_or_else(Processed::new, Processed::named);
            stored(table.process_values(|| WithTime, processed), Some(store)).into()
        }
        Operator::Suppress { until } => suppress(table, until, node),
        operator => unreachable!("`{}` does not take a table", operator.name()),
    }
}

fn holds<K: AsText, V: AsText>(predicate: Predicate) -> impl Fn(&K, &V) -> bool + Send + Sync + 'static {
    move |key, value| predicate.holds(key.text().as_deref(), value.text().as_deref())
}

fn mapped<K: AsText, V: AsText>(table: &KTable<K, V>, function: ValueFunction) -> KTable<K, String> {
    table.map_values(move |key, value| function.of_row(key.text().as_deref(), &value.text().unwrap_or_default()))
}

pub(super) fn stored<K: Data, V: Data>(table: KTable<K, V>, store: Option<&Store>) -> KTable<K, V> {
    match store {
        Some(store) => table.materialized(materialized(store)),
        None => table,
    }
}

/// The changes of a table.
pub(super) fn to_stream(table: &Table, node: &Node) -> Stream {
    on_table!(table, table => stream::named(table.to_stream(), node).into())
}
