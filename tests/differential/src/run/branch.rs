//! `split`.

use millstream::{Branched, KStream};

use super::stream::{AsText, Stream};
use crate::program::{Node, Predicate};

/// A stream for each predicate, and the one with the rest, in this order.
pub(super) fn split<K: AsText, V: AsText>(stream: &KStream<K, V>, predicates: &[Predicate], node: &Node) -> Vec<Stream>
where
    Stream: From<KStream<K, V>>,
{
    let split = stream.split();
    let mut split = match &node.name {
        Some(name) => split.named(format!("{name}-")),
        None => split,
    };
    for (place, predicate) in predicates.iter().copied().enumerate() {
        let holds = move |key: &K, value: &V| predicate.holds(key.text().as_deref(), value.text().as_deref());
        split = split.branch(Branched::named(place.to_string()), holds);
    }
    let branches = split.default_branch("rest");
    let names = (0..predicates.len()).map(|place| place.to_string()).chain(["rest".to_owned()]);
    names.map(|name| branches[name.as_str()].clone().into()).collect()
}
