//! Streams of the types that occur, and their operators.

use std::borrow::Cow;

use millstream::{Element, KStream, Nullable, Processed, Repartitioned, Store, StreamsBuilder, Windowed};

use super::operators::{Built, materialized};
use super::processors::{AddHeader, CountByWallClock, ForwardTwice, LRU_ROWS_MAX, Previous, ShiftTime};
use super::table::Table;
use super::{aggregate, branch};
use crate::program::{KeyFunction, Node, Operator, Predicate, ValueFunction};

/// A key or value that may be null.
pub(super) type Text = Option<String>;

/// A stream of one of the types that occur.
#[derive(Clone)]
pub(super) enum Stream {
    Nullable(KStream<Text, Text>),
    Present(KStream<String, Text>),
    PresentLong(KStream<String, Option<i64>>),
    Windowed(KStream<Windowed<String>, Text>),
    WindowedLong(KStream<Windowed<String>, Option<i64>>),
}

/// Does the same with a stream of any type.
macro_rules! on_stream {
    ($stream:expr, $name:ident => $result:expr) => {
        match $stream {
            $crate::run::stream::Stream::Nullable($name) => $result,
            $crate::run::stream::Stream::Present($name) => $result,
            $crate::run::stream::Stream::PresentLong($name) => $result,
            $crate::run::stream::Stream::Windowed($name) => $result,
            $crate::run::stream::Stream::WindowedLong($name) => $result,
        }
    };
}

/// Does the same with a stream of text with plain keys.
macro_rules! on_text {
    ($stream:expr, $name:ident => $result:expr) => {
        match $stream {
            $crate::run::stream::Stream::Nullable($name) => $result,
            $crate::run::stream::Stream::Present($name) => $result,
            _ => unreachable!("the types were checked"),
        }
    };
}

pub(super) use on_text;

/// Makes a `Stream` out of each type.
macro_rules! streams {
    ($($variant:ident: $key:ty, $value:ty;)+) => {
        $(impl From<KStream<$key, $value>> for Stream {
            fn from(stream: KStream<$key, $value>) -> Self {
                Self::$variant(stream)
            }
        })+
    };
}

streams! {
    Nullable: Text, Text;
    Present: String, Text;
    PresentLong: String, Option<i64>;
    Windowed: Windowed<String>, Text;
    WindowedLong: Windowed<String>, Option<i64>;
}

/// A key or value as the text that functions take.
pub(super) trait AsText: Nullable {
    /// The text; `None` for null.
    fn text(&self) -> Option<Cow<'_, str>>;
}

impl AsText for String {
    fn text(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self))
    }
}

impl AsText for i64 {
    fn text(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Owned(self.to_string()))
    }
}

/// The key and where its window begins.
impl AsText for Windowed<String> {
    fn text(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Owned(format!("{}@{}", self.key, self.window.start.as_millis())))
    }
}

impl AsText for Text {
    fn text(&self) -> Option<Cow<'_, str>> {
        self.as_deref().map(Cow::Borrowed)
    }
}

impl AsText for Option<i64> {
    fn text(&self) -> Option<Cow<'_, str>> {
        self.map(|number| Cow::Owned(number.to_string()))
    }
}

/// Names what an operator has returned, if the operator has a name.
pub(super) fn named<K: Element, V: Element>(stream: KStream<K, V>, node: &Node) -> KStream<K, V> {
    match &node.name {
        Some(name) => stream.named(name),
        None => stream,
    }
}

/// The words between single spaces; none for null.
fn words(value: Option<&str>) -> Vec<Text> {
    value.iter().flat_map(|value| value.split(' ')).map(|word| Some(word.to_owned())).collect()
}

fn processed(node: &Node) -> Processed {
    node.name.as_ref().map_or_else(Processed::new, Processed::named)
}

/// The operator behind a stream.
pub(super) fn operator(node: &Node, stream: &Stream) -> Built {
    let next = match &node.operator {
        Operator::Filter { predicate } => on_stream!(stream, stream => filter(stream, *predicate, node)),
        Operator::FilterNot { predicate } => on_stream!(stream, stream => filter_not(stream, *predicate, node)),
        Operator::MapValues { function } => map_values(stream, *function, node),
        Operator::TryMapValues => on_text!(stream, stream => try_map_values(stream, node)),
        Operator::Map { key, value } => on_stream!(stream, stream => map(stream, *key, *value, node)),
        Operator::FlatMap { key } => on_stream!(stream, stream => flat_map(stream, *key, node)),
        Operator::FlatMapValues => on_text!(stream, stream => flat_map_values(stream, node)),
        Operator::SelectKey { key } => on_text_values(stream, *key, node),
        Operator::Peek => on_stream!(stream, stream => Stream::from(named(stream.peek(|_, _| ()), node))),
        Operator::Repartition => on_text!(stream, stream => {
            let repartitioned = node.name.as_ref().map_or_else(Repartitioned::new, Repartitioned::named);
            Stream::from(stream.repartition(repartitioned))
        }),
        Operator::ProcessHeaders => {
            on_text!(stream, stream => Stream::from(stream.process(|| AddHeader, processed(node))))
        }
        Operator::ProcessTimes => {
            on_text!(stream, stream => Stream::from(stream.process(|| ShiftTime, processed(node))))
        }
        Operator::ProcessValues => {
            on_text!(stream, stream => Stream::from(stream.process_values(|| ForwardTwice, processed(node))))
        }
        Operator::ProcessWallClock { interval_ms } => {
            let interval_ms = *interval_ms;
            let Stream::Nullable(stream) = stream else { unreachable!("the types were checked") };
            stream.process(move || CountByWallClock::every(interval_ms), processed(node)).into()
        }
        Operator::Split { predicates } => {
            return Built::Branches(on_stream!(stream, stream => branch::split(stream, predicates, node)));
        }
        Operator::To { topic } => {
            on_stream!(stream, stream => drop(stream.to(topic.as_str())));
            return Built::End;
        }
        Operator::GroupByKey => return Built::Grouped(aggregate::group_by_key(stream, node)),
        Operator::GroupBy { key } => return Built::Grouped(aggregate::group_by(stream, *key, node)),
        Operator::ToTable { store } => {
            let store = materialized(store);
            return Built::Table(on_text!(stream, stream => Table::Text(to_table(stream.to_table(store), node))));
        }
        operator => unreachable!("`{}` does not take a stream", operator.name()),
    };
    Built::Stream(next)
}

fn to_table(table: millstream::KTable<String, String>, node: &Node) -> millstream::KTable<String, String> {
    match &node.name {
        Some(name) => table.named(name),
        None => table,
    }
}

fn filter<K: AsText, V: AsText>(stream: &KStream<K, V>, predicate: Predicate, node: &Node) -> Stream
where
    Stream: From<KStream<K, V>>,
{
    let holds = move |key: &K, value: &V| predicate.holds(key.text().as_deref(), value.text().as_deref());
    named(stream.filter(holds), node).into()
}

fn filter_not<K: AsText, V: AsText>(stream: &KStream<K, V>, predicate: Predicate, node: &Node) -> Stream
where
    Stream: From<KStream<K, V>>,
{
    let holds = move |key: &K, value: &V| predicate.holds(key.text().as_deref(), value.text().as_deref());
    named(stream.filter_not(holds), node).into()
}

fn map_values(stream: &Stream, function: ValueFunction, node: &Node) -> Stream {
    fn mapped<K: AsText, V: AsText>(stream: &KStream<K, V>, function: ValueFunction, node: &Node) -> KStream<K, Text> {
        named(
            stream.map_values(move |key, value| function.of_record(key.text().as_deref(), value.text().as_deref())),
            node,
        )
    }
    on_stream!(stream, stream => mapped(stream, function, node).into())
}

fn try_map_values<K: AsText>(stream: &KStream<K, Text>, node: &Node) -> Stream
where
    Stream: From<KStream<K, Text>>,
{
    let upper = |_: &K, value: Text| match value {
        Some(value) if value.starts_with('d') => Err(format!("the value `{value}` begins with d")),
        value => Ok(value.map(|value| value.to_uppercase())),
    };
    named(stream.try_map_values(upper), node).into()
}

fn map<K: AsText, V: AsText>(stream: &KStream<K, V>, key: KeyFunction, value: ValueFunction, node: &Node) -> Stream {
    let map = move |old: K, of: V| {
        let (old, of) = (old.text(), of.text());
        (key.of(old.as_deref(), of.as_deref()), value.of_record(old.as_deref(), of.as_deref()))
    };
    named(stream.map(map), node).into()
}

fn flat_map<K: AsText, V: AsText>(stream: &KStream<K, V>, key: KeyFunction, node: &Node) -> Stream {
    let map = move |old: K, value: V| {
        let old = old.text();
        let of_word = |word: Text| (key.of(old.as_deref(), word.as_deref()), word);
        words(value.text().as_deref()).into_iter().map(of_word).collect::<Vec<_>>()
    };
    named(stream.flat_map(map), node).into()
}

fn flat_map_values<K: AsText>(stream: &KStream<K, Text>, node: &Node) -> Stream
where
    Stream: From<KStream<K, Text>>,
{
    named(stream.flat_map_values(|_, value| words(value.as_deref())), node).into()
}

fn on_text_values(stream: &Stream, key: KeyFunction, node: &Node) -> Stream {
    fn keyed<K: AsText>(stream: &KStream<K, Text>, key: KeyFunction, node: &Node) -> Stream {
        named(stream.select_key(move |old, value| key.of(old.text().as_deref(), value.as_deref())), node).into()
    }
    match stream {
        Stream::Nullable(stream) => keyed(stream, key, node),
        Stream::Present(stream) => keyed(stream, key, node),
        Stream::Windowed(stream) => keyed(stream, key, node),
        _ => unreachable!("the types were checked"),
    }
}

/// The previous values of keys.
pub(super) fn process_lru(builder: &StreamsBuilder, stream: &Stream, map: &str, node: &Node) -> Stream {
    let Stream::Nullable(stream) = stream else { unreachable!("the types were checked") };
    let store = builder.add_store(Store::lru_map::<String, String>(map, LRU_ROWS_MAX));
    stream.process(move || Previous { store }, processed(node).with_store(store)).into()
}

/// Two streams as one.
pub(super) fn merge(one: &Stream, other: &Stream, node: &Node) -> Stream {
    match (one, other) {
        (Stream::Nullable(one), Stream::Nullable(other)) => named(one.merge(other), node).into(),
        (Stream::Present(one), Stream::Present(other)) => named(one.merge(other), node).into(),
        _ => unreachable!("the types were checked"),
    }
}
